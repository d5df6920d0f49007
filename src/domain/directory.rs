//! Directories: lists that the lender keeps himself — topics, branches, products.
//!
//! One generic entry for all kinds: a kind, an identifier, a JSON body that its kind's schema has
//! checked. The body is kept as text, so that a new field of a schema is not a new stored format.
//! Must never know what another room does with an entry.

use crate::base::limits::{COMMENT_CHARS_MAX, LINE_CHARS_MAX};
use crate::base::time::Timestamp;
use crate::domain::access::Principal;
use crate::domain::fields::{self, FromJson};
use crate::domain::{Aggregate, Context, Decision, FieldFault, Meta, Rejection};
use crate::json_object;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::VecDeque;
use uuid::Uuid;

/// Changes that an entry remembers.
const HISTORY_MAX: usize = 20;
/// Bytes of bodies that an entry remembers.
const HISTORY_BYTES_MAX: usize = 40 * 1024;
/// Links of one topic.
const LINKS_MAX: usize = 20;

/// The kinds of directory. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EntryKind {
    /// What a conversation can be about.
    Topic,
    /// Where clients can come to.
    Branch,
    /// What the lender offers.
    Product,
}

impl EntryKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Topic, Self::Branch, Self::Product];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Branch => "branch",
            Self::Product => "product",
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

json_object! {
    /// A text in the languages of the page; at least one of them.
    #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Texts {
        /// In Russian.
        pub ru: Option<String>,
        /// In English.
        pub en: Option<String>,
    }
}

json_object! {
    /// Something to open while talking about a topic.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Link {
        /// What it is called.
        pub title: String,
        /// Where it is: `https://…` or a path of this box.
        pub url: String,
    }
}

/// How urgent a topic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Waits its turn.
    Calm,
    /// Soon.
    Urgent,
    /// At once.
    Critical,
}

impl FromJson for Severity {
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        let code = String::from_json(value, path, faults)?;
        match code.as_str() {
            "calm" => Some(Self::Calm),
            "urgent" => Some(Self::Urgent),
            "critical" => Some(Self::Critical),
            _ => {
                let help = "choose calm, urgent or critical";
                faults.push(FieldFault::new(path, "unknown_value", help));
                None
            }
        }
    }
}

json_object! {
    /// What a conversation can be about: one node of the tree of topics.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct TopicBody {
        /// The topic above it.
        pub parent: Option<Uuid>,
        /// Its name.
        pub title: Texts,
        /// Its place among its neighbours, small first.
        pub order: Option<i32>,
        /// What the operator should know or say.
        pub hint: Option<Texts>,
        /// The identification level that talking about it needs, 0 to 3 (domain.md 4.3).
        pub required_level: Option<u8>,
        /// What to open.
        pub links: Option<Vec<Link>>,
        /// How urgent.
        pub severity: Option<Severity>,
    }
}

json_object! {
    /// Where clients can come to.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct BranchBody {
        /// Its name.
        pub title: Texts,
        /// Where it stands.
        pub address: Option<String>,
        /// When it is open.
        pub hours: Option<String>,
        /// Its phone.
        pub phone: Option<String>,
        /// How to pay there.
        pub ways_to_pay: Option<Texts>,
    }
}

json_object! {
    /// What the lender offers.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct ProductBody {
        /// Its name.
        pub title: Texts,
        /// What it is, for the operator to read aloud.
        pub description: Option<Texts>,
        /// Its place in the list, small first.
        pub order: Option<i32>,
    }
}

fn check_line(text: Option<&String>, limit: usize, path: &str, faults: &mut Vec<FieldFault>) {
    if text.is_some_and(|text| text.chars().count() > limit) {
        let help = format!("use at most {limit} characters");
        faults.push(FieldFault::new(path, "too_long", help));
    }
}

impl Texts {
    fn check(&self, limit: usize, path: &str, faults: &mut Vec<FieldFault>) {
        check_line(self.ru.as_ref(), limit, &fields::join(path, "ru"), faults);
        check_line(self.en.as_ref(), limit, &fields::join(path, "en"), faults);
    }
    fn check_title(&self, faults: &mut Vec<FieldFault>) {
        let empty = |text: &Option<String>| text.as_ref().is_none_or(|t| t.trim().is_empty());
        if empty(&self.ru) && empty(&self.en) {
            let help = "enter a title in at least one language";
            faults.push(FieldFault::new("title", "required", help));
        }
        self.check(LINE_CHARS_MAX, "title", faults);
    }
}

impl TopicBody {
    /// Fills what was left out, and checks.
    fn settle(mut self, faults: &mut Vec<FieldFault>) -> Value {
        self.title.check_title(faults);
        if let Some(hint) = &self.hint {
            hint.check(COMMENT_CHARS_MAX, "hint", faults);
        }
        if self.required_level.is_some_and(|level| level > 3) {
            let help = "a level is 0, 1, 2 or 3";
            faults.push(FieldFault::new("required_level", "out_of_range", help));
        }
        let links = self.links.get_or_insert_default();
        if links.len() > LINKS_MAX {
            faults.push(FieldFault::new("links", "too_many", "keep at most 20 links"));
        }
        for (index, link) in links.iter().enumerate() {
            let known =
                ["https://", "http://", "/"].iter().any(|start| link.url.starts_with(start));
            if !known || link.url.starts_with("//") || link.url.len() > 2_000 {
                let help = "begin with https:// or with / for a page of this box";
                let path = format!("links[{index}].url");
                faults.push(FieldFault::new(path, "invalid_url", help));
            }
            let path = format!("links[{index}].title");
            check_line(Some(&link.title), LINE_CHARS_MAX, &path, faults);
        }
        json!({
            "parent": self.parent, "title": self.title, "order": self.order.unwrap_or(0),
            "hint": self.hint.unwrap_or_default(),
            "required_level": self.required_level.unwrap_or(0), "links": self.links,
            "severity": self.severity.unwrap_or(Severity::Calm),
        })
    }
}

impl BranchBody {
    fn settle(self, faults: &mut Vec<FieldFault>) -> Value {
        self.title.check_title(faults);
        check_line(self.address.as_ref(), LINE_CHARS_MAX, "address", faults);
        check_line(self.hours.as_ref(), LINE_CHARS_MAX, "hours", faults);
        check_line(self.phone.as_ref(), LINE_CHARS_MAX, "phone", faults);
        if let Some(ways) = &self.ways_to_pay {
            ways.check(COMMENT_CHARS_MAX, "ways_to_pay", faults);
        }
        json!({
            "title": self.title, "address": self.address.unwrap_or_default(),
            "hours": self.hours.unwrap_or_default(), "phone": self.phone.unwrap_or_default(),
            "ways_to_pay": self.ways_to_pay.unwrap_or_default(),
        })
    }
}

impl ProductBody {
    fn settle(self, faults: &mut Vec<FieldFault>) -> Value {
        self.title.check_title(faults);
        if let Some(description) = &self.description {
            description.check(COMMENT_CHARS_MAX, "description", faults);
        }
        json!({
            "title": self.title, "description": self.description.unwrap_or_default(),
            "order": self.order.unwrap_or(0),
        })
    }
}

/// Checks a body by its kind's schema; gives it back complete, with what was left out filled in.
///
/// # Errors
/// Every fault of every field.
pub fn check_body(kind: EntryKind, body: Value) -> Result<Value, Vec<FieldFault>> {
    let mut faults = Vec::new();
    let settled = match kind {
        EntryKind::Topic => fields::read::<TopicBody>(body)?.settle(&mut faults),
        EntryKind::Branch => fields::read::<BranchBody>(body)?.settle(&mut faults),
        EntryKind::Product => fields::read::<ProductBody>(body)?.settle(&mut faults),
    };
    if faults.is_empty() { Ok(settled) } else { Err(faults) }
}

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
}

impl Aggregate for Entry {
    type Command = EntryCommand;
    type Event = EntryEvent;

    fn decide(
        &self,
        command: EntryCommand,
        _context: &Context,
    ) -> Result<Decision<EntryEvent>, Rejection> {
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
mod tests {
    use super::*;

    fn context() -> Context {
        Context {
            now: Timestamp::from_micros(0),
            zone: chrono_tz::Europe::Moscow,
            principal: Principal::System,
        }
    }

    fn run(entry: &mut Entry, command: EntryCommand) -> Result<usize, Rejection> {
        let meta = Meta { seq: 1, at: context().now, actor: Principal::System, drawn: vec![] };
        let decision = entry.decide(command, &context())?;
        decision.events.iter().for_each(|event| entry.evolve(event, &meta));
        Ok(decision.events.len())
    }

    fn topic(title: &str) -> EntryCommand {
        EntryCommand::Put { kind: EntryKind::Topic, body: json!({"title": {"ru": title}}) }
    }

    #[test]
    fn an_entry_is_put_retired_and_restored() {
        let mut entry = Entry::default();
        assert_eq!(run(&mut entry, EntryCommand::Retire).unwrap_err().code, "not_found");
        assert_eq!(run(&mut entry, topic("Платёж")), Ok(1));
        assert_eq!(run(&mut entry, topic("Платёж")), Ok(0), "the same body changes nothing");
        let body = entry.as_topic().expect("a topic");
        assert_eq!((body.required_level, body.severity), (Some(0), Some(Severity::Calm)));
        assert_eq!(run(&mut entry, EntryCommand::Retire), Ok(1));
        assert!(entry.retired);
        assert_eq!(run(&mut entry, EntryCommand::Restore), Ok(1));
        assert!(!entry.retired);
        let codes: Vec<&str> = entry.history.iter().map(|change| change.action.code()).collect();
        assert_eq!(codes, ["put", "retired", "restored"]);
        let branch =
            EntryCommand::Put { kind: EntryKind::Branch, body: json!({"title": {"ru": "a"}}) };
        assert_eq!(run(&mut entry, branch).unwrap_err().code, "not_found");
    }

    #[test]
    fn an_entry_remembers_its_latest_changes_only() {
        let mut entry = Entry::default();
        for number in 0..50 {
            run(&mut entry, topic(&format!("Тема {number}"))).unwrap();
        }
        assert_eq!((entry.version, entry.history.len()), (50, HISTORY_MAX));
        assert_eq!(entry.history.back().map(|change| change.version), Some(50));
        let long = |n: usize| json!({"title": {"ru": "а"}, "hint": {"ru": "ы".repeat(3_900 + n)}});
        for number in 0..20 {
            let put = EntryCommand::Put { kind: EntryKind::Topic, body: long(number) };
            run(&mut entry, put).unwrap();
        }
        let bytes: usize = entry.history.iter().map(|change| change.body.len()).sum();
        assert!(bytes <= HISTORY_BYTES_MAX, "{bytes}");
    }

    #[test]
    fn every_fault_of_a_body_is_named() {
        type Row = (EntryKind, Value, &'static [(&'static str, &'static str)]);
        let rows: [Row; 5] = [
            (EntryKind::Topic, json!({}), &[("title", "required")]),
            (EntryKind::Topic, json!({"title": {}}), &[("title", "required")]),
            (
                EntryKind::Topic,
                json!({"title": {"en": "x"}, "required_level": 4,
                    "links": [{"title": "a", "url": "javascript:1"}]}),
                &[("required_level", "out_of_range"), ("links[0].url", "invalid_url")],
            ),
            (
                EntryKind::Topic,
                json!({"title": {"de": "x"}, "severity": "loud", "colour": 1}),
                &[
                    ("title.de", "unknown_field"),
                    ("severity", "unknown_value"),
                    ("colour", "unknown_field"),
                ],
            ),
            (
                EntryKind::Branch,
                json!({"title": {"ru": "а"}, "hours": "x".repeat(300)}),
                &[("hours", "too_long")],
            ),
        ];
        for (kind, body, expected) in rows {
            let faults = check_body(kind, body.clone()).unwrap_err();
            let named: Vec<(&str, &str)> =
                faults.iter().map(|f| (f.field.as_str(), f.code)).collect();
            assert_eq!(named, expected, "{body}");
        }
    }

    #[test]
    fn a_settled_body_settles_to_itself() {
        let rows = [
            (EntryKind::Topic, json!({"title": {"ru": "а"}, "severity": "urgent"})),
            (EntryKind::Branch, json!({"title": {"ru": "а"}, "phone": "8 800"})),
            (EntryKind::Product, json!({"title": {"en": "loan"}})),
        ];
        for (kind, body) in rows {
            let once = check_body(kind, body).unwrap();
            assert_eq!(check_body(kind, once.clone()).unwrap(), once);
        }
    }
}
