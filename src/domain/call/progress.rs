//! Where a call stands: a function of the set of facts and of what the operator asked for.
//!
//! Facts are walked in the order of the exchange's clock. Whatever is missing is read from what
//! is there: an answer without a ring, a conversation whose end was lost but whose agents have all
//! left, an agent who answers while another rings. Never guesses a client or an agent.

use super::pbx_event::{Cause, Direction, PbxEventKind};
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
    leg: u64,
    held_since: Option<Timestamp>,
    /// Named by a transfer or a dial command; the phone has not rung yet.
    announced: bool,
}

impl Participant {
    fn offered(extension: &str, at: Timestamp, leg: u64, role: Role) -> Self {
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
    fn leave(&mut self, at: Timestamp, cause: Option<Cause>) {
        if self.left_at.is_none() {
            self.resume(at);
            self.left_at = Some(at);
            self.cause = cause;
        }
    }
    fn hold(&mut self, at: Timestamp) {
        if self.is_connected() && self.held_since.is_none() {
            self.held_since = Some(at);
        }
    }
    fn resume(&mut self, at: Timestamp) {
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
    /// The operator who has the call now, or had it last.
    #[must_use]
    pub fn operator(&self) -> Option<&Participant> {
        self.owner
            .as_ref()
            .and_then(|owner| {
                self.participants
                    .iter()
                    .rev()
                    .find(|p| p.extension == *owner)
            })
            .or_else(|| self.participants.iter().rev().find(|p| p.is_ringing()))
    }
}

/// What the client is doing between two facts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Talking,
    Holding,
}

/// The walk over the facts.
struct Walk {
    direction: Direction,
    participants: Vec<Participant>,
    /// Who is with the client (index).
    main: Option<usize>,
    last_main: Option<usize>,
    queue: Option<String>,
    in_queue: bool,
    queue_since: Option<Timestamp>,
    queue_cause: Option<Cause>,
    /// A transfer is on its way and nobody has answered it.
    pending: bool,
    /// Some fact is about the client's own leg (outbound).
    client_leg: bool,
    /// Asked for with a click: the operator's phone rings first.
    requested: bool,
    client_answered: Option<Timestamp>,
    end: Option<(Timestamp, Option<Cause>)>,
    talk_micros: i64,
    hold_micros: i64,
}

/// Derives where `call` stands; durations of a live call run until `now`.
pub fn derive(call: &Call, now: Option<Timestamp>) -> Progress {
    if let Some(hand) = &call.hand {
        return by_hand(call, hand, now);
    }
    let direction = direction_of(call);
    let legs = legs_of(&call.facts);
    let mut walk = Walk::new(call, direction);
    let mut previous: Option<Timestamp> = None;
    for fact in &call.facts {
        if let Some(since) = previous {
            walk.count(since, fact.at);
        }
        previous = Some(fact.at);
        walk.step(fact, legs.get(&fact.leg).copied());
    }
    let mut estimated = false;
    let mut end = walk.conclusion(call);
    if end.is_none()
        && let Some(closed) = call.closed
        && call
            .facts
            .last()
            .is_none_or(|fact| fact.at <= closed || !opens(fact.kind))
    {
        end = Some((closed, None));
        estimated = true;
    }
    if let Some(failure) = call.dial.as_ref().and_then(|dial| dial.failed.as_ref())
        && end.is_none()
        && walk.first_talk().is_none()
    {
        end = Some((failure.at, Some(Cause::Failed)));
    }
    if let (Some(since), Some(until)) = (previous, end.map(|(at, _)| at).or(now)) {
        walk.count(since, until);
    }
    if let Some((at, cause)) = end {
        walk.close(at, cause);
    }
    walk.report(call, end, estimated, now)
}

/// Whether such a fact shows that a conversation is alive.
const fn opens(kind: PbxEventKind) -> bool {
    matches!(
        kind,
        PbxEventKind::Ringing | PbxEventKind::Answered | PbxEventKind::QueueEntered
    )
}

/// Which agent a leg belongs to, from every fact that names both.
fn legs_of(facts: &[Fact]) -> BTreeMap<u64, &str> {
    let mut legs = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.leg != 0) {
        if let Some(agent) = &fact.agent {
            legs.entry(fact.leg).or_insert(agent.as_str());
        }
    }
    legs
}

/// Whether some fact is about the client's own phone.
fn has_client_leg(facts: &[Fact]) -> bool {
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
    call.facts
        .iter()
        .find_map(|fact| fact.direction)
        .unwrap_or_default()
}

impl Walk {
    fn new(call: &Call, direction: Direction) -> Self {
        let mut walk = Self {
            direction,
            participants: Vec::new(),
            main: None,
            last_main: None,
            queue: None,
            in_queue: false,
            queue_since: None,
            queue_cause: None,
            pending: false,
            client_leg: direction == Direction::Outbound && has_client_leg(&call.facts),
            requested: call.dial.is_some(),
            client_answered: None,
            end: None,
            talk_micros: 0,
            hold_micros: 0,
        };
        if let Some(dial) = &call.dial {
            let mut asked = Participant::offered(&dial.extension, dial.at, 0, Role::First);
            asked.announced = true;
            walk.participants.push(asked);
        }
        walk
    }

    fn step(&mut self, fact: &Fact, leg_agent: Option<&str>) {
        let agent = fact.agent.as_deref().or(leg_agent);
        if let Some(queue) = &fact.queue {
            self.queue = Some(queue.clone());
        }
        if opens(fact.kind) {
            self.end = None;
        }
        match fact.kind {
            PbxEventKind::QueueEntered => {
                self.in_queue = true;
                self.queue_since.get_or_insert(fact.at);
                self.drop_announced();
            }
            PbxEventKind::QueueLeft => {
                self.in_queue = false;
                self.queue_cause = self.queue_cause.or(fact.cause);
            }
            PbxEventKind::Ringing => self.ringing(fact, agent),
            PbxEventKind::Answered => self.answered(fact, agent),
            PbxEventKind::Held => self.each_holder(agent, |part| part.hold(fact.at)),
            PbxEventKind::Resumed => self.each_holder(agent, |part| part.resume(fact.at)),
            PbxEventKind::Transferred => self.transferred(fact),
            PbxEventKind::Ended => self.ended(fact, agent),
            PbxEventKind::Dtmf | PbxEventKind::Recording => {}
        }
    }

    fn open_part(&self, agent: &str) -> Option<usize> {
        self.participants
            .iter()
            .rposition(|part| part.extension == agent && part.left_at.is_none())
    }

    /// Announcements that another phone's ringing has overtaken.
    fn drop_announced(&mut self) {
        let main = self.main.map(|index| self.participants[index].clone());
        let last = self.last_main.map(|index| self.participants[index].clone());
        self.participants.retain(|part| !part.announced);
        self.main = main.and_then(|part| self.participants.iter().position(|p| *p == part));
        self.last_main = last.and_then(|part| self.participants.iter().position(|p| *p == part));
    }

    fn next_role(&self) -> Role {
        if self.pending || self.last_main.is_some() {
            Role::Transfer
        } else {
            Role::First
        }
    }

    fn ringing(&mut self, fact: &Fact, agent: Option<&str>) {
        let Some(agent) = agent else {
            return;
        };
        if let Some(index) = self.open_part(agent) {
            let part = &mut self.participants[index];
            part.announced = false;
            if part.leg == 0 {
                part.leg = fact.leg;
            }
            self.drop_announced();
            return;
        }
        self.drop_announced();
        let role = self.next_role();
        self.participants
            .push(Participant::offered(agent, fact.at, fact.leg, role));
    }

    fn answered(&mut self, fact: &Fact, agent: Option<&str>) {
        let Some(agent) = agent
            .map(str::to_owned)
            .or_else(|| self.only_candidate(fact))
        else {
            if self.direction == Direction::Outbound {
                self.client_answered.get_or_insert(fact.at);
            }
            return;
        };
        let index = self.open_part(&agent).unwrap_or_else(|| {
            let role = self.next_role();
            self.participants
                .push(Participant::offered(&agent, fact.at, fact.leg, role));
            self.participants.len() - 1
        });
        let part = &mut self.participants[index];
        part.announced = false;
        part.leg = if part.leg == 0 { fact.leg } else { part.leg };
        if part.answered_at.is_some() {
            return;
        }
        part.answered_at = Some(fact.at);
        self.in_queue = false;
        self.pending = false;
        // Whoever still rings for the same offer was not quick enough.
        for (other, part) in self.participants.iter_mut().enumerate() {
            if other != index && part.is_ringing() {
                part.leave(fact.at, Some(Cause::Cancelled));
            }
        }
        if self.main.is_none() {
            self.set_main(index);
        }
    }

    /// An exchange without legs says "answered" and means the only phone that rang.
    fn only_candidate(&self, fact: &Fact) -> Option<String> {
        if self.direction == Direction::Outbound || fact.leg != 0 {
            return None;
        }
        match self.participants.as_slice() {
            [only] if only.is_ringing() => Some(only.extension.clone()),
            _ => None,
        }
    }

    fn set_main(&mut self, index: usize) {
        self.main = Some(index);
        self.last_main = Some(index);
    }

    fn each_holder(&mut self, agent: Option<&str>, act: impl Fn(&mut Participant)) {
        let index = match agent {
            Some(agent) => self.open_part(agent),
            None => self.main,
        };
        if let Some(index) = index {
            act(&mut self.participants[index]);
        }
    }

    fn transferred(&mut self, fact: &Fact) {
        let from = match fact.from_agent.as_deref().or(fact.agent.as_deref()) {
            Some(agent) => self.open_part(agent),
            None => self.main,
        };
        let to = fact
            .to_agent
            .as_deref()
            .and_then(|agent| self.open_part(agent));
        if let Some(index) = from
            && to != Some(index)
        {
            self.participants[index].leave(fact.at, Some(Cause::Normal));
            if self.main == Some(index) {
                self.main = None;
            }
        }
        if let Some(queue) = &fact.to_queue {
            self.queue = Some(queue.clone());
        }
        match (to, &fact.to_agent) {
            (Some(index), _) => {
                self.participants[index].role = Role::Transfer;
                if self.participants[index].is_connected() {
                    self.participants[index].resume(fact.at);
                    self.set_main(index);
                } else {
                    self.pending = true;
                }
            }
            (None, Some(agent)) => {
                self.pending = true;
                let mut part = Participant::offered(agent, fact.at, 0, Role::Transfer);
                part.announced = true;
                self.participants.push(part);
            }
            (None, None) => self.pending = true,
        }
    }

    fn ended(&mut self, fact: &Fact, agent: Option<&str>) {
        if fact.leg != 0
            && let Some(agent) = agent
        {
            let index = self
                .participants
                .iter()
                .position(|part| part.leg == fact.leg && part.left_at.is_none())
                .or_else(|| self.open_part(agent));
            if let Some(index) = index {
                self.participants[index].leave(fact.at, fact.cause);
                if self.main == Some(index) {
                    self.main = None;
                    // Whoever was asked meanwhile has the client now.
                    if let Some(next) = self
                        .participants
                        .iter()
                        .rposition(Participant::is_connected)
                    {
                        self.participants[next].resume(fact.at);
                        self.set_main(next);
                    }
                }
            } else {
                // Its ring was lost: the agent was asked all the same.
                let role = self.next_role();
                let mut part = Participant::offered(agent, fact.at, fact.leg, role);
                if !self.participants.iter().any(|known| known.leg == fact.leg) {
                    part.leave(fact.at, fact.cause);
                    self.participants.push(part);
                }
            }
            return;
        }
        if self.end.is_none() {
            self.end = Some((fact.at, fact.cause));
        }
    }

    /// Adds the time between two facts to talk or hold.
    fn count(&mut self, since: Timestamp, until: Timestamp) {
        let micros = until.micros().saturating_sub(since.micros()).max(0);
        match self.phase() {
            Phase::Waiting => {}
            Phase::Talking => self.talk_micros += micros,
            Phase::Holding => self.hold_micros += micros,
        }
    }

    /// The operator's phone is up, the client's is not.
    const fn awaits_client(&self) -> bool {
        (self.client_leg || self.requested) && self.client_answered.is_none()
    }

    fn phase(&self) -> Phase {
        if self.end.is_some() || self.awaits_client() {
            return Phase::Waiting;
        }
        match self.main.map(|index| &self.participants[index]) {
            Some(part) if part.is_connected() && part.held_since.is_none() => Phase::Talking,
            Some(_) => Phase::Holding,
            None if self.last_main.is_some() && self.pending => Phase::Holding,
            None => Phase::Waiting,
        }
    }

    /// Whether the facts say that it is over.
    fn conclusion(&self, call: &Call) -> Option<(Timestamp, Option<Cause>)> {
        if self.end.is_some() {
            return self.end;
        }
        if self.pending || self.in_queue || self.participants.iter().any(|p| p.left_at.is_none()) {
            return None;
        }
        let last = self.participants.iter().max_by_key(|part| part.left_at)?;
        let served = self.last_main.is_some() || call.dial.is_some();
        if served {
            last.left_at.map(|at| (at, last.cause))
        } else {
            None
        }
    }

    fn close(&mut self, at: Timestamp, cause: Option<Cause>) {
        let gave_up = match cause {
            Some(Cause::NoAnswer | Cause::Busy | Cause::Rejected | Cause::Failed) => cause,
            _ => Some(Cause::Cancelled),
        };
        for part in &mut self.participants {
            if part.is_connected() {
                part.leave(at, cause.or(Some(Cause::Normal)));
            } else if part.is_ringing() {
                part.leave(at, gave_up);
            }
        }
        self.main = None;
    }

    fn first_talk(&self) -> Option<Timestamp> {
        let agent = self
            .participants
            .iter()
            .filter_map(|part| part.answered_at)
            .min();
        if self.client_leg || self.requested {
            self.client_answered
        } else {
            agent
        }
    }

    fn result(&self, cause: Option<Cause>) -> CallResult {
        let outbound = self.direction == Direction::Outbound;
        let busy = matches!(cause, Some(Cause::Busy | Cause::Rejected));
        let failed = busy || matches!(cause, Some(Cause::Failed | Cause::NoAnswer));
        if self.client_answered.is_some() || (self.first_talk().is_some() && !(outbound && failed))
        {
            return CallResult::Answered;
        }
        let agent_missed = self
            .participants
            .iter()
            .any(|part| part.answered_at.is_none());
        if outbound && !self.client_leg && (self.requested || (agent_missed && !busy)) {
            // The client's phone never rang: no attempt in the sense of the contact rules.
            return CallResult::Failed;
        }
        if let Some(queue_cause) = self.queue_cause
            && queue_cause == Cause::QueueTimeout
        {
            return CallResult::QueueTimeout;
        }
        match cause {
            Some(Cause::Busy) => CallResult::Busy,
            Some(Cause::Rejected) => CallResult::Rejected,
            Some(Cause::Failed) => CallResult::Failed,
            Some(Cause::QueueTimeout) => CallResult::QueueTimeout,
            Some(Cause::Abandoned | Cause::Cancelled) if !outbound => CallResult::Abandoned,
            _ if self.queue_since.is_some() => CallResult::Abandoned,
            Some(Cause::NoAnswer) => CallResult::NoAnswer,
            _ => self.result_of_legs(),
        }
    }

    /// The end says nothing: the last operator's phone does.
    fn result_of_legs(&self) -> CallResult {
        match self.participants.iter().rev().find_map(|part| part.cause) {
            Some(Cause::Busy) => CallResult::Busy,
            Some(Cause::Rejected) => CallResult::Rejected,
            Some(Cause::Failed) => CallResult::Failed,
            _ => CallResult::NoAnswer,
        }
    }

    fn report(
        self,
        call: &Call,
        end: Option<(Timestamp, Option<Cause>)>,
        estimated: bool,
        now: Option<Timestamp>,
    ) -> Progress {
        let (from, to) = numbers_of(call, self.direction);
        let client_number = client_number_of(call, self.direction, &from, &to);
        let started_at = call.facts.first().map_or(call.opened_at, |fact| fact.at);
        let answered_at = self.first_talk();
        let ended_at = end.map(|(at, _)| at);
        let waiting_since = match self.direction {
            Direction::Inbound => self.queue_since.unwrap_or(started_at),
            Direction::Outbound | Direction::Internal => started_at,
        };
        let waited_until = answered_at.or(ended_at).or(now).unwrap_or(waiting_since);
        let owner = self
            .last_main
            .filter(|_| self.direction != Direction::Internal)
            .map(|index| self.participants[index].extension.clone());
        let stage = self.stage(call, ended_at.is_some(), owner.is_some());
        Progress {
            stage,
            direction: self.direction,
            result: end.map(|(_, cause)| self.result(cause)),
            from,
            to,
            client_number,
            queue: self.queue,
            ivr: ivr_of(&call.facts),
            recording_url: call
                .facts
                .iter()
                .rev()
                .find_map(|fact| fact.recording_url.clone()),
            started_at,
            answered_at,
            ended_at,
            end_is_estimated: estimated,
            participants: self.participants,
            owner,
            talk_micros: self.talk_micros,
            hold_micros: self.hold_micros,
            wait_micros: (waited_until.micros() - waiting_since.micros()).max(0),
        }
    }

    fn stage(&self, call: &Call, over: bool, owned: bool) -> Stage {
        if over {
            return if owned && call.finished.is_none() {
                Stage::WrapUp
            } else {
                Stage::Finished
            };
        }
        if self.awaits_client() {
            return Stage::Ringing;
        }
        match self.main.map(|index| &self.participants[index]) {
            Some(part) if part.is_holding() => Stage::Held,
            Some(_) => Stage::Talking,
            None if self.participants.iter().any(Participant::is_ringing) => Stage::Ringing,
            None if self.in_queue => Stage::Queued,
            None if self.pending => Stage::Held,
            None if self.direction == Direction::Outbound => Stage::Ringing,
            None => Stage::Queued,
        }
    }
}

fn numbers_of(call: &Call, direction: Direction) -> (Personal<String>, Personal<String>) {
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

fn client_number_of(
    call: &Call,
    direction: Direction,
    from: &Personal<String>,
    to: &Personal<String>,
) -> Personal<String> {
    if let Some(dial) = &call.dial {
        return dial.number.clone();
    }
    match direction {
        Direction::Internal => Personal::default(),
        Direction::Outbound => to.clone(),
        // Some exchanges name the operator as the caller in later events: never a client.
        Direction::Inbound
            if call
                .facts
                .iter()
                .any(|f| f.agent.as_ref() == Some(from.reveal())) =>
        {
            call.facts
                .iter()
                .filter_map(|fact| fact.from.as_ref())
                .find(|number| {
                    call.facts
                        .iter()
                        .all(|fact| fact.agent.as_ref() != Some(number.reveal()))
                })
                .cloned()
                .unwrap_or_default()
        }
        Direction::Inbound => from.clone(),
    }
}

fn ivr_of(facts: &[Fact]) -> BTreeMap<String, Personal<String>> {
    let mut ivr = BTreeMap::new();
    for fact in facts {
        ivr.extend(
            fact.ivr
                .iter()
                .map(|(key, value)| (key.clone(), value.clone())),
        );
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
    debug_assert!(
        call.origin == Origin::ByHand,
        "only a card by hand has a hand card"
    );
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
