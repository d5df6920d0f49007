//! Snapshots of a serving box, their check, and the way back.
//!
//! A snapshot is a manifest and the files it names. Full segments and blobs never change, so a
//! snapshot shares them with the one before; of the segment being written it holds the bytes up to
//! its point. Restoring needs the archive's folder only, and its key where it is encrypted. This
//! room must never write into a data folder that is in use.
//!
//! Layout of an archive: `snapshots/NAME.json`, `snapshots/NAME.verified`, `objects/…`.

mod create;
mod manifest;
mod object;
mod restore;
#[cfg(test)]
mod tests;

pub use create::{LogSource, Source};
pub use manifest::{Asked, Entry, FORMAT, Manifest, Point, Snapshot, Verified};
pub use restore::{Rebuilt, Scratch};

use crate::base::time::Clock;
use crate::journal::{Disk, LogError};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const SNAPSHOTS: &str = "snapshots";
const OBJECTS: &str = "objects";
const MEGABYTE: u64 = 1 << 20;

/// Why a backup was not made, checked or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Another one is at work.
    #[error("a backup is being made, checked or restored already: wait until it has finished")]
    Busy,
    /// There is no such snapshot.
    #[error("there is no backup named `{0}`: `lenderbox backup list` lists those there are")]
    NotFound(String),
    /// A manifest is damaged or newer.
    #[error("the backup `{name}` cannot be used: {what}")]
    Manifest {
        /// The snapshot.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// The key is missing, wrong or not a key.
    #[error(
        "the backup's key does not fit ({0}): give the age identity (AGE-SECRET-KEY-1…) whose public \
         key is configured as backup.age_recipient"
    )]
    Key(String),
    /// The folder to restore into is not empty.
    #[error("{} is not empty: restore into an empty folder", .0.display())]
    NotEmpty(PathBuf),
    /// The disk has no room for it.
    #[error(
        "{} MB are needed in {} and {} MB are free, of which {} MB must stay free: make room, or \
         use a folder on a larger disk",
        .needed.div_ceil(MEGABYTE), .folder.display(), .free / MEGABYTE, .reserve.div_ceil(MEGABYTE)
    )]
    NoRoom {
        /// Where it was to be written.
        folder: PathBuf,
        /// Bytes that it takes.
        needed: u64,
        /// Bytes that are free.
        free: u64,
        /// Bytes that must stay free.
        reserve: u64,
    },
    /// The archive's bytes are not what was stored.
    #[error("the backup is damaged: {object} does not hold what the manifest says ({path})")]
    Damaged {
        /// The archive's file.
        object: String,
        /// The file of the data folder it stands for.
        path: String,
    },
    /// The restored state is not the state that was backed up.
    #[error(
        "the restored box differs from the one backed up: {what}. Keep the older backups and make a \
         new one now"
    )]
    Differs {
        /// What differs.
        what: String,
    },
    /// The journal does not match the point, or cannot be read.
    #[error(transparent)]
    Journal(#[from] LogError),
    /// The disk refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

fn io_error(path: &Path, source: io::Error) -> BackupError {
    BackupError::Io { path: path.to_owned(), source }
}

/// How far a long piece of work has come, in bytes of files read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes done.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
}

/// An archive of snapshots.
pub struct Backups {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    recipient: Option<age::x25519::Recipient>,
    clock: Arc<dyn Clock>,
    busy: AtomicBool,
}

impl std::fmt::Debug for Backups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Backups({})", self.folder.display())
    }
}

/// Held while the archive is worked on.
struct Turn<'a>(&'a AtomicBool);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Backups {
    /// Opens the archive in `folder`, creates it where it is missing, and removes what an interrupted
    /// backup left. With `recipient` (`age1…`) new snapshots are encrypted.
    ///
    /// # Errors
    /// [`BackupError::Key`] when the recipient is none, [`BackupError::Io`].
    pub fn open(
        disk: Arc<dyn Disk>,
        folder: impl Into<PathBuf>,
        recipient: Option<&str>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BackupError> {
        let folder = folder.into();
        let recipient = recipient
            .map(|text| age::x25519::Recipient::from_str(text.trim()))
            .transpose()
            .map_err(|reason| BackupError::Key(reason.to_owned()))?;
        for part in [SNAPSHOTS, OBJECTS] {
            let path = folder.join(part);
            disk.create_folder(&path).map_err(|error| io_error(&path, error))?;
            for name in disk.list(&path).map_err(|error| io_error(&path, error))? {
                if name.ends_with(".part") {
                    let left = path.join(name);
                    disk.remove(&left).map_err(|error| io_error(&left, error))?;
                }
            }
        }
        Ok(Self { disk, folder, recipient, clock, busy: AtomicBool::new(false) })
    }

    fn turn(&self) -> Result<Turn<'_>, BackupError> {
        if self.busy.swap(true, Ordering::AcqRel) {
            return Err(BackupError::Busy);
        }
        Ok(Turn(&self.busy))
    }

    fn snapshots(&self) -> PathBuf {
        self.folder.join(SNAPSHOTS)
    }

    fn object(&self, name: &str) -> PathBuf {
        self.folder.join(OBJECTS).join(name)
    }

    /// All snapshots, newest first. A snapshot with an unreadable manifest is left out here and named
    /// by [`Backups::faults`].
    ///
    /// # Errors
    /// [`BackupError::Io`].
    pub fn list(&self) -> Result<Vec<Snapshot>, BackupError> {
        let found = self.names()?.into_iter().filter_map(|name| self.get(&name).ok());
        let mut found: Vec<Snapshot> = found.collect();
        found.sort_by_key(|snapshot| {
            std::cmp::Reverse((snapshot.manifest.taken_at(), snapshot.manifest.name.clone()))
        });
        Ok(found)
    }

    /// What is wrong with manifests, in words.
    ///
    /// # Errors
    /// [`BackupError::Io`].
    pub fn faults(&self) -> Result<Vec<String>, BackupError> {
        let names = self.names()?;
        Ok(names.iter().filter_map(|name| self.get(name).err()).map(|e| e.to_string()).collect())
    }

    fn names(&self) -> Result<Vec<String>, BackupError> {
        let folder = self.snapshots();
        let names = self.disk.list(&folder).map_err(|error| io_error(&folder, error))?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(".json")).map(str::to_owned).collect())
    }

    /// One snapshot.
    ///
    /// # Errors
    /// [`BackupError::NotFound`], [`BackupError::Manifest`] or [`BackupError::Io`].
    pub fn get(&self, name: &str) -> Result<Snapshot, BackupError> {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let path = self.snapshots().join(format!("{name}.json"));
        if !plain || name.is_empty() || !self.disk.exists(&path) {
            return Err(BackupError::NotFound(name.to_owned()));
        }
        let manifest = Manifest::from_bytes(name, &self.read_small(&path)?)?;
        let bytes = manifest.files.iter().map(|file| file.object_bytes).sum();
        let verified = self.snapshots().join(format!("{name}.verified"));
        let verified = if self.disk.exists(&verified) {
            serde_json::from_slice(&self.read_small(&verified)?).ok()
        } else {
            None
        };
        Ok(Snapshot { manifest, bytes, verified })
    }

    /// Keeps all snapshots of the newest day (UTC) that has any, and for each of the `days` - 1 days
    /// with snapshots before it the newest one; removes all others with the files that only they need.
    /// Returns the names removed.
    ///
    /// # Errors
    /// [`BackupError::Busy`] or [`BackupError::Io`]; what is left is whole.
    pub fn retain(&self, days: usize) -> Result<Vec<String>, BackupError> {
        let _turn = self.turn()?;
        if !self.faults()?.is_empty() {
            // An unreadable manifest may need any file: nothing is removed before it is settled.
            return Ok(Vec::new());
        }
        let mut newest_day = None;
        let mut kept_days = BTreeSet::new();
        let mut kept_objects = BTreeSet::new();
        let mut removed = Vec::new();
        for snapshot in self.list()? {
            let day = snapshot.manifest.taken_at().micros().div_euclid(86_400_000_000);
            let of_newest_day = *newest_day.get_or_insert(day) == day;
            let room = kept_days.len() < days.max(1);
            let first_of_day = room && kept_days.insert(day);
            if of_newest_day || first_of_day {
                kept_objects.extend(snapshot.manifest.files.into_iter().map(|file| file.object));
            } else {
                removed.push(snapshot.manifest.name);
            }
        }
        let folder = self.snapshots();
        for name in &removed {
            for suffix in ["json", "verified"] {
                let path = folder.join(format!("{name}.{suffix}"));
                if self.disk.exists(&path) {
                    self.disk.remove(&path).map_err(|error| io_error(&path, error))?;
                }
            }
        }
        // The manifests go first and for good: a manifest never names a file that is gone.
        self.disk.sync_folder(&folder).map_err(|error| io_error(&folder, error))?;
        let objects = self.folder.join(OBJECTS);
        for name in self.disk.list(&objects).map_err(|error| io_error(&objects, error))? {
            if !kept_objects.contains(&name) {
                let path = objects.join(&name);
                self.disk.remove(&path).map_err(|error| io_error(&path, error))?;
            }
        }
        self.disk.sync_folder(&objects).map_err(|error| io_error(&objects, error))?;
        Ok(removed)
    }

    fn read_small(&self, path: &Path) -> Result<Vec<u8>, BackupError> {
        let read = || -> io::Result<Vec<u8>> {
            let file = self.disk.open(path, false)?;
            let size = usize::try_from(file.size()?).map_err(io::Error::other)?;
            let mut bytes = vec![0_u8; size];
            let count = file.read_at(&mut bytes, 0)?;
            bytes.truncate(count);
            Ok(bytes)
        };
        read().map_err(|error| io_error(path, error))
    }

    /// Writes a small file in place of any older one, durably.
    fn write_small(&self, path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
        let part = PathBuf::from(format!("{}.part", path.display()));
        let write = || -> io::Result<()> {
            if self.disk.exists(&part) {
                self.disk.remove(&part)?;
            }
            let file = self.disk.create(&part)?;
            file.write_at(bytes, 0)?;
            file.sync_data()?;
            self.disk.rename(&part, path)?;
            self.disk.sync_folder(&self.snapshots())
        };
        write().map_err(|error| io_error(path, error))
    }
}
