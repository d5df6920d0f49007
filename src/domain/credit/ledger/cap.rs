//! The total cap: interest, penalty and fees of a consumer loan up to a year end at a percent of
//! the sum granted, chosen by the date of the contract (domain.md 2.5).

use super::position::{Position, Step};
use super::walk::Walk;
use super::{Agreement, Book};
use crate::base::time::Date;
use crate::domain::credit::policy::{self, Policy};
use crate::domain::credit::schedule::Plan;
use chrono::{Days, Months};

/// The cap in kopecks, if the loan has one.
pub(super) fn of(book: &Book<'_>, policy: &Policy<'_>) -> Option<i64> {
    limit(book.agreement, book.plan, policy)
}

/// What interest, penalty and fees may come to in all; `None` for loans without the cap.
#[must_use]
pub fn limit(agreement: &Agreement, plan: &Plan, policy: &Policy<'_>) -> Option<i64> {
    let a_year_on = agreement.issued_on.checked_add_months(Months::new(12))?;
    // A due date moved past the year by a day off does not make the loan a longer one.
    let last = plan.rows.last()?.accrues_to.min(plan.rows.last()?.due_on);
    let nominal = agreement.dues.nominal(agreement.issued_on, u32::from(agreement.count));
    if !agreement.is_consumer || last.min(nominal) > a_year_on {
        return None;
    }
    let percent = policy::value_on(policy.total_cap_percent, agreement.issued_on)?;
    i64::try_from(i128::from(agreement.granted) * i128::from(percent) / 100).ok()
}

impl Position<'_> {
    /// Everything that counts towards the cap by `date`.
    fn charged(&self, date: Date) -> i64 {
        self.interest_accrued(date) + self.penalty_accrued(date) + self.fees_total
    }
}

impl Walk<'_> {
    /// Ends accrual on the day the cap is reached, if that is not after `date`.
    pub(super) fn stop_at_cap(&mut self, date: Date) {
        let Some(cap) = self.at.cap else {
            return;
        };
        let at = &self.at;
        if at.capped_on.is_some() || at.closed.is_some() || at.charged(date) < cap {
            return;
        }
        let day = |days: i64| {
            at.on.checked_add_days(Days::new(days.unsigned_abs())).unwrap_or(date).min(date)
        };
        let (mut below, mut reached) = (0, (date - at.on).num_days());
        while reached - below > 1 {
            let middle = i64::midpoint(below, reached);
            if at.charged(day(middle)) < cap {
                below = middle;
            } else {
                reached = middle;
            }
        }
        let (before, last) = (day(below), day(reached));
        self.freeze(before, last, cap);
    }

    /// Accrues in full up to `before` and on the day `last` only what the cap leaves: interest
    /// first, then penalty.
    fn freeze(&mut self, before: Date, last: Date, cap: i64) {
        let mut room = (cap - self.at.charged(before)).max(0);
        let mut take = |grown: i64| {
            let taken = grown.min(room);
            room -= taken;
            taken
        };
        let at = &mut self.at;
        for index in at.fallen..at.rows.len() {
            let had = at.planned(index, before);
            let taken = take(at.planned(index, last) - had);
            at.rows[index].fixed = Some(had + taken);
        }
        let paused = at.pause_accrued(before);
        let paused = paused + take(at.pause_accrued(last) - paused);
        at.pause_fixed = at.pause.map(|_| paused);
        let (extra, penalty) = (at.extra_open(before), at.penalty.amount(at.agreement, before));
        let extra = extra + take(at.extra_open(last) - extra);
        let penalty = penalty + take(at.penalty.amount(at.agreement, last) - penalty);
        at.extra_total += extra;
        at.extra_pending += extra;
        at.penalty_total += penalty;
        let segments = (at.extra.to(last), at.penalty.to(last));
        (at.extra.base, at.extra.since) = (0, last);
        (at.penalty.base, at.penalty.since) = (0, last);
        at.capped_on = Some(last);
        if extra != 0 {
            at.tell(|| Step::Extra(segments.0, extra));
        }
        if penalty != 0 {
            at.tell(|| Step::Penalty(segments.1, penalty));
        }
        at.tell(|| Step::Capped { on: last });
        self.trim_deferred();
    }

    /// Put-off interest that the cap cut off is not asked for in later instalments.
    fn trim_deferred(&mut self) {
        let at = &mut self.at;
        let accrued = at.deferred_accrued(at.on);
        let planned: i64 = at.deferred_fallen
            + at.rows[at.fallen..].iter().map(|row| row.row.deferred).sum::<i64>();
        let mut surplus = (planned - accrued).max(0);
        let fallen = at.fallen;
        for row in at.rows[fallen..].iter_mut().rev() {
            let cut = surplus.min(row.row.deferred);
            row.row.deferred -= cut;
            surplus -= cut;
        }
    }
}
