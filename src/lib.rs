//! Lenderbox.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod base;
pub mod domain;
