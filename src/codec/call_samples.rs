//! One sample of every event of calls and operators, for the golden bytes.

use crate::base::ids::{CallId, ClientId, EntryId, UserId};
use crate::base::money::{Currency, Money};
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::domain::access::Principal;
use crate::domain::call::event::{
    CandidatesMatched, CheckFailed, ClientChosen, ClosedStale, Consulted, Corrected, DialRequested,
    Joined, Observed, Opened, Promised,
};
use crate::domain::call::pbx_event::{Cause, Direction, PbxEvent, PbxEventKind};
use crate::domain::call::{
    CallEvent, CallIdentification, ClientChoice, DialFailure, DialRequest, Disposition, FinishMark,
    HandCard, Notes, OpeningWord, Promise, TopicChoice,
};
use crate::domain::operator::{
    Availability, AvailabilitySet, CallMoved, CallPhase, NotReadyReason, OperatorEvent,
};
use uuid::Uuid;

const AT: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

fn user() -> UserId {
    UserId::from_uuid(Uuid::from_u128(7))
}

fn text(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

fn client() -> ClientId {
    ClientId::from_uuid(Uuid::from_u128(1))
}

fn entry() -> EntryId {
    EntryId::from_uuid(Uuid::from_u128(3))
}

fn observed() -> PbxEvent {
    PbxEvent {
        leg_id: "l1".into(),
        direction: Some(Direction::Inbound),
        from: text("79161234567"),
        to: text("74951230001"),
        agent: Some("101".into()),
        from_agent: Some("101".into()),
        to_agent: Some("102".into()),
        to_queue: Some("vip".into()),
        queue: Some("sales".into()),
        ivr: [("contract".to_owned(), text("17"))].into(),
        cause: Some(Cause::NoAnswer),
        recording_url: Some("https://pbx/1.wav".into()),
        ..PbxEvent::new("e1", "c1", PbxEventKind::Ringing, AT)
    }
}

fn notes() -> Notes {
    Notes {
        topics: vec![TopicChoice { entry: entry(), title: "Платёж".into(), at: AT }],
        comment: text("сказал когда"),
        opening_words: vec![OpeningWord::Name, OpeningWord::Recorded],
        disposition: Some(Disposition::Ptp),
    }
}

fn card() -> HandCard {
    HandCard {
        direction: Direction::Outbound,
        client_number: text("+79161112233"),
        user: user(),
        extension: "101".into(),
        at: AT,
    }
}

/// In the order of the register.
pub fn calls() -> Vec<CallEvent> {
    let dial = DialRequest {
        command_id: Uuid::from_u128(9),
        number: text("+79161112233"),
        user: user(),
        extension: "101".into(),
        at: AT,
        failed: None,
    };
    let (source, pbx_call) = ("pbx1".to_owned(), "c1".to_owned());
    vec![
        CallEvent::Opened(Opened { source: source.clone(), pbx_call: pbx_call.clone() }),
        CallEvent::Observed(Observed { event: observed(), users: vec![("101".into(), user())] }),
        CallEvent::OpenedByHand(card()),
        CallEvent::DialRequested(DialRequested {
            source: source.clone(),
            pbx_call: pbx_call.clone(),
            dial,
        }),
        CallEvent::DialFailed(DialFailure { reason: "pbx_down".into(), at: AT }),
        CallEvent::CandidatesMatched(CandidatesMatched {
            number: text("79161234567"),
            clients: vec![client()],
        }),
        CallEvent::ClientChosen(ClientChosen { choice: ClientChoice::Chosen(client()), level: 1 }),
        CallEvent::IdentificationRecorded(CallIdentification {
            confirmed: vec!["full_name".into()],
            failed: 1,
            level: 2,
        }),
        CallEvent::NotesSet(notes()),
        CallEvent::Consulted(Consulted { entry: entry(), link: "https://kb/1".into() }),
        CallEvent::Finished(FinishMark { at: AT, by: Principal::User(user()) }),
        CallEvent::Corrected(Corrected { notes: notes(), reason: text("ошибка") }),
        CallEvent::ClosedStale(ClosedStale { at: AT }),
        CallEvent::CheckFailed(CheckFailed {
            client: client(),
            fields: vec!["birth_date".into(), "code_word".into()],
            locked: true,
        }),
        CallEvent::Promised(Promised {
            promise: Some(Promise {
                amount: Money::from_minor(500_000, Currency::Rub),
                due_on: "2026-11-27".parse().unwrap(),
            }),
        }),
        CallEvent::Joined(Joined { source, pbx_call }),
        CallEvent::TakenByHand(card()),
    ]
}

/// In the order of the register.
pub fn operators() -> Vec<OperatorEvent> {
    vec![
        OperatorEvent::AvailabilitySet(AvailabilitySet {
            availability: Availability::NotReady(NotReadyReason::Lunch),
        }),
        OperatorEvent::CallMoved(CallMoved {
            call: CallId::from_uuid(Uuid::from_u128(4)),
            phase: Some(CallPhase::Talking),
            availability: Availability::Ready,
            missed_on: Some("2026-11-21".parse().unwrap()),
        }),
    ]
}
