//! The last measurements of one kind, and their percentiles.

use std::sync::Mutex;

/// Percentiles of the measurements in a window, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Percentiles {
    /// How many were ever measured.
    pub count: u64,
    /// Half are at most this.
    pub p50: u64,
    /// 95 of 100 are at most this.
    pub p95: u64,
    /// 99 of 100 are at most this.
    pub p99: u64,
    /// The largest in the window.
    pub max: u64,
}

/// Keeps the last `capacity` measurements.
#[derive(Debug)]
pub struct Window {
    capacity: usize,
    ring: Mutex<Ring>,
}

#[derive(Debug, Default)]
struct Ring {
    values: Vec<u32>,
    next: usize,
    count: u64,
}

impl Window {
    /// A window over the last `capacity` measurements.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), ring: Mutex::default() }
    }

    /// Adds a measurement in microseconds.
    pub fn add(&self, micros: u64) {
        let value = u32::try_from(micros).unwrap_or(u32::MAX);
        let mut ring = self.ring.lock().expect("a measurement never panics");
        ring.count += 1;
        if ring.values.len() < self.capacity {
            ring.values.push(value);
        } else {
            let next = ring.next;
            ring.values[next] = value;
            ring.next = (next + 1) % self.capacity;
        }
    }

    /// The percentiles now.
    #[must_use]
    pub fn percentiles(&self) -> Percentiles {
        let (mut values, count) = {
            let ring = self.ring.lock().expect("a measurement never panics");
            (ring.values.clone(), ring.count)
        };
        if values.is_empty() {
            return Percentiles::default();
        }
        values.sort_unstable();
        let rank = |hundredths: usize| {
            let at = (values.len() * hundredths).div_ceil(100).max(1) - 1;
            u64::from(values[at])
        };
        Percentiles { count, p50: rank(50), p95: rank(95), p99: rank(99), max: rank(100) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_ranks() {
        let window = Window::new(100);
        assert_eq!(window.percentiles(), Percentiles::default());
        (1..=100).rev().for_each(|value| window.add(value));
        let expected = Percentiles { count: 100, p50: 50, p95: 95, p99: 99, max: 100 };
        assert_eq!(window.percentiles(), expected);
    }

    #[test]
    fn the_window_forgets_the_oldest() {
        let window = Window::new(3);
        [900, 1, 2, 3].into_iter().for_each(|value| window.add(value));
        let found = window.percentiles();
        assert_eq!((found.count, found.p50, found.max), (4, 2, 3));
    }
}
