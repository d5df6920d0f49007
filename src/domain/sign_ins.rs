//! Where a person is signed in: at most a few browsers, each known by a hash of its cookie.
//!
//! Lives in the user's stream, so that a restart signs nobody out and whoever is kept out stays
//! out. Must never see a cookie, only its hash.

use crate::base::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Sign-ins that one person may have at the same time; the one that was quiet longest gives way.
pub const SIGN_INS_MAX: usize = 16;

/// Names a sign-in: a hash of its cookie's value.
pub type SignInKey = [u8; 32];

/// How long a sign-in lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInLimits {
    /// Seconds without a request.
    pub idle_seconds: i64,
    /// Seconds in any case.
    pub absolute_seconds: i64,
}

/// One signed-in browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Its name.
    pub key: SignInKey,
    /// When it began.
    pub opened_at: Timestamp,
    /// When it was last noted that somebody works in it: coarse, never later than the truth.
    pub seen_at: Timestamp,
}

impl SignIn {
    /// Whether it can still be used.
    #[must_use]
    pub fn is_alive(&self, limits: SignInLimits, now: Timestamp) -> bool {
        now.seconds_since(self.seen_at) < limits.idle_seconds
            && now.seconds_since(self.opened_at) < limits.absolute_seconds
    }
}

/// All sign-ins of one person, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIns(Vec<SignIn>);

impl SignIns {
    /// The sign-in of a key.
    #[must_use]
    pub fn get(&self, key: &SignInKey) -> Option<&SignIn> {
        self.0.iter().find(|sign_in| sign_in.key == *key)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &SignIn> {
        self.0.iter()
    }

    /// Whether ending all but `kept` would end any.
    #[must_use]
    pub fn has_others(&self, kept: Option<&SignInKey>) -> bool {
        self.0.iter().any(|sign_in| Some(&sign_in.key) != kept)
    }

    /// Those that have run out by `now`.
    #[must_use]
    pub fn run_out(&self, limits: SignInLimits, now: Timestamp) -> Vec<SignInKey> {
        let over = self.0.iter().filter(|sign_in| !sign_in.is_alive(limits, now));
        over.map(|sign_in| sign_in.key).collect()
    }

    /// Begins one; the quietest gives way when there are too many.
    pub fn open(&mut self, key: SignInKey, at: Timestamp) {
        self.close(&key);
        if self.0.len() >= SIGN_INS_MAX
            && let Some(quietest) = self.0.iter().min_by_key(|sign_in| sign_in.seen_at)
        {
            let quietest = quietest.key;
            self.close(&quietest);
        }
        self.0.push(SignIn { key, opened_at: at, seen_at: at });
    }

    /// Ends one.
    pub fn close(&mut self, key: &SignInKey) {
        self.0.retain(|sign_in| sign_in.key != *key);
    }

    /// Ends all but `kept`.
    pub fn close_all(&mut self, kept: Option<&SignInKey>) {
        self.0.retain(|sign_in| Some(&sign_in.key) == kept);
    }

    /// Notes that somebody works in one.
    pub fn seen(&mut self, key: &SignInKey, at: Timestamp) {
        if let Some(sign_in) = self.0.iter_mut().find(|sign_in| sign_in.key == *key) {
            sign_in.seen_at = sign_in.seen_at.max(at);
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
    fn the_quietest_gives_way_to_the_seventeenth() {
        let mut all = SignIns::default();
        (0..16_u8).for_each(|n| all.open([n; 32], at(i64::from(n))));
        all.seen(&[0; 32], at(100));
        all.open([99; 32], at(101));
        assert_eq!(all.iter().count(), SIGN_INS_MAX);
        assert!(all.get(&[1; 32]).is_none() && all.get(&[0; 32]).is_some());
        all.seen(&[0; 32], at(50));
        assert_eq!(all.get(&[0; 32]).map(|s| s.seen_at), Some(at(100)), "time never goes back");
    }

    #[test]
    fn sign_ins_run_out_when_idle_and_in_any_case() {
        let limits = SignInLimits { idle_seconds: 60, absolute_seconds: 150 };
        let mut all = SignIns::default();
        all.open([1; 32], at(0));
        all.open([2; 32], at(0));
        all.seen(&[1; 32], at(50));
        assert_eq!(all.run_out(limits, at(59)), Vec::<SignInKey>::new());
        assert_eq!(all.run_out(limits, at(60)), [[2; 32]]);
        all.seen(&[1; 32], at(140));
        assert_eq!(all.run_out(limits, at(150)).len(), 2, "the absolute limit");
    }

    #[test]
    fn all_end_but_the_kept_one() {
        let mut all = SignIns::default();
        (1..4_u8).for_each(|n| all.open([n; 32], at(0)));
        assert!(all.has_others(Some(&[2; 32])));
        all.close_all(Some(&[2; 32]));
        assert!(all.iter().map(|s| s.key).eq([[2; 32]]));
        assert!(!all.has_others(Some(&[2; 32])) && all.has_others(None));
        all.close_all(None);
        assert_eq!(all, SignIns::default());
    }
}
