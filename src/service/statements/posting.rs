//! The entries of one file, in chunks: movements, bookings and progress in one frame each.

use super::finder::{Finder, Pending, received_alike};
use crate::base::ids::{IncomingPaymentId, LoanId, PartId, StatementId};
use crate::committer::{Change, Committed, Proposal, Refusal, TypedChange};
use crate::domain::access::Principal;
use crate::domain::loan::own::{LedgerCommand, Payer, PaymentSource, PostPayment};
use crate::domain::loan::{Loan, LoanCommand, LoanEvent};
use crate::domain::statement::file::{EntryCounts, FileCommand, FileState, StatementFile};
use crate::domain::statement::payment::{
    IncomingPayment, Movement, PaymentCommand, ReceivePayment, Target,
};
use crate::domain::statement::{
    Direction, HeldFor, Matched, MatchedBy, Statement, StatementEntry, identifiers, is_recall,
};
use crate::domain::{Aggregate, Context, Meta, Rejection, StreamId, StreamKind};
use crate::service::imports::Environment;
use crate::store::{Loaded, StoreError};
use std::collections::{HashMap, HashSet};

/// Entries of one frame: enough to share a sync, few enough that a call card never waits long.
const ENTRIES_PER_CHUNK: usize = 64;
/// Times that a chunk is decided anew when somebody else writes its loans meanwhile; from the second
/// time on it is one entry.
const CONFLICTS_MAX: usize = 8;

/// Where the stream of a file is.
pub(super) const fn file_stream(id: StatementId) -> StreamId {
    StreamId::new(StreamKind::Statement, id.uuid())
}

/// Where the stream of a movement is.
pub(super) const fn payment_stream(id: IncomingPaymentId) -> StreamId {
    StreamId::new(StreamKind::IncomingPayment, id.uuid())
}

/// A payment of `movement` for the book of a loan.
pub(in crate::service) fn booking(
    movement: &Movement,
    operation: PartId,
    key: String,
) -> LoanCommand {
    LoanCommand::Ledger(LedgerCommand::Post(PostPayment {
        id: operation,
        source: PaymentSource::Statement,
        key,
        on: movement.on,
        amount: movement.amount,
        payer: Payer::Client,
    }))
}

/// Works off the entries of a file.
pub(super) struct Posting<'a> {
    pub environment: &'a Environment,
    pub patterns: &'a [String],
    pub principal: Principal,
    pub id: StatementId,
    pub statements: &'a [Statement],
}

/// One entry with its place.
struct Numbered<'a> {
    place: u32,
    account: &'a str,
    entry: &'a StatementEntry,
    id: IncomingPaymentId,
}

impl From<StoreError> for Interrupted {
    fn from(_: StoreError) -> Self {
        // The store has logged what is wrong.
        Self(Refusal::Unavailable)
    }
}

impl From<Refusal> for Interrupted {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

/// The box does not take the rest now; what was taken stays, and the work can go on.
#[derive(Debug)]
pub(super) struct Interrupted(pub Refusal);

impl Posting<'_> {
    fn context(&self) -> Context {
        let Environment { clock, zone, .. } = self.environment;
        Context { now: clock.now(), zone: *zone, principal: self.principal }
    }

    /// Deals with what is left of the file; `tell` hears how far it is.
    pub fn work(
        &self,
        mut file: Loaded<StatementFile>,
        tell: &mut dyn FnMut(&StatementFile),
    ) -> Result<Loaded<StatementFile>, Interrupted> {
        let mut entries = Vec::new();
        for statement in self.statements {
            for (entry, id) in statement.entries.iter().zip(identifiers(statement)) {
                let place = u32::try_from(entries.len()).unwrap_or(u32::MAX);
                entries.push(Numbered { place, account: &statement.account, entry, id });
            }
        }
        if file.state.state == FileState::Running && entries.len() as u64 != file.state.total {
            let fault = HeldFor {
                code: "file_differs".to_owned(),
                message: "the file does not read as it did when it came in; send it again"
                    .to_owned(),
                ..HeldFor::default()
            };
            let stop = FileCommand::Stop(fault);
            let committed = self.propose(&file, stop, Vec::new(), &self.context())?;
            return Ok(after(&committed).unwrap_or(file));
        }
        while file.state.state == FileState::Running {
            let done = usize::try_from(file.state.counts.entries).unwrap_or(usize::MAX);
            let rest = entries.get(done..).unwrap_or_default();
            file = self.chunk(file, rest)?;
            tell(&file.state);
        }
        Ok(file)
    }

    /// Commits the next entries.
    fn chunk(
        &self,
        file: Loaded<StatementFile>,
        rest: &[Numbered<'_>],
    ) -> Result<Loaded<StatementFile>, Interrupted> {
        let mut conflicts = 0;
        loop {
            let count = if conflicts > 1 { 1 } else { ENTRIES_PER_CHUNK };
            let chunk = &rest[..rest.len().min(count)];
            match self.attempt(&file, chunk) {
                Err(Interrupted(Refusal::Conflict(_))) if conflicts < CONFLICTS_MAX => {
                    conflicts += 1;
                }
                other => return other,
            }
        }
    }

    fn attempt(
        &self,
        file: &Loaded<StatementFile>,
        entries: &[Numbered<'_>],
    ) -> Result<Loaded<StatementFile>, Interrupted> {
        let context = self.context();
        let mut chunk = Chunk::new(self, &context, file.state.counts);
        for entry in entries {
            chunk.take(entry)?;
        }
        let command = FileCommand::Advance(chunk.counts);
        let changes = chunk.into_changes();
        let committed = self.propose(file, command, changes, &context)?;
        let streams: Vec<StreamId> = committed.receipt.streams.iter().map(|(s, _)| *s).collect();
        (self.environment.on_written)(&streams);
        Ok(after(&committed).unwrap_or_else(|| file.clone()))
    }

    fn propose(
        &self,
        file: &Loaded<StatementFile>,
        command: FileCommand,
        mut changes: Vec<Box<dyn Change>>,
        context: &Context,
    ) -> Result<Committed, Interrupted> {
        let decision = file.state.decide(command, context).map_err(|rejection| {
            tracing::error!(code = rejection.code, "the file of statements does not go on");
            Refusal::Unavailable
        })?;
        let stream = file_stream(self.id);
        let change = TypedChange::new(stream, file.clone(), decision.events, decision.draws);
        changes.push(Box::new(change));
        let proposal = Proposal {
            at: context.now,
            actor: self.principal,
            cause: None,
            command: None,
            bulk: true,
            essential: false,
            acknowledge_duplicates: true,
            changes,
        };
        let answer = self.environment.committer.propose(proposal);
        Ok(answer.blocking_recv().unwrap_or(Err(Refusal::Unavailable))?)
    }
}

/// The file after a commit.
pub(super) fn after(committed: &Committed) -> Option<Loaded<StatementFile>> {
    let of_file = |change: &Box<dyn std::any::Any + Send>| {
        change.downcast_ref::<TypedChange<StatementFile>>().map(TypedChange::after)
    };
    committed.changes.iter().find_map(of_file)
}

/// A loan with what the chunk has booked to it.
struct Booked {
    stream: StreamId,
    before: Loaded<Loan>,
    events: Vec<LoanEvent>,
}

/// Entries that become one frame.
struct Chunk<'a> {
    posting: &'a Posting<'a>,
    context: &'a Context,
    counts: EntryCounts,
    seen: HashSet<IncomingPaymentId>,
    payments: Vec<Box<dyn Change>>,
    /// Loans as they are after the chunk so far.
    pending: Pending,
    booked: HashMap<LoanId, Booked>,
    /// Sums and accounts of what came in with this chunk.
    came: Vec<(i64, String)>,
}

impl<'a> Chunk<'a> {
    fn new(posting: &'a Posting<'a>, context: &'a Context, counts: EntryCounts) -> Self {
        Self {
            posting,
            context,
            counts,
            seen: HashSet::new(),
            payments: Vec::new(),
            pending: Pending::new(),
            booked: HashMap::new(),
            came: Vec::new(),
        }
    }

    fn into_changes(self) -> Vec<Box<dyn Change>> {
        let mut changes = self.payments;
        for (_, Booked { stream, before, events }) in self.booked {
            changes.push(Box::new(TypedChange::new(stream, before, events, Vec::new())));
        }
        changes
    }

    fn take(&mut self, numbered: &Numbered<'_>) -> Result<(), Interrupted> {
        let Numbered { place, account, entry, id } = numbered;
        let store = &self.posting.environment.store;
        self.counts.entries += 1;
        if !self.seen.insert(*id) || store.version(payment_stream(*id))? > 0 {
            self.counts.known += 1;
            return Ok(());
        }
        let recall = self.is_recall(entry, account)?;
        let movement = Movement::of(entry, self.posting.id, *place, account, recall);
        let (target, refused) = match entry.direction {
            Direction::In => {
                self.came.push((entry.amount, entry.account.reveal().clone()));
                self.loan_for(entry, &movement, *id)?
            }
            Direction::Out => (None, None),
        };
        let counter = match (entry.direction, target) {
            (_, Some(Target { operation: Some(_), .. })) => &mut self.counts.posted,
            (_, Some(_)) => &mut self.counts.noted,
            (Direction::Out, None) if !recall => &mut self.counts.outgoing,
            _ => &mut self.counts.unmatched,
        };
        *counter += 1;
        let receive = ReceivePayment { movement, target, refused };
        let command = PaymentCommand::Receive(Box::new(receive));
        let Ok(decision) = IncomingPayment::default().decide(command, self.context) else {
            // A new movement is never refused.
            return Err(Refusal::Unavailable.into());
        };
        let (stream, before) = (payment_stream(*id), Loaded::default());
        let change =
            TypedChange::<IncomingPayment>::new(stream, before, decision.events, decision.draws);
        self.payments.push(Box::new(change));
        Ok(())
    }

    /// Money sent back needs a person when a payment may be meant; what else went out does not.
    fn is_recall(&self, entry: &StatementEntry, account: &str) -> Result<bool, Interrupted> {
        if !is_recall(entry) || entry.is_reversal {
            return Ok(is_recall(entry));
        }
        let same = |(amount, account): &(i64, String)| {
            *amount == entry.amount && account == entry.account.reveal()
        };
        let store = &self.posting.environment.store;
        let alike = received_alike(store, entry, account)?;
        Ok(self.came.iter().any(same) || !alike.found.is_empty() || alike.more)
    }

    /// The loan that money goes to at once, or the rule against it.
    #[allow(clippy::type_complexity, reason = "either of two outcomes, or neither")]
    fn loan_for(
        &mut self,
        entry: &StatementEntry,
        movement: &Movement,
        id: IncomingPaymentId,
    ) -> Result<(Option<Target>, Option<&'static str>), Interrupted> {
        let finder = Finder {
            store: &self.posting.environment.store,
            patterns: self.posting.patterns,
            today: self.context.today(),
            pending: &self.pending,
        };
        let found = finder.find(entry)?;
        let Matched::One(loan, by) = found.matched else {
            return Ok((None, None));
        };
        let Some((stream, loaded)) = found.loans.get(&loan) else {
            return Ok((None, None));
        };
        let client = crate::base::ids::ClientId::from_uuid(stream.owner);
        if loaded.state.own.is_none() {
            return Ok((Some(Target { client, loan, operation: None, by }), None));
        }
        match self.book(loan, *stream, loaded, movement, id, by) {
            Ok(target) => Ok((Some(target), None)),
            Err(rejection) => {
                let first = rejection.fields.first().map(|fault| fault.code);
                Ok((None, Some(first.unwrap_or(rejection.code))))
            }
        }
    }

    fn book(
        &mut self,
        loan: LoanId,
        stream: StreamId,
        loaded: &Loaded<Loan>,
        movement: &Movement,
        id: IncomingPaymentId,
        by: MatchedBy,
    ) -> Result<Target, Rejection> {
        let operation = PartId::from_uuid(self.posting.environment.ids.next(self.context.now));
        let key = IncomingPayment::default().booking_key(id);
        let mut state =
            self.pending.get(&loan).cloned().unwrap_or_else(|| Loan::clone(&loaded.state));
        let decision = state.decide(booking(movement, operation, key), self.context)?;
        let Context { now, principal, .. } = *self.context;
        let meta = Meta { seq: 0, at: now, actor: principal, drawn: Vec::new() };
        decision.events.iter().for_each(|event| state.evolve(event, &meta));
        if !decision.events.is_empty() {
            let before = || Booked { stream, before: loaded.clone(), events: Vec::new() };
            self.booked.entry(loan).or_insert_with(before).events.extend(decision.events);
        }
        self.pending.insert(loan, state);
        let client = crate::base::ids::ClientId::from_uuid(stream.owner);
        Ok(Target { client, loan, operation: Some(operation), by })
    }
}
