//! Allocation, penalty, caps and days past due of domain.md 2.3–2.6 on walked books; what happens
//! when payments are late, ahead, too large, taken back.

use super::super::dates::{DueRule, Shift, Step};
use super::super::early::{self, Early, NewTerms};
use super::super::figures::{self, What, Which};
use super::super::interest::{DayBasis, Interest, Rate, Rounding};
use super::super::ledger::{
    Agreement, Assume, Book, Closing, CurrentInterest, Entry, Operation, PenaltyBase, Position,
    walk,
};
use super::super::policy::Policy;
use super::super::schedule::{Pause, Plan, PlanRow, ScheduleKind};
use super::{agreement, contract, date, e1, entry, kop, paid, with_shift};
use crate::domain::calendar::Calendar;

const POLICY: Policy<'static> = Policy::RU;

fn on<'a>(loan: &'a Agreement, plan: &'a Plan, entries: &'a [Entry], day: &str) -> Position<'a> {
    walk(&Book::with(loan, plan, entries), &POLICY, date(day), Assume::Nothing, true)
}

fn row(n: u16, due: &str, principal: &str, interest: &str) -> PlanRow {
    PlanRow {
        n,
        due_on: date(due),
        accrues_to: date(due),
        principal: kop(principal),
        interest: kop(interest),
        deferred: 0,
        fee: 0,
        balance: 0,
    }
}

/// A signed schedule of these rows; interest only as signed.
fn signed(loan: &Agreement, rows: Vec<PlanRow>) -> Plan {
    let principal = rows.iter().map(|row| row.principal).sum();
    Plan { principal, rate: Rate::ZERO, rows, ..contract(loan) }
}

/// 2.3: one payment against every kind of claim, in the order of its date.
#[test]
fn a_payment_fills_claims_in_the_order_of_its_date() {
    // 31 days at this rate on 9456.44 make a penalty of 123.45.
    let penalty = Rate::Year(15_370_734);
    let rows = [
        // Before and since 2024-07-01: overdue interest and principal, current ones, penalty, other.
        (
            "2024-05-20",
            "2024-06-20",
            "2024-06-30",
            "11000.00",
            ["1500.00", "7956.44", "800.00", "620.11", "123.45", "0"],
        ),
        (
            "2024-06-01",
            "2024-07-02",
            "2024-07-20",
            "11000.00",
            ["1500.00", "7956.44", "800.00", "743.56", "0", "0"],
        ),
        (
            "2024-06-01",
            "2024-07-02",
            "2024-07-20",
            "18500.00",
            ["1500.00", "7956.44", "800.00", "8100.00", "123.45", "20.11"],
        ),
        (
            "2024-06-01",
            "2024-07-02",
            "2024-07-20",
            "20000.00",
            ["1500.00", "7956.44", "800.00", "8100.00", "123.45", "59.00"],
        ),
    ];
    for (first, pays, second, amount, expected) in rows {
        let loan = Agreement {
            penalty,
            interest: Interest { basis: DayBasis::Act365, ..e1().interest },
            ..agreement("16056.44", 0, 2, "2024-04-15")
        };
        let plan = signed(
            &loan,
            vec![row(1, first, "7956.44", "1500.00"), row(2, second, "8100.00", "800.00")],
        );
        let entries = [entry(first, Operation::Fee(kop("59.00"))), paid(pays, amount)];
        let before = on(&loan, &plan, &entries[..1], pays);
        assert_eq!(before.penalty_left(), kop("123.45"));
        let at = on(&loan, &plan, &entries, pays);
        let found = [
            at.rows[0].paid_interest,
            at.rows[0].paid_principal,
            at.rows[1].paid_interest,
            at.rows[1].paid_principal,
            at.penalty_paid,
            at.fees_paid,
        ];
        assert_eq!(found, expected.map(kop), "{amount} on {pays}");
        let claims =
            kop("1500.00") + kop("7956.44") + kop("123.45") + kop("8900.00") + kop("59.00");
        assert_eq!(at.advance, (kop(amount) - claims).max(0));
    }
}

/// 2.4: 25 days after the moved due date of E1.
#[test]
fn a_penalty_counts_from_the_day_after_the_moved_date_up_to_its_cap() {
    let both = with_shift(e1(), Shift::Unadjusted);
    let principal = Agreement { penalty_base: PenaltyBase::Principal, ..both.clone() };
    let standstill =
        Agreement { interest_on_overdue: false, penalty: Rate::Day(500_000), ..both.clone() };
    let greedy = Agreement { penalty: Rate::Year(90_000_000), ..both.clone() };
    for (loan, expected) in
        [(&both, "129.53"), (&principal, "101.61"), (&standstill, "236.40"), (&greedy, "129.53")]
    {
        let plan = contract(loan);
        assert_eq!(plan.rows[0].due_on, date("2026-02-16"));
        assert_eq!(on(loan, &plan, &[], "2026-02-16").penalty_left(), 0);
        assert_eq!(on(loan, &plan, &[], "2026-03-13").penalty_left(), kop(expected));
    }
    let shop = Agreement {
        kind: ScheduleKind::Instalment,
        penalty: Rate::Day(100_000),
        ..with_shift(agreement("44991.00", 0, 6, "2026-01-16"), Shift::Stays)
    };
    let plan = contract(&shop);
    assert_eq!(on(&shop, &plan, &[], "2026-03-13").penalty_left(), kop("187.46"));
}

/// 2.5: accrual ends on the day the total cap is reached.
#[test]
fn interest_and_penalty_stop_at_the_total_cap() {
    let rows = [
        // Contract date, penalty, day, what the day before and the day leave, last day's sum.
        ("2026-04-01", true, 119, "77.76", "10000.00"),
        ("2026-01-01", true, 155, "0.48", "13000.00"),
        ("2026-04-01", false, 125, "80.00", "10000.00"),
        ("2026-01-01", false, 163, "40.00", "13000.00"),
    ];
    for (issued, has_penalty, day, last, cap) in rows {
        let loan = Agreement {
            kind: ScheduleKind::Single,
            interest: Interest {
                rate: Rate::Day(800_000),
                basis: DayBasis::Act365,
                rounding: Rounding::Day,
            },
            dues: DueRule { step: Step::Days(30), ..DueRule::MONTHLY },
            penalty: if has_penalty { Rate::Year(20_000_000) } else { Rate::ZERO },
            penalty_base: PenaltyBase::Principal,
            ..agreement("10000.00", 0, 1, issued)
        };
        let plan = contract(&loan);
        assert_eq!(plan.rows[0].payment(), kop("12400.00"));
        let issued = date(issued);
        let charged = |day: u64| {
            let until = issued + chrono::Days::new(day);
            let at = on(&loan, &plan, &[], &until.to_string());
            let figures = figures::all(&at);
            assert_eq!(
                figures.interest.amount + figures.penalty.amount,
                at.payoff() - kop("10000.00")
            );
            (at.interest_left() + at.penalty_left(), at.capped_on)
        };
        let (before, reached) = (charged(day - 1), charged(day));
        assert_eq!(before.1, None);
        assert_eq!(reached.0 - before.0, kop(last), "{issued} {has_penalty}");
        assert_eq!(reached.1, Some(issued + chrono::Days::new(day)));
        assert_eq!(reached.0, kop(cap));
        assert_eq!(charged(day + 200), reached);
        assert_eq!(charged(30), (kop("2400.00"), None));
        if has_penalty {
            assert_eq!(charged(31).0, kop("2485.48"));
        }
    }
    let long = contract(&agreement("100000.00", 24, 13, "2026-04-15"));
    let loan = agreement("100000.00", 24, 13, "2026-04-15");
    assert_eq!(on(&loan, &long, &[], "2046-01-01").capped_on, None, "a longer loan has no cap");
}

/// 2.6, E10.
#[test]
fn days_past_due_count_from_the_oldest_uncovered_instalment() {
    let loan = Agreement {
        penalty: Rate::ZERO,
        interest_on_overdue: false,
        ..agreement("28367.88", 0, 3, "2026-01-16")
    };
    let plan = signed(
        &loan,
        vec![
            row(1, "2026-02-16", "9455.96", "0"),
            row(2, "2026-03-16", "9455.96", "0"),
            row(3, "2026-04-15", "9455.96", "0"),
        ],
    );
    let entries = [
        paid("2026-02-20", "5000.00"),
        paid("2026-03-25", "6000.00"),
        paid("2026-04-20", "16000.00"),
    ];
    let rows = [
        ("2026-02-16", 0, "0"),
        ("2026-02-17", 1, "9455.96"),
        ("2026-02-20", 4, "4455.96"),
        ("2026-03-16", 28, "4455.96"),
        ("2026-03-17", 29, "13911.92"),
        ("2026-03-25", 9, "7911.92"),
        ("2026-04-15", 30, "7911.92"),
        ("2026-04-16", 31, "17367.88"),
        ("2026-04-20", 5, "1367.88"),
        ("2026-05-01", 16, "1367.88"),
    ];
    for (day, days, overdue) in rows {
        let at = on(&loan, &plan, &entries, day);
        assert_eq!((at.days_past_due(), at.overdue()), (days, kop(overdue)), "{day}");
    }
    let tolerant = Agreement { dpd_tolerance: kop("1367.88"), ..loan };
    assert_eq!(on(&tolerant, &plan, &entries, "2026-05-01").days_past_due(), 0);
}

#[test]
fn a_late_payment_costs_interest_on_overdue_principal_with_the_next_instalment() {
    let (loan, plan) = (e1(), contract(&e1()));
    let entries = [paid("2026-03-10", "9455.96")];
    // 23 days on 7417.60 at 24 % = 112.18; penalty 23 days on 9455.96 at 20 % = 119.17. The penalty
    // stands behind the current instalment, so the next payment goes there first.
    let at = on(&loan, &plan, &entries, "2026-03-15");
    assert_eq!(at.rows[1].extra, kop("112.18"));
    assert_eq!(at.penalty_left(), kop("119.17"));
    assert_eq!(at.due_now(), kop("9455.96") + kop("112.18") + kop("119.17"));
    let figure = figures::next_payment(&at).unwrap();
    assert_eq!((figure.n, figure.due_on), (2, date("2026-03-15")));
    assert_eq!(figure.figure.amount, kop("9568.14"));
    let extra = figure.figure.lines.iter().find(|line| line.what == What::ExtraInterest).unwrap();
    assert_eq!(extra.amount, kop("112.18"));
    let penalty = figures::penalty(&at);
    let how = penalty.lines[0].reckoning.unwrap();
    let span = how.span;
    assert_eq!((how.base, span.days, span.to), (kop("9455.96"), 23, date("2026-03-10")));
    assert_eq!(span.year_days, Some(365));
}

#[test]
fn money_paid_ahead_waits_for_its_date_or_lowers_interest_as_agreed() {
    let (loan, plan) = (e1(), contract(&e1()));
    let entries = [paid("2026-02-05", "10000.00")];
    let at = on(&loan, &plan, &entries, "2026-02-05");
    assert_eq!((at.paid_ahead(), at.advance), (kop("9455.96"), kop("544.04")));
    assert_eq!(figures::next_payment(&at).unwrap().due_on, date("2026-03-15"));
    assert_eq!(figures::next_payment(&at).unwrap().figure.amount, kop("9455.96") - kop("544.04"));
    let later = on(&loan, &plan, &entries, "2026-02-16");
    assert_eq!((later.overdue(), later.advance), (0, kop("544.04")));
    assert_eq!(later.principal_left(), kop("92582.40"));

    // By accrual: 21 days of interest 1380.82, principal 7417.60, the rest waits and pays the ten
    // days on what is left: 2038.36 − 7417.60 × 24 % × 10 / 365 = 48.77 less.
    let accrued = Agreement { current_interest: CurrentInterest::Accrued, ..e1() };
    let at = on(&accrued, &plan, &entries, "2026-02-05");
    assert_eq!(
        (at.rows[0].paid_interest, at.rows[0].paid_principal),
        (kop("1380.82"), kop("7417.60"))
    );
    assert_eq!(at.advance, kop("1201.58"));
    let later = on(&accrued, &plan, &entries, "2026-02-15");
    assert_eq!(later.rows[0].interest(), kop("2038.36") - kop("48.77"));
    assert_eq!(later.advance, kop("544.04") + kop("48.77"));
}

#[test]
fn a_full_early_repayment_ends_the_loan_and_the_rest_goes_back() {
    let (loan, plan) = (e1(), contract(&e1()));
    let mut entries: Vec<Entry> = plan.rows[..4]
        .iter()
        .map(|row| Entry { on: row.due_on, operation: Operation::Payment(row.payment()) })
        .collect();
    entries.push(paid("2026-05-25", "69623.97"));
    let at = on(&loan, &plan, &entries, "2026-05-25");
    assert_eq!(at.payoff(), 1);
    let refused = early::execute(&at, &Calendar::RU, Early::Full, false);
    assert_eq!(refused.unwrap_err().code(), "due_sums_first");
    entries.push(paid("2026-05-25", "100.01"));
    let at = on(&loan, &plan, &entries, "2026-05-25");
    let close = early::execute(&at, &Calendar::RU, Early::Full, false).unwrap();
    assert_eq!(close, Operation::Close(Closing::Early));
    entries.push(entry("2026-05-25", close));
    let at = on(&loan, &plan, &entries, "2026-07-01");
    assert_eq!(at.closed, Some((date("2026-05-25"), Closing::Early)));
    assert_eq!((at.advance, at.payoff(), at.total_left()), (kop("100.00"), 0, 0));
    assert_eq!((at.principal_paid, at.interest_paid), (kop("100000.00"), kop("7447.82")));
    // Money that an end had used and that is taken back is owed again.
    entries.remove(4);
    let at = on(&loan, &plan, &entries, "2026-07-01");
    assert_eq!((at.shortage, at.payoff()), (kop("69523.97"), kop("69523.97")));
}

#[test]
fn a_partial_early_repayment_uses_what_was_paid_ahead() {
    let (loan, plan) = (e1(), contract(&e1()));
    let mut entries: Vec<Entry> = plan.rows[..4]
        .iter()
        .map(|row| Entry { on: row.due_on, operation: Operation::Payment(row.payment()) })
        .collect();
    entries.push(paid("2026-05-25", "20000.00"));
    let at = on(&loan, &plan, &entries, "2026-05-25");
    assert_eq!((at.paid_ahead(), at.advance), (kop("9455.96"), kop("10544.04")));
    let early = Early::ShorterTerm(kop("20000.00"));
    let operation = early::execute(&at, &Calendar::RU, early, false).unwrap();
    let short = Early::ShorterTerm(kop("20000.01"));
    assert_eq!(
        early::execute(&at, &Calendar::RU, short, false).unwrap_err().code(),
        "due_sums_first"
    );
    entries.push(entry("2026-05-25", operation));
    let at = on(&loan, &plan, &entries, "2026-05-25");
    assert_eq!((at.principal_left(), at.interest_left(), at.advance), (kop("49623.98"), 0, 0));
    assert_eq!(
        at.rows.iter().map(|row| row.row.n).collect::<Vec<_>>(),
        (1..=10).collect::<Vec<_>>()
    );
    // 21 days on 49 623.98.
    let at = on(&loan, &plan, &entries, "2026-06-15");
    assert_eq!(at.rows[4].interest(), kop("685.22"));
}

#[test]
fn a_schedule_changed_after_the_loan_was_repaid_took_the_money_that_waits() {
    let (loan, plan) = (e1(), contract(&e1()));
    let paid_in_time = |count: usize| -> Vec<Entry> {
        let rows = plan.rows[..count].iter();
        rows.map(|row| Entry { on: row.due_on, operation: Operation::Payment(row.payment()) })
            .collect()
    };
    let mut entries = paid_in_time(4);
    entries.push(paid("2026-05-25", "20000.00"));
    let at = on(&loan, &plan, &entries, "2026-05-25");
    let early = Early::ShorterTerm(kop("20000.00"));
    let change = early::execute(&at, &Calendar::RU, early, false).unwrap();

    let mut entries = paid_in_time(12);
    entries.push(paid("2027-01-20", "500.00"));
    entries.push(entry("2027-02-01", change));
    let at = on(&loan, &plan, &entries, "2027-02-01");
    assert_eq!(at.closed, Some((date("2027-01-15"), Closing::Paid)));
    assert_eq!((at.advance, at.shortage, at.payoff()), (kop("500.00"), 0, 0));
    assert_eq!(figures::unallocated(&at).amount, kop("500.00"));
}

/// The sums of a row, and what each is made of.
#[test]
fn a_row_of_the_schedule_says_how_its_sums_were_reckoned() {
    let loan = with_shift(agreement("100000.00", 24, 15, "2027-01-15"), Shift::Unadjusted);
    let plan = contract(&loan);
    let at = on(&loan, &plan, &[], "2027-02-01");
    let of = |which, n| figures::one(&at, which, Some(n), &Calendar::RU);
    // The instalment of January begins in a common year and ends in a leap one.
    let interest = of(Which::InstalmentInterest, 12);
    let row = &at.rows[11];
    assert_eq!(interest.amount, row.row.interest);
    let pieces: Vec<_> = interest.lines.iter().map(|line| line.reckoning.unwrap()).collect();
    let days: Vec<_> = pieces.iter().map(|how| (how.span.days, how.span.year_days)).collect();
    assert_eq!(days, [(16, Some(365)), (15, Some(366))]);
    assert!(pieces.iter().all(|how| how.base == row.base && how.rate == loan.interest.rate));
    assert_eq!(interest.lines[0].amount, loan.interest.on(row.base, row.since, date("2027-12-31")));

    let whats = |figure: &figures::Figure| -> Vec<What> {
        figure.lines.iter().map(|line| line.what).collect()
    };
    let principal = of(Which::InstalmentPrincipal, 1);
    assert_eq!(whats(&principal), [What::EqualPayment, What::Interest]);
    assert_eq!(
        (principal.lines[0].amount, principal.amount),
        (plan.part, at.rows[0].row.principal)
    );
    assert_eq!(whats(&of(Which::InstalmentPrincipal, 15)), [What::Rest]);
    assert_eq!(whats(&of(Which::InstalmentPayment, 1)), [What::Principal, What::Interest]);
    assert_eq!(whats(&of(Which::InstalmentBalance, 1)), [What::PrincipalBefore, What::Principal]);
    assert_eq!(of(Which::InstalmentPayment, 16), figures::Figure::default());

    // A sum that was signed otherwise says so.
    let mut other = plan.clone();
    other.rows[0].interest += 7;
    let at = on(&loan, &other, &[], "2027-02-01");
    let signed = figures::one(&at, Which::InstalmentInterest, Some(1), &Calendar::RU);
    assert_eq!(whats(&signed), [What::Interest, What::AsSigned]);
    assert_eq!(signed.lines[1].amount, 7);
}

#[test]
fn days_past_due_say_since_when_and_without_which_holiday() {
    let loan = with_shift(e1(), Shift::Adjusted);
    let plan = contract(&loan);
    let at = on(&loan, &plan, &[], "2026-02-26");
    let why = figures::one(&at, Which::DaysPastDue, None, &Calendar::RU);
    assert_eq!((why.amount, why.lines.len()), (10, 1));
    let line = &why.lines[0];
    let counted = Some((date("2026-02-16"), date("2026-02-26")));
    assert_eq!((line.what, line.n, line.counted), (What::DaysLate, Some(1), counted));
    assert_eq!(line.due_on, Some(date("2026-02-16")));
    assert_eq!(line.moved_from, Some(date("2026-02-15")));

    let pause = Pause { from: date("2026-02-26"), to: date("2026-05-26"), rate: Rate::ZERO };
    let holiday = early::holiday(&at, &POLICY, &Calendar::RU, pause, 0).unwrap();
    let entries = [entry("2026-02-26", Operation::Replan(Box::new(holiday)))];
    let at = on(&loan, &plan, &entries, "2026-05-31");
    let why = figures::one(&at, Which::DaysPastDue, None, &Calendar::RU);
    let lines: Vec<_> = why.lines.iter().map(|line| (line.what, line.amount)).collect();
    assert_eq!(lines, [(What::DaysLate, 104), (What::HolidayDays, -89)]);
    assert_eq!(why.amount, i64::from(at.days_past_due()));
}

#[test]
fn a_restructuring_takes_in_what_is_overdue() {
    let (loan, plan) = (e1(), contract(&e1()));
    let at = on(&loan, &plan, &[], "2026-04-01");
    let (principal, interest, penalty) =
        (at.principal_left(), at.interest_left(), at.penalty_left());
    let terms = NewTerms { count: 24, rate: Rate::Year(12_000_000), forgiven_penalty: penalty };
    let replan = early::restructuring(&at, &Calendar::RU, terms).unwrap();
    assert_eq!(replan.plan.rows.iter().map(|row| row.principal).sum::<i64>(), principal);
    assert_eq!(replan.plan.rows.iter().map(|row| row.deferred).sum::<i64>(), interest);
    let entries = [entry("2026-04-01", Operation::Replan(Box::new(replan)))];
    let at = on(&loan, &plan, &entries, "2026-04-01");
    assert_eq!((at.overdue(), at.days_past_due(), at.penalty_left()), (0, 0, 0));
    assert_eq!((at.principal_left(), at.interest_left()), (principal, interest));
    let figures = figures::all(&at);
    assert_eq!(figures.payoff.amount, principal + interest);
    assert_eq!(figures.interest.amount, interest);
}

#[test]
fn what_is_given_up_is_remembered_and_no_longer_owed() {
    let (loan, plan) = (e1(), contract(&e1()));
    let entries = [entry("2026-04-01", Operation::Close(Closing::Ceded))];
    let before = on(&loan, &plan, &[], "2026-04-01");
    let at = on(&loan, &plan, &entries, "2026-12-01");
    assert_eq!(at.closed, Some((date("2026-04-01"), Closing::Ceded)));
    assert_eq!(at.lost.principal, kop("100000.00"));
    assert_eq!(at.lost.interest, before.interest_left());
    assert_eq!(at.lost.penalty, before.penalty_left());
    assert_eq!((at.payoff(), at.due_now(), at.days_past_due()), (0, 0, 0));
}

#[test]
fn after_the_last_date_interest_goes_on_and_is_due_at_once() {
    let (loan, plan) = (e1(), contract(&e1()));
    let mut entries: Vec<Entry> = plan.rows[..11]
        .iter()
        .map(|row| Entry { on: row.due_on, operation: Operation::Payment(row.payment()) })
        .collect();
    let at = on(&loan, &plan, &entries, "2027-02-14");
    // 30 days on 9202.19 at 24 %, penalty on 9389.76 at 20 %.
    assert_eq!(at.tail_left(), kop("181.52"));
    assert_eq!(at.penalty_left(), kop("154.35"));
    assert_eq!(at.overdue(), kop("9389.76") + kop("181.52"));
    assert_eq!(at.payoff(), at.due_now());
    let needed = at.due_now();
    entries.push(Entry { on: date("2027-02-14"), operation: Operation::Payment(needed) });
    let at = on(&loan, &plan, &entries, "2027-02-15");
    assert_eq!(at.closed, Some((date("2027-02-14"), Closing::Paid)));
}
