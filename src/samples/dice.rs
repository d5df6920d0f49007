//! Chance from a seed: the same seed and number give the same throws.

use crate::base::ids::splitmix;

/// A sequence of throws.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// The sequence number `index` of `seed`.
    pub fn new(seed: u64, index: u64) -> Self {
        let mut state = seed ^ 0xA076_1D64_78BD_642F;
        let mixed = splitmix(&mut state);
        Self(mixed ^ index.wrapping_mul(0xE703_7ED1_A0B4_28DB))
    }
    /// A number below `bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        splitmix(&mut self.0).checked_rem(bound).unwrap_or(0)
    }
    /// A number below `bound`.
    pub fn below_u32(&mut self, bound: u32) -> u32 {
        u32::try_from(self.below(u64::from(bound))).unwrap_or(0)
    }
    /// True in `percent` cases of a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
    /// One of the items; `items` is never empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let at = self.below(items.len() as u64);
        &items[usize::try_from(at).unwrap_or(0)]
    }
}
