//! Where a loan stands on the day the walk has reached.

use super::walk::Segment;
use super::{Agreement, Closing, CurrentInterest};
use crate::base::time::Date;
use crate::domain::credit::interest::Rate;
use crate::domain::credit::policy::{Claim, Policy};
use crate::domain::credit::schedule::{Pause, PlanRow};

/// One instalment with what was paid towards it. Kopecks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowState {
    /// The row as signed.
    pub row: PlanRow,
    /// Its interest is reckoned after this day.
    pub since: Date,
    /// On this principal.
    pub base: i64,
    /// At this rate.
    pub rate: Rate,
    /// Interest brought along from an older schedule, part of `row.interest`.
    pub carried: i64,
    /// Interest beside the schedule that falls due with it.
    pub extra: i64,
    /// Its interest when the total cap cut it off.
    pub(super) fixed: Option<i64>,
    /// Interest paid.
    pub paid_interest: i64,
    /// Principal paid.
    pub paid_principal: i64,
    /// Fee paid.
    pub paid_fee: i64,
    /// Moved into a later schedule: nothing is owed under it any more.
    pub is_moved: bool,
}

impl RowState {
    /// All interest due with it.
    #[must_use]
    pub fn interest(&self) -> i64 {
        self.fixed.unwrap_or(self.row.interest) + self.row.deferred + self.extra
    }
    /// Whether the total cap cut its interest off.
    #[must_use]
    pub const fn is_capped(&self) -> bool {
        self.fixed.is_some()
    }
    /// Interest still to pay.
    #[must_use]
    pub fn interest_left(&self) -> i64 {
        if self.is_moved { 0 } else { self.interest() - self.paid_interest }
    }
    /// Principal still to pay.
    #[must_use]
    pub const fn principal_left(&self) -> i64 {
        if self.is_moved { 0 } else { self.row.principal - self.paid_principal }
    }
    /// Fee still to pay.
    #[must_use]
    pub const fn fee_left(&self) -> i64 {
        if self.is_moved { 0 } else { self.row.fee - self.paid_fee }
    }
    /// Everything still to pay.
    #[must_use]
    pub fn left(&self) -> i64 {
        self.interest_left() + self.principal_left() + self.fee_left()
    }
}

/// Something the walk did, for explaining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Interest on overdue principal (negative: on principal paid ahead).
    Extra(Segment, i64),
    /// Penalty.
    Penalty(Segment, i64),
    /// A payment filled a claim of instalment `n`.
    Filled {
        /// When.
        on: Date,
        /// Which kind of claim.
        claim: Claim,
        /// Of which instalment.
        n: Option<u16>,
        /// How much.
        amount: i64,
    },
    /// Penalty was forgiven.
    Forgiven {
        /// When.
        on: Date,
        /// How much.
        amount: i64,
    },
    /// Accrual ended at the total cap.
    Capped {
        /// The last day with accrual.
        on: Date,
    },
}

/// What was owed when a loan was written off or assigned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Principal.
    pub principal: i64,
    /// Interest.
    pub interest: i64,
    /// Penalty.
    pub penalty: i64,
    /// Fees.
    pub fees: i64,
}

/// Where a loan stands. Everything is as of the end of `on`.
#[derive(Clone, Debug)]
pub struct Position<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    pub(super) policy: &'a Policy<'a>,
    /// The day.
    pub on: Date,
    /// Instalments in order; those replaced by a later schedule are gone.
    pub rows: Vec<RowState>,
    /// How many of them have fallen due, the day itself included.
    pub fallen: usize,
    /// Money that came.
    pub came: i64,
    /// Money that went back to the client.
    pub went_back: i64,
    /// Money that fills nothing yet.
    pub advance: i64,
    /// Money that an earlier operation needed and a later reversal took away.
    pub shortage: i64,
    /// Rate of the schedule in force.
    pub rate: Rate,
    /// Equal part of the schedule in force.
    pub part: i64,
    /// The holiday of the schedule in force.
    pub(super) pause: Option<Pause>,
    /// Principal when it began.
    pub(super) pause_base: i64,
    pub(super) pause_fixed: Option<i64>,
    /// Interest brought along as put off into the schedule in force.
    pub(super) deferred: i64,
    /// Put-off interest in instalments of the schedule in force that have fallen due.
    pub(super) deferred_fallen: i64,
    /// Holidays so far: clock of delay stands still.
    pub pauses: Vec<(Date, Date)>,
    /// Interest accrued under schedules that were replaced and under instalments fallen due.
    pub(super) accrued_done: i64,
    /// Interest beside the schedule, closed segments.
    pub(super) extra_total: i64,
    /// The part of it that falls due with the next instalment.
    pub(super) extra_pending: i64,
    /// Paid of what fell due after the last instalment.
    pub(super) tail_paid: i64,
    pub(super) extra: Segment,
    pub(super) penalty: Segment,
    pub(super) penalty_total: i64,
    /// Penalty paid.
    pub penalty_paid: i64,
    /// Penalty forgiven.
    pub penalty_forgiven: i64,
    /// Fees charged beside the schedule.
    pub fees_total: i64,
    /// Fees paid beside the schedule.
    pub fees_paid: i64,
    /// Interest paid.
    pub interest_paid: i64,
    /// Principal paid.
    pub principal_paid: i64,
    pub(super) cap: Option<i64>,
    /// The last day with accrual, when the total cap was reached.
    pub capped_on: Option<Date>,
    /// How and when it ended.
    pub closed: Option<(Date, Closing)>,
    /// What was owed when it was given up.
    pub lost: Lost,
    pub(super) steps: Option<Vec<Step>>,
}

impl Position<'_> {
    /// What the walk did, when it was asked to tell.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        self.steps.as_deref().unwrap_or_default()
    }

    /// Interest of instalment `index` accrued by `date`, what was brought along included.
    #[must_use]
    pub fn planned(&self, index: usize, date: Date) -> i64 {
        let state = &self.rows[index];
        if let Some(fixed) = state.fixed {
            return fixed;
        }
        if date >= state.row.accrues_to {
            return state.row.interest;
        }
        let interest = self.agreement.interest.at(state.rate);
        (state.carried + interest.on(state.base, state.since, date)).min(state.row.interest)
    }

    /// What is left of the holiday of the schedule in force.
    #[must_use]
    pub fn pause_left(&self) -> Option<Pause> {
        let pause = self.pause.filter(|pause| pause.to > self.on)?;
        Some(Pause { from: pause.from.max(self.on), ..pause })
    }

    /// Put-off interest that has accrued and stands in no instalment fallen due.
    #[must_use]
    pub fn deferred_running(&self) -> i64 {
        self.deferred_accrued(self.on) - self.deferred_fallen
    }

    /// Interest put off so far in the schedule in force.
    #[must_use]
    pub fn deferred_accrued(&self, date: Date) -> i64 {
        self.deferred + self.pause_accrued(date)
    }

    pub(super) fn pause_accrued(&self, date: Date) -> i64 {
        if let Some(fixed) = self.pause_fixed {
            return fixed;
        }
        self.pause.map_or(0, |pause| {
            let interest = self.agreement.interest.at(pause.rate);
            interest.on(self.pause_base, pause.from, date.min(pause.to))
        })
    }

    /// Interest of the open segment beside the schedule by `date`.
    #[must_use]
    pub fn extra_open(&self, date: Date) -> i64 {
        self.extra.amount(self.agreement, date)
    }
    /// The open segment beside the schedule.
    #[must_use]
    pub const fn extra_segment(&self) -> Segment {
        self.extra
    }
    /// The open segment of penalty.
    #[must_use]
    pub const fn penalty_segment(&self) -> Segment {
        self.penalty
    }
    /// Interest beside the schedule that falls due with the next instalment, or is due after the
    /// last one.
    #[must_use]
    pub fn extra_running(&self) -> i64 {
        self.extra_pending + self.extra_open(self.on)
    }
    /// Of [`Self::extra_running`], paid already.
    #[must_use]
    pub const fn tail_paid(&self) -> i64 {
        self.tail_paid
    }

    /// All interest that has accrued since the issue.
    #[must_use]
    pub fn interest_accrued(&self, date: Date) -> i64 {
        let running: i64 = (self.fallen..self.rows.len())
            .take_while(|index| self.rows[*index].since < date || *index == self.fallen)
            .map(|index| self.planned(index, date) - self.rows[index].carried)
            .sum();
        self.accrued_done
            + running
            + self.extra_total
            + self.extra_open(date)
            + self.pause_accrued(date)
    }

    /// Penalty that has accrued since the issue.
    #[must_use]
    pub fn penalty_accrued(&self, date: Date) -> i64 {
        self.penalty_total + self.penalty.amount(self.agreement, date)
    }

    /// Principal still to repay.
    #[must_use]
    pub fn principal_left(&self) -> i64 {
        if self.closed.is_some() {
            return 0;
        }
        self.rows.iter().map(RowState::principal_left).sum()
    }
    /// Interest accrued and not paid; negative when more was paid ahead than has accrued.
    #[must_use]
    pub fn interest_left(&self) -> i64 {
        if self.closed.is_some() { 0 } else { self.interest_accrued(self.on) - self.interest_paid }
    }
    /// Penalty accrued, not paid and not forgiven.
    #[must_use]
    pub fn penalty_left(&self) -> i64 {
        if self.closed.is_some() {
            return 0;
        }
        self.penalty_accrued(self.on) - self.penalty_paid - self.penalty_forgiven
    }
    /// Fees beside the schedule that are not paid.
    #[must_use]
    pub const fn fees_left(&self) -> i64 {
        if self.closed.is_some() { 0 } else { self.fees_total - self.fees_paid }
    }
    /// Fees of instalments that have fallen due and are not paid.
    #[must_use]
    pub fn row_fees_left(&self) -> i64 {
        self.fallen_rows().map(RowState::fee_left).sum()
    }

    /// Instalments that have fallen due, the day itself included.
    pub fn fallen_rows(&self) -> impl Iterator<Item = &RowState> {
        let fallen = if self.closed.is_some() { 0 } else { self.fallen };
        self.rows[..fallen].iter()
    }
    /// Instalments that are past due: their last day to pay was before the day.
    pub fn overdue_rows(&self) -> impl Iterator<Item = &RowState> {
        self.fallen_rows().filter(|row| row.row.due_on < self.on)
    }
    /// Instalments that fall due after the day.
    pub fn open_rows(&self) -> impl Iterator<Item = &RowState> {
        let fallen = if self.closed.is_some() { self.rows.len() } else { self.fallen };
        self.rows[fallen..].iter()
    }

    /// Interest due after the last instalment fell due, unpaid.
    #[must_use]
    pub fn tail_left(&self) -> i64 {
        if self.closed.is_some() || self.fallen < self.rows.len() {
            return 0;
        }
        self.extra_running() - self.tail_paid
    }

    /// Uncovered parts of past-due instalments.
    #[must_use]
    pub fn overdue(&self) -> i64 {
        self.overdue_rows().map(RowState::left).sum::<i64>() + self.tail_left()
    }

    /// The oldest instalment that is past due and not covered, but for a remainder that is no delay.
    #[must_use]
    pub fn oldest_late(&self) -> Option<&RowState> {
        self.overdue_rows().find(|row| row.left() > self.agreement.dpd_tolerance)
    }

    /// Days past due: days since the oldest uncovered instalment, those of holidays left out.
    #[must_use]
    pub fn days_past_due(&self) -> u32 {
        let Some(oldest) = self.oldest_late() else {
            return 0;
        };
        let due = oldest.row.due_on;
        let paused: i64 =
            self.late_pauses(due).map(|(from, to)| (to - from).num_days().max(0)).sum();
        u32::try_from((self.on - due).num_days() - paused).unwrap_or(0)
    }

    /// Holidays as far as they lie between `due` and the day: after the first day, up to and with
    /// the second; empty ones among them.
    pub fn late_pauses(&self, due: Date) -> impl Iterator<Item = (Date, Date)> {
        self.pauses.iter().map(move |(from, to)| ((*from).max(due), (*to).min(self.on)))
    }

    /// Whether the day lies in a holiday.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.closed.is_none()
            && self.pauses.iter().any(|(from, to)| *from <= self.on && self.on < *to)
    }

    /// What must be paid by the end of the day so that nothing is owed.
    #[must_use]
    pub fn due_now(&self) -> i64 {
        let rows: i64 = self.fallen_rows().map(RowState::left).sum();
        (rows + self.tail_left() + self.penalty_left() + self.fees_left() + self.shortage
            - self.advance)
            .max(0)
    }

    /// What ends the loan on the day.
    #[must_use]
    pub fn payoff(&self) -> i64 {
        (self.payoff_without_advance() - self.advance).max(0)
    }
    pub(super) fn payoff_without_advance(&self) -> i64 {
        if self.closed.is_some() {
            return self.shortage;
        }
        self.principal_left()
            + self.interest_left()
            + self.penalty_left()
            + self.fees_left()
            + self.row_fees_left()
            + self.shortage
    }

    /// All that is left to pay if everything goes by the schedule from now on.
    #[must_use]
    pub fn total_left(&self) -> i64 {
        let open: i64 = self.open_rows().map(RowState::left).sum();
        let due = self.fallen_rows().map(RowState::left).sum::<i64>()
            + self.tail_left()
            + self.penalty_left()
            + self.fees_left()
            + self.shortage;
        let running = if self.fallen < self.rows.len() && self.closed.is_none() {
            self.extra_running()
        } else {
            0
        };
        (open + running + due - self.advance).max(0)
    }

    /// Money paid ahead towards instalments that fall due later.
    #[must_use]
    pub fn paid_ahead(&self) -> i64 {
        self.open_rows().map(|row| row.paid_interest + row.paid_principal + row.paid_fee).sum()
    }

    pub(super) const fn pays_by_accrual(&self) -> bool {
        matches!(self.agreement.current_interest, CurrentInterest::Accrued)
    }
}
