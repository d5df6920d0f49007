//! Reading single cells: dates, sums, rates, months, flags, telephone lists, identifiers.
//!
//! Every function takes what accounting systems and spreadsheets write (domain.md 7.3) and gives a
//! typed value or a coded fault without the text.

use crate::base::documents;
use crate::base::money::{Currency, Money, MoneyError};
use crate::base::phone::{self, PhoneError};
use crate::base::text;
use crate::base::time::Date;
use crate::domain::client::Sex;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

/// How a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateFormat {
    /// `2026-11-21`, also with a time behind it.
    YearMonthDay,
    /// `21.11.2026`, also with a time behind it.
    DayMonthYear,
    /// `11/21/2026`.
    MonthDayYear,
    /// `21/11/2026`.
    DayMonthYearSlash,
    /// `20261121`.
    Compact,
    /// `261121`; the mapping says which hundred years it may mean.
    ShortCompact,
    /// `Nov-26`: the first day of that month.
    MonthName,
}

impl DateFormat {
    /// All formats.
    pub const ALL: [Self; 7] = [
        Self::YearMonthDay,
        Self::DayMonthYear,
        Self::MonthDayYear,
        Self::DayMonthYearSlash,
        Self::Compact,
        Self::ShortCompact,
        Self::MonthName,
    ];
    /// The word of mappings.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::YearMonthDay => "YYYY-MM-DD",
            Self::DayMonthYear => "DD.MM.YYYY",
            Self::MonthDayYear => "MM/DD/YYYY",
            Self::DayMonthYearSlash => "DD/MM/YYYY",
            Self::Compact => "YYYYMMDD",
            Self::ShortCompact => "YYMMDD",
            Self::MonthName => "Mon-YY",
        }
    }
    /// Reads the word of mappings, in any case.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.code().eq_ignore_ascii_case(code.trim()))
    }
    /// Reads a date in this format; `None` when it is none. Years of two digits are the ones of
    /// the hundred years from `first_year` on.
    #[must_use]
    pub fn read(self, raw: &str, first_year: i32) -> Option<Date> {
        let text = raw.trim();
        // A time behind the date says nothing here.
        let date = text.split(['T', ' ', '\u{a0}']).next().unwrap_or("");
        match self {
            Self::YearMonthDay => numbers(date, '-').and_then(|[y, m, d]| ymd(y, m, d)),
            Self::DayMonthYear => numbers(date, '.').and_then(|[d, m, y]| ymd(y, m, d)),
            Self::MonthDayYear => numbers(date, '/').and_then(|[m, d, y]| ymd(y, m, d)),
            Self::DayMonthYearSlash => numbers(date, '/').and_then(|[d, m, y]| ymd(y, m, d)),
            Self::Compact => {
                let [y, m, d] = fixed(date, [4, 2, 2])?;
                ymd(y, m, d)
            }
            Self::ShortCompact => {
                let [y, m, d] = fixed(date, [2, 2, 2])?;
                ymd(full_year(y, first_year), m, d)
            }
            Self::MonthName => month_name(date, first_year),
        }
    }
}

/// Reads a date in the first format that fits.
#[must_use]
pub fn date(raw: &str, formats: &[DateFormat], first_year: i32) -> Option<Date> {
    formats.iter().find_map(|format| format.read(raw, first_year))
}

/// Whether a cell holds nothing: blank, or a date that accounting systems write for "none".
#[must_use]
pub fn is_blank(cell: &str) -> bool {
    let trimmed = cell.trim();
    trimmed.is_empty()
        || trimmed.starts_with("01.01.0001")
        || trimmed.starts_with("0001-01-01")
        || trimmed == "00000000-0000-0000-0000-000000000000"
}

/// A birth number `YYMMDD` in which 50 is added to the month of a woman's birth.
#[must_use]
pub fn birth_number(raw: &str, first_year: i32) -> Option<(Date, Sex)> {
    let [year, month, day] = fixed(raw.trim(), [2, 2, 2])?;
    let (month, sex) = if month > 50 { (month - 50, Sex::Female) } else { (month, Sex::Male) };
    ymd(full_year(year, first_year), month, day).map(|birth| (birth, sex))
}

/// A sum: decimal comma or dot, spaces or commas between thousands, the sign of its currency before
/// or behind it. Other words behind a sum (`тыс.`, another currency, a minus) are no part of it that
/// may be passed over.
///
/// # Errors
/// See [`MoneyError`].
pub fn money(raw: &str, currency: Currency) -> Result<Money, MoneyError> {
    let known = signs_of(currency);
    let number = raw.trim();
    let number = match number.chars().next().filter(|c| matches!(c, '$' | '€' | '₽' | '₸')) {
        Some(sign) if known.contains(&sign.to_string().as_str()) => {
            number.trim_start_matches(sign).trim_start()
        }
        _ => number,
    };
    let digits_end = number.rfind(|c: char| c.is_ascii_digit()).map_or(0, |last| last + 1);
    let (number, behind) = number.split_at(digits_end);
    let behind = text::folded(behind);
    if !known.contains(&behind.trim_matches(['.', ' '])) || is_ambiguous(number) {
        return Err(MoneyError::NotANumber);
    }
    let plain = without_thousands(number).ok_or(MoneyError::NotANumber)?;
    Money::parse(&plain, currency)
}

/// What may stand behind a sum of a currency.
const fn signs_of(currency: Currency) -> &'static [&'static str] {
    match currency {
        Currency::Rub => &["", "₽", "р", "руб", "рублей", "rub", "rur"],
        Currency::Czk => &["", "kč", "czk", "крон"],
        Currency::Usd => &["", "$", "usd", "долл", "долларов"],
        Currency::Eur => &["", "€", "eur", "евро"],
        Currency::Kzt => &["", "₸", "тг", "тенге", "kzt"],
    }
}

/// An annual rate in percent: `24`, `24,5 %`; with `fraction`, `0.245` means 24.5 %.
#[must_use]
pub fn percent(raw: &str, fraction: bool) -> Option<Decimal> {
    let number = raw.trim().trim_end_matches('%').trim_end();
    let compact: String =
        without_thousands(number)?.chars().filter(|c| !c.is_whitespace()).collect();
    let rate: Decimal = compact.replace(',', ".").parse().ok()?;
    let rate = if fraction { rate.checked_mul(Decimal::ONE_HUNDRED)? } else { rate };
    Some(rate.normalize())
}

/// A count of months: `36`, `36 мес.`, `36 months`, `36.0`. Years and days are not months.
#[must_use]
pub fn months(raw: &str) -> Option<u32> {
    count_of(raw, &["", "м", "мес", "месяц", "месяца", "месяцев", "mo", "month", "months"])
}

/// A count of days: `1 000`, `31 дн.`. Months are not days.
#[must_use]
pub fn days(raw: &str) -> Option<u32> {
    count_of(raw, &["", "д", "дн", "день", "дня", "дней", "day", "days"])
}

/// A plain whole number.
#[must_use]
pub fn count(raw: &str) -> Option<u32> {
    count_of(raw, &[""])
}

/// A whole number before one of `words`; spaces stand between thousands, decimals are zeros.
fn count_of(raw: &str, words: &[&str]) -> Option<u32> {
    let trimmed = text::folded(raw);
    let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != ' ').unwrap_or(trimmed.len());
    let (number, rest) = trimmed.split_at(end);
    let number = number.trim_end();
    let mut groups = number.split(' ');
    let first = groups.next().unwrap_or("");
    let grouped = groups.clone().next().is_none() || first.len() <= 3;
    let digits: String = number.split(' ').collect();
    if first.is_empty() || !grouped || !groups.all(|group| group.len() == 3) {
        return None;
    }
    // "36.0" is what a spreadsheet makes of 36; "1,000" may be a thousand.
    let rest = match rest.strip_prefix(['.', ',']) {
        Some(behind) if !behind.starts_with("000") => behind.trim_start_matches('0'),
        _ => rest,
    };
    words.contains(&rest.trim_matches(['.', ' '])).then(|| digits.parse().ok()).flatten()
}

/// Yes or no, as people and accounting systems write it.
#[must_use]
pub fn flag(raw: &str) -> Option<bool> {
    match text::folded(raw).as_str() {
        "да" | "yes" | "true" | "истина" | "1" | "y" | "д" | "+" => Some(true),
        "нет" | "no" | "false" | "ложь" | "0" | "n" | "н" | "-" => Some(false),
        _ => None,
    }
}

/// Sex, as people and accounting systems write it.
#[must_use]
pub fn sex(raw: &str) -> Option<Sex> {
    match text::folded(raw).trim_end_matches('.') {
        "ж" | "жен" | "женский" | "женщина" | "f" | "female" => Some(Sex::Female),
        "м" | "муж" | "мужской" | "мужчина" | "m" | "male" => Some(Sex::Male),
        _ => None,
    }
}

/// The numbers of a cell that may hold several, as they were written.
///
/// # Errors
/// The fault of the first part that is no number.
pub fn phones(raw: &str) -> Result<Vec<String>, PhoneError> {
    match phone::parse(raw) {
        Ok(_) => Ok(vec![raw.trim().to_owned()]),
        Err(error) if error != PhoneError::Extension && raw.contains([',', ';', '/', '\n']) => raw
            .split([',', ';', '/', '\n'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| phone::parse(part).map(|_| part.to_owned()))
            .collect(),
        Err(error) => Err(error),
    }
}

/// An INN from which a spreadsheet took the leading zero: 9 or 11 digits get it back when the
/// check digits then are right. Anything else stays as it is.
#[must_use]
pub fn inn(raw: &str) -> String {
    let trimmed = text::spaces(raw);
    let digits_only = trimmed.bytes().all(|b| b.is_ascii_digit());
    if digits_only && matches!(trimmed.len(), 9 | 11) {
        let padded = format!("0{trimmed}");
        if documents::inn(&padded).is_ok() {
            return padded;
        }
    }
    trimmed
}

/// A number of `digits` digits from which a spreadsheet took up to `lost` leading zeros. One that is
/// shorter stays as it is: it was never whole.
#[must_use]
pub fn padded(raw: &str, digits: usize, lost: usize) -> String {
    let trimmed = text::spaces(raw);
    let digits_only = !trimmed.is_empty() && trimmed.bytes().all(|b| b.is_ascii_digit());
    if digits_only && trimmed.len() + lost >= digits {
        format!("{trimmed:0>digits$}")
    } else {
        trimmed
    }
}

/// Whether `1,500` may be one and a half or fifteen hundred: a lone comma with three digits behind
/// it and one to three before, the first of them no zero.
fn is_ambiguous(number: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    number.trim_start_matches(['-', '+']).split_once(',').is_some_and(|(before, behind)| {
        behind.len() == 3
            && digits(behind)
            && (1..=3).contains(&before.len())
            && digits(before)
            && !before.starts_with('0')
    })
}

/// The number without the commas between its thousands; a lone comma is a decimal one. `None` when
/// commas do not part threes, or stand behind a dot.
fn without_thousands(number: &str) -> Option<String> {
    let commas = number.matches(',').count();
    if commas == 0 || (commas == 1 && !number.contains('.')) {
        return Some(number.to_owned());
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let threes = whole.split(',').skip(1).all(|group| group.len() == 3);
    (threes && !fraction.contains(',')).then(|| number.replace(',', ""))
}

/// The hundred years that two digits mean when the mapping does not say: those up to today.
#[must_use]
pub fn default_first_year(today: Date) -> i32 {
    today.year() - 99
}

fn full_year(short_year: i32, first_year: i32) -> i32 {
    let year = first_year.div_euclid(100) * 100 + short_year;
    if year < first_year { year + 100 } else { year }
}

/// Three numbers around a separator.
fn numbers(text: &str, separator: char) -> Option<[i32; 3]> {
    let mut parts = text.split(separator).map(|part| {
        let digits =
            !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<i32>().ok()).flatten()
    });
    let read = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(read)
}

/// Three numbers of fixed widths, nothing else.
fn fixed(text: &str, widths: [usize; 3]) -> Option<[i32; 3]> {
    let whole =
        text.len() == widths.iter().sum::<usize>() && text.bytes().all(|b| b.is_ascii_digit());
    if !whole {
        return None;
    }
    let (first, rest) = text.split_at(widths[0]);
    let (second, third) = rest.split_at(widths[1]);
    Some([first.parse().ok()?, second.parse().ok()?, third.parse().ok()?])
}

fn ymd(year: i32, month: i32, day: i32) -> Option<Date> {
    // Years of two digits in a four-digit format are a mistake, not antiquity.
    if !(1800..=2200).contains(&year) {
        return None;
    }
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

fn month_name(text: &str, first_year: i32) -> Option<Date> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (name, year) = text.split_once('-')?;
    let month = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(month))?;
    let number: i32 = year.parse().ok()?;
    let year = if year.len() == 2 { full_year(number, first_year) } else { number };
    ymd(year, i32::try_from(month).ok()? + 1, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Date {
        "2026-11-21".parse().unwrap()
    }

    #[test]
    fn dates_are_read_in_every_format() {
        let rows = [
            (DateFormat::YearMonthDay, "1998-12-08", Some("1998-12-08")),
            (DateFormat::YearMonthDay, "1998-12-08T10:00:00", Some("1998-12-08")),
            (DateFormat::YearMonthDay, "98-12-08", None),
            (DateFormat::DayMonthYear, "08.12.1998 0:00:00", Some("1998-12-08")),
            (DateFormat::DayMonthYear, "8.2.2026", Some("2026-02-08")),
            (DateFormat::DayMonthYear, "29.02.2026", None),
            (DateFormat::DayMonthYear, "01.01.0001", None),
            (DateFormat::MonthDayYear, "12/08/1998", Some("1998-12-08")),
            (DateFormat::DayMonthYearSlash, "08/12/1998", Some("1998-12-08")),
            (DateFormat::Compact, "19981208", Some("1998-12-08")),
            (DateFormat::ShortCompact, "930705", Some("1993-07-05")),
            (DateFormat::ShortCompact, "261121", Some("2026-11-21")),
            (DateFormat::ShortCompact, "271121", Some("1927-11-21")),
            (DateFormat::MonthName, "Jan-18", Some("2018-01-01")),
            (DateFormat::MonthName, "Foo-18", None),
            (DateFormat::YearMonthDay, "", None),
            (DateFormat::YearMonthDay, "2026-1-", None),
        ];
        for (format, raw, expected) in rows {
            let expected = expected.map(|text| text.parse::<Date>().unwrap());
            assert_eq!(
                format.read(raw, default_first_year(today())),
                expected,
                "{raw:?} as {}",
                format.code()
            );
        }
        for format in DateFormat::ALL {
            assert_eq!(DateFormat::parse(&format.code().to_lowercase()), Some(format));
        }
    }

    #[test]
    fn birth_numbers_tell_women() {
        let born = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(birth_number("706213", 1900), Some((born("1970-12-13"), Sex::Female)));
        assert_eq!(birth_number("450204", 1900), Some((born("1945-02-04"), Sex::Male)));
        assert_eq!(birth_number("451304", 1900), None);
        assert_eq!(birth_number("", 1900), None);
    }

    #[test]
    fn sums_are_read() {
        let rows = [
            ("9\u{a0}455,96", Ok(945_596)),
            ("9 455,96 руб.", Ok(945_596)),
            ("₽1,234.50", Ok(123_450)),
            ("1,234,567", Ok(123_456_700)),
            ("1,234.5 RUB", Ok(123_450)),
            ("0,500", Ok(50)),
            ("9455,960", Ok(945_596)),
            ("1,500", Err(MoneyError::NotANumber)),
            ("1.200,00", Err(MoneyError::NotANumber)),
            ("12,34.56", Err(MoneyError::NotANumber)),
            ("100-", Err(MoneyError::NotANumber)),
            ("(100)", Err(MoneyError::NotANumber)),
            ("100 тыс.", Err(MoneyError::NotANumber)),
            ("100 USD", Err(MoneyError::NotANumber)),
            ("$100", Err(MoneyError::NotANumber)),
            ("-100", Ok(-10_000)),
            ("8033.00", Ok(803_300)),
            ("12,345.678", Err(MoneyError::TooPrecise)),
            ("сто", Err(MoneyError::NotANumber)),
        ];
        for (raw, expected) in rows {
            assert_eq!(money(raw, Currency::Rub).map(Money::minor), expected, "{raw:?}");
        }
    }

    #[test]
    fn rates_counts_and_flags_are_read() {
        let rate = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(percent("24,5 %", false), Some(rate("24.5")));
        assert_eq!(percent("5.32", false), Some(rate("5.32")));
        assert_eq!(percent("0.245", true), Some(rate("24.5")));
        assert_eq!(percent("много", false), None);
        assert_eq!(percent("1.234,5", false), None);
        let rows = [
            ("36", [Some(36); 3]),
            ("36.0", [Some(36); 3]),
            ("1\u{a0}000", [Some(1_000); 3]),
            ("36 мес.", [None, Some(36), None]),
            ("31 дн.", [None, None, Some(31)]),
            ("3 года", [None; 3]),
            ("36.5", [None; 3]),
            ("1,000", [None; 3]),
            ("1 00", [None; 3]),
            ("", [None; 3]),
            ("-3", [None; 3]),
        ];
        for (raw, expected) in rows {
            assert_eq!([count(raw), months(raw), days(raw)], expected, "{raw:?}");
        }
        assert_eq!((flag("Да"), flag("НЕТ"), flag("может")), (Some(true), Some(false), None));
        assert_eq!((sex("Жен."), sex("m"), sex("?")), (Some(Sex::Female), Some(Sex::Male), None));
    }

    #[test]
    fn lost_zeros_come_back() {
        // 0274062111 is a real check sum; a spreadsheet drops the zero.
        assert_eq!(inn("274062111"), "0274062111");
        assert_eq!(inn("274062112"), "274062112", "the check digit is wrong: left alone");
        assert_eq!(inn(" 7707083893 "), "7707083893");
        assert_eq!(padded("12345", 6, 5), "012345");
        assert_eq!(padded("", 6, 5), "");
        assert_eq!(padded("12а", 6, 5), "12а");
        assert_eq!(padded("8765430300", 11, 2), "08765430300");
        assert_eq!(padded("12345678", 11, 2), "12345678", "three digits are not lost zeros");
    }

    #[test]
    fn cells_with_several_phones_are_split() {
        let both = phones("8 916 123-45-67, 8 903 123-45-67").unwrap();
        assert_eq!(both, ["8 916 123-45-67", "8 903 123-45-67"]);
        assert_eq!(phones("84951234567, доб. 12").unwrap().len(), 1);
        assert_eq!(phones("8 916 123-45-67 / 123"), Err(PhoneError::Length));
    }

    #[test]
    fn empty_values_of_accounting_systems_are_blank() {
        for cell in ["", " ", "01.01.0001", "01.01.0001 0:00:00", "0001-01-01T00:00:00"] {
            assert!(is_blank(cell), "{cell:?}");
        }
        assert!(!is_blank("0"));
    }
}
