//! What may be asked of a client, and what then happens.

use super::{
    AddFile, AddNote, ChangeDetails, Client, ClientCommand, ClientEvent, ConsentGiven,
    ConsentWithdrawn, DetailsChanged, FileAdded, GiveConsent, IdentificationFailed, ImportClient,
    NoteAdded, RecordIdentificationFailure, RegisterClient, Registered, SourceLinked,
    WithdrawConsent,
};
use crate::base::limits;
use crate::base::personal::Personal;
use crate::domain::{Context, Counter, Decision, FieldFault, Rejection};

type Decided = Result<Decision<ClientEvent>, Rejection>;

pub(super) fn decide(client: &Client, command: ClientCommand, context: &Context) -> Decided {
    match command {
        ClientCommand::Register(command) => register(client, command, context),
        ClientCommand::Import(command) => import(client, command, context),
        _ if !client.exists() => Err(Rejection::not_found("client")),
        ClientCommand::Change(command) => change(client, &command, context),
        ClientCommand::AddNote(command) => add_note(command),
        ClientCommand::GiveConsent(command) => give_consent(client, command),
        ClientCommand::WithdrawConsent(command) => withdraw_consent(client, command),
        ClientCommand::AddFile(command) => add_file(client, command),
        ClientCommand::RecordIdentificationFailure(command) => Ok(failure(&command, context)),
    }
}

fn register(client: &Client, command: RegisterClient, context: &Context) -> Decided {
    if client.exists() {
        return Err(Rejection::rule("already_registered", "this client is already registered"));
    }
    let today = context.today();
    let details =
        command.draft.check(command.id, &client.details, today).map_err(Rejection::invalid)?;
    let registered = Registered { id: command.id, since: today, details, source_key: None };
    Ok(Decision {
        events: vec![ClientEvent::Registered(registered)],
        acknowledge_duplicates: command.acknowledge_duplicates,
        draws: vec![Counter::Clients],
    })
}

fn import(client: &Client, command: ImportClient, context: &Context) -> Decided {
    let today = context.today();
    let id = client.id.unwrap_or(command.id);
    let details = command.draft.check(id, &client.details, today).map_err(Rejection::invalid)?;
    if !client.exists() {
        let source_key = Some(command.source_key);
        let registered = Registered { id, since: today, details, source_key };
        return Ok(Decision {
            events: vec![ClientEvent::Registered(registered)],
            acknowledge_duplicates: true,
            draws: vec![Counter::Clients],
        });
    }
    let mut events = Vec::new();
    if !client.source_keys.contains(&command.source_key) {
        events.push(ClientEvent::SourceLinked(SourceLinked { source_key: command.source_key }));
    }
    if details != client.details {
        events.push(ClientEvent::DetailsChanged(DetailsChanged { details }));
    }
    Ok(Decision { events, acknowledge_duplicates: true, draws: Vec::new() })
}

fn change(client: &Client, command: &ChangeDetails, context: &Context) -> Decided {
    let id = client.id.ok_or_else(|| Rejection::not_found("client"))?;
    let details =
        command.draft.check(id, &client.details, context.today()).map_err(Rejection::invalid)?;
    if details == client.details {
        return Ok(Decision::nothing());
    }
    Ok(Decision {
        events: vec![ClientEvent::DetailsChanged(DetailsChanged { details })],
        acknowledge_duplicates: command.acknowledge_duplicates,
        draws: Vec::new(),
    })
}

fn required_text(field: &str, text: &str, most: usize) -> Result<String, Rejection> {
    let text = text.trim();
    let fault = if text.is_empty() {
        FieldFault::new(field, "required", "write something here")
    } else if text.chars().count() > most {
        FieldFault::new(field, "too_long", format!("at most {most} characters"))
    } else {
        return Ok(text.to_owned());
    };
    Err(Rejection::invalid(vec![fault]))
}

fn add_note(command: AddNote) -> Decided {
    let text = required_text("text", &command.text, limits::COMMENT_CHARS_MAX)?;
    let note = NoteAdded { id: command.id, text: Personal::new(text) };
    Ok(Decision::events(vec![ClientEvent::NoteAdded(note)]))
}

fn give_consent(client: &Client, command: GiveConsent) -> Decided {
    if client.consents.len() >= limits::CONSENTS_MAX {
        return Err(Rejection::rule("too_many_consents", "this card holds 50 consents already"));
    }
    let given = ConsentGiven {
        id: command.id,
        purpose: required_text("purpose", &command.purpose, limits::LINE_CHARS_MAX)?,
        evidence: Personal::new(required_text(
            "evidence",
            &command.evidence,
            limits::LINE_CHARS_MAX,
        )?),
        text_version: required_text("text_version", &command.text_version, limits::LINE_CHARS_MAX)?,
    };
    Ok(Decision::events(vec![ClientEvent::ConsentGiven(given)]))
}

fn withdraw_consent(client: &Client, command: WithdrawConsent) -> Decided {
    let consent = client
        .consents
        .iter()
        .find(|consent| consent.id == command.id)
        .ok_or_else(|| Rejection::not_found("consent"))?;
    if consent.withdrawn_at.is_some() {
        return Ok(Decision::nothing());
    }
    let reason = required_text("reason", &command.reason, limits::LINE_CHARS_MAX)?;
    let withdrawn = ConsentWithdrawn { id: command.id, reason: Personal::new(reason) };
    Ok(Decision::events(vec![ClientEvent::ConsentWithdrawn(withdrawn)]))
}

fn add_file(client: &Client, command: AddFile) -> Decided {
    if client.files.len() >= limits::FILES_MAX {
        return Err(Rejection::rule("too_many_files", "this card holds 100 files already"));
    }
    let name = required_text("name", &command.name, limits::LINE_CHARS_MAX)?;
    Ok(Decision::events(vec![ClientEvent::FileAdded(FileAdded {
        id: command.id,
        blob: command.blob,
        name: Personal::new(name),
        kind: command.kind,
        loan: command.loan,
        size: command.size,
        mime: command.mime,
    })]))
}

fn failure(command: &RecordIdentificationFailure, context: &Context) -> Decision<ClientEvent> {
    Decision::events(vec![ClientEvent::IdentificationFailed(IdentificationFailed {
        call: command.call,
        date: context.today(),
        wrong_answers: command.wrong_answers,
    })])
}
