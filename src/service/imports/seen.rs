//! Keys of the rows of one file. A row whose key stood in an earlier row changes nothing: it is
//! unchanged when it says what is known by then, and refused, with the line of the earlier row, when
//! it says something else. Without this the last of two rows would win without a word.

use super::chunk::{Chunk, RowError, RowOutcome};
use crate::base::limits;
use crate::domain::import::{LoanRef, Record};
use crate::domain::{FaultDetail, FieldFault};
use std::collections::HashMap;

/// Digest of what a row is about: of its source's key, or of the loan and the number of an
/// instalment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RowKey([u8; 16]);

impl RowKey {
    /// The key of a record. A whole schedule goes by its first instalment.
    pub fn of(record: &Record) -> Self {
        let text = match record {
            Record::Client(client) => client.source_key.clone(),
            Record::Loan(loan) => loan.source_key.clone(),
            Record::Payment(payment) => payment.source_key.clone(),
            Record::Schedule(schedule) => {
                let n = schedule.instalments.first().map_or(0, |instalment| instalment.n);
                match &schedule.loan {
                    LoanRef::Key(key) => format!("{n} of {key}"),
                    LoanRef::Number(number) => format!("{n} numbered {number}"),
                }
            }
        };
        let mut digest = [0; 16];
        digest.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
        Self(digest)
    }
}

/// The keys of the rows that were taken, with their lines: 20 bytes a row, for at most
/// [`limits::IMPORT_KEYS_MAX`] rows; the keys of rows behind those are not looked for.
#[derive(Debug, Default)]
pub(super) struct Seen {
    lines: HashMap<RowKey, u32>,
}

impl Seen {
    /// Decides a row beside the rows before it. Deciding a row anew is no repeat.
    ///
    /// # Errors
    /// As [`Chunk::take`], and `repeated_row`.
    pub fn take(
        &mut self,
        chunk: &mut Chunk<'_>,
        line: u64,
        key: RowKey,
        record: &Record,
    ) -> Result<RowOutcome, RowError> {
        if let Some(first) = self.lines.get(&key).filter(|first| u64::from(**first) != line) {
            return match chunk.outcome(record) {
                Ok(RowOutcome::Unchanged) => Ok(RowOutcome::Unchanged),
                Ok(_) | Err(RowError::Faults(_)) => {
                    Err(RowError::Faults(vec![repeated(record, u64::from(*first))]))
                }
                Err(error) => Err(error),
            };
        }
        let taken = chunk.take(record);
        match &taken {
            Ok(_) => self.note(line, key),
            Err(RowError::Faults(_)) => self.forget(line, key),
            Err(_) => {}
        }
        taken
    }

    /// Notes a row that was taken, unless its key is known.
    pub fn note(&mut self, line: u64, key: RowKey) {
        if self.lines.len() < limits::IMPORT_KEYS_MAX
            && let Ok(line) = u32::try_from(line)
        {
            self.lines.entry(key).or_insert(line);
        }
    }

    /// Forgets a row that was refused: the next one with its key is the first.
    pub fn forget(&mut self, line: u64, key: RowKey) {
        if self.lines.get(&key).is_some_and(|known| u64::from(*known) == line) {
            self.lines.remove(&key);
        }
    }
}

fn repeated(record: &Record, first: u64) -> FieldFault {
    let field = if matches!(record, Record::Schedule(_)) { "n" } else { "key" };
    let message =
        format!("line {first} has the same key and says something else; keep one of the two");
    FieldFault::new(field, "repeated_row", message)
        .with_detail(FaultDetail { line: Some(first), ..FaultDetail::default() })
}
