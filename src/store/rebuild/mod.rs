//! Replaying frames of the journal into the view: catching up after a stop, and building anew
//! ([`build`]).
//!
//! To catch up, the calling thread reads and checks frames and cuts them into windows; two threads fold the
//! events of their share of the streams ([`fold`]); one writes the rows of each window in order of
//! their keys ([`write`]). A stream that many frames of a window touch is projected and written
//! once. The position is written last, after everything that it stands for.

mod build;
mod fold;
mod write;

pub use build::build;
#[cfg(test)]
pub(crate) use build::{Sizes, build_by};

use super::projection::Overlay;
use super::{Position, Row, Store, StoreError, VIEWS_VERSION, keys};
use crate::codec::frame::{self, CommandKey, FrameHeader};
use crate::codec::{self, DecodeError};
use crate::domain::{Counter, StreamId, StreamKind};
use crate::journal::{LogError, Tail};
use crossbeam_channel::{Sender, bounded};
use fold::{Folder, Handed, Work};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use write::Writer;

/// Threads that fold; the streams are dealt out to them.
const FOLDERS: usize = 2;
/// Frames handed over at once.
const FRAMES_PER_WORK: usize = 64;
/// Pieces of work that may wait for one folder.
const WORK_WAITING_MAX: usize = 16;
/// Windows that one folder may have waiting for the writer; each is held in memory.
const RUNS_WAITING_MAX: usize = 1;
/// A window weighs at least this many bytes: few frames wait for nobody.
const WINDOW_BYTES_MIN: usize = 8 << 20;
/// And at most this many: it is held in memory.
const WINDOW_BYTES_MAX: usize = 128 << 20;
/// A window is this part of what was folded before it: many rows then share a leaf.
const WINDOW_PART: usize = 4;
/// What a stream of a frame weighs beside its events.
const STREAM_BYTES: usize = 1 << 10;
/// What a byte of an event weighs once it is a state and rows.
const WEIGHT: usize = 4;

/// Why frames cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The journal does not read.
    #[error(transparent)]
    Journal(#[from] LogError),
    /// The view does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is laid aside beside the view could not be written or read.
    #[error("building the view needs about twice the journal's size of free disk beside it")]
    Scratch(#[source] std::io::Error),
    /// A frame does not decode.
    #[error("frame {seq} of the journal does not decode")]
    Frame {
        /// Its number.
        seq: u64,
        /// Why.
        #[source]
        source: DecodeError,
    },
}

impl ReplayError {
    /// Whether it is for want of room on the disk.
    #[must_use]
    pub fn is_storage_full(&self) -> bool {
        let (Self::Scratch(source) | Self::Store(StoreError::Broken(source))) = self else {
            return false;
        };
        source.kind() == std::io::ErrorKind::StorageFull
    }
}

/// What the view keeps of a command that carried an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRow {
    /// Hash of the request's body.
    pub body: [u8; 16],
    /// The frame it became.
    pub seq: u64,
    /// Streams and versions after it.
    pub streams: Vec<(StreamId, u64)>,
}

fn command_row(key: &CommandKey, seq: u64, header: &FrameHeader) -> Row {
    let streams = header.streams.iter().map(|row| (row.stream, row.version)).collect();
    let row = CommandRow { body: key.body, seq, streams };
    (keys::command(key.hour, &key.id), codec::encode(&row))
}

/// Writes a command's row.
pub fn write_command(overlay: &mut Overlay<'_>, key: &CommandKey, seq: u64, header: &FrameHeader) {
    let (key, value) = command_row(key, seq, header);
    overlay.put(key, value);
}

/// Brings the view from its position to the journal's durable head; `progress` is told the frame
/// that was read last. Nothing is flushed: a view that is cut off half-way is as it was.
///
/// # Errors
/// See [`ReplayError`]; the view is then failed, because closing it would flush what it half holds.
pub fn catch_up(
    store: &Store,
    tail: &Tail,
    progress: impl FnMut(u64),
) -> Result<Position, ReplayError> {
    catch_up_by(store, tail, progress, WINDOW_BYTES_MIN)
}

/// [`catch_up`] with windows of at least `window_bytes`.
pub(crate) fn catch_up_by(
    store: &Store,
    tail: &Tail,
    progress: impl FnMut(u64),
    window_bytes: usize,
) -> Result<Position, ReplayError> {
    let replayed = catch_unwind(AssertUnwindSafe(|| replay(store, tail, progress, window_bytes)));
    if !matches!(replayed, Ok(Ok(_))) {
        store.fail();
    }
    joined(replayed)
}

/// Whether the view's stored form is the one of this version.
///
/// # Errors
/// See [`StoreError`].
pub fn is_current(store: &Store) -> Result<bool, StoreError> {
    Ok(store.position()?.views == VIEWS_VERSION)
}

/// The digest of all heads, summed anew from the stored heads.
///
/// # Errors
/// See [`StoreError`].
pub fn digest_of_heads(store: &Store) -> Result<super::StateDigest, StoreError> {
    let mut digest = super::StateDigest::default();
    let mut prefixes = vec![keys::lanes()];
    for kind in StreamKind::ALL {
        let prefix = keys::heads_of(kind);
        if !prefixes.contains(&prefix) {
            prefixes.push(prefix);
        }
    }
    for prefix in prefixes {
        store.scan(&prefix, &prefix, |key, head| {
            if let Some(stream) = keys::stream_of_head(key) {
                digest.add(stream, head);
            }
            true
        })?;
    }
    Ok(digest)
}

/// Rows that belong to no stream: counters and commands.
#[derive(Default)]
struct Loose {
    counters: BTreeMap<Counter, u64>,
    /// Those that are still recognised: years of them would not fit into memory.
    commands: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The latest hour that a command was sent in.
    hour: u32,
}

impl Loose {
    fn take(&mut self, seq: u64, header: &FrameHeader) {
        for drawn in &header.drawn {
            self.counters.insert(drawn.counter, drawn.number);
        }
        if let Some(key) = &header.command {
            let (row, value) = command_row(key, seq, header);
            self.commands.insert(row, value);
            if key.hour > self.hour {
                self.hour = key.hour;
                let oldest = u64::from(key.hour).saturating_sub(keys::COMMAND_HOURS);
                self.commands = self.commands.split_off(&keys::commands_before(oldest));
            }
        }
    }

    fn rows(self) -> Vec<Row> {
        let counter = |(counter, number): (Counter, u64)| {
            (keys::counter(counter), number.to_le_bytes().into())
        };
        let mut rows: Vec<Row> = self.counters.into_iter().map(counter).collect();
        rows.extend(self.commands);
        rows
    }
}

fn replay(
    store: &Store,
    tail: &Tail,
    progress: impl FnMut(u64),
    window_bytes: usize,
) -> Result<Position, ReplayError> {
    let mut position = store.position()?;
    if position.seq >= tail.head() {
        return Ok(position);
    }
    let writer = Writer::new(store);
    let mut cutter = Cutter { loose: Loose::default(), bytes: 0, bytes_before: 0, window_bytes };
    std::thread::scope(|scope| {
        let (mut doors, mut folders, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        for share in 0..FOLDERS {
            let (door, work) = bounded(WORK_WAITING_MAX);
            let (runs_out, runs_in) = bounded(RUNS_WAITING_MAX);
            let folder = Folder::new(store, (share, FOLDERS), runs_out);
            folders.push(scope.spawn(move || folder.run(&work)));
            doors.push(door);
            runs.push(runs_in);
        }
        let writing = scope.spawn(move || writer.run(&runs));
        let read = cutter.read(tail, position.seq + 1, &doors, progress);
        drop(doors);
        // The first fault in the order of the work counts: the others follow from it.
        let mut folded = Ok(());
        for folder in folders {
            match joined(folder.join()) {
                Ok((digest, streams)) => {
                    position.digest.combine(digest);
                    position.streams.combine(streams);
                }
                Err(error) => folded = folded.and(Err(error)),
            }
        }
        let written = joined(writing.join());
        position.seq = read?;
        folded.and(written)
    })?;
    position.views = VIEWS_VERSION;
    let mut rows = cutter.loose.rows();
    rows.push((keys::POSITION.to_vec(), codec::encode(&position)));
    store.apply(rows, [])?;
    Ok(position)
}

fn joined<T>(joined: std::thread::Result<T>) -> T {
    joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Reads frames and cuts them into windows.
struct Cutter {
    loose: Loose,
    /// Weight of the window.
    bytes: usize,
    /// Weight of all windows before it.
    bytes_before: usize,
    /// The least weight of a window.
    window_bytes: usize,
}

impl Cutter {
    /// Reads the frames from `from` to the head and hands them to all folders; the last one's
    /// number.
    fn read(
        &mut self,
        tail: &Tail,
        from: u64,
        doors: &[Sender<Handed>],
        mut progress: impl FnMut(u64),
    ) -> Result<u64, ReplayError> {
        let mut reader = tail.read_from(from)?;
        let mut last = from - 1;
        loop {
            let mut works = Vec::with_capacity(FRAMES_PER_WORK);
            while works.len() < FRAMES_PER_WORK {
                let Some(frame) = reader.next_frame()? else {
                    break;
                };
                let seq = frame.seq;
                let undecoded = |source| ReplayError::Frame { seq, source };
                let header = frame::read_header(&frame.header).map_err(undecoded)?;
                self.loose.take(seq, &header);
                self.bytes += frame.body.len() * WEIGHT + header.streams.len() * STREAM_BYTES;
                last = seq;
                works.push(Work { seq, header, bodies: frame.body });
            }
            let (ended, works) = (works.is_empty(), Arc::new(works));
            let hand = |what: Handed| doors.iter().all(|door| door.send(what.clone()).is_ok());
            let mut taken = hand(Handed::Frames(works));
            let part = (self.bytes_before / WINDOW_PART).min(WINDOW_BYTES_MAX);
            if ended || self.bytes > part.max(self.window_bytes) {
                self.bytes_before += std::mem::take(&mut self.bytes);
                taken &= hand(Handed::EndOfWindow);
            }
            // A folder that takes no more has a fault, and that is the one that counts.
            if ended || !taken {
                return Ok(last);
            }
            progress(last);
        }
    }
}
