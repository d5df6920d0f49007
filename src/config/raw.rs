//! Every setting once: key, type, default, explanation. The shipped file is generated from here.

use super::SettingFault;
use super::reading::{Setting, describe, refuse_rest, section, tables, take};
use std::collections::BTreeMap;
use toml::Table;

macro_rules! settings {
    ($(#[doc = $about:literal])+ $name:ident at $place:literal {
        $($(#[doc = $doc:literal])+ $key:ident : $type:ty = $default:expr;)+
    }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        pub struct $name { $($(#[doc = $doc])+ pub $key: $type),+ }

        impl Default for $name {
            fn default() -> Self { Self { $($key: $default),+ } }
        }

        impl $name {
            pub const PLACE: &'static str = $place;
            const ABOUT: &'static [&'static str] = &[$($about),+];
            const KEYS: &'static [&'static str] = &[$(stringify!($key)),+];

            fn take_from(table: &mut Table, place: &str, faults: &mut Vec<SettingFault>) -> Self {
                Self { $($key: take(table, place, stringify!($key), $default, faults)),+ }
            }
            fn read(mut table: Table, place: &str, faults: &mut Vec<SettingFault>) -> Self {
                let read = Self::take_from(&mut table, place, faults);
                refuse_rest(&table, place, Self::KEYS, faults);
                read
            }
            fn describe_keys(&self, out: &mut String) {
                $(describe(out, &[$($doc),+], stringify!($key), &self.$key.to_toml());)+
            }
        }
    };
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn pairs(words: &[(&str, &str)]) -> BTreeMap<String, String> {
    words.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
}

settings! {
    /// The lender.
    Lender at "lender" {
        /// Full name, as on contracts.
        name: String = "Мой заём".into();
        /// The name said to callers in the opening words.
        short_name: String = "Мой заём".into();
        /// Time zone of the lender: days past due, promises, numbering (an IANA name).
        time_zone: String = "Europe/Moscow".into();
        /// Currency of the loans: RUB, CZK, USD, EUR or KZT.
        currency: String = "RUB".into();
        /// Languages of the page, the first one by default: ru, en.
        languages: Vec<String> = texts(&["ru", "en"]);
        /// Bank accounts on which clients' payments come in: 20 digits or an IBAN each. A statement of
        /// any other account is held and posts nothing; while the list is empty, all of them.
        accounts: Vec<String> = Vec::new();
        /// How agreements are numbered, # for each digit: payments are matched by such a number in
        /// their purpose.
        agreement_numbers: Vec<String> = texts(&["POS-####-######", "POS-####-#######"]);
        /// Hour of the lender's day at which the daily run begins by itself (early repayments
        /// that were asked for, arrears), 0 to 23; -1 for never. A run that was missed or cut
        /// off begins within a minute after the next start.
        daily_run_hour: i64 = 1;
        /// INN of the lender, 10 digits (12 of an individual); printed on papers, may be empty.
        inn: String = String::new();
        /// OGRN (13 digits) or OGRNIP (15 digits); printed on papers, may be empty.
        ogrn: String = String::new();
        /// Address as in the register; printed on papers, may be empty.
        address: String = String::new();
        /// Phone for clients; printed on papers, may be empty.
        phone: String = String::new();
        /// Who signs papers, for instance "Петрова А. И."; when empty, a line is left to write on.
        signer: String = String::new();
        /// Post of who signs papers in Russian.
        signer_post: String = "Уполномоченное лицо".into();
        /// Post of who signs papers in English.
        signer_post_en: String = "Authorised signatory".into();
    }
}

settings! {
    /// Where the page and the API are served.
    Listen at "listen" {
        /// Address and port. Other addresses than 127.0.0.1 and ::1 need TLS.
        address: String = "127.0.0.1:8443".into();
        /// auto: an own authority and certificate are made at the first start;
        /// files: the lender's certificate, see below; off: plain HTTP, on loopback only.
        tls: String = "auto".into();
        /// With tls = "files": certificate chain in PEM.
        certificate_file: String = String::new();
        /// With tls = "files": private key in PEM; others must not be able to read it.
        key_file: String = String::new();
        /// What people type into the browser, for instance "https://crm.lender.example".
        /// When empty, the browser's own address is taken.
        public_url: String = String::new();
        /// With tls = "auto": names and addresses of this box that the certificate is made for.
        names: Vec<String> = texts(&["localhost", "127.0.0.1"]);
    }
}

settings! {
    /// The data folder and its sizes.
    Storage at "storage" {
        /// Where everything is kept, relative to the folder of this file.
        folder: String = "data".into();
        /// Free megabytes of disk below which nothing new is taken but PBX events.
        reserve_megabytes: i64 = 1024;
        /// Megabytes of memory after which the store gives memory back by reopening.
        memory_megabytes: i64 = 1536;
        /// Megabytes of one journal segment.
        segment_megabytes: i64 = 64;
        /// Seconds between two flushes of the store; the journal is synced at every change.
        flush_seconds: i64 = 5;
    }
}

settings! {
    /// Sessions and passwords.
    Security at "security" {
        /// Minutes without a request after which a person is signed out.
        session_idle_minutes: i64 = 60;
        /// Hours after which a person is signed out in any case.
        session_absolute_hours: i64 = 14;
        /// Wrong passwords in a row before a log-in is locked.
        lockout_failures: i64 = 5;
        /// Minutes a log-in stays locked.
        lockout_minutes: i64 = 15;
        /// Second factor (TOTP): off, optional, or required_for_privileged
        /// (supervisors, administrators, auditors).
        totp: String = "optional".into();
        /// Characters of the shortest password.
        password_length: i64 = 10;
    }
}

settings! {
    /// How callers are identified before anything private is said (domain rules 4.3).
    Identification at "identification" {
        /// What the operator can ask, in this order: full_name, birth_date, passport_last4,
        /// code_word, address, contract_number.
        fields: Vec<String> = texts(&[
            "full_name", "birth_date", "passport_last4", "code_word", "address", "contract_number",
        ]);
        /// Level 2 (balances, schedules) needs all of these …
        level_2_all: Vec<String> = texts(&["full_name", "birth_date"]);
        /// … and one of these.
        level_2_one_of: Vec<String> =
            texts(&["passport_last4", "code_word", "address", "contract_number"]);
        /// Level 3 (changes) needs level 2 and one of these.
        level_3_one_of: Vec<String> = texts(&["code_word"]);
        /// Wrong answers before the client is locked for the day.
        failures: i64 = 3;
    }
}

settings! {
    /// What clients are found by.
    Search at "search" {
        /// phone, name, document, loan_number, account, inn, ogrn, snils, card_number, email: the
        /// inputs of the call workspace, and all that a search looks into, in this order.
        fields: Vec<String> = texts(&[
            "phone", "name", "document", "loan_number", "account", "inn", "ogrn", "snils",
            "card_number", "email",
        ]);
    }
}

settings! {
    /// How calls are worked.
    Calls at "calls" {
        /// The creditor named in the opening words; when empty, the lender's name.
        creditor: String = String::new();
        /// Characters that the comment of a finished call needs at least.
        comment_length: i64 = 0;
        /// Seconds of ringing after which an offered call counts as missed.
        missed_seconds: i64 = 15;
        /// Seconds of wrap-up after which the operator becomes not ready.
        wrap_up_seconds: i64 = 120;
        /// Minutes without any event after which a live call is taken as lost.
        silent_minutes: i64 = 240;
        /// Country of phone numbers written without one (ISO 3166).
        country: String = "RU".into();
    }
}

settings! {
    /// Where call events come from. `feed`, `[[pbx.ami]]` and `[[pbx.webhook]]` can be combined.
    Pbx at "pbx" {
        /// Whether a PBX with a token of scope pbx may post to /api/v1/pbx/events and hold
        /// /api/v1/pbx/feed for commands.
        feed: bool = true;
        /// Who serves a queue: its name = extensions joined by commas, for /api/v1/pbx/route. A
        /// queue that is not named here is served by everybody.
        queues: BTreeMap<String, String> = BTreeMap::new();
    }
}

settings! {
    /// An Asterisk (FreePBX) manager link. One block for each PBX.
    Ami at "pbx.ami" {
        /// Name of the source in events and on the page.
        name: String = "asterisk".into();
        /// Host name or address of the PBX.
        host: String = "127.0.0.1".into();
        /// Port of the manager interface.
        port: i64 = 5038;
        /// Manager user; needs read: call,agent and write: call,originate,agent.
        user: String = "lenderbox".into();
        /// Manager secret; better in a file of its own, see secret_file.
        secret: String = String::new();
        /// File with the secret, relative to the folder of this file; not readable by others.
        secret_file: String = "ami.secret".into();
        /// Channel of an operator's phone; {extension} is replaced.
        operator_channel: String = "PJSIP/{extension}".into();
        /// Dial-plan context that outgoing calls start in.
        outbound_context: String = "from-internal".into();
        /// Dial-plan context of extensions and queues, for transfers.
        internal_context: String = "from-internal".into();
        /// Channels whose name begins so are lines to the outside.
        trunk_prefixes: Vec<String> = texts(&["PJSIP/trunk"]);
        /// What stands before a number dialled outside.
        dial_prefix: String = String::new();
        /// Caller id shown to clients; when empty, the PBX decides.
        caller_id: String = String::new();
        /// Seconds a dialled phone rings.
        ring_seconds: i64 = 30;
        /// Whether members of Asterisk's queues are paused while their operators are not ready.
        pause_queue_members: bool = true;
    }
}

settings! {
    /// A cloud PBX that posts its events to /api/v1/pbx/hooks/NAME. One block for each.
    Webhook at "pbx.webhook" {
        /// Name of the source: the last part of the address above.
        name: String = "mango".into();
        /// Form field that holds the JSON; empty when the body is JSON or plain form fields.
        payload_field: String = "json".into();
        /// Our field = path in the payload. Ours: event_id, call_id, leg_id, type, at, direction,
        /// from, to, agent, from_agent, to_agent, to_queue, queue, cause, recording_url.
        fields: BTreeMap<String, String> = pairs(&[
            ("call_id", "entry_id"), ("leg_id", "call_id"), ("type", "call_state"),
            ("at", "timestamp"), ("from", "from.number"), ("to", "to.line_number"),
            ("agent", "to.extension"), ("queue", "to.acd_group"), ("cause", "disconnect_reason"),
        ]);
        /// The source's word = ours: queue_entered, ringing, answered, held, resumed,
        /// transferred, queue_left, dtmf, recording, ended.
        event_types: BTreeMap<String, String> = pairs(&[
            ("Appeared", "ringing"), ("Connected", "answered"), ("OnHold", "held"),
            ("Disconnected", "ended"),
        ]);
        /// The source's word = ours: inbound, outbound, internal.
        directions: BTreeMap<String, String> = pairs(&[("in", "inbound"), ("out", "outbound")]);
        /// rfc3339, unix_seconds, unix_millis, or arrival when the source gives none.
        time_form: String = "unix_seconds".into();
        /// secret: a header or form field carries the secret itself; hmac: HMAC-SHA256 of the body
        /// in a header; keyed_digest: SHA-256 of key + payload + salt in a form field (Mango).
        proof: String = "keyed_digest".into();
        /// Name of that header or form field.
        proof_place: String = "sign".into();
        /// With keyed_digest: the key that the source shows; the salt is the secret.
        key: String = "vpbx-api-key".into();
        /// The secret; better in a file of its own.
        secret: String = String::new();
        /// File with the secret, relative to the folder of this file; not readable by others.
        secret_file: String = "mango.secret".into();
        /// With hmac: seconds that the instant in the header (t=…) may differ; 0 when it has none.
        window_seconds: i64 = 300;
    }
}

settings! {
    /// Backups. `lenderbox backup restore` needs nothing but the archive (and its key).
    Backup at "backup" {
        /// Where they lie, relative to the folder of this file; better another disk.
        folder: String = "backups".into();
        /// Hour of the lender's day at which one is taken by itself, 0 to 23; -1 for never.
        daily_hour: i64 = 3;
        /// How many are kept.
        keep: i64 = 14;
        /// Public key (age1…) they are encrypted for; when empty, they are not encrypted.
        age_recipient: String = String::new();
    }
}

settings! {
    /// How long what is kept.
    Retention at "retention" {
        /// Days of the log of who saw what (at least three years, domain rules 6).
        access_log_days: i64 = 1096;
        /// Days of raw PBX events in the flight recorder.
        pbx_event_days: i64 = 90;
        /// Days of rejected rows of imports.
        import_reject_days: i64 = 30;
    }
}

settings! {
    /// Bounds on load.
    Limits at "limits" {
        /// Requests a second of one person.
        requests_per_second: i64 = 100;
        /// Log-ins a minute from one address.
        logins_per_minute: i64 = 30;
        /// Open connections.
        connections: i64 = 4096;
        /// Megabytes of one uploaded file.
        upload_megabytes: i64 = 512;
    }
}

settings! {
    /// Logs. They never hold personal data.
    Log at "log" {
        /// text for people, json for machines.
        format: String = "text".into();
        /// What is written: error, warn, info, debug, or a filter for single rooms.
        filter: String = "info".into();
    }
}

/// The whole file as typed.
#[derive(Debug, Clone, Default)]
pub struct Raw {
    pub lender: Lender,
    pub listen: Listen,
    pub storage: Storage,
    pub security: Security,
    pub identification: Identification,
    pub search: Search,
    pub calls: Calls,
    pub pbx: Pbx,
    pub ami: Vec<Ami>,
    pub webhook: Vec<Webhook>,
    pub backup: Backup,
    pub retention: Retention,
    pub limits: Limits,
    pub log: Log,
}

macro_rules! plain_sections {
    ($table:ident, $faults:ident, $($name:ident),+) => {
        ($($name::read(section(&mut $table, $name::PLACE, $faults), $name::PLACE, $faults)),+)
    };
}

impl Raw {
    /// Reads a parsed file; every fault is added to `faults`.
    pub fn read(mut table: Table, faults: &mut Vec<SettingFault>) -> Self {
        let (lender, listen, storage, security, identification, search, calls) = plain_sections!(
            table,
            faults,
            Lender,
            Listen,
            Storage,
            Security,
            Identification,
            Search,
            Calls
        );
        let mut rest = section(&mut table, Pbx::PLACE, faults);
        let ami_tables = tables(&mut rest, Pbx::PLACE, "ami", faults);
        let webhook_tables = tables(&mut rest, Pbx::PLACE, "webhook", faults);
        let pbx = Pbx::read(rest, Pbx::PLACE, faults);
        let (mut ami, mut webhook) = (Vec::new(), Vec::new());
        for (index, table) in ami_tables.into_iter().enumerate() {
            // An example default must not stand in for a secret that was given directly.
            let inline = table.contains_key("secret") && !table.contains_key("secret_file");
            let mut read = Ami::read(table, &format!("{}[{index}]", Ami::PLACE), faults);
            if inline {
                read.secret_file.clear();
            }
            ami.push(read);
        }
        for (index, table) in webhook_tables.into_iter().enumerate() {
            let inline = table.contains_key("secret") && !table.contains_key("secret_file");
            let mut read = Webhook::read(table, &format!("{}[{index}]", Webhook::PLACE), faults);
            if inline {
                read.secret_file.clear();
            }
            webhook.push(read);
        }
        let (backup, retention, limits, log) =
            plain_sections!(table, faults, Backup, Retention, Limits, Log);
        let known: Vec<&str> = Self::sections().iter().map(|(place, ..)| *place).collect();
        refuse_rest(&table, "", &known, faults);
        Self {
            lender,
            listen,
            storage,
            security,
            identification,
            search,
            calls,
            pbx,
            ami,
            webhook,
            backup,
            retention,
            limits,
            log,
        }
    }

    /// Place, explanation and keys of every section, in the order of the file.
    fn sections() -> Vec<(&'static str, &'static [&'static str], String)> {
        macro_rules! described {
            ($($name:ident),+) => {
                vec![$({
                    let mut keys = String::new();
                    $name::default().describe_keys(&mut keys);
                    ($name::PLACE, $name::ABOUT, keys)
                }),+]
            };
        }
        described!(
            Lender,
            Listen,
            Storage,
            Security,
            Identification,
            Search,
            Calls,
            Pbx,
            Ami,
            Webhook,
            Backup,
            Retention,
            Limits,
            Log
        )
    }

    /// The complete commented file. Blocks that can repeat are shown as comments.
    pub fn describe() -> String {
        let mut out = String::from(
            "# Lenderbox: every setting with its default. A setting may be left out.\n\
             # Check a changed file with: lenderbox --config FILE check-config\n",
        );
        for (place, about, keys) in Self::sections() {
            out.push('\n');
            let repeated = place.contains('.');
            for line in about {
                out.push_str(&format!("#{}\n", line.trim_end()));
            }
            if repeated {
                out.push_str(&format!("# [[{place}]]\n"));
                for line in keys.lines() {
                    out.push_str(&format!("# {line}\n"));
                }
            } else {
                out.push_str(&format!("[{place}]\n{keys}"));
            }
        }
        out
    }
}
