//! The register of event kinds: number, version, erasability, type. Numbers are never reused.
//!
//! To add an event: a variant with one payload struct in the domain, a row here, golden bytes by
//! `UPDATE_SCHEMAS=1 cargo nextest run golden`.

use super::{DecodeError, EncodedEvent, decode, encode};
use crate::domain::call::{self, Call, CallEvent};
use crate::domain::client::{self, Client, ClientEvent};
use crate::domain::daily_run::{self, DailyRun, DailyRunEvent};
use crate::domain::directory::{self, Entry, EntryEvent};
use crate::domain::import::run::{self, ImportEvent, ImportRun};
use crate::domain::loan::{self, Loan, LoanEvent};
use crate::domain::operator::{self, Operator, OperatorEvent};
use crate::domain::paper::{self, Paper, PaperEvent};
use crate::domain::statement::file::{self, FileEvent, StatementFile};
use crate::domain::statement::payment::{self, IncomingPayment, PaymentEvent};
use crate::domain::token::{self, Token, TokenEvent};
use crate::domain::user::{self, User, UserEvent};
use crate::domain::{Aggregate, StreamKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A row of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventKind {
    /// Number: stream kind in the high byte.
    pub kind: u16,
    /// The version written today.
    pub version: u8,
    /// Whether the body holds personal data.
    pub erasable: bool,
    /// Name of the payload type.
    pub name: &'static str,
}

/// An aggregate whose events and state have a stored form.
pub trait Stored: Aggregate + Serialize + DeserializeOwned {
    /// Its kind of stream.
    const KIND: StreamKind;
    /// Its rows of the register.
    const EVENTS: &'static [EventKind];
    /// The stored form of an event.
    fn encode_event(event: &Self::Event) -> EncodedEvent;
    /// Reads an event of any known version.
    ///
    /// # Errors
    /// See [`DecodeError`].
    fn decode_event(kind: u16, version: u8, body: &[u8]) -> Result<Self::Event, DecodeError>;
}

macro_rules! register {
    ($($aggregate:ty, $event:ident, $stream:expr => {
        $($number:literal v $version:literal $erasable:literal $variant:ident($payload:ty)),+ $(,)?
    })+) => {
        $(impl Stored for $aggregate {
            const KIND: StreamKind = $stream;
            const EVENTS: &'static [EventKind] = &[$(EventKind {
                kind: (($stream as u16) << 8) | $number,
                version: $version,
                erasable: $erasable,
                name: stringify!($variant),
            }),+];
            fn encode_event(event: &$event) -> EncodedEvent {
                match event {$(
                    $event::$variant(payload) => EncodedEvent {
                        kind: (($stream as u16) << 8) | $number,
                        version: $version,
                        erasable: $erasable,
                        body: encode(payload),
                    },
                )+}
            }
            fn decode_event(kind: u16, version: u8, body: &[u8]) -> Result<$event, DecodeError> {
                $(if kind == (($stream as u16) << 8) | $number && version == $version {
                    let payload: $payload = decode(stringify!($variant), body)?;
                    return Ok($event::$variant(payload));
                })+
                Err(DecodeError::UnknownKind { kind, version })
            }
        })+
        /// Whether an event of this kind and version reads.
        ///
        /// # Errors
        /// See [`DecodeError`].
        #[cfg(test)]
        pub fn reads(kind: u16, version: u8, body: &[u8]) -> Result<(), DecodeError> {
            $(if kind >> 8 == $stream as u16 {
                return <$aggregate as Stored>::decode_event(kind, version, body).map(drop);
            })+
            Err(DecodeError::UnknownKind { kind, version })
        }

        /// Every kind of event that is written today.
        #[must_use]
        pub fn kinds() -> Vec<EventKind> {
            let mut all = Vec::new();
            $(all.extend_from_slice(<$aggregate as Stored>::EVENTS);)+
            all
        }
    };
}

register! {
    Client, ClientEvent, StreamKind::Client => {
        1 v 1 true Registered(client::Registered),
        2 v 1 true DetailsChanged(client::DetailsChanged),
        3 v 1 false SourceLinked(client::SourceLinked),
        4 v 1 true NoteAdded(client::NoteAdded),
        5 v 1 true ConsentGiven(client::ConsentGiven),
        6 v 1 true ConsentWithdrawn(client::ConsentWithdrawn),
        7 v 1 true FileAdded(client::FileAdded),
        8 v 1 false IdentificationFailed(client::IdentificationFailed),
    }
    Loan, LoanEvent, StreamKind::Loan => {
        1 v 1 false Opened(loan::LoanOpened),
        2 v 1 false TermsChanged(loan::TermsChanged),
        3 v 1 false InstalmentsSet(loan::InstalmentsSet),
        4 v 1 false PaymentReceived(loan::PaymentReceived),
        5 v 1 false FiguresStated(loan::FiguresStated),
        6 v 1 true AccountStated(loan::AccountStated),
        16 v 1 false LedgerOpened(loan::own::LedgerOpened),
        17 v 1 false PaymentPosted(loan::own::PaymentPosted),
        18 v 1 false OperationReversed(loan::own::OperationReversed),
        19 v 1 false FeeCharged(loan::own::FeeCharged),
        20 v 1 false PenaltyForgiven(loan::own::PenaltyForgiven),
        21 v 1 false RefundPaid(loan::own::RefundPaid),
        22 v 1 false ScheduleReplaced(loan::own::ScheduleReplaced),
        23 v 1 false LedgerClosed(loan::own::LedgerClosed),
        24 v 1 false EarlyRequested(loan::own::EarlyRequested),
        25 v 1 false EarlyRequestAdvanced(loan::own::EarlyRequestAdvanced),
    }
    Call, CallEvent, StreamKind::Call => {
        1 v 1 false Opened(call::event::Opened),
        2 v 1 true Observed(call::event::Observed),
        3 v 1 true OpenedByHand(call::HandCard),
        4 v 1 true DialRequested(call::event::DialRequested),
        5 v 1 false DialFailed(call::DialFailure),
        6 v 1 true CandidatesMatched(call::event::CandidatesMatched),
        7 v 1 false ClientChosen(call::event::ClientChosen),
        8 v 1 false IdentificationRecorded(call::CallIdentification),
        9 v 1 true NotesSet(call::Notes),
        10 v 1 false Consulted(call::event::Consulted),
        11 v 1 false Finished(call::FinishMark),
        12 v 1 true Corrected(call::event::Corrected),
        13 v 1 false ClosedStale(call::event::ClosedStale),
        14 v 1 false CheckFailed(call::event::CheckFailed),
        15 v 1 false Promised(call::event::Promised),
        16 v 1 false Joined(call::event::Joined),
        17 v 1 true TakenByHand(call::HandCard),
    }
    Operator, OperatorEvent, StreamKind::Operator => {
        1 v 1 false AvailabilitySet(operator::AvailabilitySet),
        2 v 1 false CallMoved(operator::CallMoved),
    }
    User, UserEvent, StreamKind::User => {
        1 v 1 true Created(user::UserCreated),
        2 v 1 true Changed(user::UserChanged),
        3 v 1 false PasswordSet(user::PasswordSet),
        4 v 1 false Disabled(user::UserDisabled),
        5 v 1 false Enabled(user::UserEnabled),
        6 v 1 false TotpEnrolled(user::TotpEnrolled),
        7 v 1 false TotpRemoved(user::TotpRemoved),
        8 v 1 false SignedIn(user::UserSignedIn),
        9 v 1 false SignInOpened(user::SignInOpened),
        10 v 1 false SignInClosed(user::SignInClosed),
        11 v 1 false SignInsEnded(user::SignInsEnded),
        12 v 1 false SignInSeen(user::SignInSeen),
    }
    Token, TokenEvent, StreamKind::Token => {
        1 v 1 false Created(token::TokenCreated),
        2 v 1 false Revoked(token::TokenRevoked),
    }
    Entry, EntryEvent, StreamKind::Entry => {
        1 v 1 false Put(directory::EntryPut),
        2 v 1 false Retired(directory::EntryRetired),
        3 v 1 false Restored(directory::EntryRestored),
    }
    ImportRun, ImportEvent, StreamKind::Import => {
        1 v 1 false Started(run::Started),
        2 v 1 false Advanced(run::Advanced),
        3 v 1 false Ended(run::Ended),
        4 v 1 false Resumed(run::Resumed),
        5 v 1 false LookupsGiven(run::LookupsGiven),
    }
    StatementFile, FileEvent, StreamKind::Statement => {
        1 v 1 false Received(file::FileReceived),
        2 v 1 false Held(file::FileHeld),
        3 v 1 false Advanced(file::FileAdvanced),
        4 v 1 false Finished(file::FileFinished),
        5 v 1 false Stopped(file::FileStopped),
    }
    IncomingPayment, PaymentEvent, StreamKind::IncomingPayment => {
        1 v 1 true Received(payment::PaymentReceived),
        2 v 1 false Posted(payment::PaymentMatched),
        3 v 1 false Refused(payment::PaymentRefused),
        4 v 1 true Dismissed(payment::PaymentDismissed),
        5 v 1 false Reversed(payment::PaymentReversed),
        6 v 1 false Settled(payment::RecallSettled),
    }
    DailyRun, DailyRunEvent, StreamKind::DailyRun => {
        1 v 1 false Begun(daily_run::Begun),
        2 v 1 false Ended(daily_run::Ended),
        3 v 1 false LeftUndone(daily_run::LeftUndone),
    }
    Paper, PaperEvent, StreamKind::Paper => {
        1 v 1 false Issued(paper::PaperIssued),
    }
}
