//! Bank statements: a file comes in, is checked as a whole, and its movements are posted, noted or
//! left to a person (domain.md 7).
//!
//! Entries are dealt with in chunks of one frame that holds the movements, the bookings in the
//! loans' books and the progress: after a crash the work goes on exactly behind the last durable
//! entry, and no payment is booked twice. A movement's stream is named by a hash of the movement
//! itself, so the same movement of another file is known.
//!
//! A loan whose figures another system keeps is only *noted*: that system books the payment, and
//! its next figures tell. Must never post a part of a file that is at fault.

mod desk;
mod finder;
mod posting;
#[cfg(test)]
pub(super) mod tests;

pub use desk::{CountsView, FaultView, SectionView, StatementView};
pub(super) use finder::{Finder, received_alike};
pub(super) use posting::booking;

use crate::base::ids::StatementId;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Statements under way: one works, the others wait for it.
#[derive(Debug, Default)]
pub struct Statements {
    gate: Mutex<()>,
    /// Files that a job works on or waits with.
    jobs: Arc<Mutex<HashSet<StatementId>>>,
}

impl Statements {
    fn has_job(&self, id: StatementId) -> bool {
        locked(&self.jobs).contains(&id)
    }

    /// A place for the job of a file; `None` when it has one.
    fn job(&self, id: StatementId) -> Option<OnlyJob> {
        let is_new = locked(&self.jobs).insert(id);
        is_new.then(|| OnlyJob { id, jobs: Arc::clone(&self.jobs) })
    }
}

/// The one job of a file, as long as it lives.
struct OnlyJob {
    id: StatementId,
    jobs: Arc<Mutex<HashSet<StatementId>>>,
}

impl Drop for OnlyJob {
    fn drop(&mut self) {
        locked(&self.jobs).remove(&self.id);
    }
}

fn locked(jobs: &Mutex<HashSet<StatementId>>) -> MutexGuard<'_, HashSet<StatementId>> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner)
}
