//! Noticing a call to sled that does not come back.
//!
//! On some damage sled looks for a leaf for ever instead of failing. Nothing can end such a call
//! but the end of the process, so the view is watched from outside and whoever owns the process
//! decides. Must never call sled itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// One handle's doings: odd while a call is under way, another number for each step of it.
#[derive(Debug, Default)]
pub struct Pulse(AtomicU64);

impl Pulse {
    /// A call begins.
    pub fn begin(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// A call gets on.
    pub fn step(&self) {
        self.0.fetch_add(2, Ordering::Relaxed);
    }

    /// A call has ended.
    pub fn end(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Does a part of a call that may take as long as it likes, and may panic.
    pub fn unwatched<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Resume<'a>(&'a Pulse);
        impl Drop for Resume<'_> {
            fn drop(&mut self) {
                self.0.begin();
            }
        }
        self.end();
        let _resume = Resume(self);
        work()
    }
}

/// The pulses of all handles.
#[derive(Debug, Default)]
pub struct Watch(Mutex<Vec<Weak<Pulse>>>);

impl Watch {
    /// The pulse of a new handle.
    pub fn pulse(&self) -> Arc<Pulse> {
        let pulse = Arc::new(Pulse::default());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|pulse| pulse.strong_count() > 0);
        known.push(Arc::downgrade(&pulse));
        pulse
    }

    /// Looks once; `seen` is what the looks before found. Answers how many looks in a row have
    /// found the same call at the same step, the longest of all. Counted in looks and not in time,
    /// so that a machine that slept does not count.
    pub fn look(&self, seen: &mut HashMap<usize, (u64, u32)>) -> u32 {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = HashMap::new();
        for pulse in known.iter().filter_map(Weak::upgrade) {
            let (key, step) = (Arc::as_ptr(&pulse).addr(), pulse.0.load(Ordering::Relaxed));
            if step % 2 == 1 {
                let before = seen.get(&key).filter(|(known, _)| *known == step);
                now.insert(key, (step, before.map_or(0, |(_, looks)| looks + 1)));
            }
        }
        *seen = now;
        seen.values().map(|(_, looks)| *looks).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_call_that_does_not_get_on_is_counted() {
        let (watch, mut seen) = (Watch::default(), HashMap::new());
        let (quiet, busy, stuck) = (watch.pulse(), watch.pulse(), watch.pulse());
        busy.begin();
        stuck.begin();
        for looks in 0..5 {
            assert_eq!(watch.look(&mut seen), looks);
            busy.step();
            quiet.begin();
            quiet.end();
        }
        stuck.end();
        busy.end();
        assert_eq!(watch.look(&mut seen), 0);
        stuck.begin();
        assert_eq!((watch.look(&mut seen), watch.look(&mut seen)), (0, 1));
        drop(stuck);
        assert_eq!(watch.look(&mut seen), 0);
    }

    #[test]
    fn an_idle_handle_does_not_count_as_stuck_after_a_panic_in_a_flush() {
        let (watch, mut seen) = (Watch::default(), HashMap::new());
        let pulse = watch.pulse();
        pulse.begin();
        pulse.unwatched(|| {
            assert_eq!(
                (watch.look(&mut seen), watch.look(&mut seen)),
                (0, 0),
                "a flush takes long"
            );
        });
        assert_eq!((watch.look(&mut seen), watch.look(&mut seen)), (0, 1), "a call again");
        let flush = std::panic::AssertUnwindSafe(|| pulse.unwatched(|| panic!("damage")));
        std::panic::catch_unwind(flush).unwrap_err();
        pulse.end();
        assert_eq!((watch.look(&mut seen), watch.look(&mut seen)), (0, 0), "idle");
    }
}
