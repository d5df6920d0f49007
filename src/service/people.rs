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
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

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

/// What wants to know of every change of a user: who, at which version, how it is now.
type Watcher = Box<dyn Fn(UserId, u64, &User) + Send + Sync>;

/// Everybody who works here.
#[derive(Default)]
pub struct People {
    known: RwLock<HashMap<UserId, Arc<Person>>>,
    generation: AtomicU64,
    watcher: OnceLock<Watcher>,
}

impl std::fmt::Debug for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "People({})", self.generation())
    }
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
            page.iter().for_each(|(stream, user)| people.renew(*stream, user.version, &user.state));
        }
    }

    /// Has `watcher` told of every change of a user from now on, before whoever asked for the
    /// change is answered. The first one stays.
    pub fn watch(&self, watcher: impl Fn(UserId, u64, &User) + Send + Sync + 'static) {
        // A second one can only come from a second edge over the same box.
        let _ = self.watcher.set(Box::new(watcher));
    }

    /// Takes over a user's present state.
    pub fn renew(&self, stream: StreamId, version: u64, user: &User) {
        if let Some(watcher) = self.watcher.get() {
            watcher(UserId::from_uuid(stream.id), version, user);
        }
        let Some(role) = user.role else { return };
        let person = Person {
            id: UserId::from_uuid(stream.id),
            name: user.name.reveal().clone(),
            role,
            extension: user.extension.clone(),
            disabled: user.disabled,
        };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Signing in changes nothing here: what was made with the names stays good.
        if known.get(&person.id).is_none_or(|before| **before != person) {
            known.insert(person.id, Arc::new(person));
            self.generation.fetch_add(1, Ordering::Release);
        }
    }

    /// Reads again whoever a commit has changed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn follow(&self, store: &Store, streams: &[(StreamId, u64)]) -> Result<(), StoreError> {
        for (stream, _) in streams.iter().filter(|(stream, _)| stream.kind == StreamKind::User) {
            let user = store.load::<User>(*stream)?;
            self.renew(*stream, user.version, &user.state);
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
