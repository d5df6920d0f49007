//! Imports: from a file on disk to committed clients, loans, schedules and payments.
//!
//! Rows are read and cleansed by one thread, decided by another, and committed in chunks of one
//! frame that also holds the progress: after a crash a run goes on exactly behind the last durable
//! row. Rows are idempotent by the key of their source, so the same file a second time changes
//! nothing. Must never write a row's text anywhere but into the journal.

mod chunk;
mod desk;
mod enrich;
mod line;
mod prepare;
mod progress;
mod rejects;
mod runner;
mod seen;
#[cfg(test)]
pub(super) mod tests;

pub use desk::{FileToImport, ImportView, LookupNeeded, MappingView};
pub use line::Imports;
pub use prepare::{Against, Preview, PreviewRow, Request, found_lookups, preview};
pub use progress::{Progress, Snapshot};
pub use rejects::{drop_rejects, read_rejects, rejects_path};
pub use runner::{Environment, Job, Session, begin, resume};

use crate::committer::Refusal;
use crate::domain::{FieldFault, Rejection};
use crate::gateways::tables::TableError;

/// Why a run ended that the box stopped, not its file: the disk reserve.
const STORAGE_LOW: &str = "storage_low";
/// Why a run ended that the box stopped for another reason.
const INTERRUPTED: &str = "interrupted";

/// Why an import does not begin or does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The mapping, or its fit to the file, is at fault.
    #[error("the mapping does not fit: {}", listed(.0))]
    Mapping(Vec<FieldFault>),
    /// The file cannot be read as a table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A file for a lookup cannot be read.
    #[error("the second file of the lookup \"{name}\" cannot be read")]
    Lookup {
        /// Name of the lookup.
        name: String,
        /// Why.
        #[source]
        source: TableError,
    },
    /// The reject file cannot be written.
    #[error("the list of rejected rows cannot be written")]
    Rejects(#[source] std::io::Error),
    /// A rule stands against it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The box does not take it now.
    #[error("the import was stopped: {0}; resume it later")]
    Refused(#[from] Refusal),
    /// The reading thread stopped before the end of the file.
    #[error("reading the file broke off before its end; what was read stays, resume the import")]
    ReadingBroke,
    /// The operating system gives no thread.
    #[error("the box has no thread to spare; try again")]
    NoThread(#[source] std::io::Error),
}

impl ImportError {
    /// The closed code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Mapping(_) => "invalid_fields",
            Self::Table(error) | Self::Lookup { source: error, .. } => error.code(),
            Self::ReadingBroke => "unreadable_file",
            Self::Rejects(_) => "unwritable_rejects",
            Self::Rejected(rejection) => rejection.code,
            Self::Refused(Refusal::StorageLow) => STORAGE_LOW,
            Self::Refused(_) => INTERRUPTED,
            Self::NoThread(_) => "busy",
        }
    }
}

fn listed(faults: &[FieldFault]) -> String {
    let lines: Vec<String> =
        faults.iter().map(|fault| format!("\n  {}: {}", fault.field, fault.message)).collect();
    lines.concat()
}
