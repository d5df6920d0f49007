//! A chunk of rows: each row is decided on the view plus what the rows before it in the chunk have
//! done, and the whole becomes one frame.

use super::enrich;
use crate::base::ids::{ClientId, IdSource, LoanId, PartId};
use crate::base::money::Currency;
use crate::codec;
use crate::committer::{Change, TypedChange};
use crate::domain::client::{Client, ClientCommand, ImportClient};
use crate::domain::import::{
    ClientRecord, ClientRef, LoanRecord, LoanRef, PaymentRecord, Record, ScheduleRecord,
};
use crate::domain::loan::own::{LedgerCommand, Payer, PaymentSource, PostPayment};
use crate::domain::loan::{
    ImportInstalments, ImportLoan, ImportPayment, Instalment, InstalmentsSet, Loan, LoanCommand,
    LoanEvent, PaymentKind,
};
use crate::domain::{
    ClaimSpace, ClaimStrength, Context, Counter, FieldFault, Meta, Rejection, StreamId, StreamKind,
};
use crate::store::{Loaded, Noun, Store, StoreError};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowOutcome {
    Created,
    Updated,
    Unchanged,
}

/// Why a row is not taken, or why nothing can be.
#[derive(Debug)]
pub(super) enum RowError {
    /// The row is at fault.
    Faults(Vec<FieldFault>),
    /// The view does not answer.
    Store(StoreError),
    /// It stands on what the chunk ahead has touched and nobody knows yet.
    Ahead,
}

impl From<StoreError> for RowError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Rejection> for RowError {
    fn from(rejection: Rejection) -> Self {
        let Rejection { code, message, fields, .. } = rejection;
        if fields.is_empty() {
            Self::Faults(vec![FieldFault::new("row", code, message)])
        } else {
            Self::Faults(fields)
        }
    }
}

fn fault(field: &str, code: &'static str, message: &str) -> RowError {
    RowError::Faults(vec![FieldFault::new(field, code, message)])
}

/// A stream with what the chunk has done to it.
struct Pending<A: Noun> {
    stream: StreamId,
    before: Loaded<A>,
    state: A,
    events: Vec<A::Event>,
    draws: Vec<Counter>,
}

/// Streams of one kind, in the order they were first touched.
struct Pendings<A: Noun> {
    places: HashMap<Uuid, usize>,
    items: Vec<Pending<A>>,
}

impl<A: Noun> Default for Pendings<A> {
    fn default() -> Self {
        Self { places: HashMap::new(), items: Vec::new() }
    }
}

/// What a decided row will do to one stream.
struct Step<A: Noun> {
    stream: StreamId,
    before: Loaded<A>,
    state: A,
    events: Vec<A::Event>,
    draws: Vec<Counter>,
    created: bool,
}

impl<A: Noun> Step<A> {
    const fn outcome(&self) -> RowOutcome {
        match (self.created, self.events.is_empty()) {
            (true, _) => RowOutcome::Created,
            (false, false) => RowOutcome::Updated,
            (false, true) => RowOutcome::Unchanged,
        }
    }
}

/// What a decided row will do.
struct Steps {
    outcome: RowOutcome,
    client: Option<Step<Client>>,
    loan: Option<Step<Loan>>,
}

/// What a dry run remembers instead of writing it.
#[derive(Default)]
pub(super) struct Imagined {
    heads: HashMap<Uuid, (StreamId, Vec<u8>)>,
    claims: HashMap<(ClaimSpace, String), Vec<StreamId>>,
}

impl Imagined {
    /// Adds what a chunk has taught; the newer head counts.
    pub fn learn(&mut self, other: Self) {
        self.heads.extend(other.heads);
        for (claim, streams) in other.claims {
            add_new(self.claims.entry(claim).or_default(), streams);
        }
    }
}

/// Adds the streams that are not yet listed: a stream listed twice would pass for two holders.
fn add_new(known: &mut Vec<StreamId>, streams: impl IntoIterator<Item = StreamId>) {
    for stream in streams {
        if !known.contains(&stream) {
            known.push(stream);
        }
    }
}

/// What a chunk reads of its own and writes.
#[derive(Default)]
pub(super) struct Touched {
    streams: HashSet<Uuid>,
    claims: HashSet<(ClaimSpace, String)>,
}

/// A chunk of rows.
pub(super) struct Chunk<'a> {
    store: &'a Store,
    ids: &'a dyn IdSource,
    context: &'a Context,
    imagined: Option<&'a Imagined>,
    /// Of the chunk ahead, which is being committed.
    ahead: Option<&'a Touched>,
    clients: Pendings<Client>,
    loans: Pendings<Loan>,
    claims: HashMap<(ClaimSpace, String), Vec<StreamId>>,
}

impl<'a> Chunk<'a> {
    pub fn new(
        store: &'a Store,
        ids: &'a dyn IdSource,
        context: &'a Context,
        imagined: Option<&'a Imagined>,
        ahead: Option<&'a Touched>,
    ) -> Self {
        let (clients, loans) = (Pendings::default(), Pendings::default());
        Self { store, ids, context, imagined, ahead, clients, loans, claims: HashMap::new() }
    }

    /// What the next chunk must not read before this one is durable.
    pub fn touched(&self) -> Touched {
        let streams = self.clients.places.keys().chain(self.loans.places.keys());
        Touched {
            streams: streams.copied().collect(),
            claims: self.claims.keys().cloned().collect(),
        }
    }

    /// Decides one row; a row at fault changes nothing.
    pub fn take(&mut self, record: &Record) -> Result<RowOutcome, RowError> {
        let Steps { outcome, client, loan } = self.decide(record)?;
        if let Some(step) = client {
            self.keep_client(step);
        }
        if let Some(step) = loan {
            self.keep_loan(step);
        }
        Ok(outcome)
    }

    /// What would become of a row; nothing changes.
    pub fn outcome(&self, record: &Record) -> Result<RowOutcome, RowError> {
        Ok(self.decide(record)?.outcome)
    }

    fn decide(&self, record: &Record) -> Result<Steps, RowError> {
        match record {
            Record::Client(record) => {
                let step = self.client(record)?;
                Ok(Steps { outcome: step.outcome(), client: Some(step), loan: None })
            }
            Record::Loan(record) => self.loan(record),
            Record::Schedule(record) => self.schedule(record),
            Record::Payment(record) => self.payment(record),
        }
    }

    /// The new events of every stream.
    pub fn into_changes(self) -> Vec<Box<dyn Change>> {
        let mut changes: Vec<Box<dyn Change>> = Vec::new();
        changes.extend(self.clients.items.into_iter().filter_map(change));
        changes.extend(self.loans.items.into_iter().filter_map(change));
        changes
    }

    /// What a dry run is to remember of the chunk.
    pub fn into_imagined(self, imagined: &mut Imagined) {
        for item in self.clients.items {
            let head = codec::encode(&item.state);
            imagined.heads.insert(item.stream.id, (item.stream, head));
        }
        for item in self.loans.items {
            let head = codec::encode(&item.state);
            imagined.heads.insert(item.stream.id, (item.stream, head));
        }
        for (claim, streams) in self.claims {
            add_new(imagined.claims.entry(claim).or_default(), streams);
        }
    }

    fn meta(&self) -> Meta {
        let Context { now, principal, .. } = *self.context;
        // Drawn numbers are not known yet; no import rule reads them.
        Meta { seq: 0, at: now, actor: principal, drawn: vec![0] }
    }

    fn holders(&self, space: ClaimSpace, value: &str) -> Result<Vec<StreamId>, RowError> {
        let key = (space, value.to_owned());
        if self.ahead.is_some_and(|ahead| ahead.claims.contains(&key)) {
            return Err(RowError::Ahead);
        }
        let mut holders = self.claims.get(&key).cloned().unwrap_or_default();
        if let Some(imagined) = self.imagined {
            add_new(&mut holders, imagined.claims.get(&key).into_iter().flatten().copied());
        }
        add_new(&mut holders, self.store.holders(space, value)?);
        Ok(holders)
    }

    fn source_holder(&self, kind: &str, key: &str) -> Result<Option<StreamId>, RowError> {
        let holders = self.holders(ClaimSpace::SourceKey, &format!("{kind}:{key}"))?;
        Ok(holders.into_iter().next())
    }

    fn load<A: Noun>(
        &self,
        pendings: &Pendings<A>,
        stream: StreamId,
    ) -> Result<(Loaded<A>, A), RowError> {
        if self.ahead.is_some_and(|ahead| ahead.streams.contains(&stream.id)) {
            return Err(RowError::Ahead);
        }
        if let Some(place) = pendings.places.get(&stream.id) {
            let item = &pendings.items[*place];
            let before = Loaded { version: item.before.version, state: item.before.state.clone() };
            return Ok((before, item.state.clone()));
        }
        if let Some((_, head)) = self.imagined.and_then(|imagined| imagined.heads.get(&stream.id)) {
            let state: A = codec::decode("imagined head", head).map_err(StoreError::from)?;
            return Ok((Loaded::default(), state));
        }
        let before = self.store.load::<A>(stream)?;
        let state = A::clone(&before.state);
        Ok((before, state))
    }

    fn step<A: Noun>(
        &self,
        stream: StreamId,
        before: Loaded<A>,
        state: A,
        command: A::Command,
        created: bool,
    ) -> Result<Step<A>, RowError> {
        let decision = state.decide(command, self.context)?;
        let mut after = state;
        for event in &decision.events {
            after.evolve(event, &self.meta());
        }
        let (events, draws) = (decision.events, decision.draws);
        Ok(Step { stream, before, state: after, events, draws, created })
    }

    fn client(&self, record: &ClientRecord) -> Result<Step<Client>, RowError> {
        let mut draft = record.draft.clone();
        if let (Some(parent), Some(organisation)) = (&record.parent, &mut draft.organisation) {
            organisation.parent_id = Some(self.client_of(parent, "parent_key")?);
        }
        let import = |id, draft| {
            let source_key = record.source_key.clone();
            ClientCommand::Import(ImportClient { id, source_key, draft })
        };
        if let Some(stream) = self.source_holder("client", &record.source_key)? {
            let (before, state) = self.load(&self.clients, stream)?;
            let draft = enrich::enriched(&draft, &state.details);
            let command = import(ClientId::from_uuid(stream.id), draft);
            let step = self.step(stream, before, state, command, false)?;
            return self.unclaimed(step, "");
        }
        let id = ClientId::from_uuid(self.ids.next(self.context.now));
        let stream = StreamId::new(StreamKind::Client, id.uuid());
        let kind = draft.apparent_kind().unwrap_or_default();
        let command = import(id, draft.clone().for_kind(kind));
        let fresh = self.step(stream, Loaded::default(), Client::default(), command, true)?;
        match self.others(&fresh)?.as_slice() {
            [] => Ok(fresh),
            [(space, holder)] => {
                let (before, state) = self.load(&self.clients, *holder)?;
                if !enrich::may_be_one(&state, &fresh.state.details) {
                    return Err(fault(
                        field_of(*space),
                        "duplicate",
                        "another card holds this value, but name or birth date differ; correct one of them",
                    ));
                }
                let draft = enrich::enriched(&draft, &state.details);
                let command = import(ClientId::from_uuid(holder.id), draft);
                let step = self.step(*holder, before, state, command, false)?;
                self.unclaimed(step, "")
            }
            _ => Err(fault(
                "row",
                "ambiguous_client",
                "several cards hold the identifiers of this row; join them first",
            )),
        }
    }

    /// Other streams that hold a hard claim of the step's new state, each once.
    fn others<A: Noun>(&self, step: &Step<A>) -> Result<Vec<(ClaimSpace, StreamId)>, RowError> {
        let known = if step.created { Vec::new() } else { step.before.state.claims() };
        let mut others: Vec<(ClaimSpace, StreamId)> = Vec::new();
        for claim in step.state.claims() {
            let searched = claim.strength == ClaimStrength::Hard
                && claim.space != ClaimSpace::SourceKey
                && !known.contains(&claim);
            if !searched {
                continue;
            }
            for holder in self.holders(claim.space, &claim.value)? {
                let seen = others.iter().any(|(_, other)| *other == holder);
                if holder != step.stream && !seen {
                    others.push((claim.space, holder));
                }
            }
        }
        Ok(others)
    }

    /// The step, unless another stream holds one of its values.
    fn unclaimed<A: Noun>(&self, step: Step<A>, prefix: &str) -> Result<Step<A>, RowError> {
        match self.others(&step)?.first() {
            None => Ok(step),
            Some((space, _)) => Err(fault(
                &format!("{prefix}{}", field_of(*space)),
                "duplicate",
                "another record holds this value; correct the source or join the two",
            )),
        }
    }

    fn client_of(&self, reference: &ClientRef, field: &str) -> Result<ClientId, RowError> {
        let holders = match reference {
            ClientRef::Key(key) => self.source_holder("client", key)?.into_iter().collect(),
            ClientRef::Inn(inn) => {
                // An organisation's claim carries its KPP behind a slash.
                let mut holders = self.holders(ClaimSpace::Inn, inn)?;
                if holders.is_empty() {
                    holders = self.holders(ClaimSpace::Inn, &format!("{inn}/"))?;
                }
                holders
            }
        };
        match holders.as_slice() {
            [] => Err(fault(
                field,
                "unknown_client",
                "there is no client with this key or INN; import the clients first",
            )),
            [one] => Ok(ClientId::from_uuid(one.id)),
            _ => Err(fault(field, "ambiguous_client", "several cards hold this INN")),
        }
    }

    fn loan(&self, record: &LoanRecord) -> Result<Steps, RowError> {
        let client = match &record.new_client {
            Some(client) => Some(self.client(client)?),
            None => None,
        };
        let owner = match &client {
            Some(step) => ClientId::from_uuid(step.stream.id),
            None => self.client_of(&record.client, "client_key")?,
        };
        let known = match self.source_holder("loan", &record.source_key)? {
            Some(stream) => Some(stream),
            // Another source may have told of the same agreement.
            None => self
                .holders(ClaimSpace::LoanNumber, &record.terms.number)?
                .into_iter()
                .find(|holder| holder.owner == owner.uuid()),
        };
        let stream = known.unwrap_or_else(|| {
            let id = self.ids.next(self.context.now);
            StreamId::owned(StreamKind::Loan, owner.uuid(), id)
        });
        let (before, state) = self.load(&self.loans, stream)?;
        let command = LoanCommand::Import(ImportLoan {
            id: LoanId::from_uuid(stream.id),
            client: owner,
            source_key: record.source_key.clone(),
            terms: record.terms.clone(),
            account: record.account.clone(),
            figures: record.figures.clone(),
        });
        let step = self.step(stream, before, state, command, known.is_none())?;
        let step = self.unclaimed(step, "")?;
        let of_client = client.as_ref().map_or(RowOutcome::Unchanged, Step::outcome);
        let outcome = match (step.outcome(), of_client) {
            (RowOutcome::Created, _) | (_, RowOutcome::Created) => RowOutcome::Created,
            (RowOutcome::Updated, _) | (_, RowOutcome::Updated) => RowOutcome::Updated,
            _ => RowOutcome::Unchanged,
        };
        Ok(Steps { outcome, client, loan: Some(step) })
    }

    fn loan_of(&self, reference: &LoanRef) -> Result<StreamId, RowError> {
        let holder = match reference {
            LoanRef::Key(key) => self.source_holder("loan", key)?,
            LoanRef::Number(number) => {
                self.holders(ClaimSpace::LoanNumber, number)?.into_iter().next()
            }
        };
        holder.ok_or_else(|| {
            fault(
                "loan_key",
                "unknown_loan",
                "there is no loan with this key or number; import the loans first",
            )
        })
    }

    fn schedule(&self, record: &ScheduleRecord) -> Result<Steps, RowError> {
        let stream = self.loan_of(&record.loan)?;
        let (before, state) = self.load(&self.loans, stream)?;
        let known = |row: &Instalment| state.schedule.iter().any(|known| known.n == row.n);
        let created = !record.instalments.iter().any(known);
        let instalments = record.instalments.clone();
        let command = LoanCommand::ImportInstalments(ImportInstalments { instalments });
        let step = self.step(stream, before, state, command, false)?;
        let outcome = match step.outcome() {
            RowOutcome::Updated if created => RowOutcome::Created,
            other => other,
        };
        Ok(Steps { outcome, client: None, loan: Some(step) })
    }

    fn payment(&self, record: &PaymentRecord) -> Result<Steps, RowError> {
        let stream = self.loan_of(&record.loan)?;
        let (before, state) = self.load(&self.loans, stream)?;
        let command = if state.own.is_some() {
            let id = PartId::from_uuid(self.ids.next(self.context.now));
            booking(record, id, state.currency())?
        } else {
            LoanCommand::ImportPayment(ImportPayment {
                source_key: record.source_key.clone(),
                on: record.on,
                amount: record.amount,
                kind: record.kind,
            })
        };
        let step = self.step(stream, before, state, command, false)?;
        let outcome = match step.outcome() {
            RowOutcome::Updated => RowOutcome::Created,
            other => other,
        };
        Ok(Steps { outcome, client: None, loan: Some(step) })
    }

    fn keep_client(&mut self, step: Step<Client>) {
        self.note_claims(&step);
        keep(&mut self.clients, step, |_, _| false);
    }

    fn keep_loan(&mut self, step: Step<Loan>) {
        self.note_claims(&step);
        keep(&mut self.loans, step, joined_instalments);
    }

    fn note_claims<A: Noun>(&mut self, step: &Step<A>) {
        if step.events.is_empty() {
            return;
        }
        for claim in step.state.claims() {
            add_new(self.claims.entry((claim.space, claim.value)).or_default(), [step.stream]);
        }
    }
}

/// A payment for the book of a loan that is kept here. What else a file may tell of has no key in
/// the book, so a repeat could not be known.
fn booking(
    record: &PaymentRecord,
    id: PartId,
    currency: Currency,
) -> Result<LoanCommand, RowError> {
    if record.kind != PaymentKind::Payment {
        return Err(fault(
            "payment_kind",
            "not_allowed",
            "this loan is kept here: book refunds, penalties and returned goods on its page",
        ));
    }
    if record.amount.currency() != currency {
        let help = "a payment is in the loan's currency";
        return Err(fault("currency", "currency_differs", help));
    }
    Ok(LoanCommand::Ledger(LedgerCommand::Post(PostPayment {
        id,
        source: PaymentSource::Import,
        key: record.source_key.clone(),
        on: record.on,
        amount: record.amount.minor(),
        payer: Payer::Client,
    })))
}

fn change<A: Noun>(item: Pending<A>) -> Option<Box<dyn Change>> {
    let Pending { stream, before, events, draws, .. } = item;
    if events.is_empty() {
        return None;
    }
    Some(Box::new(TypedChange::new(stream, before, events, draws)))
}

/// Adds a step's events to its stream. `join` may merge an event into the one before it.
fn keep<A: Noun>(
    pendings: &mut Pendings<A>,
    step: Step<A>,
    join: impl Fn(&mut A::Event, &A::Event) -> bool,
) {
    let Step { stream, before, state, events, draws, .. } = step;
    if events.is_empty() {
        return;
    }
    let next = pendings.items.len();
    let place = *pendings.places.entry(stream.id).or_insert(next);
    if place == next {
        pendings.items.push(Pending { stream, before, state, events, draws });
        return;
    }
    let item = &mut pendings.items[place];
    item.state = state;
    item.draws.extend(draws);
    for event in events {
        let merged = item.events.last_mut().is_some_and(|last| join(last, &event));
        if !merged {
            item.events.push(event);
        }
    }
}

/// Rows of one schedule follow each other in a file: they become one event.
fn joined_instalments(last: &mut LoanEvent, next: &LoanEvent) -> bool {
    let (LoanEvent::InstalmentsSet(last), LoanEvent::InstalmentsSet(next)) = (last, next) else {
        return false;
    };
    let InstalmentsSet { instalments } = next;
    for row in instalments {
        match last.instalments.iter().position(|known| known.n == row.n) {
            Some(at) => last.instalments[at] = row.clone(),
            None => last.instalments.push(row.clone()),
        }
    }
    true
}

/// The field that a claim speaks of.
pub(super) const fn field_of(space: ClaimSpace) -> &'static str {
    match space {
        ClaimSpace::Inn => "inn",
        ClaimSpace::Ogrn => "organisation.ogrn",
        ClaimSpace::Snils => "snils",
        ClaimSpace::Document => "documents",
        ClaimSpace::Phone => "phones",
        ClaimSpace::Email => "emails",
        ClaimSpace::LoanNumber => "number",
        _ => "row",
    }
}
