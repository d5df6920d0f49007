//! "Why this sum?": every figure with the lines that make it (H7–H11, B3).
//!
//! Lines always add up to the figure. A figure is of one day, past or future, and knows nothing of
//! words: the page says them in the reader's language.

use super::interest::Rate;
use super::ledger::{Position, RowState, Step};
use crate::base::time::Date;

/// What a line is. The page has a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// Principal of an instalment, or all that is left.
    Principal,
    /// Interest by the schedule.
    Interest,
    /// Interest on overdue principal; negative on principal paid ahead.
    ExtraInterest,
    /// Interest put off by a holiday or a restructuring.
    DeferredInterest,
    /// A fee of an instalment.
    InstalmentFee,
    /// Other fees.
    Fees,
    /// Penalty.
    Penalty,
    /// Penalty that was paid.
    PenaltyPaid,
    /// Penalty that was forgiven.
    PenaltyForgiven,
    /// What was paid towards an instalment.
    Paid,
    /// Interest that was paid.
    InterestPaid,
    /// Money that waits at the lender's.
    Advance,
    /// What goes back to the client: more was paid ahead than is owed.
    GoesBack,
    /// Money that a reversal took away after it had been used.
    Shortage,
    /// Money that came.
    Came,
    /// Money that went back to the client.
    WentBack,
    /// Principal that was paid.
    PrincipalPaid,
    /// Fees that were paid.
    FeesPaid,
}

impl What {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Interest => "interest",
            Self::ExtraInterest => "extra_interest",
            Self::DeferredInterest => "deferred_interest",
            Self::InstalmentFee => "instalment_fee",
            Self::Fees => "fees",
            Self::Penalty => "penalty",
            Self::PenaltyPaid => "penalty_paid",
            Self::PenaltyForgiven => "penalty_forgiven",
            Self::Paid => "paid",
            Self::InterestPaid => "interest_paid",
            Self::Advance => "advance",
            Self::GoesBack => "goes_back",
            Self::Shortage => "shortage",
            Self::Came => "came",
            Self::WentBack => "went_back",
            Self::PrincipalPaid => "principal_paid",
            Self::FeesPaid => "fees_paid",
        }
    }
}

/// A product of sum, rate and days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reckoning {
    /// On this sum.
    pub base: i64,
    /// At this rate.
    pub rate: Rate,
    /// After this day …
    pub after: Date,
    /// … up to and with this one.
    pub to: Date,
    /// Days by the basis of the agreement.
    pub days: i64,
}

/// One line of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub what: What,
    /// Of which instalment.
    pub n: Option<u16>,
    /// Due when.
    pub due_on: Option<Date>,
    /// How it was reckoned, if it was.
    pub reckoning: Option<Reckoning>,
    /// Kopecks; what lowers the figure is negative.
    pub amount: i64,
}

/// A sum with the lines that make it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// The sum of the lines, kopecks.
    pub amount: i64,
    /// The lines.
    pub lines: Vec<Line>,
}

/// The next payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextPayment {
    /// Number of the instalment.
    pub n: u16,
    /// The last day to pay, the day asked for included.
    pub due_on: Date,
    /// How much.
    pub figure: Figure,
}

/// All figures of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// What must be paid today so that nothing is owed, delays included.
    pub debt_today: Figure,
    /// Past due and not covered.
    pub overdue: Figure,
    /// Interest accrued and not paid.
    pub interest: Figure,
    /// Penalty.
    pub penalty: Figure,
    /// All that is left by the schedule.
    pub total_left: Figure,
    /// What ends the loan today.
    pub payoff: Figure,
    /// Money that fills nothing yet.
    pub unallocated: Figure,
    /// The next payment.
    pub next_payment: Option<NextPayment>,
}

/// The figures by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The next payment.
    NextPayment,
    /// What must be paid today so that nothing is owed.
    DebtToday,
    /// Past due and not covered.
    Overdue,
    /// Interest accrued and not paid.
    Interest,
    /// Penalty.
    Penalty,
    /// All that is left to pay by the schedule.
    TotalLeft,
    /// What ends the loan on the day.
    Payoff,
    /// Money that fills nothing yet.
    Unallocated,
}

impl Which {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NextPayment,
        Self::DebtToday,
        Self::Overdue,
        Self::Interest,
        Self::Penalty,
        Self::TotalLeft,
        Self::Payoff,
        Self::Unallocated,
    ];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NextPayment => "next_payment",
            Self::DebtToday => "debt_today",
            Self::Overdue => "overdue",
            Self::Interest => "interest",
            Self::Penalty => "penalty",
            Self::TotalLeft => "total_left",
            Self::Payoff => "payoff",
            Self::Unallocated => "unallocated",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|which| which.code() == code)
    }
}

/// One figure of the day of `at`, which must have been walked with `tell`; nothing for a next
/// payment when none is due any more.
#[must_use]
pub fn one(at: &Position<'_>, which: Which) -> Figure {
    match which {
        Which::NextPayment => next_payment(at).map(|next| next.figure).unwrap_or_default(),
        Which::DebtToday => debt_today(at),
        Which::Overdue => overdue(at),
        Which::Interest => interest(at),
        Which::Penalty => penalty(at),
        Which::TotalLeft => total_left(at),
        Which::Payoff => payoff(at),
        Which::Unallocated => unallocated(at),
    }
}

/// All figures of the day of `at`, which must have been walked with `tell`.
#[must_use]
pub fn all(at: &Position<'_>) -> Figures {
    Figures {
        debt_today: debt_today(at),
        overdue: overdue(at),
        interest: interest(at),
        penalty: penalty(at),
        total_left: total_left(at),
        payoff: payoff(at),
        unallocated: unallocated(at),
        next_payment: next_payment(at),
    }
}

/// Past due and not covered.
#[must_use]
pub fn overdue(at: &Position<'_>) -> Figure {
    let mut made = Maker::new(at);
    for row in at.overdue_rows() {
        made.row(row);
    }
    made.tail();
    made.done()
}

/// What must be paid on the day so that nothing is owed.
#[must_use]
pub fn debt_today(at: &Position<'_>) -> Figure {
    let mut made = Maker::new(at);
    for row in at.fallen_rows() {
        made.row(row);
    }
    made.tail();
    made.beside();
    made.less_advance()
}

/// Interest accrued and not paid.
#[must_use]
pub fn interest(at: &Position<'_>) -> Figure {
    let mut made = Maker::new(at);
    made.accrued_interest();
    made.done()
}

/// Penalty accrued, not paid and not forgiven.
#[must_use]
pub fn penalty(at: &Position<'_>) -> Figure {
    let mut made = Maker::new(at);
    made.penalty();
    made.done()
}

/// All that is left to pay by the schedule.
#[must_use]
pub fn total_left(at: &Position<'_>) -> Figure {
    let mut made = Maker::new(at);
    for row in at.fallen_rows().chain(at.open_rows()) {
        made.row(row);
    }
    if at.open_rows().next().is_some() {
        made.running_extra();
    }
    made.tail();
    made.beside();
    made.less_advance()
}

/// What ends the loan on the day.
#[must_use]
pub fn payoff(at: &Position<'_>) -> Figure {
    let mut made = Maker::new(at);
    made.plain(What::Principal, at.principal_left());
    made.accrued_interest();
    for row in at.fallen_rows() {
        made.push(What::InstalmentFee, Some(row), None, row.fee_left());
    }
    made.beside();
    made.less_advance()
}

/// Money that fills nothing yet: what came, less what it went into.
#[must_use]
pub fn unallocated(at: &Position<'_>) -> Figure {
    let mut made = Maker::new(at);
    let row_fees: i64 = at.rows.iter().map(|row| row.paid_fee).sum();
    // The fee at payout was kept, not paid.
    let fees = at.fees_paid - at.agreement.fee_at_payout + row_fees;
    made.plain(What::Came, at.came);
    made.plain(What::PrincipalPaid, -at.principal_paid);
    made.plain(What::InterestPaid, -at.interest_paid);
    made.plain(What::PenaltyPaid, -at.penalty_paid);
    made.plain(What::FeesPaid, -fees);
    made.plain(What::WentBack, -at.went_back);
    made.plain(What::Shortage, at.shortage);
    made.done()
}

/// The next payment, the day itself included; `None` when nothing is due any more.
#[must_use]
pub fn next_payment(at: &Position<'_>) -> Option<NextPayment> {
    let today = at.fallen_rows().filter(|row| row.row.due_on == at.on);
    let mut advance = at.advance;
    let first_open = at.open_rows().next().map(|row| row.row.n);
    for row in today.chain(at.open_rows()) {
        let running = if Some(row.row.n) == first_open { at.extra_running() } else { 0 };
        let left = row.left() + running;
        if left <= advance {
            advance -= left.max(0);
            continue;
        }
        let mut made = Maker::new(at);
        made.row(row);
        if running != 0 {
            made.running_extra();
        }
        made.plain(What::Advance, -advance);
        return Some(NextPayment { n: row.row.n, due_on: row.row.due_on, figure: made.done() });
    }
    None
}

struct Maker<'a, 'b> {
    at: &'a Position<'b>,
    lines: Vec<Line>,
}

impl<'a, 'b> Maker<'a, 'b> {
    const fn new(at: &'a Position<'b>) -> Self {
        Self { at, lines: Vec::new() }
    }

    fn push(&mut self, what: What, row: Option<&RowState>, how: Option<Reckoning>, amount: i64) {
        if amount != 0 {
            let (n, due_on) = (row.map(|row| row.row.n), row.map(|row| row.row.due_on));
            self.lines.push(Line { what, n, due_on, reckoning: how, amount });
        }
    }

    fn plain(&mut self, what: What, amount: i64) {
        self.push(what, None, None, amount);
    }

    fn reckoned(&self, base: i64, rate: Rate, after: Date, to: Date) -> Reckoning {
        let days = self.at.agreement.interest.basis.days(after, to);
        Reckoning { base, rate, after, to, days }
    }

    /// An instalment with what was paid towards it.
    fn row(&mut self, row: &RowState) {
        if row.is_moved || row.left() == 0 {
            return;
        }
        self.push(What::Principal, Some(row), None, row.row.principal);
        self.interest_of(row);
        self.push(What::InstalmentFee, Some(row), None, row.row.fee);
        let paid = row.paid_principal + row.paid_interest + row.paid_fee;
        self.push(What::Paid, Some(row), None, -paid);
    }

    fn interest_of(&mut self, row: &RowState) {
        let scheduled = row.interest() - row.row.deferred - row.extra;
        let how = (row.carried == 0)
            .then(|| self.reckoned(row.base, row.rate, row.since, row.row.accrues_to));
        self.push(What::Interest, Some(row), how, scheduled);
        self.push(What::DeferredInterest, Some(row), None, row.row.deferred);
        self.push(What::ExtraInterest, Some(row), None, row.extra);
    }

    /// What ran beside the schedule since the last due date.
    fn running_extra(&mut self) {
        let at = self.at;
        let open = at.extra_open(at.on);
        let segment = at.extra_segment();
        let how = self.reckoned(segment.base, segment.rate, segment.since, at.on);
        self.plain(What::ExtraInterest, at.extra_running() - open);
        self.push(What::ExtraInterest, None, Some(how), open);
    }

    /// What ran beside the schedule after its last instalment.
    fn tail(&mut self) {
        if self.at.closed.is_none() && self.at.open_rows().next().is_none() {
            self.running_extra();
            self.plain(What::InterestPaid, -self.at.tail_paid());
        }
    }

    /// Penalty, fees and what a reversal left.
    fn beside(&mut self) {
        self.penalty();
        self.plain(What::Fees, self.at.fees_left());
        self.plain(What::Shortage, self.at.shortage);
    }

    fn penalty(&mut self) {
        let at = self.at;
        if at.closed.is_some() {
            return;
        }
        for step in at.steps() {
            if let Step::Penalty(segment, amount) = step {
                let to = segment.until.unwrap_or(at.on);
                let how = self.reckoned(segment.base, segment.rate, segment.since, to);
                self.push(What::Penalty, None, Some(how), *amount);
            }
        }
        let segment = at.penalty_segment();
        let open = segment.amount(at.agreement, at.on);
        let how = self.reckoned(segment.base, segment.rate, segment.since, at.on);
        self.push(What::Penalty, None, Some(how), open);
        self.plain(What::PenaltyPaid, -at.penalty_paid);
        self.plain(What::PenaltyForgiven, -at.penalty_forgiven);
    }

    fn accrued_interest(&mut self) {
        let at = self.at;
        if at.closed.is_some() {
            return;
        }
        for row in at.fallen_rows().filter(|row| !row.is_moved && row.interest_left() != 0) {
            self.interest_of(row);
            self.push(What::InterestPaid, Some(row), None, -row.paid_interest);
        }
        for (index, row) in at.rows.iter().enumerate().skip(at.fallen) {
            let so_far = at.planned(index, at.on);
            let to = at.on.min(row.row.accrues_to);
            let how = (row.carried == 0).then(|| self.reckoned(row.base, row.rate, row.since, to));
            self.push(What::Interest, Some(row), how, so_far);
            self.push(What::InterestPaid, Some(row), None, -row.paid_interest);
        }
        self.plain(What::DeferredInterest, at.deferred_running());
        self.running_extra();
        self.plain(What::InterestPaid, -at.tail_paid());
    }

    fn done(self) -> Figure {
        Figure { amount: self.lines.iter().map(|line| line.amount).sum(), lines: self.lines }
    }

    /// The advance lowers the figure, never below nothing.
    fn less_advance(mut self) -> Figure {
        let gross: i64 = self.lines.iter().map(|line| line.amount).sum();
        self.plain(What::Advance, -self.at.advance.min(gross.max(0)));
        self.plain(What::GoesBack, (-gross).max(0));
        self.done()
    }
}
