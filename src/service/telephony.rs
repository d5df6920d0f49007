//! What the box knows of its exchanges at this moment: links, commands under way, which call an
//! exchange's conversation is.
//!
//! Lives in memory only; everything that must last stands in the calls' streams. Must never be
//! filled from the journal: a replay commands no exchange.

use super::call_lane::Turns;
use crate::base::ids::CallId;
use crate::base::time::Timestamp;
use crate::domain::{ClaimSpace, StreamKind};
use crate::gateways::ami::client::PbxCommand;
use crate::store::{Store, StoreError};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{broadcast, mpsc};
use uuid::Uuid;

/// The name of the source of events that come by HTTP.
pub const HTTP_SOURCE: &str = "http";
/// The name of the source of made-up calls.
pub const SIMULATOR_SOURCE: &str = "simulator";
/// Conversations whose call is remembered; others are found by their claim.
const KNOWN_MAX: usize = 50_000;
/// Commands under way that are remembered.
const PENDING_MAX: usize = 10_000;
/// Commands that a slow exchange may lag behind.
const COMMANDS_LAG_MAX: usize = 256;

/// How an exchange is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Asterisk's manager interface.
    Ami,
    /// The exchange posts events.
    Http,
    /// The exchange holds `/pbx/feed` for commands.
    Feed,
}

/// Whether an exchange is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Up.
    Up,
    /// Down.
    Down,
    /// Coming up.
    Connecting,
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// How.
    pub kind: LinkKind,
    /// Whether.
    pub state: LinkState,
    /// Since when.
    pub since: Timestamp,
    /// When something was last heard.
    pub last_event_at: Option<Timestamp>,
    /// Why it is down.
    pub error: Option<String>,
}

/// What a command was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A call asked for with a click.
    Dial,
    /// Hang up.
    Hangup,
    /// Hand the client over.
    Transfer,
}

#[derive(Debug, Default)]
struct Live {
    links: BTreeMap<String, Link>,
    lines: HashMap<String, mpsc::Sender<PbxCommand>>,
    pending: HashMap<Uuid, (CallId, Purpose)>,
    followers: usize,
}

/// The box's exchanges at this moment.
#[derive(Debug)]
pub struct Telephony {
    live: Mutex<Live>,
    known: Mutex<HashMap<(String, String), CallId>>,
    commands: broadcast::Sender<PbxCommand>,
    /// Commands of one call and their consequences go one after another.
    pub(super) turns: Turns,
    /// Identifications of one client, of whichever call, go one after another.
    pub(super) identifying: Turns,
}

impl Default for Telephony {
    fn default() -> Self {
        Self {
            live: Mutex::default(),
            known: Mutex::default(),
            commands: broadcast::channel(COMMANDS_LAG_MAX).0,
            turns: Turns::default(),
            identifying: Turns::default(),
        }
    }
}

impl Telephony {
    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The call of an exchange's conversation, and whether it is new: then it gets `fresh`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn call_of(
        &self,
        store: &Store,
        source: &str,
        pbx_call: &str,
        fresh: impl FnOnce() -> CallId,
    ) -> Result<(CallId, bool), StoreError> {
        // One lock for look-up and naming: two batches of one conversation give one call.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (source.to_owned(), pbx_call.to_owned());
        if let Some(call) = known.get(&key) {
            return Ok((*call, false));
        }
        let holders = store.holders(ClaimSpace::PbxCall, &format!("{source}:{pbx_call}"))?;
        let found = holders.iter().find(|stream| stream.kind == StreamKind::Call);
        let (call, new) = match found {
            Some(stream) => (CallId::from_uuid(stream.id), false),
            None => (fresh(), true),
        };
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(key, call);
        Ok((call, new))
    }

    /// Notes the state of a link; says whether it changed.
    pub fn set_link(
        &self,
        source: &str,
        kind: LinkKind,
        state: LinkState,
        error: Option<String>,
        now: Timestamp,
    ) -> bool {
        let mut live = self.live();
        let before = live.links.get(source);
        let changed = before.is_none_or(|link| link.state != state);
        let last_event_at = before.and_then(|link| link.last_event_at);
        let since = before.filter(|_| !changed).map_or(now, |link| link.since);
        let link = Link { kind, state, since, last_event_at, error };
        live.links.insert(source.to_owned(), link);
        changed
    }

    /// Notes that a source was heard; says whether its link came up by that.
    pub fn heard(&self, source: &str, now: Timestamp) -> bool {
        let mut live = self.live();
        let mut came_up = false;
        let link = live.links.entry(source.to_owned()).or_insert_with(|| {
            came_up = true;
            let (kind, state) = (LinkKind::Http, LinkState::Up);
            Link { kind, state, since: now, last_event_at: None, error: None }
        });
        link.last_event_at = Some(now);
        came_up
    }

    /// All links by source.
    #[must_use]
    pub fn links(&self) -> BTreeMap<String, Link> {
        self.live().links.clone()
    }

    /// Takes commands for the exchange `source` to `line` from now on.
    pub fn attach(&self, source: &str, line: mpsc::Sender<PbxCommand>) {
        self.live().lines.insert(source.to_owned(), line);
    }

    /// Follows commands for exchanges that hold `/pbx/feed`.
    #[must_use]
    pub fn follow_commands(&self) -> broadcast::Receiver<PbxCommand> {
        self.commands.subscribe()
    }

    /// An exchange began (`true`) or ceased to follow commands; gives how many do.
    pub fn followers(&self, more: bool) -> usize {
        let mut live = self.live();
        live.followers = if more { live.followers + 1 } else { live.followers.saturating_sub(1) };
        live.followers
    }

    /// The source that would dial now: an exchange whose link is up, else one that follows.
    #[must_use]
    pub fn dialling_source(&self) -> Option<String> {
        let live = self.live();
        let up = |source: &&String| {
            live.links.get(*source).is_some_and(|link| link.state == LinkState::Up)
        };
        let line = live.lines.keys().filter(up).min();
        line.cloned().or_else(|| (live.followers > 0).then(|| HTTP_SOURCE.to_owned()))
    }

    /// Sends a command to `source`; `false` when nobody takes it.
    pub fn send(
        &self,
        source: &str,
        call: CallId,
        purpose: Purpose,
        command_id: Uuid,
        command: PbxCommand,
    ) -> bool {
        let mut live = self.live();
        if live.pending.len() >= PENDING_MAX {
            live.pending.clear();
        }
        live.pending.insert(command_id, (call, purpose));
        let taken = match live.lines.get(source) {
            Some(line) => line.try_send(command).is_ok(),
            None => live.followers > 0 && self.commands.send(command).is_ok(),
        };
        if !taken {
            live.pending.remove(&command_id);
        }
        taken
    }

    /// What a command was for; it is under way no longer.
    #[must_use]
    pub fn settle(&self, command_id: &str) -> Option<(Uuid, CallId, Purpose)> {
        let id = command_id.parse().ok()?;
        let (call, purpose) = self.live().pending.remove(&id)?;
        Some((id, call, purpose))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hangup() -> PbxCommand {
        PbxCommand::Hangup { command_id: "c".into(), call: "x".into(), extension: "101".into() }
    }

    #[test]
    fn commands_go_to_a_link_that_is_up_or_to_who_follows() {
        let desk = Telephony::default();
        let (call, id) = (CallId::from_uuid(Uuid::from_u128(1)), Uuid::from_u128(2));
        assert_eq!(desk.dialling_source(), None);
        assert!(!desk.send("pbx1", call, Purpose::Hangup, id, hangup()));
        assert_eq!(desk.settle(&id.to_string()), None);
        let (line, mut taken) = mpsc::channel(1);
        desk.attach("pbx1", line);
        assert_eq!(desk.dialling_source(), None, "attached and not up");
        let now = Timestamp::from_micros(1);
        assert!(desk.set_link("pbx1", LinkKind::Ami, LinkState::Up, None, now));
        assert!(!desk.set_link("pbx1", LinkKind::Ami, LinkState::Up, None, now));
        assert_eq!(desk.dialling_source().as_deref(), Some("pbx1"));
        assert!(desk.send("pbx1", call, Purpose::Hangup, id, hangup()));
        assert_eq!(taken.try_recv().unwrap(), hangup());
        assert_eq!(desk.settle(&id.to_string()), Some((id, call, Purpose::Hangup)));
        desk.set_link("pbx1", LinkKind::Ami, LinkState::Down, Some("x".into()), now);
        assert_eq!(desk.dialling_source(), None);
        let mut follower = desk.follow_commands();
        assert_eq!(desk.followers(true), 1);
        assert_eq!(desk.dialling_source().as_deref(), Some(HTTP_SOURCE));
        assert!(desk.send(HTTP_SOURCE, call, Purpose::Dial, id, hangup()));
        assert_eq!(follower.try_recv().unwrap(), hangup());
    }
}
