//! Since when a loan is in arrears: the one day from which days past due follow for every later
//! date, so that nothing is written per loan and day (design 5).
//!
//! It changes only when something is booked. Must never depend on today.

use super::Loan;
use super::own::Own;
use super::standing;
use crate::base::time::{Date, day_number};
use crate::domain::credit::ledger::{Assume, Operation, walk};
use crate::domain::credit::policy;
use chrono::Days;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Since when a loan is behind, if no more money comes in than is known. Stored in the view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// The last day to pay of the oldest instalment that is not covered; in arrears on the days
    /// after it.
    #[serde(with = "day_number")]
    pub due_on: Date,
    /// Holidays, in which the clock of delay stands still: after the first day, up to and with the
    /// second.
    pub pauses: Vec<(Date, Date)>,
    /// Another system tells so, on this day: days past due are those of this day, as on the card.
    pub as_of: Option<Date>,
}

impl Behind {
    /// Days past due on `today`; 0 while it is not in arrears.
    #[must_use]
    pub fn days_past_due(&self, today: Date) -> u32 {
        let on = self.as_of.map_or(today, |as_of| as_of.min(today));
        let paused: i64 = self
            .pauses
            .iter()
            .map(|(from, to)| ((*to).min(on) - (*from).max(self.due_on)).num_days().max(0))
            .sum();
        u32::try_from((on - self.due_on).num_days() - paused).unwrap_or(0)
    }

    /// How its days past due go on `today`; `None` while it is not in arrears.
    #[must_use]
    pub fn clock(&self, today: Date) -> Option<Clock> {
        let days = self.days_past_due(today);
        let is_paused = self.pauses.iter().any(|(from, to)| *from < today && today <= *to);
        if days == 0 {
            None
        } else if self.as_of.is_some() || is_paused {
            Some(Clock::Stopped(days))
        } else {
            today.checked_sub_days(Days::new(days.into())).map(Clock::Since)
        }
    }

    /// All ways in which its days past due will ever go, if nothing more is booked.
    #[must_use]
    pub fn clocks(&self) -> Vec<Clock> {
        if let Some(as_of) = self.as_of {
            return self.clock(as_of).into_iter().collect();
        }
        let turns = self.pauses.iter().flat_map(|(from, to)| [(*from).max(self.due_on), *to]);
        let turns = [self.due_on].into_iter().chain(turns);
        let mut clocks: Vec<Clock> =
            turns.filter_map(|day| day.succ_opt()).filter_map(|day| self.clock(day)).collect();
        clocks.sort_unstable();
        clocks.dedup();
        clocks
    }
}

/// How days past due go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clock {
    /// As many as there are since this day: one more each day.
    Since(Date),
    /// So many, whatever day it is: a holiday, or another system's word.
    Stopped(u32),
}

/// Since when the loan is or will be in arrears, if nothing else comes in; `None` when it never
/// will be, or when nobody tells.
#[must_use]
pub fn behind(loan: &Loan) -> Option<Behind> {
    if let Some(own) = &loan.own {
        return by_book(own);
    }
    if !loan.terms.status.is_open() {
        return None;
    }
    let stated = &loan.figures;
    match (stated.as_of, stated.overdue) {
        // What the other system states wins, as it does on the card.
        (Some(_), Some(..=0)) => None,
        (Some(as_of), Some(_)) => Some(by_figures(loan, as_of)),
        _ => by_schedule(loan).map(plain),
    }
}

const fn plain(due_on: Date) -> Behind {
    Behind { due_on, pauses: Vec::new(), as_of: None }
}

/// The last day to pay of the oldest instalment that is not covered.
fn by_schedule(loan: &Loan) -> Option<Date> {
    let uncovered = standing::uncovered(loan).filter(|(_, left)| *left > 0);
    // A later date never moves to an earlier day.
    uncovered.map(|(row, _)| row).min_by_key(|row| row.due_on).map(standing::last_day)
}

/// The other system says that something is past due on `as_of`. Without the days, the schedule
/// tells them; without a schedule it is one day at least.
fn by_figures(loan: &Loan, as_of: Date) -> Behind {
    let days = loan.figures.days_past_due.filter(|days| *days > 0);
    let of_days = days.and_then(|days| as_of.checked_sub_days(Days::new(days.into())));
    let of_schedule = || by_schedule(loan).filter(|due| *due < as_of);
    let due_on = of_days.or_else(of_schedule).or_else(|| as_of.pred_opt()).unwrap_or(as_of);
    Behind { due_on, pauses: Vec::new(), as_of: Some(as_of) }
}

/// Walks to the day after everything has fallen due, with the money known.
fn by_book(own: &Own) -> Option<Behind> {
    let book = own.book();
    let plans = book.entries.iter().filter_map(|(_, operation)| match operation {
        Operation::Replan(replan) => Some(&replan.plan),
        _ => None,
    });
    let dues = plans.chain([&own.plan]).filter_map(|plan| plan.ends_on());
    let last = dues.chain(book.entries.iter().map(|(on, _)| *on)).max()?;
    let at = walk(&book, &policy::RU, last.succ_opt()?, Assume::Nothing, false);
    let due_on = at.oldest_late()?.row.due_on;
    Some(Behind { due_on, pauses: at.pauses.clone(), as_of: None })
}

/// The buckets of days past due (domain.md 2.6), the loans without delay left out.
pub const BUCKETS: [&str; 6] = ["1-30", "31-60", "61-90", "91-180", "181-360", "361+"];

/// The days of each of [`BUCKETS`].
pub const BUCKET_DAYS: [RangeInclusive<u32>; BUCKETS.len()] =
    [1..=30, 31..=60, 61..=90, 91..=180, 181..=360, 361..=u32::MAX];

/// Which of [`BUCKETS`] so many days fall into; `None` for 0.
#[must_use]
pub fn bucket_index(days_past_due: u32) -> Option<usize> {
    BUCKET_DAYS.iter().position(|days| days.contains(&days_past_due))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::PartId;
    use crate::base::money::{Currency, Money};
    use crate::domain::credit::ledger::{Book, Entry, Position};
    use crate::domain::credit::tests::independent::{Dice, booked, events, loan as terms};
    use crate::domain::credit::tests::{contract, date};
    use crate::domain::loan::Instalment;
    use crate::domain::loan::own::{Booked, Payer};
    use crate::domain::loan::{Figures, LoanStatus, LoanTerms, Payment, PaymentKind};
    use uuid::Uuid;

    /// A loan kept here with this book.
    fn kept(agreement: &crate::domain::credit::ledger::Agreement, entries: &[Entry]) -> Loan {
        let booked = entries.iter().enumerate().map(|(n, entry)| Booked {
            id: PartId::from_uuid(Uuid::from_u128(n as u128)),
            key: None,
            on: entry.on,
            payer: Payer::Client,
            reversed: None,
            operation: entry.operation.clone(),
        });
        let own = Own {
            agreement: agreement.clone(),
            plan: contract(agreement),
            booked: booked.collect(),
            requests: Vec::new(),
        };
        Loan { own: Some(Box::new(own)), ..Loan::default() }
    }

    #[test]
    fn one_day_tells_the_days_past_due_of_every_later_day() {
        let (mut late, mut never, mut paused) = (0, 0, 0);
        for seed in 300_000..301_000 {
            let dice = &mut Dice(seed);
            let agreement = terms(dice);
            let entries = booked(&agreement, &events(&agreement, dice));
            let (loan, plan) = (kept(&agreement, &entries), contract(&agreement));
            let book = Book::with(&agreement, &plan, &entries);
            let found = behind(&loan);
            let known = entries.iter().map(|entry| entry.on).max();
            let mut day = known.unwrap_or(agreement.issued_on);
            for _ in 0..12 {
                let at: Position<'_> = walk(&book, &policy::RU, day, Assume::Nothing, false);
                let days = found.as_ref().map_or(0, |behind| behind.days_past_due(day));
                assert_eq!(days, at.days_past_due(), "seed {seed} on {day}: {found:?}");
                let clock = found.as_ref().and_then(|behind| behind.clock(day));
                let told = clock.map_or(0, |clock| match clock {
                    Clock::Since(since) => u32::try_from((day - since).num_days()).unwrap(),
                    Clock::Stopped(days) => days,
                });
                assert_eq!(told, days, "seed {seed} on {day}: {clock:?}");
                let all = found.as_ref().map_or_else(Vec::new, Behind::clocks);
                assert!(clock.is_none_or(|clock| all.contains(&clock)), "seed {seed} on {day}");
                let pauses = found.as_ref().map_or(0, |behind| behind.pauses.len());
                assert!(all.len() <= 1 + 2 * pauses, "seed {seed}: {all:?}");
                paused += u32::from(at.is_paused() && days > 0);
                day = day + Days::new(1 + dice.upto(60));
            }
            late += u32::from(found.is_some());
            never += u32::from(found.is_none());
        }
        assert!(late > 200 && never > 100 && paused > 20, "{late} {never} {paused}");
    }

    fn row(n: u16, due: &str) -> Instalment {
        let due_on = date(due);
        Instalment { n, due_on, principal: 900, interest: 100, fee: 0, balance: 0 }
    }

    fn external(paid: &[i64], figures: Figures) -> Loan {
        let pay = |amount: &i64| Payment {
            source_key: String::new(),
            on: date("2026-02-10"),
            amount: *amount,
            kind: PaymentKind::Payment,
        };
        Loan {
            terms: LoanTerms {
                principal: Money::from_minor(2_700, Currency::Rub),
                ..LoanTerms::default()
            },
            schedule: vec![row(1, "2026-02-15"), row(2, "2026-03-15"), row(3, "2026-04-15")],
            payments: paid.iter().map(pay).collect(),
            figures,
            ..Loan::default()
        }
    }

    #[test]
    fn another_systems_loan_is_behind_by_its_schedule_or_as_stated() {
        let told = |loan: &Loan| {
            behind(loan)
                .map(|found| (found.due_on.to_string(), found.days_past_due(date("2026-05-01"))))
        };
        let expect = |day: &str, days| Some((day.to_owned(), days));
        let silent = Figures::default;
        assert_eq!(told(&external(&[], silent())), expect("2026-02-16", 74));
        assert_eq!(told(&external(&[1_000], silent())), expect("2026-03-16", 46));
        assert_eq!(told(&external(&[1_000, 999], silent())), expect("2026-03-16", 46));
        assert_eq!(told(&external(&[3_000], silent())), None);
        let closed = external(&[], silent());
        let status = LoanStatus::ClosedPaid;
        let closed = Loan { terms: LoanTerms { status, ..closed.terms.clone() }, ..closed };
        assert_eq!(told(&closed), None);

        let stated = |overdue, days_past_due| Figures {
            as_of: Some(date("2026-04-30")),
            overdue: Some(overdue),
            days_past_due,
            ..Figures::default()
        };
        assert_eq!(told(&external(&[], stated(0, Some(0)))), None, "the other system's word");
        assert_eq!(told(&external(&[3_000], stated(500, Some(20)))), expect("2026-04-10", 20));
        assert_eq!(told(&external(&[1_000], stated(500, None))), expect("2026-03-16", 45));
        assert_eq!(told(&external(&[3_000], stated(500, None))), expect("2026-04-29", 1));
        for loan in [
            external(&[3_000], stated(500, Some(20))),
            external(&[1_000], silent()),
            external(&[1_000], stated(500, None)),
            external(&[3_000], stated(500, Some(0))),
        ] {
            let today = date("2026-05-01");
            let days = behind(&loan).unwrap().days_past_due(today);
            assert_eq!(days, standing::on(&loan, today).days_past_due, "as on the card");
        }
        let early = behind(&external(&[], silent())).unwrap();
        let on_day = |day: &str| early.days_past_due(date(day));
        // The 15th is a Sunday.
        assert_eq!([on_day("2026-02-01"), on_day("2026-02-16"), on_day("2026-02-17")], [0, 0, 1]);
    }

    #[test]
    fn every_bucket_but_the_first_has_its_place() {
        let places: Vec<Option<usize>> =
            [0, 1, 30, 31, 60, 90, 180, 360, 361].map(bucket_index).to_vec();
        let expected =
            [None, Some(0), Some(0), Some(1), Some(1), Some(2), Some(3), Some(4), Some(5)];
        assert_eq!(places, expected);
        for days in 1..400 {
            assert_eq!(BUCKETS[bucket_index(days).unwrap()], standing::bucket(days));
        }
    }
}
