//! What a person at the phones is doing now (domain.md 5.3).
//!
//! The state follows from two things: what the person said (ready, not ready, offline) and the
//! calls that are open. After a call the person is not ready until saying otherwise (product F27,
//! F28). Whoever is offline stays so whatever the phone does, until saying otherwise or answering a
//! call while signed in to the box: a phone that is answered in an absent person's place signs
//! nobody in. The result of such a call waits for the person. The stream's id is the user's. Never
//! knows what a call is about.

use crate::base::ids::CallId;
use crate::base::limits::OPERATOR_CALLS_MAX;
use crate::base::time::{Date, Timestamp};
use crate::domain::{Aggregate, Context, Decision, FieldFault, Meta, Rejection};
use serde::{Deserialize, Serialize};

/// What an operator is doing. Numbers are stored in totals: append only.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum OperatorState {
    /// Not signed in to the phones.
    #[default]
    Offline,
    /// Waits for a call.
    Ready,
    /// The phone rings.
    Ringing,
    /// On the line.
    OnCall,
    /// Writes the result.
    WrapUp,
    /// Takes no calls.
    NotReady,
}

impl OperatorState {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Offline, Self::Ready, Self::Ringing, Self::OnCall, Self::WrapUp, Self::NotReady];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Ready => "ready",
            Self::Ringing => "ringing",
            Self::OnCall => "on_call",
            Self::WrapUp => "wrap_up",
            Self::NotReady => "not_ready",
        }
    }
}

/// Why an operator takes no calls. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotReadyReason {
    /// A short pause.
    Break,
    /// A meal.
    Lunch,
    /// Learns.
    Training,
    /// Meets others.
    Meeting,
    /// Works without the phone.
    BackOffice,
    /// Something does not work.
    Technical,
    /// The supervisor said so.
    Supervisor,
    /// Did not answer an offered call; set by the box.
    Missed,
    /// Has just finished a call; set by the box.
    AfterCall,
}

impl NotReadyReason {
    /// The reasons a person may give.
    pub const BY_HAND: [Self; 7] = [
        Self::Break,
        Self::Lunch,
        Self::Training,
        Self::Meeting,
        Self::BackOffice,
        Self::Technical,
        Self::Supervisor,
    ];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Break => "break",
            Self::Lunch => "lunch",
            Self::Training => "training",
            Self::Meeting => "meeting",
            Self::BackOffice => "back_office",
            Self::Technical => "technical",
            Self::Supervisor => "supervisor",
            Self::Missed => "missed",
            Self::AfterCall => "after_call",
        }
    }
    /// Reads a reason that a person may give.
    #[must_use]
    pub fn parse_by_hand(code: &str) -> Option<Self> {
        Self::BY_HAND.into_iter().find(|reason| reason.code() == code)
    }
}

/// What the person said, or what the box concluded for the time after a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Availability {
    /// Not signed in to the phones.
    #[default]
    Offline,
    /// Takes calls.
    Ready,
    /// Takes no calls.
    NotReady(NotReadyReason),
}

/// Where one call stands for this operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CallPhase {
    /// The phone rings.
    Ringing,
    /// On the line.
    Talking,
    /// The result is not written yet.
    WrapUp,
    /// The result is not written yet and the time for it is over: counts as not ready.
    Overdue,
    /// The phone has rung too long: counts as not ready, and may still be answered.
    Unanswered,
}

/// A call that concerns this operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCall {
    /// Which.
    pub call: CallId,
    /// Where it stands.
    pub phase: CallPhase,
}

/// A person at the phones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// What holds when no call is open.
    pub availability: Availability,
    /// Open calls, oldest first.
    pub calls: Vec<OpenCall>,
    /// Since when the present state and reason hold.
    pub since: Timestamp,
    /// Since when signed in to the phones.
    pub logged_in_at: Option<Timestamp>,
    /// Microseconds in each state since then, in the order of [`OperatorState::ALL`]; the present
    /// state counts when it is left.
    pub micros: [i64; 6],
    /// The lender's date of the last missed offer.
    pub missed_on: Option<Date>,
    /// Missed offers on that date.
    pub missed: u32,
}

/// What may be asked of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorCommand {
    /// The person says what holds.
    SetAvailability(Availability),
    /// A call has changed.
    FollowCall(FollowCall),
}

/// See [`OperatorCommand::FollowCall`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowCall {
    /// Which.
    pub call: CallId,
    /// What changed.
    pub change: CallChange,
    /// The person is signed in to the box.
    pub present: bool,
}

/// How a call has changed for this operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallChange {
    /// The phone rings.
    Offered,
    /// On the line.
    Connected,
    /// Not answered in time, or refused: the operator's own doing.
    Missed,
    /// The phone has rung too long and still rings.
    Unanswered,
    /// Withdrawn: the caller gave up, or another was quicker.
    Withdrawn,
    /// The call went on without this operator.
    Left,
    /// The line is closed, the result is to be written.
    WrapUp,
    /// The time for the result is over.
    Expired,
    /// The result is written.
    Finished,
}

/// What happened to an operator. Stored: append only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperatorEvent {
    /// The person said what holds.
    AvailabilitySet(AvailabilitySet),
    /// A call moved.
    CallMoved(CallMoved),
}

/// See [`OperatorEvent::AvailabilitySet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilitySet {
    /// What holds now.
    pub availability: Availability,
}

/// See [`OperatorEvent::CallMoved`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallMoved {
    /// Which call.
    pub call: CallId,
    /// Where it stands now; `None`: it concerns this operator no longer.
    pub phase: Option<CallPhase>,
    /// What holds when no call is open.
    pub availability: Availability,
    /// The lender's date, when the offer was missed.
    pub missed_on: Option<Date>,
}

impl Operator {
    /// What the operator is doing.
    #[must_use]
    pub fn state(&self) -> OperatorState {
        match self.availability {
            Availability::Offline => OperatorState::Offline,
            _ if self.has(CallPhase::Talking) => OperatorState::OnCall,
            _ if self.has(CallPhase::Ringing) => OperatorState::Ringing,
            _ if self.has(CallPhase::WrapUp) => OperatorState::WrapUp,
            Availability::Ready => OperatorState::Ready,
            Availability::NotReady(_) => OperatorState::NotReady,
        }
    }

    /// Whether the operator's phone rings or is in use, signed in to the phones or not.
    #[must_use]
    pub fn is_on_the_phone(&self) -> bool {
        self.has(CallPhase::Talking) || self.has(CallPhase::Ringing)
    }

    fn has(&self, phase: CallPhase) -> bool {
        self.calls.iter().any(|open| open.phase == phase)
    }

    /// Why not ready; `None` in any other state.
    #[must_use]
    pub fn reason(&self) -> Option<NotReadyReason> {
        match (self.state(), self.availability) {
            (OperatorState::NotReady, Availability::NotReady(reason)) => Some(reason),
            _ => None,
        }
    }

    /// The call on the desk: the last one answered, else ringing, else the oldest to be written up.
    #[must_use]
    pub fn current_call(&self) -> Option<CallId> {
        const ORDER: [CallPhase; 5] = [
            CallPhase::Talking,
            CallPhase::Ringing,
            CallPhase::Unanswered,
            CallPhase::WrapUp,
            CallPhase::Overdue,
        ];
        let of = |phase| {
            let mut calls = self.calls.iter().filter(move |open| open.phase == phase);
            // Who takes a second call talks on that one.
            if phase == CallPhase::Talking { calls.next_back() } else { calls.next() }
        };
        ORDER.into_iter().find_map(of).map(|open| open.call)
    }

    /// Other calls on which this operator still seems to talk when `call` is answered: on hold, or
    /// their end was lost.
    pub fn forgotten(&self, call: CallId) -> impl Iterator<Item = CallId> + '_ {
        self.calls
            .iter()
            .filter(move |open| open.phase == CallPhase::Talking && open.call != call)
            .map(|open| open.call)
    }

    /// Missed offers on `date`.
    #[must_use]
    pub fn missed_on(&self, date: Date) -> u32 {
        if self.missed_on == Some(date) { self.missed } else { 0 }
    }

    /// Microseconds in each state since log-in until `now`, the present state included.
    #[must_use]
    pub fn micros_until(&self, now: Timestamp) -> [i64; 6] {
        let mut micros = self.micros;
        if self.logged_in_at.is_some() {
            micros[self.state() as usize] += (now.micros() - self.since.micros()).max(0);
        }
        micros
    }

    fn phase_of(&self, call: CallId) -> Option<CallPhase> {
        self.calls.iter().find(|open| open.call == call).map(|open| open.phase)
    }

    fn set_availability(&self, wanted: Availability) -> Result<Decision<OperatorEvent>, Rejection> {
        let live = self.is_on_the_phone();
        match wanted {
            Availability::Ready if self.has(CallPhase::WrapUp) || self.has(CallPhase::Overdue) => {
                return Err(Rejection::rule(
                    "wrap_up_open",
                    "finish the last call first: choose its topic and result",
                ));
            }
            Availability::Ready | Availability::Offline if live => {
                return Err(Rejection::rule("call_open", "you are on a call; hang up first"));
            }
            Availability::NotReady(NotReadyReason::Missed | NotReadyReason::AfterCall) => {
                return Err(Rejection::invalid(vec![FieldFault::new(
                    "reason",
                    "unknown_value",
                    "choose one of the reasons of the list",
                )]));
            }
            _ => {}
        }
        if wanted == self.availability {
            return Ok(Decision::nothing());
        }
        let event = AvailabilitySet { availability: wanted };
        Ok(Decision::events(vec![OperatorEvent::AvailabilitySet(event)]))
    }

    fn follow(&self, follow: FollowCall, context: &Context) -> Decision<OperatorEvent> {
        let before = self.phase_of(follow.call);
        let talking = self.has(CallPhase::Talking);
        let missed = matches!(follow.change, CallChange::Missed | CallChange::Unanswered)
            && !talking
            && before == Some(CallPhase::Ringing)
            && self.availability != Availability::Offline;
        let phase = match follow.change {
            CallChange::Offered => Some(CallPhase::Ringing),
            CallChange::Connected => Some(CallPhase::Talking),
            CallChange::WrapUp => Some(CallPhase::WrapUp),
            CallChange::Expired if before == Some(CallPhase::WrapUp) => Some(CallPhase::Overdue),
            CallChange::Unanswered if before == Some(CallPhase::Ringing) => {
                Some(CallPhase::Unanswered)
            }
            CallChange::Expired | CallChange::Unanswered => before,
            CallChange::Missed
            | CallChange::Withdrawn
            | CallChange::Left
            | CallChange::Finished => None,
        };
        let after_call = Availability::NotReady(NotReadyReason::AfterCall);
        let availability = match (follow.change, self.availability) {
            (CallChange::Missed | CallChange::Unanswered, Availability::Ready) if missed => {
                Availability::NotReady(NotReadyReason::Missed)
            }
            (CallChange::Connected | CallChange::WrapUp, Availability::Offline)
                if follow.present =>
            {
                after_call
            }
            (
                CallChange::Connected | CallChange::WrapUp,
                Availability::Ready | Availability::NotReady(NotReadyReason::Missed),
            ) => after_call,
            (_, same) => same,
        };
        if phase == before && availability == self.availability {
            return Decision::nothing();
        }
        let missed_on = missed.then(|| context.today());
        let event = CallMoved { call: follow.call, phase, availability, missed_on };
        Decision::events(vec![OperatorEvent::CallMoved(event)])
    }

    fn move_call(&mut self, call: CallId, phase: Option<CallPhase>) {
        let place = self.calls.iter().position(|open| open.call == call);
        match (place, phase) {
            (Some(index), Some(phase)) => {
                // The latest to be answered stands last.
                let open = self.calls.remove(index);
                let talks = phase == CallPhase::Talking && open.phase != phase;
                let place = if talks { self.calls.len() } else { index };
                self.calls.insert(place, OpenCall { phase, ..open });
            }
            (Some(index), None) => {
                self.calls.remove(index);
            }
            (None, Some(phase)) => {
                if self.calls.len() >= OPERATOR_CALLS_MAX {
                    self.calls.remove(0);
                }
                self.calls.push(OpenCall { call, phase });
            }
            (None, None) => {}
        }
    }
}

impl Aggregate for Operator {
    type Command = OperatorCommand;
    type Event = OperatorEvent;

    fn decide(
        &self,
        command: OperatorCommand,
        context: &Context,
    ) -> Result<Decision<OperatorEvent>, Rejection> {
        match command {
            OperatorCommand::SetAvailability(wanted) => self.set_availability(wanted),
            OperatorCommand::FollowCall(follow) => Ok(self.follow(follow, context)),
        }
    }

    fn evolve(&mut self, event: &OperatorEvent, meta: &Meta) {
        let before = (self.state(), self.reason());
        // A clock set back must not make time negative.
        let at = meta.at.max(self.since);
        let elapsed = at.micros() - self.since.micros();
        match event {
            OperatorEvent::AvailabilitySet(set) => self.availability = set.availability,
            OperatorEvent::CallMoved(moved) => {
                self.move_call(moved.call, moved.phase);
                self.availability = moved.availability;
                if let Some(date) = moved.missed_on {
                    self.missed = self.missed_on(date) + 1;
                    self.missed_on = Some(date);
                }
            }
        }
        let after = (self.state(), self.reason());
        if before == after {
            return;
        }
        if before.0 == OperatorState::Offline {
            self.micros = [0; 6];
            self.logged_in_at = Some(at);
        } else {
            self.micros[before.0 as usize] += elapsed;
        }
        if after.0 == OperatorState::Offline {
            self.logged_in_at = None;
        }
        self.since = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::UserId;
    use crate::domain::access::Principal;
    use proptest::prelude::*;
    use uuid::Uuid;

    const REASON: NotReadyReason = NotReadyReason::Lunch;

    fn call(n: u8) -> CallId {
        CallId::from_uuid(Uuid::from_u128(u128::from(n)))
    }

    fn seconds(n: i64) -> Timestamp {
        Timestamp::from_micros(1_795_000_000_000_000).plus_seconds(n)
    }

    fn run(
        operator: &mut Operator,
        at: Timestamp,
        command: OperatorCommand,
    ) -> Result<(), Rejection> {
        let principal = Principal::User(UserId::from_uuid(Uuid::nil()));
        let context = Context { now: at, zone: chrono_tz::Europe::Moscow, principal };
        let decision = operator.decide(command, &context)?;
        let meta = Meta { seq: 1, at, actor: principal, drawn: vec![] };
        for event in &decision.events {
            operator.evolve(event, &meta);
        }
        Ok(())
    }

    fn set(availability: Availability) -> OperatorCommand {
        OperatorCommand::SetAvailability(availability)
    }

    fn follow(n: u8, change: CallChange) -> OperatorCommand {
        OperatorCommand::FollowCall(FollowCall { call: call(n), change, present: true })
    }

    fn absent(n: u8, change: CallChange) -> OperatorCommand {
        OperatorCommand::FollowCall(FollowCall { call: call(n), change, present: false })
    }

    #[test]
    fn a_day_at_the_phones() {
        use NotReadyReason::{AfterCall, Break, Missed};
        use OperatorState::{NotReady, Offline, OnCall, Ready, Ringing, WrapUp};
        let rows = [
            (0, set(Availability::Ready), Ready, None),
            (10, follow(1, CallChange::Offered), Ringing, None),
            (12, follow(1, CallChange::Connected), OnCall, None),
            (72, follow(1, CallChange::WrapUp), WrapUp, None),
            (90, follow(1, CallChange::Finished), NotReady, Some(AfterCall)),
            (95, set(Availability::Ready), Ready, None),
            (100, follow(2, CallChange::Offered), Ringing, None),
            (115, follow(2, CallChange::Missed), NotReady, Some(Missed)),
            (120, set(Availability::Ready), Ready, None),
            (130, follow(3, CallChange::Offered), Ringing, None),
            (132, follow(3, CallChange::Withdrawn), Ready, None),
            (134, follow(6, CallChange::Offered), Ringing, None),
            (136, follow(6, CallChange::Unanswered), NotReady, Some(Missed)),
            (137, follow(6, CallChange::Missed), NotReady, Some(Missed)),
            (138, set(Availability::Ready), Ready, None),
            (140, follow(4, CallChange::Offered), Ringing, None),
            (141, follow(4, CallChange::Connected), OnCall, None),
            (150, follow(4, CallChange::Left), NotReady, Some(AfterCall)),
            (160, set(Availability::NotReady(Break)), NotReady, Some(Break)),
            (170, follow(5, CallChange::Connected), OnCall, None),
            (180, follow(5, CallChange::WrapUp), WrapUp, None),
            (185, follow(5, CallChange::Finished), NotReady, Some(Break)),
            (200, set(Availability::Offline), Offline, None),
        ];
        let mut operator = Operator::default();
        for (at, command, state, reason) in rows {
            run(&mut operator, seconds(at), command).unwrap();
            assert_eq!((operator.state(), operator.reason()), (state, reason), "at {at}");
        }
        let date = seconds(0).date_in(chrono_tz::Europe::Moscow);
        assert_eq!(operator.missed_on(date), 2, "a missed call counts once");
        assert_eq!(operator.missed_on(date.succ_opt().unwrap()), 0);
        // offline, ready, ringing, on_call, wrap_up, not_ready
        let spent = operator.micros.map(|micros| micros / 1_000_000);
        assert_eq!(
            spent,
            [0, 10 + 5 + 10 + 2 + 2, 2 + 15 + 2 + 2 + 1, 60 + 9 + 10, 18 + 5, 5 + 5 + 2 + 20 + 15]
        );
        assert_eq!(spent.iter().sum::<i64>(), 200);
    }

    #[test]
    fn ready_is_refused_while_something_is_open() {
        let mut operator = Operator::default();
        run(&mut operator, seconds(0), follow(1, CallChange::Connected)).unwrap();
        let refused = |operator: &mut Operator, availability| {
            run(operator, seconds(5), set(availability)).unwrap_err().code
        };
        assert_eq!(refused(&mut operator, Availability::Ready), "call_open");
        assert_eq!(refused(&mut operator, Availability::Offline), "call_open");
        run(&mut operator, seconds(9), follow(1, CallChange::WrapUp)).unwrap();
        assert_eq!(refused(&mut operator, Availability::Ready), "wrap_up_open");
        let by_box = Availability::NotReady(NotReadyReason::Missed);
        assert_eq!(refused(&mut operator, by_box), "invalid_fields");
        // The shift may end all the same; the result waits for the next one.
        run(&mut operator, seconds(10), set(Availability::Offline)).unwrap();
        assert_eq!(operator.state(), OperatorState::Offline);
        run(&mut operator, seconds(20), set(Availability::NotReady(REASON))).unwrap();
        assert_eq!(operator.state(), OperatorState::WrapUp);
        assert_eq!(operator.current_call(), Some(call(1)));
    }

    #[test]
    fn a_phone_answered_in_the_place_of_an_absent_operator_signs_nobody_in() {
        use OperatorState::{NotReady, Offline, OnCall, WrapUp};
        let rows = [
            (0, absent(1, CallChange::Offered), Offline),
            (2, absent(1, CallChange::Connected), Offline),
            (9, absent(1, CallChange::WrapUp), Offline),
            (300, absent(1, CallChange::Expired), Offline),
            (310, absent(2, CallChange::Connected), Offline),
        ];
        let mut operator = Operator::default();
        for (at, command, state) in rows {
            run(&mut operator, seconds(at), command).unwrap();
            assert_eq!((operator.state(), operator.logged_in_at), (state, None), "at {at}");
        }
        assert_eq!(operator.micros_until(seconds(320)), [0; 6]);
        assert!(operator.is_on_the_phone());
        // Who comes in while the phone is in use is on the call; both results wait to be written.
        run(&mut operator, seconds(330), set(Availability::NotReady(REASON))).unwrap();
        assert_eq!((operator.state(), operator.current_call()), (OnCall, Some(call(2))));
        run(&mut operator, seconds(340), follow(2, CallChange::WrapUp)).unwrap();
        assert_eq!(operator.state(), WrapUp);
        run(&mut operator, seconds(350), follow(2, CallChange::Finished)).unwrap();
        assert_eq!((operator.state(), operator.current_call()), (NotReady, Some(call(1))));
        // Signed in to the box and not to the phones: answering is taking calls.
        let mut present = Operator::default();
        run(&mut present, seconds(0), follow(1, CallChange::Offered)).unwrap();
        assert_eq!(present.state(), Offline);
        run(&mut present, seconds(2), follow(1, CallChange::Connected)).unwrap();
        assert_eq!(present.state(), OnCall);
    }

    #[test]
    fn a_wrap_up_that_takes_too_long_counts_as_not_ready_and_still_must_be_written() {
        let mut operator = Operator::default();
        for (at, command) in [
            (0, set(Availability::Ready)),
            (1, follow(1, CallChange::Connected)),
            (5, follow(1, CallChange::WrapUp)),
            (125, follow(1, CallChange::Expired)),
            (126, follow(2, CallChange::Expired)),
        ] {
            run(&mut operator, seconds(at), command).unwrap();
        }
        assert_eq!(operator.state(), OperatorState::NotReady);
        assert_eq!(operator.reason(), Some(NotReadyReason::AfterCall));
        assert_eq!(operator.current_call(), Some(call(1)));
        let refused = run(&mut operator, seconds(130), set(Availability::Ready));
        assert_eq!(refused.unwrap_err().code, "wrap_up_open");
        run(&mut operator, seconds(131), follow(1, CallChange::Finished)).unwrap();
        run(&mut operator, seconds(132), set(Availability::Ready)).unwrap();
        assert_eq!(operator.micros[OperatorState::WrapUp as usize], 120_000_000);
    }

    #[test]
    fn a_call_that_rang_too_long_may_still_be_answered() {
        let mut operator = Operator::default();
        for (at, command) in [
            (0, set(Availability::Ready)),
            (1, follow(1, CallChange::Offered)),
            (16, follow(1, CallChange::Unanswered)),
        ] {
            run(&mut operator, seconds(at), command).unwrap();
        }
        assert_eq!(operator.reason(), Some(NotReadyReason::Missed));
        assert_eq!(operator.current_call(), Some(call(1)), "the card stays while it rings");
        run(&mut operator, seconds(17), follow(1, CallChange::Connected)).unwrap();
        assert_eq!(operator.state(), OperatorState::OnCall);
        // Nothing rings: nothing is missed.
        run(&mut operator, seconds(18), follow(2, CallChange::Unanswered)).unwrap();
        assert_eq!((operator.calls.len(), operator.missed), (1, 1));
    }

    #[test]
    fn a_second_call_leaves_the_first_wrap_up_open() {
        let mut operator = Operator::default();
        for (at, command) in [
            (0, set(Availability::Ready)),
            (1, follow(1, CallChange::Connected)),
            (5, follow(1, CallChange::WrapUp)),
            (6, follow(2, CallChange::Offered)),
            (8, follow(2, CallChange::Connected)),
        ] {
            run(&mut operator, seconds(at), command).unwrap();
        }
        assert_eq!(operator.current_call(), Some(call(2)));
        // Two at once: the first on hold, the second answered.
        let mut two = operator.clone();
        run(&mut two, seconds(8), follow(0, CallChange::Offered)).unwrap();
        run(&mut two, seconds(8), follow(0, CallChange::Connected)).unwrap();
        assert_eq!(two.current_call(), Some(call(0)));
        run(&mut two, seconds(9), follow(0, CallChange::WrapUp)).unwrap();
        assert_eq!((two.current_call(), two.state()), (Some(call(2)), OperatorState::OnCall));
        assert_eq!(operator.forgotten(call(3)).collect::<Vec<_>>(), [call(2)]);
        assert_eq!(operator.forgotten(call(2)).count(), 0);
        run(&mut operator, seconds(9), follow(2, CallChange::WrapUp)).unwrap();
        run(&mut operator, seconds(10), follow(2, CallChange::Finished)).unwrap();
        assert_eq!(operator.state(), OperatorState::WrapUp);
        assert_eq!(operator.current_call(), Some(call(1)));
    }

    fn any_command() -> impl Strategy<Value = OperatorCommand> {
        let change = prop_oneof![
            Just(CallChange::Offered),
            Just(CallChange::Connected),
            Just(CallChange::Missed),
            Just(CallChange::Unanswered),
            Just(CallChange::Withdrawn),
            Just(CallChange::Left),
            Just(CallChange::WrapUp),
            Just(CallChange::Expired),
            Just(CallChange::Finished),
        ];
        let wanted = prop_oneof![
            Just(Availability::Ready),
            Just(Availability::Offline),
            Just(Availability::NotReady(REASON)),
        ];
        prop_oneof![
            wanted.prop_map(OperatorCommand::SetAvailability),
            (0_u8..4, change, any::<bool>()).prop_map(|(n, change, present)| {
                OperatorCommand::FollowCall(FollowCall { call: call(n), change, present })
            }),
        ]
    }

    proptest! {
        #[test]
        fn seconds_in_each_state_sum_to_the_time_logged_in(
            steps in proptest::collection::vec((0_i64..100, any_command()), 1..60),
        ) {
            let mut operator = Operator::default();
            let mut now = 0;
            for (wait, command) in steps {
                now += wait;
                let _ = run(&mut operator, seconds(now), command);
                let spent: i64 = operator.micros_until(seconds(now)).iter().sum();
                if let Some(since) = operator.logged_in_at {
                    prop_assert_eq!(spent, seconds(now).micros() - since.micros());
                }
                prop_assert_eq!(operator.micros[OperatorState::Offline as usize], 0);
                prop_assert!(operator.state() != OperatorState::Offline || operator.logged_in_at.is_none());
            }
        }
    }
}
