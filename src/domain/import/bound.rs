//! A mapping tied to the columns of one file: each template knows its cells by index.

use super::mapping::{ClientBlock, FieldSpec, Mapping, Only, Part, Template};
use super::values::{self, DateFormat};
use super::{ClientDraft, ImportKind, Record, records};
use crate::base::ids::ClientId;
use crate::base::money::Currency;
use crate::base::row::Row;
use crate::base::text;
use crate::base::time::Date;
use crate::domain::client::{ClientDetails, ClientKind};
use crate::domain::{FaultDetail, FieldFault};
use std::collections::HashMap;
use uuid::Uuid;

/// The rows of a second file by their key.
#[derive(Debug, Clone)]
pub struct LookupTable {
    name: String,
    columns: Vec<String>,
    key: usize,
    only: Vec<(usize, Vec<String>)>,
    rows: HashMap<String, Row>,
}

impl LookupTable {
    /// An empty table for the lookup `name` of `mapping`, whose file has `columns`.
    ///
    /// # Errors
    /// Names every column that the mapping wants and the file does not have.
    pub fn new(mapping: &Mapping, name: &str, columns: &[String]) -> Result<Self, Vec<FieldFault>> {
        let Some(lookup) = mapping.lookups.iter().find(|lookup| lookup.name == name) else {
            let message = "the mapping has no such lookup";
            return Err(vec![FieldFault::new(format!("lookup.{name}"), "unknown_key", message)]);
        };
        let mut faults = Vec::new();
        let mut place = |column: &str| {
            let found = columns.iter().position(|known| known == column);
            if found.is_none() {
                faults.push(missing_column(&format!("lookup.{name}"), column, columns));
            }
            found.unwrap_or(0)
        };
        let key = place(&lookup.key);
        let only = lookup.only.iter().map(|o| (place(&o.column), o.words.clone())).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let (name, columns) = (name.to_owned(), columns.to_vec());
        Ok(Self { name, columns, key, only, rows: HashMap::new() })
    }
    /// Takes a row in; of several rows with one key the first counts.
    pub fn push(&mut self, row: Row) {
        let wanted =
            |(place, words): &(usize, Vec<String>)| words.contains(&text::folded(row.cell(*place)));
        let key = text::spaces(row.cell(self.key));
        if !key.is_empty() && self.only.iter().all(wanted) {
            self.rows.entry(key).or_insert(row);
        }
    }
}

/// What a row turned out to be.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The mapping does not want it (`[only]`).
    Skipped,
    /// A record.
    Taken(Record),
}

/// A mapping tied to the columns of one file.
#[derive(Debug)]
pub struct Bound {
    pub(super) kind: ImportKind,
    pub(super) source: String,
    pub(super) client_source: String,
    pub(super) loan_source: String,
    pub(super) currency: Currency,
    pub(super) as_of: Option<Date>,
    pub(super) today: Date,
    pub(super) key: Cells,
    pub(super) fields: Vec<BoundField>,
    pub(super) client: Option<(Cells, Vec<BoundField>)>,
    dates: Vec<DateFormat>,
    pub(super) first_year: i32,
    blanks: Vec<String>,
    only: Vec<(usize, Vec<String>)>,
    lookups: Vec<(Cells, LookupTable)>,
}

/// A field and the cells it comes from.
#[derive(Debug)]
pub(super) struct BoundField {
    pub spec: FieldSpec,
    sources: Vec<Cells>,
}

/// A template whose columns are known by index.
#[derive(Debug)]
pub(super) struct Cells(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Text(String),
    Cell(usize),
    Found { lookup: usize, cell: usize },
    Line,
}

fn missing_column(path: &str, column: &str, columns: &[String]) -> FieldFault {
    let known: Vec<&str> = columns.iter().map(String::as_str).filter(|c| !c.is_empty()).collect();
    let message = format!("the file has no column \"{column}\"; it has: {}", known.join(", "));
    let detail = FaultDetail {
        column: Some(column.to_owned()),
        known: known.into_iter().map(str::to_owned).collect(),
        line: None,
    };
    FieldFault::new(path, "missing_column", message).with_detail(detail)
}

/// Resolves names of columns; remembers every one that is missing.
struct Binder<'a> {
    columns: &'a [String],
    lookups: &'a [LookupTable],
    /// Lookups without a file: named once, and not again for each column of theirs.
    missing: Vec<&'a str>,
    faults: Vec<FieldFault>,
}

impl Binder<'_> {
    fn place(&mut self, path: &str, column: &str) -> Option<Piece> {
        if let Some((name, inner)) = column.split_once('.')
            && let Some(lookup) = self.lookups.iter().position(|table| table.name == name)
        {
            let table = &self.lookups[lookup];
            let cell = table.columns.iter().position(|known| known == inner);
            if cell.is_none() {
                self.faults.push(missing_column(path, inner, &table.columns));
            }
            return cell.map(|cell| Piece::Found { lookup, cell });
        }
        let of_missing =
            column.split_once('.').is_some_and(|(name, _)| self.missing.contains(&name));
        let cell = self.columns.iter().position(|known| known == column);
        if cell.is_none() && !of_missing {
            self.faults.push(missing_column(path, column, self.columns));
        }
        cell.map(Piece::Cell)
    }

    fn cells(&mut self, path: &str, template: &Template) -> Cells {
        let pieces = template.0.iter().filter_map(|part| match part {
            Part::Text(text) => Some(Piece::Text(text.clone())),
            Part::Line => Some(Piece::Line),
            Part::Column(column) => self.place(path, column),
        });
        Cells(pieces.collect())
    }

    fn fields(&mut self, path: &str, specs: &[FieldSpec], optional: &[String]) -> Vec<BoundField> {
        let mut fields = Vec::with_capacity(specs.len());
        for spec in specs {
            let before = self.faults.len();
            let field_path = format!("{path}.{}", spec.target.name);
            let sources = spec.sources.iter().map(|t| self.cells(&field_path, t)).collect();
            if optional.iter().any(|name| name == spec.target.name) && self.faults.len() > before {
                self.faults.truncate(before);
                continue;
            }
            fields.push(BoundField { spec: spec.clone(), sources });
        }
        fields
    }

    fn only(&mut self, only: &[Only]) -> Vec<(usize, Vec<String>)> {
        only.iter()
            .filter_map(|only| match self.place("only", &only.column)? {
                Piece::Cell(cell) => Some((cell, only.words.clone())),
                _ => None,
            })
            .collect()
    }
}

impl Mapping {
    /// Ties the mapping to the columns of a file. `lookups` holds one filled table for each of
    /// [`Mapping::lookups`]; `today` is the lender's.
    ///
    /// # Errors
    /// Names every missing column at once.
    pub fn bind(
        &self,
        columns: &[String],
        lookups: Vec<LookupTable>,
        today: Date,
    ) -> Result<Bound, Vec<FieldFault>> {
        let mut binder =
            Binder { columns, lookups: &lookups, missing: Vec::new(), faults: Vec::new() };
        for lookup in &self.lookups {
            if !lookups.iter().any(|table| table.name == lookup.name) {
                let message = format!("this mapping needs a second file, {}", lookup.file);
                let path = format!("lookup.{}", lookup.name);
                binder.faults.push(FieldFault::new(path, "missing_lookup", message));
                binder.missing.push(&lookup.name);
            }
        }
        let key = binder.cells("key", &self.key);
        let fields = binder.fields("columns", &self.fields, &self.optional);
        let client = self.client.as_ref().map(|ClientBlock { key, fields }| {
            (binder.cells("client.key", key), binder.fields("client.columns", fields, &[]))
        });
        let only = binder.only(&self.only);
        let on: Vec<Cells> =
            self.lookups.iter().map(|lookup| binder.cells("lookup.on", &lookup.on)).collect();
        if !binder.faults.is_empty() {
            return Err(binder.faults);
        }
        let mut tied = Vec::with_capacity(lookups.len());
        for (cells, lookup) in on.into_iter().zip(&self.lookups) {
            tied.extend(lookups.iter().find(|t| t.name == lookup.name).map(|t| (cells, t.clone())));
        }
        Ok(Bound {
            kind: self.kind,
            source: self.source.clone(),
            client_source: self.client_source.clone(),
            loan_source: self.loan_source.clone(),
            currency: self.currency,
            as_of: self.as_of,
            today,
            key,
            fields,
            client,
            dates: self.dates.clone(),
            first_year: self.first_year.unwrap_or_else(|| values::default_first_year(today)),
            blanks: self.blanks.clone(),
            only,
            lookups: tied,
        })
    }
}

impl Bound {
    /// What the file brings.
    #[must_use]
    pub const fn kind(&self) -> ImportKind {
        self.kind
    }

    /// Reads a row.
    ///
    /// # Errors
    /// Every fault of the row at once. A blank cell is no fault unless its field is needed.
    pub fn read(&self, row: &Row) -> Result<Outcome, Vec<FieldFault>> {
        let wanted =
            |(place, words): &(usize, Vec<String>)| words.contains(&text::folded(row.cell(*place)));
        if !self.only.iter().all(wanted) {
            return Ok(Outcome::Skipped);
        }
        let mut reading = self.reading(row, &self.fields);
        let record = records::record(self, &mut reading);
        match record {
            Some(record) if reading.faults.is_empty() => Ok(Outcome::Taken(record)),
            Some(Record::Client(client)) => Err(self.draft_faults(reading.faults, &client.draft)),
            _ => Err(reading.faults),
        }
    }

    /// The faults of the cells and, in the same go, those that the client's own check will find.
    fn draft_faults(&self, mut faults: Vec<FieldFault>, draft: &ClientDraft) -> Vec<FieldFault> {
        let nobody = ClientId::from_uuid(Uuid::nil());
        // Of a row that shows no sort of client only the card could tell it: nothing is asked of it.
        let kind = draft.apparent_kind().unwrap_or(ClientKind::Anonymous);
        let draft = draft.clone().for_kind(kind);
        if let Err(more) = draft.check(nobody, &ClientDetails::default(), self.today) {
            for fault in more {
                // Whether something is missing is known only beside the card that exists.
                let repeats = faults.iter().any(|known| known.field == fault.field);
                if fault.code != "required" && !repeats {
                    faults.push(fault);
                }
            }
        }
        faults
    }

    /// The faults that the rules of a client find in a well-read record, without looking at any card.
    #[must_use]
    pub fn rule_faults(&self, record: &Record) -> Vec<FieldFault> {
        let client = match record {
            Record::Client(client) => Some(&**client),
            Record::Loan(loan) => loan.new_client.as_ref(),
            Record::Schedule(_) | Record::Payment(_) => None,
        };
        client.map(|client| self.draft_faults(Vec::new(), &client.draft)).unwrap_or_default()
    }

    /// The text of each field of a row after cleansing, for the preview.
    #[must_use]
    pub fn targets(&self, row: &Row) -> Vec<(&'static str, String)> {
        let mut reading = self.reading(row, &self.fields);
        let names: Vec<&'static str> = self.fields.iter().map(|f| f.spec.target.name).collect();
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            let texts = reading.texts(name);
            if !texts.is_empty() {
                found.push((name, texts.join(", ")));
            }
        }
        found
    }

    pub(super) fn reading<'a>(&'a self, row: &'a Row, fields: &'a [BoundField]) -> Reading<'a> {
        let mut found: Vec<Option<&Row>> = Vec::with_capacity(self.lookups.len());
        for (on, table) in &self.lookups {
            // A lookup may use the cells of the lookups before it.
            let key = text::spaces(&on.text(row, &found));
            found.push(table.rows.get(&key));
        }
        Reading { bound: self, row, fields, found, faults: Vec::new() }
    }
}

impl Cells {
    fn text(&self, row: &Row, found: &[Option<&Row>]) -> String {
        if let [Piece::Cell(cell)] = self.0.as_slice() {
            return row.cell(*cell).to_owned();
        }
        let mut out = String::new();
        let (mut cells, mut blank) = (0, 0);
        for piece in &self.0 {
            let cell = match piece {
                Piece::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Piece::Line => {
                    out.push_str(&row.line().to_string());
                    continue;
                }
                Piece::Cell(cell) => row.cell(*cell),
                Piece::Found { lookup, cell } => {
                    found.get(*lookup).copied().flatten().map_or("", |row| row.cell(*cell))
                }
            };
            cells += 1;
            blank += usize::from(values::is_blank(cell));
            out.push_str(cell);
        }
        // Words around nothing but blank cells say nothing.
        if cells > 0 && cells == blank { String::new() } else { out }
    }
}

/// One row being read: cells by field, and the faults found so far.
#[derive(Debug)]
pub struct Reading<'a> {
    pub(super) bound: &'a Bound,
    pub(super) row: &'a Row,
    fields: &'a [BoundField],
    found: Vec<Option<&'a Row>>,
    pub(super) faults: Vec<FieldFault>,
}

impl<'a> Reading<'a> {
    /// A second record from the same row.
    pub(super) fn with_fields(&self, fields: &'a [BoundField]) -> Self {
        let (found, faults) = (self.found.clone(), Vec::new());
        Reading { bound: self.bound, row: self.row, fields, found, faults }
    }

    fn field(&self, name: &str) -> Option<&'a BoundField> {
        self.fields.iter().find(|field| field.spec.target.name == name)
    }

    /// The text of a template.
    pub(super) fn template(&self, cells: &Cells) -> String {
        text::spaces(&cells.text(self.row, &self.found))
    }

    /// All texts of a field, without the blank ones.
    pub(super) fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(field) = self.field(name) else {
            return Vec::new();
        };
        let mut texts = Vec::with_capacity(field.sources.len());
        for source in &field.sources {
            let raw = text::spaces(&source.text(self.row, &self.found));
            let folded =
                if self.bound.blanks.is_empty() { String::new() } else { text::folded(&raw) };
            let blank = values::is_blank(&raw) || self.bound.blanks.contains(&folded);
            if !blank {
                texts.extend(self.meaning(field, raw));
            }
        }
        if texts.is_empty() {
            texts.extend(field.spec.default.clone().filter(|default| !default.is_empty()));
        }
        texts
    }

    /// The text of a field, when it is not blank.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.texts(name).into_iter().next()
    }

    /// The text before `[values]` gave it a meaning.
    pub(super) fn raw(&self, name: &str) -> Option<String> {
        let field = self.field(name)?;
        let raw = text::spaces(&field.sources.first()?.text(self.row, &self.found));
        (!raw.is_empty()).then_some(raw)
    }

    fn meaning(&mut self, field: &BoundField, raw: String) -> Option<String> {
        let Some(values) = &field.spec.values else {
            return Some(raw);
        };
        let folded = text::folded(&raw);
        if let Some((_, meaning)) = values.iter().find(|(word, _)| *word == folded) {
            return (!meaning.is_empty()).then(|| meaning.clone());
        }
        if field.spec.default.is_none() {
            let known: Vec<&str> = values.iter().map(|(word, _)| word.as_str()).collect();
            let message = format!("the mapping knows only the words {}", known.join(", "));
            self.fault(field.spec.target.name, "unknown_word", &message);
        }
        None
    }

    /// Adds a fault of a field; names its column.
    pub(super) fn fault(&mut self, name: &str, code: &'static str, message: &str) {
        let column = self.field(name).and_then(|f| f.spec.sources.first()?.only_column());
        let message = match column {
            Some(column) => format!("column \"{column}\": {message}"),
            None => message.to_owned(),
        };
        self.faults.push(FieldFault::new(name, code, message));
    }

    /// A field that may not be blank.
    pub(super) fn required(&mut self, name: &str) -> Option<String> {
        let before = self.faults.len();
        let text = self.text(name);
        if text.is_none() && self.faults.len() == before {
            self.fault(name, "required", "this cell is blank and the record needs it");
        }
        text
    }

    /// A field read by `read`; its fault when it is neither blank nor readable.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        code: &'static str,
        message: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let value = read(&text);
        if value.is_none() {
            self.fault(name, code, message);
        }
        value
    }

    /// A date field.
    pub(super) fn date(&mut self, name: &str) -> Option<Date> {
        let spec = self.field(name)?;
        let formats = spec.spec.dates.as_ref().unwrap_or(&self.bound.dates);
        let words: Vec<&str> = formats.iter().map(|format| format.code()).collect();
        let message = format!("write a date as {}", words.join(" or "));
        let first_year = self.bound.first_year;
        self.parsed(name, "invalid_date", &message, |raw| values::date(raw, formats, first_year))
    }

    /// Whether a rate is a fraction of one.
    pub(super) fn is_fraction(&self, name: &str) -> bool {
        self.field(name).is_some_and(|field| field.spec.fraction)
    }
}
