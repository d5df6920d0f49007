//! Backups: taking one while serving, proving that it can be restored, the nightly round.

use super::{Caller, ServiceError, Services, imports};
use crate::backup::{
    Asked, BackupError, Backups, LogSource, Point, Rebuilt, Scratch, Snapshot, Source,
};
use crate::base::time::{Clock, Timestamp};
use crate::domain::Rejection;
use crate::domain::access::Action;
use crate::journal::{Log, LogOptions, RealDisk};
use crate::store::{Store, StoreSettings, rebuild};
use chrono::Timelike;
use data_encoding::HEXLOWER;
use serde::Serialize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// What the job of taking a backup is called.
const BACKUP: &str = "backup";
/// Folders in the data folder in which backups are proved; the name of the backup follows.
const SCRATCH: &str = "verify-";
/// Bytes of cached leaves while a restored box is replayed.
const REBUILD_CACHE_BYTES: usize = 64 << 20;
/// How often the hour of the nightly round is looked at.
const ROUND_PAUSE: Duration = Duration::from_secs(60);
const SECONDS_PER_DAY: i64 = 86_400;
/// The hour of the lender's day at which old records are dropped when no backup is taken.
const RETENTION_HOUR: u32 = 3;

/// The archive, opened when it is first needed: a missing backup disk does not keep the box closed.
#[derive(Debug, Default)]
pub struct Archive(Mutex<Option<Arc<Backups>>>);

/// A backup, as the API shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct BackupView {
    /// Its name.
    pub name: String,
    /// When it was taken.
    pub created_at: String,
    /// The last frame of the journal in it.
    pub seq: u64,
    /// Bytes of all files that it needs.
    pub bytes: u64,
    /// The backup whose files it shares.
    pub incremental_of: Option<String>,
    /// Whether it needs a key.
    pub encrypted: bool,
    /// The last successful restore drill.
    pub verified_at: Option<String>,
    /// The state's digest.
    pub digest: String,
}

impl From<BackupError> for ServiceError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Busy => Self::Busy,
            BackupError::NotFound(_) => Self::Rejected(Rejection::not_found("backup")),
            other => {
                tracing::error!(error = %other, "the archive of backups cannot be used");
                Self::Unavailable
            }
        }
    }
}

/// Removes the folders in which an earlier run of the box has proved backups when it was cut off. Only
/// for who holds the data folder.
///
/// # Errors
/// What the disk says.
pub fn remove_scratch(data: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(data)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(SCRATCH) && entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Replays a restored data folder into a new view beside it and says what came out.
///
/// # Errors
/// What does not replay, in words.
pub fn rebuild_restored(data: &Path, clock: Arc<dyn Clock>) -> Result<Rebuilt, String> {
    let mut options = LogOptions::kept(data.join("journal"), "journal", clock);
    options.prepare_ahead = false;
    options.verify_bytes = u64::MAX;
    let (log, report) =
        Log::open(Arc::new(RealDisk), options).map_err(|error| error.to_string())?;
    let settings = StoreSettings { folder: data.join("store"), cache_bytes: REBUILD_CACHE_BYTES };
    let position =
        rebuild::build(settings.clone(), &log.tail(), |_| {}).map_err(|error| error.to_string())?;
    let store = Store::open(settings).map_err(|error| error.to_string())?;
    let summed = rebuild::digest_of_heads(&store).map_err(|error| error.to_string())?;
    if summed != position.digest {
        return Err("the digest kept while replaying is not the one of the rows".into());
    }
    Ok(Rebuilt { seq: position.seq, chain: report.chain, digest: position.digest.to_hex() })
}

impl Services {
    /// The archive.
    ///
    /// # Errors
    /// When its folder cannot be used.
    pub fn archive(&self) -> Result<Arc<Backups>, BackupError> {
        let mut opened = self.archive.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(archive) = &*opened {
            return Ok(Arc::clone(archive));
        }
        let settings = &self.config.backup;
        let recipient = Some(settings.age_recipient.as_str()).filter(|text| !text.is_empty());
        let clock = Arc::clone(&self.clock);
        let archive = Backups::open(Arc::new(RealDisk), &settings.folder, recipient, clock)?;
        Ok(Arc::clone(opened.insert(Arc::new(archive))))
    }

    /// All backups, newest first.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn backup_list(&self, caller: &Caller) -> Result<Vec<BackupView>, ServiceError> {
        caller.grant(Action::ReadBackups)?;
        let view = |snapshot: Snapshot| BackupView {
            name: snapshot.manifest.name,
            created_at: snapshot.manifest.created_at,
            seq: snapshot.manifest.seq,
            bytes: snapshot.bytes,
            incremental_of: snapshot.manifest.incremental_of,
            encrypted: snapshot.manifest.recipient.is_some(),
            verified_at: snapshot.verified.map(|verified| verified.at),
            digest: snapshot.manifest.digest,
        };
        Ok(self.archive()?.list()?.into_iter().map(view).collect())
    }

    /// Takes a backup of this moment, as a job; then drops those that are too old. The same command
    /// again gives the first job, also after a restart: what it has made says so itself.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`, `KeyReused`.
    pub async fn take_backup(self: &Arc<Self>, caller: &Caller) -> Result<Uuid, ServiceError> {
        caller.grant(Action::RunBackups)?;
        let archive = self.archive()?;
        let job = self.job_of(caller);
        let asked = caller
            .command
            .map(|key| Asked { id: HEXLOWER.encode(&key.id), body: HEXLOWER.encode(&key.body) });
        if self.jobs.knows(job) || self.recall_backup(&archive, job, asked.as_ref())? {
            return Ok(job);
        }
        let source = Source { asked, ..self.backup_source().await? };
        let keep = self.config.backup.keep;
        self.start_job_as(job, BACKUP, move |progress| {
            let manifest = archive
                .create(&source, &mut |at| progress.tell(at.done, at.total))
                .map_err(|error| error.to_string())?;
            archive.retain(keep).map_err(|error| error.to_string())?;
            Ok(manifest.name)
        });
        Ok(job)
    }

    /// Whether a backup answers what is asked already; then its job is remembered again. One that a
    /// stop has cut off left none: the repeat takes it.
    fn recall_backup(
        &self,
        archive: &Backups,
        job: Uuid,
        asked: Option<&Asked>,
    ) -> Result<bool, ServiceError> {
        let Some(asked) = asked else { return Ok(false) };
        let is_first =
            |one: &Snapshot| one.manifest.asked.as_ref().is_some_and(|first| first.id == asked.id);
        let Some(first) = archive.list()?.into_iter().find(is_first) else { return Ok(false) };
        if first.manifest.asked.as_ref() != Some(asked) {
            return Err(ServiceError::KeyReused);
        }
        self.jobs.recall(job, BACKUP, &first.manifest.created_at, &first.manifest.name);
        Ok(true)
    }

    /// Restores a backup into a scratch folder, replays it and compares, as a job.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`, `Rejected` when there is no such backup.
    pub fn verify_backup(
        self: &Arc<Self>,
        caller: &Caller,
        name: &str,
    ) -> Result<Uuid, ServiceError> {
        caller.grant(Action::RunBackups)?;
        let archive = self.archive()?;
        let name = archive.get(name)?.manifest.name;
        let storage = &self.config.storage;
        let (folder, reserve_bytes) =
            (storage.folder.join(format!("{SCRATCH}{name}")), storage.reserve_bytes);
        let clock = Arc::clone(&self.clock);
        Ok(self.start_job("verify", move |progress| {
            let mut rebuild = |data: &Path| rebuild_restored(data, Arc::clone(&clock));
            let scratch = Scratch { folder: &folder, reserve_bytes };
            archive
                .verify(&name, None, scratch, &mut rebuild, &mut |at| {
                    progress.tell(at.done, at.total);
                })
                .map(|verified| format!("{name}: frame {} {}", verified.seq, verified.digest))
                .map_err(|error| error.to_string())
        }))
    }

    /// What a backup of this moment consists of.
    ///
    /// # Errors
    /// `Unavailable` when the box is stopping.
    pub async fn backup_source(&self) -> Result<Source, ServiceError> {
        let position = self.committer.position().await;
        let position = position.ok_or(ServiceError::Unavailable)?;
        let log = |folder: &str, tail| LogSource { folder: folder.to_owned(), tail };
        Ok(Source {
            journal: log("journal", self.journal.clone()),
            logs: vec![log("access", self.access_log.tail()), log("pbx", self.pbx_log.tail())],
            blobs: Some(("blobs".to_owned(), self.blobs.clone())),
            // The certificates are made anew where the box is restored.
            files: Vec::new(),
            point: Point { seq: position.seq, digest: position.digest.to_hex() },
            asked: None,
        })
    }

    /// Once a day, at the configured hour of the lender's day: drops what the logs need not keep any
    /// longer, takes a backup and proves it. Never ends.
    pub async fn nightly_round(self: Arc<Self>) {
        let mut last = None;
        loop {
            tokio::time::sleep(ROUND_PAUSE).await;
            let now = self.clock.now();
            let local = now.to_utc().with_timezone(&self.config.lender.zone);
            let hour = self.config.backup.daily_hour.map_or(RETENTION_HOUR, u32::from);
            if hour != local.hour() || last == Some(local.date_naive()) {
                continue;
            }
            last = Some(local.date_naive());
            let services = Arc::clone(&self);
            let dropping = tokio::task::spawn_blocking(move || services.drop_expired());
            if dropping.await.is_err() {
                tracing::error!("old records were not dropped");
            }
            if self.config.backup.daily_hour.is_some() {
                let seconds = i64::from(local.minute() * 60 + local.second());
                let past = seconds * 1_000_000 + i64::from(local.nanosecond() / 1_000);
                self.nightly_backup(Timestamp::from_micros(now.micros() - past)).await;
            }
        }
    }

    /// Drops what has been kept as long as the settings say: reads of personal data, raw call
    /// events, lists of rejected rows. Blocks.
    pub fn drop_expired(&self) {
        let (now, retention) = (self.clock.now(), &self.config.retention);
        let before = |days: u32| now.plus_seconds(-i64::from(days) * SECONDS_PER_DAY);
        for (log, days) in [
            (&self.access_log, retention.access_log_days),
            (&self.pbx_log, retention.pbx_event_days),
        ] {
            if let Err(error) = log.drop_before(before(days)) {
                tracing::error!(%error, "old records were not dropped");
            }
        }
        let folder = self.config.storage.folder.join("imports");
        if let Err(error) = imports::drop_rejects(&folder, before(retention.import_reject_days)) {
            tracing::error!(%error, "old lists of rejected rows were not dropped");
        }
    }

    /// Takes the backup of the hour that began at `hour_began` and proves it. A box that is started
    /// again within the hour goes on with the one it has: others would push old ones out. Gives the
    /// job of the proof, if there is one.
    pub(crate) async fn nightly_backup(self: &Arc<Self>, hour_began: Timestamp) -> Option<Uuid> {
        let system = Caller::system();
        let taken = match self.backup_since(hour_began) {
            Ok(Some(backup)) if backup.verified.is_some() => return None,
            Ok(Some(backup)) => Ok(backup.manifest.name),
            Ok(None) => match self.take_backup(&system).await {
                Ok(job) => self.job_ended(job).await,
                Err(error) => Err(error.to_string()),
            },
            Err(error) => Err(error.to_string()),
        };
        let name = match taken {
            Ok(name) => name,
            Err(error) => {
                tracing::error!(error, "the nightly backup was not taken");
                return None;
            }
        };
        if !self.config.backup.age_recipient.is_empty() {
            // The key that opens it does not lie on this box.
            return None;
        }
        let proof = self.verify_backup(&system, &name);
        proof.inspect_err(|error| tracing::error!(%error, "the restore drill did not begin")).ok()
    }

    /// The latest backup that was taken between `from` and now. One that knows more than the journal
    /// is of another box, or of this one before it was restored; one of the future was taken while
    /// the clock was wrong.
    fn backup_since(&self, from: Timestamp) -> Result<Option<Snapshot>, BackupError> {
        let is_of_now = |one: &Snapshot| {
            let taken = Timestamp::parse_rfc3339(&one.manifest.created_at);
            let now = self.clock.now();
            one.manifest.seq <= self.journal.head()
                && taken.is_ok_and(|taken| (from..=now).contains(&taken))
        };
        Ok(self.archive()?.list()?.into_iter().find(is_of_now))
    }
}
