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

/// Everything that can be asked of the box. Closed: a new route names one of these or adds one
/// here, with its row in the table below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
pub enum Action {
    /// See who works at the phones and in which state.
    ReadOperators,
    /// Change one's own state at the phones.
    SetOwnState,
    /// Read calls and their cards.
    ReadCalls,
    /// Work a call: card by hand, client, identification, notes, finish.
    WorkCalls,
    /// Have the PBX dial, hang up, transfer.
    ControlCalls,
    /// Correct the result of a finished call, with a reason.
    CorrectCalls,
    /// Find clients.
    SearchClients,
    /// Open a client's card, history and loans.
    ReadClients,
    /// Create and change clients, their consents and files.
    EditClients,
    /// Add a note to a client.
    NoteClients,
    /// See personal data in full, with a reason.
    UnmaskClients,
    /// Open a client's files.
    ReadFiles,
    /// See who looked at a client, when and why.
    ReadAccessLog,
    /// Upload a file's bytes.
    UploadBlobs,
    /// Read topics, branches, products.
    ReadDirectory,
    /// Change topics, branches, products.
    EditDirectory,
    /// Keep snippets: all shared ones, or only one's own.
    KeepSnippets,
    /// See users and their rights.
    ReadUsers,
    /// Create, change, disable users.
    ManageUsers,
    /// See the machines' tokens, never their secret.
    ReadTokens,
    /// Create and revoke the machines' tokens.
    ManageTokens,
    /// See runs of imports and their rejects.
    ReadImports,
    /// Start, resume and cancel imports.
    RunImports,
    /// See backups.
    ReadBackups,
    /// Take and verify backups.
    RunBackups,
    /// Follow a long job.
    ReadJobs,
    /// See the state of the links to the PBX.
    ReadPbx,
    /// Read the PBX flight recorder.
    ReadRecorder,
    /// Play a made-up call through the box.
    SimulatePbx,
    /// See the health of the box.
    ReadHealth,
    /// Read the settings that the page needs.
    ReadSettings,
    /// Calculate a loan or an early repayment of any terms.
    CalculateLoans,
    /// Open loans and book payments and changes to those that are kept here.
    KeepLoans,
    /// Take down a client's request for early repayment and carry it on.
    RequestEarly,
    /// See bank statements and the payments that came with them.
    ReadPayments,
    /// Send bank statements in.
    LoadStatements,
    /// Post payments to loans by hand, put them aside, take them back.
    MatchPayments,
    /// Read the reports on all loans and the daily runs, also as a file.
    ReadReports,
    /// Start the daily run.
    RunDaily,
    /// Issue certificates and statements of a loan.
    IssuePapers,
    /// Read those that were issued.
    ReadPapers,
    /// Change the wording of papers, and try it.
    EditPaperTemplates,
    /// Deliver PBX events and take PBX commands.
    ServePbx,
    /// Ask where to send a call.
    AskRoute,
    /// Read metrics.
    ReadMetrics,
}

/// Which rows an action reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// All rows.
    All,
    /// Only what belongs to the caller: own calls, own state.
    Own,
    /// Only organisations: networks, stores, their employees.
    Organisations,
}

/// How much of a client's data an action shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mask {
    /// Masked, and private lines stay locked until the call at hand has reached the level that
    /// they need (domain.md 4.3).
    ByLevel,
    /// Phones and documents masked, sums shown (domain.md 6).
    Masked,
    /// Everything.
    Full,
}

/// A permission with its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    /// Which rows.
    pub scope: Filter,
    /// How much of them.
    pub fields: Mask,
}

const fn grant(scope: Filter, fields: Mask) -> Option<Grant> {
    Some(Grant { scope, fields })
}

const NO: Option<Grant> = None;
const ALL: Option<Grant> = grant(Filter::All, Mask::Masked);
const OWN: Option<Grant> = grant(Filter::Own, Mask::ByLevel);
const LVL: Option<Grant> = grant(Filter::All, Mask::ByLevel);
const ORG: Option<Grant> = grant(Filter::Organisations, Mask::Masked);
const FUL: Option<Grant> = grant(Filter::All, Mask::Full);

/// One row of the table: the action, the grant of each role in the order of [`Role::ALL`], and
/// the scopes of machines that may.
pub type AccessRow = (Action, [Option<Grant>; 6], &'static [TokenScope]);

/// Who may do what. The only place where rights are written down.
#[rustfmt::skip]
pub const TABLE: [AccessRow; 45] = [
    //                        operator collector supervisor partner_m administrator auditor
    (Action::ReadOperators,   [ALL,    ALL,      ALL,       NO,       ALL,          ALL], &[]),
    (Action::SetOwnState,     [OWN,    OWN,      OWN,       OWN,      OWN,          NO ], &[]),
    (Action::ReadCalls,       [OWN,    OWN,      ALL,       OWN,      ALL,          ALL], &[]),
    (Action::WorkCalls,       [OWN,    OWN,      ALL,       OWN,      NO,           NO ], &[]),
    (Action::ControlCalls,    [OWN,    OWN,      ALL,       OWN,      NO,           NO ], &[]),
    (Action::CorrectCalls,    [OWN,    OWN,      ALL,       NO,       NO,           NO ], &[]),
    (Action::SearchClients,   [LVL,    LVL,      ALL,       ORG,      ALL,          ALL], &[]),
    (Action::ReadClients,     [LVL,    LVL,      ALL,       ORG,      ALL,          ALL], &[]),
    (Action::EditClients,     [LVL,    LVL,      ALL,       ORG,      NO,           NO ], &[]),
    (Action::NoteClients,     [LVL,    LVL,      ALL,       ORG,      NO,           NO ], &[]),
    (Action::UnmaskClients,   [NO,     NO,       FUL,       NO,       NO,           FUL], &[]),
    (Action::ReadFiles,       [LVL,    LVL,      ALL,       ORG,      NO,           ALL], &[]),
    (Action::ReadAccessLog,   [NO,     NO,       ALL,       NO,       ALL,          ALL], &[]),
    (Action::UploadBlobs,     [ALL,    ALL,      ALL,       ALL,      ALL,          NO ], &[TokenScope::Core]),
    (Action::ReadDirectory,   [ALL,    ALL,      ALL,       ALL,      ALL,          ALL], &[]),
    (Action::EditDirectory,   [NO,     NO,       ALL,       NO,       ALL,          NO ], &[]),
    (Action::KeepSnippets,    [OWN,    OWN,      ALL,       OWN,      ALL,          NO ], &[]),
    (Action::ReadUsers,       [NO,     NO,       ALL,       NO,       ALL,          ALL], &[]),
    (Action::ManageUsers,     [NO,     NO,       NO,        NO,       ALL,          NO ], &[]),
    (Action::ReadTokens,      [NO,     NO,       NO,        NO,       ALL,          ALL], &[]),
    (Action::ManageTokens,    [NO,     NO,       NO,        NO,       ALL,          NO ], &[]),
    (Action::ReadImports,     [NO,     NO,       ALL,       NO,       ALL,          ALL], &[TokenScope::Core]),
    (Action::RunImports,      [NO,     NO,       NO,        NO,       ALL,          NO ], &[TokenScope::Core]),
    (Action::ReadBackups,     [NO,     NO,       NO,        NO,       ALL,          ALL], &[]),
    (Action::RunBackups,      [NO,     NO,       NO,        NO,       ALL,          NO ], &[TokenScope::Core]),
    (Action::ReadJobs,        [NO,     NO,       ALL,       NO,       ALL,          ALL], &[TokenScope::Core]),
    (Action::ReadPbx,         [ALL,    ALL,      ALL,       ALL,      ALL,          ALL], &[]),
    (Action::ReadRecorder,    [NO,     NO,       ALL,       NO,       ALL,          ALL], &[]),
    (Action::SimulatePbx,     [NO,     NO,       NO,        NO,       ALL,          NO ], &[]),
    (Action::ReadHealth,      [NO,     NO,       ALL,       NO,       ALL,          ALL], &[]),
    (Action::ReadSettings,    [ALL,    ALL,      ALL,       ALL,      ALL,          ALL], &[]),
    (Action::CalculateLoans,  [ALL,    ALL,      ALL,       ALL,      ALL,          ALL], &[TokenScope::Cabinet, TokenScope::Core]),
    (Action::KeepLoans,       [NO,     NO,       ALL,       NO,       ALL,          NO ], &[TokenScope::Core]),
    (Action::RequestEarly,    [LVL,    LVL,      ALL,       NO,       ALL,          NO ], &[TokenScope::Core]),
    (Action::ReadPayments,    [NO,     NO,       ALL,       NO,       ALL,          ALL], &[TokenScope::Core]),
    (Action::LoadStatements,  [NO,     NO,       ALL,       NO,       ALL,          NO ], &[TokenScope::Core]),
    (Action::MatchPayments,   [NO,     NO,       ALL,       NO,       ALL,          NO ], &[]),
    (Action::ReadReports,     [NO,     NO,       ALL,       NO,       ALL,          ALL], &[TokenScope::Core]),
    (Action::RunDaily,        [NO,     NO,       ALL,       NO,       ALL,          NO ], &[TokenScope::Core]),
    (Action::IssuePapers,     [LVL,    LVL,      ALL,       NO,       NO,           NO ], &[]),
    (Action::ReadPapers,      [LVL,    LVL,      ALL,       NO,       NO,           ALL], &[]),
    (Action::EditPaperTemplates, [NO, NO,        NO,        NO,       ALL,          NO ], &[]),
    (Action::ServePbx,        [NO,     NO,       NO,        NO,       NO,           NO ], &[TokenScope::Pbx]),
    (Action::AskRoute,        [NO,     NO,       NO,        NO,       NO,           NO ], &[TokenScope::Pbx, TokenScope::Ivr]),
    (Action::ReadMetrics,     [NO,     NO,       NO,        NO,       ALL,          NO ], &[TokenScope::Metrics]),
];

/// What a person of `role` gets for `action`, if anything.
#[must_use]
pub fn may(role: Role, action: Action) -> Option<Grant> {
    TABLE[action as usize].1[role as usize]
}

/// What a machine whose token is for `scope` gets for `action`, if anything. Machines reach all
/// rows of what they may at all.
#[must_use]
pub fn machine_may(scope: TokenScope, action: Action) -> Option<Grant> {
    TABLE[action as usize]
        .2
        .contains(&scope)
        .then_some(Grant { scope: Filter::All, fields: Mask::Masked })
}

impl Role {
    /// Whether the role reaches further than its own work, so that a second factor can be
    /// demanded of it.
    #[must_use]
    pub const fn is_privileged(self) -> bool {
        matches!(self, Self::Supervisor | Self::Administrator | Self::Auditor)
    }
    /// Whether the person works at a phone and so has a state there.
    #[must_use]
    pub const fn works_at_phone(self) -> bool {
        matches!(self, Self::Operator | Self::Collector | Self::Supervisor | Self::PartnerManager)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_its_actions_and_roles() {
        for (index, (action, ..)) in TABLE.iter().enumerate() {
            assert_eq!(*action as usize, index, "{action:?} stands in the wrong row");
        }
        for (index, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, index);
        }
    }

    #[test]
    fn nobody_but_auditor_and_supervisor_unmasks() {
        for role in Role::ALL {
            let expected = matches!(role, Role::Supervisor | Role::Auditor);
            assert_eq!(may(role, Action::UnmaskClients).is_some(), expected, "{role:?}");
            let full = TABLE
                .iter()
                .filter(|(action, ..)| *action != Action::UnmaskClients)
                .all(|(action, ..)| may(role, *action).is_none_or(|g| g.fields != Mask::Full));
            assert!(full, "{role:?} sees everything without a reason");
        }
    }

    #[test]
    fn the_auditor_changes_nothing() {
        let writes = [
            Action::SetOwnState,
            Action::WorkCalls,
            Action::ControlCalls,
            Action::CorrectCalls,
            Action::EditClients,
            Action::NoteClients,
            Action::UploadBlobs,
            Action::EditDirectory,
            Action::KeepSnippets,
            Action::ManageUsers,
            Action::ManageTokens,
            Action::RunImports,
            Action::RunBackups,
            Action::SimulatePbx,
            Action::KeepLoans,
            Action::RunDaily,
            Action::RequestEarly,
            Action::LoadStatements,
            Action::MatchPayments,
            Action::IssuePapers,
            Action::EditPaperTemplates,
        ];
        for action in writes {
            assert_eq!(may(Role::Auditor, action), None, "{action:?}");
        }
    }

    #[test]
    fn operators_see_only_what_the_level_of_their_call_unlocks() {
        for role in [Role::Operator, Role::Collector] {
            for action in [Action::ReadClients, Action::SearchClients, Action::ReadFiles] {
                assert_eq!(may(role, action).map(|g| g.fields), Some(Mask::ByLevel));
            }
            assert_eq!(may(role, Action::ReadCalls).map(|g| g.scope), Some(Filter::Own));
        }
    }

    #[test]
    fn machines_reach_only_their_scope() {
        let rows = [
            (TokenScope::Pbx, Action::ServePbx, true),
            (TokenScope::Pbx, Action::AskRoute, true),
            (TokenScope::Pbx, Action::ReadClients, false),
            (TokenScope::Ivr, Action::AskRoute, true),
            (TokenScope::Ivr, Action::ServePbx, false),
            (TokenScope::Core, Action::RunImports, true),
            (TokenScope::Core, Action::ManageUsers, false),
            (TokenScope::Metrics, Action::ReadMetrics, true),
            (TokenScope::Metrics, Action::ReadHealth, false),
            (TokenScope::Cabinet, Action::ReadClients, false),
        ];
        for (scope, action, expected) in rows {
            assert_eq!(machine_may(scope, action).is_some(), expected, "{scope:?} {action:?}");
        }
    }
}
