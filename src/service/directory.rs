//! Directories that the lender keeps: topics, branches, products.

use super::{Caller, ServiceError, Services, expect_version};
use crate::actors::SingleLane;
use crate::base::ids::EntryId;
use crate::domain::access::Action;
use crate::domain::directory::{Entry, EntryCommand, EntryKind};
use crate::domain::{Rejection, StreamId, StreamKind};
use crate::feed::Audience;
use crate::store::Loaded;
use serde::Serialize;
use serde_json::Value;

/// Entries that are read at most.
const ENTRIES_MAX: usize = 10_000;

/// An entry as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryView {
    /// Which.
    pub id: EntryId,
    /// Which directory.
    pub kind: &'static str,
    /// For `If-Match`.
    pub version: u64,
    /// No longer offered.
    pub retired: bool,
    /// The body.
    pub body: Value,
}

/// One change of an entry as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryVersionView {
    /// Which change.
    pub version: u64,
    /// When.
    pub at: String,
    /// Who.
    pub by: String,
    /// What was done.
    pub action: &'static str,
    /// The body from then on.
    pub body: Value,
}

fn stream(id: EntryId) -> StreamId {
    StreamId::new(StreamKind::Entry, id.uuid())
}

fn not_found() -> ServiceError {
    ServiceError::Rejected(Rejection::not_found("entry"))
}

fn view(id: EntryId, kind: EntryKind, loaded: &Loaded<Entry>) -> EntryView {
    EntryView {
        id,
        kind: kind.code(),
        version: loaded.version,
        retired: loaded.state.retired,
        body: loaded.state.body_json(),
    }
}

impl Services {
    /// All entries of a directory, retired ones too.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn entries(
        &self,
        caller: &Caller,
        kind: EntryKind,
    ) -> Result<Vec<EntryView>, ServiceError> {
        caller.grant(Action::ReadDirectory)?;
        let all = self.store.list::<Entry>(None, ENTRIES_MAX)?;
        let of_kind = all.iter().filter(|(_, loaded)| loaded.state.kind == Some(kind));
        Ok(of_kind
            .map(|(stream, loaded)| view(EntryId::from_uuid(stream.id), kind, loaded))
            .collect())
    }

    /// Creates an entry (`version` 0) or replaces its body.
    ///
    /// # Errors
    /// `Forbidden`, `Stale`; `Rejected` names every field at fault.
    pub async fn put_entry(
        &self,
        caller: &Caller,
        kind: EntryKind,
        id: EntryId,
        version: u64,
        body: Value,
    ) -> Result<EntryView, ServiceError> {
        self.command_entry(caller, kind, id, version, EntryCommand::Put { kind, body }).await
    }

    /// Offers an entry no longer.
    ///
    /// # Errors
    /// `Forbidden`, `Stale`, `Rejected`.
    pub async fn retire_entry(
        &self,
        caller: &Caller,
        kind: EntryKind,
        id: EntryId,
        version: u64,
    ) -> Result<EntryView, ServiceError> {
        self.command_entry(caller, kind, id, version, EntryCommand::Retire).await
    }

    /// Offers an entry again.
    ///
    /// # Errors
    /// `Forbidden`, `Stale`, `Rejected`.
    pub async fn restore_entry(
        &self,
        caller: &Caller,
        kind: EntryKind,
        id: EntryId,
        version: u64,
    ) -> Result<EntryView, ServiceError> {
        self.command_entry(caller, kind, id, version, EntryCommand::Restore).await
    }

    /// The latest changes of an entry, newest first.
    ///
    /// # Errors
    /// `Forbidden`, `Rejected` when there is no such entry.
    pub fn entry_history(
        &self,
        caller: &Caller,
        kind: EntryKind,
        id: EntryId,
    ) -> Result<Vec<EntryVersionView>, ServiceError> {
        caller.grant(Action::ReadDirectory)?;
        let loaded = self.store.load::<Entry>(stream(id))?;
        if loaded.state.kind != Some(kind) {
            return Err(not_found());
        }
        let newest_first = loaded.state.history.iter().rev();
        Ok(newest_first
            .map(|change| EntryVersionView {
                version: change.version,
                at: change.at.to_rfc3339(),
                by: self.people.name_of(change.by),
                action: change.action.code(),
                body: serde_json::from_str(&change.body).unwrap_or(Value::Null),
            })
            .collect())
    }

    async fn command_entry(
        &self,
        caller: &Caller,
        kind: EntryKind,
        id: EntryId,
        version: u64,
        command: EntryCommand,
    ) -> Result<EntryView, ServiceError> {
        caller.grant(Action::EditDirectory)?;
        let order = caller.order(move |lane: &SingleLane<Entry>, context| {
            if lane.state().kind.is_some_and(|own| own != kind) {
                return Err(Rejection::not_found("entry of this directory"));
            }
            expect_version(lane.version(), Some(version))?;
            lane.command(command.clone(), context)
        });
        let done = self.entries.ask(id.uuid(), order).await?;
        let body = format!("\"kind\":\"{}\"", kind.code());
        self.feed.publish(Audience::Everybody, "directory.changed", body, true, None);
        Ok(view(id, kind, &done.after.loaded))
    }
}
