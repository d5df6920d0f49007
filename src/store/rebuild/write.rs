//! Writing folded rows into the view, in order of their keys.

use super::ReplayError;
use crate::domain::Claim;
use crate::store::projection::Projection;
use crate::store::{Store, StoreError, Write, keys};
use crossbeam_channel::Receiver;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Rows written as one batch: sled sorts a small one faster, and neighbours share a leaf.
pub(super) const ROWS_PER_BATCH: usize = 512;

/// Rows of one window of one folder.
#[derive(Default)]
pub(super) struct Run {
    writes: Vec<Write>,
    written: AtomicBool,
}

impl Run {
    /// Adds what the events of a stream changed.
    pub fn take(&mut self, projection: Projection) {
        let Projection { stream, taken, released, head_after, puts, removals, .. } = projection;
        let row = |claim: &Claim| keys::claim(claim.space, &claim.value, stream);
        self.writes.extend(released.iter().map(|gone| (row(gone).0, None)));
        self.writes.extend(removals.into_iter().map(|key| (key, None)));
        let rows = taken.iter().map(row).chain(puts);
        self.writes.extend(rows.map(|(key, value)| (key, Some(value))));
        self.writes.push((keys::head(stream), Some(head_after)));
    }

    /// Puts the rows in order; a removal stands before what is written under the same key, because
    /// the value that one stream gives back may be the one that another takes.
    pub fn sort(&mut self) {
        self.writes.sort_unstable();
    }

    /// Its rows, in order when sorted.
    pub fn rows(&self) -> &[Write] {
        &self.writes
    }

    /// What the run writes under `key`: a value, or its removal.
    pub fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        let after = self.writes.partition_point(|write| write.0.as_slice() <= key);
        let (found, written) = self.writes.get(after.checked_sub(1)?)?;
        (found.as_slice() == key).then_some(written.as_deref())
    }

    /// Whether the view holds it.
    pub fn is_written(&self) -> bool {
        self.written.load(Ordering::Acquire)
    }
}

/// Writes runs as they come. Nothing is flushed: what is on the disk stays as it is until all is
/// written.
pub(super) struct Writer<'a> {
    store: &'a Store,
}

impl<'a> Writer<'a> {
    pub const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Writes window after window: the runs of all folders together.
    pub fn run(&self, runs: &[Receiver<Arc<Run>>]) -> Result<(), ReplayError> {
        // A folder that sends no more has come to its end, or to a fault.
        while let Ok(window) = runs.iter().map(Receiver::recv).collect::<Result<Vec<_>, _>>() {
            self.write(&window)?;
        }
        Ok(())
    }

    /// Writes the runs of one window.
    fn write(&self, window: &[Arc<Run>]) -> Result<(), StoreError> {
        let mut writes: Vec<&Write> = window.iter().flat_map(|run| &run.writes).collect();
        // Sorted runs one after another: merged rather than sorted.
        writes.sort();
        for batch in writes.chunks(ROWS_PER_BATCH) {
            self.store.write(batch)?;
        }
        window.iter().for_each(|run| run.written.store(true, Ordering::Release));
        Ok(())
    }
}
