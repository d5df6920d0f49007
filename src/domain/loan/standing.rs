//! Where a loan stands on a date: next payment, overdue amount, days past due, what is left
//! (domain.md 2.6). Figures of an outside core system win and carry their as-of date; without
//! them the schedule is filled by the payments, oldest instalment first, and an instalment due on a
//! day off may be paid on the next working day (domain.md 2.1).

use super::arrears::behind;
use super::own::Own;
use super::{Instalment, Loan, LoanStatus, PaymentKind};
use crate::base::time::Date;
use crate::domain::calendar::Calendar;
use crate::domain::credit::figures;
use std::cmp::Ordering;

/// Where a loan stands on a date. Minor units of the loan's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands in its life; a loan kept here ends by its last payment.
    pub status: LoanStatus,
    /// Next due date, today included.
    pub next_due_on: Option<Date>,
    /// What is still to be paid of that instalment.
    pub next_payment: Option<i64>,
    /// Past-due and unpaid; 0 also when nobody tells, see `is_overdue_known`.
    pub overdue: i64,
    /// Whether schedule or source tell what is past due.
    pub is_overdue_known: bool,
    /// Whether schedule or source tell of the next payment, or that there is none.
    pub is_next_known: bool,
    /// Days since the oldest unpaid due date; 0 when nothing is overdue.
    pub days_past_due: u32,
    /// All that is left to pay; `None` when neither schedule nor source tells.
    pub outstanding: Option<i64>,
    /// Set when the figures are an outside system's.
    pub as_of: Option<Date>,
}

impl Standing {
    /// The word of the API for where it stands: `overdue` is derived, never stored.
    #[must_use]
    pub const fn status_code(&self) -> &'static str {
        if self.overdue > 0 { "overdue" } else { self.status.code() }
    }
}

/// The bucket of so many days past due (domain.md 2.6).
#[must_use]
pub const fn bucket(days_past_due: u32) -> &'static str {
    match days_past_due {
        0 => "0",
        1..=30 => "1-30",
        31..=60 => "31-60",
        61..=90 => "61-90",
        91..=180 => "91-180",
        181..=360 => "181-360",
        _ => "361+",
    }
}

/// How far an instalment is covered by payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstalmentState {
    /// Fully covered.
    Paid,
    /// Partly covered, not yet past due.
    Partial,
    /// Due today.
    Due,
    /// Past due and not fully covered.
    Overdue,
    /// Later.
    Future,
    /// Nothing is to be paid any more: the loan is closed.
    Cancelled,
}

impl InstalmentState {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Partial => "partial",
            Self::Due => "due",
            Self::Overdue => "overdue",
            Self::Future => "future",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Each instalment with its unpaid part and its state on `today`. Of a closed loan nothing is to be
/// paid, whatever payments its source has told of; of one not issued yet nothing is late.
pub fn instalments(
    loan: &Loan,
    today: Date,
) -> impl Iterator<Item = (&Instalment, i64, InstalmentState)> {
    let status = loan.terms.status;
    uncovered(loan).map(move |(row, left)| match status {
        LoanStatus::Active => (row, left, instalment_state(row, left, today)),
        _ if left == 0 => (row, 0, InstalmentState::Paid),
        LoanStatus::Draft | LoanStatus::Approved | LoanStatus::Signed => {
            (row, left, InstalmentState::Future)
        }
        LoanStatus::ClosedPaid => (row, 0, InstalmentState::Paid),
        LoanStatus::ClosedEarly
        | LoanStatus::WrittenOff
        | LoanStatus::Ceded
        | LoanStatus::Cancelled
        | LoanStatus::ReturnedGoods => (row, 0, InstalmentState::Cancelled),
    })
}

/// The unpaid part of each instalment, payments filling the oldest first.
pub fn uncovered(loan: &Loan) -> impl Iterator<Item = (&Instalment, i64)> {
    let mut purse: i64 = loan
        .payments
        .iter()
        .map(|payment| match payment.kind {
            PaymentKind::Payment | PaymentKind::GoodsReturn => payment.amount,
            PaymentKind::Refund => -payment.amount,
            PaymentKind::Penalty => 0,
        })
        .sum::<i64>()
        .max(0);
    loan.schedule.iter().map(move |row| {
        let used = purse.min(row.payment());
        purse -= used;
        (row, row.payment() - used)
    })
}

/// The same for a book that is kept here, without what a later schedule took over.
#[must_use]
pub fn instalments_in_book(own: &Own, today: Date) -> Vec<(Instalment, i64, InstalmentState)> {
    let at = own.position(today);
    let rows = at.rows.iter().filter(|row| !row.is_moved);
    rows.map(|state| {
        let row = Instalment {
            n: state.row.n,
            due_on: state.row.due_on,
            principal: state.row.principal,
            interest: state.interest(),
            fee: state.row.fee,
            balance: state.row.balance,
        };
        let left = state.left();
        match at.closed {
            Some(_) if left != 0 => (row, 0, InstalmentState::Cancelled),
            _ => {
                let found = state_by(row.due_on, row.payment(), left, today);
                (row, left, found)
            }
        }
    })
    .collect()
}

/// The last day to pay an instalment without being late, where its source does not say.
#[must_use]
pub fn last_day(row: &Instalment) -> Date {
    Calendar::RU.working_from(row.due_on)
}

/// State of one instalment of an open loan on `today`.
fn instalment_state(row: &Instalment, left: i64, today: Date) -> InstalmentState {
    state_by(last_day(row), row.payment(), left, today)
}

fn state_by(last_day: Date, payment: i64, left: i64, today: Date) -> InstalmentState {
    if left == 0 {
        return InstalmentState::Paid;
    }
    match last_day.cmp(&today) {
        Ordering::Less => InstalmentState::Overdue,
        Ordering::Equal => InstalmentState::Due,
        Ordering::Greater if left < payment => InstalmentState::Partial,
        Ordering::Greater => InstalmentState::Future,
    }
}

/// Where the loan stands on `today`.
#[must_use]
pub fn on(loan: &Loan, today: Date) -> Standing {
    if let Some(own) = &loan.own {
        return from_book(own, today);
    }
    if !loan.terms.status.is_open() {
        return Standing {
            status: loan.terms.status,
            outstanding: Some(0),
            is_overdue_known: true,
            is_next_known: true,
            as_of: loan.figures.as_of,
            ..Standing::default()
        };
    }
    let mut standing = from_schedule(loan, today);
    let figures = &loan.figures;
    if figures.as_of.is_none() {
        return standing;
    }
    standing.as_of = figures.as_of;
    // Less than nothing is an overpayment: it pays no other loan.
    standing.outstanding = figures.outstanding.map(|left| left.max(0)).or(standing.outstanding);
    if let Some(overdue) = figures.overdue {
        standing.overdue = overdue.max(0);
        // A source that tells no days is understood as the report of arrears does.
        let behind = behind(loan).filter(|_| overdue > 0);
        standing.days_past_due =
            behind.map_or(figures.days_past_due.unwrap_or(0), |behind| behind.days_past_due(today));
        standing.is_overdue_known = true;
    }
    if standing.outstanding == Some(0) {
        (standing.is_overdue_known, standing.is_next_known) = (true, true);
    }
    if let Some(due) = figures.next_due_on.filter(|due| *due >= today) {
        standing.next_due_on = Some(due);
        standing.next_payment = figures.next_payment.or(standing.next_payment);
        standing.is_next_known = true;
    }
    standing
}

/// Where a loan stands whose book is kept here.
fn from_book(own: &Own, today: Date) -> Standing {
    let at = own.position(today);
    let next = figures::next_payment(&at);
    Standing {
        status: at.closed.map_or(LoanStatus::Active, |(_, closing)| closing.into()),
        next_due_on: next.as_ref().map(|next| next.due_on),
        next_payment: next.map(|next| next.figure.amount),
        overdue: at.overdue(),
        is_overdue_known: true,
        is_next_known: true,
        days_past_due: at.days_past_due(),
        outstanding: Some(at.total_left()),
        as_of: None,
    }
}

fn from_schedule(loan: &Loan, today: Date) -> Standing {
    let mut standing = Standing::default();
    let mut left_total = 0;
    for (row, left) in uncovered(loan).filter(|(_, left)| *left > 0) {
        left_total += left;
        if standing.next_due_on.is_some_and(|next| next < row.due_on) {
            continue;
        }
        let last_day = last_day(row);
        if last_day < today {
            standing.overdue += left;
            if standing.days_past_due == 0 {
                let days = (today - last_day).num_days();
                standing.days_past_due = u32::try_from(days).unwrap_or(u32::MAX);
            }
        } else if standing.next_due_on.is_none_or(|next| next == last_day) {
            // Days off may move several instalments to one day.
            standing.next_due_on = Some(last_day);
            standing.next_payment = Some(standing.next_payment.unwrap_or(0) + left);
        }
    }
    if !loan.schedule.is_empty() {
        standing.outstanding = Some(left_total);
        (standing.is_overdue_known, standing.is_next_known) = (true, true);
    }
    standing
}
