//! A file of bank statements: what it held, whether it was let in, how far its entries are posted.
//!
//! Progress is journalled in the same frame as the payments it counts, so that after a crash the
//! work goes on exactly behind the last durable entry. Must never hold an entry: each is a stream
//! of its own.

use super::{HeldFor, Statement};
use crate::base::ids::StatementId;
use crate::base::limits;
use crate::base::masking;
use crate::base::time::{Date, Timestamp};
use crate::domain::access::Principal;
use crate::domain::{Aggregate, Context, Decision, FieldFault, Meta, Rejection};
use serde::{Deserialize, Serialize};

/// How a file stands. Stored: append only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileState {
    /// Not received.
    #[default]
    Unknown,
    /// Its entries are being posted.
    Running,
    /// Every entry was dealt with.
    Posted,
    /// Held whole: nothing of it was posted.
    Held,
    /// The file could not be read again to go on; what was posted stays.
    Stopped,
}

impl FileState {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown | Self::Running => "running",
            Self::Posted => "posted",
            Self::Held => "held",
            Self::Stopped => "stopped",
        }
    }
}

/// One account of a file. Kopecks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// The account; masked when it is none of the lender's.
    pub account: String,
    /// First day, when the file says.
    pub from: Option<Date>,
    /// Last day, when the file says.
    pub to: Option<Date>,
    /// Balance before, when the file says.
    pub opening: Option<i64>,
    /// Balance after, when the file says.
    pub closing: Option<i64>,
    /// Sum of what came by the entries.
    pub received: i64,
    /// Sum of what went by the entries.
    pub spent: i64,
    /// Movements.
    pub entries: u64,
}

/// The accounts of a file, the days of each joined; `own` are the lender's.
#[must_use]
pub fn sections(statements: &[Statement], own: &[String]) -> Vec<Section> {
    let mut found: Vec<Section> = Vec::new();
    for statement in statements {
        let is_own = own.contains(&statement.account);
        let account = &statement.account;
        let account = if is_own { account.clone() } else { masking::account(account) };
        let section = Section {
            account,
            from: statement.from,
            to: statement.to,
            opening: statement.opening,
            closing: statement.closing,
            received: statement.sum(super::Direction::In),
            spent: statement.sum(super::Direction::Out),
            entries: statement.entries.len() as u64,
        };
        if let Some(known) = found.iter_mut().find(|known| known.account == section.account) {
            join(known, &section);
        } else if found.len() < limits::STATEMENT_ACCOUNTS_MAX {
            // More than that are none of the lender's: the file is held, and the rest not listed.
            found.push(section);
        }
    }
    found
}

/// Adds the days of one more statement of the same account.
fn join(known: &mut Section, next: &Section) {
    if next.from.is_some() && next.from < known.from {
        (known.from, known.opening) = (next.from, next.opening);
    }
    if next.to > known.to {
        (known.to, known.closing) = (next.to, next.closing);
    }
    known.received = known.received.saturating_add(next.received);
    known.spent = known.spent.saturating_add(next.spent);
    known.entries += next.entries;
}

/// What became of the entries so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryCounts {
    /// Dealt with.
    pub entries: u64,
    /// Posted to a loan whose book is kept here.
    pub posted: u64,
    /// Found their loan, whose figures another system keeps.
    pub noted: u64,
    /// Wait for a person.
    pub unmatched: u64,
    /// Money that went out.
    pub outgoing: u64,
    /// Known from an earlier file.
    pub known: u64,
}

/// A file's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementFile {
    /// Set when received.
    pub id: Option<StatementId>,
    /// Content hash of the file.
    pub blob: String,
    /// Its name, as people know it.
    pub file_name: String,
    /// Who sent it.
    pub by: Option<Principal>,
    /// When.
    pub at: Timestamp,
    /// When the last entry was dealt with, or the file was held.
    pub ended_at: Option<Timestamp>,
    /// How it stands.
    pub state: FileState,
    /// Why it is held, or stopped.
    pub faults: Vec<HeldFor>,
    /// Its accounts.
    pub sections: Vec<Section>,
    /// All its entries.
    pub total: u64,
    /// What became of them.
    pub counts: EntryCounts,
}

/// What is asked of a file.
#[derive(Clone, Debug)]
pub enum FileCommand {
    /// It came in.
    Receive(ReceiveFile),
    /// More entries were dealt with; totals, not differences.
    Advance(EntryCounts),
    /// It cannot be read again.
    Stop(HeldFor),
}

/// A file comes in.
#[derive(Clone, Debug)]
pub struct ReceiveFile {
    /// The file.
    pub id: StatementId,
    /// Content hash.
    pub blob: String,
    /// Its name.
    pub file_name: String,
    /// Its accounts.
    pub sections: Vec<Section>,
    /// All its entries.
    pub total: u64,
    /// What is wrong with it; it is held when this is not empty.
    pub faults: Vec<HeldFor>,
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileEvent {
    /// It came in.
    Received(FileReceived),
    /// It is held.
    Held(FileHeld),
    /// More entries were dealt with.
    Advanced(FileAdvanced),
    /// Every entry was dealt with.
    Finished(FileFinished),
    /// It could not be read again.
    Stopped(FileStopped),
}

/// It came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReceived {
    /// The file.
    pub id: StatementId,
    /// Content hash.
    pub blob: String,
    /// Its name.
    pub file_name: String,
    /// Its accounts.
    pub sections: Vec<Section>,
    /// All its entries.
    pub total: u64,
}

/// It is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHeld {
    /// Why.
    pub faults: Vec<HeldFor>,
}

/// More entries were dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileAdvanced {
    /// Totals.
    pub counts: EntryCounts,
}

/// Every entry was dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFinished {}

/// It could not be read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStopped {
    /// Why.
    pub fault: HeldFor,
}

impl StatementFile {
    /// Whether it was received.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.id.is_some()
    }

    fn receive(&self, command: ReceiveFile) -> Result<Decision<FileEvent>, Rejection> {
        if self.exists() {
            return Err(Rejection::rule("already_exists", "this file came in already"));
        }
        let ReceiveFile { id, blob, file_name, sections, total, mut faults } = command;
        let length = file_name.trim().chars().count();
        if length == 0 || length > limits::LINE_CHARS_MAX {
            let help = "write the name of the file, at most 250 characters";
            let code = if length == 0 { "required" } else { "too_long" };
            return Err(Rejection::invalid(vec![FieldFault::new("name", code, help)]));
        }
        let file_name = file_name.trim().to_owned();
        let received = FileReceived { id, blob, file_name, sections, total };
        let mut events = vec![FileEvent::Received(received)];
        if !faults.is_empty() {
            faults.truncate(limits::STATEMENT_FAULTS_MAX);
            events.push(FileEvent::Held(FileHeld { faults }));
        } else if total == 0 {
            events.push(FileEvent::Finished(FileFinished {}));
        }
        Ok(Decision::events(events))
    }
}

impl Aggregate for StatementFile {
    type Command = FileCommand;
    type Event = FileEvent;

    fn decide(
        &self,
        command: FileCommand,
        _context: &Context,
    ) -> Result<Decision<FileEvent>, Rejection> {
        match command {
            FileCommand::Receive(command) => self.receive(command),
            _ if !self.exists() => Err(Rejection::not_found("statement")),
            _ if self.state != FileState::Running => {
                Err(Rejection::rule("statement_ended", "this statement was dealt with already"))
            }
            FileCommand::Advance(counts) => {
                let mut events = vec![FileEvent::Advanced(FileAdvanced { counts })];
                if counts.entries >= self.total {
                    events.push(FileEvent::Finished(FileFinished {}));
                }
                Ok(Decision::events(events))
            }
            FileCommand::Stop(fault) => {
                Ok(Decision::events(vec![FileEvent::Stopped(FileStopped { fault })]))
            }
        }
    }

    fn evolve(&mut self, event: &FileEvent, meta: &Meta) {
        match event {
            FileEvent::Received(received) => {
                self.id = Some(received.id);
                self.blob.clone_from(&received.blob);
                self.file_name.clone_from(&received.file_name);
                self.sections.clone_from(&received.sections);
                self.total = received.total;
                (self.by, self.at, self.state) = (Some(meta.actor), meta.at, FileState::Running);
            }
            FileEvent::Held(held) => {
                self.faults.clone_from(&held.faults);
                (self.state, self.ended_at) = (FileState::Held, Some(meta.at));
            }
            FileEvent::Advanced(advanced) => self.counts = advanced.counts,
            FileEvent::Finished(FileFinished {}) => {
                (self.state, self.ended_at) = (FileState::Posted, Some(meta.at));
            }
            FileEvent::Stopped(stopped) => {
                self.faults = vec![stopped.fault.clone()];
                (self.state, self.ended_at) = (FileState::Stopped, Some(meta.at));
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

    fn given(commands: Vec<FileCommand>) -> Result<StatementFile, Rejection> {
        let meta =
            Meta { seq: 1, at: Timestamp::from_micros(5), actor: Principal::System, drawn: vec![] };
        let mut file = StatementFile::default();
        for command in commands {
            for event in file.decide(command, &context())?.events {
                file.evolve(&event, &meta);
            }
        }
        Ok(file)
    }

    fn receive(name: &str, total: u64, faults: Vec<HeldFor>) -> FileCommand {
        FileCommand::Receive(ReceiveFile {
            id: StatementId::from_uuid(Uuid::from_u128(1)),
            blob: "ab".into(),
            file_name: name.into(),
            sections: Vec::new(),
            total,
            faults,
        })
    }

    fn advance(entries: u64) -> FileCommand {
        FileCommand::Advance(EntryCounts { entries, ..EntryCounts::default() })
    }

    #[test]
    fn a_file_is_held_or_runs_to_its_last_entry() {
        let held = given(vec![receive("a.txt", 3, vec![HeldFor::default(); 200])]).unwrap();
        assert_eq!(
            (held.state, held.faults.len()),
            (FileState::Held, limits::STATEMENT_FAULTS_MAX)
        );
        let running = given(vec![receive("a.txt", 3, vec![]), advance(2)]).unwrap();
        assert_eq!((running.state, running.counts.entries), (FileState::Running, 2));
        let posted = given(vec![receive(" a.txt ", 3, vec![]), advance(2), advance(3)]).unwrap();
        assert_eq!((posted.state, posted.file_name.as_str()), (FileState::Posted, "a.txt"));
        assert!(posted.ended_at.is_some());
        let empty = given(vec![receive("a.txt", 0, vec![])]).unwrap();
        assert_eq!(empty.state, FileState::Posted);
    }

    #[test]
    fn what_a_file_refuses() {
        let code = |commands| given(commands).unwrap_err().code;
        assert_eq!(code(vec![advance(1)]), "not_found");
        assert_eq!(code(vec![receive(" ", 1, vec![])]), "invalid_fields");
        let twice = vec![receive("a", 1, vec![]), receive("a", 1, vec![])];
        assert_eq!(code(twice), "already_exists");
        let ended = vec![receive("a", 1, vec![]), advance(1), advance(1)];
        assert_eq!(code(ended), "statement_ended");
        let stopped = vec![
            receive("a", 1, vec![]),
            FileCommand::Stop(HeldFor { code: "truncated".into(), ..HeldFor::default() }),
        ];
        let stopped = given(stopped).unwrap();
        assert_eq!((stopped.state, stopped.faults.len()), (FileState::Stopped, 1));
    }
}
