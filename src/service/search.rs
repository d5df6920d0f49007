//! Search by any exact key, and by the beginning of a name (product S7, F7): phone, document,
//! INN, SNILS, loan number, card number, e-mail, name. Answers are masked.

use super::access_log::AccessKind;
use super::clients::Candidate;
use super::{Caller, ServiceError, Services};
use crate::base::ids::ClientId;
use crate::base::{limits, names, phone, text};
use crate::domain::access::{Action, Filter};
use crate::domain::client::ClientKind;
use crate::domain::{ClaimSpace, StreamId};
use crate::store::{StoreError, keys};
use serde::Serialize;
use uuid::Uuid;

/// One find.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SearchRow {
    /// Who.
    #[serde(flatten)]
    pub candidate: Candidate,
    /// What matched: `phone`, `name`, `document`, `loan_number`, `inn`, `snils`, `card_number`,
    /// `email`.
    pub matched_by: &'static str,
}

/// Finds beyond this are not looked for.
const FOUND_MAX: usize = 50;
/// Characters of a name before it is looked for.
const NAME_CHARS_MIN: usize = 2;

struct Finds {
    limit: usize,
    found: Vec<(Uuid, &'static str)>,
}

impl Finds {
    fn add(&mut self, client: Uuid, by: &'static str) -> bool {
        if !self.found.iter().any(|(known, _)| *known == client) {
            self.found.push((client, by));
        }
        self.found.len() < self.limit
    }
    fn add_streams(&mut self, streams: &[StreamId], by: &'static str) {
        streams.iter().for_each(|stream| {
            self.add(stream.owner, by);
        });
    }
}

impl Services {
    /// Clients that a text leads to, best first.
    ///
    /// # Errors
    /// `Forbidden`, `Busy`, `Unavailable`.
    pub async fn search_clients(
        &self,
        caller: &Caller,
        query: &str,
        limit: usize,
    ) -> Result<Vec<SearchRow>, ServiceError> {
        let grant = caller.grant(Action::SearchClients)?;
        let query = text::spaces(query);
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let short: String = query.chars().take(limits::LINE_CHARS_MAX).collect();
        self.record_access(caller, AccessKind::Search, None, "")?;
        let found = self.find(&short, limit.clamp(1, FOUND_MAX))?;
        let mut rows = Vec::with_capacity(found.len());
        for (client, matched_by) in found {
            let money = grant.fields != crate::domain::access::Mask::ByLevel;
            let candidate = self.candidate(ClientId::from_uuid(client), money).await?;
            rows.extend(
                candidate
                    .filter(|candidate| {
                        grant.scope != Filter::Organisations
                            || candidate.kind == ClientKind::Organisation
                    })
                    .map(|candidate| SearchRow { candidate, matched_by }),
            );
        }
        Ok(rows)
    }

    /// Clients with a phone number in E.164.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn clients_with_phone(&self, e164: &str) -> Result<Vec<ClientId>, StoreError> {
        let holders = self.store.holders(ClaimSpace::Phone, e164)?;
        Ok(holders.into_iter().map(|stream| ClientId::from_uuid(stream.owner)).collect())
    }

    fn find(&self, query: &str, limit: usize) -> Result<Vec<(Uuid, &'static str)>, StoreError> {
        let mut finds = Finds { limit, found: Vec::new() };
        let digits = text::digits(query);
        let numeric = !digits.is_empty()
            && query.chars().all(|c| c.is_ascii_digit() || " +-().№/".contains(c));
        if numeric {
            self.find_by_digits(query, &digits, &mut finds)?;
        }
        if query.contains('@') {
            let key = query.to_lowercase();
            finds.add_streams(&self.store.holders(ClaimSpace::Email, &key)?, "email");
        }
        if finds.found.len() < limit {
            self.find_loan_numbers(query, &mut finds)?;
        }
        if !numeric && query.chars().count() >= NAME_CHARS_MIN && finds.found.len() < limit {
            let prefix = keys::names_beginning(&names::key(query));
            self.store.scan(&prefix, &prefix, |key, _| {
                keys::trailing_id(key).is_none_or(|client| finds.add(client, "name"))
            })?;
        }
        Ok(finds.found)
    }

    fn find_by_digits(
        &self,
        query: &str,
        digits: &str,
        finds: &mut Finds,
    ) -> Result<(), StoreError> {
        if let Ok(parsed) = phone::parse(query) {
            finds.add_streams(&self.store.holders(ClaimSpace::Phone, &parsed.e164)?, "phone");
        }
        match digits.len() {
            10 | 12 => {
                finds.add_streams(&self.store.holders(ClaimSpace::Inn, digits)?, "inn");
                // Organisations hold INN/KPP.
                let prefix = keys::claims_beginning(ClaimSpace::Inn, &format!("{digits}/"));
                self.store.scan(&prefix, &prefix, |key, _| {
                    keys::stream_of_claim(key).is_none_or(|stream| finds.add(stream.owner, "inn"))
                })?;
            }
            11 => finds.add_streams(&self.store.holders(ClaimSpace::Snils, digits)?, "snils"),
            13 | 15 => finds.add_streams(&self.store.holders(ClaimSpace::Ogrn, digits)?, "ogrn"),
            _ => {}
        }
        if digits.len() >= 6 {
            finds.add_streams(&self.store.holders(ClaimSpace::Document, digits)?, "document");
        }
        if let Ok(number) = digits.parse::<u64>() {
            let prefix = keys::card_number_prefix(number);
            self.store.scan(&prefix, &prefix, |key, _| {
                keys::trailing_id(key).is_none_or(|client| finds.add(client, "card_number"))
            })?;
        }
        Ok(())
    }

    /// The whole number first, then numbers that begin so.
    fn find_loan_numbers(&self, query: &str, finds: &mut Finds) -> Result<(), StoreError> {
        let number = query.trim_start_matches('№').trim();
        finds.add_streams(&self.store.holders(ClaimSpace::LoanNumber, number)?, "loan_number");
        if number.chars().count() >= 3 {
            let prefix = keys::claims_beginning(ClaimSpace::LoanNumber, number);
            self.store.scan(&prefix, &prefix, |key, _| {
                keys::stream_of_claim(key)
                    .is_none_or(|stream| finds.add(stream.owner, "loan_number"))
            })?;
        }
        Ok(())
    }
}
