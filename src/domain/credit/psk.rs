//! Full cost of credit (ПСК), by the formula of 353-FZ art. 6 (domain.md 2.7).
//!
//! The smallest positive root of `Σ CF_k / ((1 + e_k·i)·(1 + i)^q_k) = 0` times the number of base
//! periods in a year. Reckoned in fixed point with eighteen decimals; the root is found by halving,
//! which is exact to far below the three decimals that are shown. Must never use floats.

use super::dates::Step;
use super::interest::half_up;
use crate::base::time::Date;
use chrono::{Datelike, Months};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The statute fixes no day fraction; the lender's way. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PskMethod {
    /// Whole calendar months, days beyond them as thirtieths.
    MonthThirtieths,
    /// Whole calendar months, days beyond them as parts of 365/12.
    MonthOfYear,
    /// Periods of thirty days, twelve to the year.
    ThirtyDays,
}

/// Money that flows: a payout is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// When.
    pub on: Date,
    /// Kopecks, from the client's purse positive.
    pub amount: i64,
}

/// One, with eighteen decimals.
const ONE: i128 = 1_000_000_000_000_000_000;
/// The largest rate per base period that is looked for: 10 000 %.
const RATE_MAX: i128 = 100 * ONE;

/// A flow with its place in base periods.
struct Placed {
    amount: i64,
    /// Full base periods since the first flow.
    full: u32,
    /// The part of a period after them, eighteen decimals.
    part: i128,
}

/// The full cost of credit in percent with three decimals; zero when nothing is paid above the
/// sum granted. The first flow is the payout.
#[must_use]
pub fn psk(flows: &[Flow], step: Step, method: PskMethod) -> Decimal {
    let Some(first) = flows.first() else {
        return Decimal::ZERO;
    };
    let base = base_period(flows, step, method);
    let placed: Vec<Placed> =
        flows.iter().map(|flow| base.place(first.on, flow.on, flow.amount)).collect();
    let root = root(&placed);
    // Per cent with three decimals: i · NBP · 100 · 1000, half-up.
    let (over, under) = base.per_year;
    let thousandths = (2 * root * over * 100_000 + ONE * under) / (2 * ONE * under);
    Decimal::from_i128_with_scale(thousandths, 3)
}

/// How the full cost was reckoned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reckoned {
    /// The rate per base period, a fraction with ten decimals.
    pub period_rate: Decimal,
    /// Base periods in a year.
    pub periods_per_year: Decimal,
    /// Each flow with its value on the day of the first; the values add up to nothing.
    pub flows: Vec<Discounted>,
}

/// A flow and what it is worth on the day of the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discounted {
    /// The flow.
    pub flow: Flow,
    /// Full base periods since the first flow.
    pub full: u32,
    /// The part of a period after them, six decimals.
    pub part: Decimal,
    /// Kopecks; what the flow adds to the rounded sum.
    pub value: i64,
}

/// How [`psk`] comes about.
#[must_use]
pub fn reckoned(flows: &[Flow], step: Step, method: PskMethod) -> Reckoned {
    let Some(first) = flows.first() else {
        return Reckoned::default();
    };
    let base = base_period(flows, step, method);
    let placed: Vec<Placed> =
        flows.iter().map(|flow| base.place(first.on, flow.on, flow.amount)).collect();
    let root = root(&placed);
    let (mut exact, mut told) = (0, 0);
    let discounted =
        values(&placed, root).zip(flows.iter().zip(&placed)).map(|(value, (flow, at))| {
            exact += value;
            let by = half_up(exact, ONE);
            let value = by - told;
            told = by;
            let part = Decimal::from_i128_with_scale(half_up(at.part, 1_000_000_000_000).into(), 6)
                .normalize();
            Discounted { flow: *flow, full: at.full, part, value }
        });
    let flows = discounted.collect();
    let (over, under) = base.per_year;
    let per_year = Decimal::from_i128_with_scale(over, 0) / Decimal::from_i128_with_scale(under, 0);
    Reckoned {
        period_rate: Decimal::from_i128_with_scale((root + 50_000_000) / 100_000_000, 10),
        periods_per_year: per_year.round_dp(6).normalize(),
        flows,
    }
}

/// The base period: months or days, and how many make a year of 365 days.
struct Base {
    step: Step,
    /// A month's days when days are parts of a month, as a fraction.
    month_days: (i128, i128),
    per_year: (i128, i128),
}

fn base_period(flows: &[Flow], step: Step, method: PskMethod) -> Base {
    let month_days = match method {
        PskMethod::MonthThirtieths | PskMethod::ThirtyDays => (30, 1),
        PskMethod::MonthOfYear => (365, 12),
    };
    match step {
        Step::Months(months) if method != PskMethod::ThirtyDays || flows.len() <= 2 => {
            let months = months.clamp(1, 12);
            Base { step: Step::Months(months), month_days, per_year: (12, i128::from(months)) }
        }
        Step::Months(_) => Base { step: Step::Days(30), month_days, per_year: (12, 1) },
        Step::Days(_) => {
            let days = most_frequent(flows).clamp(1, 365);
            Base {
                step: Step::Days(u16::try_from(days).unwrap_or(365)),
                month_days,
                per_year: (365, i128::from(days)),
            }
        }
    }
}

/// The most frequent number of days between neighbours; of equals the smaller.
fn most_frequent(flows: &[Flow]) -> i64 {
    let mut gaps: Vec<i64> =
        flows.windows(2).map(|pair| (pair[1].on - pair[0].on).num_days()).collect();
    gaps.retain(|days| *days > 0);
    gaps.sort_unstable();
    let mut best = (0, 1);
    for group in gaps.chunk_by(|a, b| a == b) {
        if group.len() > best.0 {
            best = (group.len(), group[0]);
        }
    }
    best.1
}

impl Base {
    fn place(&self, start: Date, on: Date, amount: i64) -> Placed {
        match self.step {
            Step::Days(days) => {
                let (gone, days) = ((on - start).num_days().max(0), i64::from(days.max(1)));
                let part = i128::from(gone % days) * ONE / i128::from(days);
                Placed { amount, full: u32::try_from(gone / days).unwrap_or(u32::MAX), part }
            }
            Step::Months(months) => {
                let months = u32::from(months.max(1));
                let apart = (on.year() - start.year()) * 12
                    + i32::try_from(on.month()).unwrap_or(0)
                    - i32::try_from(start.month()).unwrap_or(0);
                let mut full = u32::try_from(apart).unwrap_or(0);
                let after = |count: u32| start.checked_add_months(Months::new(count)).unwrap_or(on);
                if after(full) > on {
                    full = full.saturating_sub(1);
                }
                full -= full % months;
                let rest = i128::from((on - after(full)).num_days().max(0));
                let (over, under) = self.month_days;
                let part = rest * ONE * under / (over * i128::from(months));
                Placed { amount, full: full / months, part }
            }
        }
    }
}

/// The value of all flows at rate `i`, in kopecks with eighteen decimals.
fn value(flows: &[Placed], rate: i128) -> i128 {
    values(flows, rate).sum()
}

/// The value of each flow.
fn values(flows: &[Placed], rate: i128) -> impl Iterator<Item = i128> {
    let step = ONE * ONE / (ONE + rate);
    let (mut factor, mut at) = (ONE, 0);
    flows.iter().map(move |flow| {
        // Flows come in order of time, so the factor only grows older.
        while at < flow.full && factor > 0 {
            factor = factor * step / ONE;
            at += 1;
        }
        let part = ONE + mul(flow.part, rate);
        i128::from(flow.amount) * (factor * ONE / part)
    })
}

fn mul(a: i128, b: i128) -> i128 {
    a * (b / ONE) + a * (b % ONE) / ONE
}

fn root(flows: &[Placed]) -> i128 {
    if value(flows, 0) <= 0 {
        return 0;
    }
    let (mut low, mut high) = (0, RATE_MAX);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if value(flows, middle) > 0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}
