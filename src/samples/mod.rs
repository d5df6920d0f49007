//! A believable Russian lender out of a seed: clients, loans, payments, partners, topics, branches.
//!
//! Pure and without memory: the client `i` of a seed is always the same and is made when asked for,
//! so that two thousand (demo) or a million (load tests) cost the same room. Nobody here is real:
//! names are common ones put together by chance, numbers have right check digits and belong to
//! nobody by intent. Must never be mixed into a real lender's base (`demo` refuses a base in use).

mod dice;
mod directory;
mod loans;
mod numbers;
mod organisations;
mod own;
mod people;
mod places;
#[cfg(test)]
mod tests;

pub use directory::{SampleEntry, branches, products, snippets, topics};
pub use loans::{SampleLoan, SamplePayment};
pub use organisations::SampleOrganisation;
pub use own::{SampleBook, SampleStep};

use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::domain::client::{
    AddressDraft, AddressKind, ClientDraft, ClientKind, DocumentDraft, DocumentKind, EmailDraft,
    PhoneDraft, PhoneKind, Sex,
};
use chrono::{Datelike, Days, NaiveDate};
use dice::Dice;

/// The source name of everything made here.
pub const SOURCE: &str = "sample";

/// A lender made of a seed.
#[derive(Debug, Clone, Copy)]
pub struct Lender {
    seed: u64,
    today: Date,
}

/// A contact of the past, to fill a history with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleContact {
    /// The day, in the lender's zone.
    pub on: Date,
    /// Minutes after midnight.
    pub minute: u16,
    /// Whether the client called.
    pub inbound: bool,
    /// Key of the topic ([`topics`]).
    pub topic: &'static str,
    /// What the operator wrote.
    pub comment: &'static str,
    /// Seconds of talk; 0 when nobody answered.
    pub talk_seconds: u32,
}

/// A client made of a seed.
#[derive(Debug, Clone)]
pub struct SampleClient {
    /// `sample:client-000123`.
    pub source_key: String,
    /// What a file or a person would type.
    pub draft: ClientDraft,
    /// The loans, oldest first.
    pub loans: Vec<SampleLoan>,
    /// Contacts of the past, oldest first.
    pub contacts: Vec<SampleContact>,
}

/// What was found out about a client before it is written down.
struct Person {
    index: u64,
    sex: Sex,
    last: String,
    first: String,
    patronymic: String,
    birth: Date,
    place: &'static places::Place,
}

impl Lender {
    /// The lender of `seed`, seen on `today` (the lender's date).
    #[must_use]
    pub const fn new(seed: u64, today: Date) -> Self {
        Self { seed, today }
    }

    /// The client `index`, from 0. Equal indexes give equal clients.
    #[must_use]
    pub fn client(&self, index: u64) -> SampleClient {
        let mut dice = Dice::new(self.seed, index);
        let person = self.person(index, &mut dice);
        let mut draft = ClientDraft {
            kind: Some(ClientKind::Person),
            last_name: Some(Personal::new(person.last.clone())),
            first_name: Some(Personal::new(person.first.clone())),
            patronymic: Some(Personal::new(person.patronymic.clone())),
            birth_date: Some(Personal::new(person.birth)),
            birth_place: Some(Personal::new(format!("г. {}", dice.pick(places::PLACES).city))),
            sex: Some(person.sex),
            language: Some("ru".to_owned()),
            time_zone: Some(person.place.zone.to_owned()),
            ..ClientDraft::default()
        };
        draft.inn = dice.chance(80).then(|| Personal::new(numbers::inn_person(self.seed, index)));
        draft.snils = dice.chance(70).then(|| Personal::new(numbers::snils(self.seed, index)));
        draft.code_word =
            dice.chance(40).then(|| Personal::new((*dice.pick(people::CODE_WORDS)).to_owned()));
        draft.phones = Some(self.phones(&person, &mut dice));
        draft.emails = dice.chance(55).then(|| vec![email(&person)]);
        draft.addresses = Some(addresses(&person, &mut dice));
        draft.documents = Some(vec![self.passport(&person, &mut dice)]);
        let loans = loans::of_client(index, self.today, &mut dice);
        let contacts = self.contacts(&loans, &mut dice);
        SampleClient { source_key: client_key(index), draft, loans, contacts }
    }

    /// Networks with their stores and the stores' employees: parents before children.
    #[must_use]
    pub fn organisations(&self, networks: u64) -> Vec<SampleOrganisation> {
        organisations::all(self.seed, networks)
    }

    /// The main phone of the client `index` in E.164, without making the whole client.
    #[must_use]
    pub fn main_phone(&self, index: u64) -> String {
        numbers::mobile(self.seed, index)
    }

    fn person(&self, index: u64, dice: &mut Dice) -> Person {
        let sex = if dice.chance(52) { Sex::Female } else { Sex::Male };
        let (last, first, patronymic) = people::name(sex, dice);
        let age_days = 21 * 365 + dice.below(50 * 365);
        let birth = self.today.checked_sub_days(Days::new(age_days)).unwrap_or(self.today);
        let place = dice.pick(places::PLACES);
        Person { index, sex, last, first, patronymic, birth, place }
    }

    fn phones(&self, person: &Person, dice: &mut Dice) -> Vec<PhoneDraft> {
        let phone = |number: String, kind, verified| PhoneDraft {
            number: Personal::new(number),
            kind,
            verified,
        };
        let main = numbers::mobile(self.seed, person.index);
        let mut phones = vec![phone(main, PhoneKind::Mobile, dice.chance(80))];
        // Some families share a number: the caller's card then shows several people.
        if person.index % 40 == 7 {
            let shared = numbers::mobile(self.seed, person.index - 1);
            phones.push(phone(shared, PhoneKind::Home, false));
        }
        if dice.chance(20) {
            let number = numbers::landline(self.seed, person.index, person.place.area_code);
            phones.push(phone(number, PhoneKind::Work, false));
        }
        phones
    }

    fn passport(&self, person: &Person, dice: &mut Dice) -> DocumentDraft {
        let birthday = |age: i32| {
            let year = person.birth.year() + age;
            NaiveDate::from_ymd_opt(year, person.birth.month(), person.birth.day().min(28))
        };
        // Issued some weeks after the last birthday at which a passport is changed.
        let changed = [45, 20, 14]
            .into_iter()
            .filter_map(birthday)
            .filter_map(|day| day.checked_add_days(Days::new(10 + dice.below(60))))
            .find(|day| *day <= self.today)
            .unwrap_or(self.today);
        let region = person.place.passport_region;
        let year = changed.year() % 100;
        let number = numbers::passport_number(self.seed, person.index);
        DocumentDraft {
            kind: DocumentKind::PassportRf,
            series: Personal::new(format!("{region:02}{year:02}")),
            number: Personal::new(number),
            issued_on: Some(changed),
            issued_by: Personal::new(format!("ГУ МВД России, {}", person.place.region)),
            department_code: format!("{region:02}0-{:03}", 1 + dice.below(98)),
        }
    }

    fn contacts(&self, loans: &[SampleLoan], dice: &mut Dice) -> Vec<SampleContact> {
        let count = if loans.is_empty() { dice.below(2) } else { dice.below(5) };
        let mut contacts: Vec<SampleContact> = (0..count)
            .map(|_| {
                let (topic, comment, inbound) = *dice.pick(directory::CONTACTS);
                let on = self.today.checked_sub_days(Days::new(1 + dice.below(300)));
                let answered = inbound || dice.chance(60);
                SampleContact {
                    on: on.unwrap_or(self.today),
                    minute: u16::try_from(9 * 60 + dice.below(11 * 60)).unwrap_or(600),
                    inbound,
                    topic,
                    comment: if answered { comment } else { "" },
                    talk_seconds: if answered { 30 + dice.below_u32(400) } else { 0 },
                }
            })
            .collect();
        contacts.sort_by_key(|contact| (contact.on, contact.minute));
        contacts
    }
}

/// Source key of the client `index`.
#[must_use]
pub fn client_key(index: u64) -> String {
    format!("{SOURCE}:client-{index:06}")
}

fn email(person: &Person) -> EmailDraft {
    let host = ["example.ru", "example.com", "mail.example"][(person.index % 3) as usize];
    let name = people::transliterated(&person.last);
    EmailDraft { email: Personal::new(format!("{name}{}@{host}", person.index)) }
}

fn addresses(person: &Person, dice: &mut Dice) -> Vec<AddressDraft> {
    let place = person.place;
    let mut line = || {
        let street = dice.pick(places::STREETS);
        let (house, flat) = (1 + dice.below(120), 1 + dice.below(200));
        let postcode = format!("{}{:03}", place.postcode_prefix, dice.below(400));
        let text = format!(
            "{postcode}, {}, г. {}, {street}, д. {house}, кв. {flat}",
            place.region, place.city
        );
        (postcode, text)
    };
    let mut address = |kind| {
        let (postcode, text) = line();
        AddressDraft {
            kind,
            text: Personal::new(text),
            region: place.region.to_owned(),
            city: place.city.to_owned(),
            postcode,
        }
    };
    let residence = address(AddressKind::Residence);
    if person.index.is_multiple_of(4) {
        vec![residence, address(AddressKind::Stay)]
    } else {
        vec![residence]
    }
}
