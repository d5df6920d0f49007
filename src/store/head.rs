//! The stored head of a stream: version, then the state.

use super::{Noun, StoreError};
use crate::codec;
use std::sync::Arc;

/// Reads and writes heads.
#[derive(Debug)]
pub struct Head;

/// A stream's state as loaded.
#[derive(Debug, Clone)]
pub struct Loaded<A> {
    /// Number of events so far; 0 when the stream was never written.
    pub version: u64,
    /// The state.
    pub state: Arc<A>,
}

impl<A: Default> Default for Loaded<A> {
    fn default() -> Self {
        Self { version: 0, state: Arc::new(A::default()) }
    }
}

impl Head {
    /// The bytes of a head.
    #[must_use]
    pub fn encode<A: Noun>(version: u64, state: &A) -> Vec<u8> {
        codec::encode_behind(&version.to_le_bytes(), state)
    }
    /// The version in a head; 0 when the bytes are too short.
    #[must_use]
    pub fn version(bytes: &[u8]) -> u64 {
        bytes.first_chunk::<8>().map_or(0, |first| u64::from_le_bytes(*first))
    }
    /// Reads a head.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] when the bytes do not fit.
    pub fn decode<A: Noun>(bytes: &[u8]) -> Result<Loaded<A>, StoreError> {
        let state = codec::decode("head", bytes.get(8..).unwrap_or_default())?;
        Ok(Loaded { version: Self::version(bytes), state: Arc::new(state) })
    }
}
