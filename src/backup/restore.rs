//! Restoring a snapshot, and proving that it can be restored.

use super::manifest::{Entry, Manifest, Verified};
use super::{BackupError, Backups, Progress, io_error, object};
use std::collections::BTreeSet;
use std::path::{Component, Path};
use std::str::FromStr;

/// What rebuilding a restored data folder gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// The last frame replayed.
    pub seq: u64,
    /// The hash chain after it.
    pub chain: [u8; 32],
    /// The digest of the state, hexadecimal.
    pub digest: String,
}

/// Where a restored box is rebuilt to be looked at and thrown away.
#[derive(Debug, Clone, Copy)]
pub struct Scratch<'a> {
    /// An empty or missing folder.
    pub folder: &'a Path,
    /// Bytes that must stay free on its disk.
    pub reserve_bytes: u64,
}

/// A rebuild lays the journal aside in parts and writes the view beside them.
const REBUILD_TIMES_JOURNAL: u64 = 2;

impl Backups {
    /// Restores the snapshot `name` into `target`, which must be empty or missing. `identity`
    /// (`AGE-SECRET-KEY-1…`) is needed when the snapshot is encrypted.
    ///
    /// # Errors
    /// [`BackupError`]; on damage the files restored so far stay in `target` for a look.
    pub fn restore(
        &self,
        name: &str,
        identity: Option<&str>,
        target: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Manifest, BackupError> {
        let _turn = self.turn()?;
        let needed = self.get(name)?.manifest.files.iter().map(bytes_on_disk).sum();
        let target = Scratch { folder: target, reserve_bytes: 0 };
        self.has_room(target, needed)?;
        self.restore_into(name, identity, target, progress)
    }

    /// Restores the snapshot `name` into the folder `scratch`, lets `rebuild` replay it, compares
    /// the outcome with the manifest and removes `scratch` again. A success is kept with the snapshot.
    ///
    /// # Errors
    /// [`BackupError::NoRoom`] before anything is written where the disk would get below the reserve,
    /// and later when others fill it meanwhile; [`BackupError::Differs`] names what is not the same;
    /// else as [`Backups::restore`].
    pub fn verify(
        &self,
        name: &str,
        identity: Option<&str>,
        scratch: Scratch<'_>,
        rebuild: &mut dyn FnMut(&Path) -> Result<Rebuilt, String>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Verified, BackupError> {
        let _turn = self.turn()?;
        let folder = scratch.folder;
        if folder.exists() && !self.is_empty(folder)? {
            // What lies there is not ours to remove.
            return Err(BackupError::NotEmpty(folder.to_owned()));
        }
        let files = self.get(name)?.manifest.files;
        let journal = files.iter().filter(|file| file.path.starts_with("journal/"));
        let rebuilding = REBUILD_TIMES_JOURNAL * journal.map(|file| file.bytes).sum::<u64>();
        let restoring: u64 = files.iter().map(bytes_on_disk).sum();
        self.has_room(scratch, restoring + rebuilding)?;
        let restored = self.restore_into(name, identity, scratch, progress);
        let outcome = restored.and_then(|manifest| {
            self.has_room(scratch, rebuilding)?;
            let rebuilt = rebuild(folder).map_err(|what| BackupError::Differs { what })?;
            compare(&manifest, &rebuilt)?;
            Ok(rebuilt)
        });
        let removed = std::fs::remove_dir_all(folder);
        let rebuilt = outcome?;
        removed.map_err(|error| io_error(folder, error))?;
        let verified = Verified {
            at: self.clock.now().to_rfc3339(),
            digest: rebuilt.digest,
            seq: rebuilt.seq,
        };
        let bytes = serde_json::to_vec(&verified).map_err(|error| BackupError::Manifest {
            name: name.to_owned(),
            what: error.to_string(),
        })?;
        self.write_small(&self.snapshots().join(format!("{name}.verified")), &bytes)?;
        Ok(verified)
    }

    /// Whether `needed` bytes leave the reserve as it is.
    fn has_room(&self, scratch: Scratch<'_>, needed: u64) -> Result<(), BackupError> {
        let Scratch { folder, reserve_bytes: reserve } = scratch;
        // The folder itself may be missing yet.
        let existing = folder.ancestors().find(|place| place.is_dir()).unwrap_or(Path::new("."));
        let free = self.disk.free_bytes(existing).map_err(|error| io_error(folder, error))?;
        if free.saturating_sub(reserve) >= needed {
            return Ok(());
        }
        Err(BackupError::NoRoom { folder: folder.to_owned(), needed, free, reserve })
    }

    fn is_empty(&self, folder: &Path) -> Result<bool, BackupError> {
        let io = |error| io_error(folder, error);
        Ok(self.disk.list(folder).map_err(io)?.is_empty()
            && self.disk.list_folders(folder).map_err(io)?.is_empty())
    }

    fn restore_into(
        &self,
        name: &str,
        identity: Option<&str>,
        into: Scratch<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Manifest, BackupError> {
        let target = into.folder;
        let manifest = self.get(name)?.manifest;
        let identity = match (&manifest.recipient, identity) {
            (None, _) => None,
            (Some(_), None) => {
                return Err(BackupError::Key(
                    "the backup is encrypted and no key was given".into(),
                ));
            }
            (Some(_), Some(text)) => Some(
                age::x25519::Identity::from_str(text.trim())
                    .map_err(|reason| BackupError::Key(reason.to_owned()))?,
            ),
        };
        self.disk.create_folder(target).map_err(|error| io_error(target, error))?;
        if !self.is_empty(target)? {
            return Err(BackupError::NotEmpty(target.to_owned()));
        }
        let total = manifest.files.iter().map(|file| file.bytes).sum();
        let mut done = 0;
        let mut folders = BTreeSet::new();
        for file in &manifest.files {
            // Others write meanwhile.
            self.has_room(into, bytes_on_disk(file))?;
            let path = safe_path(target, &manifest, file)?;
            let folder = path.parent().unwrap_or(target).to_owned();
            if folders.insert(folder.clone()) {
                self.disk.create_folder(&folder).map_err(|error| io_error(&folder, error))?;
            }
            self.restore_file(file, &path, identity.as_ref(), &mut |bytes| {
                done += bytes;
                progress(Progress { done, total });
            })?;
        }
        for folder in folders {
            self.disk.sync_folder(&folder).map_err(|error| io_error(&folder, error))?;
        }
        Ok(manifest)
    }

    fn restore_file(
        &self,
        file: &Entry,
        path: &Path,
        identity: Option<&age::x25519::Identity>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), BackupError> {
        let damaged =
            || BackupError::Damaged { object: file.object.clone(), path: file.path.clone() };
        let source = self.object(&file.object);
        let found = object::hash(self.disk.as_ref(), &source).map_err(|_| damaged())?;
        if found != file.object_blake3 {
            return Err(damaged());
        }
        let fetched =
            object::fetch(self.disk.as_ref(), &source, path, file.file_bytes, identity, progress);
        match fetched {
            Ok((bytes, hash)) if bytes == file.bytes && hash == file.blake3 => Ok(()),
            // A spoilt byte shows in the decoder or in the hash; a failing target is another thing.
            Ok(_) => Err(damaged()),
            Err(BackupError::Io { path, .. }) if path == source => Err(damaged()),
            Err(other) => Err(other),
        }
    }
}

fn bytes_on_disk(file: &Entry) -> u64 {
    file.bytes.max(file.file_bytes)
}

/// Where a file goes. A manifest that leads out of the folder is refused.
fn safe_path(
    target: &Path,
    manifest: &Manifest,
    file: &Entry,
) -> Result<std::path::PathBuf, BackupError> {
    let relative = Path::new(&file.path);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let object = Path::new(&file.object).components().count() == 1 && !file.object.starts_with('.');
    if file.path.is_empty() || !plain || !object {
        return Err(BackupError::Manifest {
            name: manifest.name.clone(),
            what: format!("it names a file outside of the data folder: {}", file.path),
        });
    }
    Ok(target.join(relative))
}

fn compare(manifest: &Manifest, rebuilt: &Rebuilt) -> Result<(), BackupError> {
    let differs = |what: String| Err(BackupError::Differs { what });
    if rebuilt.seq != manifest.seq {
        return differs(format!("it ends at frame {}, not at {}", rebuilt.seq, manifest.seq));
    }
    if data_encoding::HEXLOWER.encode(&rebuilt.chain) != manifest.chain {
        return differs(format!("the hash chain at frame {} is another one", manifest.seq));
    }
    if rebuilt.digest != manifest.digest {
        return differs(format!(
            "the digest of the state at frame {} is another one",
            manifest.seq
        ));
    }
    Ok(())
}
