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

use std::sync::Mutex;

/// Statements under way: one works, the others wait for it.
#[derive(Debug, Default)]
pub struct Statements {
    gate: Mutex<()>,
}
