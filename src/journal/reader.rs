//! [`Reader`]: the frames of a log in order, fast, while the writer goes on.

use super::error::{Damage, LogError};
use super::format::{self, Chain, Parsed, SEGMENT_HEADER_BYTES};
use super::scan::{Window, read_segment, segment_name, segment_seqs};
use super::tail::Tail;
use bytes::Bytes;
use std::path::PathBuf;

/// Where a frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// First seq of the segment, which names its file.
    pub segment: u64,
    /// Byte offset in that file.
    pub offset: u64,
}

/// One frame. `header` and `body` are slices of a large chunk: copy what is kept for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// The writer's header.
    pub header: Bytes,
    /// The writer's body.
    pub body: Bytes,
    /// Where it stands.
    pub position: Position,
}

/// Reads frames in order, never beyond the durable head. After the last durable frame
/// [`Reader::next_frame`] gives none and goes on later.
pub struct Reader {
    tail: Tail,
    path: PathBuf,
    window: Window,
    segment: u64,
    offset: u64,
    next_seq: u64,
    /// The head when the window was filled: frames beyond it must be read again.
    filled_through: u64,
    /// Frames before this one are passed over: a segment can only be read from its beginning.
    skip_before: u64,
    chain: Chain,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reader({} at frame {})", self.path.display(), self.next_seq)
    }
}

impl Reader {
    /// A reader whose first frame is `from_seq` (0 and 1 both mean the first). A frame beyond the
    /// head is waited for.
    ///
    /// # Errors
    /// [`LogError::Gone`], [`LogError::Read`] or [`LogError::Damage`].
    pub fn open(tail: &Tail, from_seq: u64) -> Result<Self, LogError> {
        let from_seq = from_seq.max(1);
        let seqs = segment_seqs(tail.disk(), tail.folder())
            .map_err(|source| LogError::Read { path: tail.folder().to_owned(), source })?;
        let start = from_seq.min(tail.head().saturating_add(1));
        let Some(segment) = seqs.iter().rev().find(|first| **first <= start).copied() else {
            let oldest = seqs.first().copied().unwrap_or(1);
            return Err(LogError::Gone { asked: from_seq, oldest });
        };
        let mut reader = Self::at_segment(tail, segment)?;
        reader.skip_before = from_seq;
        Ok(reader)
    }

    fn at_segment(tail: &Tail, first_seq: u64) -> Result<Self, LogError> {
        let path = tail.folder().join(segment_name(first_seq));
        let segment = read_segment(tail.disk(), &path, first_seq).map_err(|error| match error {
            super::OpenError::Damage(damage) => LogError::Damage(damage),
            super::OpenError::Io { path, source } => LogError::Read { path, source },
            other => LogError::Damage(Damage {
                file: path.clone(),
                offset: 0,
                first_seq,
                last_seq: first_seq,
                what: other.to_string(),
            }),
        })?;
        let window = Window::open(tail.disk(), &path)
            .map_err(|source| LogError::Read { path: path.clone(), source })?;
        Ok(Self {
            tail: tail.clone(),
            path,
            window,
            segment: first_seq,
            offset: SEGMENT_HEADER_BYTES as u64,
            next_seq: first_seq,
            filled_through: 0,
            skip_before: 0,
            chain: segment.header.chain,
        })
    }

    /// Seq of the frame that comes next.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.next_seq.max(self.skip_before)
    }

    /// The hash chain after the frame given last.
    #[must_use]
    pub const fn hash_chain(&self) -> Chain {
        self.chain
    }

    /// The next durable frame; none when there is no more for now.
    ///
    /// # Errors
    /// [`LogError::Damage`] names the place; [`LogError::Read`] when the disk fails.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, LogError> {
        loop {
            if self.next_seq > self.filled_through {
                // The head first, the bytes after: what was durable then is whole in them.
                let head = self.tail.head();
                if self.next_seq > head {
                    return Ok(None);
                }
                self.filled_through = head;
                self.window.forget();
            }
            let parsed = self
                .window
                .parse(self.offset)
                .map_err(|source| LogError::Read { path: self.path.clone(), source })?;
            let found = match parsed {
                Parsed::Frame(found) => found,
                Parsed::End => {
                    self.next_segment()?;
                    continue;
                }
                Parsed::Short(_) => return Err(self.damage("the file ends inside the frame")),
                Parsed::Bad(what) => return Err(self.damage(what)),
            };
            let expected = if found.marker { self.next_seq - 1 } else { self.next_seq };
            if found.seq != expected {
                let what = format!("it should be frame {expected}, but it is {}", found.seq);
                return Err(self.damage(&what));
            }
            let offset = self.offset;
            self.offset += found.length as u64;
            if found.marker {
                continue;
            }
            let (header, body) = self.window.parts(found, offset);
            self.chain = format::next_link(&self.chain, found.seq, &header);
            self.next_seq += 1;
            if found.seq < self.skip_before {
                continue;
            }
            let position = Position { segment: self.segment, offset };
            return Ok(Some(Frame { seq: found.seq, header, body, position }));
        }
    }

    fn next_segment(&mut self) -> Result<(), LogError> {
        let path = self.tail.folder().join(segment_name(self.next_seq));
        if self.next_seq == self.segment || !self.tail.disk().exists(&path) {
            return Err(self.damage("a durable frame is missing here"));
        }
        let mut next = Self::at_segment(&self.tail, self.next_seq)?;
        next.skip_before = self.skip_before;
        if next.chain != self.chain {
            let what = "the hash chain does not lead from the segment before to this one";
            return Err(next.damage(what));
        }
        *self = next;
        Ok(())
    }

    fn damage(&self, what: &str) -> LogError {
        LogError::Damage(Damage {
            file: self.path.clone(),
            offset: self.offset,
            first_seq: self.next_seq,
            last_seq: self.next_seq.max(self.filled_through),
            what: what.to_owned(),
        })
    }
}

impl Iterator for Reader {
    type Item = Result<Frame, LogError>;

    /// Ends at the durable head; may go on later. After an error the same error comes again.
    fn next(&mut self) -> Option<Self::Item> {
        self.next_frame().transpose()
    }
}
