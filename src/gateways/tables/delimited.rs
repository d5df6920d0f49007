//! Delimited text, parsed as it streams by.

use super::dialect::{self, Encoding};
use super::{Format, Meter, Metered, ROW_BYTES_MAX, Table, TableError, column_names, read_up_to};
use crate::base::row::Row;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Bytes at the beginning from which the delimiter is guessed.
const BEGINNING_BYTES: usize = 64 * 1024;
const BUFFER_BYTES: usize = 256 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Opens a text file, plain or gzipped.
pub(super) fn open(path: &Path, gzipped: bool) -> Result<Table, TableError> {
    let io = |source| TableError::Io { path: path.to_owned(), source };
    let mut beginning = vec![0_u8; BEGINNING_BYTES];
    let mut probe = source(path, gzipped, &Arc::default()).map_err(io)?;
    let length = read_up_to(&mut probe, &mut beginning).map_err(io)?;
    beginning.truncate(length);
    let encoding = encoding(&mut probe, &beginning).map_err(io)?;
    let text = beginning.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&beginning);
    let delimiter = dialect::delimiter_of(text, length < BEGINNING_BYTES);

    let length = std::fs::metadata(path).map_err(io)?.len();
    let meter = Arc::new(Meter { read: AtomicU64::new(0), total: AtomicU64::new(length) });
    let source = source(path, gzipped, &meter).map_err(io)?;
    let mut rows = Records::new(path, source, delimiter, encoding);
    let first = rows.next().ok_or_else(|| TableError::Empty { path: path.to_owned() })??;
    let columns = column_names(&first)?;
    if columns.is_empty() {
        return Err(TableError::Empty { path: path.to_owned() });
    }
    let format = Format::Csv { delimiter: char::from(delimiter), encoding, gzipped };
    Ok(Table { columns, format, meter, rows: Box::new(rows), failed: false })
}

fn source(path: &Path, gzipped: bool, meter: &Arc<Meter>) -> std::io::Result<Box<dyn Read + Send>> {
    let file = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
    let metered = Metered { source: file, meter: Arc::clone(meter) };
    Ok(if gzipped { Box::new(MultiGzDecoder::new(metered)) } else { Box::new(metered) })
}

/// The encoding by the beginning; when that is plain ASCII, by the first piece that is not.
fn encoding(rest: &mut impl Read, beginning: &[u8]) -> std::io::Result<Encoding> {
    if !beginning.is_ascii() {
        return Ok(dialect::encoding_of(beginning));
    }
    let mut piece = vec![0_u8; BUFFER_BYTES];
    loop {
        let length = read_up_to(rest, &mut piece)?;
        let read = &piece[..length];
        if let Some(at) = read.iter().position(|byte| !byte.is_ascii()) {
            return Ok(dialect::encoding_of(&read[at..]));
        }
        if length < piece.len() {
            return Ok(Encoding::Utf8);
        }
    }
}

/// Records of a delimited text.
struct Records {
    path: PathBuf,
    source: Box<dyn Read + Send>,
    parser: Reader,
    encoding: Encoding,
    input: Vec<u8>,
    /// The part of `input` that is not parsed yet.
    from: usize,
    to: usize,
    begun: bool,
    ended: bool,
    /// Line of the next byte, from 1.
    line: u64,
    output: Vec<u8>,
    ends: Vec<usize>,
}

impl Records {
    fn new(path: &Path, source: Box<dyn Read + Send>, delimiter: u8, encoding: Encoding) -> Self {
        Self {
            path: path.to_owned(),
            source,
            parser: ReaderBuilder::new().delimiter(delimiter).build(),
            encoding,
            input: vec![0; BUFFER_BYTES],
            from: 0,
            to: 0,
            begun: false,
            ended: false,
            line: 1,
            output: vec![0; 4096],
            ends: vec![0; 64],
        }
    }

    /// Reads on when everything is parsed; false at the end of the file.
    fn fill(&mut self) -> Result<bool, TableError> {
        if self.from < self.to {
            return Ok(true);
        }
        if self.ended {
            return Ok(false);
        }
        let read = read_up_to(&mut self.source, &mut self.input);
        let length = read.map_err(|source| TableError::Io { path: self.path.clone(), source })?;
        self.ended = length < self.input.len();
        (self.from, self.to) = (0, length);
        if !self.begun {
            self.begun = true;
            if self.input[..length].starts_with(BYTE_ORDER_MARK) {
                self.from = BYTE_ORDER_MARK.len();
            }
        }
        Ok(self.from < self.to)
    }

    /// Passes over line ends between records, so that a record's line is its own.
    fn skip_line_ends(&mut self) -> Result<bool, TableError> {
        while self.fill()? {
            match self.input[self.from] {
                b'\n' => self.line += 1,
                b'\r' => {}
                _ => return Ok(true),
            }
            self.from += 1;
        }
        Ok(false)
    }

    /// Parses one record into `output` and `ends`; gives the counts of bytes and cells.
    fn record(&mut self, line: u64) -> Result<(usize, usize), TableError> {
        let (mut bytes, mut cells) = (0, 0);
        loop {
            self.fill()?;
            let input = &self.input[self.from..self.to];
            let (result, read, written, ended) =
                self.parser.read_record(input, &mut self.output[bytes..], &mut self.ends[cells..]);
            self.line += input[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
            self.from += read;
            bytes += written;
            cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.output.len() < ROW_BYTES_MAX => {
                    self.output.resize(self.output.len() * 2, 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < super::COLUMNS_MAX * 2 => {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    return Err(TableError::RowTooLong { line });
                }
                ReadRecordResult::Record | ReadRecordResult::End => return Ok((bytes, cells)),
            }
        }
    }

    fn decoded(&self, line: u64, cells: usize) -> Result<Row, TableError> {
        let mut row = Row::new(line);
        let mut start = 0;
        for end in &self.ends[..cells] {
            let cell = self.encoding.decode(&self.output[start..*end]);
            let encoding = self.encoding.name();
            row.push(&cell.ok_or(TableError::Encoding { line, encoding })?);
            start = *end;
        }
        Ok(row)
    }
}

impl Iterator for Records {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.skip_line_ends() {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => return Some(Err(error)),
        }
        let line = self.line;
        Some(self.record(line).and_then(|(_, cells)| self.decoded(line, cells)))
    }
}
