//! Where a call stands: a function of the set of facts and of what the operator asked for.
//!
//! Facts are walked in the order of the exchange's clock. Whatever is missing is read from what
//! is there: an answer without a ring, a conversation whose end was lost but whose agents have all
//! left, an agent who answers while another rings. Never guesses a client or an agent.

use super::pbx_event::{Cause, Direction, PbxEvent, PbxEventKind};
use super::walk::Walk;
use super::{Call, Fact, Origin};
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a call stands for the people concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits in a queue; nobody is asked yet.
    Queued,
    /// Somebody's phone rings.
    Ringing,
    /// The client talks with an operator.
    Talking,
    /// The client is on hold, or between two operators.
    Held,
    /// The conversation is over and the operator has not written the result yet.
    WrapUp,
    /// Nothing more is expected.
    Finished,
}

impl Stage {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ringing => "ringing",
            Self::Talking => "talking",
            Self::Held => "held",
            Self::WrapUp => "wrap_up",
            Self::Finished => "finished",
        }
    }
    /// Whether the line is still open.
    #[must_use]
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::WrapUp | Self::Finished)
    }
}

/// The technical result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallResult {
    /// Client and operator talked.
    Answered,
    /// The phone rang and nobody answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// The caller hung up first.
    Abandoned,
    /// The queue gave up waiting.
    QueueTimeout,
    /// It did not come about: the client's phone never rang.
    Failed,
    /// Refused by hand.
    Rejected,
}

impl CallResult {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Abandoned => "abandoned",
            Self::QueueTimeout => "queue_timeout",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
        }
    }
}

/// Why an operator has the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Was called first, or calls.
    First,
    /// Was asked or received it by transfer.
    Transfer,
}

/// One operator's part in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The extension; empty for a card by hand without a phone.
    pub extension: String,
    /// Why this operator has the call.
    pub role: Role,
    /// Since when the phone rings, or the card is announced.
    pub offered_at: Timestamp,
    /// Since when connected.
    pub answered_at: Option<Timestamp>,
    /// When the part was over.
    pub left_at: Option<Timestamp>,
    /// Why it was over.
    pub cause: Option<Cause>,
    /// Microseconds on hold.
    pub hold_micros: i64,
    pub(super) leg: u64,
    pub(super) held_since: Option<Timestamp>,
    /// Named by a transfer or a dial command; the phone has not rung yet.
    pub(super) announced: bool,
}

impl Participant {
    pub(super) fn offered(extension: &str, at: Timestamp, leg: u64, role: Role) -> Self {
        Self {
            extension: extension.to_owned(),
            role,
            offered_at: at,
            answered_at: None,
            left_at: None,
            cause: None,
            hold_micros: 0,
            leg,
            held_since: None,
            announced: false,
        }
    }
    /// Rings and has not been answered.
    #[must_use]
    pub const fn is_ringing(&self) -> bool {
        self.left_at.is_none() && self.answered_at.is_none()
    }
    /// Is on the line.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.left_at.is_none() && self.answered_at.is_some()
    }
    /// Whether the operator has put the line on hold.
    #[must_use]
    pub const fn is_holding(&self) -> bool {
        self.is_connected() && self.held_since.is_some()
    }
    /// The phone of who was announced is heard of. A click is timed by our clock, everything after
    /// it by the exchange's: the record is the exchange's.
    pub(super) const fn shows_up(&mut self, at: Timestamp) {
        if self.announced && matches!(self.role, Role::First) {
            self.offered_at = at;
        }
        self.announced = false;
    }
    pub(super) fn leave(&mut self, at: Timestamp, cause: Option<Cause>) {
        if self.left_at.is_none() {
            self.resume(at);
            self.left_at = Some(at);
            self.cause = cause;
        }
    }
    pub(super) fn hold(&mut self, at: Timestamp) {
        if self.is_connected() && self.held_since.is_none() {
            self.held_since = Some(at);
        }
    }
    pub(super) fn resume(&mut self, at: Timestamp) {
        if let Some(since) = self.held_since.take() {
            self.hold_micros += (at.micros() - since.micros()).max(0);
        }
    }
}

/// Where a call stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Where it stands.
    pub stage: Stage,
    /// Who called whom.
    pub direction: Direction,
    /// The caller's number.
    pub from: Personal<String>,
    /// The called number.
    pub to: Personal<String>,
    /// The client's number; empty when unknown or internal.
    pub client_number: Personal<String>,
    /// The last queue.
    pub queue: Option<String>,
    /// What the IVR collected.
    pub ivr: BTreeMap<String, Personal<String>>,
    /// Where the recording lies.
    pub recording_url: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When the client and an operator first talked.
    pub answered_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// The end is our estimate, because the exchange's word is missing.
    pub end_is_estimated: bool,
    /// The technical result, once it is over.
    pub result: Option<CallResult>,
    /// Operators in the order in which they were asked.
    pub participants: Vec<Participant>,
    /// The extension of who writes the result: the last who was with the client.
    pub owner: Option<String>,
    /// Microseconds in which client and operator talked.
    pub talk_micros: i64,
    /// Microseconds on hold or between operators.
    pub hold_micros: i64,
    /// Microseconds from the begin (of the queue, when there is one) to the first answer or the end.
    pub wait_micros: i64,
}

impl Progress {
    /// Whole seconds of talk.
    #[must_use]
    pub const fn talk_seconds(&self) -> i64 {
        self.talk_micros / 1_000_000
    }
    /// Whole seconds on hold.
    #[must_use]
    pub const fn hold_seconds(&self) -> i64 {
        self.hold_micros / 1_000_000
    }
    /// Whole seconds of waiting.
    #[must_use]
    pub const fn wait_seconds(&self) -> i64 {
        self.wait_micros / 1_000_000
    }
    /// The colleague who is asked before the client is handed over.
    #[must_use]
    pub fn consulted(&self) -> Option<&Participant> {
        let owner = self.owner.as_ref()?;
        let mut parts = self.participants.iter();
        if !parts.any(|part| part.extension == *owner && part.is_connected()) {
            return None;
        }
        self.participants.iter().rev().find(|part| {
            part.extension != *owner && part.left_at.is_none() && part.role == Role::Transfer
        })
    }
    /// The operator who has the call now, or had it last.
    #[must_use]
    pub fn operator(&self) -> Option<&Participant> {
        self.owner
            .as_ref()
            .and_then(|owner| self.participants.iter().rev().find(|p| p.extension == *owner))
            .or_else(|| self.participants.iter().rev().find(|p| p.is_ringing()))
    }
}

/// Derives where `call` stands; durations of a live call run until `now`.
pub fn derive(call: &Call, now: Option<Timestamp>) -> Progress {
    if let Some(hand) = call.hand.as_ref().filter(|_| call.is_by_hand()) {
        return by_hand(call, hand, now);
    }
    let direction = direction_of(call);
    let legs = legs_of(&call.facts);
    let mut walk = Walk::new(call, direction);
    let mut previous: Option<Timestamp> = None;
    let said = call.hand.as_ref().and_then(|hand| said_by_hand(call, hand));
    let place = said.as_ref().map_or(0, |said| call.facts.partition_point(|f| f.at <= said.at));
    // An end at the same instant comes after what it ends.
    let place = place - call.facts[..place].iter().rev().take_while(|f| ends_all(f)).count();
    let (early, late) = call.facts.split_at(place);
    for fact in early.iter().chain(&said).chain(late) {
        if let Some(since) = previous {
            walk.count(since, fact.at);
        }
        previous = Some(fact.at);
        walk.step(fact, legs.get(&fact.leg).copied());
    }
    let mut estimated = false;
    let mut end = walk.conclusion(call);
    // Our clock may lag behind the exchange's: nothing ends before the last thing seen.
    let not_before_last = |at: Timestamp| previous.map_or(at, |last| at.max(last));
    if end.is_none()
        && let Some(closed) = call.closed
        && !call.facts.iter().any(|fact| fact.at > closed && opens(fact.kind))
    {
        end = Some((not_before_last(closed), None));
        estimated = true;
    }
    // The operator's final word on a card by hand ends it, unless the exchange has told when.
    if let (None, Some(_), Some(mark)) = (end, &call.hand, call.finished) {
        end = Some((not_before_last(mark.at), None));
        estimated = true;
    }
    if let Some(failure) = call.dial.as_ref().and_then(|dial| dial.failed.as_ref())
        && end.is_none()
        && walk.first_talk().is_none()
    {
        end = Some((not_before_last(failure.at), Some(Cause::Failed)));
    }
    if let (Some(since), Some(until)) = (previous, end.map(|(at, _)| at).or(now)) {
        walk.count(since, until);
    }
    if let Some((at, cause)) = end {
        walk.close(at, cause);
    }
    walk.report(call, end, estimated, now)
}

/// What an operator said by opening a card, where the exchange does not tell it: that he talks. Not
/// after the end of the conversation, whatever the clocks say.
fn said_by_hand(call: &Call, hand: &super::HandCard) -> Option<Fact> {
    let told = |fact: &Fact| {
        fact.kind == PbxEventKind::Answered && fact.agent.as_ref() == Some(&hand.extension)
    };
    if call.facts.iter().any(told) {
        return None;
    }
    let end = call.facts.iter().find(|fact| ends_all(fact)).map(|fact| fact.at);
    let at = end.map_or(hand.at, |end| end.min(hand.at));
    let event = PbxEvent {
        agent: Some(hand.extension.clone()),
        ..PbxEvent::new("", "", PbxEventKind::Answered, at)
    };
    Some(Fact::from(&event))
}

fn ends_all(fact: &Fact) -> bool {
    fact.kind == PbxEventKind::Ended && fact.leg == 0
}

/// Whether such a fact shows that a conversation is alive.
pub(super) const fn opens(kind: PbxEventKind) -> bool {
    matches!(kind, PbxEventKind::Ringing | PbxEventKind::Answered | PbxEventKind::QueueEntered)
}

/// Which agent a leg belongs to, from every fact that names both.
pub(super) fn legs_of(facts: &[Fact]) -> BTreeMap<u64, &str> {
    let mut legs = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.leg != 0) {
        if let Some(agent) = &fact.agent {
            legs.entry(fact.leg).or_insert(agent.as_str());
        }
    }
    legs
}

/// Whether some fact is about the client's own phone.
pub(super) fn has_client_leg(facts: &[Fact]) -> bool {
    let legs = legs_of(facts);
    facts.iter().any(|fact| {
        matches!(fact.kind, PbxEventKind::Ringing | PbxEventKind::Answered)
            && fact.agent.is_none()
            && !legs.contains_key(&fact.leg)
    })
}

fn direction_of(call: &Call) -> Direction {
    if call.dial.is_some() {
        return Direction::Outbound;
    }
    let told = call.facts.iter().find_map(|fact| fact.direction);
    told.or(call.hand.as_ref().map(|hand| hand.direction)).unwrap_or_default()
}

pub(super) fn numbers_of(
    call: &Call,
    direction: Direction,
) -> (Personal<String>, Personal<String>) {
    // On outbound calls the client's leg knows the line that the client sees.
    let by_client_leg = |fact: &&Fact| direction == Direction::Outbound && fact.agent.is_none();
    let first = |number: fn(&Fact) -> Option<&Personal<String>>| {
        call.facts
            .iter()
            .filter(by_client_leg)
            .find_map(number)
            .or_else(|| call.facts.iter().find_map(number))
            .cloned()
    };
    let from = first(|fact| fact.from.as_ref()).unwrap_or_default();
    let to = first(|fact| fact.to.as_ref());
    let to = match (to, &call.dial) {
        (Some(to), _) => to,
        (None, Some(dial)) => dial.number.clone(),
        (None, None) => Personal::default(),
    };
    (from, to)
}

pub(super) fn client_number_of(
    call: &Call,
    direction: Direction,
    from: &Personal<String>,
    to: &Personal<String>,
) -> Personal<String> {
    if let Some(dial) = &call.dial {
        return dial.number.clone();
    }
    if let Some(hand) = call.hand.as_ref().filter(|hand| !hand.client_number.reveal().is_empty()) {
        return hand.client_number.clone();
    }
    match direction {
        Direction::Internal => Personal::default(),
        Direction::Outbound => to.clone(),
        // Some exchanges name the operator as the caller in later events: never a client.
        Direction::Inbound
            if call.facts.iter().any(|f| f.agent.as_ref() == Some(from.reveal())) =>
        {
            call.facts
                .iter()
                .filter_map(|fact| fact.from.as_ref())
                .find(|number| {
                    call.facts.iter().all(|fact| fact.agent.as_ref() != Some(number.reveal()))
                })
                .cloned()
                .unwrap_or_default()
        }
        Direction::Inbound => from.clone(),
    }
}

pub(super) fn ivr_of(facts: &[Fact]) -> BTreeMap<String, Personal<String>> {
    let mut ivr = BTreeMap::new();
    for fact in facts {
        ivr.extend(fact.ivr.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    ivr
}

/// A card without an exchange lasts from its opening to its closing or its result.
fn by_hand(call: &Call, hand: &super::HandCard, now: Option<Timestamp>) -> Progress {
    let ended_at = call.closed.or(call.finished.map(|mark| mark.at));
    let stage = match (ended_at, call.finished) {
        (_, Some(_)) => Stage::Finished,
        (Some(_), None) => Stage::WrapUp,
        (None, None) => Stage::Talking,
    };
    let mut part = Participant::offered(&hand.extension, hand.at, 0, Role::First);
    part.answered_at = Some(hand.at);
    if let Some(at) = ended_at {
        part.leave(at, Some(Cause::Normal));
    }
    let number = hand.client_number.clone();
    let (from, to) = match hand.direction {
        Direction::Inbound => (number.clone(), Personal::default()),
        Direction::Outbound | Direction::Internal => (Personal::default(), number.clone()),
    };
    let until = ended_at.or(now).unwrap_or(hand.at);
    debug_assert!(call.origin == Origin::ByHand, "only a card by hand has a hand card");
    Progress {
        stage,
        direction: hand.direction,
        from,
        to,
        client_number: number,
        queue: None,
        ivr: BTreeMap::new(),
        recording_url: None,
        started_at: hand.at,
        answered_at: Some(hand.at),
        ended_at,
        end_is_estimated: false,
        result: ended_at.map(|_| CallResult::Answered),
        participants: vec![part],
        owner: Some(hand.extension.clone()),
        talk_micros: (until.micros() - hand.at.micros()).max(0),
        hold_micros: 0,
        wait_micros: 0,
    }
}
