//! The line of imports: one works, the others wait in the order they came.
//!
//! A run that waits is begun already: its file and its mapping were checked, and pages see it with
//! its place. A stop of the box leaves it as a run that was interrupted before its first row.

use super::progress::Progress;
use crate::base::ids::ImportId;
use crate::domain::Rejection;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Runs that wait at most; each holds its open file and a thread.
const WAITING_MAX: usize = 20;

/// A run in the line.
#[derive(Debug, Clone)]
pub(super) struct Live {
    id: ImportId,
    /// Set to stop it.
    pub cancel: Arc<AtomicBool>,
    /// How far it is.
    pub progress: Arc<Progress>,
}

#[derive(Debug, Default)]
struct Line {
    runs: Mutex<VecDeque<Live>>,
    moved: Condvar,
}

impl Line {
    fn runs(&self) -> MutexGuard<'_, VecDeque<Live>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runs under way and in line.
#[derive(Debug, Default)]
pub struct Imports {
    line: Arc<Line>,
}

/// A place in the line; left when this is dropped, also by a panic.
#[derive(Debug)]
pub(super) struct Place {
    /// Whose.
    pub id: ImportId,
    line: Arc<Line>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.line.runs().retain(|run| run.id != self.id);
        self.line.moved.notify_all();
    }
}

impl Place {
    /// Waits until everybody before has left, or the run is cancelled.
    pub fn wait_for_turn(&self) {
        let mut runs = self.line.runs();
        loop {
            let first = runs.front().is_none_or(|run| run.id == self.id);
            let own = runs.iter().find(|run| run.id == self.id);
            if first || own.is_none_or(|run| run.cancel.load(Ordering::Relaxed)) {
                return;
            }
            runs = self.line.moved.wait(runs).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Imports {
    /// Takes the last place of the line.
    pub(super) fn join(&self, id: ImportId) -> Result<(Place, Live), Rejection> {
        let mut runs = self.line.runs();
        if runs.iter().any(|run| run.id == id) {
            return Err(Rejection::rule("import_running", "this import is under way already"));
        }
        if runs.len() > WAITING_MAX {
            let message = "20 imports are waiting; start this one when some of them have ended";
            return Err(Rejection::rule("import_running", message));
        }
        let run = Live { id, cancel: Arc::default(), progress: Arc::new(Progress::new()) };
        runs.push_back(run.clone());
        Ok((Place { id, line: Arc::clone(&self.line) }, run))
    }

    /// A run in the line, and how many are before it.
    pub(super) fn get(&self, id: ImportId) -> Option<(usize, Live)> {
        let runs = self.line.runs();
        let place = runs.iter().position(|run| run.id == id)?;
        Some((place, runs[place].clone()))
    }

    /// Everybody in the line, the working one first.
    pub(super) fn all(&self) -> Vec<ImportId> {
        self.line.runs().iter().map(|run| run.id).collect()
    }

    /// Tells a run to stop; false when it is not in the line.
    pub(super) fn cancel(&self, id: ImportId) -> bool {
        let runs = self.line.runs();
        let Some(run) = runs.iter().find(|run| run.id == id) else {
            return false;
        };
        run.cancel.store(true, Ordering::Relaxed);
        self.line.moved.notify_all();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> ImportId {
        ImportId::from_uuid(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn runs_work_in_the_order_they_came() {
        let imports = Arc::new(Imports::default());
        let order = Arc::new(Mutex::new(Vec::new()));
        let first = imports.join(id(0)).unwrap().0;
        let waiting: Vec<_> = (1..5)
            .map(|n| {
                let (place, _) = imports.join(id(n)).unwrap();
                assert_eq!(imports.get(id(n)).map(|(before, _)| before), usize::try_from(n).ok());
                let order = Arc::clone(&order);
                std::thread::spawn(move || {
                    place.wait_for_turn();
                    order.lock().unwrap().push(n);
                })
            })
            .collect();
        assert_eq!(imports.join(id(3)).unwrap_err().code, "import_running", "not twice");
        assert!(order.lock().unwrap().is_empty());
        drop(first);
        waiting.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(*order.lock().unwrap(), [1, 2, 3, 4]);
        assert!(imports.all().is_empty());
    }

    #[test]
    fn who_is_cancelled_leaves_the_line_at_once() {
        let imports = Imports::default();
        let (_first, _) = imports.join(id(0)).unwrap();
        let (second, _) = imports.join(id(1)).unwrap();
        let waiting = std::thread::spawn(move || second.wait_for_turn());
        assert!(imports.cancel(id(1)));
        waiting.join().unwrap();
        assert!(!imports.cancel(id(1)), "it has left");
        assert_eq!(imports.all(), [id(0)]);
    }

    #[test]
    fn the_line_is_bounded_and_a_panic_leaves_it() {
        let imports = Imports::default();
        let mut places: Vec<Place> = (0..21).map(|n| imports.join(id(n)).unwrap().0).collect();
        assert!(imports.join(id(99)).is_err());
        let last = places.pop().unwrap();
        let work = move || {
            let _place = last;
            panic!("on purpose");
        };
        assert!(std::thread::spawn(work).join().is_err());
        assert!(imports.join(id(99)).is_ok());
    }
}
