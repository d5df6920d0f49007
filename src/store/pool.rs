//! The open view: sled handles lent out one at a time, recycled as a whole.
//!
//! A sled handle may be used by one thread at a time, so readers borrow one from a pool. Nobody
//! outside this file ever holds a handle, which is what lets [`Store::recycle`] drop them all.

use super::{Row, StoreError, Write};
use crate::telemetry::points;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

const LEAF_FANOUT: usize = 128;
type Db = sled::Db<LEAF_FANOUT>;

/// Times a locked folder is tried again.
const LOCK_TRIES: u32 = 2_000;
/// Pause between them.
const LOCK_PAUSE: Duration = Duration::from_millis(5);
/// A day: our own thread flushes; sled's own never wakes. Never `None` (measured trap).
const FLUSH_EVERY_MS: usize = 86_400_000;

/// Settings of the view.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Where its files lie.
    pub folder: PathBuf,
    /// Bytes of cached leaves that were only read.
    pub cache_bytes: usize,
}

impl StoreSettings {
    /// Settings of an empty view beside this one, for building it anew.
    ///
    /// # Errors
    /// When what an interrupted building has left cannot be removed.
    pub fn beside(&self) -> io::Result<Self> {
        let mut name = self.folder.file_name().unwrap_or_default().to_os_string();
        name.push("-next");
        let folder = self.folder.with_file_name(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        Ok(Self { folder, ..self.clone() })
    }
}

/// What a flush did.
#[derive(Debug, Clone, Copy, Default)]
pub struct FlushReport {
    /// Leaves written.
    pub leaves: u64,
    /// Time spent serialising.
    pub serialising: Duration,
    /// Time spent writing and syncing.
    pub writing: Duration,
}

struct Pool {
    root: Option<Db>,
    idle: Vec<Db>,
}

/// The open view.
pub struct Store {
    settings: StoreSettings,
    /// Held for reading while a handle is lent out; for writing while all are dropped.
    gate: RwLock<()>,
    pool: Mutex<Pool>,
    failed: AtomicBool,
    generation: AtomicU64,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens or creates the view.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when its files cannot be used: the caller sets them aside
    /// ([`Store::quarantine`]) and rebuilds.
    pub fn open(settings: StoreSettings) -> Result<Self, StoreError> {
        // sled flushes on rayon's global pool; one thread leaves the other core to the callers.
        // An error only says that the pool was built before.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
        let root = open_sled(&settings).map_err(StoreError::Broken)?;
        let pool = Mutex::new(Pool { root: Some(root), idle: Vec::new() });
        Ok(Self {
            settings,
            gate: RwLock::new(()),
            pool,
            failed: AtomicBool::new(false),
            generation: AtomicU64::new(1),
        })
    }

    /// Where its files lie and how they are opened.
    #[must_use]
    pub const fn settings(&self) -> &StoreSettings {
        &self.settings
    }

    /// Where its files lie.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.settings.folder
    }

    /// How many times the view was opened.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Whether an error was seen and the view waits to be rebuilt.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Marks the view failed: everybody is refused until it is replaced.
    pub fn fail(&self) {
        self.failed.store(true, Ordering::Release);
    }

    fn with<T>(&self, work: impl FnOnce(&Db) -> io::Result<T>) -> Result<T, StoreError> {
        if self.is_failed() {
            return Err(StoreError::Unavailable);
        }
        let _open = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let handle = {
            let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
            match pool.idle.pop() {
                Some(handle) => handle,
                None => pool.root.as_ref().ok_or(StoreError::Unavailable)?.clone(),
            }
        };
        // sled asserts on some damage instead of returning an error; the handle is then dropped.
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&handle)));
        let result = match worked {
            Ok(result) => {
                self.pool.lock().unwrap_or_else(PoisonError::into_inner).idle.push(handle);
                result
            }
            Err(_) => Err(io::Error::other("the view's files do not read")),
        };
        result.map_err(|error| {
            self.fail();
            tracing::error!(%error, "the view failed; it will be rebuilt from the journal");
            StoreError::Broken(error)
        })
    }

    /// One value.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|db| Ok(db.get(key)?.map(|value| value.to_vec())))
    }

    /// Walks the keys that begin with `prefix`, from `start` on, in order, until `visit` answers
    /// `false`. The only way to walk: sled's bounded ranges read on to the end of the tree.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn scan(
        &self,
        prefix: &[u8],
        start: &[u8],
        mut visit: impl FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StoreError> {
        self.with(|db| {
            for entry in db.range(start.to_vec()..) {
                let (key, value) = entry?;
                if !key.starts_with(prefix) || !visit(&key, &value) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Writes rows and removes keys as one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn apply(
        &self,
        puts: impl IntoIterator<Item = Row>,
        removals: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for key in removals {
            batch.remove(key);
        }
        for (key, value) in puts {
            batch.insert(key, value);
        }
        self.with(|db| db.apply_batch(batch))
    }

    /// Writes rows, and removes the keys that have no value, as one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(super) fn write(&self, writes: &[&Write]) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (key, value) in writes {
            match value {
                Some(value) => batch.insert(key.as_slice(), value.as_slice()),
                None => batch.remove(key.as_slice()),
            }
        }
        self.with(|db| db.apply_batch(batch))
    }

    /// Makes everything written so far survive a stop.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn flush(&self) -> Result<FlushReport, StoreError> {
        points::reached("flush");
        self.with(|db| {
            let stats = db.flush()?;
            Ok(FlushReport {
                leaves: stats.objects_flushed,
                serialising: stats.serialization_latency,
                writing: stats.storage_latency,
            })
        })
    }

    /// Flushes, drops every handle and opens again: the only way to give memory back.
    ///
    /// # Errors
    /// See [`StoreError`]; the view is then failed.
    pub fn recycle(&self) -> Result<(), StoreError> {
        self.flush()?;
        self.replace(|_| Ok(()))
    }

    /// Drops every handle, lets `between` work on the closed folder, and opens again.
    ///
    /// # Errors
    /// See [`StoreError`]; the view is then failed.
    pub fn replace(
        &self,
        between: impl FnOnce(&StoreSettings) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        let _closed = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.idle.clear();
        pool.root = None;
        let opened = between(&self.settings).and_then(|()| open_sled(&self.settings));
        match opened {
            Ok(root) => {
                pool.root = Some(root);
                self.generation.fetch_add(1, Ordering::AcqRel);
                self.failed.store(false, Ordering::Release);
                Ok(())
            }
            Err(error) => {
                self.fail();
                Err(StoreError::Broken(error))
            }
        }
    }

    /// Sets unusable files aside next to `folder`, keeping only the latest such set.
    ///
    /// # Errors
    /// When the folder cannot be renamed.
    pub fn quarantine(folder: &Path) -> io::Result<()> {
        if !folder.exists() {
            return Ok(());
        }
        let mut name = folder.file_name().unwrap_or_default().to_os_string();
        name.push("-quarantine");
        let aside = folder.with_file_name(name);
        if aside.exists() {
            std::fs::remove_dir_all(&aside)?;
        }
        std::fs::rename(folder, &aside)
    }
}

/// Opens sled. Its own threads hold the folder's lock for a moment after the last handle is dropped,
/// so a locked folder is tried again for a while; the box's own lock keeps other processes away.
fn open_sled(settings: &StoreSettings) -> io::Result<Db> {
    for _ in 0..LOCK_TRIES {
        match open_sled_once(settings) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                std::thread::sleep(LOCK_PAUSE);
            }
            opened => return opened,
        }
    }
    open_sled_once(settings)
}

fn open_sled_once(settings: &StoreSettings) -> io::Result<Db> {
    let folder = settings.folder.clone();
    let config = sled::Config::new()
        .path(folder)
        .cache_capacity_bytes(settings.cache_bytes)
        .entry_cache_percent(20)
        .zstd_compression_level(1)
        .flush_every_ms(Some(FLUSH_EVERY_MS));
    // sled asserts on some damage instead of returning an error; both mean "rebuild".
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| config.open::<LEAF_FANOUT>()))
        .unwrap_or_else(|_| Err(io::Error::other("the view's files do not open")))
}
