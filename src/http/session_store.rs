//! Who is signed in: the users' sign-ins as the journal knows them, held ready for each request.
//!
//! The truth stands in the users' streams ([`crate::domain::sign_ins`]); here are the same sign-ins
//! by key, with what is worth no record: the allowance of requests and the moment of the last one.
//! A cookie's value is random and never kept, so that a look into memory, journal or log gives
//! nobody a session. Must never hold a password.

use crate::base::ids::{IdSource, UserId};
use crate::base::time::Timestamp;
use crate::domain::access::Role;
use crate::domain::sign_ins::{SignIn, SignInKey, SignInLimits};
use crate::domain::user::User;
use data_encoding::BASE64URL_NOPAD;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use subtle::ConstantTimeEq;
use tokio::sync::watch;

/// Requests a second that a session's bucket may save up for a burst, in seconds.
const BURST_SECONDS: i64 = 2;
/// What the proof against forged requests is derived from, beside the cookie.
const CSRF_CONTEXT: &str = "lenderbox 2026-11 proof against forged requests";
/// The journal hears that a session is in use once in this part of the idle limit.
const NOTES_PER_IDLE_LIMIT: i64 = 10;

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

impl Person {
    /// The person as of now; `None` for who may not be signed in.
    fn of(id: UserId, user: &User) -> Option<Self> {
        let role = user.role.filter(|_| !user.disabled)?;
        Some(Self {
            user: id,
            login: user.login.clone(),
            role,
            extension: user.extension.clone(),
            totp_enrolled: user.totp_secret.is_some(),
        })
    }
}

/// One signed-in browser.
#[derive(Debug)]
pub struct Session {
    key: SignInKey,
    person: RwLock<Person>,
    opened_at: Timestamp,
    /// The last request, in microseconds.
    seen_at: AtomicI64,
    /// What the journal knows of it, in microseconds.
    noted_at: AtomicI64,
    bucket: Mutex<Bucket>,
    /// A secret shown for enrolment, not yet confirmed by a code.
    pending_totp: Mutex<Option<Vec<u8>>>,
    ended: watch::Sender<bool>,
}

impl Session {
    fn new(person: Person, sign_in: &SignIn) -> Self {
        Self {
            key: sign_in.key,
            person: RwLock::new(person),
            opened_at: sign_in.opened_at,
            seen_at: AtomicI64::new(sign_in.seen_at.micros()),
            noted_at: AtomicI64::new(sign_in.seen_at.micros()),
            bucket: Mutex::default(),
            pending_totp: Mutex::default(),
            ended: watch::Sender::new(false),
        }
    }
    /// Names the sign-in.
    #[must_use]
    pub const fn key(&self) -> SignInKey {
        self.key
    }
    /// The person, as of the last change.
    #[must_use]
    pub fn person(&self) -> Person {
        self.person.read().expect("a session is never left half written").clone()
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
    /// Returns when the session has ended.
    pub async fn ended(&self) {
        // The sender lives as long as `self`.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }
    fn seen_at(&self) -> Timestamp {
        Timestamp::from_micros(self.seen_at.load(Ordering::Relaxed))
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

/// A fresh value for a cookie.
#[must_use]
pub fn new_cookie(ids: &dyn IdSource) -> String {
    BASE64URL_NOPAD.encode(&[ids.salt(), ids.salt()].concat())
}

/// The name of the sign-in with this cookie.
#[must_use]
pub fn key_of(cookie: &str) -> SignInKey {
    *blake3::hash(cookie.as_bytes()).as_bytes()
}

/// What writes of the session with this cookie must carry in `X-CSRF-Token`. The page reads it
/// from an answer; the cookie cannot be found from it.
#[must_use]
pub fn csrf_of(cookie: &str) -> String {
    BASE64URL_NOPAD.encode(&blake3::derive_key(CSRF_CONTEXT, cookie.as_bytes()))
}

/// Whether `given` is the proof of the session with this cookie.
#[must_use]
pub fn csrf_matches(cookie: &str, given: &str) -> bool {
    bool::from(csrf_of(cookie).as_bytes().ct_eq(given.as_bytes()))
}

#[derive(Debug, Default)]
struct Inner {
    by_key: HashMap<SignInKey, Arc<Session>>,
    /// The version of each user that was taken over last.
    versions: HashMap<UserId, u64>,
}

/// All sessions.
#[derive(Debug)]
pub struct SessionStore {
    limits: SignInLimits,
    inner: RwLock<Inner>,
}

impl SessionStore {
    /// An empty store with its limits.
    #[must_use]
    pub fn new(limits: SignInLimits) -> Self {
        Self { limits, inner: RwLock::default() }
    }

    /// Takes over where a user is signed in. What came later is never overtaken by what came
    /// before: a session that has ended stays so.
    pub fn take_over(&self, id: UserId, version: u64, user: &User) {
        let mut inner = self.inner.write().expect("never left half written");
        if inner.versions.get(&id).is_some_and(|known| *known > version) {
            return;
        }
        inner.versions.insert(id, version);
        let person = Person::of(id, user);
        inner.by_key.retain(|key, session| {
            let mut known = session.person.write().expect("never left half written");
            if known.user != id {
                return true;
            }
            match (&person, user.sign_ins.get(key)) {
                (Some(person), Some(sign_in)) => {
                    known.clone_from(person);
                    session.noted_at.fetch_max(sign_in.seen_at.micros(), Ordering::Relaxed);
                    true
                }
                _ => {
                    session.ended.send_replace(true);
                    false
                }
            }
        });
        let Some(person) = person else { return };
        for sign_in in user.sign_ins.iter() {
            let fresh = || Arc::new(Session::new(person.clone(), sign_in));
            inner.by_key.entry(sign_in.key).or_insert_with(fresh);
        }
    }

    /// The session of a cookie, and notes that it was seen.
    #[must_use]
    pub fn find(&self, cookie: &str, now: Timestamp) -> Option<Arc<Session>> {
        let key = key_of(cookie);
        let session = {
            let inner = self.inner.read().expect("never left half written");
            inner.by_key.get(&key).cloned()
        }?;
        if !self.is_alive(&session, now) {
            self.forget(&session);
            return None;
        }
        session.seen_at.fetch_max(now.micros(), Ordering::Relaxed);
        Some(session)
    }

    /// Whether a session can still be used, without noting that it was seen.
    #[must_use]
    pub fn is_alive(&self, session: &Session, now: Timestamp) -> bool {
        let (key, opened_at, seen_at) = (session.key, session.opened_at, session.seen_at());
        let lasts = SignIn { key, opened_at, seen_at }.is_alive(self.limits, now);
        lasts && !*session.ended.borrow()
    }

    fn forget(&self, session: &Session) {
        session.ended.send_replace(true);
        self.inner.write().expect("never left half written").by_key.remove(&session.key);
    }

    /// The sessions whose use the journal should hear of, and forgets those that have run out.
    #[must_use]
    pub fn to_note(&self, now: Timestamp) -> Vec<(UserId, SignInKey)> {
        let all: Vec<Arc<Session>> = {
            let inner = self.inner.read().expect("never left half written");
            inner.by_key.values().cloned().collect()
        };
        let (over, alive): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|session| !self.is_alive(session, now));
        over.iter().for_each(|session| self.forget(session));
        let apart = self.limits.idle_seconds / NOTES_PER_IDLE_LIMIT;
        let due = alive.into_iter().filter(|session| {
            let noted = Timestamp::from_micros(session.noted_at.load(Ordering::Relaxed));
            session.seen_at() > noted && now.seconds_since(noted) >= apart
        });
        due.map(|session| (session.person().user, session.key)).collect()
    }

    /// How many are signed in.
    #[must_use]
    pub fn count(&self) -> usize {
        self.inner.read().expect("never left half written").by_key.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::SeededIds;

    const LIMITS: SignInLimits = SignInLimits { idle_seconds: 60, absolute_seconds: 150 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_795_000_000_000_000).plus_seconds(seconds)
    }

    fn id(n: u128) -> UserId {
        UserId::from_uuid(uuid::Uuid::from_u128(n))
    }

    /// An operator, signed in with these cookies since the beginning.
    fn user(cookies: &[&str]) -> User {
        let mut user = User { role: Some(Role::Operator), ..User::default() };
        cookies.iter().for_each(|cookie| user.sign_ins.open(key_of(cookie), at(0)));
        user
    }

    #[test]
    fn sessions_end_when_idle_and_in_any_case() {
        let store = SessionStore::new(LIMITS);
        store.take_over(id(1), 1, &user(&["a"]));
        for seconds in [50, 100, 149] {
            assert!(store.find("a", at(seconds)).is_some(), "{seconds}");
        }
        assert!(store.find("a", at(150)).is_none(), "absolute limit");
        store.take_over(id(1), 2, &user(&["b"]));
        assert!(store.find("b", at(60)).is_none(), "idle limit");
        assert_eq!(store.count(), 0);
        assert!(store.find("anything", at(0)).is_none());
    }

    #[tokio::test]
    async fn what_the_user_has_lost_ends_and_what_is_older_changes_nothing() {
        let store = SessionStore::new(LIMITS);
        store.take_over(id(1), 1, &user(&["own", "second"]));
        store.take_over(id(2), 1, &user(&["foreign"]));
        let second = store.find("second", at(1)).unwrap();
        let promoted = User { role: Some(Role::Supervisor), ..user(&["own"]) };
        store.take_over(id(1), 3, &promoted);
        store.take_over(id(1), 2, &user(&["own", "second"]));
        second.ended().await;
        assert!(!store.is_alive(&second, at(1)));
        assert!(store.find("second", at(1)).is_none());
        assert_eq!(store.find("own", at(1)).unwrap().person().role, Role::Supervisor);
        assert_eq!(store.find("foreign", at(1)).unwrap().person().role, Role::Operator);
        store.take_over(id(1), 4, &User { disabled: true, ..promoted });
        assert!(store.find("own", at(1)).is_none());
    }

    #[test]
    fn the_journal_hears_of_use_now_and_then() {
        let store = SessionStore::new(LIMITS);
        store.take_over(id(1), 1, &user(&["a", "quiet"]));
        let key = key_of("a");
        assert!(store.find("a", at(5)).is_some());
        assert_eq!(store.to_note(at(5)), [], "too soon");
        assert_eq!(store.to_note(at(6)), [(id(1), key)]);
        let mut noted = user(&["a", "quiet"]);
        noted.sign_ins.seen(&key, at(6));
        store.take_over(id(1), 2, &noted);
        assert_eq!(store.to_note(at(20)), [], "nobody was there since");
        assert_eq!((store.to_note(at(60)), store.count()), (vec![], 1), "the quiet one is over");
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
    fn the_proof_is_compared_whole_and_belongs_to_one_cookie() {
        let ids = SeededIds::new(1);
        let (cookie, other) = (new_cookie(&ids), new_cookie(&ids));
        let proof = csrf_of(&cookie);
        assert!(csrf_matches(&cookie, &proof) && !csrf_matches(&other, &proof));
        assert!(!csrf_matches(&cookie, "") && !csrf_matches(&cookie, &proof[1..]));
        assert!(cookie.len() > 40 && proof != cookie);
    }
}
