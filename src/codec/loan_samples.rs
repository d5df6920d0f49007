//! One sample of every event of loans that are kept here, and the fullest book there can be.

use crate::base::ids::PartId;
use crate::base::limits;
use crate::domain::credit::dates::{DueRule, Shift, Step};
use crate::domain::credit::early::Early;
use crate::domain::credit::interest::{DayBasis, Interest, Rate, Rounding};
use crate::domain::credit::ledger::{
    Agreement, Closing, CurrentInterest, EarlyOrder, Operation, PenaltyBase, Replan, ReplanReason,
};
use crate::domain::credit::schedule::{Pause, Plan, PlanRow, ScheduleKind};
use crate::domain::loan::own::{
    Booked, EarlyRequest, EarlyRequestAdvanced, EarlyRequested, FeeCharged, LedgerClosed,
    LedgerOpened, OperationReversed, Own, Payer, PaymentPosted, PenaltyForgiven, RefundPaid,
    RequestState, ReversalReason, ScheduleReplaced,
};
use crate::domain::loan::{Loan, LoanEvent, LoanTerms};
use uuid::Uuid;

fn id(number: u128) -> PartId {
    PartId::from_uuid(Uuid::from_u128(number))
}

fn row() -> PlanRow {
    PlanRow {
        n: 600,
        due_on: "2026-02-16".parse().unwrap(),
        accrues_to: "2026-02-15".parse().unwrap(),
        principal: 7_417_600_000,
        interest: 2_038_360_000,
        deferred: 100,
        fee: 100,
        balance: 92_582_400_000,
    }
}

fn plan(rows: usize) -> Plan {
    Plan {
        accrues_from: "2026-01-15".parse().unwrap(),
        principal: 10_000_000,
        rate: Rate::Year(24_000_000),
        part: 945_596,
        carried: 5,
        deferred: 6,
        pause: Some(Pause {
            from: "2026-05-15".parse().unwrap(),
            to: "2026-08-15".parse().unwrap(),
            rate: Rate::Day(800_000),
        }),
        rows: vec![row(); rows],
    }
}

fn agreement() -> Agreement {
    Agreement {
        kind: ScheduleKind::Annuity,
        is_consumer: true,
        is_instalment_service: false,
        has_purpose: true,
        granted: 10_000_000,
        issued_on: "2026-01-15".parse().unwrap(),
        interest: Interest {
            rate: Rate::Year(24_000_000),
            basis: DayBasis::ActAct,
            rounding: Rounding::Segment,
        },
        dues: DueRule {
            step: Step::Months(1),
            first_on: Some("2026-02-15".parse().unwrap()),
            day: Some(15),
            shift: Shift::Adjusted,
        },
        count: 12,
        part: 945_596,
        penalty: Rate::Year(20_000_000),
        penalty_base: PenaltyBase::PrincipalAndInterest,
        interest_on_overdue: true,
        current_interest: CurrentInterest::Scheduled,
        early_order: EarlyOrder::InterestFirst,
        notice_days: 30,
        dpd_tolerance: 100,
        fee_at_payout: 300,
        down_payment: 400,
        merchant_discount: Rate::Year(8_000_000),
    }
}

fn replan(rows: usize) -> Replan {
    Replan {
        reason: ReplanReason::EarlyPart,
        interest: 45_481,
        principal: 1_954_519,
        forgiven_penalty: 7,
        absorbs_overdue: false,
        plan: plan(rows),
    }
}

fn request(number: u128) -> EarlyRequest {
    EarlyRequest {
        id: id(number),
        received_on: "2026-05-16".parse().unwrap(),
        on: "2026-06-15".parse().unwrap(),
        early: Early::ShorterTerm(2_000_000),
        is_withdrawal: false,
        state: RequestState::Calculated,
        quoted: 2_945_596,
    }
}

/// Events in the order of the register.
pub fn ledger() -> Vec<LoanEvent> {
    let on = "2026-02-16".parse().unwrap();
    let state = RequestState::FundsAwaited;
    vec![
        LoanEvent::LedgerOpened(LedgerOpened { agreement: agreement(), plan: plan(1) }),
        LoanEvent::PaymentPosted(PaymentPosted {
            id: id(1),
            key: Some([7; 16]),
            on,
            amount: 945_596,
            payer: Payer::Shop,
        }),
        LoanEvent::OperationReversed(OperationReversed {
            id: id(1),
            reason: ReversalReason::RecalledByBank,
        }),
        LoanEvent::FeeCharged(FeeCharged { id: id(2), on, amount: 5_900 }),
        LoanEvent::PenaltyForgiven(PenaltyForgiven { id: id(3), on, amount: 100 }),
        LoanEvent::RefundPaid(RefundPaid { id: id(4), on, amount: 200 }),
        LoanEvent::ScheduleReplaced(ScheduleReplaced { id: id(5), on, replan: replan(1) }),
        LoanEvent::LedgerClosed(LedgerClosed { id: id(6), on, closing: Closing::GoodsReturned }),
        LoanEvent::EarlyRequested(EarlyRequested { request: request(8) }),
        LoanEvent::EarlyRequestAdvanced(EarlyRequestAdvanced { id: id(8), state, quoted: Some(9) }),
    ]
}

/// A book with as many operations, schedule rows and requests as there can be.
pub fn fullest() -> Loan {
    let payment = |number: usize| Booked {
        id: id(number as u128),
        key: Some([255; 16]),
        on: "2026-02-16".parse().unwrap(),
        payer: Payer::Client,
        reversed: Some(ReversalReason::Mistake),
        operation: Operation::Payment(9_455_960_000),
    };
    let later = limits::LOAN_SCHEDULE_ROWS_MAX - limits::INSTALMENTS_MAX;
    let mut booked: Vec<Booked> = (1..limits::LOAN_OPERATIONS_MAX).map(payment).collect();
    let operation = Operation::Replan(Box::new(replan(later)));
    booked.push(Booked { operation, ..payment(limits::LOAN_OPERATIONS_MAX) });
    let requests = (0..limits::EARLY_REQUESTS_MAX).map(|number| request(number as u128)).collect();
    let plan = plan(limits::INSTALMENTS_MAX);
    let own = Own { agreement: agreement(), plan, booked, requests };
    let number = "я".repeat(limits::LINE_CHARS_MAX);
    let terms = LoanTerms { product: number.clone(), number, ..LoanTerms::default() };
    Loan { terms, own: Some(Box::new(own)), ..Loan::default() }
}
