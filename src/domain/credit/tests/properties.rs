//! Properties of random books: money conserves, no claim is filled beyond itself, what comes later
//! changes nothing before, a figure is the sum of its lines.

use super::super::calculator;
use super::super::early::{self, Early};
use super::super::figures::{self, Figure, Line, Which};
use super::super::ledger::{Assume, Book, Entry, Operation, Position, walk};
use super::super::policy::Policy;
use super::super::psk::PskMethod;
use super::contract;
use super::independent::{Dice, booked, events, loan};
use crate::domain::calendar::Calendar;
use chrono::Days;

const POLICY: Policy<'static> = Policy::RU;

/// Money that came in less money that went out.
fn received(entries: &[Entry], at: &Position<'_>) -> i64 {
    entries
        .iter()
        .filter(|entry| entry.on <= at.on)
        .map(|entry| match entry.operation {
            Operation::Payment(amount) => amount,
            Operation::Refund(amount) => -amount,
            _ => 0,
        })
        .sum()
}

fn check(entries: &[Entry], at: &Position<'_>, case: &str) {
    let row_fees: i64 = at.rows.iter().map(|row| row.paid_fee).sum();
    let filled = at.principal_paid + at.interest_paid + at.penalty_paid + at.fees_paid + row_fees;
    assert_eq!(received(entries, at), filled + at.advance - at.shortage, "money; {case}");
    for (index, row) in at.rows.iter().enumerate().filter(|(_, row)| !row.is_moved) {
        assert!(row.paid_principal <= row.row.principal && row.paid_fee <= row.row.fee, "{case}");
        // Before its date an instalment may also carry what runs beside the schedule.
        assert!(row.paid_interest <= row.interest() || index >= at.fallen, "{case}");
        assert!(row.paid_principal >= 0 && row.paid_fee >= 0, "{case}");
    }
    assert!(at.penalty_paid <= at.penalty_accrued(at.on), "{case}");
    assert!(at.fees_paid <= at.fees_total && at.advance >= 0 && at.shortage >= 0, "{case}");
    let all = figures::all(at);
    let mut figures =
        vec![all.debt_today, all.overdue, all.interest, all.penalty, all.total_left, all.payoff];
    assert_eq!(all.unallocated.amount, at.advance, "{case}");
    figures.push(all.unallocated);
    figures.extend(all.next_payment.map(|next| next.figure));
    figures.extend(rows_and_days(at, case));
    for Figure { amount, lines } in figures {
        add_up(amount, &lines, case);
    }
}

fn add_up(amount: i64, lines: &[Line], case: &str) {
    assert_eq!(amount, lines.iter().map(|line| line.amount).sum::<i64>(), "{case}: {lines:?}");
    assert!(lines.iter().all(|line| line.amount != 0), "{case}: {lines:?}");
}

/// Every figure of every row of the schedule, and the days past due, as the page shows them.
fn rows_and_days(at: &Position<'_>, case: &str) -> Vec<Figure> {
    let of = |which, n| figures::one(at, which, n, &Calendar::RU);
    let days = of(Which::DaysPastDue, None);
    assert_eq!(days.amount, i64::from(at.days_past_due()), "{case}");
    let mut found = vec![days];
    let next = at.open_rows().next().map(|row| row.row.n);
    for row in &at.rows {
        let n = Some(row.row.n);
        let running = if n == next { at.extra_running() } else { 0 };
        let interest = row.interest() + running;
        let payment = interest + row.row.principal + row.row.fee;
        let paid = row.paid_interest + row.paid_principal + row.paid_fee;
        let is_over = row.is_moved || at.closed.is_some();
        for (which, expected) in [
            (Which::InstalmentPayment, payment),
            (Which::InstalmentInterest, interest),
            (Which::InstalmentPrincipal, row.row.principal),
            (Which::InstalmentBalance, row.row.balance),
            (Which::InstalmentLeft, if is_over { 0 } else { (payment - paid).max(0) }),
        ] {
            let figure = of(which, n);
            assert_eq!(figure.amount, expected, "{which:?} {n:?} {case}: {:?}", figure.lines);
            // What we made a schedule of is never "as signed".
            let is_signed = |line: &Line| line.what == figures::What::AsSigned;
            assert!(!figure.lines.iter().any(is_signed), "{n:?} {case}: {:?}", figure.lines);
            found.push(figure);
        }
    }
    found
}

/// What an early repayment on the day or later would cost and save, asked on the day.
fn check_quotes(book: &Book<'_>, at: &Position<'_>, dice: &mut Dice, case: &str) {
    let half = at.principal_left() / 2;
    let on = at.on + Days::new(dice.upto(60));
    for early in [Early::Full, Early::SmallerPayment(half), Early::ShorterTerm(half)] {
        if let Ok(quote) = early::quote(book, &POLICY, &Calendar::RU, at.on, on, early) {
            add_up(quote.to_pay, &quote.lines(), case);
            add_up(quote.saving(), &quote.saving_lines(), case);
        }
    }
}

#[test]
fn money_conserves_and_the_future_changes_nothing_before_it() {
    for seed in 100_000..101_500 {
        let dice = &mut Dice(seed);
        let loan = loan(dice);
        let events = events(&loan, dice);
        let plan = contract(&loan);
        let entries = booked(&loan, &events);
        let book = Book::with(&loan, &plan, &entries);
        for _ in 0..4 {
            let day = loan.issued_on + Days::new(dice.upto(700));
            let case = format!("seed {seed} on {day}: {loan:?}\n{events:?}");
            let at = walk(&book, &POLICY, day, Assume::Nothing, true);
            check(&entries, &at, &case);
            let known: Vec<Entry> =
                entries.iter().filter(|entry| entry.on <= day).cloned().collect();
            let known = Book::with(&loan, &plan, &known);
            let past = walk(&known, &POLICY, day, Assume::Nothing, true);
            check_quotes(&known, &at, dice, &case);
            assert_eq!(figures::all(&past), figures::all(&at), "{case}");
            assert_eq!(past.steps(), at.steps(), "{case}");
        }
    }
}

#[test]
fn the_flows_of_a_full_cost_make_nothing_on_the_day_of_the_payout() {
    for seed in 300_000..300_500 {
        let loan = loan(&mut Dice(seed));
        let plan = contract(&loan);
        for method in [PskMethod::MonthThirtieths, PskMethod::MonthOfYear, PskMethod::ThirtyDays] {
            let why = calculator::full_cost_reckoned(&loan, &plan, method);
            let sum: i64 = why.flows.iter().map(|flow| flow.value).sum();
            assert_eq!((sum, why.flows.len()), (0, plan.rows.len() + 1), "seed {seed}: {loan:?}");
        }
    }
}

#[test]
fn paying_what_is_due_in_time_ends_every_loan_without_a_penalty() {
    for seed in 200_000..200_400 {
        let loan = loan(&mut Dice(seed));
        let plan = contract(&loan);
        let book = Book::new(&loan, &plan);
        let end = plan.ends_on().unwrap();
        let at = walk(&book, &POLICY, end, Assume::PaidThrough(loan.issued_on), false);
        assert_eq!(at.closed.map(|(on, _)| on), Some(end), "seed {seed}: {loan:?}");
        let paid = (at.principal_paid, at.interest_paid, at.penalty_paid, at.advance);
        let cap = at.capped_on.map(|_| at.interest_paid);
        let interest = cap.unwrap_or_else(|| plan.interest());
        assert_eq!(paid, (loan.granted, interest, 0, 0), "seed {seed}: {loan:?}");
    }
}
