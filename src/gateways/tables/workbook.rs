//! The first sheet of a workbook, streamed by a thread of its own: the reader borrows the workbook,
//! so the two cannot live in one value.

use super::{Format, Meter, Table, TableError, column_names};
use crate::base::row::Row;
use calamine::{DataRef, Reader, Xlsx, open_workbook};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// From here on a spreadsheet keeps no longer every digit of a number: 15 of them are exact.
const NUMBER_MAX: f64 = 1e15;
/// Rows read ahead.
const ROWS_AHEAD: usize = 256;

type RowResult = Result<Row, TableError>;

/// What the thread sends: a row, a fault of the file, or (`None`) that the sheet is at its end.
type Sent = Result<Option<Row>, TableError>;

/// Opens the first sheet of a workbook.
pub(super) fn open(path: &Path) -> Result<Table, TableError> {
    let meter = Arc::new(Meter::default());
    let (sender, receiver) = bounded(ROWS_AHEAD);
    let job = Job { path: path.to_owned(), meter: Arc::clone(&meter), sender };
    std::thread::Builder::new()
        .name("workbook".into())
        .spawn(move || job.run())
        .map_err(|source| TableError::Io { path: path.to_owned(), source })?;
    let mut rows = Rows { path: path.to_owned(), receiver, ended: false };
    let first = rows.next().ok_or_else(|| TableError::Empty { path: path.to_owned() })??;
    let columns = column_names(&first)?;
    let width = columns.len();
    // Sheets do not store empty cells at the end of a row.
    let padded = rows.map(move |row| {
        row.map(|mut row| {
            while row.len() < width {
                row.push("");
            }
            row
        })
    });
    Ok(Table { columns, format: Format::Xlsx, meter, rows: Box::new(padded), failed: false })
}

struct Rows {
    path: PathBuf,
    receiver: Receiver<Sent>,
    ended: bool,
}

impl Iterator for Rows {
    type Item = RowResult;

    fn next(&mut self) -> Option<RowResult> {
        if self.ended {
            return None;
        }
        // A thread that is gone without a word has panicked: rows would be missing silently.
        let sent = self.receiver.recv().unwrap_or_else(|_| {
            let reason = "reading broke off before the end of the sheet".to_owned();
            Err(TableError::Workbook { path: self.path.clone(), reason })
        });
        self.ended = match &sent {
            Ok(row) => row.is_none(),
            Err(error) => error.row_line().is_none(),
        };
        sent.transpose()
    }
}

struct Job {
    path: PathBuf,
    meter: Arc<Meter>,
    sender: Sender<Sent>,
}

impl Job {
    /// Sends every row and then the end; ends early when nobody listens any more.
    fn run(self) {
        let last = match self.send_rows() {
            Ok(()) => Ok(None),
            Err(reason) => Err(TableError::Workbook { path: self.path.clone(), reason }),
        };
        // Nobody listening any more is no fault.
        drop(self.sender.send(last));
    }

    fn send_rows(&self) -> Result<(), String> {
        let mut book: Xlsx<BufReader<File>> =
            open_workbook(&self.path).map_err(|error: calamine::XlsxError| error.to_string())?;
        let name = book.sheet_names().first().cloned().ok_or("it has no sheets")?;
        let mut cells = book.worksheet_cells_reader(&name).map_err(|error| error.to_string())?;
        let rows = u64::from(cells.dimensions().end.0) + 1;
        self.meter.total.store(rows, Ordering::Relaxed);
        let mut row: Option<Row> = None;
        let mut fault: Option<TableError> = None;
        while let Some(cell) = cells.next_cell().map_err(|error| error.to_string())? {
            let (at, column) = cell.get_position();
            let line = u64::from(at) + 1;
            if row.as_ref().is_none_or(|row| row.line() != line) {
                let finished = row.replace(Row::new(line));
                if let Some(finished) = finished
                    && !self.send(finished, fault.take())
                {
                    return Ok(());
                }
            }
            let current = row.get_or_insert_with(|| Row::new(line));
            if fault.is_none() {
                fault = cell_fault(cell.get_value(), line, column + 1);
            }
            let text = shown(cell.get_value());
            if !text.is_empty() && (column as usize) < super::COLUMNS_MAX {
                while current.len() < column as usize {
                    current.push("");
                }
                current.push(&text);
            }
        }
        if let Some(last) = row {
            self.send(last, fault);
        }
        Ok(())
    }

    /// Hands a row or its fault over; blank rows are dropped. False when nobody listens any more.
    fn send(&self, row: Row, fault: Option<TableError>) -> bool {
        AtomicU64::store(&self.meter.read, row.line(), Ordering::Relaxed);
        if let Some(fault) = fault {
            return self.sender.send(Err(fault)).is_ok();
        }
        row.is_blank() || self.sender.send(Ok(Some(row))).is_ok()
    }
}

/// What makes a cell unfit: taking it for a blank or for its rounded number would be silent harm.
fn cell_fault(value: &DataRef<'_>, line: u64, column: u32) -> Option<TableError> {
    match value {
        DataRef::Error(_) => Some(TableError::ErrorCell { line, column }),
        DataRef::Float(number) if number.abs() >= NUMBER_MAX => {
            Some(TableError::LostDigits { line, column })
        }
        _ => None,
    }
}

/// The text of a cell: numbers without an exponent, dates as `YYYY-MM-DD`.
fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(true) => "true".to_owned(),
        DataRef::Bool(false) => "false".to_owned(),
        DataRef::DateTime(at) if at.is_datetime() => match at.as_datetime() {
            Some(at) if at.time() == chrono::NaiveTime::MIN => at.date().to_string(),
            Some(at) => at.format("%Y-%m-%dT%H:%M:%S").to_string(),
            None => number_text(at.as_f64()),
        },
        DataRef::DateTime(duration) => number_text(duration.as_f64()),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// A sheet's number as a person sees it: whole numbers whole, others with at most ten decimals.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e18 {
        return format!("{number:.0}");
    }
    let text = format!("{number:.10}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_stops_without_the_end_is_a_fault() {
        for whole in [true, false] {
            let (sender, receiver) = bounded(4);
            let mut rows = Rows { path: "a.xlsx".into(), receiver, ended: false };
            sender.send(Ok(Some(Row::new(1)))).unwrap();
            if whole {
                sender.send(Ok(None)).unwrap();
            }
            drop(sender);
            assert!(matches!(rows.next(), Some(Ok(_))));
            if !whole {
                assert!(matches!(rows.next(), Some(Err(TableError::Workbook { .. }))));
            }
            assert!(rows.next().is_none());
        }
    }
}
