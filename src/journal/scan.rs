//! Reading segments from the disk: the list of a folder, a window over one file, a full scan.
//!
//! Changes nothing on the disk.

use super::disk::{Disk, DiskFile};
use super::error::{Damage, OpenError};
use super::format::{
    self, Chain, FORMAT_VERSION, FRAME_PREFIX_BYTES, Found, HeaderFault, Parsed,
    SEGMENT_HEADER_BYTES, SegmentHeader,
};
use crate::base::limits::FRAME_BYTES_MAX;
use bytes::Bytes;
use std::io;
use std::path::{Path, PathBuf};

/// Bytes read at once.
const CHUNK_BYTES: usize = 1024 * 1024;
static ZEROS: [u8; CHUNK_BYTES] = [0; CHUNK_BYTES];
const SUFFIX: &str = ".segment";

/// File name of the segment that begins with `first_seq`.
pub(super) fn segment_name(first_seq: u64) -> String {
    format!("{first_seq:020}{SUFFIX}")
}

/// The first seq that a file name promises; none when it is no segment's name.
pub(super) fn seq_of_name(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    (digits.len() == 20).then(|| digits.parse().ok()).flatten()
}

/// One segment of a folder.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub path: PathBuf,
    pub header: SegmentHeader,
}

/// First seqs by file name, ascending.
pub(super) fn segment_seqs(disk: &dyn Disk, folder: &Path) -> io::Result<Vec<u64>> {
    let mut seqs: Vec<u64> =
        disk.list(folder)?.iter().filter_map(|name| seq_of_name(name)).collect();
    seqs.sort_unstable();
    Ok(seqs)
}

/// Reads one segment's header and checks that the file is as long as it must be.
pub(super) fn read_segment(
    disk: &dyn Disk,
    path: &Path,
    first_seq: u64,
) -> Result<Segment, OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    let file = disk.open(path, false).map_err(io)?;
    let mut bytes = [0_u8; SEGMENT_HEADER_BYTES];
    let count = file.read_at(&mut bytes, 0).map_err(io)?;
    let damage = |offset, what: String| {
        let file = path.to_owned();
        Err(OpenError::Damage(Damage { file, offset, first_seq, last_seq: first_seq, what }))
    };
    if count < SEGMENT_HEADER_BYTES {
        return damage(0, "the file is shorter than a segment's header".into());
    }
    let header = match SegmentHeader::decode(&bytes) {
        Ok(header) => header,
        Err(HeaderFault::NotASegment) => {
            return Err(OpenError::NotASegment { file: path.to_owned() });
        }
        Err(HeaderFault::Newer(found)) => {
            let file = path.to_owned();
            return Err(OpenError::NewerVersion { file, found, known: FORMAT_VERSION });
        }
        Err(HeaderFault::Damaged) => {
            return damage(0, "the header does not match its checksum".into());
        }
    };
    if header.first_seq != first_seq {
        let what = format!("its name says frame {first_seq}, its header {}", header.first_seq);
        return Err(OpenError::Misplaced { file: path.to_owned(), what });
    }
    let size = file.size().map_err(io)?;
    if size != header.segment_bytes {
        let bytes = header.segment_bytes;
        let what = format!("the file has {size} bytes and must have {bytes}");
        return damage(size.min(bytes), what);
    }
    Ok(Segment { path: path.to_owned(), header })
}

/// A window that slides over one segment file.
pub(super) struct Window {
    file: Box<dyn DiskFile>,
    size: u64,
    bytes: Bytes,
    start: u64,
}

impl Window {
    pub fn open(disk: &dyn Disk, path: &Path) -> io::Result<Self> {
        let file = disk.open(path, false)?;
        let size = file.size()?;
        Ok(Self { file, size, bytes: Bytes::new(), start: 0 })
    }

    /// Forgets what was read; the next look goes to the disk.
    pub fn forget(&mut self) {
        self.bytes = Bytes::new();
    }

    fn fill(&mut self, offset: u64, bytes: usize) -> io::Result<()> {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut chunk = vec![0_u8; bytes.min(left)];
        let count = self.file.read_at(&mut chunk, offset)?;
        chunk.truncate(count);
        self.bytes = Bytes::from(chunk);
        self.start = offset;
        Ok(())
    }

    /// The place of `offset` in [`Window::bytes`], when it is there.
    fn place(&self, offset: u64) -> Option<usize> {
        let place = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        (place < self.bytes.len()).then_some(place)
    }

    /// What stands at `offset`.
    pub fn parse(&mut self, offset: u64) -> io::Result<Parsed> {
        let left = self.size.saturating_sub(offset);
        if left < 4 {
            return Ok(Parsed::End);
        }
        if self.place(offset).is_none() {
            self.fill(offset, CHUNK_BYTES)?;
        }
        let place = self.place(offset).unwrap_or(0);
        match format::parse(&self.bytes[place..], FRAME_BYTES_MAX) {
            Parsed::Short(need) if need as u64 > left && need > FRAME_PREFIX_BYTES => {
                Ok(Parsed::Bad("the frame runs beyond the end of the segment"))
            }
            Parsed::Short(need) => {
                self.fill(offset, need.max(CHUNK_BYTES))?;
                Ok(match format::parse(&self.bytes, FRAME_BYTES_MAX) {
                    Parsed::Short(_) => Parsed::Bad("the file ends inside the frame"),
                    parsed => parsed,
                })
            }
            parsed => Ok(parsed),
        }
    }

    /// Header and body of the frame that [`Window::parse`] just found at `offset`.
    pub fn parts(&self, found: Found, offset: u64) -> (Bytes, Bytes) {
        let place = self.place(offset).unwrap_or(0);
        (found.header(&self.bytes, place), found.body(&self.bytes, place))
    }

    /// The offset after the last byte at or after `offset` that is not zero; `offset` if all are.
    fn last_used(&mut self, offset: u64) -> io::Result<u64> {
        let mut end = offset;
        let mut at = offset;
        while at < self.size {
            self.fill(at, CHUNK_BYTES)?;
            if self.bytes.is_empty() {
                break;
            }
            // Nearly always all zeros, which comparing as a whole shows fastest.
            if self.bytes != ZEROS[..self.bytes.len()]
                && let Some(place) = self.bytes.iter().rposition(|byte| *byte != 0)
            {
                end = at + place as u64 + 1;
            }
            at += self.bytes.len() as u64;
        }
        self.forget();
        Ok(end)
    }
}

/// A place where frames stop making sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub offset: u64,
    pub what: String,
}

/// What one segment holds.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    /// Where the frame after the last sound one goes.
    pub end: u64,
    /// Seq of the last sound frame; one less than the first when there is none.
    pub last_seq: u64,
    /// The chain after it.
    pub chain: Chain,
    /// The largest seq that any sound frame attests, those after a fault included.
    pub attested: u64,
    /// Where the last group begins: everything before it was synced before it was written.
    pub last_group: u64,
    /// Bytes after `end` that are not zero, up to this offset.
    pub used_end: u64,
    /// What stands at `end`, when it is not zeros.
    pub fault: Option<Fault>,
}

/// Scans a whole segment. With `sealed` the zeros after the last frame are not looked at.
pub(super) fn scan(disk: &dyn Disk, segment: &Segment, sealed: bool) -> io::Result<Scan> {
    let header = &segment.header;
    let mut window = Window::open(disk, &segment.path)?;
    let mut scan = Scan {
        end: SEGMENT_HEADER_BYTES as u64,
        last_seq: header.first_seq - 1,
        chain: header.chain,
        attested: header.first_seq - 1,
        last_group: SEGMENT_HEADER_BYTES as u64,
        used_end: 0,
        fault: None,
    };
    let what = loop {
        let found = match window.parse(scan.end)? {
            Parsed::Frame(found) => found,
            Parsed::End => break None,
            Parsed::Short(_) => break Some("the file ends inside the frame".to_owned()),
            Parsed::Bad(what) => break Some(what.to_owned()),
        };
        let expected = if found.marker { scan.last_seq } else { scan.last_seq + 1 };
        if found.seq != expected {
            break Some(format!("frame {expected} should be here, but it is frame {}", found.seq));
        }
        if !found.marker {
            let (frame_header, _) = window.parts(found, scan.end);
            scan.chain = format::next_link(&scan.chain, found.seq, &frame_header);
            scan.last_seq = found.seq;
        }
        if found.durable_through > scan.attested {
            scan.attested = found.durable_through;
            scan.last_group = scan.end;
        }
        scan.end += found.length as u64;
    };
    scan.used_end = scan.end;
    if what.is_none() && sealed {
        return Ok(scan);
    }
    scan.used_end = window.last_used(scan.end)?;
    if what.is_some() || scan.used_end > scan.end {
        let what = what.unwrap_or_else(|| "the frame's beginning is missing".to_owned());
        scan.fault = Some(Fault { offset: scan.end, what });
        scan.attested = scan.attested.max(attested_later(&mut window, &scan)?);
    }
    Ok(scan)
}

/// The largest `durable_through` of sound frames after the fault, wherever they begin.
fn attested_later(window: &mut Window, scan: &Scan) -> io::Result<u64> {
    let length = usize::try_from(scan.used_end - scan.end).unwrap_or(usize::MAX);
    window.fill(scan.end, length)?;
    let rest = window.bytes.clone();
    let seq_max = scan.last_seq + 1 + (rest.len() / FRAME_PREFIX_BYTES) as u64;
    let mut attested = 0;
    let mut at = 0;
    while at + FRAME_PREFIX_BYTES <= rest.len() {
        let plausible = (scan.last_seq..=seq_max).contains(&format::u64_at(&rest, at + 16));
        match plausible.then(|| format::parse(&rest[at..], FRAME_BYTES_MAX)) {
            Some(Parsed::Frame(found)) => {
                attested = attested.max(found.durable_through);
                at += found.length;
            }
            _ => at += 1,
        }
    }
    window.forget();
    Ok(attested)
}
