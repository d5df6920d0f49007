//! Recorded and hand-made manager streams (`tests/fixtures/ami`) give exact call records.

use super::adapter::{Adapter, Output};
use super::client::{PbxCommand, action};
use super::parser::{Message, Parser};
use crate::base::ids::UserId;
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::config::AmiSource;
use crate::domain::access::Principal;
use crate::domain::call::pbx_event::{Direction, PbxEvent};
use crate::domain::call::progress::{CallResult, Participant, Progress, Role, Stage};
use crate::domain::call::{Call, CallCommand, CloseStale, Observe, RequestDial};
use crate::domain::{Aggregate, Context, Meta};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use uuid::Uuid;

fn context() -> Context {
    Context {
        now: Timestamp::from_micros(1_795_300_000_000_000),
        zone: chrono_tz::Europe::Moscow,
        principal: Principal::System,
    }
}

fn stream(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ami");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with(name));
    std::fs::read(&files[0]).unwrap()
}

fn adapter() -> Adapter {
    Adapter::new("PJSIP/{extension}", &["PJSIP/trunk".to_owned()], "9")
}

fn outputs(adapter: &mut Adapter, bytes: &[u8]) -> Vec<Output> {
    let messages = Parser::default().push(bytes);
    messages.iter().flat_map(|message| adapter.push(message, context().now)).collect()
}

fn events(name: &str) -> Vec<PbxEvent> {
    outputs(&mut adapter(), &stream(name))
        .into_iter()
        .filter_map(|output| if let Output::Event(event) = output { Some(event) } else { None })
        .collect()
}

fn apply(call: &mut Call, command: CallCommand) {
    let decision = call.decide(command, &context()).unwrap();
    let meta = Meta { seq: 1, at: context().now, actor: Principal::System, drawn: vec![1] };
    for event in &decision.events {
        call.evolve(event, &meta);
    }
}

fn calls(events: &[PbxEvent]) -> BTreeMap<String, Call> {
    let mut calls: BTreeMap<String, Call> = BTreeMap::new();
    for event in events {
        let call = calls.entry(event.call_id.clone()).or_default();
        let source = "pbx1".to_owned();
        let observe = Observe {
            source,
            events: vec![event.clone()],
            users: BTreeMap::new(),
            matches: vec![],
        };
        apply(call, CallCommand::Observe(observe));
    }
    calls
}

fn only(name: &str) -> Progress {
    let calls = calls(&events(name));
    assert_eq!(calls.len(), 1, "{name}: one conversation");
    calls.into_values().next().unwrap().progress(None)
}

/// `seconds.micros` of an instant.
fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(
        || "-".to_owned(),
        |at| format!("{}.{:06}", at.micros() / 1_000_000 % 100_000, at.micros() % 1_000_000),
    )
}

struct Expected {
    name: &'static str,
    direction: Direction,
    numbers: [&'static str; 3],
    queue: Option<&'static str>,
    result: CallResult,
    /// Started, answered, ended.
    times: [&'static str; 3],
    /// Talk, hold, wait.
    seconds: [i64; 3],
    /// Extension, role, answered.
    parts: &'static [(&'static str, Role, bool)],
    owner: Option<&'static str>,
}

#[rustfmt::skip]
fn table() -> Vec<Expected> {
    use CallResult::{Abandoned, Answered, Busy, Failed, NoAnswer, QueueTimeout};
    use Direction::{Inbound, Outbound};
    use Role::{First, Transfer};
    let to_101 = ["79161234567", "74951230002", "79161234567"];
    let to_queue = ["79161234567", "74951230001", "79161234567"];
    let out = ["74951230001", "79161112233", "79161112233"];
    vec![
        Expected { name: "01", direction: Inbound, numbers: to_101, queue: None, result: Answered,
            times: ["89984.687871", "89986.698439", "89990.708083"], seconds: [4, 0, 2],
            parts: &[("101", First, true)], owner: Some("101") },
        Expected { name: "02", direction: Inbound, numbers: to_101, queue: None, result: Answered,
            times: ["89984.687871", "89986.698439", "89990.708083"], seconds: [4, 0, 2],
            parts: &[("101", First, true)], owner: Some("101") },
        Expected { name: "03", direction: Inbound, numbers: to_queue, queue: Some("sales"), result: Answered,
            times: ["89787.103177", "89789.106450", "89793.606137"], seconds: [4, 0, 2],
            parts: &[("101", First, true)], owner: Some("101") },
        Expected { name: "04", direction: Inbound, numbers: to_queue, queue: Some("sales"), result: Abandoned,
            times: ["89796.034639", "-", "89799.542128"], seconds: [0, 0, 3],
            parts: &[("101", First, false)], owner: None },
        Expected { name: "05", direction: Inbound, numbers: ["79161234567", "74951230003", "79161234567"], queue: None, result: NoAnswer,
            times: ["89809.367195", "-", "89815.385830"], seconds: [0, 0, 6],
            parts: &[("103", First, false)], owner: None },
        Expected { name: "06", direction: Inbound, numbers: ["79161234567", "74951230004", "79161234567"], queue: None, result: Busy,
            times: ["89817.088641", "-", "89817.089753"], seconds: [0, 0, 0],
            parts: &[("104", First, false)], owner: None },
        Expected { name: "07", direction: Inbound, numbers: to_101, queue: None, result: Answered,
            times: ["89841.390654", "89843.398848", "89852.420621"], seconds: [7, 2, 2],
            parts: &[("101", First, true), ("102", Transfer, true)], owner: Some("102") },
        Expected { name: "08", direction: Inbound, numbers: to_101, queue: None, result: Answered,
            times: ["89841.390654", "89843.398848", "89852.420621"], seconds: [7, 2, 2],
            parts: &[("101", First, true), ("102", Transfer, true)], owner: Some("102") },
        Expected { name: "09", direction: Inbound, numbers: to_101, queue: None, result: Answered,
            times: ["89854.384359", "89856.398291", "89869.413106"], seconds: [8, 4, 2],
            parts: &[("101", First, true), ("102", Transfer, true)], owner: Some("102") },
        Expected { name: "10", direction: Outbound, numbers: out, queue: None, result: Answered,
            times: ["89871.312670", "89875.327433", "89878.332235"], seconds: [3, 0, 4],
            parts: &[("101", First, true)], owner: Some("101") },
        Expected { name: "11", direction: Outbound, numbers: out, queue: None, result: Busy,
            times: ["89871.312670", "-", "89875.327433"], seconds: [0, 0, 4],
            parts: &[("101", First, true)], owner: Some("101") },
        Expected { name: "12", direction: Outbound, numbers: ["103", "79161112233", "79161112233"], queue: None, result: Failed,
            times: ["89883.845806", "-", "89887.850761"], seconds: [0, 0, 4],
            parts: &[("103", First, false)], owner: None },
        Expected { name: "16", direction: Inbound, numbers: to_queue, queue: Some("sales"), result: QueueTimeout,
            times: ["89796.034639", "-", "89799.542128"], seconds: [0, 0, 3],
            parts: &[("101", First, false)], owner: None },
        Expected { name: "19", direction: Outbound, numbers: out, queue: None, result: Answered,
            times: ["90040.100000", "90045.100000", "90065.101000"], seconds: [20, 0, 5],
            parts: &[("102", First, true)], owner: Some("102") },
        Expected { name: "20", direction: Inbound, numbers: to_queue, queue: Some("sales"), result: Answered,
            times: ["90070.500000", "90075.600000", "90095.600200"], seconds: [20, 0, 5],
            parts: &[("101", First, false), ("102", First, true)], owner: Some("102") },
    ]
}

#[test]
fn recordings_give_exact_records() {
    for row in table() {
        let name = row.name;
        let progress = only(name);
        assert_eq!(progress.direction, row.direction, "{name}");
        let numbers = [&progress.from, &progress.to, &progress.client_number];
        assert_eq!(numbers.map(|number| number.reveal().as_str()), row.numbers, "{name}: numbers");
        assert_eq!(progress.queue.as_deref(), row.queue, "{name}");
        assert_eq!(progress.result, Some(row.result), "{name}");
        let times = [Some(progress.started_at), progress.answered_at, progress.ended_at].map(time);
        assert_eq!(times, row.times, "{name}: started, answered, ended");
        let seconds = [progress.talk_seconds(), progress.hold_seconds(), progress.wait_seconds()];
        assert_eq!(seconds, row.seconds, "{name}: talk, hold, wait");
        let parts: Vec<_> = progress
            .participants
            .iter()
            .map(|part| (part.extension.as_str(), part.role, part.answered_at.is_some()))
            .collect();
        assert_eq!(parts, row.parts, "{name}: participants");
        assert!(progress.participants.iter().all(|part| part.left_at.is_some()), "{name}");
        assert_eq!(progress.owner.as_deref(), row.owner, "{name}: owner");
        let stage = if row.owner.is_some() { Stage::WrapUp } else { Stage::Finished };
        assert_eq!((progress.stage, progress.end_is_estimated), (stage, false), "{name}");
    }
}

#[test]
fn a_consultation_by_the_phones_own_transfer_joins_the_clients_call() {
    let calls = calls(&events("18"));
    let client = calls["pbx1-1795290000.80"].progress(None);
    assert_eq!(client.result, Some(CallResult::Answered));
    assert_eq!(client.owner.as_deref(), Some("102"));
    let seconds = (client.talk_seconds(), client.hold_seconds(), client.wait_seconds());
    assert_eq!(seconds, (17, 10, 2));
    let consultation = calls["pbx1-1795290010.82"].progress(None);
    assert_eq!(consultation.direction, Direction::Internal);
    assert_eq!((consultation.stage, consultation.owner), (Stage::Finished, None));
    assert!(consultation.client_number.reveal().is_empty());
    assert_eq!(calls.len(), 2);
}

#[test]
fn failed_originations_are_known_by_their_action_alone() {
    let mut adapter = adapter();
    adapter.originating("orig3", "our-call", "79161112233");
    let failed = Output::CommandFailed { action_id: "orig3".into(), reason: "bad_endpoint" };
    assert_eq!(outputs(&mut adapter, &stream("13")), [failed]);
    let all = outputs(&mut adapter, &stream("12"));
    assert!(
        all.contains(&Output::CommandFailed {
            action_id: "orig2".into(),
            reason: "agent_no_answer"
        })
    );
    // The answer to "may I try" is not the agent's answer.
    let mut adapter = self::adapter();
    adapter.originating("orig1", "pbx1-1795289871.64", "79161112233");
    let all = outputs(&mut adapter, &stream("10"));
    let accepted = Output::CommandAccepted { action_id: "orig1".into() };
    let place = all.iter().position(|output| *output == accepted).unwrap();
    assert!(place > 0 && all.iter().filter(|output| **output == accepted).count() == 1);
    let error = b"Response: Error\r\nActionID: orig9\r\nMessage: no\r\n\r\n";
    let refused = Output::CommandFailed { action_id: "orig9".into(), reason: "refused" };
    assert_eq!(outputs(&mut adapter, error), [refused]);
}

#[test]
fn a_click_to_call_is_one_call_from_the_click_to_the_end() {
    let mut adapter = adapter();
    let pbx_call = "pbx1-1795289871.64";
    adapter.originating("orig1", pbx_call, "79161112233");
    let mut call = Call::default();
    let user = UserId::from_uuid(Uuid::from_u128(7));
    apply(
        &mut call,
        CallCommand::RequestDial(RequestDial {
            command_id: Uuid::from_u128(1),
            source: "pbx1".into(),
            pbx_call: pbx_call.into(),
            number: Personal::new("79161112233".into()),
            user,
            extension: "101".into(),
            client: None,
        }),
    );
    let mut stages = Vec::new();
    for output in outputs(&mut adapter, &stream("10")) {
        let Output::Event(event) = output else {
            continue;
        };
        assert_eq!(event.call_id, pbx_call);
        let (source, users) = ("pbx1".into(), BTreeMap::new());
        apply(
            &mut call,
            CallCommand::Observe(Observe { source, events: vec![event], users, matches: vec![] }),
        );
        stages.push(call.progress(None).stage);
        stages.dedup();
    }
    assert_eq!(stages, [Stage::Ringing, Stage::Talking, Stage::WrapUp]);
    assert_eq!(call.users.get("101"), Some(&user));
}

fn source() -> AmiSource {
    AmiSource {
        name: "pbx1".into(),
        host: "127.0.0.1".into(),
        port: 5038,
        user: "u".into(),
        secret: Personal::new("s".into()),
        operator_channel: "PJSIP/{extension}".into(),
        outbound_context: "from-internal".into(),
        internal_context: "from-internal".into(),
        trunk_prefixes: vec!["PJSIP/trunk".into()],
        dial_prefix: "9".into(),
        caller_id: "74951230001".into(),
        ring_seconds: 25,
        pause_queue_members: true,
    }
}

#[test]
fn commands_name_the_agents_own_channel() {
    let mut adapter = adapter();
    let bytes = stream("08");
    let text = String::from_utf8(bytes).unwrap();
    let middle = text.find("Event: BlindTransfer").unwrap();
    outputs(&mut adapter, &text.as_bytes()[..middle]);
    let call = "pbx1-1795289841.56".to_owned();
    let transfer = |extension: &str| PbxCommand::Transfer {
        command_id: "c1".into(),
        call: call.clone(),
        extension: extension.into(),
        to: "102".into(),
        attended: false,
    };
    let message = action(&source(), &adapter, &transfer("101")).unwrap();
    assert_eq!(message.get("Action"), Some("BlindTransfer"));
    assert_eq!(message.get("Channel"), Some("PJSIP/101-00000037"));
    assert_eq!(message.get("Exten"), Some("102"));
    assert_eq!(action(&source(), &adapter, &transfer("105")), Err("no_such_call"));
    let end = |complete| {
        let (command_id, extension) = ("c3".into(), "101".into());
        let end = PbxCommand::EndTransfer { command_id, call: call.clone(), extension, complete };
        let message = action(&source(), &adapter, &end).unwrap();
        assert_eq!(message.get("Channel"), Some("PJSIP/101-00000037"));
        message.get("Action").unwrap().to_owned()
    };
    assert_eq!((end(true), end(false)), ("Hangup".to_owned(), "CancelAtxfer".to_owned()));
    let state = |state, reason| {
        let (command_id, extension) = ("c5".into(), "101".into());
        PbxCommand::AgentState { command_id, extension, state, reason }
    };
    for (command, paused, why) in [
        (state("ready", None), "false", "ready"),
        (state("on_call", None), "true", "on_call"),
        (state("not_ready", Some("lunch")), "true", "lunch"),
    ] {
        let message = action(&source(), &adapter, &command).unwrap();
        let told = ["Action", "Interface", "Paused", "Reason"].map(|key| message.get(key).unwrap());
        assert_eq!(told, ["QueuePause", "PJSIP/101", paused, why]);
    }
    let free = AmiSource { pause_queue_members: false, ..source() };
    assert_eq!(action(&free, &adapter, &state("ready", None)), Err("not_supported"));
    let (command_id, extension) = ("c4".into(), "101".into());
    let hold = PbxCommand::Hold { command_id, call: call.clone(), extension, on: true };
    assert_eq!(action(&source(), &adapter, &hold), Err("not_supported"));
    let originate = PbxCommand::Originate {
        command_id: "c2".into(),
        call: "our-1".into(),
        extension: "101".into(),
        number: "+7 (916) 111-22-33\r\nAction: Command".into(),
    };
    let message = action(&source(), &adapter, &originate).unwrap();
    assert_eq!(message.get("Exten"), Some("979161112233"));
    assert_eq!(message.get("ChannelId"), Some("our-1"));
    assert_eq!(message.get("Timeout"), Some("25000"));
    assert!(!String::from_utf8(message.to_bytes()).unwrap().contains("Action: Command"));
}

#[test]
fn conversations_that_ended_while_the_link_was_down_are_told_to_be_over() {
    let mut adapter = adapter();
    let text = String::from_utf8(stream("01")).unwrap();
    let middle = text.find("Event: HangupRequest").unwrap();
    outputs(&mut adapter, &text.as_bytes()[..middle]);
    let row = Message::new(&[
        ("Event", "CoreShowChannel"),
        ("Channel", "PJSIP/102-00000099"),
        ("ChannelStateDesc", "Up"),
        ("Uniqueid", "u9"),
        ("Linkedid", "l9"),
    ]);
    let end = Message::new(&[("Event", "CoreShowChannelsComplete")]);
    assert!(adapter.push(&row, context().now).is_empty());
    let told = adapter.push(&end, context().now);
    let ended: Vec<_> = told
        .iter()
        .filter_map(|o| if let Output::Event(e) = o { Some(e.call_id.as_str()) } else { None })
        .collect();
    assert!(ended.iter().all(|call| *call == "pbx1-1795289984.73"), "{told:?}");
    assert_eq!(told.last(), Some(&Output::Inventory { calls: ["l9".to_owned()].into() }));
    // A conversation that was up before the link still gets its end.
    let hangup = Message::new(&[
        ("Event", "Hangup"),
        ("Channel", "PJSIP/102-00000099"),
        ("Uniqueid", "u9"),
        ("Linkedid", "l9"),
        ("Cause", "16"),
    ]);
    let told = adapter.push(&hangup, context().now);
    assert_eq!(told.len(), 2, "the agent's leg and the conversation: {told:?}");
}

const CONVERSATIONS: [&str; 15] =
    ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "16", "19", "20"];

#[test]
fn any_one_lost_event_leaves_a_consistent_record() {
    for name in CONVERSATIONS {
        let events = events(name);
        let whole = calls(&events).into_values().next().unwrap().progress(None);
        for lost in 0..events.len() {
            let mut kept = events.clone();
            kept.remove(lost);
            let Some(mut call) = calls(&kept).into_values().next() else {
                continue;
            };
            let at = Timestamp::from_micros(events[events.len() - 1].at.micros() + 5_000_000);
            apply(&mut call, CallCommand::CloseStale(CloseStale { at }));
            let progress = call.progress(None);
            let what = format!("{name} without {:?} {:?}", events[lost].kind, events[lost].agent);
            assert!(!progress.stage.is_live(), "{what}: lives for ever");
            assert!(progress.result.is_some() && progress.ended_at.is_some(), "{what}");
            let number = progress.client_number.reveal();
            assert_eq!(number, whole.client_number.reveal(), "{what}: client");
            for part in &progress.participants {
                let known = whole.participants.iter().any(|p| p.extension == part.extension);
                assert!(known && part.left_at.is_some(), "{what}: agent {}", part.extension);
            }
            if let Some(owner) = &progress.owner {
                let answered = whole
                    .participants
                    .iter()
                    .any(|part| part.extension == *owner && part.answered_at.is_some());
                assert!(answered, "{what}: owner {owner}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_order_and_repeats_give_the_same_record(
        name in proptest::sample::select(CONVERSATIONS.to_vec()),
        seed in any::<u64>(),
    ) {
        let events = events(name);
        let mut mixed = events.clone();
        mixed.extend(events.iter().step_by(2).cloned());
        let mut state = seed;
        for index in (1..mixed.len()).rev() {
            let other = crate::base::ids::splitmix(&mut state) % (index as u64 + 1);
            mixed.swap(index, usize::try_from(other).unwrap());
        }
        let straight = calls(&events).into_values().next().unwrap();
        let shuffled = calls(&mixed).into_values().next().unwrap();
        prop_assert_eq!(straight.progress(None), shuffled.progress(None));
        prop_assert_eq!(straight.facts, shuffled.facts);
    }
}

/// The record of the client's conversation that `messages` give, closed at `end` when the stream
/// itself does not say so.
fn record_of(messages: &[Message], end: Timestamp) -> Option<Progress> {
    let mut adapter = adapter();
    let told = messages.iter().flat_map(|message| adapter.push(message, context().now));
    let events: Vec<PbxEvent> = told
        .filter_map(|output| if let Output::Event(event) = output { Some(event) } else { None })
        .collect();
    let mut calls = calls(&events);
    let (first, _) = calls.iter().max_by_key(|(_, call)| call.facts.len())?;
    let mut call = calls.remove(&first.clone())?;
    apply(&mut call, CallCommand::CloseStale(CloseStale { at: end }));
    Some(call.progress(None))
}

fn check_consistent(what: &str, record: &Progress, whole: &Progress) {
    assert!(!record.stage.is_live() && record.result.is_some(), "{what}: lives for ever");
    let ended = record.ended_at.unwrap();
    assert!(ended >= record.started_at, "{what}: ends before it begins");
    let span = ended.micros() - record.started_at.micros();
    let spent = [record.talk_micros, record.hold_micros, record.wait_micros];
    assert!(spent.iter().all(|micros| (0..=span).contains(micros)), "{what}: {spent:?} of {span}");
    assert!(record.talk_micros + record.hold_micros <= span, "{what}: more talk than time");
    let number = record.client_number.reveal();
    let known = whole.client_number.reveal();
    assert!(number == known || number.is_empty(), "{what}: client {number}");
    for part in &record.participants {
        let same = whole.participants.iter().any(|one| one.extension == part.extension);
        assert!(same, "{what}: agent {} was never asked", part.extension);
        let left = part.left_at.unwrap();
        let order = part.answered_at.is_none_or(|at| part.offered_at <= at && at <= left);
        assert!(order && part.offered_at <= left, "{what}: {part:?}");
        assert!(part.hold_micros >= 0, "{what}: hold of {}", part.extension);
    }
    if let Some(owner) = &record.owner {
        let answered = |one: &Participant| one.extension == *owner && one.answered_at.is_some();
        assert!(whole.participants.iter().any(answered), "{what}: owner {owner} never answered");
    }
}

#[test]
fn a_lost_repeated_or_late_message_of_the_wire_leaves_a_consistent_record() {
    for name in CONVERSATIONS.into_iter().chain(["18"]) {
        let messages = Parser::default().push(&stream(name));
        let last = messages.iter().rev().find_map(|message| message.get("Timestamp"));
        let seconds: f64 = last.unwrap().parse().unwrap();
        #[allow(clippy::cast_possible_truncation, reason = "an instant of this century")]
        let end = Timestamp::from_micros((seconds * 1e6) as i64 + 5_000_000);
        let whole = record_of(&messages, end).unwrap();
        for place in 0..messages.len() {
            let event = messages[place].event();
            let mut lost = messages.clone();
            lost.remove(place);
            if let Some(record) = record_of(&lost, end) {
                check_consistent(&format!("{name} without {place} {event}"), &record, &whole);
            }
            let mut repeated = messages.clone();
            repeated.insert(place, messages[place].clone());
            let record = record_of(&repeated, end).unwrap();
            assert_eq!(record, whole, "{name} with {place} {event} twice");
            if place > 0 {
                let mut late = messages.clone();
                late.swap(place - 1, place);
                let record = record_of(&late, end).unwrap();
                let what = format!("{name} with {place} {event} before its time");
                check_consistent(&what, &record, &whole);
            }
        }
    }
}
