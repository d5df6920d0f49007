//! The link to a manager interface: connect, log in, follow, command, connect again.
//!
//! The link reports everything to one channel and takes commands from another. It never decides
//! what an event means for the lender, and never repeats a command by itself.

use super::adapter::{Adapter, Output};
use super::parser::{Message, Parser};
use crate::base::time::Clock;
use crate::config::AmiSource;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long connecting and logging in may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// After so much silence the link is asked whether it lives; after twice that it is dead.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// First pause before connecting again; doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(500);
/// Longest pause before connecting again.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What the box asks of the PBX.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PbxCommand {
    /// Ring the agent, then the number.
    Originate {
        /// Names the command.
        command_id: String,
        /// The conversation's name, chosen by us.
        call: String,
        /// Whose phone rings first.
        extension: String,
        /// Whom to call.
        number: String,
    },
    /// Hang up the agent's leg.
    Hangup {
        /// Names the command.
        command_id: String,
        /// The conversation.
        call: String,
        /// Whose leg.
        extension: String,
    },
    /// Hand the client over.
    Transfer {
        /// Names the command.
        command_id: String,
        /// The conversation.
        call: String,
        /// Who hands over.
        extension: String,
        /// Extension or queue number that receives.
        to: String,
        /// Talk with the receiver first.
        attended: bool,
    },
    /// End an attended transfer that was begun.
    EndTransfer {
        /// Names the command.
        command_id: String,
        /// The conversation.
        call: String,
        /// Who hands over.
        extension: String,
        /// Whether the client goes to the receiver; else back to who hands over.
        complete: bool,
    },
    /// Put the client on hold, or take the client back.
    Hold {
        /// Names the command.
        command_id: String,
        /// The conversation.
        call: String,
        /// Who holds.
        extension: String,
        /// Whether to hold.
        on: bool,
    },
    /// What somebody at the phones is doing: calls may come to who is ready, and to nobody else.
    AgentState {
        /// Names the command.
        command_id: String,
        /// Whose phone.
        extension: String,
        /// `offline`, `ready`, `ringing`, `on_call`, `wrap_up`, `not_ready`.
        state: &'static str,
        /// Why not ready.
        reason: Option<&'static str>,
    },
}

impl PbxCommand {
    /// Names the command.
    #[must_use]
    pub fn command_id(&self) -> &str {
        match self {
            Self::Originate { command_id, .. }
            | Self::Hangup { command_id, .. }
            | Self::Transfer { command_id, .. }
            | Self::EndTransfer { command_id, .. }
            | Self::Hold { command_id, .. }
            | Self::AgentState { command_id, .. } => command_id,
        }
    }
}

/// What the link reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The link tries to come up.
    Connecting,
    /// The link is up and logged in.
    Up,
    /// The link is down, and why (no secrets).
    Down(String),
    /// Messages arrived: as they were, and what they mean.
    Received {
        /// As they were, without those that only the dial plan's author reads.
        raw: Vec<Message>,
        /// What they mean.
        outputs: Vec<Output>,
    },
}

/// Why the link went down.
#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error("cannot reach the PBX: {0}")]
    Io(#[from] std::io::Error),
    #[error("the PBX does not answer in time")]
    Timeout,
    #[error("the PBX closed the connection")]
    Closed,
    #[error("the PBX refused the log-in; check user, secret and permit of manager.conf")]
    LoginRefused,
    #[error("the box is stopping")]
    Stopping,
}

/// Keeps the link of `source` until nobody listens to `reports` or `commands` is closed.
pub async fn run(
    source: AmiSource,
    clock: Arc<dyn Clock>,
    mut commands: mpsc::Receiver<PbxCommand>,
    reports: mpsc::Sender<Report>,
) {
    let mut adapter =
        Adapter::new(&source.operator_channel, &source.trunk_prefixes, &source.dial_prefix);
    let mut pause = PAUSE_MIN;
    loop {
        if reports.send(Report::Connecting).await.is_err() {
            return;
        }
        let mut link =
            Link { source: &source, clock: &*clock, adapter: &mut adapter, reports: &reports };
        let error = match link.connect().await {
            Ok((stream, parser)) => {
                pause = PAUSE_MIN;
                link.follow(stream, parser, &mut commands).await
            }
            Err(error) => error,
        };
        if matches!(error, LinkError::Stopping)
            || reports.send(Report::Down(error.to_string())).await.is_err()
            || !wait(pause, &mut commands, &reports).await
        {
            return;
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Waits, and refuses commands meanwhile. `false`: the box is stopping.
async fn wait(
    pause: Duration,
    commands: &mut mpsc::Receiver<PbxCommand>,
    reports: &mpsc::Sender<Report>,
) -> bool {
    let refuse = async {
        while let Some(command) = commands.recv().await {
            let action_id = command.command_id().to_owned();
            let outputs = vec![Output::CommandFailed { action_id, reason: "pbx_down" }];
            if reports.send(Report::Received { raw: Vec::new(), outputs }).await.is_err() {
                break;
            }
        }
    };
    // The pause ending is the normal case; the commands' channel ending is the box stopping.
    timeout(pause, refuse).await.is_err()
}

struct Link<'a> {
    source: &'a AmiSource,
    clock: &'a dyn Clock,
    adapter: &'a mut Adapter,
    reports: &'a mpsc::Sender<Report>,
}

impl Link<'_> {
    async fn connect(&mut self) -> Result<(TcpStream, Parser), LinkError> {
        timeout(CONNECT_WITHIN, self.log_in()).await.map_err(|_| LinkError::Timeout)?
    }

    async fn log_in(&mut self) -> Result<(TcpStream, Parser), LinkError> {
        let address = (self.source.host.as_str(), self.source.port);
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let login = Message::new(&[
            ("Action", "Login"),
            ("ActionID", "login"),
            ("Username", &self.source.user),
            ("Secret", self.source.secret.reveal()),
            ("Events", "on"),
        ]);
        stream.write_all(&login.to_bytes()).await?;
        let mut parser = Parser::default();
        let mut buffer = vec![0_u8; 64 * 1024];
        loop {
            let count = stream.read(&mut buffer).await?;
            if count == 0 {
                return Err(LinkError::Closed);
            }
            let messages = parser.push(&buffer[..count]);
            let Some(place) =
                messages.iter().position(|message| message.get("ActionID") == Some("login"))
            else {
                continue;
            };
            if messages[place].get("Response") != Some("Success") {
                return Err(LinkError::LoginRefused);
            }
            self.report(Report::Up).await?;
            self.received(&messages[place + 1..]).await?;
            // What is up already, and what ended while nobody listened.
            let inventory =
                Message::new(&[("Action", "CoreShowChannels"), ("ActionID", "inventory")]);
            stream.write_all(&inventory.to_bytes()).await?;
            return Ok((stream, parser));
        }
    }

    async fn follow(
        &mut self,
        stream: TcpStream,
        mut parser: Parser,
        commands: &mut mpsc::Receiver<PbxCommand>,
    ) -> LinkError {
        let (mut reader, mut writer) = stream.into_split();
        let mut buffer = vec![0_u8; 64 * 1024];
        let mut asked = false;
        loop {
            tokio::select! {
                read = timeout(SILENCE_MAX, reader.read(&mut buffer)) => {
                    let result = match read {
                        Ok(Ok(0)) => Err(LinkError::Closed),
                        Ok(Ok(count)) => {
                            asked = false;
                            self.received(&parser.push(&buffer[..count])).await
                        }
                        Ok(Err(error)) => Err(error.into()),
                        Err(_) if asked => Err(LinkError::Timeout),
                        Err(_) => {
                            asked = true;
                            let ping = Message::new(&[("Action", "Ping"), ("ActionID", "ping")]);
                            writer.write_all(&ping.to_bytes()).await.map_err(Into::into)
                        }
                    };
                    if let Err(error) = result {
                        return error;
                    }
                }
                command = commands.recv() => {
                    let Some(command) = command else { return LinkError::Stopping };
                    if let Err(error) = self.command(&command, &mut writer).await {
                        return error;
                    }
                }
            }
        }
    }

    async fn received(&mut self, messages: &[Message]) -> Result<(), LinkError> {
        let now = self.clock.now();
        let outputs = messages.iter().flat_map(|message| self.adapter.push(message, now)).collect();
        let raw = messages.iter().filter(|message| is_telling(message)).cloned().collect();
        self.report(Report::Received { raw, outputs }).await
    }

    async fn report(&self, report: Report) -> Result<(), LinkError> {
        self.reports.send(report).await.map_err(|_| LinkError::Stopping)
    }

    async fn command(
        &mut self,
        command: &PbxCommand,
        writer: &mut OwnedWriteHalf,
    ) -> Result<(), LinkError> {
        let message = match action(self.source, self.adapter, command) {
            Ok(message) => message,
            Err(reason) => {
                let action_id = command.command_id().to_owned();
                let outputs = vec![Output::CommandFailed { action_id, reason }];
                return self.report(Report::Received { raw: Vec::new(), outputs }).await;
            }
        };
        if let PbxCommand::Originate { command_id, call, number, .. } = command {
            self.adapter.originating(command_id, call, number);
        }
        writer.write_all(&message.to_bytes()).await?;
        Ok(())
    }
}

/// The manager's action for `command`.
///
/// # Errors
/// `no_such_call` when the agent has no leg in that conversation, `not_supported` for what a
/// manager cannot do.
pub fn action(
    source: &AmiSource,
    adapter: &Adapter,
    command: &PbxCommand,
) -> Result<Message, &'static str> {
    let channel =
        |call: &str, extension: &str| adapter.channel_of(call, extension).ok_or("no_such_call");
    Ok(match command {
        PbxCommand::Originate { command_id, call, extension, number } => {
            let digits: String =
                number.chars().filter(|c| c.is_ascii_digit() || "*#".contains(*c)).collect();
            Message::new(&[
                ("Action", "Originate"),
                ("ActionID", command_id),
                ("Channel", &adapter.agent_channel(extension)),
                ("ChannelId", call),
                ("Context", &source.outbound_context),
                ("Exten", &format!("{}{digits}", source.dial_prefix)),
                ("Priority", "1"),
                ("CallerID", &format!("\"CRM\" <{digits}>")),
                ("Timeout", &(u64::from(source.ring_seconds) * 1_000).to_string()),
                ("Variable", &format!("LENDERBOX_CALLER_ID={}", source.caller_id)),
                ("Async", "true"),
            ])
        }
        PbxCommand::Hangup { command_id, call, extension } => Message::new(&[
            ("Action", "Hangup"),
            ("ActionID", command_id),
            ("Channel", channel(call, extension)?),
            ("Cause", "16"),
        ]),
        // Who hangs up in the middle of a consultation hands the client over by that.
        PbxCommand::EndTransfer { command_id, call, extension, complete } => {
            let name = if *complete { "Hangup" } else { "CancelAtxfer" };
            let channel = channel(call, extension)?;
            Message::new(&[("Action", name), ("ActionID", command_id), ("Channel", channel)])
        }
        // Paused while on a call, so that the queue sends nobody in the moment after it.
        PbxCommand::AgentState { command_id, extension, state, reason } => {
            if !source.pause_queue_members {
                return Err("not_supported");
            }
            let paused = if *state == "ready" { "false" } else { "true" };
            Message::new(&[
                ("Action", "QueuePause"),
                ("ActionID", command_id),
                ("Interface", &adapter.agent_channel(extension)),
                ("Paused", paused),
                ("Reason", reason.unwrap_or(state)),
            ])
        }
        // The hold of a SIP phone is the phone's own: the manager can only watch it.
        PbxCommand::Hold { .. } => return Err("not_supported"),
        // The channel of who hands over: given the client's, Asterisk would drop the client.
        PbxCommand::Transfer { command_id, call, extension, to, attended } => {
            let name = if *attended { "Atxfer" } else { "BlindTransfer" };
            Message::new(&[
                ("Action", name),
                ("ActionID", command_id),
                ("Channel", channel(call, extension)?),
                ("Context", &source.internal_context),
                ("Exten", to),
                ("Priority", "1"),
            ])
        }
    })
}

/// Whether the flight recorder keeps a message: the noise of the dial plan and of the voice
/// stream is nine tenths of a manager's talk and tells nothing of conversations.
#[must_use]
pub fn is_telling(message: &Message) -> bool {
    let noise = [
        "VarSet",
        "Newexten",
        "CEL",
        "RTCPSent",
        "RTCPReceived",
        "DeviceStateChange",
        "HangupHandlerPush",
        "HangupHandlerRun",
        "QueueMemberStatus",
        "DTMFBegin",
        "DTMFEnd",
        "ChannelTalkingStart",
        "ChannelTalkingStop",
        "SuccessfulAuth",
        "ChallengeSent",
    ];
    !noise.contains(&message.event()) && message.get("ActionID") != Some("ping")
}
