//! The imports of a serving box: started from stored files, watched on the feed, one at a time and
//! the others in line.

use super::line::{Live, Place};
use super::prepare::{self, Against, Preview, Request};
use super::progress::Snapshot;
use super::runner::{self, Environment, Job, Session};
use super::{INTERRUPTED, ImportError, STORAGE_LOW, read_rejects, rejects_path};
use crate::base::ids::ImportId;
use crate::domain::access::{Action, Principal, Role};
use crate::domain::import::run::{
    Counts, FileSource, GivenLookup, ImportPlan, ImportRun, RunState,
};
use crate::domain::import::{ImportKind, Mapping, shipped, shipped_named};
use crate::domain::{FieldFault, Rejection, StreamId, StreamKind};
use crate::feed::Audience;
use crate::service::{Caller, ServiceError, Services};
use crate::telemetry::process::{Niceness, let_others_go_first};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Runs that a list shows.
const RUNS_SHOWN_MAX: usize = 10_000;
/// Rows of a preview.
const PREVIEW_ROWS: usize = 20;
/// Progress is told to pages this often.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// What a caller asks to import or to preview.
#[derive(Debug, Clone)]
pub struct FileToImport {
    /// What the file brings.
    pub kind: ImportKind,
    /// The stored file.
    pub blob: String,
    /// Its name, as people know it.
    pub file_name: String,
    /// A mapping that comes with the product.
    pub mapping: Option<String>,
    /// Or the text of one.
    pub mapping_text: Option<String>,
    /// Stored files for the lookups of the mapping: name and blob.
    pub lookups: Vec<(String, String)>,
    /// Only count.
    pub dry_run: bool,
}

/// A run as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ImportView {
    /// Which.
    pub import_id: ImportId,
    /// What it brings.
    pub kind: &'static str,
    /// The file.
    pub file_name: String,
    /// `waiting`, `running`, `finished`, `failed` or `interrupted`.
    pub state: &'static str,
    /// While it waits: imports before it, the working one among them.
    pub ahead: Option<usize>,
    /// Nothing is written.
    pub dry_run: bool,
    /// Rows dealt with.
    pub rows_read: u64,
    /// All rows: exact at the end, an estimate by the part of the file read until then.
    pub rows_total: Option<u64>,
    /// Rows that brought something new.
    pub created: u64,
    /// Rows that changed something.
    pub updated: u64,
    /// Rows that said what was known.
    pub unchanged: u64,
    /// Rows that the mapping does not want.
    pub skipped: u64,
    /// Rows at fault.
    pub rejected: u64,
    /// Pace, while it runs.
    pub rows_per_second: Option<u64>,
    /// Rest at this pace, while it runs.
    pub seconds_left: Option<u64>,
    /// When it began.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Who asked.
    pub by: String,
    /// Why it failed or was interrupted, in words.
    pub error: Option<String>,
    /// The same as a code, for instance `storage_low`, `unreadable_file`.
    pub error_code: Option<String>,
}

/// A mapping as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MappingView {
    /// Its name.
    pub name: &'static str,
    /// What its files bring.
    pub kind: &'static str,
    /// What it is for.
    pub description: String,
    /// Second files that it needs.
    pub lookups: Vec<LookupNeeded>,
    /// Its text.
    pub text: &'static str,
}

/// A second file that a mapping asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LookupNeeded {
    /// Its name in the mapping.
    pub name: String,
    /// What the file is called where it comes from.
    pub file: String,
}

fn lookups_of(mapping: &Mapping) -> Vec<LookupNeeded> {
    let needed = |lookup: &crate::domain::import::Lookup| LookupNeeded {
        name: lookup.name.clone(),
        file: lookup.file.clone(),
    };
    mapping.lookups.iter().map(needed).collect()
}

fn stream(id: ImportId) -> StreamId {
    StreamId::new(StreamKind::Import, id.uuid())
}

fn field_fault(field: &str, code: &'static str, message: impl Into<String>) -> ServiceError {
    Rejection::invalid(vec![FieldFault::new(field, code, message)]).into()
}

/// The fault of an import for the person who asked; a path on the box becomes the file's name.
fn told(error: ImportError, path: &std::path::Path, file_name: &str) -> ServiceError {
    match error {
        ImportError::Mapping(faults) => Rejection::invalid(faults).into(),
        ImportError::Table(error) => {
            let text = error.to_string().replace(&path.display().to_string(), file_name);
            field_fault("blob", error.code(), text)
        }
        ImportError::Rejected(rejection) => rejection.into(),
        ImportError::Refused(refusal) => refusal.into(),
        ImportError::Lookup { name, source } => {
            // Its words may name a path on the box.
            let code = source.code();
            field_fault(&format!("lookup.{name}"), code, format!("this file does not read: {code}"))
        }
        ImportError::Rejects(_) | ImportError::ReadingBroke | ImportError::NoThread(_) => {
            tracing::error!(%error, "the import does not begin");
            ServiceError::Unavailable
        }
    }
}

fn mapping_text(file: &FileToImport) -> Result<String, ServiceError> {
    match (&file.mapping, &file.mapping_text) {
        (_, Some(text)) => Ok(text.clone()),
        (Some(name), None) => shipped_named(name)
            .map(|shipped| shipped.text.to_owned())
            .ok_or_else(|| field_fault("mapping", "unknown_value", "there is no such mapping")),
        (None, None) => Err(field_fault("mapping", "required", "name a mapping or send its text")),
    }
}

impl Services {
    /// Mappings that come with the product.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn import_mappings(&self, caller: &Caller) -> Result<Vec<MappingView>, ServiceError> {
        caller.grant(Action::ReadImports)?;
        let view = |shipped: &crate::domain::import::Shipped| {
            let mapping = Mapping::parse(shipped.text).ok()?;
            Some(MappingView {
                name: shipped.name,
                kind: mapping.kind.code(),
                lookups: lookups_of(&mapping),
                description: mapping.description,
                text: shipped.text,
            })
        };
        Ok(shipped().iter().filter_map(view).collect())
    }

    /// The first rows of a stored file as a mapping understands them. Blocks.
    ///
    /// # Errors
    /// `Forbidden`; `Rejected` names every fault of the mapping or the file.
    pub fn preview_import(
        &self,
        caller: &Caller,
        file: &FileToImport,
    ) -> Result<Preview, ServiceError> {
        caller.grant(Action::RunImports)?;
        let request = self.import_request(file)?;
        let complete = self.lookups_needed(caller, file)?.iter().all(|(_, given)| *given);
        // Without the second files no row can be understood; the columns can be shown.
        let rows = if complete { Some(PREVIEW_ROWS) } else { None };
        self.first_rows(caller, &request, rows)
            .map_err(|error| told(error, &request.path, "the file"))
    }

    /// The first `count` rows of a file beside the cards that exist, or the columns alone. Blocks.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub fn first_rows(
        &self,
        caller: &Caller,
        request: &Request,
        count: Option<usize>,
    ) -> Result<Preview, ImportError> {
        let context = self.context(caller);
        let against = Against { store: &self.store, ids: &*self.ids, context: &context };
        prepare::preview(request, self.today(), count, Some(&against))
    }

    /// Second files that the mapping of `file` asks for, and whether they are given.
    ///
    /// # Errors
    /// `Forbidden`; `Rejected` names every fault of the mapping.
    pub fn lookups_needed(
        &self,
        caller: &Caller,
        file: &FileToImport,
    ) -> Result<Vec<(LookupNeeded, bool)>, ServiceError> {
        caller.grant(Action::RunImports)?;
        let mapping = Mapping::parse(&mapping_text(file)?).map_err(Rejection::invalid)?;
        let given = |name: &str| file.lookups.iter().any(|(known, _)| known == name);
        let needed = lookups_of(&mapping).into_iter();
        Ok(needed.map(|lookup| (lookup.clone(), given(&lookup.name))).collect())
    }

    fn import_request(&self, file: &FileToImport) -> Result<Request, ServiceError> {
        Ok(Request {
            kind: file.kind,
            path: self.blob_path(&file.blob)?,
            mapping_text: mapping_text(file)?,
            lookups: self.lookup_paths(&file.lookups)?,
            beside: false,
        })
    }

    fn lookup_paths(
        &self,
        lookups: &[(String, String)],
    ) -> Result<BTreeMap<String, PathBuf>, ServiceError> {
        let path = |(name, blob): &(String, String)| {
            let unknown = |_| {
                let help = "there is no such file; upload it first";
                field_fault(&format!("lookup.{name}"), "unknown_value", help)
            };
            Ok((name.clone(), self.blob_path(blob).map_err(unknown)?))
        };
        lookups.iter().map(path).collect()
    }

    fn blob_path(&self, blob: &str) -> Result<PathBuf, ServiceError> {
        self.blob_size(blob)?;
        Ok(self.blobs.path(&blob.parse()?))
    }

    /// Starts an import of a stored file; it goes on by itself. Blocks until its beginning is
    /// durable.
    ///
    /// # Errors
    /// `Forbidden`, `import_running` when too many wait; `Rejected` names every fault of the mapping
    /// or the files.
    pub fn start_import(
        self: &Arc<Self>,
        caller: &Caller,
        file: &FileToImport,
    ) -> Result<ImportId, ServiceError> {
        caller.grant(Action::RunImports)?;
        if let Some(first) = self.written_before(caller, StreamKind::Import)? {
            return Ok(ImportId::from_uuid(first));
        }
        let request = self.import_request(file)?;
        let plan = ImportPlan {
            kind: file.kind,
            file_name: file.file_name.clone(),
            source: FileSource::Blob(file.blob.clone()),
            mapping: file.mapping.clone().unwrap_or_default(),
            mapping_text: request.mapping_text.clone(),
            dry_run: file.dry_run,
        };
        let lookups = file
            .lookups
            .iter()
            .map(|(name, blob)| GivenLookup {
                name: name.clone(),
                source: FileSource::Blob(blob.clone()),
            })
            .collect();
        let id = ImportId::from_uuid(self.ids.next(self.clock.now()));
        let command = caller.command;
        self.session(caller.principal, id, request, &file.file_name, |environment, job| {
            runner::begin(environment, Job { command, ..job }, plan, lookups)
        })?;
        Ok(id)
    }

    /// Goes on with a run that was interrupted, failed or cancelled. Blocks until that is durable.
    ///
    /// # Errors
    /// `Forbidden`, `import_running`, `import_finished`, not found.
    pub fn resume_import(
        self: &Arc<Self>,
        caller: &Caller,
        id: ImportId,
    ) -> Result<(), ServiceError> {
        caller.grant(Action::RunImports)?;
        let run = self.store.load::<ImportRun>(stream(id))?;
        let plan = run.state.plan.clone().ok_or_else(|| Rejection::not_found("import"))?;
        let place = |source: &FileSource| match source {
            FileSource::Path(path) => Ok(PathBuf::from(path)),
            FileSource::Blob(blob) => self.blob_path(blob),
        };
        let lookups = run.state.lookups.iter();
        let lookups = lookups
            .map(|given| Ok((given.name.clone(), place(&given.source)?)))
            .collect::<Result<_, ServiceError>>()?;
        let request = Request {
            kind: plan.kind,
            path: place(&plan.source)?,
            mapping_text: plan.mapping_text,
            lookups,
            beside: matches!(plan.source, FileSource::Path(_)),
        };
        self.session(caller.principal, id, request, &plan.file_name, runner::resume)
    }

    fn session(
        self: &Arc<Self>,
        principal: Principal,
        id: ImportId,
        request: Request,
        file_name: &str,
        open: impl FnOnce(Environment, Job) -> Result<Session, ImportError>,
    ) -> Result<(), ServiceError> {
        let (place, Live { cancel, progress, .. }) = self.imports.join(id)?;
        let path = request.path.clone();
        let rejects = self.rejects_path(id);
        let job = Job { id, principal, command: None, request, rejects, cancel, progress };
        let opened = open(self.import_environment(), job).and_then(|session| {
            let services = Arc::clone(self);
            let work = move || {
                let_others_go_first(Niceness::Upkeep);
                services.work_import(place, session);
            };
            std::thread::Builder::new()
                .name("import-commit".into())
                .spawn(work)
                .map_err(ImportError::NoThread)
        });
        opened.map(|_| ()).map_err(|error| told(error, &path, file_name))
    }

    fn work_import(&self, place: Place, session: Session) {
        let id = place.id;
        self.tell_import(id);
        place.wait_for_turn();
        if let Err(error) = session.work() {
            tracing::warn!(code = error.code(), import = %id, "the import stopped; it can be resumed");
        }
        drop(place);
        self.tell_import(id);
        // Everybody behind has moved up.
        self.imports.all().into_iter().for_each(|id| self.tell_import(id));
    }

    /// What a run needs of the box; progress is told to pages.
    #[must_use]
    pub fn import_environment(self: &Arc<Self>) -> Environment {
        let (lanes, services) = (self.clients.clone(), Arc::clone(self));
        let told = Mutex::new(None::<Instant>);
        Environment {
            store: Arc::clone(&self.store),
            committer: self.committer.clone(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            zone: self.config.lender.zone,
            on_written: Arc::new(move |streams| {
                for stream in streams {
                    if matches!(stream.kind, StreamKind::Client | StreamKind::Loan) {
                        lanes.forget(stream.owner);
                    }
                }
            }),
            on_progress: Arc::new(move |id, _| {
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                if told.is_none_or(|at| at.elapsed() >= PROGRESS_EVERY) {
                    *told = Some(Instant::now());
                    services.tell_import(id);
                }
            }),
        }
    }

    /// Tells pages how a run stands.
    fn tell_import(&self, id: ImportId) {
        let Ok(run) = self.store.load::<ImportRun>(stream(id)) else {
            return;
        };
        let Some(view) = self.import_view(id, &run.state) else {
            return;
        };
        let Ok(text) = serde_json::to_string(&view) else {
            return;
        };
        let body = text.trim_start_matches('{').trim_end_matches('}').to_owned();
        let roles = vec![Role::Administrator, Role::Supervisor, Role::Auditor];
        self.feed.publish(Audience::Roles(roles), "import.progress", body, false, None);
    }

    fn import_view(&self, id: ImportId, run: &ImportRun) -> Option<ImportView> {
        let plan = run.plan.as_ref()?;
        let live = self.imports.get(id);
        let ahead = live.as_ref().map(|(ahead, _)| *ahead).filter(|ahead| *ahead > 0);
        let live = live.map(|(_, live)| live.progress.snapshot());
        let running = live.filter(|snapshot| !snapshot.ended && ahead.is_none());
        let (error_code, error) = run.error.clone().unzip();
        // Nothing is wrong with the file: the run goes on as it is when the box lets it.
        let by_box = matches!(error_code.as_deref(), Some(STORAGE_LOW | INTERRUPTED));
        let state = match run.state {
            RunState::Running | RunState::Planned if ahead.is_some() => "waiting",
            RunState::Running | RunState::Planned if running.is_some() => "running",
            RunState::Finished => "finished",
            RunState::Failed if !by_box => "failed",
            _ => "interrupted",
        };
        // The journal is a chunk or a few behind what is known here.
        let newer = running.map(|snapshot| snapshot.counts).filter(|c| c.rows > run.counts.rows);
        let Counts { rows, created, updated, unchanged, skipped, rejected } =
            newer.unwrap_or(run.counts);
        let estimate = |snapshot: Snapshot| {
            let permille = u64::from(snapshot.permille?);
            let before = rows.saturating_sub(snapshot.rows_here);
            let here = snapshot.rows_here.saturating_mul(1_000).checked_div(permille)?;
            Some((before + here).max(rows))
        };
        let rows_total = if state == "finished" { Some(rows) } else { running.and_then(estimate) };
        Some(ImportView {
            import_id: id,
            kind: plan.kind.code(),
            file_name: plan.file_name.clone(),
            state,
            ahead: ahead.filter(|_| state == "waiting"),
            dry_run: plan.dry_run,
            rows_read: rows,
            rows_total,
            created,
            updated,
            unchanged,
            skipped,
            rejected,
            rows_per_second: running.map(|snapshot| snapshot.rows_per_second()),
            seconds_left: running.and_then(|snapshot| snapshot.seconds_left()),
            started_at: run.started_at.to_rfc3339(),
            finished_at: run.ended_at.map(|at| at.to_rfc3339()),
            by: run.by.map(|by| self.people.name_of(by)).unwrap_or_default(),
            error,
            error_code,
        })
    }

    /// All runs, newest first.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn import_list(&self, caller: &Caller) -> Result<Vec<ImportView>, ServiceError> {
        caller.grant(Action::ReadImports)?;
        let runs = self.store.list::<ImportRun>(None, RUNS_SHOWN_MAX)?;
        let view = |(stream, run): &(StreamId, crate::store::Loaded<ImportRun>)| {
            self.import_view(ImportId::from_uuid(stream.id), &run.state)
        };
        let mut views: Vec<ImportView> = runs.iter().filter_map(view).collect();
        views.sort_by(|a, b| b.started_at.cmp(&a.started_at));
        Ok(views)
    }

    /// The latest run of a file on the box's own disk that did not come to its end.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn unfinished_import(
        &self,
        kind: ImportKind,
        path: &str,
    ) -> Result<Option<ImportId>, ServiceError> {
        let runs = self.store.list::<ImportRun>(None, RUNS_SHOWN_MAX)?;
        let of_file = |run: &ImportRun| {
            let source = FileSource::Path(path.to_owned());
            let same = |plan: &ImportPlan| plan.kind == kind && plan.source == source;
            run.state != RunState::Finished && run.plan.as_ref().is_some_and(same)
        };
        let latest = runs
            .iter()
            .filter(|(_, run)| of_file(&run.state))
            .max_by_key(|(_, run)| run.state.started_at);
        Ok(latest.map(|(stream, _)| ImportId::from_uuid(stream.id)))
    }

    /// One run.
    ///
    /// # Errors
    /// `Forbidden`, not found.
    pub fn import_run(&self, caller: &Caller, id: ImportId) -> Result<ImportView, ServiceError> {
        caller.grant(Action::ReadImports)?;
        let run = self.store.load::<ImportRun>(stream(id))?;
        Ok(self.import_view(id, &run.state).ok_or_else(|| Rejection::not_found("import"))?)
    }

    /// Stops a run after its present chunk, or takes it out of the line.
    ///
    /// # Errors
    /// `Forbidden`, not found, `import_not_running`.
    pub fn cancel_import(&self, caller: &Caller, id: ImportId) -> Result<(), ServiceError> {
        caller.grant(Action::RunImports)?;
        self.import_run(caller, id)?;
        if self.imports.cancel(id) {
            return Ok(());
        }
        Err(Rejection::rule("import_not_running", "this import has ended").into())
    }

    /// The list of rejected rows of a run, as CSV.
    ///
    /// # Errors
    /// `Forbidden`, not found, `Unavailable`.
    pub fn import_rejects(&self, caller: &Caller, id: ImportId) -> Result<String, ServiceError> {
        self.import_run(caller, id)?;
        read_rejects(&self.rejects_path(id)).map_err(|error| {
            tracing::error!(%error, "the list of rejected rows does not read");
            ServiceError::Unavailable
        })
    }

    /// Where the rejected rows of a run are listed.
    #[must_use]
    pub fn rejects_path(&self, id: ImportId) -> PathBuf {
        rejects_path(&self.config.storage.folder.join("imports"), id)
    }
}
