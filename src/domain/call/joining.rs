//! Whether a conversation that an exchange tells of late is the talk for which an operator opened a
//! card by hand (product O1): then both are one record.
//!
//! The same number, the same operator as far as one is named, and overlapping times, with some
//! patience for two clocks. In doubt they stay two: a record too many is put right by a look, two
//! talks in one record are not.

use super::pbx_event::{Direction, PbxEvent, PbxEventKind};
use super::progress::{Participant, Stage};
use super::{Call, HandCard, Observe};
use crate::base::ids::{ClientId, UserId};
use crate::base::phone;
use crate::base::time::Timestamp;
use std::collections::BTreeMap;

/// Seconds by which the exchange's clock and ours may differ.
const CLOCKS_SECONDS: i64 = 60;
/// Seconds after the opening of a card within which an outbound talk begins: whoever calls out reads
/// the card first. What begins later is another talk.
const BEGIN_SECONDS_MAX: i64 = 300;
/// Seconds that a talk may have lasted when its card is opened; longer than any does.
pub const TALK_SECONDS_MAX: i64 = 4 * 3_600;

/// What an exchange has told of one conversation so far.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// All its events, in any order.
    pub events: &'a [PbxEvent],
    /// Who sits at the extensions named in them.
    pub users: &'a BTreeMap<String, UserId>,
    /// Clients with one of the numbers named in them.
    pub clients: &'a [ClientId],
}

/// Whether `call` is a card by hand of the very talk that an exchange has begun to tell of.
#[must_use]
pub fn is_same_talk(call: &Call, told: Told<'_>) -> bool {
    let Some(hand) = &call.hand else { return false };
    call.pbx_call.is_empty()
        && same_number(call, hand, told)
        && same_operator(hand, told)
        && overlaps(call, hand, told)
}

/// The rejection of what does not belong to a call: it is told of a call of its own.
pub const ANOTHER_CONVERSATION: &str = "another_conversation";

/// Whether what an exchange tells belongs to `call`. A call has one conversation of one exchange; a
/// card by hand takes the first one that is its talk, and this decides it: whoever looked for the
/// card before may have been overtaken.
#[must_use]
pub fn may_tell_of(call: &Call, observe: &Observe) -> bool {
    let own = |event: &PbxEvent| call.source == observe.source && call.pbx_call == event.call_id;
    if !call.exists() || observe.events.iter().all(own) {
        return true;
    }
    let clients: Vec<ClientId> =
        observe.matches.iter().flat_map(|(_, clients)| clients.iter().copied()).collect();
    is_same_talk(call, Told { events: &observe.events, users: &observe.users, clients: &clients })
}

/// Whether an operator at `extension` may open the card of a call by hand that the exchange has
/// announced: nobody is on the line, and it rings nowhere else.
#[must_use]
pub fn can_be_taken(call: &Call, extension: &str, direction: Direction) -> bool {
    let progress = call.progress(None);
    let waits =
        matches!(progress.stage, Stage::Queued | Stage::Ringing) && progress.direction == direction;
    let elsewhere = |part: &Participant| part.is_ringing() && part.extension != extension;
    waits
        && call.hand.is_none()
        && call.dial.is_none()
        && !progress.participants.iter().any(elsewhere)
}

/// Without a number on the card its client must have the number.
fn same_number(call: &Call, hand: &HandCard, told: Told<'_>) -> bool {
    let key = |number: &str| {
        phone::parse(number).map_or_else(|_| number.trim().to_owned(), |phone| phone.e164)
    };
    let written = key(hand.client_number.reveal());
    if written.is_empty() {
        return call.choice.client().is_some_and(|client| told.clients.contains(&client));
    }
    told.events.iter().any(|event| {
        let number = match event.direction.unwrap_or(hand.direction) {
            Direction::Inbound => &event.from,
            Direction::Outbound | Direction::Internal => &event.to,
        };
        key(number.reveal()) == written
    })
}

fn names_somebody(told: Told<'_>) -> bool {
    told.events.iter().any(|event| event.agent.is_some())
}

/// While nobody is named, the client's phone is in one conversation only.
fn same_operator(hand: &HandCard, told: Told<'_>) -> bool {
    let mut named = told.events.iter().filter_map(|event| event.agent.as_ref());
    !names_somebody(told)
        || named.any(|extension| {
            told.users.get(extension) == Some(&hand.user) || *extension == hand.extension
        })
}

fn overlaps(call: &Call, hand: &HandCard, told: Told<'_>) -> bool {
    let instants = || told.events.iter().map(|event| event.at);
    let (Some(first), Some(last)) = (instants().min(), instants().max()) else { return false };
    let whole_end = |event: &&PbxEvent| {
        event.kind == PbxEventKind::Ended
            && (event.leg_id.is_empty() || event.leg_id == event.call_id)
    };
    let ended = told.events.iter().find(whole_end).map(|event| event.at);
    let shut = call.finished.map(|mark| mark.at).or(call.closed);
    let begins = told.events.iter().any(|event| super::progress::opens(event.kind));
    let late = if !begins && names_somebody(told) {
        // The beginning was not told, and the card's operator is on it: any part of the talk.
        TALK_SECONDS_MAX
    } else if hand.direction == Direction::Outbound && names_somebody(told) {
        BEGIN_SECONDS_MAX
    } else {
        CLOCKS_SECONDS
    };
    let later = |one: Timestamp, other: Timestamp| one.seconds_since(other);
    later(first, hand.at) <= late
        && later(hand.at, first) <= TALK_SECONDS_MAX
        && later(hand.at, ended.unwrap_or(last.max(hand.at))) <= CLOCKS_SECONDS
        // The client may call again at once: no patience here.
        && shut.is_none_or(|shut| first <= shut)
}
