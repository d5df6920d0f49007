//! How events change a call. Total: never refuses.

use super::fact::{self, Fact};
use super::{
    Call, CallEvent, CallIdentification, ClientChoice, Consultation, Correction, FailedCheck,
    Origin,
};
use crate::base::limits::{CALL_CONSULTED_MAX, CALL_CORRECTIONS_MAX, CALL_FAILED_CHECKS_MAX};
use crate::domain::Meta;

/// Applies one event.
pub fn evolve(call: &mut Call, event: &CallEvent, meta: &Meta) {
    match event {
        CallEvent::Opened(opened) => {
            open(call, Origin::Pbx, meta);
            call.source.clone_from(&opened.source);
            call.pbx_call.clone_from(&opened.pbx_call);
        }
        CallEvent::OpenedByHand(card) => {
            open(call, Origin::ByHand, meta);
            call.users.insert(card.extension.clone(), card.user);
            call.hand = Some(card.clone());
        }
        CallEvent::DialRequested(requested) => {
            open(call, Origin::Dial, meta);
            call.source.clone_from(&requested.source);
            call.pbx_call.clone_from(&requested.pbx_call);
            call.users.insert(requested.dial.extension.clone(), requested.dial.user);
            call.dial = Some(requested.dial.clone());
        }
        CallEvent::Observed(observed) => {
            call.seen_at = meta.at;
            fact::insert(&mut call.facts, Fact::from(&observed.event));
            for (extension, user) in &observed.users {
                call.users.entry(extension.clone()).or_insert(*user);
            }
        }
        CallEvent::DialFailed(failure) => {
            if let Some(dial) = &mut call.dial {
                dial.failed = Some(failure.clone());
            }
        }
        CallEvent::CandidatesMatched(matched) => {
            call.matched_number = Some(matched.number.clone());
            call.candidates.clone_from(&matched.clients);
            if matches!(call.choice, ClientChoice::Open | ClientChoice::Matched(_)) {
                let choice = match matched.clients.as_slice() {
                    [only] => ClientChoice::Matched(*only),
                    _ => ClientChoice::Open,
                };
                choose(call, choice, u8::from(choice.client().is_some()));
            }
        }
        CallEvent::ClientChosen(chosen) => choose(call, chosen.choice, chosen.level),
        CallEvent::IdentificationRecorded(identification) => {
            call.identification.clone_from(identification);
        }
        CallEvent::ClosedStale(closed) => call.closed = Some(closed.at),
        CallEvent::Joined(joined) => {
            call.source.clone_from(&joined.source);
            call.pbx_call.clone_from(&joined.pbx_call);
        }
        CallEvent::TakenByHand(card) => {
            call.users.entry(card.extension.clone()).or_insert(card.user);
            call.hand = Some(card.clone());
        }
        CallEvent::NotesSet(_)
        | CallEvent::Consulted(_)
        | CallEvent::Finished(_)
        | CallEvent::Corrected(_)
        | CallEvent::CheckFailed(_)
        | CallEvent::Promised(_) => write_down(call, event, meta),
    }
}

/// What the operator did and wrote.
fn write_down(call: &mut Call, event: &CallEvent, meta: &Meta) {
    match event {
        CallEvent::NotesSet(notes) => call.notes.clone_from(notes),
        CallEvent::Consulted(consulted) if call.consulted.len() < CALL_CONSULTED_MAX => {
            call.consulted.push(Consultation {
                entry: consulted.entry,
                link: consulted.link.clone(),
                at: meta.at,
            });
        }
        CallEvent::Finished(mark) => call.finished = Some(*mark),
        CallEvent::Corrected(corrected) => {
            let before = std::mem::replace(&mut call.notes, corrected.notes.clone());
            let reason = corrected.reason.clone();
            if call.corrections.len() < CALL_CORRECTIONS_MAX {
                let (at, by, promise) = (meta.at, meta.actor, call.promise);
                call.corrections.push(Correction { at, by, reason, before, promise });
            }
        }
        CallEvent::CheckFailed(failed) if call.failed_checks.len() < CALL_FAILED_CHECKS_MAX => {
            call.failed_checks.push(FailedCheck {
                at: meta.at,
                by: meta.actor,
                client: failed.client,
                fields: failed.fields.clone(),
                locked: failed.locked,
            });
        }
        CallEvent::Promised(promised) => call.promise = promised.promise,
        _ => {}
    }
}

fn open(call: &mut Call, origin: Origin, meta: &Meta) {
    call.number = meta.drawn.first().copied().unwrap_or(1);
    call.origin = origin;
    call.opened_at = meta.at;
    call.seen_at = meta.at;
}

/// What was confirmed about one client says nothing about another.
fn choose(call: &mut Call, choice: ClientChoice, level: u8) {
    if call.choice.client() != choice.client() {
        let failed = call.identification.failed;
        call.identification = CallIdentification { confirmed: Vec::new(), failed, level };
    }
    call.choice = choice;
}
