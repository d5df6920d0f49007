//! The production calendar: which days are worked, by dated tables with their sources.
//!
//! A table holds only what differs from the week: public holidays, days off moved to weekdays and
//! weekend days that are worked. Must never guess silently: [`Calendar::is_settled`] tells whether
//! the government's table of the year is known; other years follow the week and the holidays that
//! stand in the labour code.

use crate::base::time::Date;
use chrono::{Datelike, Days, Weekday};

/// Month and day.
type MonthDay = (u32, u32);

/// What a year has besides its weeks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearTable<'a> {
    /// The year.
    pub year: i32,
    /// Days off that are not simply a Saturday or a Sunday.
    pub off: &'a [MonthDay],
    /// Saturdays and Sundays that are worked.
    pub worked: &'a [MonthDay],
    /// Where it stands.
    pub source: &'a str,
}

/// Working days of a country or of a lender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar<'a> {
    /// Holidays of every year, used for years without a table of their own.
    pub every_year: &'a [MonthDay],
    /// Years with a table of their own.
    pub years: &'a [YearTable<'a>],
}

/// The farthest walk to a working day; no run of days off is as long.
const WALK_DAYS_MAX: usize = 60;

impl Calendar<'static> {
    /// Russia. Checked against the table `RU` of PyPI `holidays` 0.108 (domain.md S27).
    pub const RU: Self = Calendar {
        every_year: &[
            (1, 1),
            (1, 2),
            (1, 3),
            (1, 4),
            (1, 5),
            (1, 6),
            (1, 7),
            (1, 8),
            (2, 23),
            (3, 8),
            (5, 1),
            (5, 9),
            (6, 12),
            (11, 4),
        ],
        years: &[
            YearTable {
                year: 2025,
                off: &[
                    (1, 1),
                    (1, 2),
                    (1, 3),
                    (1, 6),
                    (1, 7),
                    (1, 8),
                    (5, 1),
                    (5, 2),
                    (5, 8),
                    (5, 9),
                    (6, 12),
                    (6, 13),
                    (11, 3),
                    (11, 4),
                    (12, 31),
                ],
                worked: &[(11, 1)],
                source: "labour code art. 112; government decree 1335 of 2024-10-04",
            },
            YearTable {
                year: 2026,
                off: &[
                    (1, 1),
                    (1, 2),
                    (1, 5),
                    (1, 6),
                    (1, 7),
                    (1, 8),
                    (1, 9),
                    (2, 23),
                    (3, 9),
                    (5, 1),
                    (5, 11),
                    (6, 12),
                    (11, 4),
                    (12, 31),
                ],
                worked: &[],
                source: "labour code art. 112; government decree 1466 of 2025-09-24",
            },
            YearTable {
                year: 2027,
                off: &[
                    (1, 1),
                    (1, 4),
                    (1, 5),
                    (1, 6),
                    (1, 7),
                    (1, 8),
                    (2, 22),
                    (2, 23),
                    (3, 8),
                    (5, 3),
                    (5, 10),
                    (6, 14),
                    (11, 4),
                    (11, 5),
                    (12, 31),
                ],
                worked: &[(2, 20)],
                source: "labour code art. 112; days moved as in PyPI holidays 0.108, table RU 2027",
            },
        ],
    };
}

impl Calendar<'_> {
    /// Whether the table of this year is known.
    #[must_use]
    pub fn is_settled(&self, year: i32) -> bool {
        self.years.iter().any(|table| table.year == year)
    }

    /// Whether `date` is worked.
    #[must_use]
    pub fn is_working(&self, date: Date) -> bool {
        let day = (date.month(), date.day());
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        match self.years.iter().find(|table| table.year == date.year()) {
            Some(table) if weekend => table.worked.contains(&day),
            Some(table) => !table.off.contains(&day),
            None => !weekend && !self.every_year.contains(&day),
        }
    }

    /// `date` if it is worked, else the next day that is (civil code art. 193).
    #[must_use]
    pub fn working_from(&self, date: Date) -> Date {
        date.iter_days().take(WALK_DAYS_MAX).find(|day| self.is_working(*day)).unwrap_or(date)
    }

    /// The date `count` working days after `date`; `date` itself is not counted.
    #[must_use]
    pub fn plus_working(&self, date: Date, count: u32) -> Date {
        (0..count).fold(date, |day, _| {
            day.checked_add_days(Days::new(1)).map_or(day, |next| self.working_from(next))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn years_have_as_many_working_days_as_the_tables_of_the_ministry_say() {
        for (year, expected) in [(2025, 247), (2026, 247), (2027, 247)] {
            let first = Date::from_ymd_opt(year, 1, 1).unwrap();
            let days = first.iter_days().take_while(|day| day.year() == year);
            let worked = days.filter(|day| Calendar::RU.is_working(*day)).count();
            assert_eq!(worked, expected, "{year}");
            assert!(Calendar::RU.is_settled(year));
        }
        assert!(!Calendar::RU.is_settled(2028));
    }

    #[test]
    fn a_day_off_moves_to_the_next_working_day() {
        let rows = [
            ("2026-02-15", "2026-02-16"),
            ("2026-03-15", "2026-03-16"),
            ("2026-08-15", "2026-08-17"),
            ("2026-11-15", "2026-11-16"),
            ("2026-04-15", "2026-04-15"),
            ("2025-11-01", "2025-11-01"),
            ("2025-11-02", "2025-11-05"),
            ("2025-12-31", "2026-01-12"),
            ("2027-02-20", "2027-02-20"),
            ("2027-02-21", "2027-02-24"),
            ("2026-12-31", "2027-01-11"),
            ("2029-01-01", "2029-01-09"),
        ];
        for (from, to) in rows {
            assert_eq!(Calendar::RU.working_from(date(from)), date(to), "{from}");
        }
        assert_eq!(Calendar::RU.plus_working(date("2026-12-30"), 1), date("2027-01-11"));
        assert_eq!(Calendar::RU.plus_working(date("2026-11-20"), 5), date("2026-11-27"));
    }
}
