//! Every number of the law that the arithmetic needs, as dated rows with their sources.
//!
//! A row is in force from its day until the next row of its table. Which date chooses — that of
//! the contract or that of the event — stands at each table. Must never be asked for "now".

use super::interest::Rate;
use crate::base::time::Date;

/// A value in force from a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated<T> {
    /// First day: year, month, day.
    pub from: (i32, u32, u32),
    /// The value; `None` lifts the rule.
    pub value: Option<T>,
    /// Where it stands.
    pub source: &'static str,
}

/// The row of a table in force on `date`; tables are in order of their dates.
#[must_use]
pub fn on<T>(table: &[Dated<T>], date: Date) -> Option<&Dated<T>> {
    table.iter().rev().find(|row| first_day(row) <= date)
}

/// The value of a table on `date`.
#[must_use]
pub fn value_on<T: Copy>(table: &[Dated<T>], date: Date) -> Option<T> {
    on(table, date).and_then(|row| row.value)
}

/// The first day of a row.
#[must_use]
pub fn first_day<T>(row: &Dated<T>) -> Date {
    let (year, month, day) = row.from;
    Date::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// A kind of claim that a payment can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Interest of past-due instalments.
    OverdueInterest,
    /// Principal of past-due instalments.
    OverduePrincipal,
    /// Interest of the current period.
    CurrentInterest,
    /// Principal of the current period.
    CurrentPrincipal,
    /// Penalty.
    Penalty,
    /// Fees and other payments.
    Other,
}

/// The order in which an insufficient payment fills claims.
pub type Order = [Claim; 6];

use Claim::{CurrentInterest, CurrentPrincipal, Other, OverdueInterest, OverduePrincipal, Penalty};

/// What a lender's agreements may ask at most, and how payments are shared out.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// Order of consumer loans, by the date of the payment.
    pub allocation: &'a [Dated<Order>],
    /// Order of other loans, by the date of the payment.
    pub allocation_other: &'a [Dated<Order>],
    /// Highest penalty while contract interest goes on, by the day of delay.
    pub penalty_with_interest: &'a [Dated<Rate>],
    /// Highest penalty while contract interest stands still, by the day of delay.
    pub penalty_without_interest: &'a [Dated<Rate>],
    /// Highest penalty of an instalment service, by the day of delay.
    pub penalty_instalment_service: &'a [Dated<Rate>],
    /// Interest, penalty and fees of loans up to a year end at this percent of the sum granted, by
    /// the date of the contract.
    pub total_cap_percent: &'a [Dated<u32>],
    /// Highest rate per day, by the date of the contract.
    pub rate_cap: &'a [Dated<Rate>],
    /// Highest full cost of credit in thousandths of a percent, by the date of the contract.
    pub psk_cap: &'a [Dated<i64>],
    /// Days to return the whole loan without notice, by the date of the contract.
    pub withdrawal_days: &'a [Dated<u16>],
    /// The same for a loan with a purpose, whole or in part.
    pub withdrawal_days_purpose: &'a [Dated<u16>],
    /// Longest notice of an early repayment in days, by the date of the notice.
    pub notice_days: &'a [Dated<u16>],
    /// Longest credit holiday in months, by the date of the request.
    pub holiday_months: &'a [Dated<u16>],
    /// Longest instalment service in months, by the date of the contract.
    pub instalment_months: &'a [Dated<u16>],
}

/// The rules of Russia, for books that outlive a function.
pub static RU: Policy<'static> = Policy::RU;

const fn row<T>(from: (i32, u32, u32), value: T, source: &'static str) -> Dated<T> {
    Dated { from, value: Some(value), source }
}

impl Policy<'static> {
    /// Russia, as researched in domain.md 2 (2026-11-21).
    pub const RU: Self = Policy {
        allocation: &[
            row(
                (2014, 7, 1),
                [
                    OverdueInterest,
                    OverduePrincipal,
                    Penalty,
                    CurrentInterest,
                    CurrentPrincipal,
                    Other,
                ],
                "353-FZ art. 5 p. 20 in its first wording (domain.md 2.3)",
            ),
            row(
                (2024, 7, 1),
                [
                    OverdueInterest,
                    OverduePrincipal,
                    CurrentInterest,
                    CurrentPrincipal,
                    Penalty,
                    Other,
                ],
                "353-FZ art. 5 p. 20 as of 607-FZ of 2023-12-19 (domain.md 2.3)",
            ),
        ],
        allocation_other: &[row(
            (1995, 1, 1),
            [Other, OverdueInterest, CurrentInterest, OverduePrincipal, CurrentPrincipal, Penalty],
            "civil code art. 319: costs, interest, principal (domain.md 2.3)",
        )],
        penalty_with_interest: &[row(
            (2014, 7, 1),
            Rate::Year(20_000_000),
            "353-FZ art. 5 p. 21: 20 % a year (domain.md 2.4)",
        )],
        penalty_without_interest: &[row(
            (2014, 7, 1),
            Rate::Day(100_000),
            "353-FZ art. 5 p. 21: 0.1 % a day (domain.md 2.4)",
        )],
        penalty_instalment_service: &[row(
            (2026, 4, 1),
            Rate::Year(20_000_000),
            "283-FZ: 20 % a year (domain.md 2.4)",
        )],
        total_cap_percent: &[
            row((2019, 1, 28), 250, "353-FZ art. 5 p. 24 (domain.md 2.5)"),
            row((2019, 7, 1), 200, "353-FZ art. 5 p. 24 (domain.md 2.5)"),
            row((2020, 1, 1), 150, "353-FZ art. 5 p. 24 (domain.md 2.5)"),
            row((2023, 7, 1), 130, "353-FZ art. 5 p. 24 (domain.md 2.5)"),
            row(
                (2026, 4, 1),
                100,
                "353-FZ art. 5 p. 24 as of 545-FZ of 2025-12-29 (domain.md 2.5)",
            ),
        ],
        rate_cap: &[
            row((2019, 1, 28), Rate::Day(1_500_000), "353-FZ art. 5 p. 23 (domain.md 2.5)"),
            row((2019, 7, 1), Rate::Day(1_000_000), "353-FZ art. 5 p. 23 (domain.md 2.5)"),
            row((2023, 7, 1), Rate::Day(800_000), "353-FZ art. 5 p. 23 (domain.md 2.5)"),
        ],
        psk_cap: &[row((2023, 7, 1), 292_000, "353-FZ art. 6 p. 11: 292 % (domain.md 2.5)")],
        withdrawal_days: &[row((2014, 7, 1), 14, "353-FZ art. 11 p. 2 (domain.md 2.8)")],
        withdrawal_days_purpose: &[row((2014, 7, 1), 30, "353-FZ art. 11 p. 3 (domain.md 2.8)")],
        notice_days: &[row((2014, 7, 1), 30, "353-FZ art. 11 p. 4 (domain.md 2.8)")],
        holiday_months: &[row((2024, 1, 1), 6, "353-FZ art. 6.1-2 (domain.md 2.9)")],
        instalment_months: &[
            row((2026, 4, 1), 6, "283-FZ (domain.md 2.8)"),
            row((2028, 4, 1), 4, "283-FZ (domain.md 2.8)"),
        ],
    };
}

impl Policy<'_> {
    /// The order of a payment made on `date`.
    #[must_use]
    pub fn order(&self, consumer: bool, date: Date) -> Order {
        let table = if consumer { self.allocation } else { self.allocation_other };
        // A payment older than the oldest row follows the oldest one.
        value_on(table, date).or_else(|| table.first().and_then(|row| row.value)).unwrap_or([
            OverdueInterest,
            OverduePrincipal,
            CurrentInterest,
            CurrentPrincipal,
            Penalty,
            Other,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_of_the_day_is_found() {
        let cap = |date: &str| value_on(Policy::RU.total_cap_percent, date.parse().unwrap());
        let rows = [
            ("2019-01-27", None),
            ("2019-01-28", Some(250)),
            ("2019-06-30", Some(250)),
            ("2019-07-01", Some(200)),
            ("2020-01-01", Some(150)),
            ("2023-07-01", Some(130)),
            ("2026-03-31", Some(130)),
            ("2026-04-01", Some(100)),
        ];
        for (date, expected) in rows {
            assert_eq!(cap(date), expected, "{date}");
        }
        let (old, new) = ("2024-06-30".parse().unwrap(), "2024-07-01".parse().unwrap());
        assert_eq!(Policy::RU.order(true, old)[2], Penalty);
        assert_eq!(Policy::RU.order(true, new)[4], Penalty);
        assert_eq!(Policy::RU.order(false, new)[0], Other);
    }

    #[test]
    fn tables_are_in_order_and_name_their_sources() {
        fn check<T>(table: &[Dated<T>]) {
            assert!(table.windows(2).all(|pair| first_day(&pair[0]) < first_day(&pair[1])));
            assert!(table.iter().all(|row| !row.source.is_empty()));
            assert!(!table.is_empty());
        }
        let policy = Policy::RU;
        check(policy.allocation);
        check(policy.allocation_other);
        check(policy.penalty_with_interest);
        check(policy.penalty_without_interest);
        check(policy.penalty_instalment_service);
        check(policy.total_cap_percent);
        check(policy.rate_cap);
        check(policy.psk_cap);
        check(policy.withdrawal_days);
        check(policy.withdrawal_days_purpose);
        check(policy.notice_days);
        check(policy.holiday_months);
        check(policy.instalment_months);
    }
}
