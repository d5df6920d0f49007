//! Two small notes beside sled's files: how far they were flushed, and that they stopped answering.
//!
//! sled takes a shortened metadata file for a torn tail and opens an older state of the tree over
//! leaves that were overwritten since: the tree then spins for ever, or answers with rows of two
//! ages. A view that stands before its last flush is therefore not used but rebuilt. Must never be
//! trusted for more than that: a note that is missing or old only means that less is checked.

use std::io;
use std::path::Path;

const FLUSHED: &str = "flushed";
const STUCK: &str = "stuck";

fn unreadable() -> io::Error {
    io::Error::other("the note of the last flush does not read")
}

/// Notes that everything up to frame `seq` was flushed.
///
/// # Errors
/// When the note cannot be written; the one before stays and stays true.
pub fn note_flushed(folder: &Path, seq: u64) -> io::Result<()> {
    let next = folder.join("flushed.next");
    let number = seq.to_be_bytes();
    let mut bytes = number.to_vec();
    bytes.extend_from_slice(&crc32c::crc32c(&number).to_be_bytes());
    std::fs::write(&next, bytes)?;
    std::fs::rename(&next, folder.join(FLUSHED))
}

/// The frame up to which everything was flushed; `None` when nothing was noted.
///
/// # Errors
/// When the note is spoilt.
pub fn flushed(folder: &Path) -> io::Result<Option<u64>> {
    let bytes = match std::fs::read(folder.join(FLUSHED)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let (number, sum) = bytes.split_first_chunk::<8>().ok_or_else(unreadable)?;
    if sum != crc32c::crc32c(number).to_be_bytes() {
        return Err(unreadable());
    }
    Ok(Some(u64::from_be_bytes(*number)))
}

/// Notes that the files in `folder` stopped answering: whoever opens them next builds them anew.
///
/// # Errors
/// When the note cannot be written.
pub fn mark_stuck(folder: &Path) -> io::Result<()> {
    std::fs::write(folder.join(STUCK), [])
}

/// Whether the files in `folder` stopped answering the last time.
#[must_use]
pub fn is_stuck(folder: &Path) -> bool {
    folder.join(STUCK).exists()
}
