//! Before a run: the mapping is read, the files are opened, the mapping is tied to their columns.
//! Everything that can be refused is refused here, and nothing is written yet.

use super::ImportError;
use super::chunk::{Chunk, RowError};
use super::runner::read_row;
use super::seen::Seen;
use crate::base::ids::IdSource;
use crate::base::row::Row;
use crate::base::time::Date;
use crate::committer::Refusal;
use crate::domain::import::{Bound, ImportKind, LookupTable, Mapping};
use crate::domain::{Context, FieldFault};
use crate::gateways::tables::{Meter, Table};
use crate::store::Store;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is to be read and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// What the caller expects the file to bring; refused when the mapping brings something else.
    pub kind: ImportKind,
    /// The file.
    pub path: PathBuf,
    /// The mapping's text.
    pub mapping_text: String,
    /// Files of lookups by name; others are looked for beside the file.
    pub lookups: BTreeMap<String, PathBuf>,
    /// Whether files of lookups may be looked for beside the file.
    pub beside: bool,
}

/// A file ready to be read.
#[derive(Debug)]
pub(super) struct Prepared {
    pub table: Table,
    pub bound: Bound,
    pub meter: Arc<Meter>,
}

/// One row of a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewRow {
    /// Its line.
    pub line: u64,
    /// Its cells as written; empty for a row that could not be split.
    pub cells: Vec<String>,
    /// Fields and the texts they would get; empty when the mapping does not want the row.
    pub target: Vec<(&'static str, String)>,
    /// All its faults.
    pub faults: Vec<FieldFault>,
}

/// The first rows of a file as a mapping understands them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Between cells; empty for a workbook.
    pub delimiter: String,
    /// Of the text, or `xlsx`.
    pub encoding: &'static str,
    /// The first rows.
    pub rows: Vec<PreviewRow>,
}

/// Reads the mapping, opens the files and ties them together.
pub(super) fn prepare(request: &Request, today: Date) -> Result<Prepared, ImportError> {
    let mapping = Mapping::parse(&request.mapping_text).map_err(ImportError::Mapping)?;
    if mapping.kind != request.kind {
        let message = format!("this mapping brings {}", mapping.kind.code());
        let fault = FieldFault::new("kind", "unknown_word", message);
        return Err(ImportError::Mapping(vec![fault]));
    }
    let unknown =
        request.lookups.keys().find(|name| mapping.lookups.iter().all(|l| l.name != **name));
    if let Some(name) = unknown {
        let message = "the mapping has no such lookup";
        let fault = FieldFault::new(format!("lookup.{name}"), "unknown_key", message);
        return Err(ImportError::Mapping(vec![fault]));
    }
    let table = Table::open(&request.path)?;
    let mut lookups = Vec::with_capacity(mapping.lookups.len());
    for lookup in &mapping.lookups {
        if let Some(path) = lookup_path(request, &lookup.name, &lookup.file) {
            lookups.push(lookup_table(&mapping, &lookup.name, &path)?);
        }
    }
    let bound = mapping.bind(table.columns(), lookups, today).map_err(ImportError::Mapping)?;
    let meter = table.meter();
    Ok(Prepared { table, bound, meter })
}

/// The files of a request's lookups as far as they are named or found; none when the mapping does
/// not read.
#[must_use]
pub fn found_lookups(request: &Request) -> BTreeMap<String, PathBuf> {
    let mut found = request.lookups.clone();
    for lookup in Mapping::parse(&request.mapping_text).map(|m| m.lookups).unwrap_or_default() {
        if let Some(path) = lookup_path(request, &lookup.name, &lookup.file) {
            found.insert(lookup.name, path);
        }
    }
    found
}

fn lookup_path(request: &Request, name: &str, file: &str) -> Option<PathBuf> {
    if let Some(path) = request.lookups.get(name) {
        return Some(path.clone());
    }
    // Only a plain name: a mapping must not reach into other folders.
    let plain = Path::new(file).file_name().is_some_and(|plain| plain == file);
    if !request.beside || !plain {
        return None;
    }
    let folder = request.path.parent()?;
    [file.to_owned(), format!("{file}.gz")]
        .into_iter()
        .map(|file| folder.join(file))
        .find(|path| path.is_file())
}

fn lookup_table(mapping: &Mapping, name: &str, path: &Path) -> Result<LookupTable, ImportError> {
    let unreadable = |source| ImportError::Lookup { name: name.to_owned(), source };
    let table = Table::open(path).map_err(unreadable)?;
    let mut lookup =
        LookupTable::new(mapping, name, table.columns()).map_err(ImportError::Mapping)?;
    for row in table {
        lookup.push(row.map_err(unreadable)?);
    }
    Ok(lookup)
}

/// What the rows of a preview are decided against, as the run would.
pub struct Against<'a> {
    /// The cards that exist.
    pub store: &'a Store,
    /// Where identifiers come from.
    pub ids: &'a dyn IdSource,
    /// Who asks, and when.
    pub context: &'a Context,
}

/// Shows how the first `count` rows would be understood, or with `None` the columns alone; nothing
/// is written. With `against` each row is decided by the rules of the run, beside the cards that
/// exist; without it only by the rules that need no card.
///
/// # Errors
/// See [`ImportError`].
pub fn preview(
    request: &Request,
    today: Date,
    count: Option<usize>,
    against: Option<&Against<'_>>,
) -> Result<Preview, ImportError> {
    let Some(count) = count else {
        let table = Table::open(&request.path)?;
        let (columns, format) = (table.columns().to_vec(), table.format());
        let (delimiter, encoding) = (format.delimiter(), format.encoding());
        return Ok(Preview { columns, delimiter, encoding, rows: Vec::new() });
    };
    let Prepared { table, bound, .. } = prepare(request, today)?;
    let columns = table.columns().to_vec();
    let format = table.format();
    let mut chunk = against.map(|of| Chunk::new(of.store, of.ids, of.context, None, None));
    let mut seen = Seen::default();
    let mut rows = Vec::with_capacity(count);
    for read in table.take(count) {
        rows.push(match read {
            Ok(row) => PreviewRow {
                line: row.line(),
                cells: row.cells().map(str::to_owned).collect(),
                target: bound.targets(&row),
                faults: faults(&bound, &row, &mut seen, chunk.as_mut())?,
            },
            Err(error) => match error.row_line() {
                Some(line) => {
                    let fault = FieldFault::new("row", error.code(), error.to_string());
                    let (cells, target) = (Vec::new(), Vec::new());
                    PreviewRow { line, cells, target, faults: vec![fault] }
                }
                None => return Err(error.into()),
            },
        });
    }
    let (delimiter, encoding) = (format.delimiter(), format.encoding());
    Ok(Preview { columns, delimiter, encoding, rows })
}

/// The faults for which the run would reject a row.
fn faults(
    bound: &Bound,
    row: &Row,
    seen: &mut Seen,
    chunk: Option<&mut Chunk<'_>>,
) -> Result<Vec<FieldFault>, ImportError> {
    let (key, record) = match read_row(bound, row) {
        Ok(Some(read)) => read,
        Ok(None) => return Ok(Vec::new()),
        Err(faults) => return Ok(faults),
    };
    let Some(chunk) = chunk else { return Ok(bound.rule_faults(&record)) };
    match seen.take(chunk, row.line(), key, &record) {
        Err(RowError::Faults(faults)) => Ok(faults),
        Err(RowError::Store(_)) => Err(Refusal::Unavailable.into()),
        // Nothing is ahead of the one chunk of a preview.
        Ok(_) | Err(RowError::Ahead) => Ok(Vec::new()),
    }
}
