//! Vocabulary without I/O: identifiers, money, time, and the words every other room speaks.
//!
//! Must never read a clock, a file or a socket, and must never know a rule of the trade.

pub mod address;
pub mod documents;
pub mod email;
pub mod ids;
pub mod limits;
pub mod line;
pub mod masking;
pub mod money;
pub mod names;
pub mod personal;
pub mod phone;
#[cfg(test)]
mod properties;
pub mod row;
pub mod text;
pub mod time;
