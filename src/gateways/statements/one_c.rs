//! `1CClientBankExchange`, versions 1.01 to 1.03 (domain.md 7.1).

use super::{StatementError, date, sum};
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::domain::statement::{Direction, Statement, StatementEntry};
use encoding_rs::{IBM866, WINDOWS_1251};
use std::borrow::Cow;
use std::collections::HashMap;

/// Keys and values of a section, with the line it begins on.
struct Section<'a> {
    line: usize,
    values: HashMap<String, Cow<'a, str>>,
}

impl Section<'_> {
    fn text(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |value| value.trim())
    }
    fn first<'s>(&'s self, keys: &[&str]) -> &'s str {
        keys.iter().map(|key| self.text(key)).find(|text| !text.is_empty()).unwrap_or("")
    }
    /// A value and its numbered parts (`НазначениеПлатежа`, `…1` to `…6`; some put a space before
    /// the digit).
    fn joined(&self, key: &str) -> String {
        let whole = self.text(key);
        if !whole.is_empty() {
            return whole.to_owned();
        }
        let parts = (1..=6).map(|part| {
            let (close, apart) = (format!("{key}{part}"), format!("{key} {part}"));
            let text = self.text(&close);
            if text.is_empty() { self.text(&apart).to_owned() } else { text.to_owned() }
        });
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
    fn required(&self, key: &'static str) -> Result<&str, StatementError> {
        match self.text(key) {
            "" => Err(StatementError::Missing { field: key, place: self.line }),
            text => Ok(text),
        }
    }
    fn date(&self, key: &'static str) -> Result<Option<Date>, StatementError> {
        match self.text(key) {
            "" => Ok(None),
            text => date(text, "%d.%m.%Y", key, self.line).map(Some),
        }
    }
    fn sum(&self, key: &'static str) -> Result<Option<i64>, StatementError> {
        match self.text(key) {
            "" => Ok(None),
            text => sum(text, key, self.line).map(Some),
        }
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Statement>, StatementError> {
    let text = decoded(bytes)?;
    let (accounts, documents) = sections(&text)?;
    let mut statements = accounts.iter().map(statement).collect::<Result<Vec<_>, _>>()?;
    for document in &documents {
        place(document, &mut statements)?;
    }
    Ok(statements)
}

/// UTF-8 first; else windows-1251 if the header says so then, else cp866.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, StatementError> {
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(plain) {
        return Ok(Cow::Borrowed(text));
    }
    let windows = WINDOWS_1251.decode_without_bom_handling_and_without_replacement(plain);
    if let Some(text) = windows.filter(|text| text.contains("Кодировка=Windows")) {
        return Ok(text);
    }
    let dos = IBM866.decode_without_bom_handling_and_without_replacement(plain);
    dos.filter(|text| text.contains("Кодировка=DOS")).ok_or(StatementError::WrongEncoding)
}

type Sections<'a> = (Vec<Section<'a>>, Vec<Section<'a>>);

/// Account sections and documents of the file.
fn sections(text: &str) -> Result<Sections<'_>, StatementError> {
    let (mut accounts, mut documents) = (Vec::new(), Vec::new());
    let mut open: Option<(bool, Section<'_>)> = None;
    let mut last_key = String::new();
    let mut lines = 0;
    for (index, line) in text.lines().enumerate() {
        lines = index + 1;
        let line = line.trim_end_matches('\r');
        let truncated = StatementError::Truncated { place: lines };
        let begin =
            |is_document| Some((is_document, Section { line: lines, values: HashMap::new() }));
        match line.trim() {
            "КонецФайла" if open.is_none() => return Ok((accounts, documents)),
            "КонецРасчСчет" | "КонецДокумента" | "КонецФайла" => {
                match open.take() {
                    Some((true, section)) if line.trim() == "КонецДокумента" => {
                        documents.push(section)
                    }
                    Some((false, section)) if line.trim() == "КонецРасчСчет" => {
                        accounts.push(section)
                    }
                    _ => return Err(truncated),
                }
            }
            mark if mark == "СекцияРасчСчет" || mark.starts_with("СекцияДокумент") =>
            {
                if open.is_some() {
                    return Err(truncated);
                }
                open = begin(mark != "СекцияРасчСчет");
                last_key.clear();
            }
            _ => {
                let Some((_, section)) = &mut open else { continue };
                if let Some((key, value)) = line.split_once('=') {
                    key.trim().clone_into(&mut last_key);
                    section.values.insert(last_key.clone(), Cow::Borrowed(value));
                } else if let Some(value) = section.values.get_mut(&last_key) {
                    // A line without `=` goes on with the value before.
                    value.to_mut().push(' ');
                    value.to_mut().push_str(line.trim());
                }
            }
        }
    }
    Err(StatementError::Truncated { place: lines })
}

fn statement(section: &Section<'_>) -> Result<Statement, StatementError> {
    let opening = section.sum("НачальныйОстаток")?;
    if opening.is_none() {
        return Err(StatementError::Missing {
            field: "НачальныйОстаток", place: section.line
        });
    }
    let account = section.required("РасчСчет")?.to_owned();
    Ok(Statement {
        currency: currency(&account).map(str::to_owned),
        account,
        from: section.date("ДатаНачала")?,
        to: section.date("ДатаКонца")?.or(section.date("ДатаНачала")?),
        opening,
        received: section.sum("ВсегоПоступило")?,
        spent: section.sum("ВсегоСписано")?,
        closing: section.sum("КонечныйОстаток")?,
        entries: Vec::new(),
    })
}

/// The currency that the digits of an account name; `None` when they name none that is known.
fn currency(account: &str) -> Option<&'static str> {
    match account.get(5..8).filter(|_| account.len() == 20)? {
        "810" | "643" => Some("RUB"),
        "840" => Some("USD"),
        "978" => Some("EUR"),
        "398" => Some("KZT"),
        "203" => Some("CZK"),
        "156" => Some("CNY"),
        _ => None,
    }
}

/// Puts a document into the statements of its accounts; a transfer between two own accounts stands
/// in both.
fn place(document: &Section<'_>, statements: &mut [Statement]) -> Result<(), StatementError> {
    let payee = ["ПолучательСчет", "ПолучательРасчСчет"];
    let payer = ["ПлательщикСчет", "ПлательщикРасчСчет"];
    let mut is_placed = false;
    let dated = document.date("Дата")?;
    let amount = sum(document.required("Сумма")?, "Сумма", document.line)?;
    for (direction, own, other, booked, side) in [
        (Direction::In, payee, payer, "ДатаПоступило", "Плательщик"),
        (Direction::Out, payer, payee, "ДатаСписано", "Получатель"),
    ] {
        let on = document.date(booked)?.or(dated);
        let fits = |statement: &&mut Statement| {
            let is_own = own.iter().any(|key| document.text(key) == statement.account);
            let in_days = on.is_some_and(|on| {
                statement.from.is_none_or(|from| from <= on)
                    && statement.to.is_none_or(|to| on <= to)
            });
            is_own && in_days
        };
        let Some(statement) = statements.iter_mut().find(fits) else { continue };
        let Some(on) = on else {
            return Err(StatementError::Missing { field: "Дата", place: document.line });
        };
        let first = format!("{side}1");
        let name = document.first(&[&first, side]);
        statement.entries.push(StatementEntry {
            direction,
            on,
            number: document.text("Номер").to_owned(),
            amount,
            is_reversal: false,
            account: Personal::new(document.first(&other).to_owned()),
            inn: Personal::new(document.text(&format!("{side}ИНН")).to_owned()),
            name: Personal::new(name.to_owned()),
            purpose: Personal::new(document.joined("НазначениеПлатежа")),
        });
        is_placed = true;
    }
    if is_placed { Ok(()) } else { Err(StatementError::ForeignDocument { place: document.line }) }
}
