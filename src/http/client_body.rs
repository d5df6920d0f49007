//! What is typed about a client, as JSON: the strict mirror of [`ClientDraft`].

use crate::base::ids::ClientId;
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::domain::client::{
    AddressDraft, AddressKind, ClientDraft, ClientKind, DocumentDraft, DocumentKind, EmailDraft,
    FileKind, OrganisationDraft, OrganisationForm, PhoneDraft, PhoneKind, Sex,
};
use crate::{json_object, json_words};

type Text = Personal<String>;

json_words! {
    ClientKind = "person, organisation, prospect, anonymous",
    Sex = "female, male",
    PhoneKind = "mobile, home, work, other",
    AddressKind = "residence, stay, work, legal",
    DocumentKind = "passport_rf, foreign_passport, other",
    OrganisationForm = "network, store, employee, partner",
    FileKind = "contract, passport, other",
}

json_object! {
    /// A phone as typed.
    #[derive(Debug)]
    pub struct PhoneBody {
        /// In any usual form.
        pub number: Text,
        /// What it is.
        pub kind: Option<PhoneKind>,
        /// Confirmed by a call.
        pub verified: Option<bool>,
        /// Extension behind the number; read with the number.
        pub extension: Option<String>,
    }
}

json_object! {
    /// An e-mail as typed.
    #[derive(Debug)]
    pub struct EmailBody {
        /// The address.
        pub email: Text,
    }
}

json_object! {
    /// An address as typed.
    #[derive(Debug)]
    pub struct AddressBody {
        /// What it is.
        pub kind: Option<AddressKind>,
        /// One line.
        pub text: Text,
        /// Region.
        pub region: Option<String>,
        /// City.
        pub city: Option<String>,
        /// Six digits.
        pub postcode: Option<String>,
    }
}

json_object! {
    /// An identity document as typed.
    #[derive(Debug)]
    pub struct DocumentBody {
        /// What it is.
        pub kind: DocumentKind,
        /// Series.
        pub series: Option<Text>,
        /// Number.
        pub number: Text,
        /// Date of issue.
        pub issued_on: Option<Date>,
        /// Who issued it.
        pub issued_by: Option<Text>,
        /// `NNN-NNN`.
        pub department_code: Option<String>,
        /// Last day of validity; taken and not kept.
        pub valid_until: Option<Date>,
    }
}

json_object! {
    /// What makes an organisation, as typed.
    #[derive(Debug)]
    pub struct OrganisationBody {
        /// Place in the hierarchy.
        pub form: Option<OrganisationForm>,
        /// Short name.
        pub short_name: Option<String>,
        /// Full name.
        pub full_name: Option<String>,
        /// KPP.
        pub kpp: Option<String>,
        /// OGRN or OGRNIP.
        pub ogrn: Option<String>,
        /// The network of a store, the store of an employee.
        pub parent_id: Option<ClientId>,
    }
}

json_object! {
    /// A client as typed. What is left out stays as it is; an empty text clears; lists replace.
    #[derive(Debug)]
    pub struct ClientBody {
        /// What sort of client.
        pub kind: Option<ClientKind>,
        /// Surname.
        pub last_name: Option<Text>,
        /// First name.
        pub first_name: Option<Text>,
        /// Patronymic.
        pub patronymic: Option<Text>,
        /// Date of birth.
        pub birth_date: Option<Personal<Date>>,
        /// Sex.
        pub sex: Option<Sex>,
        /// Place of birth.
        pub birth_place: Option<Text>,
        /// INN.
        pub inn: Option<Text>,
        /// SNILS.
        pub snils: Option<Text>,
        /// Code word in clear; only its salted hash is kept.
        pub code_word: Option<Text>,
        /// Phones.
        pub phones: Option<Vec<PhoneBody>>,
        /// E-mails.
        pub emails: Option<Vec<EmailBody>>,
        /// Addresses.
        pub addresses: Option<Vec<AddressBody>>,
        /// Identity documents.
        pub documents: Option<Vec<DocumentBody>>,
        /// What makes an organisation.
        pub organisation: Option<OrganisationBody>,
        /// `ru`, `en`.
        pub language: Option<String>,
        /// IANA zone.
        pub time_zone: Option<String>,
        /// The person has seen who else looks the same, and insists.
        pub acknowledge_duplicates: Option<bool>,
    }
}

impl From<PhoneBody> for PhoneDraft {
    fn from(body: PhoneBody) -> Self {
        let number = match body.extension.filter(|extension| !extension.is_empty()) {
            Some(extension) => Personal::new(format!("{} доб. {extension}", body.number.reveal())),
            None => body.number,
        };
        let (kind, verified) = (body.kind.unwrap_or_default(), body.verified.unwrap_or(false));
        Self { number, kind, verified }
    }
}

impl From<AddressBody> for AddressDraft {
    fn from(body: AddressBody) -> Self {
        Self {
            kind: body.kind.unwrap_or_default(),
            text: body.text,
            region: body.region.unwrap_or_default(),
            city: body.city.unwrap_or_default(),
            postcode: body.postcode.unwrap_or_default(),
        }
    }
}

impl From<DocumentBody> for DocumentDraft {
    fn from(body: DocumentBody) -> Self {
        Self {
            kind: body.kind,
            series: body.series.unwrap_or_default(),
            number: body.number,
            issued_on: body.issued_on,
            issued_by: body.issued_by.unwrap_or_default(),
            department_code: body.department_code.unwrap_or_default(),
        }
    }
}

impl From<OrganisationBody> for OrganisationDraft {
    fn from(body: OrganisationBody) -> Self {
        Self {
            form: body.form,
            short_name: body.short_name.unwrap_or_default(),
            full_name: body.full_name.unwrap_or_default(),
            kpp: body.kpp,
            ogrn: body.ogrn,
            parent_id: body.parent_id,
        }
    }
}

fn all<T, U: From<T>>(list: Option<Vec<T>>) -> Option<Vec<U>> {
    list.map(|items| items.into_iter().map(Into::into).collect())
}

impl From<EmailBody> for EmailDraft {
    fn from(body: EmailBody) -> Self {
        Self { email: body.email }
    }
}

impl From<ClientBody> for ClientDraft {
    fn from(body: ClientBody) -> Self {
        Self {
            kind: body.kind,
            last_name: body.last_name,
            first_name: body.first_name,
            patronymic: body.patronymic,
            birth_date: body.birth_date,
            sex: body.sex,
            birth_place: body.birth_place,
            inn: body.inn,
            snils: body.snils,
            code_word: body.code_word,
            phones: all(body.phones),
            emails: all(body.emails),
            addresses: all(body.addresses),
            documents: all(body.documents),
            organisation: body.organisation.map(Into::into),
            language: body.language,
            time_zone: body.time_zone,
        }
    }
}
