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
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, RwLock};

#[derive(Debug)]
struct Entry {
    id: TokenId,
    token: Token,
    scope: TokenScope,
    bucket: Mutex<Bucket>,
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
pub struct TokenBook(RwLock<HashMap<String, Entry>>);

impl TokenBook {
    /// Replaces the book.
    pub fn fill(&self, tokens: impl IntoIterator<Item = (TokenId, Token)>) {
        let mut book = self.0.write().expect("never left half written");
        book.clear();
        for (id, token) in tokens {
            if let (Some(scope), false) = (token.scope, token.revoked) {
                let entry = Entry { id, scope, bucket: Mutex::default(), token };
                book.insert(entry.token.hash.clone(), entry);
            }
        }
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
        let book = self.0.read().expect("never left half written");
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
        let token = |text: &str, revoked| Token {
            name: "pbx".into(),
            scope: Some(TokenScope::Pbx),
            hash: credentials::token_hash(text),
            ip_list: vec!["10.0.0.0/8".into()],
            rate_per_second: Some(2),
            revoked,
        };
        let id = |n| TokenId::from_uuid(Uuid::from_u128(n));
        book.fill([(id(1), token("lbx_a", false)), (id(2), token("lbx_b", true))]);
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
    }
}
