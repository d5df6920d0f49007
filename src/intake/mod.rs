//! What comes in by itself: manager links of exchanges, and the sweep of calls whose end was lost.
//!
//! Hands everything to `service` as it comes, in order; must never decide what it means.

pub mod pbx;
