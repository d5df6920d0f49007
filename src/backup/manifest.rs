//! What a snapshot says of itself: [`Manifest`], a small JSON file that names everything else.

use super::BackupError;
use crate::base::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The newest format of a manifest that this program writes and reads.
pub const FORMAT: u32 = 1;

/// A point of the journal, given by whoever holds the state at that point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The last frame that belongs to the snapshot.
    pub seq: u64,
    /// The state's digest after that frame, hexadecimal.
    pub digest: String,
}

/// The request that a snapshot answers; hexadecimal, and nobody's secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Identity of the command.
    pub id: String,
    /// Hash of what was asked.
    pub body: String,
}

/// One file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Where it goes in the data folder, with forward slashes.
    pub path: String,
    /// Bytes of the file that are kept.
    pub bytes: u64,
    /// Bytes of the whole file: what is not kept is zeros.
    pub file_bytes: u64,
    /// blake3 of the kept bytes, hexadecimal.
    pub blake3: String,
    /// The archive's file that holds them.
    pub object: String,
    /// Bytes of that file.
    pub object_bytes: u64,
    /// blake3 of that file, hexadecimal.
    pub object_blake3: String,
    /// The hash chain after the segment, when it never changes again.
    pub sealed: Option<String>,
}

/// One snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format of this file.
    pub format: u32,
    /// Name of the snapshot.
    pub name: String,
    /// When it was taken, RFC 3339.
    pub created_at: String,
    /// The last frame of the journal in it.
    pub seq: u64,
    /// The journal's hash chain after that frame, hexadecimal.
    pub chain: String,
    /// The state's digest after that frame, hexadecimal.
    pub digest: String,
    /// The snapshot whose files it shares.
    pub incremental_of: Option<String>,
    /// The age recipient it is encrypted for.
    pub recipient: Option<String>,
    /// Bytes that it added to the archive.
    pub added_bytes: u64,
    /// The request that it answers, so that a repeat takes no second one; snapshots of before know
    /// none.
    #[serde(default)]
    pub asked: Option<Asked>,
    /// All its files.
    pub files: Vec<Entry>,
}

/// What a successful check of a snapshot left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// When, RFC 3339.
    pub at: String,
    /// The digest of the rebuilt state.
    pub digest: String,
    /// Frames that were replayed.
    pub seq: u64,
}

/// A snapshot as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its manifest.
    pub manifest: Manifest,
    /// Bytes of all files that it needs.
    pub bytes: u64,
    /// The last successful check.
    pub verified: Option<Verified>,
}

impl Manifest {
    /// The manifest as a file: JSON in one line, then its blake3.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, BackupError> {
        let mut bytes = serde_json::to_vec(self).map_err(|error| BackupError::Manifest {
            name: self.name.clone(),
            what: error.to_string(),
        })?;
        let hash = blake3::hash(&bytes).to_hex();
        bytes.push(b'\n');
        bytes.extend_from_slice(hash.as_bytes());
        bytes.push(b'\n');
        Ok(bytes)
    }

    pub(super) fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, BackupError> {
        let fault =
            |what: &str| BackupError::Manifest { name: name.to_owned(), what: what.to_owned() };
        let text = std::str::from_utf8(bytes).map_err(|_| fault("it is not text"))?;
        let (json, hash) = text.split_once('\n').ok_or_else(|| fault("it is cut short"))?;
        if blake3::hash(json.as_bytes()).to_hex().as_str() != hash.trim_end() {
            return Err(fault("its checksum does not match"));
        }
        let manifest: Self = serde_json::from_str(json).map_err(|error| {
            fault(&format!("this program cannot read it ({error}); a newer one may"))
        })?;
        if manifest.format > FORMAT || manifest.name != name {
            return Err(fault("it has a newer format or another name"));
        }
        Ok(manifest)
    }

    /// The instant it was taken; the epoch when it cannot be read.
    pub(super) fn taken_at(&self) -> Timestamp {
        Timestamp::parse_rfc3339(&self.created_at).unwrap_or_default()
    }
}
