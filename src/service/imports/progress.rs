//! How far a run has come, for whoever watches.

use crate::domain::import::run::Counts;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Progress at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapshot {
    /// What became of the rows, of all sessions of the run.
    pub counts: Counts,
    /// Rows dealt with since this session began.
    pub rows_here: u64,
    /// Part of the file that was read, in thousandths; `None` when its size is not known.
    pub permille: Option<u16>,
    /// Time since this session began.
    pub elapsed: Duration,
    /// The session has ended.
    pub ended: bool,
}

impl Snapshot {
    /// Rows a second since this session began.
    #[must_use]
    pub fn rows_per_second(&self) -> u64 {
        let millis = u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        self.rows_here.saturating_mul(1_000) / millis
    }
    /// Seconds left at the present pace; `None` when nothing is known yet.
    #[must_use]
    pub fn seconds_left(&self) -> Option<u64> {
        let done = u64::from(self.permille?);
        if self.ended || done == 0 {
            return None;
        }
        Some(self.elapsed.as_secs().saturating_mul(1_000u64.saturating_sub(done)) / done)
    }
}

/// Shared between a run and whoever watches it.
#[derive(Debug)]
pub struct Progress {
    begun: Instant,
    state: Mutex<Snapshot>,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// Nothing done yet.
    #[must_use]
    pub fn new() -> Self {
        let state = Snapshot {
            counts: Counts::default(),
            rows_here: 0,
            permille: None,
            elapsed: Duration::ZERO,
            ended: false,
        };
        Self { begun: Instant::now(), state: Mutex::new(state) }
    }

    /// Progress now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, counts: Counts, rows_here: u64, read: u64, total: u64) {
        let permille = read.saturating_mul(1_000).checked_div(total).map(|p| p.min(1_000));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.counts = counts;
        state.rows_here = rows_here;
        state.permille = permille.and_then(|permille| u16::try_from(permille).ok());
        state.elapsed = self.begun.elapsed();
    }

    pub(super) fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.ended = true;
        state.elapsed = self.begun.elapsed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pace_and_rest_follow_from_what_was_read() {
        let snapshot = Snapshot {
            counts: Counts::default(),
            rows_here: 50_000,
            permille: Some(250),
            elapsed: Duration::from_secs(5),
            ended: false,
        };
        assert_eq!(snapshot.rows_per_second(), 10_000);
        assert_eq!(snapshot.seconds_left(), Some(15));
        let unknown = Snapshot { permille: None, ..snapshot };
        assert_eq!(unknown.seconds_left(), None);
        assert_eq!(Snapshot { ended: true, ..snapshot }.seconds_left(), None);
    }
}
