//! Registration, changes, imports, identification: given a state, when a command, then what.

use super::identification::{self, IdentificationField as Field, IdentificationPolicy};
use super::*;
use crate::base::address;
use crate::base::time::Timestamp;
use crate::domain::{Aggregate, Context, Meta, Rejection};

fn id() -> ClientId {
    ClientId::from_uuid(uuid::Uuid::from_u128(1))
}

fn context() -> Context {
    Context {
        now: Timestamp::parse_rfc3339("2026-11-21T09:00:00Z").unwrap(),
        zone: chrono_tz::Europe::Moscow,
        principal: Principal::System,
    }
}

fn apply(client: &mut Client, command: ClientCommand) -> Result<usize, Rejection> {
    let decision = client.decide(command, &context())?;
    let meta = Meta { seq: 1, at: context().now, actor: Principal::System, drawn: vec![77] };
    for event in &decision.events {
        client.evolve(event, &meta);
    }
    Ok(decision.events.len())
}

fn personal(text: &str) -> Option<Personal<String>> {
    Some(Personal::new(text.to_owned()))
}

fn draft() -> ClientDraft {
    ClientDraft {
        last_name: personal(" Щёголева "),
        first_name: personal("Эльвира"),
        patronymic: personal("Ильинична"),
        birth_date: Some(Personal::new("1990-02-28".parse().unwrap())),
        inn: personal("500100732259"),
        code_word: personal("Ромашка"),
        phones: Some(vec![PhoneDraft {
            number: Personal::new("8 916 123 45 67".into()),
            ..PhoneDraft::default()
        }]),
        documents: Some(vec![DocumentDraft {
            kind: DocumentKind::PassportRf,
            series: Personal::new("45 14".into()),
            number: Personal::new("123456".into()),
            issued_on: Some("2014-03-15".parse().unwrap()),
            issued_by: Personal::default(),
            department_code: "770045".into(),
        }]),
        addresses: Some(vec![AddressDraft {
            text: Personal::new("г. Москва, ул. Ленина, д. 5, кв. 12".into()),
            ..AddressDraft::default()
        }]),
        ..ClientDraft::default()
    }
}

fn registered() -> Client {
    let mut client = Client::default();
    let command = RegisterClient { id: id(), draft: draft(), acknowledge_duplicates: false };
    assert_eq!(apply(&mut client, ClientCommand::Register(command)), Ok(1));
    client
}

#[test]
fn registration_normalises_and_draws_a_number() {
    let client = registered();
    assert_eq!(client.number, 77);
    assert_eq!(client.details.display_name(), "Щёголева Эльвира Ильинична");
    assert_eq!(client.details.phones[0].e164.reveal(), "+79161234567");
    assert_eq!(client.details.documents[0].key(), "4514123456");
    assert_eq!(client.details.documents[0].department_code, "770-045");
    let spaces: Vec<ClaimSpace> = client.claims().iter().map(|claim| claim.space).collect();
    assert_eq!(spaces, [ClaimSpace::Inn, ClaimSpace::Document, ClaimSpace::Phone]);
}

#[test]
fn faulty_input_names_every_field_and_changes_nothing() {
    let draft = ClientDraft {
        last_name: personal(""),
        birth_date: Some(Personal::new("2030-01-01".parse().unwrap())),
        inn: personal("500100732258"),
        snils: personal("11223344596"),
        code_word: personal("я"),
        phones: Some(vec![PhoneDraft {
            number: Personal::new("123".into()),
            ..PhoneDraft::default()
        }]),
        emails: Some(vec![EmailDraft { email: Personal::new("a@@b".into()) }]),
        addresses: Some(vec![AddressDraft { postcode: "12".into(), ..AddressDraft::default() }]),
        documents: Some(vec![DocumentDraft {
            kind: DocumentKind::PassportRf,
            series: Personal::new("4514".into()),
            number: Personal::new("000000".into()),
            issued_on: None,
            issued_by: Personal::default(),
            department_code: String::new(),
        }]),
        language: Some("fr".into()),
        time_zone: Some("Mars/Base".into()),
        ..ClientDraft::default()
    };
    let mut client = Client::default();
    let command = RegisterClient { id: id(), draft, acknowledge_duplicates: false };
    let refusal = apply(&mut client, ClientCommand::Register(command)).unwrap_err();
    let fields: Vec<&str> = refusal.fields.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "birth_date",
            "language",
            "time_zone",
            "inn",
            "snils",
            "code_word",
            "phones[0]",
            "emails[0]",
            "addresses[0].postcode",
            "documents[0].number",
            "last_name"
        ]
    );
    assert!(!client.exists());
}

#[test]
fn a_change_keeps_what_was_not_said_and_an_equal_one_is_nothing() {
    let mut client = registered();
    let change =
        |draft| ClientCommand::Change(ChangeDetails { draft, acknowledge_duplicates: false });
    let inn_gone = ClientDraft { inn: personal(""), ..ClientDraft::default() };
    assert_eq!(apply(&mut client, change(inn_gone)), Ok(1));
    assert_eq!(client.details.inn, None);
    assert_eq!(client.details.phones.len(), 1);
    let same = ClientDraft { last_name: personal("Щёголева"), ..ClientDraft::default() };
    assert_eq!(apply(&mut client, change(same)), Ok(0));
}

#[test]
fn an_import_opens_then_updates_then_changes_nothing() {
    let mut client = Client::default();
    let import = |draft| {
        ClientCommand::Import(ImportClient { id: id(), source_key: "core:1".into(), draft })
    };
    assert_eq!(apply(&mut client, import(draft())), Ok(1));
    assert_eq!(apply(&mut client, import(draft())), Ok(0));
    let renamed = ClientDraft { last_name: personal("Иванова"), ..ClientDraft::default() };
    assert_eq!(apply(&mut client, import(renamed)), Ok(1));
    assert_eq!(client.details.name.last.reveal(), "Иванова");
}

#[test]
fn answers_are_compared_in_substance_not_in_form() {
    let client = registered();
    let contracts = ["POS-2026-000123".to_owned()];
    let rows = [
        (Field::FullName, "щеголева  эльвира ильинична", true),
        (Field::FullName, "Эльвира Ильинична Щёголева", true),
        (Field::FullName, "Щёголева Эльвира", false),
        (Field::FullName, "Щёголева Эльвира Эльвира", false),
        (Field::BirthDate, "28.02.1990", true),
        (Field::BirthDate, "1990-02-28", true),
        (Field::BirthDate, "28.02.1991", false),
        (Field::PassportLast4, "3456", true),
        (Field::PassportLast4, "456", false),
        (Field::CodeWord, " ромашка ", true),
        (Field::CodeWord, "лютик", false),
        (Field::Address, "Москва Ленина 5 12", true),
        (Field::Address, "Ленина 5 12", true),
        (Field::Address, "Москва Ленина 6", false),
        (Field::Address, "Москва Москва Москва", false),
        (Field::Address, "Москва Ленина Ленина", false),
        (Field::Address, "", false),
        (Field::ContractNumber, "pos 2026 000123", true),
        (Field::ContractNumber, "000124", false),
    ];
    for (field, answer, expected) in rows {
        assert_eq!(
            identification::is_right(&client, &contracts, field, answer),
            expected,
            "{field:?} {answer:?}"
        );
    }
}

#[test]
fn what_everybody_sees_of_an_address_proves_nothing() {
    let mut client = registered();
    let mut lives_at = |text: &str, answer: &str| {
        client.details.addresses[0].text = Personal::new(address::clean(text));
        identification::is_right(&client, &[], Field::Address, answer)
    };
    let town = "614000, Пермский край, г. Пермь, ул. Мира, д. 5";
    assert!(!lives_at(town, "614000 Пермский Пермь"));
    assert!(!lives_at(town, "Пермский край, Пермь, улица Мира"), "without the house");
    assert!(lives_at(town, "Пермь Мира 5"));
    let village = "Тверская обл., с. Петрово, дом 7";
    assert!(lives_at(village, "Тверская область, Петрово, 7"));
    assert!(!lives_at(village, "Тверская область, Петрово"));
}

#[test]
fn a_code_word_has_letters_or_digits() {
    let signs = ClientDraft { code_word: personal("- - -"), ..ClientDraft::default() };
    let mut client = registered();
    let change = ChangeDetails { draft: signs, acknowledge_duplicates: false };
    let refusal = apply(&mut client, ClientCommand::Change(change)).unwrap_err();
    assert_eq!(refusal.fields[0].code, "invalid_code_word");
    client.details.code_word = Some(identification::code_word_hash(id(), "---"));
    assert!(!identification::is_right(&client, &[], Field::CodeWord, "-"));
}

/// domain.md 4.3.
#[test]
fn levels_follow_what_was_confirmed() {
    let policy = IdentificationPolicy::default();
    let level =
        |chosen, phone, fields: &[Field]| identification::level(&policy, chosen, phone, fields);
    let base = [Field::FullName, Field::BirthDate];
    assert_eq!(level(false, true, &base), 0);
    assert_eq!(level(true, false, &[]), 0);
    assert_eq!(level(true, true, &base), 1);
    assert_eq!(level(true, true, &[Field::FullName, Field::BirthDate, Field::Address]), 2);
    assert_eq!(level(true, false, &[Field::FullName, Field::BirthDate, Field::CodeWord]), 3);
    assert_eq!(level(true, true, &[Field::CodeWord]), 1);
}

#[test]
fn only_what_the_card_can_answer_is_asked() {
    let policy = IdentificationPolicy::default();
    let client = registered();
    let missing = |confirmed: &[Field], wanted| {
        identification::missing(&policy, &client, false, confirmed, wanted)
    };
    assert_eq!(missing(&[], 1), []);
    assert_eq!(
        missing(&[Field::FullName], 2),
        [Field::BirthDate, Field::PassportLast4, Field::CodeWord, Field::Address]
    );
    assert_eq!(missing(&[Field::FullName, Field::BirthDate, Field::Address], 3), [Field::CodeWord]);
}

#[test]
fn a_code_word_that_was_never_agreed_is_not_asked() {
    let policy = IdentificationPolicy::default();
    let mut client = registered();
    client.details.code_word = None;
    let missing =
        |confirmed: &[Field]| identification::missing(&policy, &client, false, confirmed, 3);
    let base = [Field::FullName, Field::BirthDate];
    assert_eq!(missing(&base), [Field::PassportLast4, Field::Address]);
    assert_eq!(missing(&[base[0], base[1], Field::Address]), []);
}

/// What the card does not hold has no right answer: the question is not asked, and where it is
/// answered all the same, nothing is counted.
#[test]
fn nothing_is_asked_that_leads_nowhere() {
    let policy = IdentificationPolicy::default();
    let mut client = registered();
    let asked = |client: &Client, has_loans| {
        (
            identification::missing(&policy, client, has_loans, &[], 2),
            identification::lacking(&policy, client, has_loans, &[], 2),
        )
    };
    assert_eq!(asked(&client, false).1, []);
    client.details.birth_date = None;
    assert_eq!(asked(&client, true), (vec![], vec![Field::BirthDate]));
    let mut client = registered();
    client.details.documents.clear();
    client.details.addresses.clear();
    client.details.code_word = None;
    assert_eq!(asked(&client, false), (vec![], policy.one_of.clone()));
    assert_eq!(asked(&client, true).0, [Field::FullName, Field::BirthDate, Field::ContractNumber]);
}

#[test]
fn what_cannot_be_compared_is_no_answer() {
    use identification::AnswerFault::{Incomplete, NotHeld};
    let client = registered();
    let rows = [
        (Field::FullName, "Щёголева Эльвира", Err(Incomplete)),
        (Field::FullName, "Петрова Анна Ильинична", Ok(())),
        (Field::FullName, "Ильинична Щеголева Эльвира", Ok(())),
        (Field::BirthDate, "30.02.1990", Err(Incomplete)),
        (Field::BirthDate, "01.02.1990", Ok(())),
        (Field::PassportLast4, "345", Err(Incomplete)),
        (Field::PassportLast4, "0000", Ok(())),
        (Field::Address, "Москва", Err(Incomplete)),
        (Field::ContractNumber, "POS-2026-000123", Err(NotHeld)),
    ];
    for (field, answer, expected) in rows {
        let found = identification::check_form(&client, false, field, answer);
        assert_eq!(found, expected, "{field:?} {answer:?}");
    }
    let loan = identification::check_form(&client, true, Field::ContractNumber, "12");
    assert_eq!(loan, Err(Incomplete));
}

#[test]
fn wrong_answers_add_up_within_a_day() {
    let mut client = registered();
    let command = ClientCommand::RecordIdentificationFailure(RecordIdentificationFailure {
        call: CallId::from_uuid(uuid::Uuid::from_u128(9)),
        wrong_answers: 2,
    });
    apply(&mut client, command.clone()).unwrap();
    apply(&mut client, command).unwrap();
    assert_eq!(client.failures_on("2026-11-21".parse().unwrap()), 4);
    assert_eq!(client.failures_on("2026-11-22".parse().unwrap()), 0);
}
