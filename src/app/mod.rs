//! The box: opens everything in order, serves, and closes in reverse.
//!
//! Nothing listens before the data is right. Must never hold a rule or a route.

mod open;
mod serve;
#[cfg(test)]
mod tests;

pub use open::{Core, StartError, StartReport, chain};
pub use serve::{Listening, ServeError, serve};
