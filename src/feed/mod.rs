//! What just happened, for whoever follows live: commits for reactors, messages for pages.
//!
//! A ring of the latest messages lets a page that lost its connection catch up; whoever is too far
//! behind is told to fetch everything anew. Must never block the committer and never persist.

use crate::base::ids::UserId;
use crate::base::time::Timestamp;
use crate::domain::StreamId;
use crate::domain::access::{Principal, Role};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, watch};

/// Messages kept for pages that come back.
const RING_MESSAGES_MAX: usize = 8_192;
/// Messages a slow follower may lag behind before it is told to resync.
const LAG_MAX: usize = 4_096;

/// A frame that is durable and visible.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its number.
    pub seq: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Principal,
    /// Part of an import: starts no reaction.
    pub bulk: bool,
    /// Streams written, with their versions.
    pub streams: Vec<(StreamId, u64)>,
}

/// Who may see a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// One person.
    User(UserId),
    /// One person, and everybody with one of the roles.
    UserAndRoles(UserId, Vec<Role>),
    /// Everybody with one of the roles.
    Roles(Vec<Role>),
    /// Everybody who is signed in.
    Everybody,
}

impl Audience {
    /// Whether a person with `role` may see the message.
    #[must_use]
    pub fn admits(&self, user: UserId, role: Role) -> bool {
        match self {
            Self::User(one) => *one == user,
            Self::UserAndRoles(one, roles) => *one == user || roles.contains(&role),
            Self::Roles(roles) => roles.contains(&role),
            Self::Everybody => true,
        }
    }
}

/// A message for pages.
#[derive(Debug)]
pub struct Message {
    /// Its place among all messages since the start, from 1.
    pub n: u64,
    /// The journal's head when it was made.
    pub seq: u64,
    /// Who may see it.
    pub audience: Audience,
    /// Sent again to a page that comes back; calls are state and are not.
    pub replayed: bool,
    /// When the cause arrived, for measuring event → frame.
    pub caused_at: Option<std::time::Instant>,
    /// The members of the JSON object after `type`, `seq` and `n`, without braces.
    pub body: String,
    /// Its type, for instance `call.card`.
    pub kind: &'static str,
}

impl Message {
    /// The frame as sent.
    #[must_use]
    pub fn to_json(&self) -> String {
        let comma = if self.body.is_empty() { "" } else { "," };
        let Self { kind, seq, n, body, .. } = self;
        format!("{{\"type\":\"{kind}\",\"seq\":{seq},\"n\":{n}{comma}{body}}}")
    }
}

/// What a follower receives.
#[derive(Debug, Clone)]
pub enum Received {
    /// A message.
    Message(Arc<Message>),
    /// Too far behind: fetch everything anew.
    Resync,
    /// The box is stopping.
    Closed,
}

struct Ring {
    /// The head when the feed began: what was said before is not known.
    begun_at: u64,
    next: u64,
    messages: VecDeque<Arc<Message>>,
}

/// The live feed.
pub struct Feed {
    commits: broadcast::Sender<Arc<Commit>>,
    messages: broadcast::Sender<Arc<Message>>,
    head: watch::Sender<u64>,
    ring: Mutex<Ring>,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Feed(head {})", self.head())
    }
}

impl Feed {
    /// A feed whose journal stands at `head`.
    #[must_use]
    pub fn new(head: u64) -> Self {
        Self {
            commits: broadcast::channel(LAG_MAX).0,
            messages: broadcast::channel(LAG_MAX).0,
            head: watch::channel(head).0,
            ring: Mutex::new(Ring { begun_at: head, next: 1, messages: VecDeque::new() }),
        }
    }

    /// The last frame that is durable and visible.
    #[must_use]
    pub fn head(&self) -> u64 {
        *self.head.borrow()
    }

    /// Follows the head.
    #[must_use]
    pub fn follow_head(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// Tells everybody of a frame.
    pub fn commit(&self, commit: Commit) {
        self.head.send_replace(commit.seq);
        // Nobody listening is fine.
        let _ = self.commits.send(Arc::new(commit));
    }

    /// Follows commits from now on.
    #[must_use]
    pub fn follow_commits(&self) -> broadcast::Receiver<Arc<Commit>> {
        self.commits.subscribe()
    }

    /// Sends a message to pages. `body` are the members of its JSON object, without braces.
    pub fn publish(
        &self,
        audience: Audience,
        kind: &'static str,
        body: String,
        replayed: bool,
        caused_at: Option<std::time::Instant>,
    ) {
        let seq = self.head();
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let n = ring.next;
        ring.next += 1;
        let message = Arc::new(Message { n, seq, audience, replayed, caused_at, body, kind });
        if replayed {
            if ring.messages.len() >= RING_MESSAGES_MAX {
                ring.messages.pop_front();
            }
            ring.messages.push_back(Arc::clone(&message));
        }
        // Sent under the lock, so that a follower sees messages in order of n.
        let _ = self.messages.send(message);
    }

    /// Follows messages; with `since` (the last `n` seen) the missed ones come first. `None` when
    /// they are not kept any more.
    #[must_use]
    pub fn follow(&self, since: Option<u64>) -> Option<Follower> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let missed = match since {
            None => VecDeque::new(),
            Some(since) if since >= ring.next => return None,
            Some(since) => {
                let dropped = ring.messages.len() >= RING_MESSAGES_MAX
                    && ring.messages.front().is_some_and(|oldest| oldest.n > since + 1);
                if dropped {
                    return None;
                }
                ring.messages.iter().filter(|message| message.n > since).cloned().collect()
            }
        };
        Some(Follower { missed, live: self.messages.subscribe(), last: ring.next - 1 })
    }
}

impl Feed {
    /// Follows messages; those about frame `seq` and later come first, so some may come twice.
    /// `None` when they are not kept any more, or `seq` is of another history.
    #[must_use]
    pub fn follow_after(&self, seq: u64) -> Option<Follower> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let dropped = ring.messages.len() >= RING_MESSAGES_MAX
            && ring.messages.front().is_some_and(|oldest| oldest.seq > seq);
        if dropped || seq < ring.begun_at || seq > self.head() {
            return None;
        }
        let missed = ring.messages.iter().filter(|message| message.seq >= seq).cloned().collect();
        Some(Follower { missed, live: self.messages.subscribe(), last: ring.next - 1 })
    }
}

/// One page's place in the feed.
#[derive(Debug)]
pub struct Follower {
    missed: VecDeque<Arc<Message>>,
    live: broadcast::Receiver<Arc<Message>>,
    last: u64,
}

impl Follower {
    /// The last message that existed when following began.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last
    }
    /// The next message.
    pub async fn next(&mut self) -> Received {
        if let Some(message) = self.missed.pop_front() {
            return Received::Message(message);
        }
        match self.live.recv().await {
            Ok(message) => Received::Message(message),
            Err(broadcast::error::RecvError::Lagged(_)) => Received::Resync,
            Err(broadcast::error::RecvError::Closed) => Received::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(feed: &Feed, kind: &'static str, replayed: bool) {
        feed.publish(Audience::Everybody, kind, "\"a\":1".into(), replayed, None);
    }

    async fn kinds(follower: &mut Follower, count: usize) -> Vec<&'static str> {
        let mut kinds = Vec::new();
        for _ in 0..count {
            if let Received::Message(message) = follower.next().await {
                kinds.push(message.kind);
            }
        }
        kinds
    }

    #[tokio::test]
    async fn a_page_that_comes_back_gets_what_it_missed_but_not_old_calls() {
        let feed = Feed::new(5);
        publish(&feed, "one", true);
        publish(&feed, "call.card", false);
        publish(&feed, "two", true);
        let mut follower = feed.follow(Some(1)).unwrap();
        publish(&feed, "three", true);
        assert_eq!(kinds(&mut follower, 2).await, ["two", "three"]);
        assert!(feed.follow(Some(99)).is_none(), "a page from before a restart resyncs");
    }

    #[tokio::test]
    async fn a_page_that_names_a_frame_gets_what_came_with_it_and_later() {
        let feed = Feed::new(5);
        publish(&feed, "one", true);
        feed.head.send_replace(6);
        publish(&feed, "two", true);
        publish(&feed, "call.card", false);
        let mut follower = feed.follow_after(6).unwrap();
        publish(&feed, "three", true);
        assert_eq!(kinds(&mut follower, 2).await, ["two", "three"]);
        for other_history in [4, 7] {
            assert!(feed.follow_after(other_history).is_none(), "{other_history}");
        }
    }

    #[tokio::test]
    async fn a_slow_page_is_told_to_resync() {
        let feed = Feed::new(0);
        let mut follower = feed.follow(None).unwrap();
        for _ in 0..=LAG_MAX {
            publish(&feed, "one", true);
        }
        assert!(matches!(follower.next().await, Received::Resync));
    }

    #[test]
    fn a_message_is_one_json_object() {
        let message = Message {
            n: 2,
            seq: 7,
            audience: Audience::Everybody,
            replayed: true,
            caused_at: None,
            body: "\"on\":true".into(),
            kind: "storage_low",
        };
        assert_eq!(message.to_json(), r#"{"type":"storage_low","seq":7,"n":2,"on":true}"#);
    }
}
