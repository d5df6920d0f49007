//! A machine's bearer token: what it is for, from where, how often. Only its hash is known.
//!
//! Must never see the token itself.

use crate::base::limits::LINE_CHARS_MAX;
use crate::domain::access::TokenScope;
use crate::domain::{
    Aggregate, Claim, ClaimSpace, ClaimStrength, Context, Decision, FieldFault, Meta, Rejection,
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Addresses in one token's list.
const ADDRESSES_MAX: usize = 32;
/// Requests a second that can be allowed to one token.
const RATE_MAX: u32 = 100_000;

/// A machine's right to call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// What people call the machine.
    pub name: String,
    /// What it may do; `None` before the token exists.
    pub scope: Option<TokenScope>,
    /// Hash of the token, hexadecimal.
    pub hash: String,
    /// Addresses or networks (`10.0.0.0/8`) it may call from; empty means anywhere.
    pub ip_list: Vec<String>,
    /// Requests a second; `None` is no limit.
    pub rate_per_second: Option<u32>,
    /// Worthless from now on.
    pub revoked: bool,
}

/// What may be asked of a token.
#[derive(Clone, Debug)]
pub enum TokenCommand {
    /// Create it.
    Create(NewToken),
    /// Make it worthless.
    Revoke,
}

/// A token to create.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What people call the machine.
    pub name: String,
    /// What it may do.
    pub scope: TokenScope,
    /// Hash of the token, hexadecimal.
    pub hash: String,
    /// Addresses or networks it may call from; empty means anywhere.
    pub ip_list: Vec<String>,
    /// Requests a second; `None` is no limit.
    pub rate_per_second: Option<u32>,
}

/// What happened to a token. Stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenEvent {
    /// It exists.
    Created(TokenCreated),
    /// It is worthless.
    Revoked(TokenRevoked),
}

/// Payload of [`TokenEvent::Created`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenCreated {
    /// What people call the machine.
    pub name: String,
    /// What it may do.
    pub scope: TokenScope,
    /// Hash of the token, hexadecimal.
    pub hash: String,
    /// Addresses or networks it may call from.
    pub ip_list: Vec<String>,
    /// Requests a second.
    pub rate_per_second: Option<u32>,
}

/// Payload of [`TokenEvent::Revoked`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRevoked {}

/// The claim by which a token is found.
#[must_use]
pub const fn hash_claim(hash: String) -> Claim {
    Claim { space: ClaimSpace::TokenHash, value: hash, strength: ClaimStrength::Hard }
}

/// Whether `address` lies in `entry`, an address or a network such as `10.0.0.0/8`. `None` when
/// the entry is neither.
#[must_use]
pub fn entry_holds(entry: &str, address: IpAddr) -> Option<bool> {
    let (network, bits) = match entry.split_once('/') {
        Some((network, bits)) => (network, Some(bits.parse::<u32>().ok()?)),
        None => (entry, None),
    };
    let address = address.to_canonical();
    match (network.parse::<IpAddr>().ok()?.to_canonical(), address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let shift = 32_u32.checked_sub(bits.unwrap_or(32))?;
            let difference = u32::from(network) ^ u32::from(address);
            Some(difference.checked_shr(shift).unwrap_or(0) == 0)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let shift = 128_u32.checked_sub(bits.unwrap_or(128))?;
            let difference = u128::from(network) ^ u128::from(address);
            Some(difference.checked_shr(shift).unwrap_or(0) == 0)
        }
        (IpAddr::V4(_), IpAddr::V6(_)) => bits.is_none_or(|bits| bits <= 32).then_some(false),
        (IpAddr::V6(_), IpAddr::V4(_)) => bits.is_none_or(|bits| bits <= 128).then_some(false),
    }
}

impl Token {
    /// Whether the token may be used from `address` now.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        !self.revoked
            && (self.ip_list.is_empty()
                || self.ip_list.iter().any(|entry| entry_holds(entry, address) == Some(true)))
    }
}

fn check(new: &NewToken) -> Result<(), Rejection> {
    let mut faults = Vec::new();
    if new.name.trim().is_empty() {
        faults.push(FieldFault::new("name", "required", "name the machine"));
    } else if new.name.chars().count() > LINE_CHARS_MAX {
        faults.push(FieldFault::new("name", "too_long", "use at most 250 characters"));
    }
    if new.ip_list.len() > ADDRESSES_MAX {
        faults.push(FieldFault::new("ip_list", "too_many", "list at most 32 addresses"));
    }
    let probe = IpAddr::from([127, 0, 0, 1]);
    for (index, entry) in new.ip_list.iter().enumerate() {
        if entry_holds(entry, probe).is_none() {
            let help = "write an address or a network such as 10.0.0.0/8";
            faults.push(FieldFault::new(format!("ip_list[{index}]"), "invalid_address", help));
        }
    }
    if new.rate_per_second.is_some_and(|rate| rate == 0 || rate > RATE_MAX) {
        let help = "allow 1 to 100000 requests a second, or leave it out";
        faults.push(FieldFault::new("rate_per_second", "out_of_range", help));
    }
    if faults.is_empty() { Ok(()) } else { Err(Rejection::invalid(faults)) }
}

impl Aggregate for Token {
    type Command = TokenCommand;
    type Event = TokenEvent;

    fn decide(
        &self,
        command: TokenCommand,
        _context: &Context,
    ) -> Result<Decision<TokenEvent>, Rejection> {
        match command {
            TokenCommand::Create(_) if self.scope.is_some() => {
                Err(Rejection::rule("token_exists", "this token already exists"))
            }
            TokenCommand::Create(new) => {
                check(&new)?;
                let created = TokenCreated {
                    name: new.name.trim().to_owned(),
                    scope: new.scope,
                    hash: new.hash,
                    ip_list: new.ip_list,
                    rate_per_second: new.rate_per_second,
                };
                Ok(Decision::events(vec![TokenEvent::Created(created)]))
            }
            TokenCommand::Revoke if self.scope.is_none() => Err(Rejection::not_found("token")),
            TokenCommand::Revoke if self.revoked => Ok(Decision::nothing()),
            TokenCommand::Revoke => {
                Ok(Decision::events(vec![TokenEvent::Revoked(TokenRevoked {})]))
            }
        }
    }

    fn evolve(&mut self, event: &TokenEvent, _meta: &Meta) {
        match event {
            TokenEvent::Created(created) => {
                *self = Self {
                    name: created.name.clone(),
                    scope: Some(created.scope),
                    hash: created.hash.clone(),
                    ip_list: created.ip_list.clone(),
                    rate_per_second: created.rate_per_second,
                    revoked: false,
                };
            }
            TokenEvent::Revoked(_) => self.revoked = true,
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let live = self.scope.is_some() && !self.revoked;
        live.then(|| hash_claim(self.hash.clone())).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Timestamp;
    use crate::domain::access::Principal;

    fn context() -> Context {
        Context {
            now: Timestamp::from_micros(0),
            zone: chrono_tz::Europe::Moscow,
            principal: Principal::System,
        }
    }

    fn new_token() -> NewToken {
        NewToken {
            name: "pbx".into(),
            scope: TokenScope::Pbx,
            hash: "ab".into(),
            ip_list: vec!["10.1.0.0/16".into(), "::1".into()],
            rate_per_second: Some(50),
        }
    }

    #[test]
    fn networks_hold_their_addresses() {
        let rows = [
            ("10.1.0.0/16", "10.1.255.1", Some(true)),
            ("10.1.0.0/16", "10.2.0.1", Some(false)),
            ("10.1.0.0/16", "::ffff:10.1.0.9", Some(true)),
            ("127.0.0.1", "127.0.0.1", Some(true)),
            ("0.0.0.0/0", "8.8.8.8", Some(true)),
            ("::/0", "fe80::1", Some(true)),
            ("fe80::/10", "2001::1", Some(false)),
            ("fe80::/10", "10.0.0.1", Some(false)),
            ("10.0.0.0/33", "10.0.0.1", None),
            ("pbx.local", "10.0.0.1", None),
        ];
        for (entry, address, expected) in rows {
            assert_eq!(entry_holds(entry, address.parse().unwrap()), expected, "{entry} {address}");
        }
    }

    #[test]
    fn a_token_is_created_once_and_revoked_for_good() {
        let create = TokenCommand::Create(new_token());
        let decision = Token::default().decide(create, &context()).unwrap();
        let meta = Meta { seq: 1, at: context().now, actor: Principal::System, drawn: vec![] };
        let mut token = Token::default();
        decision.events.iter().for_each(|event| token.evolve(event, &meta));
        assert_eq!(token.claims(), vec![hash_claim("ab".into())]);
        assert!(token.admits("10.1.2.3".parse().unwrap()));
        assert!(!token.admits("10.2.2.3".parse().unwrap()));
        let again = token.decide(TokenCommand::Create(new_token()), &context()).unwrap_err();
        assert_eq!(again.code, "token_exists");
        let revoked = token.decide(TokenCommand::Revoke, &context()).unwrap();
        revoked.events.iter().for_each(|event| token.evolve(event, &meta));
        assert_eq!(token.claims(), vec![]);
        assert!(!token.admits("10.1.2.3".parse().unwrap()));
        let unknown = Token::default().decide(TokenCommand::Revoke, &context()).unwrap_err();
        assert_eq!(unknown.code, "not_found");
    }

    #[test]
    fn every_fault_of_a_new_token_is_named_at_once() {
        let faulty = NewToken {
            name: String::new(),
            ip_list: vec!["10.0.0.1".into(), "nowhere".into()],
            rate_per_second: Some(0),
            ..new_token()
        };
        let rejection =
            Token::default().decide(TokenCommand::Create(faulty), &context()).unwrap_err();
        let fields: Vec<&str> = rejection.fields.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["name", "ip_list[1]", "rate_per_second"]);
    }
}
