//! What happened to a call. Stored: append only; every variant carries one struct.

use super::pbx_event::PbxEvent;
use super::{
    CallIdentification, ClientChoice, DialFailure, DialRequest, FinishMark, HandCard, Notes,
    Promise,
};
use crate::base::ids::{ClientId, EntryId, UserId};
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What happened to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallEvent {
    /// The exchange told of a new conversation; takes a number.
    Opened(Opened),
    /// The exchange saw something.
    Observed(Observed),
    /// A card was opened by hand; takes a number.
    OpenedByHand(HandCard),
    /// A call was asked for; takes a number.
    DialRequested(DialRequested),
    /// The asked-for call did not come about.
    DialFailed(DialFailure),
    /// Clients with the number were found.
    CandidatesMatched(CandidatesMatched),
    /// The operator said whom the call is about.
    ClientChosen(ClientChosen),
    /// Answers were compared.
    IdentificationRecorded(CallIdentification),
    /// Words were kept.
    NotesSet(Notes),
    /// A knowledge item was opened.
    Consulted(Consulted),
    /// The final word was given.
    Finished(FinishMark),
    /// The result was replaced.
    Corrected(Corrected),
    /// Closed without the exchange's word.
    ClosedStale(ClosedStale),
    /// Answers were wrong.
    CheckFailed(CheckFailed),
    /// The client promised to pay, or the promise was taken back with its result.
    Promised(Promised),
    /// The exchange told of the talk that a card was opened by hand for.
    Joined(Joined),
    /// An operator opened the card of a call by hand while its exchange was silent.
    TakenByHand(HandCard),
}

/// See [`CallEvent::Opened`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Which exchange.
    pub source: String,
    /// The exchange's own name of the conversation.
    pub pbx_call: String,
}

/// See [`CallEvent::Observed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// What the exchange saw.
    pub event: PbxEvent,
    /// Who sits at the extensions it names.
    pub users: Vec<(String, UserId)>,
}

/// See [`CallEvent::DialRequested`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialRequested {
    /// Which exchange.
    pub source: String,
    /// The conversation's name for the exchange.
    pub pbx_call: String,
    /// What was asked.
    pub dial: DialRequest,
}

/// See [`CallEvent::CandidatesMatched`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidatesMatched {
    /// The number that was looked up.
    pub number: Personal<String>,
    /// Clients with it, best first.
    pub clients: Vec<ClientId>,
}

/// See [`CallEvent::ClientChosen`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientChosen {
    /// Whom the call is about.
    pub choice: ClientChoice,
    /// The level that follows from the number alone: 1 when it is the client's.
    pub level: u8,
}

/// See [`CallEvent::Consulted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consulted {
    /// The entry of the directory.
    pub entry: EntryId,
    /// The link that was opened.
    pub link: String,
}

/// See [`CallEvent::Corrected`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// What stands now.
    pub notes: Notes,
    /// Why.
    pub reason: Personal<String>,
}

/// See [`CallEvent::ClosedStale`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedStale {
    /// When it ended at the latest, by the exchange's clock.
    pub at: Timestamp,
}

/// See [`CallEvent::CheckFailed`]. Never the answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckFailed {
    /// With whose card the answers were compared.
    pub client: ClientId,
    /// Fields whose answers were wrong.
    pub fields: Vec<String>,
    /// The check is closed by it.
    pub locked: bool,
}

/// See [`CallEvent::Promised`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promised {
    /// What stands now.
    pub promise: Option<Promise>,
}

/// See [`CallEvent::Joined`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Which exchange.
    pub source: String,
    /// The exchange's own name of the conversation.
    pub pbx_call: String,
}
