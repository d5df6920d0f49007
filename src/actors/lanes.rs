//! The lanes there are: a client with its loans, and any stream that owns itself.

use super::{Decided, Lane};
use crate::base::ids::LoanId;
use crate::committer::TypedChange;
use crate::domain::client::{Client, ClientCommand};
use crate::domain::loan::{Loan, LoanCommand};
use crate::domain::{Aggregate, Context, Rejection, StreamId, StreamKind};
use crate::store::{Loaded, Noun, Store, StoreError};
use bytes::Bytes;
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// A client with its loans: permit, matching and silence of reminders are one decision.
#[derive(Clone, Debug)]
pub struct ClientLane {
    stream: StreamId,
    /// The client.
    pub client: Loaded<Client>,
    /// The loans, by identifier.
    pub loans: BTreeMap<LoanId, Loaded<Loan>>,
    /// What was made of this very state for readers.
    pub made: Made,
}

/// Bytes made of one state of a lane, by whatever they depend on besides it. Clones share them; a
/// changed lane begins anew.
#[derive(Clone, Debug, Default)]
pub struct Made(Arc<Mutex<Vec<(u64, Bytes)>>>);

impl Made {
    /// Kept at once; readers differ by role and level only.
    const KEPT_MAX: usize = 4;

    /// The bytes of `key`, made now if they were not before.
    pub fn get(&self, key: u64, make: impl FnOnce() -> Bytes) -> Bytes {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = kept.iter().find(|(known, _)| *known == key) {
            return bytes.clone();
        }
        let bytes = make();
        if kept.len() >= Self::KEPT_MAX {
            kept.remove(0);
        }
        kept.push((key, bytes.clone()));
        bytes
    }
}

impl ClientLane {
    /// Decides a command on the client itself.
    ///
    /// # Errors
    /// The client's rejection.
    pub fn command(&self, command: ClientCommand, context: &Context) -> Result<Decided, Rejection> {
        decide(self.stream, &self.client, command, context)
    }

    /// Decides a command on one of the loans.
    ///
    /// # Errors
    /// The loan's rejection.
    pub fn loan_command(
        &self,
        loan: LoanId,
        command: LoanCommand,
        context: &Context,
    ) -> Result<Decided, Rejection> {
        let stream = StreamId::owned(StreamKind::Loan, self.stream.id, loan.uuid());
        let loaded = self.loans.get(&loan).cloned().unwrap_or_default();
        decide(stream, &loaded, command, context)
    }

    /// Whether the client was ever registered.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.client.state.exists()
    }
}

impl Lane for ClientLane {
    fn load(store: &Store, owner: Uuid) -> Result<Self, StoreError> {
        let stream = StreamId::new(StreamKind::Client, owner);
        let loans = store
            .owned::<Loan>(owner)?
            .into_iter()
            .map(|(stream, loan)| (LoanId::from_uuid(stream.id), loan))
            .collect();
        Ok(Self { stream, client: store.load(stream)?, loans, made: Made::default() })
    }

    fn absorb(&mut self, change: &(dyn Any + Send)) {
        self.made = Made::default();
        if let Some(change) = change.downcast_ref::<TypedChange<Client>>() {
            self.client = change.after();
        } else if let Some(change) = change.downcast_ref::<TypedChange<Loan>>() {
            self.loans.insert(LoanId::from_uuid(change.stream_id().id), change.after());
        }
    }
}

/// A stream that owns itself.
#[derive(Debug)]
pub struct SingleLane<A: Noun> {
    stream: StreamId,
    /// The state.
    pub loaded: Loaded<A>,
}

impl<A: Noun> Clone for SingleLane<A> {
    fn clone(&self) -> Self {
        let Loaded { version, state } = &self.loaded;
        Self { stream: self.stream, loaded: Loaded { version: *version, state: state.clone() } }
    }
}

impl<A: Noun> SingleLane<A> {
    /// Decides a command.
    ///
    /// # Errors
    /// The aggregate's rejection.
    pub fn command(&self, command: A::Command, context: &Context) -> Result<Decided, Rejection> {
        decide(self.stream, &self.loaded, command, context)
    }
    /// The state.
    #[must_use]
    pub fn state(&self) -> &A {
        &self.loaded.state
    }
    /// The version.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.loaded.version
    }
}

impl<A: Noun> Lane for SingleLane<A> {
    fn load(store: &Store, owner: Uuid) -> Result<Self, StoreError> {
        let stream = StreamId::new(A::KIND, owner);
        Ok(Self { stream, loaded: store.load(stream)? })
    }

    fn absorb(&mut self, change: &(dyn Any + Send)) {
        if let Some(change) = change.downcast_ref::<TypedChange<A>>() {
            self.loaded = change.after();
        }
    }
}

fn decide<A: Noun>(
    stream: StreamId,
    loaded: &Loaded<A>,
    command: <A as Aggregate>::Command,
    context: &Context,
) -> Result<Decided, Rejection> {
    let decision = loaded.state.decide(command, context)?;
    if decision.events.is_empty() {
        return Ok(Decided::default());
    }
    let before = Loaded { version: loaded.version, state: loaded.state.clone() };
    let change = TypedChange::new(stream, before, decision.events, decision.draws);
    Ok(Decided {
        changes: vec![Box::new(change)],
        acknowledge_duplicates: decision.acknowledge_duplicates,
    })
}
