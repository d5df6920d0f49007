//! Worked examples of domain.md 2 and every vector, to the kopeck.

mod calculations;
pub(in crate::domain) mod independent;
mod properties;
mod second;
mod vectors;
mod walks;

use super::dates::{DueRule, Shift};
use super::interest::{DayBasis, Interest, Rate, Rounding};
use super::ledger::{Agreement, CurrentInterest, EarlyOrder, Entry, Operation, PenaltyBase};
use super::schedule::{self, Order, Plan, ScheduleKind};
use crate::base::money::{Currency, Money};
use crate::base::time::Date;
use crate::domain::calendar::Calendar;

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// Kopecks of a decimal.
pub(crate) fn kop(text: &str) -> i64 {
    Money::parse(text, Currency::Rub).unwrap().minor()
}

/// A consumer annuity: 353-FZ, penalty 20 % on principal and interest, interest goes on.
pub(crate) fn agreement(granted: &str, percent: u64, count: u16, issued_on: &str) -> Agreement {
    let interest = Interest {
        rate: Rate::Year(percent * 1_000_000),
        basis: DayBasis::ActAct,
        rounding: Rounding::Segment,
    };
    Agreement {
        kind: ScheduleKind::Annuity,
        is_consumer: true,
        is_instalment_service: false,
        has_purpose: false,
        granted: kop(granted),
        issued_on: date(issued_on),
        interest,
        dues: DueRule::MONTHLY,
        count,
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

/// E1.
pub(crate) fn e1() -> Agreement {
    agreement("100000.00", 24, 12, "2026-01-15")
}

pub(crate) fn with_shift(agreement: Agreement, shift: Shift) -> Agreement {
    Agreement { dues: DueRule { shift, ..agreement.dues }, ..agreement }
}

/// The schedule of the contract.
pub(crate) fn contract(agreement: &Agreement) -> Plan {
    let count = u32::from(agreement.count);
    let dues = agreement.dues.first(agreement.issued_on, count, &Calendar::RU);
    let rate = agreement.interest.rate;
    let step = agreement.dues.step;
    schedule::plan(&Order {
        kind: agreement.kind,
        principal: agreement.granted,
        interest: agreement.interest,
        accrues_from: agreement.issued_on,
        carried: 0,
        dues: &dues,
        first_n: 1,
        part: schedule::part(agreement.kind, agreement.granted, rate, step, count, false),
    })
}

pub(crate) fn paid(on: &str, amount: &str) -> Entry {
    Entry { on: date(on), operation: Operation::Payment(kop(amount)) }
}

pub(crate) fn entry(on: &str, operation: Operation) -> Entry {
    Entry { on: date(on), operation }
}
