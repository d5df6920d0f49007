//! The box: opens everything in order, serves, closes in reverse, and begins anew when the
//! view stops answering.
//!
//! Nothing listens before the data is right. Must never hold a rule or a route.

#[cfg(test)]
mod daily_run_tests;
mod open;
#[cfg(test)]
mod retention_tests;
mod serve;
mod stuck;
#[cfg(test)]
mod tests;

pub use open::{Core, StartError, StartReport, chain};
pub use serve::{Listening, ServeError, serve};
