//! The feed for exchanges: commands out, acknowledgements in.

use crate::base::ids::TokenId;
use crate::gateways::ami::client::PbxCommand;
use crate::http::edge::Edge;
use crate::service::telephony::{Abilities, LinkKind, LinkState};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use warp::ws::{Message as Frame, WebSocket};

/// Between two pings; an exchange that is silent for three of them is gone.
const PING: Duration = Duration::from_secs(10);
/// Pings without an answer before the line is given up.
const SILENT_PINGS_MAX: u8 = 3;
/// Time that one message may take to leave.
const SEND_PATIENCE: Duration = Duration::from_secs(10);
/// Code of a close: the token is worthless.
const REVOKED: u16 = 4401;
/// Why a line ends whose token was revoked.
const WORTHLESS: &str = "the token was revoked";
/// Why most lines end.
const CLOSED: &str = "the exchange has closed the line";
/// Characters of a reason that are kept.
const REASON_CHARS_MAX: usize = 200;

/// What an exchange says. Unknown fields are ignored, as in its events.
#[derive(Debug, Deserialize)]
struct Heard {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    command_id: String,
    #[serde(default)]
    reason: Option<String>,
}

/// A command as it is sent.
fn shown(command: &PbxCommand) -> Value {
    match command {
        PbxCommand::Originate { command_id, call, extension, number } => json!({
            "type": "dial", "command_id": command_id, "call_id": call, "extension": extension,
            "number": number,
        }),
        PbxCommand::Hangup { command_id, call, extension } => json!({
            "type": "hangup", "command_id": command_id, "call_id": call, "extension": extension,
        }),
        PbxCommand::Transfer { command_id, call, extension, to, attended } => json!({
            "type": "transfer", "command_id": command_id, "call_id": call,
            "extension": extension, "to": to, "attended": attended,
        }),
        PbxCommand::EndTransfer { command_id, call, extension, complete } => json!({
            "type": if *complete { "transfer_complete" } else { "transfer_cancel" },
            "command_id": command_id, "call_id": call, "extension": extension,
        }),
        PbxCommand::AgentState { command_id, extension, state, reason } => json!({
            "type": "agent_state", "command_id": command_id, "extension": extension,
            "state": state, "reason": reason,
        }),
        PbxCommand::Hold { command_id, call, extension, on } => json!({
            "type": if *on { "hold" } else { "resume" },
            "command_id": command_id, "call_id": call, "extension": extension,
        }),
    }
}

async fn hear(edge: &Edge, text: &str) {
    let Ok(heard) = serde_json::from_str::<Heard>(text) else {
        tracing::warn!("an exchange said something that is not an answer");
        return;
    };
    match heard.kind.as_str() {
        "failed" => {
            let reason = heard.reason.unwrap_or_default();
            let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
            edge.services.command_failed(&heard.command_id, &reason).await;
        }
        // What follows an acknowledged command is told by events.
        "ack" => edge.services.telephony.taken_on(&heard.command_id),
        other => tracing::debug!(kind = other, "an exchange said something unknown"),
    }
}

/// Serves one exchange until it goes.
pub async fn serve(edge: Edge, token: TokenId, name: String, can: Abilities, socket: WebSocket) {
    let Some(revoked) = edge.tokens.follow(token) else {
        return;
    };
    let telephony = &edge.services.telephony;
    let mut commands = telephony.follow_commands();
    let number = telephony.follower_came(can);
    edge.services.link_changed(&name, LinkKind::Feed, LinkState::Up, None);
    tracing::info!(exchange = name, "an exchange follows commands");
    if let Err(error) = edge.services.tell_exchanges() {
        tracing::warn!(exchange = name, %error, "an exchange was not told who is ready");
    }
    let why = exchange(&edge, socket, &mut commands, revoked).await;
    let left = telephony.follower_left(number);
    tracing::info!(exchange = name, left, why, "an exchange follows no longer");
    let why = Some(why.to_owned());
    edge.services.link_changed(&name, LinkKind::Feed, LinkState::Down, why);
}

/// Waits until the token is revoked.
async fn until(revoked: &mut watch::Receiver<bool>) {
    let _ = revoked.wait_for(|revoked| *revoked).await;
}

/// Serves until the line ends; gives why it did.
async fn exchange(
    edge: &Edge,
    socket: WebSocket,
    commands: &mut tokio::sync::broadcast::Receiver<PbxCommand>,
    mut revoked: watch::Receiver<bool>,
) -> &'static str {
    let (mut out, mut input) = socket.split();
    let mut pings = tokio::time::interval_at(tokio::time::Instant::now() + PING, PING);
    let mut silent = 0_u8;
    loop {
        let frame = tokio::select! {
            () = until(&mut revoked) => {
                // The exchange may be gone already, or not listen.
                let close = out.send(Frame::close_with(REVOKED, WORTHLESS));
                let _ = tokio::time::timeout(SEND_PATIENCE, close).await;
                return WORTHLESS;
            }
            command = commands.recv() => match command {
                Ok(command) => Frame::text(shown(&command).to_string()),
                // The commands that were missed fail by themselves after a while.
                Err(RecvError::Lagged(count)) => {
                    tracing::warn!(count, "an exchange was too slow for commands");
                    continue;
                }
                Err(RecvError::Closed) => return "the box is stopping",
            },
            _ = pings.tick() => {
                silent += 1;
                if silent > SILENT_PINGS_MAX {
                    return "the exchange is silent";
                }
                Frame::ping(Vec::new())
            }
            heard = input.next() => {
                silent = 0;
                match heard {
                    Some(Ok(frame)) if !frame.is_close() => {
                        if let Ok(text) = frame.to_str() {
                            hear(edge, text).await;
                        }
                        continue;
                    }
                    _ => return CLOSED,
                }
            }
        };
        match tokio::time::timeout(SEND_PATIENCE, out.send(frame)).await {
            Ok(Ok(())) => {}
            _ => return CLOSED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_have_the_agreed_shape() {
        let command = PbxCommand::Originate {
            command_id: "c1".into(),
            call: "k1".into(),
            extension: "101".into(),
            number: "+79161234567".into(),
        };
        let expected = json!({"type": "dial", "command_id": "c1", "call_id": "k1",
            "extension": "101", "number": "+79161234567"});
        assert_eq!(shown(&command), expected);
        let (command_id, extension) = ("c3".to_owned(), "101".to_owned());
        let (state, reason) = ("not_ready", Some("after_call"));
        let command = PbxCommand::AgentState { command_id, extension, state, reason };
        let expected = json!({"type": "agent_state", "command_id": "c3", "extension": "101",
            "state": "not_ready", "reason": "after_call"});
        assert_eq!(shown(&command), expected);
        let (command_id, call, extension) = ("c2".to_owned(), "k1".to_owned(), "101".to_owned());
        let hold = |on| PbxCommand::Hold {
            command_id: command_id.clone(),
            call: call.clone(),
            extension: extension.clone(),
            on,
        };
        let end = |complete| PbxCommand::EndTransfer {
            command_id: command_id.clone(),
            call: call.clone(),
            extension: extension.clone(),
            complete,
        };
        for (command, kind) in [
            (hold(true), "hold"),
            (hold(false), "resume"),
            (end(true), "transfer_complete"),
            (end(false), "transfer_cancel"),
        ] {
            let expected =
                json!({"type": kind, "command_id": "c2", "call_id": "k1", "extension": "101"});
            assert_eq!(shown(&command), expected);
        }
    }
}
