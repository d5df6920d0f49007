//! What happened to a client. One payload struct per kind; frozen once released (design 6).

use super::{ClientDetails, FileKind};
use crate::base::ids::{CallId, ClientId, LoanId, PartId};
use crate::base::personal::Personal;
use crate::base::time::Date;
use serde::{Deserialize, Serialize};

/// What happened to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// The card was opened.
    Registered(Registered),
    /// Details changed.
    DetailsChanged(DetailsChanged),
    /// The client was found in another source system.
    SourceLinked(SourceLinked),
    /// A note was added.
    NoteAdded(NoteAdded),
    /// A consent was given.
    ConsentGiven(ConsentGiven),
    /// A consent was withdrawn.
    ConsentWithdrawn(ConsentWithdrawn),
    /// A file was attached.
    FileAdded(FileAdded),
    /// Answers to identification questions were wrong.
    IdentificationFailed(IdentificationFailed),
}

/// The card was opened. Personal data: erasable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// The client.
    pub id: ClientId,
    /// Date of registration in the lender's zone.
    pub since: Date,
    /// Who and where.
    pub details: ClientDetails,
    /// Key in the source system, for imported clients.
    pub source_key: Option<String>,
}

/// Details changed; holds all of them. Personal data: erasable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailsChanged {
    /// Details after the change.
    pub details: ClientDetails,
}

/// The client was found in another source system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceLinked {
    /// `source:key`.
    pub source_key: String,
}

/// A note was added. Personal data: erasable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteAdded {
    /// The note.
    pub id: PartId,
    /// Its text.
    pub text: Personal<String>,
}

/// A consent was given. Personal data: erasable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentGiven {
    /// The consent.
    pub id: PartId,
    /// What for.
    pub purpose: String,
    /// Where the proof is.
    pub evidence: Personal<String>,
    /// The version of the text agreed to.
    pub text_version: String,
}

/// A consent was withdrawn. Personal data: erasable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentWithdrawn {
    /// The consent.
    pub id: PartId,
    /// Why.
    pub reason: Personal<String>,
}

/// A file was attached. Personal data (its name): erasable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileAdded {
    /// The entry.
    pub id: PartId,
    /// Content hash.
    pub blob: String,
    /// The name shown.
    pub name: Personal<String>,
    /// What it is.
    pub kind: FileKind,
    /// The loan it belongs to.
    pub loan: Option<LoanId>,
    /// Bytes.
    pub size: u64,
    /// Media type.
    pub mime: String,
}

/// Answers to identification questions were wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentificationFailed {
    /// In which call.
    pub call: CallId,
    /// The lender's date.
    pub date: Date,
    /// How many answers.
    pub wrong_answers: u8,
}
