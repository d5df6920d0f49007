//! Schedules: annuity, equal principal, instalments without interest, one payment (domain.md 2.1).
//!
//! A schedule that was signed is data; this module makes proposals, previews, and the schedules
//! after early repayments. Amounts in kopecks. Must never lose or add a kopeck of principal.

use super::dates::{Due, Step};
use super::interest::{Interest, Rate, WHOLE};
use crate::base::time::{Date, day_number};
use num_bigint::BigUint;
use serde::{Deserialize, Serialize};

/// How principal is spread. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScheduleKind {
    /// Equal payments; the last one takes the rest.
    Annuity,
    /// Equal parts of principal, interest on what is left.
    EqualPrincipal,
    /// Equal parts without interest, as shops sell.
    Instalment,
    /// All at once at the end.
    Single,
}

impl ScheduleKind {
    /// All kinds.
    pub const ALL: [Self; 4] =
        [Self::Annuity, Self::EqualPrincipal, Self::Instalment, Self::Single];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Annuity => "annuity",
            Self::EqualPrincipal => "equal_principal",
            Self::Instalment => "instalment",
            Self::Single => "single",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// One row of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    /// Its number in the loan, from 1.
    pub n: u16,
    /// The last day to pay.
    #[serde(with = "day_number")]
    pub due_on: Date,
    /// Interest is reckoned up to this day.
    #[serde(with = "day_number")]
    pub accrues_to: Date,
    /// Part that repays principal.
    pub principal: i64,
    /// Interest of its period.
    pub interest: i64,
    /// Interest put off by a holiday or a restructuring.
    pub deferred: i64,
    /// Fees.
    pub fee: i64,
    /// Principal left after it.
    pub balance: i64,
}

impl PlanRow {
    /// The whole sum due.
    #[must_use]
    pub const fn payment(&self) -> i64 {
        self.principal + self.interest + self.deferred + self.fee
    }
}

/// A time without ordinary interest and penalty (domain.md 2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Its interest is reckoned after this day …
    pub from: Date,
    /// … up to and with this one.
    pub to: Date,
    /// At this rate.
    pub rate: Rate,
}

/// A schedule in force from a day: the contract's, or one made by a later change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Interest of the first row is reckoned after this day.
    pub accrues_from: Date,
    /// Principal that the rows repay.
    pub principal: i64,
    /// Rate of the rows.
    pub rate: Rate,
    /// Equal part that the rows were made with: payment of an annuity, principal of equal parts.
    pub part: i64,
    /// Interest brought along from before; stands in the first row's interest.
    pub carried: i64,
    /// Interest put off and brought along from before; stands in the rows' `deferred`.
    pub deferred: i64,
    /// A holiday at its beginning.
    pub pause: Option<Pause>,
    /// The rows.
    pub rows: Vec<PlanRow>,
}

impl Plan {
    /// Interest of all rows, put-off interest included.
    #[must_use]
    pub fn interest(&self) -> i64 {
        self.rows.iter().map(|row| row.interest + row.deferred).sum()
    }
    /// The last day to pay of the last row.
    #[must_use]
    pub fn ends_on(&self) -> Option<Date> {
        self.rows.last().map(|row| row.due_on)
    }
}

/// What a schedule is made of.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// How principal is spread.
    pub kind: ScheduleKind,
    /// Principal to repay.
    pub principal: i64,
    /// How interest is reckoned.
    pub interest: Interest,
    /// Interest is reckoned after this day.
    pub accrues_from: Date,
    /// Interest to bring along into the first row.
    pub carried: i64,
    /// Due dates; the last one takes whatever is left.
    pub dues: &'a [Due],
    /// Number of the first row.
    pub first_n: u16,
    /// The equal part: payment of an annuity, principal of equal parts.
    pub part: i64,
}

/// Makes a schedule. With a larger `part` than needed it ends before the last due date.
#[must_use]
pub fn plan(order: &Order<'_>) -> Plan {
    let mut rows = Vec::with_capacity(order.dues.len());
    let (mut balance, mut since) = (order.principal, order.accrues_from);
    for (index, due) in order.dues.iter().enumerate() {
        let carried = if index == 0 { order.carried } else { 0 };
        let interest = carried + order.interest.on(balance, since, due.accrues_to);
        let is_last = index + 1 == order.dues.len();
        let principal = match order.kind {
            _ if is_last => balance,
            ScheduleKind::Annuity => (order.part - interest).clamp(0, balance),
            ScheduleKind::EqualPrincipal | ScheduleKind::Instalment => order.part.min(balance),
            ScheduleKind::Single => 0,
        };
        balance -= principal;
        // A schedule may begin between the day interest is shown to and the moved day to pay.
        since = since.max(due.accrues_to);
        rows.push(PlanRow {
            n: order.first_n.saturating_add(u16::try_from(index).unwrap_or(u16::MAX)),
            due_on: due.due_on,
            accrues_to: due.accrues_to,
            principal,
            interest,
            deferred: 0,
            fee: 0,
            balance,
        });
        if balance == 0 {
            break;
        }
    }
    Plan {
        accrues_from: order.accrues_from,
        principal: order.principal,
        rate: order.interest.rate,
        part: order.part,
        carried: order.carried,
        deferred: 0,
        pause: None,
        rows,
    }
}

/// The equal part of `count` payments: payment of an annuity, half-up (or up to a whole rouble);
/// principal part of equal parts, half-up; of shop instalments, rounded down.
#[must_use]
pub fn part(
    kind: ScheduleKind,
    principal: i64,
    rate: Rate,
    step: Step,
    count: u32,
    whole_roubles: bool,
) -> i64 {
    let count = count.max(1);
    let parts = i64::from(count);
    let exact = match kind {
        ScheduleKind::Annuity => annuity(principal, rate, step, count),
        ScheduleKind::EqualPrincipal => (2 * principal + parts) / (2 * parts),
        ScheduleKind::Instalment => principal / parts,
        ScheduleKind::Single => principal,
    };
    if whole_roubles && kind == ScheduleKind::Annuity { (exact + 99) / 100 * 100 } else { exact }
}

/// `P·r / (1 − (1+r)^−n)`, half-up to the kopeck, in whole numbers: with `r = a/b` it is
/// `P·a·(a+b)^n / (b·((a+b)^n − b^n))`.
fn annuity(principal: i64, rate: Rate, step: Step, count: u32) -> i64 {
    let (over, under) = rate_per_step(rate, step);
    if over == 0 {
        return (2 * principal + i64::from(count)) / (2 * i64::from(count));
    }
    let common = gcd(over, under);
    let (over, under) = (BigUint::from(over / common), BigUint::from(under / common));
    let grown = (&over + &under).pow(count);
    let numerator = BigUint::from(principal.unsigned_abs()) * &over * &grown;
    let denominator = &under * (&grown - under.pow(count));
    let two = BigUint::from(2_u8);
    let rounded = (numerator * &two + &denominator) / (denominator * two);
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

/// The rate of one step as a fraction; a month is a twelfth of a year.
fn rate_per_step(rate: Rate, step: Step) -> (u128, u128) {
    let whole = WHOLE.unsigned_abs();
    match (rate, step) {
        (Rate::Year(micro), Step::Months(months)) => {
            (u128::from(micro) * u128::from(months), whole * 12)
        }
        (Rate::Year(micro), Step::Days(days)) => {
            (u128::from(micro) * u128::from(days), whole * 365)
        }
        (Rate::Day(micro), Step::Months(months)) => {
            (u128::from(micro) * 365 * u128::from(months), whole * 12)
        }
        (Rate::Day(micro), Step::Days(days)) => (u128::from(micro) * u128::from(days), whole),
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Puts `deferred` interest into rows after the last one, none above `part`; `dues` are the dates
/// that follow.
pub fn append_deferred(plan: &mut Plan, deferred: i64, part: i64, dues: &[Due]) {
    let mut left = deferred;
    let mut n = plan.rows.last().map_or(1, |row| row.n.saturating_add(1));
    for (index, due) in dues.iter().enumerate() {
        if left == 0 {
            return;
        }
        let is_last = index + 1 == dues.len();
        let amount = if is_last || part <= 0 { left } else { left.min(part) };
        left -= amount;
        plan.rows.push(PlanRow {
            n,
            due_on: due.due_on,
            accrues_to: due.accrues_to,
            principal: 0,
            interest: 0,
            deferred: amount,
            fee: 0,
            balance: 0,
        });
        n = n.saturating_add(1);
    }
}
