//! `lenderbox backup …`: take, list, verify and restore backups. A serving box takes its own: at
//! night, from the page, and when it is asked here by its address.

use super::{CliError, configuration, say, with_core};
use crate::actors::Runtime;
use crate::app::StartError;
use crate::backup::{BackupError, Backups, Progress, Scratch};
use crate::base::personal::Personal;
use crate::base::time::{Clock, SystemClock};
use crate::config::Config;
use crate::gateways::box_api::{BoxApi, BoxError};
use crate::journal::RealDisk;
use crate::service::Caller;
use crate::service::backups::rebuild_restored;
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Take, list, verify and restore backups.
#[derive(Debug, Args)]
pub struct Backup {
    /// The data folder, instead of the configured one; a folder `backups` in it (a demo's) is the
    /// archive when no other is given or configured.
    #[arg(long, global = true)]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Take a backup of a stopped box, or with --url have a serving one take its own.
    Create(Create),
    /// List the backups of an archive.
    List(Archive),
    /// Restore a backup into a scratch folder, replay it, compare, remove it again.
    Verify(Verify),
    /// Restore a backup into an empty folder. Needs nothing but the archive (and its key).
    Restore(Restore),
}

#[derive(Debug, Args)]
struct Create {
    #[command(flatten)]
    archive: Archive,
    /// A running box that is to take it, for instance <http://127.0.0.1:8080>.
    #[arg(long, requires = "token", conflicts_with = "archive")]
    url: Option<String>,
    /// With an https address: the authority that signed the box's certificate
    /// (tls/authority.pem of its data folder).
    #[arg(long, requires = "url")]
    ca: Option<PathBuf>,
    /// A token of that box, of scope core.
    #[arg(long, env = "LENDERBOX_CORE_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// How long a running box may take for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How often it is asked how the backup stands.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// A job of a running box, as it tells it.
#[derive(Debug, Deserialize)]
struct PostedJob {
    state: String,
    message: String,
}

#[derive(Debug, Args)]
struct Archive {
    /// The folder of the backups, instead of the configured one.
    #[arg(long)]
    archive: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Verify {
    /// The backup; the newest one when left out.
    name: Option<String>,
    /// The file with the age identity, for encrypted backups.
    #[arg(long)]
    identity: Option<PathBuf>,
    /// An empty or missing folder to work in; removed afterwards.
    #[arg(long)]
    scratch: Option<PathBuf>,
    #[command(flatten)]
    archive: Archive,
}

#[derive(Debug, Args)]
struct Restore {
    /// The backup; the newest one when left out.
    name: Option<String>,
    /// The new data folder; must be empty or missing.
    #[arg(long)]
    into: PathBuf,
    /// The file with the age identity, for encrypted backups.
    #[arg(long)]
    identity: Option<PathBuf>,
    #[command(flatten)]
    archive: Archive,
}

impl Backup {
    /// Does what was asked.
    ///
    /// # Errors
    /// What the archive says.
    pub fn run(self, path: Option<&Path>) -> Result<(), CliError> {
        let mut config = configuration(path, self.data_dir.as_deref())?;
        if let (Some(data), None) = (&self.data_dir, path) {
            let own = data.join("backups");
            if own.is_dir() {
                config.backup.folder = own;
            }
        }
        match self.action {
            Action::Create(create) => create.run(config),
            Action::List(archive) => list(&archive.open(config)?),
            Action::Verify(verify) => verify.run(config),
            Action::Restore(restore) => restore.run(config),
        }
    }
}

impl Archive {
    fn apply(&self, config: &mut Config) {
        if let Some(folder) = &self.archive {
            config.backup.folder.clone_from(folder);
        }
    }

    fn open(&self, mut config: Config) -> Result<Backups, CliError> {
        self.apply(&mut config);
        let folder = config.backup.folder;
        if !folder.is_dir() {
            let text = format!("{} holds no backups: give --archive", folder.display());
            return Err(CliError::Said(text));
        }
        Backups::open(Arc::new(RealDisk), folder, None, Arc::new(SystemClock)).map_err(said)
    }
}

impl Create {
    fn run(self, mut config: Config) -> Result<(), CliError> {
        if let (Some(url), Some(token)) = (&self.url, &self.token) {
            let token = Personal::new(token.clone());
            let running = BoxApi::new(url, self.ca.as_deref(), &token, ANSWER_WITHIN)
                .map_err(|error| CliError::Said(crate::app::chain(&error)))?;
            return taken(&have_taken(&running)?);
        }
        self.archive.apply(&mut config);
        let done = with_core(config, async |core| {
            let job = core.services.take_backup(&Caller::system()).await;
            let job = job.map_err(|error| CliError::Said(error.to_string()))?;
            core.services.job_ended(job).await.map_err(CliError::Said)
        });
        let name = done.map_err(|error| match error {
            CliError::Start(StartError::InUse(folder)) => CliError::Said(format!(
                "the data folder {} is in use by a running box: take the backup on its page, or \
                 add --url with its address and --token with a token of scope core",
                folder.display()
            )),
            other => other,
        })?;
        taken(&name)
    }
}

fn taken(name: &str) -> Result<(), CliError> {
    say(format!("Backup {name} is taken. Prove it with `lenderbox backup verify {name}`."))
}

/// Has a running box take a backup, and waits until it has; its name.
fn have_taken(running: &BoxApi) -> Result<String, CliError> {
    let refused = |error: BoxError| CliError::Said(crate::app::chain(&error));
    let started: Value = running.post("backups", &json!({})).map_err(refused)?;
    let path = format!("jobs/{}", started["job"].as_str().unwrap_or_default());
    Runtime::block_on(1, async {
        loop {
            let job: PostedJob = running.get(&path).map_err(refused)?;
            match job.state.as_str() {
                "running" => tokio::time::sleep(ASK_EVERY).await,
                "done" => return Ok(job.message),
                _ => return Err(CliError::Said(job.message)),
            }
        }
    })
}

fn list(archive: &Backups) -> Result<(), CliError> {
    for snapshot in archive.list().map_err(said)? {
        let manifest = &snapshot.manifest;
        let proof = match &snapshot.verified {
            Some(verified) => format!("verified {}", verified.at),
            None => "not verified".to_owned(),
        };
        let lock = if manifest.recipient.is_some() { ", encrypted" } else { "" };
        say(format!(
            "{}  through frame {}, {} bytes, {proof}{lock}",
            manifest.name, manifest.seq, snapshot.bytes
        ))?;
    }
    for fault in archive.faults().map_err(said)? {
        say(fault)?;
    }
    Ok(())
}

impl Verify {
    fn run(self, config: Config) -> Result<(), CliError> {
        let reserve_bytes = config.storage.reserve_bytes;
        let archive = self.archive.open(config)?;
        let name = name_or_newest(&archive, self.name)?;
        let key = key(self.identity.as_deref())?;
        let folder = self
            .scratch
            .unwrap_or_else(|| std::env::temp_dir().join(format!("lenderbox-verify-{name}")));
        let mut rebuild = |data: &Path| {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock);
            rebuild_restored(data, clock)
        };
        let scratch = Scratch { folder: &folder, reserve_bytes };
        let verified = archive
            .verify(&name, key.as_deref(), scratch, &mut rebuild, &mut silent)
            .map_err(said)?;
        say(format!(
            "Backup {name} is sound: replayed through frame {}, same digest {}.",
            verified.seq, verified.digest
        ))
    }
}

impl Restore {
    fn run(self, config: Config) -> Result<(), CliError> {
        let archive = self.archive.open(config)?;
        let name = name_or_newest(&archive, self.name)?;
        let key = key(self.identity.as_deref())?;
        let manifest =
            archive.restore(&name, key.as_deref(), &self.into, &mut silent).map_err(said)?;
        say(format!(
            "Backup {name} of {} is restored through frame {}. Start the box with \
             `lenderbox serve --data-dir {}`.",
            manifest.created_at,
            manifest.seq,
            self.into.display()
        ))
    }
}

fn said(error: BackupError) -> CliError {
    CliError::Said(error.to_string())
}

const fn silent(_: Progress) {}

fn name_or_newest(archive: &Backups, name: Option<String>) -> Result<String, CliError> {
    if let Some(name) = name {
        return Ok(name);
    }
    let newest = archive.list().map_err(said)?.into_iter().next();
    newest
        .map(|snapshot| snapshot.manifest.name)
        .ok_or_else(|| CliError::Said("the archive holds no readable backup".into()))
}

/// The identity in an age key file: its first line that is no remark.
fn key(file: Option<&Path>) -> Result<Option<String>, CliError> {
    let Some(file) = file else { return Ok(None) };
    let text = std::fs::read_to_string(file).map_err(CliError::unread(file))?;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    line.map(|line| Some(line.to_owned()))
        .ok_or_else(|| CliError::Said(format!("{} holds no key", file.display())))
}
