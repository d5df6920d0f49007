//! Which bytes of which segment files hold a log up to a given frame: what a backup copies.

use super::error::{Damage, LogError};
use super::format::{Chain, FRAME_PREFIX_BYTES};
use super::reader::Reader;
use super::scan::{read_segment, segment_name, segment_seqs};
use super::tail::Tail;
use std::path::PathBuf;

/// One segment file as far as it belongs to a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentExport {
    /// The file.
    pub path: PathBuf,
    /// Its first frame.
    pub first_seq: u64,
    /// Bytes from its beginning that belong to the copy.
    pub bytes: u64,
    /// Bytes that the file must have to be opened: the rest is zeros.
    pub file_bytes: u64,
    /// The hash chain after its last frame, when the file never changes again.
    pub sealed: Option<Chain>,
}

/// The files that hold all frames up to `seq`, in order, and the hash chain after `seq`.
///
/// # Errors
/// [`LogError`] when the log cannot be read, or has no durable frame `seq`.
pub fn segments_through(tail: &Tail, seq: u64) -> Result<(Vec<SegmentExport>, Chain), LogError> {
    let read = |source| LogError::Read { path: tail.folder().to_owned(), source };
    if seq > tail.head() {
        let reason = format!("frame {seq} is not durable yet");
        return Err(read(std::io::Error::other(reason)));
    }
    let mut seqs = segment_seqs(tail.disk(), tail.folder()).map_err(read)?;
    // A segment that begins behind `seq` is not part of the copy, unless the log is empty.
    let first = seqs.first().copied().unwrap_or(1);
    let beyond = seqs.iter().copied().find(|first_seq| *first_seq > seq.max(first));
    seqs.retain(|first_seq| *first_seq <= seq.max(first));
    let mut exports = Vec::with_capacity(seqs.len());
    for (place, first_seq) in seqs.iter().enumerate() {
        let path = tail.folder().join(segment_name(*first_seq));
        let segment = read_segment(tail.disk(), &path, *first_seq).map_err(as_damage)?;
        let next = seqs.get(place + 1).copied().or(beyond.filter(|next| *next == seq + 1));
        let sealed = match next {
            Some(next) => {
                let next_path = tail.folder().join(segment_name(next));
                Some(read_segment(tail.disk(), &next_path, next).map_err(as_damage)?.header.chain)
            }
            None => None,
        };
        let file_bytes = segment.header.segment_bytes;
        let bytes = file_bytes;
        exports.push(SegmentExport { path, first_seq: *first_seq, bytes, file_bytes, sealed });
    }
    let Some(last) = exports.last_mut() else {
        return Err(read(std::io::Error::other("the log has no segments")));
    };
    let (end, chain) = end_of(tail, last.first_seq, seq)?;
    if last.sealed.is_none() {
        last.bytes = end;
    }
    Ok((exports, chain))
}

/// Where frame `seq` ends in the segment that begins with `first_seq`, and the chain after it.
fn end_of(tail: &Tail, first_seq: u64, seq: u64) -> Result<(u64, Chain), LogError> {
    let mut reader = Reader::open(tail, first_seq)?;
    let mut end = super::format::SEGMENT_HEADER_BYTES as u64;
    while reader.next_seq() <= seq {
        let Some(frame) = reader.next_frame()? else {
            break;
        };
        let bytes = FRAME_PREFIX_BYTES + frame.header.len() + frame.body.len();
        end = frame.position.offset + bytes as u64;
    }
    Ok((end, reader.hash_chain()))
}

fn as_damage(error: super::OpenError) -> LogError {
    match error {
        super::OpenError::Damage(damage) => LogError::Damage(damage),
        super::OpenError::Io { path, source } => LogError::Read { path, source },
        other => LogError::Damage(Damage {
            file: PathBuf::new(),
            offset: 0,
            first_seq: 0,
            last_seq: 0,
            what: other.to_string(),
        }),
    }
}
