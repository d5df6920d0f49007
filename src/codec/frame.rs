//! The frame of one command in the journal: header (who, when, which events) and bodies.
//!
//! Bodies are preceded by eight random bytes each and have a salted digest in the header, so that
//! a body can be blanked without breaking the header chain and without being guessed from it.

use super::{DecodeError, EncodedEvent, decode, encode};
use crate::base::ids::PartId;
use crate::base::time::Timestamp;
use crate::domain::access::Principal;
use crate::domain::{Counter, StreamId};
use serde::{Deserialize, Serialize};

/// Names a command, so that a repeat is recognised: hash of principal and idempotency key.
pub type CommandId = [u8; 16];

/// Bytes of salt before each body.
const SALT_BYTES: usize = 8;

/// A command's identity in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandKey {
    /// Hour since the epoch, so that rows of one hour lie together and expire together.
    pub hour: u32,
    /// The command.
    pub id: CommandId,
    /// Hash of the request's body: the same key with another body is refused.
    pub body: CommandId,
}

impl CommandKey {
    /// The key of another command that the same request leads to.
    #[must_use]
    pub fn derived(&self, what: &str) -> Self {
        let hash = blake3::Hasher::new().update(&self.id).update(what.as_bytes()).finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&hash.as_bytes()[..16]);
        Self { id, ..*self }
    }

    /// An identifier for a part of a stream that the command makes: a repeat names the same one.
    #[must_use]
    pub fn part_id(&self) -> PartId {
        let hash = blake3::Hasher::new().update(&self.id).update(&self.body).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_bytes()[..16]);
        PartId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// A number drawn from a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// The counter.
    pub counter: Counter,
    /// The number.
    pub number: u64,
}

/// One event's place in the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventHeader {
    /// Index into [`FrameHeader::streams`].
    pub stream: u16,
    /// Kind.
    pub kind: u16,
    /// Version of the kind.
    pub version: u8,
    /// Whether the body may be blanked.
    pub erasable: bool,
    /// Bytes of the body without its salt.
    pub length: u32,
    /// Salted digest of the body.
    pub digest: [u8; 16],
}

/// A stream that the frame writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamHeader {
    /// The stream.
    pub stream: StreamId,
    /// Its version after the frame (number of events so far).
    pub version: u64,
    /// Numbers drawn for it: how many of [`FrameHeader::drawn`], in order of streams.
    pub drawn: u8,
}

/// Everything about a command but the bodies of its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameHeader {
    /// When it was decided.
    pub at: Timestamp,
    /// Who asked.
    pub actor: Principal,
    /// The frame that led to this one, for reactions.
    pub cause: Option<u64>,
    /// Identity of the command.
    pub command: Option<CommandKey>,
    /// Numbers drawn from gapless counters.
    pub drawn: Vec<Drawn>,
    /// Part of an import: starts no reaction.
    pub bulk: bool,
    /// Streams written.
    pub streams: Vec<StreamHeader>,
    /// Events, in order.
    pub events: Vec<EventHeader>,
}

/// A header's bytes and the bodies' bytes of one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameBytes {
    /// Encoded header.
    pub header: Vec<u8>,
    /// Salted bodies, one after another.
    pub bodies: Vec<u8>,
}

/// Builds the bytes of a frame. `events` pairs the index of the stream with the event.
#[must_use]
pub fn build(
    mut header: FrameHeader,
    events: &[(u16, EncodedEvent)],
    mut salt: impl FnMut() -> [u8; SALT_BYTES],
) -> FrameBytes {
    let mut bodies =
        Vec::with_capacity(events.iter().map(|(_, e)| e.body.len() + SALT_BYTES).sum());
    for (stream, event) in events {
        let salt = salt();
        bodies.extend_from_slice(&salt);
        bodies.extend_from_slice(&event.body);
        header.events.push(EventHeader {
            stream: *stream,
            kind: event.kind,
            version: event.version,
            erasable: event.erasable,
            length: u32::try_from(event.body.len()).expect("an event is far below 4 GiB"),
            digest: digest(&salt, &event.body),
        });
    }
    FrameBytes { header: encode(&header), bodies }
}

/// Reads a frame's header.
///
/// # Errors
/// [`DecodeError`] when the bytes do not fit.
pub fn read_header(bytes: &[u8]) -> Result<FrameHeader, DecodeError> {
    decode("frame header", bytes)
}

/// A frame as far as it concerns the wanted streams: its header and its bodies.
///
/// # Errors
/// [`DecodeError::Malformed`] when the frame is not as long as its header says.
pub fn only(
    header: &FrameHeader,
    bytes: &[u8],
    is_wanted: impl Fn(StreamId) -> bool,
) -> Result<(FrameHeader, Vec<u8>), DecodeError> {
    let malformed = || DecodeError::Malformed {
        what: "frame bodies",
        reason: "the frame is not as long as its header says".into(),
    };
    let mut own = FrameHeader {
        drawn: Vec::new(),
        streams: Vec::new(),
        events: Vec::new(),
        ..header.clone()
    };
    let mut places = Vec::with_capacity(header.streams.len());
    let mut drawn = header.drawn.iter();
    for row in &header.streams {
        let numbers = drawn.by_ref().take(usize::from(row.drawn));
        if is_wanted(row.stream) {
            own.drawn.extend(numbers);
            places.push(u16::try_from(own.streams.len()).ok());
            own.streams.push(*row);
        } else {
            numbers.for_each(drop);
            places.push(None);
        }
    }
    let (mut bodies, mut rest) = (Vec::new(), bytes);
    for event in &header.events {
        let length = SALT_BYTES + event.length as usize;
        let (body, after) = rest.split_at_checked(length).ok_or_else(malformed)?;
        rest = after;
        if let Some(stream) = places.get(usize::from(event.stream)).copied().flatten() {
            own.events.push(EventHeader { stream, ..*event });
            bodies.extend_from_slice(body);
        }
    }
    if rest.is_empty() { Ok((own, bodies)) } else { Err(malformed()) }
}

/// The events of the stream at `stream` of the header with their bodies, each checked against its
/// digest. A frame that is shorter or longer than its header says gives a fault at last.
pub fn bodies_of<'a>(
    header: &'a FrameHeader,
    stream: usize,
    bytes: &'a [u8],
) -> impl Iterator<Item = Result<(&'a EventHeader, &'a [u8]), DecodeError>> {
    let malformed =
        |reason: &str| Err(DecodeError::Malformed { what: "frame bodies", reason: reason.into() });
    let told: usize = header.events.iter().map(|event| SALT_BYTES + event.length as usize).sum();
    let fits = told == bytes.len();
    let mut end = 0;
    let whole = header.events.iter().filter_map(move |event| {
        let begin = end;
        end += SALT_BYTES + event.length as usize;
        if !fits || usize::from(event.stream) != stream {
            return None;
        }
        let (salt, body) = bytes[begin..end].split_at(SALT_BYTES);
        Some(if digest(salt, body) == event.digest {
            Ok((event, body))
        } else {
            malformed("a body does not fit its digest")
        })
    });
    let misfit = (!fits).then(|| malformed("the frame is not as long as its header says"));
    whole.chain(misfit)
}

fn digest(salt: &[u8], body: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(salt);
    hasher.update(body);
    let mut short = [0_u8; 16];
    short.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    short
}
