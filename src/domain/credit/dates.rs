//! Due dates: always re-derived from the original day of the month, clipped to short months, and
//! moved to working days where the agreement says so (domain.md 2.1).

use crate::base::time::Date;
use crate::domain::calendar::Calendar;
use chrono::{Datelike, Days, Months};
use serde::{Deserialize, Serialize};

/// What lies between two payments. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Whole months.
    Months(u8),
    /// Whole days.
    Days(u16),
}

/// What a day off does to a due date. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shift {
    /// Nothing.
    Stays,
    /// It moves to the next working day; interest runs to the moved day.
    Adjusted,
    /// It moves, interest is shown to the day of the schedule; the days between belong to the next
    /// period.
    Unadjusted,
}

/// Where due dates come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueRule {
    /// From one to the next.
    pub step: Step,
    /// The first one, when it is not a step after the issue.
    pub first_on: Option<Date>,
    /// The original day of the month, 1 to 31; `None` takes that of the first date or of the issue.
    pub day: Option<u8>,
    /// Days off.
    pub shift: Shift,
}

/// One due date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Interest is reckoned up to this day.
    pub accrues_to: Date,
    /// The last day to pay.
    pub due_on: Date,
}

impl DueRule {
    /// Monthly, unmoved, from the day of issue.
    pub const MONTHLY: Self =
        Self { step: Step::Months(1), first_on: None, day: None, shift: Shift::Stays };

    /// Due date number `n` (from 1) before any move.
    #[must_use]
    pub fn nominal(&self, issued_on: Date, n: u32) -> Date {
        let steps = if self.first_on.is_some() { n.saturating_sub(1) } else { n };
        let start = self.first_on.unwrap_or(issued_on);
        match self.step {
            Step::Days(days) => {
                let days = u64::from(days) * u64::from(steps);
                start.checked_add_days(Days::new(days)).unwrap_or(Date::MAX)
            }
            Step::Months(months) => {
                let day = self.day.map_or(start.day(), u32::from);
                month_day(start, u32::from(months) * steps, day)
            }
        }
    }

    /// Due date number `n` (from 1).
    #[must_use]
    pub fn due(&self, issued_on: Date, n: u32, calendar: &Calendar<'_>) -> Due {
        let nominal = self.nominal(issued_on, n);
        let moved = calendar.working_from(nominal);
        match self.shift {
            Shift::Stays => Due { accrues_to: nominal, due_on: nominal },
            Shift::Adjusted => Due { accrues_to: moved, due_on: moved },
            Shift::Unadjusted => Due { accrues_to: nominal, due_on: moved },
        }
    }

    /// The first `count` due dates.
    #[must_use]
    pub fn first(&self, issued_on: Date, count: u32, calendar: &Calendar<'_>) -> Vec<Due> {
        (1..=count).map(|n| self.due(issued_on, n, calendar)).collect()
    }

    /// The day of the schedule from which a day off moved the last day to pay; `None` where it did
    /// not.
    #[must_use]
    pub fn moved_from(
        &self,
        issued_on: Date,
        due_on: Date,
        calendar: &Calendar<'_>,
    ) -> Option<Date> {
        let nominal = (1..=NUMBERS_MAX)
            .map(|n| self.nominal(issued_on, n))
            .take_while(|nominal| *nominal < due_on)
            .last()?;
        let is_moved = self.shift != Shift::Stays && calendar.working_from(nominal) == due_on;
        is_moved.then_some(nominal)
    }

    /// `count` due dates whose unmoved day is after `date`.
    #[must_use]
    pub fn after(
        &self,
        issued_on: Date,
        date: Date,
        count: usize,
        calendar: &Calendar<'_>,
    ) -> Vec<Due> {
        (1..=NUMBERS_MAX)
            .filter(|n| self.nominal(issued_on, *n) > date)
            .take(count)
            .map(|n| self.due(issued_on, n, calendar))
            .collect()
    }
}

/// The farthest due date that is looked for: a century of weeks.
const NUMBERS_MAX: u32 = 5_200;

/// `day` of the month that lies `months` after that of `start`, clipped to its end.
fn month_day(start: Date, months: u32, day: u32) -> Date {
    let first = start.with_day(1).unwrap_or(start);
    let month = first.checked_add_months(Months::new(months)).unwrap_or(Date::MAX);
    (0..4)
        .find_map(|short| month.with_day(day.clamp(1, 31).saturating_sub(short).max(1)))
        .unwrap_or(month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_short_month_does_not_change_the_day_of_the_next_one() {
        let dues = DueRule::MONTHLY.first(date("2027-08-31"), 7, &Calendar::RU);
        let found: Vec<String> = dues.iter().map(|due| due.due_on.to_string()).collect();
        assert_eq!(
            found,
            [
                "2027-09-30",
                "2027-10-31",
                "2027-11-30",
                "2027-12-31",
                "2028-01-31",
                "2028-02-29",
                "2028-03-31"
            ]
        );
    }

    #[test]
    fn days_off_move_the_day_to_pay_and_perhaps_the_interest() {
        let issued = date("2026-01-15");
        let rows = [
            (Shift::Stays, "2026-02-15", "2026-02-15"),
            (Shift::Adjusted, "2026-02-16", "2026-02-16"),
            (Shift::Unadjusted, "2026-02-15", "2026-02-16"),
        ];
        for (shift, accrues_to, due_on) in rows {
            let due = DueRule { shift, ..DueRule::MONTHLY }.due(issued, 1, &Calendar::RU);
            assert_eq!(due, Due { accrues_to: date(accrues_to), due_on: date(due_on) });
            let rule = DueRule { shift, ..DueRule::MONTHLY };
            let moved = (shift != Shift::Stays).then(|| date("2026-02-15"));
            assert_eq!(rule.moved_from(issued, due.due_on, &Calendar::RU), moved);
            // The fifteenth of April is worked.
            assert_eq!(rule.moved_from(issued, date("2026-04-15"), &Calendar::RU), None);
        }
    }

    #[test]
    fn a_first_date_a_chosen_day_and_weeks_are_followed() {
        let first_on = Some(date("2026-02-15"));
        let rule = DueRule { first_on, ..DueRule::MONTHLY };
        assert_eq!(rule.nominal(date("2026-01-10"), 1), date("2026-02-15"));
        assert_eq!(rule.nominal(date("2026-01-10"), 2), date("2026-03-15"));
        let rule = DueRule { day: Some(31), ..DueRule::MONTHLY };
        assert_eq!(rule.nominal(date("2026-01-10"), 1), date("2026-02-28"));
        let rule = DueRule { step: Step::Days(14), ..DueRule::MONTHLY };
        assert_eq!(rule.nominal(date("2026-01-10"), 2), date("2026-02-07"));
        let later =
            DueRule::MONTHLY.after(date("2026-01-15"), date("2026-05-15"), 1, &Calendar::RU);
        assert_eq!(later[0].due_on, date("2026-06-15"));
    }
}
