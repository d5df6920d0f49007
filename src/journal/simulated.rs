//! [`SimulatedDisk`]: a disk in memory that fails as real disks do, reproducibly from a seed.
//!
//! Faults that are **legal**, and that every user of [`Disk`] must survive without losing what was
//! synced:
//! - At a power loss ([`SimulatedDisk::crash`]) each unsynced write survives whole, not at all, or in
//!   any subset of its 512-byte sectors; one sector may be torn at any byte.
//! - At a power loss a change of a file's size that was not synced may be lost; so may any suffix of
//!   the creations, renames and removals in a folder since that folder was last synced.
//! - When a process is killed ([`SimulatedDisk::kill`]) everything written is there, synced or not.
//! - The disk may be full: a write that would grow a file, or a creation, fails and changes nothing.
//! - A sync may fail: then what it should have made durable may be lost at the next power loss, even
//!   if a later sync succeeds.
//!
//! Faults that are **not** legal and must be noticed, not survived: bytes that change after they
//! were synced ([`SimulatedDisk::flip_bit`], [`SimulatedDisk::truncate`]), files that disappear.
//!
//! Contents that were synced and not written since never change by themselves.

use super::disk::{Disk, DiskFile};
use crate::base::ids::splitmix;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const SECTOR_BYTES: usize = 512;

#[derive(Clone, Default)]
struct Contents {
    /// What the processes see.
    current: Vec<u8>,
    /// What survives a power loss for certain.
    durable: Vec<u8>,
    /// Unsynced writes, as (offset, length) in order.
    pending: Vec<(usize, usize)>,
    /// Writes that a failed sync gave up.
    forsaken: Vec<(usize, usize)>,
}

#[derive(Clone)]
enum Change {
    Put(PathBuf, u64),
    Remove(PathBuf),
    /// From, to, file. One step: a crash finds the old name or the new one, never both or none.
    Rename(PathBuf, PathBuf, u64),
}

impl Change {
    fn folder(&self) -> Option<&Path> {
        match self {
            Self::Put(path, _) | Self::Remove(path) | Self::Rename(_, path, _) => path.parent(),
        }
    }
}

#[derive(Clone, Default)]
struct State {
    files: BTreeMap<u64, Contents>,
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    changes: Vec<Change>,
    folders: BTreeSet<PathBuf>,
    next_file: u64,
    capacity: Option<u64>,
    syncs: u64,
    failing_sync: Option<u64>,
    random: u64,
}

impl State {
    fn used(&self) -> u64 {
        self.names
            .values()
            .filter_map(|id| self.files.get(id))
            .map(|f| f.current.len() as u64)
            .sum()
    }

    fn check_room(&self, more: u64) -> io::Result<()> {
        match self.capacity {
            Some(capacity) if self.used() + more > capacity => {
                Err(io::Error::new(io::ErrorKind::StorageFull, "the simulated disk is full"))
            }
            _ => Ok(()),
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = bound.max(1) as u64;
        usize::try_from(splitmix(&mut self.random) % bound).unwrap_or(0)
    }

    fn find(&self, path: &Path) -> io::Result<u64> {
        self.names.get(path).copied().ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("{} is not there", path.display()))
        })
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.names, &change);
        self.changes.push(change);
    }
}

fn apply(names: &mut BTreeMap<PathBuf, u64>, change: &Change) {
    match change {
        Change::Put(path, id) => {
            names.insert(path.clone(), *id);
        }
        Change::Remove(path) => {
            names.remove(path);
        }
        Change::Rename(from, to, id) => {
            names.remove(from);
            names.insert(to.clone(), *id);
        }
    }
}

/// A disk in memory. Clones are the same disk.
#[derive(Clone)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

impl std::fmt::Debug for SimulatedDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SimulatedDisk({} files)", self.lock().names.len())
    }
}

struct SimulatedFile {
    state: Arc<Mutex<State>>,
    id: u64,
}

impl SimulatedDisk {
    /// An empty disk whose faults follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let state = State { random: seed, next_file: 1, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The disk as it is found after a power loss now. This disk stays as it is.
    #[must_use]
    pub fn crash(&self) -> Self {
        let mut state = self.lock();
        let kept = state.changes.len() - {
            let count = state.changes.len();
            state.below(count + 1)
        };
        let mut names = state.durable_names.clone();
        for change in &state.changes[..kept] {
            apply(&mut names, change);
        }
        let mut files = BTreeMap::new();
        for id in names.values() {
            let contents = state.files.get(id).cloned().unwrap_or_default();
            let found = after_power_loss(&mut state, &contents);
            files.insert(
                *id,
                Contents { durable: found.clone(), current: found, ..Contents::default() },
            );
        }
        let random = splitmix(&mut state.random);
        let found = State {
            files,
            durable_names: names.clone(),
            names,
            folders: state.folders.clone(),
            next_file: state.next_file,
            capacity: state.capacity,
            random,
            ..State::default()
        };
        Self { state: Arc::new(Mutex::new(found)) }
    }

    /// The disk as another process finds it after this one was killed: everything written is there,
    /// and what was not synced still is not.
    #[must_use]
    pub fn kill(&self) -> Self {
        let state = self.lock().clone();
        Self { state: Arc::new(Mutex::new(State { failing_sync: None, ..state })) }
    }

    /// Lets the disk hold at most `bytes`; without a number it is endless.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.lock().capacity = bytes;
    }

    /// Bytes of all files.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.lock().used()
    }

    /// Lets the sync after the next `count` syncs fail, once.
    pub fn fail_sync_after(&self, count: u64) {
        let mut state = self.lock();
        state.failing_sync = Some(state.syncs + count);
    }

    /// Syncs so far.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.lock().syncs
    }

    /// Spoils one bit of a file, on the disk and in memory.
    ///
    /// # Errors
    /// `NotFound` when there is no such file or byte.
    pub fn flip_bit(&self, path: &Path, offset: usize, bit: u8) -> io::Result<()> {
        let mut state = self.lock();
        let id = state.find(path)?;
        let contents = state.files.entry(id).or_default();
        let mask = 1_u8 << (bit % 8);
        let byte = contents.current.get_mut(offset).ok_or(io::ErrorKind::NotFound)?;
        *byte ^= mask;
        if let Some(byte) = contents.durable.get_mut(offset) {
            *byte ^= mask;
        }
        Ok(())
    }

    /// Cuts a file short, on the disk and in memory.
    ///
    /// # Errors
    /// `NotFound` when there is no such file.
    pub fn truncate(&self, path: &Path, bytes: usize) -> io::Result<()> {
        let mut state = self.lock();
        let id = state.find(path)?;
        let contents = state.files.entry(id).or_default();
        contents.current.truncate(bytes);
        contents.durable.truncate(bytes);
        contents.pending.retain(|(offset, length)| offset + length <= bytes);
        Ok(())
    }

    /// All of a file as a process sees it.
    ///
    /// # Errors
    /// `NotFound` when there is no such file.
    pub fn contents(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = self.lock();
        let id = state.find(path)?;
        Ok(state.files.get(&id).map(|contents| contents.current.clone()).unwrap_or_default())
    }
}

/// What a power loss leaves of one file.
fn after_power_loss(state: &mut State, contents: &Contents) -> Vec<u8> {
    let mut found = contents.durable.clone();
    let unsynced = contents.forsaken.iter().chain(&contents.pending);
    for (offset, length) in unsynced {
        let (mut at, end) = (*offset, (*offset + *length).min(contents.current.len()));
        // Whole, not at all, or sector by sector.
        let fate = state.below(4);
        let torn = state.below(length.div_ceil(SECTOR_BYTES));
        let mut sector = 0;
        while at < end {
            let sector_end = ((at / SECTOR_BYTES + 1) * SECTOR_BYTES).min(end);
            let survives = match fate {
                0 => false,
                1 => true,
                _ => state.below(2) == 0,
            };
            let upto = match fate {
                3 if sector == torn => at + state.below(sector_end - at + 1),
                _ => sector_end,
            };
            if survives && upto > at {
                if found.len() < upto {
                    found.resize(upto, 0);
                }
                found[at..upto].copy_from_slice(&contents.current[at..upto]);
            }
            at = sector_end;
            sector += 1;
        }
    }
    found
}

impl SimulatedFile {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DiskFile for SimulatedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.lock();
        let Some(contents) = state.files.get(&self.id) else {
            return Ok(0);
        };
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let Some(rest) = contents.current.get(start..) else {
            return Ok(0);
        };
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.lock();
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start + bytes.len();
        let size = state.files.get(&self.id).map_or(0, |contents| contents.current.len());
        if end > size {
            state.check_room((end - size) as u64)?;
        }
        let contents = state.files.entry(self.id).or_default();
        if end > size {
            contents.current.resize(end, 0);
        }
        contents.current[start..end].copy_from_slice(bytes);
        contents.pending.push((start, bytes.len()));
        Ok(())
    }
    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.lock();
        let number = state.syncs;
        state.syncs += 1;
        let failing = state.failing_sync == Some(number);
        let Some(contents) = state.files.get_mut(&self.id) else {
            return Ok(());
        };
        let pending = std::mem::take(&mut contents.pending);
        if failing {
            // As after a failed fsync on Linux: the pages count as clean and are never written.
            contents.forsaken.extend(pending);
            return Err(io::Error::other("the simulated disk failed a sync"));
        }
        let size = contents.current.len();
        contents.durable.resize(size, 0);
        for (start, length) in pending {
            let end = (start + length).min(size);
            let start = start.min(end);
            contents.durable[start..end].copy_from_slice(&contents.current[start..end]);
        }
        Ok(())
    }
    fn size(&self) -> io::Result<u64> {
        Ok(self.lock().files.get(&self.id).map_or(0, |contents| contents.current.len() as u64))
    }
    fn set_size(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.lock();
        let bytes = usize::try_from(bytes).map_err(io::Error::other)?;
        let size = state.files.get(&self.id).map_or(0, |contents| contents.current.len());
        if bytes > size {
            state.check_room((bytes - size) as u64)?;
        }
        state.files.entry(self.id).or_default().current.resize(bytes, 0);
        Ok(())
    }
}

impl Disk for SimulatedDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.lock();
        if state.names.contains_key(path) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the file is already there"));
        }
        state.check_room(1)?;
        let id = state.next_file;
        state.next_file += 1;
        state.files.insert(id, Contents::default());
        state.change(Change::Put(path.to_owned(), id));
        Ok(Box::new(SimulatedFile { state: self.state.clone(), id }))
    }
    fn open(&self, path: &Path, _write: bool) -> io::Result<Box<dyn DiskFile>> {
        let id = self.lock().find(path)?;
        Ok(Box::new(SimulatedFile { state: self.state.clone(), id }))
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let state = self.lock();
        let inside = state.names.keys().filter(|path| path.parent() == Some(folder));
        let name = |path: &PathBuf| Some(path.file_name()?.to_str()?.to_owned());
        Ok(inside.filter_map(name).collect())
    }
    fn list_folders(&self, folder: &Path) -> io::Result<Vec<String>> {
        let state = self.lock();
        let inside = state.folders.iter().filter(|path| path.parent() == Some(folder));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.folders.extend(folder.ancestors().map(Path::to_owned));
        Ok(())
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        let id = state.find(from)?;
        state.change(Change::Rename(from.to_owned(), to.to_owned(), id));
        Ok(())
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.find(path)?;
        state.change(Change::Remove(path.to_owned()));
        Ok(())
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock();
        let changes = std::mem::take(&mut state.changes);
        for change in changes {
            if change.folder() == Some(folder) {
                apply(&mut state.durable_names, &change);
            } else {
                state.changes.push(change);
            }
        }
        Ok(())
    }
    fn free_bytes(&self, _folder: &Path) -> io::Result<u64> {
        let state = self.lock();
        Ok(state.capacity.map_or(u64::MAX / 2, |capacity| capacity.saturating_sub(state.used())))
    }
    fn exists(&self, path: &Path) -> bool {
        self.lock().names.contains_key(path)
    }
}
