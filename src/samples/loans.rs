//! Loans with schedules and payments. Sums are whole kopecks, interest is rounded half up once per
//! instalment, days are actual (domain.md 2.1).

use super::dice::Dice;
use super::own::{self, SampleBook};
use super::{SOURCE, client_key};
use crate::base::ids::{ClientId, LoanId};
use crate::base::money::{Currency, Money};
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::domain::loan::{
    Figures, Instalment, Loan, LoanStatus, LoanTerms, Payment, PaymentKind, standing,
};
use chrono::{Datelike, Days, Months, NaiveDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

/// A payment made of a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplePayment {
    /// `sample:pay-…`.
    pub source_key: String,
    /// Booking date.
    pub on: Date,
    /// The sum.
    pub amount: Money,
}

/// A loan made of a seed.
#[derive(Debug, Clone)]
pub struct SampleLoan {
    /// `sample:loan-…`.
    pub source_key: String,
    /// Source key of its client.
    pub client_key: String,
    /// Terms.
    pub terms: LoanTerms,
    /// The schedule as signed.
    pub schedule: Vec<Instalment>,
    /// Payments, by date.
    pub payments: Vec<SamplePayment>,
    /// The account it was paid out to, for loans in cash.
    pub account: Option<Personal<String>>,
    /// Figures of the core system, for one loan in ten.
    pub figures: Option<Figures>,
    /// Its book, when it is kept here: then schedule, payments and figures are not told.
    pub own: Option<SampleBook>,
}

/// How a product is lent.
struct Product {
    name: &'static str,
    /// Hundredths of a percent a year.
    rates: &'static [i64],
    months: &'static [u16],
    /// Roubles.
    least: u64,
    most: u64,
}

/// Seed of what happens to loans whose books are kept here.
const OWN_SEED: u64 = 0x5EED;

/// The product that is paid out to an account.
const CASH: &str = "Заём наличными";

const PRODUCTS: [Product; 4] = [
    Product {
        name: "Рассрочка в магазине",
        rates: &[0],
        months: &[6, 10, 12],
        least: 8_000,
        most: 90_000,
    },
    Product {
        name: "POS-кредит",
        rates: &[1990, 2400, 2850],
        months: &[6, 12, 18, 24],
        least: 10_000,
        most: 150_000,
    },
    Product {
        name: CASH,
        rates: &[2400, 2990, 3550],
        months: &[12, 24, 36],
        least: 20_000,
        most: 300_000,
    },
    Product {
        name: "Заём до зарплаты+",
        rates: &[9900],
        months: &[3, 6],
        least: 5_000,
        most: 30_000,
    },
];

/// The loans of a client: most have one, some two, a few none yet.
pub(super) fn of_client(index: u64, today: Date, dice: &mut Dice) -> Vec<SampleLoan> {
    let count = match dice.below(100) {
        0..8 => 0,
        8..85 => 1,
        85..97 => 2,
        _ => 3,
    };
    let mut loans: Vec<SampleLoan> = (0..count).map(|n| loan(index, n, today, dice)).collect();
    loans.sort_by_key(|loan| loan.terms.issued_on);
    loans
}

fn loan(index: u64, n: u64, today: Date, dice: &mut Dice) -> SampleLoan {
    let product = dice.pick(&PRODUCTS);
    let months = *dice.pick(product.months);
    let rate = *dice.pick(product.rates);
    let thousands = (product.most - product.least) / 1_000;
    let rouble = product.least + dice.below(thousands) * 1_000 + dice.below(100) * 10;
    let principal = i64::try_from(rouble).unwrap_or(10_000) * 100;
    let age_days = dice.below(u64::from(months) * 36);
    let issued_on = today.checked_sub_days(Days::new(age_days)).unwrap_or(today);
    let schedule = schedule(principal, rate, months, issued_on);
    let number = format!("POS-{}-{:06}{n}", issued_on.year(), index % 1_000_000);
    let key = format!("{SOURCE}:loan-{index:06}-{n}");
    let mut payments = payments(&schedule, &key, today, dice);
    let mut status = status(&schedule, &payments, dice);
    if status == LoanStatus::ClosedEarly {
        close_early(&schedule, &mut payments, &key, today);
    }
    if status.is_open() && payments.len() == schedule.len() {
        status = LoanStatus::ClosedPaid;
    }
    let terms = LoanTerms {
        number,
        product: product.name.to_owned(),
        principal: roubles(principal),
        rate_percent: Decimal::new(rate, 2).normalize(),
        term_months: months,
        issued_on,
        status,
        status_text: String::new(),
    };
    let client_key = client_key(index);
    let account = (product.name == CASH).then(|| {
        let number = index.saturating_mul(10).saturating_add(n) % 100_000_000_000;
        Personal::new(format!("408178105{number:011}"))
    });
    let mut made = SampleLoan {
        source_key: key,
        client_key,
        terms,
        schedule,
        payments,
        account,
        figures: None,
        own: None,
    };
    if index % 5 == 2 {
        // Throws of its own, so that the rest of the client stays what it was.
        made.own = own::book(&made, today, &mut Dice::new(OWN_SEED, index * 8 + n));
    }
    if index % 10 == 3 && status.is_open() {
        made.figures = figures(&made, today);
        // Now and then the core system has charged what it does not tell.
        if let Some(figures) = made.figures.as_mut().filter(|_| index % 50 == 13) {
            figures.outstanding = figures.outstanding.map(|left| left + 35_000);
        }
    }
    made
}

const fn roubles(minor: i64) -> Money {
    Money::from_minor(minor, Currency::Rub)
}

/// The schedule of an annuity, or of equal parts without interest.
pub(super) fn schedule(principal: i64, rate: i64, months: u16, issued_on: Date) -> Vec<Instalment> {
    let annuity = annuity(principal, rate, months);
    let mut balance = principal;
    let mut previous = issued_on;
    let mut rows = Vec::with_capacity(usize::from(months));
    for n in 1..=months {
        let due_on = issued_on.checked_add_months(Months::new(u32::from(n))).unwrap_or(previous);
        let interest = interest(balance, rate, previous, due_on);
        let part = if n == months { balance } else { (annuity - interest).clamp(0, balance) };
        balance -= part;
        rows.push(Instalment { n, due_on, principal: part, interest, fee: 0, balance });
        previous = due_on;
    }
    rows
}

/// The equal payment of a loan. `rate` in hundredths of a percent a year.
fn annuity(principal: i64, rate: i64, months: u16) -> i64 {
    if rate == 0 {
        return principal / i64::from(months.max(1));
    }
    // r = rate / 12 a month; A = P·r / (1 − (1 + r)^−n) = P·r·g / (g − 1) with g = (1 + r)^n.
    let monthly = Decimal::new(rate, 4) / Decimal::from(12);
    let mut growth = Decimal::ONE;
    for _ in 0..months {
        growth *= Decimal::ONE + monthly;
    }
    let exact = Decimal::from(principal) * monthly * growth / (growth - Decimal::ONE);
    let half_up = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
    exact.round_dp_with_strategy(0, half_up).to_i64().unwrap_or(principal)
}

/// Simple interest on `balance` from one day (not counted) to another (counted): each day is 1/365
/// or 1/366 of its year.
fn interest(balance: i64, rate: i64, from: Date, to: Date) -> i64 {
    let mut parts: i128 = 0;
    let mut day = from;
    while day < to {
        // The next days that lie in one year: 1 January belongs to the new one.
        let year = day.succ_opt().unwrap_or(to).year();
        let until = NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(to).min(to);
        let leap = NaiveDate::from_ymd_opt(year, 2, 29).is_some();
        let weight: i128 = if leap { 365 } else { 366 };
        parts += i128::from((until - day).num_days()) * weight;
        day = until;
    }
    let numerator = i128::from(balance) * i128::from(rate) * parts;
    let denominator: i128 = 10_000 * 365 * 366;
    let rounded = (2 * numerator + denominator) / (2 * denominator);
    i64::try_from(rounded).unwrap_or(0)
}

/// Payments up to today: most people pay in time, some late, some have stopped.
fn payments(
    schedule: &[Instalment],
    key: &str,
    today: Date,
    dice: &mut Dice,
) -> Vec<SamplePayment> {
    let due = schedule.iter().filter(|row| row.due_on <= today).count() as u64;
    let paid = match dice.below(100) {
        0..88 => due,
        88..96 => due.saturating_sub(1 + dice.below(2)),
        _ => due.saturating_sub(2 + dice.below(5)),
    };
    let mut payments = Vec::new();
    for row in schedule.iter().take(usize::try_from(paid).unwrap_or(0)) {
        let early = row.due_on.checked_sub_days(Days::new(dice.below(4))).unwrap_or(row.due_on);
        let late = row.due_on.checked_add_days(Days::new(dice.below(6))).unwrap_or(row.due_on);
        let on = if dice.chance(90) { early } else { late.min(today) };
        let source_key = payment_key(key, u64::from(row.n));
        payments.push(SamplePayment { source_key, on, amount: roubles(row.payment()) });
    }
    payments.sort_by_key(|payment| payment.on);
    payments
}

fn payment_key(loan_key: &str, n: u64) -> String {
    format!("{}-{n}", loan_key.replace(":loan-", ":pay-"))
}

fn status(schedule: &[Instalment], payments: &[SamplePayment], dice: &mut Dice) -> LoanStatus {
    let paid_up = payments.len() == schedule.len();
    let thrown = dice.below(100);
    match (paid_up, thrown) {
        (true, _) => LoanStatus::ClosedPaid,
        (false, 0..4) if payments.len() >= 2 => LoanStatus::ClosedEarly,
        _ => LoanStatus::Active,
    }
}

/// The rest of the principal is paid a few days after the last payment.
fn close_early(schedule: &[Instalment], payments: &mut Vec<SamplePayment>, key: &str, today: Date) {
    let Some((row, last)) = schedule.get(payments.len().wrapping_sub(1)).zip(payments.last())
    else {
        return;
    };
    let on = last.on.checked_add_days(Days::new(5)).unwrap_or(last.on).min(today);
    let source_key = payment_key(key, 999);
    payments.push(SamplePayment { source_key, on, amount: roubles(row.balance) });
}

/// What a core system would have said yesterday.
fn figures(made: &SampleLoan, today: Date) -> Option<Figures> {
    let as_of = today.pred_opt()?;
    let loan = Loan {
        id: Some(LoanId::from_uuid(Uuid::nil())),
        client: Some(ClientId::from_uuid(Uuid::nil())),
        source_key: made.source_key.clone(),
        terms: made.terms.clone(),
        schedule: made.schedule.clone(),
        payments: made
            .payments
            .iter()
            .filter(|payment| payment.on <= as_of)
            .map(|payment| Payment {
                source_key: payment.source_key.clone(),
                on: payment.on,
                amount: payment.amount.minor(),
                kind: PaymentKind::Payment,
            })
            .collect(),
        figures: Figures::default(),
        account: None,
        own: None,
    };
    let standing = standing::on(&loan, as_of);
    Some(Figures {
        as_of: Some(as_of),
        outstanding: standing.outstanding,
        overdue: Some(standing.overdue),
        days_past_due: Some(standing.days_past_due),
        next_due_on: standing.next_due_on,
        next_payment: standing.next_payment,
    })
}
