//! Files of bank statements at a serving box: sent in, listed, gone on with after a stop.

use super::posting::{Interrupted, Posting, after, file_stream};
use crate::base::ids::StatementId;
use crate::base::money::{Currency, Money};
use crate::base::time::Date;
use crate::blobs::BlobHash;
use crate::committer::{Proposal, TypedChange};
use crate::domain::access::{Action, Principal, Role};
use crate::domain::statement::file::{
    FileCommand, FileState, ReceiveFile, Section, StatementFile, sections,
};
use crate::domain::statement::{HeldFor, Statement, faults};
use crate::domain::{Aggregate, Rejection, StreamKind};
use crate::feed::Audience;
use crate::gateways::statements::{self as reader, STATEMENT_BYTES_MAX, StatementError};
use crate::service::{Caller, ServiceError, Services};
use crate::store::{Loaded, keys};
use serde::Serialize;
use std::sync::{Arc, PoisonError, TryLockError};
use std::time::Duration;

/// Entries that are dealt with before the answer; more of them go on as a job.
const AT_ONCE_MAX: u64 = 500;

/// Between two looks for files that were cut off.
const RESUME_PAUSE: Duration = Duration::from_secs(300);

/// Why a file is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FaultView {
    /// Closed code, for instance `balances_differ`.
    pub code: String,
    /// What happened and what to do, in English.
    pub message: String,
    /// The field of the file.
    pub field: Option<String>,
    /// Line of a text, byte of an XML.
    pub place: Option<u64>,
    /// By how much sums differ.
    pub amount: Option<String>,
    /// The account, masked.
    pub account: Option<String>,
}

/// One account of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SectionView {
    /// The account; masked when it is none of the lender's.
    pub account: String,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
    /// Balance before.
    pub opening: Option<String>,
    /// Balance after.
    pub closing: Option<String>,
    /// What came.
    pub received: String,
    /// What went.
    pub spent: String,
    /// Movements.
    pub entries: u64,
}

/// What became of the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CountsView {
    /// All entries of the file.
    pub total: u64,
    /// Dealt with so far.
    pub entries: u64,
    /// Posted by themselves.
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

/// A file of statements as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StatementView {
    /// Which.
    pub statement_id: StatementId,
    /// The file's name.
    pub name: String,
    /// `running`, `posted`, `held` or `stopped`.
    pub state: &'static str,
    /// When it came in.
    pub at: String,
    /// When the last entry was dealt with.
    pub ended_at: Option<String>,
    /// Who sent it.
    pub by: String,
    /// Why it is held or stopped.
    pub faults: Vec<FaultView>,
    /// Its accounts.
    pub accounts: Vec<SectionView>,
    /// What became of its entries.
    pub counts: CountsView,
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn shown_fault(fault: &HeldFor) -> FaultView {
    FaultView {
        code: fault.code.clone(),
        message: fault.message.clone(),
        field: filled(&fault.field),
        place: (fault.place > 0).then_some(fault.place),
        amount: (fault.amount != 0).then(|| decimal(fault.amount)),
        account: filled(&fault.account),
    }
}

/// Kopecks as the plain decimal of the API.
fn decimal(minor: i64) -> String {
    Money::from_minor(minor, Currency::Rub).to_decimal()
}

fn shown_section(section: &Section) -> SectionView {
    SectionView {
        account: section.account.clone(),
        from: section.from,
        to: section.to,
        opening: section.opening.map(decimal),
        closing: section.closing.map(decimal),
        received: decimal(section.received),
        spent: decimal(section.spent),
        entries: section.entries,
    }
}

/// The fault of a stored file under the name that the request has for it.
fn in_file(error: ServiceError) -> ServiceError {
    let ServiceError::Rejected(mut rejection) = error else { return error };
    rejection.fields.iter_mut().for_each(|fault| fault.field = "file".to_owned());
    ServiceError::Rejected(rejection)
}

fn interrupted(Interrupted(refusal): Interrupted) -> ServiceError {
    refusal.into()
}

impl Services {
    /// Takes a stored file in: it is held, or its entries are posted, noted or left to a person. A
    /// large one goes on as a job. Sent again while it is under way, it goes on. Blocks.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`; `Rejected` when there is no such file or its name is at fault.
    pub fn take_statement(
        self: &Arc<Self>,
        caller: &Caller,
        blob: &str,
        name: &str,
    ) -> Result<StatementView, ServiceError> {
        caller.grant(Action::LoadStatements)?;
        if let Some(first) = self.written_before(caller, StreamKind::Statement)? {
            let id = StatementId::from_uuid(first);
            if self.store.load::<StatementFile>(file_stream(id))?.state.state == FileState::Running
            {
                self.go_on_with_statement(id)?;
            }
            return self.statement_view(id);
        }
        let size = self.blob_size(blob).map_err(in_file)?;
        if let Some(id) = self.running_statement_of(blob)? {
            self.go_on_with_statement(id)?;
            return self.statement_view(id);
        }
        let read = self.read_statement(blob, size);
        let accounts = &self.config.lender.accounts;
        let (statements, held) = match read? {
            Ok(statements) => {
                let found = faults(&statements, accounts, self.config.lender.currency);
                (statements, found.iter().map(HeldFor::from).collect())
            }
            Err(fault) => (Vec::new(), vec![fault]),
        };
        let id = StatementId::from_uuid(self.ids.next(self.clock.now()));
        let receive = ReceiveFile {
            id,
            blob: blob.to_owned(),
            file_name: name.to_owned(),
            sections: sections(&statements, accounts),
            total: statements.iter().map(|one| one.entries.len() as u64).sum(),
            faults: held,
        };
        let (id, file) = self.receive_file(caller, receive)?;
        if file.state.state == FileState::Running {
            self.post_statement(id, file, statements)?;
        }
        self.tell_statement(id);
        self.statement_view(id)
    }

    /// The statements of a stored file, or why they cannot be read.
    fn read_statement(
        &self,
        blob: &str,
        size: u64,
    ) -> Result<Result<Vec<Statement>, HeldFor>, ServiceError> {
        if size > STATEMENT_BYTES_MAX as u64 {
            return Ok(Err(StatementError::TooLarge.held()));
        }
        let hash: BlobHash = blob.parse()?;
        let bytes = self.blobs.load(&hash)?;
        Ok(reader::read(&bytes).map_err(|error| error.held()))
    }

    fn receive_file(
        &self,
        caller: &Caller,
        receive: ReceiveFile,
    ) -> Result<(StatementId, Loaded<StatementFile>), ServiceError> {
        let (id, context) = (receive.id, self.context(caller));
        let before = Loaded::<StatementFile>::default();
        let decision = before.state.decide(FileCommand::Receive(receive), &context)?;
        let stream = file_stream(id);
        let change = TypedChange::new(stream, before, decision.events, decision.draws);
        let proposal = Proposal {
            at: context.now,
            actor: caller.principal,
            cause: None,
            command: caller.command,
            bulk: false,
            essential: false,
            acknowledge_duplicates: true,
            changes: vec![Box::new(change)],
        };
        let answer = self.committer.propose(proposal).blocking_recv();
        let committed = answer.unwrap_or(Err(crate::committer::Refusal::Unavailable))?;
        if let Some(file) = after(&committed) {
            return Ok((id, file));
        }
        // A repeated command: the first time made another file.
        let first = committed.receipt.streams.first().ok_or(ServiceError::Unavailable)?.0;
        let file = self.store.load::<StatementFile>(first)?;
        Ok((StatementId::from_uuid(first.id), file))
    }

    /// Posts the entries at once when they are few and nothing else works, else as a job.
    fn post_statement(
        self: &Arc<Self>,
        id: StatementId,
        file: Loaded<StatementFile>,
        statements: Vec<Statement>,
    ) -> Result<(), ServiceError> {
        let left = file.state.total.saturating_sub(file.state.counts.entries);
        if left <= AT_ONCE_MAX {
            let gate = match self.statements.gate.try_lock() {
                Ok(gate) => Some(gate),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            };
            if let Some(_gate) = gate {
                // Somebody else may have gone on with it meanwhile.
                let file = self.store.load::<StatementFile>(file_stream(id))?;
                self.work_statement(id, file, &statements, &mut |_| ()).map_err(interrupted)?;
                return Ok(());
            }
        }
        let Some(only) = self.statements.job(id) else { return Ok(()) };
        let services = Arc::clone(self);
        self.start_job("statement", move |progress| {
            let _only = only;
            let gate = services.statements.gate.lock();
            let _gate = gate.unwrap_or_else(PoisonError::into_inner);
            // Somebody else may have gone on with it meanwhile.
            let file = services.store.load::<StatementFile>(file_stream(id));
            let file = file.map_err(|error| error.to_string())?;
            let worked = services.work_statement(id, file, &statements, &mut |file| {
                progress.tell(file.counts.entries, file.total);
                services.tell_statement(id);
            });
            services.tell_statement(id);
            match worked {
                Ok(file) => Ok(format!("{} entries", file.state.counts.entries)),
                Err(Interrupted(refusal)) => {
                    Err(format!("the statement was interrupted: {refusal}; it goes on by itself"))
                }
            }
        });
        Ok(())
    }

    fn work_statement(
        self: &Arc<Self>,
        id: StatementId,
        file: Loaded<StatementFile>,
        statements: &[Statement],
        tell: &mut dyn FnMut(&StatementFile),
    ) -> Result<Loaded<StatementFile>, Interrupted> {
        let environment = self.import_environment();
        let posting = Posting {
            environment: &environment,
            patterns: &self.config.lender.agreement_numbers,
            principal: file.state.by.unwrap_or(Principal::System),
            id,
            statements,
        };
        posting.work(file, tell)
    }

    /// Goes on with files that were cut off: by a stop of the box at once, by a full disk when there
    /// is room again. Never ends.
    pub async fn statement_round(self: Arc<Self>) {
        loop {
            let services = Arc::clone(&self);
            let resuming = tokio::task::spawn_blocking(move || services.resume_statements());
            if resuming.await.is_err() {
                tracing::error!("going on with bank statements ended with a fault");
            }
            tokio::time::sleep(RESUME_PAUSE).await;
        }
    }

    /// Goes on with every file that was cut off; one that cannot go on hinders no other.
    fn resume_statements(self: &Arc<Self>) {
        let running = self.running_statements().unwrap_or_else(|error| {
            tracing::warn!(%error, "bank statements that were cut off are not known; tried again");
            Vec::new()
        });
        for id in running {
            if let Err(error) = self.go_on_with_statement(id) {
                tracing::warn!(%error, statement = %id, "a bank statement waits; tried again");
            }
        }
    }

    fn running_statements(&self) -> Result<Vec<StatementId>, ServiceError> {
        let prefix = keys::running_statements();
        let mut found = Vec::new();
        self.store.scan(&prefix, &prefix, |key, _| {
            found.extend(keys::trailing_id(key).map(StatementId::from_uuid));
            true
        })?;
        Ok(found)
    }

    fn running_statement_of(&self, blob: &str) -> Result<Option<StatementId>, ServiceError> {
        for id in self.running_statements()? {
            if self.store.load::<StatementFile>(file_stream(id))?.state.blob == blob {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    fn go_on_with_statement(self: &Arc<Self>, id: StatementId) -> Result<(), ServiceError> {
        if self.statements.has_job(id) {
            return Ok(());
        }
        let file = self.store.load::<StatementFile>(file_stream(id))?;
        let blob = file.state.blob.clone();
        let read = self.blob_size(&blob).and_then(|size| self.read_statement(&blob, size));
        let fault = match read {
            Ok(Ok(statements)) => return self.post_statement(id, file, statements),
            Ok(Err(fault)) => fault,
            Err(ServiceError::Rejected(_)) => HeldFor {
                code: "file_gone".to_owned(),
                message: "the file is not there any more; send it again".to_owned(),
                ..HeldFor::default()
            },
            Err(error) => return Err(error),
        };
        let caller = Caller::system();
        let context = self.context(&caller);
        let decision = file.state.decide(FileCommand::Stop(fault), &context)?;
        let change = TypedChange::new(file_stream(id), file, decision.events, decision.draws);
        let proposal = Proposal {
            at: context.now,
            actor: caller.principal,
            cause: None,
            command: None,
            bulk: false,
            essential: false,
            acknowledge_duplicates: true,
            changes: vec![Box::new(change)],
        };
        let answer = self.committer.propose(proposal).blocking_recv();
        answer.unwrap_or(Err(crate::committer::Refusal::Unavailable))?;
        Ok(())
    }

    /// A page of files, newest first, after `cursor`.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`; `Rejected` for a cursor that is none.
    pub fn statement_list(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<StatementView>, Option<String>), ServiceError> {
        caller.grant(Action::ReadPayments)?;
        let (ids, next) = self.page_of(keys::statements(), cursor, limit)?;
        let views = ids.into_iter().map(|id| self.statement_view(StatementId::from_uuid(id)));
        Ok((views.collect::<Result<_, _>>()?, next))
    }

    /// One file.
    ///
    /// # Errors
    /// `Forbidden`, not found, `Unavailable`.
    pub fn statement(
        &self,
        caller: &Caller,
        id: StatementId,
    ) -> Result<StatementView, ServiceError> {
        caller.grant(Action::ReadPayments)?;
        self.statement_view(id)
    }

    fn statement_view(&self, id: StatementId) -> Result<StatementView, ServiceError> {
        let loaded = self.store.load::<StatementFile>(file_stream(id))?;
        let file = &*loaded.state;
        if !file.exists() {
            return Err(Rejection::not_found("statement").into());
        }
        let counts = file.counts;
        Ok(StatementView {
            statement_id: id,
            name: file.file_name.clone(),
            state: file.state.code(),
            at: file.at.to_rfc3339(),
            ended_at: file.ended_at.map(|at| at.to_rfc3339()),
            by: file.by.map(|by| self.people.name_of(by)).unwrap_or_default(),
            faults: file.faults.iter().map(shown_fault).collect(),
            accounts: file.sections.iter().map(shown_section).collect(),
            counts: CountsView {
                total: file.total,
                entries: counts.entries,
                posted: counts.posted,
                noted: counts.noted,
                unmatched: counts.unmatched,
                outgoing: counts.outgoing,
                known: counts.known,
            },
        })
    }

    /// Tells pages how a file stands.
    fn tell_statement(&self, id: StatementId) {
        let Ok(view) = self.statement_view(id) else { return };
        let Ok(text) = serde_json::to_string(&view) else { return };
        let members = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        let body = members.unwrap_or_default().to_owned();
        let roles = vec![Role::Administrator, Role::Supervisor, Role::Auditor];
        self.feed.publish(Audience::Roles(roles), "statement.progress", body, false, None);
    }
}
