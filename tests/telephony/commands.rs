//! What operators ask of an exchange, and what they are told when it does not work.

use super::stage::*;
use lenderbox::base::ids::CallId;
use lenderbox::domain::call::pbx_event::Direction;
use lenderbox::gateways::ami::client::PbxCommand;
use lenderbox::service::call_control::{DialInput, TransferInput};
use lenderbox::service::telephony::Abilities;
use lenderbox::service::{Caller, ServiceError, Services};
use serde_json::json;
use tokio::sync::broadcast::Receiver;

const ALL: Abilities = Abilities { hold: true, attended_transfer: true };

fn code(result: Result<(), ServiceError>) -> &'static str {
    match result.unwrap_err() {
        ServiceError::Rejected(rejection) => rejection.code,
        ServiceError::PbxDown => "pbx_down",
        other => panic!("{other}"),
    }
}

/// The next command about a call; states of people come as they change.
fn next(line: &mut Receiver<PbxCommand>) -> Option<PbxCommand> {
    let mut commands = std::iter::from_fn(|| line.try_recv().ok());
    commands.find(|command| !matches!(command, PbxCommand::AgentState { .. }))
}

fn asked(line: &mut Receiver<PbxCommand>) -> PbxCommand {
    next(line).expect("a command")
}

fn nothing_asked(line: &mut Receiver<PbxCommand>) -> bool {
    next(line).is_none()
}

/// Tells of conversation `c1`: (kind, agent, leg, seconds) each.
async fn tell(services: &Services, events: &[(&str, &str, u32)]) {
    let body = |(kind, agent, second): &(&str, &str, u32)| {
        event(json!({"event_id": format!("{kind}{agent}{second}"), "call_id": "c1", "type": kind,
            "at": format!("2026-11-21T12:00:{second:02}Z"), "agent": agent, "leg_id": agent,
            "direction": "inbound", "from": "89161234567", "cause": "no_answer"}))
    };
    let bodies = events.iter().map(body).collect();
    let intake = services.take_pbx_bodies(&Caller::system(), "http", bodies).await.unwrap();
    assert_eq!(intake.rejected, []);
}

/// A talk of `anna` with the client, over an exchange that posts events.
async fn talking(stage: &Stage, page: &mut Page) -> CallId {
    tell(&stage.services, &[("ringing", "101", 0), ("answered", "101", 2)]).await;
    call_id(&page.card("talking").await)
}

#[test]
fn the_client_is_held_and_taken_back_by_an_exchange_that_can() {
    with_stage(None, async |stage| {
        let Stage { services, anna, boris, elena, .. } = stage;
        let mut page = Page::open(services, anna);
        let mut line = services.telephony.follow_commands();
        let plain = services.telephony.follower_came(Abilities::default());
        let id = talking(stage, &mut page).await;
        assert!(!services.call_card(anna, id).await.unwrap().call.can_hold);
        assert_eq!(code(services.hold(anna, id, true).await), "not_supported");
        services.telephony.follower_left(plain);
        services.telephony.follower_came(ALL);
        assert!(services.call_card(anna, id).await.unwrap().call.can_hold);
        services.hold(anna, id, true).await.unwrap();
        let sent = asked(&mut line);
        let PbxCommand::Hold { call, extension, on, .. } = &sent else { panic!("{sent:?}") };
        assert_eq!((call.as_str(), extension.as_str(), *on), ("c1", "101", true));
        assert_eq!(services.call_card(anna, id).await.unwrap().call.state, "talking");
        tell(services, &[("held", "101", 5)]).await;
        page.card("held").await;
        services.hold(elena, id, false).await.unwrap();
        let sent = asked(&mut line);
        assert!(matches!(&sent, PbxCommand::Hold { on: false, .. }), "{sent:?}");
        tell(services, &[("resumed", "101", 9)]).await;
        assert_eq!(page.card("talking").await["card"]["call"]["hold_seconds"], 4);
        assert_eq!(code(services.hold(boris, id, true).await), "not_found");
        services.hang_up(anna, id).await.unwrap();
        assert!(matches!(asked(&mut line), PbxCommand::Hangup { .. }));
        tell(services, &[("ended", "101", 12)]).await;
        page.card("wrap_up").await;
        assert_eq!(code(services.hold(anna, id, true).await), "call_not_answered");
        assert!(!services.call_card(anna, id).await.unwrap().call.can_hold, "it is over");
    });
}

#[test]
fn a_card_by_hand_has_nothing_to_hold() {
    with_stage(None, async |stage| {
        let Stage { services, anna, .. } = stage;
        services.telephony.follower_came(ALL);
        let opened = services.open_call_by_hand(anna, Direction::Inbound, "", None).await.unwrap();
        assert!(!opened.call.can_hold && !opened.call.can_consult);
        let id = opened.call.id.parse().unwrap();
        assert_eq!(code(services.hold(anna, id, true).await), "call_not_answered");
    });
}

#[test]
fn what_the_exchange_could_not_do_is_told_to_who_asked_and_the_call_goes_on() {
    with_stage(None, async |stage| {
        let Stage { services, anna, boris, .. } = stage;
        let (mut page, mut other) = (Page::open(services, anna), Page::open(services, boris));
        let mut line = services.telephony.follow_commands();
        services.telephony.follower_came(ALL);
        let id = talking(stage, &mut page).await;
        let to_102 = TransferInput { to_extension: Some("102".into()), ..TransferInput::default() };
        services.transfer(anna, id, to_102.clone()).await.unwrap();
        let sent = asked(&mut line);
        services.command_failed(sent.command_id(), "refused").await;
        let told = page.until(|frame| frame["type"] == "call.command_failed").await;
        assert_eq!(
            (&told["command"], &told["reason"], &told["call_id"], &told["detail"]),
            (&json!("transfer"), &json!("refused"), &json!(id), &json!(null))
        );
        assert!(told["message"].as_str().unwrap().contains("refused"));
        assert_eq!(services.call_card(anna, id).await.unwrap().call.state, "talking");
        services.hold(anna, id, true).await.unwrap();
        let sent = asked(&mut line);
        services.command_failed(sent.command_id(), "the line is in use").await;
        let told = page.until(|frame| frame["type"] == "call.command_failed").await;
        assert_eq!(
            (&told["command"], &told["reason"], &told["detail"]),
            (&json!("hold"), &json!("other"), &json!("the line is in use"))
        );
        services.command_failed(sent.command_id(), "again").await;
        let itself = TransferInput { to_extension: Some("101".into()), ..TransferInput::default() };
        assert_eq!(code(services.transfer(anna, id, itself).await), "invalid_fields");
        services.set_own_state(boris, "ready", None).await.unwrap();
        other.own("ready").await;
        assert!(!other.seen.iter().any(|seen| seen.contains("command_failed")));
    });
}

#[test]
fn a_dial_that_fails_says_why() {
    with_stage(None, async |stage| {
        let Stage { services, anna, .. } = stage;
        let mut page = Page::open(services, anna);
        let mut line = services.telephony.follow_commands();
        services.telephony.follower_came(Abilities::default());
        let input = DialInput { number: Some("8 916 111-22-33".into()), ..DialInput::default() };
        // Two clicks at once dial once.
        let (one, two) =
            tokio::join!(services.dial(anna, input.clone()), services.dial(anna, input));
        let refused = [one, two].into_iter().filter_map(Result::err).map(Err).map(code);
        assert_eq!(refused.collect::<Vec<_>>(), ["call_open"]);
        let sent = asked(&mut line);
        services.command_failed(sent.command_id(), "agent_busy").await;
        page.until(|frame| frame["type"] == "call.gone").await;
        let told = page.until(|frame| frame["type"] == "call.command_failed").await;
        assert_eq!((&told["command"], &told["reason"]), (&json!("dial"), &json!("agent_busy")));
    });
}

#[test]
fn a_colleague_is_asked_before_the_client_is_handed_over() {
    with_stage(None, async |stage| {
        let Stage { services, anna, boris, .. } = stage;
        let (mut page, mut other) = (Page::open(services, anna), Page::open(services, boris));
        let mut line = services.telephony.follow_commands();
        services.telephony.follower_came(ALL);
        let id = talking(stage, &mut page).await;
        let ask = TransferInput {
            to_extension: Some("102".into()),
            attended: true,
            ..TransferInput::default()
        };
        assert_eq!(code(services.end_transfer(anna, id, true).await), "no_consultation");
        services.transfer(anna, id, ask.clone()).await.unwrap();
        let sent = asked(&mut line);
        assert!(matches!(&sent, PbxCommand::Transfer { attended: true, .. }), "{sent:?}");
        tell(services, &[("held", "101", 4), ("ringing", "102", 5)]).await;
        assert_eq!(other.card("held").await["reason"], "transfer");
        // The colleague does not come: the client is still Anna's, and she is told.
        tell(services, &[("ended", "102", 20), ("resumed", "101", 21)]).await;
        page.card("talking").await;
        let told = page.until(|frame| frame["type"] == "call.command_failed").await;
        assert_eq!((&told["command"], &told["reason"]), (&json!("transfer"), &json!("no_answer")));
        other.until(|frame| frame["type"] == "call.gone").await;
        services.transfer(anna, id, ask).await.unwrap();
        asked(&mut line);
        let again = [("held", "101", 30), ("ringing", "102", 31), ("answered", "102", 33)];
        tell(services, &again).await;
        let asking = page.until(|f| f["card"]["call"]["consulting"] == "102").await;
        assert_eq!(asking["card"]["call"]["state"], "held");
        services.end_transfer(anna, id, false).await.unwrap();
        let sent = asked(&mut line);
        assert!(matches!(&sent, PbxCommand::EndTransfer { complete: false, .. }), "{sent:?}");
        services.end_transfer(anna, id, true).await.unwrap();
        let sent = asked(&mut line);
        let PbxCommand::EndTransfer { extension, complete: true, .. } = &sent else {
            panic!("{sent:?}")
        };
        assert_eq!(extension, "101");
        tell(services, &[("ended", "101", 40)]).await;
        page.until(|frame| frame["type"] == "call.gone").await;
        other.card("talking").await;
        let view = services.call_card(boris, id).await.unwrap().call;
        assert_eq!((view.consulting, view.operator.unwrap().extension), (None, "102".to_owned()));
        // Who has handed the client over cannot hang up on the colleague.
        assert_eq!(code(services.hang_up(anna, id).await), "not_on_line");
        assert!(nothing_asked(&mut line));
    });
}

#[test]
fn an_attended_transfer_over_the_manager_interface() {
    with_exchange(async |stage, exchange| {
        let Stage { services, anna, boris, .. } = stage;
        let (mut page, mut other) = (Page::open(services, anna), Page::open(services, boris));
        let text = recording("09");
        let (talk, rest) = until_mark(&text, "Event: Hold");
        exchange.say(talk).await;
        let frame = page.card("talking").await;
        let view = &frame["card"]["call"];
        assert_eq!((&view["can_hold"], &view["can_consult"]), (&json!(false), &json!(true)));
        let id = call_id(&frame);
        let input = TransferInput {
            to_extension: Some("102".into()),
            attended: true,
            ..TransferInput::default()
        };
        services.transfer(anna, id, input).await.unwrap();
        let action = exchange.action("Atxfer").await;
        assert_eq!(
            (action.get("Channel"), action.get("Exten")),
            (Some("PJSIP/101-0000003a"), Some("102"))
        );
        let (consulting, rest) = until_mark(rest, "Event: AttendedTransfer");
        exchange.say(consulting).await;
        other.own("on_call").await;
        page.until(|f| f["card"]["call"]["consulting"] == "102").await;
        services.end_transfer(anna, id, true).await.unwrap();
        let action = exchange.action("Hangup").await;
        assert_eq!(action.get("Channel"), Some("PJSIP/101-0000003a"));
        exchange.say(rest).await;
        page.until(|frame| frame["type"] == "call.gone").await;
        other.card("wrap_up").await;
        page.own("not_ready").await;
    });
}

#[test]
fn the_managers_refusal_of_a_transfer_is_told() {
    with_exchange(async |stage, exchange| {
        let Stage { services, anna, .. } = stage;
        let mut page = Page::open(services, anna);
        let text = recording("01");
        let (talk, _) = until_mark(&text, "Event: HangupRequest");
        exchange.say(talk).await;
        let id = call_id(&page.card("talking").await);
        let input = TransferInput { to_queue: Some("900".into()), ..TransferInput::default() };
        services.transfer(anna, id, input).await.unwrap();
        let action = exchange.action("BlindTransfer").await;
        let refusal = format!(
            "Response: Error\r\nActionID: {}\r\nMessage: Transfer failed\r\n\r\n",
            action.get("ActionID").unwrap()
        );
        exchange.say(&refusal).await;
        let told = page.until(|frame| frame["type"] == "call.command_failed").await;
        assert_eq!((&told["command"], &told["reason"]), (&json!("transfer"), &json!("refused")));
        assert_eq!(services.call_card(anna, id).await.unwrap().call.state, "talking");
    });
}

#[test]
fn the_exchange_is_told_who_is_ready_when_it_comes_and_when_that_changes() {
    with_exchange(async |stage, exchange| {
        let Stage { services, anna, .. } = stage;
        let mut told = std::collections::BTreeMap::new();
        for _ in 0..2 {
            let action = exchange.action("QueuePause").await;
            let part = |key: &str| action.get(key).unwrap().to_owned();
            told.insert(part("Interface"), (part("Paused"), part("Reason")));
        }
        let offline = ("true".to_owned(), "offline".to_owned());
        let both = ["PJSIP/101", "PJSIP/102"].map(|phone| (phone.to_owned(), offline.clone()));
        assert_eq!(told, both.into());
        services.set_own_state(anna, "ready", None).await.unwrap();
        let action = exchange.action("QueuePause").await;
        assert_eq!(
            (action.get("Interface"), action.get("Paused")),
            (Some("PJSIP/101"), Some("false"))
        );
        // From the ring on no other call may come, and after the call only when the operator says.
        let text = recording("01");
        let (talk, end) = until_mark(&text, "Event: HangupRequest");
        exchange.say(talk).await;
        let action = exchange.action("QueuePause").await;
        assert_eq!(action.get("Paused"), Some("true"));
        exchange.say(end).await;
        loop {
            let action = exchange.action("QueuePause").await;
            assert_eq!(action.get("Paused"), Some("true"));
            if action.get("Reason") == Some("wrap_up") {
                break;
            }
        }
    });
}
