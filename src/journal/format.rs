//! The bytes of a segment: its header and its frames.
//!
//! A segment is a file of fixed size, zero-filled before use: [`SegmentHeader`], then frames one
//! after another, then zeros. All numbers are little-endian.
//!
//! Frame: `length u32 | crc32c u32 | durable_through u64 | seq u64 | header length u32 | header |
//! body`. `length` counts the whole frame; the checksum covers everything but itself.
//! `durable_through` is the largest seq known to be synced when the frame was written: it attests
//! earlier frames. A *marker* has no header, no body and no seq of its own: it only attests.
//!
//! Must never know what a header or a body means.

use bytes::Bytes;

/// Bytes of a segment's header.
pub(super) const SEGMENT_HEADER_BYTES: usize = 128;
/// Bytes of a frame before its header.
pub const FRAME_PREFIX_BYTES: usize = 28;
/// The newest format this program writes and reads.
pub(super) const FORMAT_VERSION: u32 = 1;
/// In place of a header's length: the frame is a marker.
const MARKER: u32 = u32::MAX;
const MAGIC: [u8; 8] = *b"LENDRBOX";

/// A link of the hash chain.
pub type Chain = [u8; 32];

/// The link after `previous` for a frame's header.
#[must_use]
pub fn next_link(previous: &Chain, seq: u64, header: &[u8]) -> Chain {
    let mut hasher = blake3::Hasher::new();
    hasher.update(previous);
    hasher.update(&seq.to_le_bytes());
    hasher.update(header);
    *hasher.finalize().as_bytes()
}

/// What the first bytes of a segment say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Position of the segment in the log, from 1.
    pub index: u64,
    /// Seq of its first frame.
    pub first_seq: u64,
    /// Bytes of the whole file.
    pub segment_bytes: u64,
    /// When it was begun, microseconds since the epoch.
    pub created_at: i64,
    /// The hash chain before its first frame.
    pub chain: Chain,
    /// Name of the log, at most 16 bytes.
    pub name: String,
}

/// Why bytes are not a segment's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HeaderFault {
    /// No magic: some other file.
    NotASegment,
    /// Written by a newer program.
    Newer(u32),
    /// The checksum is wrong.
    Damaged,
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0_u8; SEGMENT_HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.index.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.first_seq.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.segment_bytes.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.created_at.to_le_bytes());
        bytes[48..80].copy_from_slice(&self.chain);
        let name = &self.name.as_bytes()[..self.name.len().min(16)];
        bytes[80..80 + name.len()].copy_from_slice(name);
        let checksum = crc32c::crc32c(&bytes[..124]);
        bytes[124..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, HeaderFault> {
        if bytes.len() < SEGMENT_HEADER_BYTES {
            return Err(HeaderFault::NotASegment);
        }
        let sound = crc32c::crc32c(&bytes[..124]) == u32_at(bytes, 124);
        if bytes[..8] != MAGIC {
            // A sound checksum with another magic cannot be ours; a bad one may be a spoilt byte.
            return Err(HeaderFault::NotASegment);
        }
        if !sound {
            return Err(HeaderFault::Damaged);
        }
        let version = u32_at(bytes, 8);
        if version > FORMAT_VERSION {
            return Err(HeaderFault::Newer(version));
        }
        let mut chain = [0_u8; 32];
        chain.copy_from_slice(&bytes[48..80]);
        let name = String::from_utf8_lossy(&bytes[80..96]).trim_end_matches('\0').to_owned();
        Ok(Self {
            index: u64_at(bytes, 16),
            first_seq: u64_at(bytes, 24),
            segment_bytes: u64_at(bytes, 32),
            created_at: i64::from_le_bytes(u64_at(bytes, 40).to_le_bytes()),
            chain,
            name,
        })
    }
}

/// Appends one frame to `buffer`.
pub(super) fn encode_frame(
    buffer: &mut Vec<u8>,
    durable_through: u64,
    seq: u64,
    header: &[u8],
    body: &[u8],
) {
    let header_length = u32::try_from(header.len()).expect("a frame is at most a few megabytes");
    encode(buffer, durable_through, seq, header_length, header, body);
}

/// Appends a marker that attests everything through `durable_through`.
pub(super) fn encode_marker(buffer: &mut Vec<u8>, durable_through: u64) {
    encode(buffer, durable_through, durable_through, MARKER, &[], &[]);
}

fn encode(
    buffer: &mut Vec<u8>,
    durable_through: u64,
    seq: u64,
    header_length: u32,
    header: &[u8],
    body: &[u8],
) {
    let start = buffer.len();
    let length = FRAME_PREFIX_BYTES + header.len() + body.len();
    let length = u32::try_from(length).expect("a frame is at most a few megabytes");
    buffer.extend_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(&durable_through.to_le_bytes());
    buffer.extend_from_slice(&seq.to_le_bytes());
    buffer.extend_from_slice(&header_length.to_le_bytes());
    buffer.extend_from_slice(header);
    buffer.extend_from_slice(body);
    let checksum = checksum(&buffer[start..]);
    buffer[start + 4..start + 8].copy_from_slice(&checksum.to_le_bytes());
}

fn checksum(frame: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&frame[..4]), &frame[8..])
}

/// One frame found in a piece of a segment; places are relative to that piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub length: usize,
    pub durable_through: u64,
    pub seq: u64,
    pub header_length: usize,
    pub marker: bool,
}

impl Found {
    pub fn header(self, piece: &Bytes, at: usize) -> Bytes {
        let start = at + FRAME_PREFIX_BYTES;
        piece.slice(start..start + self.header_length)
    }
    pub fn body(self, piece: &Bytes, at: usize) -> Bytes {
        piece.slice(at + FRAME_PREFIX_BYTES + self.header_length..at + self.length)
    }
}

/// What stands at a place of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parsed {
    /// A sound frame.
    Frame(Found),
    /// Zeros: no frame here.
    End,
    /// The frame would need this many bytes from its start.
    Short(usize),
    /// Not a frame.
    Bad(&'static str),
}

/// Reads the frame at the start of `piece`, which must end where the segment ends or be long enough.
pub(super) fn parse(piece: &[u8], frame_bytes_max: usize) -> Parsed {
    if piece.len() < 4 {
        return Parsed::Short(FRAME_PREFIX_BYTES);
    }
    let length = u32_at(piece, 0) as usize;
    if length == 0 {
        return Parsed::End;
    }
    if length < FRAME_PREFIX_BYTES || length > frame_bytes_max {
        return Parsed::Bad("the length of the frame is impossible");
    }
    if piece.len() < length {
        return Parsed::Short(length);
    }
    let frame = &piece[..length];
    if checksum(frame) != u32_at(frame, 4) {
        return Parsed::Bad("the checksum of the frame does not match its bytes");
    }
    let (durable_through, seq) = (u64_at(frame, 8), u64_at(frame, 16));
    let header_length = u32_at(frame, 24);
    let marker = header_length == MARKER;
    let header_length = if marker { 0 } else { header_length as usize };
    if FRAME_PREFIX_BYTES + header_length > length || (!marker && durable_through >= seq) {
        return Parsed::Bad("the parts of the frame contradict each other");
    }
    Parsed::Frame(Found { length, durable_through, seq, header_length, marker })
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0_u8; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0_u8; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}
