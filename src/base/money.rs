//! Money: whole minor units (kopecks) with a currency. Never a float.
//!
//! Parsing accepts what people and accounting systems write (`9 455,96`, `9455.96`, no-break
//! spaces); printing gives the plain decimal of the API.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Currencies the product knows. Numbers are stored: never reorder, append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Currency {
    /// Russian rouble.
    Rub,
    /// Czech koruna.
    Czk,
    /// United States dollar.
    Usd,
    /// Euro.
    Eur,
    /// Kazakhstani tenge.
    Kzt,
}

impl Currency {
    /// ISO 4217 letters.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Rub => "RUB",
            Self::Czk => "CZK",
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Kzt => "KZT",
        }
    }
    /// Reads ISO 4217 letters in any case.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Rub, Self::Czk, Self::Usd, Self::Eur, Self::Kzt]
            .into_iter()
            .find(|known| known.code().eq_ignore_ascii_case(code.trim()))
    }
}

/// A sum of money in minor units (1/100).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why a text is not a sum of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number.
    #[error("write a sum such as 9455.96")]
    NotANumber,
    /// More than two decimals.
    #[error("a sum has at most two decimals")]
    TooPrecise,
    /// Beyond ±90 trillion.
    #[error("the sum is too large")]
    TooLarge,
}

impl Money {
    /// From minor units.
    #[must_use]
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }
    /// Minor units (kopecks).
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }
    /// Its currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }
    /// The plain decimal: `9455.96`, `-0.05`.
    #[must_use]
    pub fn to_decimal(self) -> String {
        let sign = if self.minor < 0 { "-" } else { "" };
        let units = self.minor.unsigned_abs();
        format!("{sign}{}.{:02}", units / 100, units % 100)
    }
    /// Reads a decimal with a dot or a comma; spaces and no-break spaces are ignored. Trailing
    /// zeros beyond two decimals are allowed, other digits are not.
    ///
    /// # Errors
    /// See [`MoneyError`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (negative, digits) = match compact.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, compact.strip_prefix('+').unwrap_or(&compact)),
        };
        let (whole, fraction) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(MoneyError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 2 {
            return Err(MoneyError::TooPrecise);
        }
        let units: i64 = whole.parse().map_err(|_| MoneyError::TooLarge)?;
        let cents: i64 = format!("{fraction:0<2}").parse().map_err(|_| MoneyError::NotANumber)?;
        let minor = units
            .checked_mul(100)
            .and_then(|minor| minor.checked_add(cents))
            .filter(|minor| *minor <= 9_000_000_000_000_000)
            .ok_or(MoneyError::TooLarge)?;
        Ok(Self::from_minor(if negative { -minor } else { minor }, currency))
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read_as_people_write_them() {
        let rows = [
            ("9 455,96", Ok(945_596)),
            ("9455.96", Ok(945_596)),
            ("1\u{a0}000\u{202f}000", Ok(100_000_000)),
            ("8033.00", Ok(803_300)),
            ("3372.700", Ok(337_270)),
            ("-0.05", Ok(-5)),
            ("0", Ok(0)),
            ("", Err(MoneyError::NotANumber)),
            ("1e5", Err(MoneyError::NotANumber)),
            ("12.345", Err(MoneyError::TooPrecise)),
            ("99999999999999999999", Err(MoneyError::TooLarge)),
        ];
        for (text, expected) in rows {
            assert_eq!(Money::parse(text, Currency::Rub).map(Money::minor), expected, "{text:?}");
        }
        assert_eq!(Money::from_minor(-5, Currency::Rub).to_decimal(), "-0.05");
    }
}
