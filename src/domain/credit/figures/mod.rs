//! "Why this sum?": every figure with the lines that make it (H7–H11, B3).
//!
//! Lines always add up to the figure. A figure is of one day, past or future, and knows nothing of
//! words: the page says them in the reader's language.

mod line;
mod maker;

pub use line::{Figure, Line, Reckoning, What};

use super::ledger::{Position, RowState};
use super::schedule::ScheduleKind;
use crate::base::time::Date;
use crate::domain::calendar::Calendar;
use maker::Maker;

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

/// Declares the figures with their words of the API.
macro_rules! which {
    ($($(#[$meta:meta])* $name:ident = $code:literal,)+) => {
        /// The figures by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Which { $($(#[$meta])* $name,)+ }

        impl Which {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];
            /// The word of the API.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }
        }
    };
}

which! {
    /// The next payment.
    NextPayment = "next_payment",
    /// What must be paid today so that nothing is owed.
    DebtToday = "debt_today",
    /// Past due and not covered.
    Overdue = "overdue",
    /// Interest accrued and not paid.
    Interest = "interest",
    /// Penalty.
    Penalty = "penalty",
    /// All that is left to pay by the schedule.
    TotalLeft = "total_left",
    /// What ends the loan on the day.
    Payoff = "payoff",
    /// Money that fills nothing yet.
    Unallocated = "unallocated",
    /// How many days the loan is past due.
    DaysPastDue = "days_past_due",
    /// The full cost of credit; made of the flows of money and of no sum.
    FullCost = "full_cost",
    /// The whole sum of an instalment.
    InstalmentPayment = "instalment_payment",
    /// Interest of an instalment.
    InstalmentInterest = "instalment_interest",
    /// Principal of an instalment.
    InstalmentPrincipal = "instalment_principal",
    /// Principal left after an instalment.
    InstalmentBalance = "instalment_balance",
    /// What is still to pay of an instalment.
    InstalmentLeft = "instalment_left",
}

impl Which {
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|which| which.code() == code)
    }
    /// Whether it is of one row of the schedule.
    #[must_use]
    pub const fn is_of_instalment(self) -> bool {
        matches!(
            self,
            Self::InstalmentPayment
                | Self::InstalmentInterest
                | Self::InstalmentPrincipal
                | Self::InstalmentBalance
                | Self::InstalmentLeft
        )
    }
    /// What it is measured in: `sum`, `days`, or `percent`.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::DaysPastDue => "days",
            Self::FullCost => "percent",
            _ => "sum",
        }
    }
}

/// One figure of the day of `at`, which must have been walked with `tell`, of a row of the
/// schedule that of row `n`; nothing for a next payment when none is due any more, and for a row
/// that is not there.
#[must_use]
pub fn one(at: &Position<'_>, which: Which, n: Option<u16>, calendar: &Calendar<'_>) -> Figure {
    match which {
        Which::NextPayment => next_payment(at).map(|next| next.figure).unwrap_or_default(),
        Which::DebtToday => debt_today(at),
        Which::Overdue => overdue(at),
        Which::Interest => interest(at),
        Which::Penalty => penalty(at),
        Which::TotalLeft => total_left(at),
        Which::Payoff => payoff(at),
        Which::Unallocated => unallocated(at),
        Which::DaysPastDue => days_past_due(at, calendar),
        _ => at
            .rows
            .iter()
            .find(|row| Some(row.row.n) == n)
            .map(|row| instalment(at, row, which))
            .unwrap_or_default(),
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
        made.of_row(What::InstalmentFee, row, row.fee_left());
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

/// Days past due: since the last day to pay of the oldest instalment that is not covered, without
/// those of holidays (domain.md 2.6).
fn days_past_due(at: &Position<'_>, calendar: &Calendar<'_>) -> Figure {
    let Some(oldest) = at.oldest_late() else {
        return Figure::default();
    };
    let (agreement, due) = (at.agreement, oldest.row.due_on);
    let days = |what, after: Date, to: Date, sign: i64| Line {
        counted: Some((after, to)),
        ..Line::plain(what, sign * (to - after).num_days().max(0))
    };
    let mut lines = vec![Line {
        n: Some(oldest.row.n),
        due_on: Some(due),
        moved_from: agreement.dues.moved_from(agreement.issued_on, due, calendar),
        ..days(What::DaysLate, due, at.on, 1)
    }];
    lines.extend(at.late_pauses(due).map(|(from, to)| days(What::HolidayDays, from, to, -1)));
    Figure::of(lines)
}

/// One figure of a row of the schedule, as the row stands on the day.
fn instalment(at: &Position<'_>, row: &RowState, which: Which) -> Figure {
    let mut made = Maker::new(at);
    let (principal, balance, interest) = (row.row.principal, row.row.balance, row.row.interest);
    match which {
        Which::InstalmentPrincipal if balance == 0 => made.of_row(What::Rest, row, principal),
        Which::InstalmentPrincipal if at.agreement.kind == ScheduleKind::Annuity => {
            made.of_row(What::EqualPayment, row, principal + interest);
            made.of_row(What::Interest, row, -interest);
        }
        Which::InstalmentPrincipal => made.of_row(What::EqualPart, row, principal),
        Which::InstalmentBalance => {
            made.of_row(What::PrincipalBefore, row, balance + principal);
            made.of_row(What::Principal, row, -principal);
        }
        Which::InstalmentInterest => made.whole_interest(row),
        // Nothing is asked for under it any more.
        Which::InstalmentLeft if row.is_moved || at.closed.is_some() => {}
        _ => {
            made.of_row(What::Principal, row, principal);
            made.whole_interest(row);
            made.of_row(What::InstalmentFee, row, row.row.fee);
            if which == Which::InstalmentLeft {
                made.less_paid(row);
            }
        }
    }
    made.done()
}

/// Interest in an early repayment on the day of `at`, on which nothing is due: what has accrued,
/// whatever of it was paid ahead; without what was put off where `with_deferred` is not set.
#[must_use]
pub fn used_interest(at: &Position<'_>, with_deferred: bool) -> Vec<Line> {
    let mut made = Maker::new(at);
    if at.closed.is_some() {
        return Vec::new();
    }
    made.running_interest(false);
    if with_deferred {
        made.plain(What::DeferredInterest, at.deferred_running());
    }
    made.running_extra();
    made.done().lines
}
