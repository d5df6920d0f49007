//! The open view: sled handles lent out one at a time, recycled as a whole.
//!
//! A sled handle may be used by one thread at a time, so readers borrow one from a pool. Nobody
//! outside this file ever holds a handle, which is what lets [`Store::recycle`] drop them all.

use super::watch::{Pulse, Watch};
use super::{Row, StoreError, Write, seal};
use crate::telemetry::points;
use crate::telemetry::process::{Niceness, let_others_go_first};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

const LEAF_FANOUT: usize = 128;
type Db = sled::Db<LEAF_FANOUT>;

/// Times a locked folder is tried again.
const LOCK_TRIES: u32 = 2_000;
/// Pause between them.
const LOCK_PAUSE: Duration = Duration::from_millis(5);
/// Ten years: our own thread flushes; sled's own never wakes. Never `None` (measured trap).
const FLUSH_EVERY_MS: usize = 315_360_000_000;

/// Times that a read at the start is begun anew.
const START_READS: u32 = 3;
/// The longest wait for a rebuild at the start.
const REBUILD_MAX: Duration = Duration::from_secs(3_600);

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
        self.remove_unfinished()?;
        Ok(Self { folder: named_beside(&self.folder, "-next"), ..self.clone() })
    }

    /// Where a building lays aside what it sorts.
    #[must_use]
    pub fn parts(&self) -> PathBuf {
        named_beside(&self.folder, "-parts")
    }

    /// Removes what an interrupted building has left.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove_unfinished(&self) -> io::Result<()> {
        let next = Self { folder: named_beside(&self.folder, "-next"), ..self.clone() };
        remove(&next.parts())?;
        remove(&next.folder)
    }

    /// Removes the view that was set aside, and this one: the journal is the truth.
    ///
    /// # Errors
    /// When they cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        remove(&named_beside(&self.folder, "-quarantine"))?;
        remove(&self.folder)
    }
}

fn named_beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    folder.with_file_name(name)
}

fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
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

/// A handle of its own for one borrower, and what the borrower is doing with it.
struct Handle {
    db: Db,
    pulse: Arc<Pulse>,
}

struct Pool {
    root: Option<Db>,
    idle: Vec<Handle>,
}

impl Pool {
    /// Drops all handles. Those of a view that failed are forgotten instead: with the last one sled
    /// flushes what the damage does not let it flush, and then ends the process.
    fn clear(&mut self, failed: bool) {
        let (idle, root) = (std::mem::take(&mut self.idle), self.root.take());
        if failed {
            std::mem::forget((idle, root));
        }
    }
}

/// The open view.
pub struct Store {
    settings: StoreSettings,
    /// Held for reading while a handle is lent out; for writing while all are dropped.
    gate: RwLock<()>,
    pool: Mutex<Pool>,
    watch: Arc<Watch>,
    failed: AtomicBool,
    generation: AtomicU64,
    replaced: Condvar,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let failed = self.is_failed();
        self.pool.get_mut().unwrap_or_else(PoisonError::into_inner).clear(failed);
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
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .start_handler(|_| let_others_go_first(Niceness::Upkeep));
        let _ = pool.build_global();
        if seal::is_stuck(&settings.folder) {
            let why = io::Error::other("the view's files stopped answering");
            return Err(StoreError::Broken(why));
        }
        let root = open_sled(&settings).map_err(StoreError::Broken)?;
        let pool = Mutex::new(Pool { root: Some(root), idle: Vec::new() });
        Ok(Self {
            settings,
            gate: RwLock::new(()),
            pool,
            watch: Arc::default(),
            failed: AtomicBool::new(false),
            generation: AtomicU64::new(1),
            replaced: Condvar::new(),
        })
    }

    /// Where its files lie and how they are opened.
    #[must_use]
    pub const fn settings(&self) -> &StoreSettings {
        &self.settings
    }

    /// Whether the files hold at least what was flushed into them.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when they do not: they must be rebuilt. See [`seal`].
    pub fn check_seal(&self) -> Result<(), StoreError> {
        let flushed = seal::flushed(self.folder()).map_err(StoreError::Broken)?;
        if flushed.is_some_and(|flushed| self.position().is_ok_and(|at| at.seq < flushed)) {
            self.fail();
            let why = io::Error::other("the view's files are older than their last flush");
            return Err(StoreError::Broken(why));
        }
        Ok(())
    }

    /// What shows calls that do not come back.
    #[must_use]
    pub fn watch(&self) -> Arc<Watch> {
        Arc::clone(&self.watch)
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

    /// Reads at the start, before anybody waits for an answer: when the view fails meanwhile, waits
    /// until the committer has rebuilt it and reads again. Blocks.
    ///
    /// # Errors
    /// What `read` says of a view that did not fail, or that could not be rebuilt.
    pub fn read_at_start<T, E>(&self, read: impl Fn() -> Result<T, E>) -> Result<T, E> {
        for _ in 0..START_READS {
            let before = self.generation();
            let answer = read();
            if answer.is_ok() || (!self.is_failed() && self.generation() == before) {
                return answer;
            }
            let pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
            let failed = |_: &mut Pool| self.is_failed();
            let waited = self.replaced.wait_timeout_while(pool, REBUILD_MAX, failed);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
        read()
    }

    fn with<T>(&self, work: impl FnOnce(&Db, &Pulse) -> io::Result<T>) -> Result<T, StoreError> {
        if self.is_failed() {
            return Err(StoreError::Unavailable);
        }
        let _open = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let handle = {
            let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
            match pool.idle.pop() {
                Some(handle) => handle,
                None => {
                    let db = pool.root.as_ref().ok_or(StoreError::Unavailable)?.clone();
                    Handle { db, pulse: self.watch.pulse() }
                }
            }
        };
        handle.pulse.begin();
        // sled asserts on some damage instead of returning an error.
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            work(&handle.db, &handle.pulse)
        }));
        handle.pulse.end();
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).idle.push(handle);
        let result =
            worked.unwrap_or_else(|_| Err(io::Error::other("the view's files do not read")));
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
        self.with(|db, _| Ok(db.get(key)?.map(|value| value.to_vec())))
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
        self.with(|db, pulse| {
            for entry in db.range(start.to_vec()..) {
                pulse.step();
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
        self.with(|db, _| db.apply_batch(batch))
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
        self.with(|db, _| db.apply_batch(batch))
    }

    /// Makes everything written so far survive a stop.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn flush(&self) -> Result<FlushReport, StoreError> {
        points::reached("flush");
        let at = self.position()?.seq;
        let report = self.with(|db, pulse| {
            let stats = pulse.flushing(|| db.flush())?;
            Ok(FlushReport {
                leaves: stats.objects_flushed,
                serialising: stats.serialization_latency,
                writing: stats.storage_latency,
            })
        })?;
        if let Err(error) = seal::note_flushed(self.folder(), at) {
            tracing::warn!(%error, "the view's flush could not be noted; less is checked next time");
        }
        Ok(report)
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
        pool.clear(self.is_failed());
        let opened = between(&self.settings).and_then(|()| open_sled(&self.settings));
        match opened {
            Ok(root) => {
                pool.root = Some(root);
                self.generation.fetch_add(1, Ordering::AcqRel);
                self.failed.store(false, Ordering::Release);
                self.replaced.notify_all();
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
        let aside = named_beside(folder, "-quarantine");
        remove(&aside)?;
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
