//! Asterisk by its manager interface (AMI): messages, their meaning, and the link.
//!
//! [`parser`] turns bytes into messages, [`adapter`] turns messages into canonical events, both
//! without I/O; [`client`] keeps the link. Events are correlated by the conversation (`Linkedid`)
//! and the channel (`Uniqueid`), never by position: the order between families of events differs
//! from run to run. Knows no service.

pub mod adapter;
pub mod client;
mod conversation;
mod moves;
pub mod parser;
#[cfg(test)]
mod tests;
