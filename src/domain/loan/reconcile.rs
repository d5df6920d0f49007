//! A loan of another system, checked by our own ledger: balance, overdue sum, days past due, next
//! payment. The other system's figures stay the ones that are shown (domain.md 7.3).

use super::{Instalment, Loan, PaymentKind, standing};
use crate::base::time::Date;
use crate::domain::calendar::Calendar;
use crate::domain::credit::dates::DueRule;
use crate::domain::credit::figures;
use crate::domain::credit::interest::{DayBasis, Interest, Rate, Rounding};
use crate::domain::credit::ledger::{
    Agreement, Assume, Book, CurrentInterest, EarlyOrder, Entry, Operation, PenaltyBase, Position,
    walk,
};
use crate::domain::credit::policy;
use crate::domain::credit::schedule::{Plan, PlanRow, ScheduleKind};

/// A figure that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// All that is left to pay, kopecks.
    Balance {
        /// As the other system states.
        stated: i64,
        /// As our ledger reckons.
        reckoned: i64,
    },
    /// Past due and not covered, kopecks.
    Overdue {
        /// As the other system states.
        stated: i64,
        /// As our ledger reckons.
        reckoned: i64,
    },
    /// Days past due.
    DaysPastDue {
        /// As the other system states.
        stated: u32,
        /// As our ledger reckons.
        reckoned: u32,
    },
    /// Day of the next payment.
    NextDue {
        /// As the other system states.
        stated: Date,
        /// As our ledger reckons.
        reckoned: Option<Date>,
    },
    /// The next payment, kopecks.
    NextPayment {
        /// As the other system states.
        stated: i64,
        /// As our ledger reckons.
        reckoned: i64,
    },
}

impl Difference {
    /// Which figure it is: the word of the API.
    #[must_use]
    pub const fn figure(&self) -> &'static str {
        match self {
            Self::Balance { .. } => "total_left",
            Self::Overdue { .. } => "overdue",
            Self::DaysPastDue { .. } => "days_past_due",
            Self::NextDue { .. } => "next_due_on",
            Self::NextPayment { .. } => "next_payment",
        }
    }
}

/// A difference of so many kopecks is none: what was signed is compared to the kopeck.
pub const TOLERANCE: i64 = 0;

/// What differs between the figures stated and our reckoning on their day, sums by more than
/// `tolerance` kopecks. Empty when nothing is stated or no schedule is known.
#[must_use]
pub fn differences(loan: &Loan, tolerance: i64) -> Vec<Difference> {
    let stated = &loan.figures;
    let is_checkable =
        !loan.schedule.is_empty() && loan.own.is_none() && loan.terms.status.is_open();
    let Some(day) = stated.as_of.filter(|_| is_checkable) else {
        return Vec::new();
    };
    let told = as_told(loan, Rate::ZERO);
    let at = walk(&told.book(), &policy::RU, day, Assume::Nothing, false);
    compared(loan, &at, tolerance)
}

/// A loan of another system as a book.
#[derive(Clone, Debug)]
pub struct Told {
    agreement: Agreement,
    plan: Plan,
    entries: Vec<Entry>,
}

impl Told {
    /// The book.
    #[must_use]
    pub fn book(&self) -> Book<'_> {
        Book::with(&self.agreement, &self.plan, &self.entries)
    }
}

fn compared(loan: &Loan, at: &Position<'_>, tolerance: i64) -> Vec<Difference> {
    let stated = &loan.figures;
    let next = figures::next_payment(at);
    let differs = |stated: i64, reckoned: i64| (stated - reckoned).abs() > tolerance;
    let mut found = Vec::new();
    let reckoned = at.total_left();
    if let Some(stated) = stated.outstanding.filter(|stated| differs(*stated, reckoned)) {
        found.push(Difference::Balance { stated, reckoned });
    }
    let reckoned = at.overdue();
    if let Some(stated) = stated.overdue.filter(|stated| differs(*stated, reckoned)) {
        found.push(Difference::Overdue { stated, reckoned });
    }
    let reckoned = at.days_past_due();
    if let Some(stated) = stated.days_past_due.filter(|stated| *stated != reckoned) {
        found.push(Difference::DaysPastDue { stated, reckoned });
    }
    let reckoned = next.as_ref().map(|next| next.due_on);
    // A source may write the day of the schedule or the working day that it moves to.
    let moved = |stated: Date| Some(Calendar::RU.working_from(stated));
    if let Some(stated) = stated.next_due_on.filter(|stated| moved(*stated) != reckoned) {
        found.push(Difference::NextDue { stated, reckoned });
    }
    let reckoned = next.map_or(0, |next| next.figure.amount);
    if let Some(stated) = stated.next_payment.filter(|stated| differs(*stated, reckoned)) {
        found.push(Difference::NextPayment { stated, reckoned });
    }
    found
}

/// What the schedule looks like, and the part that its instalments have in common.
fn kind_and_part(schedule: &[Instalment]) -> (ScheduleKind, i64) {
    match schedule {
        [first, second, ..] if first.principal == second.principal => {
            (ScheduleKind::EqualPrincipal, first.principal)
        }
        _ => (ScheduleKind::Annuity, schedule.first().map_or(0, Instalment::payment)),
    }
}

/// The loan as its source tells it: the schedule as signed, its days off moved as
/// [`standing::last_day`] says, nothing reckoned beside it but interest at `rate` within an
/// instalment. Penalties that the source charged are payments to be made like fees.
#[must_use]
pub fn as_told(loan: &Loan, rate: Rate) -> Told {
    let terms = &loan.terms;
    let interest = Interest { rate, basis: DayBasis::ActAct, rounding: Rounding::Segment };
    let rows: Vec<PlanRow> = loan
        .schedule
        .iter()
        .map(|row| PlanRow {
            n: row.n,
            due_on: standing::last_day(row),
            accrues_to: row.due_on,
            principal: row.principal,
            interest: row.interest,
            deferred: 0,
            fee: row.fee,
            balance: row.balance,
        })
        .collect();
    let principal = rows.iter().map(|row| row.principal).sum();
    let (kind, part) = kind_and_part(&loan.schedule);
    let agreement = Agreement {
        kind,
        is_consumer: true,
        is_instalment_service: false,
        has_purpose: false,
        granted: terms.principal.minor(),
        issued_on: terms.issued_on,
        interest,
        dues: DueRule::MONTHLY,
        count: u16::try_from(loan.schedule.len()).unwrap_or(u16::MAX),
        part,
        penalty: Rate::ZERO,
        penalty_base: PenaltyBase::PrincipalAndInterest,
        interest_on_overdue: false,
        current_interest: CurrentInterest::Scheduled,
        early_order: EarlyOrder::InterestFirst,
        notice_days: 30,
        dpd_tolerance: 0,
        fee_at_payout: 0,
        down_payment: 0,
        merchant_discount: Rate::ZERO,
    };
    let plan = Plan {
        accrues_from: terms.issued_on,
        principal,
        rate,
        part,
        carried: 0,
        deferred: 0,
        pause: None,
        rows,
    };
    let entries = loan
        .payments
        .iter()
        .map(|payment| Entry {
            on: payment.on,
            operation: match payment.kind {
                PaymentKind::Payment | PaymentKind::GoodsReturn => {
                    Operation::Payment(payment.amount)
                }
                PaymentKind::Refund => Operation::Refund(payment.amount),
                PaymentKind::Penalty => Operation::Fee(payment.amount),
            },
        })
        .collect();
    Told { agreement, plan, entries }
}
