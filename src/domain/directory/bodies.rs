//! What stands in the entries of each kind, and its checks. Bodies are completed on the way in.

use super::EntryKind;
use crate::base::limits::{COMMENT_CHARS_MAX, LINE_CHARS_MAX, PAPER_TEMPLATE_CHARS_MAX};
use crate::domain::FieldFault;
use crate::domain::credit::terms::TermsAsk;
use crate::domain::fields::{self, FromJson};
use crate::domain::paper::{PaperKind, PaperLanguage};
use crate::json_object;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// Links of one topic.
const LINKS_MAX: usize = 20;
/// Characters of the word that calls a snippet.
const SNIPPET_KEY_CHARS_MAX: usize = 32;

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

/// Who keeps the books of a product's loans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductBook {
    /// This box.
    Own,
    /// Another system, whose figures are shown and checked.
    External,
}

crate::json_words! {
    ProductBook = "own, external",
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
        /// Who keeps the books of its loans: another system when left out.
        pub book: Option<ProductBook>,
        /// Terms of its loans where an agreement leaves them out.
        pub terms: Option<TermsAsk>,
    }
}

json_object! {
    /// A text prepared for comments: typed as `/` and its key.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct SnippetBody {
        /// The word typed after `/`.
        pub key: String,
        /// Its name in the list.
        pub title: Texts,
        /// What is written into the comment.
        pub text: Texts,
        /// The topic that it belongs to, to be offered first there.
        pub topic: Option<Uuid>,
        /// Everybody's; otherwise its owner's alone.
        pub shared: Option<bool>,
    }
}

json_object! {
    /// The wording of one kind of paper in one language; the shipped one is taken where there is
    /// none. Whether it can be filled in and laid out is checked where papers are made.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct PaperTemplateBody {
        /// Which paper.
        pub kind: PaperKind,
        /// In which language.
        pub language: PaperLanguage,
        /// The wording: Markdown with `{{ values }}`.
        pub text: String,
    }
}

impl PaperTemplateBody {
    fn settle(self, faults: &mut Vec<FieldFault>) -> Value {
        if self.text.trim().is_empty() {
            let help = "write the wording, or retire the entry to take the shipped one";
            faults.push(FieldFault::new("text", "required", help));
        }
        check_line(Some(&self.text), PAPER_TEMPLATE_CHARS_MAX, "text", faults);
        json!({ "kind": self.kind, "language": self.language, "text": self.text })
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
        self.check_given(LINE_CHARS_MAX, "title", "enter a title in at least one language", faults);
    }
    /// Asks for at least one language; `help` says so in words.
    fn check_given(
        &self,
        limit: usize,
        path: &str,
        help: &'static str,
        faults: &mut Vec<FieldFault>,
    ) {
        let empty = |text: &Option<String>| text.as_ref().is_none_or(|t| t.trim().is_empty());
        if empty(&self.ru) && empty(&self.en) {
            faults.push(FieldFault::new(path, "required", help));
        }
        self.check(limit, path, faults);
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
        let terms = self.terms.unwrap_or_default();
        let inside =
            |fault: FieldFault| FieldFault { field: format!("terms.{}", fault.field), ..fault };
        faults.extend(terms.faults().into_iter().map(inside));
        json!({
            "title": self.title, "description": self.description.unwrap_or_default(),
            "order": self.order.unwrap_or(0), "book": self.book.unwrap_or(ProductBook::External),
            "terms": terms,
        })
    }
}

impl SnippetBody {
    /// Whether it is everybody's.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.shared == Some(true)
    }

    fn settle(self, faults: &mut Vec<FieldFault>) -> Value {
        let key = self.key.trim().to_lowercase();
        let known = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if key.is_empty() {
            faults.push(FieldFault::new("key", "required", "enter the word to type after /"));
        } else if key.chars().count() > SNIPPET_KEY_CHARS_MAX || !key.chars().all(known) {
            let help = "use at most 32 letters, digits, dots and dashes, without spaces";
            faults.push(FieldFault::new("key", "invalid_key", help));
        }
        self.title.check_title(faults);
        let help = "enter the text in at least one language";
        self.text.check_given(COMMENT_CHARS_MAX, "text", help, faults);
        json!({
            "key": key, "title": self.title, "text": self.text, "topic": self.topic,
            "shared": self.is_shared(),
        })
    }
}

/// Checks a body by its kind's schema; gives it back complete, with what was left out filled in.
///
/// # Errors
/// Every fault of every field.
pub fn check_body(kind: EntryKind, body: Value) -> Result<Value, Vec<FieldFault>> {
    match kind {
        EntryKind::Topic => settled(body, TopicBody::settle),
        EntryKind::Branch => settled(body, BranchBody::settle),
        EntryKind::Product => settled(body, ProductBody::settle),
        EntryKind::Snippet => settled(body, SnippetBody::settle),
        EntryKind::PaperTemplate => settled(body, PaperTemplateBody::settle),
    }
}

/// Reads a body and settles what was read: the faults of its form and of its rules in one answer.
fn settled<T: FromJson>(
    body: Value,
    settle: impl FnOnce(T, &mut Vec<FieldFault>) -> Value,
) -> Result<Value, Vec<FieldFault>> {
    let (read, faults) = fields::read_what_is_good::<T>(body);
    let Some(read) = read else { return Err(faults) };
    let mut found = Vec::new();
    let settled = settle(read, &mut found);
    let faults = fields::with_rule_faults(faults, found);
    if faults.is_empty() { Ok(settled) } else { Err(faults) }
}
