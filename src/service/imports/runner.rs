//! One session of a run: a thread reads and cleanses, this one decides a chunk while the one before
//! it commits.

use super::ImportError;
use super::chunk::{Chunk, Imagined, RowError, RowOutcome, Touched, field_of};
use super::prepare::{Prepared, Request, prepare};
use super::progress::Progress;
use super::rejects::RejectWriter;
use super::seen::{RowKey, Seen};
use crate::base::ids::{IdSource, ImportId};
use crate::base::row::Row;
use crate::base::time::{Clock, Zone};
use crate::codec::frame::CommandKey;
use crate::committer::{Change, Committed, Committer, Proposal, Refusal, TypedChange};
use crate::domain::access::Principal;
use crate::domain::import::run::{
    Advanced, Counts, Ended, GivenLookup, ImportCommand, ImportPlan, ImportRun, RunState,
    StartImport,
};
use crate::domain::import::{Bound, Outcome, Record};
use crate::domain::{Aggregate, Context, FieldFault, StreamId, StreamKind};
use crate::gateways::tables::{Meter, Table, TableError};
use crate::store::{Loaded, Store};
use crate::telemetry::process::{Niceness, let_others_go_first};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::oneshot;

/// Rows of one frame: enough to share a sync, few enough that a call card never waits long.
const ROWS_PER_CHUNK: usize = 128;
/// Chunks that are read ahead.
const CHUNKS_AHEAD: usize = 16;
/// Rows without a change after which progress is journalled all the same.
const QUIET_ROWS_MAX: u64 = 4_096;

/// Times that a row is decided anew when somebody else writes its cards meanwhile.
const CONFLICTS_MAX: usize = 8;

/// What the committer will say.
type Answer = oneshot::Receiver<Result<Committed, Refusal>>;

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
    /// Identity of the request that begins the run.
    pub command: Option<CommandKey>,
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
pub fn begin(
    environment: Environment,
    job: Job,
    plan: ImportPlan,
    lookups: Vec<GivenLookup>,
) -> Result<Session, ImportError> {
    let context = context(&environment, job.principal);
    let prepared = prepare(&job.request, context.today())?;
    let command = ImportCommand::Start(Box::new(StartImport { id: job.id, plan, lookups }));
    let run = commit_run(&environment, &job, Loaded::default(), command)?;
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
    let run = commit_run(&environment, &job, known, ImportCommand::Resume)?;
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

/// Proposes a command on the run together with `changes`; none when there is nothing to write.
fn propose_run(
    environment: &Environment,
    job: &Job,
    run: &Loaded<ImportRun>,
    command: ImportCommand,
    mut changes: Vec<Box<dyn Change>>,
) -> Result<Option<Answer>, ImportError> {
    let context = context(environment, job.principal);
    let begins = matches!(command, ImportCommand::Start(_) | ImportCommand::Resume);
    let key = job.command.filter(|_| begins);
    // How far it came and why it ended is written down on a full disk too; rows are not.
    let essential = changes.is_empty() && !begins;
    let decision = run.state.decide(command, &context)?;
    if decision.events.is_empty() && changes.is_empty() {
        return Ok(None);
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
        command: key,
        bulk: true,
        essential,
        acknowledge_duplicates: true,
        changes,
    };
    Ok(Some(environment.committer.propose(proposal)))
}

/// Waits until a proposal of [`propose_run`] is durable; the run after it, if it was changed.
fn committed(
    environment: &Environment,
    answer: Answer,
) -> Result<Option<Loaded<ImportRun>>, ImportError> {
    let committed = answer.blocking_recv().unwrap_or(Err(Refusal::Unavailable))?;
    let streams: Vec<StreamId> = committed.receipt.streams.iter().map(|(one, _)| *one).collect();
    (environment.on_written)(&streams);
    let of_run = |change: &Box<dyn Any + Send>| {
        change.downcast_ref::<TypedChange<ImportRun>>().map(TypedChange::after)
    };
    Ok(committed.changes.iter().find_map(of_run))
}

/// Commits a command on the run; gives the run after it.
fn commit_run(
    environment: &Environment,
    job: &Job,
    run: Loaded<ImportRun>,
    command: ImportCommand,
) -> Result<Loaded<ImportRun>, ImportError> {
    match propose_run(environment, job, &run, command, Vec::new())? {
        Some(answer) => Ok(committed(environment, answer)?.unwrap_or(run)),
        None => Ok(run),
    }
}

/// A row as the reading thread hands it over.
struct ReadRow {
    line: u64,
    row: Result<Option<(RowKey, Record)>, Vec<FieldFault>>,
}

enum Handed {
    /// Keys of rows that an earlier session has dealt with; they may come again.
    Behind(Vec<(u64, RowKey)>),
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
            .spawn(move || {
                let_others_go_first(Niceness::Upkeep);
                read_rows(table, &bound, behind, &sender);
            })
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
            seen: Seen::default(),
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

/// The record of a row with its key; none when the mapping does not want it.
pub(super) fn read_row(
    bound: &Bound,
    row: &Row,
) -> Result<Option<(RowKey, Record)>, Vec<FieldFault>> {
    Ok(match bound.read(row)? {
        Outcome::Skipped => None,
        Outcome::Taken(record) => Some((RowKey::of(&record), record)),
    })
}

impl ReadRow {
    /// The key of a row that reads and is wanted.
    fn key(&self) -> Option<RowKey> {
        self.row.as_ref().ok()?.as_ref().map(|(key, _)| *key)
    }
}

fn read_rows(table: Table, bound: &Bound, behind: u64, sender: &Sender<Handed>) {
    let mut known = Vec::new();
    let mut rows = Vec::with_capacity(ROWS_PER_CHUNK);
    for read in table {
        let read = match read {
            Ok(row) => ReadRow { line: row.line(), row: read_row(bound, &row) },
            Err(error) => match error.row_line() {
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
        let full = if read.line <= behind {
            known.extend(read.key().map(|key| (read.line, key)));
            (known.len() == ROWS_PER_CHUNK).then(|| Handed::Behind(std::mem::take(&mut known)))
        } else {
            if !known.is_empty() && sender.send(Handed::Behind(std::mem::take(&mut known))).is_err()
            {
                return;
            }
            rows.push(read);
            (rows.len() == ROWS_PER_CHUNK).then(|| {
                let next = Vec::with_capacity(ROWS_PER_CHUNK);
                Handed::Rows(std::mem::replace(&mut rows, next))
            })
        };
        if full.is_some_and(|full| sender.send(full).is_err()) {
            return;
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
    seen: Seen,
}

/// What a chunk came to.
struct Tally {
    line: u64,
    /// Of this chunk alone.
    counts: Counts,
    rejected: Vec<(u64, Vec<FieldFault>)>,
}

/// A chunk that is decided and not proposed yet.
struct Decided {
    changes: Vec<Box<dyn Change>>,
    tally: Tally,
    touched: Touched,
    /// What a dry run learns of it.
    learned: Imagined,
}

/// A chunk that is being committed.
struct Flight {
    answer: Answer,
    tally: Tally,
    /// Length of the reject file before it.
    listed: u64,
    touched: Touched,
}

impl Worker<'_> {
    fn work(&mut self, receiver: &Receiver<Handed>) -> Result<(), ImportError> {
        let mut under_way = None;
        for handed in receiver {
            // Looked at first: cancelled while it waited in line, it touches no row.
            if self.job.cancel.load(Ordering::Relaxed) {
                return self.await_all(under_way);
            }
            match handed {
                Handed::Behind(keys) => self.recall(&keys),
                Handed::Rows(rows) if rows.is_empty() => {}
                Handed::Rows(rows) => under_way = self.follow(under_way.take(), rows)?,
                Handed::Failed(error) => {
                    self.await_all(under_way)?;
                    return Err(error.into());
                }
                Handed::End => return self.await_all(under_way),
            }
        }
        self.await_all(under_way)?;
        Err(ImportError::ReadingBroke)
    }

    /// Notes rows that an earlier session has taken; those that it refused stand in the list.
    fn recall(&mut self, keys: &[(u64, RowKey)]) {
        for (line, key) in keys.iter().filter(|(line, _)| !self.rejects.lists(*line)) {
            self.seen.note(*line, *key);
        }
    }

    /// Decides a chunk while the one before it commits, and proposes it when that one is durable.
    fn follow(
        &mut self,
        before: Option<(Flight, Vec<ReadRow>)>,
        rows: Vec<ReadRow>,
    ) -> Result<Option<(Flight, Vec<ReadRow>)>, ImportError> {
        let Some((flight, rows_before)) = before else {
            return self.begin(rows);
        };
        let decided = self.decide(&rows, Some(&flight.touched));
        match self.land(flight) {
            Ok(()) => {}
            Err(ImportError::Refused(refusal)) if may_pass_apart(&refusal) => {
                // What was decided behind it stood on it.
                self.chunk(&rows_before)?;
                return self.begin(rows);
            }
            Err(error) => return Err(error),
        }
        if self.job.cancel.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match decided? {
            Some(decided) => Ok(self.propose(decided)?.map(|flight| (flight, rows))),
            // A row of it needs what the chunk before has written.
            None => self.begin(rows),
        }
    }

    /// Decides and proposes a chunk behind which nothing is under way.
    fn begin(&mut self, rows: Vec<ReadRow>) -> Result<Option<(Flight, Vec<ReadRow>)>, ImportError> {
        let Some(decided) = self.decide(&rows, None)? else {
            return Ok(None);
        };
        Ok(self.propose(decided)?.map(|flight| (flight, rows)))
    }

    /// Waits for the last chunk.
    fn await_all(&mut self, last: Option<(Flight, Vec<ReadRow>)>) -> Result<(), ImportError> {
        let Some((flight, rows)) = last else {
            return Ok(());
        };
        match self.land(flight) {
            Err(ImportError::Refused(refusal)) if may_pass_apart(&refusal) => self.chunk(&rows),
            landed => landed,
        }
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

    /// Decides a chunk and waits until it is durable.
    fn attempt(&mut self, rows: &[ReadRow]) -> Result<(), ImportError> {
        let Some(decided) = self.decide(rows, None)? else {
            return Ok(());
        };
        match self.propose(decided)? {
            Some(flight) => self.land(flight),
            None => Ok(()),
        }
    }

    /// Decides a chunk; none when a row of it needs what the chunk `ahead` of it has touched.
    fn decide(
        &mut self,
        rows: &[ReadRow],
        ahead: Option<&Touched>,
    ) -> Result<Option<Decided>, ImportError> {
        let context = context(self.environment, self.job.principal);
        let environment = self.environment;
        let mut chunk = Chunk::new(
            &environment.store,
            environment.ids.as_ref(),
            &context,
            self.imagined.as_ref(),
            ahead,
        );
        let (counts, rejected) = (Counts::default(), Vec::new());
        let mut tally = Tally { line: self.line, counts, rejected };
        for row in rows {
            if !tally.take(&mut chunk, &mut self.seen, row)? {
                return Ok(None);
            }
        }
        let mut learned = Imagined::default();
        let touched = chunk.touched();
        let changes = if self.imagined.is_some() {
            chunk.into_imagined(&mut learned);
            Vec::new()
        } else {
            chunk.into_changes()
        };
        Ok(Some(Decided { changes, tally, touched, learned }))
    }

    /// Proposes a decided chunk; none when there is nothing to wait for.
    fn propose(&mut self, decided: Decided) -> Result<Option<Flight>, ImportError> {
        let Decided { changes, tally, touched, learned } = decided;
        // Listed before they are counted: a resumed run drops the rows behind its durable line.
        let listed = self.rejects.write_all(&tally.rejected).map_err(ImportError::Rejects)?;
        if let Some(imagined) = &mut self.imagined {
            imagined.learn(learned);
        }
        if !changes.is_empty() || self.quiet + tally.counts.rows >= QUIET_ROWS_MAX {
            let counts = sum(self.counts, tally.counts);
            let command = ImportCommand::Advance(Advanced { line: tally.line, counts });
            let proposed = propose_run(self.environment, self.job, &self.run, command, changes)?;
            self.quiet = 0;
            if let Some(answer) = proposed {
                return Ok(Some(Flight { answer, tally, listed, touched }));
            }
        } else {
            self.quiet += tally.counts.rows;
        }
        self.count(&tally);
        Ok(None)
    }

    /// Waits until a chunk is durable and takes over its counts.
    fn land(&mut self, flight: Flight) -> Result<(), ImportError> {
        let Flight { answer, tally, listed, .. } = flight;
        match committed(self.environment, answer) {
            Ok(run) => self.run = run.unwrap_or_else(|| self.run.clone()),
            Err(error) => {
                self.rejects.take_back(listed).map_err(ImportError::Rejects)?;
                return Err(error);
            }
        }
        self.count(&tally);
        Ok(())
    }

    fn count(&mut self, tally: &Tally) {
        self.line = tally.line;
        self.counts = sum(self.counts, tally.counts);
        self.rows_here += tally.counts.rows;
        self.job.progress.set(self.counts, self.rows_here, self.meter.read(), self.meter.total());
        (self.environment.on_progress)(self.job.id, &self.job.progress);
    }

    /// A row that the committer refuses even alone.
    fn reject(&mut self, row: &ReadRow, fault: FieldFault) -> Result<(), ImportError> {
        if let Some(key) = row.key() {
            self.seen.forget(row.line, key);
        }
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
            self.run = commit_run(self.environment, self.job, run, command)?;
        }
        Ok(ImportRun::clone(&self.run.state))
    }
}

impl Tally {
    /// Counts what becomes of a row; false when it must wait for the chunk ahead.
    fn take(
        &mut self,
        chunk: &mut Chunk<'_>,
        seen: &mut Seen,
        row: &ReadRow,
    ) -> Result<bool, ImportError> {
        self.line = row.line;
        self.counts.rows += 1;
        let counter = match &row.row {
            Ok(None) => &mut self.counts.skipped,
            Ok(Some((key, record))) => match seen.take(chunk, row.line, *key, record) {
                Ok(RowOutcome::Created) => &mut self.counts.created,
                Ok(RowOutcome::Updated) => &mut self.counts.updated,
                Ok(RowOutcome::Unchanged) => &mut self.counts.unchanged,
                Err(RowError::Faults(faults)) => {
                    self.rejected.push((row.line, faults));
                    &mut self.counts.rejected
                }
                Err(RowError::Ahead) => return Ok(false),
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
        Ok(true)
    }
}

const fn sum(one: Counts, other: Counts) -> Counts {
    Counts {
        rows: one.rows + other.rows,
        created: one.created + other.created,
        updated: one.updated + other.updated,
        unchanged: one.unchanged + other.unchanged,
        skipped: one.skipped + other.skipped,
        rejected: one.rejected + other.rejected,
    }
}

/// Whether rows that are refused together may pass when decided anew or apart.
const fn may_pass_apart(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Conflict(_) | Refusal::Duplicate { .. } | Refusal::TooLarge)
}
