//! What may be asked of a loan that is kept here, and what then happens.

use super::Own;
use super::command::{
    BookOperation, ChangeSchedule, GrantHoliday, LedgerCommand, OpenLedger, PostPayment,
    RequestEarly, ReturnGoods,
};
use super::event::{
    EarlyRequestAdvanced, EarlyRequested, FeeCharged, LedgerClosed, LedgerOpened, PaymentPosted,
    PenaltyForgiven, RefundPaid, ScheduleReplaced,
};
use super::request::{EarlyRequest, RequestState, RequestStep};
use super::reversal::{rests_on_payments, reverse};
use crate::base::ids::PartId;
use crate::base::limits;
use crate::base::money::{Currency, Money};
use crate::base::time::Date;
use crate::domain::calendar::Calendar;
use crate::domain::credit::calculator;
use crate::domain::credit::dates::Step;
use crate::domain::credit::early::{self, Early, EarlyFault, NewTerms, Quote};
use crate::domain::credit::interest::Rate;
use crate::domain::credit::ledger::{
    Agreement, Assume, Book, Closing, Operation, Replan, ReplanReason, walk,
};
use crate::domain::credit::policy;
use crate::domain::credit::psk::PskMethod;
use crate::domain::credit::schedule::{self, Pause, Plan, ScheduleKind};
use crate::domain::credit::typed;
use crate::domain::loan::{Loan, LoanEvent, LoanOpened, LoanStatus, LoanTerms};
use crate::domain::{Context, Decision, FieldFault, Rejection};
use chrono::Days;
use rust_decimal::Decimal;

pub(super) type Decided = Result<Decision<LoanEvent>, Rejection>;

pub(in crate::domain::loan) fn decide(
    loan: &Loan,
    command: LedgerCommand,
    context: &Context,
) -> Decided {
    let own = match (&command, &loan.own) {
        (_, Some(own)) => own,
        (LedgerCommand::Open(command), None) => return open(loan, command, context),
        _ => {
            return Err(Rejection::rule(
                "loan_kept_elsewhere",
                "the figures of this loan come from another system; change it there",
            ));
        }
    };
    let today = context.today();
    match command {
        LedgerCommand::Open(command) => open(loan, &command, context),
        LedgerCommand::Post(command) => post(own, &command, today),
        LedgerCommand::Reverse { id, reason, ids } => reverse(own, id, reason, &ids, today),
        LedgerCommand::ChargeFee(command) => {
            let BookOperation { id, on, amount } = checked(own, command, today)?;
            one(LoanEvent::FeeCharged(FeeCharged { id, on, amount }))
        }
        LedgerCommand::ForgivePenalty(command) => forgive(own, command, today),
        LedgerCommand::PayRefund(command) => refund(own, command, today),
        LedgerCommand::RequestEarly(command) => request(own, command, today),
        LedgerCommand::AdvanceRequest { id, step } => advance(own, id, step, today),
        LedgerCommand::RunRequests { ids } => run_requests(own, &ids, today),
        LedgerCommand::GrantHoliday(command) => holiday(own, command, today),
        LedgerCommand::Restructure(command) => restructure(own, command, today),
        LedgerCommand::ReturnGoods(command) => return_goods(own, &command, today),
        LedgerCommand::GiveUp(ChangeSchedule { id, on, to }) => {
            may_change(own, on, today)?;
            if !matches!(to, Closing::WrittenOff | Closing::Ceded) {
                return Err(Rejection::rule(
                    "not_given_up",
                    "only a write-off or an assignment gives a loan up",
                ));
            }
            one(LoanEvent::LedgerClosed(LedgerClosed { id, on, closing: to }))
        }
    }
}

fn one(event: LoanEvent) -> Decided {
    Ok(Decision::events(vec![event]))
}

fn refused(fault: EarlyFault) -> Rejection {
    calculator::refusal(fault, "on")
}

fn open(loan: &Loan, command: &OpenLedger, context: &Context) -> Decided {
    if loan.exists() {
        return Err(Rejection::rule("loan_exists", "this loan is open already"));
    }
    let mut agreement = command.agreement.clone();
    let mut faults = agreement_faults(&agreement, context.today());
    if command.number.trim().is_empty() {
        faults.push(FieldFault::new("number", "required", "write the number of the agreement"));
    }
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    if agreement.part == 0 {
        let (rate, step) = (agreement.interest.rate, agreement.dues.step);
        let count = u32::from(agreement.count);
        agreement.part =
            schedule::part(agreement.kind, agreement.granted, rate, step, count, false);
    }
    let mut plan = calculator::contract(&agreement, &Calendar::RU);
    if let Some(rows) = &command.signed {
        plan.rows.clone_from(rows);
    }
    let faults = plan_faults(&agreement, &plan);
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    let opened = LoanOpened {
        id: command.id,
        client: command.client,
        source_key: command.source_key.clone(),
        terms: terms(&agreement, command.number.clone(), command.product.clone()),
    };
    Ok(Decision::events(vec![
        LoanEvent::Opened(opened),
        LoanEvent::LedgerOpened(LedgerOpened { agreement, plan }),
    ]))
}

fn terms(agreement: &Agreement, number: String, product: String) -> LoanTerms {
    let days_in_year = match agreement.interest.rate {
        Rate::Year(_) => Decimal::ONE,
        Rate::Day(_) => Decimal::from(365),
    };
    LoanTerms {
        number,
        product,
        principal: Money::from_minor(agreement.granted, Currency::Rub),
        rate_percent: agreement.interest.rate.percent() * days_in_year,
        term_months: match agreement.dues.step {
            Step::Months(months) => agreement.count.saturating_mul(u16::from(months)),
            Step::Days(_) => 0,
        },
        issued_on: agreement.issued_on,
        status: LoanStatus::Active,
        status_text: String::new(),
    }
}

/// Faults of terms, the caps of the law on the day of the contract included.
fn agreement_faults(agreement: &Agreement, today: Date) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    let mut fault = |is_faulty: bool, field: &str, code, message: &str| {
        if is_faulty {
            faults.push(FieldFault::new(field, code, message));
        }
    };
    let (issued, rate) = (agreement.issued_on, agreement.interest.rate);
    let granted = 1..=typed::SUM_MAX;
    let help = "the sum granted is more than zero and at most 100 000 000 000";
    fault(!granted.contains(&agreement.granted), "principal", "out_of_range", help);
    let count = usize::from(agreement.count);
    let most = if agreement.kind == ScheduleKind::Single { 1 } else { limits::INSTALMENTS_MAX };
    let help = "a loan has 1 to 600 payments, one that is repaid at once has one";
    fault(!(1..=most).contains(&count), "instalments", "out_of_range", help);
    let is_future = issued > today;
    fault(is_future, "issued_on", "date_in_future", "the day of issue is in the future");
    let has_interest = agreement.kind == ScheduleKind::Instalment && !rate.is_zero();
    let help = "an instalment plan has no interest; write 0";
    fault(has_interest, "rate_percent", "not_zero", help);
    let early = agreement.dues.first_on.is_some_and(|first| first <= issued);
    let help = "the first day to pay is after the day of issue";
    fault(early, "first_due_on", "before_issue", help);
    let wrong_day = agreement.dues.day.is_some_and(|day| !(1..=31).contains(&day));
    fault(wrong_day, "due_day", "out_of_range", "a day of the month is 1 to 31");
    let wrong_step = matches!(agreement.dues.step, Step::Months(0) | Step::Days(0));
    fault(wrong_step, "step_days", "out_of_range", "payments are at least a day apart");
    let sums = [agreement.fee_at_payout, agreement.down_payment, agreement.dpd_tolerance];
    let negative = sums.iter().any(|sum| *sum < 0) || agreement.fee_at_payout >= agreement.granted;
    let help = "fees are not negative and less than the sum granted";
    fault(negative, "fee_at_payout", "out_of_range", help);
    if agreement.is_consumer {
        let cap = policy::value_on(policy::RU.rate_cap, issued);
        let above = cap.is_some_and(|cap| rate.capped_by(cap) != rate);
        let help = "the rate is above the cap of the law on the day of the contract";
        fault(above, "rate_percent", "above_cap", help);
    }
    if agreement.is_instalment_service {
        let months = policy::value_on(policy::RU.instalment_months, issued);
        let above = months.is_some_and(|months| agreement.count > months);
        let help = "an instalment service is shorter by law on the day of the contract";
        fault(above, "instalments", "above_cap", help);
    }
    faults
}

/// Faults of a schedule, signed or calculated.
fn plan_faults(agreement: &Agreement, plan: &Plan) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    let mut balance = agreement.granted;
    let mut before = agreement.issued_on;
    let mut due = agreement.issued_on;
    let mut number = 0;
    for (index, row) in plan.rows.iter().enumerate() {
        let mut fault = |field: &str, code, message: &str| {
            faults.push(FieldFault::new(format!("schedule[{index}].{field}"), code, message));
        };
        if row.n <= number || usize::from(row.n) > limits::INSTALMENTS_MAX {
            fault("n", "out_of_order", "instalments are numbered upwards from 1 to 600");
        }
        let is_late = row.accrues_to > row.due_on || row.accrues_to < before;
        if row.due_on <= before.max(due) || is_late {
            fault(
                "due_on",
                "out_of_order",
                "instalments are due one after another after the issue",
            );
        }
        if [row.principal, row.interest, row.deferred, row.fee].iter().any(|part| *part < 0) {
            fault("payment", "negative", "parts of an instalment are not negative");
        }
        balance = balance.saturating_sub(row.principal);
        if row.balance != balance {
            fault("balance", "balance_differs", "the balance is what the rows above leave");
        }
        (before, due, number) = (row.accrues_to, row.due_on, row.n);
    }
    if balance != 0 || plan.rows.is_empty() {
        let help = "the principal of all instalments is the sum granted";
        faults.push(FieldFault::new("schedule", "principal_differs", help));
    }
    if faults.is_empty() && agreement.is_consumer {
        let cap = policy::value_on(policy::RU.psk_cap, agreement.issued_on);
        let cost = calculator::full_cost(agreement, plan, PskMethod::MonthThirtieths);
        if cap.is_some_and(|cap| cost > Decimal::new(cap, 3)) {
            let help = "the full cost of credit is above the cap on the day of the contract";
            faults.push(FieldFault::new("rate_percent", "psk_above_cap", help));
        }
    }
    faults
}

/// Faults of an operation with a day and a sum.
fn day_and_sum(own: &Own, on: Date, amount: i64, today: Date) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    if !(1..=typed::SUM_MAX).contains(&amount) {
        faults.push(FieldFault::new("amount", "not_positive", "the sum is more than zero"));
    }
    faults.extend(day_fault(own, on, today));
    faults
}

fn day_fault(own: &Own, on: Date, today: Date) -> Option<FieldFault> {
    if on < own.agreement.issued_on {
        let help = "the day is before the loan was issued";
        return Some(FieldFault::new("on", "before_issue", help));
    }
    (on > today).then(|| FieldFault::new("on", "date_in_future", "the day is in the future"))
}

fn closed() -> Rejection {
    Rejection::rule("loan_closed", "this loan has ended; nothing can be booked to it")
}

fn room(own: &Own) -> Result<(), Rejection> {
    if own.booked.len() >= limits::LOAN_OPERATIONS_MAX {
        return Err(Rejection::rule(
            "too_many_operations",
            "this loan holds 600 operations already",
        ));
    }
    Ok(())
}

fn checked(own: &Own, command: BookOperation, today: Date) -> Result<BookOperation, Rejection> {
    let faults = day_and_sum(own, command.on, command.amount, today);
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    if own.position(today).closed.is_some() {
        return Err(closed());
    }
    room(own).map(|()| command)
}

/// The event of a payment; `None` when it is booked already.
fn posted(
    own: &Own,
    command: &PostPayment,
    today: Date,
) -> Result<Option<PaymentPosted>, Rejection> {
    let key = command.source.hashed(&command.key);
    if let Some(known) = own.booked.iter().find(|booked| key.is_some() && booked.key == key) {
        if known.reversed.is_some() {
            return Err(Rejection::rule(
                "payment_reversed",
                "the payment with this key was taken back; book it again with another key",
            ));
        }
        let is_same =
            known.on == command.on && known.operation == Operation::Payment(command.amount);
        return if is_same {
            Ok(None)
        } else {
            Err(Rejection::rule(
                "payment_differs",
                "a payment with this key is known with another date or sum; a payment is corrected by a reversal",
            ))
        };
    }
    let PostPayment { id, on, amount, payer, .. } = *command;
    checked(own, BookOperation { id, on, amount }, today)?;
    let later = own.replans().any(|(known, reason)| known > on && rests_on_payments(own, reason));
    if later {
        let help = "the schedule was changed on a later day; book the payment on that day or later";
        return Err(Rejection::rule("schedule_changed_later", help));
    }
    Ok(Some(PaymentPosted { id, key, on, amount, payer }))
}

fn post(own: &Own, command: &PostPayment, today: Date) -> Decided {
    let event = posted(own, command, today)?.map(LoanEvent::PaymentPosted);
    Ok(Decision::events(event.into_iter().collect()))
}

fn forgive(own: &Own, command: BookOperation, today: Date) -> Decided {
    let BookOperation { id, on, amount } = checked(own, command, today)?;
    if amount > own.position(on).penalty_left() {
        let help = "no more penalty can be forgiven than there is on the day";
        return Err(Rejection::invalid(vec![FieldFault::new("amount", "too_large", help)]));
    }
    one(LoanEvent::PenaltyForgiven(PenaltyForgiven { id, on, amount }))
}

/// Money that waits goes back; a loan that has ended may have some left.
fn refund(own: &Own, command: BookOperation, today: Date) -> Decided {
    let BookOperation { id, on, amount } = command;
    let mut faults = day_and_sum(own, on, amount, today);
    if amount > own.position(today).advance.min(own.position(on).advance) {
        let help = "no more can go back than waits for the client";
        faults.push(FieldFault::new("amount", "too_large", help));
    }
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    room(own)?;
    one(LoanEvent::RefundPaid(RefundPaid { id, on, amount }))
}

fn request(own: &Own, command: RequestEarly, today: Date) -> Decided {
    let RequestEarly { id, on, early, is_withdrawal } = command;
    if let Some(fault) = past_fault(on, today) {
        return Err(Rejection::invalid(vec![fault]));
    }
    let open = own.requests.iter().filter(|known| known.state.is_open());
    if open.clone().count() >= limits::EARLY_REQUESTS_MAX {
        let help = "too many requests are open; withdraw one of them first";
        return Err(Rejection::rule("too_many_early_requests", help));
    }
    if open.clone().any(|known| known.on == on) {
        let help = "an early repayment on this day is asked for already; withdraw it first";
        return Err(Rejection::rule("request_exists", help));
    }
    let agreement = &own.agreement;
    early::check_notice(agreement, &policy::RU, today, on, early, is_withdrawal)
        .map_err(refused)?;
    let quoted = quoted(own, today, on, early)?;
    let state = RequestState::Received;
    let request = EarlyRequest { id, received_on: today, on, early, is_withdrawal, state, quoted };
    Ok(Decision::events(vec![
        LoanEvent::EarlyRequested(EarlyRequested { request }),
        advanced(id, RequestState::Calculated, Some(quoted)),
    ]))
}

fn quoted(own: &Own, today: Date, on: Date, early: Early) -> Result<i64, Rejection> {
    early::quote(&own.book(), &policy::RU, &Calendar::RU, today, on, early)
        .map(|quote| quote.to_pay)
        .map_err(refused)
}

/// What an early repayment on `on` means, asked on `today`.
///
/// # Errors
/// A day in the past, and what stands against the repayment.
pub fn quote(
    book: &Book<'_>,
    today: Date,
    on: Date,
    early: Early,
    is_withdrawal: bool,
) -> Result<Quote, Rejection> {
    let faults: Vec<FieldFault> = past_fault(on, today).into_iter().collect();
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    if is_withdrawal {
        early::check_notice(book.agreement, &policy::RU, today, on, early, true)
            .map_err(refused)?;
    }
    early::quote(book, &policy::RU, &Calendar::RU, today, on, early).map_err(refused)
}

fn past_fault(on: Date, today: Date) -> Option<FieldFault> {
    let help = "the day of an early repayment is today or later";
    (on < today).then(|| FieldFault::new("on", "date_in_past", help))
}

pub(super) const fn advanced(id: PartId, state: RequestState, quoted: Option<i64>) -> LoanEvent {
    LoanEvent::EarlyRequestAdvanced(EarlyRequestAdvanced { id, state, quoted })
}

fn advance(own: &Own, id: PartId, step: RequestStep, today: Date) -> Decided {
    let Some(request) = own.requests.iter().find(|known| known.id == id) else {
        return Err(Rejection::not_found("request"));
    };
    let by_hand = !matches!(step, RequestStep::Execute | RequestStep::Expire);
    let Some(state) = request.state.after(step).filter(|_| by_hand) else {
        let help = "the request has gone on; look at it again";
        return Err(Rejection::rule("request_gone_on", help));
    };
    let quoted = match step {
        RequestStep::Calculate => Some(quoted(own, today, request.on, request.early)?),
        _ => None,
    };
    one(advanced(id, state, quoted))
}

/// Executes what can be, in order of days. Safe to repeat: a request that has ended is left alone.
fn run_requests(own: &Own, ids: &[PartId], today: Date) -> Decided {
    let open = own.requests.iter().filter(|known| known.state.is_open()).cloned().collect();
    Ok(Decision::events(carry_out(&mut own.clone(), open, ids, today)))
}

/// Executes those of `requests` whose day has come and whose money was there on it, in order of
/// days, and ends those that waited for it too long. What is booked goes into `own`, under `ids`.
pub(super) fn carry_out(
    own: &mut Own,
    mut requests: Vec<EarlyRequest>,
    ids: &[PartId],
    today: Date,
) -> Vec<LoanEvent> {
    requests.sort_by_key(|request| request.on);
    let (mut ids, mut events) = (ids.iter().copied(), Vec::new());
    for request in requests.into_iter().filter(|request| request.on <= today) {
        let done = {
            let at = own.position(request.on);
            early::execute(&at, &Calendar::RU, request.early, request.is_withdrawal)
        };
        let grace = Days::new(limits::EARLY_GRACE_DAYS);
        let is_over = request.on.checked_add_days(grace).is_some_and(|last| today > last);
        let has_room = |operation: &Operation| match operation {
            Operation::Replan(replan) => fits(own, request.on, replan).is_ok(),
            _ => true,
        };
        match done {
            Ok(operation) if has_room(&operation) => {
                let Some(id) = ids.next() else { break };
                if request.state != RequestState::FundsAwaited {
                    events.push(advanced(request.id, RequestState::FundsAwaited, None));
                }
                events.push(advanced(request.id, RequestState::Executed, None));
                events.push(booked_early(id, request.on, &operation, request.is_withdrawal));
                own.add(id, request.on, operation);
            }
            Err(EarlyFault::DueFirst) if !is_over => {}
            _ => events.push(advanced(request.id, RequestState::Expired, None)),
        }
    }
    events
}

fn booked_early(id: PartId, on: Date, operation: &Operation, is_withdrawal: bool) -> LoanEvent {
    match operation {
        Operation::Replan(replan) => {
            LoanEvent::ScheduleReplaced(ScheduleReplaced { id, on, replan: (**replan).clone() })
        }
        _ => {
            let closing = if is_withdrawal { Closing::Withdrawn } else { Closing::Early };
            LoanEvent::LedgerClosed(LedgerClosed { id, on, closing })
        }
    }
}

/// Whether the schedule may be changed on `on`.
fn may_change(own: &Own, on: Date, today: Date) -> Result<(), Rejection> {
    if let Some(fault) = day_fault(own, on, today) {
        return Err(Rejection::invalid(vec![fault]));
    }
    if own.position(on).closed.is_some() || own.position(today).closed.is_some() {
        return Err(closed());
    }
    if own.replans().any(|(known, _)| known > on) {
        let help = "the schedule was changed on a later day; choose that day or a later one";
        return Err(Rejection::rule("schedule_changed_later", help));
    }
    room(own)
}

/// Whether a new schedule fits into the state of the loan and in time.
fn fits(own: &Own, on: Date, replan: &Replan) -> Result<(), Rejection> {
    if own.schedule_rows() + replan.plan.rows.len() > limits::LOAN_SCHEDULE_ROWS_MAX {
        let help =
            "the schedule was changed too often to keep all of it; close the loan into a new one";
        return Err(Rejection::rule("too_many_schedules", help));
    }
    if own.replans().any(|(known, _)| known > on) || own.booked.len() >= limits::LOAN_OPERATIONS_MAX
    {
        let help = "the schedule was changed on a later day; choose that day or a later one";
        return Err(Rejection::rule("schedule_changed_later", help));
    }
    Ok(())
}

fn replaced(own: &Own, id: PartId, on: Date, replan: Replan) -> Decided {
    fits(own, on, &replan)?;
    one(LoanEvent::ScheduleReplaced(ScheduleReplaced { id, on, replan }))
}

fn holiday(own: &Own, command: GrantHoliday, today: Date) -> Decided {
    let GrantHoliday { id, from, to, rate, payment } = command;
    let mut faults = Vec::new();
    if payment < 0 {
        let help = "a payment within a holiday is not negative";
        faults.push(FieldFault::new("payment", "negative", help));
    }
    if let Some(fault) = day_fault(own, from, today) {
        faults.push(FieldFault { field: "from".into(), ..fault });
    }
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    may_change(own, from, today)?;
    // Once per loan and ground (domain.md 2.9); grounds are not kept, so once per loan.
    if own.replans().any(|(_, reason)| reason == ReplanReason::Holiday) {
        let help = "this loan has had its holiday";
        return Err(Rejection::rule("holiday_taken", help));
    }
    let at = own.position(from);
    let pause = Pause { from, to, rate };
    let replan = early::holiday(&at, &policy::RU, &Calendar::RU, pause, payment);
    replaced(own, id, from, replan.map_err(refused)?)
}

fn restructure(own: &Own, command: ChangeSchedule<NewTerms>, today: Date) -> Decided {
    let ChangeSchedule { id, on, to } = command;
    let mut faults: Vec<FieldFault> = day_fault(own, on, today).into_iter().collect();
    let mut fault = |is_faulty: bool, field: &str, code, message: &str| {
        if is_faulty {
            faults.push(FieldFault::new(field, code, message));
        }
    };
    let counts = 1..=limits::INSTALMENTS_MAX;
    let help = "a new schedule has 1 to 600 payments";
    fault(!counts.contains(&usize::from(to.count)), "instalments", "out_of_range", help);
    let cap = policy::value_on(policy::RU.rate_cap, own.agreement.issued_on);
    let above =
        own.agreement.is_consumer && cap.is_some_and(|cap| to.rate.capped_by(cap) != to.rate);
    let help = "the rate is above the cap of the law on the day of the contract";
    fault(above, "rate_percent", "above_cap", help);
    let penalty = own.position(on).penalty_left().max(0);
    let help = "no more penalty can be forgiven than there is on the day";
    fault(to.forgiven_penalty > penalty, "forgiven_penalty", "too_large", help);
    fault(to.forgiven_penalty < 0, "forgiven_penalty", "negative", "write zero or more");
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    may_change(own, on, today)?;
    let replan = early::restructuring(&own.position(on), &Calendar::RU, to).map_err(refused)?;
    replaced(own, id, on, replan)
}

/// The shop's money lowers the debt, or ends it when it covers everything.
fn return_goods(own: &Own, command: &ReturnGoods, today: Date) -> Decided {
    let Some(posted) = posted(own, &command.payment, today)? else {
        return Ok(Decision::nothing());
    };
    let (on, amount, id) = (posted.on, posted.amount, command.id);
    may_change(own, on, today)?;
    let mut after = own.clone();
    after.post(&posted);
    let at = walk(&after.book(), &policy::RU, on, Assume::Nothing, false);
    let mut events = vec![LoanEvent::PaymentPosted(posted)];
    if at.payoff() == 0 {
        let closing = Closing::GoodsReturned;
        events.push(LoanEvent::LedgerClosed(LedgerClosed { id, on, closing }));
        return Ok(Decision::events(events));
    }
    let replan = early::partial(&at, &Calendar::RU, amount, command.is_shorter).map_err(refused)?;
    fits(own, on, &replan)?;
    let replan = Replan { reason: ReplanReason::GoodsPart, ..replan };
    events.push(LoanEvent::ScheduleReplaced(ScheduleReplaced { id, on, replan }));
    Ok(Decision::events(events))
}
