//! Who may do what: principals, roles, actions, and the grant {scope, mask} that an action gets.
//!
//! Must never look anything up: the role arrives with the caller.

use crate::base::ids::{TokenId, UserId};
use serde::{Deserialize, Serialize};

/// Who stands behind a command. Stored in frame headers: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Principal {
    /// The box itself: set-up, reactors, the command line.
    System,
    /// A person.
    User(UserId),
    /// A machine with a token.
    Token(TokenId),
}

/// What a person is here for. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes calls.
    Operator,
    /// Works collection calls.
    Collector,
    /// Watches queues and people.
    Supervisor,
    /// Looks after networks and stores.
    PartnerManager,
    /// Users, rights, topics, imports, backups.
    Administrator,
    /// Proves what happened; changes nothing.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] = [
        Self::Operator,
        Self::Collector,
        Self::Supervisor,
        Self::PartnerManager,
        Self::Administrator,
        Self::Auditor,
    ];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Collector => "collector",
            Self::Supervisor => "supervisor",
            Self::PartnerManager => "partner_manager",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// What a machine's token is for. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// A PBX posts call events and takes dial commands.
    Pbx,
    /// An IVR asks for a route or a balance.
    Ivr,
    /// The client's cabinet on the lender's site.
    Cabinet,
    /// The accounting or core system: loans and payments.
    Core,
    /// Reads metrics.
    Metrics,
}

impl TokenScope {
    /// All scopes.
    pub const ALL: [Self; 5] = [Self::Pbx, Self::Ivr, Self::Cabinet, Self::Core, Self::Metrics];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pbx => "pbx",
            Self::Ivr => "ivr",
            Self::Cabinet => "cabinet",
            Self::Core => "core",
            Self::Metrics => "metrics",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}
