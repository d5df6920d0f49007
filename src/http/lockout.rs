//! Guards signing in: wrong passwords lock a log-in for a while, and one address can only try so
//! often. Kept in memory.

use crate::base::time::Timestamp;
use crate::http::session_store::Bucket;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

/// Entries above which old ones are forgotten.
const ENTRIES_MAX: usize = 10_000;

#[derive(Debug, Default, Clone, Copy)]
struct Failures {
    count: u32,
    locked_until: Option<Timestamp>,
    last_at: Timestamp,
}

/// Counts wrong passwords by log-in, and tries by address.
#[derive(Debug)]
pub struct Lockout {
    failures_max: u32,
    lock_seconds: i64,
    tries_per_minute: u32,
    by_login: Mutex<HashMap<String, Failures>>,
    by_address: Mutex<HashMap<IpAddr, (Bucket, Timestamp)>>,
}

impl Lockout {
    /// Locks after `failures_max` wrong passwords in a row for `lock_seconds`; an address may try
    /// `tries_per_minute`.
    #[must_use]
    pub fn new(failures_max: u32, lock_seconds: i64, tries_per_minute: u32) -> Self {
        let (by_login, by_address) = (Mutex::default(), Mutex::default());
        Self { failures_max, lock_seconds, tries_per_minute, by_login, by_address }
    }

    /// Whether the address may try now.
    #[must_use]
    pub fn address_may_try(&self, address: IpAddr, now: Timestamp) -> bool {
        let mut addresses = self.by_address.lock().expect("never panics");
        if addresses.len() > ENTRIES_MAX {
            addresses.retain(|_, (_, seen)| now.seconds_since(*seen) < 120);
        }
        let (bucket, seen) = addresses.entry(address).or_default();
        *seen = now;
        // A bucket of whole requests a minute: one second of the bucket is one minute here.
        let minute = Timestamp::from_micros(now.micros() / 60);
        bucket.take(minute, self.tries_per_minute, i64::from(self.tries_per_minute))
    }

    /// Seconds that the log-in is still locked, if it is.
    #[must_use]
    pub fn locked_seconds(&self, login: &str, now: Timestamp) -> Option<i64> {
        let logins = self.by_login.lock().expect("never panics");
        let until = logins.get(login)?.locked_until?;
        let left = until.seconds_since(now);
        (left > 0).then_some(left)
    }

    /// Notes a wrong password or code. True when the log-in is locked now.
    pub fn failed(&self, login: &str, now: Timestamp) -> bool {
        let mut logins = self.by_login.lock().expect("never panics");
        if logins.len() > ENTRIES_MAX {
            logins.retain(|_, entry| now.seconds_since(entry.last_at) < self.lock_seconds);
        }
        let entry = logins.entry(login.to_owned()).or_default();
        if entry.locked_until.is_some_and(|until| until <= now) {
            *entry = Failures::default();
        }
        entry.count += 1;
        entry.last_at = now;
        let locks = entry.count >= self.failures_max;
        if locks {
            entry.locked_until = Some(now.plus_seconds(self.lock_seconds));
        }
        locks
    }

    /// Notes a right password: the count begins anew.
    pub fn succeeded(&self, login: &str) {
        self.by_login.lock().expect("never panics").remove(login);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_795_000_000_000_000).plus_seconds(seconds)
    }

    #[test]
    fn wrong_passwords_lock_the_log_in_for_a_while() {
        let lockout = Lockout::new(3, 900, 1000);
        assert!(!lockout.failed("anna", at(0)));
        assert!(!lockout.failed("anna", at(1)));
        assert_eq!(lockout.locked_seconds("anna", at(1)), None);
        assert!(lockout.failed("anna", at(2)));
        assert_eq!(lockout.locked_seconds("anna", at(2)), Some(900));
        assert_eq!(lockout.locked_seconds("boris", at(2)), None);
        assert_eq!(lockout.locked_seconds("anna", at(902)), None);
        assert!(!lockout.failed("anna", at(903)), "the count begins anew");
        lockout.succeeded("anna");
        assert!(!lockout.failed("anna", at(904)));
    }

    #[test]
    fn an_address_can_only_try_so_often() {
        let lockout = Lockout::new(3, 900, 30);
        let address = IpAddr::from([10, 0, 0, 1]);
        let tries = (0..100).filter(|_| lockout.address_may_try(address, at(0))).count();
        assert_eq!(tries, 30);
        assert!(lockout.address_may_try(IpAddr::from([10, 0, 0, 2]), at(0)));
        let later = (0..100).filter(|_| lockout.address_may_try(address, at(30))).count();
        assert_eq!(later, 15);
    }
}
