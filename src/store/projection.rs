//! What a command writes into the view, and the overlay in which a group of commands sees what
//! the commands before it in the group have written.

use super::{Head, Loaded, Noun, Position, Row, Store, StoreError, keys};
use crate::domain::{Claim, ClaimSpace, ClaimStrength, Counter, StreamId};
use std::collections::BTreeMap;

/// What one stream's events write into the view.
#[derive(Debug, Clone)]
pub struct Projection {
    /// The stream.
    pub stream: StreamId,
    /// Claims that are new.
    pub taken: Vec<Claim>,
    /// Claims that are gone.
    pub released: Vec<Claim>,
    /// Head before; `None` when the stream is new.
    pub head_before: Option<Vec<u8>>,
    /// Head after.
    pub head_after: Vec<u8>,
    /// Rows that are new or have another value.
    pub(super) puts: Vec<Row>,
    /// Keys that are gone.
    pub(super) removals: Vec<Vec<u8>>,
}

/// Computes what changes between two states of a stream.
#[must_use]
pub fn project<A: Noun>(
    stream: StreamId,
    before: &Loaded<A>,
    after: &A,
    version_after: u64,
) -> Projection {
    let mut puts = Vec::new();
    after.rows(stream, &mut puts);
    let claims_after = after.claims();
    if before.version == 0 {
        return Projection {
            stream,
            taken: missing_from(&[], claims_after),
            released: Vec::new(),
            head_before: None,
            head_after: Head::encode(version_after, after),
            puts,
            removals: Vec::new(),
        };
    }
    let (mut rows_before, claims_before) = (Vec::new(), before.state.claims());
    before.state.rows(stream, &mut rows_before);
    // A handful of rows each: comparing each with each is faster than hashing.
    let gone = |(key, _): &&Row| !puts.iter().any(|(other, _)| other == key);
    let removals = rows_before.iter().filter(gone).map(|(key, _)| key.clone()).collect();
    puts.retain(|row| !rows_before.contains(row));
    Projection {
        stream,
        released: missing_from(&claims_after, claims_before.clone()),
        taken: missing_from(&claims_before, claims_after),
        head_before: Some(Head::encode(before.version, &*before.state)),
        head_after: Head::encode(version_after, after),
        puts,
        removals,
    }
}

/// Claims of `these` that are not in `those`; strength does not matter.
fn missing_from(those: &[Claim], these: Vec<Claim>) -> Vec<Claim> {
    let mut missing: Vec<Claim> = Vec::new();
    for claim in these {
        let same = |other: &Claim| other.space == claim.space && other.value == claim.value;
        if !those.iter().any(same) && !missing.iter().any(same) {
            missing.push(claim);
        }
    }
    missing
}

/// Writes that are not in the view yet, over the view.
#[derive(Debug)]
pub struct Overlay<'store> {
    store: &'store Store,
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    position: Position,
}

impl<'store> Overlay<'store> {
    /// Nothing written yet, at `position`.
    #[must_use]
    pub const fn new(store: &'store Store, position: Position) -> Self {
        Self { store, writes: BTreeMap::new(), position }
    }

    /// How far the view will be.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// How many keys are written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// Whether nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// One value.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.writes.get(key) {
            Some(written) => Ok(written.clone()),
            None => self.store.get(key),
        }
    }

    /// A stream's state.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn load<A: Noun>(&self, stream: StreamId) -> Result<Loaded<A>, StoreError> {
        match self.get(&keys::head(stream))? {
            Some(bytes) => Head::decode(&bytes),
            None => Ok(Loaded::default()),
        }
    }

    /// A stream's version.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn version(&self, stream: StreamId) -> Result<u64, StoreError> {
        let key = keys::head(stream);
        match self.writes.get(&key) {
            Some(written) => Ok(written.as_deref().map_or(0, Head::version)),
            None => self.store.version(stream),
        }
    }

    /// Holders of a claimed value.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn holders(&self, space: ClaimSpace, value: &str) -> Result<Vec<StreamId>, StoreError> {
        let prefix = keys::claim_prefix(space, value);
        if space.is_unique() {
            let named = self.get(&prefix)?;
            return Ok(named.and_then(|named| keys::holder(&prefix, &named)).into_iter().collect());
        }
        let mut holders = self.store.holders(space, value)?;
        for (key, written) in self.writes.range(prefix.clone()..) {
            if !key.starts_with(&prefix) {
                break;
            }
            let Some(stream) = keys::holder(key, &[]) else {
                continue;
            };
            holders.retain(|holder| *holder != stream);
            if written.is_some() {
                holders.push(stream);
            }
        }
        Ok(holders)
    }

    /// A counter's last number.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn counter(&self, counter: Counter) -> Result<u64, StoreError> {
        let value = self.get(&keys::counter(counter))?;
        Ok(value.as_deref().and_then(<[u8]>::first_chunk).map_or(0, |b| u64::from_le_bytes(*b)))
    }

    /// Sets a counter's last number.
    pub fn set_counter(&mut self, counter: Counter, number: u64) {
        self.put(keys::counter(counter), number.to_le_bytes().to_vec());
    }

    /// Writes one row.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.writes.insert(key, Some(value));
    }

    /// Removes one row.
    pub fn remove(&mut self, key: Vec<u8>) {
        self.writes.insert(key, None);
    }

    /// Writes what the events of a command's streams changed. One stream of a command may take what
    /// another gives back, so everything is given back first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn write(&mut self, projections: Vec<Projection>) -> Result<(), StoreError> {
        for projection in &projections {
            for claim in &projection.released {
                let (key, named) = keys::claim(claim.space, &claim.value, projection.stream);
                if self.get(&key)?.is_some_and(|holder| holder == named) {
                    self.remove(key);
                }
            }
        }
        for projection in projections {
            let Projection { stream, taken, head_before, head_after, puts, removals, .. } =
                projection;
            for claim in taken {
                debug_assert_eq!(claim.strength == ClaimStrength::Hard, claim.space.is_unique());
                let (key, named) = keys::claim(claim.space, &claim.value, stream);
                self.put(key, named);
            }
            removals.into_iter().for_each(|key| self.remove(key));
            puts.into_iter().for_each(|(key, value)| self.put(key, value));
            match head_before {
                Some(head) => self.position.digest.remove(stream, &head),
                None => self.position.streams.add(stream.kind),
            }
            self.position.digest.add(stream, &head_after);
            self.put(keys::head(stream), head_after);
        }
        Ok(())
    }

    /// Moves the position to `seq`.
    pub fn advance(&mut self, seq: u64) {
        self.position.seq = seq;
        self.position.views = super::VIEWS_VERSION;
    }

    /// Writes everything into the view as one batch, the position with it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn apply(self) -> Result<Position, StoreError> {
        let mut removals = Vec::new();
        let mut puts = vec![(keys::POSITION.to_vec(), crate::codec::encode(&self.position))];
        for (key, written) in self.writes {
            match written {
                Some(value) => puts.push((key, value)),
                None => removals.push(key),
            }
        }
        self.store.apply(puts, removals)?;
        Ok(self.position)
    }
}
