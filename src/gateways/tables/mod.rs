//! Reading tables: CSV of any size (plain or gzipped) and XLSX, row by row, in bounded memory.
//!
//! Delimiter and encoding are found by themselves. Rows arrive with the line they begin on; a row
//! with too few or too many cells, or with bytes of another encoding, is a fault of that line and
//! reading goes on. Must never give meaning to a cell.

mod delimited;
mod dialect;
mod workbook;

pub use dialect::Encoding;

use crate::base::row::Row;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of one row; a longer one means that a quote was never closed.
pub const ROW_BYTES_MAX: usize = 1024 * 1024;
/// Columns of a table.
pub const COLUMNS_MAX: usize = 1_000;

/// Why a table, or one of its rows, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The workbook is damaged or locked.
    #[error("cannot read the workbook {path}: {reason}; open it and save it again as .xlsx")]
    Workbook {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// An old or foreign format.
    #[error("{path} is {found}; save it as .xlsx or as CSV in UTF-8")]
    Format {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        found: &'static str,
    },
    /// There is no first line with names of columns.
    #[error("{path} is empty: the first line must hold the names of the columns")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Two columns have one name.
    #[error("the name of column {second} repeats that of column {first}; rename one of them")]
    RepeatedColumn {
        /// The first of them, from 1.
        first: usize,
        /// The second of them, from 1.
        second: usize,
    },
    /// More columns than [`COLUMNS_MAX`].
    #[error("the table has more than {COLUMNS_MAX} columns")]
    TooWide,
    /// A row that never ends.
    #[error("the row on line {line} is longer than 1 MiB: a quote there was probably not closed")]
    RowTooLong {
        /// Where it begins.
        line: u64,
    },
    /// A row with another number of cells than the first line.
    #[error("line {line} has {found} cells and the first line has {expected}")]
    Ragged {
        /// Where it begins.
        line: u64,
        /// Cells of the first line.
        expected: usize,
        /// Cells of this row.
        found: usize,
    },
    /// A cell whose formula has failed.
    #[error("line {line}: the formula in column {column} has failed; correct it in the workbook")]
    ErrorCell {
        /// Where.
        line: u64,
        /// Which, from 1.
        column: u32,
    },
    /// A long number kept as a number: a spreadsheet keeps 15 digits of it and makes up the rest.
    #[error(
        "line {line}: the number in column {column} is longer than a spreadsheet can keep; format \
         the column as text and type it again"
    )]
    LostDigits {
        /// Where.
        line: u64,
        /// Which, from 1.
        column: u32,
    },
    /// Bytes that are not text in the file's encoding.
    #[error("line {line} has bytes that are not {encoding}; save the file in one encoding")]
    Encoding {
        /// Where it begins.
        line: u64,
        /// What the rest of the file is in.
        encoding: &'static str,
    },
}

impl TableError {
    /// The line of a fault that concerns one row only; reading goes on after it.
    #[must_use]
    pub const fn row_line(&self) -> Option<u64> {
        match self {
            Self::Ragged { line, .. }
            | Self::Encoding { line, .. }
            | Self::ErrorCell { line, .. }
            | Self::LostDigits { line, .. } => Some(*line),
            _ => None,
        }
    }
    /// The closed code of the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "unreadable_file",
            Self::Workbook { .. } | Self::Format { .. } => "unsupported_file",
            Self::Empty { .. } => "empty_file",
            Self::RepeatedColumn { .. } => "repeated_column",
            Self::TooWide => "too_many_columns",
            Self::RowTooLong { .. } => "row_too_long",
            Self::Ragged { .. } => "ragged_row",
            Self::Encoding { .. } => "wrong_encoding",
            Self::ErrorCell { .. } => "error_cell",
            Self::LostDigits { .. } => "lost_digits",
        }
    }
}

/// What the file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Delimited text.
    Csv {
        /// Between cells.
        delimiter: char,
        /// Of the bytes.
        encoding: Encoding,
        /// Whether it came gzipped.
        gzipped: bool,
    },
    /// The first sheet of a workbook.
    Xlsx,
}

impl Format {
    /// Between cells; empty for workbooks.
    #[must_use]
    pub fn delimiter(&self) -> String {
        match self {
            Self::Csv { delimiter, .. } => delimiter.to_string(),
            Self::Xlsx => String::new(),
        }
    }
    /// Name of the encoding.
    #[must_use]
    pub const fn encoding(&self) -> &'static str {
        match self {
            Self::Csv { encoding, .. } => encoding.name(),
            Self::Xlsx => "xlsx",
        }
    }
}

/// How far reading has come; shared with whoever shows progress.
#[derive(Debug, Default)]
pub struct Meter {
    read: AtomicU64,
    total: AtomicU64,
}

impl Meter {
    /// Bytes (of a workbook: rows) read so far.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
    /// Bytes (of a workbook: rows) there are; 0 when unknown.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

/// An open table: names of its columns and, as an iterator, its rows.
pub struct Table {
    columns: Vec<String>,
    format: Format,
    meter: Arc<Meter>,
    rows: Box<dyn Iterator<Item = Result<Row, TableError>> + Send>,
    failed: bool,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Table({:?}, {} columns)", self.format, self.columns.len())
    }
}

impl Table {
    /// Opens a file: finds format, encoding and delimiter, and reads the names of the columns.
    ///
    /// # Errors
    /// See [`TableError`]; never one of a single row.
    pub fn open(path: &Path) -> Result<Self, TableError> {
        let io = |source| TableError::Io { path: path.to_owned(), source };
        let mut magic = [0_u8; 4];
        let mut file = File::open(path).map_err(io)?;
        let length = read_up_to(&mut file, &mut magic).map_err(io)?;
        match &magic[..length] {
            b"PK\x03\x04" => workbook::open(path),
            b"\xd0\xcf\x11\xe0" => {
                Err(TableError::Format { path: path.to_owned(), found: "an old Excel workbook" })
            }
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                Err(TableError::Format { path: path.to_owned(), found: "text in UTF-16" })
            }
            magic => delimited::open(path, magic.starts_with(&[0x1f, 0x8b])),
        }
    }
    /// Names of the columns, cleansed of spaces and quotes; empty where the file has none.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
    /// What the file turned out to be.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }
    /// The table with a reader that panics after `count` rows.
    #[cfg(test)]
    pub(crate) fn breaking_after(mut self, count: usize) -> Self {
        let broken = std::iter::once_with(|| panic!("the reader breaks on purpose"));
        self.rows = Box::new(self.rows.take(count).chain(broken));
        self
    }
    /// How far reading has come.
    #[must_use]
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }
}

impl Iterator for Table {
    type Item = Result<Row, TableError>;

    /// The next row that is not blank, or its fault; nothing after a fault of the whole file.
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        loop {
            match self.rows.next()? {
                Ok(row) if row.is_blank() => {}
                Ok(mut row) => {
                    let expected = self.columns.len();
                    row.trim_to(expected);
                    let (line, found) = (row.line(), row.len());
                    return Some(if found == expected {
                        Ok(row)
                    } else {
                        Err(TableError::Ragged { line, expected, found })
                    });
                }
                Err(error) => {
                    self.failed = error.row_line().is_none();
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Names of columns from the first row: cleansed, and none twice.
fn column_names(first: &Row) -> Result<Vec<String>, TableError> {
    let mut names: Vec<String> = Vec::with_capacity(first.len());
    for cell in first.cells() {
        let name = crate::base::text::spaces(cell);
        let repeats = |earlier: &String| !name.is_empty() && *earlier == name;
        if let Some(at) = names.iter().position(repeats) {
            return Err(TableError::RepeatedColumn { first: at + 1, second: names.len() + 1 });
        }
        names.push(name);
    }
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    if names.len() > COLUMNS_MAX { Err(TableError::TooWide) } else { Ok(names) }
}

/// Fills as much of `buffer` as the source has.
fn read_up_to(source: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// Counts the bytes that pass.
struct Metered {
    source: BufReader<File>,
    meter: Arc<Meter>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.meter.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
