//! The disk as the journal sees it, and the real one.
//!
//! Everything the journal, the blobs and the backups do to files goes through [`Disk`], so that the
//! simulated disk can lose, tear and spoil it. Must never know what is inside a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes of a long file between two syncs.
const SYNC_EVERY_BYTES: u64 = 1 << 20;

/// One open file.
pub trait DiskFile: Send + Sync {
    /// Reads up to `buffer.len()` bytes at `offset`; fewer only at the end of the file.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all of `bytes` at `offset`. Not durable before [`DiskFile::sync_data`].
    ///
    /// # Errors
    /// Whatever the disk says; part of the bytes may have been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes everything written so far durable, the file's size included.
    ///
    /// # Errors
    /// After an error nothing is known about what is on the disk: the process must end.
    fn sync_data(&self) -> io::Result<()>;
    /// Bytes in the file.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn size(&self) -> io::Result<u64>;
    /// Cuts or extends the file (with zeros) to `bytes`.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn set_size(&self, bytes: u64) -> io::Result<()>;
}

/// A place for files.
pub trait Disk: Send + Sync {
    /// Creates a file that does not exist yet. The name is durable after [`Disk::sync_folder`].
    ///
    /// # Errors
    /// `AlreadyExists`, or whatever the disk says.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens an existing file for reading, and for writing where `write` is set.
    ///
    /// # Errors
    /// `NotFound`, or whatever the disk says.
    fn open(&self, path: &Path, write: bool) -> io::Result<Box<dyn DiskFile>>;
    /// Names of the files in `folder` (no folders), sorted.
    ///
    /// # Errors
    /// `NotFound`, or whatever the disk says.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// Names of the folders in `folder`, sorted.
    ///
    /// # Errors
    /// `NotFound`, or whatever the disk says.
    fn list_folders(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// Creates `folder` and its parents where they are missing, durably.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;
    /// Renames a file, replacing the target. Durable after [`Disk::sync_folder`].
    ///
    /// # Errors
    /// Whatever the disk says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file. Durable after [`Disk::sync_folder`].
    ///
    /// # Errors
    /// `NotFound`, or whatever the disk says.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes creations, renames and removals in `folder` durable.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Bytes free for us on the disk of `folder`.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn free_bytes(&self, folder: &Path) -> io::Result<u64>;
    /// Whether a file of this name exists.
    fn exists(&self, path: &Path) -> bool;
}

/// The machine's disk.
#[derive(Debug, Default, Clone, Copy)]
pub struct RealDisk;

struct RealFile(File);

impl DiskFile for RealFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match self.0.read_at(&mut buffer[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }
    fn size(&self) -> io::Result<u64> {
        self.0.metadata().map(|metadata| metadata.len())
    }
    fn set_size(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }
}

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        Ok(Box::new(RealFile(file)))
    }
    fn open(&self, path: &Path, write: bool) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(write).open(path)?;
        Ok(Box::new(RealFile(file)))
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        names(folder, |kind| kind.is_file())
    }
    fn list_folders(&self, folder: &Path) -> io::Result<Vec<String>> {
        names(folder, |kind| kind.is_dir())
    }
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
        if let Some(parent) = parent {
            self.create_folder(parent)?;
        }
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        self.sync_folder(parent.unwrap_or_else(|| Path::new(".")))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }
    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        let space = rustix::fs::statvfs(folder)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }
    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }
}

/// Reads a file of a [`Disk`] from its beginning, or a part of it.
pub struct DiskReader {
    file: Box<dyn DiskFile>,
    offset: u64,
    end: u64,
}

impl DiskReader {
    /// Reads `file` up to `end`, at most to its end.
    #[must_use]
    pub fn new(file: Box<dyn DiskFile>, end: u64) -> Self {
        Self { file, offset: 0, end }
    }
}

impl Read for DiskReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let count = self.file.read_at(&mut buffer[..wanted], self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

/// Writes a file of a [`Disk`] from its beginning.
pub struct DiskWriter {
    file: Box<dyn DiskFile>,
    offset: u64,
    synced: u64,
}

impl DiskWriter {
    /// Writes `file` from its beginning.
    #[must_use]
    pub fn new(file: Box<dyn DiskFile>) -> Self {
        Self { file, offset: 0, synced: 0 }
    }

    /// Makes everything written durable; returns the bytes written.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn finish(self) -> io::Result<u64> {
        self.file.sync_data()?;
        Ok(self.offset)
    }
}

impl Write for DiskWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(bytes, self.offset)?;
        self.offset += bytes.len() as u64;
        // In small portions: the journal's own sync would wait behind one large one.
        if self.offset - self.synced >= SYNC_EVERY_BYTES {
            self.file.sync_data()?;
            self.synced = self.offset;
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn names(folder: &Path, wanted: fn(&fs::FileType) -> bool) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if wanted(&entry.file_type()?)
            && let Ok(name) = entry.file_name().into_string()
        {
            found.push(name);
        }
    }
    found.sort_unstable();
    Ok(found)
}
