//! Interest over days, exact: rates and bases of the trade, integers only (domain.md 2.1).
//!
//! A day belongs to its own calendar year; the first day is excluded, the last one included. The
//! exact fraction is rounded half-up once per segment, or once per day where the agreement quotes
//! a sum per day.

use crate::base::time::Date;
use chrono::Datelike;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How days become parts of a year. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DayBasis {
    /// Each day counts as 1/365 or 1/366 by its own calendar year.
    ActAct,
    /// Each day counts as 1/365.
    Act365,
    /// Twelve months of thirty days (30E/360: a 31st counts as the 30th).
    Thirty360,
}

impl DayBasis {
    /// All bases.
    pub const ALL: [Self; 3] = [Self::ActAct, Self::Act365, Self::Thirty360];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ActAct => "ACT/ACT",
            Self::Act365 => "ACT/365F",
            Self::Thirty360 => "30/360",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|basis| basis.code() == code)
    }
    /// Days of this basis after `from` up to and with `to`; negative when `to` is earlier.
    #[must_use]
    pub fn days(self, from: Date, to: Date) -> i64 {
        match self {
            Self::ActAct | Self::Act365 => (to - from).num_days(),
            Self::Thirty360 => serial_360(to) - serial_360(from),
        }
    }
}

fn serial_360(date: Date) -> i64 {
    i64::from(date.year()) * 360 + i64::from(date.month()) * 30 + i64::from(date.day().min(30))
}

/// Days that weigh alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// After this day …
    pub after: Date,
    /// … up to and with this one.
    pub to: Date,
    /// Days by the basis of the agreement.
    pub days: i64,
    /// Days of the year that they are parts of; `None` at a rate per day.
    pub year_days: Option<u16>,
}

/// A rate in millionths of a percent. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rate {
    /// Per year.
    Year(u64),
    /// Per day.
    Day(u64),
}

/// Millionths of a percent in one: a rate of 100 %.
pub(super) const WHOLE: i128 = 100_000_000;

impl Rate {
    /// No interest.
    pub const ZERO: Self = Self::Year(0);

    /// Percent per year; `None` when negative, above 1000 or with more than six decimals.
    #[must_use]
    pub fn yearly(percent: Decimal) -> Option<Self> {
        micro_percent(percent).filter(|micro| *micro <= 1_000_000_000).map(Self::Year)
    }
    /// Percent per day; `None` when negative, above 10 or with more than six decimals.
    #[must_use]
    pub fn daily(percent: Decimal) -> Option<Self> {
        micro_percent(percent).filter(|micro| *micro <= 10_000_000).map(Self::Day)
    }
    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        matches!(self, Self::Year(0) | Self::Day(0))
    }
    /// The percent, without trailing zeros.
    #[must_use]
    pub fn percent(self) -> Decimal {
        let (Self::Year(micro) | Self::Day(micro)) = self;
        Decimal::from_i128_with_scale(i128::from(micro), 6).normalize()
    }
    /// The smaller of two rates as they weigh in a year of 365 days.
    #[must_use]
    pub fn capped_by(self, cap: Self) -> Self {
        let yearly = |rate| match rate {
            Self::Year(micro) => micro,
            Self::Day(micro) => micro * 365,
        };
        if yearly(self) <= yearly(cap) { self } else { cap }
    }
}

fn micro_percent(percent: Decimal) -> Option<u64> {
    let exact = percent.checked_mul(Decimal::from(1_000_000))?.normalize();
    (exact.scale() == 0).then_some(exact)?.try_into().ok()
}

/// When fractions of a kopeck are rounded. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rounding {
    /// Once per segment: up to a due date, a payment, a payoff.
    Segment,
    /// Every day, as agreements that name a sum per day do.
    Day,
}

/// How interest is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interest {
    /// The rate.
    pub rate: Rate,
    /// Days to parts of a year.
    pub basis: DayBasis,
    /// When to round.
    pub rounding: Rounding,
}

impl Interest {
    /// The same reckoning at another rate.
    #[must_use]
    pub const fn at(self, rate: Rate) -> Self {
        Self { rate, ..self }
    }

    /// Kopecks on `base` kopecks for the days after `from` up to and with `to`; a negative base
    /// gives negative interest, an empty span nothing.
    #[must_use]
    pub fn on(&self, base: i64, from: Date, to: Date) -> i64 {
        if to <= from || base == 0 || self.rate.is_zero() {
            return 0;
        }
        match self.rounding {
            Rounding::Segment => {
                self.exact(base, |year_days| self.days_in(year_days, from, to)).rounded()
            }
            Rounding::Day => YEARS
                .into_iter()
                .map(|own| {
                    let one = self.exact(base, |year_days| i128::from(year_days == own));
                    let days = i64::try_from(self.days_in(own, from, to)).unwrap_or(0);
                    days * one.rounded()
                })
                .sum(),
        }
    }

    /// The days after `from` up to and with `to` in spans that weigh alike: split where a leap year
    /// begins or ends, if the basis tells such years apart; none of an empty span.
    #[must_use]
    pub fn spans(&self, from: Date, to: Date) -> Vec<Span> {
        if to <= from {
            return Vec::new();
        }
        let is_by_year = matches!(self.rate, Rate::Year(_));
        let span = |after: Date, to: Date| Span {
            after,
            to,
            days: self.basis.days(after, to),
            year_days: is_by_year.then(|| match self.basis {
                DayBasis::ActAct if to.leap_year() => 366,
                DayBasis::ActAct | DayBasis::Act365 => 365,
                DayBasis::Thirty360 => 360,
            }),
        };
        let (mut spans, mut after) = (Vec::new(), from);
        if is_by_year && self.basis == DayBasis::ActAct {
            let ends = (from.year()..to.year()).filter_map(|year| Date::from_ymd_opt(year, 12, 31));
            for last in ends.filter(|last| *last > from) {
                let turns =
                    last.succ_opt().is_some_and(|next| next.leap_year() != last.leap_year());
                if turns {
                    spans.push(span(after, last));
                    after = last;
                }
            }
        }
        spans.push(span(after, to));
        spans
    }

    /// How many days of the span fall in years of `year_days` days, by the basis.
    fn days_in(&self, year_days: i64, from: Date, to: Date) -> i128 {
        let own = match self.basis {
            DayBasis::ActAct if year_days == 366 => leap_days(from, to),
            DayBasis::ActAct if year_days == 365 => self.basis.days(from, to) - leap_days(from, to),
            DayBasis::Act365 if year_days == 365 => self.basis.days(from, to),
            DayBasis::Thirty360 if year_days == 360 => self.basis.days(from, to),
            _ => 0,
        };
        i128::from(own)
    }

    fn exact(&self, base: i64, days_in: impl Fn(i64) -> i128) -> Fraction {
        let base = i128::from(base);
        match self.rate {
            Rate::Day(micro) => {
                let days: i128 = YEARS.into_iter().map(days_in).sum();
                Fraction { over: base * i128::from(micro) * days, under: WHOLE }
            }
            Rate::Year(micro) => {
                let share: i128 =
                    YEARS.into_iter().map(|own| days_in(own) * YEAR_PARTS / i128::from(own)).sum();
                Fraction { over: base * i128::from(micro) * share, under: WHOLE * YEAR_PARTS }
            }
        }
    }
}

/// Lengths of a year that bases know.
const YEARS: [i64; 3] = [365, 366, 360];
/// A common multiple of them.
const YEAR_PARTS: i128 = 365 * 366 * 60;

/// Days of leap years after `from` up to and with `to`.
fn leap_days(from: Date, to: Date) -> i64 {
    (from.year()..=to.year())
        .filter(|year| Date::from_ymd_opt(*year, 2, 29).is_some())
        .map(|year| {
            let before = Date::from_ymd_opt(year - 1, 12, 31).map_or(from, |day| day.max(from));
            let last = Date::from_ymd_opt(year, 12, 31).map_or(to, |day| day.min(to));
            (last - before).num_days()
        })
        .sum()
}

#[derive(Clone, Copy)]
struct Fraction {
    over: i128,
    under: i128,
}

impl Fraction {
    /// Half-up, away from zero for negative sums.
    fn rounded(self) -> i64 {
        half_up(self.over, self.under)
    }
}

/// `over / under` rounded half away from zero; `under` is positive.
#[must_use]
pub fn half_up(over: i128, under: i128) -> i64 {
    let whole = (2 * over.abs() + under) / (2 * under);
    i64::try_from(whole * over.signum()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn days_weigh_by_their_own_year() {
        let of = |basis, rate, rounding, base, from: &str, to: &str| {
            Interest { rate, basis, rounding }.on(base, date(from), date(to))
        };
        let (year, day) = (Rate::Year(18_000_000), Rate::Day(800_000));
        let (segment, daily) = (Rounding::Segment, Rounding::Day);
        // Rows 5 and 6 of E3, a year that begins in the segment, thirty-day months, daily sums.
        assert_eq!(
            of(DayBasis::ActAct, year, segment, 8_236_948, "2027-12-31", "2028-01-31"),
            125_580
        );
        assert_eq!(
            of(DayBasis::Act365, year, segment, 8_236_948, "2027-12-31", "2028-01-31"),
            125_924
        );
        // 10 000.00 at 18 %: 11 days of 365 and 20 days of 366 = 54.2466 + 98.3607.
        assert_eq!(
            of(DayBasis::ActAct, year, segment, 1_000_000, "2027-12-20", "2028-01-20"),
            15_261
        );
        assert_eq!(
            of(DayBasis::Thirty360, year, segment, 1_000_000, "2027-08-31", "2028-02-29"),
            89_500
        );
        assert_eq!(
            of(DayBasis::Act365, day, segment, 1_000_000, "2026-01-01", "2026-01-31"),
            240_000
        );
        assert_eq!(
            of(
                DayBasis::Act365,
                Rate::Year(20_000_000),
                daily,
                1_000_000,
                "2026-01-01",
                "2026-03-30"
            ),
            48_224
        );
        assert_eq!(
            of(DayBasis::Act365, year, segment, -1_000_000, "2026-01-01", "2026-01-31"),
            -14_795
        );
        assert_eq!(of(DayBasis::Act365, year, segment, 1_000_000, "2026-01-31", "2026-01-31"), 0);
    }

    #[test]
    fn days_are_split_where_years_of_another_length_begin() {
        let spans = |basis, rate, from: &str, to: &str| -> Vec<(String, i64, Option<u16>)> {
            let interest = Interest { rate, basis, rounding: Rounding::Segment };
            let found = interest.spans(date(from), date(to)).into_iter();
            found.map(|span| (span.to.to_string(), span.days, span.year_days)).collect()
        };
        let year = Rate::Year(18_000_000);
        let end = |to: &str, days, year_days| (to.to_owned(), days, year_days);
        assert_eq!(
            spans(DayBasis::ActAct, year, "2027-12-20", "2029-01-20"),
            [
                end("2027-12-31", 11, Some(365)),
                end("2028-12-31", 366, Some(366)),
                end("2029-01-20", 20, Some(365))
            ]
        );
        let whole = |basis, rate, year_days| {
            let days = if basis == DayBasis::Thirty360 { 30 } else { 31 };
            let found = spans(basis, rate, "2027-12-20", "2028-01-20");
            assert_eq!(found, [end("2028-01-20", days, year_days)]);
        };
        whole(DayBasis::Act365, year, Some(365));
        whole(DayBasis::Thirty360, year, Some(360));
        whole(DayBasis::ActAct, Rate::Day(800_000), None);
        // Two common years are one span; the year that ends on the first day is not in it.
        let common = spans(DayBasis::ActAct, year, "2026-12-01", "2027-01-15");
        assert_eq!(common, [end("2027-01-15", 45, Some(365))]);
        let leap = spans(DayBasis::ActAct, year, "2027-12-31", "2028-01-31");
        assert_eq!(leap, [end("2028-01-31", 31, Some(366))]);
        assert!(spans(DayBasis::ActAct, year, "2028-01-31", "2028-01-31").is_empty());
    }

    #[test]
    fn over_precise_and_absurd_rates_are_no_rates() {
        let percent = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(Rate::yearly(percent("24.500000")), Some(Rate::Year(24_500_000)));
        assert_eq!(Rate::yearly(percent("0.0000001")), None);
        assert_eq!(Rate::yearly(percent("-1")), None);
        assert_eq!(Rate::yearly(percent("1000.000001")), None);
        assert_eq!(Rate::daily(percent("0.8")), Some(Rate::Day(800_000)));
        assert_eq!(Rate::daily(percent("11")), None);
        assert_eq!(Rate::Year(24_500_000).percent().to_string(), "24.5");
        assert_eq!(
            Rate::Year(30_000_000).capped_by(Rate::Year(20_000_000)),
            Rate::Year(20_000_000)
        );
        assert_eq!(Rate::Day(50_000).capped_by(Rate::Year(20_000_000)), Rate::Day(50_000));
    }
}
