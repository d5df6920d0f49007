//! Vocabulary without I/O: identifiers, money, time, and the words every other room speaks.
//!
//! Must never read a clock, a file or a socket, and must never know a rule of the trade.

pub mod ids;
pub mod limits;
pub mod money;
pub mod personal;
pub mod time;
