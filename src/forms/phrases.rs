//! Words of both languages for the codes in a paper's values, days and sums as people write them.

use super::data::PaperData;
use crate::base::money::{Currency, Money};
use crate::base::time::Date;
use crate::domain::paper::PaperLanguage;
use chrono::Datelike;

const MONTHS_RU: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A code with its Russian and English word.
#[rustfmt::skip]
const WORDS: &[(&str, &str, &str)] = &[
    // Instalments.
    ("paid", "оплачен", "paid"),
    ("partly_paid", "оплачен частично", "partly paid"),
    ("due", "срок сегодня", "due today"),
    ("overdue", "просрочен", "overdue"),
    ("planned", "предстоит", "planned"),
    // Parts of what is owed.
    ("principal_overdue", "Просроченный основной долг", "Overdue principal"),
    ("interest_overdue", "Просроченные проценты", "Overdue interest"),
    ("penalty", "Неустойка (пени, штрафы)", "Penalty"),
    ("interest_current", "Начисленные проценты", "Accrued interest"),
    ("principal_current", "Основной долг", "Principal"),
    ("fees", "Комиссии и иные платежи", "Fees and other payments"),
    ("other", "Прочее", "Other"),
    ("unallocated", "Внесено авансом", "Paid in advance"),
    // Operations.
    ("issued", "Выдача займа", "Loan issued"),
    ("payment", "Платёж", "Payment"),
    ("fee", "Комиссия", "Fee"),
    ("penalty_charged", "Начислена неустойка", "Penalty charged"),
    ("penalty_forgiven", "Списание неустойки", "Penalty forgiven"),
    ("refund", "Возврат клиенту", "Refund to the client"),
    ("goods_return", "Возврат товара", "Goods returned"),
    ("early_repayment", "Досрочное погашение", "Early repayment"),
    ("holiday", "Льготный период", "Credit holiday"),
    ("restructuring", "Реструктуризация", "Restructuring"),
    ("closed", "Закрытие займа", "Loan closed"),
    // The loan.
    ("draft", "заявка", "applied for"),
    ("approved", "одобрен", "approved"),
    ("signed", "подписан", "signed"),
    ("active", "действует", "active"),
    ("closed_paid", "погашен", "repaid"),
    ("closed_early", "погашен досрочно", "repaid early"),
    ("written_off", "списан", "written off"),
    ("ceded", "уступлен", "assigned"),
    ("cancelled", "отменён", "cancelled"),
    ("returned_goods", "закрыт возвратом товара", "closed by return of the goods"),
    // Currencies.
    ("RUB", "руб.", "RUB"),
    ("CZK", "CZK", "CZK"),
    ("USD", "USD", "USD"),
    ("EUR", "EUR", "EUR"),
    ("KZT", "KZT", "KZT"),
    // Early repayments.
    ("full", "полное досрочное погашение", "full early repayment"),
    ("smaller_payment", "частичное, с уменьшением платежа", "partial, with smaller payments"),
    ("shorter_term", "частичное, с сокращением срока", "partial, with a shorter term"),
    ("withdrawal", "возврат займа в срок отказа", "return within the days of withdrawal"),
];

/// The word of a code; `None` when there is none.
#[must_use]
pub fn word(code: &str, language: PaperLanguage) -> Option<&'static str> {
    let (_, ru, en) = WORDS.iter().find(|(known, ..)| *known == code)?;
    Some(match language {
        PaperLanguage::Ru => ru,
        PaperLanguage::En => en,
    })
}

/// `15.02.2026`, `15 Feb 2026`.
#[must_use]
pub fn day(day: Date, language: PaperLanguage) -> String {
    match language {
        PaperLanguage::Ru => format!("{:02}.{:02}.{}", day.day(), day.month(), day.year()),
        PaperLanguage::En => {
            format!(
                "{}\u{a0}{}\u{a0}{}",
                day.day(),
                &MONTHS_EN[day.month0() as usize][..3],
                day.year()
            )
        }
    }
}

/// `15 февраля 2026 г.`, `15 February 2026`.
#[must_use]
pub fn long_day(day: Date, language: PaperLanguage) -> String {
    let month = day.month0() as usize;
    match language {
        PaperLanguage::Ru => {
            format!("{}\u{a0}{}\u{a0}{}\u{a0}г.", day.day(), MONTHS_RU[month], day.year())
        }
        PaperLanguage::En => {
            format!("{}\u{a0}{}\u{a0}{}", day.day(), MONTHS_EN[month], day.year())
        }
    }
}

/// `9 455,96`, `9,455.96`: never broken between two lines.
#[must_use]
pub fn sum(minor: i64, language: PaperLanguage) -> String {
    let units = minor.unsigned_abs();
    let (thousands, point) = match language {
        PaperLanguage::Ru => ('\u{a0}', ','),
        PaperLanguage::En => (',', '.'),
    };
    let mut text = if minor < 0 { "\u{2212}".to_owned() } else { String::new() };
    let whole = (units / 100).to_string();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(thousands);
        }
        text.push(digit);
    }
    text.push(point);
    text.push_str(&format!("{:02}", units % 100));
    text
}

/// A sum with its currency.
#[must_use]
pub fn money(minor: i64, currency: Currency, language: PaperLanguage) -> String {
    let unit = match (currency, language) {
        (Currency::Rub, PaperLanguage::Ru) => "руб.",
        _ => currency.code(),
    };
    format!("{}\u{a0}{unit}", sum(minor, language))
}

/// A sum in words.
#[must_use]
pub fn in_words(minor: i64, currency: Currency, language: PaperLanguage) -> String {
    super::numerals::in_words(Money::from_minor(minor, currency), language)
}

/// What stands at the foot of each page.
#[derive(Clone, Debug)]
pub struct Footer {
    /// On the left.
    pub left: String,
    /// "Page", "of".
    pub page: (&'static str, &'static str),
}

/// The foot of a paper's pages.
#[must_use]
pub fn footer(data: &PaperData) -> Footer {
    let issued = day(data.paper.day, data.language);
    let (from, page) = match data.language {
        PaperLanguage::Ru => ("от", ("Страница", "из")),
        PaperLanguage::En => ("of", ("Page", "of")),
    };
    let mark = match data.language {
        PaperLanguage::Ru => "№",
        PaperLanguage::En => "No.",
    };
    Footer { left: format!("{mark} {} {from} {issued}", data.paper.number), page }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_days_are_written_as_in_each_language() {
        let (ru, en) = (PaperLanguage::Ru, PaperLanguage::En);
        let rows = [
            (945_596, "9\u{a0}455,96", "9,455.96"),
            (5, "0,05", "0.05"),
            (-123_456_789, "\u{2212}1\u{a0}234\u{a0}567,89", "\u{2212}1,234,567.89"),
            (10_000, "100,00", "100.00"),
        ];
        for (minor, in_ru, in_en) in rows {
            assert_eq!(sum(minor, ru), in_ru);
            assert_eq!(sum(minor, en), in_en);
        }
        assert_eq!(money(100, Currency::Rub, ru), "1,00\u{a0}руб.");
        assert_eq!(money(100, Currency::Eur, ru), "1,00\u{a0}EUR");
        let on = "2026-02-05".parse().unwrap();
        assert_eq!(day(on, ru), "05.02.2026");
        assert_eq!(day(on, en), "5\u{a0}Feb\u{a0}2026");
        assert_eq!(long_day(on, ru), "5\u{a0}февраля\u{a0}2026\u{a0}г.");
        assert_eq!(long_day(on, en), "5\u{a0}February\u{a0}2026");
    }

    #[test]
    fn every_status_of_a_loan_has_a_word() {
        for status in ["draft", "approved", "signed", "active", "closed_paid", "closed_early"] {
            assert!(word(status, PaperLanguage::Ru).is_some(), "{status}");
        }
        let mut codes: Vec<&str> = WORDS.iter().map(|(code, ..)| *code).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count, "a code stands once");
        assert_eq!(word("nonsense", PaperLanguage::Ru), None);
    }
}
