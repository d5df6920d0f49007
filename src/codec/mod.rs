//! Bytes that last: event bodies with kind and version, frame headers, heads.
//!
//! The only room that knows bincode. The newest version of an event is the domain type; when it
//! changes, the old one moves here as `vN` with `From`. Golden bytes of every version ever
//! released lie in `schemas/events/`. Must never guess: unknown kinds and versions are errors.

#[cfg(test)]
mod call_samples;
pub mod frame;
#[cfg(test)]
mod loan_samples;
mod registry;
#[cfg(test)]
mod statement_samples;
#[cfg(test)]
mod tests;

#[cfg(test)]
use registry::reads;
pub use registry::{EventKind, Stored, kinds};

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;

/// Why bytes cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A kind that this version of the product does not know.
    #[error(
        "unknown event kind {kind:#06x} version {version}; it was written by a newer version of the product"
    )]
    UnknownKind {
        /// Kind.
        kind: u16,
        /// Version.
        version: u8,
    },
    /// The bytes do not fit their type.
    #[error("the bytes of {what} do not fit: {reason}")]
    Malformed {
        /// What was being read.
        what: &'static str,
        /// The decoder's words.
        reason: String,
    },
}

const LIMIT: usize = crate::base::limits::FRAME_BYTES_MAX;

const fn configuration() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<LIMIT>()
}

/// Encodes a value that serde knows.
#[must_use]
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    encode_behind(&[], value)
}

/// Encodes a value behind bytes that stand before it.
#[must_use]
pub fn encode_behind<T: Serialize>(before: &[u8], value: &T) -> Vec<u8> {
    thread_local! {
        /// Grown once: growing a vector step by step for each value costs more than its bytes.
        static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.clear();
        scratch.extend_from_slice(before);
        bincode::serde::encode_into_std_write(value, scratch, configuration())
            .expect("persisted types have no maps with unknown length and stay under the limit");
        scratch.as_slice().to_vec()
    })
}

/// Decodes a value; all bytes must be used.
///
/// # Errors
/// [`DecodeError::Malformed`] when the bytes do not fit.
pub fn decode<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, DecodeError> {
    let malformed = |reason: String| DecodeError::Malformed { what, reason };
    let (value, used) = bincode::serde::decode_from_slice(bytes, configuration())
        .map_err(|error| malformed(error.to_string()))?;
    if used != bytes.len() {
        return Err(malformed(format!("{} bytes are left over", bytes.len() - used)));
    }
    Ok(value)
}

/// An event as it stands in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedEvent {
    /// Kind.
    pub kind: u16,
    /// Version of the kind.
    pub version: u8,
    /// Whether the body holds personal data and may be blanked.
    pub erasable: bool,
    /// The bytes.
    pub body: Vec<u8>,
}
