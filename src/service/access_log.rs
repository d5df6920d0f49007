//! Who read what: one record per card, search, unmasking, file (design 5; product A1).
//!
//! Records go to their own log within 200 ms; the answer does not wait. Must never hold what was
//! read, only whose it was.

use super::{Caller, ServiceError, Services};
use crate::base::ids::ClientId;
use crate::base::time::Timestamp;
use crate::codec;
use crate::domain::access::Principal;
use serde::{Deserialize, Serialize};

/// What was done. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessKind {
    /// A card was opened.
    Card,
    /// A loan was opened.
    Loan,
    /// A search was made.
    Search,
    /// Personal data was unmasked.
    Unmask,
    /// A file was opened.
    File,
    /// A card was shown by an arriving call.
    Pop,
    /// The access log itself was read.
    AccessLog,
    /// Rows were exported.
    Export,
    /// A paper was issued or opened.
    Paper,
}

impl AccessKind {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Loan => "loan",
            Self::Search => "search",
            Self::Unmask => "unmask",
            Self::File => "file",
            Self::Pop => "pop",
            Self::AccessLog => "access_log",
            Self::Export => "export",
            Self::Paper => "paper",
        }
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRecord {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Principal,
    /// What.
    pub kind: AccessKind,
    /// Whose data.
    pub client: Option<ClientId>,
    /// Why, where a reason is asked for.
    pub reason: String,
    /// From where.
    pub address: String,
}

/// A record as shown.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct AccessView {
    /// When.
    pub at: String,
    /// Who.
    pub user: String,
    /// What.
    pub action: &'static str,
    /// Why.
    pub reason: String,
}

/// Records that one look shows.
const SHOWN_MAX: usize = 200;

impl Services {
    /// Records an access.
    ///
    /// # Errors
    /// `Busy` when the log does not keep up: then nothing is shown either.
    pub fn record_access(
        &self,
        caller: &Caller,
        kind: AccessKind,
        client: Option<ClientId>,
        reason: &str,
    ) -> Result<(), ServiceError> {
        let record = AccessRecord {
            at: self.clock.now(),
            by: caller.principal,
            kind,
            client,
            reason: reason.to_owned(),
            address: caller.address.clone(),
        };
        self.access_log.record(codec::encode(&record), Vec::new()).map_err(|_| ServiceError::Busy)
    }

    /// Who saw a client's data, newest first. Walks the whole log; for auditors, not hot paths.
    ///
    /// # Errors
    /// `Forbidden`, or when the log does not read.
    pub fn accesses_to(
        &self,
        caller: &Caller,
        client: ClientId,
    ) -> Result<Vec<AccessView>, ServiceError> {
        caller.grant(crate::domain::access::Action::ReadAccessLog)?;
        self.record_access(caller, AccessKind::AccessLog, Some(client), "")?;
        self.access_log.flush().map_err(|_| ServiceError::Unavailable)?;
        let unreadable = |error: crate::journal::LogError| {
            tracing::error!(%error, "the access log does not read");
            ServiceError::Unavailable
        };
        // A log from which old segments were dropped begins later than 1.
        let tail = self.access_log.tail();
        let mut reader = match tail.read_from(1) {
            Err(crate::journal::LogError::Gone { oldest, .. }) => tail.read_from(oldest),
            other => other,
        }
        .map_err(unreadable)?;
        let mut found = std::collections::VecDeque::new();
        while let Some(frame) = reader.next_frame().map_err(unreadable)? {
            let Ok(record) = codec::decode::<AccessRecord>("access record", &frame.header) else {
                continue;
            };
            if record.client == Some(client) {
                if found.len() == SHOWN_MAX {
                    found.pop_back();
                }
                found.push_front(AccessView {
                    at: record.at.to_rfc3339(),
                    user: self.people.name_of(record.by),
                    action: record.kind.code(),
                    reason: record.reason,
                });
            }
        }
        Ok(found.into())
    }
}
