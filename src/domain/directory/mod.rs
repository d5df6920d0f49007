//! Directories: lists that the lender keeps himself — topics, branches, products, snippets.
//!
//! One generic entry for all kinds: a kind, an identifier, a JSON body that its kind's schema has
//! checked. The body is kept as text, so that a new field of a schema is not a new stored format.
//! Must never know what another room does with an entry.

pub mod bodies;

use crate::base::time::Timestamp;
use crate::domain::access::Principal;
use crate::domain::fields;
use crate::domain::{Aggregate, Context, Decision, Meta, Rejection};
use bodies::SnippetBody;
pub use bodies::{ProductBody, ProductBook, Severity, TopicBody, check_body};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::VecDeque;

/// Changes that an entry remembers.
const HISTORY_MAX: usize = 20;
/// Bytes of bodies that an entry remembers.
const HISTORY_BYTES_MAX: usize = 40 * 1024;

/// The kinds of directory. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EntryKind {
    /// What a conversation can be about.
    Topic,
    /// Where clients can come to.
    Branch,
    /// What the lender offers.
    Product,
    /// A text prepared for comments: shared, or its owner's alone.
    Snippet,
    /// The wording of one kind of paper in one language.
    PaperTemplate,
}

impl EntryKind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Topic, Self::Branch, Self::Product, Self::Snippet, Self::PaperTemplate];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Branch => "branch",
            Self::Product => "product",
            Self::Snippet => "snippet",
            Self::PaperTemplate => "paper_template",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// One entry of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which directory; `None` before the entry exists.
    pub kind: Option<EntryKind>,
    /// The body as JSON text, in the schema's own order of fields.
    pub body: String,
    /// No longer offered; kept for what refers to it.
    pub retired: bool,
    /// Whose alone it is; `None` when it is everybody's. Only snippets have an owner.
    pub owner: Option<Principal>,
    /// How often it was changed.
    pub version: u64,
    /// The latest changes, oldest first; all of them stay in the journal.
    pub history: VecDeque<EntryVersion>,
}

/// One change of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryVersion {
    /// Which change it was.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Principal,
    /// What was done.
    pub action: EntryAction,
    /// The body from then on.
    pub body: String,
}

/// What was done to an entry. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryAction {
    /// Its body was put.
    Put,
    /// It was retired.
    Retired,
    /// It was restored.
    Restored,
}

impl EntryAction {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Retired => "retired",
            Self::Restored => "restored",
        }
    }
}

/// What may be asked of an entry.
#[derive(Clone, Debug)]
pub enum EntryCommand {
    /// Create it or replace its body.
    Put {
        /// Which directory.
        kind: EntryKind,
        /// The new body.
        body: Value,
    },
    /// Offer it no longer.
    Retire,
    /// Offer it again.
    Restore,
}

/// What happened to an entry. Stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryEvent {
    /// It has this body now.
    Put(EntryPut),
    /// It is no longer offered.
    Retired(EntryRetired),
    /// It is offered again.
    Restored(EntryRestored),
}

/// Payload of [`EntryEvent::Put`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryPut {
    /// Which directory.
    pub kind: EntryKind,
    /// The body as JSON text.
    pub body: String,
}

/// Payload of [`EntryEvent::Retired`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRetired {}

/// Payload of [`EntryEvent::Restored`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRestored {}

impl Entry {
    /// The body; `null` before the entry exists.
    #[must_use]
    pub fn body_json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
    /// The entry as a topic; `None` when it is something else.
    #[must_use]
    pub fn as_topic(&self) -> Option<TopicBody> {
        (self.kind == Some(EntryKind::Topic)).then_some(())?;
        fields::read(self.body_json()).ok()
    }
    /// The entry as a product; `None` when it is something else.
    #[must_use]
    pub fn as_product(&self) -> Option<ProductBody> {
        (self.kind == Some(EntryKind::Product)).then_some(())?;
        fields::read(self.body_json()).ok()
    }
    /// Whether a person may see the entry: it is everybody's, or his own.
    #[must_use]
    pub fn is_open_to(&self, principal: Principal) -> bool {
        self.owner.is_none_or(|owner| owner == principal)
    }
    /// Whose alone the entry is after `by` has put `put`: whoever takes a shared snippet for
    /// himself owns it, and an owned one stays with its owner.
    fn owner_after(&self, put: &EntryPut, by: Principal) -> Option<Principal> {
        (put.kind == EntryKind::Snippet).then_some(())?;
        let body = serde_json::from_str(&put.body).ok()?;
        let snippet = fields::read::<SnippetBody>(body).ok()?;
        (!snippet.is_shared()).then(|| self.owner.unwrap_or(by))
    }
}

impl Aggregate for Entry {
    type Command = EntryCommand;
    type Event = EntryEvent;

    fn decide(
        &self,
        command: EntryCommand,
        context: &Context,
    ) -> Result<Decision<EntryEvent>, Rejection> {
        if !self.is_open_to(context.principal) {
            return Err(Rejection::not_found("entry"));
        }
        let event = match command {
            EntryCommand::Put { kind, .. } if self.kind.is_some_and(|own| own != kind) => {
                return Err(Rejection::not_found("entry of this directory"));
            }
            EntryCommand::Put { kind, body } => {
                let body = check_body(kind, body).map_err(Rejection::invalid)?.to_string();
                if self.kind.is_some() && body == self.body && !self.retired {
                    return Ok(Decision::nothing());
                }
                EntryEvent::Put(EntryPut { kind, body })
            }
            _ if self.kind.is_none() => return Err(Rejection::not_found("entry")),
            EntryCommand::Retire if self.retired => return Ok(Decision::nothing()),
            EntryCommand::Retire => EntryEvent::Retired(EntryRetired {}),
            EntryCommand::Restore if !self.retired => return Ok(Decision::nothing()),
            EntryCommand::Restore => EntryEvent::Restored(EntryRestored {}),
        };
        Ok(Decision::events(vec![event]))
    }

    fn evolve(&mut self, event: &EntryEvent, meta: &Meta) {
        let action = match event {
            EntryEvent::Put(put) => {
                self.owner = self.owner_after(put, meta.actor);
                self.kind = Some(put.kind);
                self.body.clone_from(&put.body);
                self.retired = false;
                EntryAction::Put
            }
            EntryEvent::Retired(_) => {
                self.retired = true;
                EntryAction::Retired
            }
            EntryEvent::Restored(_) => {
                self.retired = false;
                EntryAction::Restored
            }
        };
        self.version += 1;
        let (version, body) = (self.version, self.body.clone());
        self.history.push_back(EntryVersion { version, at: meta.at, by: meta.actor, action, body });
        let mut bytes: usize = self.history.iter().map(|change| change.body.len()).sum();
        while self.history.len() > HISTORY_MAX
            || (bytes > HISTORY_BYTES_MAX && self.history.len() > 1)
        {
            bytes -= self.history.pop_front().map_or(0, |change| change.body.len());
        }
    }
}

#[cfg(test)]
mod tests;
