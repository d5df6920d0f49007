//! How the box is: sizes, space, age of the backup.

use super::{Caller, ServiceError, Services};
use crate::domain::access::Action;
use crate::domain::{Counter, StreamKind};
use crate::journal::{Disk, RealDisk};
use crate::store::keys;
use crate::telemetry::process;
use serde::Serialize;
use std::path::Path;

/// How the box is.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct HealthSummary {
    /// Version of the program.
    pub version: &'static str,
    /// Seconds since the start.
    pub uptime_seconds: i64,
    /// The last frame.
    pub head: u64,
    /// Bytes free on the disk of the data folder.
    pub disk_free_bytes: u64,
    /// Bytes of the journal.
    pub journal_bytes: u64,
    /// Bytes of the view.
    pub store_bytes: u64,
    /// When the last backup was taken.
    pub last_backup_at: Option<String>,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Clients' cards.
    pub clients: u64,
    /// Loans.
    pub loans: u64,
    /// The disk reserve is reached.
    pub storage_low: bool,
}

/// Bytes of all files below `folder`; what cannot be read counts nothing.
fn folder_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => folder_bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

impl Services {
    /// How the box is. Walks folders: not for hot paths, and off the async threads.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn health_summary(
        &self,
        caller: &Caller,
        uptime_seconds: i64,
    ) -> Result<HealthSummary, ServiceError> {
        caller.grant(Action::ReadHealth)?;
        let folder = &self.config.storage.folder;
        let clients = self.store.get(&keys::counter(Counter::Clients))?;
        let clients = clients.and_then(|bytes| bytes.first_chunk().map(|b| u64::from_le_bytes(*b)));
        let archive = self.archive().and_then(|archive| archive.list());
        let last_backup = archive.ok().and_then(|backups| backups.into_iter().next());
        Ok(HealthSummary {
            version: env!("CARGO_PKG_VERSION"),
            uptime_seconds,
            head: self.feed.head(),
            disk_free_bytes: RealDisk.free_bytes(folder).unwrap_or(0),
            journal_bytes: folder_bytes(&folder.join("journal")),
            store_bytes: folder_bytes(&folder.join("store")),
            last_backup_at: last_backup.map(|backup| backup.manifest.created_at),
            memory_bytes: process::memory_used().unwrap_or(0),
            clients: clients.unwrap_or(0),
            loans: self.store.position()?.streams.of(StreamKind::Loan),
            storage_low: self.committer.is_storage_low(),
        })
    }
}
