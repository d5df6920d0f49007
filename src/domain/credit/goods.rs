//! Shop loans: merchant discount, goods returned, what the loan yields to the lender
//! (domain.md E5, 2.8).

use super::interest::{Rate, WHOLE, half_up};
use super::ledger::{Agreement, Position};
use super::psk::Flow;
use rust_decimal::Decimal;

/// What the shop gives up of `amount`, half-up to the kopeck.
#[must_use]
pub fn discount(amount: i64, rate: Rate) -> i64 {
    let (Rate::Year(micro) | Rate::Day(micro)) = rate;
    half_up(i128::from(amount) * i128::from(micro), WHOLE)
}

/// What the shop is paid for goods on credit.
#[must_use]
pub fn paid_to_shop(agreement: &Agreement) -> i64 {
    agreement.granted - discount(agreement.granted, agreement.merchant_discount)
}

/// Who gets what when all goods come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullReturn {
    /// The client's own payments and down payment, from the shop.
    pub client_gets: i64,
    /// What the shop owes the lender: it ends the loan.
    pub shop_owes: i64,
    /// Merchant discount that is reversed.
    pub discount_reversed: i64,
}

/// Who gets what when all goods come back on the day of `at`.
#[must_use]
pub fn full_return(at: &Position<'_>) -> FullReturn {
    let agreement = at.agreement;
    let paid = at.principal_paid + at.interest_paid + at.advance;
    FullReturn {
        client_gets: paid + agreement.down_payment,
        shop_owes: at.principal_left() + at.interest_left().max(0),
        discount_reversed: discount(agreement.granted, agreement.merchant_discount),
    }
}

/// One, with eighteen decimals.
const ONE: i128 = 1_000_000_000_000_000_000;

/// The yield of flows in percent a year with two decimals (XIRR: days over 365); zero when less
/// comes back than went out. The first flow is the payout, negative.
#[must_use]
pub fn yearly_yield(flows: &[Flow]) -> Decimal {
    let Some(first) = flows.first() else {
        return Decimal::ZERO;
    };
    // The value at a discount factor per day; it grows with the factor.
    let value = |factor: i128| -> i128 {
        flows
            .iter()
            .map(|flow| {
                let days = u32::try_from((flow.on - first.on).num_days()).unwrap_or(0);
                i128::from(flow.amount) * power(factor, days)
            })
            .sum()
    };
    if value(ONE) <= 0 {
        return Decimal::ZERO;
    }
    let (mut low, mut high) = (ONE / 2, ONE);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if value(middle) > 0 { high = middle } else { low = middle }
    }
    let year = power(high, 365);
    if year == 0 {
        return Decimal::MAX;
    }
    // (1 / year − 1) in hundredths of a percent, half-up.
    let hundredths = (2 * (ONE - year) * 10_000 + year) / (2 * year);
    Decimal::from_i128_with_scale(hundredths, 2)
}

fn power(factor: i128, exponent: u32) -> i128 {
    let (mut result, mut square, mut left) = (ONE, factor, exponent);
    while left > 0 {
        if left & 1 == 1 {
            result = result * square / ONE;
        }
        square = square * square / ONE;
        left >>= 1;
    }
    result
}
