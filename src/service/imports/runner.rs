//! One session of a run: a thread reads and cleanses, this one decides and commits.

use super::ImportError;
use super::chunk::{Chunk, Imagined, RowError, RowOutcome, field_of};
use super::prepare::{Prepared, Request, prepare};
use super::progress::Progress;
use super::rejects::RejectWriter;
use crate::base::ids::{IdSource, ImportId};
use crate::base::time::{Clock, Zone};
use crate::committer::{Change, Committer, Proposal, Refusal, TypedChange};
use crate::domain::access::Principal;
use crate::domain::import::run::{
    Advanced, Counts, Ended, ImportCommand, ImportPlan, ImportRun, RunState, StartImport,
};
use crate::domain::import::{Bound, Outcome, Record};
use crate::domain::{Aggregate, Context, FieldFault, StreamId, StreamKind};
use crate::gateways::tables::{Meter, Table, TableError};
use crate::store::{Loaded, Store};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Rows of one frame: enough to share a sync, few enough that a call card never waits long.
const ROWS_PER_CHUNK: usize = 128;
/// Chunks that are read ahead.
const CHUNKS_AHEAD: usize = 16;
/// Rows without a change after which progress is journalled all the same.
const QUIET_ROWS_MAX: u64 = 4_096;

/// Times that a row is decided anew when somebody else writes its cards meanwhile.
const CONFLICTS_MAX: usize = 8;

/// Told which streams were written behind the back of their lanes.
pub type OnWritten = Arc<dyn Fn(&[StreamId]) + Send + Sync>;

/// Told how a run stands.
pub type OnProgress = Arc<dyn Fn(ImportId, &Progress) + Send + Sync>;

/// What a run needs of the box.
#[derive(Clone)]
pub struct Environment {
    /// The view.
    pub store: Arc<Store>,
    /// The one writer.
    pub committer: Committer,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where identifiers come from.
    pub ids: Arc<dyn IdSource>,
    /// The lender's zone.
    pub zone: Zone,
    /// Told which streams were written behind the back of their lanes.
    pub on_written: OnWritten,
    /// Told after each chunk.
    pub on_progress: OnProgress,
}

/// One run.
#[derive(Clone)]
pub struct Job {
    /// The run.
    pub id: ImportId,
    /// Who asks.
    pub principal: Principal,
    /// What is read and how.
    pub request: Request,
    /// Where rejected rows are listed.
    pub rejects: PathBuf,
    /// Set to stop after the present chunk.
    pub cancel: Arc<AtomicBool>,
    /// Shared with whoever watches.
    pub progress: Arc<Progress>,
}

/// A run that was begun or resumed and whose rows are to be worked off.
pub struct Session {
    environment: Environment,
    job: Job,
    prepared: Prepared,
    run: Loaded<ImportRun>,
    rejects: RejectWriter,
}

/// Checks everything and journals the beginning of a new run.
///
/// # Errors
/// See [`ImportError`]; then nothing was written.
pub fn begin(environment: Environment, job: Job, plan: ImportPlan) -> Result<Session, ImportError> {
    let context = context(&environment, job.principal);
    let prepared = prepare(&job.request, context.today())?;
    let command = ImportCommand::Start(Box::new(StartImport { id: job.id, plan }));
    let run = commit_run(&environment, &job, Loaded::default(), command, Vec::new())?;
    let rejects = RejectWriter::open(&job.rejects, 0).map_err(ImportError::Rejects)?;
    Ok(Session { environment, job, prepared, run, rejects })
}

/// Goes on with a run behind its last durable row.
///
/// # Errors
/// See [`ImportError`].
pub fn resume(environment: Environment, job: Job) -> Result<Session, ImportError> {
    let context = context(&environment, job.principal);
    let prepared = prepare(&job.request, context.today())?;
    let stream = stream(job.id);
    let known = environment.store.load::<ImportRun>(stream).map_err(|_| Refusal::Unavailable)?;
    let run = commit_run(&environment, &job, known, ImportCommand::Resume, Vec::new())?;
    let line = run.state.line;
    let rejects = RejectWriter::open(&job.rejects, line).map_err(ImportError::Rejects)?;
    Ok(Session { environment, job, prepared, run, rejects })
}

fn stream(id: ImportId) -> StreamId {
    StreamId::new(StreamKind::Import, id.uuid())
}

fn context(environment: &Environment, principal: Principal) -> Context {
    Context { now: environment.clock.now(), zone: environment.zone, principal }
}

/// Commits a command on the run together with `changes`; gives the run after it.
fn commit_run(
    environment: &Environment,
    job: &Job,
    run: Loaded<ImportRun>,
    command: ImportCommand,
    mut changes: Vec<Box<dyn Change>>,
) -> Result<Loaded<ImportRun>, ImportError> {
    let context = context(environment, job.principal);
    let decision = run.state.decide(command, &context)?;
    if decision.events.is_empty() && changes.is_empty() {
        return Ok(run);
    }
    let before = Loaded { version: run.version, state: run.state.clone() };
    if !decision.events.is_empty() {
        let change = TypedChange::new(stream(job.id), before, decision.events, decision.draws);
        changes.push(Box::new(change));
    }
    let proposal = Proposal {
        at: context.now,
        actor: job.principal,
        cause: None,
        command: None,
        bulk: true,
        essential: false,
        acknowledge_duplicates: true,
        changes,
    };
    let answer = environment.committer.propose(proposal);
    let committed = answer.blocking_recv().unwrap_or(Err(Refusal::Unavailable))?;
    let streams: Vec<StreamId> = committed.receipt.streams.iter().map(|(one, _)| *one).collect();
    (environment.on_written)(&streams);
    let after = committed
        .changes
        .iter()
        .find_map(|change| change.downcast_ref::<TypedChange<ImportRun>>())
        .map(TypedChange::after);
    Ok(after.unwrap_or(run))
}

/// A row as the reading thread hands it over.
struct ReadRow {
    line: u64,
    row: Result<Option<Record>, Vec<FieldFault>>,
}

enum Handed {
    Rows(Vec<ReadRow>),
    Failed(TableError),
    /// The file was read to its end; without it, reading broke off.
    End,
}

impl Session {
    /// The session with its table exchanged.
    #[cfg(test)]
    pub(super) fn with_table(mut self, change: impl FnOnce(Table) -> Table) -> Self {
        self.prepared.table = change(self.prepared.table);
        self
    }

    /// Works off the rows to the end of the file, a cancellation or a failure, and journals how it
    /// ended. The rows dealt with stay whatever happens.
    ///
    /// # Errors
    /// Why it failed; the run can be resumed.
    pub fn work(self) -> Result<ImportRun, ImportError> {
        let Self { environment, job, prepared, run, mut rejects } = self;
        let Prepared { table, bound, meter } = prepared;
        let (sender, receiver) = bounded(CHUNKS_AHEAD);
        let behind = run.state.line;
        let reading = std::thread::Builder::new()
            .name("import".into())
            .spawn(move || read_rows(table, &bound, behind, &sender))
            .map_err(ImportError::NoThread)?;
        let dry = run.state.plan.as_ref().is_some_and(|plan| plan.dry_run);
        let counts = run.state.counts;
        let mut worker = Worker {
            environment: &environment,
            job: &job,
            meter: &meter,
            rejects: &mut rejects,
            line: run.state.line,
            run,
            counts,
            rows_here: 0,
            quiet: 0,
            imagined: dry.then(Imagined::default),
        };
        let mut worked = worker.work(&receiver);
        // The reader ends when nobody listens any more.
        drop(receiver);
        if reading.join().is_err() && worked.is_ok() {
            worked = Err(ImportError::ReadingBroke);
        }
        let ended = worker.end(&worked);
        job.progress.end();
        (environment.on_progress)(job.id, &job.progress);
        worked?;
        ended
    }
}

fn read_rows(table: Table, bound: &Bound, behind: u64, sender: &Sender<Handed>) {
    let mut rows = Vec::with_capacity(ROWS_PER_CHUNK);
    for read in table {
        let read = match read {
            Ok(row) if row.line() <= behind => continue,
            Ok(row) => {
                let line = row.line();
                let row = bound.read(&row).map(|outcome| match outcome {
                    Outcome::Taken(record) => Some(record),
                    Outcome::Skipped => None,
                });
                ReadRow { line, row }
            }
            Err(error) => match error.row_line() {
                Some(line) if line <= behind => continue,
                Some(line) => {
                    let fault = FieldFault::new("row", error.code(), error.to_string());
                    ReadRow { line, row: Err(vec![fault]) }
                }
                None => {
                    let sent = sender.send(Handed::Rows(rows));
                    // Nobody listens any more when the run was cancelled.
                    drop(sent.and_then(|()| sender.send(Handed::Failed(error))));
                    return;
                }
            },
        };
        rows.push(read);
        if rows.len() == ROWS_PER_CHUNK {
            let full = std::mem::replace(&mut rows, Vec::with_capacity(ROWS_PER_CHUNK));
            if sender.send(Handed::Rows(full)).is_err() {
                return;
            }
        }
    }
    let sent = sender.send(Handed::Rows(rows));
    // Nobody listens any more when the run was cancelled.
    drop(sent.and_then(|()| sender.send(Handed::End)));
}

struct Worker<'a> {
    environment: &'a Environment,
    job: &'a Job,
    meter: &'a Meter,
    rejects: &'a mut RejectWriter,
    run: Loaded<ImportRun>,
    line: u64,
    counts: Counts,
    rows_here: u64,
    quiet: u64,
    imagined: Option<Imagined>,
}

/// What a chunk came to.
struct Tally {
    line: u64,
    counts: Counts,
    rejected: Vec<(u64, Vec<FieldFault>)>,
}

impl Worker<'_> {
    fn work(&mut self, receiver: &Receiver<Handed>) -> Result<(), ImportError> {
        for handed in receiver {
            match handed {
                Handed::Rows(rows) if rows.is_empty() => {}
                Handed::Rows(rows) => self.chunk(&rows)?,
                Handed::Failed(error) => return Err(error.into()),
                Handed::End => return Ok(()),
            }
            if self.job.cancel.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
        Err(ImportError::ReadingBroke)
    }

    /// Commits a chunk as one frame; when the committer refuses it (somebody changed one of its
    /// cards meanwhile), decides it anew, and at last row by row.
    fn chunk(&mut self, rows: &[ReadRow]) -> Result<(), ImportError> {
        for _ in 0..2 {
            match self.attempt(rows) {
                Err(ImportError::Refused(refusal)) if may_pass_apart(&refusal) => {}
                other => return other,
            }
        }
        rows.iter().try_for_each(|row| self.alone(row))
    }

    /// Commits one row. A conflict says nothing about the row: it is decided anew, and when that
    /// does not help the run stops before it.
    fn alone(&mut self, row: &ReadRow) -> Result<(), ImportError> {
        let mut conflicts = 0;
        loop {
            match self.attempt(std::slice::from_ref(row)) {
                Err(ImportError::Refused(Refusal::Conflict(_))) if conflicts < CONFLICTS_MAX => {
                    conflicts += 1;
                }
                Err(ImportError::Refused(Refusal::Duplicate { space, .. })) => {
                    let text =
                        "another record holds this value; correct the source or join the two";
                    let fault = FieldFault::new(field_of(space), "duplicate", text);
                    return self.reject(row, fault);
                }
                Err(ImportError::Refused(Refusal::TooLarge)) => {
                    let text = "the row is too large for one command";
                    return self.reject(row, FieldFault::new("row", "too_long", text));
                }
                other => return other,
            }
        }
    }

    fn attempt(&mut self, rows: &[ReadRow]) -> Result<(), ImportError> {
        let context = context(self.environment, self.job.principal);
        let environment = self.environment;
        let mut chunk = Chunk::new(
            &environment.store,
            environment.ids.as_ref(),
            &context,
            self.imagined.as_ref(),
        );
        let mut tally = Tally { line: self.line, counts: self.counts, rejected: Vec::new() };
        for row in rows {
            tally.take(&mut chunk, row)?;
        }
        let mut learned = Imagined::default();
        let changes = if self.imagined.is_some() {
            chunk.into_imagined(&mut learned);
            Vec::new()
        } else {
            chunk.into_changes()
        };
        self.settle(changes, tally, rows.len() as u64)?;
        if let Some(imagined) = &mut self.imagined {
            imagined.learn(learned);
        }
        Ok(())
    }

    /// Makes a decided chunk durable and takes over its counts.
    fn settle(
        &mut self,
        changes: Vec<Box<dyn Change>>,
        tally: Tally,
        rows: u64,
    ) -> Result<(), ImportError> {
        // Listed before they are counted: a resumed run drops the rows behind its durable line.
        let listed = self.rejects.write_all(&tally.rejected).map_err(ImportError::Rejects)?;
        if !changes.is_empty() || self.quiet + rows >= QUIET_ROWS_MAX {
            let advanced = Advanced { line: tally.line, counts: tally.counts };
            let run = Loaded { version: self.run.version, state: self.run.state.clone() };
            let command = ImportCommand::Advance(advanced);
            match commit_run(self.environment, self.job, run, command, changes) {
                Ok(run) => self.run = run,
                Err(error) => {
                    self.rejects.take_back(listed).map_err(ImportError::Rejects)?;
                    return Err(error);
                }
            }
            self.quiet = 0;
        } else {
            self.quiet += rows;
        }
        self.line = tally.line;
        self.counts = tally.counts;
        self.rows_here += rows;
        self.job.progress.set(self.counts, self.rows_here, self.meter.read(), self.meter.total());
        (self.environment.on_progress)(self.job.id, &self.job.progress);
        Ok(())
    }

    /// A row that the committer refuses even alone.
    fn reject(&mut self, row: &ReadRow, fault: FieldFault) -> Result<(), ImportError> {
        let refused = ReadRow { line: row.line, row: Err(vec![fault]) };
        self.attempt(std::slice::from_ref(&refused))
    }

    /// Journals how the session ended.
    fn end(&mut self, worked: &Result<(), ImportError>) -> Result<ImportRun, ImportError> {
        let (state, error) = match worked {
            Ok(()) if self.job.cancel.load(Ordering::Relaxed) => (RunState::Cancelled, None),
            Ok(()) => (RunState::Finished, None),
            Err(error) => (RunState::Failed, Some((error.code().to_owned(), error.to_string()))),
        };
        let advance = ImportCommand::Advance(Advanced { line: self.line, counts: self.counts });
        for command in [advance, ImportCommand::End(Ended { state, error })] {
            let run = Loaded { version: self.run.version, state: self.run.state.clone() };
            self.run = commit_run(self.environment, self.job, run, command, Vec::new())?;
        }
        Ok(ImportRun::clone(&self.run.state))
    }
}

impl Tally {
    fn take(&mut self, chunk: &mut Chunk<'_>, row: &ReadRow) -> Result<(), ImportError> {
        self.line = row.line;
        self.counts.rows += 1;
        let counter = match &row.row {
            Ok(None) => &mut self.counts.skipped,
            Ok(Some(record)) => match chunk.take(record) {
                Ok(RowOutcome::Created) => &mut self.counts.created,
                Ok(RowOutcome::Updated) => &mut self.counts.updated,
                Ok(RowOutcome::Unchanged) => &mut self.counts.unchanged,
                Err(RowError::Faults(faults)) => {
                    self.rejected.push((row.line, faults));
                    &mut self.counts.rejected
                }
                Err(RowError::Store(error)) => {
                    tracing::warn!(%error, "the import waits for the view");
                    return Err(Refusal::Unavailable.into());
                }
            },
            Err(faults) => {
                self.rejected.push((row.line, faults.clone()));
                &mut self.counts.rejected
            }
        };
        *counter += 1;
        Ok(())
    }
}

/// Whether rows that are refused together may pass when decided anew or apart.
const fn may_pass_apart(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Conflict(_) | Refusal::Duplicate { .. } | Refusal::TooLarge)
}
