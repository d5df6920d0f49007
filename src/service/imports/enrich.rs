//! What a row adds to a card that exists: contacts are joined without repeats, blanks stay as they
//! were (product S6, S9). An import never takes a contact away: operators write new ones into the
//! card, and the next file of an accounting system does not know them yet.

use crate::base::personal::Personal;
use crate::base::{email, names, phone};
use crate::domain::client::{
    Address, AddressDraft, Client, ClientDetails, ClientDraft, ClientKind, Document, DocumentDraft,
    DocumentKind, EmailDraft, Organisation, OrganisationDraft, PhoneDraft, PhonePoint,
};

/// The row's draft completed by what the card knows.
pub(super) fn enriched(draft: &ClientDraft, known: &ClientDetails) -> ClientDraft {
    let mut draft = draft.clone().for_kind(known.kind);
    draft.phones = draft.phones.map(|new| phones(&known.phones, new));
    draft.emails = draft.emails.map(|new| {
        let mut all: Vec<EmailDraft> =
            known.emails.iter().map(|e| EmailDraft { email: e.address.clone() }).collect();
        let same = |old: &EmailDraft, new: &EmailDraft| {
            email::key(old.email.reveal()) == email::key(new.email.reveal().trim())
        };
        for one in new {
            if !all.iter().any(|old| same(old, &one)) {
                all.push(one);
            }
        }
        all
    });
    draft.addresses = draft.addresses.map(|new| addresses(&known.addresses, new));
    draft.documents = draft.documents.map(|new| documents(&known.documents, new));
    draft.organisation = match (draft.organisation, &known.organisation) {
        (Some(new), Some(old)) => Some(organisation(old, new)),
        (new, _) => new,
    };
    draft
}

fn phones(known: &[PhonePoint], new: Vec<PhoneDraft>) -> Vec<PhoneDraft> {
    let written = |point: &PhonePoint| match &point.extension {
        Some(extension) => format!("{} доб. {extension}", point.e164.reveal()),
        None => point.e164.reveal().clone(),
    };
    let mut all: Vec<PhoneDraft> = known
        .iter()
        .map(|point| PhoneDraft {
            number: Personal::new(written(point)),
            kind: point.kind,
            verified: point.verified,
        })
        .collect();
    for draft in new {
        let parsed = phone::parse(draft.number.reveal());
        let same = |point: &PhonePoint| {
            parsed.as_ref().is_ok_and(|parsed| {
                parsed.e164 == *point.e164.reveal() && parsed.extension == point.extension
            })
        };
        match known.iter().position(same) {
            Some(at) => all[at].verified |= draft.verified,
            None => all.push(draft),
        }
    }
    all
}

fn addresses(known: &[Address], new: Vec<AddressDraft>) -> Vec<AddressDraft> {
    let mut all: Vec<AddressDraft> = known
        .iter()
        .map(|address| AddressDraft {
            kind: address.kind,
            text: address.text.clone(),
            region: address.region.clone(),
            city: address.city.clone(),
            postcode: address.postcode.clone(),
        })
        .collect();
    for address in new {
        // A person has one registered address: the newer word counts.
        match all.iter().position(|old| old.kind == address.kind) {
            Some(at) => all[at] = address,
            None => all.push(address),
        }
    }
    all
}

fn documents(known: &[Document], new: Vec<DocumentDraft>) -> Vec<DocumentDraft> {
    let mut all: Vec<DocumentDraft> = known.iter().map(as_draft).collect();
    let key = |draft: &DocumentDraft| {
        let text = format!("{}{}", draft.series.reveal(), draft.number.reveal());
        text.chars().filter(|c| c.is_alphanumeric()).collect::<String>()
    };
    for document in new {
        match all.iter().position(|old| key(old) == key(&document)) {
            Some(at) => all[at] = completed(&all[at], document),
            // A new passport comes first: it is the one people are asked for.
            None if document.kind == DocumentKind::PassportRf => all.insert(0, document),
            None => all.push(document),
        }
    }
    all
}

fn as_draft(document: &Document) -> DocumentDraft {
    DocumentDraft {
        kind: document.kind,
        series: document.series.clone(),
        number: document.number.clone(),
        issued_on: document.issued_on,
        issued_by: document.issued_by.clone(),
        department_code: document.department_code.clone(),
    }
}

fn completed(old: &DocumentDraft, mut new: DocumentDraft) -> DocumentDraft {
    new.issued_on = new.issued_on.or(old.issued_on);
    if new.issued_by.reveal().is_empty() {
        new.issued_by = old.issued_by.clone();
    }
    if new.department_code.is_empty() {
        new.department_code.clone_from(&old.department_code);
    }
    new
}

fn organisation(old: &Organisation, mut new: OrganisationDraft) -> OrganisationDraft {
    let keep = |into: &mut String, known: &String| {
        if into.is_empty() {
            into.clone_from(known);
        }
    };
    keep(&mut new.short_name, &old.short_name);
    keep(&mut new.full_name, &old.full_name);
    new.kpp = new.kpp.or_else(|| old.kpp.clone());
    new.ogrn = new.ogrn.or_else(|| old.ogrn.clone());
    new.parent_id = new.parent_id.or(old.parent);
    new
}

/// Whether two descriptions with one identifier can be of one person: the birth dates do not
/// differ, and neither do both surname and first name (domain.md 4.2).
pub(super) fn may_be_one(known: &Client, row: &ClientDetails) -> bool {
    let details = &known.details;
    let organisation = |kind| kind == ClientKind::Organisation;
    if organisation(details.kind) != organisation(row.kind) {
        return false;
    }
    let births = details.birth_date.as_ref().zip(row.birth_date.as_ref());
    if births.is_some_and(|(known, new)| known.reveal() != new.reveal()) {
        return false;
    }
    let differs = |known: &Personal<String>, new: &Personal<String>| {
        let (known, new) = (names::key(known.reveal()), names::key(new.reveal()));
        !known.is_empty() && !new.is_empty() && known != new
    };
    // One of them may change: women marry, and clerks mistype.
    !(differs(&details.name.last, &row.name.last) && differs(&details.name.first, &row.name.first))
}
