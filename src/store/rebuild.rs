//! Replaying frames of the journal into the view: catching up after a stop, and building anew.

use super::projection::{Overlay, project};
use super::{Loaded, Noun, Position, Store, StoreError, VIEWS_VERSION, keys};
use crate::codec::frame::{self, CommandKey, FrameHeader};
use crate::codec::{self, DecodeError};
use crate::domain::call::Call;
use crate::domain::client::Client;
use crate::domain::directory::Entry;
use crate::domain::import::run::ImportRun;
use crate::domain::loan::Loan;
use crate::domain::operator::Operator;
use crate::domain::token::Token;
use crate::domain::user::User;
use crate::domain::{Meta, StreamId, StreamKind};
use crate::journal::{Frame, LogError, Tail};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Frames written into the view as one batch.
const FRAMES_PER_BATCH: usize = 4_096;
/// Keys written into the view as one batch.
const KEYS_PER_BATCH: usize = 60_000;

/// Why frames cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The journal does not read.
    #[error(transparent)]
    Journal(#[from] LogError),
    /// The view does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
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

/// Writes a command's row.
pub fn write_command(overlay: &mut Overlay<'_>, key: &CommandKey, seq: u64, header: &FrameHeader) {
    let streams = header.streams.iter().map(|row| (row.stream, row.version)).collect();
    let row = CommandRow { body: key.body, seq, streams };
    overlay.put(keys::command(key.hour, &key.id), codec::encode(&row));
}

/// Brings the view from its position to the journal's durable head; `progress` is told each
/// position that was written.
///
/// # Errors
/// See [`ReplayError`].
pub fn catch_up(
    store: &Store,
    tail: &Tail,
    mut progress: impl FnMut(Position),
) -> Result<Position, ReplayError> {
    let mut position = store.position()?;
    let mut reader = tail.read_from(position.seq + 1)?;
    loop {
        let mut overlay = Overlay::new(store, position);
        let mut frames = 0;
        while frames < FRAMES_PER_BATCH && overlay.len() < KEYS_PER_BATCH {
            let Some(read) = reader.next_frame()? else {
                break;
            };
            apply(&mut overlay, &read)?;
            frames += 1;
        }
        if frames == 0 {
            return Ok(position);
        }
        position = overlay.apply()?;
        progress(position);
    }
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

/// Replays one frame into the overlay.
///
/// # Errors
/// See [`ReplayError`].
pub fn apply(overlay: &mut Overlay<'_>, read: &Frame) -> Result<(), ReplayError> {
    let seq = read.seq;
    let undecoded = |source| ReplayError::Frame { seq, source };
    let header = frame::read_header(&read.header).map_err(undecoded)?;
    let bodies = frame::read_bodies(&header, &read.body).map_err(undecoded)?;
    for drawn in &header.drawn {
        overlay.set_counter(drawn.counter, drawn.number);
    }
    if let Some(key) = &header.command {
        write_command(overlay, key, seq, &header);
    }
    let mut first_drawn = 0;
    for (index, row) in header.streams.iter().enumerate() {
        let drawn = &header.drawn[first_drawn..first_drawn + usize::from(row.drawn)];
        first_drawn += usize::from(row.drawn);
        let meta = Meta {
            seq,
            at: header.at,
            actor: header.actor,
            drawn: drawn.iter().map(|drawn| drawn.number).collect(),
        };
        let of_stream = header.events.iter().zip(&bodies);
        let events: Vec<(u16, u8, &[u8])> = of_stream
            .filter(|(event, _)| usize::from(event.stream) == index)
            .map(|(event, body)| (event.kind, event.version, *body))
            .collect();
        let replay = match row.stream.kind {
            StreamKind::Client => replay::<Client>,
            StreamKind::Loan => replay::<Loan>,
            StreamKind::Call => replay::<Call>,
            StreamKind::Operator => replay::<Operator>,
            StreamKind::User => replay::<User>,
            StreamKind::Token => replay::<Token>,
            StreamKind::Entry => replay::<Entry>,
            StreamKind::Import => replay::<ImportRun>,
        };
        replay(overlay, row.stream, row.version, &events, &meta).map_err(|error| match error {
            ReplayError::Frame { source, .. } => undecoded(source),
            other => other,
        })?;
    }
    overlay.advance(seq);
    Ok(())
}

fn replay<A: Noun>(
    overlay: &mut Overlay<'_>,
    stream: StreamId,
    version: u64,
    events: &[(u16, u8, &[u8])],
    meta: &Meta,
) -> Result<(), ReplayError> {
    let undecoded = |source| ReplayError::Frame { seq: meta.seq, source };
    let before = if version == events.len() as u64 {
        // The stream's first frame: nothing is looked up.
        Loaded::default()
    } else {
        overlay.load::<A>(stream)?
    };
    let mut after = A::clone(&before.state);
    for (kind, kind_version, body) in events {
        let event = A::decode_event(*kind, *kind_version, body).map_err(undecoded)?;
        after.evolve(&event, meta);
    }
    let after = Arc::new(after);
    overlay.write(project(stream, &before, &*after, version));
    Ok(())
}
