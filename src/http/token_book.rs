//! The machines' tokens that are good now, by hash. Filled at the start and at every change.
//!
//! Must never hold a token itself.

use crate::base::ids::TokenId;
use crate::base::time::Timestamp;
use crate::domain::access::TokenScope;
use crate::domain::token::Token;
use crate::http::error::ApiError;
use crate::http::session_store::Bucket;
use crate::service::credentials;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::watch;

#[derive(Debug)]
struct Entry {
    id: TokenId,
    token: Token,
    scope: TokenScope,
    bucket: Mutex<Bucket>,
    revoked: watch::Sender<bool>,
}

/// A token that has been let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The token.
    pub id: TokenId,
    /// What it is for.
    pub scope: TokenScope,
    /// What people call the machine.
    pub name: String,
}

/// All tokens that are good now.
#[derive(Debug, Default)]
pub struct TokenBook {
    by_hash: RwLock<HashMap<String, Entry>>,
    filling: Mutex<()>,
}

impl TokenBook {
    /// Takes over the tokens that `read` gives. Reading and taking over are one step, so that a
    /// token revoked meanwhile cannot come back. Allowances of known tokens stay as they are.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn fill<E>(
        &self,
        read: impl FnOnce() -> Result<Vec<(TokenId, Arc<Token>)>, E>,
    ) -> Result<(), E> {
        let _one_at_a_time = self.filling.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = read()?;
        let good = |token: &Token| token.scope.filter(|_| !token.revoked);
        let mut book = self.by_hash.write().expect("never left half written");
        let kept: HashSet<TokenId> =
            tokens.iter().filter(|(_, token)| good(token).is_some()).map(|(id, _)| *id).collect();
        book.retain(|_, entry| {
            let keeps = kept.contains(&entry.id);
            if !keeps {
                entry.revoked.send_replace(true);
            }
            keeps
        });
        for (id, token) in tokens {
            let Some(scope) = good(&token) else { continue };
            book.entry(token.hash.clone()).or_insert_with(|| Entry {
                id,
                scope,
                bucket: Mutex::default(),
                revoked: watch::Sender::new(false),
                token: (*token).clone(),
            });
        }
        Ok(())
    }

    /// Becomes true when the token is revoked; `None` when it is already.
    #[must_use]
    pub fn follow(&self, id: TokenId) -> Option<watch::Receiver<bool>> {
        let book = self.by_hash.read().expect("never left half written");
        book.values().find(|entry| entry.id == id).map(|entry| entry.revoked.subscribe())
    }

    /// Lets a machine in by its token, address and rate.
    ///
    /// # Errors
    /// 401 when the token is not known, 403 from a wrong address, 429 when it calls too often.
    pub fn admit(
        &self,
        token: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Admitted, ApiError> {
        let book = self.by_hash.read().expect("never left half written");
        let Some(entry) = book.get(&credentials::token_hash(token)) else {
            let help = "this token is not known; ask the administrator for a new one";
            return Err(ApiError::new("bad_token", help));
        };
        if !entry.token.admits(address) {
            let help = "this token may not be used from here; add the address to its list";
            return Err(ApiError::new("address_not_allowed", help));
        }
        if let Some(rate) = entry.token.rate_per_second {
            let mut bucket = entry.bucket.lock().expect("a bucket never panics");
            if !bucket.take(now, rate, i64::from(rate) * 2) {
                return Err(too_many_requests());
            }
        }
        Ok(Admitted { id: entry.id, scope: entry.scope, name: entry.token.name.clone() })
    }
}

/// 429.
#[must_use]
pub fn too_many_requests() -> ApiError {
    ApiError::new("too_many_requests", "too many requests; wait a second").retry_after(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn tokens_are_admitted_by_hash_address_and_rate() {
        let book = TokenBook::default();
        let token = |text: &str, revoked| {
            Arc::new(Token {
                name: "pbx".into(),
                scope: Some(TokenScope::Pbx),
                hash: credentials::token_hash(text),
                ip_list: vec!["10.0.0.0/8".into()],
                rate_per_second: Some(2),
                revoked,
            })
        };
        let fill = |tokens| book.fill(|| Ok::<_, ()>(tokens)).unwrap();
        let id = |n| TokenId::from_uuid(Uuid::from_u128(n));
        fill(vec![(id(1), token("lbx_a", false)), (id(2), token("lbx_b", true))]);
        let (inside, outside) = (IpAddr::from([10, 1, 1, 1]), IpAddr::from([11, 1, 1, 1]));
        let now = Timestamp::from_micros(1);
        assert_eq!(book.admit("lbx_a", inside, now).unwrap().id, id(1));
        let code = |token: &str, address| book.admit(token, address, now).unwrap_err().code();
        assert_eq!(code("lbx_b", inside), "bad_token");
        assert_eq!(code("lbx_c", inside), "bad_token");
        assert_eq!(code("lbx_a", outside), "address_not_allowed");
        let taken = (0..10).filter(|_| book.admit("lbx_a", inside, now).is_ok()).count();
        assert_eq!(taken, 3, "a burst of two seconds, one of it used");
        assert_eq!(code("lbx_a", inside), "too_many_requests");
        fill(vec![(id(1), token("lbx_a", false)), (id(3), token("lbx_c", false))]);
        assert_eq!(code("lbx_a", inside), "too_many_requests", "another token changes nothing");
        let revoked = book.follow(id(1)).unwrap();
        assert!(book.follow(id(2)).is_none() && !*revoked.borrow());
        fill(vec![(id(1), token("lbx_a", true)), (id(3), token("lbx_c", false))]);
        assert!(*revoked.borrow() && book.follow(id(1)).is_none());
        assert_eq!(code("lbx_a", inside), "bad_token");
    }
}
