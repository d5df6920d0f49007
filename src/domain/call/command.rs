//! What may be asked of a call.

use super::pbx_event::{Direction, PbxEvent};
use super::{Disposition, OpeningWord, Promise};
use crate::base::ids::{ClientId, EntryId, UserId};
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What may be asked of a call.
#[derive(Clone, Debug)]
pub enum CallCommand {
    /// Take note of what the exchange saw.
    Observe(Observe),
    /// Open a card without an exchange (O1).
    OpenByHand(OpenByHand),
    /// Ask the exchange to connect an operator with a number (F30).
    RequestDial(RequestDial),
    /// The exchange could not.
    DialFailed(DialFailed),
    /// Clients with the number were looked up.
    MatchCandidates(MatchCandidates),
    /// The operator says whom the call is about.
    ChooseClient(ChooseClient),
    /// Answers to identification questions were compared.
    RecordIdentification(RecordIdentification),
    /// Keep what is written so far.
    SetNotes(SetNotes),
    /// A knowledge item was opened (F12).
    Consult(Consult),
    /// The final word.
    Finish(Finish),
    /// Replace a wrong result (O4).
    Correct(Correct),
    /// Close a call whose end the exchange did not tell.
    CloseStale(CloseStale),
}

/// See [`CallCommand::Observe`].
#[derive(Clone, Debug)]
pub struct Observe {
    /// Which exchange.
    pub source: String,
    /// Events of this one conversation, in any order.
    pub events: Vec<PbxEvent>,
    /// Who sits at the extensions named in them.
    pub users: BTreeMap<String, UserId>,
    /// Numbers named in them, as sent, with the clients who have them: so the candidates stand in
    /// the same commit as the ring.
    pub matches: Vec<(Personal<String>, Vec<ClientId>)>,
}

/// See [`CallCommand::OpenByHand`].
#[derive(Clone, Debug)]
pub struct OpenByHand {
    /// Who called whom.
    pub direction: Direction,
    /// Empty when unknown.
    pub client_number: Personal<String>,
    /// Who opens it.
    pub user: UserId,
    /// The user's extension; empty without one.
    pub extension: String,
    /// The client, when the card is opened from the client's.
    pub client: Option<ClientId>,
}

/// See [`CallCommand::RequestDial`].
#[derive(Clone, Debug)]
pub struct RequestDial {
    /// Names the command to the exchange.
    pub command_id: Uuid,
    /// Which exchange is asked.
    pub source: String,
    /// The conversation's name for the exchange.
    pub pbx_call: String,
    /// The number to dial.
    pub number: Personal<String>,
    /// Who asks.
    pub user: UserId,
    /// The phone that rings first.
    pub extension: String,
    /// The client, when dialled from the card.
    pub client: Option<ClientId>,
}

/// See [`CallCommand::DialFailed`].
#[derive(Clone, Debug)]
pub struct DialFailed {
    /// Which command.
    pub command_id: Uuid,
    /// `agent_no_answer`, `agent_busy`, `bad_endpoint`, `pbx_down`, `refused`.
    pub reason: String,
}

/// See [`CallCommand::MatchCandidates`].
#[derive(Clone, Debug)]
pub struct MatchCandidates {
    /// The number that was looked up.
    pub number: Personal<String>,
    /// Clients with it, best first.
    pub clients: Vec<ClientId>,
    /// Clients whose contract or account was typed into the IVR (product P1).
    pub named: Vec<ClientId>,
}

/// See [`CallCommand::ChooseClient`].
#[derive(Clone, Copy, Debug)]
pub struct ChooseClient {
    /// `None`: nobody known (F21).
    pub client: Option<ClientId>,
}

/// See [`CallCommand::RecordIdentification`].
#[derive(Clone, Debug)]
pub struct RecordIdentification {
    /// With whose card the answers were compared.
    pub client: ClientId,
    /// Fields confirmed now.
    pub confirmed: Vec<String>,
    /// Fields whose answers are wrong.
    pub wrong: Vec<String>,
    /// The wrong answers of the day close the check.
    pub locks: bool,
    /// The level reached with all confirmed fields, 0–3.
    pub level: u8,
}

/// See [`CallCommand::SetNotes`]. Everything is replaced: the last write wins.
#[derive(Clone, Debug, Default)]
pub struct SetNotes {
    /// Topics with their present titles.
    pub topics: Vec<(EntryId, String)>,
    /// Free words.
    pub comment: Personal<String>,
    /// Opening words said.
    pub opening_words: Vec<OpeningWord>,
    /// The result so far.
    pub disposition: Option<Disposition>,
    /// What the client promised; counts only with the result that says so.
    pub promise: Option<Promise>,
}

/// See [`CallCommand::Consult`].
#[derive(Clone, Debug)]
pub struct Consult {
    /// The entry of the directory.
    pub entry: EntryId,
    /// The link that was opened; may be empty.
    pub link: String,
}

/// See [`CallCommand::Finish`].
#[derive(Clone, Debug, Default)]
pub struct Finish {
    /// The final notes.
    pub notes: SetNotes,
    /// Opening words that the lender demands on an answered outbound call.
    pub required_words: Vec<OpeningWord>,
    /// Characters that the comment must have at least.
    pub comment_chars_min: usize,
}

/// See [`CallCommand::Correct`]. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Correct {
    /// The right topics with their present titles.
    pub topics: Option<Vec<(EntryId, String)>>,
    /// The right words.
    pub comment: Option<Personal<String>>,
    /// The right result.
    pub disposition: Option<Disposition>,
    /// The right promise.
    pub promise: Option<Promise>,
    /// Why it was wrong.
    pub reason: Personal<String>,
}

/// See [`CallCommand::CloseStale`].
#[derive(Clone, Copy, Debug)]
pub struct CloseStale {
    /// When it ended at the latest, by the exchange's clock.
    pub at: Timestamp,
}
