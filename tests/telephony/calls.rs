//! Calls from an exchange's wire to the operator's frames and the written result.

use super::stage::*;
use lenderbox::base::ids::CallId;
use lenderbox::base::personal::Personal;
use lenderbox::config::Config;
use lenderbox::domain::access::Principal;
use lenderbox::domain::call::Disposition;
use lenderbox::domain::call::pbx_event::Direction;
use lenderbox::domain::call::progress::CallResult;
use lenderbox::domain::client::{ClientDraft, ClientKind, PhoneDraft};
use lenderbox::domain::operator::CallChange;
use lenderbox::gateways::pbx_simulator::Scenario;
use lenderbox::service::call_control::{DialInput, TransferInput};
use lenderbox::service::calls::{CallFilter, NotesInput};
use lenderbox::service::{Caller, ServiceError};
use std::time::Duration;

#[test]
fn an_answered_call_shows_the_card_and_ends_in_a_written_result() {
    with_exchange(async |stage, exchange| {
        let Stage { services, anna, elena, .. } = stage;
        services.set_own_state(anna, "ready", None).await.unwrap();
        let mut page = Page::open(services, anna);
        let mut floor = Page::open(services, elena);
        let text = recording("01");
        let (ringing, rest) = until_mark(&text, "DialStatus: ANSWER");
        exchange.say(ringing).await;
        let frame = page.card("ringing").await;
        assert_eq!(frame["reason"], "arrived");
        let card = &frame["card"];
        assert_eq!(card["call"]["client_number"], "+79161234567");
        assert_eq!(card["call"]["client_id"], stage.client.to_string());
        assert_eq!(card["call"]["level"], 1);
        assert_eq!(card["card"]["client_id"], stage.client.to_string());
        assert_eq!(
            card["card"]["personal"]["unmasked"], false,
            "nothing private before identification"
        );
        assert_eq!(card["identification"]["required_level"], 2);
        page.own("ringing").await;
        floor.until(|f| f["type"] == "operator.state" && f["state"] == "ringing").await;
        let id = call_id(&frame);

        let (talking, end) = until_mark(rest, "Event: HangupRequest");
        exchange.say(talking).await;
        page.card("talking").await;
        page.own("on_call").await;
        let wrong = vec![("birth_date".to_owned(), "01.01.1991".to_owned())];
        let after = services.identify(anna, id, wrong).await.unwrap();
        assert_eq!(after.identification.unwrap().attempts_left, 2);
        let right = [
            ("full_name", "иванова мария"),
            ("birth_date", "28.02.1990"),
            ("code_word", "ромашка"),
        ];
        let right = right.map(|(field, value)| (field.to_owned(), value.to_owned())).to_vec();
        let after = services.identify(anna, id, right).await.unwrap();
        assert_eq!((after.call.level, after.card.unwrap().personal.unmasked), (3, true));
        let noted = services.set_call_notes(anna, id, stage.notes()).await.unwrap();
        assert_eq!(noted.topics[0].title, "Платёж");

        exchange.say(end).await;
        page.card("wrap_up").await;
        page.own("wrap_up").await;
        let refused = services.set_own_state(anna, "ready", None).await.unwrap_err();
        assert!(matches!(refused, ServiceError::Rejected(r) if r.code == "wrap_up_open"));
        let finished = services.finish_call(anna, id, stage.notes()).await.unwrap();
        assert_eq!((finished.state, finished.result), ("finished", Some("answered")));
        assert_eq!((finished.talk_seconds, finished.wait_seconds), (4, 2));
        let own = page.own("not_ready").await;
        assert_eq!(own["reason"], "after_call");
        let all = services.list_calls(elena, &CallFilter::default()).unwrap();
        assert_eq!(all.items.len(), 1);
        assert_eq!(
            all.items[0].client_number, "+7916***4567",
            "masked for who does not work on it"
        );
        let of_client = CallFilter { client: Some(stage.client), ..CallFilter::default() };
        assert_eq!(services.list_calls(anna, &of_client).unwrap().items.len(), 1);
        let live = CallFilter { live: true, ..CallFilter::default() };
        assert!(services.list_calls(elena, &live).unwrap().items.is_empty());
        let events = services.call_events(elena, id).unwrap();
        assert_eq!(events[0]["type"], "ringing");
        assert_eq!(events.len(), 4);
    });
}

#[test]
fn a_transfer_raises_the_card_at_the_receiver_and_takes_it_from_the_giver() {
    with_exchange(async |stage, exchange| {
        let Stage { services, anna, boris, .. } = stage;
        services.set_own_state(anna, "ready", None).await.unwrap();
        services.set_own_state(boris, "ready", None).await.unwrap();
        let (mut giver, mut receiver) = (Page::open(services, anna), Page::open(services, boris));
        let text = recording("08");
        let (before, after) = until_mark(&text, "Event: BlindTransfer");
        exchange.say(before.trim_end_matches("Response: Success\r\nActionID: bt1\r\n")).await;
        let talking = giver.card("talking").await;
        let id = call_id(&talking);
        services.choose_client(anna, id, Some(stage.client)).await.unwrap();
        let Principal::User(to_user) = boris.principal else { unreachable!() };
        let input = TransferInput { to_user: Some(to_user), ..TransferInput::default() };
        services.transfer(anna, id, input).await.unwrap();
        let action = exchange.action("BlindTransfer").await;
        assert_eq!(action.get("Channel"), Some("PJSIP/101-00000037"), "the giver's own channel");
        assert_eq!(action.get("Exten"), Some("102"));
        let (ringing, talking) = until_mark(after, "DialStatus: ANSWER");
        exchange.say(ringing).await;
        let popped = receiver.card("ringing").await;
        assert_eq!(popped["reason"], "transfer");
        assert_eq!(popped["card"]["card"]["client_id"], stage.client.to_string());
        giver.until(|frame| frame["type"] == "call.gone").await;
        assert_eq!(giver.own("not_ready").await["reason"], "after_call");
        exchange.say(talking).await;
        receiver.card("wrap_up").await;
        receiver.own("wrap_up").await;
        services.finish_call(boris, id, stage.notes()).await.unwrap();
        let call = state(services, id).await.progress(None);
        let parts: Vec<&str> = call.participants.iter().map(|p| p.extension.as_str()).collect();
        assert_eq!((parts, call.result), (vec!["101", "102"], Some(CallResult::Answered)));
    });
}

#[test]
fn click_to_call_dials_once_and_its_events_find_the_call() {
    with_exchange(async |stage, exchange| {
        let Stage { services, anna, .. } = stage;
        let up = || services.telephony.dialling_source().is_some();
        until("the link", up).await;
        let mut page = Page::open(services, anna);
        let input = DialInput { number: Some("8 916 111-22-33".into()), ..DialInput::default() };
        let dialled = services.dial(anna, input.clone()).await.unwrap();
        page.card("ringing").await;
        let busy = services.dial(anna, input).await.unwrap_err();
        assert!(matches!(busy, ServiceError::Rejected(r) if r.code == "call_open"));
        let action = exchange.action("Originate").await;
        assert_eq!(action.get("Channel"), Some("PJSIP/101"));
        assert_eq!(action.get("Exten"), Some("79161112233"));
        assert_eq!(action.get("ActionID"), Some(dialled.command.to_string().as_str()));
        let channel = action.get("ChannelId").unwrap().to_owned();
        let text = recording("10")
            .replace("pbx1-1795289871.64", &channel)
            .replace("orig1", action.get("ActionID").unwrap());
        let (_, events) = until_mark(&text, "Event: Newchannel");
        let (talking, end) = until_mark(events, "Event: HangupRequest");
        exchange.say(talking).await;
        page.card("talking").await;
        exchange.say(end).await;
        let wrap_up = page.card("wrap_up").await;
        assert_eq!(call_id(&wrap_up), dialled.call, "one call from the click to the end");
        assert_eq!(wrap_up["card"]["call"]["result"], "answered");
        assert_eq!(wrap_up["card"]["call"]["direction"], "outbound");
        let silent = NotesInput { opening_words: vec![], ..stage.notes() };
        let missing = services.finish_call(anna, dialled.call, silent).await.unwrap_err();
        assert!(
            matches!(missing, ServiceError::Rejected(r) if r.fields[0].field == "opening_words")
        );
        services.finish_call(anna, dialled.call, stage.notes()).await.unwrap();
    });
}

#[test]
fn an_agent_who_does_not_pick_up_his_own_call_is_told_so() {
    with_exchange(async |stage, exchange| {
        let Stage { services, anna, .. } = stage;
        until("the link", || services.telephony.dialling_source().is_some()).await;
        let mut page = Page::open(services, anna);
        let input = DialInput { client: Some(stage.client), ..DialInput::default() };
        let dialled = services.dial(anna, input).await.unwrap();
        let action = exchange.action("Originate").await;
        let id = action.get("ActionID").unwrap();
        exchange.say(&recording("13").replace("orig3", id)).await;
        page.until(|frame| frame["type"] == "call.gone").await;
        let call = state(services, dialled.call).await;
        assert_eq!(call.dial.as_ref().unwrap().failed.as_ref().unwrap().reason, "bad_endpoint");
        assert_eq!(call.progress(None).result, Some(CallResult::Failed));
        // A technical fault is not the agent's: no "missed".
        page.own("offline").await;
    });
}

#[test]
fn a_missed_offer_makes_not_ready_and_a_withdrawn_one_does_not() {
    with_exchange(async |stage, exchange| {
        let Stage { services, anna, .. } = stage;
        services.set_own_state(anna, "ready", None).await.unwrap();
        let mut page = Page::open(services, anna);
        let text = recording("04");
        let (ringing, rest) = until_mark(&text, "Event: HangupRequest");
        exchange.say(ringing).await;
        page.own("ringing").await;
        exchange.say(rest).await;
        page.until(|frame| frame["type"] == "call.gone").await;
        page.own("ready").await;
        let text = recording("05").replace("103", "101");
        let (ringing, rest) = until_mark(&text, "Event: DialEnd");
        exchange.say(ringing).await;
        page.own("ringing").await;
        exchange.say(rest).await;
        page.until(|frame| frame["type"] == "call.gone").await;
        assert_eq!(page.own("not_ready").await["reason"], "missed");
        let rows = services.operator_rows(anna).unwrap();
        assert_eq!(rows.iter().map(|row| row.missed_today).sum::<u32>(), 1);
    });
}

#[test]
fn calls_that_ended_while_the_link_was_down_are_closed_when_it_comes_back() {
    with_exchange(async |stage, exchange| {
        let Stage { services, anna, .. } = stage;
        let mut page = Page::open(services, anna);
        let text = recording("01");
        let (talking, _) = until_mark(&text, "Event: HangupRequest");
        exchange.say(talking).await;
        page.card("talking").await;
        drop(exchange.stream.take());
        page.until(|frame| frame["type"] == "pbx.link" && frame["state"] == "down").await;
        let dial = DialInput { number: Some("+79161112233".into()), ..DialInput::default() };
        let boris = services.dial(&stage.boris, dial).await.unwrap_err();
        assert_eq!(boris, ServiceError::PbxDown);
        exchange.accept().await;
        exchange.inventory().await;
        page.card("wrap_up").await;
        page.own("wrap_up").await;
        assert_eq!(services.pbx_status(anna).unwrap().live_calls, 0);
    });
}

#[test]
fn events_by_http_are_taken_once_in_any_order_and_faults_are_named() {
    with_stage(None, async |stage| {
        let Stage { services, boris, .. } = stage;
        let base = |id: &str, kind: &str, at: &str| {
            serde_json::json!({"event_id": id, "call_id": "c7", "type": kind, "at": format!("2026-11-21T12:00:{at}Z"),
                "agent": "102", "leg_id": "l1", "direction": "inbound", "from": "89161234567"})
        };
        let batch = vec![
            event(base("e2", "answered", "05")),
            event(
                serde_json::json!({"event_id": "x", "call_id": "c7", "type": "sung", "at": "2026-11-21T12:00:00Z"}),
            ),
            event(base("e1", "ringing", "00")),
            event(base("e2", "answered", "05")),
        ];
        let mut page = Page::open(services, boris);
        let machine =
            Caller { scope: Some(lenderbox::domain::access::TokenScope::Pbx), ..Caller::system() };
        let intake = services.take_pbx_bodies(&machine, "http", batch.clone()).await.unwrap();
        assert_eq!((intake.accepted, intake.rejected), (3, vec![(1, "unknown_type")]));
        let frame = page.card("talking").await;
        let again = services.take_pbx_bodies(&machine, "http", batch).await.unwrap();
        assert_eq!(again.accepted, 3);
        let id = call_id(&frame);
        assert_eq!(state(services, id).await.facts.len(), 2);
        let all = services.list_calls(&stage.elena, &CallFilter::default()).unwrap();
        assert_eq!(all.items.len(), 1, "one conversation, one call");
        // A second call answered by the same operator: the end of the first was lost.
        let second = serde_json::json!({"event_id": "s1", "call_id": "c8", "type": "answered", "at": "2026-11-21T12:10:00Z", "agent": "102", "leg_id": "l9"});
        services.take_pbx_bodies(&machine, "http", vec![event(second)]).await.unwrap();
        let first = state(services, id).await.progress(None);
        assert!(!first.stage.is_live() && first.end_is_estimated);
        assert_eq!(stage.state_of(boris).await.0, "on_call");
        let (records, _) = services.pbx_records(&stage.elena, None, None, 100).unwrap();
        let kinds: Vec<&str> = records.iter().map(|record| record.kind).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "rejected").count(), 2);
        assert_eq!(kinds.iter().filter(|kind| **kind == "event").count(), 7);
    });
}

/// Tells of a conversation at 101: (kind, second) each.
async fn at_101(stage: &Stage, call: &str, events: &[(&str, u32)]) {
    let body = |(kind, second): &(&str, u32)| {
        event(serde_json::json!({"event_id": format!("{call}{kind}{second}"), "call_id": call,
            "type": kind, "at": format!("2026-11-21T12:00:{second:02}Z"), "agent": "101",
            "leg_id": format!("{call}-a"), "direction": "inbound", "from": "89161234567"}))
    };
    let bodies = events.iter().map(body).collect();
    stage.services.take_pbx_bodies(&Caller::system(), "http", bodies).await.unwrap();
}

#[test]
fn a_client_on_hold_stays_while_a_second_call_is_taken() {
    with_stage(None, async |stage| {
        let Stage { services, anna, .. } = stage;
        let mut page = Page::open(services, anna);
        at_101(stage, "one", &[("ringing", 0), ("answered", 2), ("held", 10)]).await;
        let one = call_id(&page.card("held").await);
        at_101(stage, "two", &[("ringing", 12), ("answered", 14)]).await;
        let two = call_id(&page.card("talking").await);
        assert!(state(services, one).await.progress(None).stage.is_live(), "on hold, not lost");
        let own = services.own_state(anna).await.unwrap();
        assert_eq!(own.call.unwrap().call.id, two.to_string());
        at_101(stage, "two", &[("ended", 20)]).await;
        page.card("wrap_up").await;
        services.finish_call(anna, two, stage.notes()).await.unwrap();
        at_101(stage, "one", &[("resumed", 21)]).await;
        page.card("talking").await;
        assert_eq!(stage.state_of(anna).await.0, "on_call");
        at_101(stage, "one", &[("ended", 30)]).await;
        page.card("wrap_up").await;
        let record = state(services, one).await.progress(None);
        assert_eq!((record.talk_seconds(), record.hold_seconds()), (17, 11));
        assert!(!record.end_is_estimated);
    });
}

#[test]
fn a_card_by_hand_ends_nobodys_line() {
    with_stage(None, async |stage| {
        let Stage { services, anna, .. } = stage;
        let mut page = Page::open(services, anna);
        at_101(stage, "one", &[("ringing", 0), ("answered", 2)]).await;
        let one = call_id(&page.card("talking").await);
        let by_hand = by_hand(stage).await;
        assert!(state(services, one).await.progress(None).stage.is_live());
        services.hang_up(anna, by_hand).await.unwrap();
        services.finish_call(anna, by_hand, stage.notes()).await.unwrap();
        assert_eq!(stage.state_of(anna).await.0, "on_call");
        // The next call that is answered ends a card by hand that was forgotten.
        let forgotten = self::by_hand(stage).await;
        at_101(stage, "two", &[("ringing", 12), ("answered", 14)]).await;
        page.until(|frame| {
            frame["type"] == "call.card"
                && call_id(frame) == forgotten
                && frame["card"]["call"]["state"] == "wrap_up"
        })
        .await;
        let record = state(services, forgotten).await.progress(None);
        assert!(record.ended_at.unwrap() >= record.started_at);
    });
}

#[test]
fn an_operator_whose_state_missed_a_call_is_put_right() {
    with_stage(None, async |stage| {
        let Stage { services, anna, .. } = stage;
        let Principal::User(user) = anna.principal else { unreachable!() };
        services.set_own_state(anna, "ready", None).await.unwrap();
        let mut page = Page::open(services, anna);
        at_101(stage, "one", &[("ringing", 0), ("answered", 2)]).await;
        let id = call_id(&page.card("talking").await);
        page.own("on_call").await;
        assert_eq!(services.reconcile_operators().await.unwrap(), 0);
        // As after a crash between the two commits: the operator's is missing.
        services.follow_call(user, id, CallChange::Left).await.unwrap();
        assert_eq!(services.reconcile_operators().await.unwrap(), 1);
        assert_eq!(stage.state_of(anna).await.0, "on_call");
        at_101(stage, "one", &[("ended", 9)]).await;
        page.card("wrap_up").await;
        services.finish_call(anna, id, stage.notes()).await.unwrap();
        for (missed, stuck) in
            [(CallChange::Offered, "ringing"), (CallChange::Connected, "on_call")]
        {
            services.follow_call(user, id, missed).await.unwrap();
            assert_eq!(stage.state_of(anna).await.0, stuck);
            assert_eq!(services.reconcile_operators().await.unwrap(), 1);
            assert_eq!(stage.state_of(anna).await.0, "not_ready");
        }
        services.set_own_state(anna, "ready", None).await.unwrap();
        assert_eq!(services.reconcile_operators().await.unwrap(), 0);
    });
}

#[test]
fn work_goes_on_by_hand_without_an_exchange() {
    with_stage(None, async |stage| {
        let Stage { services, anna, boris, .. } = stage;
        let dial = DialInput { number: Some("+79161112233".into()), ..DialInput::default() };
        assert_eq!(services.dial(anna, dial).await.unwrap_err(), ServiceError::PbxDown);
        let card = services
            .open_call_by_hand(anna, Direction::Inbound, "8 (916) 123-45-67", None)
            .await
            .unwrap();
        assert!(card.call.by_hand && card.card.is_some(), "the client is found by the number");
        let id: CallId = card.call.id.parse().unwrap();
        assert_eq!(stage.state_of(anna).await.0, "on_call");
        let foreign = services.finish_call(boris, id, stage.notes()).await.unwrap_err();
        assert!(matches!(foreign, ServiceError::Rejected(r) if r.code == "not_found"));
        services.hang_up(anna, id).await.unwrap();
        assert_eq!(stage.state_of(anna).await.0, "wrap_up");
        let empty = services.finish_call(anna, id, NotesInput::default()).await.unwrap_err();
        let ServiceError::Rejected(rejection) = empty else { panic!("{empty}") };
        let fields: Vec<&str> = rejection.fields.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["topics", "disposition"]);
        services.finish_call(anna, id, stage.notes()).await.unwrap();
        assert_eq!(stage.state_of(anna).await, ("not_ready".into(), Some("after_call".into())));
        let correction = lenderbox::service::calls::CorrectionInput {
            disposition: Some(Disposition::Complaint),
            reason: "clicked beside".into(),
            ..Default::default()
        };
        let corrected = services.correct_call(anna, id, correction).await.unwrap();
        assert_eq!(corrected.disposition, Some(Disposition::Complaint));
        assert_eq!(corrected.corrections[0].disposition, Some(Disposition::InfoGiven));
    });
}

fn said(answers: &[(&str, &str)]) -> Vec<(String, String)> {
    answers.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> lenderbox::domain::Rejection {
    let error = result.unwrap_err();
    let ServiceError::Rejected(rejection) = error else { panic!("{error}") };
    rejection
}

async fn by_hand(stage: &Stage) -> CallId {
    let opened = stage.services.open_call_by_hand(
        &stage.anna,
        Direction::Inbound,
        "8 (916) 123-45-67",
        None,
    );
    opened.await.unwrap().call.id.parse().unwrap()
}

#[test]
fn one_request_cannot_guess_its_way_through() {
    with_stage(None, async |stage| {
        let Stage { services, anna, .. } = stage;
        let id = by_hand(stage).await;
        let guesses = said(&[("birth_date", "27.02.1990"), ("birth_date", "28.02.1990")]);
        let rejection = refusal(services.identify(anna, id, guesses).await);
        let fault = &rejection.fields[0];
        assert_eq!((fault.field.as_str(), fault.code), ("answers[1].field", "repeated"));
        let many = said(&[("birth_date", "28.02.1990"); 7]);
        let rejection = refusal(services.identify(anna, id, many).await);
        let faults: Vec<_> = rejection.fields.iter().map(|f| (f.field.as_str(), f.code)).collect();
        assert_eq!(faults, [("answers", "too_many")]);
        assert_eq!(state(services, id).await.identification.failed, 0);
        // Half a name, no date at all and what the card does not hold are no answers.
        let unreadable = said(&[
            ("full_name", "иванова"),
            ("birth_date", "30.02.1990"),
            ("code_word", "ромашка"),
            ("contract_number", "Z-000001"),
        ]);
        let rejection = refusal(services.identify(anna, id, unreadable).await);
        let faults: Vec<_> = rejection.fields.iter().map(|f| (f.field.as_str(), f.code)).collect();
        let expected = [
            ("answers[0].value", "too_short"),
            ("answers[1].value", "too_short"),
            ("answers[3].field", "unknown_value"),
        ];
        assert_eq!(faults, expected);
        let untouched = state(services, id).await.identification;
        assert_eq!((untouched.failed, untouched.confirmed.len()), (0, 0));
        let slip = services.identify(anna, id, said(&[("birth_date", "27.02.1990")])).await;
        assert_eq!(slip.unwrap().identification.unwrap().attempts_left, 2);
        // Three wrong answers lock the client; the right ones beside the last are lost.
        let mixed = said(&[
            ("full_name", "петрова анна"),
            ("birth_date", "26.02.1990"),
            ("code_word", "ромашка"),
        ]);
        let after = services.identify(anna, id, mixed).await.unwrap();
        let shown = after.identification.unwrap();
        assert_eq!((after.call.level, shown.locked, shown.attempts_left), (1, true, 0));
        let kept = state(services, id).await.identification;
        assert_eq!((kept.confirmed.len(), kept.failed, kept.level), (0, 3, 1));
        let right = said(&[("code_word", "ромашка")]);
        let refused = refusal(services.identify(anna, id, right).await);
        assert_eq!(refused.code, "identification_locked");
    });
}

/// A person written down during the call: known by the phone, nothing to be asked, open to be
/// completed, and closed like any other card as soon as it holds a secret.
#[test]
fn a_prospect_of_this_call_is_no_dead_end() {
    with_stage(None, async |stage| {
        let Stage { services, anna, .. } = stage;
        let number = "+79035550101";
        let opened = services.open_call_by_hand(anna, Direction::Inbound, number, None);
        let id: CallId = opened.await.unwrap().call.id.parse().unwrap();
        let draft = ClientDraft {
            kind: Some(ClientKind::Prospect),
            first_name: Some(Personal::new("Олег".into())),
            phones: Some(vec![PhoneDraft {
                number: Personal::new(number.into()),
                ..PhoneDraft::default()
            }]),
            ..ClientDraft::default()
        };
        let made = services.register_client(anna, draft, true).await.unwrap();
        let client = made.client_id.parse().unwrap();
        let chosen = services.choose_client(anna, id, Some(client)).await.unwrap();
        let asked = chosen.identification.unwrap();
        assert_eq!((chosen.call.level, asked.level), (1, 1));
        assert!(asked.missing.is_empty(), "{:?}", asked.missing);
        assert_eq!(asked.lacking[0].field, "birth_date");
        let card = chosen.card.unwrap();
        assert!(card.personal.unmasked);
        assert!(
            card.answers
                .iter()
                .all(|answer| !answer.locked && answer.none != (answer.kind == "where_to_pay"))
        );
        let change = |draft| services.change_client(anna, client, None, draft, true, Some(id));
        let surname = ClientDraft {
            last_name: Some(Personal::new("Ким".into())),
            ..ClientDraft::default()
        };
        let changed = change(surname).await.unwrap();
        assert_eq!(changed.personal.full_name.as_deref(), Some("Ким Олег"));
        let word = ClientDraft {
            code_word: Some(Personal::new("ромашка".into())),
            ..ClientDraft::default()
        };
        assert!(!change(word).await.unwrap().personal.unmasked, "a code word is a secret");
        // Outside of the call nothing is shown in clear.
        let (_, outside) = services.client_card(anna, client, None).await.unwrap();
        let outside: serde_json::Value = serde_json::from_slice(&outside).unwrap();
        assert_eq!(outside["personal"]["unmasked"], false);
    });
}

#[test]
fn requests_side_by_side_have_no_more_guesses_than_one_after_another() {
    with_stage(None, async |stage| {
        let Stage { services, anna, .. } = stage;
        let id = by_hand(stage).await;
        let guess = |day: u8| {
            services.identify(anna, id, said(&[("birth_date", &format!("0{day}.02.1990"))]))
        };
        let (a, b, c, d, e) = tokio::join!(guess(1), guess(2), guess(3), guess(4), guess(5));
        let refused = [a, b, c, d, e].into_iter().filter_map(Result::err);
        let codes: Vec<_> = refused.map(|error| refusal::<()>(Err(error)).code).collect();
        assert_eq!(codes, ["identification_locked"; 2]);
        let client = stage.client.uuid();
        let failures = services.clients.look(client, |lane| {
            lane.client.state.identification_failures.map(|failures| failures.count)
        });
        assert_eq!(failures.await.unwrap(), Some(3));
        // Another call about the same client: locked as well, and nothing is confirmed.
        services.hang_up(anna, id).await.unwrap();
        services.finish_call(anna, id, stage.notes()).await.unwrap();
        let finished = refusal(services.identify(anna, id, said(&[("code_word", "x")])).await);
        assert_eq!(finished.code, "call_finished");
        let next = by_hand(stage).await;
        let right = said(&[("code_word", "ромашка")]);
        let refused = refusal(services.identify(anna, next, right).await);
        assert_eq!(refused.code, "identification_locked");
        assert_eq!(state(services, next).await.identification.level, 1);
    });
}

#[test]
fn a_made_up_call_pops_like_a_real_one() {
    with_stage(None, async |stage| {
        let Stage { services, anna, .. } = stage;
        let mut page = Page::open(services, anna);
        let scenario = Scenario::parse("lost_hangup").unwrap();
        let (number, extension) = (Some("+79161234567".into()), Some("101".into()));
        services.simulate_calls(&Caller::system(), scenario, number, extension).unwrap();
        let frame = page.card("ringing").await;
        assert_eq!(frame["card"]["card"]["client_id"], stage.client.to_string());
        page.card("talking").await;
    });
}

#[test]
fn silent_calls_and_late_results_are_swept() {
    let hasty = |config: &mut Config| {
        config.calls.silent_seconds = 0;
        config.calls.wrap_up_seconds = 0;
    };
    with_settings(None, hasty, async |stage| {
        let Stage { services, boris, .. } = stage;
        let answered = serde_json::json!({"event_id": "a", "call_id": "c9", "type": "answered",
            "at": "2020-01-01T00:00:00Z", "agent": "102", "leg_id": "l1", "from": "89161234567"});
        let machine = Caller::system();
        let mut page = Page::open(services, boris);
        services.take_pbx_bodies(&machine, "http", vec![event(answered)]).await.unwrap();
        let id = call_id(&page.card("talking").await);
        // The clock must move on by a second: silence is what the sweep looks for.
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        let swept = tokio::time::timeout(DEADLINE, async {
            while services.sweep_calls().await.unwrap() == 0 {
                ticks.tick().await;
            }
        });
        swept.await.unwrap();
        page.card("wrap_up").await;
        let call = state(services, id).await.progress(None);
        assert!(call.end_is_estimated);
        assert_eq!(call.talk_seconds(), 0, "nothing is invented");
        page.own("wrap_up").await;
        assert_eq!(services.sweep_wrap_ups().await.unwrap(), 1);
        assert_eq!(page.own("not_ready").await["reason"], "after_call");
        let refused = services.set_own_state(boris, "ready", None).await;
        assert!(matches!(refused, Err(ServiceError::Rejected(r)) if r.code == "wrap_up_open"));
        services.finish_call(boris, id, stage.notes()).await.unwrap();
        services.set_own_state(boris, "ready", None).await.unwrap();
        assert_eq!(services.sweep_calls().await.unwrap(), 0);
    });
}
