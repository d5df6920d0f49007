//! `lenderbox import`: a file into the base of a stopped box, with progress and a list of rejects;
//! or with `--url` into a running one, which does the work itself: the data folder belongs to one
//! process.

use super::{CliError, configuration, say, with_core};
use crate::actors::Runtime;
use crate::app::StartError;
use crate::base::ids::ImportId;
use crate::base::personal::Personal;
use crate::base::time::{Clock, SystemClock};
use crate::config::Config;
use crate::domain::access::Principal;
use crate::domain::import::run::{FileSource, GivenLookup, ImportPlan, ImportRun, RunState};
use crate::domain::import::{ImportKind, shipped, shipped_named};
use crate::gateways::import_poster::{ImportPoster, ImportToPost, PostedPreview, PostedRun};
use crate::service::imports::{
    Environment, ImportError, Job, Preview, Progress, Request, begin, found_lookups, preview,
    resume,
};
use crate::service::{Caller, Services};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Rows that `--preview` shows.
const PREVIEW_ROWS: usize = 20;
/// Rejected rows after which the person is pointed to the list instead.
const REJECTS_SHOWN: usize = 5;

/// What a file brings.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Clients,
    Loans,
    Schedules,
    Payments,
}

impl Kind {
    const fn kind(self) -> ImportKind {
        match self {
            Self::Clients => ImportKind::Clients,
            Self::Loans => ImportKind::Loans,
            Self::Schedules => ImportKind::Schedules,
            Self::Payments => ImportKind::Payments,
        }
    }
}

/// Import clients, loans, schedules or payments.
#[derive(Debug, Args)]
pub struct Import {
    /// What the file brings.
    #[arg(value_enum)]
    kind: Kind,
    /// CSV (also gzipped) or XLSX.
    file: PathBuf,
    /// A mapping file, or the name of one that comes with the product (see --help below).
    #[arg(long)]
    mapping: String,
    /// Only count what would happen; write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Show how the first rows are understood; write nothing.
    #[arg(long)]
    preview: bool,
    /// Go on with the last run of this file that did not come to its end.
    #[arg(long)]
    resume: bool,
    /// A second file that the mapping needs, as NAME=FILE; otherwise it is looked for beside FILE.
    #[arg(long, value_parser = lookup)]
    lookup: Vec<(String, PathBuf)>,
    /// The data folder, instead of the configured one.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// A running box to import into, for instance <http://127.0.0.1:8080>.
    #[arg(long, requires = "token", conflicts_with_all = ["resume", "data_dir"])]
    url: Option<String>,
    /// With an https address: the authority that signed the box's certificate
    /// (tls/authority.pem of its data folder).
    #[arg(long, requires = "url")]
    ca: Option<PathBuf>,
    /// A token of that box, of scope core.
    #[arg(long, env = "LENDERBOX_CORE_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// How often a running box is asked how the import stands.
const ASK_EVERY: Duration = Duration::from_millis(500);

fn lookup(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.to_owned(), PathBuf::from(file)))
        }
        _ => Err("write it as NAME=FILE".to_owned()),
    }
}

impl Import {
    /// Imports the file.
    ///
    /// # Errors
    /// When the mapping or the file is at fault, or the folder is in use.
    pub fn run(self, path: Option<&Path>) -> Result<(), CliError> {
        if let (Some(url), Some(token)) = (&self.url, &self.token) {
            let token = Personal::new(token.clone());
            let poster = ImportPoster::new(url, self.ca.as_deref(), &token)
                .map_err(|error| CliError::Said(crate::app::chain(&error)))?;
            return self.post(&poster);
        }
        let config = configuration(path, self.data_dir.as_deref())?;
        let request = self.request()?;
        if self.preview {
            return show_preview(&Shown::from(first_rows(config, request)?));
        }
        let done = with_core(config, async move |core| {
            let services = Arc::clone(&core.services);
            let working = tokio::task::spawn_blocking(move || self.work(&services, request));
            working.await.map_err(|_| CliError::Said("the import broke off".into()))?
        });
        done.map_err(|error| match error {
            CliError::Start(StartError::InUse(folder)) => CliError::Said(format!(
                "the data folder {} is in use by a running box; import on its page, or add \
                 --url with its address and --token with a token of scope core, or stop it first",
                folder.display()
            )),
            other => other,
        })
    }

    /// Has a running box do the work, and tells how it stands until the end.
    fn post(&self, poster: &ImportPoster) -> Result<(), CliError> {
        let request = self.request()?;
        let refused = |error| CliError::Said(crate::app::chain(&error));
        let import = ImportToPost {
            kind: request.kind.code(),
            file: &self.file,
            mapping_text: &request.mapping_text,
            lookups: &self.lookups_beside(&request),
            dry_run: self.dry_run,
        };
        if self.preview {
            return show_preview(&Shown::from(poster.preview(&import).map_err(refused)?));
        }
        let id = poster.start(&import).map_err(refused)?;
        let bar = progress_bar();
        let run = Runtime::block_on(1, async {
            loop {
                let run = poster.run(&id)?;
                match run.state.as_str() {
                    "waiting" => {
                        let ahead = run.ahead.unwrap_or(1);
                        bar.set_message(format!("waiting, {ahead} imports before this one"));
                    }
                    "running" => show_posted(&bar, &run),
                    _ => return Ok(run),
                }
                tokio::time::sleep(ASK_EVERY).await;
            }
        });
        bar.finish_and_clear();
        report_posted(&run.map_err(refused)?)
    }

    /// Files for the lookups of the mapping: as named, or lying beside the file.
    fn lookups_beside(&self, request: &Request) -> Vec<(String, PathBuf)> {
        found_lookups(request).into_iter().collect()
    }

    fn request(&self) -> Result<Request, CliError> {
        let mapping_text = match shipped_named(&self.mapping) {
            Some(shipped) => shipped.text.to_owned(),
            None => std::fs::read_to_string(&self.mapping).map_err(|error| {
                let names: Vec<&str> = shipped().iter().map(|shipped| shipped.name).collect();
                let known = names.join(", ");
                let mapping = &self.mapping;
                CliError::Said(format!(
                    "cannot read the mapping {mapping}: {error}; mappings that come with the product: {known}"
                ))
            })?,
        };
        Ok(Request {
            kind: self.kind.kind(),
            path: self.file.clone(),
            mapping_text,
            lookups: self.lookup.iter().cloned().collect(),
            beside: true,
        })
    }

    fn work(&self, services: &Arc<Services>, request: Request) -> Result<(), CliError> {
        let full_path = std::fs::canonicalize(&self.file).unwrap_or_else(|_| self.file.clone());
        let full_path = full_path.display().to_string();
        let unfinished = if self.resume {
            let found = services.unfinished_import(request.kind, &full_path);
            let found = found.map_err(|error| CliError::Said(error.to_string()))?;
            Some(found.ok_or_else(|| {
                CliError::Said("there is no unfinished import of this file".to_owned())
            })?)
        } else {
            None
        };
        let id = unfinished
            .unwrap_or_else(|| ImportId::from_uuid(services.ids.next(services.clock.now())));
        let plan = self.plan(&request, full_path);
        let lookups = request.lookups.iter().map(|(name, path)| given(name, path)).collect();
        let job = Job {
            id,
            principal: Principal::System,
            command: None,
            request,
            rejects: services.rejects_path(id),
            cancel: Arc::new(AtomicBool::new(false)),
            progress: Arc::new(Progress::new()),
        };
        let rejects = job.rejects.clone();
        let bar = progress_bar();
        let shown = bar.clone();
        let environment = Environment {
            on_progress: Arc::new(move |_, progress| show_progress(&shown, progress)),
            ..services.import_environment()
        };
        let session = match unfinished {
            Some(_) => resume(environment, job),
            None => begin(environment, job, plan, lookups),
        };
        let run = session.map_err(said).and_then(|session| session.work().map_err(stopped));
        bar.finish_and_clear();
        report(&run?, &rejects)
    }

    fn plan(&self, request: &Request, full_path: String) -> ImportPlan {
        let file_name = self.file.file_name().map(|name| name.to_string_lossy().into_owned());
        ImportPlan {
            kind: request.kind,
            file_name: file_name.unwrap_or_default(),
            source: FileSource::Path(full_path),
            mapping: shipped_named(&self.mapping).map_or("", |found| found.name).to_owned(),
            mapping_text: request.mapping_text.clone(),
            dry_run: self.dry_run,
        }
    }
}

/// The first rows beside the cards that exist; where there are none yet, or a running box holds
/// them, by themselves.
fn first_rows(config: Config, request: Request) -> Result<Preview, CliError> {
    let today = SystemClock.now().date_in(config.lender.zone);
    let alone = || preview(&request, today, Some(PREVIEW_ROWS), None).map_err(said);
    if !config.storage.folder.join("journal").exists() {
        return alone();
    }
    let wanted = request.clone();
    let shown = with_core(config, async move |core| {
        let services = Arc::clone(&core.services);
        let read = move || services.first_rows(&Caller::system(), &wanted, Some(PREVIEW_ROWS));
        let reading = tokio::task::spawn_blocking(read);
        reading.await.map_err(|_| CliError::Said("the preview broke off".into()))?.map_err(said)
    });
    match shown {
        Err(CliError::Start(StartError::InUse(_))) => {
            say(
                "the box is running: the rows are read without a look at its cards; add --url and \
                 --token to have it look",
            )?;
            alone()
        }
        other => other,
    }
}

fn given(name: &str, path: &Path) -> GivenLookup {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    GivenLookup { name: name.to_owned(), source: FileSource::Path(path.display().to_string()) }
}

fn said(error: ImportError) -> CliError {
    CliError::Said(crate::app::chain(&error))
}

/// Of a run that was begun.
fn stopped(error: ImportError) -> CliError {
    let kept = "the rows before that stay; the same command with --resume goes on behind them";
    CliError::Said(format!("{}\n{kept}", crate::app::chain(&error)))
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(1_000);
    let template = "{bar:30} {percent:>3} %  {msg}";
    // The template is fixed and valid; a plain bar would do as well.
    bar.set_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar
}

fn show_progress(bar: &ProgressBar, progress: &Progress) {
    let snapshot = progress.snapshot();
    if let Some(permille) = snapshot.permille {
        bar.set_position(u64::from(permille));
    }
    let (counts, pace) = (snapshot.counts, snapshot.rows_per_second());
    bar.set_message(pace_words(counts.rows, counts.rejected, pace, snapshot.seconds_left()));
}

fn pace_words(rows: u64, rejected: u64, pace: u64, seconds_left: Option<u64>) -> String {
    let left = match seconds_left {
        Some(seconds) => format!(", {} min {:02} s left", seconds / 60, seconds % 60),
        None => String::new(),
    };
    format!("{rows} rows, {rejected} rejected, {pace} rows/s{left}")
}

fn report(run: &ImportRun, rejects: &Path) -> Result<(), CliError> {
    let counts = run.counts;
    let dry = run.plan.as_ref().is_some_and(|plan| plan.dry_run);
    let what = match run.state {
        RunState::Finished if dry => "would be",
        RunState::Finished => "done",
        _ => "interrupted",
    };
    say(format!(
        "{what}: {} rows: {} created, {} updated, {} unchanged, {} skipped, {} rejected",
        counts.rows,
        counts.created,
        counts.updated,
        counts.unchanged,
        counts.skipped,
        counts.rejected
    ))?;
    if counts.rejected == 0 {
        return Ok(());
    }
    let text = std::fs::read_to_string(rejects).map_err(CliError::unread(rejects))?;
    for line in text.lines().skip(1).take(REJECTS_SHOWN) {
        say(format!("  line {line}"))?;
    }
    say(format!("all rejected rows, with line, field and reason: {}", rejects.display()))
}

fn show_posted(bar: &ProgressBar, run: &PostedRun) {
    let total = run.rows_total.unwrap_or(0).max(1);
    bar.set_position(run.rows_read.min(total) * 1_000 / total);
    let pace = run.rows_per_second.unwrap_or(0);
    bar.set_message(pace_words(run.rows_read, run.rejected, pace, run.seconds_left));
}

fn report_posted(run: &PostedRun) -> Result<(), CliError> {
    let what = match run.state.as_str() {
        "finished" if run.dry_run => "would be",
        "finished" => "done",
        _ => "interrupted",
    };
    say(format!(
        "{what}: {} rows: {} created, {} updated, {} unchanged, {} skipped, {} rejected",
        run.rows_read, run.created, run.updated, run.unchanged, run.skipped, run.rejected
    ))?;
    if run.rejected > 0 {
        let id = &run.import_id;
        say(format!("rejected rows: on the page of imports, or GET /api/v1/imports/{id}/rejects"))?;
    }
    let resume =
        format!("go on with it on the page, or POST /api/v1/imports/{}/resume", run.import_id);
    match (&run.error, what) {
        (Some(error), _) if run.state == "failed" => {
            Err(CliError::Said(format!("the import failed: {error}\n{resume}")))
        }
        (Some(error), _) => Err(CliError::Said(format!("{error}\n{resume}"))),
        (None, "interrupted") => Err(CliError::Said(format!("the import was stopped\n{resume}"))),
        _ => Ok(()),
    }
}

/// The first rows of a file, whoever has read them.
struct Shown {
    encoding: String,
    delimiter: String,
    columns: Vec<String>,
    /// Second files without which no row is understood: name and file.
    missing: Vec<(String, String)>,
    /// Line, fields with their texts, faults by field.
    rows: Vec<(u64, Vec<(String, String)>, Vec<(String, String)>)>,
}

impl From<Preview> for Shown {
    fn from(shown: Preview) -> Self {
        let rows = shown.rows.into_iter().map(|row| {
            let target = row.target.into_iter().map(|(field, text)| (field.to_owned(), text));
            let faults = row.faults.into_iter().map(|fault| (fault.field, fault.message));
            (row.line, target.collect(), faults.collect())
        });
        Self {
            encoding: shown.encoding.to_owned(),
            delimiter: shown.delimiter,
            columns: shown.columns,
            missing: Vec::new(),
            rows: rows.collect(),
        }
    }
}

impl From<PostedPreview> for Shown {
    fn from(shown: PostedPreview) -> Self {
        let missing = shown.lookups.into_iter().filter(|lookup| !lookup.given);
        let rows = shown.rows.into_iter().map(|row| {
            let faults = row.faults.into_iter().map(|fault| (fault.field, fault.message));
            (row.line, row.target.into_iter().collect(), faults.collect())
        });
        Self {
            encoding: shown.encoding,
            delimiter: shown.delimiter,
            columns: shown.columns,
            missing: missing.map(|lookup| (lookup.name, lookup.file)).collect(),
            rows: rows.collect(),
        }
    }
}

fn show_preview(shown: &Shown) -> Result<(), CliError> {
    say(format!("{}, delimiter {:?}", shown.encoding, shown.delimiter))?;
    say(format!("columns: {}", shown.columns.join(" | ")))?;
    for (name, file) in &shown.missing {
        say(format!("the rows need {file}: put it beside the file, or add --lookup {name}=FILE"))?;
    }
    for (line, target, faults) in &shown.rows {
        let fields: Vec<String> =
            target.iter().map(|(field, text)| format!("{field}={text}")).collect();
        say(format!("line {line}: {}", fields.join("; ")))?;
        for (field, message) in faults {
            say(format!("  {field}: {message}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_is_a_name_and_a_file() {
        assert_eq!(lookup("owner=a=b.csv"), Ok(("owner".to_owned(), PathBuf::from("a=b.csv"))));
        for wrong in ["owner", "=x", "owner="] {
            assert!(lookup(wrong).is_err(), "{wrong}");
        }
    }
}
