//! Commands on a loan that is kept here: what they do, what they refuse, and that a book folds the
//! same in any split.

mod reversals;

use super::request::RequestStep;
use super::*;
use crate::base::ids::{ClientId, LoanId, splitmix};
use crate::base::time::Timestamp;
use crate::domain::access::Principal;
use crate::domain::credit::dates::DueRule;
use crate::domain::credit::early::{Early, NewTerms};
use crate::domain::credit::interest::{DayBasis, Interest, Rate, Rounding};
use crate::domain::credit::ledger::{Closing, CurrentInterest, EarlyOrder, PenaltyBase};
use crate::domain::credit::schedule::ScheduleKind;
use crate::domain::loan::{Loan, LoanCommand, LoanEvent, standing};
use crate::domain::{Aggregate, Context, Meta, Rejection};
use uuid::Uuid;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn context(today: &str) -> Context {
    Context {
        now: Timestamp::parse_rfc3339(&format!("{today}T09:00:00Z")).unwrap(),
        zone: chrono_tz::Europe::Moscow,
        principal: Principal::System,
    }
}

fn part(id: u128) -> PartId {
    PartId::from_uuid(Uuid::from_u128(id))
}

fn e1() -> Agreement {
    Agreement {
        kind: ScheduleKind::Annuity,
        is_consumer: true,
        is_instalment_service: false,
        has_purpose: false,
        granted: 10_000_000,
        issued_on: date("2026-01-15"),
        interest: Interest {
            rate: Rate::Year(24_000_000),
            basis: DayBasis::ActAct,
            rounding: Rounding::Segment,
        },
        dues: DueRule::MONTHLY,
        count: 12,
        part: 0,
        penalty: Rate::Year(20_000_000),
        penalty_base: PenaltyBase::PrincipalAndInterest,
        interest_on_overdue: true,
        current_interest: CurrentInterest::Scheduled,
        early_order: EarlyOrder::InterestFirst,
        notice_days: 30,
        dpd_tolerance: 0,
        fee_at_payout: 0,
        down_payment: 0,
        merchant_discount: Rate::ZERO,
    }
}

fn opening(agreement: Agreement) -> OpenLedger {
    OpenLedger {
        id: LoanId::from_uuid(Uuid::from_u128(2)),
        client: ClientId::from_uuid(Uuid::from_u128(1)),
        source_key: String::new(),
        number: "POS-2026-000123".into(),
        product: "POS".into(),
        agreement,
        signed: None,
    }
}

/// A loan with the events that made it.
#[derive(Clone, Default)]
struct Case {
    loan: Loan,
    events: Vec<LoanEvent>,
}

impl Case {
    fn ask(&mut self, today: &str, command: LedgerCommand) -> Result<usize, Rejection> {
        let decision = self.loan.decide(LoanCommand::Ledger(command), &context(today))?;
        for event in &decision.events {
            self.loan.evolve(event, &meta());
        }
        self.events.extend(decision.events.iter().cloned());
        Ok(decision.events.len())
    }
    fn code(&mut self, today: &str, command: LedgerCommand) -> String {
        let refusal = self.ask(today, command).unwrap_err();
        match refusal.fields.first() {
            Some(fault) => format!("{}: {}", fault.field, fault.code),
            None => refusal.code.to_owned(),
        }
    }
    fn pay(&mut self, id: u128, on: &str, amount: i64) {
        assert_eq!(self.ask(on, payment(id, &format!("bank:{id}"), on, amount)), Ok(1));
    }
    fn own(&self) -> &Own {
        self.loan.own.as_ref().unwrap()
    }
    fn request_state(&self) -> RequestState {
        self.own().requests.last().unwrap().state
    }
}

fn meta() -> Meta {
    Meta { seq: 1, at: Timestamp::from_micros(0), actor: Principal::System, drawn: vec![] }
}

fn payment(id: u128, key: &str, on: &str, amount: i64) -> LedgerCommand {
    LedgerCommand::Post(PostPayment {
        id: part(id),
        source: PaymentSource::Statement,
        key: key.into(),
        on: date(on),
        amount,
        payer: Payer::Client,
    })
}

fn run(ids: std::ops::Range<u128>) -> LedgerCommand {
    LedgerCommand::RunRequests { ids: ids.map(part).collect() }
}

/// Takes an operation back; early repayments that are executed anew get numbers from 900 on.
fn take_back(id: u128, reason: ReversalReason) -> LedgerCommand {
    LedgerCommand::Reverse { id: part(id), reason, ids: (900..920).map(part).collect() }
}

fn opened() -> Case {
    let mut case = Case::default();
    assert_eq!(case.ask("2026-01-15", LedgerCommand::Open(Box::new(opening(e1())))), Ok(2));
    case
}

/// E1 with its first four payments.
fn after_four() -> Case {
    let mut case = opened();
    let days = ["2026-02-15", "2026-03-15", "2026-04-15", "2026-05-15"];
    for (id, day) in (10..).zip(days) {
        case.pay(id, day, 945_596);
    }
    case
}

#[test]
fn a_loan_kept_here_stands_by_its_own_book() {
    let case = after_four();
    assert_eq!(case.own().agreement.part, 945_596);
    assert_eq!(case.loan.terms.rate_percent.to_string(), "24");
    let found = standing::on(&case.loan, date("2026-05-20"));
    assert_eq!((found.next_due_on, found.next_payment), (Some(date("2026-06-15")), Some(945_596)));
    assert_eq!(found.outstanding, Some(7 * 945_596 + 938_976));
    let late = standing::on(&case.loan, date("2026-06-20"));
    assert_eq!((late.days_past_due, late.overdue), (5, 945_596));
    assert_eq!(case.own().status(date("2026-06-20")), LoanStatus::Active);
}

#[test]
fn a_payment_is_booked_once_and_can_be_reversed() {
    let mut case = opened();
    case.pay(10, "2026-02-10", 945_596);
    assert_eq!(case.ask("2026-02-11", payment(11, "bank:10", "2026-02-10", 945_596)), Ok(0));
    let differing = payment(11, "bank:10", "2026-02-10", 945_597);
    assert_eq!(case.code("2026-02-11", differing), "payment_differs");
    let reverse = |id| take_back(id, ReversalReason::RecalledByBank);
    assert_eq!(case.code("2026-02-11", reverse(99)), "not_found");
    assert_eq!(case.ask("2026-02-11", reverse(10)), Ok(1));
    assert_eq!(case.ask("2026-02-11", reverse(10)), Ok(0));
    assert_eq!(case.own().position(date("2026-02-20")).days_past_due(), 5);
    let again = payment(11, "bank:10", "2026-02-10", 945_596);
    assert_eq!(case.code("2026-02-11", again), "payment_reversed", "books nothing silently");
    assert_eq!(case.ask("2026-02-11", payment(11, "new", "2026-02-10", 945_596)), Ok(1));
}

#[test]
fn bad_operations_name_the_field_and_change_nothing() {
    let mut case = opened();
    let rows = [
        (payment(10, "", "2026-01-14", 100), "on: before_issue"),
        (payment(10, "", "2026-03-02", 100), "on: date_in_future"),
        (payment(10, "", "2026-02-01", 0), "amount: not_positive"),
        (payment(10, "", "2026-02-01", -5), "amount: not_positive"),
        (LedgerCommand::Open(Box::new(opening(e1()))), "loan_exists"),
    ];
    let before = case.loan.clone();
    for (command, expected) in rows {
        assert_eq!(case.code("2026-03-01", command), expected);
    }
    let operation = |on: &str, amount| BookOperation { id: part(5), on: date(on), amount };
    let refund = LedgerCommand::PayRefund(operation("2026-02-01", 1));
    assert_eq!(case.code("2026-03-01", refund), "amount: too_large");
    let forgive = LedgerCommand::ForgivePenalty(operation("2026-02-01", 1));
    assert_eq!(case.code("2026-03-01", forgive), "amount: too_large");
    assert_eq!(case.loan, before);

    let mut external = Case::default();
    assert_eq!(external.code("2026-03-01", payment(1, "", "2026-02-01", 1)), "loan_kept_elsewhere");
    let import = LoanCommand::ImportFigures(crate::domain::loan::ImportFigures {
        figures: crate::domain::loan::Figures::default(),
    });
    assert_eq!(
        case.loan.decide(import, &context("2026-03-01")).unwrap_err().code,
        "loan_kept_here"
    );
}

#[test]
fn unlawful_and_broken_terms_are_refused_by_field() {
    let refused =
        |agreement: Agreement, signed: Option<Vec<crate::domain::credit::schedule::PlanRow>>| {
            let open = OpenLedger { signed, ..opening(agreement) };
            let command = LoanCommand::Ledger(LedgerCommand::Open(Box::new(open)));
            let refusal = Loan::default().decide(command, &context("2026-06-01")).unwrap_err();
            let named =
                refusal.fields.into_iter().map(|fault| format!("{}: {}", fault.field, fault.code));
            named.collect::<Vec<_>>()
        };
    let rate = |rate| Agreement { interest: Interest { rate, ..e1().interest }, ..e1() };
    let rows = [
        (Agreement { granted: 10_000_000_000_001, ..e1() }, "principal: out_of_range"),
        (Agreement { count: 0, ..e1() }, "instalments: out_of_range"),
        (Agreement { issued_on: date("2026-06-02"), ..e1() }, "issued_on: date_in_future"),
        (Agreement { kind: ScheduleKind::Instalment, ..e1() }, "rate_percent: not_zero"),
        (rate(Rate::Day(800_001)), "rate_percent: above_cap"),
        (rate(Rate::Year(292_000_001)), "rate_percent: above_cap"),
        (
            Agreement { fee_at_payout: 1_000_000, ..rate(Rate::Day(800_000)) },
            "rate_percent: psk_above_cap",
        ),
    ];
    for (agreement, expected) in rows {
        assert_eq!(refused(agreement, None), [expected]);
    }
    let service = Agreement {
        is_instalment_service: true,
        issued_on: date("2026-04-02"),
        ..rate(Rate::ZERO)
    };
    assert_eq!(refused(service, None), ["instalments: above_cap"]);
    let rows = opened().own().plan.rows.clone();
    let with = |change: fn(&mut crate::domain::credit::schedule::PlanRow)| {
        let mut rows = rows.clone();
        change(&mut rows[3]);
        refused(e1(), Some(rows))
    };
    assert_eq!(with(|row| row.interest = -1), ["schedule[3].payment: negative"]);
    assert_eq!(with(|row| row.n = 3), ["schedule[3].n: out_of_order"]);
    assert_eq!(with(|row| row.balance += 1), ["schedule[3].balance: balance_differs"]);
    assert!(with(|row| row.principal += 1).contains(&"schedule: principal_differs".to_owned()));
    assert_eq!(refused(e1(), Some(rows[..11].to_vec())), ["schedule: principal_differs"]);
    let mut same_day = rows.clone();
    same_day[3].accrues_to = rows[2].due_on.succ_opt().unwrap();
    same_day[4].due_on = rows[3].due_on;
    same_day[4].accrues_to = rows[3].due_on;
    let out_of_order = ["schedule[4].due_on: out_of_order"];
    assert_eq!(refused(e1(), Some(same_day)), out_of_order, "after the due date before it");
}

#[test]
fn steps_of_a_request_lead_where_they_may() {
    use RequestState::{Calculated, Executed, Expired, FundsAwaited, Received, Withdrawn};
    use RequestStep::{AwaitFunds, Calculate, Execute, Expire, Withdraw};
    let steps = [Calculate, AwaitFunds, Execute, Expire, Withdraw];
    let rows = [
        (Received, [Some(Calculated), None, None, None, Some(Withdrawn)]),
        (Calculated, [Some(Calculated), Some(FundsAwaited), None, Some(Expired), Some(Withdrawn)]),
        (FundsAwaited, [Some(Calculated), None, Some(Executed), Some(Expired), Some(Withdrawn)]),
        (Executed, [None; 5]),
        (Expired, [None; 5]),
        (Withdrawn, [None; 5]),
    ];
    assert_eq!(rows.len(), RequestState::ALL.len());
    for (state, expected) in rows {
        assert_eq!(steps.map(|step| state.after(step)), expected, "{state:?}");
    }
}

fn ask_early(id: u128, on: &str, early: Early) -> LedgerCommand {
    LedgerCommand::RequestEarly(RequestEarly {
        id: part(id),
        on: date(on),
        early,
        is_withdrawal: false,
    })
}

#[test]
fn an_early_repayment_waits_for_money_and_is_executed_once() {
    let mut case = after_four();
    let part_of = Early::ShorterTerm(2_000_000);
    assert_eq!(case.code("2026-05-16", ask_early(30, "2026-06-14", part_of)), "notice_too_short");
    assert_eq!(case.code("2026-05-16", ask_early(30, "2026-05-15", part_of)), "on: date_in_past");
    let small = Early::ShorterTerm(1);
    assert_eq!(
        case.code("2026-05-16", ask_early(30, "2026-06-25", small)),
        "amount: early_sum_too_small"
    );
    assert_eq!(case.ask("2026-05-16", ask_early(30, "2026-06-15", part_of)), Ok(2));
    assert_eq!(
        (case.request_state(), case.own().requests[0].quoted),
        (RequestState::Calculated, 2_945_596)
    );
    assert_eq!(case.code("2026-05-16", ask_early(31, "2026-06-15", Early::Full)), "request_exists");
    let told = LedgerCommand::AdvanceRequest { id: part(30), step: RequestStep::AwaitFunds };
    assert_eq!(case.ask("2026-05-17", told.clone()), Ok(1));
    assert_eq!(case.code("2026-05-17", told), "request_gone_on");
    assert_eq!(case.ask("2026-06-14", run(40..41)), Ok(0));
    // The instalment alone is no early repayment.
    case.pay(20, "2026-06-15", 945_596);
    assert_eq!(case.ask("2026-06-15", run(40..41)), Ok(0));
    // The statement of the day comes on the next one.
    assert_eq!(case.ask("2026-06-16", payment(21, "bank:21", "2026-06-15", 2_000_000)), Ok(1));
    assert_eq!(case.ask("2026-06-16", run(40..41)), Ok(2));
    assert_eq!(case.request_state(), RequestState::Executed);
    assert_eq!(case.ask("2026-06-16", run(41..42)), Ok(0));
    assert_eq!(case.own().position(date("2026-06-16")).principal_left(), 6_112_312 - 2_000_000);
    let reverse = take_back(40, ReversalReason::Mistake);
    assert_eq!(case.code("2026-06-17", reverse), "not_reversible");
}

#[test]
fn a_request_without_money_expires_and_one_can_be_withdrawn() {
    let mut case = after_four();
    assert_eq!(case.ask("2026-05-16", ask_early(30, "2026-06-15", Early::Full)), Ok(2));
    assert_eq!(case.ask("2026-06-20", run(40..41)), Ok(0));
    assert_eq!(case.ask("2026-06-21", run(40..41)), Ok(1));
    assert_eq!(case.request_state(), RequestState::Expired);
    assert_eq!(case.ask("2026-06-21", ask_early(31, "2026-08-01", Early::Full)), Ok(2));
    let step = RequestStep::Withdraw;
    assert_eq!(case.ask("2026-06-22", LedgerCommand::AdvanceRequest { id: part(31), step }), Ok(1));
    assert_eq!(case.request_state(), RequestState::Withdrawn);
    let execute = LedgerCommand::AdvanceRequest { id: part(31), step: RequestStep::Execute };
    assert_eq!(case.code("2026-06-22", execute), "request_gone_on");
}

#[test]
fn a_full_early_repayment_ends_the_loan_and_the_rest_is_refunded() {
    let mut case = after_four();
    assert_eq!(case.ask("2026-05-16", ask_early(30, "2026-06-20", Early::Full)), Ok(2));
    case.pay(20, "2026-06-15", 945_596);
    case.pay(21, "2026-06-20", 6_200_000);
    assert_eq!(case.ask("2026-06-20", run(40..41)), Ok(3));
    assert_eq!(case.loan.terms.status, LoanStatus::ClosedEarly);
    assert_eq!(case.own().status(date("2026-06-20")), LoanStatus::ClosedEarly);
    assert_eq!(case.code("2026-06-21", payment(22, "", "2026-06-21", 100)), "loan_closed");
    // 5 days on 61 123.12 at 24 % are 200.95.
    let left = case.own().position(date("2026-06-21")).advance;
    assert_eq!(left, 6_200_000 - 6_112_312 - 20_095);
    let back = |amount| {
        LedgerCommand::PayRefund(BookOperation { id: part(50), on: date("2026-06-21"), amount })
    };
    assert_eq!(case.code("2026-06-21", back(left + 1)), "amount: too_large");
    assert_eq!(case.ask("2026-06-21", back(left)), Ok(1));
    assert_eq!(case.own().position(date("2026-06-21")).advance, 0);
}

#[test]
fn a_loan_is_returned_within_fourteen_days() {
    let mut case = opened();
    let early = RequestEarly {
        id: part(30),
        on: date("2026-01-27"),
        early: Early::Full,
        is_withdrawal: true,
    };
    assert_eq!(case.ask("2026-01-20", LedgerCommand::RequestEarly(early)), Ok(2));
    assert_eq!(case.own().requests[0].quoted, 10_078_904);
    case.pay(20, "2026-01-27", 10_078_904);
    assert_eq!(case.ask("2026-01-27", run(40..41)), Ok(3));
    assert_eq!(case.loan.terms.status, LoanStatus::Cancelled);
    let mut late = opened();
    let early = RequestEarly { on: date("2026-01-30"), ..early };
    assert_eq!(late.code("2026-01-20", LedgerCommand::RequestEarly(early)), "withdrawal_over");
}

#[test]
fn holidays_and_new_terms_change_the_schedule_in_order_of_days() {
    let mut case = after_four();
    let holiday = |to: &str, payment| {
        LedgerCommand::GrantHoliday(GrantHoliday {
            id: part(60),
            from: date("2026-05-15"),
            to: date(to),
            rate: Rate::Year(18_200_000),
            payment,
        })
    };
    assert_eq!(case.code("2026-05-20", holiday("2026-12-15", 0)), "holiday_too_long");
    assert_eq!(case.code("2026-05-20", holiday("2026-08-15", -1)), "payment: negative");
    assert_eq!(case.ask("2026-05-20", holiday("2026-08-15", 0)), Ok(1));
    assert_eq!(case.code("2026-05-20", holiday("2026-08-15", 0)), "holiday_taken");
    let at = case.own().position(date("2026-07-01"));
    assert!(at.is_paused());
    assert_eq!(at.days_past_due(), 0);
    let terms = NewTerms { count: 24, rate: Rate::Year(12_000_000), forgiven_penalty: 0 };
    let change = |on: &str| {
        LedgerCommand::Restructure(ChangeSchedule { id: part(61), on: date(on), to: terms })
    };
    assert_eq!(case.code("2026-09-01", change("2026-05-01")), "schedule_changed_later");
    assert!(!case.own().is_restructured(date("2026-09-01")));
    assert_eq!(case.ask("2026-09-01", change("2026-09-01")), Ok(1));
    assert!(case.own().is_restructured(date("2026-09-01")));
    // Interest put off is more than one new payment: two rows behind the 24.
    let at = case.own().position(date("2026-09-02"));
    assert_eq!(at.open_rows().count(), 26);
    assert_eq!(at.open_rows().map(|row| row.row.principal).sum::<i64>(), 6_916_917);
}

#[test]
fn the_shops_money_lowers_or_ends_the_debt() {
    let shop = Agreement {
        kind: ScheduleKind::Instalment,
        granted: 4_499_000,
        count: 6,
        interest: Interest { rate: Rate::ZERO, ..e1().interest },
        ..e1()
    };
    let mut case = Case::default();
    assert_eq!(case.ask("2026-01-15", LedgerCommand::Open(Box::new(opening(shop)))), Ok(2));
    case.pay(10, "2026-02-15", 749_833);
    case.pay(11, "2026-03-15", 749_833);
    let back = |id: u128, amount| {
        LedgerCommand::ReturnGoods(ReturnGoods {
            payment: PostPayment {
                id: part(id),
                source: PaymentSource::Import,
                key: format!("shop:{id}"),
                on: date("2026-03-20"),
                amount,
                payer: Payer::Shop,
            },
            id: part(id + 1),
            is_shorter: false,
        })
    };
    assert_eq!(case.ask("2026-03-20", back(20, 1_200_000)), Ok(2));
    assert_eq!(case.ask("2026-03-20", back(20, 1_200_000)), Ok(0));
    let payments: Vec<i64> =
        case.own().position(date("2026-03-20")).open_rows().map(|row| row.row.payment()).collect();
    assert_eq!(payments, [449_833, 449_833, 449_833, 449_835]);
    assert_eq!(case.ask("2026-03-20", back(30, 1_799_334)), Ok(2));
    assert_eq!(case.loan.terms.status, LoanStatus::ReturnedGoods);
}

#[test]
fn a_loan_is_given_up_once() {
    let mut case = opened();
    let give_up =
        |to| LedgerCommand::GiveUp(ChangeSchedule { id: part(70), on: date("2026-09-01"), to });
    assert_eq!(case.code("2026-09-01", give_up(Closing::Paid)), "not_given_up");
    assert_eq!(case.ask("2026-09-01", give_up(Closing::WrittenOff)), Ok(1));
    assert_eq!(case.loan.terms.status, LoanStatus::WrittenOff);
    assert_eq!(case.code("2026-09-02", give_up(Closing::Ceded)), "loan_closed");
    assert_eq!(case.own().position(date("2026-09-02")).lost.principal, 10_000_000);
}

/// A book folds the same whether its state was stored in between or not.
#[test]
fn replay_in_any_split_is_the_same() {
    let mut case = after_four();
    case.ask("2026-05-16", ask_early(30, "2026-06-15", Early::SmallerPayment(2_000_000))).unwrap();
    case.pay(20, "2026-06-15", 2_945_596);
    case.ask("2026-06-15", run(40..41)).unwrap();
    let fee = BookOperation { id: part(41), on: date("2026-06-16"), amount: 5_900 };
    case.ask("2026-06-16", LedgerCommand::ChargeFee(fee)).unwrap();
    case.ask("2026-06-17", take_back(41, ReversalReason::Mistake)).unwrap();
    let give_up = ChangeSchedule { id: part(42), on: date("2026-09-01"), to: Closing::Ceded };
    case.ask("2026-09-01", LedgerCommand::GiveUp(give_up)).unwrap();
    let mut seed = 7;
    for _ in 0..50 {
        let mut loan = Loan::default();
        for event in &case.events {
            loan.evolve(event, &meta());
            if splitmix(&mut seed).is_multiple_of(2) {
                let stored = serde_json::to_vec(&loan).unwrap();
                loan = serde_json::from_slice(&stored).unwrap();
            }
        }
        assert_eq!(loan, case.loan);
    }
}

#[test]
fn a_loan_with_penalty_is_quoted_for_a_part() {
    let mut case = opened();
    case.ask("2026-03-01", payment(10, "bank:10", "2026-03-01", 945_596)).unwrap();
    let today = date("2026-03-05");
    let book = case.own().book();
    // What is due today is due first; by a later day it counts as paid in time.
    for (on, is_due_first) in [(today, true), (date("2026-03-10"), false)] {
        let part = quote(&book, today, on, Early::ShorterTerm(2_000_000), false).unwrap();
        assert_eq!((part.due_first > 0, part.to_pay - part.due_first), (is_due_first, 2_000_000));
        let full = quote(&book, today, on, Early::Full, false).unwrap();
        assert_eq!(full.to_pay, full.due_first + full.interest + full.principal, "{on}");
    }
}

#[test]
fn no_payment_of_before_a_new_schedule_that_rests_on_it_comes_or_goes() {
    let (from, to) = (date("2026-07-20"), date("2026-09-20"));
    let rate = Rate::Year(18_000_000);
    let new = NewTerms { count: 12, rate, forgiven_penalty: 0 };
    let changes = [
        LedgerCommand::Restructure(ChangeSchedule { id: part(30), on: from, to: new }),
        LedgerCommand::GrantHoliday(GrantHoliday { id: part(30), from, to, rate, payment: 0 }),
    ];
    for change in changes {
        let mut case = after_four();
        case.ask("2026-07-20", change).unwrap();
        let before = case.own().clone();
        let late = payment(40, "bank:40", "2026-07-19", 945_596);
        assert_eq!(case.code("2026-07-21", late), "schedule_changed_later");
        let back = take_back(13, ReversalReason::Mistake);
        assert_eq!(case.code("2026-07-21", back), "payment_already_used");
        assert_eq!(*case.own(), before);
        case.pay(41, "2026-07-20", 100_000);
        let at = case.own().explained(date("2026-07-25"), |_| ());
        let payoff = crate::domain::credit::figures::payoff(&at);
        assert_eq!(payoff.amount, at.payoff());
    }
}

#[test]
fn a_book_holds_as_much_as_it_may_and_then_says_so() {
    let mut case = opened();
    for id in 0..limits::LOAN_OPERATIONS_MAX as u128 {
        let fee = BookOperation { id: part(100 + id), on: date("2026-01-16"), amount: 1 };
        case.ask("2026-01-16", LedgerCommand::ChargeFee(fee)).unwrap();
    }
    let before = case.own().clone();
    let more = payment(1, "bank:1", "2026-01-17", 945_596);
    assert_eq!(case.code("2026-01-17", more), "too_many_operations");
    let to = NewTerms { count: 12, rate: Rate::Year(18_000_000), forgiven_penalty: 0 };
    let change = ChangeSchedule { id: part(2), on: date("2026-01-17"), to };
    let refused = case.code("2026-01-17", LedgerCommand::Restructure(change));
    assert_eq!(refused, "too_many_operations");
    assert_eq!(*case.own(), before);
    // Rows of all schedules together.
    let mut case = opened();
    let mut restructured = 0;
    let refusal = loop {
        let to = NewTerms { count: 200, rate: Rate::Year(18_000_000), forgiven_penalty: 0 };
        let change = ChangeSchedule { id: part(restructured + 3), on: date("2026-01-17"), to };
        match case.ask("2026-01-17", LedgerCommand::Restructure(change)) {
            Ok(_) => restructured += 1,
            Err(refusal) => break refusal,
        }
    };
    assert_eq!((refusal.code, restructured), ("too_many_schedules", 3));
    assert!(case.own().schedule_rows() <= limits::LOAN_SCHEDULE_ROWS_MAX);
}
