//! When the view is flushed and when it gives memory back, decided without touching it.
//!
//! A flush runs beside the writer. While one is late, and while memory is to be given back, bulk
//! waits and people do not: the pause that a recycling needs is then as short as what they alone
//! have changed since the flush before it. Must never do any of this itself.

use std::time::{Duration, Instant};

/// Frames a second that may wait for the next flush: a start after a power cut replays them.
const UNFLUSHED_FRAMES_PER_SECOND: u64 = 2_000;
/// Reopening more often would not free more.
const RECYCLE_AT_MOST_EVERY: Duration = Duration::from_secs(30);

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Nothing,
    /// Begin a flush beside the writer.
    Flush,
    /// Flush what is left, close and open the view.
    Recycle,
}

/// How far giving memory back is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GivingBack {
    No,
    /// The memory is used up; the flush before the recycling has not begun.
    Wanted,
    /// It has begun.
    Flushing,
}

/// What was flushed when, and what must be.
#[derive(Debug)]
pub(super) struct Upkeep {
    flush_every: Duration,
    frames_max: u64,
    /// Everything up to this frame was flushed.
    flushed: u64,
    /// The flush under way reaches to this frame at least.
    flushing: Option<u64>,
    last_flush: Instant,
    last_recycle: Instant,
    giving_back: GivingBack,
}

impl Upkeep {
    /// A view that was opened at `now` and stands at frame `seq`.
    pub fn new(flush_every: Duration, now: Instant, seq: u64) -> Self {
        let seconds = flush_every.as_secs().max(1);
        Self {
            flush_every,
            frames_max: seconds.saturating_mul(UNFLUSHED_FRAMES_PER_SECOND),
            flushed: seq,
            flushing: None,
            last_flush: now,
            last_recycle: now,
            giving_back: GivingBack::No,
        }
    }

    /// Memory is used up.
    pub fn over_budget(&mut self, now: Instant) {
        let waited = now.saturating_duration_since(self.last_recycle) >= RECYCLE_AT_MOST_EVERY;
        if self.giving_back == GivingBack::No && waited {
            self.giving_back = GivingBack::Wanted;
        }
    }

    /// The flush under way has ended.
    pub fn flush_ended(&mut self) {
        self.flushed = self.flushing.take().unwrap_or(self.flushed);
    }

    /// The view was closed and opened at frame `seq`.
    pub fn recycled(&mut self, now: Instant, seq: u64) {
        (self.flushed, self.flushing) = (seq, None);
        (self.last_flush, self.last_recycle) = (now, now);
        self.giving_back = GivingBack::No;
    }

    /// What is to be done when the view stands at frame `seq`.
    pub fn next(&mut self, now: Instant, seq: u64) -> Step {
        if self.flushing.is_some() {
            return Step::Nothing;
        }
        let late = now.saturating_duration_since(self.last_flush) >= self.flush_every;
        let due = seq > self.flushed && (late || seq - self.flushed >= self.frames_max);
        match self.giving_back {
            GivingBack::Flushing => return Step::Recycle,
            GivingBack::Wanted => self.giving_back = GivingBack::Flushing,
            GivingBack::No if due => {}
            GivingBack::No => return Step::Nothing,
        }
        self.flushing = Some(seq);
        self.last_flush = now;
        Step::Flush
    }

    /// Whether bulk is to wait when the view stands at frame `seq`.
    pub fn holds_bulk(&self, seq: u64) -> bool {
        let unflushed = seq.saturating_sub(self.flushed);
        self.giving_back != GivingBack::No || unflushed >= self.frames_max.saturating_mul(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(5);
    const FRAMES_MAX: u64 = 10_000;

    #[test]
    fn a_flush_begins_when_its_time_has_come_or_many_frames_wait() {
        let begun = Instant::now();
        let mut upkeep = Upkeep::new(EVERY, begun, 100);
        assert_eq!(upkeep.next(begun + EVERY, 100), Step::Nothing, "nothing to flush");
        assert_eq!(upkeep.next(begun + EVERY / 2, 101), Step::Nothing, "too early");
        assert_eq!(upkeep.next(begun + EVERY, 101), Step::Flush);
        assert_eq!(upkeep.next(begun + EVERY * 3, 200), Step::Nothing, "one is under way");
        upkeep.flush_ended();
        let soon = begun + EVERY + Duration::from_millis(1);
        assert_eq!(upkeep.next(soon, 100 + FRAMES_MAX), Step::Nothing);
        assert_eq!(upkeep.next(soon, 101 + FRAMES_MAX), Step::Flush);
    }

    #[test]
    fn bulk_waits_for_a_late_flush() {
        let begun = Instant::now();
        let mut upkeep = Upkeep::new(EVERY, begun, 0);
        assert_eq!(upkeep.next(begun, FRAMES_MAX), Step::Flush);
        assert!(!upkeep.holds_bulk(2 * FRAMES_MAX - 1));
        assert!(upkeep.holds_bulk(2 * FRAMES_MAX));
        upkeep.flush_ended();
        assert!(!upkeep.holds_bulk(2 * FRAMES_MAX), "half of it is flushed");
        assert_eq!(upkeep.next(begun, 2 * FRAMES_MAX), Step::Flush);
    }

    #[test]
    fn memory_is_given_back_after_a_flush_of_its_own_even_when_flushes_never_rest() {
        let begun = Instant::now();
        let mut upkeep = Upkeep::new(EVERY, begun, 0);
        upkeep.over_budget(begun);
        assert!(!upkeep.holds_bulk(1), "it was opened just now");
        assert_eq!(upkeep.next(begun, FRAMES_MAX), Step::Flush);
        let later = begun + RECYCLE_AT_MOST_EVERY;
        upkeep.over_budget(later);
        assert!(upkeep.holds_bulk(FRAMES_MAX + 1));
        assert_eq!(upkeep.next(later, FRAMES_MAX + 1), Step::Nothing, "the first one goes on");
        upkeep.flush_ended();
        assert_eq!(upkeep.next(later, FRAMES_MAX + 2), Step::Flush);
        upkeep.flush_ended();
        assert_eq!(upkeep.next(later, FRAMES_MAX + 3), Step::Recycle);
        upkeep.recycled(later, FRAMES_MAX + 3);
        assert!(!upkeep.holds_bulk(FRAMES_MAX + 3));
        assert_eq!(upkeep.next(later, FRAMES_MAX + 3), Step::Nothing);
        upkeep.over_budget(later + EVERY);
        assert!(!upkeep.holds_bulk(FRAMES_MAX + 4), "not again at once");
    }
}
