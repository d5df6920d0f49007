//! What people type about credit: sums, words and dates, with a fault for each that cannot be read.
//!
//! Must never put a value into a fault.

use super::interest::Rate;
use crate::base::money::{Currency, Money, MoneyError};
use crate::base::time::Date;
use crate::domain::FieldFault;
use crate::domain::fields::{FromJson, Shape};
use chrono::Datelike;
use rust_decimal::Decimal;
use serde_json::Value;

/// Largest sum: a hundred billion, in kopecks.
pub const SUM_MAX: i64 = 10_000_000_000_000;
/// Years that dates may lie in.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2150;

/// Faults found so far.
#[derive(Clone, Debug, Default)]
pub struct Faults(pub Vec<FieldFault>);

impl Faults {
    /// One more.
    pub fn add(&mut self, field: &str, code: &'static str, message: &str) {
        self.0.push(FieldFault::new(field, code, message));
    }

    /// Names a word that is not known.
    pub fn word<T>(&mut self, field: &str, read: Option<T>, message: &str) -> Option<T> {
        if read.is_none() {
            self.add(field, "unknown_value", message);
        }
        read
    }

    /// A sum of at least `least` kopecks.
    pub fn sum(&mut self, field: &str, text: &str, least: i64) -> Option<i64> {
        let code = match Money::parse(text, Currency::Rub).map(Money::minor) {
            Ok(sum) if sum > SUM_MAX => "too_large",
            Ok(sum) if sum >= least => return Some(sum),
            Ok(_) => {
                self.add(field, "not_positive", "write a sum that is not negative or zero");
                return None;
            }
            Err(MoneyError::NotANumber) => "invalid_amount",
            Err(MoneyError::TooPrecise) => "too_precise",
            Err(MoneyError::TooLarge) => "too_large",
        };
        let message = match code {
            "too_precise" => "a sum has at most two decimals",
            "too_large" => "a sum is at most 100 000 000 000",
            _ => "write a sum such as 9455.96",
        };
        self.add(field, code, message);
        None
    }

    /// A rate in percent of a year, or of a day where the field `period_field` says so.
    pub fn rate(
        &mut self,
        field: &str,
        percent: &str,
        period_field: &str,
        period: Option<&str>,
    ) -> Option<Rate> {
        let Ok(percent) = percent.trim().replace(',', ".").parse::<Decimal>() else {
            self.add(field, "invalid_number", "write a percentage such as 24.5");
            return None;
        };
        let (rate, help) = match period.unwrap_or("year") {
            "year" => {
                (Rate::yearly(percent), "a yearly rate is 0 to 1000 with at most six decimals")
            }
            "day" => (Rate::daily(percent), "a daily rate is 0 to 10 with at most six decimals"),
            _ => {
                self.add(period_field, "unknown_value", "choose year or day");
                return None;
            }
        };
        if rate.is_none() {
            self.add(field, "out_of_range", help);
        }
        rate
    }

    /// A date that can be reckoned with.
    pub fn date(&mut self, field: &str, date: Date) {
        if !YEARS.contains(&date.year()) {
            self.add(field, "out_of_range", "write a date between 1990 and 2150");
        }
    }
}

/// A sum above zero in kopecks, typed as a decimal. One that cannot be read is named and read as
/// nothing, so that rules can still name what is wrong with the other fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum(pub i64);

impl FromJson for Sum {
    fn shape() -> Shape {
        Shape::Text
    }
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        let text = String::from_json(value, path, faults);
        let mut typed = Faults::default();
        let sum = text.and_then(|text| typed.sum(path, &text, 1));
        faults.extend(typed.0);
        Some(Self(sum.unwrap_or_default()))
    }
}
