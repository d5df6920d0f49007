//! The engine against the second computation: random loans, payments, moved dates, holidays and
//! early repayments. A difference prints its seed.

use super::super::dates::{DueRule, Shift};
use super::super::early::{self, Early};
use super::super::figures;
use super::super::interest::{DayBasis, Interest, Rate, Rounding};
use super::super::ledger::{
    Agreement, Assume, Book, CurrentInterest, EarlyOrder, Entry, Operation, PenaltyBase, Position,
    ReplanReason, walk,
};
use super::super::policy::Policy;
use super::super::schedule::{Pause, ScheduleKind};
use super::second::{Event, Second, next};
use super::{agreement, contract};
use crate::base::ids::splitmix;
use crate::base::time::Date;
use crate::domain::calendar::Calendar;
use chrono::{Datelike, Days, Months, Weekday};
use std::sync::atomic::{AtomicUsize, Ordering};

const POLICY: Policy<'static> = Policy::RU;
const LOANS: u64 = 10_000;

/// Dice of a seed.
pub(in crate::domain) struct Dice(pub(in crate::domain) u64);

impl Dice {
    pub(in crate::domain) fn upto(&mut self, sides: u64) -> u64 {
        splitmix(&mut self.0) % sides
    }
    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.upto(all.len() as u64)).unwrap()]
    }
}

pub(in crate::domain) fn loan(dice: &mut Dice) -> Agreement {
    let kind = dice.pick(&[
        ScheduleKind::Annuity,
        ScheduleKind::Annuity,
        ScheduleKind::EqualPrincipal,
        ScheduleKind::Instalment,
        ScheduleKind::Single,
    ]);
    let micro = match kind {
        ScheduleKind::Instalment => 0,
        _ => dice.pick(&[0, 5_000_000, 18_250_000, 24_000_000, 99_999_999, 292_000_000]),
    };
    let interest = Interest {
        rate: Rate::Year(micro),
        basis: dice.pick(&DayBasis::ALL),
        rounding: dice.pick(&[Rounding::Segment, Rounding::Segment, Rounding::Day]),
    };
    let issued = Date::from_ymd_opt(2022, 12, 1).unwrap() + Days::new(dice.upto(1_400));
    let count = u16::try_from(1 + dice.upto(14)).unwrap();
    Agreement {
        kind,
        interest,
        granted: i64::try_from(1_000 + dice.upto(20_000_000)).unwrap(),
        issued_on: issued,
        count: if kind == ScheduleKind::Single { 1 } else { count },
        dues: DueRule {
            shift: dice.pick(&[Shift::Stays, Shift::Adjusted, Shift::Unadjusted]),
            ..DueRule::MONTHLY
        },
        is_consumer: dice.upto(5) > 0,
        penalty: Rate::Year(dice.pick(&[0, 7_300_000, 20_000_000, 90_000_000])),
        penalty_base: dice.pick(&[PenaltyBase::Principal, PenaltyBase::PrincipalAndInterest]),
        interest_on_overdue: dice.upto(3) > 0,
        current_interest: dice.pick(&[CurrentInterest::Scheduled, CurrentInterest::Accrued]),
        early_order: dice.pick(&[EarlyOrder::InterestFirst, EarlyOrder::PrincipalOnly]),
        dpd_tolerance: dice.pick(&[0, 100]),
        ..agreement("1.00", 0, 1, "2026-01-01")
    }
}

/// Due dates by hand: nominal ones, and where days off move them.
fn dates(loan: &Agreement) -> Vec<(Date, Date, Date)> {
    let off = [
        "2023-01-02",
        "2023-01-03",
        "2023-01-04",
        "2023-01-05",
        "2023-01-06",
        "2023-02-23",
        "2023-03-08",
        "2023-05-01",
        "2023-05-09",
        "2023-06-12",
        "2024-01-01",
        "2024-01-02",
        "2024-01-03",
        "2024-01-04",
        "2024-01-05",
        "2024-01-08",
        "2024-02-23",
        "2024-03-08",
        "2024-05-01",
        "2024-05-09",
        "2024-06-12",
        "2024-11-04",
        "2025-01-01",
        "2025-01-02",
        "2025-01-03",
        "2025-01-06",
        "2025-01-07",
        "2025-01-08",
        "2025-05-01",
        "2025-05-02",
        "2025-05-08",
        "2025-05-09",
        "2025-06-12",
        "2025-06-13",
        "2025-11-03",
        "2025-11-04",
        "2025-12-31",
        "2026-01-01",
        "2026-01-02",
        "2026-01-05",
        "2026-01-06",
        "2026-01-07",
        "2026-01-08",
        "2026-01-09",
        "2026-02-23",
        "2026-03-09",
        "2026-05-01",
        "2026-05-11",
        "2026-06-12",
        "2026-11-04",
        "2026-12-31",
        "2027-01-01",
        "2027-01-04",
        "2027-01-05",
        "2027-01-06",
        "2027-01-07",
        "2027-01-08",
        "2027-02-22",
        "2027-02-23",
        "2027-03-08",
        "2027-05-03",
        "2027-05-10",
        "2027-06-14",
        "2027-11-04",
        "2027-11-05",
        "2027-12-31",
    ];
    let yearly = [
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
    ];
    let is_free = |day: Date| {
        let text = day.to_string();
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let untold = !(2025..=2027).contains(&day.year());
        let listed = off.contains(&text.as_str()) && !untold;
        let holiday = untold && yearly.contains(&(day.month(), day.day()));
        !["2025-11-01", "2027-02-20"].contains(&text.as_str()) && (weekend || listed || holiday)
    };
    (1..60)
        .map(|n| {
            let nominal = loan.issued_on.checked_add_months(Months::new(n)).unwrap();
            let mut moved = nominal;
            while is_free(moved) {
                moved = next(moved);
            }
            match loan.dues.shift {
                Shift::Stays => (nominal, nominal, nominal),
                Shift::Adjusted => (nominal, moved, moved),
                Shift::Unadjusted => (nominal, nominal, moved),
            }
        })
        .collect()
}

pub(in crate::domain) fn events(loan: &Agreement, dice: &mut Dice) -> Vec<(Date, Event)> {
    let span = 31 * u64::from(loan.count) + 120;
    let usual = loan.granted / i64::from(loan.count) + 1;
    let sum = |dice: &mut Dice| {
        let bound = u64::try_from(2 * usual).unwrap();
        i64::try_from(1 + dice.upto(bound)).unwrap()
    };
    let mut all = Vec::new();
    for _ in 0..dice.upto(3 + u64::from(loan.count)) {
        let on = loan.issued_on + Days::new(1 + dice.upto(span));
        let event = match dice.upto(16) {
            0 => Event::Fee(i64::try_from(1 + dice.upto(50_000)).unwrap()),
            1 | 2 => {
                let amount = sum(dice);
                all.push((on, Event::Pay(amount + sum(dice))));
                Event::EarlyPart(amount, dice.upto(2) == 0)
            }
            3 => {
                all.push((on, Event::Pay(loan.granted * 2)));
                Event::EarlyFull
            }
            4 => {
                let to = on + Days::new(1 + dice.upto(180));
                Event::Holiday(to, Rate::Year(dice.pick(&[0, 12_000_000, 18_200_000])))
            }
            _ => Event::Pay(sum(dice)),
        };
        all.push((on, event));
    }
    // Most people pay most instalments in time.
    if dice.upto(2) == 0 {
        let plan = contract(loan);
        let paid = dice.upto(1 + plan.rows.len() as u64);
        for row in plan.rows.iter().take(usize::try_from(paid).unwrap()) {
            all.push((row.due_on, Event::Pay(row.payment())));
        }
    }
    all.sort_by_key(|(on, _)| *on);
    all
}

/// Books what happened the way the product does: an early repayment that cannot be is not booked.
pub(in crate::domain) fn booked(loan: &Agreement, events: &[(Date, Event)]) -> Vec<Entry> {
    let plan = contract(loan);
    let mut entries: Vec<Entry> = Vec::new();
    for (on, event) in events {
        let book = Book::with(loan, &plan, &entries);
        let at = walk(&book, &POLICY, *on, Assume::Nothing, false);
        let operation = match event {
            Event::Pay(sum) => Some(Operation::Payment(*sum)),
            Event::Fee(sum) => Some(Operation::Fee(*sum)),
            Event::EarlyPart(sum, true) => {
                early::execute(&at, &Calendar::RU, Early::ShorterTerm(*sum), false).ok()
            }
            Event::EarlyPart(sum, false) => {
                early::execute(&at, &Calendar::RU, Early::SmallerPayment(*sum), false).ok()
            }
            Event::EarlyFull => early::execute(&at, &Calendar::RU, Early::Full, false).ok(),
            Event::Holiday(to, rate) => {
                let pause = Pause { from: *on, to: *to, rate: *rate };
                early::holiday(&at, &POLICY, &Calendar::RU, pause, 0)
                    .ok()
                    .map(|replan| Operation::Replan(Box::new(replan)))
            }
        };
        drop(at);
        entries.extend(operation.map(|operation| Entry { on: *on, operation }));
    }
    entries
}

/// What the random loans met, so that the test cannot pass by meeting nothing.
#[derive(Debug, Default)]
struct Met {
    early: AtomicUsize,
    holidays: AtomicUsize,
    closed: AtomicUsize,
    capped: AtomicUsize,
    late: AtomicUsize,
    moved: AtomicUsize,
}

impl Met {
    fn count(&self, entries: &[Entry], at: &Position<'_>) {
        let add = |counter: &AtomicUsize, yes: bool| {
            counter.fetch_add(usize::from(yes), Ordering::Relaxed);
        };
        for entry in entries {
            if let Operation::Replan(replan) = &entry.operation {
                add(&self.early, replan.reason == ReplanReason::EarlyPart);
                add(&self.holidays, replan.reason == ReplanReason::Holiday);
            }
        }
        add(&self.closed, at.closed.is_some());
        add(&self.capped, at.capped_on.is_some());
        add(&self.late, at.days_past_due() > 0);
        add(
            &self.moved,
            at.rows.iter().any(|row| row.row.due_on.day() != at.agreement.issued_on.day()),
        );
    }
}

fn compare(seed: u64, met: &Met) {
    let dice = &mut Dice(seed);
    let loan = &loan(dice);
    let dates = &dates(loan);
    let events = &events(loan, dice);
    let plan = contract(loan);
    let entries = booked(loan, events);
    let book = Book::with(loan, &plan, &entries);
    let nominal_end =
        loan.issued_on.checked_add_months(Months::new(u32::from(loan.count))).unwrap();
    let short = nominal_end <= loan.issued_on.checked_add_months(Months::new(12)).unwrap();
    let percent = match loan.issued_on.to_string().as_str() {
        day if day < "2023-07-01" => 150,
        day if day < "2026-04-01" => 130,
        _ => 100,
    };
    let cap = (short && loan.is_consumer).then_some(loan.granted * percent / 100);
    let mut second = Second::new(loan, dates, cap);
    for step in 0..6 {
        let until = second.today + Days::new(1 + dice.upto(150));
        second.live_through(until, events);
        let at = walk(&book, &POLICY, until, Assume::Nothing, true);
        let told = (
            at.principal_left(),
            at.interest_left(),
            at.penalty_left(),
            at.fees_left(),
            at.advance,
        );
        let expected = (
            second.principal(),
            second.interest(),
            second.fine(),
            if second.ended.is_some() { 0 } else { second.fees - second.fees_got },
            second.purse,
        );
        let case = || format!("seed {seed} on {until}: {loan:?}\n{events:?}");
        assert_eq!(told, expected, "principal, interest, penalty, fees, advance; {}", case());
        let told = (at.overdue(), i64::from(at.days_past_due()), at.due_now(), at.payoff());
        let payoff = second.payoff().max(0);
        let expected = (second.overdue(), second.days_late(), second.due_now(), payoff);
        assert_eq!(told, expected, "overdue, days, due now, payoff; {}", case());
        assert_eq!(at.capped_on, second.capped, "{}", case());
        assert_eq!(at.closed.map(|(on, _)| on), second.ended, "{}", case());
        let lines = figures::all(&at);
        let told =
            [&lines.interest, &lines.penalty, &lines.overdue, &lines.debt_today, &lines.payoff];
        let sums = [at.interest_left(), at.penalty_left(), at.overdue(), at.due_now(), at.payoff()];
        assert_eq!(told.map(|figure| figure.amount), sums, "lines; {}", case());
        assert_eq!(lines.total_left.amount, at.total_left(), "total left; {}", case());
        if step == 3 {
            met.count(&entries, &at);
        }
    }
}

#[test]
fn a_second_computation_agrees_on_ten_thousand_random_loans() {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let met = &Met::default();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let own = (0..LOANS).filter(move |seed| seed % threads == thread);
            scope.spawn(move || own.for_each(|seed| compare(seed, met)));
        }
    });
    let few = [&met.early, &met.holidays, &met.closed, &met.capped, &met.late, &met.moved]
        .map(|counter| counter.load(Ordering::Relaxed));
    assert!(few.iter().all(|count| *count > 150), "early, holidays, …: {met:?}");
}
