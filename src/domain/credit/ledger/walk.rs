//! The walk through a book, from stop to stop.
//!
//! On one day first instalments fall due, then money at hand fills them, then the operations of
//! the day follow in order of booking. Interest and penalty of a day follow from what stood
//! uncovered at the end of the day before.

use super::position::{Lost, Position, RowState, Step};
use super::{Agreement, Book, Closing, Operation, PenaltyBase, Replan};
use crate::base::time::Date;
use crate::domain::credit::interest::Rate;
use crate::domain::credit::policy::{self, Dated, Policy};
use crate::domain::credit::schedule::Plan;
use chrono::Days;

/// An open piece of accrual: kopecks, rate, and the day after which it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// On this sum.
    pub base: i64,
    /// At this rate.
    pub rate: Rate,
    /// After this day.
    pub since: Date,
    /// Up to and with this day; `None` while it runs.
    pub until: Option<Date>,
}

impl Segment {
    const fn idle(since: Date) -> Self {
        Self { base: 0, rate: Rate::ZERO, since, until: None }
    }
    /// The segment, ended.
    #[must_use]
    pub const fn to(self, until: Date) -> Self {
        Self { until: Some(until), ..self }
    }
    /// What it comes to by `date`.
    #[must_use]
    pub fn amount(&self, agreement: &Agreement, date: Date) -> i64 {
        agreement.interest.at(self.rate).on(self.base, self.since, date)
    }
}

/// What is assumed about payments that are not in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assume {
    /// Nothing: only what is booked.
    Nothing,
    /// What is due on this day or falls due later, before the day asked for, is paid in time.
    PaidFrom(Date),
    /// The same, and what is due on the day asked for is paid, too.
    PaidThrough(Date),
}

impl Assume {
    /// From when on payments are assumed, and whether those of the last day are.
    const fn parts(self) -> (Option<Date>, bool) {
        match self {
            Self::Nothing => (None, false),
            Self::PaidFrom(from) => (Some(from), false),
            Self::PaidThrough(from) => (Some(from), true),
        }
    }
}

/// Where the loan stands at the end of `until`. Operations after it do not count. With `tell` the
/// position remembers what was done.
#[must_use]
pub fn walk<'a>(
    book: &Book<'a>,
    policy: &'a Policy<'a>,
    until: Date,
    assume: Assume,
    tell: bool,
) -> Position<'a> {
    walk_past(book, policy, until, assume, tell, |_| ())
}

/// The same; `look` sees where the loan stood at the end of every day with a stop, in order.
pub fn walk_past<'a>(
    book: &Book<'a>,
    policy: &'a Policy<'a>,
    until: Date,
    assume: Assume,
    tell: bool,
    mut look: impl FnMut(&Position<'a>),
) -> Position<'a> {
    let mut walk = Walk::new(book, policy, tell);
    let mut next_entry = 0;
    let (assumed_from, assumed_at_end) = assume.parts();
    loop {
        let next = walk.at.rows.get(walk.at.fallen).filter(|_| walk.at.closed.is_none());
        let due = next.map(|row| row.row.due_on);
        let booked = book.entries.get(next_entry).map(|(on, _)| *on);
        let paid_now = assumed_from.filter(|from| walk.at.on < *from);
        let stop = [due, booked, paid_now, walk.next_change()]
            .into_iter()
            .flatten()
            .fold(until, Date::min)
            .max(walk.at.on);
        walk.go_to(stop);
        while let Some((on, operation)) = book.entries.get(next_entry)
            && *on <= stop
        {
            walk.apply(operation);
            next_entry += 1;
        }
        let is_assumed = assumed_from.is_some_and(|from| from <= stop);
        if is_assumed && (stop < until || assumed_at_end) {
            walk.receive_what_is_due();
        }
        walk.settle();
        look(&walk.at);
        if stop >= until {
            return walk.at;
        }
    }
}

pub(super) struct Walk<'a> {
    pub(super) at: Position<'a>,
}

impl<'a> Walk<'a> {
    fn new(book: &Book<'a>, policy: &'a Policy<'a>, tell: bool) -> Self {
        let agreement = book.agreement;
        let idle = Segment::idle(agreement.issued_on);
        let mut at = Position {
            agreement,
            policy,
            on: agreement.issued_on,
            rows: Vec::with_capacity(book.plan.rows.len()),
            fallen: 0,
            came: 0,
            went_back: 0,
            advance: 0,
            shortage: 0,
            rate: book.plan.rate,
            part: book.plan.part,
            pause: None,
            pause_base: 0,
            pause_fixed: None,
            deferred: 0,
            deferred_fallen: 0,
            pauses: Vec::new(),
            accrued_done: 0,
            extra_total: 0,
            extra_pending: 0,
            tail_paid: 0,
            extra: idle,
            penalty: idle,
            penalty_total: 0,
            penalty_paid: 0,
            penalty_forgiven: 0,
            fees_total: agreement.fee_at_payout,
            fees_paid: agreement.fee_at_payout,
            interest_paid: 0,
            principal_paid: 0,
            cap: super::cap::of(book, policy),
            capped_on: None,
            closed: None,
            lost: Lost::default(),
            steps: tell.then(Vec::new),
        };
        at.adopt(book.plan);
        Self { at }
    }

    /// The next day on which rates change without anything being booked.
    fn next_change(&self) -> Option<Date> {
        let at = &self.at;
        if at.closed.is_some() {
            return None;
        }
        let pause = at.pause.into_iter().flat_map(|pause| [pause.from, pause.to]);
        let rules = penalty_table(at)
            .into_iter()
            .flatten()
            .filter_map(|row| policy::first_day(row).checked_sub_days(Days::new(1)));
        pause.chain(rules).filter(|date| *date > at.on).min()
    }

    /// Goes to `date`: accrues, lets instalments fall due, fills them from money at hand.
    fn go_to(&mut self, date: Date) {
        if date > self.at.on {
            self.stop_at_cap(date);
            self.at.on = date;
        }
        if self.at.closed.is_some() {
            return;
        }
        let mut fell = false;
        while let Some(state) = self.at.rows.get(self.at.fallen)
            && state.row.due_on <= date
        {
            self.close_extra();
            let at = &mut self.at;
            at.accrued_done += at.planned(at.fallen, date) - at.rows[at.fallen].carried;
            let pending = std::mem::take(&mut at.extra_pending);
            let state = &mut at.rows[at.fallen];
            state.extra = pending;
            // What was paid ahead may have lowered its interest below what was paid.
            let surplus = (state.paid_interest - state.interest()).max(0);
            state.paid_interest -= surplus;
            at.interest_paid -= surplus;
            at.advance += surplus;
            at.deferred_fallen += state.row.deferred;
            at.fallen += 1;
            fell = true;
        }
        if fell && self.at.advance > 0 {
            let money = std::mem::take(&mut self.at.advance);
            self.receive(money);
        }
    }

    fn apply(&mut self, operation: &'a Operation) {
        match operation {
            Operation::Payment(amount) => {
                self.at.came += amount;
                self.receive(*amount);
            }
            Operation::Refund(amount) => {
                self.at.went_back += amount;
                self.spend(*amount);
            }
            Operation::Fee(amount) => {
                self.at.fees_total += amount;
                let money = std::mem::take(&mut self.at.advance);
                self.receive(money);
            }
            Operation::ForgivePenalty(amount) => self.forgive(*amount),
            Operation::Replan(replan) => self.replan(replan),
            Operation::Close(closing) => self.close(*closing),
        }
    }

    fn forgive(&mut self, amount: i64) {
        let amount = amount.min(self.at.penalty_left()).max(0);
        self.at.penalty_forgiven += amount;
        let on = self.at.on;
        self.at.tell(|| Step::Forgiven { on, amount });
    }

    /// Takes money at hand; what is missing is owed anew.
    fn spend(&mut self, amount: i64) {
        let had = self.at.advance.min(amount);
        self.at.advance -= had;
        self.at.shortage += amount - had;
    }

    fn replan(&mut self, replan: &'a Replan) {
        // Nothing is owed any more: the money stays the client's.
        if self.at.closed.is_some() {
            return;
        }
        self.close_extra();
        self.release();
        self.spend(replan.interest + replan.principal);
        let at = &mut self.at;
        at.interest_paid += replan.interest;
        at.principal_paid += replan.principal;
        let on = at.on;
        at.accrued_done += at.pause_accrued(on)
            + (at.fallen..at.rows.len())
                .map(|index| at.planned(index, on) - at.rows[index].carried)
                .sum::<i64>();
        // What ran beside the schedule was paid with it or brought along into the new one.
        at.extra_pending = 0;
        at.tail_paid = 0;
        at.rows.truncate(at.fallen);
        if replan.absorbs_overdue {
            for row in &mut at.rows {
                row.is_moved = row.is_moved || row.left() != 0;
            }
        }
        if let Some((_, to)) = at.pauses.last_mut() {
            *to = (*to).min(on);
        }
        at.adopt(&replan.plan);
        self.forgive(replan.forgiven_penalty);
    }

    fn close(&mut self, closing: Closing) {
        if self.at.closed.is_some() {
            return;
        }
        self.close_extra();
        self.close_penalty();
        let at = &mut self.at;
        if matches!(closing, Closing::WrittenOff | Closing::Ceded) {
            at.lost = Lost {
                principal: at.principal_left(),
                interest: at.interest_left(),
                penalty: at.penalty_left(),
                fees: at.fees_left() + at.row_fees_left() + at.shortage,
            };
            at.shortage = 0;
        } else {
            let needed = at.payoff_without_advance();
            at.principal_paid += at.principal_left();
            at.interest_paid += at.interest_left();
            at.penalty_paid += at.penalty_left();
            at.fees_paid += at.fees_left();
            at.shortage = 0;
            if needed >= 0 {
                self.spend(needed);
            } else {
                at.advance -= needed;
            }
        }
        self.end(closing);
    }

    fn end(&mut self, closing: Closing) {
        let at = &mut self.at;
        at.closed = Some((at.on, closing));
        let idle = Segment::idle(at.on);
        (at.extra, at.penalty) = (idle, idle);
    }

    /// Takes back what was paid ahead towards instalments that have not fallen due.
    fn release(&mut self) {
        let at = &mut self.at;
        let fallen = at.fallen;
        for row in &mut at.rows[fallen..] {
            at.advance += row.paid_interest + row.paid_principal + row.paid_fee;
            at.interest_paid -= row.paid_interest;
            at.principal_paid -= row.paid_principal;
            (row.paid_interest, row.paid_principal, row.paid_fee) = (0, 0, 0);
        }
    }

    /// Ends a day: opens segments on what is uncovered now, and closes a loan with nothing left.
    fn settle(&mut self) {
        if self.at.closed.is_some() {
            return;
        }
        let at = &self.at;
        let is_over = at.fallen == at.rows.len()
            && at.due_now() == 0
            && at.fallen_rows().all(|row| row.left() == 0);
        if is_over {
            self.end(Closing::Paid);
            return;
        }
        let (extra, penalty) = (self.extra_now(), self.penalty_now());
        if (extra.base, extra.rate) != (self.at.extra.base, self.at.extra.rate) {
            self.close_extra();
            self.at.extra = extra;
        }
        if (penalty.base, penalty.rate) != (self.at.penalty.base, self.at.penalty.rate) {
            self.close_penalty();
            self.at.penalty = penalty;
        }
    }

    /// What accrues beside the schedule from the end of this day on.
    fn extra_now(&self) -> Segment {
        let at = &self.at;
        let overdue: i64 = if at.agreement.interest_on_overdue {
            at.fallen_rows().map(RowState::principal_left).sum()
        } else {
            0
        };
        let ahead: i64 = if at.pays_by_accrual() {
            at.open_rows().map(|row| row.paid_principal).sum()
        } else {
            0
        };
        let rate = match at.pause {
            Some(pause) if at.is_paused() => pause.rate,
            _ => at.rate,
        };
        let base = if at.capped_on.is_some() { 0 } else { overdue - ahead };
        let rate = if base == 0 { Rate::ZERO } else { rate };
        Segment { base, rate, ..Segment::idle(at.on) }
    }

    /// What penalty accrues from the end of this day on.
    fn penalty_now(&self) -> Segment {
        let at = &self.at;
        let idle = Segment::idle(at.on);
        if at.capped_on.is_some() || at.is_paused() {
            return idle;
        }
        let base: i64 = at
            .fallen_rows()
            .map(|row| match at.agreement.penalty_base {
                PenaltyBase::Principal => row.principal_left(),
                PenaltyBase::PrincipalAndInterest => row.principal_left() + row.interest_left(),
            })
            .sum();
        let tomorrow = at.on.checked_add_days(Days::new(1)).unwrap_or(at.on);
        let cap = penalty_table(at).and_then(|table| policy::value_on(table, tomorrow));
        let rate = cap.map_or(at.agreement.penalty, |cap| at.agreement.penalty.capped_by(cap));
        if base <= 0 || rate.is_zero() { idle } else { Segment { base, rate, ..idle } }
    }

    pub(super) fn close_extra(&mut self) {
        let at = &mut self.at;
        let amount = at.extra_open(at.on);
        let (segment, on) = (at.extra, at.on);
        at.extra_total += amount;
        at.extra_pending += amount;
        at.extra.since = on;
        if amount != 0 {
            at.tell(|| Step::Extra(segment.to(on), amount));
        }
    }

    pub(super) fn close_penalty(&mut self) {
        let at = &mut self.at;
        let amount = at.penalty.amount(at.agreement, at.on);
        let (segment, on) = (at.penalty, at.on);
        at.penalty_total += amount;
        at.penalty.since = on;
        if amount != 0 {
            at.tell(|| Step::Penalty(segment.to(on), amount));
        }
    }
}

/// The table of penalty caps that holds for the loan as it is.
fn penalty_table<'a>(at: &Position<'a>) -> Option<&'a [Dated<Rate>]> {
    let (agreement, policy) = (at.agreement, at.policy);
    if agreement.is_instalment_service {
        Some(policy.penalty_instalment_service)
    } else if !agreement.is_consumer {
        None
    } else if agreement.interest_on_overdue && !at.rate.is_zero() {
        Some(policy.penalty_with_interest)
    } else {
        Some(policy.penalty_without_interest)
    }
}

impl Position<'_> {
    pub(super) fn tell(&mut self, step: impl FnOnce() -> Step) {
        if let Some(steps) = &mut self.steps {
            steps.push(step());
        }
    }

    /// Puts the rows of a schedule in force.
    fn adopt(&mut self, plan: &Plan) {
        self.rate = plan.rate;
        self.part = plan.part;
        self.pause = plan.pause;
        self.pause_base = plan.principal;
        self.pause_fixed = self.capped_on.map(|_| 0);
        self.deferred = plan.deferred;
        self.deferred_fallen = 0;
        self.pauses.extend(plan.pause.map(|pause| (pause.from, pause.to)));
        let (mut since, mut base, mut carried) = (plan.accrues_from, plan.principal, plan.carried);
        for row in &plan.rows {
            // An instalment within a holiday asks for put-off interest only.
            let is_paused = plan.pause.is_some_and(|pause| row.accrues_to <= pause.to)
                && row.interest == 0
                && row.principal == 0;
            self.rows.push(RowState {
                row: *row,
                since,
                base,
                rate: plan.rate,
                carried: if is_paused { 0 } else { carried },
                extra: 0,
                fixed: self.capped_on.map(|_| if is_paused { 0 } else { carried }),
                paid_interest: 0,
                paid_principal: 0,
                paid_fee: 0,
                is_moved: false,
            });
            if !is_paused {
                (since, base, carried) = (since.max(row.accrues_to), row.balance, 0);
            }
        }
    }
}
