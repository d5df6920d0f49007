//! camt.053 of ISO 20022, any version: elements are known by their local names (domain.md 7.2).
//!
//! The direction of an entry is that of the movement; a reversal takes back an earlier movement
//! the other way and is marked. Only booked entries count.

use super::{StatementError, date, sum};
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::domain::statement::{Direction, Statement, StatementEntry};
use quick_xml::Reader;
use quick_xml::events::Event;

/// Levels of elements that are followed.
const DEPTH_MAX: usize = 64;

/// Elements of a file that are held at once.
const ELEMENTS_MAX: usize = 2_000_000;

/// An element with its children; a statement is small enough to be held whole.
#[derive(Debug, Default)]
pub(super) struct Element {
    name: String,
    place: usize,
    text: String,
    /// The attribute `Ccy` of a sum.
    currency: String,
    children: Vec<Element>,
}

impl Element {
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
    fn at(&self, path: &[&str]) -> Option<&Self> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        // Of several children of one name the first that leads on.
        self.children.iter().filter(|child| child.name == *first).find_map(|child| child.at(rest))
    }
    fn text(&self, path: &[&str]) -> &str {
        self.at(path).map_or("", |found| found.text.trim())
    }
    fn amount(&self) -> Result<i64, StatementError> {
        let missing = StatementError::Missing { field: "Amt", place: self.place };
        let amount = self.at(&["Amt"]).ok_or(missing)?;
        sum(&amount.text, "Amt", amount.place)
    }
    fn direction(&self) -> Result<Direction, StatementError> {
        match self.text(&["CdtDbtInd"]) {
            "CRDT" => Ok(Direction::In),
            "DBIT" => Ok(Direction::Out),
            "" => Err(StatementError::Missing { field: "CdtDbtInd", place: self.place }),
            _ => Err(StatementError::Invalid { field: "CdtDbtInd", place: self.place }),
        }
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Statement>, StatementError> {
    let root = parsed(bytes, ELEMENTS_MAX)?;
    let report = root.at(&["Document", "BkToCstmrStmt"]).ok_or(StatementError::UnknownFormat)?;
    report.all("Stmt").map(statement).collect()
}

pub(super) fn parsed(bytes: &[u8], elements_max: usize) -> Result<Element, StatementError> {
    let mut elements = 0;
    let mut reader = Reader::from_reader(bytes);
    let mut stack = vec![Element::default()];
    let place = |reader: &Reader<&[u8]>| usize::try_from(reader.buffer_position()).unwrap_or(0);
    loop {
        let at = place(&reader);
        let malformed = StatementError::Xml { place: at };
        let event = reader.read_event();
        elements += usize::from(matches!(event, Ok(Event::Start(_) | Event::Empty(_))));
        if elements > elements_max {
            return Err(StatementError::TooLarge);
        }
        match event {
            Ok(Event::Start(start)) => {
                let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                let attribute = start.try_get_attribute("Ccy").ok().flatten();
                let currency = attribute
                    .map(|found| String::from_utf8_lossy(&found.value).trim().to_owned())
                    .unwrap_or_default();
                stack.push(Element { name, place: at, currency, ..Element::default() });
                if stack.len() > DEPTH_MAX {
                    return Err(malformed);
                }
            }
            Ok(Event::Empty(empty)) => {
                let name = String::from_utf8_lossy(empty.local_name().as_ref()).into_owned();
                let element = Element { name, place: at, ..Element::default() };
                stack.last_mut().ok_or(malformed)?.children.push(element);
            }
            Ok(Event::Text(text)) => {
                let text = text.unescape().map_err(|_| StatementError::Xml { place: at })?;
                stack.last_mut().ok_or(malformed)?.text.push_str(&text);
            }
            Ok(Event::CData(data)) => {
                let text = std::str::from_utf8(&data).map_err(|_| StatementError::WrongEncoding)?;
                stack.last_mut().ok_or(malformed)?.text.push_str(text);
            }
            Ok(Event::End(_)) => {
                let element = stack.pop().filter(|_| !stack.is_empty()).ok_or(malformed)?;
                if let Some(parent) = stack.last_mut() {
                    parent.children.push(element);
                }
            }
            Ok(Event::Eof) if stack.len() > 1 => {
                return Err(StatementError::Truncated { place: at });
            }
            Ok(Event::Eof) => return stack.pop().ok_or(malformed),
            Ok(_) => {}
            // A tag that is not finished: the end is missing.
            Err(quick_xml::Error::Syntax(_)) if stack.len() > 1 => {
                return Err(StatementError::Truncated { place: at });
            }
            Err(_) => return Err(malformed),
        }
    }
}

fn statement(element: &Element) -> Result<Statement, StatementError> {
    let account = element.text(&["Acct", "Id", "IBAN"]);
    let other = element.text(&["Acct", "Id", "Othr", "Id"]);
    let account = if account.is_empty() { other } else { account };
    if account.is_empty() {
        return Err(StatementError::Missing { field: "Acct", place: element.place });
    }
    let day = |name| match element.text(&["FrToDt", name]) {
        "" => Ok(None),
        text => date(text.get(..10).unwrap_or(text), "%Y-%m-%d", "FrToDt", element.place).map(Some),
    };
    let currency = currency(element);
    let mut entries = Vec::new();
    for entry in element.all("Ntry") {
        let own = entry.at(&["Amt"]).map_or("", |sum| &sum.currency);
        if !own.is_empty() && own != currency {
            return Err(StatementError::Invalid { field: "Ccy", place: entry.place });
        }
        read_entry(entry, &mut entries)?;
    }
    Ok(Statement {
        account: account.to_owned(),
        currency: Some(currency.to_owned()).filter(|currency| !currency.is_empty()),
        from: day("FrDtTm")?,
        to: day("ToDtTm")?,
        opening: balance(element, "OPBD")?,
        received: None,
        spent: None,
        closing: balance(element, "CLBD")?,
        entries,
    })
}

/// The currency of the account: its own, else that of the first sum.
fn currency(element: &Element) -> &str {
    let own = element.text(&["Acct", "Ccy"]);
    let sums = element.all("Bal").chain(element.all("Ntry"));
    let mut written = sums.filter_map(|part| part.at(&["Amt"])).map(|sum| sum.currency.as_str());
    if own.is_empty() { written.find(|code| !code.is_empty()).unwrap_or("") } else { own }
}

/// A booked balance; a debit one is below zero.
fn balance(element: &Element, kind: &str) -> Result<Option<i64>, StatementError> {
    let of_kind = |balance: &&Element| balance.text(&["Tp", "CdOrPrtry", "Cd"]) == kind;
    let Some(found) = element.all("Bal").find(of_kind) else {
        return Ok(None);
    };
    let amount = found.amount()?;
    Ok(Some(if found.direction()? == Direction::In { amount } else { -amount }))
}

/// What the parts of an entry share.
struct Booked<'a> {
    entry: &'a Element,
    direction: Direction,
    on: Date,
    is_reversal: bool,
}

impl Booked<'_> {
    /// Part number `index` of the entry, or the entry itself when it has none.
    fn movement(&self, part: &Element, amount: i64, index: usize) -> StatementEntry {
        let own = part.text(&["Refs", "AcctSvcrRef"]);
        let end_to_end = part.text(&["Refs", "EndToEndId"]);
        // The parts of one entry share its reference: their place tells them apart.
        let reference = self.entry.text(&["AcctSvcrRef"]);
        let shared = if reference.is_empty() { self.entry.text(&["NtryRef"]) } else { reference };
        let number = match (own, shared) {
            ("", "") => end_to_end.to_owned(),
            ("", shared) if index > 0 => format!("{shared}#{index}"),
            ("", shared) => shared.to_owned(),
            (own, _) => own.to_owned(),
        };
        let parties = part.at(&["RltdPties"]);
        let (who, whose) = match self.direction {
            Direction::In => ("Dbtr", "DbtrAcct"),
            Direction::Out => ("Cdtr", "CdtrAcct"),
        };
        let party = |path: &[&str]| parties.map_or("", |parties| parties.text(path)).to_owned();
        let either = |a: String, b: String| if a.is_empty() { b } else { a };
        let name = either(party(&[who, "Nm"]), party(&[who, "Pty", "Nm"]));
        let account = either(party(&[whose, "Id", "IBAN"]), party(&[whose, "Id", "Othr", "Id"]));
        let inn = party(&[who, "Id", "OrgId", "Othr", "Id"]);
        let inn = either(inn, party(&[who, "Id", "PrvtId", "Othr", "Id"]));
        let lines = part.at(&["RmtInf"]).into_iter().flat_map(|info| info.all("Ustrd"));
        let mut purpose: Vec<&str> = lines.map(|line| line.text.trim()).collect();
        purpose.push(part.text(&["RmtInf", "Strd", "CdtrRefInf", "Ref"]));
        purpose.retain(|line| !line.is_empty());
        StatementEntry {
            direction: self.direction,
            on: self.on,
            number,
            amount,
            is_reversal: self.is_reversal,
            account: Personal::new(account),
            inn: Personal::new(inn),
            name: Personal::new(name),
            purpose: Personal::new(purpose.join(" ")),
        }
    }
}

/// The movements of an entry: one, or each of its parts.
fn read_entry(entry: &Element, entries: &mut Vec<StatementEntry>) -> Result<(), StatementError> {
    // A text in version 02, a code below it later.
    let status = match entry.text(&["Sts", "Cd"]) {
        "" => entry.text(&["Sts"]),
        code => code,
    };
    if status != "BOOK" {
        return Ok(());
    }
    let (amount, direction) = (entry.amount()?, entry.direction()?);
    let is_reversal = matches!(entry.text(&["RvslInd"]), "true" | "1");
    let day = match entry.text(&["BookgDt", "Dt"]) {
        "" => entry.text(&["BookgDt", "DtTm"]),
        text => text,
    };
    let on = date(day.get(..10).unwrap_or(day), "%Y-%m-%d", "BookgDt", entry.place)?;
    let parts: Vec<&Element> =
        entry.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    let booked = Booked { entry, direction, on, is_reversal };
    match parts.as_slice() {
        [] => entries.push(booked.movement(entry, amount, 0)),
        [one] => entries.push(booked.movement(one, amount, 0)),
        several => {
            let mut sum = 0;
            for (index, part) in several.iter().enumerate() {
                let own = match part.at(&["Amt"]) {
                    Some(_) => part.amount()?,
                    None => part.at(&["AmtDtls", "TxAmt"]).unwrap_or(part).amount()?,
                };
                sum = own.saturating_add(sum);
                entries.push(booked.movement(part, own, index));
            }
            if sum != amount {
                return Err(StatementError::PartsDiffer { place: entry.place });
            }
        }
    }
    Ok(())
}
