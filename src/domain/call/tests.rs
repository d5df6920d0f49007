//! The rules of a call as tables, and its properties: order, repeats and losses.

use super::pbx_event::{Cause, Direction, PbxEvent, PbxEventKind as Kind};
use super::progress::{CallResult, Progress, Role, Stage};
use super::*;
use crate::base::ids::{ClientId, EntryId, UserId};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

const START: i64 = 1_795_000_000_000_000;

pub(super) fn at(tenths: i64) -> Timestamp {
    Timestamp::from_micros(START + tenths * 100_000)
}

pub(super) fn context() -> Context {
    Context { now: at(100_000), zone: chrono_tz::Europe::Moscow, principal: user_principal() }
}

pub(super) fn user_id() -> UserId {
    UserId::from_uuid(Uuid::from_u128(7))
}

fn user_principal() -> Principal {
    Principal::User(user_id())
}

pub(super) fn client(n: u128) -> ClientId {
    ClientId::from_uuid(Uuid::from_u128(n))
}

pub(super) fn topic(n: u128) -> (EntryId, String) {
    (EntryId::from_uuid(Uuid::from_u128(n)), format!("topic {n}"))
}

pub(super) fn apply(call: &mut Call, command: CallCommand) -> Result<Vec<CallEvent>, Rejection> {
    let decision = call.decide(command, &context())?;
    let meta = Meta { seq: 1, at: context().now, actor: user_principal(), drawn: vec![41] };
    for event in &decision.events {
        call.evolve(event, &meta);
    }
    Ok(decision.events)
}

pub(super) fn observe(call: &mut Call, events: &[PbxEvent]) {
    let users = [("101".to_owned(), user_id())].into();
    let command =
        Observe { source: "pbx1".into(), events: events.to_vec(), users, matches: vec![] };
    apply(call, CallCommand::Observe(command)).unwrap();
}

/// A script: `tenths kind leg agent cause`, `-` for nothing.
pub(super) fn script(direction: Direction, lines: &[&str]) -> Vec<PbxEvent> {
    let some = |word: &str| {
        if word == "-" { None } else { Some(word.to_owned()) }
    };
    lines
        .iter()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let kind = Kind::parse(words[1]).unwrap();
            let tenths: i64 = words[0].parse().unwrap();
            let mut event = PbxEvent::new(line, "c1", kind, at(tenths));
            event.leg_id = some(words[2]).unwrap_or_default();
            event.cause = some(words[4]).map(|word| Cause::parse(&word));
            event.direction = Some(direction);
            match kind {
                Kind::Transferred => {
                    let (from, to) = words[3].split_once('>').unwrap();
                    event.from_agent = some(from);
                    match to.strip_prefix('#') {
                        Some(queue) => event.to_queue = Some(queue.into()),
                        None => event.to_agent = some(to),
                    }
                }
                Kind::QueueEntered | Kind::QueueLeft => event.queue = some(words[3]),
                _ => event.agent = some(words[3]),
            }
            let numbers = match direction {
                Direction::Inbound => ("79161234567", "74951230001"),
                Direction::Outbound => ("101", "79161112233"),
                Direction::Internal => ("101", "102"),
            };
            if kind != Kind::Ended {
                event.from = Personal::new(numbers.0.into());
                event.to = Personal::new(numbers.1.into());
            }
            event
        })
        .collect()
}

pub(super) fn record(direction: Direction, lines: &[&str]) -> (Call, Progress) {
    let mut call = Call::default();
    observe(&mut call, &script(direction, lines));
    let progress = call.progress(None);
    (call, progress)
}

pub(super) const DIRECT: &[&str] = &[
    "0 ringing l1 101 -",
    "20 answered l1 101 -",
    "60 ended l1 101 normal",
    "60 ended - - normal",
];
const QUEUE: &[&str] = &[
    "0 queue_entered - sales -",
    "1 ringing l1 101 -",
    "150 ended l1 101 no_answer",
    "151 ringing l2 102 -",
    "171 answered l2 102 -",
    "171 queue_left - sales -",
    "401 ended l2 102 normal",
    "401 ended - - normal",
];
const BLIND: &[&str] = &[
    "0 ringing l1 101 -",
    "20 answered l1 101 -",
    "50 transferred - 101>102 -",
    "50 ended l1 101 normal",
    "51 ringing l2 102 -",
    "71 answered l2 102 -",
    "121 ended l2 102 normal",
    "121 ended - - normal",
];
const ATTENDED: &[&str] = &[
    "0 ringing l1 101 -",
    "20 answered l1 101 -",
    "45 held l1 101 -",
    "46 ringing l2 102 -",
    "66 answered l2 102 -",
    "92 transferred - 101>102 -",
    "92 ended l1 101 normal",
    "150 ended l2 102 normal",
    "150 ended - - normal",
];
const DIALLED: &[&str] = &[
    "0 ringing l1 101 -",
    "20 answered l1 101 -",
    "20 ringing l2 - -",
    "40 answered l2 - -",
    "70 ended l2 - normal",
    "71 ended l1 101 normal",
    "71 ended - - normal",
];

/// Name, direction, script, result, owner, seconds of talk, hold and wait.
type Row = (
    &'static str,
    Direction,
    &'static [&'static str],
    CallResult,
    Option<&'static str>,
    i64,
    i64,
    i64,
);

#[test]
fn conversations_give_their_record() {
    use CallResult::{Abandoned, Answered, Busy, Failed, NoAnswer, QueueTimeout, Rejected};
    let inbound = Direction::Inbound;
    let outbound = Direction::Outbound;
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("direct", inbound, DIRECT, Answered, Some("101"), 4, 0, 2),
        ("queue", inbound, QUEUE, Answered, Some("102"), 23, 0, 17),
        ("blind transfer", inbound, BLIND, Answered, Some("102"), 8, 2, 2),
        ("attended transfer", inbound, ATTENDED, Answered, Some("102"), 8, 4, 2),
        ("dialled", outbound, DIALLED, Answered, Some("101"), 3, 0, 4),
        ("abandoned", inbound, &["0 queue_entered - sales -", "1 ringing l1 101 -", "35 ended l1 101 cancelled", "35 queue_left - sales abandoned", "35 ended - - abandoned"], Abandoned, None, 0, 0, 3),
        ("queue time-out", inbound, &["0 queue_entered - sales -", "1 ringing l1 101 -", "300 ended l1 101 no_answer", "300 queue_left - sales queue_timeout", "301 ended - - normal"], QueueTimeout, None, 0, 0, 30),
        ("busy", inbound, &["0 ringing l1 104 -", "0 ended l1 104 busy", "0 ended - - busy"], Busy, None, 0, 0, 0),
        ("no answer", inbound, &["0 ringing l1 103 -", "60 ended l1 103 no_answer", "60 ended - - no_answer"], NoAnswer, None, 0, 0, 6),
        ("rejected", inbound, &["0 ringing l1 103 -", "20 ended l1 103 rejected", "20 ended - - rejected"], Rejected, None, 0, 0, 2),
        ("caller gives up", inbound, &["0 ringing l1 103 -", "20 ended l1 103 cancelled", "20 ended - - cancelled"], Abandoned, None, 0, 0, 2),
        ("client busy", outbound, &["0 ringing l1 101 -", "20 answered l1 101 -", "21 ringing l2 - -", "25 ended l2 - busy", "40 ended l1 101 normal", "40 ended - - normal"], Busy, Some("101"), 0, 0, 2),
        ("client does not answer", outbound, &["0 ringing l1 101 -", "20 answered l1 101 -", "21 ringing l2 - -", "321 ended l2 - no_answer", "322 ended l1 101 normal"], NoAnswer, Some("101"), 0, 0, 32),
        ("agent does not answer his own call", outbound, &["0 ringing l1 101 -", "40 ended l1 101 no_answer", "40 ended - - no_answer"], Failed, None, 0, 0, 4),
        ("second trunk answers", outbound, &["0 answered l1 101 -", "1 ringing l2 - -", "2 ended l2 - failed", "3 ringing l3 - -", "13 answered l3 - -", "33 ended l3 - normal", "33 ended l1 101 normal"], Answered, Some("101"), 2, 0, 1),
        ("an exchange without legs", inbound, &["0 ringing - 101 -", "10 answered - - -", "30 ended - - -"], Answered, Some("101"), 2, 0, 1),
        ("hold", inbound, &["0 ringing l1 101 -", "10 answered l1 101 -", "30 held l1 101 -", "80 resumed l1 101 -", "100 ended l1 101 normal", "100 ended - - normal"], Answered, Some("101"), 4, 5, 1),
    ];
    for (name, direction, lines, result, owner, talk, hold, wait) in rows {
        let (_, progress) = record(*direction, lines);
        assert_eq!(progress.result, Some(*result), "{name}");
        assert_eq!(progress.owner.as_deref(), *owner, "{name}");
        let seconds = (progress.talk_seconds(), progress.hold_seconds(), progress.wait_seconds());
        assert_eq!(seconds, (*talk, *hold, *wait), "{name}: talk, hold, wait");
        let expected = if owner.is_some() { Stage::WrapUp } else { Stage::Finished };
        assert_eq!(progress.stage, expected, "{name}");
        let client = if *direction == outbound { "79161112233" } else { "79161234567" };
        assert_eq!(progress.client_number.reveal(), client, "{name}");
        assert!(!progress.end_is_estimated, "{name}");
    }
}

#[test]
fn a_transfer_hands_the_card_over() {
    let mut call = Call::default();
    let mut seen = Vec::new();
    for event in script(Direction::Inbound, BLIND) {
        let before = call.clone();
        observe(&mut call, &[event]);
        for effect in effects(&before, &call) {
            let word = match effect {
                CallEffect::Offered { station, transfer } => {
                    format!("offered {} {transfer}", station.extension)
                }
                CallEffect::Connected { station, transfer } => {
                    format!("connected {} {transfer}", station.extension)
                }
                CallEffect::Missed { station, .. } => format!("missed {}", station.extension),
                CallEffect::Left { station } => format!("left {}", station.extension),
                CallEffect::WrapUp { station } => format!("wrap_up {}", station.extension),
                CallEffect::Finished { station } => format!("finished {}", station.extension),
                CallEffect::Changed { .. } => continue,
            };
            seen.push(word);
        }
    }
    let expected = [
        "offered 101 false",
        "connected 101 false",
        "left 101",
        "offered 102 true",
        "connected 102 true",
        "wrap_up 102",
    ];
    assert_eq!(seen, expected);
    let progress = call.progress(None);
    let parts: Vec<_> =
        progress.participants.iter().map(|p| (p.extension.as_str(), p.role)).collect();
    assert_eq!(parts, [("101", Role::First), ("102", Role::Transfer)]);
}

#[test]
fn a_missed_offer_and_a_withdrawn_one_are_told_apart() {
    let mut call = Call::default();
    let mut causes = Vec::new();
    let lines = [
        "0 queue_entered - sales -",
        "1 ringing l1 101 -",
        "2 ringing l2 102 -",
        "3 ringing l3 103 -",
        "40 ended l3 103 no_answer",
        "50 answered l2 102 -",
        "51 ended l1 101 cancelled",
    ];
    for event in script(Direction::Inbound, &lines) {
        let before = call.clone();
        observe(&mut call, &[event]);
        for effect in effects(&before, &call) {
            if let CallEffect::Missed { station, cause } = effect {
                causes.push((station.extension, cause));
            }
        }
    }
    let expected = [("103", Cause::NoAnswer), ("101", Cause::Cancelled)];
    assert_eq!(causes, expected.map(|(who, cause)| (who.to_owned(), Some(cause))));
}

#[test]
fn a_lost_end_is_closed_by_the_sweep_and_corrected_by_the_real_end() {
    let (mut call, progress) = record(Direction::Inbound, &DIRECT[..2]);
    assert_eq!(progress.stage, Stage::Talking);
    apply(&mut call, CallCommand::CloseStale(CloseStale { at: at(90) })).unwrap();
    let closed = call.progress(None);
    assert_eq!((closed.stage, closed.ended_at), (Stage::WrapUp, Some(at(90))));
    assert!(closed.end_is_estimated);
    assert_eq!(closed.talk_seconds(), 7);
    assert!(
        apply(&mut call, CallCommand::CloseStale(CloseStale { at: at(95) })).unwrap().is_empty()
    );
    observe(&mut call, &script(Direction::Inbound, &DIRECT[3..]));
    let ended = call.progress(None);
    assert_eq!((ended.ended_at, ended.end_is_estimated), (Some(at(60)), false));
    assert_eq!(ended.talk_seconds(), 4);
}

#[test]
fn the_operator_named_as_caller_is_never_taken_for_the_client() {
    let mut events = script(Direction::Inbound, DIRECT);
    events[0].from = Personal::new("101".into());
    let mut call = Call::default();
    observe(&mut call, &events);
    assert_eq!(call.progress(None).client_number.reveal(), "79161234567");
}

#[test]
fn a_card_by_hand_lives_without_an_exchange() {
    let mut call = Call::default();
    let open = OpenByHand {
        direction: Direction::Inbound,
        client_number: Personal::new("+79161234567".into()),
        user: user_id(),
        extension: String::new(),
        client: None,
    };
    let before = call.clone();
    apply(&mut call, CallCommand::OpenByHand(open.clone())).unwrap();
    assert_eq!(call.number, 41);
    let station = Station { extension: String::new(), user: Some(user_id()) };
    let connected = CallEffect::Connected { station: station.clone(), transfer: false };
    assert_eq!(effects(&before, &call), [connected]);
    assert_eq!(call.progress(None).stage, Stage::Talking);
    let again = apply(&mut call, CallCommand::OpenByHand(open));
    assert_eq!(again.unwrap_err().code, "call_exists");
    let before = call.clone();
    apply(&mut call, CallCommand::CloseStale(CloseStale { at: context().now })).unwrap();
    assert_eq!(effects(&before, &call), [CallEffect::WrapUp { station: station.clone() }]);
    let before = call.clone();
    let notes = SetNotes {
        topics: vec![topic(1)],
        disposition: Some(Disposition::InfoGiven),
        ..SetNotes::default()
    };
    apply(&mut call, CallCommand::Finish(Finish { notes, ..Finish::default() })).unwrap();
    assert_eq!(effects(&before, &call), [CallEffect::Finished { station }]);
}

fn dial() -> (Call, Uuid) {
    let mut call = Call::default();
    let command_id = Uuid::from_u128(99);
    let request = RequestDial {
        command_id,
        source: "pbx1".into(),
        pbx_call: "c1".into(),
        number: Personal::new("+79161112233".into()),
        user: user_id(),
        extension: "101".into(),
        client: Some(client(1)),
    };
    apply(&mut call, CallCommand::RequestDial(request)).unwrap();
    (call, command_id)
}

#[test]
fn a_click_to_call_is_answered_only_by_the_client() {
    let (mut call, _) = dial();
    assert_eq!(call.progress(None).stage, Stage::Ringing);
    assert_eq!(call.identification.level, 1);
    let events = script(Direction::Outbound, DIALLED);
    observe(&mut call, &events[..2]);
    assert_eq!(call.progress(None).stage, Stage::Ringing);
    observe(&mut call, &events[2..4]);
    assert_eq!(call.progress(None).stage, Stage::Talking);
    observe(&mut call, &events[4..]);
    let progress = call.progress(None);
    assert_eq!(progress.result, Some(CallResult::Answered));
    assert_eq!(progress.participants.len(), 1);
    assert_eq!(progress.talk_seconds(), 3);
    assert_eq!(progress.client_number.reveal(), "+79161112233");
}

#[test]
fn a_dial_that_fails_is_over_at_once() {
    let (mut call, command_id) = dial();
    let before = call.clone();
    let failed = |reason: &str, command_id| DialFailed { command_id, reason: reason.into() };
    let other = failed("pbx_down", Uuid::from_u128(1));
    assert!(apply(&mut call, CallCommand::DialFailed(other)).unwrap().is_empty());
    apply(&mut call, CallCommand::DialFailed(failed("pbx_down", command_id))).unwrap();
    let progress = call.progress(None);
    assert_eq!((progress.stage, progress.result), (Stage::Finished, Some(CallResult::Failed)));
    let effects = effects(&before, &call);
    assert!(
        matches!(&effects[..], [CallEffect::Missed { cause: Some(Cause::Failed), .. }]),
        "{effects:?}"
    );
    let (mut inbound, _) = record(Direction::Inbound, DIRECT);
    let refused = apply(&mut inbound, CallCommand::DialFailed(failed("pbx_down", command_id)));
    assert_eq!(refused.unwrap_err().code, "not_dialled");
}

fn check_order(progress: &Progress) {
    let ended = progress.ended_at.unwrap();
    assert!(progress.started_at <= ended, "{progress:?}");
    assert!(progress.answered_at.is_none_or(|at| at <= ended), "{progress:?}");
    for part in &progress.participants {
        let answered = part.answered_at.unwrap_or(part.offered_at);
        assert!(part.offered_at <= answered && answered <= part.left_at.unwrap(), "{part:?}");
    }
}

#[test]
fn what_is_heard_after_the_sweep_never_makes_a_time_run_backwards() {
    // Closed at 9 s; then it turns out that it was answered later, and held.
    let (mut call, _) = record(Direction::Inbound, &DIRECT[..1]);
    apply(&mut call, CallCommand::CloseStale(CloseStale { at: at(90) })).unwrap();
    observe(&mut call, &script(Direction::Inbound, &["100 answered l1 101 -"]));
    assert_eq!(call.progress(None).stage, Stage::Talking, "it lives");
    observe(&mut call, &script(Direction::Inbound, &["120 held l1 101 -"]));
    assert_eq!(call.progress(None).stage, Stage::Held, "and goes on");
    // Closed at 9 s; a late hold shows that it lasted longer.
    let (mut call, _) = record(Direction::Inbound, &DIRECT[..2]);
    apply(&mut call, CallCommand::CloseStale(CloseStale { at: at(90) })).unwrap();
    observe(&mut call, &script(Direction::Inbound, &["120 held l1 101 -"]));
    let progress = call.progress(None);
    assert_eq!((progress.ended_at, progress.end_is_estimated), (Some(at(120)), true));
    check_order(&progress);
}

#[test]
fn clocks_that_differ_never_make_a_time_run_backwards() {
    // The exchange's clock is an hour behind ours, then an hour ahead.
    for shift in [0, 200_000] {
        let (mut call, command_id) = dial();
        let lines = ["ringing l1 101 -", "answered l1 101 -", "ended l1 101 failed"];
        let moved: Vec<String> =
            lines.iter().zip(1..).map(|(line, n)| format!("{} {line}", shift + n * 10)).collect();
        let moved: Vec<&str> = moved.iter().map(String::as_str).collect();
        observe(&mut call, &script(Direction::Outbound, &moved[..2]));
        let mut failed = call.clone();
        let reason = "refused".to_owned();
        apply(&mut failed, CallCommand::DialFailed(DialFailed { command_id, reason })).unwrap();
        check_order(&failed.progress(None));
        let mut closed = call.clone();
        apply(&mut closed, CallCommand::CloseStale(CloseStale { at: at(0) })).unwrap();
        check_order(&closed.progress(None));
        observe(&mut call, &script(Direction::Outbound, &moved));
        check_order(&call.progress(None));
    }
    let mut call = Call::default();
    let open = OpenByHand {
        direction: Direction::Inbound,
        client_number: Personal::default(),
        user: user_id(),
        extension: "101".into(),
        client: None,
    };
    apply(&mut call, CallCommand::OpenByHand(open)).unwrap();
    // Another call of the same operator closes it, timed by the exchange's clock.
    apply(&mut call, CallCommand::CloseStale(CloseStale { at: at(0) })).unwrap();
    check_order(&call.progress(None));
}

#[test]
fn a_result_belongs_to_a_client_or_to_nobody_known() {
    let finish = || {
        let notes = SetNotes {
            topics: vec![topic(1)],
            disposition: Some(Disposition::InfoGiven),
            ..SetNotes::default()
        };
        CallCommand::Finish(Finish { notes, ..Finish::default() })
    };
    let (mut call, _) = record(Direction::Inbound, DIRECT);
    apply(&mut call, finish()).unwrap();
    assert_eq!(call.choice, ClientChoice::Anonymous);
    // The client may be found later.
    apply(&mut call, CallCommand::ChooseClient(ChooseClient { client: Some(client(1)) })).unwrap();
    assert_eq!(call.choice, ClientChoice::Chosen(client(1)));
    let (mut known, _) = record(Direction::Inbound, DIRECT);
    apply(&mut known, CallCommand::ChooseClient(ChooseClient { client: Some(client(2)) })).unwrap();
    apply(&mut known, finish()).unwrap();
    assert_eq!(known.choice, ClientChoice::Chosen(client(2)));
}

#[test]
fn candidates_choose_themselves_only_when_there_is_one() {
    let (mut call, _) = record(Direction::Inbound, DIRECT);
    let matched = |clients: &[u128]| {
        CallCommand::MatchCandidates(MatchCandidates {
            number: Personal::new("+79161234567".into()),
            clients: clients.iter().map(|n| client(*n)).collect(),
            named: Vec::new(),
        })
    };
    apply(&mut call, matched(&[1, 2, 1])).unwrap();
    assert_eq!((call.candidates.len(), call.choice), (2, ClientChoice::Open));
    apply(&mut call, matched(&[1])).unwrap();
    assert_eq!(call.choice, ClientChoice::Matched(client(1)));
    assert_eq!(call.identification.level, 1);
    assert!(apply(&mut call, matched(&[1])).unwrap().is_empty());
    let choose = |client| CallCommand::ChooseClient(ChooseClient { client });
    let identified = |failed| {
        let CallCommand::RecordIdentification(said) = answered(1, &["full_name"], failed) else {
            unreachable!()
        };
        CallCommand::RecordIdentification(RecordIdentification { level: 2, ..said })
    };
    apply(&mut call, identified(0)).unwrap();
    assert_eq!(call.identification.level, 2);
    // Another client: what was confirmed is void.
    apply(&mut call, choose(Some(client(9)))).unwrap();
    assert_eq!(call.identification, CallIdentification::default());
    apply(&mut call, choose(None)).unwrap();
    assert_eq!(apply(&mut call, identified(0)).unwrap_err().code, "no_client");
    apply(&mut call, choose(Some(client(1)))).unwrap();
    apply(&mut call, identified(3)).unwrap();
    assert_eq!(apply(&mut call, identified(0)).unwrap_err().code, "identification_locked");
    // The match of a number never overrides the operator.
    apply(&mut call, matched(&[4])).unwrap();
    assert_eq!(call.choice, ClientChoice::Chosen(client(1)));
}

pub(super) fn answered(n: u128, confirmed: &[&str], failed: usize) -> CallCommand {
    let fields = ["birth_date", "address", "code_word", "contract_number", "passport_last4"];
    let wrong = fields.iter().cycle().take(failed).map(|field| (*field).to_owned());
    CallCommand::RecordIdentification(RecordIdentification {
        client: client(n),
        confirmed: confirmed.iter().map(|field| (*field).to_owned()).collect(),
        wrong: wrong.collect(),
        locks: false,
        level: 3,
    })
}

#[test]
fn what_was_typed_into_the_ivr_narrows_a_number_and_names_the_client_of_an_unknown_one() {
    let matched = |clients: &[u128], named: &[u128]| {
        let ids = |numbers: &[u128]| numbers.iter().map(|n| client(*n)).collect();
        CallCommand::MatchCandidates(MatchCandidates {
            number: Personal::new("+79161234567".into()),
            clients: ids(clients),
            named: ids(named),
        })
    };
    // Two share the number: the contract says who calls, the number still proves what it proves.
    let (mut call, _) = record(Direction::Inbound, DIRECT);
    apply(&mut call, matched(&[1, 2], &[])).unwrap();
    assert_eq!(call.choice, ClientChoice::Open);
    apply(&mut call, matched(&[1, 2], &[2, 7])).unwrap();
    assert_eq!((call.choice, call.identification.level), (ClientChoice::Matched(client(2)), 1));
    assert!(apply(&mut call, matched(&[1, 2], &[2, 7])).unwrap().is_empty());
    // Somebody else's contract from a known number: the number decides.
    apply(&mut call, matched(&[1], &[7])).unwrap();
    assert_eq!(call.choice, ClientChoice::Matched(client(1)));
    // An unknown number: the contract names the client and proves nothing.
    let (mut call, _) = record(Direction::Inbound, DIRECT);
    apply(&mut call, matched(&[], &[3])).unwrap();
    assert_eq!((call.choice, call.identification.level), (ClientChoice::Matched(client(3)), 0));
    assert!(apply(&mut call, matched(&[], &[3])).unwrap().is_empty());
    // Two contracts of two clients name nobody, and nothing overrules an operator's choice.
    let (mut call, _) = record(Direction::Inbound, DIRECT);
    apply(&mut call, matched(&[], &[3, 4])).unwrap();
    assert_eq!(call.choice, ClientChoice::Open);
    apply(&mut call, CallCommand::ChooseClient(ChooseClient { client: Some(client(9)) })).unwrap();
    apply(&mut call, matched(&[], &[3])).unwrap();
    assert_eq!(call.choice, ClientChoice::Chosen(client(9)));
}

#[test]
fn an_identification_never_reaches_another_client() {
    let (mut call, _) = record(Direction::Inbound, DIRECT);
    let matched = |clients: &[u128]| {
        CallCommand::MatchCandidates(MatchCandidates {
            number: Personal::new("+79161234567".into()),
            clients: clients.iter().map(|n| client(*n)).collect(),
            named: Vec::new(),
        })
    };
    let unknown = CallIdentification { level: 1, ..CallIdentification::default() };
    apply(&mut call, matched(&[1])).unwrap();
    apply(&mut call, answered(1, &["full_name", "birth_date"], 0)).unwrap();
    assert_eq!(call.identification.level, 3);
    // A late match: the new client is known by the phone only, and answers for the old one fail.
    apply(&mut call, matched(&[2])).unwrap();
    assert_eq!((call.choice, &call.identification), (ClientChoice::Matched(client(2)), &unknown));
    let late = apply(&mut call, answered(1, &["code_word"], 0)).unwrap_err();
    assert_eq!(late.code, "stale_version");
    assert_eq!(call.identification, unknown);
    // So it is when the operator chooses.
    apply(&mut call, answered(2, &["full_name"], 1)).unwrap();
    apply(&mut call, CallCommand::ChooseClient(ChooseClient { client: Some(client(9)) })).unwrap();
    let reset = CallIdentification { failed: 1, ..CallIdentification::default() };
    assert_eq!(call.identification, reset);
    let late = apply(&mut call, answered(2, &["code_word"], 0)).unwrap_err();
    assert_eq!(late.code, "stale_version");
    assert_eq!(call.identification, reset);
}

#[test]
fn the_last_wrong_answer_confirms_nothing_and_a_finished_call_takes_none() {
    let (mut call, _) = record(Direction::Inbound, DIRECT);
    apply(&mut call, CallCommand::ChooseClient(ChooseClient { client: Some(client(1)) })).unwrap();
    let mut finished = call.clone();
    apply(&mut call, answered(1, &["full_name", "birth_date", "code_word"], 3)).unwrap();
    let locked = CallIdentification { failed: 3, ..CallIdentification::default() };
    assert_eq!(call.identification, locked);
    // Nothing confirmed leaves the level, whatever the command says.
    apply(&mut finished, answered(1, &[], 1)).unwrap();
    assert_eq!(finished.identification.level, 0);
    let mark = FinishMark { at: at(100_000), by: user_principal() };
    finished.finished = Some(mark);
    let late = apply(&mut finished, answered(1, &["full_name"], 0)).unwrap_err();
    assert_eq!(late.code, "call_finished");
}

#[test]
fn finish_names_every_missing_field() {
    let (mut call, _) = record(Direction::Inbound, DIRECT);
    let finish = |notes| Finish { notes, ..Finish::default() };
    let fault = apply(&mut call, CallCommand::Finish(finish(SetNotes::default()))).unwrap_err();
    let fields: Vec<_> = fault.fields.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["topics", "disposition"]);
    let whole = SetNotes {
        topics: vec![topic(1), topic(1), topic(2)],
        comment: Personal::new("said when".into()),
        opening_words: vec![],
        disposition: Some(Disposition::InfoGiven),
        ..SetNotes::default()
    };
    apply(&mut call, CallCommand::Finish(finish(whole.clone()))).unwrap();
    assert_eq!(call.progress(None).stage, Stage::Finished);
    assert_eq!(call.notes.topics.len(), 2);
    let again = apply(&mut call, CallCommand::Finish(finish(whole.clone()))).unwrap_err();
    assert_eq!(again.code, "call_finished");
    let late = apply(&mut call, CallCommand::SetNotes(whole)).unwrap_err();
    assert_eq!(late.code, "call_finished");
}

#[test]
fn an_answered_collection_call_needs_its_opening_words_and_an_unanswered_one_nothing() {
    let words = OpeningWord::ALL.to_vec();
    let (mut call, _) = record(Direction::Outbound, DIALLED);
    let notes = SetNotes {
        topics: vec![topic(1)],
        disposition: Some(Disposition::RightParty),
        opening_words: vec![OpeningWord::Name],
        ..SetNotes::default()
    };
    let mut finish = Finish { notes, required_words: words.clone(), comment_chars_min: 0 };
    let fault = apply(&mut call, CallCommand::Finish(finish.clone())).unwrap_err();
    assert_eq!(fault.fields[0].field, "opening_words");
    finish.notes.opening_words.clone_from(&words);
    apply(&mut call, CallCommand::Finish(finish)).unwrap();
    let lines =
        ["0 answered l1 101 -", "1 ringing l2 - -", "5 ended l2 - busy", "9 ended l1 101 normal"];
    let (mut busy, _) = record(Direction::Outbound, &lines);
    let finish = Finish { required_words: words, comment_chars_min: 10, ..Finish::default() };
    apply(&mut busy, CallCommand::Finish(finish)).unwrap();
    assert_eq!(busy.notes.disposition, Some(Disposition::Busy));
}

#[test]
fn nobody_finishes_a_call_that_still_rings() {
    let (mut call, _) = record(Direction::Inbound, &DIRECT[..1]);
    let fault = apply(&mut call, CallCommand::Finish(Finish::default())).unwrap_err();
    assert_eq!(fault.code, "call_not_answered");
    let missing = apply(&mut Call::default(), CallCommand::Finish(Finish::default())).unwrap_err();
    assert_eq!(missing.code, "not_found");
}

#[test]
fn finished_while_talking_ends_without_wrap_up() {
    let (mut call, _) = record(Direction::Inbound, &DIRECT[..2]);
    let notes = SetNotes {
        topics: vec![topic(1)],
        disposition: Some(Disposition::InfoGiven),
        ..SetNotes::default()
    };
    apply(&mut call, CallCommand::Finish(Finish { notes, ..Finish::default() })).unwrap();
    assert_eq!(call.progress(None).stage, Stage::Talking);
    let before = call.clone();
    observe(&mut call, &script(Direction::Inbound, DIRECT));
    let station = Station { extension: "101".into(), user: Some(user_id()) };
    assert_eq!(effects(&before, &call), [CallEffect::Finished { station }]);
}

#[test]
fn a_correction_keeps_what_stood_before() {
    let (mut call, _) = record(Direction::Inbound, DIRECT);
    let correct = |reason: &str, disposition| {
        CallCommand::Correct(Correct {
            disposition,
            reason: Personal::new(reason.into()),
            ..Correct::default()
        })
    };
    let early = apply(&mut call, correct("x", Some(Disposition::Complaint))).unwrap_err();
    assert_eq!(early.code, "call_not_finished");
    let notes = SetNotes {
        topics: vec![topic(1)],
        disposition: Some(Disposition::InfoGiven),
        ..SetNotes::default()
    };
    apply(&mut call, CallCommand::Finish(Finish { notes, ..Finish::default() })).unwrap();
    let mute = apply(&mut call, correct(" ", Some(Disposition::Complaint))).unwrap_err();
    assert_eq!(mute.fields[0].field, "reason");
    let same = apply(&mut call, correct("x", Some(Disposition::InfoGiven))).unwrap_err();
    assert_eq!(same.fields[0].code, "unchanged");
    apply(&mut call, correct("clicked beside", Some(Disposition::Complaint))).unwrap();
    assert_eq!(call.notes.disposition, Some(Disposition::Complaint));
    assert_eq!(call.corrections[0].before.disposition, Some(Disposition::InfoGiven));
    assert_eq!(call.corrections[0].by, user_principal());
}

#[test]
fn a_flood_of_facts_is_bounded_and_keeps_the_end() {
    let mut call = Call::default();
    observe(&mut call, &script(Direction::Inbound, DIRECT));
    for n in 0..500 {
        let mut event = PbxEvent::new(&format!("d{n}"), "c1", Kind::Dtmf, at(30));
        event.ivr.insert("digit".into(), Personal::new("1".into()));
        observe(&mut call, &[event]);
    }
    assert_eq!(call.facts.len(), crate::base::limits::CALL_FACTS_MAX);
    assert_eq!(call.progress(None).result, Some(CallResult::Answered));
    assert_eq!(call.progress(None).talk_seconds(), 4);
}

fn any_script() -> impl Strategy<Value = Vec<PbxEvent>> {
    prop_oneof![
        Just((Direction::Inbound, DIRECT)),
        Just((Direction::Inbound, QUEUE)),
        Just((Direction::Inbound, BLIND)),
        Just((Direction::Inbound, ATTENDED)),
        Just((Direction::Outbound, DIALLED)),
    ]
    .prop_map(|(direction, lines)| script(direction, lines))
}

proptest! {
    #[test]
    fn order_and_repeats_change_nothing(
        (events, shuffled) in any_script()
            .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
        repeats in proptest::collection::vec(any::<Index>(), 0..8),
    ) {
        let mut straight = Call::default();
        observe(&mut straight, &events);
        let mut mixed = Call::default();
        for event in shuffled.iter().chain(repeats.iter().map(|index| &events[index.index(events.len())])) {
            observe(&mut mixed, std::slice::from_ref(event));
        }
        prop_assert_eq!(&straight.facts, &mixed.facts);
        prop_assert_eq!(straight.progress(None), mixed.progress(None));
    }

    #[test]
    fn whatever_is_lost_the_record_is_consistent(
        (events, kept) in any_script().prop_flat_map(|events| {
            let length = events.len();
            (Just(events.clone()), subsequence(events, 1..=length))
        }),
    ) {
        let mut call = Call::default();
        observe(&mut call, &kept);
        apply(&mut call, CallCommand::CloseStale(CloseStale { at: at(5_000) })).unwrap();
        let progress = call.progress(None);
        prop_assert!(!progress.stage.is_live(), "no call lives for ever once swept");
        prop_assert!(progress.ended_at.is_some() && progress.result.is_some());
        prop_assert!(progress.participants.iter().all(|part| part.left_at.is_some()));
        let named: Vec<_> = events.iter().flat_map(|e| [&e.agent, &e.to_agent, &e.from_agent]).flatten().collect();
        for part in &progress.participants {
            prop_assert!(named.contains(&&part.extension), "no invented agent");
        }
        let number = progress.client_number.reveal();
        prop_assert!(number.is_empty() || number == "79161234567" || number == "79161112233");
        let span = progress.ended_at.unwrap().micros() - progress.started_at.micros();
        prop_assert!(progress.talk_micros + progress.hold_micros <= span.max(0));
        // The owner is the last who answered among those whose answer was not lost.
        if let Some(owner) = &progress.owner {
            prop_assert!(kept.iter().any(|e| e.kind == Kind::Answered && (e.agent.as_ref() == Some(owner))));
        }
    }

    #[test]
    fn one_lost_event_never_loses_the_operator(
        (events, lost) in any_script().prop_flat_map(|events| { let n = events.len(); (Just(events), 0..n) }),
    ) {
        let mut whole = Call::default();
        observe(&mut whole, &events);
        let mut kept = events.clone();
        let missing = kept.remove(lost);
        let mut call = Call::default();
        observe(&mut call, &kept);
        apply(&mut call, CallCommand::CloseStale(CloseStale { at: at(5_000) })).unwrap();
        let (full, partial) = (whole.progress(None), call.progress(None));
        if missing.kind != Kind::Answered {
            prop_assert_eq!(full.owner, partial.owner);
            prop_assert_eq!(full.result, partial.result);
        }
        prop_assert_eq!(full.direction, partial.direction);
        prop_assert_eq!(full.client_number, partial.client_number);
    }
}
