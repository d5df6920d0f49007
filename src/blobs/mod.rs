//! Files by the hash of their contents.
//!
//! A blob is written under a temporary name, synced, renamed to its hash and its folder synced,
//! before anything names it. It never changes and is never overwritten. This room must never know
//! what a blob is for, nor who may see it.

#[cfg(test)]
mod tests;

use crate::journal::{Disk, DiskFile, DiskReader};
use std::fmt;
use std::io::{self, Read};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const CHUNK_BYTES: usize = 64 * 1024;
const TEMPORARY: &str = "temporary";

/// The name of a blob: the blake3 hash of its bytes, 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobHash([u8; 32]);

impl BlobHash {
    /// The hash of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
    /// The raw hash.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}
impl fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for BlobHash {
    type Err = BlobError;
    fn from_str(text: &str) -> Result<Self, BlobError> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(BlobError::NotAHash)
    }
}

/// A blob that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobInfo {
    /// Its name.
    pub hash: BlobHash,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Why a blob was not put or given.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// More bytes than a file may have.
    #[error("the file is too large; at most {bytes_max} bytes are allowed")]
    TooLarge {
        /// Bytes allowed.
        bytes_max: u64,
    },
    /// Not a blob's name.
    #[error("a blob's name is 64 hexadecimal digits in lower case")]
    NotAHash,
    /// There is no such blob.
    #[error("there is no blob {0}: send the file again")]
    NotFound(BlobHash),
    /// The bytes on the disk are not the ones that were put.
    #[error("the blob {0} is damaged on the disk: restore it from a backup")]
    Damaged(BlobHash),
    /// The disk refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

/// A folder of blobs. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    bytes_max: u64,
    temporary: Arc<AtomicU64>,
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blobs({})", self.folder.display())
    }
}

impl Blobs {
    /// Opens the folder, creates it where it is missing, and removes what an interrupted upload left.
    /// A blob has at most `bytes_max` bytes.
    ///
    /// # Errors
    /// [`BlobError::Io`].
    pub fn open(
        disk: Arc<dyn Disk>,
        folder: impl Into<PathBuf>,
        bytes_max: u64,
    ) -> Result<Self, BlobError> {
        let folder = folder.into();
        let temporary = folder.join(TEMPORARY);
        let io = |source| BlobError::Io { path: temporary.clone(), source };
        disk.create_folder(&temporary).map_err(io)?;
        for name in disk.list(&temporary).map_err(io)? {
            disk.remove(&temporary.join(name)).map_err(io)?;
        }
        Ok(Self { disk, folder, bytes_max, temporary: Arc::new(AtomicU64::new(0)) })
    }

    /// Looks at a folder of blobs that may belong to a serving box: nothing is created or removed, and
    /// nothing can be put.
    #[must_use]
    pub fn look_at(disk: Arc<dyn Disk>, folder: impl Into<PathBuf>) -> Self {
        Self { disk, folder: folder.into(), bytes_max: 0, temporary: Arc::new(AtomicU64::new(0)) }
    }

    /// The file of a blob.
    #[must_use]
    pub fn path(&self, hash: &BlobHash) -> PathBuf {
        let name = hash.to_string();
        self.folder.join(&name[..2]).join(&name[2..4]).join(&name)
    }

    /// The folder of all blobs.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// Begins a blob that arrives piece by piece.
    ///
    /// # Errors
    /// [`BlobError::Io`].
    pub fn writer(&self) -> Result<BlobWriter, BlobError> {
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(TEMPORARY).join(format!("{number}"));
        let file = self
            .disk
            .create(&path)
            .map_err(|source| BlobError::Io { path: path.clone(), source })?;
        Ok(BlobWriter {
            blobs: self.clone(),
            path,
            file,
            hasher: blake3::Hasher::new(),
            bytes: 0,
            named: false,
        })
    }

    /// Puts all that `source` gives.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`] or [`BlobError::Io`]; nothing is left behind.
    pub fn put(&self, source: &mut dyn Read) -> Result<BlobInfo, BlobError> {
        let mut writer = self.writer()?;
        let mut chunk = vec![0_u8; CHUNK_BYTES];
        loop {
            match source.read(&mut chunk) {
                Ok(0) => return writer.finish(),
                Ok(count) => writer.write(&chunk[..count])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(BlobError::Io { path: writer.path.clone(), source });
                }
            }
        }
    }

    /// Whether the blob is there.
    #[must_use]
    pub fn contains(&self, hash: &BlobHash) -> bool {
        self.disk.exists(&self.path(hash))
    }

    /// A blob's bytes, to be read in order, and how many there are.
    ///
    /// # Errors
    /// [`BlobError::NotFound`] or [`BlobError::Io`].
    pub fn read(&self, hash: &BlobHash) -> Result<(DiskReader, u64), BlobError> {
        let path = self.path(hash);
        if !self.disk.exists(&path) {
            return Err(BlobError::NotFound(*hash));
        }
        let io = |source| BlobError::Io { path: path.clone(), source };
        let file = self.disk.open(&path, false).map_err(io)?;
        let bytes = file.size().map_err(io)?;
        Ok((DiskReader::new(file, bytes), bytes))
    }

    /// All bytes of a blob, checked against its name.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], [`BlobError::Damaged`] or [`BlobError::Io`].
    pub fn load(&self, hash: &BlobHash) -> Result<Vec<u8>, BlobError> {
        let (mut reader, bytes) = self.read(hash)?;
        let mut all = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
        reader
            .read_to_end(&mut all)
            .map_err(|source| BlobError::Io { path: self.path(hash), source })?;
        if BlobHash::of(&all) == *hash { Ok(all) } else { Err(BlobError::Damaged(*hash)) }
    }

    /// Reads a blob and compares its bytes with its name.
    ///
    /// # Errors
    /// As [`Blobs::load`].
    pub fn verify(&self, hash: &BlobHash) -> Result<(), BlobError> {
        let (mut reader, _) = self.read(hash)?;
        let mut hasher = blake3::Hasher::new();
        io::copy(&mut reader, &mut hasher)
            .map_err(|source| BlobError::Io { path: self.path(hash), source })?;
        let same = hasher.finalize().as_bytes() == hash.bytes();
        if same { Ok(()) } else { Err(BlobError::Damaged(*hash)) }
    }

    /// The names of all blobs, sorted.
    ///
    /// # Errors
    /// [`BlobError::Io`].
    pub fn list(&self) -> Result<Vec<BlobHash>, BlobError> {
        let mut found = Vec::new();
        let io = |path: &PathBuf, source| BlobError::Io { path: path.clone(), source };
        for first in self.disk.list_folders(&self.folder).map_err(|e| io(&self.folder, e))? {
            if first == TEMPORARY {
                continue;
            }
            let outer = self.folder.join(first);
            for second in self.disk.list_folders(&outer).map_err(|e| io(&outer, e))? {
                let inner = outer.join(second);
                let names = self.disk.list(&inner).map_err(|e| io(&inner, e))?;
                found.extend(names.iter().filter_map(|name| name.parse::<BlobHash>().ok()));
            }
        }
        found.sort_unstable();
        Ok(found)
    }
}

/// A blob on its way in. Dropped before [`BlobWriter::finish`], it leaves nothing behind.
pub struct BlobWriter {
    blobs: Blobs,
    path: PathBuf,
    file: Box<dyn DiskFile>,
    hasher: blake3::Hasher,
    bytes: u64,
    named: bool,
}

impl BlobWriter {
    /// Takes the next piece.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`] or [`BlobError::Io`].
    pub fn write(&mut self, piece: &[u8]) -> Result<(), BlobError> {
        let bytes_max = self.blobs.bytes_max;
        if self.bytes + piece.len() as u64 > bytes_max {
            return Err(BlobError::TooLarge { bytes_max });
        }
        self.file
            .write_at(piece, self.bytes)
            .map_err(|source| BlobError::Io { path: self.path.clone(), source })?;
        self.hasher.update(piece);
        self.bytes += piece.len() as u64;
        Ok(())
    }

    /// Makes the blob durable under its name.
    ///
    /// # Errors
    /// [`BlobError::Io`]; nothing is left behind.
    pub fn finish(mut self) -> Result<BlobInfo, BlobError> {
        let hash = BlobHash(*self.hasher.finalize().as_bytes());
        let target = self.blobs.path(&hash);
        self.name(&target).map_err(|source| BlobError::Io { path: target, source })?;
        Ok(BlobInfo { hash, bytes: self.bytes })
    }

    fn name(&mut self, target: &std::path::Path) -> io::Result<()> {
        let disk = self.blobs.disk.clone();
        let folder = target.parent().unwrap_or(&self.blobs.folder).to_owned();
        if disk.exists(target) && disk.open(target, false)?.size()? == self.bytes {
            // The same file again. Its folder may not have been synced by whoever put it first.
            return disk.sync_folder(&folder);
        }
        self.file.sync_data()?;
        disk.create_folder(&folder)?;
        disk.rename(&self.path, target)?;
        self.named = true;
        disk.sync_folder(&folder)
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if !self.named {
            // A leftover is removed at the next start at the latest.
            let _leftover = self.blobs.disk.remove(&self.path);
        }
    }
}
