//! The mapping: a TOML text that says where each field of the product comes from.
//!
//! Reading one is strict: an unknown key, an unknown field or a wrong word is refused, and every
//! fault is named at once, so that an administrator corrects the file in one go.

use super::ImportKind;
use super::fields::{self, Target};
use super::values::DateFormat;
use crate::base::money::Currency;
use crate::base::text;
use crate::base::time::Date;
use crate::domain::FieldFault;
use toml::{Table, Value};

/// A checked mapping.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Its short name, for instance `1c-clients`.
    pub name: String,
    /// What its files bring.
    pub kind: ImportKind,
    /// What it is for, in words.
    pub description: String,
    /// The system that the files come from; the first half of every source key.
    pub source: String,
    /// The source of the clients that rows of loans refer to, when it is another.
    pub client_source: String,
    /// The source of the loans that schedules and payments refer to, when it is another.
    pub loan_source: String,
    pub(super) key: Template,
    pub(super) dates: Vec<DateFormat>,
    pub(super) first_year: Option<i32>,
    pub(super) currency: Currency,
    pub(super) as_of: Option<Date>,
    pub(super) blanks: Vec<String>,
    pub(super) optional: Vec<String>,
    pub(super) fields: Vec<FieldSpec>,
    pub(super) only: Vec<Only>,
    /// Second files that rows are completed from.
    pub lookups: Vec<Lookup>,
    pub(super) client: Option<ClientBlock>,
}

/// A second file that rows are completed from.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// How columns of it are named: `name.column`.
    pub name: String,
    /// The usual name of the file, looked for beside the imported one.
    pub file: String,
    /// The column of it that is searched.
    pub key: String,
    pub(super) on: Template,
    pub(super) only: Vec<Only>,
}

/// The client whom a row of loans describes.
#[derive(Debug, Clone)]
pub(super) struct ClientBlock {
    pub key: Template,
    pub fields: Vec<FieldSpec>,
}

/// Rows are taken only when the column holds one of the words (compared without case).
#[derive(Debug, Clone)]
pub(super) struct Only {
    pub column: String,
    pub words: Vec<String>,
}

/// Where one field comes from.
#[derive(Debug, Clone)]
pub(super) struct FieldSpec {
    pub target: &'static Target,
    pub sources: Vec<Template>,
    pub values: Option<Vec<(String, String)>>,
    pub default: Option<String>,
    pub dates: Option<Vec<DateFormat>>,
    pub fraction: bool,
}

/// Text with cells in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(pub Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    /// A column of the file, or `lookup.column`.
    Column(String),
    /// The line of the row.
    Line,
}

impl Template {
    fn column(name: &str) -> Self {
        Self(vec![Part::Column(name.to_owned())])
    }
    /// Reads `Client {client_id}`; `{{` and `}}` are braces, `{line}` is the row's line.
    fn parse(raw: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut chars = raw.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '{' | '}' if chars.peek() == Some(&c) => {
                    chars.next();
                    literal.push(c);
                }
                '{' => {
                    let name: String = chars.by_ref().take_while(|c| *c != '}').collect();
                    if name.trim().is_empty() {
                        return None;
                    }
                    if !literal.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut literal)));
                    }
                    let line = name == "line";
                    parts.push(if line { Part::Line } else { Part::Column(name) });
                }
                '}' => return None,
                other => literal.push(other),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Some(Self(parts))
    }
    /// The name of the column when the template is nothing but one.
    pub(super) fn only_column(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Column(name)] => Some(name),
            _ => None,
        }
    }
}

pub(super) const KEYS: [&str; 17] = [
    "name",
    "kind",
    "description",
    "source",
    "client_source",
    "loan_source",
    "key",
    "dates",
    "two_digit_years_from",
    "currency",
    "as_of",
    "blanks",
    "optional",
    "columns",
    "constants",
    "only",
    "lookup",
];

impl Mapping {
    /// Reads and checks a mapping.
    ///
    /// # Errors
    /// Every fault of the text at once; `field` is the path inside the TOML.
    pub fn parse(source_text: &str) -> Result<Self, Vec<FieldFault>> {
        let table: Table = source_text.parse().map_err(|error: toml::de::Error| {
            let message = format!("this is not valid TOML: {}", error.message());
            vec![FieldFault::new(position(source_text, &error), "invalid_toml", message)]
        })?;
        let mut reader = Reader { faults: Vec::new() };
        let mapping = reader.mapping(&table);
        match mapping {
            Some(mapping) if reader.faults.is_empty() => Ok(mapping),
            _ => Err(reader.faults),
        }
    }
}

fn position(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    format!("line {}", text.as_bytes()[..start].iter().filter(|b| **b == b'\n').count() + 1)
}

struct Reader {
    faults: Vec<FieldFault>,
}

impl Reader {
    fn fault(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.faults.push(FieldFault::new(field, code, message));
    }

    fn unknown_keys(&mut self, path: &str, table: &Table, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
            let message = format!("there is no such key; known keys are {}", known.join(", "));
            self.fault(joined(path, key), "unknown_key", message);
        }
    }

    fn text(&mut self, table: &Table, path: &str, key: &str) -> Option<String> {
        match table.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Datetime(at) => Some(at.to_string()),
            _ => {
                self.fault(joined(path, key), "wrong_type", "write a text in quotes here");
                None
            }
        }
    }

    fn required(&mut self, table: &Table, path: &str, key: &str) -> Option<String> {
        if !table.contains_key(key) {
            self.fault(joined(path, key), "required", "this key is needed");
            return None;
        }
        let text = self.text(table, path, key)?;
        if text.trim().is_empty() {
            self.fault(joined(path, key), "required", "write something here");
            return None;
        }
        Some(text)
    }

    fn texts(&mut self, value: &Value, path: &str) -> Vec<String> {
        let items: &[Value] = match value {
            Value::Array(items) => items,
            single => std::slice::from_ref(single),
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::String(text) => texts.push(text.clone()),
                Value::Integer(number) => texts.push(number.to_string()),
                _ => self.fault(path, "wrong_type", "write a text or a list of texts here"),
            }
        }
        texts
    }

    fn list(&mut self, table: &Table, key: &str) -> Vec<String> {
        table.get(key).map(|value| self.texts(value, key)).unwrap_or_default()
    }

    fn template(&mut self, path: &str, raw: &str) -> Option<Template> {
        let template = Template::parse(raw);
        if template.is_none() {
            self.fault(path, "invalid_template", "write cells as {column} and braces as {{ and }}");
        }
        template
    }

    fn date_formats(&mut self, path: &str, words: &[String]) -> Vec<DateFormat> {
        let mut formats = Vec::new();
        for word in words {
            match DateFormat::parse(word) {
                Some(format) => formats.push(format),
                None => {
                    let known: Vec<&str> = DateFormat::ALL.map(DateFormat::code).to_vec();
                    let message = format!("known formats are {}", known.join(", "));
                    self.fault(path, "unknown_date_format", message);
                }
            }
        }
        formats
    }

    fn mapping(&mut self, table: &Table) -> Option<Mapping> {
        let kind = self.kind(table);
        let mut known = KEYS.to_vec();
        if kind == Some(ImportKind::Loans) {
            known.push("client");
        }
        self.unknown_keys("", table, &known);
        let source = self.required(table, "", "source").unwrap_or_default();
        if source.contains(':') {
            self.fault("source", "invalid_source", "a source has no colon");
        }
        let currency = self.currency(table);
        let as_of = self.as_of(table);
        let words = self.list(table, "dates");
        let mut dates = self.date_formats("dates", &words);
        if dates.is_empty() {
            dates = vec![DateFormat::YearMonthDay, DateFormat::DayMonthYear];
        }
        let first_year = self.first_year(table);
        let lookups = self.lookups(table);
        let only = self.only(table.get("only"), "only");
        let blanks = self.list(table, "blanks").iter().map(|word| text::folded(word)).collect();
        // What follows depends on the kind: without one, its faults would mislead.
        let kind = kind?;
        let fields = self.fields(table, "", fields::targets(kind));
        let optional = self.optional(table, &fields);
        let client = self.client(table);
        let key = self.key(table, "", kind != ImportKind::Schedules);
        self.complete(kind, &fields, client.is_some());
        let mut of_source = |key| self.text(table, "", key).unwrap_or_else(|| source.clone());
        Some(Mapping {
            client_source: of_source("client_source"),
            loan_source: of_source("loan_source"),
            name: self.text(table, "", "name").unwrap_or_default(),
            description: self.text(table, "", "description").unwrap_or_default(),
            kind,
            source,
            key,
            dates,
            first_year,
            currency,
            as_of,
            blanks,
            optional,
            fields,
            only,
            lookups,
            client,
        })
    }

    fn kind(&mut self, table: &Table) -> Option<ImportKind> {
        let kind = ImportKind::parse(&self.required(table, "", "kind")?);
        if kind.is_none() {
            self.fault("kind", "unknown_word", "write clients, loans, schedules or payments");
        }
        kind
    }

    fn currency(&mut self, table: &Table) -> Currency {
        let Some(word) = self.text(table, "", "currency") else {
            return Currency::Rub;
        };
        Currency::parse(&word).unwrap_or_else(|| {
            self.fault("currency", "unknown_currency", "write RUB, CZK, USD, EUR or KZT");
            Currency::Rub
        })
    }

    fn first_year(&mut self, table: &Table) -> Option<i32> {
        let value = table.get("two_digit_years_from")?;
        let year = value.as_integer().and_then(|year| i32::try_from(year).ok());
        let year = year.filter(|year| (1800..=2100).contains(year));
        if year.is_none() {
            let message = "write the first of the hundred years that two digits mean, such as 1900";
            self.fault("two_digit_years_from", "out_of_range", message);
        }
        year
    }

    fn as_of(&mut self, table: &Table) -> Option<Date> {
        let date = self.text(table, "", "as_of")?.parse().ok();
        if date.is_none() {
            self.fault("as_of", "invalid_date", "write a date as YYYY-MM-DD");
        }
        date
    }

    fn optional(&mut self, table: &Table, fields: &[FieldSpec]) -> Vec<String> {
        let optional = self.list(table, "optional");
        for name in &optional {
            if !fields.iter().any(|field| field.target.name == name.as_str()) {
                self.fault("optional", "unknown_field", format!("columns has no field {name}"));
            }
        }
        optional
    }

    fn client(&mut self, table: &Table) -> Option<ClientBlock> {
        let Value::Table(block) = table.get("client")? else {
            self.fault("client", "wrong_type", "write a table here: [client]");
            return None;
        };
        self.unknown_keys("client", block, &["key", "columns", "constants"]);
        let key = self.key(block, "client", true);
        let fields = self.fields(block, "client", fields::client_targets());
        Some(ClientBlock { key, fields })
    }

    fn key(&mut self, table: &Table, path: &str, needed: bool) -> Template {
        let raw = if needed { self.required(table, path, "key") } else { None };
        let template = raw.and_then(|raw| self.template(&joined(path, "key"), &raw));
        template.unwrap_or(Template(Vec::new()))
    }

    /// Without these fields no row can be taken.
    fn complete(&mut self, kind: ImportKind, fields: &[FieldSpec], has_client: bool) {
        let has = |name: &str| fields.iter().any(|field| field.target.name == name);
        let mut missing: Vec<&str> = Vec::new();
        let mut one_of = |names: &'static [&'static str], text: &'static str| {
            if !names.iter().any(|name| has(name)) {
                missing.push(text);
            }
        };
        match kind {
            ImportKind::Clients => one_of(
                &["last_name", "full_name", "organisation_full_name", "organisation_short_name"],
                "last_name, full_name or organisation_full_name",
            ),
            ImportKind::Loans => {
                one_of(&["number"], "number");
                one_of(&["principal"], "principal");
                one_of(&["issued_on"], "issued_on");
                if !has_client {
                    one_of(&["client_key", "client_inn"], "client_key or client_inn");
                }
            }
            ImportKind::Schedules => {
                one_of(&["loan_key", "loan_number"], "loan_key or loan_number");
                one_of(&["due_on", "regular_months"], "due_on or regular_months");
            }
            ImportKind::Payments => {
                one_of(&["loan_key", "loan_number"], "loan_key or loan_number");
                one_of(&["on"], "on");
                one_of(&["amount"], "amount");
            }
        }
        for field in missing {
            self.fault("columns", "required", format!("this field is needed: {field}"));
        }
    }

    fn fields(&mut self, table: &Table, path: &str, targets: &'static [Target]) -> Vec<FieldSpec> {
        let mut specs: Vec<FieldSpec> = Vec::new();
        for section in ["columns", "constants"] {
            let section_path = joined(path, section);
            let entries = match table.get(section) {
                Some(Value::Table(entries)) => entries,
                Some(_) => {
                    self.fault(section_path, "wrong_type", "write a table here");
                    continue;
                }
                None => continue,
            };
            for (name, value) in entries {
                let field_path = joined(&section_path, name);
                let Some(target) = fields::find(targets, name) else {
                    let known: Vec<&str> = targets.iter().map(|target| target.name).collect();
                    let message = format!("there is no such field; known are {}", known.join(", "));
                    self.fault(field_path, "unknown_field", message);
                    continue;
                };
                if specs.iter().any(|spec| spec.target.name == target.name) {
                    self.fault(field_path, "repeated", "this field stands in columns already");
                    continue;
                }
                let spec = match section {
                    "columns" => self.field(target, value, &field_path),
                    _ => self.constant(target, value, &field_path),
                };
                specs.extend(spec);
            }
        }
        specs
    }

    fn constant(
        &mut self,
        target: &'static Target,
        value: &Value,
        path: &str,
    ) -> Option<FieldSpec> {
        let texts = self.texts(value, path);
        let text = texts.into_iter().next()?;
        self.word(target, &text, path);
        Some(FieldSpec::of(target, vec![Template(vec![Part::Text(text)])]))
    }

    fn field(&mut self, target: &'static Target, value: &Value, path: &str) -> Option<FieldSpec> {
        match value {
            Value::Table(table) => self.detailed(target, table, path),
            Value::Array(_) if !target.many => {
                self.fault(path, "single_column", "this field takes one column; use a template");
                None
            }
            _ => {
                let columns = self.texts(value, path);
                let sources = columns.iter().map(|name| Template::column(name)).collect();
                Some(FieldSpec::of(target, sources))
            }
        }
    }

    fn detailed(
        &mut self,
        target: &'static Target,
        table: &Table,
        path: &str,
    ) -> Option<FieldSpec> {
        self.unknown_keys(
            path,
            table,
            &["column", "template", "values", "default", "format", "fraction"],
        );
        let source = match (table.get("column"), table.get("template")) {
            (Some(column), None) => {
                let names = self.texts(column, path);
                if names.len() > 1 && !target.many {
                    self.fault(path, "single_column", "this field takes one column");
                }
                names.iter().map(|name| Template::column(name)).collect()
            }
            (None, Some(_)) => {
                let raw = self.text(table, path, "template")?;
                vec![self.template(&joined(path, "template"), &raw)?]
            }
            _ => {
                self.fault(path, "required", "write either column or template");
                return None;
            }
        };
        let mut spec = FieldSpec::of(target, source);
        spec.default = self.text(table, path, "default");
        if let Some(default) = spec.default.clone() {
            self.word(target, &default, &joined(path, "default"));
        }
        if let Some(value) = table.get("format") {
            let words = self.texts(value, path);
            spec.dates = Some(self.date_formats(&joined(path, "format"), &words));
        }
        match table.get("fraction") {
            None => {}
            Some(Value::Boolean(fraction)) => spec.fraction = *fraction,
            Some(_) => self.fault(joined(path, "fraction"), "wrong_type", "write true or false"),
        }
        match table.get("values") {
            None => {}
            Some(Value::Table(values)) => spec.values = Some(self.values(target, values, path)),
            Some(_) => self.fault(joined(path, "values"), "wrong_type", "write a table here"),
        }
        Some(spec)
    }

    fn values(&mut self, target: &Target, values: &Table, path: &str) -> Vec<(String, String)> {
        let path = joined(path, "values");
        let mut pairs = Vec::with_capacity(values.len());
        for word in values.keys() {
            if let Some(meaning) = self.text(values, &path, word) {
                self.word(target, &meaning, &joined(&path, word));
                pairs.push((text::folded(word), meaning));
            }
        }
        pairs
    }

    /// A word that the field does not take is a fault of the mapping, not of every row.
    fn word(&mut self, target: &Target, word: &str, path: &str) {
        if !target.words.is_empty() && !word.is_empty() && !target.words.contains(&word) {
            let message = format!("this field takes {}", target.words.join(", "));
            self.fault(path, "unknown_word", message);
        }
    }

    fn only(&mut self, value: Option<&Value>, path: &str) -> Vec<Only> {
        match value {
            None => Vec::new(),
            Some(Value::Table(columns)) => columns
                .iter()
                .map(|(column, words)| {
                    let words = self.texts(words, &joined(path, column));
                    let words = words.iter().map(|word| text::folded(word)).collect();
                    Only { column: column.clone(), words }
                })
                .collect(),
            Some(_) => {
                self.fault(path, "wrong_type", "write a table here: column = [words]");
                Vec::new()
            }
        }
    }

    fn lookups(&mut self, table: &Table) -> Vec<Lookup> {
        let tables: &[Value] = match table.get("lookup") {
            None => return Vec::new(),
            Some(Value::Array(tables)) => tables,
            Some(single) => std::slice::from_ref(single),
        };
        let mut lookups: Vec<Lookup> = Vec::new();
        for (index, value) in tables.iter().enumerate() {
            let path = format!("lookup[{index}]");
            let Value::Table(table) = value else {
                self.fault(path, "wrong_type", "write [[lookup]] and its keys below");
                continue;
            };
            self.unknown_keys(&path, table, &["name", "file", "key", "on", "only"]);
            let name = self.required(table, &path, "name");
            let file = self.required(table, &path, "file");
            let key = self.required(table, &path, "key");
            let on = self.required(table, &path, "on");
            let on = on.and_then(|raw| self.template(&joined(&path, "on"), &raw));
            let only = self.only(table.get("only"), &joined(&path, "only"));
            let (Some(name), Some(file), Some(key), Some(on)) = (name, file, key, on) else {
                continue;
            };
            if lookups.iter().any(|lookup| lookup.name == name) {
                self.fault(joined(&path, "name"), "repeated", "another lookup has this name");
            }
            lookups.push(Lookup { name, file, key, on, only });
        }
        lookups
    }
}

impl FieldSpec {
    const fn of(target: &'static Target, sources: Vec<Template>) -> Self {
        Self { target, sources, values: None, default: None, dates: None, fraction: false }
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
