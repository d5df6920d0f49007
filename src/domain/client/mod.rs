//! The client: a person, an organisation (network → store → employee), a prospect, or an
//! anonymous caller; with contact points, documents, notes, consents and files.
//!
//! Loans live in the client's lane but are an aggregate of their own ([`crate::domain::loan`]).
//! Must never compare phones, names or documents in any form but the normalised one of `base`.

mod decide;
mod details;
mod draft;
mod event;
mod evolve;
pub mod identification;
#[cfg(test)]
mod tests;

pub use details::{
    Address, AddressKind, ClientDetails, ClientKind, Document, DocumentKind, EmailPoint,
    Organisation, OrganisationForm, PersonName, PhoneKind, PhonePoint, Sex,
};
pub use draft::{
    AddressDraft, ClientDraft, DocumentDraft, EmailDraft, OrganisationDraft, PhoneDraft,
};
pub use event::{
    ClientEvent, ConsentGiven, ConsentWithdrawn, DetailsChanged, FileAdded, IdentificationFailed,
    NoteAdded, Registered, SourceLinked,
};

use crate::base::ids::{CallId, ClientId, LoanId, PartId};
use crate::base::personal::Personal;
use crate::base::time::{Date, Timestamp};
use crate::domain::access::Principal;
use crate::domain::{Claim, ClaimSpace, ClaimStrength};
use serde::{Deserialize, Serialize};

/// What is asked of a client.
#[derive(Debug, Clone)]
pub enum ClientCommand {
    /// Opens a card.
    Register(RegisterClient),
    /// Changes details; absent fields of the draft stay as they are.
    Change(ChangeDetails),
    /// A row of an import: opens the card or brings it up to date.
    Import(ImportClient),
    /// Adds a note.
    AddNote(AddNote),
    /// Records a consent.
    GiveConsent(GiveConsent),
    /// Records that a consent was withdrawn.
    WithdrawConsent(WithdrawConsent),
    /// Attaches a stored file.
    AddFile(AddFile),
    /// Records wrong answers to identification questions (domain.md 4.3).
    RecordIdentificationFailure(RecordIdentificationFailure),
}

/// Opens a card.
#[derive(Debug, Clone)]
pub struct RegisterClient {
    /// The new client.
    pub id: ClientId,
    /// What was typed.
    pub draft: ClientDraft,
    /// The person has seen the possible duplicates and insists.
    pub acknowledge_duplicates: bool,
}

/// Changes details.
#[derive(Debug, Clone)]
pub struct ChangeDetails {
    /// What was typed; `None` leaves a field as it is, an empty text clears it.
    pub draft: ClientDraft,
    /// The person has seen the possible duplicates and insists.
    pub acknowledge_duplicates: bool,
}

/// A row of an import.
#[derive(Debug, Clone)]
pub struct ImportClient {
    /// The client's identifier if the row is new.
    pub id: ClientId,
    /// The key of the row in its source: `source:key`.
    pub source_key: String,
    /// What the row says.
    pub draft: ClientDraft,
}

/// Adds a note.
#[derive(Debug, Clone)]
pub struct AddNote {
    /// The note.
    pub id: PartId,
    /// Its text.
    pub text: String,
}

/// Records a consent.
#[derive(Debug, Clone)]
pub struct GiveConsent {
    /// The consent.
    pub id: PartId,
    /// What for, for instance `marketing_calls`.
    pub purpose: String,
    /// Where the proof is: a recording, a paper.
    pub evidence: String,
    /// The version of the text agreed to.
    pub text_version: String,
}

/// Records that a consent was withdrawn.
#[derive(Debug, Clone)]
pub struct WithdrawConsent {
    /// The consent.
    pub id: PartId,
    /// Why, in the client's words.
    pub reason: String,
}

/// Attaches a stored file.
#[derive(Debug, Clone)]
pub struct AddFile {
    /// The file entry.
    pub id: PartId,
    /// Content hash of the stored bytes.
    pub blob: String,
    /// The name shown.
    pub name: String,
    /// `contract`, `passport` or `other`.
    pub kind: FileKind,
    /// The loan it belongs to.
    pub loan: Option<LoanId>,
    /// Bytes.
    pub size: u64,
    /// Media type.
    pub mime: String,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// The loan contract.
    Contract,
    /// A scan of an identity document.
    Passport,
    /// Anything else.
    Other,
}

/// Wrong answers to identification questions.
#[derive(Debug, Clone)]
pub struct RecordIdentificationFailure {
    /// In which call.
    pub call: CallId,
    /// How many answers were wrong.
    pub wrong_answers: u8,
}

/// A note of the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The note.
    pub id: PartId,
    /// When.
    pub at: Timestamp,
    /// Who wrote it.
    pub by: Principal,
    /// Its text.
    pub text: Personal<String>,
}

/// A consent of the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The consent.
    pub id: PartId,
    /// What for.
    pub purpose: String,
    /// When it was given.
    pub given_at: Timestamp,
    /// Where the proof is.
    pub evidence: Personal<String>,
    /// The version of the text agreed to.
    pub text_version: String,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
}

/// A file of the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientFile {
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
    /// When it was attached.
    pub at: Timestamp,
}

/// Wrong answers of one day (domain.md 4.3: three lock for the day).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentificationFailures {
    /// The lender's date.
    pub date: Date,
    /// How many.
    pub count: u8,
}

/// A client's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Set by registration.
    pub id: Option<ClientId>,
    /// The card's gapless number.
    pub number: u64,
    /// The date of registration in the lender's zone.
    pub since: Option<Date>,
    /// Who and where.
    pub details: ClientDetails,
    /// Latest notes, oldest first; at most `limits::NOTES_MAX`.
    pub notes: Vec<Note>,
    /// Consents, oldest first.
    pub consents: Vec<Consent>,
    /// Files, oldest first.
    pub files: Vec<ClientFile>,
    /// Keys of this client in the systems it was imported from.
    pub source_keys: Vec<String>,
    /// Wrong answers of the last day that had any.
    pub identification_failures: Option<IdentificationFailures>,
}

impl Client {
    /// Whether the card was opened.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.id.is_some()
    }

    /// Wrong answers on `today`.
    #[must_use]
    pub fn failures_on(&self, today: Date) -> u8 {
        self.identification_failures
            .filter(|failures| failures.date == today)
            .map_or(0, |f| f.count)
    }

    fn claimed(&self) -> Vec<Claim> {
        let details = &self.details;
        let mut claims = Vec::new();
        let mut claim = |space, value: String, strength| {
            claims.push(Claim { space, value, strength });
        };
        for key in &self.source_keys {
            claim(ClaimSpace::SourceKey, format!("client:{key}"), ClaimStrength::Hard);
        }
        match &details.organisation {
            Some(organisation) => {
                // domain.md 4.2: INN+KPP equal is refused; the same INN with another KPP is a
                // branch of the network, which shares the network's OGRN.
                if let Some(inn) = &details.inn {
                    let kpp = organisation.kpp.as_deref().unwrap_or("");
                    claim(ClaimSpace::Inn, format!("{}/{kpp}", inn.reveal()), ClaimStrength::Hard);
                }
                if let (Some(ogrn), true) = (&organisation.ogrn, organisation.form.owns_ogrn()) {
                    claim(ClaimSpace::Ogrn, ogrn.clone(), ClaimStrength::Hard);
                }
            }
            None => {
                if let Some(inn) = &details.inn {
                    claim(ClaimSpace::Inn, inn.reveal().clone(), ClaimStrength::Hard);
                }
            }
        }
        if let Some(snils) = &details.snils {
            claim(ClaimSpace::Snils, snils.reveal().clone(), ClaimStrength::Hard);
        }
        for document in &details.documents {
            claim(ClaimSpace::Document, document.key(), ClaimStrength::Soft);
        }
        for phone in &details.phones {
            claim(ClaimSpace::Phone, phone.e164.reveal().clone(), ClaimStrength::Soft);
        }
        for email in &details.emails {
            claim(ClaimSpace::Email, email.address.reveal().to_lowercase(), ClaimStrength::Soft);
        }
        claims
    }
}
