//! Who works here: names, roles, extensions, kept in memory and renewed after each change.
//!
//! Few and read with every call and card; the truth is the users' streams. Must never hold
//! password hashes or secrets.

use crate::base::ids::UserId;
use crate::domain::access::{Principal, Role};
use crate::domain::user::User;
use crate::domain::{StreamId, StreamKind};
use crate::store::{Store, StoreError};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// One person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// How colleagues call the person.
    pub name: String,
    /// What the person is here for.
    pub role: Role,
    /// The person's phone on the PBX.
    pub extension: Option<String>,
    /// Kept out.
    pub disabled: bool,
}

/// Everybody who works here.
#[derive(Debug, Default)]
pub struct People {
    known: RwLock<HashMap<UserId, Arc<Person>>>,
    generation: AtomicU64,
}

impl People {
    /// Reads everybody from the view.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn load(store: &Store) -> Result<Self, StoreError> {
        let people = Self::default();
        let mut after = None;
        loop {
            let page = store.list::<User>(after, 1_000)?;
            let Some((last, _)) = page.last() else {
                return Ok(people);
            };
            after = Some(last.id);
            page.iter().for_each(|(stream, user)| people.renew(*stream, &user.state));
        }
    }

    /// Takes over a user's present state.
    pub fn renew(&self, stream: StreamId, user: &User) {
        let Some(role) = user.role else { return };
        let person = Person {
            id: UserId::from_uuid(stream.id),
            name: user.name.reveal().clone(),
            role,
            extension: user.extension.clone(),
            disabled: user.disabled,
        };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(person.id, Arc::new(person));
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Reads again whoever a commit has changed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn follow(&self, store: &Store, streams: &[(StreamId, u64)]) -> Result<(), StoreError> {
        for (stream, _) in streams.iter().filter(|(stream, _)| stream.kind == StreamKind::User) {
            self.renew(*stream, &store.load::<User>(*stream)?.state);
        }
        Ok(())
    }

    /// Takes over everybody of a fresh reading.
    pub fn take_over(&self, fresh: Self) {
        let fresh = fresh.known.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Grows with every change, so that what was made with old names is made anew.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// One person.
    #[must_use]
    pub fn get(&self, id: UserId) -> Option<Arc<Person>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Who sits at an extension.
    #[must_use]
    pub fn at_extension(&self, extension: &str) -> Option<Arc<Person>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let sits = |person: &&Arc<Person>| {
            !person.disabled && person.extension.as_deref() == Some(extension)
        };
        known.values().find(sits).cloned()
    }

    /// Everybody, by name.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Person>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Arc<Person>> = known.values().cloned().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        all
    }

    /// The name of whoever did something; empty for machines and the box itself.
    #[must_use]
    pub fn name_of(&self, principal: Principal) -> String {
        match principal {
            Principal::User(id) => self.get(id).map(|p| p.name.clone()).unwrap_or_default(),
            Principal::Token(_) | Principal::System => String::new(),
        }
    }
}
