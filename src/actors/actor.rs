//! The actor of one lane.

use super::registry::Shared;
use super::{AskError, Decided, Done, Lane, Order};
use crate::committer::{Committed, Proposal, Receipt, Refusal};
use crate::domain::Context;
use actix::prelude::*;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use uuid::Uuid;

/// Decisions on one command before a conflict is told to the caller (design 4).
const ATTEMPTS_MAX: u8 = 3;

/// Looks at the state, or at why it cannot be had.
pub(super) type Look<L> = Box<dyn FnOnce(Result<&L, AskError>) + Send>;

/// Work for an actor.
pub(super) enum Work<L: Lane> {
    /// A command, with the leave to send it: a lane with work is not put to sleep, whether or not
    /// somebody still waits for the answer.
    Order(Order<L>, oneshot::Sender<Result<Done<L>, AskError>>, OwnedSemaphorePermit),
    /// A look at the state.
    Look(Look<L>),
    /// Sleep; sent only when nothing else can be under way.
    Stop,
}

impl<L: Lane> Message for Work<L> {
    type Result = ();
}

/// The state that somebody has looked at, for whoever looks again before it changes: they need not
/// wake the lane's thread. Emptied before whoever asked for a change is answered.
pub(super) struct Seen<L>(Mutex<Kept<L>>);

struct Kept<L> {
    state: Option<Arc<L>>,
    /// How often somebody else has said that he wrote the lane.
    forgotten: u64,
}

impl<L> Default for Seen<L> {
    fn default() -> Self {
        Self(Mutex::new(Kept { state: None, forgotten: 0 }))
    }
}

impl<L: Clone> Seen<L> {
    fn lock(&self) -> MutexGuard<'_, Kept<L>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(super) fn get(&self) -> Option<Arc<L>> {
        self.lock().state.clone()
    }
    /// Somebody else has written the lane: nothing is kept until it is loaded anew.
    pub(super) fn forget(&self) {
        let mut kept = self.lock();
        kept.forgotten += 1;
        kept.state = None;
    }
    pub(super) fn forgotten(&self) -> u64 {
        self.lock().forgotten
    }
    /// Keeps a state that was loaded after `forgotten` such words, unless there was another since.
    pub(super) fn keep(&self, state: &L, forgotten: u64) {
        let mut kept = self.lock();
        if kept.forgotten == forgotten {
            kept.state.get_or_insert_with(|| Arc::new(state.clone()));
        }
    }
    fn changed(&self) {
        self.lock().state = None;
    }
}

struct Job<L: Lane> {
    order: Order<L>,
    reply: oneshot::Sender<Result<Done<L>, AskError>>,
    permit: OwnedSemaphorePermit,
    attempts: u8,
}

impl<L: Lane> Job<L> {
    /// Gives the leave back and answers, in this order: whoever has the answer may send the next.
    fn answer(self, answer: Result<Done<L>, AskError>) {
        drop(self.permit);
        // Whoever hung up does not want it.
        let _ = self.reply.send(answer);
    }
}

/// The actor of one lane.
pub(super) struct LaneActor<L: Lane> {
    owner: Uuid,
    state: Option<L>,
    seen: Arc<Seen<L>>,
    /// What `seen` had been told when the state was loaded.
    forgotten: u64,
    waiting: VecDeque<Job<L>>,
    committing: bool,
    shared: Arc<Shared<L>>,
}

impl<L: Lane> LaneActor<L> {
    pub(super) const fn new(owner: Uuid, seen: Arc<Seen<L>>, shared: Arc<Shared<L>>) -> Self {
        Self {
            owner,
            state: None,
            seen,
            forgotten: 0,
            waiting: VecDeque::new(),
            committing: false,
            shared,
        }
    }

    /// Somebody else has written the lane since the state was loaded.
    fn is_outdated(&self) -> bool {
        self.forgotten != self.seen.forgotten()
    }

    fn state(&mut self) -> Result<&mut L, AskError> {
        if self.state.is_none() || (!self.committing && self.is_outdated()) {
            self.forgotten = self.seen.forgotten();
            self.state = Some(L::load(&self.shared.host.store, self.owner)?);
        }
        self.state.as_mut().ok_or(AskError::Refused(Refusal::Unavailable))
    }

    fn show(&mut self, look: Look<L>) {
        if self.committing && self.is_outdated() {
            // What is in flight goes on from the old state; whoever looks is shown what is there.
            return match L::load(&self.shared.host.store, self.owner) {
                Ok(state) => look(Ok(&state)),
                Err(error) => look(Err(error.into())),
            };
        }
        match self.state() {
            Ok(_) => {}
            Err(error) => return look(Err(error)),
        }
        if let Some(state) = &self.state {
            self.seen.keep(state, self.forgotten);
            look(Ok(state));
        }
    }

    fn forget(&mut self) {
        self.seen.changed();
        self.state = None;
    }

    /// Decides what waits until a command must be committed or nothing is left.
    fn pump(&mut self, context: &mut actix::Context<Self>) {
        while !self.committing {
            let Some(mut job) = self.waiting.pop_front() else {
                return;
            };
            job.attempts += 1;
            match self.decide(&job.order) {
                Err(error) => {
                    let answer = self.first_answer(&job.order).unwrap_or(Err(error));
                    job.answer(answer);
                }
                Ok((state, decided, _)) if decided.changes.is_empty() => {
                    let done = Done { receipt: None, before: state.clone(), after: state };
                    let answer = self.first_answer(&job.order).unwrap_or(Ok(done));
                    job.answer(answer);
                }
                Ok((before, decided, decision_context)) => {
                    self.committing = true;
                    self.commit(job, before, decided, &decision_context, context);
                }
            }
        }
    }

    fn decide(&mut self, order: &Order<L>) -> Result<(L, Decided, Context), AskError> {
        let host = &self.shared.host;
        let decision_context =
            Context { now: host.clock.now(), zone: host.zone, principal: order.principal };
        let state = self.state()?.clone();
        // A fault in a rule must not take the box down; anywhere else a panic ends the process.
        let decided = catch_unwind(AssertUnwindSafe(|| (order.decide)(&state, &decision_context)));
        match decided {
            Ok(decided) => Ok((state, decided?, decision_context)),
            Err(_) => {
                tracing::error!(lane = %self.owner, "a rule failed while deciding");
                self.forget();
                Err(AskError::Refused(Refusal::Unavailable))
            }
        }
    }

    /// The first receipt of a command that was carried out before and that the rules would refuse
    /// the second time, for instance because it closed what it is about. The committer finds the
    /// others.
    fn first_answer(&mut self, order: &Order<L>) -> Option<Result<Done<L>, AskError>> {
        let key = order.command.as_ref()?;
        let row = match self.shared.host.store.command(key) {
            Ok(row) => row?,
            Err(error) => return Some(Err(error.into())),
        };
        if row.body != key.body {
            return Some(Err(Refusal::KeyReused.into()));
        }
        let receipt = Receipt { seq: row.seq, streams: row.streams, repeated: true };
        let done = |state: &mut L| Done {
            receipt: Some(receipt),
            before: state.clone(),
            after: state.clone(),
        };
        Some(self.state().map(done))
    }

    fn commit(
        &self,
        job: Job<L>,
        before: L,
        decided: Decided,
        decision_context: &Context,
        context: &mut actix::Context<Self>,
    ) {
        let proposal = Proposal {
            at: decision_context.now,
            actor: job.order.principal,
            cause: job.order.cause,
            command: job.order.command,
            bulk: false,
            essential: job.order.essential,
            acknowledge_duplicates: decided.acknowledge_duplicates,
            changes: decided.changes,
        };
        let committer = self.shared.host.committer.clone();
        let answer = async move { committer.commit(proposal).await };
        let then = answer.into_actor(self).map(move |answer, actor, context| {
            actor.committing = false;
            if actor.is_outdated() {
                // The lane has several streams: the commit may win and still not know all.
                actor.forget();
            }
            actor.settle(job, before, answer);
            actor.pump(context);
        });
        context.spawn(then);
    }

    fn settle(&mut self, job: Job<L>, before: L, answer: Result<Committed, Refusal>) {
        match answer {
            Ok(committed) => {
                if committed.receipt.repeated {
                    // The first time may have been another actor's; see what it left.
                    self.forget();
                } else if let Some(state) = &mut self.state {
                    self.seen.changed();
                    committed.changes.iter().for_each(|change| state.absorb(&**change));
                }
                let after = self.state().map_or_else(|_| before.clone(), |state| state.clone());
                let done = Done { receipt: Some(committed.receipt), before, after };
                job.answer(Ok(done));
            }
            Err(Refusal::Conflict(_)) if job.attempts < ATTEMPTS_MAX => {
                self.forget();
                self.waiting.push_front(job);
            }
            Err(refusal) => {
                if matches!(refusal, Refusal::Conflict(_)) {
                    self.forget();
                }
                job.answer(Err(AskError::Refused(refusal)));
            }
        }
    }
}

impl<L: Lane> Actor for LaneActor<L> {
    type Context = actix::Context<Self>;
}

impl<L: Lane> Handler<Work<L>> for LaneActor<L> {
    type Result = ();

    fn handle(&mut self, work: Work<L>, context: &mut actix::Context<Self>) {
        match work {
            Work::Order(order, reply, permit) => {
                self.waiting.push_back(Job { order, reply, permit, attempts: 0 });
                self.pump(context);
            }
            Work::Look(look) => self.show(look),
            Work::Stop => context.stop(),
        }
    }
}
