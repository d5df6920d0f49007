//! Raw settings → checked ones. Never stops at the first fault.

use super::raw::{self, Raw};
use super::{
    AmiSource, Backup, Calls, Config, Identification, Language, Lender, Limits, Listen, Log,
    Particulars, Pbx, Retention, Search, SearchField, Security, SettingFault, Storage, TimeForm,
    Tls, Totp, WebhookProof, WebhookSource, secret,
};
use crate::base::documents;
use crate::base::limits::LINE_CHARS_MAX;
use crate::base::money::Currency;
use crate::base::personal::Personal;
use crate::base::time::Zone;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

const MEGABYTE: u64 = 1024 * 1024;

/// What callers can be asked.
const IDENTIFICATION_FIELDS: [&str; 6] =
    ["full_name", "birth_date", "passport_last4", "code_word", "address", "contract_number"];
/// Names of sources that the box uses itself.
const SOURCES_OF_THE_BOX: [&str; 5] = ["feed", "http", "simulator", "sample", "hand"];
/// Fields of a canonical PBX event.
const EVENT_FIELDS: [&str; 15] = [
    "event_id",
    "call_id",
    "leg_id",
    "type",
    "at",
    "direction",
    "from",
    "to",
    "agent",
    "from_agent",
    "to_agent",
    "to_queue",
    "queue",
    "cause",
    "recording_url",
];
/// Kinds of a canonical PBX event.
const EVENT_TYPES: [&str; 10] = [
    "queue_entered",
    "ringing",
    "answered",
    "held",
    "resumed",
    "transferred",
    "queue_left",
    "dtmf",
    "recording",
    "ended",
];

/// Collects faults.
struct Checker<'a> {
    folder: &'a Path,
    faults: &'a mut Vec<SettingFault>,
}

impl Checker<'_> {
    fn fault(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.faults.push(SettingFault::new(key, message));
    }

    /// `value` when it lies between `low` and `high`; else a fault, and `low`.
    fn number<T: TryFrom<i64> + Default>(
        &mut self,
        key: &str,
        value: i64,
        low: i64,
        high: i64,
    ) -> T {
        if !(low..=high).contains(&value) {
            self.fault(key, format!("write a number from {low} to {high}"));
        }
        T::try_from(value.clamp(low, high)).unwrap_or_default()
    }

    fn choice<T: Copy>(&mut self, key: &str, value: &str, choices: &[(&str, T)]) -> T {
        if let Some((_, chosen)) = choices.iter().find(|(word, _)| *word == value) {
            return *chosen;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.fault(key, format!("choose one of: {}", words.join(", ")));
        choices[0].1
    }

    fn known(&mut self, key: &str, words: &[String], known: &[&str]) {
        for word in words.iter().filter(|word| !known.contains(&word.as_str())) {
            self.fault(key, format!("\"{word}\" is not one of: {}", known.join(", ")));
        }
        for (index, word) in words.iter().enumerate() {
            if words[..index].contains(word) {
                self.fault(key, format!("\"{word}\" stands here twice"));
            }
        }
    }

    fn filled(&mut self, key: &str, value: &str) {
        if value.trim().is_empty() {
            self.fault(key, "this must not be empty");
        }
    }

    fn lender(&mut self, raw: &raw::Lender) -> Lender {
        self.filled("lender.name", &raw.name);
        self.filled("lender.short_name", &raw.short_name);
        let zone = raw.time_zone.parse::<Zone>().unwrap_or_else(|_| {
            self.fault("lender.time_zone", "write an IANA zone such as Europe/Moscow");
            Zone::UTC
        });
        let currency = Currency::parse(&raw.currency).unwrap_or_else(|| {
            self.fault("lender.currency", "choose one of: RUB, CZK, USD, EUR, KZT");
            Currency::Rub
        });
        let known = [("ru", Language::Russian), ("en", Language::English)];
        let mut languages = Vec::new();
        for code in &raw.languages {
            languages.push(self.choice("lender.languages", code, &known));
        }
        if languages.is_empty() {
            self.fault("lender.languages", "list at least one of: ru, en");
        }
        let (name, short_name) = (raw.name.clone(), raw.short_name.clone());
        let accounts = self.accounts(&raw.accounts);
        let agreement_numbers = self.agreement_numbers(&raw.agreement_numbers);
        let hour: i64 = self.number("lender.daily_run_hour", raw.daily_run_hour, -1, 23);
        let particulars = self.particulars(raw);
        Lender {
            name,
            short_name,
            zone,
            currency,
            languages,
            accounts,
            agreement_numbers,
            daily_run_hour: u8::try_from(hour).ok(),
            particulars,
        }
    }

    /// Accounts as banks write them in statements: without spaces.
    fn accounts(&mut self, raw: &[String]) -> Vec<String> {
        let mut accounts: Vec<String> = Vec::new();
        for (index, written) in raw.iter().enumerate() {
            let account: String = written.chars().filter(|c| !c.is_whitespace()).collect();
            let is_russian = account.len() == 20 && account.bytes().all(|b| b.is_ascii_digit());
            let is_iban = (15..=34).contains(&account.len())
                && account.bytes().take(2).all(|b| b.is_ascii_uppercase())
                && account.bytes().skip(2).all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            let place = format!("lender.accounts[{index}]");
            if !is_russian && !is_iban {
                self.fault(place, "write the 20 digits of the account, or its IBAN");
            } else if accounts.contains(&account) {
                self.fault(place, "this account stands twice");
            } else {
                accounts.push(account);
            }
        }
        accounts
    }

    /// A pattern with few digits would find an agreement in every purpose.
    fn agreement_numbers(&mut self, raw: &[String]) -> Vec<String> {
        let patterns: Vec<String> = raw.iter().map(|one| one.trim().to_owned()).collect();
        for (index, pattern) in patterns.iter().enumerate() {
            let digits = pattern.chars().filter(|c| *c == '#' || c.is_ascii_digit()).count();
            if digits < 4 || pattern.chars().count() > 60 {
                let help = "write a number with # for each digit, at least 4 of them, such as \
                            POS-####-######";
                self.fault(format!("lender.agreement_numbers[{index}]"), help);
            }
        }
        patterns
    }

    fn particulars(&mut self, raw: &raw::Lender) -> Particulars {
        let (inn, ogrn) = (documents::inn(&raw.inn), documents::ogrn(&raw.ogrn));
        if !raw.inn.is_empty() && inn.is_err() {
            self.fault("lender.inn", "write the 10 or 12 digits of an INN, or leave it empty");
        }
        if !raw.ogrn.is_empty() && ogrn.is_err() {
            self.fault("lender.ogrn", "write the 13 or 15 digits of an OGRN, or leave it empty");
        }
        let lines = [
            ("lender.name", &raw.name),
            ("lender.address", &raw.address),
            ("lender.phone", &raw.phone),
            ("lender.signer", &raw.signer),
            ("lender.signer_post", &raw.signer_post),
            ("lender.signer_post_en", &raw.signer_post_en),
        ];
        for (key, line) in lines {
            if line.chars().count() > LINE_CHARS_MAX || line.contains('\n') {
                self.fault(key, "write one line of at most 250 characters");
            }
        }
        Particulars {
            inn: inn.unwrap_or_default(),
            ogrn: ogrn.unwrap_or_default(),
            address: raw.address.clone(),
            phone: raw.phone.clone(),
            signer: raw.signer.clone(),
            signer_post: raw.signer_post.clone(),
            signer_post_en: raw.signer_post_en.clone(),
        }
    }

    fn listen(&mut self, raw: &raw::Listen) -> Listen {
        let address = raw.address.parse::<SocketAddr>().unwrap_or_else(|_| {
            self.fault("listen.address", "write an address and a port such as 127.0.0.1:8443");
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
        });
        let kinds = [("auto", 0), ("files", 1), ("off", 2)];
        let tls = match self.choice("listen.tls", &raw.tls, &kinds) {
            0 => Tls::Auto,
            1 => {
                self.filled("listen.certificate_file", &raw.certificate_file);
                self.filled("listen.key_file", &raw.key_file);
                Tls::Files {
                    certificate: self.folder.join(&raw.certificate_file),
                    key: self.folder.join(&raw.key_file),
                }
            }
            _ => Tls::Off,
        };
        if tls == Tls::Off && !address.ip().is_loopback() {
            let help = "plain HTTP is served on 127.0.0.1 or ::1 only; choose auto or files";
            self.fault("listen.tls", help);
        }
        let public_url = raw.public_url.trim_end_matches('/').to_owned();
        let plain_or_tls = public_url.starts_with("https://") || public_url.starts_with("http://");
        if !public_url.is_empty() && !plain_or_tls {
            self.fault("listen.public_url", "begin with https://");
        }
        if tls == Tls::Auto && raw.names.is_empty() {
            self.fault("listen.names", "name this box at least once");
        }
        Listen { address, tls, public_url, names: raw.names.clone() }
    }

    fn storage(&mut self, raw: &raw::Storage) -> Storage {
        self.filled("storage.folder", &raw.folder);
        let reserve: u64 =
            self.number("storage.reserve_megabytes", raw.reserve_megabytes, 16, 1 << 20);
        let memory: u64 =
            self.number("storage.memory_megabytes", raw.memory_megabytes, 256, 1 << 20);
        let segment: u64 = self.number("storage.segment_megabytes", raw.segment_megabytes, 8, 1024);
        Storage {
            folder: self.folder.join(&raw.folder),
            reserve_bytes: reserve * MEGABYTE,
            memory_bytes: memory * MEGABYTE,
            segment_bytes: segment * MEGABYTE,
            flush_seconds: self.number("storage.flush_seconds", raw.flush_seconds, 1, 3600),
        }
    }

    fn security(&mut self, raw: &raw::Security) -> Security {
        let idle: i64 =
            self.number("security.session_idle_minutes", raw.session_idle_minutes, 1, 1440);
        let absolute: i64 =
            self.number("security.session_absolute_hours", raw.session_absolute_hours, 1, 168);
        let lockout: i64 = self.number("security.lockout_minutes", raw.lockout_minutes, 1, 1440);
        let failures = self.number("security.lockout_failures", raw.lockout_failures, 3, 100);
        let kinds = [
            ("off", Totp::Off),
            ("optional", Totp::Optional),
            ("required_for_privileged", Totp::RequiredForPrivileged),
        ];
        let totp = self.choice("security.totp", &raw.totp, &kinds);
        let length = self.number("security.password_length", raw.password_length, 8, 128);
        Security {
            session_idle_seconds: idle * 60,
            session_absolute_seconds: absolute * 3600,
            lockout_failures: failures,
            lockout_seconds: lockout * 60,
            totp,
            password_chars_min: length,
        }
    }

    fn identification(&mut self, raw: raw::Identification) -> Identification {
        self.known("identification.fields", &raw.fields, &IDENTIFICATION_FIELDS);
        let asked: Vec<&str> = raw.fields.iter().map(String::as_str).collect();
        self.known("identification.level_2_all", &raw.level_2_all, &asked);
        self.known("identification.level_2_one_of", &raw.level_2_one_of, &asked);
        self.known("identification.level_3_one_of", &raw.level_3_one_of, &asked);
        if raw.level_2_all.is_empty() && raw.level_2_one_of.is_empty() {
            self.fault("identification.level_2_all", "level 2 must ask for something");
        }
        if raw.level_3_one_of.is_empty() {
            self.fault("identification.level_3_one_of", "level 3 must ask for something more");
        }
        Identification {
            failures: self.number("identification.failures", raw.failures, 1, 20),
            fields: raw.fields,
            level_2_all: raw.level_2_all,
            level_2_one_of: raw.level_2_one_of,
            level_3_one_of: raw.level_3_one_of,
        }
    }

    fn calls(&mut self, raw: &raw::Calls, lender: &Lender) -> Calls {
        let silent: i64 = self.number("calls.silent_minutes", raw.silent_minutes, 5, 1440);
        let country = raw.country.trim().to_uppercase();
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            self.fault("calls.country", "write two letters such as RU");
        }
        let creditor =
            if raw.creditor.trim().is_empty() { &lender.short_name } else { &raw.creditor };
        Calls {
            creditor: creditor.clone(),
            comment_chars_min: self.number("calls.comment_length", raw.comment_length, 0, 1000),
            missed_seconds: self.number("calls.missed_seconds", raw.missed_seconds, 5, 300),
            wrap_up_seconds: self.number("calls.wrap_up_seconds", raw.wrap_up_seconds, 10, 3600),
            silent_seconds: silent * 60,
            country,
        }
    }

    fn ami(&mut self, index: usize, raw: raw::Ami) -> AmiSource {
        let place = format!("pbx.ami[{index}]");
        self.source_name(&place, &raw.name);
        self.filled(&format!("{place}.host"), &raw.host);
        self.filled(&format!("{place}.user"), &raw.user);
        if !raw.operator_channel.contains("{extension}") {
            let help = "put {extension} where the operator's extension goes";
            self.fault(format!("{place}.operator_channel"), help);
        }
        let secret = secret::take(&raw.secret, &raw.secret_file, &place, self.folder, self.faults);
        AmiSource {
            port: self.number(&format!("{place}.port"), raw.port, 1, 65_535),
            pause_queue_members: raw.pause_queue_members,
            ring_seconds: self.number(&format!("{place}.ring_seconds"), raw.ring_seconds, 5, 300),
            name: raw.name,
            host: raw.host,
            user: raw.user,
            secret,
            operator_channel: raw.operator_channel,
            outbound_context: raw.outbound_context,
            internal_context: raw.internal_context,
            trunk_prefixes: raw.trunk_prefixes,
            dial_prefix: raw.dial_prefix,
            caller_id: raw.caller_id,
        }
    }

    fn source_name(&mut self, place: &str, name: &str) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
            self.fault(
                format!("{place}.name"),
                "use up to 32 small Latin letters, digits, - and _",
            );
        }
    }

    fn mapped(&mut self, key: &str, map: &BTreeMap<String, String>, known: &[&str]) {
        for word in map.values().filter(|word| !known.contains(&word.as_str())) {
            self.fault(key, format!("\"{word}\" is not one of: {}", known.join(", ")));
        }
    }

    fn webhook(&mut self, index: usize, raw: raw::Webhook) -> WebhookSource {
        let place = format!("pbx.webhook[{index}]");
        self.source_name(&place, &raw.name);
        let fields_key = format!("{place}.fields");
        for field in raw.fields.keys().filter(|field| !EVENT_FIELDS.contains(&field.as_str())) {
            self.fault(&fields_key, format!("\"{field}\" is not a field of a PBX event"));
        }
        for needed in ["call_id", "type"].iter().filter(|key| !raw.fields.contains_key(**key)) {
            self.fault(&fields_key, format!("say where {needed} stands in the payload"));
        }
        self.mapped(&format!("{place}.event_types"), &raw.event_types, &EVENT_TYPES);
        let directions = ["inbound", "outbound", "internal"];
        self.mapped(&format!("{place}.directions"), &raw.directions, &directions);
        let forms = [
            ("rfc3339", TimeForm::Rfc3339),
            ("unix_seconds", TimeForm::UnixSeconds),
            ("unix_millis", TimeForm::UnixMillis),
            ("arrival", TimeForm::Arrival),
        ];
        let time_form = self.choice(&format!("{place}.time_form"), &raw.time_form, &forms);
        self.filled(&format!("{place}.proof_place"), &raw.proof_place);
        let secret = secret::take(&raw.secret, &raw.secret_file, &place, self.folder, self.faults);
        let kinds = [("secret", 0), ("hmac", 1), ("keyed_digest", 2)];
        let window_seconds =
            self.number(&format!("{place}.window_seconds"), raw.window_seconds, 0, 86_400);
        let proof = match self.choice(&format!("{place}.proof"), &raw.proof, &kinds) {
            0 => WebhookProof::Secret { place: raw.proof_place, secret },
            1 => WebhookProof::Hmac { header: raw.proof_place, secret, window_seconds },
            _ => {
                let key = Personal::new(raw.key);
                WebhookProof::KeyedDigest { field: raw.proof_place, key, secret }
            }
        };
        WebhookSource {
            name: raw.name,
            payload_field: raw.payload_field,
            fields: raw.fields,
            event_types: raw.event_types,
            directions: raw.directions,
            time_form,
            proof,
        }
    }

    fn pbx(&mut self, pbx: raw::Pbx, ami: Vec<raw::Ami>, webhooks: Vec<raw::Webhook>) -> Pbx {
        let ami: Vec<AmiSource> =
            ami.into_iter().enumerate().map(|(index, raw)| self.ami(index, raw)).collect();
        let webhooks: Vec<WebhookSource> =
            webhooks.into_iter().enumerate().map(|(index, raw)| self.webhook(index, raw)).collect();
        let mut names: Vec<&str> = ami.iter().map(|source| source.name.as_str()).collect();
        names.extend(webhooks.iter().map(|source| source.name.as_str()));
        names.extend(SOURCES_OF_THE_BOX);
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            let taken = SOURCES_OF_THE_BOX.join(", ");
            self.fault("pbx", format!("give every source a name of its own; taken are {taken}"));
        }
        let split = |extensions: String| {
            extensions
                .split(',')
                .map(|one| one.trim().to_owned())
                .filter(|one| !one.is_empty())
                .collect()
        };
        let queues = pbx.queues.into_iter().map(|(name, members)| (name, split(members))).collect();
        Pbx { ami, webhooks, feed: pbx.feed, queues }
    }

    fn backup(&mut self, raw: raw::Backup) -> Backup {
        self.filled("backup.folder", &raw.folder);
        let hour: i64 = self.number("backup.daily_hour", raw.daily_hour, -1, 23);
        if !raw.age_recipient.is_empty() && !raw.age_recipient.starts_with("age1") {
            self.fault("backup.age_recipient", "write a public key that begins with age1");
        }
        Backup {
            folder: self.folder.join(&raw.folder),
            daily_hour: u8::try_from(hour).ok(),
            keep: self.number("backup.keep", raw.keep, 1, 1000),
            age_recipient: raw.age_recipient,
        }
    }

    fn retention(&mut self, raw: &raw::Retention) -> Retention {
        let key = "retention.access_log_days";
        Retention {
            access_log_days: self.number(key, raw.access_log_days, 1095, 36_500),
            pbx_event_days: self.number("retention.pbx_event_days", raw.pbx_event_days, 1, 3650),
            import_reject_days: self.number(
                "retention.import_reject_days",
                raw.import_reject_days,
                1,
                3650,
            ),
        }
    }

    fn limits(&mut self, raw: &raw::Limits) -> Limits {
        let rate = "limits.requests_per_second";
        let upload: u64 = self.number("limits.upload_megabytes", raw.upload_megabytes, 1, 4096);
        Limits {
            requests_per_second: self.number(rate, raw.requests_per_second, 1, 1_000_000),
            logins_per_minute: self.number(
                "limits.logins_per_minute",
                raw.logins_per_minute,
                1,
                1_000_000,
            ),
            connections: self.number("limits.connections", raw.connections, 16, 1_000_000),
            upload_bytes: upload * MEGABYTE,
        }
    }

    fn search(&mut self, raw: &raw::Search) -> Search {
        let known = SearchField::ALL.map(SearchField::code);
        self.known("search.fields", &raw.fields, &known);
        if raw.fields.is_empty() {
            self.fault("search.fields", "list at least one field");
        }
        Search { fields: raw.fields.iter().filter_map(|word| SearchField::parse(word)).collect() }
    }

    fn log(&mut self, raw: &raw::Log) -> Log {
        let json = self.choice("log.format", &raw.format, &[("text", false), ("json", true)]);
        self.filled("log.filter", &raw.filter);
        Log { json, filter: raw.filter.clone() }
    }
}

/// Checks every setting; faults are added to `faults`.
pub fn check(raw: Raw, folder: &Path, faults: &mut Vec<SettingFault>) -> Config {
    let mut checker = Checker { folder, faults };
    let lender = checker.lender(&raw.lender);
    let search = checker.search(&raw.search);
    Config {
        listen: checker.listen(&raw.listen),
        storage: checker.storage(&raw.storage),
        security: checker.security(&raw.security),
        identification: checker.identification(raw.identification),
        search,
        calls: checker.calls(&raw.calls, &lender),
        pbx: checker.pbx(raw.pbx, raw.ami, raw.webhook),
        backup: checker.backup(raw.backup),
        retention: checker.retention(&raw.retention),
        limits: checker.limits(&raw.limits),
        log: checker.log(&raw.log),
        lender,
    }
}
