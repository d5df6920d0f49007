//! The disposable view over the journal: heads of streams, index rows, claims, command ids.
//!
//! The only room that knows sled. Facts of sled 1.0α this room is built around (design 2):
//! `flush_every_ms(None)` is never used; bounded ranges and prefix scans are banned (they read on
//! to the end of the tree), [`Store::scan`] is the one way to walk; written leaves stay in memory
//! until reopen, so [`Store::recycle`] flushes, drops and reopens; any error of sled marks the
//! store failed, and the committer rebuilds it from the journal with nothing lost.
//! Must never be the only place where something is kept.

mod head;
pub mod keys;
mod nouns;
mod pool;
pub mod projection;
pub mod rebuild;
pub mod seal;
#[cfg(test)]
mod tests;
mod watch;

pub use head::{Head, Loaded};
pub use nouns::Noun;
pub use pool::{FlushReport, Store, StoreSettings};
pub use watch::{Delay, LOOK_EVERY, Vigil, Watch};

use crate::codec::DecodeError;
use crate::codec::frame::CommandKey;
use crate::domain::{ClaimSpace, StreamId, StreamKind};
use rebuild::CommandRow;
use serde::{Deserialize, Serialize};

/// Raise when the stored form of heads or index rows changes: the view is then rebuilt.
pub const VIEWS_VERSION: u32 = 13;

/// Why the view cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The view is failed or being rebuilt; try again in a moment.
    #[error("the view is being rebuilt from the journal; try again in a moment")]
    Unavailable,
    /// The view's files cannot be used; it will be rebuilt.
    #[error("the view's files cannot be used")]
    Broken(#[source] std::io::Error),
    /// A row does not decode; the view will be rebuilt.
    #[error("a row of the view does not decode")]
    Malformed(#[from] DecodeError),
}

/// A key with its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// A row to write, or a key to remove.
type Write = (Vec<u8>, Option<Vec<u8>>);

/// How far the view is, and what it amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The last frame that the view holds.
    pub seq: u64,
    /// Sum of the digests of all heads: equal states have equal digests whatever the path.
    pub digest: StateDigest,
    /// How many streams there are.
    pub streams: StreamCounts,
    /// [`VIEWS_VERSION`] of the writer.
    pub views: u32,
}

/// Numbers of streams by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamCounts([u64; 32]);

impl StreamCounts {
    /// Streams of `kind`.
    #[must_use]
    pub const fn of(&self, kind: StreamKind) -> u64 {
        self.0[kind as usize]
    }
    /// Counts a new stream.
    pub const fn add(&mut self, kind: StreamKind) {
        self.0[kind as usize] += 1;
    }
    /// Adds what another count has come to.
    pub fn combine(&mut self, other: Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }
}

/// An order-free digest of all heads: the sum of one hash per stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateDigest([u64; 4]);

impl StateDigest {
    fn of(stream: StreamId, head: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&keys::stream(stream));
        hasher.update(head);
        let bytes = *hasher.finalize().as_bytes();
        let mut lanes = [0_u64; 4];
        for (lane, chunk) in lanes.iter_mut().zip(bytes.chunks_exact(8)) {
            *lane = u64::from_le_bytes(chunk.try_into().expect("chunks of eight"));
        }
        Self(lanes)
    }
    /// Adds one stream's head.
    pub fn add(&mut self, stream: StreamId, head: &[u8]) {
        let other = Self::of(stream, head);
        for (lane, more) in self.0.iter_mut().zip(other.0) {
            *lane = lane.wrapping_add(more);
        }
    }
    /// Takes one stream's head away.
    pub fn remove(&mut self, stream: StreamId, head: &[u8]) {
        let other = Self::of(stream, head);
        for (lane, less) in self.0.iter_mut().zip(other.0) {
            *lane = lane.wrapping_sub(less);
        }
    }
    /// Adds what another sum has come to.
    pub fn combine(&mut self, other: Self) {
        for (lane, more) in self.0.iter_mut().zip(other.0) {
            *lane = lane.wrapping_add(more);
        }
    }
    /// Thirty-two bytes in hex.
    #[must_use]
    pub fn to_hex(self) -> String {
        let bytes: Vec<u8> = self.0.iter().flat_map(|lane| lane.to_le_bytes()).collect();
        data_encoding::HEXLOWER.encode(&bytes)
    }
}

impl Store {
    /// A stream's state with its version; a stream that was never written has version 0.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn load<A: Noun>(&self, stream: StreamId) -> Result<Loaded<A>, StoreError> {
        match self.get(&keys::head(stream))? {
            Some(bytes) => Head::decode(&bytes),
            None => Ok(Loaded::default()),
        }
    }

    /// What a command became that was carried out today or yesterday.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn command(&self, key: &CommandKey) -> Result<Option<CommandRow>, StoreError> {
        for hour in [key.hour, key.hour.saturating_sub(keys::HOURS_PER_DAY)] {
            if let Some(bytes) = self.get(&keys::command(hour, &key.id))? {
                return Ok(Some(crate::codec::decode("command row", &bytes)?));
            }
        }
        Ok(None)
    }

    /// A stream's version, 0 when it was never written.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn version(&self, stream: StreamId) -> Result<u64, StoreError> {
        Ok(self.get(&keys::head(stream))?.map_or(0, |bytes| Head::version(&bytes)))
    }

    /// Streams that hold a claimed value.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn holders(&self, space: ClaimSpace, value: &str) -> Result<Vec<StreamId>, StoreError> {
        let prefix = keys::claim_prefix(space, value);
        let mut holders = Vec::new();
        if space.is_unique() {
            let named = self.get(&prefix)?;
            holders.extend(named.and_then(|named| keys::holder(&prefix, &named)));
            return Ok(holders);
        }
        self.scan(&prefix, &prefix, |key, value| {
            holders.extend(keys::holder(key, value));
            holders.len() < 1_000
        })?;
        Ok(holders)
    }

    /// Streams of a kind that owns itself, in order of identifier, after `after`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn list<A: Noun>(
        &self,
        after: Option<uuid::Uuid>,
        limit: usize,
    ) -> Result<Vec<(StreamId, Loaded<A>)>, StoreError> {
        let prefix = keys::heads_of(A::KIND);
        let mut start = prefix.clone();
        if let Some(after) = after {
            start.extend_from_slice(after.as_bytes());
            start.push(0);
        }
        let mut found = Vec::new();
        let mut fault = None;
        self.scan(&prefix, &start, |key, value| {
            let Some(id) = uuid::Uuid::from_slice(&key[prefix.len()..]).ok() else {
                return true;
            };
            match Head::decode(value) {
                Ok(loaded) => found.push((StreamId::new(A::KIND, id), loaded)),
                Err(error) => fault = Some(error),
            }
            fault.is_none() && found.len() < limit
        })?;
        match fault {
            Some(error) => Err(error),
            None => Ok(found),
        }
    }

    /// Streams of `kind` in the lane of `owner`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn owned<A: Noun>(
        &self,
        owner: uuid::Uuid,
    ) -> Result<Vec<(StreamId, Loaded<A>)>, StoreError> {
        let prefix = keys::heads_in_lane(owner, A::KIND);
        let mut found = Vec::new();
        let mut fault = None;
        self.scan(&prefix, &prefix, |key, value| {
            let Some(id) = uuid::Uuid::from_slice(&key[prefix.len()..]).ok() else {
                return true;
            };
            match Head::decode(value) {
                Ok(loaded) => found.push((StreamId::owned(A::KIND, owner, id), loaded)),
                Err(error) => fault = Some(error),
            }
            fault.is_none()
        })?;
        match fault {
            Some(error) => Err(error),
            None => Ok(found),
        }
    }

    /// The owner of a loan.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn owner_of(
        &self,
        kind: StreamKind,
        id: uuid::Uuid,
    ) -> Result<Option<uuid::Uuid>, StoreError> {
        let value = self.get(&keys::owner(kind, id))?;
        Ok(value.and_then(|bytes| uuid::Uuid::from_slice(&bytes).ok()))
    }

    /// How far the view is.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn position(&self) -> Result<Position, StoreError> {
        match self.get(keys::POSITION)? {
            Some(bytes) => Ok(crate::codec::decode("position", &bytes)?),
            None => Ok(Position { views: VIEWS_VERSION, ..Position::default() }),
        }
    }
}
