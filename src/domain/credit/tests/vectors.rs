//! Schedules row by row, PSK, shop loans, early repayments and holidays of domain.md 2.

use super::super::dates::{DueRule, Shift, Step};
use super::super::early::{self, Early, Quote};
use super::super::figures::{Line, What};
use super::super::goods;
use super::super::interest::{DayBasis, Interest, Rate};
use super::super::ledger::{
    Agreement, Assume, Book, Closing, EarlyOrder, Entry, Operation, ReplanReason, walk,
};
use super::super::policy::Policy;
use super::super::psk::{self, Flow, PskMethod};
use super::super::schedule::{Pause, Plan, PlanRow, ScheduleKind};
use super::{agreement, contract, date, e1, entry, kop, paid, with_shift};
use crate::base::time::Date;
use crate::domain::calendar::Calendar;
use serde_json::Value;

const POLICY: Policy<'static> = Policy::RU;

/// Compares a plan with a vector row by row.
fn is_vector(name: &str, plan: &Plan, rows: &[PlanRow]) {
    let vectors: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let expected = vectors[name]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), expected.len(), "{name}");
    let mut since = plan.accrues_from;
    for (row, expected) in rows.iter().zip(expected) {
        let text = |field: &str| expected[field].as_str().unwrap().to_owned();
        let found = (row.due_on, (row.accrues_to - since).num_days());
        let wanted = (date(&text("due")), expected["days"].as_i64().unwrap());
        assert_eq!(found, wanted, "{name} {}", row.n);
        let found = (row.interest, row.principal, row.payment(), row.balance);
        let wanted = ["interest", "principal", "payment", "balance"].map(|field| kop(&text(field)));
        assert_eq!(found, wanted.into(), "{name} {}", row.n);
        since = row.accrues_to;
    }
    if let Some(annuity) = vectors[name]["annuity"].as_str() {
        assert_eq!(plan.part, kop(annuity), "{name}");
    }
}

fn with_basis(agreement: Agreement, basis: DayBasis) -> Agreement {
    Agreement { interest: Interest { basis, ..agreement.interest }, ..agreement }
}

fn with_kind(agreement: Agreement, kind: ScheduleKind) -> Agreement {
    Agreement { kind, ..agreement }
}

#[test]
fn contract_schedules_are_the_vectors() {
    let equal = ScheduleKind::EqualPrincipal;
    let leap = || agreement("120000.00", 18, 12, "2027-08-31");
    let rows = [
        ("E1_annuity", e1(), "13405.32"),
        ("E2_shifted_adjusted", with_shift(e1(), Shift::Adjusted), "13439.95"),
        ("E3_leap_actact", leap(), "12010.68"),
        ("E3_leap_act365", with_basis(leap(), DayBasis::Act365), "12027.24"),
        ("E4_equal_60000", with_kind(agreement("60000.00", 18, 6, "2026-03-10"), equal), "3170.97"),
        ("E4_equal_50000", with_kind(agreement("50000.00", 21, 6, "2026-03-10"), equal), "3082.88"),
    ];
    for (name, agreement, interest) in rows {
        let plan = contract(&agreement);
        is_vector(name, &plan, &plan.rows);
        assert_eq!(plan.interest(), kop(interest), "{name}");
        assert_eq!(plan.rows.iter().map(|row| row.principal).sum::<i64>(), agreement.granted);
    }
}

#[test]
fn unadjusted_interest_ignores_the_move_of_the_day_to_pay() {
    let (plain, moved) = (contract(&e1()), contract(&with_shift(e1(), Shift::Unadjusted)));
    for (plain, moved) in plain.rows.iter().zip(&moved.rows) {
        assert_eq!((plain.interest, plain.principal), (moved.interest, moved.principal));
        assert_eq!(plain.due_on, moved.accrues_to);
    }
    assert_eq!(moved.rows[0].due_on, date("2026-02-16"));
}

#[test]
fn shop_instalments_divide_down_and_the_last_takes_the_rest() {
    let shop =
        |granted: &str| with_kind(agreement(granted, 0, 6, "2026-09-01"), ScheduleKind::Instalment);
    let parts = |granted: &str| -> Vec<i64> {
        contract(&shop(granted)).rows.iter().map(PlanRow::payment).collect()
    };
    assert_eq!(parts("44991.00"), [kop("7498.50"); 6]);
    assert_eq!(parts("44990.00")[..5], [kop("7498.33"); 5]);
    assert_eq!(parts("44990.00")[5], kop("7498.35"));

    let discount = Rate::Year(8_000_000);
    let loan = Agreement { merchant_discount: discount, ..shop("44991.00") };
    assert_eq!(goods::discount(loan.granted, discount), kop("3599.28"));
    assert_eq!(goods::paid_to_shop(&loan), kop("41391.72"));
    let mut flows = vec![Flow { on: loan.issued_on, amount: -goods::paid_to_shop(&loan) }];
    flows.extend(contract(&loan).rows.iter().map(|r| Flow { on: r.due_on, amount: r.payment() }));
    assert_eq!(goods::yearly_yield(&flows).to_string(), "33.52");
}

fn flows(plan: &Plan, issued_on: Date, payout: i64) -> Vec<Flow> {
    let mut flows = vec![Flow { on: issued_on, amount: -payout }];
    flows.extend(plan.rows.iter().map(|row| Flow { on: row.due_on, amount: row.payment() }));
    flows
}

/// E6.
#[test]
fn the_full_cost_of_credit_is_the_statutes() {
    let plan = contract(&e1());
    let (month, method) = (Step::Months(1), PskMethod::MonthThirtieths);
    let e1_flows = flows(&plan, e1().issued_on, kop("100000.00"));
    assert_eq!(psk::psk(&e1_flows, month, method).to_string(), "23.898");
    assert_eq!(psk::reckoned(&e1_flows, month, method).period_rate.to_string(), "0.0199149594");
    // Each flow with its place in months; brought to the day of the payout they make nothing.
    let why = psk::reckoned(&e1_flows, month, method);
    let places: Vec<u32> = why.flows.iter().map(|flow| flow.full).collect();
    assert_eq!(places, (0..=12).collect::<Vec<_>>());
    assert!(why.flows.iter().all(|flow| flow.part.is_zero()));
    assert_eq!(why.flows[0].value, kop("-100000.00"));
    assert_eq!(why.flows[1].value, kop("9271.32"));
    assert_eq!(why.flows.iter().map(|flow| flow.value).sum::<i64>(), 0);
    assert_eq!(why.periods_per_year.to_string(), "12");
    let with_fee = flows(&plan, e1().issued_on, kop("97000.00"));
    assert_eq!(psk::psk(&with_fee, month, method).to_string(), "29.893");

    let payday = [("2026-01-01", "-10000.00"), ("2026-01-31", "12400.00")];
    let payday = payday.map(|(on, amount)| Flow { on: date(on), amount: kop(amount) });
    assert_eq!(psk::psk(&payday, Step::Days(30), method).to_string(), "292.000");
    assert_eq!(
        psk::reckoned(&payday, Step::Days(30), method).period_rate.to_string(),
        "0.2400000000"
    );

    // An irregular first period.
    let mut irregular = vec![Flow { on: date("2026-01-10"), amount: kop("-100000.00") }];
    let rule = DueRule { first_on: Some(date("2026-02-15")), ..DueRule::MONTHLY };
    for n in 1..=12 {
        let amount = if n == 12 { "9798.38" } else { "9455.96" };
        irregular.push(Flow { on: rule.nominal(date("2026-01-10"), n), amount: kop(amount) });
    }
    for (method, expected) in [
        (PskMethod::MonthThirtieths, "23.880"),
        (PskMethod::MonthOfYear, "23.889"),
        (PskMethod::ThirtyDays, "23.655"),
    ] {
        assert_eq!(psk::psk(&irregular, month, method).to_string(), expected, "{method:?}");
    }
    let free =
        contract(&with_kind(agreement("600.00", 0, 6, "2026-09-01"), ScheduleKind::Instalment));
    assert!(psk::psk(&flows(&free, date("2026-09-01"), 60_000), month, method).is_zero());
}

fn quoted(agreement: &Agreement, on: &str, early: Early) -> Quote {
    let plan = contract(agreement);
    let book = Book::new(agreement, &plan);
    early::quote(&book, &POLICY, &Calendar::RU, agreement.issued_on, date(on), early).unwrap()
}

/// E7 a.
#[test]
fn an_early_part_on_a_due_date_lowers_payments_or_their_number() {
    let smaller = quoted(&e1(), "2026-05-15", Early::SmallerPayment(kop("20000.00")));
    let plan = smaller.plan.as_ref().unwrap();
    is_vector("E7_reduce_payment", plan, &plan.rows);
    assert_eq!((smaller.interest, smaller.principal), (0, kop("20000.00")));
    assert_eq!(smaller.due_first, kop("9455.96"));
    assert_eq!(smaller.to_pay, kop("29455.96"));
    assert_eq!(smaller.interest_without, kop("6412.31"));
    assert_eq!(smaller.interest_with, kop("4563.91"));
    assert_eq!(smaller.saving(), kop("1848.40"));
    let amounts = |lines: Vec<Line>| -> Vec<(What, i64)> {
        lines.iter().map(|line| (line.what, line.amount)).collect()
    };
    let to_pay = [(What::DueFirst, kop("9455.96")), (What::Principal, kop("20000.00"))];
    assert_eq!(amounts(smaller.lines()), to_pay);
    let saving = [(What::InterestWithout, kop("6412.31")), (What::InterestAfter, -kop("4563.91"))];
    assert_eq!(amounts(smaller.saving_lines()), saving);

    let shorter = quoted(&e1(), "2026-05-15", Early::ShorterTerm(kop("20000.00")));
    let plan = shorter.plan.as_ref().unwrap();
    is_vector("E7_reduce_term", plan, &plan.rows);
    assert_eq!(shorter.interest_with, kop("3318.77"));
    assert_eq!(shorter.saving(), kop("3093.54"));
}

/// E7 b, c, d, e.
#[test]
fn an_early_repayment_between_dates_counts_days() {
    let full = quoted(&e1(), "2026-05-25", Early::Full);
    assert_eq!((full.interest, full.principal), (kop("454.81"), kop("69169.17")));
    assert_eq!(full.to_pay, kop("69623.98"));
    assert_eq!(full.saving(), kop("6412.31") - kop("454.81"));

    let part = quoted(&e1(), "2026-05-25", Early::SmallerPayment(kop("20000.00")));
    assert_eq!((part.interest, part.principal), (kop("454.81"), kop("19545.19")));
    assert_eq!(part.plan.unwrap().principal, kop("49623.98"));

    let only = Agreement { early_order: EarlyOrder::PrincipalOnly, ..e1() };
    let part = quoted(&only, "2026-05-25", Early::ShorterTerm(kop("20000.00")));
    assert_eq!((part.interest, part.principal), (0, kop("20000.00")));
    let plan = part.plan.unwrap();
    assert_eq!((plan.principal, plan.carried), (kop("49169.17"), kop("454.81")));
    assert_eq!(plan.rows[0].interest, kop("1133.75"));
    assert_eq!(plan.rows[0].due_on, date("2026-06-15"));

    let back = quoted(&e1(), "2026-01-27", Early::Full);
    assert_eq!((back.interest, back.to_pay), (kop("789.04"), kop("100789.04")));

    let (loan, plan) = (e1(), contract(&e1()));
    let book = Book::new(&loan, &plan);
    let refund = |on| early::prepaid_interest_refund(&book, &POLICY, date(on), kop("13405.32"));
    assert_eq!(refund("2026-05-15"), kop("6412.31"));
}

#[test]
fn impossible_early_repayments_say_why() {
    let plan = contract(&e1());
    let loan = e1();
    let book = Book::new(&loan, &plan);
    let ask = |on, early| {
        early::quote(&book, &POLICY, &Calendar::RU, loan.issued_on, date(on), early)
            .map(|quote| quote.to_pay)
            .map_err(|fault| fault.code())
    };
    let rows = [
        ("2026-01-14", Early::Full, Err("before_issue")),
        ("2026-05-25", Early::SmallerPayment(kop("454.81")), Err("early_sum_too_small")),
        ("2026-05-25", Early::SmallerPayment(kop("69623.98")), Err("early_sum_too_large")),
        ("2026-05-25", Early::SmallerPayment(kop("69623.97")), Ok(kop("69623.97"))),
        ("2027-02-01", Early::Full, Err("loan_closed")),
    ];
    for (on, early, expected) in rows {
        assert_eq!(ask(on, early), expected, "{on} {early:?}");
    }
    let check = |received, on, early, is_withdrawal| {
        early::check_notice(&loan, &POLICY, date(received), date(on), early, is_withdrawal)
            .map_err(|fault| fault.code())
    };
    let part = Early::SmallerPayment(kop("1000.00"));
    assert_eq!(check("2026-03-01", "2026-03-30", Early::Full, false), Err("notice_too_short"));
    assert_eq!(check("2026-03-01", "2026-03-31", Early::Full, false), Ok(()));
    assert_eq!(check("2026-01-20", "2026-01-29", Early::Full, true), Ok(()));
    assert_eq!(check("2026-01-20", "2026-01-30", Early::Full, true), Err("withdrawal_over"));
    assert_eq!(check("2026-01-20", "2026-01-29", part, true), Err("withdrawal_in_part"));
    let goods = Agreement { has_purpose: true, ..e1() };
    let check = |on| early::check_notice(&goods, &POLICY, date(on), date(on), part, true);
    assert_eq!((check("2026-02-14").is_ok(), check("2026-02-15").is_ok()), (true, false));
}

/// E1 paid in time up to payment `count`.
fn paid_up_to(count: usize) -> Vec<Entry> {
    let rows = contract(&e1()).rows;
    rows[..count]
        .iter()
        .map(|row| Entry { on: row.due_on, operation: Operation::Payment(row.payment()) })
        .collect()
}

/// E9.
#[test]
fn a_holiday_puts_its_interest_behind_the_schedule() {
    let (loan, contract) = (e1(), contract(&e1()));
    for (rate, interest) in [(24_000_000, "4184.26"), (18_200_000, "3173.06")] {
        let mut entries = paid_up_to(4);
        let at = walk(
            &Book::with(&loan, &contract, &entries),
            &POLICY,
            date("2026-05-15"),
            Assume::Nothing,
            false,
        );
        let pause =
            Pause { from: date("2026-05-15"), to: date("2026-08-15"), rate: Rate::Year(rate) };
        let replan = early::holiday(&at, &POLICY, &Calendar::RU, pause, 0).unwrap();
        assert_eq!(replan.reason, ReplanReason::Holiday);
        let (last, rows) = replan.plan.rows.split_last().unwrap();
        is_vector("E9_holiday_after", &replan.plan, rows);
        assert_eq!(rows.iter().map(|row| row.interest).sum::<i64>(), kop("6381.15"));
        assert_eq!((last.due_on, last.payment()), (date("2027-05-15"), kop(interest)));

        entries.push(entry("2026-05-15", Operation::Replan(Box::new(replan))));
        let book = Book::with(&loan, &contract, &entries);
        let at = walk(&book, &POLICY, date("2026-08-15"), Assume::Nothing, false);
        assert_eq!((at.interest_left(), at.overdue(), at.days_past_due()), (kop(interest), 0, 0));
        assert_eq!(at.payoff(), kop("69169.17") + kop(interest));
        let end =
            walk(&book, &POLICY, date("2027-05-16"), Assume::PaidFrom(date("2026-08-15")), false);
        assert_eq!(end.closed, Some((date("2027-05-15"), Closing::Paid)));
        assert_eq!(end.interest_paid, kop("6993.01") + kop("6381.15") + kop(interest));
    }
}

#[test]
fn a_holiday_is_at_most_six_months_and_may_ask_for_a_part_of_its_interest() {
    let (loan, contract) = (e1(), contract(&e1()));
    let entries = paid_up_to(4);
    let book = Book::with(&loan, &contract, &entries);
    let at = walk(&book, &POLICY, date("2026-05-15"), Assume::Nothing, false);
    let ask = |to: &str, payment| {
        let pause = Pause { from: date("2026-05-15"), to: date(to), rate: Rate::Year(24_000_000) };
        early::holiday(&at, &POLICY, &Calendar::RU, pause, payment)
    };
    assert_eq!(ask("2026-11-16", 0).unwrap_err().code(), "holiday_too_long");
    assert_eq!(ask("2026-05-15", 0).unwrap_err().code(), "holiday_too_long");
    assert!(ask("2026-11-15", 0).is_ok());
    let plan = ask("2026-08-15", kop("500.00")).unwrap().plan;
    let paid: Vec<i64> =
        plan.rows.iter().map(|row| row.deferred).filter(|part| *part > 0).collect();
    assert_eq!(paid, [kop("500.00"), kop("500.00"), kop("500.00"), kop("2684.26")]);
    assert_eq!(plan.rows[3].interest, kop("1409.91"));
}

/// E11.
#[test]
fn returned_goods_end_or_lower_the_debt() {
    let loan = Agreement {
        kind: ScheduleKind::Instalment,
        down_payment: kop("4999.00"),
        merchant_discount: Rate::Year(8_000_000),
        has_purpose: true,
        ..agreement("44990.00", 0, 6, "2026-09-01")
    };
    let plan = contract(&loan);
    let entries = [paid("2026-10-01", "7498.33"), paid("2026-11-01", "7498.33")];
    let at = walk(
        &Book::with(&loan, &plan, &entries),
        &POLICY,
        date("2026-11-10"),
        Assume::Nothing,
        false,
    );
    assert_eq!(goods::paid_to_shop(&loan), kop("41390.80"));
    let full = goods::full_return(&at);
    assert_eq!(full.client_gets, kop("14996.66") + kop("4999.00"));
    assert_eq!((full.shop_owes, full.discount_reversed), (kop("29993.34"), kop("3599.20")));
    assert_eq!(goods::discount(kop("12000.00"), loan.merchant_discount), kop("960.00"));
    for (is_shorter, expected) in [
        (false, vec!["4498.33", "4498.33", "4498.33", "4498.35"]),
        (true, vec!["7498.33", "7498.33", "2996.68"]),
    ] {
        let replan = early::partial(&at, &Calendar::RU, kop("12000.00"), is_shorter).unwrap();
        let found: Vec<i64> = replan.plan.rows.iter().map(PlanRow::payment).collect();
        let expected: Vec<i64> = expected.into_iter().map(kop).collect();
        assert_eq!((found, replan.plan.principal), (expected, kop("17993.34")));
    }
}
