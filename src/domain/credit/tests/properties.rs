//! Properties of random books: money conserves, no claim is filled beyond itself, what comes later
//! changes nothing before, a figure is the sum of its lines.

use super::super::figures::{self, Figure};
use super::super::ledger::{Assume, Book, Entry, Operation, Position, walk};
use super::super::policy::Policy;
use super::contract;
use super::independent::{Dice, booked, events, loan};
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
    for Figure { amount, lines } in figures {
        assert_eq!(amount, lines.iter().map(|line| line.amount).sum::<i64>(), "{case}");
        assert!(lines.iter().all(|line| line.amount != 0), "{case}");
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
            let past = walk(&Book::with(&loan, &plan, &known), &POLICY, day, Assume::Nothing, true);
            assert_eq!(figures::all(&past), figures::all(&at), "{case}");
            assert_eq!(past.steps(), at.steps(), "{case}");
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
