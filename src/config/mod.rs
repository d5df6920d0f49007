//! Configuration: raw as typed by the administrator → checked, with all faults named at once.
//!
//! Key, type, default and explanation of a setting stand in one place, [`raw`]; the shipped
//! `config/lenderbox.toml` is generated from it. Other rooms get the plain structs of [`Config`].
//! Must never know what the settings do.

mod check;
mod raw;
mod reading;
mod secret;

use crate::base::money::Currency;
use crate::base::personal::Personal;
use crate::base::time::Zone;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A fault of one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// Its key, for instance `listen.address`.
    pub key: String,
    /// What to do.
    pub message: String,
}

impl SettingFault {
    fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration is not valid TOML: {message}")]
    Syntax {
        /// Where and what.
        message: String,
    },
    /// Settings are at fault; every one is named.
    #[error("{}", listed(faults))]
    Invalid {
        /// All faults.
        faults: Vec<SettingFault>,
    },
}

fn listed(faults: &[SettingFault]) -> String {
    let lines: Vec<String> =
        faults.iter().map(|fault| format!("  {}: {}", fault.key, fault.message)).collect();
    format!("correct these settings:\n{}", lines.join("\n"))
}

/// Everything that can be set, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The lender.
    pub lender: Lender,
    /// Where the page and the API are served.
    pub listen: Listen,
    /// The data folder and its sizes.
    pub storage: Storage,
    /// Sessions and passwords.
    pub security: Security,
    /// How callers are identified.
    pub identification: Identification,
    /// What clients are found by.
    pub search: Search,
    /// How calls are worked.
    pub calls: Calls,
    /// Where call events come from.
    pub pbx: Pbx,
    /// Backups.
    pub backup: Backup,
    /// How long what is kept.
    pub retention: Retention,
    /// Bounds on load.
    pub limits: Limits,
    /// Logs.
    pub log: Log,
}

/// The lender.
#[derive(Debug, Clone)]
pub struct Lender {
    /// Full name.
    pub name: String,
    /// The name said to callers.
    pub short_name: String,
    /// Zone of days past due and numbering.
    pub zone: Zone,
    /// Currency of new loans.
    pub currency: Currency,
    /// Languages of the page, the first one by default.
    pub languages: Vec<Language>,
    /// Bank accounts on which payments come in, without spaces.
    pub accounts: Vec<String>,
    /// How agreements are numbered, `#` for each digit.
    pub agreement_numbers: Vec<String>,
    /// Hour of the lender's day at which the daily run begins; `None` begins none by itself.
    pub daily_run_hour: Option<u8>,
    /// What papers say of the lender.
    pub particulars: Particulars,
}

/// What papers say of the lender; empty where nothing was set.
#[derive(Debug, Clone, Default)]
pub struct Particulars {
    /// INN, checked.
    pub inn: String,
    /// OGRN or OGRNIP, checked.
    pub ogrn: String,
    /// Address.
    pub address: String,
    /// Phone.
    pub phone: String,
    /// Name of who signs.
    pub signer: String,
    /// His post in Russian.
    pub signer_post: String,
    /// His post in English.
    pub signer_post_en: String,
}

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Russian.
    Russian,
    /// English.
    English,
}

impl Language {
    /// ISO 639-1 letters.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Russian => "ru",
            Self::English => "en",
        }
    }
}

/// Where the page and the API are served.
#[derive(Debug, Clone)]
pub struct Listen {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// How the connection is protected.
    pub tls: Tls,
    /// What people type into the browser, without a slash at the end; empty when not given.
    pub public_url: String,
    /// Names and addresses that the own certificate is made for.
    pub names: Vec<String>,
}

/// How connections are protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Own authority and certificate, made at the first start.
    Auto,
    /// The lender's certificate.
    Files {
        /// Chain in PEM.
        certificate: PathBuf,
        /// Private key in PEM.
        key: PathBuf,
    },
    /// Plain HTTP: only on loopback.
    Off,
}

/// The data folder and its sizes.
#[derive(Debug, Clone)]
pub struct Storage {
    /// Where everything is kept.
    pub folder: PathBuf,
    /// Free bytes below which nothing new is taken.
    pub reserve_bytes: u64,
    /// Bytes of memory after which the store is reopened.
    pub memory_bytes: u64,
    /// Bytes of one journal segment.
    pub segment_bytes: u64,
    /// Seconds between two flushes of the store.
    pub flush_seconds: u64,
}

/// Sessions and passwords.
#[derive(Debug, Clone)]
pub struct Security {
    /// Seconds without a request after which a session ends.
    pub session_idle_seconds: i64,
    /// Seconds after which a session ends in any case.
    pub session_absolute_seconds: i64,
    /// Wrong passwords in a row before the log-in is locked.
    pub lockout_failures: u32,
    /// Seconds the log-in stays locked.
    pub lockout_seconds: i64,
    /// The second factor.
    pub totp: Totp,
    /// Characters of the shortest password.
    pub password_chars_min: usize,
}

/// Who must have a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Totp {
    /// Nobody can.
    Off,
    /// Who wants to.
    Optional,
    /// Supervisors, administrators and auditors must; others may.
    RequiredForPrivileged,
}

/// How callers are identified (domain.md 4.3).
#[derive(Debug, Clone)]
pub struct Identification {
    /// Fields offered to the operator, in order.
    pub fields: Vec<String>,
    /// Fields that level 2 always needs.
    pub level_2_all: Vec<String>,
    /// One of these more for level 2.
    pub level_2_one_of: Vec<String>,
    /// One of these more for level 3.
    pub level_3_one_of: Vec<String>,
    /// Wrong answers before the client is locked for the day.
    pub failures: u8,
}

/// A field that clients can be found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchField {
    /// A phone in any written form.
    Phone,
    /// The beginning of a name, in either order; words of an organisation's name.
    Name,
    /// Series and number of an identity document.
    Document,
    /// The number of a loan agreement or its beginning.
    LoanNumber,
    /// The account of a loan or its beginning.
    Account,
    /// INN of a person or an organisation.
    Inn,
    /// OGRN or OGRNIP.
    Ogrn,
    /// SNILS.
    Snils,
    /// The number of the client's card.
    CardNumber,
    /// An e-mail.
    Email,
}

impl SearchField {
    /// All fields.
    pub const ALL: [Self; 10] = [
        Self::Phone,
        Self::Name,
        Self::Document,
        Self::LoanNumber,
        Self::Account,
        Self::Inn,
        Self::Ogrn,
        Self::Snils,
        Self::CardNumber,
        Self::Email,
    ];
    /// The word of settings and of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Name => "name",
            Self::Document => "document",
            Self::LoanNumber => "loan_number",
            Self::Account => "account",
            Self::Inn => "inn",
            Self::Ogrn => "ogrn",
            Self::Snils => "snils",
            Self::CardNumber => "card_number",
            Self::Email => "email",
        }
    }
    /// Reads the word of settings and of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }
}

/// What clients are found by.
#[derive(Debug, Clone)]
pub struct Search {
    /// Fields, in order of trial; nothing else is looked into.
    pub fields: Vec<SearchField>,
}

impl Search {
    /// The words of the fields, in order.
    #[must_use]
    pub fn codes(&self) -> Vec<&'static str> {
        self.fields.iter().map(|field| field.code()).collect()
    }
}

/// How calls are worked.
#[derive(Debug, Clone)]
pub struct Calls {
    /// The creditor named in the opening words.
    pub creditor: String,
    /// Characters that a comment needs at least.
    pub comment_chars_min: usize,
    /// Seconds of ringing after which an offer counts as missed and the operator is not ready.
    pub missed_seconds: i64,
    /// Seconds of wrap-up after which the operator becomes not ready.
    pub wrap_up_seconds: i64,
    /// Seconds without any event after which a live call is taken as lost.
    pub silent_seconds: i64,
    /// Country of phones written without one, ISO 3166 letters.
    pub country: String,
}

/// Where call events come from.
#[derive(Debug, Clone, Default)]
pub struct Pbx {
    /// Asterisk manager links.
    pub ami: Vec<AmiSource>,
    /// Cloud PBX that post to us.
    pub webhooks: Vec<WebhookSource>,
    /// Whether a PBX may hold `/pbx/feed` and post to `/pbx/events`.
    pub feed: bool,
    /// Extensions that serve a queue; a queue not named is served by everybody.
    pub queues: BTreeMap<String, Vec<String>>,
}

impl Pbx {
    /// Whether any telephony is configured.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        self.feed || !self.ami.is_empty() || !self.webhooks.is_empty()
    }
}

/// One Asterisk manager link.
#[derive(Debug, Clone)]
pub struct AmiSource {
    /// Name of the source in events and on the page.
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Manager user.
    pub user: String,
    /// Manager secret.
    pub secret: Personal<String>,
    /// Channel of an operator's phone; `{extension}` is replaced.
    pub operator_channel: String,
    /// Dial-plan context that outgoing calls start in.
    pub outbound_context: String,
    /// Dial-plan context of extensions, for transfers.
    pub internal_context: String,
    /// Channels whose name begins so are lines to the outside.
    pub trunk_prefixes: Vec<String>,
    /// What stands before a number dialled outside, for instance `9` or nothing.
    pub dial_prefix: String,
    /// Caller id shown to clients; empty leaves it to the PBX.
    pub caller_id: String,
    /// Seconds a dialled phone rings.
    pub ring_seconds: u32,
    /// Whether members of queues are paused while their operators are not ready.
    pub pause_queue_members: bool,
}

/// One cloud PBX that posts its events.
#[derive(Debug, Clone)]
pub struct WebhookSource {
    /// Name of the source: the last part of `/pbx/hooks/{source}`.
    pub name: String,
    /// Form field that holds the JSON (Mango: `json`); empty when the fields are the form's own.
    pub payload_field: String,
    /// Our field → path in the payload (`from.number`).
    pub fields: BTreeMap<String, String>,
    /// The source's word for a kind of event → ours.
    pub event_types: BTreeMap<String, String>,
    /// The source's word for a direction → ours.
    pub directions: BTreeMap<String, String>,
    /// Form of the instant.
    pub time_form: TimeForm,
    /// How a request proves where it comes from.
    pub proof: WebhookProof,
}

/// How a source writes instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeForm {
    /// RFC 3339.
    Rfc3339,
    /// Seconds since 1970.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
    /// None: the instant of arrival.
    Arrival,
}

/// How a webhook proves where it comes from.
#[derive(Debug, Clone)]
pub enum WebhookProof {
    /// A header or a form field carries the secret itself.
    Secret {
        /// Name of the header or field.
        place: String,
        /// The secret.
        secret: Personal<String>,
    },
    /// HMAC-SHA256 of the body, hexadecimal, in a header.
    Hmac {
        /// Name of the header.
        header: String,
        /// The key.
        secret: Personal<String>,
        /// Seconds that the instant in the header may differ from ours; 0 when it has none.
        window_seconds: u32,
    },
    /// SHA-256 of key + payload + salt, hexadecimal, in a form field (Mango).
    KeyedDigest {
        /// Name of the form field.
        field: String,
        /// The key that the source was given.
        key: Personal<String>,
        /// The salt.
        secret: Personal<String>,
    },
}

/// Backups.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Where they lie.
    pub folder: PathBuf,
    /// Hour of the lender's day; `None` takes none by itself.
    pub daily_hour: Option<u8>,
    /// How many are kept.
    pub keep: usize,
    /// Public key (`age1…`) they are encrypted for; empty leaves them plain.
    pub age_recipient: String,
}

/// How long what is kept.
#[derive(Debug, Clone)]
pub struct Retention {
    /// Days of the access log.
    pub access_log_days: u32,
    /// Days of raw PBX events.
    pub pbx_event_days: u32,
    /// Days of rejected rows of imports.
    pub import_reject_days: u32,
}

/// Bounds on load.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Requests a second of one person.
    pub requests_per_second: u32,
    /// Log-ins a minute from one address.
    pub logins_per_minute: u32,
    /// Open connections.
    pub connections: usize,
    /// Bytes of one uploaded file.
    pub upload_bytes: u64,
}

/// Logs.
#[derive(Debug, Clone)]
pub struct Log {
    /// Lines for people or JSON for machines.
    pub json: bool,
    /// Filter such as `info` or `info,lenderbox::http=debug`.
    pub filter: String,
}

impl Config {
    /// Reads and checks a configuration file. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or settings are at fault.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::from_text(&text, path.parent().unwrap_or_else(|| Path::new(".")))
    }

    /// Checks a configuration given as TOML; `folder` is where its relative paths begin.
    ///
    /// # Errors
    /// When it is not TOML or settings are at fault.
    pub fn from_text(text: &str, folder: &Path) -> Result<Self, ConfigError> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            ConfigError::Syntax { message: error.to_string().trim().to_owned() }
        })?;
        let mut faults = Vec::new();
        let raw = raw::Raw::read(table, &mut faults);
        let checked = check::check(raw, folder, &mut faults);
        if faults.is_empty() { Ok(checked) } else { Err(ConfigError::Invalid { faults }) }
    }

    /// The configuration of an empty file.
    #[must_use]
    pub fn default_in(folder: &Path) -> Self {
        check::check(raw::Raw::default(), folder, &mut Vec::new())
    }
}

/// The complete, commented configuration file with every default.
#[must_use]
pub fn default_text() -> String {
    raw::Raw::describe()
}

#[cfg(test)]
mod tests;
