//! [`Tail`]: how far a log is durable, for whoever follows it; and the readers' named cursors.

use super::disk::Disk;
use super::error::LogError;
use super::reader::Reader;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The end of a log: everything up to [`Tail::head`] is durable and may be read. Cheap to clone.
#[derive(Clone)]
pub struct Tail {
    shared: Arc<Shared>,
}

struct Shared {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    head: AtomicU64,
    /// Guards nothing but the sleep of the blocking waiters.
    gate: Mutex<()>,
    moved: Condvar,
    watch: watch::Sender<u64>,
}

impl std::fmt::Debug for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tail({} at {})", self.shared.folder.display(), self.head())
    }
}

impl Tail {
    pub(super) fn new(disk: Arc<dyn Disk>, folder: PathBuf, head: u64) -> Self {
        Self {
            shared: Arc::new(Shared {
                disk,
                folder,
                head: AtomicU64::new(head),
                gate: Mutex::new(()),
                moved: Condvar::new(),
                watch: watch::Sender::new(head),
            }),
        }
    }

    pub(super) fn publish(&self, head: u64) {
        self.shared.head.store(head, Ordering::Release);
        {
            let _gate = self.shared.gate.lock().unwrap_or_else(PoisonError::into_inner);
            self.shared.moved.notify_all();
        }
        self.shared.watch.send_replace(head);
    }

    /// The largest durable seq; 0 while the log is empty.
    #[must_use]
    pub fn head(&self) -> u64 {
        self.shared.head.load(Ordering::Acquire)
    }

    /// The folder of the log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    pub(super) fn disk(&self) -> &dyn Disk {
        self.shared.disk.as_ref()
    }

    /// Blocks until the head is beyond `seq`, at most for `timeout`; returns the head.
    #[must_use]
    pub fn wait_past(&self, seq: u64, timeout: Duration) -> u64 {
        let gate = self.shared.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.shared.moved.wait_timeout_while(gate, timeout, |()| self.head() <= seq);
        drop(waited);
        self.head()
    }

    /// Waits until the head is beyond `seq`; returns the head. Never returns while the log stands
    /// still: put a time-out around it.
    pub async fn past(&self, seq: u64) -> u64 {
        let mut watch = self.shared.watch.subscribe();
        match watch.wait_for(|head| *head > seq).await {
            Ok(head) => *head,
            Err(_) => self.head(),
        }
    }

    /// Bytes of all its files, room that is prepared included.
    ///
    /// # Errors
    /// [`LogError::Read`] when the disk fails.
    pub fn bytes(&self) -> Result<u64, LogError> {
        let (disk, folder) = (&self.shared.disk, &self.shared.folder);
        let size = |name: &String| disk.open(&folder.join(name), false)?.size();
        let sizes = |names: Vec<String>| names.iter().map(size).sum::<io::Result<u64>>();
        disk.list(folder)
            .and_then(sizes)
            .map_err(|source| LogError::Read { path: folder.clone(), source })
    }

    /// A reader of the frames from `from_seq` on.
    ///
    /// # Errors
    /// [`LogError::Gone`] when that frame is no longer kept, [`LogError::Read`] when the disk fails.
    pub fn read_from(&self, from_seq: u64) -> Result<Reader, LogError> {
        Reader::open(self, from_seq)
    }
}

/// Named cursors: small files that say how far a reader has come. A cursor survives a crash as the
/// old or the new value, never as something between.
#[derive(Clone)]
pub struct Cursors {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
}

impl std::fmt::Debug for Cursors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cursors({})", self.folder.display())
    }
}

const CURSOR_BYTES: usize = 12;

impl Cursors {
    /// Cursors kept in `folder`, which is created where it is missing.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn open(disk: Arc<dyn Disk>, folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        disk.create_folder(&folder)?;
        Ok(Self { disk, folder })
    }

    fn path(&self, name: &str) -> io::Result<PathBuf> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            let reason = "a cursor's name has 1 to 64 characters of a-z, 0-9, _ and -";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        Ok(self.folder.join(format!("{name}.cursor")))
    }

    /// How far `name` has come; none when it was never saved.
    ///
    /// # Errors
    /// `InvalidData` when the file is damaged, or whatever the disk says.
    pub fn load(&self, name: &str) -> io::Result<Option<u64>> {
        let path = self.path(name)?;
        if !self.disk.exists(&path) {
            return Ok(None);
        }
        let mut bytes = [0_u8; CURSOR_BYTES];
        let count = self.disk.open(&path, false)?.read_at(&mut bytes, 0)?;
        let checksum = crc32c::crc32c(&bytes[..8]);
        if count != CURSOR_BYTES || super::format::u32_at(&bytes, 8) != checksum {
            let reason =
                format!("{} is damaged: remove it, the reader begins anew", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        Ok(Some(super::format::u64_at(&bytes, 0)))
    }

    /// Keeps `seq` as the place of `name`, durably.
    ///
    /// # Errors
    /// Whatever the disk says; the old value stays.
    pub fn save(&self, name: &str, seq: u64) -> io::Result<()> {
        let path = self.path(name)?;
        let mut bytes = [0_u8; CURSOR_BYTES];
        bytes[..8].copy_from_slice(&seq.to_le_bytes());
        let checksum = crc32c::crc32c(&bytes[..8]);
        bytes[8..].copy_from_slice(&checksum.to_le_bytes());
        let temporary = path.with_extension("cursor.tmp");
        if self.disk.exists(&temporary) {
            self.disk.remove(&temporary)?;
        }
        let file = self.disk.create(&temporary)?;
        file.write_at(&bytes, 0)?;
        file.sync_data()?;
        self.disk.rename(&temporary, &path)?;
        self.disk.sync_folder(&self.folder)
    }
}
