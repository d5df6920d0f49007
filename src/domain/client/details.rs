//! Who a client is: names, contact points, documents, organisation. Everything normalised.

use crate::base::documents;
use crate::base::ids::ClientId;
use crate::base::personal::Personal;
use crate::base::time::Date;
use serde::{Deserialize, Serialize};

/// What sort of client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// A natural person with a contract or an application.
    #[default]
    Person,
    /// A legal entity: partner network, store, or another organisation.
    Organisation,
    /// Somebody who may become a client.
    Prospect,
    /// A caller who gave no name.
    Anonymous,
}

/// Sex as written in an identity document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// A person's name in display form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// Surname.
    pub last: Personal<String>,
    /// First name.
    pub first: Personal<String>,
    /// Patronymic; empty when there is none.
    pub patronymic: Personal<String>,
}

impl PersonName {
    /// `Иванов Иван Иванович`; parts that are missing leave no gap.
    #[must_use]
    pub fn full(&self) -> String {
        let parts = [self.last.reveal(), self.first.reveal(), self.patronymic.reveal()];
        let present: Vec<&str> =
            parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        present.join(" ")
    }
}

/// What a phone is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhoneKind {
    /// The client's own mobile.
    #[default]
    Mobile,
    /// At home.
    Home,
    /// At work.
    Work,
    /// Anything else.
    Other,
}

/// A phone of the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhonePoint {
    /// E.164, for instance `+79161234567`.
    pub e164: Personal<String>,
    /// Extension behind the number.
    pub extension: Option<String>,
    /// What it is.
    pub kind: PhoneKind,
    /// Confirmed by a call or a code.
    pub verified: bool,
}

/// An e-mail of the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailPoint {
    /// The address; local part in its own case.
    pub address: Personal<String>,
}

/// What an address is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// Registered residence.
    #[default]
    Residence,
    /// Where the person stays.
    Stay,
    /// Place of work.
    Work,
    /// Seat of an organisation.
    Legal,
}

/// An address of the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// What it is.
    pub kind: AddressKind,
    /// One line, cleansed.
    pub text: Personal<String>,
    /// Region.
    pub region: String,
    /// City.
    pub city: String,
    /// Six digits, or empty.
    pub postcode: String,
}

/// What an identity document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Internal passport of Russia.
    PassportRf,
    /// A passport of another country.
    ForeignPassport,
    /// Anything else.
    Other,
}

/// An identity document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it is.
    pub kind: DocumentKind,
    /// Series; four digits for an internal passport.
    pub series: Personal<String>,
    /// Number; six digits for an internal passport.
    pub number: Personal<String>,
    /// Date of issue.
    pub issued_on: Option<Date>,
    /// Who issued it.
    pub issued_by: Personal<String>,
    /// `NNN-NNN`, or empty.
    pub department_code: String,
}

impl Document {
    /// Series and number as they are compared and searched.
    #[must_use]
    pub fn key(&self) -> String {
        documents::key(self.series.reveal()) + &documents::key(self.number.reveal())
    }
}

/// What an organisation is in the partner hierarchy (product H23).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationForm {
    /// A legal entity that owns stores.
    #[default]
    Network,
    /// A store of a network.
    Store,
    /// An employee of a store.
    Employee,
    /// Another partner.
    Partner,
}

impl OrganisationForm {
    /// Whether this form is the one that holds the OGRN: stores and employees share their network's.
    #[must_use]
    pub const fn owns_ogrn(self) -> bool {
        matches!(self, Self::Network | Self::Partner)
    }
}

/// What makes an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Place in the hierarchy.
    pub form: OrganisationForm,
    /// Short name.
    pub short_name: String,
    /// Full name.
    pub full_name: String,
    /// KPP.
    pub kpp: Option<String>,
    /// OGRN or OGRNIP.
    pub ogrn: Option<String>,
    /// The network of a store, the store of an employee.
    pub parent: Option<ClientId>,
}

/// Who and where a client is, normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientDetails {
    /// What sort of client.
    pub kind: ClientKind,
    /// Name of a person; empty for organisations.
    pub name: PersonName,
    /// Date of birth.
    pub birth_date: Option<Personal<Date>>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Place of birth.
    pub birth_place: Personal<String>,
    /// INN: 10 digits of an organisation, 12 of a person.
    pub inn: Option<Personal<String>>,
    /// SNILS, 11 digits.
    pub snils: Option<Personal<String>>,
    /// Salted hash of the code word; see [`super::identification::code_word_hash`].
    pub code_word: Option<[u8; 32]>,
    /// Phones, the first is the main one.
    pub phones: Vec<PhonePoint>,
    /// E-mails.
    pub emails: Vec<EmailPoint>,
    /// Addresses.
    pub addresses: Vec<Address>,
    /// Identity documents.
    pub documents: Vec<Document>,
    /// What makes an organisation.
    pub organisation: Option<Organisation>,
    /// Language to speak: `ru`, `en`, or empty.
    pub language: String,
    /// IANA zone known for the client, or empty.
    pub time_zone: String,
}

impl ClientDetails {
    /// The name shown: a person's full name, an organisation's short (else full) name.
    #[must_use]
    pub fn display_name(&self) -> String {
        match &self.organisation {
            Some(organisation) if !organisation.short_name.is_empty() => {
                organisation.short_name.clone()
            }
            Some(organisation) => organisation.full_name.clone(),
            None => self.name.full(),
        }
    }
    /// The address asked for in identification: residence, else the first.
    #[must_use]
    pub fn main_address(&self) -> Option<&Address> {
        self.addresses
            .iter()
            .find(|address| address.kind == AddressKind::Residence)
            .or_else(|| self.addresses.first())
    }
}
