//! Use cases, one file per resource: authorise → command → receipt, or query → view.
//!
//! Must never know HTTP.

pub mod credentials;
