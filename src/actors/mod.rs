//! Lanes: one actor per stream (a client with its loans, a live call, an operator …), found,
//! spawned and put to sleep by a registry.
//!
//! The only room that knows actix. A lane keeps its state, decides one command at a time and has
//! one commit in flight; handlers return at once and the reply comes by a oneshot. An actor never
//! awaits another actor. A state that was looked at is kept beside the actor until it changes, so
//! that reading the same card again wakes no other thread. Lanes are caches: the committer's check
//! is the only authority, and a conflict makes the lane load and decide again.

mod actor;
mod lanes;
mod registry;
#[cfg(test)]
mod tests;

pub use lanes::{ClientLane, SingleLane};
pub use registry::{Host, Lanes, Runtime};

use crate::codec::frame::CommandKey;
use crate::committer::{Change, Receipt, Refusal};
use crate::domain::access::Principal;
use crate::domain::{Context, Rejection, StreamKind};
use crate::store::{Store, StoreError};
use std::any::Any;
use std::sync::Arc;
use uuid::Uuid;

/// The state that one actor keeps.
pub trait Lane: Clone + Send + Sync + Unpin + 'static {
    /// Loads the state of `owner`; a lane that was never written is empty, not an error.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn load(store: &Store, owner: Uuid) -> Result<Self, StoreError>;
    /// Takes over a committed change (`TypedChange<A>` of one of the lane's streams).
    fn absorb(&mut self, change: &(dyn Any + Send));
}

/// What a decision proposes.
#[derive(Default)]
pub struct Decided {
    /// New events by stream; none when there is nothing to do.
    pub changes: Vec<Box<dyn Change>>,
    /// The person has seen who else holds the soft claims.
    pub acknowledge_duplicates: bool,
}

/// Decides a command on a lane. May be called again after a conflict.
pub type Decide<L> = Arc<dyn Fn(&L, &Context) -> Result<Decided, Rejection> + Send + Sync>;

/// A command for a lane.
pub struct Order<L> {
    /// Who asks.
    pub principal: Principal,
    /// Identity of the command.
    pub command: Option<CommandKey>,
    /// The frame that led to it.
    pub cause: Option<u64>,
    /// Served even when the disk is nearly full.
    pub essential: bool,
    /// The decision.
    pub decide: Decide<L>,
}

/// A command that was carried out.
#[derive(Debug, Clone)]
pub struct Done<L> {
    /// Proof; `None` when there was nothing to do.
    pub receipt: Option<Receipt>,
    /// The lane before.
    pub before: L,
    /// The lane after.
    pub after: L,
}

impl<L> Done<L> {
    /// The stream of `kind` that the command wrote; another one than asked for when a repeat has
    /// found what the first time made.
    #[must_use]
    pub fn written(&self, kind: StreamKind) -> Option<Uuid> {
        let streams = &self.receipt.as_ref()?.streams;
        streams.iter().find(|(stream, _)| stream.kind == kind).map(|(stream, _)| stream.id)
    }
}

/// Why a command was not carried out. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// A rule stands against it, or the input is at fault.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The committer refused it.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<StoreError> for AskError {
    fn from(_: StoreError) -> Self {
        // The store has logged what is wrong; the person can only try again.
        Self::Refused(Refusal::Unavailable)
    }
}
