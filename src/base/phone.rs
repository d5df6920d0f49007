//! Telephone numbers: E.164, extension and country, from whatever people and PBXs write.
//!
//! Russia and Kazakhstan follow the numbering rules of domain.md 4.1; every other country is
//! checked by the numbering plan of libphonenumber. Must never guess: a number that fits no rule is
//! an error, and the caller keeps the raw text.

use crate::base::text;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A dialable number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Phone {
    /// `+` and up to 15 digits.
    pub e164: String,
    /// The extension inside an office, 1–7 digits.
    pub extension: Option<String>,
    /// ISO 3166 letters of the country, for instance `RU`; empty when the number belongs to none
    /// (satellite and other world-wide codes).
    pub region: String,
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(***)")
    }
}

/// Why a text is not a telephone number. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// No digits at all.
    #[error("write a telephone number, for instance +7 916 123-45-67")]
    Empty,
    /// Too few or too many digits.
    #[error("the number has too few or too many digits; a Russian number has 11 with the 8 or +7")]
    Length,
    /// No country or operator has such numbers.
    #[error("there are no numbers with this code; check the country and area code")]
    UnknownCode,
    /// The extension is not 1 to 7 digits.
    #[error("an extension has 1 to 7 digits")]
    Extension,
    /// Several numbers in one field.
    #[error("write one number per field")]
    Several,
}

impl PhoneError {
    /// The closed code of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "invalid_phone"
    }
}

/// Longest number of E.164, in digits.
const E164_DIGITS_MAX: usize = 15;
/// Words and signs that stand before an extension; longer ones first.
const EXTENSION_MARKS: [&str; 7] = ["добавочный", "доб", "extension", "ext", "#", ",", ";"];

/// Reads a number as a person in Russia would write it.
///
/// # Errors
/// See [`PhoneError`].
pub fn parse(raw: &str) -> Result<Phone, PhoneError> {
    let lower = raw.to_lowercase();
    let (main, extension) = split_extension(&lower)?;
    let digits = text::digits(main);
    if digits.is_empty() {
        return Err(PhoneError::Empty);
    }
    let before_digits = main.split(|c: char| c.is_ascii_digit()).next().unwrap_or("");
    let international = international_digits(&digits, before_digits.contains(['+', '＋']))?;
    let (e164, region) = if international.starts_with('7') {
        (format!("+{international}"), seven(&international)?.to_owned())
    } else {
        abroad(&international)?
    };
    Ok(Phone { e164, extension, region })
}

/// The number without its extension, and the extension.
fn split_extension(lower: &str) -> Result<(&str, Option<String>), PhoneError> {
    let found = EXTENSION_MARKS
        .iter()
        .filter_map(|mark| lower.find(mark).map(|at| (at, at + mark.len())))
        .min_by_key(|(at, _)| *at);
    let Some((start, end)) = found else {
        return Ok((lower, None));
    };
    let rest = &lower[end..];
    let digits = text::digits(rest);
    match digits.len() {
        0 if rest.chars().any(char::is_alphabetic) => Err(PhoneError::Extension),
        0 => Ok((&lower[..start], None)),
        1..=7 => Ok((&lower[..start], Some(digits))),
        10.. => Err(PhoneError::Several),
        _ => Err(PhoneError::Extension),
    }
}

/// Country code and number without any prefix (`+`, `00`, `810`, the trunk `8`).
fn international_digits(digits: &str, plus: bool) -> Result<String, PhoneError> {
    let count = digits.len();
    if plus {
        // "+8 916 …" is "8 916 …" with a needless plus: there is no country 89.
        return Ok(match digits.strip_prefix('8') {
            Some(rest) if count == 11 && rest.starts_with('9') => format!("7{rest}"),
            _ => digits.to_owned(),
        });
    }
    if let Some(rest) = digits.strip_prefix("00") {
        return Ok(rest.to_owned());
    }
    if let Some(rest) = digits.strip_prefix("810")
        && count > 11
    {
        return Ok(rest.to_owned());
    }
    match (count, digits.as_bytes()[0]) {
        (11, b'7' | b'8') => Ok(format!("7{}", &digits[1..])),
        (10, b'3' | b'4' | b'8' | b'9') => Ok(format!("7{digits}")),
        // A PBX may send a foreign number without the plus.
        (11..=E164_DIGITS_MAX, _) => Ok(digits.to_owned()),
        _ => Err(PhoneError::Length),
    }
}

/// The country of a `+7` number: Russia 3, 4, 8, 9; Kazakhstan 6, 7.
fn seven(international: &str) -> Result<&'static str, PhoneError> {
    if international.len() != 11 {
        return Err(PhoneError::Length);
    }
    match international.as_bytes()[1] {
        b'3' | b'4' | b'8' | b'9' => Ok("RU"),
        b'6' | b'7' => Ok("KZ"),
        _ => Err(PhoneError::UnknownCode),
    }
}

/// Any other country, by its numbering plan.
fn abroad(international: &str) -> Result<(String, String), PhoneError> {
    if international.len() > E164_DIGITS_MAX {
        return Err(PhoneError::Length);
    }
    let number = PHONE_NUMBER_UTIL
        .parse(format!("+{international}"), None)
        .map_err(|_| PhoneError::UnknownCode)?;
    if !number.is_valid() {
        return Err(PhoneError::UnknownCode);
    }
    let region = number.get_region_code().map(|code| code.as_region_str().to_string());
    let region = region.filter(|code| code.len() == 2).unwrap_or_default();
    Ok((number.format_as(PhoneNumberFormat::E164).to_string(), region))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, e164: &str, extension: Option<&str>, region: &str) {
        let phone = parse(raw).unwrap_or_else(|error| panic!("{raw:?}: {error}"));
        assert_eq!(phone.e164, e164, "{raw:?}");
        assert_eq!(phone.extension.as_deref(), extension, "{raw:?}");
        assert_eq!(phone.region, region, "{raw:?}");
    }

    #[test]
    fn the_table_of_domain_4_1() {
        check("8 (495) 123-45-67 доб. 123", "+74951234567", Some("123"), "RU");
        check("9161234567", "+79161234567", None, "RU");
        check("7 916 123 45 67", "+79161234567", None, "RU");
        check("8-800-555-35-35", "+78005553535", None, "RU");
        check("+7(495)781–6400", "+74957816400", None, "RU");
        check("87012345678", "+77012345678", None, "KZ");
        check("+7 701 234 5678", "+77012345678", None, "KZ");
        check("8 10 7 727 250 1234", "+77272501234", None, "KZ");
        assert_eq!(parse("123"), Err(PhoneError::Length));
    }

    #[test]
    fn other_ways_to_write_a_number() {
        check("+7 (916) 123-45-67 ext 4", "+79161234567", Some("4"), "RU");
        check("тел.: 8(916)1234567,", "+79161234567", None, "RU");
        check("84951234567#1234567", "+74951234567", Some("1234567"), "RU");
        check("+8 916 123 45 67", "+79161234567", None, "RU");
        check("00 7 495 123 45 67", "+74951234567", None, "RU");
        check("+49 30 901820", "+4930901820", None, "DE");
        check("380441234567", "+380441234567", None, "UA");
        check("+375 29 123-45-67", "+375291234567", None, "BY");
        check("\u{a0}8\u{a0}812\u{a0}3334455", "+78123334455", None, "RU");
    }

    #[test]
    fn what_is_no_number_is_refused_without_echo() {
        let rows = [
            ("", PhoneError::Empty),
            ("нет", PhoneError::Empty),
            ("123-45-67", PhoneError::Length),
            ("+7 916 123 45 6", PhoneError::Length),
            ("+7 116 123 45 67", PhoneError::UnknownCode),
            ("+999 123 456 789", PhoneError::UnknownCode),
            ("89161234567, 89031234567", PhoneError::Several),
            ("89161234567 доб. 12345678", PhoneError::Extension),
            ("89161234567, спросить Олю", PhoneError::Extension),
            ("123456789012345678", PhoneError::Length),
        ];
        for (raw, expected) in rows {
            assert_eq!(parse(raw), Err(expected), "{raw:?}");
            assert!(raw.is_empty() || !expected.to_string().contains(raw));
        }
    }

    #[test]
    fn debug_hides_the_number() {
        assert_eq!(format!("{:?}", parse("9161234567")), "Ok(Phone(***))");
    }
}
