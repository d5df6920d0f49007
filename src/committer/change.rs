//! What is proposed to the committer, and what it answers.

use crate::base::time::Timestamp;
use crate::codec::EncodedEvent;
use crate::codec::frame::CommandKey;
use crate::domain::access::Principal;
use crate::domain::{ClaimSpace, Counter, Meta, StreamId};
use crate::store::projection::{Projection, project};
use crate::store::{Loaded, Noun};
use std::any::Any;
use std::sync::Arc;

/// New events of one stream, of any aggregate.
pub trait Change: Send {
    /// The stream.
    fn stream(&self) -> StreamId;
    /// The version the events were decided on.
    fn version_before(&self) -> u64;
    /// How many events.
    fn count(&self) -> u64;
    /// The events as stored.
    fn encoded(&self) -> Vec<EncodedEvent>;
    /// Counters to draw from.
    fn draws(&self) -> &[Counter];
    /// Evolves the state and says what the view must write.
    fn project(&mut self, meta: &Meta) -> Projection;
    /// The change itself, with the state after it.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

/// New events of one stream.
#[derive(Debug)]
pub struct TypedChange<A: Noun> {
    stream: StreamId,
    before: Loaded<A>,
    events: Vec<A::Event>,
    draws: Vec<Counter>,
    after: Option<Loaded<A>>,
}

impl<A: Noun> TypedChange<A> {
    /// Events that were decided on `before`.
    #[must_use]
    pub const fn new(
        stream: StreamId,
        before: Loaded<A>,
        events: Vec<A::Event>,
        draws: Vec<Counter>,
    ) -> Self {
        Self { stream, before, events, draws, after: None }
    }
    /// The stream.
    #[must_use]
    pub const fn stream_id(&self) -> StreamId {
        self.stream
    }
    /// The state before.
    #[must_use]
    pub const fn before(&self) -> &Loaded<A> {
        &self.before
    }
    /// The state after; the state before when it was not committed.
    #[must_use]
    pub fn after(&self) -> Loaded<A> {
        self.after.clone().unwrap_or_else(|| self.before.clone())
    }
}

impl<A: Noun> Change for TypedChange<A> {
    fn stream(&self) -> StreamId {
        self.stream
    }
    fn version_before(&self) -> u64 {
        self.before.version
    }
    fn count(&self) -> u64 {
        self.events.len() as u64
    }
    fn encoded(&self) -> Vec<EncodedEvent> {
        self.events.iter().map(A::encode_event).collect()
    }
    fn draws(&self) -> &[Counter] {
        &self.draws
    }
    fn project(&mut self, meta: &Meta) -> Projection {
        let mut state = A::clone(&self.before.state);
        for event in &self.events {
            state.evolve(event, meta);
        }
        let version = self.before.version + self.count();
        let projection = project(self.stream, &self.before, &state, version);
        self.after = Some(Loaded { version, state: Arc::new(state) });
        projection
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// A decided command: one frame.
pub struct Proposal {
    /// When it was decided.
    pub at: Timestamp,
    /// Who asks.
    pub actor: Principal,
    /// The frame that led to this one.
    pub cause: Option<u64>,
    /// Identity of the command.
    pub command: Option<CommandKey>,
    /// Part of an import.
    pub bulk: bool,
    /// Served even when the disk is nearly full: call events and clean-up.
    pub essential: bool,
    /// The person has seen who else holds the soft claims.
    pub acknowledge_duplicates: bool,
    /// New events, by stream.
    pub changes: Vec<Box<dyn Change>>,
}

impl std::fmt::Debug for Proposal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let streams: Vec<StreamId> = self.changes.iter().map(|change| change.stream()).collect();
        write!(f, "Proposal({streams:?})")
    }
}

/// Proof that a command is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The frame's number.
    pub seq: u64,
    /// Streams written and their versions.
    pub streams: Vec<(StreamId, u64)>,
    /// The command had been seen before; nothing was written now.
    pub repeated: bool,
}

impl Receipt {
    /// The version of `stream` after the command.
    #[must_use]
    pub fn version_of(&self, stream: StreamId) -> Option<u64> {
        self.streams.iter().find(|(one, _)| *one == stream).map(|(_, version)| *version)
    }
}

/// The committer's yes.
pub struct Committed {
    /// Proof.
    pub receipt: Receipt,
    /// The changes with the states after them (`TypedChange<A>`); empty for a repeated command.
    pub changes: Vec<Box<dyn Any + Send>>,
}

impl std::fmt::Debug for Committed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.receipt.fmt(f)
    }
}

/// The committer's no. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody else wrote the stream meanwhile: load and decide again.
    #[error("somebody else changed this meanwhile")]
    Conflict(StreamId),
    /// Another stream holds a value.
    #[error("another record holds this value")]
    Duplicate {
        /// What value.
        space: ClaimSpace,
        /// Who holds it.
        holders: Vec<StreamId>,
        /// No insisting.
        hard: bool,
    },
    /// The idempotency key was used with another body.
    #[error("this idempotency key was used with another request")]
    KeyReused,
    /// The frame would be too large.
    #[error("the change is too large for one command")]
    TooLarge,
    /// The disk is nearly full.
    #[error("the disk is nearly full; free some space")]
    StorageLow,
    /// Too much is waiting.
    #[error("the box is busy; try again")]
    Busy,
    /// The view is being rebuilt, or the box is stopping.
    #[error("the box is not ready; try again in a moment")]
    Unavailable,
}
