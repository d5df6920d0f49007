//! Answers given to requests with an `Idempotency-Key`, so that a repeat gets the same one.
//!
//! Kept in memory for a day. The committer knows command ids as well, so that a repeat after a
//! restart still changes nothing twice; here the whole answer is repeated.

use crate::base::time::Timestamp;
use crate::domain::access::Principal;
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use warp::http::Response;

/// Seconds that an answer is kept.
const KEEP_SECONDS: i64 = 86_400;
/// Bytes of answers that are kept at most.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes that an answer takes beside its body, about.
const ENTRY_BYTES: usize = 512;
/// Keys of refused requests that are remembered for nothing.
const GONE_MAX: usize = 1024;

/// A caller's key for one request.
pub type ReplayKey = [u8; 32];

/// What is known about a key.
#[derive(Debug)]
pub enum Known {
    /// Nothing: go on, then call [`Replay::finish`].
    Fresh,
    /// The first request is still being answered.
    Running,
    /// It was used for another request.
    OtherRequest,
    /// It was answered so.
    Answered(Response<Bytes>),
}

#[derive(Debug)]
struct Entry {
    request: [u8; 32],
    at: Timestamp,
    answer: Option<Response<Bytes>>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<ReplayKey, Entry>,
    order: VecDeque<ReplayKey>,
    bytes: usize,
}

/// The answers of the last day.
#[derive(Debug, Default)]
pub struct Replay(Mutex<Inner>);

/// The key of `principal`'s `Idempotency-Key`.
#[must_use]
pub fn replay_key(principal: Principal, key: &str) -> ReplayKey {
    let mut hasher = blake3::Hasher::new();
    match principal {
        Principal::System => hasher.update(b"system"),
        Principal::User(user) => hasher.update(b"user").update(user.uuid().as_bytes()),
        Principal::Token(token) => hasher.update(b"token").update(token.uuid().as_bytes()),
    };
    *hasher.update(key.as_bytes()).finalize().as_bytes()
}

impl Replay {
    /// Looks a key up and takes it when it is fresh. `request` is a hash of method, path and body.
    pub fn begin(&self, key: ReplayKey, request: [u8; 32], now: Timestamp) -> Known {
        let mut inner = self.0.lock().expect("never left half written");
        inner.forget_old(now);
        match inner.entries.get(&key) {
            Some(entry) if entry.request != request => Known::OtherRequest,
            Some(Entry { answer: None, .. }) => Known::Running,
            Some(Entry { answer: Some(answer), .. }) => Known::Answered(answer.clone()),
            None => {
                inner.entries.insert(key, Entry { request, at: now, answer: None });
                inner.order.push_back(key);
                Known::Fresh
            }
        }
    }

    /// Keeps the answer of a key; a refusal is forgotten, so that the request can be repeated.
    pub fn finish(&self, key: ReplayKey, answer: Option<&Response<Bytes>>) {
        let mut inner = self.0.lock().expect("never left half written");
        let Some(answer) = answer.filter(|answer| answer.status().is_success()) else {
            inner.entries.remove(&key);
            inner.forget_gone();
            return;
        };
        let size = ENTRY_BYTES + answer.body().len();
        if let Some(entry) = inner.entries.get_mut(&key) {
            entry.answer = Some(answer.clone());
            inner.bytes += size;
        }
    }
}

impl Inner {
    /// Keys of refused requests are forgotten in order too, now and then.
    fn forget_gone(&mut self) {
        if self.order.len() > 2 * self.entries.len() + GONE_MAX {
            let entries = &self.entries;
            self.order.retain(|key| entries.contains_key(key));
        }
    }

    fn forget_old(&mut self, now: Timestamp) {
        while let Some(oldest) = self.order.front().copied() {
            let Some(entry) = self.entries.get(&oldest) else {
                self.order.pop_front();
                continue;
            };
            if now.seconds_since(entry.at) < KEEP_SECONDS && self.bytes <= BYTES_MAX {
                break;
            }
            let size = entry.answer.as_ref().map_or(0, |a| ENTRY_BYTES + a.body().len());
            self.bytes = self.bytes.saturating_sub(size);
            self.entries.remove(&oldest);
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_795_000_000_000_000).plus_seconds(seconds)
    }

    #[test]
    fn a_repeat_gets_the_first_answer_for_a_day() {
        let replay = Replay::default();
        let key = replay_key(Principal::System, "k");
        assert!(matches!(replay.begin(key, [1; 32], at(0)), Known::Fresh));
        assert!(matches!(replay.begin(key, [1; 32], at(0)), Known::Running));
        replay.finish(key, Some(&Response::new(Bytes::from_static(b"first"))));
        let Known::Answered(answer) = replay.begin(key, [1; 32], at(5)) else {
            panic!("the first answer is not repeated");
        };
        assert_eq!(answer.body().as_ref(), b"first");
        assert!(matches!(replay.begin(key, [2; 32], at(5)), Known::OtherRequest));
        assert!(matches!(replay.begin(key, [1; 32], at(KEEP_SECONDS)), Known::Fresh));
    }

    #[test]
    fn neither_refusals_nor_empty_answers_fill_the_memory() {
        let replay = Replay::default();
        let key = |n: u32| replay_key(Principal::System, &n.to_string());
        for n in 0..10_000 {
            let _ = replay.begin(key(n), [1; 32], at(0));
            replay.finish(key(n), None);
        }
        assert!(replay.0.lock().unwrap().order.len() <= GONE_MAX + 1);
        let fitting = u32::try_from(BYTES_MAX / ENTRY_BYTES).unwrap();
        for n in 0..fitting + 1000 {
            let _ = replay.begin(key(n), [1; 32], at(0));
            replay.finish(key(n), Some(&Response::new(Bytes::new())));
        }
        assert!(replay.0.lock().unwrap().entries.len() <= fitting as usize + 2);
    }

    #[test]
    fn a_refusal_can_be_repeated() {
        let replay = Replay::default();
        let key = replay_key(Principal::System, "k");
        assert!(matches!(replay.begin(key, [1; 32], at(0)), Known::Fresh));
        replay.finish(key, None);
        assert!(matches!(replay.begin(key, [1; 32], at(0)), Known::Fresh));
    }
}
