//! The client card: what the page shows of a client, redacted on the server to the level reached
//! in the call and to the caller's mask. What is locked is not in the answer at all.

mod views;

pub use views::{
    AddressView, Answer, Card, ConsentView, DocumentView, EmailView, Facts, FileView, LoanRow,
    MoneyView, NoteView, OrganisationView, PersonalView, PhoneView, Recommendation,
};

use super::{Services, people::People};
use crate::actors::ClientLane;
use crate::base::masking;
use crate::base::money::Money;
use crate::base::time::{Date, Timestamp};
use crate::domain::access::{Grant, Mask};
use crate::domain::client::identification::{IdentificationPolicy, is_closed};
use crate::domain::client::{Client, ClientDetails, ClientKind};
use crate::domain::loan::Loan;
use crate::domain::loan::standing::{self, Standing};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The level that money answers need (domain.md 4.3).
const MONEY_LEVEL: u8 = 2;

/// How much of a client a caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sight {
    /// Level reached by the client in the call, 0 to 3.
    pub level: u8,
    /// Personal data in clear.
    pub unmasked: bool,
    /// Sums in clear.
    pub money: bool,
    /// Seen by the operator of the call that is about the client.
    pub in_call: bool,
}

impl Sight {
    /// What `grant` shows when the client has reached `level` in the call.
    #[must_use]
    pub const fn of(grant: Grant, level: u8) -> Self {
        match grant.fields {
            Mask::ByLevel => {
                let open = level >= MONEY_LEVEL;
                Self { level, unmasked: open, money: open, in_call: false }
            }
            Mask::Masked => Self { level, unmasked: false, money: true, in_call: false },
            Mask::Full => Self { level, unmasked: true, money: true, in_call: false },
        }
    }

    /// A prospect just taken down holds no secret yet: the operator of the call sees what was
    /// typed and goes on typing. With a loan, a document, a file or a code word it is a card like
    /// any other. Only where the level decides (`Mask::ByLevel`, which hides the sums).
    fn on(self, lane: &ClientLane) -> Self {
        let client = &*lane.client.state;
        let secret = !lane.loans.is_empty()
            || !client.details.documents.is_empty()
            || !client.files.is_empty()
            || client.details.code_word.is_some();
        if self.in_call && !self.money && !secret { Self { unmasked: true, ..self } } else { self }
    }
}

impl Services {
    /// Builds the card of a lane.
    #[must_use]
    pub fn card(&self, lane: &ClientLane, sight: Sight) -> Card {
        build(lane, sight, &self.card_day(), &self.people)
    }

    /// A function that gives the card of a lane as JSON, made once for each state of the client,
    /// sight and day.
    pub fn card_maker(&self, sight: Sight) -> impl Fn(&ClientLane) -> Bytes + Send + 'static {
        let (day, people) = (self.card_day(), Arc::clone(&self.people));
        let mut key = std::hash::DefaultHasher::new();
        (sight, day.today, people.generation()).hash(&mut key);
        let key = key.finish();
        move |lane| {
            lane.made.get(key, || {
                let card = build(lane, sight, &day, &people);
                Bytes::from(serde_json::to_vec(&card).expect("a card has only plain fields"))
            })
        }
    }
}

/// The day that a card is built on.
#[derive(Clone, Debug)]
pub struct CardDay {
    /// The day, in the lender's zone.
    pub today: Date,
    /// When the next one begins.
    pub ends_at: Timestamp,
    /// Wrong answers that close the check of a caller for the day.
    pub identification: IdentificationPolicy,
}

impl Services {
    fn card_day(&self) -> CardDay {
        let today = self.today();
        let ends_at = self.start_of_day_after(today);
        CardDay { today, ends_at, identification: self.identification_policy() }
    }
}

/// Builds the card of a lane as of a day.
#[must_use]
pub fn build(lane: &ClientLane, sight: Sight, day: &CardDay, people: &People) -> Card {
    let (sight, today) = (sight.on(lane), day.today);
    let client = &*lane.client.state;
    let details = &client.details;
    let loans = stood(lane, today);
    let city = details.main_address().map(|address| address.city.clone()).unwrap_or_default();
    Card {
        client_id: client.id.map(|id| id.to_string()).unwrap_or_default(),
        version: lane.client.version,
        level: sight.level,
        kind: details.kind,
        name: shown_name(details, sight.unmasked),
        number: client.number,
        since: client.since,
        facts: Facts {
            city,
            language: details.language.clone(),
            time_zone: details.time_zone.clone(),
        },
        answers: answers(&loans, sight, today),
        personal: personal(details, sight.unmasked),
        organisation: details.organisation.as_ref().map(|organisation| OrganisationView {
            form: organisation.form,
            short_name: organisation.short_name.clone(),
            full_name: organisation.full_name.clone(),
            kpp: organisation.kpp.clone(),
            ogrn: organisation.ogrn.clone(),
            parent_id: organisation.parent.map(|parent| parent.to_string()),
        }),
        loans: loans.iter().map(|(loan, stands)| loan_row(loan, stands, sight)).collect(),
        notes: notes(client, sight, people),
        consents: consents(client, sight),
        files: files(client, sight),
        restrictions: Vec::new(),
        recommendations: recommendations(lane, &loans, sight),
        check_closed_until: is_closed(&day.identification, client, today)
            .then(|| day.ends_at.to_rfc3339()),
    }
}

/// An organisation's name is public; a person's is short until unlocked.
#[must_use]
pub fn shown_name(details: &ClientDetails, unmasked: bool) -> String {
    if unmasked || details.organisation.is_some() {
        return details.display_name();
    }
    let name = &details.name;
    masking::name_short(name.last.reveal(), name.first.reveal(), name.patronymic.reveal())
}

fn personal(details: &ClientDetails, unmasked: bool) -> PersonalView {
    let clear = |text: String| unmasked.then_some(text);
    let hidden_end = |text: &str| {
        if unmasked { text.to_owned() } else { masking::ending(text, 4) }
    };
    PersonalView {
        unmasked,
        full_name: clear(details.display_name()),
        last_name: clear(details.name.last.reveal().clone()),
        first_name: clear(details.name.first.reveal().clone()),
        patronymic: clear(details.name.patronymic.reveal().clone()),
        birth_date: details.birth_date.as_ref().filter(|_| unmasked).map(|date| *date.reveal()),
        sex: details.sex.filter(|_| unmasked),
        birth_place: clear(details.birth_place.reveal().clone()),
        inn: details.inn.as_ref().map(|inn| hidden_end(inn.reveal())),
        snils: details.snils.as_ref().map(|snils| hidden_end(snils.reveal())),
        code_word_set: details.code_word.is_some(),
        phones: details
            .phones
            .iter()
            .map(|phone| PhoneView {
                number: shown_phone(phone.e164.reveal(), unmasked),
                kind: phone.kind,
                verified: phone.verified,
                extension: phone.extension.clone(),
            })
            .collect(),
        emails: details
            .emails
            .iter()
            .map(|email| {
                let address = email.address.reveal();
                EmailView {
                    email: if unmasked { address.clone() } else { masking::email(address) },
                }
            })
            .collect(),
        addresses: details
            .addresses
            .iter()
            .map(|address| AddressView {
                kind: address.kind,
                text: clear(address.text.reveal().clone()).unwrap_or_default(),
                region: address.region.clone(),
                city: address.city.clone(),
                postcode: clear(address.postcode.clone()).unwrap_or_default(),
            })
            .collect(),
        documents: documents(details, unmasked),
    }
}

fn shown_phone(e164: &str, unmasked: bool) -> String {
    if unmasked { e164.to_owned() } else { masking::phone(e164) }
}

fn documents(details: &ClientDetails, unmasked: bool) -> Vec<DocumentView> {
    let birth = details.birth_date.as_ref().map(|date| *date.reveal());
    let view = |document: &crate::domain::client::Document| {
        let valid_until = match (document.kind, birth, document.issued_on) {
            (crate::domain::client::DocumentKind::PassportRf, Some(birth), Some(issued)) => {
                crate::base::documents::passport_valid_until(birth, issued)
            }
            _ => None,
        };
        let (series, number) = (document.series.reveal(), document.number.reveal());
        let (series, number) = if unmasked {
            (series.clone(), number.clone())
        } else {
            (String::new(), masking::passport(series, number))
        };
        let clear = |text: &str| {
            if unmasked { text.to_owned() } else { String::new() }
        };
        DocumentView {
            kind: document.kind,
            series,
            number,
            issued_on: document.issued_on.filter(|_| unmasked),
            issued_by: clear(document.issued_by.reveal()),
            department_code: clear(&document.department_code),
            valid_until: valid_until.filter(|_| unmasked),
        }
    };
    details.documents.iter().map(view).collect()
}

fn notes(client: &Client, sight: Sight, people: &People) -> Vec<NoteView> {
    if !sight.money {
        return Vec::new();
    }
    let view = |note: &crate::domain::client::Note| NoteView {
        id: note.id.to_string(),
        at: note.at.to_rfc3339(),
        by: people.name_of(note.by),
        text: note.text.reveal().clone(),
    };
    client.notes.iter().rev().map(view).collect()
}

fn consents(client: &Client, sight: Sight) -> Vec<ConsentView> {
    let view = |consent: &crate::domain::client::Consent| ConsentView {
        id: consent.id.to_string(),
        purpose: consent.purpose.clone(),
        given_at: consent.given_at.to_rfc3339(),
        text_version: consent.text_version.clone(),
        evidence: if sight.money { consent.evidence.reveal().clone() } else { String::new() },
        revoked_at: consent.withdrawn_at.map(Timestamp::to_rfc3339),
    };
    client.consents.iter().rev().map(view).collect()
}

fn files(client: &Client, sight: Sight) -> Vec<FileView> {
    let view = |file: &crate::domain::client::ClientFile| FileView {
        id: file.id.to_string(),
        name: if sight.money { file.name.reveal().clone() } else { String::new() },
        kind: file.kind,
        loan_id: file.loan.map(|loan| loan.to_string()),
        size: file.size,
        mime: file.mime.clone(),
        at: file.at.to_rfc3339(),
        locked: !sight.money,
    };
    client.files.iter().rev().map(view).collect()
}

/// The number of a loan's agreement; only its end while sums are hidden.
#[must_use]
pub fn loan_number(loan: &Loan, sight: Sight) -> String {
    let number = &loan.terms.number;
    if sight.money { number.clone() } else { masking::ending(number, 3) }
}

/// A loan with where it stands.
type Stood<'a> = (&'a Loan, Standing);

/// The loans with where they stand: open ones first, then the latest.
fn stood(lane: &ClientLane, today: Date) -> Vec<Stood<'_>> {
    let loans = lane.loans.values().map(|loaded| &*loaded.state);
    let mut stood: Vec<Stood<'_>> = loans.map(|loan| (loan, standing::on(loan, today))).collect();
    stood.sort_by_key(|(loan, stands)| {
        (!stands.status.is_open(), std::cmp::Reverse(loan.terms.issued_on))
    });
    stood
}

/// One loan's row.
#[must_use]
pub fn loan_row(loan: &Loan, stands: &Standing, sight: Sight) -> LoanRow {
    let money = |minor: i64| sight.money.then(|| MoneyView::from(loan.money(minor)));
    let terms = &loan.terms;
    LoanRow {
        loan_id: loan.id.map(|id| id.to_string()).unwrap_or_default(),
        number: loan_number(loan, sight),
        account: loan.account.as_ref().filter(|_| sight.money).map(|account| {
            match sight.unmasked {
                true => account.reveal().clone(),
                false => masking::account(account.reveal()),
            }
        }),
        product: terms.product.clone(),
        status: if sight.money { stands.status_code() } else { stands.status.code() },
        status_source: if sight.money { terms.status_text.clone() } else { String::new() },
        principal: money(terms.principal.minor()),
        issued_on: terms.issued_on,
        term_months: terms.term_months,
        rate_percent: sight.money.then(|| terms.rate_percent.normalize().to_string()),
        next_due_on: stands.next_due_on.filter(|_| sight.money),
        next_payment: stands.next_payment.and_then(money),
        outstanding: stands.outstanding.and_then(money),
        overdue: money(stands.overdue),
        days_past_due: sight.money.then_some(stands.days_past_due),
        as_of: stands.as_of,
        locked: !sight.money,
    }
}

fn answers(loans: &[Stood<'_>], sight: Sight, today: Date) -> Vec<Answer> {
    let open: Vec<&Stood<'_>> =
        loans.iter().filter(|(_, stands)| stands.status.is_open()).collect();
    let mut answers = Vec::new();
    if !sight.money && !loans.is_empty() {
        answers.extend(["next_payment", "debt_today", "total_left"].map(locked));
    } else if open.is_empty() {
        answers.extend(["next_payment", "debt_today", "total_left"].map(nothing));
    } else {
        // Sums of different currencies are never added: one set of answers each.
        let mut by_currency: BTreeMap<_, Vec<&Stood<'_>>> = BTreeMap::new();
        for loan in open {
            by_currency.entry(loan.0.currency()).or_default().push(loan);
        }
        answers.extend(by_currency.values().flat_map(|loans| of_one_currency(loans, today)));
        say_nothing_once(&mut answers);
    }
    answers.push(Answer { none: false, required_level: 0, ..nothing("where_to_pay") });
    answers
}

/// "No debt" in one currency beside a debt in another would be read aloud as no debt: it is said
/// once, and only where it is true of all.
fn say_nothing_once(answers: &mut Vec<Answer>) {
    let mut told: Vec<&'static str> =
        answers.iter().filter(|answer| !answer.none).map(|answer| answer.kind).collect();
    answers.retain(|answer| {
        let said = answer.none && told.contains(&answer.kind);
        told.push(answer.kind);
        !said
    });
}

fn nothing(kind: &'static str) -> Answer {
    Answer {
        kind,
        locked: false,
        required_level: MONEY_LEVEL,
        amount: None,
        date: None,
        days_left: None,
        overdue_days: None,
        overdue: None,
        as_of: None,
        loans: Vec::new(),
        none: true,
    }
}

fn locked(kind: &'static str) -> Answer {
    Answer { locked: true, none: false, ..nothing(kind) }
}

fn of_one_currency(standings: &[&Stood<'_>], today: Date) -> [Answer; 3] {
    let currency = standings[0].0.currency();
    let view = |minor: i64| Some(MoneyView::from(Money::from_minor(minor, currency)));
    let ids = |loans: &[&Stood<'_>]| {
        loans.iter().filter_map(|(loan, _)| loan.id).map(|id| id.to_string()).collect()
    };
    let as_of = standings.iter().filter_map(|(_, stands)| stands.as_of).min();

    let next_on = standings.iter().filter_map(|(_, stands)| stands.next_due_on).min();
    let next_is_known = standings.iter().all(|(_, stands)| stands.is_next_known);
    let next = next_on.map_or_else(
        || Answer { none: next_is_known, as_of, ..nothing("next_payment") },
        |date| {
            let due: Vec<&Stood<'_>> = standings
                .iter()
                .copied()
                .filter(|(_, stands)| stands.next_due_on == Some(date))
                .collect();
            Answer {
                amount: view(due.iter().filter_map(|(_, stands)| stands.next_payment).sum()),
                date: Some(date),
                days_left: Some((date - today).num_days()),
                loans: ids(&due),
                as_of,
                none: false,
                ..nothing("next_payment")
            }
        },
    );

    let overdue: i64 = standings.iter().map(|(_, stands)| stands.overdue).sum();
    let due_today: i64 = standings
        .iter()
        .filter(|(_, stands)| stands.next_due_on == Some(today))
        .filter_map(|(_, stands)| stands.next_payment)
        .sum();
    let owing: Vec<&Stood<'_>> = standings
        .iter()
        .copied()
        .filter(|(_, stands)| stands.overdue > 0 || stands.next_due_on == Some(today))
        .collect();
    let owed = overdue + due_today;
    let debt_is_known = owed > 0 || standings.iter().all(|(_, stands)| stands.is_overdue_known);
    let debt = Answer {
        amount: view(owed).filter(|_| debt_is_known),
        overdue: view(overdue).filter(|_| debt_is_known),
        overdue_days: standings.iter().map(|(_, stands)| stands.days_past_due).max(),
        loans: ids(&owing),
        as_of,
        none: owed == 0 && debt_is_known,
        ..nothing("debt_today")
    };

    let told: Vec<&Stood<'_>> =
        standings.iter().copied().filter(|(_, stands)| stands.outstanding.is_some()).collect();
    let left = Answer {
        amount: view(told.iter().filter_map(|(_, stands)| stands.outstanding).sum())
            .filter(|_| told.len() == standings.len()),
        loans: ids(&told),
        as_of,
        none: false,
        ..nothing("total_left")
    };
    [next, debt, left]
}

fn recommendations(lane: &ClientLane, loans: &[Stood<'_>], sight: Sight) -> Vec<Recommendation> {
    let mut said = Vec::new();
    let mut say = |kind, text_key, values: &[(&'static str, String)]| {
        said.push(Recommendation { kind, text_key, values: values.iter().cloned().collect() });
    };
    let details = &lane.client.state.details;
    if details.kind == ClientKind::Organisation {
        return said;
    }
    if details.code_word.is_none() {
        say("ask", "agree_code_word", &[]);
    }
    if details.emails.is_empty() {
        say("ask", "ask_email", &[]);
    }
    if details.phones.iter().all(|phone| !phone.verified) && !details.phones.is_empty() {
        say("ask", "confirm_phone", &[]);
    }
    if sight.money {
        let overdue_days = loans.iter().map(|(_, stands)| stands.days_past_due).max().unwrap_or(0);
        if overdue_days > 0 {
            say("tell", "overdue_now", &[("days", overdue_days.to_string())]);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::money::Currency;
    use crate::domain::loan::Instalment;

    fn loan(currency: Currency, due_on: &str) -> Loan {
        let mut loan = Loan::default();
        loan.terms.principal = Money::from_minor(100, currency);
        let due_on = due_on.parse().unwrap();
        let part = Instalment { n: 1, due_on, principal: 500, interest: 0, fee: 0, balance: 0 };
        loan.schedule = vec![part];
        loan
    }

    /// Kind, sum, whether there is nothing.
    fn told(answers: &[Answer]) -> Vec<(&'static str, Option<&str>, bool)> {
        answers
            .iter()
            .map(|one| (one.kind, one.amount.as_ref().map(|sum| sum.amount.as_str()), one.none))
            .collect()
    }

    #[test]
    fn a_loan_that_nobody_tells_of_is_not_repaid() {
        let today = "2026-11-21".parse().unwrap();
        let silent = Loan { schedule: Vec::new(), ..loan(Currency::Rub, "2026-12-01") };
        let unknown = [
            ("next_payment", None, false),
            ("debt_today", None, false),
            ("total_left", None, false),
        ];
        let stood = |loan| (loan, standing::on(loan, today));
        assert_eq!(told(&of_one_currency(&[&stood(&silent)], today)), unknown);
        // What is known is said; a total without one of the loans is none.
        let late = loan(Currency::Rub, "2026-11-01");
        assert_eq!(
            told(&of_one_currency(&[&stood(&silent), &stood(&late)], today)),
            [
                ("next_payment", None, false),
                ("debt_today", Some("5.00"), false),
                ("total_left", None, false)
            ]
        );
    }

    #[test]
    fn nothing_in_one_currency_does_not_hide_a_debt_in_another() {
        let today = "2026-11-21".parse().unwrap();
        let (later, late) = (loan(Currency::Rub, "2026-12-01"), loan(Currency::Usd, "2026-11-01"));
        let stood = |loan| (loan, standing::on(loan, today));
        let mut answers: Vec<Answer> = of_one_currency(&[&stood(&later)], today).into();
        answers.extend(of_one_currency(&[&stood(&late)], today));
        say_nothing_once(&mut answers);
        assert_eq!(
            told(&answers),
            [
                ("next_payment", Some("5.00"), false),
                ("total_left", Some("5.00"), false),
                ("debt_today", Some("5.00"), false),
                ("total_left", Some("5.00"), false)
            ]
        );
        let mut none = vec![nothing("debt_today"), nothing("debt_today")];
        say_nothing_once(&mut none);
        assert_eq!(none.len(), 1);
    }
}
