//! Finding, spawning and putting actors to sleep; bounds on what one lane may have waiting.

use super::actor::{LaneActor, Seen, Work};
use super::{AskError, Done, Lane, Order};
use crate::base::time::{Clock, Zone};
use crate::committer::{Committer, Refusal};
use crate::store::Store;
use actix::prelude::*;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use uuid::Uuid;

const SHARDS: usize = 64;
/// Requests that one lane may have waiting; more is `Busy`. actix does not bound a mailbox whose
/// address is cloned, so the bound is here.
const WAITING_PER_LANE_MAX: usize = 64;

/// What actors need of the box.
#[derive(Clone)]
pub struct Host {
    /// The view.
    pub store: Arc<Store>,
    /// The one writer.
    pub committer: Committer,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The lender's zone.
    pub zone: Zone,
}

/// The arbiter threads that actors run on. Made inside an actix system.
#[derive(Clone)]
pub struct Runtime {
    arbiters: Arc<Vec<ArbiterHandle>>,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Runtime({} arbiters)", self.arbiters.len())
    }
}

impl Runtime {
    /// Starts `threads` arbiters.
    #[must_use]
    pub fn start(threads: usize) -> Self {
        let arbiters = (0..threads.max(1)).map(|_| Arbiter::new().handle()).collect();
        Self { arbiters: Arc::new(arbiters) }
    }

    /// Runs `main` on a multi-threaded runtime with an actix system around it.
    pub fn block_on<F: Future>(threads: usize, main: F) -> F::Output {
        let runtime = move || {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(threads)
                .enable_all()
                .build()
                .expect("the operating system gives threads")
        };
        System::with_tokio_rt(runtime).block_on(main)
    }

    fn arbiter(&self, owner: Uuid) -> &ArbiterHandle {
        &self.arbiters[shard_of(owner) % self.arbiters.len()]
    }
}

fn shard_of(owner: Uuid) -> usize {
    // The last bytes of an identifier are random.
    usize::from(owner.as_bytes()[15]) % SHARDS
}

struct Entry<L: Lane> {
    address: Addr<LaneActor<L>>,
    permits: Arc<Semaphore>,
    seen: Arc<Seen<L>>,
    last_used: u64,
}

pub(super) struct Shared<L: Lane> {
    pub(super) host: Host,
    runtime: Runtime,
    shards: Vec<Mutex<HashMap<Uuid, Entry<L>>>>,
    live: AtomicUsize,
    ticks: AtomicU64,
    live_max: usize,
}

/// All actors of one kind of lane. Cheap to clone.
pub struct Lanes<L: Lane> {
    shared: Arc<Shared<L>>,
}

impl<L: Lane> Clone for Lanes<L> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<L: Lane> std::fmt::Debug for Lanes<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lanes({} live)", self.live())
    }
}

impl<L: Lane> Lanes<L> {
    /// An empty registry that keeps at most about `live_max` actors awake.
    #[must_use]
    pub fn new(host: Host, runtime: Runtime, live_max: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(HashMap::new())).collect();
        let (live, ticks) = (AtomicUsize::new(0), AtomicU64::new(0));
        Self { shared: Arc::new(Shared { host, runtime, shards, live, ticks, live_max }) }
    }

    /// Actors awake.
    #[must_use]
    pub fn live(&self) -> usize {
        self.shared.live.load(Ordering::Relaxed)
    }

    fn shard(&self, owner: Uuid) -> MutexGuard<'_, HashMap<Uuid, Entry<L>>> {
        self.shared.shards[shard_of(owner)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The actor of `owner` with leave to send it one request.
    fn find(&self, owner: Uuid) -> Result<(Addr<LaneActor<L>>, OwnedSemaphorePermit), AskError> {
        let tick = self.shared.ticks.fetch_add(1, Ordering::Relaxed);
        let mut shard = self.shard(owner);
        let entry = shard.entry(owner).or_insert_with(|| self.spawn(owner));
        if !entry.address.connected() {
            // A fault has ended the actor; what it had waiting was refused. The lane goes on.
            tracing::error!(lane = %owner, "a lane failed and begins anew");
            self.shared.live.fetch_sub(1, Ordering::Relaxed);
            *entry = self.spawn(owner);
        }
        entry.last_used = tick;
        let permit = Arc::clone(&entry.permits)
            .try_acquire_owned()
            .map_err(|_| AskError::Refused(Refusal::Busy))?;
        let address = entry.address.clone();
        let too_many = self.live() > self.shared.live_max;
        if too_many {
            put_one_to_sleep(&mut shard, owner, &self.shared.live);
        }
        Ok((address, permit))
    }

    fn spawn(&self, owner: Uuid) -> Entry<L> {
        self.shared.live.fetch_add(1, Ordering::Relaxed);
        let (shared, seen) = (Arc::clone(&self.shared), Arc::default());
        let for_actor = Arc::clone(&seen);
        let start = move |context: &mut Context<LaneActor<L>>| {
            context.set_mailbox_capacity(WAITING_PER_LANE_MAX);
            LaneActor::new(owner, for_actor, shared)
        };
        let address = LaneActor::start_in_arbiter(self.shared.runtime.arbiter(owner), start);
        let permits = Arc::new(Semaphore::new(WAITING_PER_LANE_MAX));
        Entry { address, permits, seen, last_used: 0 }
    }

    /// Carries out a command on the lane of `owner`.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn ask(&self, owner: Uuid, order: Order<L>) -> Result<Done<L>, AskError> {
        let (address, permit) = self.find(owner)?;
        let (reply, answer) = oneshot::channel();
        address.try_send(Work::Order(order, reply, permit)).map_err(unsent)?;
        answer.await.unwrap_or(Err(AskError::Refused(Refusal::Unavailable)))
    }

    /// What somebody has seen of `owner`'s lane and what it still is. A lane that has failed may have
    /// left a commit behind that nobody has told it of.
    pub(super) fn seen(&self, owner: Uuid) -> Option<Arc<L>> {
        let tick = self.shared.ticks.fetch_add(1, Ordering::Relaxed);
        let mut shard = self.shard(owner);
        let entry = shard.get_mut(&owner).filter(|entry| entry.address.connected())?;
        entry.last_used = tick;
        entry.seen.get()
    }

    /// Looks at the state of `owner`'s lane: here when it was looked at since it changed last,
    /// otherwise on the lane's thread.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn look<T: Send + 'static>(
        &self,
        owner: Uuid,
        look: impl FnOnce(&L) -> T + Send + 'static,
    ) -> Result<T, AskError> {
        // A fault in a look is the looker's own: the lane and what it has in flight go on.
        let look = move |state: &L| {
            catch_unwind(AssertUnwindSafe(|| look(state))).map_err(|_| {
                tracing::error!(lane = %owner, "a look at a lane failed");
                AskError::Refused(Refusal::Unavailable)
            })
        };
        match self.seen(owner) {
            Some(state) => look(&state),
            None => self.look_there(owner, look).await,
        }
    }

    /// Looks on the lane's thread.
    pub(super) async fn look_there<T: Send + 'static>(
        &self,
        owner: Uuid,
        look: impl FnOnce(&L) -> Result<T, AskError> + Send + 'static,
    ) -> Result<T, AskError> {
        let (address, _permit) = self.find(owner)?;
        let (reply, answer) = oneshot::channel();
        let work = Work::Look(Box::new(move |state: Result<&L, AskError>| {
            // Whoever hung up does not want the answer.
            let _ = reply.send(state.and_then(look));
        }));
        address.try_send(work).map_err(unsent)?;
        answer.await.unwrap_or(Err(AskError::Refused(Refusal::Unavailable)))
    }

    /// Takes all the room for requests of a lane, until what is given is dropped.
    #[cfg(test)]
    pub fn occupy(&self, owner: Uuid) -> OwnedSemaphorePermit {
        let mut shard = self.shard(owner);
        let entry = shard.entry(owner).or_insert_with(|| self.spawn(owner));
        let all = u32::try_from(WAITING_PER_LANE_MAX).unwrap();
        Arc::clone(&entry.permits).try_acquire_many_owned(all).unwrap()
    }

    /// Whether a lane has a request that is not settled.
    #[cfg(test)]
    pub fn is_at_work(&self, owner: Uuid) -> bool {
        self.shard(owner)[&owner].permits.available_permits() < WAITING_PER_LANE_MAX
    }

    /// Ends the actor of a lane by a fault, after it has looked at its state.
    #[cfg(test)]
    pub fn break_down(&self, owner: Uuid) {
        let (address, _permit) = self.find(owner).unwrap();
        let work = Work::Look(Box::new(|_| panic!("a fault of the program")));
        address.try_send(work).map_err(unsent).unwrap();
    }

    /// Tells a live lane that somebody else wrote its streams.
    pub fn forget(&self, owner: Uuid) {
        if let Some(entry) = self.shard(owner).get(&owner) {
            entry.seen.forget();
        }
    }
}

fn unsent<T>(error: SendError<T>) -> AskError {
    AskError::Refused(match error {
        SendError::Full(_) => Refusal::Busy,
        // It failed just now; the next request finds a new one.
        SendError::Closed(_) => Refusal::Unavailable,
    })
}

/// Puts the longest idle actor of a shard to sleep. It has nothing to do: requests take their permit
/// under the shard's lock, and a command gives it back when it is settled.
fn put_one_to_sleep<L: Lane>(shard: &mut HashMap<Uuid, Entry<L>>, but: Uuid, live: &AtomicUsize) {
    let idle = shard
        .iter()
        .filter(|(owner, entry)| {
            **owner != but && entry.permits.available_permits() == WAITING_PER_LANE_MAX
        })
        .min_by_key(|(_, entry)| entry.last_used)
        .map(|(owner, _)| *owner);
    if let Some(entry) = idle.and_then(|owner| shard.remove(&owner)) {
        live.fetch_sub(1, Ordering::Relaxed);
        let _ = entry.address.try_send(Work::Stop);
    }
}
