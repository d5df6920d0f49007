//! What the box knows of its exchanges at this moment: links, commands under way, which call an
//! exchange's conversation is.
//!
//! Lives in memory only; everything that must last stands in the calls' streams. Must never be
//! filled from the journal: a replay commands no exchange.

use super::call_lane::Turns;
use crate::base::ids::{CallId, UserId};
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
/// Seconds in which an exchange must take a command on or refuse it.
const ANSWER_SECONDS_MAX: i64 = 10;
/// Seconds for which a command is remembered: after that its failure tells nobody anything.
const REMEMBER_SECONDS: i64 = 600;
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
    /// Hand the client over after a talk with the receiver, or take the client back.
    EndTransfer,
    /// Put the client on hold.
    Hold,
    /// Take the client off hold.
    Resume,
}

impl Purpose {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Dial => "dial",
            Self::Hangup => "hangup",
            Self::Transfer => "transfer",
            Self::EndTransfer => "end_transfer",
            Self::Hold => "hold",
            Self::Resume => "resume",
        }
    }
}

/// What an exchange can do besides dialling, hanging up and handing over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Hold and resume.
    pub hold: bool,
    /// Hand over after a talk with the receiver.
    pub attended_transfer: bool,
}

impl Abilities {
    /// Of Asterisk's manager interface: the hold of a SIP phone is the phone's own.
    pub const MANAGER: Self = Self { hold: false, attended_transfer: true };

    /// Reads names joined by commas; gives the one that is not known.
    ///
    /// # Errors
    /// The unknown name.
    pub fn parse(names: &str) -> Result<Self, String> {
        let mut abilities = Self::default();
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name {
                "hold" => abilities.hold = true,
                "attended_transfer" => abilities.attended_transfer = true,
                other => return Err(other.to_owned()),
            }
        }
        Ok(abilities)
    }
}

/// A command that was given to an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// About which call.
    pub call: CallId,
    /// What for.
    pub purpose: Purpose,
    /// Who wanted it; `None` is a machine.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// Where commands for one exchange go.
#[derive(Debug)]
struct Line {
    commands: mpsc::Sender<PbxCommand>,
    abilities: Abilities,
}

#[derive(Debug, Default)]
struct Live {
    links: BTreeMap<String, Link>,
    lines: HashMap<String, Line>,
    /// Commands under way, and whether the exchange has taken them on.
    pending: HashMap<Uuid, (Asked, bool)>,
    /// Exchanges that hold `/pbx/feed`, by a number of their own.
    followers: BTreeMap<u64, Abilities>,
    followers_ever: u64,
}

impl Live {
    /// Whether the calls of `source` are commanded over `/pbx/feed`.
    fn is_followed(&self, source: &str) -> bool {
        source != SIMULATOR_SOURCE && !self.lines.contains_key(source) && !self.followers.is_empty()
    }
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
    /// One operator dials one call at a time.
    pub(super) dialling: Turns,
}

impl Default for Telephony {
    fn default() -> Self {
        Self {
            live: Mutex::default(),
            known: Mutex::default(),
            commands: broadcast::channel(COMMANDS_LAG_MAX).0,
            turns: Turns::default(),
            identifying: Turns::default(),
            dialling: Turns::default(),
        }
    }
}

impl Telephony {
    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The call of an exchange's conversation, and whether it is new; one that is not known yet gets
    /// what `fresh` says.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn call_of(
        &self,
        store: &Store,
        source: &str,
        pbx_call: &str,
        fresh: impl FnOnce() -> Result<(CallId, bool), StoreError>,
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
            None => fresh()?,
        };
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(key, call);
        Ok((call, new))
    }

    /// Forgets that a conversation is `refused`, which belongs to another one. What was found for it
    /// meanwhile stands.
    pub fn forget_call(&self, source: &str, pbx_call: &str, refused: CallId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (source.to_owned(), pbx_call.to_owned());
        if known.get(&key) == Some(&refused) {
            known.remove(&key);
        }
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

    /// Takes commands for the exchange `source` to `commands` from now on.
    pub fn attach(&self, source: &str, commands: mpsc::Sender<PbxCommand>, abilities: Abilities) {
        self.live().lines.insert(source.to_owned(), Line { commands, abilities });
    }

    /// Follows commands for exchanges that hold `/pbx/feed`.
    #[must_use]
    pub fn follow_commands(&self) -> broadcast::Receiver<PbxCommand> {
        self.commands.subscribe()
    }

    /// An exchange began to follow commands; gives the number under which it leaves.
    pub fn follower_came(&self, abilities: Abilities) -> u64 {
        let mut live = self.live();
        live.followers_ever += 1;
        let number = live.followers_ever;
        live.followers.insert(number, abilities);
        number
    }

    /// An exchange ceased to follow commands; gives how many do.
    pub fn follower_left(&self, number: u64) -> usize {
        let mut live = self.live();
        live.followers.remove(&number);
        live.followers.len()
    }

    /// What the exchange of `source` can do now.
    #[must_use]
    pub fn abilities(&self, source: &str) -> Abilities {
        let live = self.live();
        if let Some(line) = live.lines.get(source) {
            return line.abilities;
        }
        if !live.is_followed(source) {
            return Abilities::default();
        }
        live.followers.values().fold(Abilities::default(), |all, one| Abilities {
            hold: all.hold || one.hold,
            attended_transfer: all.attended_transfer || one.attended_transfer,
        })
    }

    /// The source that would dial now: an exchange whose link is up, else one that follows.
    #[must_use]
    pub fn dialling_source(&self) -> Option<String> {
        let live = self.live();
        let up = |source: &&String| {
            live.links.get(*source).is_some_and(|link| link.state == LinkState::Up)
        };
        let line = live.lines.keys().filter(up).min();
        line.cloned().or_else(|| live.is_followed(HTTP_SOURCE).then(|| HTTP_SOURCE.to_owned()))
    }

    /// Sends a command to `source`; `false` when nobody takes it.
    pub fn send(&self, source: &str, asked: Asked, command_id: Uuid, command: PbxCommand) -> bool {
        let mut live = self.live();
        if live.pending.len() >= PENDING_MAX {
            live.pending.clear();
        }
        live.pending.insert(command_id, (asked, false));
        let taken = match live.lines.get(source) {
            Some(line) => line.commands.try_send(command).is_ok(),
            None => live.is_followed(source) && self.commands.send(command).is_ok(),
        };
        if !taken {
            live.pending.remove(&command_id);
        }
        taken
    }

    /// Tells every exchange that is reached; none is awaited.
    pub fn tell(&self, command: &PbxCommand) {
        let live = self.live();
        for (source, line) in &live.lines {
            if live.links.get(source).is_some_and(|link| link.state == LinkState::Up) {
                // A full line is one that does not answer: it gets all states when it is back.
                let _ = line.commands.try_send(command.clone());
            }
        }
        if !live.followers.is_empty() {
            let _ = self.commands.send(command.clone());
        }
    }

    /// The exchange has taken a command on; it may still fail.
    pub fn taken_on(&self, command_id: &str) {
        if let Ok(id) = command_id.parse::<Uuid>()
            && let Some((_, taken_on)) = self.live().pending.get_mut(&id)
        {
            *taken_on = true;
        }
    }

    /// What a command was for; it is under way no longer.
    #[must_use]
    pub fn settle(&self, command_id: &str) -> Option<(Uuid, Asked)> {
        let id = command_id.parse().ok()?;
        let (asked, _) = self.live().pending.remove(&id)?;
        Some((id, asked))
    }

    /// The exchange tells that what was asked of `call` has come about, which is an answer too.
    pub fn came_about(&self, call: CallId, purpose: Purpose) {
        let asked_so = |asked: &Asked| asked.call == call && asked.purpose == purpose;
        self.live().pending.retain(|_, (asked, _)| !asked_so(asked));
    }

    /// Commands that no exchange has answered in time, the earliest first; forgets those whose time is long over. A
    /// dial is not among them: its call has a time-out of its own.
    #[must_use]
    pub fn unanswered(&self, now: Timestamp) -> Vec<Uuid> {
        let mut live = self.live();
        live.pending.retain(|_, (asked, _)| now.seconds_since(asked.at) < REMEMBER_SECONDS);
        let late = |(id, (asked, taken_on)): (&Uuid, &(Asked, bool))| {
            let late = now.seconds_since(asked.at) >= ANSWER_SECONDS_MAX;
            (late && !taken_on && asked.purpose != Purpose::Dial).then_some(*id)
        };
        let mut late: Vec<Uuid> = live.pending.iter().filter_map(late).collect();
        late.sort_by_key(|id| live.pending.get(id).map(|(asked, _)| asked.at));
        late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hangup() -> PbxCommand {
        PbxCommand::Hangup { command_id: "c".into(), call: "x".into(), extension: "101".into() }
    }

    fn asked(purpose: Purpose) -> Asked {
        let call = CallId::from_uuid(Uuid::from_u128(1));
        Asked { call, purpose, by: None, at: Timestamp::from_micros(0) }
    }

    #[test]
    fn commands_go_to_a_link_that_is_up_or_to_who_follows() {
        let desk = Telephony::default();
        let (wanted, id) = (asked(Purpose::Hangup), Uuid::from_u128(2));
        assert_eq!(desk.dialling_source(), None);
        assert!(!desk.send("pbx1", wanted, id, hangup()));
        assert_eq!(desk.settle(&id.to_string()), None);
        let (line, mut taken) = mpsc::channel(1);
        desk.attach("pbx1", line, Abilities::MANAGER);
        assert_eq!(desk.dialling_source(), None, "attached and not up");
        let now = Timestamp::from_micros(1);
        assert!(desk.set_link("pbx1", LinkKind::Ami, LinkState::Up, None, now));
        assert!(!desk.set_link("pbx1", LinkKind::Ami, LinkState::Up, None, now));
        assert_eq!(desk.dialling_source().as_deref(), Some("pbx1"));
        assert!(desk.send("pbx1", wanted, id, hangup()));
        assert_eq!(taken.try_recv().unwrap(), hangup());
        assert_eq!(desk.settle(&id.to_string()), Some((id, wanted)));
        desk.set_link("pbx1", LinkKind::Ami, LinkState::Down, Some("x".into()), now);
        assert_eq!(desk.dialling_source(), None);
        let mut follower = desk.follow_commands();
        desk.follower_came(Abilities::default());
        assert_eq!(desk.dialling_source().as_deref(), Some(HTTP_SOURCE));
        assert!(desk.send(HTTP_SOURCE, asked(Purpose::Dial), id, hangup()));
        assert_eq!(follower.try_recv().unwrap(), hangup());
        assert!(!desk.send(SIMULATOR_SOURCE, wanted, id, hangup()), "nobody has that phone");
    }

    #[test]
    fn an_exchange_can_what_it_has_declared() {
        let desk = Telephony::default();
        let (line, _taken) = mpsc::channel(1);
        desk.attach("pbx1", line, Abilities::MANAGER);
        let first = desk.follower_came(Abilities::parse("").unwrap());
        assert_eq!(desk.abilities(HTTP_SOURCE), Abilities::default());
        let second = desk.follower_came(Abilities::parse("hold, attended_transfer").unwrap());
        assert_eq!(
            desk.abilities("cloud"),
            Abilities { hold: true, attended_transfer: true },
            "webhooks' calls too"
        );
        assert_eq!(desk.abilities("pbx1"), Abilities::MANAGER);
        assert_eq!(desk.abilities(SIMULATOR_SOURCE), Abilities::default());
        assert_eq!(desk.follower_left(second), 1);
        assert!(!desk.abilities(HTTP_SOURCE).hold);
        assert_eq!(desk.follower_left(first), 0);
        assert_eq!(Abilities::parse("hold,sing"), Err("sing".to_owned()));
    }

    #[test]
    fn what_nobody_answers_is_late_and_what_was_taken_on_is_not() {
        let desk = Telephony::default();
        let _follower = desk.follow_commands();
        desk.follower_came(Abilities::default());
        let ids = [1, 2, 3].map(Uuid::from_u128);
        let purposes = [Purpose::Hold, Purpose::Transfer, Purpose::Dial];
        for (id, purpose) in ids.into_iter().zip(purposes) {
            assert!(desk.send(HTTP_SOURCE, asked(purpose), id, hangup()));
        }
        desk.taken_on(&ids[1].to_string());
        let after = |seconds| Timestamp::from_micros(0).plus_seconds(seconds);
        assert!(desk.unanswered(after(9)).is_empty());
        assert_eq!(desk.unanswered(after(10)), [ids[0]]);
        assert!(desk.settle(&ids[1].to_string()).is_some(), "it may still fail");
        desk.came_about(CallId::from_uuid(Uuid::from_u128(2)), Purpose::Hold);
        assert_eq!(desk.unanswered(after(10)), [ids[0]], "another call");
        desk.came_about(CallId::from_uuid(Uuid::from_u128(1)), Purpose::Hold);
        assert!(desk.unanswered(after(10)).is_empty());
        assert!(desk.unanswered(after(601)).is_empty());
        assert_eq!(desk.settle(&ids[2].to_string()), None, "forgotten");
    }
}
