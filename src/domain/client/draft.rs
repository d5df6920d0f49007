//! What a person, a file or a machine typed about a client, and its check: every fault at once,
//! nothing changed. The one place where client input is validated (screen, API and import).

use super::{
    Address, AddressKind, ClientDetails, ClientKind, Document, DocumentKind, EmailPoint,
    Organisation, OrganisationForm, PhoneKind, PhonePoint, Sex,
};
use crate::base::ids::ClientId;
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::base::{address, documents, email, limits, names, phone};
use crate::domain::FieldFault;
use serde::Deserialize;

/// Details as typed. `None` means "not said": a change leaves the field as it is. An empty text
/// clears it. Lists replace the list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientDraft {
    /// What sort of client.
    pub kind: Option<ClientKind>,
    /// Surname.
    pub last_name: Option<Personal<String>>,
    /// First name.
    pub first_name: Option<Personal<String>>,
    /// Patronymic; `-`, `нет`, `б/о` mean none.
    pub patronymic: Option<Personal<String>>,
    /// Date of birth.
    pub birth_date: Option<Personal<Date>>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Place of birth.
    pub birth_place: Option<Personal<String>>,
    /// INN.
    pub inn: Option<Personal<String>>,
    /// SNILS.
    pub snils: Option<Personal<String>>,
    /// Code word in clear; only its salted hash is kept.
    pub code_word: Option<Personal<String>>,
    /// Phones.
    pub phones: Option<Vec<PhoneDraft>>,
    /// E-mails.
    pub emails: Option<Vec<EmailDraft>>,
    /// Addresses.
    pub addresses: Option<Vec<AddressDraft>>,
    /// Identity documents.
    pub documents: Option<Vec<DocumentDraft>>,
    /// What makes an organisation.
    pub organisation: Option<OrganisationDraft>,
    /// `ru`, `en`.
    pub language: Option<String>,
    /// IANA zone.
    pub time_zone: Option<String>,
}

/// A phone as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PhoneDraft {
    /// In any usual form.
    pub number: Personal<String>,
    /// What it is.
    pub kind: PhoneKind,
    /// Confirmed.
    pub verified: bool,
}

/// An e-mail as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmailDraft {
    /// The address.
    pub email: Personal<String>,
}

/// An address as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddressDraft {
    /// What it is.
    pub kind: AddressKind,
    /// One line.
    pub text: Personal<String>,
    /// Region.
    pub region: String,
    /// City.
    pub city: String,
    /// Six digits, or empty.
    pub postcode: String,
}

/// An identity document as typed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentDraft {
    /// What it is.
    pub kind: DocumentKind,
    /// Series.
    #[serde(default)]
    pub series: Personal<String>,
    /// Number.
    pub number: Personal<String>,
    /// Date of issue.
    #[serde(default)]
    pub issued_on: Option<Date>,
    /// Who issued it.
    #[serde(default)]
    pub issued_by: Personal<String>,
    /// `NNN-NNN`.
    #[serde(default)]
    pub department_code: String,
}

/// What makes an organisation, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrganisationDraft {
    /// Place in the hierarchy; `None` leaves it as it is, a new one is a network.
    pub form: Option<OrganisationForm>,
    /// Short name.
    pub short_name: String,
    /// Full name.
    pub full_name: String,
    /// KPP.
    pub kpp: Option<String>,
    /// OGRN or OGRNIP.
    pub ogrn: Option<String>,
    /// The network of a store, the store of an employee.
    pub parent_id: Option<ClientId>,
}

/// Years before which nobody living was born.
const OLDEST_BIRTH_YEARS: i32 = 120;

struct Check {
    today: Date,
    faults: Vec<FieldFault>,
}

impl Check {
    fn fault(&mut self, field: impl Into<String>, code: &'static str, message: &str) {
        self.faults.push(FieldFault::new(field, code, message));
    }

    fn line(&mut self, field: &str, text: &str) -> String {
        let clean = crate::base::text::cleansed(text);
        if clean.chars().count() > limits::LINE_CHARS_MAX {
            self.fault(field, "too_long", "at most 250 characters");
        }
        clean
    }

    fn name(&mut self, field: &str, text: &Personal<String>) -> Personal<String> {
        let clean = names::clean(text.reveal());
        if clean.chars().count() > limits::LINE_CHARS_MAX {
            self.fault(field, "too_long", "at most 250 characters");
        }
        if clean.chars().any(|c| c.is_control() || "<>{}[]|\\^~;=".contains(c)) {
            self.fault(field, "invalid_name", "a name has letters, spaces, dashes and apostrophes");
        }
        Personal::new(clean)
    }

    fn list<D, T>(
        &mut self,
        field: &str,
        drafts: &[D],
        mut each: impl FnMut(&mut Self, String, &D) -> Option<T>,
    ) -> Vec<T> {
        if drafts.len() > limits::CONTACT_POINTS_MAX {
            self.fault(field, "too_many", "at most 20 entries");
            return Vec::new();
        }
        drafts
            .iter()
            .enumerate()
            .filter_map(|(index, draft)| each(self, format!("{field}[{index}]"), draft))
            .collect()
    }

    fn phone(&mut self, field: String, draft: &PhoneDraft) -> Option<PhonePoint> {
        match phone::parse(draft.number.reveal()) {
            Ok(parsed) => Some(PhonePoint {
                e164: Personal::new(parsed.e164),
                extension: parsed.extension,
                kind: draft.kind,
                verified: draft.verified,
            }),
            Err(_) => {
                self.fault(
                    field,
                    "invalid_phone",
                    "write the number with its code, for instance +7 916 123-45-67",
                );
                None
            }
        }
    }

    fn email(&mut self, field: String, draft: &EmailDraft) -> Option<EmailPoint> {
        match email::parse(draft.email.reveal()) {
            Ok(address) => Some(EmailPoint { address: Personal::new(address) }),
            Err(_) => {
                self.fault(field, "invalid_email", "write an address such as name@example.ru");
                None
            }
        }
    }

    fn address(&mut self, field: String, draft: &AddressDraft) -> Option<Address> {
        let text = address::clean(draft.text.reveal());
        let postcode = draft.postcode.trim().to_owned();
        let six_digits = postcode.len() == 6 && postcode.bytes().all(|b| b.is_ascii_digit());
        if !postcode.is_empty() && !six_digits {
            self.fault(
                format!("{field}.postcode"),
                "invalid_postcode",
                "a postcode has six digits",
            );
        }
        if text.chars().count() > 2 * limits::LINE_CHARS_MAX {
            self.fault(format!("{field}.text"), "too_long", "at most 500 characters");
        }
        let address = Address {
            kind: draft.kind,
            text: Personal::new(text),
            region: self.line(&format!("{field}.region"), &draft.region),
            city: self.line(&format!("{field}.city"), &draft.city),
            postcode,
        };
        let empty = address.text.reveal().is_empty()
            && address.region.is_empty()
            && address.city.is_empty()
            && address.postcode.is_empty();
        (!empty).then_some(address)
    }

    fn document(&mut self, field: String, draft: &DocumentDraft) -> Option<Document> {
        let (series, number) = (draft.series.reveal(), draft.number.reveal());
        let checked = match draft.kind {
            DocumentKind::PassportRf => documents::passport_rf(series, number).ok(),
            DocumentKind::ForeignPassport | DocumentKind::Other => {
                let number = crate::base::text::cleansed(number).replace(' ', "");
                (!number.is_empty() && number.len() <= 40)
                    .then(|| (crate::base::text::cleansed(series).replace(' ', ""), number))
            }
        };
        let Some((series, number)) = checked else {
            self.fault(
                format!("{field}.number"),
                "invalid_document",
                "a passport has a series of 4 and a number of 6 digits",
            );
            return None;
        };
        let department = draft.department_code.trim();
        let department_digits: String = department.chars().filter(char::is_ascii_digit).collect();
        if !department.is_empty() && department_digits.len() != 6 {
            self.fault(
                format!("{field}.department_code"),
                "invalid_department_code",
                "a department code looks like 770-045",
            );
        }
        if draft.issued_on.is_some_and(|issued| issued > self.today) {
            self.fault(
                format!("{field}.issued_on"),
                "date_in_future",
                "the date of issue is in the future",
            );
        }
        Some(Document {
            kind: draft.kind,
            series: Personal::new(series),
            number: Personal::new(number),
            issued_on: draft.issued_on,
            issued_by: Personal::new(
                self.line(&format!("{field}.issued_by"), draft.issued_by.reveal()),
            ),
            department_code: if department_digits.len() == 6 {
                format!("{}-{}", &department_digits[..3], &department_digits[3..])
            } else {
                String::new()
            },
        })
    }

    fn organisation(
        &mut self,
        draft: &OrganisationDraft,
        before: Option<&Organisation>,
    ) -> Organisation {
        let optional = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned)
        };
        let kpp = optional(&draft.kpp).and_then(|text| {
            documents::kpp(&text)
                .inspect_err(|_| {
                    self.faults.push(FieldFault::new(
                        "organisation.kpp",
                        "invalid_kpp",
                        "a KPP has nine characters, for instance 770101001",
                    ))
                })
                .ok()
        });
        let ogrn = optional(&draft.ogrn).and_then(|text| {
            documents::ogrn(&text)
                .inspect_err(|_| {
                    self.faults.push(FieldFault::new(
                        "organisation.ogrn",
                        "invalid_ogrn",
                        "an OGRN has 13 digits, an OGRNIP 15; check the last digit",
                    ))
                })
                .ok()
        });
        Organisation {
            form: draft.form.or(before.map(|known| known.form)).unwrap_or_default(),
            short_name: self.line("organisation.short_name", &draft.short_name),
            full_name: self.line("organisation.full_name", &draft.full_name),
            kpp,
            ogrn,
            parent: draft.parent_id,
        }
    }
}

impl ClientDraft {
    /// What sort of client the draft says or shows by its names; `None` when it does neither.
    #[must_use]
    pub fn apparent_kind(&self) -> Option<ClientKind> {
        let has = |name: &Option<Personal<String>>| {
            name.as_ref().is_some_and(|name| !name.reveal().is_empty())
        };
        let organisation = self.organisation.as_ref();
        let is_named =
            |of: &OrganisationDraft| !of.short_name.is_empty() || !of.full_name.is_empty();
        self.kind.or(match organisation.is_some_and(is_named) {
            true => Some(ClientKind::Organisation),
            false => (has(&self.last_name) || has(&self.first_name)).then_some(ClientKind::Person),
        })
    }

    /// The draft completed for a client of this sort, where it does not say the sort itself: a
    /// person has no parts of an organisation.
    #[must_use]
    pub fn for_kind(mut self, kind: ClientKind) -> Self {
        if self.kind.is_none() {
            self.kind = Some(kind);
            self.organisation = self.organisation.filter(|_| kind == ClientKind::Organisation);
        }
        self
    }

    /// Checks the draft over `before` (defaults for a new client).
    ///
    /// # Errors
    /// Every fault of every field at once.
    pub fn check(
        &self,
        id: ClientId,
        before: &ClientDetails,
        today: Date,
    ) -> Result<ClientDetails, Vec<FieldFault>> {
        let mut check = Check { today, faults: Vec::new() };
        let mut details = before.clone();
        if let Some(kind) = self.kind {
            details.kind = kind;
        }
        self.check_person(&mut check, &mut details);
        self.check_identifiers(id, &mut check, &mut details);
        if let Some(phones) = &self.phones {
            details.phones = check.list("phones", phones, Check::phone);
            details.phones = without_repeats(details.phones, |a, b| {
                a.e164 == b.e164 && a.extension == b.extension
            });
        }
        if let Some(emails) = &self.emails {
            details.emails = check.list("emails", emails, Check::email);
            details.emails = without_repeats(details.emails, |a, b| a == b);
        }
        if let Some(addresses) = &self.addresses {
            details.addresses = check.list("addresses", addresses, Check::address);
        }
        if let Some(documents) = &self.documents {
            details.documents = check.list("documents", documents, Check::document);
        }
        if let Some(organisation) = &self.organisation {
            let known = before.organisation.as_ref();
            details.organisation = Some(check.organisation(organisation, known));
        }
        check_whole(&mut check, &details);
        if check.faults.is_empty() { Ok(details) } else { Err(check.faults) }
    }

    fn check_person(&self, check: &mut Check, details: &mut ClientDetails) {
        if let Some(last) = &self.last_name {
            details.name.last = check.name("last_name", last);
        }
        if let Some(first) = &self.first_name {
            details.name.first = check.name("first_name", first);
        }
        if let Some(patronymic) = &self.patronymic {
            details.name.patronymic = if names::is_no_patronymic(patronymic.reveal()) {
                Personal::default()
            } else {
                check.name("patronymic", patronymic)
            };
        }
        if let Some(birth_date) = &self.birth_date {
            let years =
                chrono::Datelike::year(&check.today) - chrono::Datelike::year(birth_date.reveal());
            if *birth_date.reveal() > check.today || years > OLDEST_BIRTH_YEARS {
                check.fault(
                    "birth_date",
                    "invalid_birth_date",
                    "the date of birth is in the future or too long ago",
                );
            }
            details.birth_date = Some(birth_date.clone());
        }
        if let Some(sex) = self.sex {
            details.sex = Some(sex);
        }
        if let Some(place) = &self.birth_place {
            details.birth_place = Personal::new(check.line("birth_place", place.reveal()));
        }
        if let Some(language) = &self.language {
            let language = language.trim();
            if !["", "ru", "en"].contains(&language) {
                check.fault("language", "unknown_language", "known languages are ru and en");
            }
            details.language = language.to_owned();
        }
        if let Some(zone) = &self.time_zone {
            let zone = zone.trim();
            if !zone.is_empty() && zone.parse::<chrono_tz::Tz>().is_err() {
                check.fault(
                    "time_zone",
                    "unknown_time_zone",
                    "write an IANA zone, for instance Asia/Novosibirsk",
                );
            }
            details.time_zone = zone.to_owned();
        }
    }

    fn check_identifiers(&self, id: ClientId, check: &mut Check, details: &mut ClientDetails) {
        if let Some(inn) = &self.inn {
            details.inn = optional_identifier(
                check,
                "inn",
                inn,
                documents::inn(inn.reveal()).ok(),
                "invalid_inn",
                "an INN has 10 or 12 digits; check the last ones",
            );
        }
        if let Some(snils) = &self.snils {
            details.snils = optional_identifier(
                check,
                "snils",
                snils,
                documents::snils(snils.reveal()).ok(),
                "invalid_snils",
                "a SNILS has 11 digits; check the last two",
            );
        }
        if let Some(word) = &self.code_word {
            let word = word.reveal().trim();
            if word.is_empty() {
                details.code_word = None;
            } else if names::key(word).chars().count() < 3 || word.chars().count() > 50 {
                check.fault("code_word", "invalid_code_word", "a code word has 3 to 50 characters");
            } else {
                details.code_word = Some(super::identification::code_word_hash(id, word));
            }
        }
    }
}

fn optional_identifier(
    check: &mut Check,
    field: &str,
    typed: &Personal<String>,
    parsed: Option<String>,
    code: &'static str,
    message: &str,
) -> Option<Personal<String>> {
    if typed.reveal().trim().is_empty() {
        return None;
    }
    if parsed.is_none() {
        check.fault(field, code, message);
    }
    parsed.map(Personal::new)
}

fn without_repeats<T>(items: Vec<T>, same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut kept: Vec<T> = Vec::with_capacity(items.len());
    for item in items {
        if !kept.iter().any(|other| same(other, &item)) {
            kept.push(item);
        }
    }
    kept
}

/// What only the whole shows: names by kind, the INN's length by kind.
fn check_whole(check: &mut Check, details: &ClientDetails) {
    match details.kind {
        ClientKind::Organisation => {
            let Some(organisation) = &details.organisation else {
                check.fault("organisation", "required", "an organisation needs its name and form");
                return;
            };
            if organisation.short_name.is_empty() && organisation.full_name.is_empty() {
                check.fault("organisation.full_name", "required", "write the organisation's name");
            }
        }
        ClientKind::Person | ClientKind::Prospect => {
            if details.organisation.is_some() {
                check.fault("organisation", "not_allowed", "only an organisation has this part");
            }
            if details.name.full().is_empty() {
                check.fault("last_name", "required", "write the name");
            }
            if details.inn.as_ref().is_some_and(|inn| inn.reveal().len() == 10) {
                check.fault("inn", "invalid_inn", "the INN of a person has 12 digits");
            }
        }
        ClientKind::Anonymous => {}
    }
}
