//! Search by the fields of the setting `search.fields`, in their order (product S7, F7): exact
//! keys, and the beginning of a name, a loan number, an account. Answers are masked.

use super::access_log::AccessKind;
use super::clients::Candidate;
use super::{Caller, ServiceError, Services};
use crate::base::ids::ClientId;
use crate::base::limits::{CALL_CANDIDATES_MAX, IVR_VALUES_MAX};
use crate::base::{documents, limits, names, phone, text};
use crate::config::SearchField;
use crate::domain::access::{Action, Filter};
use crate::domain::client::ClientKind;
use crate::domain::{ClaimSpace, FieldFault, Rejection, StreamId};
use crate::store::{StoreError, keys};
use serde::Serialize;
use uuid::Uuid;

/// One find.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SearchRow {
    /// Who.
    #[serde(flatten)]
    pub candidate: Candidate,
    /// What matched: a word of `search.fields`.
    pub matched_by: &'static str,
}

/// Finds beyond this are not looked for.
const FOUND_MAX: usize = 50;
/// Characters of a name before it is looked for.
const NAME_CHARS_MIN: usize = 2;
/// Characters of a document before it is looked for.
const DOCUMENT_CHARS_MIN: usize = 6;
/// Characters of a loan number before numbers that begin so are looked for.
const LOAN_NUMBER_CHARS_MIN: usize = 3;
/// Characters of an account before accounts that begin so are looked for: all of one bank begin
/// alike.
const ACCOUNT_CHARS_MIN: usize = 10;

/// Characters of what was typed into an IVR before it may be a contract or an account.
const IVR_NAME_CHARS_MIN: usize = 4;

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
    /// Clients that a text leads to, best first: by `field`, which must be one of the setting, or
    /// by all of the setting.
    ///
    /// # Errors
    /// `Forbidden`, `Busy`, `Unavailable`; `Rejected` for a field that is not offered.
    pub async fn search_clients(
        &self,
        caller: &Caller,
        query: &str,
        field: Option<&str>,
        limit: usize,
    ) -> Result<Vec<SearchRow>, ServiceError> {
        let grant = caller.grant(Action::SearchClients)?;
        let offered = &self.config.search.fields;
        let one: Vec<SearchField> =
            offered.iter().copied().filter(|known| field == Some(known.code())).collect();
        if field.is_some() && one.is_empty() {
            let help = format!("choose one of: {}", self.config.search.codes().join(", "));
            let fault = FieldFault::new("field", "unknown_value", help);
            return Err(Rejection::invalid(vec![fault]).into());
        }
        let fields = if one.is_empty() { offered } else { &one };
        let query = text::spaces(query);
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let short: String = query.chars().take(limits::LINE_CHARS_MAX).collect();
        self.record_access(caller, AccessKind::Search, None, "")?;
        let limit = limit.clamp(1, FOUND_MAX);
        // Whoever sees organisations only must not get an empty page because persons came first.
        let organisations = grant.scope == Filter::Organisations;
        let found = self.find(&short, fields, if organisations { FOUND_MAX } else { limit })?;
        let mut rows = Vec::with_capacity(found.len());
        for (client, matched_by) in found {
            if rows.len() == limit {
                break;
            }
            let money = grant.fields != crate::domain::access::Mask::ByLevel;
            let candidate = self.candidate(ClientId::from_uuid(client), money).await?;
            rows.extend(
                candidate
                    .filter(|candidate| {
                        !organisations || candidate.kind == ClientKind::Organisation
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

    /// Clients whose contract or account was typed into the IVR (product P1), each once.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn clients_named_in_ivr<'a>(
        &self,
        values: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<ClientId>, StoreError> {
        let mut finds = Finds { limit: CALL_CANDIDATES_MAX, found: Vec::new() };
        for value in values.take(IVR_VALUES_MAX) {
            let typed = value.trim();
            // A digit of a menu is no contract.
            if typed.chars().count() < IVR_NAME_CHARS_MIN {
                continue;
            }
            for number in [typed, &typed.to_uppercase()] {
                self.find_claim(ClaimSpace::LoanNumber, number, "loan_number", &mut finds)?;
            }
            if let Some(account) = documents::account_number(typed) {
                let prefix = keys::account_prefix(&account);
                self.store.scan(&prefix, &prefix, |key, _| {
                    keys::client_of_account(key).is_none_or(|client| finds.add(client, "account"))
                })?;
            }
        }
        Ok(finds.found.into_iter().map(|(client, _)| ClientId::from_uuid(client)).collect())
    }

    fn find(
        &self,
        query: &str,
        fields: &[SearchField],
        limit: usize,
    ) -> Result<Vec<(Uuid, &'static str)>, StoreError> {
        let mut finds = Finds { limit, found: Vec::new() };
        for field in fields {
            if finds.found.len() >= limit {
                break;
            }
            self.find_by(*field, query, &mut finds)?;
        }
        Ok(finds.found)
    }

    fn find_by(
        &self,
        field: SearchField,
        query: &str,
        finds: &mut Finds,
    ) -> Result<(), StoreError> {
        let by = field.code();
        let digits = text::digits(query);
        // What is typed into one field of many must not be taken for a part of another.
        let numeric = query.chars().all(|c| c.is_ascii_digit() || " +-().№/".contains(c));
        let length = if numeric { digits.len() } else { 0 };
        match field {
            SearchField::Phone => {
                if let (true, Ok(parsed)) = (numeric, phone::parse(query)) {
                    self.find_claim(ClaimSpace::Phone, &parsed.e164, by, finds)?;
                }
            }
            SearchField::Name => self.find_names(query, finds)?,
            SearchField::Document => self.find_documents(query, finds)?,
            SearchField::LoanNumber => self.find_loan_numbers(query, finds)?,
            SearchField::Account => self.find_accounts(query, finds)?,
            SearchField::Inn if matches!(length, 10 | 12) => {
                self.find_claim(ClaimSpace::Inn, &digits, by, finds)?;
                // Organisations hold INN/KPP.
                self.find_claims_beginning(ClaimSpace::Inn, &format!("{digits}/"), by, finds)?;
            }
            SearchField::Ogrn if matches!(length, 13 | 15) => {
                self.find_claim(ClaimSpace::Ogrn, &digits, by, finds)?;
            }
            SearchField::Snils if length == 11 => {
                self.find_claim(ClaimSpace::Snils, &digits, by, finds)?;
            }
            SearchField::CardNumber if length > 0 => {
                if let Ok(number) = digits.parse::<u64>() {
                    let prefix = keys::card_number_prefix(number);
                    self.store.scan(&prefix, &prefix, |key, _| {
                        keys::trailing_id(key).is_none_or(|client| finds.add(client, by))
                    })?;
                }
            }
            SearchField::Email if query.contains('@') => {
                self.find_claim(ClaimSpace::Email, &query.to_lowercase(), by, finds)?;
            }
            SearchField::Inn
            | SearchField::Ogrn
            | SearchField::Snils
            | SearchField::CardNumber
            | SearchField::Email => {}
        }
        Ok(())
    }

    fn find_claim(
        &self,
        space: ClaimSpace,
        value: &str,
        by: &'static str,
        finds: &mut Finds,
    ) -> Result<(), StoreError> {
        finds.add_streams(&self.store.holders(space, value)?, by);
        Ok(())
    }

    fn find_claims_beginning(
        &self,
        space: ClaimSpace,
        beginning: &str,
        by: &'static str,
        finds: &mut Finds,
    ) -> Result<(), StoreError> {
        let prefix = keys::claims_beginning(space, beginning);
        self.store.scan(&prefix, &prefix, |key, value| {
            keys::holder(key, value).is_none_or(|stream| finds.add(stream.owner, by))
        })
    }

    fn find_names(&self, query: &str, finds: &mut Finds) -> Result<(), StoreError> {
        let key = names::key(query);
        if key.chars().count() < NAME_CHARS_MIN {
            return Ok(());
        }
        let prefix = keys::names_beginning(&key);
        self.store.scan(&prefix, &prefix, |key, _| {
            keys::trailing_id(key).is_none_or(|client| finds.add(client, "name"))
        })
    }

    /// Series and number together, however they are spaced; foreign ones have letters.
    fn find_documents(&self, query: &str, finds: &mut Finds) -> Result<(), StoreError> {
        let key = documents::key(query);
        if key.chars().count() < DOCUMENT_CHARS_MIN {
            return Ok(());
        }
        self.find_claim(ClaimSpace::Document, &key, "document", finds)
    }

    /// The whole number first, then numbers that begin so.
    fn find_loan_numbers(&self, query: &str, finds: &mut Finds) -> Result<(), StoreError> {
        let typed = query.trim_start_matches('№').trim();
        let upper = typed.to_uppercase();
        for number in [typed, &upper] {
            self.find_claim(ClaimSpace::LoanNumber, number, "loan_number", finds)?;
            if number.chars().count() >= LOAN_NUMBER_CHARS_MIN {
                self.find_claims_beginning(ClaimSpace::LoanNumber, number, "loan_number", finds)?;
            }
        }
        Ok(())
    }

    /// The whole account first, then accounts that begin so.
    fn find_accounts(&self, query: &str, finds: &mut Finds) -> Result<(), StoreError> {
        let Some(account) = documents::account_number(query) else {
            return Ok(());
        };
        let mut prefixes = vec![keys::account_prefix(&account)];
        if account.len() >= ACCOUNT_CHARS_MIN {
            prefixes.push(keys::accounts_beginning(&account));
        }
        for prefix in prefixes {
            self.store.scan(&prefix, &prefix, |key, _| {
                keys::client_of_account(key).is_none_or(|client| finds.add(client, "account"))
            })?;
        }
        Ok(())
    }
}
