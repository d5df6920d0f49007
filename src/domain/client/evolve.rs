//! How events change a client. Total: never refuses.

use super::{
    Client, ClientCommand, ClientEvent, ClientFile, Consent, IdentificationFailures, Note,
};
use crate::base::limits;
use crate::domain::{Aggregate, Claim, Context, Decision, Meta, Rejection};

impl Aggregate for Client {
    type Command = ClientCommand;
    type Event = ClientEvent;

    fn decide(
        &self,
        command: ClientCommand,
        context: &Context,
    ) -> Result<Decision<ClientEvent>, Rejection> {
        super::decide::decide(self, command, context)
    }

    fn evolve(&mut self, event: &ClientEvent, meta: &Meta) {
        match event {
            ClientEvent::Registered(registered) => {
                self.id = Some(registered.id);
                self.number = meta.drawn.first().copied().unwrap_or(0);
                self.since = Some(registered.since);
                self.details = registered.details.clone();
                self.source_keys.extend(registered.source_key.clone());
            }
            ClientEvent::DetailsChanged(changed) => self.details = changed.details.clone(),
            ClientEvent::SourceLinked(linked) => self.source_keys.push(linked.source_key.clone()),
            ClientEvent::NoteAdded(added) => {
                if self.notes.len() >= limits::NOTES_MAX {
                    self.notes.remove(0);
                }
                self.notes.push(Note {
                    id: added.id,
                    at: meta.at,
                    by: meta.actor,
                    text: added.text.clone(),
                });
            }
            ClientEvent::ConsentGiven(given) => self.consents.push(Consent {
                id: given.id,
                purpose: given.purpose.clone(),
                given_at: meta.at,
                evidence: given.evidence.clone(),
                text_version: given.text_version.clone(),
                withdrawn_at: None,
            }),
            ClientEvent::ConsentWithdrawn(withdrawn) => {
                let found = self.consents.iter_mut().find(|consent| consent.id == withdrawn.id);
                if let Some(consent) = found {
                    consent.withdrawn_at = Some(meta.at);
                }
            }
            ClientEvent::FileAdded(added) => self.files.push(ClientFile {
                id: added.id,
                blob: added.blob.clone(),
                name: added.name.clone(),
                kind: added.kind,
                loan: added.loan,
                size: added.size,
                mime: added.mime.clone(),
                at: meta.at,
            }),
            ClientEvent::IdentificationFailed(failed) => {
                let before = self.failures_on(failed.date);
                self.identification_failures = Some(IdentificationFailures {
                    date: failed.date,
                    count: before.saturating_add(failed.wrong_answers),
                });
            }
        }
    }

    fn claims(&self) -> Vec<Claim> {
        self.claimed()
    }
}
