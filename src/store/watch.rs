//! Noticing a call to sled that does not come back.
//!
//! On some damage sled looks for a leaf for ever instead of failing. Nothing can end such a call
//! but the end of the process, so the view is watched from outside and whoever owns the process
//! decides. A slow disk is no damage: who waits for it is only reported. Must never call sled
//! itself.

use crate::telemetry::process::{self, ThreadState};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// Pause between two looks.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looks at the same step of the same call, its thread hard at work, before the view counts as
/// stuck. A single call takes microseconds, and milliseconds beside a flush.
const WORKING_LOOKS_MAX: u32 = 10;
/// Looks at the same step of a call or a flush that waits, before somebody should know.
const WAITING_LOOKS_MAX: u32 = 120;
/// Processor time between two looks from which on a thread is at work and does not wait: a thread
/// that runs in circles gets more, even on a machine that is busy.
const WORK_MIN: Duration = Duration::from_millis(50);

/// One handle's doings: odd while a call is under way, another number for each step of it.
#[derive(Debug, Default)]
pub struct Pulse {
    step: AtomicU64,
    /// Whose call it is.
    thread: AtomicU32,
    /// The call is a flush.
    flushes: AtomicBool,
}

impl Pulse {
    /// A call begins.
    pub fn begin(&self) {
        self.thread.store(process::current_thread(), Ordering::Relaxed);
        self.step.fetch_add(1, Ordering::Relaxed);
    }

    /// A call gets on.
    pub fn step(&self) {
        self.step.fetch_add(2, Ordering::Relaxed);
    }

    /// A call has ended.
    pub fn end(&self) {
        self.step.fetch_add(1, Ordering::Relaxed);
    }

    /// Does a flush, which takes as long as the disk does, and may panic.
    pub fn flushing<T>(&self, flush: impl FnOnce() -> T) -> T {
        struct Resume<'a>(&'a Pulse);
        impl Drop for Resume<'_> {
            fn drop(&mut self) {
                self.0.flushes.store(false, Ordering::Relaxed);
                self.0.step();
            }
        }
        self.flushes.store(true, Ordering::Relaxed);
        self.step();
        let _resume = Resume(self);
        flush()
    }
}

/// What does not get on in the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    /// A flush.
    Flush,
    /// Another call.
    Call,
}

/// What one look has found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    /// A call will never come back: the process must begin anew.
    pub stuck: bool,
    /// Something waits, and has waited too long.
    pub delayed: Option<Delay>,
}

/// What the looks so far have found of one call.
#[derive(Debug, Clone, Copy)]
struct Seen {
    step: u64,
    flushes: bool,
    /// Looks that found it at this step after the first.
    looks: u32,
    /// Those of them between which its thread was at work.
    working: u32,
    spent: Option<Duration>,
}

/// What the looks so far have found.
#[derive(Debug, Default)]
pub struct Vigil(HashMap<usize, Seen>);

/// The pulses of all handles.
#[derive(Debug, Default)]
pub struct Watch {
    pulses: Mutex<Vec<Weak<Pulse>>>,
    delayed: Mutex<Option<Delay>>,
}

impl Watch {
    /// The pulse of a new handle.
    pub fn pulse(&self) -> Arc<Pulse> {
        let pulse = Arc::new(Pulse::default());
        let mut known = self.pulses.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|pulse| pulse.strong_count() > 0);
        known.push(Arc::downgrade(&pulse));
        pulse
    }

    /// What waits too long, as of the last look.
    pub fn delayed(&self) -> Option<Delay> {
        *self.delayed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks once. Counted in looks and not in time, so that a machine that slept does not count.
    pub fn look(&self, vigil: &mut Vigil, thread: impl Fn(u32) -> Option<ThreadState>) -> Verdict {
        let known = self.pulses.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = HashMap::new();
        let mut verdict = Verdict::default();
        for pulse in known.iter().filter_map(Weak::upgrade) {
            let (key, step) = (Arc::as_ptr(&pulse).addr(), pulse.step.load(Ordering::Relaxed));
            if step % 2 == 0 {
                continue;
            }
            let flushes = pulse.flushes.load(Ordering::Relaxed);
            let mut seen = Seen { step, flushes, looks: 0, working: 0, spent: None };
            if let Some(before) = vigil.0.get(&key).filter(|before| before.step == step) {
                let state = thread(pulse.thread.load(Ordering::Relaxed));
                seen = before.again(state);
                verdict = verdict.with(&seen, state.is_some_and(|state| state.waits_for_disk));
            }
            now.insert(key, seen);
        }
        vigil.0 = now;
        *self.delayed.lock().unwrap_or_else(PoisonError::into_inner) = verdict.delayed;
        verdict
    }
}

impl Seen {
    /// One look later, at the same step.
    fn again(self, state: Option<ThreadState>) -> Self {
        let spent = state.map(|state| state.spent);
        let works = match (self.spent, spent) {
            (Some(before), Some(now)) => now.saturating_sub(before) >= WORK_MIN,
            // The first look at this step says nothing of the time since.
            (None, Some(_)) => false,
            // A system that does not say: whoever does not get on is at work.
            (_, None) => true,
        };
        Self { looks: self.looks + 1, working: self.working + u32::from(works), spent, ..self }
    }
}

impl Verdict {
    fn with(self, seen: &Seen, waits_for_disk: bool) -> Self {
        let waits = seen.looks >= WAITING_LOOKS_MAX;
        let hopeless = !seen.flushes
            // Waiting for what is no disk that long is waiting for a call that went wrong.
            && (seen.working >= WORKING_LOOKS_MAX || (waits && !waits_for_disk));
        let delay = if seen.flushes { Delay::Flush } else { Delay::Call };
        Self {
            stuck: self.stuck || hopeless,
            delayed: self.delayed.or_else(|| waits.then_some(delay)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKS: fn(u32, u32) -> Option<ThreadState> = |look, _| state(look * 900, false);
    const WAITS_FOR_DISK: fn(u32, u32) -> Option<ThreadState> = |look, _| state(look, true);
    const SLEEPS: fn(u32, u32) -> Option<ThreadState> = |_, _| state(0, false);
    const UNKNOWN: fn(u32, u32) -> Option<ThreadState> = |_, _| None;

    fn state(spent_ms: u32, waits_for_disk: bool) -> Option<ThreadState> {
        Some(ThreadState { spent: Duration::from_millis(spent_ms.into()), waits_for_disk })
    }

    /// What each of `looks` looks finds while `between` happens after each of them.
    fn looks(
        looks: u32,
        watch: &Watch,
        thread: fn(u32, u32) -> Option<ThreadState>,
        between: impl Fn(),
    ) -> Vec<Verdict> {
        let mut vigil = Vigil::default();
        let one = |look| {
            let found = watch.look(&mut vigil, |number| thread(look, number));
            between();
            found
        };
        (0..looks).map(one).collect()
    }

    /// The first look that finds something.
    fn first(found: &[Verdict], what: impl Fn(&Verdict) -> bool) -> Option<usize> {
        found.iter().position(what)
    }

    #[test]
    fn only_a_call_that_works_in_vain_is_stuck() {
        let watch = Watch::default();
        let (quiet, busy, in_vain) = (watch.pulse(), watch.pulse(), watch.pulse());
        busy.begin();
        let gets_on = || {
            busy.step();
            quiet.begin();
            quiet.end();
        };
        assert_eq!(looks(300, &watch, WORKS, gets_on), vec![Verdict::default(); 300]);
        in_vain.begin();
        let found = looks(300, &watch, WORKS, gets_on);
        // The first two looks learn where it stands and what its thread has used so far.
        assert_eq!(first(&found, |verdict| verdict.stuck), Some(11));
        assert_eq!(first(&looks(300, &watch, UNKNOWN, gets_on), |found| found.stuck), Some(10));
        in_vain.end();
        assert_eq!(looks(300, &watch, WORKS, gets_on), vec![Verdict::default(); 300]);
        in_vain.begin();
        drop(in_vain);
        assert_eq!(looks(300, &watch, WORKS, gets_on), vec![Verdict::default(); 300]);
    }

    #[test]
    fn a_call_that_waits_for_a_slow_disk_is_reported_and_left_alone() {
        let watch = Watch::default();
        let read = watch.pulse();
        read.begin();
        let found = looks(1_000, &watch, WAITS_FOR_DISK, || {});
        assert_eq!(first(&found, |verdict| verdict.stuck), None);
        assert_eq!(first(&found, |verdict| verdict.delayed == Some(Delay::Call)), Some(120));
        assert_eq!(watch.delayed(), Some(Delay::Call));
        read.end();
        assert_eq!(looks(1, &watch, SLEEPS, || {}), [Verdict::default()]);
        assert_eq!(watch.delayed(), None);
        // Rows come slowly, but they come.
        read.begin();
        let found = looks(1_000, &watch, WAITS_FOR_DISK, || read.step());
        assert_eq!(found, vec![Verdict::default(); 1_000]);
    }

    #[test]
    fn a_call_that_waits_for_no_disk_is_stuck_in_the_end() {
        let watch = Watch::default();
        watch.pulse().begin();
        let locked = watch.pulse();
        locked.begin();
        let found = looks(200, &watch, SLEEPS, || {});
        assert_eq!(first(&found, |verdict| verdict.stuck), Some(120));
    }

    #[test]
    fn a_flush_that_hangs_is_reported_and_never_ends_the_process() {
        for thread in [WORKS, WAITS_FOR_DISK, SLEEPS, UNKNOWN] {
            let watch = Watch::default();
            let pulse = watch.pulse();
            pulse.begin();
            pulse.flushing(|| {
                let found = looks(1_000, &watch, thread, || {});
                assert_eq!(first(&found, |verdict| verdict.stuck), None);
                let flush = |verdict: &Verdict| verdict.delayed == Some(Delay::Flush);
                assert_eq!(first(&found, flush), Some(120));
            });
            assert_eq!(looks(1, &watch, thread, || {}), [Verdict::default()], "a call again");
            assert_eq!(first(&looks(20, &watch, WORKS, || {}), |found| found.stuck), Some(11));
        }
    }

    #[test]
    fn an_idle_handle_does_not_count_after_a_panic_in_a_flush() {
        let watch = Watch::default();
        let pulse = watch.pulse();
        pulse.begin();
        let flush = std::panic::AssertUnwindSafe(|| pulse.flushing(|| panic!("damage")));
        std::panic::catch_unwind(flush).unwrap_err();
        pulse.end();
        assert_eq!(looks(300, &watch, WORKS, || {}), vec![Verdict::default(); 300]);
    }
}
