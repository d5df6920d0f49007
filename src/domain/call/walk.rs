//! The walk over a call's facts, one after another: who rings, who talks, who waits.

use super::pbx_event::{Cause, Direction, PbxEventKind};
use super::progress::{
    CallResult, Participant, Progress, Role, Stage, client_number_of, has_client_leg, ivr_of,
    numbers_of, opens,
};
use super::{Call, Fact};
use crate::base::time::Timestamp;

/// What the client is doing between two facts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Talking,
    Holding,
}

/// The walk over the facts.
pub(super) struct Walk {
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

impl Walk {
    pub(super) fn new(call: &Call, direction: Direction) -> Self {
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

    pub(super) fn step(&mut self, fact: &Fact, leg_agent: Option<&str>) {
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
                self.drop_announced(|_| true);
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
        self.participants.iter().rposition(|part| part.extension == agent && part.left_at.is_none())
    }

    /// Announcements that another phone's ringing has overtaken.
    fn drop_announced(&mut self, these: impl Fn(&Participant) -> bool) {
        let main = self.main.map(|index| self.participants[index].clone());
        let last = self.last_main.map(|index| self.participants[index].clone());
        self.participants.retain(|part| !(part.announced && these(part)));
        self.main = main.and_then(|part| self.participants.iter().position(|p| *p == part));
        self.last_main = last.and_then(|part| self.participants.iter().position(|p| *p == part));
    }

    fn next_role(&self) -> Role {
        if self.pending || self.last_main.is_some() { Role::Transfer } else { Role::First }
    }

    fn ringing(&mut self, fact: &Fact, agent: Option<&str>) {
        let Some(agent) = agent else {
            return;
        };
        if let Some(index) = self.open_part(agent) {
            let part = &mut self.participants[index];
            part.shows_up(fact.at);
            if part.leg == 0 {
                part.leg = fact.leg;
            }
            self.drop_announced(|_| true);
            return;
        }
        self.drop_announced(|_| true);
        let role = self.next_role();
        self.participants.push(Participant::offered(agent, fact.at, fact.leg, role));
    }

    fn answered(&mut self, fact: &Fact, agent: Option<&str>) {
        let Some(agent) = agent.map(str::to_owned).or_else(|| self.only_candidate(fact)) else {
            if self.direction == Direction::Outbound {
                self.client_answered.get_or_insert(fact.at);
            }
            return;
        };
        let index = self.open_part(&agent).unwrap_or_else(|| {
            let role = self.next_role();
            self.participants.push(Participant::offered(&agent, fact.at, fact.leg, role));
            self.participants.len() - 1
        });
        let part = &mut self.participants[index];
        part.shows_up(fact.at);
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
        let to = fact.to_agent.as_deref().and_then(|agent| self.open_part(agent));
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
                    if let Some(next) =
                        self.participants.iter().rposition(Participant::is_connected)
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
    pub(super) fn count(&mut self, since: Timestamp, until: Timestamp) {
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
    pub(super) fn conclusion(&self, call: &Call) -> Option<(Timestamp, Option<Cause>)> {
        if self.end.is_some() {
            return self.end;
        }
        if self.pending || self.in_queue || self.participants.iter().any(|p| p.left_at.is_none()) {
            return None;
        }
        let last = self.participants.iter().max_by_key(|part| part.left_at)?;
        let served = self.last_main.is_some() || call.dial.is_some();
        if served { last.left_at.map(|at| (at, last.cause)) } else { None }
    }

    pub(super) fn close(&mut self, at: Timestamp, cause: Option<Cause>) {
        // Whoever was named by a transfer and whose phone never rang has no part in the call.
        self.drop_announced(|part| part.role == Role::Transfer);
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

    pub(super) fn first_talk(&self) -> Option<Timestamp> {
        let agent = self.participants.iter().filter_map(|part| part.answered_at).min();
        if self.client_leg || self.requested { self.client_answered } else { agent }
    }

    fn result(&self, cause: Option<Cause>) -> CallResult {
        let outbound = self.direction == Direction::Outbound;
        let busy = matches!(cause, Some(Cause::Busy | Cause::Rejected));
        let failed = busy || matches!(cause, Some(Cause::Failed | Cause::NoAnswer));
        if self.client_answered.is_some() || (self.first_talk().is_some() && !(outbound && failed))
        {
            return CallResult::Answered;
        }
        let agent_missed = self.participants.iter().any(|part| part.answered_at.is_none());
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

    pub(super) fn report(
        self,
        call: &Call,
        end: Option<(Timestamp, Option<Cause>)>,
        estimated: bool,
        now: Option<Timestamp>,
    ) -> Progress {
        let (from, to) = numbers_of(call, self.direction);
        let client_number = client_number_of(call, self.direction, &from, &to);
        let answered_at = self.first_talk();
        let started_at = call.facts.first().map_or(call.opened_at, |fact| fact.at);
        // A card opened by hand may know of the talk before the exchange does.
        let started_at = answered_at.map_or(started_at, |answered| answered.min(started_at));
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
            recording_url: call.facts.iter().rev().find_map(|fact| fact.recording_url.clone()),
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
            return if owned && call.finished.is_none() { Stage::WrapUp } else { Stage::Finished };
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
