//! Logs and metrics.
//!
//! Must never hold personal data: a log line and a label carry identifiers, codes and sizes, never
//! a name, a phone or a text that a person typed.

pub mod logs;
pub mod metrics;
pub mod output;
pub mod points;
pub mod process;
pub mod window;
