//! What a call leaves behind besides its course: checks that failed, promises, and the one record of
//! a talk that both an operator and an exchange tell of.

use super::joining::{ANOTHER_CONVERSATION, Told, is_same_talk};
use super::pbx_event::{Direction, PbxEvent};
use super::progress::{CallResult, Stage};
use super::tests::{
    DIRECT, answered, apply, at, client, context, observe, record, script, topic, user_id,
};
use super::*;
use crate::base::money::{Currency, Money};

// --- checks -------------------------------------------------------------------------------------

#[test]
fn a_failed_check_is_kept_by_its_fields_and_says_when_it_closed() {
    let (mut call, _) = record(Direction::Inbound, DIRECT);
    let choose = ChooseClient { client: Some(client(1)) };
    apply(&mut call, CallCommand::ChooseClient(choose)).unwrap();
    apply(&mut call, answered(1, &["full_name"], 2)).unwrap();
    let check = &call.failed_checks[0];
    assert_eq!(check.fields, ["birth_date", "address"]);
    assert_eq!((check.client, check.by, check.locked), (client(1), context().principal, false));
    apply(&mut call, answered(1, &["full_name"], 0)).unwrap();
    assert_eq!(call.failed_checks.len(), 1, "a right answer is no failed check");
    apply(&mut call, answered(1, &["code_word"], 1)).unwrap();
    assert!(call.failed_checks[1].locked);
    assert_eq!(call.identification.level, 3, "what was reached before stays on record");
    assert!(!call.identification.confirmed.contains(&"code_word".to_owned()));
}

#[test]
fn the_wrong_answers_of_another_call_close_the_check_too() {
    let (mut call, _) = record(Direction::Inbound, DIRECT);
    let choose = ChooseClient { client: Some(client(1)) };
    apply(&mut call, CallCommand::ChooseClient(choose)).unwrap();
    let CallCommand::RecordIdentification(said) = answered(1, &["full_name"], 1) else { panic!() };
    let said = RecordIdentification { locks: true, ..said };
    apply(&mut call, CallCommand::RecordIdentification(said)).unwrap();
    assert!(call.failed_checks[0].locked);
    assert!(call.identification.confirmed.is_empty());
}

// --- promises -----------------------------------------------------------------------------------

fn promise(minor: i64, due_on: &str) -> Promise {
    let amount = Money::from_minor(minor, Currency::Rub);
    Promise { amount, due_on: due_on.parse().unwrap() }
}

fn notes(disposition: Disposition, promise: Option<Promise>) -> SetNotes {
    SetNotes {
        topics: vec![topic(1)],
        disposition: Some(disposition),
        promise,
        ..SetNotes::default()
    }
}

#[test]
fn the_result_promise_asks_for_its_sum_and_its_day() {
    let today = context().today();
    assert_eq!(today.to_string(), "2026-11-18", "the days below are counted from it");
    let rows = [
        (None, vec!["promise"]),
        (Some(promise(0, "2026-11-20")), vec!["promise.amount"]),
        (Some(promise(-1, "2026-11-17")), vec!["promise.amount", "promise.due_on"]),
        (Some(promise(500_000, "2026-12-03")), vec!["promise.due_on"]),
        (Some(promise(500_000, "2026-12-02")), vec![]),
        (Some(promise(1, "2026-11-18")), vec![]),
    ];
    for (promise, expected) in rows {
        let (mut call, _) = record(Direction::Inbound, DIRECT);
        let finish = Finish { notes: notes(Disposition::Ptp, promise), ..Finish::default() };
        let finished = apply(&mut call, CallCommand::Finish(finish));
        let faults = finished.err().map(|rejection| rejection.fields).unwrap_or_default();
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, expected, "{promise:?}");
        assert_eq!(call.promise, promise.filter(|_| expected.is_empty()));
    }
}

#[test]
fn a_promise_stands_and_falls_with_its_result() {
    let (mut call, _) = record(Direction::Inbound, DIRECT);
    let given = Some(promise(500_000, "2026-11-27"));
    // Half written: kept as a draft, checked at the end.
    apply(&mut call, CallCommand::SetNotes(notes(Disposition::Ptp, None))).unwrap();
    apply(&mut call, CallCommand::SetNotes(notes(Disposition::Ptp, given))).unwrap();
    assert_eq!(call.promise, given);
    let again = apply(&mut call, CallCommand::SetNotes(notes(Disposition::Ptp, given))).unwrap();
    assert!(again.is_empty());
    apply(&mut call, CallCommand::SetNotes(notes(Disposition::Refuses, given))).unwrap();
    assert_eq!(call.promise, None, "no promise beside a refusal");
    let finish = Finish { notes: notes(Disposition::Refuses, given), ..Finish::default() };
    apply(&mut call, CallCommand::Finish(finish)).unwrap();
    let correct = |disposition, promise| {
        let reason = Personal::new("clicked beside".to_owned());
        CallCommand::Correct(Correct { disposition, promise, reason, ..Correct::default() })
    };
    let bare = apply(&mut call, correct(Some(Disposition::Ptp), None)).unwrap_err();
    assert_eq!(bare.fields[0].field, "promise");
    apply(&mut call, correct(Some(Disposition::Ptp), given)).unwrap();
    assert_eq!(call.promise, given);
    let other = Some(promise(400_000, "2026-11-28"));
    apply(&mut call, correct(None, other)).unwrap();
    assert_eq!((call.promise, call.corrections[1].promise), (other, given));
    apply(&mut call, correct(Some(Disposition::Hardship), None)).unwrap();
    assert_eq!((call.promise, call.corrections[2].promise), (None, other));
}

// --- one talk, told twice -------------------------------------------------------------------------

/// A card by hand, opened ten minutes after the script's beginning (tenths of seconds).
const OPENED: i64 = 6_000;

fn by_hand(number: &str) -> Call {
    let mut call = Call::default();
    let command = CallCommand::OpenByHand(OpenByHand {
        direction: Direction::Inbound,
        client_number: Personal::new(number.into()),
        user: user_id(),
        extension: "101".into(),
        client: None,
    });
    apply(&mut call, command).unwrap();
    if let Some(hand) = &mut call.hand {
        hand.at = at(OPENED);
    }
    call
}

fn same(call: &Call, events: &[PbxEvent]) -> bool {
    let users = [("101".to_owned(), user_id())].into();
    is_same_talk(call, Told { events, users: &users, clients: &[client(5)] })
}

#[test]
fn the_talk_of_a_card_by_hand_is_known_by_number_operator_and_time() {
    let hand = "8 (916) 123-45-67";
    let rows: [(&str, &str, &[&str], bool); 15] = [
        ("the whole talk", hand, &["5800 ringing l1 101 -", "5850 answered l1 101 -"], true),
        ("its queue, nobody named yet", hand, &["5000 queue_entered - sales -"], true),
        ("its last part", hand, &["9000 held l1 101 -"], true),
        ("another number", "8 916 000-00-00", &["5800 ringing l1 101 -"], false),
        ("another operator", hand, &["5800 ringing l1 102 -"], false),
        (
            "first another, then this one",
            hand,
            &["5000 ringing l1 102 -", "5800 ringing l2 101 -"],
            true,
        ),
        ("over before the card", hand, &["0 ringing l1 101 -", "5000 ended - - normal"], false),
        (
            "over at the other clock's minute",
            hand,
            &["0 ringing l1 101 -", "5500 ended - - normal"],
            true,
        ),
        ("a call of the same client later", hand, &["6700 ringing l1 101 -"], false),
        ("later, and in a queue", hand, &["6700 queue_entered - sales -"], false),
        ("at the other clock's minute", hand, &["6500 ringing l1 101 -"], true),
        ("of another day", hand, &["-1000000 ringing l1 101 -"], false),
        ("no number on the card", "", &["5800 ringing l1 101 -"], false),
        ("nothing told", hand, &[], false),
        ("a later call that only presses keys yet", hand, &["70000 dtmf l1 - -"], false),
    ];
    for (what, number, lines, expected) in rows {
        let events = script(Direction::Inbound, lines);
        assert_eq!(same(&by_hand(number), &events), expected, "{what}");
    }
    // Who calls out reads the card first.
    let mut out = by_hand("+7 916 111-22-33");
    if let Some(hand) = &mut out.hand {
        hand.direction = Direction::Outbound;
    }
    let dialled =
        |tenths: u32| script(Direction::Outbound, &[&format!("{tenths} ringing l1 101 -")]);
    assert!(same(&out, &dialled(8_900)) && !same(&out, &dialled(9_100)));
    // Without a number the client tells.
    let mut named = by_hand("");
    let events = script(Direction::Inbound, &["5800 ringing l1 101 -"]);
    named.choice = ClientChoice::Chosen(client(6));
    assert!(!same(&named, &events));
    named.choice = ClientChoice::Chosen(client(5));
    assert!(same(&named, &events));
    // A card that was shut, and one that has its talk already.
    let mut shut = by_hand(hand);
    shut.closed = Some(at(6_100));
    assert!(same(&shut, &events));
    let late = script(Direction::Inbound, &["7000 held l1 101 -"]);
    assert!(same(&by_hand(hand), &late) && !same(&shut, &late));
    let again = script(Direction::Inbound, &["6110 ringing l1 101 -"]);
    assert!(!same(&shut, &again), "the client calls again at once");
    let mut joined = by_hand(hand);
    observe(&mut joined, &events);
    assert!(!same(&joined, &events));
}

#[test]
fn a_card_that_an_exchange_tells_of_is_its_record() {
    let mut call = by_hand("8 (916) 123-45-67");
    let number = call.number;
    assert!(call.is_by_hand() && call.claims().is_empty());
    observe(
        &mut call,
        &script(
            Direction::Inbound,
            &["5000 queue_entered - sales -", "5800 ringing l1 101 -", "5850 answered l1 101 -"],
        ),
    );
    assert_eq!((call.number, call.is_by_hand()), (number, false));
    assert_eq!((call.pbx_call.as_str(), call.claims().len()), ("c1", 1));
    let live = call.progress(None);
    assert_eq!((live.stage, live.queue.as_deref()), (Stage::Talking, Some("sales")));
    assert_eq!(live.answered_at, Some(at(5_850)), "the exchange knows better when");
    assert_eq!(live.participants.len(), 1);
    observe(&mut call, &script(Direction::Inbound, &["7850 ended - - normal"]));
    let over = call.progress(None);
    assert_eq!((over.stage, over.result), (Stage::WrapUp, Some(CallResult::Answered)));
    assert_eq!((over.talk_seconds(), over.wait_seconds()), (200, 85));
    assert_eq!(call.users.get("101"), Some(&user_id()));
}

#[test]
fn a_card_by_hand_takes_one_conversation_of_one_exchange() {
    let lines = ["5800 ringing l1 101 -"];
    let tell = |call: &mut Call, source: &str, conversation: &str| {
        let mut events = script(Direction::Inbound, &lines);
        for event in &mut events {
            conversation.clone_into(&mut event.call_id);
            event.event_id.push_str(conversation);
        }
        let users = [("101".to_owned(), user_id())].into();
        let observe = Observe { source: source.into(), events, users, matches: vec![] };
        apply(call, CallCommand::Observe(observe))
    };
    let mut call = by_hand("8 (916) 123-45-67");
    tell(&mut call, "pbx1", "c1").unwrap();
    let joined = call.clone();
    for (source, conversation) in [("pbx2", "c1"), ("pbx1", "c2"), ("pbx2", "c2")] {
        let refused = tell(&mut call, source, conversation).unwrap_err();
        assert_eq!(refused.code, ANOTHER_CONVERSATION, "{source} {conversation}");
        assert_eq!(call, joined);
    }
    tell(&mut call, "pbx1", "c1").unwrap();
    assert_eq!(call, joined, "its own again changes nothing");
    // Between the look at a card and the decision it may have been closed.
    let mut shut = by_hand("8 (916) 123-45-67");
    shut.closed = Some(at(5_700));
    assert_eq!(tell(&mut shut, "pbx1", "c1").unwrap_err().code, ANOTHER_CONVERSATION);
    // A call that an exchange told of first is no other exchange's.
    let (mut told, _) = record(Direction::Inbound, &lines);
    assert_eq!(tell(&mut told, "pbx2", "c2").unwrap_err().code, ANOTHER_CONVERSATION);
}

#[test]
fn what_the_exchange_does_not_tell_the_card_does() {
    // Only the ends of the talk are told: that it was answered, the card says.
    let mut call = by_hand("8 (916) 123-45-67");
    observe(&mut call, &script(Direction::Inbound, &["5000 queue_entered - sales -"]));
    let live = call.progress(None);
    assert_eq!((live.stage, live.owner.as_deref()), (Stage::Talking, Some("101")));
    observe(&mut call, &script(Direction::Inbound, &["8000 ended - - normal"]));
    let over = call.progress(None);
    assert_eq!((over.result, over.talk_seconds()), (Some(CallResult::Answered), 200));
    // By the exchange's clock it was over before the card was opened.
    let mut slow = by_hand("8 (916) 123-45-67");
    observe(
        &mut slow,
        &script(Direction::Inbound, &["5000 queue_entered - sales -", "5900 ended - - normal"]),
    );
    assert_eq!(slow.progress(None).stage, Stage::WrapUp);
    // A written card whose talk is told afterwards, without its end, calls nobody back.
    let mut written = by_hand("8 (916) 123-45-67");
    let finish = Finish { notes: notes(Disposition::InfoGiven, None), ..Finish::default() };
    apply(&mut written, CallCommand::Finish(finish)).unwrap();
    observe(&mut written, &script(Direction::Inbound, &["5800 ringing l1 101 -"]));
    let told = written.progress(None);
    assert_eq!((told.stage, told.end_is_estimated), (Stage::Finished, true));
    assert_eq!(standing_of(&written, user_id()), Standing::Away);
}

#[test]
fn a_call_that_was_announced_is_taken_by_hand_where_nobody_has_it() {
    let open = |extension: &str| {
        CallCommand::OpenByHand(OpenByHand {
            direction: Direction::Inbound,
            client_number: Personal::new("+79161234567".into()),
            user: user_id(),
            extension: extension.into(),
            client: None,
        })
    };
    let rows: [(&[&str], bool); 5] = [
        (&["0 queue_entered - sales -"], true),
        (&["0 ringing l1 101 -"], true),
        (&["0 ringing l1 102 -"], false),
        (&["0 ringing l1 101 -", "9 answered l1 101 -"], false),
        (DIRECT, false),
    ];
    for (lines, expected) in rows {
        let (mut call, _) = record(Direction::Inbound, lines);
        let (number, opened) = (call.number, apply(&mut call, open("101")));
        assert_eq!(opened.is_ok(), expected, "{lines:?} {opened:?}");
        if expected {
            let (mut other, _) = record(Direction::Outbound, lines);
            assert_eq!(apply(&mut other, open("101")).unwrap_err().code, "call_exists");
            assert_eq!((call.number, call.progress(None).stage), (number, Stage::Talking));
            assert_eq!(standing_of(&call, user_id()), Standing::Connected);
            assert_eq!(apply(&mut call, open("101")).unwrap_err().code, "call_exists");
        }
    }
}
