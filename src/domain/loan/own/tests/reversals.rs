//! Taking money back: a loan that it ended goes on, an early repayment that it paid for is undone,
//! and the book is the one in which the money never came.

use super::*;
use crate::domain::credit::figures::{self, Figure};
use crate::domain::credit::ledger::Operation;
use crate::domain::credit::tests::independent::Dice;
use crate::domain::loan::arrears::behind;
use chrono::Days;

const RECALLED: ReversalReason = ReversalReason::RecalledByBank;

/// E1 repaid early in full on 2026-06-20, with more money than was needed.
fn repaid_early() -> Case {
    let mut case = after_four();
    case.ask("2026-05-16", ask_early(30, "2026-06-20", Early::Full)).unwrap();
    case.pay(20, "2026-06-15", 945_596);
    case.pay(21, "2026-06-20", 6_200_000);
    assert_eq!(case.ask("2026-06-20", run(40..41)), Ok(3));
    assert_eq!(case.loan.terms.status, LoanStatus::ClosedEarly);
    case
}

#[test]
fn a_recall_of_the_money_that_ended_a_loan_early_could_not_be_booked() {
    let mut case = repaid_early();
    // Payment, end of the loan, the request back to waiting, and over: its day has passed.
    assert_eq!(case.ask("2026-07-20", take_back(21, RECALLED)), Ok(4));
    assert_eq!(case.loan.terms.status, LoanStatus::Active);
    assert_eq!(case.request_state(), RequestState::Expired);
    let stands = standing::on(&case.loan, date("2026-07-20"));
    assert_eq!((stands.status_code(), stands.overdue), ("overdue", 945_596));
    assert_eq!(stands.days_past_due, 5);
    let mut never = after_four();
    never.pay(20, "2026-06-15", 945_596);
    assert_same(&case, &never, "2026-09-20");
    assert_eq!(case.ask("2026-07-20", take_back(21, RECALLED)), Ok(0), "once");
    // It goes on like any loan, and can be repaid early anew.
    case.pay(50, "2026-07-20", 1_000_000);
    case.ask("2026-07-20", ask_early(31, "2026-08-20", Early::Full)).unwrap();
    case.pay(51, "2026-08-20", 7_000_000);
    assert_eq!(case.ask("2026-08-20", run(60..61)), Ok(3));
    assert_eq!(case.loan.terms.status, LoanStatus::ClosedEarly);
}

#[test]
fn the_request_waits_again_while_its_money_may_still_come() {
    let mut case = repaid_early();
    assert_eq!(case.ask("2026-06-22", take_back(21, RECALLED)), Ok(3));
    assert_eq!(case.request_state(), RequestState::FundsAwaited);
    // The same money by another way, of the same day.
    let again = payment(22, "cash", "2026-06-20", 6_200_000);
    assert_eq!(case.ask("2026-06-23", again), Ok(1));
    assert_eq!(case.ask("2026-06-23", run(60..61)), Ok(2));
    assert_eq!(case.own().status(date("2026-06-23")), LoanStatus::ClosedEarly);
}

#[test]
fn a_loan_repaid_by_its_schedule_goes_on_without_its_last_payment() {
    let mut case = after_four();
    let days = ["06-15", "07-15", "08-15", "09-15", "10-15", "11-15", "12-15"];
    for (id, day) in (20..).zip(days) {
        case.pay(id, &format!("2026-{day}"), 945_596);
    }
    case.pay(30, "2027-01-15", 938_976);
    assert_eq!(case.own().status(date("2027-01-20")), LoanStatus::ClosedPaid);
    assert_eq!(case.ask("2027-01-20", take_back(30, RECALLED)), Ok(1));
    let stands = standing::on(&case.loan, date("2027-01-20"));
    let found = (stands.status_code(), stands.overdue, stands.days_past_due);
    // Interest of five days on 9 202.19 goes on.
    assert_eq!(found, ("overdue", 938_976 + 3_025, 5));
}

#[test]
fn a_loan_that_ended_for_good_keeps_what_ended_it() {
    let give_up = |to| {
        let mut case = after_four();
        let change = ChangeSchedule { id: part(70), on: date("2026-09-01"), to };
        case.ask("2026-09-01", LedgerCommand::GiveUp(change)).unwrap();
        (case, 13)
    };
    let mut returned = opened();
    let early = RequestEarly {
        id: part(30),
        on: date("2026-01-27"),
        early: Early::Full,
        is_withdrawal: true,
    };
    returned.ask("2026-01-20", LedgerCommand::RequestEarly(early)).unwrap();
    returned.pay(20, "2026-01-27", 10_078_904);
    returned.ask("2026-01-27", run(40..41)).unwrap();
    let mut goods = after_four();
    let shop = PostPayment {
        id: part(20),
        source: PaymentSource::Hand,
        key: String::new(),
        on: date("2026-05-20"),
        amount: 7_000_000,
        payer: Payer::Shop,
    };
    let back = ReturnGoods { payment: shop, id: part(21), is_shorter: false };
    goods.ask("2026-05-20", LedgerCommand::ReturnGoods(back)).unwrap();
    let cases = [
        (give_up(Closing::WrittenOff), LoanStatus::WrittenOff),
        (give_up(Closing::Ceded), LoanStatus::Ceded),
        ((returned, 20), LoanStatus::Cancelled),
        ((goods, 13), LoanStatus::ReturnedGoods),
    ];
    for ((mut case, id), status) in cases {
        assert_eq!(case.loan.terms.status, status);
        let before = case.loan.clone();
        assert_eq!(case.code("2026-09-02", take_back(id, RECALLED)), "loan_ended_for_good");
        assert_eq!(case.loan, before, "{status:?}");
    }
}

#[test]
fn what_went_back_to_the_client_is_owed_anew_when_the_bank_takes_the_money() {
    let mut case = repaid_early();
    let left = case.own().position(date("2026-06-21")).advance;
    let back = BookOperation { id: part(50), on: date("2026-06-21"), amount: left };
    case.ask("2026-06-21", LedgerCommand::PayRefund(back)).unwrap();
    let mistaken = take_back(21, ReversalReason::Mistake);
    assert_eq!(case.code("2026-06-22", mistaken), "payment_already_used");
    case.ask("2026-06-22", take_back(21, RECALLED)).unwrap();
    let at = case.own().position(date("2026-06-22"));
    assert_eq!((at.shortage, at.due_now()), (left, left));
    assert_sums(&case, "2026-06-22");
    case.pay(51, "2026-06-23", left);
    assert_eq!(case.own().position(date("2026-06-23")).due_now(), 0);
}

#[test]
fn a_later_early_repayment_is_made_anew_without_the_money_of_the_first() {
    let mut case = after_four();
    let part_of = Early::ShorterTerm(2_000_000);
    case.ask("2026-05-16", ask_early(30, "2026-06-15", part_of)).unwrap();
    case.pay(20, "2026-06-15", 945_596);
    case.pay(21, "2026-06-15", 2_000_000);
    case.ask("2026-06-15", run(40..41)).unwrap();
    let smaller = Early::SmallerPayment(1_000_000);
    case.ask("2026-06-16", ask_early(31, "2026-07-20", smaller)).unwrap();
    case.pay(22, "2026-07-15", 945_596);
    case.pay(23, "2026-07-20", 1_000_000);
    case.ask("2026-07-20", run(41..42)).unwrap();
    let first = case.own().booked.iter().find(|one| one.id == part(41)).unwrap().clone();
    // Payment; both changes of the schedule with their requests; the first is over, the second
    // is executed anew.
    assert_eq!(case.ask("2026-08-01", take_back(21, RECALLED)), Ok(8));
    let states: Vec<RequestState> = case.own().requests.iter().map(|one| one.state).collect();
    assert_eq!(states, [RequestState::Expired, RequestState::Executed]);
    let last = case.own().booked.last().unwrap();
    assert_eq!((last.id, last.on), (part(900), date("2026-07-20")));
    assert_ne!(last.operation, first.operation);
    let mut never = after_four();
    never.pay(20, "2026-06-15", 945_596);
    never.ask("2026-06-16", ask_early(31, "2026-07-20", smaller)).unwrap();
    never.pay(22, "2026-07-15", 945_596);
    never.pay(23, "2026-07-20", 1_000_000);
    never.ask("2026-07-20", run(41..42)).unwrap();
    assert_same(&case, &never, "2026-12-20");
}

#[test]
fn an_early_repayment_that_does_not_need_the_money_stays() {
    let mut case = after_four();
    case.ask("2026-05-16", ask_early(30, "2026-06-15", Early::ShorterTerm(2_000_000))).unwrap();
    case.pay(20, "2026-06-15", 945_596);
    case.pay(21, "2026-06-15", 2_000_000);
    case.pay(22, "2026-06-15", 2_000_000);
    case.ask("2026-06-15", run(40..41)).unwrap();
    assert_eq!(case.ask("2026-06-17", take_back(22, RECALLED)), Ok(1));
    assert_eq!(case.request_state(), RequestState::Executed);
    // Without the other one it does.
    assert_eq!(case.ask("2026-06-17", take_back(21, RECALLED)), Ok(3));
    assert_eq!(case.request_state(), RequestState::FundsAwaited);
}

/// Both books say the same of every day until `until` and long after it.
fn assert_same(one: &Case, other: &Case, until: &str) {
    let same = same_until(one, other, date(until));
    assert!(same.is_ok(), "{same:?}");
}

fn same_until(one: &Case, other: &Case, until: Date) -> Result<(), String> {
    let mut day = one.own().agreement.issued_on;
    let far = until.checked_add_days(Days::new(400)).unwrap();
    while day < far {
        let told = |case: &Case| {
            let at = case.own().explained(day, |_| ());
            let rows: Vec<_> = at.rows.iter().filter(|row| !row.is_moved).copied().collect();
            let paid = (at.principal_paid, at.interest_paid, at.penalty_paid, at.fees_paid);
            let money = (at.advance, at.shortage, at.closed, at.days_past_due());
            (figures::all(&at), rows, paid, money)
        };
        let (told_one, told_other) = (told(one), told(other));
        if told_one != told_other {
            return Err(format!("{day}: {told_one:#?}\n{told_other:#?}"));
        }
        day = day.checked_add_days(Days::new(if day < until { 2 } else { 23 })).unwrap();
    }
    if behind(&one.loan) != behind(&other.loan) {
        return Err("since when it is in arrears".into());
    }
    Ok(())
}

/// Every figure of the day is the sum of its lines.
fn assert_sums(case: &Case, day: &str) {
    let at = case.own().explained(date(day), |_| ());
    let all = figures::all(&at);
    let next = all.next_payment.map(|next| next.figure).unwrap_or_default();
    assert_eq!(all.unallocated.amount, at.advance);
    let figures = [
        all.debt_today,
        all.overdue,
        all.interest,
        all.penalty,
        all.total_left,
        all.payoff,
        all.unallocated,
        next,
    ];
    for Figure { amount, lines } in figures {
        assert_eq!(amount, lines.iter().map(|line| line.amount).sum::<i64>(), "{lines:?}");
    }
}

/// What somebody did on a day.
type Done = (Date, LedgerCommand);

/// A life of a loan: payments in time, late or missed, early repayments with their money. Gives
/// what was accepted, in order.
fn life(dice: &mut Dice) -> (Case, Vec<Done>) {
    let accrues = dice.upto(3) == 0;
    let agreement = Agreement {
        kind: [ScheduleKind::Annuity, ScheduleKind::EqualPrincipal][dice.upto(2) as usize],
        count: 6 + u16::try_from(dice.upto(7)).unwrap(),
        notice_days: 0,
        current_interest: [CurrentInterest::Scheduled, CurrentInterest::Accrued]
            [usize::from(accrues)],
        early_order: [EarlyOrder::InterestFirst, EarlyOrder::PrincipalOnly][dice.upto(2) as usize],
        ..e1()
    };
    let mut case = Case::default();
    let mut done = vec![(agreement.issued_on, LedgerCommand::Open(Box::new(opening(agreement))))];
    case.ask("2026-01-15", done[0].1.clone()).unwrap();
    let mut ids = 1_000_u128..;
    let mut fresh = || ids.next().unwrap();
    let mut day = date("2026-01-16");
    let mut brings: Vec<(Date, i64)> = Vec::new();
    while day < date("2026-10-20") {
        let at = case.own().position(day);
        let (due, is_closed) = (at.due_now(), at.closed.is_some());
        let waits = case.own().requests.iter().any(|request| request.state.is_open());
        let left = at.principal_left();
        let mut wanted = Vec::new();
        let mut pay = |amount: i64, id: u128| {
            wanted.push(payment(id, &format!("bank:{id}"), &day.to_string(), amount));
        };
        if !is_closed && due > 0 && dice.upto(100) < 45 {
            pay(due + [0, 0, 30_000][dice.upto(3) as usize], fresh());
        }
        brings.retain(|(on, amount)| {
            if *on == day {
                pay(*amount, fresh());
            }
            *on != day
        });
        if !is_closed && !waits && dice.upto(100) < 3 {
            let on = day.checked_add_days(Days::new(1 + dice.upto(20))).unwrap();
            let amount = 200_000 + i64::try_from(dice.upto(1_500_000)).unwrap();
            let early = match dice.upto(5) {
                0 => Early::Full,
                1 | 2 => Early::SmallerPayment(amount),
                _ => Early::ShorterTerm(amount),
            };
            wanted.push(ask_early(fresh(), &on.to_string(), early));
            let brought = if early == Early::Full { left + 400_000 } else { amount + 1_000_000 };
            brings.push((on, brought));
        }
        if dice.upto(100) < 1 {
            let fee = BookOperation { id: part(fresh()), on: day, amount: 5_900 };
            wanted.push(LedgerCommand::ChargeFee(fee));
        }
        let first = 100 * fresh();
        wanted.push(run(first..first + 20));
        for command in wanted {
            if case.ask(&day.to_string(), command.clone()).is_ok() {
                done.push((day, command));
            }
        }
        day = day.succ_opt().unwrap();
    }
    (case, done)
}

#[test]
fn a_book_without_its_money_is_the_one_in_which_it_never_came() {
    let (mut undone, mut anew, mut reopened, mut skipped) = (0, 0, 0, 0);
    for seed in 700_000..700_250 {
        let dice = &mut Dice(seed);
        let (mut case, done) = life(dice);
        let payments: Vec<PartId> = done
            .iter()
            .filter_map(|(_, command)| match command {
                LedgerCommand::Post(post) => Some(post.id),
                _ => None,
            })
            .collect();
        if payments.is_empty() {
            continue;
        }
        let gone = payments[dice.upto(payments.len() as u64) as usize];
        let mut never = Case::default();
        let is_gone = |command: &LedgerCommand| matches!(command, LedgerCommand::Post(post) if post.id == gone);
        let others = done.iter().filter(|(_, command)| !is_gone(command));
        let mut replayed =
            others.map(|(day, command)| never.ask(&day.to_string(), command.clone()));
        if replayed.any(|outcome| outcome.is_err()) {
            // Without the money something else would have been asked for.
            skipped += 1;
            continue;
        }
        let before = case.own().clone();
        let reverse = LedgerCommand::Reverse {
            id: gone,
            reason: RECALLED,
            ids: (900..920).map(part).collect(),
        };
        let today = "2026-10-27";
        for each in [&mut case, &mut never] {
            each.ask(today, run(800..820)).unwrap();
        }
        case.ask(today, reverse).unwrap_or_else(|refusal| panic!("seed {seed}: {refusal:?}"));
        let same = same_until(&case, &never, date(today));
        assert!(same.is_ok(), "seed {seed}: {}", same.unwrap_err());
        let states = |case: &Case| -> Vec<RequestState> {
            case.own().requests.iter().map(|request| request.state).collect()
        };
        assert_eq!(states(&case), states(&never), "seed {seed}");
        assert_eq!(case.loan.terms.status, never.loan.terms.status, "seed {seed}");
        for day in ["2026-03-01", "2026-06-16", today, "2027-02-01"] {
            assert_sums(&case, day);
        }
        let early = |booked: &&Booked| {
            matches!(booked.operation, Operation::Replan(_) | Operation::Close(_))
        };
        let booked = case.own().booked.iter().filter(early);
        undone += u32::from(booked.clone().any(|one| one.reversed.is_some()));
        anew += u32::from(booked.clone().any(|one| (900..920).map(part).any(|id| id == one.id)));
        let closed = |own: &Own| own.position(date(today)).closed.is_some();
        reopened += u32::from(closed(&before) && !closed(case.own()));
    }
    assert!(undone > 40 && anew > 10 && reopened > 15, "{undone} {anew} {reopened} {skipped}");
}
