//! One run of an import: what was asked, how far it has come, how it ended.
//!
//! Progress is journalled in the same frame as the rows it counts, so that after a crash the run
//! goes on exactly behind the last row that is durable. Must never hold a cell of the file.

use super::ImportKind;
use crate::base::ids::ImportId;
use crate::base::limits::LINE_CHARS_MAX;
use crate::base::time::Timestamp;
use crate::domain::access::Principal;
use crate::domain::{Aggregate, Context, Decision, FieldFault, Meta, Rejection};
use serde::{Deserialize, Serialize};

/// Bytes of a mapping's text; a stream's state is at most 64 KiB.
pub const MAPPING_BYTES_MAX: usize = 32 * 1024;

/// Where the file of a run lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileSource {
    /// On the box's own disk (command line).
    Path(String),
    /// Among the stored files, by content hash.
    Blob(String),
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPlan {
    /// What the file brings.
    pub kind: ImportKind,
    /// The file's name, as people know it.
    pub file_name: String,
    /// Where it lies.
    pub source: FileSource,
    /// Name of the mapping; empty when it was given as text only.
    pub mapping: String,
    /// The mapping's text: the run can be repeated whatever happens to the shipped one.
    pub mapping_text: String,
    /// Nothing is written, only counted.
    pub dry_run: bool,
}

/// A file that was given for a lookup of the mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenLookup {
    /// The lookup's name.
    pub name: String,
    /// The file.
    pub source: FileSource,
}

/// What became of the rows so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that were dealt with.
    pub rows: u64,
    /// Rows that brought something new.
    pub created: u64,
    /// Rows that changed something known.
    pub updated: u64,
    /// Rows that said what was known.
    pub unchanged: u64,
    /// Rows that the mapping does not want.
    pub skipped: u64,
    /// Rows at fault; each stands in the reject file.
    pub rejected: u64,
}

/// How a run stands. Stored: append only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Not begun.
    #[default]
    Planned,
    /// Under way, or cut off by a stop of the box.
    Running,
    /// To the end of the file.
    Finished,
    /// Stopped by a fault of the file or the box; may be resumed.
    Failed,
    /// Stopped by a person; may be resumed.
    Cancelled,
}

impl RunState {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A run's state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRun {
    /// Set when started.
    pub id: Option<ImportId>,
    /// What was asked.
    pub plan: Option<ImportPlan>,
    /// Who asked.
    pub by: Option<Principal>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// How it stands.
    pub state: RunState,
    /// The line of the last row that was dealt with; 0 before the first.
    pub line: u64,
    /// What became of the rows.
    pub counts: Counts,
    /// Why it failed: code and words.
    pub error: Option<(String, String)>,
    /// Files for the lookups of the mapping.
    pub lookups: Vec<GivenLookup>,
}

/// What is asked of a run.
#[derive(Debug, Clone)]
pub enum ImportCommand {
    /// Begins.
    Start(Box<StartImport>),
    /// More rows are dealt with.
    Advance(Advanced),
    /// Ends.
    End(Ended),
    /// Goes on behind the last row.
    Resume,
}

/// Begins a run.
#[derive(Debug, Clone)]
pub struct StartImport {
    /// The run.
    pub id: ImportId,
    /// What is asked.
    pub plan: ImportPlan,
    /// Files for the lookups of the mapping; none when they lie beside the file.
    pub lookups: Vec<GivenLookup>,
}

/// What happened to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportEvent {
    /// It began.
    Started(Started),
    /// More rows were dealt with.
    Advanced(Advanced),
    /// It ended.
    Ended(Ended),
    /// It went on.
    Resumed(Resumed),
    /// Files were given for the lookups of its mapping.
    LookupsGiven(LookupsGiven),
}

/// It began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The run.
    pub id: ImportId,
    /// What was asked.
    pub plan: ImportPlan,
}

/// More rows were dealt with; totals, not differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advanced {
    /// The line of the last row.
    pub line: u64,
    /// What became of the rows.
    pub counts: Counts,
}

/// It ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How: finished, failed or cancelled.
    pub state: RunState,
    /// Why it failed: code and words.
    pub error: Option<(String, String)>,
}

/// It went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {}

/// Files were given for the lookups of its mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupsGiven {
    /// The files.
    pub lookups: Vec<GivenLookup>,
}

impl ImportRun {
    /// Whether it was started.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.id.is_some()
    }

    fn start(&self, command: StartImport) -> Result<Decision<ImportEvent>, Rejection> {
        if self.exists() {
            return Err(Rejection::rule("already_exists", "this import was started already"));
        }
        let StartImport { id, plan, lookups } = command;
        let mut faults = Vec::new();
        let mut fault = |field: &str, code, message: &str| {
            faults.push(FieldFault::new(field, code, message));
        };
        if plan.file_name.trim().is_empty() {
            fault("file_name", "required", "write the name of the file");
        } else if plan.file_name.chars().count() > LINE_CHARS_MAX {
            fault("file_name", "too_long", "at most 250 characters");
        }
        if plan.mapping_text.len() > MAPPING_BYTES_MAX {
            fault("mapping_text", "too_long", "a mapping has at most 32 KiB");
        }
        if faults.is_empty() {
            let mut events = vec![ImportEvent::Started(Started { id, plan })];
            if !lookups.is_empty() {
                events.push(ImportEvent::LookupsGiven(LookupsGiven { lookups }));
            }
            Ok(Decision::events(events))
        } else {
            Err(Rejection::invalid(faults))
        }
    }

    fn running(&self) -> Result<(), Rejection> {
        match self.state {
            _ if !self.exists() => Err(Rejection::not_found("import")),
            RunState::Running => Ok(()),
            _ => Err(Rejection::rule("import_not_running", "this import has ended")),
        }
    }
}

impl Aggregate for ImportRun {
    type Command = ImportCommand;
    type Event = ImportEvent;

    fn decide(
        &self,
        command: ImportCommand,
        _context: &Context,
    ) -> Result<Decision<ImportEvent>, Rejection> {
        let event = match command {
            ImportCommand::Start(command) => return self.start(*command),
            ImportCommand::Advance(advanced) => {
                self.running()?;
                if advanced.line == self.line && advanced.counts == self.counts {
                    return Ok(Decision::nothing());
                }
                ImportEvent::Advanced(advanced)
            }
            ImportCommand::End(ended) => {
                self.running()?;
                ImportEvent::Ended(ended)
            }
            ImportCommand::Resume => match self.state {
                _ if !self.exists() => return Err(Rejection::not_found("import")),
                RunState::Finished => {
                    return Err(Rejection::rule(
                        "import_finished",
                        "this import came to the end of its file; start a new one",
                    ));
                }
                _ => ImportEvent::Resumed(Resumed {}),
            },
        };
        Ok(Decision::events(vec![event]))
    }

    fn evolve(&mut self, event: &ImportEvent, meta: &Meta) {
        match event {
            ImportEvent::Started(started) => {
                self.id = Some(started.id);
                self.plan = Some(started.plan.clone());
                self.by = Some(meta.actor);
                self.started_at = meta.at;
                self.state = RunState::Running;
            }
            ImportEvent::LookupsGiven(given) => self.lookups.clone_from(&given.lookups),
            ImportEvent::Advanced(advanced) => {
                self.line = advanced.line;
                self.counts = advanced.counts;
            }
            ImportEvent::Ended(ended) => {
                self.state = ended.state;
                self.ended_at = Some(meta.at);
                self.error.clone_from(&ended.error);
            }
            ImportEvent::Resumed(Resumed {}) => {
                self.state = RunState::Running;
                self.ended_at = None;
                self.error = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn context() -> Context {
        Context {
            now: Timestamp::from_micros(1),
            zone: chrono_tz::Europe::Moscow,
            principal: Principal::System,
        }
    }

    fn meta() -> Meta {
        Meta { seq: 1, at: Timestamp::from_micros(5), actor: Principal::System, drawn: vec![] }
    }

    fn plan() -> ImportPlan {
        ImportPlan {
            kind: ImportKind::Clients,
            file_name: "clients.csv".into(),
            source: FileSource::Blob("ab".into()),
            mapping: "1c-clients".into(),
            mapping_text: String::new(),
            dry_run: false,
        }
    }

    fn given(commands: Vec<ImportCommand>) -> Result<ImportRun, Rejection> {
        let mut run = ImportRun::default();
        for command in commands {
            for event in run.decide(command, &context())?.events {
                run.evolve(&event, &meta());
            }
        }
        Ok(run)
    }

    fn start() -> ImportCommand {
        let id = ImportId::from_uuid(Uuid::from_u128(1));
        ImportCommand::Start(Box::new(StartImport { id, plan: plan(), lookups: Vec::new() }))
    }

    fn end(state: RunState) -> ImportCommand {
        ImportCommand::End(Ended { state, error: None })
    }

    fn advance(line: u64) -> ImportCommand {
        let counts = Counts { rows: line, created: line, ..Counts::default() };
        ImportCommand::Advance(Advanced { line, counts })
    }

    #[test]
    fn a_run_advances_ends_and_goes_on() {
        let run = given(vec![start(), advance(10), end(RunState::Cancelled)]).unwrap();
        assert_eq!((run.state, run.line, run.ended_at.is_some()), (RunState::Cancelled, 10, true));
        let run = given(vec![start(), advance(10), end(RunState::Failed), ImportCommand::Resume])
            .unwrap();
        assert_eq!((run.state, run.line, run.ended_at), (RunState::Running, 10, None));
        assert_eq!(run.counts.created, 10);
    }

    #[test]
    fn what_a_run_refuses() {
        let code = |commands| given(commands).unwrap_err().code;
        assert_eq!(code(vec![start(), start()]), "already_exists");
        assert_eq!(code(vec![advance(1)]), "not_found");
        assert_eq!(code(vec![ImportCommand::Resume]), "not_found");
        let finished = || vec![start(), end(RunState::Finished)];
        let with = |command| finished().into_iter().chain([command]).collect::<Vec<_>>();
        assert_eq!(code(with(advance(1))), "import_not_running");
        assert_eq!(code(with(ImportCommand::Resume)), "import_finished");
        let id = ImportId::from_uuid(Uuid::from_u128(1));
        let faulty =
            ImportPlan { file_name: " ".into(), mapping_text: "x".repeat(40_000), ..plan() };
        let start =
            ImportCommand::Start(Box::new(StartImport { id, plan: faulty, lookups: Vec::new() }));
        let rejection = given(vec![start]).unwrap_err();
        let codes: Vec<&str> = rejection.fields.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, ["required", "too_long"]);
    }
}
