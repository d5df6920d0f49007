//! The one writer: checks versions and claims, draws gapless numbers, appends one frame per
//! command, syncs once per group, writes the view, answers.
//!
//! [`Engine`] is the synchronous heart, driven by the thread of [`Committer`] in the box and by
//! the simulation in tests. Its check of versions and claims is the only authority. Must never
//! answer before the frame is durable; must never go on after a failed sync.

mod change;
mod engine;
#[cfg(test)]
mod tests;
mod thread;
mod upkeep;

pub use change::{Change, Committed, Proposal, Receipt, Refusal, TypedChange};
pub use engine::{Engine, Fatal};
pub use thread::{Committer, CommitterSettings, Gauge};
