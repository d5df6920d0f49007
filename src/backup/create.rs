//! Taking a snapshot while the box serves.

use super::manifest::{Asked, Entry, FORMAT, Manifest, Point};
use super::{BackupError, Backups, OBJECTS, Progress, io_error, object};
use crate::blobs::{BlobError, Blobs};
use crate::journal::{LogError, Tail, segments_through};
use crate::telemetry::points;
use data_encoding::HEXLOWER;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One log of the box.
#[derive(Debug, Clone)]
pub struct LogSource {
    /// Its folder in the data folder, for instance `journal`.
    pub folder: String,
    /// Its end.
    pub tail: Tail,
}

/// What a snapshot is taken of.
#[derive(Debug, Clone)]
pub struct Source {
    /// The journal.
    pub journal: LogSource,
    /// The other logs; each goes into the snapshot as far as it is durable.
    pub logs: Vec<LogSource>,
    /// The blobs and their folder in the data folder.
    pub blobs: Option<(String, Blobs)>,
    /// Single files: where each goes in the data folder, and where it is. Missing ones are left out.
    pub files: Vec<(String, PathBuf)>,
    /// The point of the journal; all blobs named up to it are on the disk.
    pub point: Point,
    /// The request that it answers, when that may be repeated.
    pub asked: Option<Asked>,
}

/// A file to be stored.
struct Wanted {
    path: String,
    source: PathBuf,
    bytes: u64,
    file_bytes: u64,
    /// The hash chain after a full segment, or the hash of a blob: the file never changes again.
    unchanging: Option<String>,
}

impl Backups {
    /// Takes a snapshot of `source`. Whatever the snapshot before holds already is shared.
    ///
    /// # Errors
    /// [`BackupError`]; no snapshot appears and nothing else changes.
    pub fn create(
        &self,
        source: &Source,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Manifest, BackupError> {
        let _turn = self.turn()?;
        let now = self.clock.now();
        let name = self.free_name(&now.to_utc().format("%Y%m%dT%H%M%SZ").to_string());
        let recipient = self.recipient.as_ref().map(ToString::to_string);
        // Only a snapshot for the same key can be shared with.
        let base = self.list()?.into_iter().find(|base| base.manifest.recipient == recipient);
        let (wanted, chain) = wanted(source)?;
        let old = base.as_ref().map_or(&[][..], |base| &base.manifest.files);
        let (files, added_bytes) = self.store_all(&wanted, old, progress)?;
        let shares = files.iter().any(|file| old.contains(file));
        let manifest = Manifest {
            format: FORMAT,
            name: name.clone(),
            created_at: now.to_rfc3339(),
            seq: source.point.seq,
            chain,
            digest: source.point.digest.clone(),
            incremental_of: base.filter(|_| shares).map(|base| base.manifest.name),
            recipient,
            added_bytes,
            asked: source.asked.clone(),
            files,
        };
        let path = self.snapshots().join(format!("{name}.json"));
        points::reached("snapshot_manifest");
        self.write_small(&path, &manifest.to_bytes()?)?;
        Ok(manifest)
    }

    /// Stores what is not among the `old` files yet; all entries, and the bytes that were added.
    fn store_all(
        &self,
        wanted: &[Wanted],
        old: &[Entry],
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(Vec<Entry>, u64), BackupError> {
        let mut known: BTreeMap<(&str, &str), &Entry> = BTreeMap::new();
        for file in old {
            if let Some(sealed) = &file.sealed {
                known.insert((&file.path, sealed), file);
            }
        }
        let shared = |file: &Wanted| -> Option<Entry> {
            let entry = *known.get(&(file.path.as_str(), file.unchanging.as_deref()?))?;
            let object = self.disk.open(&self.object(&entry.object), false).ok()?;
            (object.size().ok()? == entry.object_bytes).then(|| entry.clone())
        };
        let entries: Vec<Option<Entry>> = wanted.iter().map(shared).collect();
        let new = wanted.iter().zip(&entries).filter(|(_, entry)| entry.is_none());
        let total = new.map(|(file, _)| file.bytes).sum();
        let (mut done, mut added_bytes) = (0, 0);
        let mut files = Vec::with_capacity(wanted.len());
        for (file, entry) in wanted.iter().zip(entries) {
            if let Some(entry) = entry {
                files.push(entry);
                continue;
            }
            let entry = self.store(file, &mut |bytes| {
                done += bytes;
                progress(Progress { done, total });
            })?;
            added_bytes += entry.object_bytes;
            files.push(entry);
            points::reached("snapshot_object");
        }
        let objects = self.folder.join(OBJECTS);
        self.disk.sync_folder(&objects).map_err(|error| io_error(&objects, error))?;
        Ok((files, added_bytes))
    }

    fn free_name(&self, wished: &str) -> String {
        let free =
            |name: &String| !self.disk.exists(&self.snapshots().join(format!("{name}.json")));
        let numbered = (2_u32..).map(|number| format!("{wished}-{number}"));
        std::iter::once(wished.to_owned()).chain(numbered).find(free).unwrap_or_default()
    }

    /// Writes one file into the archive, under a name that follows from its contents.
    fn store(&self, file: &Wanted, progress: &mut dyn FnMut(u64)) -> Result<Entry, BackupError> {
        let part = self.object("new.part");
        if self.disk.exists(&part) {
            self.disk.remove(&part).map_err(|error| io_error(&part, error))?;
        }
        let recipient = self.recipient.as_ref();
        let stored = object::store(
            self.disk.as_ref(),
            &file.source,
            file.bytes,
            &part,
            recipient,
            progress,
        )?;
        if file.path.ends_with(&stored.blake3) || !is_blob_path(&file.path) {
            let suffix = if recipient.is_some() { "zst.age" } else { "zst" };
            let object = format!("{}.{suffix}", stored.object_blake3);
            let target = self.object(&object);
            self.disk.rename(&part, &target).map_err(|error| io_error(&target, error))?;
            return Ok(Entry {
                path: file.path.clone(),
                bytes: stored.bytes,
                file_bytes: file.file_bytes,
                blake3: stored.blake3,
                object,
                object_bytes: stored.object_bytes,
                object_blake3: stored.object_blake3,
                sealed: file.unchanging.clone(),
            });
        }
        // A spoilt blob must not become the only copy in the archive.
        let reason = "its bytes do not match its name; restore it from an older backup";
        Err(io_error(&file.source, std::io::Error::other(reason)))
    }
}

/// Blobs are the files whose name is their hash.
fn is_blob_path(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Everything that belongs into the snapshot, and the journal's chain at its point.
fn wanted(source: &Source) -> Result<(Vec<Wanted>, String), BackupError> {
    let mut wanted = Vec::new();
    let chain = log_files(&source.journal, source.point.seq, &mut wanted)?;
    for log in &source.logs {
        log_files(log, log.tail.head(), &mut wanted)?;
    }
    if let Some((folder, blobs)) = &source.blobs {
        let blob_error = |error: BlobError| match error {
            BlobError::Io { path, source } => BackupError::Io { path, source },
            other => io_error(blobs.folder(), std::io::Error::other(other.to_string())),
        };
        for hash in blobs.list().map_err(blob_error)? {
            let (_, bytes) = blobs.read(&hash).map_err(blob_error)?;
            let name = hash.to_string();
            wanted.push(Wanted {
                path: format!("{folder}/{}/{}/{name}", &name[..2], &name[2..4]),
                source: blobs.path(&hash),
                bytes,
                file_bytes: bytes,
                unchanging: Some(name),
            });
        }
    }
    for (path, file) in &source.files {
        let Ok(metadata) = std::fs::metadata(file) else {
            continue;
        };
        wanted.push(Wanted {
            path: path.clone(),
            source: file.clone(),
            bytes: metadata.len(),
            file_bytes: metadata.len(),
            unchanging: None,
        });
    }
    Ok((wanted, chain))
}

fn log_files(log: &LogSource, seq: u64, wanted: &mut Vec<Wanted>) -> Result<String, LogError> {
    let (segments, chain) = segments_through(&log.tail, seq)?;
    for segment in segments {
        let name = segment.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        wanted.push(Wanted {
            path: format!("{}/{name}", log.folder),
            source: Path::new(&segment.path).to_owned(),
            bytes: segment.bytes,
            file_bytes: segment.file_bytes,
            unchanging: segment.sealed.map(|chain| HEXLOWER.encode(&chain)),
        });
    }
    Ok(HEXLOWER.encode(&chain))
}
