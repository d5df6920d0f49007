//! `lenderbox demo`: a box with a made-up lender, ready to be tried.

use super::serve::stop_signal;
use super::{CliError, SERVER_THREADS, configuration, say};
use crate::actors::Runtime;
use crate::app::{self, Core, Listening};
use crate::base::ids::{EntryId, UserId};
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::config::{Particulars, Tls, Totp};
use crate::domain::access::{Role, TokenScope};
use crate::domain::directory::EntryKind;
use crate::samples::{self, Lender, SampleEntry};
use crate::service::sample_base::SampleStaff;
use crate::service::tokens::TokenToCreate;
use crate::service::users::UserToCreate;
use crate::service::{Caller, ServiceError, Services};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

/// The file that makes a data folder a demo's: its log-ins and tokens, for the next start.
const MARK: &str = "demo.json";
/// The account on which payments of the demo come in.
const DEMO_ACCOUNT: &str = "40702810200000000001";
/// Seed of the made-up lender.
const SEED: u64 = 2026;
/// Networks of shops in the demo.
const NETWORKS: u64 = 3;

/// People of the demo: log-in, name, role, extension.
const PEOPLE: [(&str, &str, Role, &str); 9] = [
    ("anna", "Иванова Анна", Role::Operator, "101"),
    ("boris", "Белов Борис", Role::Operator, "102"),
    ("vera", "Власова Вера", Role::Operator, "103"),
    ("gleb", "Громов Глеб", Role::Operator, "104"),
    ("dina", "Дорохова Дина", Role::Collector, "105"),
    ("elena", "Ершова Елена", Role::Supervisor, "110"),
    ("fedor", "Фокин Фёдор", Role::PartnerManager, "111"),
    ("admin", "Администратор", Role::Administrator, ""),
    ("audit", "Ревизор", Role::Auditor, ""),
];

/// A box with a made-up lender.
#[derive(Debug, Args)]
pub struct Demo {
    /// The data folder; empty or a demo's.
    #[arg(long, default_value = "demo-data")]
    data_dir: PathBuf,
    /// The address.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Clients to make up.
    #[arg(long, default_value_t = 2_000)]
    clients: u64,
    /// Print one JSON object first instead of words.
    #[arg(long)]
    json: bool,
}

/// A way in.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Login {
    login: String,
    password: String,
    role: String,
    extension: String,
}

/// What a demo is made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Mark {
    logins: Vec<Login>,
    tokens: HashMap<String, String>,
    sample_phone: String,
    /// Of a client whose loan is kept here.
    #[serde(default)]
    sample_own_phone: String,
}

impl Demo {
    /// Fills the folder when it is new, and serves it.
    ///
    /// # Errors
    /// When the folder holds another lender's base, or the box cannot start.
    pub fn run(self, path: Option<&Path>) -> Result<(), CliError> {
        let mut config = configuration(path, Some(&self.data_dir))?;
        config.listen.address = self.listen;
        if path.is_none() {
            // A demo leaves nothing outside of its folder.
            config.backup.folder = self.data_dir.join("backups");
        }
        if self.listen.ip().is_loopback() {
            config.listen.tls = Tls::Off;
        }
        // The demo's passwords are on the terminal; a second factor would only be in the way.
        config.security.totp = Totp::Optional;
        "Займ Рядом".clone_into(&mut config.lender.name);
        config.lender.accounts = vec![DEMO_ACCOUNT.to_owned()];
        config.lender.particulars = Particulars {
            inn: "7700000016".into(),
            ogrn: "1027700000019".into(),
            address: "101000, Москва, ул. Образцовая, д. 1".into(),
            phone: "8 800 000-00-00".into(),
            signer: "Образцова А. И.".into(),
            ..config.lender.particulars
        };
        // The words that operators say at the beginning name the same lender.
        config.calls.creditor.clone_from(&config.lender.name);
        let filter = if self.json { "warn" } else { &config.log.filter };
        crate::telemetry::logs::start(config.log.json, filter)
            .map_err(|error| CliError::Said(error.to_string()))?;
        Runtime::block_on(SERVER_THREADS, async {
            let stop = stop_signal()?;
            let mut failed = None;
            let is_new = is_new(&self.data_dir)?;
            let core = Core::open(Arc::new(config))?;
            if is_new {
                make_up_in(&core, &self.data_dir, self.clients, |_| ()).await?;
            }
            app::serve(core, stop, async |_, listening| {
                failed = self.announce(listening).err();
            })
            .await?;
            failed.map_or(Ok(()), Err)
        })
    }

    fn announce(&self, listening: &Listening) -> Result<(), CliError> {
        let text = std::fs::read_to_string(self.data_dir.join(MARK))?;
        let mark: Mark = serde_json::from_str(&text)
            .map_err(|_| CliError::Said(format!("{MARK} is damaged; start with a new folder")))?;
        let address = format!("{}://{}", listening.scheme, listening.address);
        if self.json {
            let mut first = serde_json::json!(mark);
            first["address"] = address.into();
            return say(first);
        }
        say(format!("\nLenderbox is open at {address}\n"))?;
        say("  log-in     password     role              extension")?;
        for login in &mark.logins {
            let Login { login, password, role, extension } = login;
            say(format!("  {login:<10} {password:<12} {role:<17} {extension}"))?;
        }
        let program = std::env::current_exe()?;
        let token = mark.tokens.get("pbx").map_or("", String::as_str);
        say(format!(
            "\nSign in as anna, press F2, and make her phone ring from another terminal:\n\n  \
             {} pbx simulate inbound --url {address} --token {token} --from {} --agent 101\n",
            program.display(),
            mark.sample_phone
        ))
    }
}

/// Whether the lender must be made up first.
///
/// # Errors
/// When the folder holds another lender's base.
pub fn is_new(data_dir: &Path) -> Result<bool, CliError> {
    let made = data_dir.join(MARK).exists();
    if !made && data_dir.join("journal").exists() {
        let folder = data_dir.display();
        return Err(CliError::Said(format!(
            "{folder} holds another base, or a demo whose making was interrupted; \
             choose another folder with --data-dir"
        )));
    }
    Ok(!made)
}

/// Makes a lender up in an open, empty data folder. `progress` is told how many clients are there.
///
/// # Errors
/// When something is refused, or the mark cannot be written.
pub async fn make_up_in(
    core: &Core,
    data_dir: &Path,
    clients: u64,
    progress: impl FnMut(u64) + Send + 'static,
) -> Result<(), CliError> {
    let made = make_up(Arc::clone(&core.services), clients, progress).await;
    let mark = made.map_err(|error| CliError::Said(app::chain(&error)))?;
    let bytes = serde_json::to_vec_pretty(&mark).map_err(std::io::Error::other)?;
    write_private(&data_dir.join(MARK), &bytes)
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

async fn make_up(
    services: Arc<Services>,
    clients: u64,
    progress: impl FnMut(u64) + Send + 'static,
) -> Result<Mark, ServiceError> {
    let caller = Caller::system();
    let (logins, operators) = make_up_people(&services, &caller).await?;
    let mut topics = HashMap::new();
    for (kind, entries) in [
        (EntryKind::Topic, samples::topics()),
        (EntryKind::Branch, samples::branches()),
        (EntryKind::Product, samples::products()),
        (EntryKind::Snippet, samples::snippets()),
    ] {
        make_up_entries(&services, &caller, kind, entries, &mut topics).await?;
    }
    let scopes =
        [("pbx", TokenScope::Pbx), ("core", TokenScope::Core), ("metrics", TokenScope::Metrics)];
    let mut tokens = HashMap::new();
    for (name, scope) in scopes {
        let typed =
            TokenToCreate { name: name.into(), scope, ip_list: Vec::new(), rate_per_second: None };
        let (_, secret) = services.create_token(&caller, typed).await?;
        tokens.insert(name.to_owned(), secret.into_inner());
    }
    let lender = Lender::new(SEED, services.today());
    let sample_phone = sample_phone(&lender, clients);
    let sample_own_phone = sample_own_phone(&lender, clients, services.today());
    let staff = SampleStaff { operators, topics };
    let filling = tokio::task::spawn_blocking(move || {
        services.fill_with_organisations(lender.organisations(NETWORKS))?;
        services.fill_with_samples(&lender, 0..clients, Some(&staff), progress)
    });
    filling.await.unwrap_or(Err(ServiceError::Unavailable))?;
    Ok(Mark { logins, tokens, sample_phone, sample_own_phone })
}

/// A client to call as: one whose loan is being repaid.
fn sample_phone(lender: &Lender, clients: u64) -> String {
    let repaying =
        |index: &u64| lender.client(*index).loans.iter().any(|loan| loan.terms.status.is_open());
    lender.main_phone((0..clients).find(repaying).unwrap_or(0))
}

/// A client whose loan is kept here and goes on.
fn sample_own_phone(lender: &Lender, clients: u64, today: Date) -> String {
    let goes_on = |index: &u64| {
        let mut loans = lender.client(*index).loans.into_iter();
        loans.any(|loan| loan.own.is_some_and(|book| book.goes_on(today)))
    };
    lender.main_phone((0..clients).find(goes_on).unwrap_or(0))
}

async fn make_up_people(
    services: &Services,
    caller: &Caller,
) -> Result<(Vec<Login>, Vec<(UserId, String)>), ServiceError> {
    let (mut logins, mut operators) = (Vec::new(), Vec::new());
    for (login, name, role, extension) in PEOPLE {
        let password = password(services);
        let extension = (!extension.is_empty()).then(|| extension.to_owned());
        let typed = UserToCreate {
            login: login.into(),
            name: name.into(),
            role,
            extension: extension.clone(),
            password: Personal::new(password.clone()),
        };
        let user = services.create_user(caller, typed).await?;
        if let (Role::Operator, Some(extension)) = (role, &extension) {
            operators.push((user.id, extension.clone()));
        }
        logins.push(Login {
            login: login.into(),
            password,
            role: role.code().into(),
            extension: extension.unwrap_or_default(),
        });
    }
    Ok((logins, operators))
}

/// Ten characters that are hard to mistake for one another.
fn password(services: &Services) -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let salt = services.ids.salt();
    salt[..10].iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

async fn make_up_entries(
    services: &Services,
    caller: &Caller,
    kind: EntryKind,
    entries: Vec<SampleEntry>,
    known: &mut HashMap<&'static str, (EntryId, String)>,
) -> Result<(), ServiceError> {
    for sample in entries {
        let id: Uuid = services.ids.next(services.clock.now());
        let mut body = sample.body;
        if let Some((parent, _)) = sample.parent.and_then(|parent| known.get(parent)) {
            let above = if kind == EntryKind::Snippet { "topic" } else { "parent" };
            body[above] = parent.to_string().into();
        }
        let title = body["title"]["ru"].as_str().unwrap_or_default().to_owned();
        let id = EntryId::from_uuid(id);
        services.put_entry(caller, kind, id, 0, body).await?;
        known.insert(sample.key, (id, title));
    }
    Ok(())
}
