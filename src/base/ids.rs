//! Typed identifiers (UUIDv7) and the source they come from.
//!
//! One type per concept, so that a loan can never be passed where a client is meant. Must never
//! read the clock or the system's randomness directly outside [`SystemIds`].

use crate::base::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use uuid::Uuid;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[derive(utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a raw identifier.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            /// The raw identifier.
            #[must_use]
            pub const fn uuid(self) -> Uuid { self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { Uuid::from_str(text).map(Self) }
        }
        impl From<Uuid> for $name { fn from(uuid: Uuid) -> Self { Self(uuid) } }
    )+};
}

typed_ids! {
    /// A live or finished telephone conversation.
    CallId,
    /// A person, organisation, prospect or anonymous caller.
    ClientId,
    /// One entry of a directory (topic, branch, template …).
    EntryId,
    /// One run of an import.
    ImportId,
    /// A movement of a bank statement.
    IncomingPaymentId,
    /// A loan agreement.
    LoanId,
    /// A certificate or statement that was given out.
    PaperId,
    /// A note, consent, document or other part of an aggregate.
    PartId,
    /// One signed-in browser.
    SessionId,
    /// A file of bank statements.
    StatementId,
    /// A machine's access token.
    TokenId,
    /// A person who works for the lender: operator, supervisor, administrator …
    UserId,
}

/// Where new identifiers come from. Injected, so that a simulation can replay a run exactly.
pub trait IdSource: Send + Sync {
    /// A fresh UUIDv7 for the instant `now`; never the same twice.
    fn next(&self, now: Timestamp) -> Uuid;
    /// Sixteen unpredictable bytes: salts, secrets.
    fn salt(&self) -> [u8; 16];
}

/// Identifiers from the operating system's randomness.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemIds;

impl IdSource for SystemIds {
    fn next(&self, now: Timestamp) -> Uuid {
        from_parts(now, self.salt())
    }
    fn salt(&self) -> [u8; 16] {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).expect("the operating system gives randomness");
        bytes
    }
}

/// Identifiers from a seed: the same seed gives the same sequence.
#[derive(Debug)]
pub struct SeededIds(Mutex<u64>);

impl SeededIds {
    /// Starts the sequence of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl IdSource for SeededIds {
    fn next(&self, now: Timestamp) -> Uuid {
        from_parts(now, self.salt())
    }
    fn salt(&self) -> [u8; 16] {
        let mut state = self.0.lock().expect("the seed lock is never poisoned");
        let mut bytes = [0_u8; 16];
        bytes[..8].copy_from_slice(&splitmix(&mut state).to_be_bytes());
        bytes[8..].copy_from_slice(&splitmix(&mut state).to_be_bytes());
        bytes
    }
}

fn from_parts(now: Timestamp, salt: [u8; 16]) -> Uuid {
    let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
    let mut random = [0_u8; 10];
    random.copy_from_slice(&salt[..10]);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// One step of the SplitMix64 generator; for seeds and tests, never for secrets.
pub fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_identifiers() {
        let (a, b) = (SeededIds::new(7), SeededIds::new(7));
        let now = Timestamp::from_micros(1_700_000_000_000_000);
        let first: Vec<Uuid> = (0..10).map(|_| a.next(now)).collect();
        let second: Vec<Uuid> = (0..10).map(|_| b.next(now)).collect();
        assert_eq!(first, second);
        assert_eq!(first[0].get_version_num(), 7);
        assert_ne!(first[0], first[1]);
    }
}
