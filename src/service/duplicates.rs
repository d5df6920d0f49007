//! Who else looks the same, while a client is being typed (product S10).

use super::access_log::AccessKind;
use super::clients::Candidate;
use super::{Caller, ServiceError, Services};
use crate::base::ids::ClientId;
use crate::domain::access::{Action, Filter};
use crate::domain::client::{Client, ClientCommand, ClientDraft, ClientKind, RegisterClient};
use crate::domain::{Aggregate, Claim, ClaimStrength, Meta};
use serde::Serialize;

/// Candidates shown of each sort.
const SHOWN_MAX: usize = 10;
/// Rounds of leaving out what is at fault.
const ROUNDS: usize = 4;

/// Who else looks the same.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct Duplicates {
    /// The same identifier: a second card is refused.
    pub hard: Vec<Candidate>,
    /// The same phone or e-mail: a second card is possible after a look.
    pub soft: Vec<Candidate>,
}

impl Services {
    /// Who else holds what was typed so far. Fields that are not valid yet are left out.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub async fn check_duplicates(
        &self,
        caller: &Caller,
        draft: ClientDraft,
    ) -> Result<Duplicates, ServiceError> {
        let grant = caller.grant(Action::EditClients)?;
        self.record_access(caller, AccessKind::Search, None, "")?;
        let mut found = Duplicates::default();
        for claim in self.claims_of(caller, draft) {
            let hard = claim.strength == ClaimStrength::Hard;
            for holder in self.store.holders(claim.space, &claim.value)? {
                let id = ClientId::from_uuid(holder.owner);
                let list = if hard { &mut found.hard } else { &mut found.soft };
                let text = id.to_string();
                if list.len() >= SHOWN_MAX || list.iter().any(|known| known.client_id == text) {
                    continue;
                }
                let shown = self.candidate(id, false).await?.filter(|one| {
                    grant.scope != Filter::Organisations || one.kind == ClientKind::Organisation
                });
                if let Some(candidate) = shown {
                    let list = if hard { &mut found.hard } else { &mut found.soft };
                    list.push(candidate);
                }
            }
        }
        Ok(found)
    }

    /// The values that a card of this draft would claim.
    fn claims_of(&self, caller: &Caller, mut draft: ClientDraft) -> Vec<Claim> {
        let (context, id) = (self.context(caller), ClientId::from_uuid(uuid::Uuid::nil()));
        for _ in 0..ROUNDS {
            let register =
                RegisterClient { id, draft: draft.clone(), acknowledge_duplicates: true };
            match Client::default().decide(ClientCommand::Register(register), &context) {
                Ok(decision) => {
                    let meta =
                        Meta { seq: 0, at: context.now, actor: caller.principal, drawn: vec![0] };
                    let mut client = Client::default();
                    decision.events.iter().for_each(|event| client.evolve(event, &meta));
                    return client.claims();
                }
                Err(rejection) => {
                    let before = format!("{draft:?}").len();
                    for fault in &rejection.fields {
                        leave_out(&mut draft, &fault.field, fault.code == "required");
                    }
                    if format!("{draft:?}").len() == before {
                        return Vec::new();
                    }
                }
            }
        }
        Vec::new()
    }
}

/// Leaves a field out that is at fault, or fills it when it is missing: what it says does not
/// matter for the claims of the others.
fn leave_out(draft: &mut ClientDraft, field: &str, missing: bool) {
    let filler = || missing.then(|| "Имя".to_owned().into());
    let top = field.split(['[', '.']).next().unwrap_or_default();
    let index = field.split(['[', ']']).nth(1).and_then(|index| index.parse::<usize>().ok());
    fn drop_item<T>(list: &mut Option<Vec<T>>, index: Option<usize>) {
        match (list.as_mut(), index) {
            (Some(items), Some(index)) if index < items.len() => drop(items.remove(index)),
            _ => *list = None,
        }
    }
    match top {
        "last_name" => draft.last_name = filler(),
        "first_name" => draft.first_name = filler(),
        "patronymic" => draft.patronymic = None,
        "birth_date" => draft.birth_date = None,
        "birth_place" => draft.birth_place = None,
        "inn" => draft.inn = None,
        "snils" => draft.snils = None,
        "code_word" => draft.code_word = None,
        "phones" => drop_item(&mut draft.phones, index),
        "emails" => drop_item(&mut draft.emails, index),
        "addresses" => drop_item(&mut draft.addresses, index),
        "documents" => drop_item(&mut draft.documents, index),
        "organisation" if missing => {
            let organisation = draft.organisation.get_or_insert_default();
            organisation.short_name = "Название".into();
        }
        "organisation" => {
            if let Some(organisation) = &mut draft.organisation {
                (organisation.kpp, organisation.ogrn) = (None, None);
            }
        }
        "language" => draft.language = None,
        "time_zone" => draft.time_zone = None,
        _ => {}
    }
}
