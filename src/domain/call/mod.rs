//! A telephone conversation: what the exchange saw of it, and what the operator made of it.
//!
//! What the exchange saw is kept as a small sorted set of facts; where the call stands is a
//! function of that set ([`progress`]), so any order, repeats and losses of events give the same
//! record. This room never commands an exchange and never looks a client up.

mod command;
mod decide;
mod effects;
pub mod event;
mod evolve;
mod fact;
pub mod joining;
pub mod pbx_event;
pub mod progress;
mod promise;
#[cfg(test)]
mod result_tests;
#[cfg(test)]
mod tests;
mod walk;

pub use command::{
    CallCommand, ChooseClient, CloseStale, Consult, Correct, DialFailed, Finish, MatchCandidates,
    Observe, OpenByHand, RecordIdentification, RequestDial, SetNotes,
};
pub use effects::{CallEffect, Standing, Station, effects, standing_of};
pub use event::CallEvent;
pub use fact::Fact;
pub use promise::Promise;

use crate::base::ids::{ClientId, EntryId, UserId};
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::domain::access::Principal;
use crate::domain::{
    Aggregate, Claim, ClaimSpace, ClaimStrength, Context, Decision, Meta, Rejection,
};
use pbx_event::Direction;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What came of the call for the client, in the operator's words (domain.md 5.4). Stored: append
/// only.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// The question was answered.
    InfoGiven,
    /// The right person was reached.
    RightParty,
    /// Somebody else answered.
    ThirdParty,
    /// The number is not the client's.
    WrongNumber,
    /// No common language.
    Language,
    /// Call again at the agreed time.
    CallBack,
    /// A promise to pay.
    Ptp,
    /// Refuses to pay.
    Refuses,
    /// Disputes the debt.
    Disputes,
    /// Says it is paid.
    PaidAlready,
    /// Illness or hardship.
    Hardship,
    /// The client has died.
    Deceased,
    /// The client is bankrupt.
    Bankrupt,
    /// A complaint.
    Complaint,
    /// Would not identify.
    RefusedIdentification,
    /// Nobody answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// The line dropped.
    Dropped,
}

impl Disposition {
    /// All dispositions, in the order of the list on the page.
    pub const ALL: [Self; 18] = [
        Self::InfoGiven,
        Self::RightParty,
        Self::ThirdParty,
        Self::WrongNumber,
        Self::Language,
        Self::CallBack,
        Self::Ptp,
        Self::Refuses,
        Self::Disputes,
        Self::PaidAlready,
        Self::Hardship,
        Self::Deceased,
        Self::Bankrupt,
        Self::Complaint,
        Self::RefusedIdentification,
        Self::NoAnswer,
        Self::Busy,
        Self::Dropped,
    ];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InfoGiven => "info_given",
            Self::RightParty => "right_party",
            Self::ThirdParty => "third_party",
            Self::WrongNumber => "wrong_number",
            Self::Language => "language",
            Self::CallBack => "call_back",
            Self::Ptp => "ptp",
            Self::Refuses => "refuses",
            Self::Disputes => "disputes",
            Self::PaidAlready => "paid_already",
            Self::Hardship => "hardship",
            Self::Deceased => "deceased",
            Self::Bankrupt => "bankrupt",
            Self::Complaint => "complaint",
            Self::RefusedIdentification => "refused_identification",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Dropped => "dropped",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|disposition| disposition.code() == code)
    }
}

/// What must be said at the beginning of a collection call (O3). Stored: append only.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OpeningWord {
    /// Who calls.
    Name,
    /// For which creditor.
    Creditor,
    /// That the talk is recorded.
    Recorded,
}

impl OpeningWord {
    /// All words.
    pub const ALL: [Self; 3] = [Self::Name, Self::Creditor, Self::Recorded];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Creditor => "creditor",
            Self::Recorded => "recorded",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.code() == code)
    }
}

/// A topic of the conversation, with its title as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicChoice {
    /// The entry of the directory.
    pub entry: EntryId,
    /// Its title when it was chosen.
    pub title: String,
    /// When it was chosen first.
    pub at: Timestamp,
}

/// A knowledge item opened during the call (F12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consultation {
    /// The entry of the directory.
    pub entry: EntryId,
    /// The link that was opened.
    pub link: String,
    /// When.
    pub at: Timestamp,
}

/// What the operator wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// Topics and sub-topics.
    pub topics: Vec<TopicChoice>,
    /// Free words.
    pub comment: Personal<String>,
    /// Opening words said, sorted.
    pub opening_words: Vec<OpeningWord>,
    /// The result.
    pub disposition: Option<Disposition>,
}

/// A result that was replaced, and why (O4). The replaced words stay readable here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// When it was replaced.
    pub at: Timestamp,
    /// Who replaced it.
    pub by: Principal,
    /// Why.
    pub reason: Personal<String>,
    /// What stood before.
    pub before: Notes,
    /// The promise that stood before.
    pub promise: Option<Promise>,
}

/// Answers that were wrong: which, and never what was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCheck {
    /// When.
    pub at: Timestamp,
    /// Who asked.
    pub by: Principal,
    /// With whose card the answers were compared.
    pub client: ClientId,
    /// Fields whose answers were wrong.
    pub fields: Vec<String>,
    /// The check was closed by it.
    pub locked: bool,
}

/// How the call came to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// The exchange told of it.
    #[default]
    Pbx,
    /// An operator opened a card by hand, for instance while the exchange is unreachable (O1).
    ByHand,
    /// An operator asked for it with a click (F30).
    Dial,
}

/// A card opened by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandCard {
    /// Who called whom.
    pub direction: Direction,
    /// The client's number; empty when unknown.
    pub client_number: Personal<String>,
    /// Who opened it.
    pub user: UserId,
    /// The user's extension; empty when there is none.
    pub extension: String,
    /// When.
    pub at: Timestamp,
}

/// A call asked for with a click.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialRequest {
    /// Names the command to the exchange.
    pub command_id: Uuid,
    /// The number to dial.
    pub number: Personal<String>,
    /// Who asked.
    pub user: UserId,
    /// The phone that rings first.
    pub extension: String,
    /// When.
    pub at: Timestamp,
    /// Why it did not come about.
    pub failed: Option<DialFailure>,
}

/// Why a requested call did not come about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialFailure {
    /// `agent_no_answer`, `agent_busy`, `bad_endpoint`, `pbx_down`, `refused`.
    pub reason: String,
    /// When it was known.
    pub at: Timestamp,
}

/// Whom the call is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientChoice {
    /// Not known yet.
    #[default]
    Open,
    /// The only client with that number.
    Matched(ClientId),
    /// Chosen by the operator.
    Chosen(ClientId),
    /// Nobody known: the call is kept with an anonymous client (F21).
    Anonymous,
}

impl ClientChoice {
    /// The client, when there is one.
    #[must_use]
    pub const fn client(self) -> Option<ClientId> {
        match self {
            Self::Matched(client) | Self::Chosen(client) => Some(client),
            Self::Open | Self::Anonymous => None,
        }
    }
}

/// How far the caller is identified in this call (domain.md 4.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallIdentification {
    /// Fields confirmed, in order.
    pub confirmed: Vec<String>,
    /// Wrong answers in this call.
    pub failed: u8,
    /// 0 anonymous, 1 phone match, 2 identified, 3 identified for changes.
    pub level: u8,
}

/// The operator's final word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishMark {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Principal,
}

/// A telephone conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Gapless within its year; 0 before the first event.
    pub number: u64,
    /// How it came to be known.
    pub origin: Origin,
    /// Which exchange, empty for a card by hand.
    pub source: String,
    /// The exchange's own name of the conversation, empty for a card by hand.
    pub pbx_call: String,
    /// When the box first knew of it.
    pub opened_at: Timestamp,
    /// When the box last heard of it, by our clock: the exchange's may be wrong.
    pub seen_at: Timestamp,
    /// What the exchange saw, sorted.
    pub facts: Vec<Fact>,
    /// Who sat at which extension then.
    pub users: BTreeMap<String, UserId>,
    /// Set for a card by hand.
    pub hand: Option<HandCard>,
    /// Set for a call asked for with a click.
    pub dial: Option<DialRequest>,
    /// Closed by the sweep or by hand, because the exchange's own word is missing.
    pub closed: Option<Timestamp>,
    /// The number that the candidates were found by.
    pub matched_number: Option<Personal<String>>,
    /// Clients with that number.
    pub candidates: Vec<ClientId>,
    /// Whom the call is about.
    pub choice: ClientChoice,
    /// How far the caller is identified.
    pub identification: CallIdentification,
    /// Checks that failed, oldest first.
    pub failed_checks: Vec<FailedCheck>,
    /// What the operator wrote.
    pub notes: Notes,
    /// What the client promised to pay.
    pub promise: Option<Promise>,
    /// Knowledge items opened.
    pub consulted: Vec<Consultation>,
    /// The operator's final word.
    pub finished: Option<FinishMark>,
    /// Results that were replaced, oldest first.
    pub corrections: Vec<Correction>,
}

impl Call {
    /// Whether anything happened yet.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.number > 0
    }

    /// Whether it is known by the card alone that an operator opened by hand: no exchange has told
    /// of it.
    #[must_use]
    pub const fn is_by_hand(&self) -> bool {
        self.hand.is_some() && self.facts.is_empty()
    }

    /// Where the call stands; durations run until `now` while it is live.
    #[must_use]
    pub fn progress(&self, now: Option<Timestamp>) -> progress::Progress {
        progress::derive(self, now)
    }

    /// Whether answers compared with `client`'s card may count for this call.
    ///
    /// # Errors
    /// `call_finished`, `no_client`, `identification_locked`; `stale_version` when the call is
    /// about another client.
    pub fn may_identify(&self, client: ClientId) -> Result<(), Rejection> {
        decide::may_identify(self, client)
    }

    /// Whether this exchange event is known already.
    #[must_use]
    pub fn has_seen(&self, event: &pbx_event::PbxEvent) -> bool {
        let id = fact::digest(&event.event_id);
        self.facts.iter().any(|fact| fact.id == id)
    }

    /// When something last happened, by the exchange's clock; by ours when it told nothing.
    #[must_use]
    pub fn last_at(&self) -> Timestamp {
        self.facts.last().map_or(self.opened_at, |fact| fact.at)
    }
}

impl Aggregate for Call {
    type Command = CallCommand;
    type Event = CallEvent;

    fn decide(
        &self,
        command: CallCommand,
        context: &Context,
    ) -> Result<Decision<CallEvent>, Rejection> {
        decide::decide(self, command, context)
    }

    fn evolve(&mut self, event: &CallEvent, meta: &Meta) {
        evolve::evolve(self, event, meta);
    }

    fn claims(&self) -> Vec<Claim> {
        if self.pbx_call.is_empty() {
            return Vec::new();
        }
        vec![Claim {
            space: ClaimSpace::PbxCall,
            value: format!("{}:{}", self.source, self.pbx_call),
            strength: ClaimStrength::Hard,
        }]
    }
}
