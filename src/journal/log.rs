//! [`Log`]: the writing side of a log. One owner, one thread.

use super::disk::{Disk, DiskFile};
use super::error::{Damage, LogError, OpenError};
use super::format::{self, Chain, FRAME_PREFIX_BYTES, SEGMENT_HEADER_BYTES, SegmentHeader};
use super::prepare::{PREPARED_NAME, Preparer, prepare};
use super::reader::Position;
use super::scan::{Scan, Segment, read_segment, scan, segment_name, segment_seqs};
use super::tail::Tail;
use crate::base::limits::FRAME_BYTES_MAX;
use crate::base::time::{Clock, Timestamp};
use crate::telemetry::points;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a segment of the journal.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes of a segment of a log that is kept for a time only.
pub const RETAINED_SEGMENT_BYTES: u64 = 16 * 1024 * 1024;
/// A segment of a retained log is closed after this part of the time that frames are kept.
const CLOSED_AFTER_PART: i64 = 8;
/// Buffered bytes that are written out without waiting for a sync.
const BUFFER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How a log is kept.
#[derive(Clone)]
pub struct LogOptions {
    /// Its folder; created where it is missing.
    pub folder: PathBuf,
    /// Its name, at most 16 bytes; a segment of another log is refused.
    pub name: String,
    /// Bytes of one segment file.
    pub segment_bytes: u64,
    /// Prepare the next segment on a thread of its own.
    pub prepare_ahead: bool,
    /// Old segments may have been dropped ([`Log::drop_before`]): the log may begin later than 1.
    pub retained: bool,
    /// The largest seq that somebody else knows to have been acknowledged; 0 when nobody does.
    pub attested: u64,
    /// Bytes of full segments, newest first, that are checked when the log opens, beside the last
    /// segment, which always is. The rest is checked whenever it is read.
    pub verify_bytes: u64,
    /// Dates the segments.
    pub clock: Arc<dyn Clock>,
}

impl LogOptions {
    /// A log that is kept for ever: the journal.
    pub fn kept(folder: impl Into<PathBuf>, name: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            folder: folder.into(),
            name: name.to_owned(),
            segment_bytes: SEGMENT_BYTES,
            prepare_ahead: true,
            retained: false,
            attested: 0,
            verify_bytes: SEGMENT_BYTES,
            clock,
        }
    }

    /// A log whose old segments are dropped after a time.
    pub fn retained(folder: impl Into<PathBuf>, name: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            segment_bytes: RETAINED_SEGMENT_BYTES,
            retained: true,
            ..Self::kept(folder, name, clock)
        }
    }
}

/// A torn tail that was cut off when the log opened. Nothing in it was known to be durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The segment it was cut from.
    pub segment: PathBuf,
    /// Where it was cut.
    pub offset: u64,
    /// Bytes cut.
    pub bytes: u64,
    /// Seq of the first frame that did not survive.
    pub first_seq: u64,
    /// What stood there.
    pub what: String,
    /// Where the cut bytes are kept.
    pub kept_in: PathBuf,
}

/// What opening a log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReport {
    /// The last frame; 0 when the log is empty.
    pub head: u64,
    /// The oldest frame kept.
    pub oldest: u64,
    /// The hash chain after the last frame.
    pub chain: Chain,
    /// Segment files.
    pub segments: usize,
    /// Whether the log was begun just now.
    pub created: bool,
    /// A tail that was cut off.
    pub torn: Option<TornTail>,
}

/// Where an appended frame will stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its number.
    pub seq: u64,
    /// Its place.
    pub position: Position,
}

/// The writing side of a log.
pub struct Log {
    disk: Arc<dyn Disk>,
    options: LogOptions,
    preparer: Preparer,
    tail: Tail,
    file: Box<dyn DiskFile>,
    path: PathBuf,
    header: SegmentHeader,
    /// Where `buffer` goes in the file.
    offset: u64,
    buffer: Vec<u8>,
    unsynced: bool,
    last_seq: u64,
    synced_seq: u64,
    attested: u64,
    chain: Chain,
    poisoned: bool,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Log({} at {})", self.path.display(), self.last_seq)
    }
}

impl Log {
    /// Opens the log in `options.folder`, or begins it. A torn tail is cut off and kept aside; for
    /// anything worse nothing is changed.
    ///
    /// # Errors
    /// See [`OpenError`]: each variant says what is wrong, where, and what to do.
    pub fn open(disk: Arc<dyn Disk>, options: LogOptions) -> Result<(Self, OpenReport), OpenError> {
        let folder = options.folder.clone();
        let io = |source| OpenError::Io { path: folder.clone(), source };
        disk.create_folder(&folder).map_err(io)?;
        let mut segments = list_segments(disk.as_ref(), &options)?;
        let created = segments.is_empty();
        if created {
            if options.attested > 0 {
                return Err(OpenError::MissingSegment { folder: folder.clone(), first_seq: 1 });
            }
            segments.push(begin(disk.as_ref(), &options).map_err(io)?);
        }
        verify_sealed(disk.as_ref(), &options, &segments)?;
        let last = segments[segments.len() - 1].clone();
        let file_io = |source| OpenError::Io { path: last.path.clone(), source };
        let found = scan(disk.as_ref(), &last, false).map_err(file_io)?;
        refuse_damage(&options, &last, &found)?;
        let file = disk.open(&last.path, true).map_err(file_io)?;
        let torn = cut_torn_tail(disk.as_ref(), &options, &last, file.as_ref(), &found)
            .map_err(file_io)?;
        settle(file.as_ref(), &found).map_err(file_io)?;
        let bytes = options.segment_bytes;
        let preparer = Preparer::start(disk.clone(), &folder, bytes, options.prepare_ahead);
        let report = OpenReport {
            head: found.last_seq,
            oldest: segments[0].header.first_seq,
            chain: found.chain,
            segments: segments.len(),
            created,
            torn,
        };
        let log = Self {
            preparer: preparer.map_err(io)?,
            tail: Tail::new(disk.clone(), folder.clone(), found.last_seq),
            file,
            path: last.path.clone(),
            header: last.header,
            offset: found.end,
            buffer: Vec::new(),
            unsynced: false,
            last_seq: found.last_seq,
            synced_seq: found.last_seq,
            attested: found.attested,
            chain: found.chain,
            poisoned: false,
            disk,
            options,
        };
        Ok((log, report))
    }

    /// Appends one frame to the buffer. It is durable after the next [`Log::sync`].
    ///
    /// # Errors
    /// [`LogError::FrameTooLarge`] and [`LogError::NoSpace`] change nothing; after
    /// [`LogError::Fatal`] the process must end.
    pub fn append(&mut self, header: &[u8], body: &[u8]) -> Result<Appended, LogError> {
        self.usable()?;
        let bytes = FRAME_PREFIX_BYTES + header.len() + body.len();
        let bytes_max = self.frame_bytes_max();
        if bytes > bytes_max {
            return Err(LogError::FrameTooLarge { bytes, bytes_max });
        }
        self.make_room(bytes)?;
        let seq = self.last_seq + 1;
        let offset = self.offset + self.buffer.len() as u64;
        format::encode_frame(&mut self.buffer, self.synced_seq, seq, header, body);
        self.attested = self.synced_seq;
        self.last_seq = seq;
        self.chain = format::next_link(&self.chain, seq, header);
        self.unsynced = true;
        if self.buffer.len() > BUFFER_BYTES_MAX {
            self.write_out()?;
        }
        Ok(Appended { seq, position: Position { segment: self.header.first_seq, offset } })
    }

    /// Makes everything appended durable and shows it to the readers; returns the durable head.
    ///
    /// # Errors
    /// [`LogError::Fatal`]: nothing is known about what is on the disk, the process must end.
    pub fn sync(&mut self) -> Result<u64, LogError> {
        self.sync_quietly()?;
        if self.tail.head() != self.synced_seq {
            self.tail.publish(self.synced_seq);
        }
        Ok(self.synced_seq)
    }

    /// Writes a marker, durably, so that everything appended and synced so far is attested: from
    /// then on its loss would be noticed. To be called when the log was idle for 100 ms and at a
    /// clean stop; does nothing when there is nothing to attest.
    ///
    /// On a full disk the marker is left out; the frames stay as durable as they were.
    ///
    /// # Errors
    /// As [`Log::sync`].
    pub fn mark_durable(&mut self) -> Result<(), LogError> {
        self.sync()?;
        if self.attested == self.synced_seq {
            return Ok(());
        }
        match self.make_room(FRAME_PREFIX_BYTES) {
            Err(LogError::NoSpace { .. }) => return Ok(()),
            made => made?,
        }
        if self.attested == self.synced_seq {
            // The next segment's header attests just as well.
            return Ok(());
        }
        format::encode_marker(&mut self.buffer, self.synced_seq);
        self.unsynced = true;
        self.sync_quietly()?;
        self.attested = self.synced_seq;
        Ok(())
    }

    /// The largest durable seq; 0 while the log is empty.
    #[must_use]
    pub const fn head(&self) -> u64 {
        self.synced_seq
    }

    /// Seq of the frame appended last, durable or not.
    #[must_use]
    pub const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// The hash chain after the frame appended last.
    #[must_use]
    pub const fn chain(&self) -> Chain {
        self.chain
    }

    /// The end of this log, for its readers.
    #[must_use]
    pub fn tail(&self) -> Tail {
        self.tail.clone()
    }

    /// Bytes that one frame may have, its prefix of [`FRAME_PREFIX_BYTES`] included.
    #[must_use]
    pub fn frame_bytes_max(&self) -> usize {
        let room = self.options.segment_bytes.saturating_sub(SEGMENT_HEADER_BYTES as u64);
        FRAME_BYTES_MAX.min(usize::try_from(room).unwrap_or(FRAME_BYTES_MAX))
    }

    /// Bytes of all segment files.
    ///
    /// # Errors
    /// [`LogError::Read`] when the folder cannot be read.
    pub fn disk_bytes(&self) -> Result<u64, LogError> {
        let seqs = segment_seqs(self.disk.as_ref(), &self.options.folder)
            .map_err(|source| LogError::Read { path: self.options.folder.clone(), source })?;
        Ok(seqs.len() as u64 * self.options.segment_bytes)
    }

    /// Removes segments whose frames were all written before `before`; returns how many. A segment
    /// begun longer ago than an eighth of that age is closed, full or not: frames of a quiet log
    /// stay an eighth longer than asked, and not until the segment is full.
    ///
    /// # Errors
    /// [`LogError::Read`] when the disk refuses; what was removed stays removed.
    pub fn drop_before(&mut self, before: Timestamp) -> Result<usize, LogError> {
        self.usable()?;
        let now = self.options.clock.now().micros();
        let part = (now - before.micros()) / CLOSED_AFTER_PART;
        let holds_frames = self.last_seq >= self.header.first_seq;
        if self.options.retained && holds_frames && now - self.header.created_at > part {
            self.sync()?;
            match self.next_segment() {
                // Without room for another one it goes on filling this one.
                Ok(()) | Err(LogError::NoSpace { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.drop_segments(|next| next.header.created_at <= before.micros())
    }

    /// Removes full segments that hold only frames before `seq`; returns how many.
    ///
    /// # Errors
    /// As [`Log::drop_before`].
    pub fn drop_before_seq(&mut self, seq: u64) -> Result<usize, LogError> {
        self.drop_segments(|next| next.header.first_seq <= seq)
    }

    fn drop_segments(&mut self, old: impl Fn(&Segment) -> bool) -> Result<usize, LogError> {
        let folder = self.options.folder.clone();
        let read = |source| LogError::Read { path: folder.clone(), source };
        if !self.options.retained {
            return Err(read(io::Error::other("frames of this log are never dropped")));
        }
        let seqs = segment_seqs(self.disk.as_ref(), &folder).map_err(read)?;
        let mut dropped = 0;
        for pair in seqs.windows(2) {
            let next = folder.join(segment_name(pair[1]));
            let next = read_segment(self.disk.as_ref(), &next, pair[1])
                .map_err(|error| read(io::Error::other(error.to_string())))?;
            if !old(&next) {
                break;
            }
            self.disk.remove(&folder.join(segment_name(pair[0]))).map_err(read)?;
            // One after the other, oldest first: a crash never leaves a hole.
            self.disk.sync_folder(&folder).map_err(read)?;
            dropped += 1;
        }
        Ok(dropped)
    }

    fn usable(&self) -> Result<(), LogError> {
        if self.poisoned { Err(LogError::Poisoned) } else { Ok(()) }
    }

    fn fatal(&mut self, source: io::Error) -> LogError {
        self.poisoned = true;
        LogError::Fatal { path: self.path.clone(), source }
    }

    fn write_out(&mut self) -> Result<(), LogError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        if let Err(source) = self.file.write_at(&self.buffer, self.offset) {
            return Err(self.fatal(source));
        }
        self.offset += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn sync_quietly(&mut self) -> Result<(), LogError> {
        self.usable()?;
        if !self.unsynced {
            return Ok(());
        }
        self.write_out()?;
        if let Err(source) = self.file.sync_data() {
            return Err(self.fatal(source));
        }
        self.unsynced = false;
        self.synced_seq = self.last_seq;
        Ok(())
    }

    fn make_room(&mut self, bytes: usize) -> Result<(), LogError> {
        let end = self.offset + self.buffer.len() as u64 + bytes as u64;
        if end <= self.header.segment_bytes { Ok(()) } else { self.next_segment() }
    }

    /// Closes the segment being written and begins another one.
    fn next_segment(&mut self) -> Result<(), LogError> {
        if let Err(source) = self.preparer.wait() {
            return Err(match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    LogError::NoSpace { reason: source.to_string() }
                }
                _ => self.fatal(source),
            });
        }
        // The next segment's header attests this one, so this one is synced first.
        self.sync_quietly()?;
        let header = SegmentHeader {
            index: self.header.index + 1,
            first_seq: self.last_seq + 1,
            segment_bytes: self.options.segment_bytes,
            created_at: self.options.clock.now().micros(),
            chain: self.chain,
            name: self.options.name.clone(),
        };
        match install(self.disk.as_ref(), &self.options.folder, &header) {
            Ok((path, file)) => {
                self.path = path;
                self.file = file;
            }
            Err(source) => return Err(self.fatal(source)),
        }
        self.header = header;
        self.offset = SEGMENT_HEADER_BYTES as u64;
        self.attested = self.synced_seq;
        self.preparer.begin();
        Ok(())
    }
}

/// Turns the prepared file into the segment of `header`.
fn install(
    disk: &dyn Disk,
    folder: &Path,
    header: &SegmentHeader,
) -> io::Result<(PathBuf, Box<dyn DiskFile>)> {
    let prepared = folder.join(PREPARED_NAME);
    let file = disk.open(&prepared, true)?;
    file.write_at(&header.encode(), 0)?;
    file.sync_data()?;
    let path = folder.join(segment_name(header.first_seq));
    points::reached("segment_prepared");
    disk.rename(&prepared, &path)?;
    points::reached("segment_named");
    disk.sync_folder(folder)?;
    Ok((path, file))
}

fn begin(disk: &dyn Disk, options: &LogOptions) -> io::Result<Segment> {
    prepare(disk, &options.folder, options.segment_bytes)?;
    let created_at = options.clock.now().micros();
    let mut seed = options.name.clone().into_bytes();
    seed.extend_from_slice(&created_at.to_le_bytes());
    let header = SegmentHeader {
        index: 1,
        first_seq: 1,
        segment_bytes: options.segment_bytes,
        created_at,
        chain: *blake3::hash(&seed).as_bytes(),
        name: options.name.clone(),
    };
    let (path, _) = install(disk, &options.folder, &header)?;
    Ok(Segment { path, header })
}

/// All segments in order, each where it belongs.
fn list_segments(disk: &dyn Disk, options: &LogOptions) -> Result<Vec<Segment>, OpenError> {
    let folder = &options.folder;
    let seqs = segment_seqs(disk, folder)
        .map_err(|source| OpenError::Io { path: folder.clone(), source })?;
    let mut segments: Vec<Segment> = Vec::with_capacity(seqs.len());
    for first_seq in seqs {
        let segment = read_segment(disk, &folder.join(segment_name(first_seq)), first_seq)?;
        if segment.header.name != options.name {
            return Err(OpenError::ForeignSegment {
                file: segment.path,
                found: segment.header.name,
                expected: options.name.clone(),
            });
        }
        let expected = segments.last().map_or(1, |previous| previous.header.index + 1);
        let first_of_retained = segments.is_empty() && options.retained;
        let index = segment.header.index;
        if index < expected {
            let what = format!("it is segment {index} of the log, but stands after others");
            return Err(OpenError::Misplaced { file: segment.path, what });
        }
        if index > expected && !first_of_retained {
            let first_seq = match segments.last() {
                None => 1,
                Some(previous) => scan(disk, previous, true)
                    .map_or(previous.header.first_seq, |scan| scan.last_seq + 1),
            };
            return Err(OpenError::MissingSegment { folder: folder.clone(), first_seq });
        }
        segments.push(segment);
    }
    Ok(segments)
}

/// Checks the newest full segments, as far as the budget goes.
fn verify_sealed(
    disk: &dyn Disk,
    options: &LogOptions,
    segments: &[Segment],
) -> Result<(), OpenError> {
    let mut budget = options.verify_bytes;
    for pair in segments.windows(2).rev() {
        let (segment, next) = (&pair[0], &pair[1].header);
        if segment.header.segment_bytes > budget {
            break;
        }
        budget -= segment.header.segment_bytes;
        let found = scan(disk, segment, true)
            .map_err(|source| OpenError::Io { path: segment.path.clone(), source })?;
        if let Some(damage) = sealed_damage(segment, next, &found) {
            return Err(OpenError::Damage(damage));
        }
    }
    Ok(())
}

/// What is wrong with a full segment, seen from the one after it.
pub(super) fn sealed_damage(
    segment: &Segment,
    next: &SegmentHeader,
    found: &Scan,
) -> Option<Damage> {
    let what = if let Some(fault) = &found.fault {
        fault.what.clone()
    } else if found.last_seq + 1 != next.first_seq {
        format!("the frames end at {}, but {} come", found.last_seq, next.first_seq - 1)
    } else if found.chain != next.chain {
        "the hash chain of the headers does not lead to the next segment".to_owned()
    } else {
        return None;
    };
    Some(Damage {
        file: segment.path.clone(),
        offset: found.end,
        first_seq: found.last_seq + 1,
        last_seq: (next.first_seq - 1).max(found.last_seq + 1),
        what,
    })
}

/// Refuses a last segment in which acknowledged frames cannot be read.
fn refuse_damage(options: &LogOptions, last: &Segment, found: &Scan) -> Result<(), OpenError> {
    let attested = found.attested.max(options.attested);
    if found.last_seq >= attested {
        return Ok(());
    }
    let what = found.fault.as_ref().map_or_else(
        || "the frames end here, but later ones are known to have been acknowledged".to_owned(),
        |fault| fault.what.clone(),
    );
    Err(OpenError::Damage(Damage {
        file: last.path.clone(),
        offset: found.end,
        first_seq: found.last_seq + 1,
        last_seq: attested,
        what,
    }))
}

/// Makes everything that was read durable. After a kill it may only be in memory; and where a sync
/// had failed before the kill, the system counts it as written and a mere sync does nothing, so the
/// last group, markers included, is written once more.
fn settle(file: &dyn DiskFile, found: &Scan) -> io::Result<()> {
    let length = usize::try_from(found.end - found.last_group).map_err(io::Error::other)?;
    let mut bytes = vec![0_u8; length];
    file.read_at(&mut bytes, found.last_group)?;
    file.write_at(&bytes, found.last_group)?;
    file.sync_data()
}

/// Keeps the torn bytes aside, then blanks them, durably: a stale frame among them must never stand
/// behind a new one.
fn cut_torn_tail(
    disk: &dyn Disk,
    options: &LogOptions,
    last: &Segment,
    file: &dyn DiskFile,
    found: &Scan,
) -> io::Result<Option<TornTail>> {
    let Some(fault) = &found.fault else {
        return Ok(None);
    };
    let bytes = found.used_end - found.end;
    let length = usize::try_from(bytes).map_err(io::Error::other)?;
    let mut cut = vec![0_u8; length];
    let count = file.read_at(&mut cut, found.end)?;
    cut.truncate(count);
    let first_seq = found.last_seq + 1;
    let kept_in = (0_u32..)
        .map(|n| options.folder.join(format!("torn-{first_seq:020}-{n}")))
        .find(|path| !disk.exists(path))
        .ok_or_else(|| io::Error::other("too many torn tails in the folder"))?;
    let keep = disk.create(&kept_in)?;
    keep.write_at(&cut, 0)?;
    keep.sync_data()?;
    disk.sync_folder(&options.folder)?;
    file.write_at(&vec![0; length], found.end)?;
    file.sync_data()?;
    Ok(Some(TornTail {
        segment: last.path.clone(),
        offset: found.end,
        bytes,
        first_seq,
        what: fault.what.clone(),
        kept_in,
    }))
}
