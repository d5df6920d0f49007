//! The reject file: line, field, code, reason; never the text of a cell.

use crate::base::ids::ImportId;
use crate::base::time::Timestamp;
use crate::domain::FieldFault;
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// So that spreadsheets read the names of columns as UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// What stands behind the run in the name of a list.
const REJECTS_SUFFIX: &str = ".rejects.csv";

/// Where the reject file of a run lies in `folder`.
#[must_use]
pub fn rejects_path(folder: &Path, id: ImportId) -> PathBuf {
    folder.join(format!("{id}{REJECTS_SUFFIX}"))
}

/// The reject file of a run; only the heading when nothing was rejected.
///
/// # Errors
/// When the file exists and does not read.
pub fn read_rejects(path: &Path) -> io::Result<String> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(heading()),
        other => other,
    }
}

fn heading() -> String {
    format!("{BYTE_ORDER_MARK}line;field;code;reason\r\n")
}

/// Deletes the lists of runs that began before `before`; gives how many. The age of a list is in
/// its name: identifiers carry the time they were made at.
///
/// # Errors
/// When the folder does not read or a list cannot be deleted; the others are deleted all the same.
pub fn drop_rejects(folder: &Path, before: Timestamp) -> io::Result<usize> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        other => other?,
    };
    let (mut dropped, mut failed) = (0, None);
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_suffix(REJECTS_SUFFIX));
        if begun_at(id).is_none_or(|at| at >= before) {
            continue;
        }
        match std::fs::remove_file(entry.path()) {
            Ok(()) => dropped += 1,
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(dropped), Err)
}

fn begun_at(id: Option<&str>) -> Option<Timestamp> {
    let (seconds, nanos) = uuid::Uuid::parse_str(id?).ok()?.get_timestamp()?.to_unix();
    let micros = i64::try_from(seconds).ok()?.checked_mul(1_000_000)?;
    Some(Timestamp::from_micros(micros + i64::from(nanos / 1_000)))
}

/// Writes rejected rows.
pub(super) struct RejectWriter {
    file: File,
    length: u64,
    /// Lines that were listed when the file was opened.
    lines: HashSet<u64>,
}

impl RejectWriter {
    /// Begins the file anew, or goes on behind the rows up to `line`: rows after it were rejected
    /// by a run that stopped before they were counted, and come again.
    pub fn open(path: &Path, line: u64) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let kept = if line == 0 { heading() } else { kept_rows(&read_rejects(path)?, line) };
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).open(path)?;
        file.write_all(kept.as_bytes())?;
        let lines = kept.lines().filter_map(line_of).collect();
        Ok(Self { file, length: kept.len() as u64, lines })
    }

    /// Whether a row was listed by an earlier session of the run.
    pub fn lists(&self, line: u64) -> bool {
        self.lines.contains(&line)
    }

    /// Writes the faults of rows; gives the length before, for [`Self::take_back`].
    pub fn write_all(&mut self, rows: &[(u64, Vec<FieldFault>)]) -> io::Result<u64> {
        let before = self.length;
        let mut text = String::new();
        for (line, faults) in rows {
            for fault in faults {
                let (field, reason) = (quoted(&fault.field), quoted(&fault.message));
                text.push_str(&format!("{line};{field};{};{reason}\r\n", fault.code));
            }
        }
        self.file.write_all(text.as_bytes())?;
        self.length += text.len() as u64;
        Ok(before)
    }

    /// Drops what was written after `length`: the rows are dealt with anew.
    pub fn take_back(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.file.seek(SeekFrom::Start(length))?;
        self.length = length;
        Ok(())
    }
}

/// Rows up to a line. A reason never holds a line end, so a row is a line of the file.
fn kept_rows(text: &str, line: u64) -> String {
    let keeps = |row: &&str| line_of(row).is_none_or(|number| number <= line);
    text.split_inclusive('\n').filter(keeps).collect()
}

/// The line that a row of the list speaks of; none for its heading.
fn line_of(row: &str) -> Option<u64> {
    row.split(';').next()?.parse().ok()
}

fn quoted(text: &str) -> String {
    let flat = text.replace(['\r', '\n'], " ");
    if flat.contains([';', '"']) { format!("\"{}\"", flat.replace('"', "\"\"")) } else { flat }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(field: &str, message: &str) -> FieldFault {
        FieldFault::new(field, "required", message)
    }

    #[test]
    fn rows_behind_the_last_counted_line_are_dropped_when_a_run_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = rejects_path(folder.path(), ImportId::from_uuid(uuid::Uuid::nil()));
        assert_eq!(read_rejects(&path).unwrap(), heading());
        let mut writer = RejectWriter::open(&path, 0).unwrap();
        let third = vec![fault("inn", "wrong; \"INN\""), fault("name", "a\nb")];
        writer.write_all(&[(3, third)]).unwrap();
        let before = writer.write_all(&[(4, vec![fault("inn", "taken back")])]).unwrap();
        writer.take_back(before).unwrap();
        writer.write_all(&[(12, vec![fault("inn", "wrong")])]).unwrap();
        drop(writer);
        let mut writer = RejectWriter::open(&path, 5).unwrap();
        writer.write_all(&[(9, vec![fault("inn", "again")])]).unwrap();
        let expected = format!(
            "{}3;inn;required;\"wrong; \"\"INN\"\"\"\r\n3;name;required;a b\r\n9;inn;required;again\r\n",
            heading()
        );
        assert_eq!(read_rejects(&path).unwrap(), expected);
    }
}
