//! The card as the page receives it: plain fields, nothing that the caller may not see.

use crate::base::money::Money;
use crate::base::time::Date;
use crate::domain::client::ClientKind;
use serde::Serialize;
use std::collections::BTreeMap;

/// Money as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MoneyView {
    /// Plain decimal.
    pub amount: String,
    /// ISO 4217.
    pub currency: &'static str,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self { amount: money.to_decimal(), currency: money.currency().code() }
    }
}

/// The card.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Card {
    /// The client.
    pub client_id: String,
    /// For `If-Match`.
    pub version: u64,
    /// Level reached in the call.
    pub level: u8,
    /// `person`, `organisation`, `prospect`, `anonymous`.
    pub kind: ClientKind,
    /// Name; short while locked.
    pub name: String,
    /// Card number.
    pub number: u64,
    /// Client since.
    pub since: Option<Date>,
    /// What is no secret.
    pub facts: Facts,
    /// The caller's questions with their answers.
    pub answers: Vec<Answer>,
    /// Personal data, masked until unlocked.
    pub personal: PersonalView,
    /// What makes an organisation.
    pub organisation: Option<OrganisationView>,
    /// Loans, open ones first.
    pub loans: Vec<LoanRow>,
    /// Notes, newest first.
    pub notes: Vec<NoteView>,
    /// Consents, newest first.
    pub consents: Vec<ConsentView>,
    /// Files, newest first.
    pub files: Vec<FileView>,
    /// Limits on contact; none are known yet.
    pub restrictions: Vec<String>,
    /// What to say or ask.
    pub recommendations: Vec<Recommendation>,
    /// Until when no caller can be identified as this client, after too many wrong answers today; it
    /// opens by itself. For everybody who may see the card.
    pub check_closed_until: Option<String>,
}

/// What is no secret.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Facts {
    /// City.
    pub city: String,
    /// Language to speak.
    pub language: String,
    /// IANA zone, or empty.
    pub time_zone: String,
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Answer {
    /// `next_payment`, `debt_today`, `total_left`, `where_to_pay`.
    pub kind: &'static str,
    /// Not shown below `required_level`.
    pub locked: bool,
    /// The level that unlocks it.
    pub required_level: u8,
    /// The sum; absent with `none` false where no source tells it for every open loan: the page
    /// must not read "nothing" aloud.
    pub amount: Option<MoneyView>,
    /// The date.
    pub date: Option<Date>,
    /// Days until the date.
    pub days_left: Option<i64>,
    /// Days past due of the oldest unpaid instalment.
    pub overdue_days: Option<u32>,
    /// The past-due part of the sum.
    pub overdue: Option<MoneyView>,
    /// The date that an outside system's figures are true on.
    pub as_of: Option<Date>,
    /// Loans it speaks of.
    pub loans: Vec<String>,
    /// There is nothing to say: no open loan, no debt.
    pub none: bool,
}

/// Personal data.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PersonalView {
    /// In clear.
    pub unmasked: bool,
    /// Only in clear.
    pub full_name: Option<String>,
    /// Only in clear.
    pub last_name: Option<String>,
    /// Only in clear.
    pub first_name: Option<String>,
    /// Only in clear.
    pub patronymic: Option<String>,
    /// Only in clear.
    pub birth_date: Option<Date>,
    /// Only in clear.
    pub sex: Option<crate::domain::client::Sex>,
    /// Only in clear.
    pub birth_place: Option<String>,
    /// Masked or in clear.
    pub inn: Option<String>,
    /// Masked or in clear.
    pub snils: Option<String>,
    /// Whether a code word was agreed; never the word.
    pub code_word_set: bool,
    /// Phones.
    pub phones: Vec<PhoneView>,
    /// E-mails.
    pub emails: Vec<EmailView>,
    /// Addresses; the text only in clear.
    pub addresses: Vec<AddressView>,
    /// Identity documents.
    pub documents: Vec<DocumentView>,
}

/// A phone.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PhoneView {
    /// E.164, masked or in clear.
    pub number: String,
    /// What it is.
    pub kind: crate::domain::client::PhoneKind,
    /// Confirmed.
    pub verified: bool,
    /// Behind the number.
    pub extension: Option<String>,
}

/// An e-mail.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct EmailView {
    /// Masked or in clear.
    pub email: String,
}

/// An address.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct AddressView {
    /// What it is.
    pub kind: crate::domain::client::AddressKind,
    /// Only in clear, else empty.
    pub text: String,
    /// Region.
    pub region: String,
    /// City.
    pub city: String,
    /// Only in clear, else empty.
    pub postcode: String,
}

/// An identity document.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DocumentView {
    /// What it is.
    pub kind: crate::domain::client::DocumentKind,
    /// Masked or in clear.
    pub series: String,
    /// Masked or in clear.
    pub number: String,
    /// Only in clear.
    pub issued_on: Option<Date>,
    /// Only in clear, else empty.
    pub issued_by: String,
    /// Only in clear, else empty.
    pub department_code: String,
    /// Until when a Russian passport is valid; only in clear.
    pub valid_until: Option<Date>,
}

/// What makes an organisation. Public register data: never masked.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OrganisationView {
    /// Place in the hierarchy.
    pub form: crate::domain::client::OrganisationForm,
    /// Short name.
    pub short_name: String,
    /// Full name.
    pub full_name: String,
    /// KPP.
    pub kpp: Option<String>,
    /// OGRN or OGRNIP.
    pub ogrn: Option<String>,
    /// Network of a store, store of an employee.
    pub parent_id: Option<String>,
}

/// A loan in the list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LoanRow {
    /// The loan.
    pub loan_id: String,
    /// Number of the agreement; its end only while locked.
    pub number: String,
    /// The account it is kept on, masked unless personal data is in clear; `None` while locked.
    pub account: Option<String>,
    /// Product.
    pub product: String,
    /// Derived: `overdue` when something is past due.
    pub status: &'static str,
    /// The source system's own word.
    pub status_source: String,
    /// Sum granted.
    pub principal: Option<MoneyView>,
    /// Date of issue.
    pub issued_on: Date,
    /// Months; 0 when the source does not say.
    pub term_months: u16,
    /// Annual rate in percent.
    pub rate_percent: Option<String>,
    /// Next due date.
    pub next_due_on: Option<Date>,
    /// Sum due then.
    pub next_payment: Option<MoneyView>,
    /// All that is left.
    pub outstanding: Option<MoneyView>,
    /// Past due.
    pub overdue: Option<MoneyView>,
    /// Days past due.
    pub days_past_due: Option<u32>,
    /// Set when the figures are an outside system's.
    pub as_of: Option<Date>,
    /// Sums are not shown.
    pub locked: bool,
}

/// A note.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct NoteView {
    /// The note.
    pub id: String,
    /// When.
    pub at: String,
    /// Who.
    pub by: String,
    /// Text.
    pub text: String,
}

/// A consent.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ConsentView {
    /// The consent.
    pub id: String,
    /// What for.
    pub purpose: String,
    /// When.
    pub given_at: String,
    /// Version of the text.
    pub text_version: String,
    /// Where the proof is.
    pub evidence: String,
    /// When withdrawn.
    pub revoked_at: Option<String>,
}

/// A file.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FileView {
    /// The file.
    pub id: String,
    /// Name.
    pub name: String,
    /// What it is.
    pub kind: crate::domain::client::FileKind,
    /// The loan it belongs to.
    pub loan_id: Option<String>,
    /// Bytes.
    pub size: u64,
    /// Media type.
    pub mime: String,
    /// When.
    pub at: String,
    /// Its bytes need a higher level.
    pub locked: bool,
}

/// What to say or ask; the page has the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Recommendation {
    /// `ask` or `tell`.
    pub kind: &'static str,
    /// Which words.
    pub text_key: &'static str,
    /// Values in the words.
    pub values: BTreeMap<&'static str, String>,
}
