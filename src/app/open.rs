//! Opening the data folder: lock, journal, view, the one writer, the logs, the lanes.

use super::stuck::{self, Watching};
use crate::actors::{Host, Lanes, Runtime};
use crate::base::ids::{IdSource, SystemIds};
use crate::base::time::{Clock, SystemClock};
use crate::blobs::Blobs;
use crate::committer::{Committer, CommitterSettings, Engine};
use crate::config::Config;
use crate::feed::{Audience, Feed};
use crate::journal::{BackgroundLog, Disk, Log, LogOptions, OpenError, OpenReport, RealDisk};
use crate::service::Services;
use crate::service::backups::remove_scratch;
use crate::service::people::People;
use crate::store::rebuild::{self, ReplayError};
use crate::store::{Store, StoreError, StoreSettings};
use crate::telemetry::metrics::Metrics;
use crate::telemetry::process::memory_used;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Bytes of cached leaves that were only read (design 2).
const STORE_CACHE_BYTES: usize = 256 << 20;
/// Client lanes kept awake: about 15 kB each with a cached card.
const CLIENT_LANES_MAX: usize = 20_000;
/// Lanes of other kinds kept awake.
const OTHER_LANES_MAX: usize = 4_000;
/// How long the folder's lock is waited for: a process that was killed holds it until the system has
/// cleared it away, and whoever starts the box anew does so at once.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// Pause between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(10);
/// Threads that lanes run on.
const ARBITERS: usize = 2;
/// Frames between two words in the log about a long replay.
const PROGRESS_EVERY_FRAMES: u64 = 100_000;
const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// Why the box does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process works on the data folder.
    #[error("the data folder {} is in use by another lenderbox; stop it first", .0.display())]
    InUse(PathBuf),
    /// A folder or file cannot be used.
    #[error("cannot use {}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A log does not open.
    #[error("the log in {} does not open", folder.display())]
    Log {
        /// Which.
        folder: PathBuf,
        /// Why.
        #[source]
        source: OpenError,
    },
    /// The folder of files does not open.
    #[error("the folder of files does not open")]
    Blobs(#[source] crate::blobs::BlobError),
    /// The view can be neither read nor rebuilt.
    #[error("the view cannot be rebuilt from the journal; run `lenderbox doctor`")]
    View(#[source] ReplayError),
    /// The view does not open even when new.
    #[error("a new view cannot be made")]
    NewView(#[source] StoreError),
}

/// What opening found and did.
#[derive(Debug, Clone)]
pub struct StartReport {
    /// The journal.
    pub journal: OpenReport,
    /// Frames replayed into the view.
    pub replayed: u64,
    /// How long the view was built anew for, when it was.
    pub rebuilt: Option<Duration>,
    /// How long it took.
    pub took: Duration,
}

/// An open data folder.
pub struct Core {
    /// All use cases.
    pub services: Arc<Services>,
    /// What opening found.
    pub report: StartReport,
    committer_thread: JoinHandle<()>,
    _watching: Watching,
    _lock: File,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Core({:?})", self.report)
    }
}

impl Core {
    /// Opens the data folder of `config`. Must be called inside [`Runtime::block_on`].
    ///
    /// # Errors
    /// See [`StartError`]. A broken view is no error: it is set aside and rebuilt.
    pub fn open(config: Arc<Config>) -> Result<Self, StartError> {
        Self::open_at(config, Arc::new(SystemClock))
    }

    /// Opens the data folder by another clock.
    ///
    /// # Errors
    /// As [`Core::open`].
    pub fn open_at(config: Arc<Config>, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let begun = Instant::now();
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds);
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let folder = config.storage.folder.clone();
        let lock = take_over(&folder)?;

        let Truth { store, watching, journal, report: journal_report, rebuilt, replayed } =
            open_truth(&config, &disk, &clock)?;
        let tail = journal.tail();
        let feed = Arc::new(Feed::new(journal_report.head));
        let metrics = Metrics::new();
        let engine = Engine::new(journal, Arc::clone(&store), Arc::clone(&feed), Arc::clone(&ids))
            .map_err(StartError::NewView)?;
        let settings = committer_settings(&config, &disk, &clock, &feed, &metrics);
        let (committer, committer_thread) = Committer::start(engine, settings, |fatal| {
            tracing::error!(error = %chain(fatal), "stopping: what is on the disk is not known");
            // After a failed sync nothing is known (design 4); a restart reads what is there.
            std::process::abort();
        })
        .map_err(|source| StartError::Folder { path: folder.clone(), source })?;
        let access_log = background(&folder, "access", &disk, &clock)?;
        let pbx_log = background(&folder, "pbx", &disk, &clock)?;
        let blobs =
            Blobs::open(Arc::clone(&disk), folder.join("blobs"), config.limits.upload_bytes)
                .map_err(StartError::Blobs)?;
        let host = Host {
            store: Arc::clone(&store),
            committer: committer.clone(),
            clock: Arc::clone(&clock),
            zone: config.lender.zone,
        };
        let runtime = Runtime::start(ARBITERS);
        let people = store.read_at_start(|| People::load(&store)).map_err(StartError::NewView)?;
        let services = Arc::new(Services {
            clients: Lanes::new(host.clone(), runtime.clone(), CLIENT_LANES_MAX),
            calls: Lanes::new(host.clone(), runtime.clone(), OTHER_LANES_MAX),
            operators: Lanes::new(host.clone(), runtime.clone(), OTHER_LANES_MAX),
            users: Lanes::new(host.clone(), runtime.clone(), OTHER_LANES_MAX),
            tokens: Lanes::new(host.clone(), runtime.clone(), OTHER_LANES_MAX),
            entries: Lanes::new(host.clone(), runtime.clone(), OTHER_LANES_MAX),
            daily_runs: Lanes::new(host.clone(), runtime.clone(), OTHER_LANES_MAX),
            papers: Lanes::new(host, runtime, OTHER_LANES_MAX),
            paper_numbers: tokio::sync::Mutex::new(()),
            config,
            clock,
            ids,
            store,
            committer,
            feed,
            metrics,
            people: Arc::new(people),
            telephony: crate::service::telephony::Telephony::default(),
            access_log,
            pbx_log,
            blobs,
            journal: tail,
            archive: Default::default(),
            jobs: Default::default(),
            daily: Default::default(),
            imports: crate::service::imports::Imports::default(),
            statements: Default::default(),
        });
        tokio::spawn(Arc::clone(&services).follow_commits());
        tokio::spawn(Arc::clone(&services).nightly_round());
        tokio::spawn(Arc::clone(&services).daily_round());
        let report =
            StartReport { journal: journal_report, replayed, rebuilt, took: begun.elapsed() };
        Ok(Self { services, report, committer_thread, _watching: watching, _lock: lock })
    }

    /// Commits what waits, attests, flushes and closes. Blocks.
    pub fn close(self) {
        self.services.committer.stop();
        if self.committer_thread.join().is_err() {
            tracing::error!(
                "the committer did not end well; the view will catch up at the next start"
            );
        }
        for log in [&self.services.access_log, &self.services.pbx_log] {
            if let Err(error) = log.stop() {
                tracing::error!(%error, "a log did not close");
            }
        }
    }
}

/// An error with everything behind it, on one line.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Locks the folder for this process, and clears away what another one could not.
fn take_over(folder: &Path) -> Result<File, StartError> {
    let failed = |source| StartError::Folder { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let file = File::create(folder.join("LOCK")).map_err(failed)?;
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(LOCK_PAUSE);
            }
            Err(TryLockError::WouldBlock) => return Err(StartError::InUse(folder.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
    if let Err(error) = remove_scratch(folder) {
        tracing::warn!(%error, "what an interrupted restore drill left was not removed");
    }
    Ok(file)
}

/// A view built anew beside the place where it belongs, and put there when it is whole: a building
/// that is cut off leaves nothing that could be taken for a view.
fn build_anew(
    settings: &StoreSettings,
    log: &Log,
    head: u64,
) -> Result<(Store, Watching), StartError> {
    let failed = |source| StartError::Folder { path: settings.folder.clone(), source };
    let mut beside = settings.beside().map_err(failed)?;
    let mut built = rebuild::build(beside.clone(), &log.tail(), report_progress(head));
    if built.as_ref().is_err_and(ReplayError::is_storage_full) {
        tracing::warn!("there is no room for a new view beside the old one, which goes first");
        settings.remove().map_err(failed)?;
        beside = settings.beside().map_err(failed)?;
        built = rebuild::build(beside.clone(), &log.tail(), report_progress(head));
    }
    built.map_err(StartError::View)?;
    Store::quarantine(&settings.folder)
        .and_then(|()| std::fs::rename(&beside.folder, &settings.folder))
        .map_err(failed)?;
    open_watched(settings).map_err(StartError::NewView)
}

/// The journal and a view that stands at its head.
struct Truth {
    store: Arc<Store>,
    watching: Watching,
    journal: Log,
    report: OpenReport,
    rebuilt: Option<Duration>,
    replayed: u64,
}

/// Opens the view and keeps an eye on it from its first read on.
fn open_watched(settings: &StoreSettings) -> Result<(Store, Watching), StoreError> {
    let store = Store::open(settings.clone())?;
    let watching = stuck::watch(store.watch(), settings.folder.clone());
    Ok((store, watching.map_err(StoreError::Broken)?))
}

/// Opens the journal and a view that stands at its head. A view that cannot be used is set aside and
/// built anew: the journal is the truth.
fn open_truth(
    config: &Config,
    disk: &Arc<dyn Disk>,
    clock: &Arc<dyn Clock>,
) -> Result<Truth, StartError> {
    let settings = StoreSettings {
        folder: config.storage.folder.join("store"),
        cache_bytes: STORE_CACHE_BYTES,
    };
    if let Err(error) = settings.remove_unfinished() {
        tracing::warn!(%error, "what an interrupted rebuild has left could not be removed");
    }
    let existing = open_watched(&settings).and_then(|opened| {
        opened.0.check_seal()?;
        let current = rebuild::is_current(&opened.0)?;
        Ok((current, opened.0.position()?.seq, opened))
    });
    // What the view holds was durable before it got there.
    let (existing, from) = match existing {
        Ok((true, from, opened)) => (Ok(opened), from),
        Ok((false, ..)) => (Err("its stored form is another version's"), 0),
        Err(_) => (Err("its files could not be used"), 0),
    };
    let folder = config.storage.folder.join("journal");
    let mut options = LogOptions::kept(&folder, "journal", Arc::clone(clock));
    options.segment_bytes = config.storage.segment_bytes;
    options.attested = from;
    let (log, report) = Log::open(Arc::clone(disk), options)
        .map_err(|source| StartError::Log { folder, source })?;
    let caught_up = existing.and_then(|(store, watching)| {
        if from == 0 && report.head > 0 {
            return Err("it was empty");
        }
        match rebuild::catch_up(&store, &log.tail(), |_| {}) {
            Ok(_) => Ok(Ok((store, watching))),
            Err(ReplayError::Store(_)) => {
                store.fail();
                Err("its files did not read")
            }
            Err(error) => Ok(Err(StartError::View(error))),
        }
    });
    let ((store, watching), rebuilt) = match caught_up {
        Ok(opened) => (opened?, None),
        Err(why) => {
            let (begun, frames) = (Instant::now(), report.head);
            let built = build_anew(&settings, &log, frames)?;
            tracing::warn!(why, frames, "the view was rebuilt from the journal; nothing is lost");
            (built, Some(begun.elapsed()))
        }
    };
    let head = report.head;
    let replayed = if rebuilt.is_some() { head } else { head - from.min(head) };
    Ok(Truth { store: Arc::new(store), watching, journal: log, report, rebuilt, replayed })
}

/// Tells the log how far a long replay is, now and then.
fn report_progress(head: u64) -> impl FnMut(u64) {
    let mut told = 0;
    move |frame| {
        if frame >= told + PROGRESS_EVERY_FRAMES {
            told = frame;
            tracing::info!(frame, of = head, "rebuilding the view");
        }
    }
}

fn background(
    folder: &Path,
    name: &str,
    disk: &Arc<dyn Disk>,
    clock: &Arc<dyn Clock>,
) -> Result<BackgroundLog, StartError> {
    let folder = folder.join(name);
    let options = LogOptions::retained(&folder, name, Arc::clone(clock));
    let (log, _) = Log::open(Arc::clone(disk), options)
        .map_err(|source| StartError::Log { folder: folder.clone(), source })?;
    BackgroundLog::start(log, name).map_err(|source| StartError::Folder { path: folder, source })
}

fn committer_settings(
    config: &Config,
    disk: &Arc<dyn Disk>,
    clock: &Arc<dyn Clock>,
    feed: &Arc<Feed>,
    metrics: &Metrics,
) -> CommitterSettings {
    let (folder, disk) = (config.storage.folder.clone(), Arc::clone(disk));
    let (feed, metrics, clock) = (Arc::clone(feed), metrics.clone(), Arc::clone(clock));
    CommitterSettings {
        flush_every: Duration::from_secs(config.storage.flush_seconds),
        disk_reserve_bytes: config.storage.reserve_bytes,
        memory_budget_bytes: config.storage.memory_bytes,
        disk_free: Arc::new(move || disk.free_bytes(&folder).ok()),
        memory_used: Arc::new(memory_used),
        hour: Arc::new(move || u64::try_from(clock.now().micros() / MICROS_PER_HOUR).ok()),
        on_storage_low: Arc::new(move |low| {
            tracing::warn!(low, "the disk reserve was reached or is free again");
            feed.publish(Audience::Everybody, "storage_low", format!("\"on\":{low}"), true, None);
        }),
        on_group: Arc::new(move |frames, took| metrics.commit_group(frames, took)),
    }
}
