//! Directories that the lender keeps: topics, branches, products, snippets.

use super::papers::templates;
use super::{Caller, ServiceError, Services, expect_version};
use crate::actors::SingleLane;
use crate::base::ids::EntryId;
use crate::domain::access::{Action, Filter};
use crate::domain::directory::{Entry, EntryCommand, EntryKind};
use crate::domain::{Rejection, StreamId, StreamKind};
use crate::feed::Audience;
use crate::store::Loaded;
use serde::Serialize;
use serde_json::Value;

/// Entries that are read at most.
pub(super) const ENTRIES_MAX: usize = 10_000;
/// Snippets that one person keeps for himself; many people share the bound above.
const OWN_SNIPPETS_MAX: usize = 100;

/// An entry as shown.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
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

/// The right to change entries of a kind.
const fn right_to_change(kind: EntryKind) -> Action {
    match kind {
        EntryKind::Snippet => Action::KeepSnippets,
        EntryKind::PaperTemplate => Action::EditPaperTemplates,
        EntryKind::Topic | EntryKind::Branch | EntryKind::Product => Action::EditDirectory,
    }
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
    /// All entries of a directory, retired ones too; not what is another person's alone.
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
        let of_kind = all.iter().filter(|(_, loaded)| {
            loaded.state.kind == Some(kind) && loaded.state.is_open_to(caller.principal)
        });
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
        if kind == EntryKind::PaperTemplate {
            // Before it is tried: whoever may not change it learns nothing.
            caller.grant(right_to_change(kind))?;
            let tried = body.clone();
            let trying = move || templates::check_template(id, &tried);
            let tried = tokio::task::spawn_blocking(trying).await;
            tried.map_err(|_| ServiceError::Unavailable)??;
        }
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
        if loaded.state.kind != Some(kind) || !loaded.state.is_open_to(caller.principal) {
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
        let only_own = caller.grant(right_to_change(kind))?.scope == Filter::Own;
        if only_own && version == 0 && !self.was_done(caller)? {
            self.expect_room_for_a_snippet(caller)?;
        }
        let order = caller.order(move |lane: &SingleLane<Entry>, context| {
            let entry = lane.state();
            if entry.kind.is_some_and(|own| own != kind) {
                return Err(Rejection::not_found("entry of this directory"));
            }
            let shared = (entry.kind.is_some() && entry.owner.is_none()) || shares(&command);
            if only_own && shared {
                let help = "only supervisors and administrators keep shared snippets; \
                            keep it as your own";
                return Err(Rejection::forbidden(help));
            }
            // Before the version: it would tell that there is such a snippet.
            if !entry.is_open_to(context.principal) {
                return Err(Rejection::not_found("entry"));
            }
            expect_version(lane.version(), Some(version))?;
            lane.command(command.clone(), context)
        });
        let done = self.entries.ask(id.uuid(), order).await?;
        let body = format!("\"kind\":\"{}\"", kind.code());
        self.feed.publish(Audience::Everybody, "directory.changed", body, true, None);
        Ok(view(id, kind, &done.after.loaded))
    }

    fn expect_room_for_a_snippet(&self, caller: &Caller) -> Result<(), ServiceError> {
        let all = self.store.list::<Entry>(None, ENTRIES_MAX)?;
        let own = all.iter().filter(|(_, loaded)| loaded.state.owner == Some(caller.principal));
        if own.count() < OWN_SNIPPETS_MAX {
            return Ok(());
        }
        let help = "you keep 100 snippets of your own, which is the most; rewrite one of them";
        Err(ServiceError::Rejected(Rejection::rule("too_many_snippets", help)))
    }
}

/// Whether a command would leave a snippet that everybody sees.
fn shares(command: &EntryCommand) -> bool {
    match command {
        EntryCommand::Put { body, .. } => body["shared"] == Value::Bool(true),
        EntryCommand::Retire | EntryCommand::Restore => false,
    }
}
