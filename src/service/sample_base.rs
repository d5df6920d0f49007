//! Filling a base with the sample lender: for the demo and for measurements.
//!
//! Goes through the same decisions, the same writer and the same journal as an import. Must never
//! touch a base that was not empty.

use super::{ServiceError, Services, sample_books};
use crate::base::ids::{CallId, ClientId, EntryId, LoanId, PartId, UserId};
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::codec::Stored;
use crate::committer::{Change, Committed, Proposal, Refusal, TypedChange};
use crate::domain::access::Principal;
use crate::domain::call::pbx_event::{Cause, Direction, PbxEvent, PbxEventKind};
use crate::domain::call::{
    Call, CallCommand, ChooseClient, Disposition, Finish, MatchCandidates, Observe, OpeningWord,
    SetNotes,
};
use crate::domain::client::{Client, ClientCommand, ImportClient};
use crate::domain::loan::{
    ImportInstalments, ImportLoan, ImportPayment, Loan, LoanCommand, PaymentKind,
};
use crate::domain::{Context, Counter, Meta, Rejection, StreamId, StreamKind};
use crate::samples::{Lender, SampleClient, SampleContact, SampleOrganisation};
use crate::store::{Loaded, Noun};
use chrono::TimeZone;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use tokio::sync::oneshot;

/// Proposals under way at once.
const IN_FLIGHT_MAX: usize = 1_024;

/// Who worked with the clients of the past, and about what.
#[derive(Debug, Clone, Default)]
pub struct SampleStaff {
    /// Operators with their extensions.
    pub operators: Vec<(UserId, String)>,
    /// Topics by sample key, with their titles.
    pub topics: HashMap<&'static str, (EntryId, String)>,
}

/// Decides commands on one new stream, each on what the ones before it left.
pub(super) struct Draft<A: Noun> {
    stream: StreamId,
    /// The state so far.
    pub(super) state: A,
    events: Vec<A::Event>,
    draws: Vec<Counter>,
}

impl<A: Noun> Draft<A> {
    pub(super) fn new(stream: StreamId) -> Self {
        Self { stream, state: A::default(), events: Vec::new(), draws: Vec::new() }
    }

    pub(super) fn decide(
        &mut self,
        command: A::Command,
        context: &Context,
    ) -> Result<(), Rejection> {
        let decision = self.state.decide(command, context)?;
        // The numbers are drawn by the committer; any will do to decide what follows.
        let drawn = vec![1; decision.draws.len()];
        let meta = Meta { seq: 0, at: context.now, actor: context.principal, drawn };
        for event in decision.events {
            self.state.evolve(&event, &meta);
            self.events.push(event);
        }
        self.draws.extend(decision.draws);
        Ok(())
    }

    fn change(self) -> Box<dyn Change> {
        Box::new(TypedChange::<A>::new(self.stream, Loaded::default(), self.events, self.draws))
    }
}

impl Services {
    fn proposal(at: Timestamp, actor: Principal, changes: Vec<Box<dyn Change>>) -> Proposal {
        Proposal {
            at,
            actor,
            cause: None,
            command: None,
            bulk: true,
            essential: false,
            acknowledge_duplicates: true,
            changes,
        }
    }

    fn context_at(&self, now: Timestamp, principal: Principal) -> Context {
        Context { now, zone: self.config.lender.zone, principal }
    }

    /// Writes the clients `range` of a sample lender with their loans and, where `staff` is given,
    /// their past calls. Blocks: call it from a thread of its own. `progress` is told how many
    /// clients are written.
    ///
    /// # Errors
    /// What a rule or the committer refuses first.
    pub fn fill_with_samples(
        &self,
        lender: &Lender,
        range: Range<u64>,
        staff: Option<&SampleStaff>,
        mut progress: impl FnMut(u64),
    ) -> Result<(), ServiceError> {
        let mut pipeline = Pipeline::default();
        let start = range.start;
        for index in range {
            let sample = lender.client(index);
            let (client, changes) = self.sample_client(&sample)?;
            let now = self.clock.now();
            let proposal = Self::proposal(now, Principal::System, changes);
            pipeline.push(self.committer.propose(proposal))?;
            if let Some(staff) = staff {
                for contact in &sample.contacts {
                    let phone = lender.main_phone(index);
                    if let Some(proposal) = self.sample_call(client, &phone, contact, staff)? {
                        pipeline.push(self.committer.propose(proposal))?;
                    }
                }
            }
            if (index - start).is_multiple_of(512) {
                progress(index - start);
            }
        }
        pipeline.drain()
    }

    /// Writes organisations, parents before children.
    ///
    /// # Errors
    /// What a rule or the committer refuses first.
    pub fn fill_with_organisations(
        &self,
        organisations: Vec<SampleOrganisation>,
    ) -> Result<(), ServiceError> {
        let mut pipeline = Pipeline::default();
        let mut known: HashMap<String, ClientId> = HashMap::new();
        for sample in organisations {
            let now = self.clock.now();
            let id = ClientId::from_uuid(self.ids.next(now));
            let mut draft = sample.draft;
            if let (Some(parent), Some(organisation)) =
                (&sample.parent_key, &mut draft.organisation)
            {
                organisation.parent_id = known.get(parent).copied();
            }
            known.insert(sample.source_key.clone(), id);
            let mut client = Draft::<Client>::new(StreamId::new(StreamKind::Client, id.uuid()));
            let command = ImportClient { id, source_key: sample.source_key, draft };
            client
                .decide(ClientCommand::Import(command), &self.context_at(now, Principal::System))?;
            let proposal = Self::proposal(now, Principal::System, vec![client.change()]);
            pipeline.push(self.committer.propose(proposal))?;
        }
        pipeline.drain()
    }

    fn sample_client(
        &self,
        sample: &SampleClient,
    ) -> Result<(ClientId, Vec<Box<dyn Change>>), Rejection> {
        let now = self.clock.now();
        let context = self.context_at(now, Principal::System);
        let id = ClientId::from_uuid(self.ids.next(now));
        let mut client = Draft::<Client>::new(StreamId::new(Client::KIND, id.uuid()));
        let (source_key, draft) = (sample.source_key.clone(), sample.draft.clone());
        client.decide(ClientCommand::Import(ImportClient { id, source_key, draft }), &context)?;
        let mut changes = vec![client.change()];
        for sample in &sample.loans {
            let loan_id = LoanId::from_uuid(self.ids.next(now));
            let stream = StreamId::owned(Loan::KIND, id.uuid(), loan_id.uuid());
            let mut loan = Draft::<Loan>::new(stream);
            if let Some(book) = &sample.own {
                let fresh = || PartId::from_uuid(self.ids.next(now));
                let zone = self.config.lender.zone;
                sample_books::play(&mut loan, loan_id, id, sample, book, zone, &fresh)?;
                changes.push(loan.change());
                continue;
            }
            loan.decide(
                LoanCommand::Import(ImportLoan {
                    id: loan_id,
                    client: id,
                    source_key: sample.source_key.clone(),
                    terms: sample.terms.clone(),
                    account: sample.account.clone(),
                    figures: sample.figures.clone(),
                }),
                &context,
            )?;
            let instalments = sample.schedule.clone();
            loan.decide(
                LoanCommand::ImportInstalments(ImportInstalments { instalments }),
                &context,
            )?;
            for payment in &sample.payments {
                loan.decide(
                    LoanCommand::ImportPayment(ImportPayment {
                        source_key: payment.source_key.clone(),
                        on: payment.on,
                        amount: payment.amount,
                        kind: PaymentKind::Payment,
                    }),
                    &context,
                )?;
            }
            changes.push(loan.change());
        }
        Ok((id, changes))
    }

    /// A call of the past, decided as of its end; none when nobody was there to answer it.
    fn sample_call(
        &self,
        client: ClientId,
        phone: &str,
        contact: &SampleContact,
        staff: &SampleStaff,
    ) -> Result<Option<Proposal>, Rejection> {
        let turn = usize::from(contact.minute) % staff.operators.len().max(1);
        let (Some((user, extension)), Some(topic)) =
            (staff.operators.get(turn), staff.topics.get(contact.topic))
        else {
            return Ok(None);
        };
        let midnight = contact.on.and_hms_opt(0, 0, 0).unwrap_or_default();
        let Some(local) = self.config.lender.zone.from_local_datetime(&midnight).earliest() else {
            return Ok(None);
        };
        let midnight = Timestamp::from_utc(local.with_timezone(&chrono::Utc));
        let begun = midnight.plus_seconds(i64::from(contact.minute) * 60);
        let ended = begun.plus_seconds(8 + i64::from(contact.talk_seconds));
        let written = ended.plus_seconds(25);
        if written >= self.clock.now() {
            return Ok(None);
        }
        let id = CallId::from_uuid(self.ids.next(begun));
        let context = self.context_at(written, Principal::User(*user));
        let mut call = Draft::<Call>::new(StreamId::new(Call::KIND, id.uuid()));
        let events = sample_events(id, phone, extension, contact, begun, ended);
        let users = [(extension.clone(), *user)].into();
        let opened = Context { now: begun, ..context.clone() };
        call.decide(
            CallCommand::Observe(Observe {
                source: "sample".into(),
                events,
                users,
                matches: Vec::new(),
            }),
            &opened,
        )?;
        let number = Personal::new(phone.to_owned());
        let matched = MatchCandidates { number, clients: vec![client], named: Vec::new() };
        call.decide(CallCommand::MatchCandidates(matched), &context)?;
        call.decide(CallCommand::ChooseClient(ChooseClient { client: Some(client) }), &context)?;
        let answered = contact.talk_seconds > 0;
        let notes = SetNotes {
            topics: vec![topic.clone()],
            comment: Personal::new(contact.comment.to_owned()),
            opening_words: if answered { OpeningWord::ALL.to_vec() } else { Vec::new() },
            disposition: Some(if answered {
                Disposition::InfoGiven
            } else {
                Disposition::NoAnswer
            }),
            promise: None,
        };
        // Who was rung in vain has nothing to write; who called out writes that nobody answered.
        if answered || !contact.inbound {
            let finish = Finish { notes, ..Finish::default() };
            call.decide(CallCommand::Finish(finish), &context)?;
        }
        Ok(Some(Self::proposal(begun, Principal::User(*user), vec![call.change()])))
    }
}

/// What an exchange would have told: the operator's leg, the client's on a call out, and the end of
/// the whole conversation.
fn sample_events(
    id: CallId,
    phone: &str,
    extension: &str,
    contact: &SampleContact,
    begun: Timestamp,
    ended: Timestamp,
) -> Vec<PbxEvent> {
    let name = id.to_string();
    let agent = Some(extension.to_owned());
    let event = |n: u8, kind, leg: &str, agent: Option<String>, at| {
        let (client, line) =
            (Personal::new(phone.to_owned()), Personal::new("+74951230001".into()));
        let (from, to) = if contact.inbound { (client, line) } else { (line, client) };
        let direction = if contact.inbound { Direction::Inbound } else { Direction::Outbound };
        PbxEvent {
            leg_id: leg.into(),
            agent,
            from,
            to,
            direction: Some(direction),
            ..PbxEvent::new(&format!("{name}-{n}"), &name, kind, at)
        }
    };
    let picked_up = begun.plus_seconds(8);
    let mut events = vec![event(1, PbxEventKind::Ringing, "1", agent.clone(), begun)];
    if !contact.inbound {
        events.push(event(2, PbxEventKind::Answered, "1", agent.clone(), begun.plus_seconds(2)));
        events.push(event(3, PbxEventKind::Ringing, "2", None, begun.plus_seconds(2)));
    }
    if contact.talk_seconds > 0 {
        let (leg, agent) = if contact.inbound { ("1", agent) } else { ("2", None) };
        events.push(event(4, PbxEventKind::Answered, leg, agent, picked_up));
    }
    let cause = if contact.talk_seconds > 0 { Cause::Normal } else { Cause::NoAnswer };
    let end = event(5, PbxEventKind::Ended, "", None, ended);
    events.push(PbxEvent { cause: Some(cause), ..end });
    events
}

/// Proposals under way, answered in order.
#[derive(Default)]
struct Pipeline(VecDeque<oneshot::Receiver<Result<Committed, Refusal>>>);

impl Pipeline {
    fn push(
        &mut self,
        answer: oneshot::Receiver<Result<Committed, Refusal>>,
    ) -> Result<(), ServiceError> {
        self.0.push_back(answer);
        if self.0.len() < IN_FLIGHT_MAX {
            return Ok(());
        }
        self.take()
    }

    fn take(&mut self) -> Result<(), ServiceError> {
        let Some(answer) = self.0.pop_front() else {
            return Ok(());
        };
        answer.blocking_recv().unwrap_or(Err(Refusal::Unavailable))?;
        Ok(())
    }

    fn drain(&mut self) -> Result<(), ServiceError> {
        while !self.0.is_empty() {
            self.take()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Aggregate;
    use crate::domain::call::progress::{CallResult, Stage};
    use std::collections::BTreeMap;
    use uuid::Uuid;

    #[test]
    fn every_call_of_the_past_has_its_end() {
        let begun = Timestamp::from_micros(1_795_000_000_000_000);
        let rows = [
            (true, 60, CallResult::Answered, Stage::WrapUp),
            (true, 0, CallResult::NoAnswer, Stage::Finished),
            (false, 60, CallResult::Answered, Stage::WrapUp),
            (false, 0, CallResult::NoAnswer, Stage::WrapUp),
        ];
        for (inbound, talk_seconds, result, stage) in rows {
            let contact = SampleContact {
                on: chrono::NaiveDate::default(),
                minute: 600,
                inbound,
                talk_seconds,
                topic: "schedule",
                comment: "",
            };
            let id = CallId::from_uuid(Uuid::from_u128(1));
            let ended = begun.plus_seconds(8 + i64::from(talk_seconds));
            let events = sample_events(id, "+79161234567", "101", &contact, begun, ended);
            let (principal, zone) = (Principal::System, chrono_tz::Europe::Moscow);
            let context = Context { now: begun, zone, principal };
            let observe = Observe {
                source: "sample".into(),
                events,
                users: BTreeMap::new(),
                matches: vec![],
            };
            let mut call = Call::default();
            let decision = call.decide(CallCommand::Observe(observe), &context).unwrap();
            let meta = Meta { seq: 1, at: begun, actor: principal, drawn: vec![1] };
            decision.events.iter().for_each(|event| call.evolve(event, &meta));
            let progress = call.progress(None);
            let what = format!("inbound {inbound}, {talk_seconds} s");
            assert_eq!((progress.result, progress.stage), (Some(result), stage), "{what}");
            assert_eq!(
                (progress.ended_at, progress.end_is_estimated),
                (Some(ended), false),
                "{what}"
            );
            assert_eq!(progress.talk_seconds(), i64::from(talk_seconds), "{what}");
            assert_eq!(progress.client_number.reveal(), "+79161234567", "{what}");
        }
    }
}
