//! The daily run of one day of the lender: that it began, and what it found and did.
//!
//! One stream per day. Everything that the run does is safe to repeat, so a run that was cut off
//! simply begins again; the last report of a day is the one that counts.

use crate::base::ids::LoanId;
use crate::base::money::Money;
use crate::base::time::{Date, Timestamp, day_number};
use crate::domain::access::Principal;
use crate::domain::loan::arrears::BUCKETS;
use crate::domain::{Aggregate, Context, Decision, Meta, Rejection, StreamId, StreamKind};
use chrono::Datelike;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The stream of the run of `day`. Later days come first in order of identifier, because the view
/// is never walked backwards.
#[must_use]
pub fn stream(day: Date) -> StreamId {
    let number = u32::try_from(day.num_days_from_ce()).unwrap_or(0);
    let inverted = u128::from(u32::MAX - number) << 96;
    StreamId::new(StreamKind::DailyRun, Uuid::from_u128(inverted))
}

/// Loans of one bucket of days past due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateSum {
    /// How many.
    pub loans: u64,
    /// What is past due, a sum per currency, in order of currency.
    pub overdue: Vec<Money>,
}

impl LateSum {
    /// Counts a loan with what is past due of it.
    pub fn add(&mut self, overdue: Money) {
        self.loans += 1;
        let currency = overdue.currency();
        match self.overdue.binary_search_by_key(&currency, |sum| sum.currency()) {
            Ok(place) => {
                let minor = self.overdue[place].minor().saturating_add(overdue.minor());
                self.overdue[place] = Money::from_minor(minor, currency);
            }
            Err(place) => self.overdue.insert(place, overdue),
        }
    }
}

/// What became of the requests for early repayment whose day has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCounts {
    /// Carried out.
    pub executed: u32,
    /// Ended: the money did not come in time.
    pub expired: u32,
    /// Left open: the money may still come.
    pub waiting: u32,
    /// Loans that refused; the log says why.
    pub failed: u32,
}

/// Loans that a run could not get at: their lanes were busy however often it asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// How many.
    pub loans: u32,
    /// The first of them.
    pub named: Vec<LoanId>,
}

/// What a run found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DailyReport {
    /// Loans known.
    pub loans: u64,
    /// Past-due loans, by [`BUCKETS`].
    pub buckets: [LateSum; BUCKETS.len()],
    /// Requests for early repayment.
    pub requests: RequestCounts,
    /// Milliseconds of the search for past-due loans.
    pub scan_milliseconds: u32,
}

/// The run of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DailyRun {
    /// Set when it began.
    pub day: Option<Date>,
    /// How often it began.
    pub begun: u32,
    /// When it began last.
    pub started_at: Timestamp,
    /// Who began it last.
    pub by: Option<Principal>,
    /// When it ended; `None` while it runs or when it was cut off.
    pub ended_at: Option<Timestamp>,
    /// What it found and did when it went through last.
    pub report: Option<DailyReport>,
    /// What it left when it went through last without coming to its end.
    pub undone: Option<Undone>,
}

/// What is asked of a run.
#[derive(Clone, Debug)]
pub enum DailyRunCommand {
    /// It begins, for the first time or again.
    Begin {
        /// The day.
        day: Date,
    },
    /// It is done.
    End(Box<DailyReport>),
    /// It went through, but for some loans: it must begin again.
    Leave(Box<DailyReport>, Undone),
}

/// What happened to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DailyRunEvent {
    /// It began.
    Begun(Begun),
    /// It ended.
    Ended(Ended),
    /// It went through, but for some loans.
    LeftUndone(LeftUndone),
}

/// It began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The day.
    #[serde(with = "day_number")]
    pub day: Date,
}

/// It ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// What it found and did.
    pub report: Box<DailyReport>,
}

/// It went through, but for some loans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftUndone {
    /// What it found and did.
    pub report: Box<DailyReport>,
    /// What is still to do.
    pub undone: Undone,
}

impl Aggregate for DailyRun {
    type Command = DailyRunCommand;
    type Event = DailyRunEvent;

    fn decide(
        &self,
        command: DailyRunCommand,
        _context: &Context,
    ) -> Result<Decision<DailyRunEvent>, Rejection> {
        let event = match command {
            DailyRunCommand::Begin { day } => DailyRunEvent::Begun(Begun { day }),
            DailyRunCommand::End(_) | DailyRunCommand::Leave(..)
                if self.day.is_none() || self.ended_at.is_some() =>
            {
                let help = "this run is not under way; start it again";
                return Err(Rejection::rule("daily_run_not_running", help));
            }
            DailyRunCommand::End(report) => DailyRunEvent::Ended(Ended { report }),
            DailyRunCommand::Leave(report, undone) => {
                DailyRunEvent::LeftUndone(LeftUndone { report, undone })
            }
        };
        Ok(Decision::events(vec![event]))
    }

    fn evolve(&mut self, event: &DailyRunEvent, meta: &Meta) {
        match event {
            DailyRunEvent::Begun(begun) => {
                self.day = Some(begun.day);
                self.begun = self.begun.saturating_add(1);
                self.started_at = meta.at;
                self.by = Some(meta.actor);
                (self.ended_at, self.undone) = (None, None);
            }
            DailyRunEvent::Ended(ended) => {
                self.ended_at = Some(meta.at);
                self.report = Some(*ended.report.clone());
            }
            DailyRunEvent::LeftUndone(left) => {
                self.report = Some(*left.report.clone());
                self.undone = Some(left.undone.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::money::Currency;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn given(commands: &[DailyRunCommand]) -> Result<DailyRun, Rejection> {
        let context = Context {
            now: Timestamp::from_micros(1),
            zone: chrono_tz::Europe::Moscow,
            principal: Principal::System,
        };
        let mut run = DailyRun::default();
        for (n, command) in commands.iter().enumerate() {
            let at = Timestamp::from_micros(i64::try_from(n).unwrap() + 1);
            let meta = Meta { seq: 1, at, actor: Principal::System, drawn: vec![] };
            for event in run.decide(command.clone(), &context)?.events {
                run.evolve(&event, &meta);
            }
        }
        Ok(run)
    }

    #[test]
    fn a_run_that_was_cut_off_begins_again_and_ends_once() {
        let begin = DailyRunCommand::Begin { day: day("2026-11-22") };
        let end =
            |loans| DailyRunCommand::End(Box::new(DailyReport { loans, ..DailyReport::default() }));
        let run = given(&[begin.clone(), begin.clone(), end(7)]).unwrap();
        assert_eq!((run.begun, run.started_at.micros()), (2, 2));
        assert_eq!(run.ended_at.map(Timestamp::micros), Some(3));
        assert_eq!(run.report.unwrap().loans, 7);
        // The report of the morning stands until the next one is done.
        let again = given(&[begin.clone(), end(7), begin.clone()]).unwrap();
        assert_eq!((again.ended_at, again.report.unwrap().loans), (None, 7));
        let code = |commands: &[DailyRunCommand]| given(commands).unwrap_err().code;
        assert_eq!(code(&[end(1)]), "daily_run_not_running");
        assert_eq!(code(&[begin.clone(), end(1), end(2)]), "daily_run_not_running");
        // What it left is told until it begins again.
        let undone = Undone { loans: 1, named: vec![LoanId::from_uuid(Uuid::from_u128(5))] };
        let leave = DailyRunCommand::Leave(Box::default(), undone.clone());
        assert_eq!(code(&[begin.clone(), end(1), leave.clone()]), "daily_run_not_running");
        let left = given(&[begin.clone(), leave.clone()]).unwrap();
        assert_eq!((left.ended_at, left.undone, left.report.is_some()), (None, Some(undone), true));
        let ended = given(&[begin.clone(), leave, begin, end(1)]).unwrap();
        assert_eq!((ended.undone, ended.begun, ended.ended_at.is_some()), (None, 2, true));
    }

    #[test]
    fn later_days_come_first() {
        let days = ["2027-01-01", "2026-12-31", "2026-11-22", "1999-01-01"];
        let ids: Vec<Uuid> = days.map(|text| stream(day(text)).id).to_vec();
        assert!(ids.is_sorted());
    }

    #[test]
    fn sums_of_different_currencies_are_never_added() {
        let mut late = LateSum::default();
        for (minor, currency) in
            [(100, Currency::Usd), (5, Currency::Rub), (200, Currency::Usd), (7, Currency::Rub)]
        {
            late.add(Money::from_minor(minor, currency));
        }
        let rub = Money::from_minor(12, Currency::Rub);
        assert_eq!(
            (late.loans, late.overdue),
            (4, vec![rub, Money::from_minor(300, Currency::Usd)])
        );
    }
}
