//! Use cases, one file per resource: authorise → command → receipt, or query → view.
//!
//! Must never know HTTP, and never reads or lists without a grant.

pub mod access_log;
mod arrears;
pub mod backups;
pub mod blobs;
pub mod call_control;
pub mod call_lane;
pub mod call_views;
pub mod calls;
pub mod cards;
pub mod clients;
pub mod credentials;
pub mod daily_run;
pub mod directory;
pub mod duplicates;
pub mod health;
pub mod history;
pub mod imports;
pub mod jobs;
mod joining;
pub mod loans;
mod manager_link;
pub mod operators;
pub mod papers;
pub mod payments;
pub mod pbx;
pub mod people;
pub mod reports;
pub mod routing;
pub mod sample_base;
mod sample_books;
pub mod search;
pub mod statements;
pub mod telephony;
pub mod tokens;
pub mod users;

use crate::actors::{AskError, ClientLane, Lanes, Order, SingleLane};
use crate::base::ids::{IdSource, PartId, UserId};
use crate::base::limits;
use crate::base::time::{Clock, Date};
use crate::blobs::Blobs;
use crate::codec::frame::CommandKey;
use crate::committer::{Committer, Refusal};
use crate::config::Config;
use crate::domain::access::{self, Action, Grant, Principal, Role, TokenScope};
use crate::domain::call::Call;
use crate::domain::daily_run::DailyRun;
use crate::domain::directory::Entry;
use crate::domain::operator::Operator;
use crate::domain::paper::Paper;
use crate::domain::token::Token;
use crate::domain::user::User;
use crate::domain::{ClaimSpace, Context, Rejection, StreamId, StreamKind};
use crate::feed::Feed;
use crate::journal::{BackgroundLog, Tail};
use crate::store::{Store, StoreError};
use crate::telemetry::metrics::Metrics;
use people::People;
use std::sync::Arc;
use uuid::Uuid;

/// Everything that use cases need. One per box, shared by `Arc`.
pub struct Services {
    /// Settings.
    pub config: Arc<Config>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where identifiers come from.
    pub ids: Arc<dyn IdSource>,
    /// The view.
    pub store: Arc<Store>,
    /// The one writer.
    pub committer: Committer,
    /// What just happened.
    pub feed: Arc<Feed>,
    /// Counters and latencies.
    pub metrics: Metrics,
    /// Clients with their loans.
    pub clients: Lanes<ClientLane>,
    /// Calls.
    pub calls: Lanes<SingleLane<Call>>,
    /// What people at the phones are doing.
    pub operators: Lanes<SingleLane<Operator>>,
    /// Users.
    pub users: Lanes<SingleLane<User>>,
    /// Machines' tokens.
    pub tokens: Lanes<SingleLane<Token>>,
    /// Entries of directories.
    pub entries: Lanes<SingleLane<Entry>>,
    /// Daily runs, by day.
    pub daily_runs: Lanes<SingleLane<DailyRun>>,
    /// Issued papers.
    pub papers: Lanes<SingleLane<Paper>>,
    /// Held while a paper is printed under the next number and committed.
    pub paper_numbers: tokio::sync::Mutex<()>,
    /// Names, roles and extensions.
    pub people: Arc<People>,
    /// Links to exchanges and commands under way.
    pub telephony: telephony::Telephony,
    /// Who read what.
    pub access_log: BackgroundLog,
    /// Raw call events.
    pub pbx_log: BackgroundLog,
    /// Files.
    pub blobs: Blobs,
    /// The end of the journal.
    pub journal: Tail,
    /// Backups.
    pub archive: backups::Archive,
    /// Long pieces of work.
    pub jobs: jobs::Jobs,
    /// That daily runs begin one after another.
    pub daily: daily_run::Starting,
    /// Imports under way.
    pub imports: imports::Imports,
    /// Bank statements under way.
    pub statements: statements::Statements,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Services({:?})", self.feed)
    }
}

/// Who asks, as established by the edge.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// A person's role.
    pub role: Option<Role>,
    /// A machine's scope.
    pub scope: Option<TokenScope>,
    /// Network address, for the access log.
    pub address: String,
    /// Identity of the command, for writes that may be repeated.
    pub command: Option<CommandKey>,
}

impl Caller {
    /// The box itself: set-up and the command line, which have every right.
    #[must_use]
    pub fn system() -> Self {
        Self {
            principal: Principal::System,
            role: None,
            scope: None,
            address: "local".into(),
            command: None,
        }
    }

    /// What the caller gets for `action`.
    ///
    /// # Errors
    /// `Forbidden` when it is nothing.
    pub fn grant(&self, action: Action) -> Result<Grant, ServiceError> {
        let granted = match (self.principal, self.role, self.scope) {
            (Principal::System, ..) => {
                Some(Grant { scope: access::Filter::All, fields: access::Mask::Full })
            }
            (_, Some(role), _) => access::may(role, action),
            (_, None, Some(scope)) => access::machine_may(scope, action),
            (_, None, None) => None,
        };
        granted.ok_or(ServiceError::Forbidden)
    }

    /// The person who asks.
    ///
    /// # Errors
    /// `Forbidden` for machines.
    pub const fn user(&self) -> Result<UserId, ServiceError> {
        match self.principal {
            Principal::User(user) => Ok(user),
            Principal::Token(_) | Principal::System => Err(ServiceError::Forbidden),
        }
    }

    /// A command of this caller for a lane.
    pub fn order<L: crate::actors::Lane>(
        &self,
        decide: impl Fn(&L, &Context) -> Result<crate::actors::Decided, Rejection>
        + Send
        + Sync
        + 'static,
    ) -> Order<L> {
        Order {
            principal: self.principal,
            command: self.command,
            cause: None,
            essential: false,
            decide: Arc::new(decide),
        }
    }
}

/// Why a use case did not happen. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// A rule stands against it, the input is at fault, or there is no such thing.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The caller has no right to it.
    #[error("you have no right to do this; ask an administrator")]
    Forbidden,
    /// Others hold a value of the input.
    #[error("another record holds the same value; open it instead")]
    Duplicate {
        /// What value.
        space: ClaimSpace,
        /// Who holds it.
        holders: Vec<StreamId>,
        /// No insisting.
        hard: bool,
    },
    /// The resource is at another version than the caller has seen.
    #[error("this was changed meanwhile; load it again")]
    Stale,
    /// The idempotency key was used with another body.
    #[error("this idempotency key was used with another request")]
    KeyReused,
    /// The change does not fit one command.
    #[error("the change is too large; split it")]
    TooLarge,
    /// Too much is waiting.
    #[error("the box is busy; try again in a moment")]
    Busy,
    /// The disk is nearly full.
    #[error("the disk is nearly full; only reading and calls work until space is freed")]
    StorageLow,
    /// The view is being rebuilt, or the box is stopping.
    #[error("the box is not ready; try again in a moment")]
    Unavailable,
    /// The telephone exchange cannot be reached.
    #[error("there is no link to the telephone exchange; open a call card by hand")]
    PbxDown,
}

impl From<Refusal> for ServiceError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Conflict(_) => Self::Stale,
            Refusal::Duplicate { space, holders, hard } => Self::Duplicate { space, holders, hard },
            Refusal::KeyReused => Self::KeyReused,
            Refusal::TooLarge => Self::TooLarge,
            Refusal::StorageLow => Self::StorageLow,
            Refusal::Busy => Self::Busy,
            Refusal::Unavailable => Self::Unavailable,
        }
    }
}

impl From<AskError> for ServiceError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Rejected(rejection) if rejection.code == STALE => Self::Stale,
            AskError::Rejected(rejection) => Self::Rejected(rejection),
            AskError::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<StoreError> for ServiceError {
    fn from(_: StoreError) -> Self {
        Self::Unavailable
    }
}

const STALE: &str = "stale";

/// Refuses inside a decision when the caller has seen another version (`If-Match`).
///
/// # Errors
/// A rejection that becomes [`ServiceError::Stale`].
pub fn expect_version(found: u64, expected: Option<u64>) -> Result<(), Rejection> {
    match expected {
        Some(expected) if expected != found => {
            Err(Rejection::rule(STALE, "this was changed meanwhile; load it again"))
        }
        _ => Ok(()),
    }
}

impl Services {
    /// What a rule may know beside state and command.
    #[must_use]
    pub fn context(&self, caller: &Caller) -> Context {
        Context {
            now: self.clock.now(),
            zone: self.config.lender.zone,
            principal: caller.principal,
        }
    }

    /// Whether the caller's command was carried out before, in this run of the box or another one:
    /// then nothing may be counted or written again.
    ///
    /// # Errors
    /// `KeyReused` when it was another command, `Unavailable`.
    pub fn was_done(&self, caller: &Caller) -> Result<bool, ServiceError> {
        let Some(key) = &caller.command else { return Ok(false) };
        match self.store.command(key)? {
            Some(row) if row.body != key.body => Err(ServiceError::KeyReused),
            found => Ok(found.is_some()),
        }
    }

    /// The stream of `kind` that the caller's command wrote when it was carried out before.
    ///
    /// # Errors
    /// See [`Services::was_done`].
    pub fn written_before(
        &self,
        caller: &Caller,
        kind: StreamKind,
    ) -> Result<Option<Uuid>, ServiceError> {
        let Some(key) = caller.command else { return Ok(None) };
        if !self.was_done(caller)? {
            return Ok(None);
        }
        let streams = self.store.command(&key)?.map(|row| row.streams).unwrap_or_default();
        Ok(streams.iter().find(|(stream, _)| stream.kind == kind).map(|(stream, _)| stream.id))
    }

    /// The name of the job that the caller's command starts; a repeat names the same one.
    #[must_use]
    pub(crate) fn job_of(&self, caller: &Caller) -> Uuid {
        self.part_id(caller).uuid()
    }

    /// An identifier for a part of a stream that the caller's command makes.
    #[must_use]
    pub fn part_id(&self, caller: &Caller) -> PartId {
        let fresh = || PartId::from_uuid(self.ids.next(self.clock.now()));
        caller.command.map_or_else(fresh, |key| key.part_id())
    }

    /// Identifiers for what early repayments of one loan book, enough for all its requests.
    #[must_use]
    pub fn early_ids(&self) -> Vec<PartId> {
        let fresh = || PartId::from_uuid(self.ids.next(self.clock.now()));
        std::iter::repeat_with(fresh).take(limits::EARLY_REQUESTS_MAX).collect()
    }

    /// Today in the lender's zone.
    #[must_use]
    pub fn today(&self) -> Date {
        self.clock.now().date_in(self.config.lender.zone)
    }

    /// Keeps what is cached in memory in step with commits; ends when the feed closes.
    pub async fn follow_commits(self: Arc<Self>) {
        let mut commits = self.feed.follow_commits();
        loop {
            let followed = match commits.recv().await {
                Ok(commit) => self.people.follow(&self.store, &commit.streams),
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {
                    // Rare: read everybody again.
                    People::load(&self.store).map(|fresh| self.people.take_over(fresh))
                }
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            };
            if let Err(error) = followed {
                tracing::warn!(%error, "names of users may be out of date");
            }
        }
    }
}
