//! A loan for the page: from its own book, or from what another system tells of it.
//!
//! Pure: the same loan, sight and day give the same answer. Must never fill a field of a locked
//! loan that the client's card would not show.

use super::views::{
    BalancePoint, DifferenceView, EarlyRequestView, LoanDetail, LoanFigures, LoanTermsView,
    NextPaymentView, OperationView, PenaltyView, ScheduleRowView, ShopTermsView, StructurePart,
    period,
};
use crate::base::time::Date;
use crate::domain::credit::calculator::{self, decimal};
use crate::domain::credit::early::Early;
use crate::domain::credit::figures;
use crate::domain::credit::goods;
use crate::domain::credit::interest::Rate;
use crate::domain::credit::ledger::{
    Assume, Closing, Operation, Position, ReplanReason, RowState, Segment, Step, walk_past,
};
use crate::domain::credit::policy;
use crate::domain::credit::psk::PskMethod;
use crate::domain::loan::own::{Booked, EarlyRequest, Own, Payer, PaymentSource};
use crate::domain::loan::reconcile::{self, as_told};
use crate::domain::loan::standing::{self, Standing};
use crate::domain::loan::{Instalment, Loan, LoanStatus, Payment, PaymentKind};
use crate::service::cards::{self, Sight};

/// A loan with everything that is known of it on `on`; while locked, what the card shows today.
#[must_use]
pub fn detail(loan: &Loan, sight: Sight, on: Date, today: Date) -> LoanDetail {
    let on = if sight.money { on } else { today };
    let stands = standing::on(loan, on);
    let mut detail = LoanDetail {
        loan_id: loan.id.map(|id| id.to_string()).unwrap_or_default(),
        client_id: loan.client.map(|id| id.to_string()).unwrap_or_default(),
        number: cards::loan_number(loan, sight),
        product: loan.terms.product.clone(),
        book: if loan.own.is_some() { "own" } else { "external" },
        currency: loan.currency().code(),
        on,
        as_of: stands.as_of,
        locked: !sight.money,
        status: stands.status.code(),
        overlays: Vec::new(),
        days_past_due: None,
        bucket: None,
        terms: LoanTermsView { issued_on: loan.terms.issued_on, ..LoanTermsView::default() },
        figures: LoanFigures::default(),
        structure: Vec::new(),
        schedule: Vec::new(),
        operations: Vec::new(),
        penalties: Vec::new(),
        requests: Vec::new(),
        balance: Vec::new(),
        differences: Vec::new(),
    };
    if sight.money {
        detail.status = stands.status_code();
        detail.terms.principal = Some(loan.terms.principal.to_decimal());
        match &loan.own {
            Some(own) => tell_own(&mut detail, own, on),
            None => tell_external(&mut detail, loan, &stands),
        }
    }
    detail
}

fn tell_own(detail: &mut LoanDetail, own: &Own, on: Date) {
    let agreement = &own.agreement;
    let mut points = vec![(agreement.issued_on, agreement.granted, agreement.granted)];
    let at = own.explained(on, |at| note_point(&mut points, at));
    let sums = figures::all(&at);
    let days = at.days_past_due();
    (detail.days_past_due, detail.bucket) = (Some(days), Some(standing::bucket(days)));
    if at.is_paused() {
        detail.overlays.push("holiday");
    }
    if own.is_restructured(on) {
        detail.overlays.push("restructured");
    }
    let rate = agreement.interest.rate;
    let psk = calculator::full_cost(agreement, &own.plan, PskMethod::MonthThirtieths);
    detail.terms = LoanTermsView {
        rate_percent: Some(rate.percent().to_string()),
        rate_period: Some(period(rate)),
        kind: Some(agreement.kind.code()),
        instalments: Some(agreement.count),
        psk_percent: Some(format!("{psk:.3}")),
        shop: shop_terms(&at),
        ..std::mem::take(&mut detail.terms)
    };
    detail.figures = LoanFigures {
        next_payment: sums.next_payment.map(|next| NextPaymentView {
            due_on: next.due_on,
            amount: Some(decimal(next.figure.amount)),
        }),
        debt_today: Some(decimal(sums.debt_today.amount)),
        overdue: Some(decimal(sums.overdue.amount)),
        interest: Some(decimal(sums.interest.amount)),
        penalty: Some(decimal(sums.penalty.amount)),
        total_left: Some(decimal(sums.total_left.amount)),
        payoff: Some(decimal(sums.payoff.amount)),
        unallocated: Some(decimal(at.advance)),
    };
    detail.structure = structure(&at);
    detail.schedule = schedule_rows(&at).collect();
    let mut booked: Vec<&Booked> = own.booked.iter().filter(|one| one.on <= on).collect();
    booked.sort_by_key(|one| one.on);
    detail.operations = booked.into_iter().rev().map(operation).collect();
    detail.penalties = penalties(&at);
    detail.requests = own.requests.iter().rev().map(request).collect();
    detail.balance = balance(points);
}

/// What was agreed with the shop, where there is one.
fn shop_terms(at: &Position<'_>) -> Option<ShopTermsView> {
    let agreement = at.agreement;
    let discount = goods::discount(agreement.granted, agreement.merchant_discount);
    let is_of_shop = discount != 0 || agreement.down_payment != 0;
    let back = at.closed.is_none().then(|| goods::full_return(at));
    is_of_shop.then(|| ShopTermsView {
        down_payment: decimal(agreement.down_payment),
        discount: decimal(discount),
        paid_to_shop: decimal(goods::paid_to_shop(agreement)),
        shop_owes: back.map(|back| decimal(back.shop_owes)),
        client_gets: back.map(|back| decimal(back.client_gets)),
    })
}

/// Day, principal, and what would have ended the loan.
type Point = (Date, i64, i64);

fn note_point(points: &mut Vec<Point>, at: &Position<'_>) {
    let point = (at.on, at.principal_left(), at.payoff());
    match points.last_mut() {
        Some(last) if last.0 == at.on => *last = point,
        _ => points.push(point),
    }
}

fn balance(points: Vec<Point>) -> Vec<BalancePoint> {
    let view = |(on, principal, total)| BalancePoint {
        on,
        principal: decimal(principal),
        total: decimal(total),
    };
    points.into_iter().map(view).collect()
}

/// What makes the debt of the day: without the money that waits it is what ends the loan.
fn structure(at: &Position<'_>) -> Vec<StructurePart> {
    let principal_overdue: i64 = at.overdue_rows().map(RowState::principal_left).sum();
    let interest_overdue: i64 =
        at.overdue_rows().map(RowState::interest_left).sum::<i64>() + at.tail_left();
    parts(&[
        ("principal_overdue", principal_overdue),
        ("interest_overdue", interest_overdue),
        ("penalty", at.penalty_left()),
        ("interest_current", at.interest_left() - interest_overdue),
        ("principal_current", at.principal_left() - principal_overdue),
        ("fees", at.fees_left() + at.row_fees_left()),
        ("other", at.shortage),
    ])
}

fn parts(amounts: &[(&'static str, i64)]) -> Vec<StructurePart> {
    let there = amounts.iter().filter(|(_, amount)| *amount != 0);
    there.map(|(part, amount)| StructurePart { part, amount: decimal(*amount) }).collect()
}

/// The rows of the schedule in force and those that fell due before it.
fn schedule_rows(at: &Position<'_>) -> impl Iterator<Item = ScheduleRowView> {
    at.rows.iter().enumerate().map(|(index, row)| {
        let is_next = index == at.fallen && at.closed.is_none();
        let interest = row.interest() + if is_next { at.extra_running() } else { 0 };
        let payment = interest + row.row.principal + row.row.fee;
        let paid = row.paid_interest + row.paid_principal + row.paid_fee;
        // Money paid ahead by the day may have lowered the interest below what was paid.
        let left = (payment - paid).max(0);
        let is_cancelled = row.is_moved || (at.closed.is_some() && left != 0);
        ScheduleRowView {
            n: row.row.n,
            due_on: row.row.due_on,
            interest: decimal(interest),
            principal: decimal(row.row.principal),
            fee: decimal(row.row.fee),
            payment: decimal(payment),
            balance: decimal(row.row.balance),
            paid: decimal(paid),
            left: decimal(if is_cancelled { 0 } else { left }),
            state: row_state(is_cancelled, left, paid, row.row.due_on, at.on),
        }
    })
}

fn row_state(is_cancelled: bool, left: i64, paid: i64, due_on: Date, on: Date) -> &'static str {
    match left {
        _ if is_cancelled => "cancelled",
        0 => "paid",
        _ if due_on < on => "overdue",
        _ if due_on == on => "due",
        _ if paid > 0 => "partly_paid",
        _ => "planned",
    }
}

fn operation(booked: &Booked) -> OperationView {
    let (kind, amount) = match &booked.operation {
        Operation::Payment(amount) => ("payment", Some(*amount)),
        Operation::Refund(amount) => ("refund", Some(*amount)),
        Operation::Fee(amount) => ("fee", Some(*amount)),
        Operation::ForgivePenalty(amount) => ("penalty_forgiven", Some(*amount)),
        Operation::Close(_) => ("closed", None),
        Operation::Replan(replan) => {
            let kind = match replan.reason {
                ReplanReason::EarlyPart => "early_repayment",
                ReplanReason::GoodsPart => "goods_return",
                ReplanReason::Holiday => "holiday",
                ReplanReason::Restructuring => "restructuring",
            };
            let amount = replan.interest + replan.principal;
            (kind, (amount != 0).then_some(amount))
        }
    };
    let payer = match booked.payer {
        Payer::Client => "client",
        Payer::Shop => "shop",
    };
    let closing = match booked.operation {
        Operation::Close(closing) => Some(closing_code(closing)),
        _ => None,
    };
    OperationView {
        operation_id: Some(booked.id),
        on: booked.on,
        kind,
        amount: amount.map(decimal),
        payer: (kind == "payment").then_some(payer),
        source: booked.source(),
        reversed: booked.reversed,
        closing,
    }
}

const fn closing_code(closing: Closing) -> &'static str {
    match closing {
        Closing::Paid => "paid",
        Closing::Early => "early",
        Closing::Withdrawn => "withdrawn",
        Closing::GoodsReturned => "goods_returned",
        Closing::WrittenOff => "written_off",
        Closing::Ceded => "ceded",
    }
}

fn penalties(at: &Position<'_>) -> Vec<PenaltyView> {
    let mut found = Vec::new();
    let mut add = |segment: &Segment, amount: i64| {
        let to = segment.until.unwrap_or(at.on);
        if amount != 0 {
            found.push(PenaltyView {
                from: segment.since.succ_opt().unwrap_or(segment.since),
                to,
                days: at.agreement.interest.basis.days(segment.since, to),
                base: decimal(segment.base),
                rate_percent: segment.rate.percent().to_string(),
                rate_period: period(segment.rate),
                amount: decimal(amount),
            });
        }
    };
    for step in at.steps() {
        if let Step::Penalty(segment, amount) = step {
            add(segment, *amount);
        }
    }
    let open = at.penalty_segment();
    add(&open, open.amount(at.agreement, at.on));
    found
}

fn request(request: &EarlyRequest) -> EarlyRequestView {
    let (kind, amount) = match request.early {
        Early::Full => ("full", None),
        Early::SmallerPayment(amount) => ("smaller_payment", Some(amount)),
        Early::ShorterTerm(amount) => ("shorter_term", Some(amount)),
    };
    EarlyRequestView {
        request_id: request.id,
        received_on: request.received_on,
        on: request.on,
        kind,
        amount: amount.map(decimal),
        quoted: decimal(request.quoted),
        state: request.state,
        is_withdrawal: request.is_withdrawal,
    }
}

fn tell_external(detail: &mut LoanDetail, loan: &Loan, stands: &Standing) {
    let on = detail.on;
    let terms = &loan.terms;
    if stands.is_overdue_known {
        detail.days_past_due = Some(stands.days_past_due);
        detail.bucket = Some(standing::bucket(stands.days_past_due));
    }
    let rows = u16::try_from(loan.schedule.len()).unwrap_or(u16::MAX);
    let instalments = if rows == 0 { terms.term_months } else { rows };
    detail.terms = LoanTermsView {
        rate_percent: Some(terms.rate_percent.normalize().to_string()),
        rate_period: Some("year"),
        instalments: (instalments > 0).then_some(instalments),
        ..std::mem::take(&mut detail.terms)
    };
    let debt = stands.overdue + due_on_day(stands, on);
    detail.figures = LoanFigures {
        next_payment: stands
            .next_due_on
            .map(|due_on| NextPaymentView { due_on, amount: stands.next_payment.map(decimal) }),
        debt_today: stands.is_overdue_known.then(|| decimal(debt)),
        overdue: stands.is_overdue_known.then(|| decimal(stands.overdue)),
        total_left: stands.outstanding.map(decimal),
        ..LoanFigures::default()
    };
    let is_open = terms.status.is_open();
    // What was repaid by its schedule is paid, whatever payments the source has told of.
    let is_repaid = terms.status == LoanStatus::ClosedPaid;
    detail.schedule = standing::uncovered(loan)
        .map(|(row, left)| told_row(row, if is_repaid { 0 } else { left }, is_open, on))
        .collect();
    detail.operations = loan.payments.iter().rev().filter(|one| one.on <= on).map(told).collect();
    if is_open && !loan.schedule.is_empty() {
        detail.structure = told_structure(loan, on);
        let mut points = vec![(terms.issued_on, terms.principal.minor(), terms.principal.minor())];
        let told = as_told(loan, Rate::ZERO);
        walk_past(&told.book(), &policy::RU, on, Assume::Nothing, false, |at| {
            note_point(&mut points, at);
        });
        detail.balance = balance(points);
    }
    let differences = reconcile::differences(loan, reconcile::TOLERANCE);
    detail.differences = differences.iter().map(DifferenceView::from).collect();
}

/// What falls due on the day itself.
pub(super) fn due_on_day(stands: &Standing, on: Date) -> i64 {
    stands.next_payment.filter(|_| stands.next_due_on == Some(on)).unwrap_or(0)
}

fn told_row(row: &Instalment, left: i64, is_open: bool, on: Date) -> ScheduleRowView {
    let is_cancelled = !is_open && left != 0;
    let paid = row.payment() - left;
    ScheduleRowView {
        n: row.n,
        due_on: row.due_on,
        interest: decimal(row.interest),
        principal: decimal(row.principal),
        fee: decimal(row.fee),
        payment: decimal(row.payment()),
        balance: decimal(row.balance),
        paid: decimal(paid),
        left: decimal(if is_cancelled { 0 } else { left }),
        state: row_state(is_cancelled, left, paid, standing::last_day(row), on),
    }
}

fn told(payment: &Payment) -> OperationView {
    OperationView {
        operation_id: None,
        on: payment.on,
        kind: match payment.kind {
            PaymentKind::GoodsReturn => "payment",
            other => other.code(),
        },
        amount: Some(decimal(payment.amount)),
        payer: match payment.kind {
            PaymentKind::Payment => Some("client"),
            PaymentKind::GoodsReturn => Some("shop"),
            PaymentKind::Refund | PaymentKind::Penalty => None,
        },
        source: PaymentSource::Import,
        reversed: None,
        closing: None,
    }
}

/// Left of principal, interest and fee of a row: a payment fills interest first, then principal.
fn split(row: &Instalment, left: i64) -> (i64, i64, i64) {
    let paid = row.payment() - left;
    let interest = row.interest - paid.min(row.interest);
    let principal = row.principal - (paid - row.interest).clamp(0, row.principal);
    (principal, interest, left - interest - principal)
}

/// What makes the debt by the schedule: interest of instalments to come is not owed yet.
fn told_structure(loan: &Loan, on: Date) -> Vec<StructurePart> {
    let mut amounts = [
        ("principal_overdue", 0),
        ("interest_overdue", 0),
        ("interest_current", 0),
        ("principal_current", 0),
        ("fees", 0),
    ];
    for (row, left) in standing::uncovered(loan) {
        let (principal, interest, fee) = split(row, left);
        let (is_due, is_overdue) = (standing::last_day(row) <= on, standing::last_day(row) < on);
        amounts[if is_overdue { 0 } else { 3 }].1 += principal;
        amounts[if is_overdue { 1 } else { 2 }].1 += if is_due { interest } else { 0 };
        amounts[4].1 += if is_due { fee } else { 0 };
    }
    parts(&amounts)
}
