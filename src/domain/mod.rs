//! The pure rules of the trade.
//!
//! No async, no I/O, no clock, no randomness: whatever a rule needs arrives in its command or in
//! [`Context`]. A command is *decided* against a state and yields a [`Decision`]; its events
//! *evolve* the state. `evolve` is total: what was once decided is never refused again.

pub mod access;
pub mod calendar;
pub mod call;
pub mod client;
pub mod credit;
pub mod daily_run;
pub mod directory;
pub mod fields;
pub mod import;
pub mod loan;
pub mod operator;
pub mod paper;
pub mod sign_ins;
pub mod statement;
pub mod token;
pub mod user;

use crate::base::time::{Date, Timestamp, Zone};
use access::Principal;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// The kinds of stream. Numbers are stored: never reuse, append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum StreamKind {
    /// A client: person, organisation, prospect, anonymous.
    Client = 1,
    /// A loan; owned by its client.
    Loan = 2,
    /// A telephone conversation.
    Call = 3,
    /// What a person at the phones is doing now.
    Operator = 4,
    /// A user and the rights.
    User = 5,
    /// A machine's token.
    Token = 6,
    /// One entry of a directory.
    Entry = 7,
    /// One run of an import.
    Import = 8,
    /// A file of bank statements.
    Statement = 9,
    /// A movement of a bank statement.
    IncomingPayment = 10,
    /// The daily run of one day.
    DailyRun = 11,
    /// An issued paper.
    Paper = 12,
}

impl StreamKind {
    /// All kinds, in order of number.
    pub const ALL: [Self; 12] = [
        Self::Client,
        Self::Loan,
        Self::Call,
        Self::Operator,
        Self::User,
        Self::Token,
        Self::Entry,
        Self::Import,
        Self::Statement,
        Self::IncomingPayment,
        Self::DailyRun,
        Self::Paper,
    ];
}

/// Names one stream of events. `owner` is the client for streams that live in the client's lane,
/// and equals `id` for all others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId {
    /// What the stream is about.
    pub kind: StreamKind,
    /// The stream's owner (the client of a loan), or `id`.
    pub owner: Uuid,
    /// The stream itself.
    pub id: Uuid,
}

impl StreamId {
    /// A stream that owns itself.
    #[must_use]
    pub const fn new(kind: StreamKind, id: Uuid) -> Self {
        Self { kind, owner: id, id }
    }
    /// A stream in the lane of another.
    #[must_use]
    pub const fn owned(kind: StreamKind, owner: Uuid, id: Uuid) -> Self {
        Self { kind, owner, id }
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{}", self.kind, self.id)
    }
}

/// What a decision may know beside state and command.
#[derive(Debug, Clone)]
pub struct Context {
    /// The instant of the decision.
    pub now: Timestamp,
    /// The lender's zone: days past due, promises, numbering.
    pub zone: Zone,
    /// Who asks.
    pub principal: Principal,
}

impl Context {
    /// Today in the lender's zone.
    #[must_use]
    pub fn today(&self) -> Date {
        self.now.date_in(self.zone)
    }
}

/// What `evolve` may know beside state and event: the header of the committed frame.
#[derive(Debug, Clone)]
pub struct Meta {
    /// Position in the journal, from 1.
    pub seq: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Principal,
    /// Numbers drawn by the committer, in the order asked for.
    pub drawn: Vec<u64>,
}

/// A counter without gaps; the committer draws from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Counter {
    /// Call numbers of a year of the lender's zone.
    Calls(i32),
    /// Client card numbers.
    Clients,
    /// Numbers of papers of a year of the lender's zone.
    Papers(i32),
}

/// A value that only one holder may have (hard), or that others are warned about (soft).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// The kind of value, for instance `login`, `inn`, `phone`.
    pub space: ClaimSpace,
    /// The normalised value.
    pub value: String,
    /// How strict it is.
    pub strength: ClaimStrength,
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value may be personal data.
        write!(f, "Claim({:?}, {:?})", self.space, self.strength)
    }
}

/// What a claimed value is. Numbers are stored: never reuse, append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum ClaimSpace {
    /// A user's log-in.
    Login = 1,
    /// A key of the source system: `source:kind:key`.
    SourceKey = 2,
    /// INN of a person, or INN+KPP of an organisation.
    Inn = 3,
    /// OGRN or OGRNIP.
    Ogrn = 4,
    /// SNILS.
    Snils = 5,
    /// Series and number of an identity document.
    Document = 6,
    /// A phone in E.164.
    Phone = 7,
    /// An e-mail.
    Email = 8,
    /// A loan agreement's number.
    LoanNumber = 9,
    /// A phone extension of a user.
    Extension = 10,
    /// The PBX's own identifier of a conversation: `source:call_id`.
    PbxCall = 11,
    /// A bearer token's hash.
    TokenHash = 12,
    /// The gapless number of a client card.
    CardNumber = 13,
    /// The gapless number of a paper within its year: `2026-17`.
    PaperNumber = 14,
}

impl ClaimSpace {
    /// Whether claims of this space are hard: a value has one holder at most.
    #[must_use]
    pub const fn is_unique(self) -> bool {
        !matches!(self, Self::Document | Self::Phone | Self::Email)
    }
}

/// How strict a claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClaimStrength {
    /// Refused when another stream holds it.
    Hard,
    /// Refused when another stream holds it, unless the person has seen the others and insists
    /// ([`Decision::acknowledge_duplicates`]).
    Soft,
}

/// What deciding a command yields. Claims are not listed here: they are a function of the state
/// ([`Aggregate::claims`]), so that a rebuild finds the same ones.
#[derive(Debug, Clone)]
pub struct Decision<E> {
    /// What happened, in order.
    pub events: Vec<E>,
    /// The person has seen who else holds the soft claims and insists.
    pub acknowledge_duplicates: bool,
    /// Numbers to draw; they reach `evolve` as `meta.drawn`.
    pub draws: Vec<Counter>,
}

impl<E> Decision<E> {
    /// Events without claims or draws.
    #[must_use]
    pub const fn events(events: Vec<E>) -> Self {
        Self { events, acknowledge_duplicates: false, draws: Vec::new() }
    }
    /// Nothing to do: the state already is as asked.
    #[must_use]
    pub const fn nothing() -> Self {
        Self::events(Vec::new())
    }
}

/// A noun with a life of its own.
pub trait Aggregate: Clone + Default + Send + Sync + 'static {
    /// What may be asked of it (imperative).
    type Command: Send + 'static;
    /// What happened to it (past tense).
    type Event: Clone + Send + Sync + 'static;

    /// Decides `command` against this state. Pure.
    ///
    /// # Errors
    /// A [`Rejection`] that names every fault; nothing changes.
    fn decide(
        &self,
        command: Self::Command,
        context: &Context,
    ) -> Result<Decision<Self::Event>, Rejection>;

    /// Applies one event. Total: never refuses, never panics.
    fn evolve(&mut self, event: &Self::Event, meta: &Meta);

    /// Values that only this stream may hold (hard) or that others are warned about (soft), as
    /// they follow from the state. The committer takes what is new and gives back what is gone.
    fn claims(&self) -> Vec<Claim> {
        Vec::new()
    }
}

/// A fault of one field of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldFault {
    /// Path of the field, for instance `phones[0]`.
    pub field: String,
    /// Closed code, for instance `invalid_phone` (`schemas/errors.json`).
    pub code: &'static str,
    /// What to do, in English, without personal data.
    pub message: String,
    /// What the message speaks of, for words in another language.
    pub detail: Option<FaultDetail>,
}

/// What a fault speaks of: names of columns and lines of a file, never the text of a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FaultDetail {
    /// The column that was looked for.
    pub column: Option<String>,
    /// The columns that are there.
    pub known: Vec<String>,
    /// Another line of the same file.
    pub line: Option<u64>,
}

impl FieldFault {
    /// The fault with what it speaks of.
    #[must_use]
    pub fn with_detail(mut self, detail: FaultDetail) -> Self {
        self.detail = Some(detail);
        self
    }

    /// A fault of `field`.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into(), detail: None }
    }
}

/// What kind of refusal it is; the edge maps it to a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionKind {
    /// The input is at fault (422).
    Invalid,
    /// A rule of the trade stands against it (409).
    Rule,
    /// There is no such thing (404).
    NotFound,
    /// The caller may not (403).
    Forbidden,
}

/// Why a command is refused: the rule's name, words for the person, every field at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Rejection {
    /// What kind of refusal.
    pub kind: RejectionKind,
    /// Closed code (`schemas/errors.json`).
    pub code: &'static str,
    /// What happened and what to do, in English, without personal data.
    pub message: String,
    /// All fields at fault at once.
    pub fields: Vec<FieldFault>,
}

impl Rejection {
    /// A rule of the trade stands against the command.
    pub fn rule(code: &'static str, message: impl Into<String>) -> Self {
        Self { kind: RejectionKind::Rule, code, message: message.into(), fields: Vec::new() }
    }
    /// The input is at fault; `fields` names every fault.
    #[must_use]
    pub fn invalid(fields: Vec<FieldFault>) -> Self {
        Self {
            kind: RejectionKind::Invalid,
            code: "invalid_fields",
            message: "some fields are not valid; see each of them".into(),
            fields,
        }
    }
    /// There is no such thing.
    pub fn not_found(what: &str) -> Self {
        Self {
            kind: RejectionKind::NotFound,
            code: "not_found",
            message: format!("there is no such {what}"),
            fields: Vec::new(),
        }
    }
    /// The caller may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self {
            kind: RejectionKind::Forbidden,
            code: "forbidden",
            message: message.into(),
            fields: Vec::new(),
        }
    }
}
