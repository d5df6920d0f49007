//! The calculator: any terms, no client (`POST /loans/calculate`, `…/quote`).
//!
//! Reads what was typed, names every faulty field, answers with plain decimals. Must never need a
//! stored loan.

use super::dates::{DueRule, Shift, Step};
use super::early::{self, Early, EarlyFault};
use super::interest::{DayBasis, Interest, Rate, Rounding};
use super::ledger::{Agreement, Book, CurrentInterest, EarlyOrder, PenaltyBase};
use super::policy::Policy;
use super::psk::{self, Flow, PskMethod};
use super::schedule::{self, Order, Plan, ScheduleKind};
use super::typed::Faults;
use crate::base::limits::INSTALMENTS_MAX;
use crate::base::money::{Currency, Money};
use crate::base::time::Date;
use crate::domain::calendar::Calendar;
use crate::domain::{FieldFault, Rejection};
use crate::json_object;
use rust_decimal::Decimal;
use serde::Serialize;

json_object! {
    /// Terms as typed.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct LoanAsk {
        /// `annuity`, `equal_principal`, `instalment`, `single`.
        pub kind: String,
        /// Sum granted, a decimal.
        pub principal: String,
        /// Rate in percent, a decimal.
        pub rate_percent: String,
        /// Number of payments.
        pub instalments: u16,
        /// Day of issue.
        pub issued_on: Date,
        /// `ACT/ACT` (when left out), `ACT/365F`, `30/360`.
        pub day_basis: Option<String>,
        /// Whether due dates move to working days.
        pub shift_due_dates: Option<bool>,
        /// What moved dates do to interest: `adjusted` (when left out), `unadjusted`.
        pub interest_shift: Option<String>,
        /// What the rate is of: `year` (when left out), `day`.
        pub rate_period: Option<String>,
        /// Original day of the month, 1 to 31.
        pub due_day: Option<u8>,
        /// First day to pay.
        pub first_due_on: Option<Date>,
        /// Days between payments, when they are not months.
        pub step_days: Option<u16>,
        /// Rounds an annuity up to a whole rouble.
        pub whole_roubles: Option<bool>,
        /// Fee kept at payout, a decimal.
        pub fee_at_payout: Option<String>,
    }
}

json_object! {
    /// An early repayment as typed.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct QuoteAsk {
        /// The loan; payments are taken as made in time.
        pub loan: LoanAsk,
        /// The day of the early repayment.
        pub on: Date,
        /// `full`, `smaller_payment`, `shorter_term`.
        pub mode: String,
        /// How much is repaid early, a decimal; not with `full`.
        pub amount: Option<String>,
        /// What is paid first: `interest_first` (when left out), `principal_only`.
        pub order: Option<String>,
    }
}

/// A row of the answer; decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CalculatedRow {
    /// Number, from 1.
    pub n: u16,
    /// The last day to pay.
    pub due_on: Date,
    /// Days of interest.
    pub days: i64,
    /// Interest.
    pub interest: String,
    /// Principal.
    pub principal: String,
    /// Payment.
    pub payment: String,
    /// Principal left.
    pub balance: String,
}

/// The answer of `POST /loans/calculate`; decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Calculation {
    /// Equal payment of an annuity.
    pub annuity: Option<String>,
    /// Full cost of credit in percent.
    pub psk_percent: String,
    /// Interest in all.
    pub total_interest: String,
    /// Payments in all.
    pub total_paid: String,
    /// The schedule.
    pub schedule: Vec<CalculatedRow>,
}

/// The answer of `POST /loans/quote`; decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct QuoteView {
    /// The day.
    pub on: Date,
    /// What is due on the day anyway.
    pub due_first: String,
    /// Interest in the early sum.
    pub interest: String,
    /// Principal in the early sum.
    pub principal: String,
    /// What to bring on the day.
    pub to_pay: String,
    /// How much less interest is paid.
    pub saving: String,
    /// Interest still to pay without it.
    pub interest_without: String,
    /// Interest still to pay with it.
    pub interest_with: String,
    /// Equal payment afterwards, of an annuity.
    pub annuity: Option<String>,
    /// The schedule afterwards; empty when nothing is left.
    pub schedule: Vec<CalculatedRow>,
}

/// A decimal for the API.
#[must_use]
pub fn decimal(kopecks: i64) -> String {
    Money::from_minor(kopecks, Currency::Rub).to_decimal()
}

/// The agreement that was typed.
///
/// # Errors
/// Every fault of every field.
pub fn agreement(ask: &LoanAsk) -> Result<Agreement, Vec<FieldFault>> {
    let mut faults = Faults::default();
    let read = read_agreement(ask, &mut faults);
    match read {
        Some(agreement) if faults.0.is_empty() => Ok(agreement),
        _ => Err(faults.0),
    }
}

fn read_agreement(ask: &LoanAsk, faults: &mut Faults) -> Option<Agreement> {
    let help = "choose annuity, equal_principal, instalment or single";
    let kind = faults.word("kind", ScheduleKind::parse(&ask.kind), help);
    let granted = faults.sum("principal", &ask.principal, 1);
    let period = ask.rate_period.as_deref();
    let rate = faults.rate("rate_percent", &ask.rate_percent, "rate_period", period);
    if kind == Some(ScheduleKind::Instalment) && rate.is_some_and(|rate| !rate.is_zero()) {
        faults.add("rate_percent", "not_zero", "an instalment plan has no interest; write 0");
    }
    let count = usize::from(ask.instalments);
    if count == 0 || count > INSTALMENTS_MAX {
        faults.add("instalments", "out_of_range", "write a number from 1 to 600");
    } else if kind == Some(ScheduleKind::Single) && count > 1 {
        let help = "a loan repaid at once has one payment; say how long by step_days";
        faults.add("instalments", "out_of_range", help);
    }
    faults.date("issued_on", ask.issued_on);
    let dues = read_dues(ask, faults);
    let basis = ask.day_basis.as_deref().map_or(Some(DayBasis::ActAct), DayBasis::parse);
    let basis = faults.word("day_basis", basis, "choose ACT/ACT, ACT/365F or 30/360");
    let fee = ask.fee_at_payout.as_deref().unwrap_or("0");
    let fee = faults.sum("fee_at_payout", fee, 0);
    if let (Some(fee), Some(granted)) = (fee, granted)
        && fee >= granted
    {
        faults.add("fee_at_payout", "out_of_range", "the fee is less than the sum granted");
    }
    let interest = Interest { rate: rate?, basis: basis?, rounding: Rounding::Segment };
    let (kind, granted, dues) = (kind?, granted?, dues?);
    let whole = ask.whole_roubles.unwrap_or(false);
    let count = u32::from(ask.instalments.max(1));
    Some(Agreement {
        kind,
        is_consumer: true,
        is_instalment_service: false,
        has_purpose: false,
        granted,
        issued_on: ask.issued_on,
        interest,
        dues,
        count: ask.instalments,
        part: schedule::part(kind, granted, interest.rate, dues.step, count, whole),
        penalty: Rate::ZERO,
        penalty_base: PenaltyBase::PrincipalAndInterest,
        interest_on_overdue: true,
        current_interest: CurrentInterest::Scheduled,
        early_order: EarlyOrder::InterestFirst,
        notice_days: 30,
        dpd_tolerance: 0,
        fee_at_payout: fee?,
        down_payment: 0,
        merchant_discount: Rate::ZERO,
    })
}

fn read_dues(ask: &LoanAsk, faults: &mut Faults) -> Option<DueRule> {
    let adjusted = match ask.interest_shift.as_deref() {
        None | Some("adjusted") => Some(Shift::Adjusted),
        Some("unadjusted") => Some(Shift::Unadjusted),
        Some(_) => None,
    };
    let shift = faults.word("interest_shift", adjusted, "choose adjusted or unadjusted");
    let step = match ask.step_days {
        None => Step::Months(1),
        Some(days) => {
            if days == 0 || days > 366 {
                faults.add("step_days", "out_of_range", "write a number from 1 to 366");
            }
            Step::Days(days)
        }
    };
    if ask.due_day.is_some_and(|day| day == 0 || day > 31) {
        faults.add("due_day", "out_of_range", "a day of the month is 1 to 31");
    }
    if let Some(first) = ask.first_due_on {
        faults.date("first_due_on", first);
        if first <= ask.issued_on {
            let help = "the first day to pay is after the day of issue";
            faults.add("first_due_on", "before_issue", help);
        }
    }
    let moves = ask.shift_due_dates.unwrap_or(false);
    let shift = if moves { shift? } else { Shift::Stays };
    Some(DueRule { step, first_on: ask.first_due_on, day: ask.due_day, shift })
}

/// The schedule of an agreement.
#[must_use]
pub fn contract(agreement: &Agreement, calendar: &Calendar<'_>) -> Plan {
    let dues = agreement.dues.first(agreement.issued_on, u32::from(agreement.count), calendar);
    schedule::plan(&Order {
        kind: agreement.kind,
        principal: agreement.granted,
        interest: agreement.interest,
        accrues_from: agreement.issued_on,
        carried: 0,
        dues: &dues,
        first_n: 1,
        part: agreement.part,
    })
}

/// The full cost of credit of an agreement with its schedule, in percent.
#[must_use]
pub fn full_cost(agreement: &Agreement, plan: &Plan, method: PskMethod) -> Decimal {
    psk::psk(&flows(agreement, plan), agreement.dues.step, method)
}

/// How the full cost of credit comes about.
#[must_use]
pub fn full_cost_reckoned(agreement: &Agreement, plan: &Plan, method: PskMethod) -> psk::Reckoned {
    psk::reckoned(&flows(agreement, plan), agreement.dues.step, method)
}

/// The payout, then the payments of the schedule.
fn flows(agreement: &Agreement, plan: &Plan) -> Vec<Flow> {
    let payout = agreement.granted - agreement.fee_at_payout;
    let mut flows = vec![Flow { on: agreement.issued_on, amount: -payout }];
    flows.extend(plan.rows.iter().map(|row| Flow { on: row.due_on, amount: row.payment() }));
    flows
}

/// The rows of a schedule for the API.
#[must_use]
pub fn rows(agreement: &Agreement, plan: &Plan) -> Vec<CalculatedRow> {
    let mut since = plan.accrues_from;
    plan.rows
        .iter()
        .map(|row| {
            let days = agreement.interest.basis.days(since, row.accrues_to).max(0);
            since = since.max(row.accrues_to);
            CalculatedRow {
                n: row.n,
                due_on: row.due_on,
                days,
                interest: decimal(row.interest + row.deferred),
                principal: decimal(row.principal),
                payment: decimal(row.payment()),
                balance: decimal(row.balance),
            }
        })
        .collect()
}

fn annuity(agreement: &Agreement, plan: &Plan) -> Option<String> {
    (agreement.kind == ScheduleKind::Annuity).then(|| decimal(plan.part))
}

/// Calculates a loan.
///
/// # Errors
/// Every fault of every field.
pub fn calculate(ask: &LoanAsk, calendar: &Calendar<'_>) -> Result<Calculation, Rejection> {
    let agreement = agreement(ask).map_err(Rejection::invalid)?;
    let plan = contract(&agreement, calendar);
    let paid: i64 = plan.rows.iter().map(schedule::PlanRow::payment).sum();
    let psk = full_cost(&agreement, &plan, PskMethod::MonthThirtieths);
    Ok(Calculation {
        annuity: annuity(&agreement, &plan),
        psk_percent: format!("{psk:.3}"),
        total_interest: decimal(plan.interest()),
        total_paid: decimal(paid + agreement.fee_at_payout),
        schedule: rows(&agreement, &plan),
    })
}

/// Quotes an early repayment of a loan that is paid in time.
///
/// # Errors
/// Every fault of every field; a rule that stands against it.
pub fn quote(
    ask: &QuoteAsk,
    policy: &Policy<'_>,
    calendar: &Calendar<'_>,
) -> Result<QuoteView, Rejection> {
    let mut faults = Faults::default();
    let early = read_early("mode", &ask.mode, ask.amount.as_deref(), &mut faults);
    let order = match ask.order.as_deref() {
        None | Some("interest_first") => Some(EarlyOrder::InterestFirst),
        Some("principal_only") => Some(EarlyOrder::PrincipalOnly),
        Some(_) => None,
    };
    let order = faults.word("order", order, "choose interest_first or principal_only");
    faults.date("on", ask.on);
    let agreement = match agreement(&ask.loan) {
        Ok(agreement) => Some(agreement),
        Err(found) => {
            let inside =
                |fault: FieldFault| FieldFault { field: format!("loan.{}", fault.field), ..fault };
            faults.0.splice(0..0, found.into_iter().map(inside));
            None
        }
    };
    let (Some(early), Some(order), Some(agreement)) = (early, order, agreement) else {
        return Err(Rejection::invalid(faults.0));
    };
    if !faults.0.is_empty() {
        return Err(Rejection::invalid(faults.0));
    }
    let agreement = Agreement { early_order: order, ..agreement };
    let plan = contract(&agreement, calendar);
    let book = Book::new(&agreement, &plan);
    let found = early::quote(&book, policy, calendar, agreement.issued_on, ask.on, early);
    let quote = found.map_err(|fault| refusal(fault, "on"))?;
    Ok(QuoteView {
        on: quote.on,
        due_first: decimal(quote.due_first),
        interest: decimal(quote.interest),
        principal: decimal(quote.principal),
        to_pay: decimal(quote.to_pay),
        saving: decimal(quote.saving()),
        interest_without: decimal(quote.interest_without),
        interest_with: decimal(quote.interest_with),
        annuity: quote.plan.as_ref().and_then(|plan| annuity(&agreement, plan)),
        schedule: quote.plan.as_ref().map(|plan| rows(&agreement, plan)).unwrap_or_default(),
    })
}

/// What is repaid early as typed: `full`, `smaller_payment`, `shorter_term`, or `withdrawal`, which
/// is of everything unless a sum is named; and whether it is a withdrawal.
///
/// # Errors
/// Every fault of `kind` and `amount`.
pub fn early(kind: &str, amount: Option<&str>) -> Result<(Early, bool), Vec<FieldFault>> {
    let mut faults = Faults::default();
    let is_withdrawal = kind == "withdrawal";
    let read = match kind {
        "withdrawal" if amount.is_none() => Some(Early::Full),
        "withdrawal" => read_early("kind", "smaller_payment", amount, &mut faults),
        _ => read_early("kind", kind, amount, &mut faults),
    };
    read.map(|early| (early, is_withdrawal)).ok_or(faults.0)
}

fn read_early(field: &str, word: &str, amount: Option<&str>, faults: &mut Faults) -> Option<Early> {
    let make = match word {
        "full" if amount.is_none() => return Some(Early::Full),
        "full" => {
            faults.add("amount", "not_needed", "a full repayment needs no sum; leave it out");
            return None;
        }
        "smaller_payment" => Some(Early::SmallerPayment as fn(i64) -> Early),
        "shorter_term" => Some(Early::ShorterTerm as fn(i64) -> Early),
        _ => None,
    };
    let make = faults.word(field, make, "choose full, smaller_payment or shorter_term");
    let Some(amount) = amount else {
        faults.add("amount", "required", "write how much is repaid early");
        return None;
    };
    let amount = faults.sum("amount", amount, 1)?;
    make.map(|make| make(amount))
}

/// The refusal of an early repayment: a fault of a field where one is to blame.
#[must_use]
pub fn refusal(fault: EarlyFault, day: &str) -> Rejection {
    let field = match fault {
        EarlyFault::BeforeIssue => day,
        EarlyFault::TooSmall | EarlyFault::TooLarge => "amount",
        _ => return Rejection::rule(fault.code(), fault.to_string()),
    };
    Rejection::invalid(vec![FieldFault::new(field, fault.code(), fault.to_string())])
}
