//! Taking an operation back, and what then counts no more with it.
//!
//! A loan that was repaid stands where it stood without the money: it has ended only as far as its
//! book says so. An early repayment that rests on the money is undone with it and tried anew on its
//! day, as are those after it, so that the book is the one in which the money never came. Must
//! never change how a loan ended that was given up, returned or cancelled.

use super::Own;
use super::decide::{Decided, advanced, carry_out};
use super::event::OperationReversed;
use super::request::{EarlyRequest, RequestState};
use super::{Booked, ReversalReason};
use crate::base::ids::PartId;
use crate::base::time::Date;
use crate::domain::calendar::Calendar;
use crate::domain::credit::early;
use crate::domain::credit::ledger::{Closing, CurrentInterest, Operation, ReplanReason};
use crate::domain::loan::LoanEvent;
use crate::domain::{Decision, Rejection};

/// Takes the operation `id` back. `ids` are for early repayments that are executed anew, one each.
///
/// # Errors
/// Not found; a change of the schedule; a loan that ended for good; money that was used by what
/// cannot be made anew.
pub(super) fn reverse(
    own: &Own,
    id: PartId,
    reason: ReversalReason,
    ids: &[PartId],
    today: Date,
) -> Decided {
    let Some(place) = own.booked.iter().position(|booked| booked.id == id) else {
        return Err(Rejection::not_found("operation"));
    };
    let booked = &own.booked[place];
    if booked.reversed.is_some() {
        return Ok(Decision::nothing());
    }
    if matches!(booked.operation, Operation::Replan(_) | Operation::Close(_)) {
        return Err(Rejection::rule(
            "not_reversible",
            "a change of the schedule cannot be taken back; change it once more",
        ));
    }
    if has_ended_with(own, place) {
        let help = "this loan was written off, assigned, cancelled or ended by the return of the \
                    goods; what was booked before that can no longer be taken back";
        return Err(Rejection::rule("loan_ended_for_good", help));
    }
    let mut after = own.clone();
    let mut events = vec![taken_back(&mut after, id, reason)];
    if matches!(booked.operation, Operation::Payment(_)) {
        rests_on(own, booked.on)?;
        let undoing = Undoing { own, from: booked.on, reason };
        events.extend(undoing.undo(&mut after, ids, today)?);
    }
    let is_short = after.position(today).shortage > own.position(today).shortage;
    // What the bank took is gone, whatever became of it: what went back to the client is owed anew.
    let is_owed = reason == ReversalReason::RecalledByBank && !goods_after(own, (booked.on, 0));
    if is_short && !is_owed {
        return Err(used());
    }
    Ok(Decision::events(events))
}

fn used() -> Rejection {
    Rejection::rule(
        "payment_already_used",
        "this money went into a refund or into what came of returned goods; book what was missing first",
    )
}

/// Whether the loan ended in a way that stays, with the operation at `place` counted.
fn has_ended_with(own: &Own, place: usize) -> bool {
    own.booked.iter().enumerate().any(|(end, closed)| {
        let stays = matches!(
            closed.operation,
            Operation::Close(
                Closing::WrittenOff | Closing::Ceded | Closing::GoodsReturned | Closing::Withdrawn
            )
        );
        stays && closed.reversed.is_none() && (own.booked[place].on, place) < (closed.on, end)
    })
}

/// A schedule that was made of what was paid before it cannot be made anew by itself.
fn rests_on(own: &Own, on: Date) -> Result<(), Rejection> {
    let rests = own.replans().any(|(known, reason)| {
        known >= on && reason != ReplanReason::EarlyPart && rests_on_payments(own, reason)
    });
    if rests {
        let help = "the schedule was changed after this payment and rests on it; \
                    change the schedule once more instead";
        return Err(Rejection::rule("payment_already_used", help));
    }
    Ok(())
}

/// Whether a new schedule was made of what was paid before it: of delays and the interest on them,
/// or of interest by the day where money paid ahead lowers it. A payment of an earlier day that
/// comes or goes would be lost between the two schedules.
pub(super) fn rests_on_payments(own: &Own, reason: ReplanReason) -> bool {
    let accrues = own.agreement.current_interest == CurrentInterest::Accrued;
    accrues || matches!(reason, ReplanReason::Restructuring | ReplanReason::Holiday)
}

/// Whether a part of the goods came back after this day and place in the book.
fn goods_after(own: &Own, from: (Date, usize)) -> bool {
    own.booked.iter().enumerate().any(|(place, booked)| {
        let is_goods = matches!(
            &booked.operation,
            Operation::Replan(replan) if replan.reason == ReplanReason::GoodsPart
        );
        is_goods && booked.reversed.is_none() && (booked.on, place) >= from
    })
}

fn taken_back(own: &mut Own, id: PartId, reason: ReversalReason) -> LoanEvent {
    let event = OperationReversed { id, reason };
    own.reverse(&event);
    LoanEvent::OperationReversed(event)
}

/// An executed early repayment: its place in the book and, while it is remembered, its request.
type Executed<'a> = (usize, Option<&'a EarlyRequest>);

/// What a payment of the day `from` takes with it.
struct Undoing<'a> {
    own: &'a Own,
    from: Date,
    reason: ReversalReason,
}

impl Undoing<'_> {
    /// Undoes the early repayments that would not have been as they are without the payment, and
    /// tries them again on their days. `after` is the book without the payment.
    fn undo(
        &self,
        after: &mut Own,
        ids: &[PartId],
        today: Date,
    ) -> Result<Vec<LoanEvent>, Rejection> {
        let executed = self.executed();
        let mut rest = executed.as_slice();
        while let Some(((place, request), later)) = rest.split_first() {
            if self.is_other(after, rest, *place, *request) {
                break;
            }
            rest = later;
        }
        let Some((first, _)) = rest.first() else { return Ok(Vec::new()) };
        if goods_after(self.own, (self.own.booked[*first].on, *first)) {
            return Err(used());
        }
        let (mut events, mut again) = (Vec::new(), Vec::new());
        for (place, request) in rest {
            let request = (*request).ok_or_else(used)?;
            events.push(taken_back(after, self.own.booked[*place].id, self.reason));
            events.push(advanced(request.id, RequestState::FundsAwaited, None));
            again.push(EarlyRequest { state: RequestState::FundsAwaited, ..request.clone() });
        }
        events.extend(carry_out(after, again, ids, today));
        Ok(events)
    }

    /// Early repayments executed on the payment's day or later, in order of days. Those of one day
    /// and their requests stand in one order; the oldest requests may be forgotten.
    fn executed(&self) -> Vec<Executed<'_>> {
        let counts = |booked: &Booked| booked.reversed.is_none() && booked.on >= self.from;
        let found = self.own.booked.iter().enumerate();
        let mut found: Vec<(Date, usize)> = found
            .filter(|(_, booked)| counts(booked) && is_early(&booked.operation))
            .map(|(place, booked)| (booked.on, place))
            .collect();
        found.sort_unstable();
        let mut executed: Vec<Executed<'_>> = Vec::with_capacity(found.len());
        let (mut day, mut known) = (None, Vec::new());
        for (on, place) in found.into_iter().rev() {
            if day != Some(on) {
                let of_day = |request: &&EarlyRequest| {
                    request.on == on && request.state == RequestState::Executed
                };
                (day, known) = (Some(on), self.own.requests.iter().filter(of_day).collect());
            }
            executed.push((place, known.pop()));
        }
        executed.reverse();
        executed
    }

    /// Whether the first of `rest` would be another one, or none, without the payment.
    fn is_other(
        &self,
        after: &Own,
        rest: &[Executed<'_>],
        place: usize,
        request: Option<&EarlyRequest>,
    ) -> bool {
        let on = self.own.booked[place].on;
        let Some(request) = request else {
            return self.own.position(on).shortage != after.position(on).shortage;
        };
        let again = |own: &Own| {
            let mut own = own.clone();
            for (later, _) in rest {
                own.booked[*later].reversed = Some(self.reason);
            }
            let at = own.position(on);
            early::execute(&at, &Calendar::RU, request.early, request.is_withdrawal)
        };
        again(self.own) != again(after)
    }
}

fn is_early(operation: &Operation) -> bool {
    match operation {
        Operation::Replan(replan) => replan.reason == ReplanReason::EarlyPart,
        Operation::Close(closing) => *closing == Closing::Early,
        _ => false,
    }
}
