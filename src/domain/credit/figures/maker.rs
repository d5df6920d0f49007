//! Puts a figure together, line by line. Must never leave out a kopeck of what it is asked for.

use super::line::{Figure, Line, Reckoning, What};
use crate::base::time::Date;
use crate::domain::credit::ledger::{Position, RowState, Segment, Step};

/// The lines of a figure so far.
pub(super) struct Maker<'a, 'b> {
    at: &'a Position<'b>,
    lines: Vec<Line>,
}

impl<'a, 'b> Maker<'a, 'b> {
    pub(super) const fn new(at: &'a Position<'b>) -> Self {
        Self { at, lines: Vec::new() }
    }

    fn push(&mut self, what: What, row: Option<&RowState>, how: Option<Reckoning>, amount: i64) {
        if amount != 0 {
            let (n, due_on) = (row.map(|row| row.row.n), row.map(|row| row.row.due_on));
            self.lines.push(Line { n, due_on, reckoning: how, ..Line::plain(what, amount) });
        }
    }

    pub(super) fn plain(&mut self, what: What, amount: i64) {
        self.push(what, None, None, amount);
    }

    pub(super) fn of_row(&mut self, what: What, row: &RowState, amount: i64) {
        self.push(what, Some(row), None, amount);
    }

    /// What a segment comes to by `to`, a line for each span of its days. The sum is rounded once,
    /// so a line is what its span adds to it. Where `amount` is something else, `rest` says why.
    fn reckon(
        &mut self,
        what: What,
        row: Option<&RowState>,
        segment: Segment,
        to: Date,
        amount: i64,
        rest: What,
    ) {
        let Segment { base, rate, since, .. } = segment;
        let interest = self.at.agreement.interest.at(rate);
        let mut told = 0;
        for span in interest.spans(since, to) {
            let by = interest.on(base, since, span.to);
            self.push(what, row, Some(Reckoning { base, rate, span }), by - told);
            told = by;
        }
        self.push(rest, row, None, amount - told);
    }

    /// An instalment with what was paid towards it.
    pub(super) fn row(&mut self, row: &RowState) {
        if row.is_moved || row.left() == 0 {
            return;
        }
        self.of_row(What::Principal, row, row.row.principal);
        self.interest_of(row);
        self.of_row(What::InstalmentFee, row, row.row.fee);
        let paid = row.paid_principal + row.paid_interest + row.paid_fee;
        self.of_row(What::Paid, row, -paid);
    }

    /// Takes off what was paid towards an instalment, and no more than is asked for.
    pub(super) fn less_paid(&mut self, row: &RowState) {
        let paid = row.paid_principal + row.paid_interest + row.paid_fee;
        self.of_row(What::Paid, row, -paid);
        // Money paid ahead by the day may have lowered the interest below what was paid.
        let sum: i64 = self.lines.iter().map(|line| line.amount).sum();
        self.of_row(What::Advance, row, (-sum).max(0));
    }

    fn interest_of(&mut self, row: &RowState) {
        let scheduled = row.interest() - row.row.deferred - row.extra;
        self.scheduled(row, row.row.accrues_to, scheduled);
        self.of_row(What::DeferredInterest, row, row.row.deferred);
        self.of_row(What::ExtraInterest, row, row.extra);
    }

    /// Interest of an instalment; of the next one with what runs beside the schedule.
    pub(super) fn whole_interest(&mut self, row: &RowState) {
        self.interest_of(row);
        if self.at.open_rows().next().is_some_and(|next| next.row.n == row.row.n) {
            self.running_extra();
        }
    }

    /// `amount` of interest of an instalment by the schedule up to `to`.
    fn scheduled(&mut self, row: &RowState, to: Date, amount: i64) {
        if amount == 0 {
            return;
        }
        let rest = if row.is_capped() { What::Capped } else { What::AsSigned };
        self.of_row(What::CarriedInterest, row, row.carried);
        let segment = Segment { base: row.base, rate: row.rate, since: row.since, until: None };
        self.reckon(What::Interest, Some(row), segment, to, amount - row.carried, rest);
    }

    /// What ran beside the schedule since the last due date.
    pub(super) fn running_extra(&mut self) {
        let at = self.at;
        let open = at.extra_open(at.on);
        self.plain(What::ExtraInterest, at.extra_running() - open);
        let segment = at.extra_segment();
        self.reckon(What::ExtraInterest, None, segment, at.on, open, What::Capped);
    }

    /// What ran beside the schedule after its last instalment.
    pub(super) fn tail(&mut self) {
        if self.at.closed.is_none() && self.at.open_rows().next().is_none() {
            self.running_extra();
            self.plain(What::InterestPaid, -self.at.tail_paid());
        }
    }

    /// Penalty, fees and what a reversal left.
    pub(super) fn beside(&mut self) {
        self.penalty();
        self.plain(What::Fees, self.at.fees_left());
        self.plain(What::Shortage, self.at.shortage);
    }

    pub(super) fn penalty(&mut self) {
        let at = self.at;
        if at.closed.is_some() {
            return;
        }
        for step in at.steps() {
            if let Step::Penalty(segment, amount) = step {
                let to = segment.until.unwrap_or(at.on);
                self.reckon(What::Penalty, None, *segment, to, *amount, What::Capped);
            }
        }
        let segment = at.penalty_segment();
        let open = segment.amount(at.agreement, at.on);
        self.reckon(What::Penalty, None, segment, at.on, open, What::Capped);
        self.plain(What::PenaltyPaid, -at.penalty_paid);
        self.plain(What::PenaltyForgiven, -at.penalty_forgiven);
    }

    /// Interest of the instalments to come, as far as it has accrued.
    pub(super) fn running_interest(&mut self, less_paid: bool) {
        let at = self.at;
        for (index, row) in at.rows.iter().enumerate().skip(at.fallen) {
            let to = at.on.min(row.row.accrues_to);
            self.scheduled(row, to, at.planned(index, at.on));
            if less_paid {
                self.of_row(What::InterestPaid, row, -row.paid_interest);
            }
        }
    }

    pub(super) fn accrued_interest(&mut self) {
        let at = self.at;
        if at.closed.is_some() {
            return;
        }
        for row in at.fallen_rows().filter(|row| !row.is_moved && row.interest_left() != 0) {
            self.interest_of(row);
            self.of_row(What::InterestPaid, row, -row.paid_interest);
        }
        self.running_interest(true);
        self.plain(What::DeferredInterest, at.deferred_running());
        self.running_extra();
        self.plain(What::InterestPaid, -at.tail_paid());
    }

    pub(super) fn done(self) -> Figure {
        Figure::of(self.lines)
    }

    /// The advance lowers the figure, never below nothing.
    pub(super) fn less_advance(mut self) -> Figure {
        let gross: i64 = self.lines.iter().map(|line| line.amount).sum();
        self.plain(What::Advance, -self.at.advance.min(gross.max(0)));
        self.plain(What::GoesBack, (-gross).max(0));
        self.done()
    }
}
