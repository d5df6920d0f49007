//! Who is signed in. Sessions live in memory only: a restart signs everybody out.
//!
//! The cookie's value is random and kept only as a hash, so that a look into memory or a log gives
//! nobody a session. Must never hold a password.

use crate::base::ids::{IdSource, UserId};
use crate::base::time::Timestamp;
use crate::domain::access::Role;
use data_encoding::BASE64URL_NOPAD;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use subtle::ConstantTimeEq;

/// Requests a second that a session's bucket may save up for a burst, in seconds.
const BURST_SECONDS: i64 = 2;

/// A signed-in person, as the session knows him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user.
    pub user: UserId,
    /// The log-in.
    pub login: String,
    /// What the person is here for.
    pub role: Role,
    /// The person's phone on the PBX.
    pub extension: Option<String>,
    /// Whether a second factor is enrolled.
    pub totp_enrolled: bool,
}

/// One signed-in browser.
#[derive(Debug)]
pub struct Session {
    person: RwLock<Person>,
    csrf: String,
    created_at: Timestamp,
    seen_at: AtomicI64,
    bucket: Mutex<Bucket>,
    /// A secret shown for enrolment, not yet confirmed by a code.
    pending_totp: Mutex<Option<Vec<u8>>>,
}

impl Session {
    /// The person, as of the last change.
    #[must_use]
    pub fn person(&self) -> Person {
        self.person.read().expect("a session is never left half written").clone()
    }
    /// What writes must carry in `X-CSRF-Token`.
    #[must_use]
    pub fn csrf(&self) -> &str {
        &self.csrf
    }
    /// Whether `given` is this session's CSRF token.
    #[must_use]
    pub fn csrf_matches(&self, given: &str) -> bool {
        bool::from(self.csrf.as_bytes().ct_eq(given.as_bytes()))
    }
    /// Takes one request out of the session's allowance of `per_second`.
    #[must_use]
    pub fn allows(&self, now: Timestamp, per_second: u32) -> bool {
        let burst = i64::from(per_second) * BURST_SECONDS;
        self.bucket.lock().expect("a bucket never panics").take(now, per_second, burst)
    }
    /// Keeps a secret until a code confirms it.
    pub fn offer_totp(&self, secret: Vec<u8>) {
        *self.pending_totp.lock().expect("never panics") = Some(secret);
    }
    /// The secret that waits for its first code.
    #[must_use]
    pub fn offered_totp(&self) -> Option<Vec<u8>> {
        self.pending_totp.lock().expect("never panics").clone()
    }
}

/// A token bucket that counts in thousandths of a request.
#[derive(Debug, Default)]
pub struct Bucket {
    thousandths: i64,
    at: Option<Timestamp>,
}

impl Bucket {
    /// Takes one request; false when the bucket is empty. Fills by `per_second`, up to `burst`.
    pub fn take(&mut self, now: Timestamp, per_second: u32, burst: i64) -> bool {
        let full = burst.max(1) * 1000;
        let gained = self.at.map_or(full, |at| {
            let micros = now.micros().saturating_sub(at.micros()).max(0);
            micros.saturating_mul(i64::from(per_second)) / 1000
        });
        self.thousandths = self.thousandths.saturating_add(gained).min(full);
        // Time that was too short to gain anything must not be lost.
        if gained > 0 || self.at.is_none() {
            self.at = Some(now);
        }
        let allowed = self.thousandths >= 1000;
        if allowed {
            self.thousandths -= 1000;
        }
        allowed
    }
}

/// A fresh session and the value of its cookie, which is not kept.
#[derive(Debug)]
pub struct Opened {
    /// Value of the cookie.
    pub cookie: String,
    /// The session.
    pub session: Arc<Session>,
}

type Key = [u8; 32];

/// All sessions.
#[derive(Debug)]
pub struct SessionStore {
    idle_seconds: i64,
    absolute_seconds: i64,
    sessions: RwLock<HashMap<Key, Arc<Session>>>,
}

/// Sixteen random bytes twice, as text.
fn random_text(ids: &dyn IdSource) -> String {
    BASE64URL_NOPAD.encode(&[ids.salt(), ids.salt()].concat())
}

fn key_of(cookie: &str) -> Key {
    *blake3::hash(cookie.as_bytes()).as_bytes()
}

impl SessionStore {
    /// An empty store with its limits, in seconds.
    #[must_use]
    pub fn new(idle_seconds: i64, absolute_seconds: i64) -> Self {
        Self { idle_seconds, absolute_seconds, sessions: RwLock::default() }
    }

    /// Signs `person` in.
    pub fn open(&self, person: Person, now: Timestamp, ids: &dyn IdSource) -> Opened {
        let cookie = random_text(ids);
        let session = Arc::new(Session {
            person: RwLock::new(person),
            csrf: random_text(ids),
            created_at: now,
            seen_at: AtomicI64::new(now.micros()),
            bucket: Mutex::default(),
            pending_totp: Mutex::default(),
        });
        let mut sessions = self.sessions.write().expect("never left half written");
        sessions.retain(|_, session| self.is_alive(session, now));
        sessions.insert(key_of(&cookie), session.clone());
        Opened { cookie, session }
    }

    /// The session of a cookie, and notes that it was seen.
    #[must_use]
    pub fn find(&self, cookie: &str, now: Timestamp) -> Option<Arc<Session>> {
        let session = {
            let sessions = self.sessions.read().expect("never left half written");
            sessions.get(&key_of(cookie)).cloned()
        }?;
        if !self.is_alive(&session, now) {
            self.close(cookie);
            return None;
        }
        session.seen_at.fetch_max(now.micros(), Ordering::Relaxed);
        Some(session)
    }

    /// Whether a session can still be used, without noting that it was seen.
    #[must_use]
    pub fn is_alive(&self, session: &Session, now: Timestamp) -> bool {
        let seen = Timestamp::from_micros(session.seen_at.load(Ordering::Relaxed));
        now.seconds_since(seen) < self.idle_seconds
            && now.seconds_since(session.created_at) < self.absolute_seconds
    }

    /// Whether this very session is still open (not signed out, not ended).
    #[must_use]
    pub fn is_open(&self, session: &Arc<Session>, now: Timestamp) -> bool {
        let sessions = self.sessions.read().expect("never left half written");
        self.is_alive(session, now) && sessions.values().any(|other| Arc::ptr_eq(other, session))
    }

    /// Signs out.
    pub fn close(&self, cookie: &str) {
        self.sessions.write().expect("never left half written").remove(&key_of(cookie));
    }

    /// Ends every session of a user but `kept`.
    pub fn end_all_of(&self, user: UserId, kept: Option<&Arc<Session>>) {
        let mut sessions = self.sessions.write().expect("never left half written");
        sessions.retain(|_, session| {
            let is_kept = kept.is_some_and(|kept| Arc::ptr_eq(kept, session));
            is_kept || session.person().user != user
        });
    }

    /// Changes what the sessions of a user know.
    pub fn refresh(&self, user: UserId, change: impl Fn(&mut Person)) {
        let sessions = self.sessions.read().expect("never left half written");
        for session in sessions.values() {
            let mut person = session.person.write().expect("never left half written");
            if person.user == user {
                change(&mut person);
            }
        }
    }

    /// How many are signed in.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sessions.read().expect("never left half written").len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::SeededIds;

    fn person(user: UserId) -> Person {
        Person {
            user,
            login: "anna".into(),
            role: Role::Operator,
            extension: None,
            totp_enrolled: false,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_795_000_000_000_000).plus_seconds(seconds)
    }

    #[test]
    fn sessions_end_when_idle_and_in_any_case() {
        let (store, ids) = (SessionStore::new(60, 150), SeededIds::new(1));
        let user = UserId::from_uuid(ids.next(at(0)));
        let opened = store.open(person(user), at(0), &ids);
        for seconds in [50, 100, 149] {
            assert!(store.find(&opened.cookie, at(seconds)).is_some(), "{seconds}");
        }
        assert!(store.find(&opened.cookie, at(150)).is_none(), "absolute limit");
        let opened = store.open(person(user), at(0), &ids);
        assert!(store.find(&opened.cookie, at(60)).is_none(), "idle limit");
        assert_eq!(store.count(), 0);
        assert!(store.find("anything", at(0)).is_none());
    }

    #[test]
    fn all_sessions_of_a_user_end_but_the_own_one() {
        let (store, ids) = (SessionStore::new(60, 150), SeededIds::new(1));
        let user = UserId::from_uuid(ids.next(at(0)));
        let other = UserId::from_uuid(ids.next(at(0)));
        let own = store.open(person(user), at(0), &ids);
        let second = store.open(person(user), at(0), &ids);
        let foreign = store.open(person(other), at(0), &ids);
        store.end_all_of(user, Some(&own.session));
        assert!(store.find(&own.cookie, at(1)).is_some());
        assert!(store.find(&second.cookie, at(1)).is_none());
        assert!(store.find(&foreign.cookie, at(1)).is_some());
        store.refresh(user, |person| person.role = Role::Supervisor);
        assert_eq!(own.session.person().role, Role::Supervisor);
        assert_eq!(foreign.session.person().role, Role::Operator);
        assert!(store.is_open(&own.session, at(2)) && !store.is_open(&second.session, at(2)));
    }

    #[test]
    fn a_bucket_allows_its_rate_and_a_burst() {
        let mut bucket = Bucket::default();
        let taken = (0..30).filter(|_| bucket.take(at(0), 10, 20)).count();
        assert_eq!(taken, 20);
        let later = at(0).plus_seconds(1);
        let taken = (0..30).filter(|_| bucket.take(later, 10, 20)).count();
        assert_eq!(taken, 10);
        // Many small steps fill it as well as one large step.
        let mut bucket = Bucket::default();
        (0..20).for_each(|_| assert!(bucket.take(at(0), 10, 20)));
        let step = |n: i64| Timestamp::from_micros(at(0).micros() + n * 50);
        let taken = (1..=20_000).filter(|n| bucket.take(step(*n), 10, 20)).count();
        assert_eq!(taken, 10);
    }

    #[test]
    fn the_csrf_token_is_compared_whole() {
        let (store, ids) = (SessionStore::new(60, 150), SeededIds::new(1));
        let user = UserId::from_uuid(ids.next(at(0)));
        let session = store.open(person(user), at(0), &ids).session;
        assert!(session.csrf_matches(session.csrf()));
        assert!(!session.csrf_matches(""));
        assert!(!session.csrf_matches(&session.csrf()[1..]));
    }
}
