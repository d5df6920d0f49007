//! Numbers of documents, registers and banks, with their check digits (domain.md 4.1).
//!
//! Each function takes what people write (spaces, hyphens) and gives the plain form that is stored
//! and compared. Errors never hold the number.

use crate::base::text;
use crate::base::time::Date;
use chrono::{Datelike, Days, NaiveDate};

/// Why a number is not what it claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// INN: not 10 or 12 digits.
    #[error("an INN has 10 digits (organisation) or 12 (person)")]
    InnLength,
    /// INN: check digits.
    #[error("the check digits of the INN are wrong; compare it with the document")]
    InnCheck,
    /// KPP: form.
    #[error("a KPP has 9 characters: 4 digits, 2 digits or Latin capitals, 3 digits")]
    KppForm,
    /// OGRN: not 13 or 15 digits.
    #[error("an OGRN has 13 digits, an OGRNIP 15")]
    OgrnLength,
    /// OGRN: check digit.
    #[error("the check digit of the OGRN is wrong; compare it with the document")]
    OgrnCheck,
    /// SNILS: not 11 digits.
    #[error("a SNILS has 11 digits")]
    SnilsLength,
    /// SNILS: check digits.
    #[error("the check digits of the SNILS are wrong; compare it with the document")]
    SnilsCheck,
    /// Passport: series.
    #[error("the series of a Russian passport has 4 digits")]
    PassportSeries,
    /// Passport: number.
    #[error("the number of a Russian passport has 6 digits and is not 000000")]
    PassportNumber,
    /// Passport: department code.
    #[error("a department code looks like 770-045")]
    DepartmentCode,
    /// Passport: issued before the 14th birthday or in the future.
    #[error("a passport is issued from the 14th birthday on and not in the future")]
    PassportIssueDate,
    /// BIC: form.
    #[error("a BIC has 9 digits and begins with 00 to 04")]
    BicForm,
    /// Account: not 20 digits.
    #[error("an account has 20 digits")]
    AccountLength,
    /// Account: key.
    #[error("the account does not fit the bank's BIC; compare both with the document")]
    AccountKey,
    /// Card: not 16 to 19 digits.
    #[error("a card number has 16 to 19 digits")]
    CardLength,
    /// Card: check digit.
    #[error("the check digit of the card number is wrong")]
    CardCheck,
}

impl DocumentError {
    /// The closed code of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InnLength | Self::InnCheck => "invalid_inn",
            Self::KppForm => "invalid_kpp",
            Self::OgrnLength | Self::OgrnCheck => "invalid_ogrn",
            Self::SnilsLength | Self::SnilsCheck => "invalid_snils",
            Self::PassportSeries | Self::PassportNumber | Self::DepartmentCode => {
                "invalid_passport"
            }
            Self::PassportIssueDate => "invalid_issue_date",
            Self::BicForm => "invalid_bic",
            Self::AccountLength | Self::AccountKey => "invalid_account",
            Self::CardLength | Self::CardCheck => "invalid_card",
        }
    }
}

const INN_10: [u32; 9] = [2, 4, 10, 3, 5, 9, 4, 6, 8];
const INN_11: [u32; 10] = [7, 2, 4, 10, 3, 5, 9, 4, 6, 8];
const INN_12: [u32; 11] = [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8];

/// INN of an organisation (10 digits) or a person (12).
///
/// # Errors
/// [`DocumentError::InnLength`], [`DocumentError::InnCheck`].
pub fn inn(raw: &str) -> Result<String, DocumentError> {
    let compact = compact(raw);
    let digits = values(&compact).ok_or(DocumentError::InnLength)?;
    let check = |weights: &[u32]| weighted(&digits, weights) % 11 % 10;
    let fits = match digits.len() {
        10 => check(&INN_10) == digits[9],
        12 => check(&INN_11) == digits[10] && check(&INN_12) == digits[11],
        _ => return Err(DocumentError::InnLength),
    };
    // All zeros pass the sum but are nobody's number.
    if fits && digits.iter().any(|digit| *digit != 0) {
        Ok(compact)
    } else {
        Err(DocumentError::InnCheck)
    }
}

/// KPP of an organisation; it has no check digit.
///
/// # Errors
/// [`DocumentError::KppForm`].
pub fn kpp(raw: &str) -> Result<String, DocumentError> {
    let compact = compact(raw).to_ascii_uppercase();
    let bytes = compact.as_bytes();
    let fits = bytes.len() == 9
        && bytes[..4].iter().chain(&bytes[6..]).all(u8::is_ascii_digit)
        && bytes[4..6].iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        && bytes.iter().any(|b| *b != b'0');
    if fits { Ok(compact) } else { Err(DocumentError::KppForm) }
}

/// OGRN of an organisation (13 digits) or OGRNIP of an entrepreneur (15).
///
/// # Errors
/// [`DocumentError::OgrnLength`], [`DocumentError::OgrnCheck`].
pub fn ogrn(raw: &str) -> Result<String, DocumentError> {
    let compact = compact(raw);
    let digits = values(&compact).ok_or(DocumentError::OgrnLength)?;
    let modulus = match digits.len() {
        13 => 11,
        15 => 13,
        _ => return Err(DocumentError::OgrnLength),
    };
    let (check, body) = digits.split_last().expect("13 or 15 digits");
    let number = body.iter().fold(0_u64, |number, digit| number * 10 + u64::from(*digit));
    if number != 0 && number % modulus % 10 == u64::from(*check) {
        Ok(compact)
    } else {
        Err(DocumentError::OgrnCheck)
    }
}

/// SNILS, as 11 digits. Numbers up to 001-001-998 have no check digits.
///
/// # Errors
/// [`DocumentError::SnilsLength`], [`DocumentError::SnilsCheck`].
pub fn snils(raw: &str) -> Result<String, DocumentError> {
    let compact = compact(raw);
    let digits = values(&compact).ok_or(DocumentError::SnilsLength)?;
    if digits.len() != 11 {
        return Err(DocumentError::SnilsLength);
    }
    let number = digits[..9].iter().fold(0_u32, |number, digit| number * 10 + digit);
    let sum: u32 =
        digits[..9].iter().zip((1..=9).rev()).map(|(digit, weight)| digit * weight).sum();
    let check = match sum {
        0..=99 => sum,
        100 | 101 => 0,
        _ => sum % 101 % 100,
    };
    let unchecked = number <= 1_001_998;
    if number != 0 && (unchecked || check == digits[9] * 10 + digits[10]) {
        Ok(compact)
    } else {
        Err(DocumentError::SnilsCheck)
    }
}

/// Series (4 digits) and number (6 digits) of a Russian internal passport.
///
/// # Errors
/// [`DocumentError::PassportSeries`], [`DocumentError::PassportNumber`].
pub fn passport_rf(series: &str, number: &str) -> Result<(String, String), DocumentError> {
    let (series, number) = (compact(series), compact(number));
    let digits = |text: &str, count| text.len() == count && values(text).is_some();
    if !digits(&series, 4) || series == "0000" {
        return Err(DocumentError::PassportSeries);
    }
    if !digits(&number, 6) || number == "000000" {
        return Err(DocumentError::PassportNumber);
    }
    Ok((series, number))
}

/// Code of the department that issued a passport, as `770-045`.
///
/// # Errors
/// [`DocumentError::DepartmentCode`].
pub fn department_code(raw: &str) -> Result<String, DocumentError> {
    let compact = compact(raw);
    if compact.len() != 6 || values(&compact).is_none() {
        return Err(DocumentError::DepartmentCode);
    }
    Ok(format!("{}-{}", &compact[..3], &compact[3..]))
}

/// Checks a passport's day of issue: from the 14th birthday on, not in the future.
///
/// # Errors
/// [`DocumentError::PassportIssueDate`].
pub fn passport_issue_date(
    birth: Option<Date>,
    issued: Date,
    today: Date,
) -> Result<(), DocumentError> {
    let grown = birth.and_then(|birth| birthday(birth, 14)).is_none_or(|from| issued >= from);
    if grown && issued <= today { Ok(()) } else { Err(DocumentError::PassportIssueDate) }
}

/// The last day on which a passport is valid: 90 days after the 20th or 45th birthday, whichever
/// comes next after its issue; `None` when it was issued at 45 or later and never expires.
#[must_use]
pub fn passport_valid_until(birth: Date, issued: Date) -> Option<Date> {
    [20, 45]
        .into_iter()
        .filter_map(|age| birthday(birth, age))
        .find(|birthday| issued < *birthday)
        .and_then(|birthday| birthday.checked_add_days(Days::new(90)))
}

/// The `age`th birthday; someone born on 29 February has it on 1 March of a common year.
fn birthday(birth: Date, age: i32) -> Option<Date> {
    let year = birth.year() + age;
    NaiveDate::from_ymd_opt(year, birth.month(), birth.day())
        .or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
}

/// BIC of a bank in Russia: 04, and 00 to 03 for the Treasury and new participants.
///
/// # Errors
/// [`DocumentError::BicForm`].
pub fn bic(raw: &str) -> Result<String, DocumentError> {
    let compact = compact(raw);
    let digits = values(&compact).ok_or(DocumentError::BicForm)?;
    let fits = digits.len() == 9 && digits[0] == 0 && digits[1] <= 4 && digits[2..] != [0; 7];
    if fits { Ok(compact) } else { Err(DocumentError::BicForm) }
}

/// Series or number of any identity document as it is compared and searched: letters and digits
/// only, upper case. People write `ab 12-34` and `AB1234` for the same one.
#[must_use]
pub fn key(raw: &str) -> String {
    raw.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Characters of the longest account number (IBAN).
const ACCOUNT_CHARS_MAX: usize = 34;

/// An account's number in the form that is kept and searched: letters and digits only, upper case.
/// Core systems number accounts as they like, so nothing else is asked; `None` when it has other
/// characters or more than 34.
#[must_use]
pub fn account_number(raw: &str) -> Option<String> {
    let kept = |c: &char| !c.is_whitespace() && !matches!(c, '.' | '-' | '/');
    let number: String = raw.chars().filter(kept).flat_map(char::to_uppercase).collect();
    let plain = number.chars().all(|c| c.is_ascii_alphanumeric());
    (plain && (1..=ACCOUNT_CHARS_MAX).contains(&number.len())).then_some(number)
}

/// A 20-digit account at the bank `bic`, checked by its key.
///
/// # Errors
/// [`DocumentError::BicForm`], [`DocumentError::AccountLength`], [`DocumentError::AccountKey`].
pub fn account(bic_raw: &str, raw: &str) -> Result<String, DocumentError> {
    let bank = bic(bic_raw)?;
    let compact = compact(raw);
    if compact.len() != 20 || values(&compact).is_none() {
        return Err(DocumentError::AccountLength);
    }
    // Correspondent accounts and accounts at the central bank itself are keyed to the settlement
    // centre (BIC digits 5-6), all others to the bank (BIC digits 7-9).
    let at_centre = compact.starts_with("30101") || ["000", "001", "002"].contains(&&bank[6..]);
    let prefix = if at_centre { format!("0{}", &bank[4..6]) } else { bank[6..].to_owned() };
    let all = values(&format!("{prefix}{compact}")).unwrap_or_default();
    let products = all.iter().zip([7, 1, 3].into_iter().cycle()).map(|(d, w)| d * w % 10);
    let fits = products.sum::<u32>() % 10 == 0;
    if fits { Ok(compact) } else { Err(DocumentError::AccountKey) }
}

/// A payment card's number, checked by Luhn's digit. The whole number must never be stored:
/// keep the first six and the last four digits and a keyed hash.
///
/// # Errors
/// [`DocumentError::CardLength`], [`DocumentError::CardCheck`].
pub fn card(raw: &str) -> Result<String, DocumentError> {
    let compact = compact(raw);
    let digits = values(&compact).ok_or(DocumentError::CardLength)?;
    if !(16..=19).contains(&digits.len()) {
        return Err(DocumentError::CardLength);
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => *digit,
            _ if digit * 2 > 9 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    let real = digits.iter().any(|digit| *digit != 0);
    if real && sum.is_multiple_of(10) { Ok(compact) } else { Err(DocumentError::CardCheck) }
}

/// Without white space and hyphens of any kind, and without the sign `№`.
fn compact(raw: &str) -> String {
    text::spaces(raw)
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '‐' | '‑' | '–' | '—' | '№'))
        .collect()
}

/// The digits as numbers; `None` when there is anything else or nothing.
fn values(compact: &str) -> Option<Vec<u32>> {
    let digits: Option<Vec<u32>> = compact.chars().map(|c| c.to_digit(10)).collect();
    digits.filter(|digits| !digits.is_empty())
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn inn_rows() {
        for good in ["7707083893", "500100732259", " 7707 083-893 "] {
            assert!(inn(good).is_ok(), "{good}");
        }
        for bad in ["7707083894", "500100732258", "0000000000", "000000000000"] {
            assert_eq!(inn(bad), Err(DocumentError::InnCheck), "{bad}");
        }
        for bad in ["", "770708389", "77070838931", "77O7083893", "٧707083893"] {
            assert_eq!(inn(bad), Err(DocumentError::InnLength), "{bad}");
        }
    }

    #[test]
    fn kpp_rows() {
        assert_eq!(kpp("772301001").as_deref(), Ok("772301001"));
        assert_eq!(kpp("7723ab001").as_deref(), Ok("7723AB001"));
        for bad in
            ["", "77230100", "7723010011", "A72301001", "77230100A", "7723йй001", "000000000"]
        {
            assert_eq!(kpp(bad), Err(DocumentError::KppForm), "{bad}");
        }
    }

    #[test]
    fn ogrn_rows() {
        assert!(ogrn("1027700132195").is_ok());
        assert!(ogrn("304500116000157").is_ok());
        assert_eq!(ogrn("1027700132196"), Err(DocumentError::OgrnCheck));
        assert_eq!(ogrn("304500116000158"), Err(DocumentError::OgrnCheck));
        assert_eq!(ogrn("0000000000000"), Err(DocumentError::OgrnCheck));
        assert_eq!(ogrn("10277001321"), Err(DocumentError::OgrnLength));
    }

    #[test]
    fn snils_rows() {
        assert_eq!(snils("112-233-445 95").as_deref(), Ok("11223344595"));
        assert_eq!(snils("087-654-303 00").as_deref(), Ok("08765430300"));
        assert!(snils("001-001-998 77").is_ok(), "not checked up to this number");
        assert_eq!(snils("001-001-999 77"), Err(DocumentError::SnilsCheck));
        assert_eq!(snils("112-233-445 96"), Err(DocumentError::SnilsCheck));
        assert_eq!(snils("000-000-000 00"), Err(DocumentError::SnilsCheck));
        assert_eq!(snils("112-233-445"), Err(DocumentError::SnilsLength));
    }

    #[test]
    fn passport_rows() {
        let good = passport_rf("45 14", "123456").unwrap();
        assert_eq!(good, ("4514".to_owned(), "123456".to_owned()));
        assert_eq!(passport_rf("451", "123456"), Err(DocumentError::PassportSeries));
        assert_eq!(passport_rf("4514", "000000"), Err(DocumentError::PassportNumber));
        assert_eq!(passport_rf("4514", "12345a"), Err(DocumentError::PassportNumber));
        assert_eq!(department_code("770045").as_deref(), Ok("770-045"));
        assert_eq!(department_code("770-04"), Err(DocumentError::DepartmentCode));
    }

    #[test]
    fn passport_dates() {
        let today = date("2026-11-21");
        let birth = date("2006-08-10");
        let issued = date("2020-09-01");
        assert_eq!(passport_valid_until(birth, issued), Some(date("2026-11-08")));
        assert_eq!(passport_valid_until(birth, date("2026-08-10")), Some(date("2051-11-08")));
        assert_eq!(passport_valid_until(date("1970-01-01"), date("2020-01-01")), None);
        assert_eq!(passport_issue_date(Some(birth), issued, today), Ok(()));
        let early = passport_issue_date(Some(birth), date("2020-08-09"), today);
        assert_eq!(early, Err(DocumentError::PassportIssueDate));
        let future = passport_issue_date(None, date("2026-11-22"), today);
        assert_eq!(future, Err(DocumentError::PassportIssueDate));
        let leap = date("2004-02-29");
        assert_eq!(passport_valid_until(leap, date("2018-03-05")), Some(date("2024-05-29")));
        assert_eq!(passport_issue_date(Some(leap), date("2018-02-28"), today), early);
    }

    #[test]
    fn bank_rows() {
        assert!(account("044525225", "30101810400000000225").is_ok());
        assert!(account("044525225", "40702810200000000001").is_ok());
        let bad = account("044525225", "40702810100000000001");
        assert_eq!(bad, Err(DocumentError::AccountKey));
        assert_eq!(account("044525225", "4070281"), Err(DocumentError::AccountLength));
        assert_eq!(account("05452522", "40702810200000000001"), Err(DocumentError::BicForm));
        assert_eq!(bic("144525225"), Err(DocumentError::BicForm));
        assert_eq!(bic("044 525 225").as_deref(), Ok("044525225"));
    }

    #[test]
    fn card_rows() {
        for good in ["4111111111111111", "2200 1234 5678 9019"] {
            assert!(card(good).is_ok(), "{good}");
        }
        assert_eq!(card("2200123456789010"), Err(DocumentError::CardCheck));
        assert_eq!(card("0000000000000000"), Err(DocumentError::CardCheck));
        assert_eq!(card("411111111111"), Err(DocumentError::CardLength));
    }

    #[test]
    fn documents_are_compared_without_what_people_write_between() {
        assert_eq!(key("ab 12-34"), "AB1234");
        assert_eq!(key("4514 №123456"), "4514123456");
    }

    #[test]
    fn account_numbers_are_kept_in_one_form() {
        let rows = [
            ("4081 7810 5000 0000 0001", Some("40817810500000000001")),
            ("40817.810.5.0000.0000001", Some("40817810500000000001")),
            ("cz65 0800 0000 1920 0014 5399", Some("CZ6508000000192000145399")),
            ("1787", Some("1787")),
            (" - ", None),
            ("счёт 5", None),
            ("12345678901234567890123456789012345", None),
        ];
        for (raw, expected) in rows {
            assert_eq!(account_number(raw).as_deref(), expected, "{raw}");
        }
    }
}
