//! The committer's thread: groups, priorities, idle markers, flushing, recycling, disk reserve.

use super::change::{Committed, Proposal, Refusal};
use super::engine::Engine;
use super::upkeep::{Step, Upkeep};
use crate::base::line::{Line, LineEnd, NotTaken, line};
use crate::store::{Position, Store, keys, seal};
use crate::telemetry::process::{Niceness, let_others_go_first};
use crossbeam_channel::{TryRecvError, never, select};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Interactive proposals of one group.
const GROUP_MAX: usize = 512;
/// Bulk frames of one group while people work (design 4).
const BULK_PER_GROUP_MAX: usize = 64;
/// Bulk frames of one group while nobody does: they share a sync and the leaves of the view.
const BULK_ALONE_PER_GROUP_MAX: usize = 512;
/// Nobody works when nothing was asked for so long.
const ALONE_AFTER: Duration = Duration::from_secs(1);
/// Proposals that may wait.
const WAITING_MAX: usize = 4_096;
/// Orders that may wait.
const ORDERS_MAX: usize = 16;
/// Idle time after which everything written is attested by a marker.
const IDLE: Duration = Duration::from_millis(100);
/// How often disk and memory are looked at.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// Pauses between two attempts to rebuild a view, when the first one failed.
const REBUILD_PAUSE_MIN: Duration = Duration::from_secs(1);
const REBUILD_PAUSE_MAX: Duration = Duration::from_secs(600);

/// Old commands forgotten at a time, so that nobody waits for it.
const COMMANDS_FORGOTTEN_MAX: usize = 2_000;

/// A question to the machine: bytes, or nothing when it cannot be answered.
pub type Gauge = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

/// Settings of the committer.
#[derive(Clone)]
pub struct CommitterSettings {
    /// The view is flushed this often.
    pub flush_every: Duration,
    /// Bytes that must stay free on the disk.
    pub disk_reserve_bytes: u64,
    /// Bytes of memory beyond which the view is recycled.
    pub memory_budget_bytes: u64,
    /// Free bytes on the disk.
    pub disk_free: Gauge,
    /// Bytes of memory in use.
    pub memory_used: Gauge,
    /// Hours since the epoch.
    pub hour: Gauge,
    /// Told when the disk reserve is reached or free again.
    pub on_storage_low: Arc<dyn Fn(bool) + Send + Sync>,
    /// Told the size of each group and how long it took.
    pub on_group: Arc<dyn Fn(usize, Duration) + Send + Sync>,
}

struct Waiting {
    proposal: Proposal,
    reply: oneshot::Sender<Result<Committed, Refusal>>,
}

enum Order {
    Position(oneshot::Sender<Position>),
    Flush(oneshot::Sender<bool>),
    Rebuild(oneshot::Sender<bool>),
    Stop,
}

/// The handle to the one writer. Cheap to clone.
#[derive(Clone)]
pub struct Committer {
    interactive: Line<Waiting>,
    bulk: Line<Waiting>,
    orders: Line<Order>,
    storage_low: Arc<AtomicBool>,
    groups: Arc<AtomicU64>,
}

impl std::fmt::Debug for Committer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Committer({} waiting)", self.interactive.waiting() + self.bulk.waiting())
    }
}

impl Committer {
    /// Starts the thread. `on_fatal` is called when the journal fails; in the box it ends the
    /// process, because after a failed sync nothing is known.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(
        engine: Engine,
        settings: CommitterSettings,
        on_fatal: impl Fn(&super::Fatal) + Send + 'static,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (interactive, interactive_in) = line(WAITING_MAX);
        let (bulk, bulk_in) = line(WAITING_MAX);
        let (orders, orders_in) = line(ORDERS_MAX);
        let storage_low = Arc::new(AtomicBool::new(false));
        let groups = Arc::new(AtomicU64::new(0));
        let marked_seq = engine.position().seq;
        let upkeep = Upkeep::new(settings.flush_every, Instant::now(), marked_seq);
        let worker = Worker {
            engine,
            settings,
            interactive: interactive_in,
            bulk: bulk_in,
            orders: orders_in,
            storage_low: Arc::clone(&storage_low),
            groups: Arc::clone(&groups),
            flusher: None,
            upkeep,
            last_housekeeping: None,
            marked_seq,
            stopped: false,
            last_interactive: None,
            rebuild_after: Instant::now(),
            rebuild_pause: Duration::ZERO,
        };
        let thread = std::thread::Builder::new().name("committer".into()).spawn(move || {
            let mut worker = worker;
            match catch_unwind(AssertUnwindSafe(|| worker.run())) {
                Ok(Ok(())) => worker.close(),
                Ok(Err(fatal)) => {
                    on_fatal(&fatal);
                    worker.close();
                }
                Err(_) => {
                    tracing::error!("the writer failed; stopping, a restart reads what is there");
                    // A box without its writer must not go on half alive.
                    std::process::abort();
                }
            }
        })?;
        Ok((Self { interactive, bulk, orders, storage_low, groups }, thread))
    }

    /// Proposes a command; the answer comes when it is durable and visible.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn commit(&self, proposal: Proposal) -> Result<Committed, Refusal> {
        let lane = if proposal.bulk { &self.bulk } else { &self.interactive };
        let (reply, answer) = oneshot::channel();
        lane.offer(Waiting { proposal, reply }).map_err(|error| match error {
            NotTaken::Full => Refusal::Busy,
            NotTaken::Closed => Refusal::Unavailable,
        })?;
        answer.await.unwrap_or(Err(Refusal::Unavailable))
    }

    /// Proposes a command from a thread of its own (imports), waiting for a place.
    pub fn propose(&self, proposal: Proposal) -> oneshot::Receiver<Result<Committed, Refusal>> {
        let lane = if proposal.bulk { &self.bulk } else { &self.interactive };
        let (reply, answer) = oneshot::channel();
        // A closed line drops the reply, which the caller sees as unavailable.
        let _ = lane.put(Waiting { proposal, reply });
        answer
    }

    /// Seq and digest at one moment, between two groups.
    pub async fn position(&self) -> Option<Position> {
        let (reply, answer) = oneshot::channel();
        self.orders.put(Order::Position(reply)).ok()?;
        answer.await.ok()
    }

    /// Flushes the view.
    pub async fn flush(&self) -> bool {
        let (reply, answer) = oneshot::channel();
        self.orders.put(Order::Flush(reply)).is_ok() && answer.await.unwrap_or(false)
    }

    /// Rebuilds the view from the journal.
    pub async fn rebuild(&self) -> bool {
        let (reply, answer) = oneshot::channel();
        self.orders.put(Order::Rebuild(reply)).is_ok() && answer.await.unwrap_or(false)
    }

    /// Whether the disk reserve is reached.
    #[must_use]
    pub fn is_storage_low(&self) -> bool {
        self.storage_low.load(Ordering::Acquire)
    }

    /// Groups committed since the start.
    #[must_use]
    pub fn groups(&self) -> u64 {
        self.groups.load(Ordering::Relaxed)
    }

    /// Commits what waits, attests and flushes, and ends the thread.
    pub fn stop(&self) {
        let _ = self.orders.put(Order::Stop);
    }
}

struct Worker {
    engine: Engine,
    settings: CommitterSettings,
    interactive: LineEnd<Waiting>,
    bulk: LineEnd<Waiting>,
    orders: LineEnd<Order>,
    storage_low: Arc<AtomicBool>,
    groups: Arc<AtomicU64>,
    flusher: Option<JoinHandle<()>>,
    upkeep: Upkeep,
    last_housekeeping: Option<Instant>,
    marked_seq: u64,
    /// Told to stop while it waited.
    stopped: bool,
    last_interactive: Option<Instant>,
    /// A failed view is not rebuilt before.
    rebuild_after: Instant,
    rebuild_pause: Duration,
}

impl Worker {
    fn run(&mut self) -> Result<(), super::Fatal> {
        loop {
            let group = self.gather(self.holds_bulk());
            if group.is_empty() {
                if self.obey()? {
                    return self.finish();
                }
                self.wait()?;
            } else {
                self.commit(group)?;
                if self.obey()? {
                    return self.finish();
                }
            }
            self.keep_house();
        }
    }

    fn holds_bulk(&self) -> bool {
        self.upkeep.holds_bulk(self.engine.position().seq)
    }

    /// What waits now: interactive first, bulk after it unless it is held.
    fn gather(&self, holds_bulk: bool) -> Vec<Waiting> {
        let mut group: Vec<Waiting> =
            self.interactive.receiver().try_iter().take(GROUP_MAX).collect();
        if holds_bulk {
            return group;
        }
        let alone = self.last_interactive.is_none_or(|last| last.elapsed() >= ALONE_AFTER);
        let bulk_max = if alone { BULK_ALONE_PER_GROUP_MAX } else { BULK_PER_GROUP_MAX };
        group.extend(self.bulk.receiver().try_iter().take(bulk_max));
        group
    }

    fn commit(&mut self, group: Vec<Waiting>) -> Result<(), super::Fatal> {
        self.rebuild_failed_view();
        let begun = Instant::now();
        if group.iter().any(|waiting| !waiting.proposal.bulk) {
            self.last_interactive = Some(begun);
        }
        let (proposals, replies): (Vec<_>, Vec<_>) =
            group.into_iter().map(|waiting| (waiting.proposal, waiting.reply)).unzip();
        let answers = self.engine.commit(proposals)?;
        (self.settings.on_group)(answers.len(), begun.elapsed());
        self.groups.fetch_add(1, Ordering::Relaxed);
        for (answer, reply) in answers.into_iter().zip(replies) {
            // Whoever hung up does not want the answer; the command stays done.
            let _ = reply.send(answer);
        }
        Ok(())
    }

    /// Waits for work; after an idle while attests what was written.
    fn wait(&mut self) -> Result<(), super::Fatal> {
        let holds_bulk = self.holds_bulk();
        let (interactive, orders) = (self.interactive.receiver(), self.orders.receiver());
        let nothing = never();
        let bulk = if holds_bulk { &nothing } else { self.bulk.receiver() };
        let woken = select! {
            recv(interactive) -> waiting => waiting.ok().map(|one| vec![one]),
            recv(bulk) -> waiting => waiting.ok().map(|one| vec![one]),
            recv(orders) -> order => {
                if let Ok(order) = order {
                    return self.order(order).map(drop);
                }
                None
            }
            default(IDLE) => None,
        };
        match woken {
            Some(mut group) => {
                group.extend(self.gather(holds_bulk));
                self.commit(group)
            }
            None if self.marked_seq < self.engine.position().seq => {
                self.engine.log().mark_durable()?;
                self.marked_seq = self.engine.position().seq;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Carries out orders; true when the thread is to end.
    fn obey(&mut self) -> Result<bool, super::Fatal> {
        match self.orders.receiver().try_recv() {
            Ok(order) => self.order(order),
            Err(TryRecvError::Empty) => Ok(self.stopped),
            Err(TryRecvError::Disconnected) => Ok(true),
        }
    }

    fn order(&mut self, order: Order) -> Result<bool, super::Fatal> {
        match order {
            Order::Position(reply) => {
                let _ = reply.send(self.engine.position());
            }
            Order::Flush(reply) => {
                let _ = reply.send(self.engine.store().flush().is_ok());
            }
            Order::Rebuild(reply) => {
                let _ = reply.send(self.rebuild());
            }
            Order::Stop => {
                self.stopped = true;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Rebuilds a view that has failed. After a rebuild that failed too it waits, longer each time:
    /// each one writes as much as the journal holds.
    fn rebuild_failed_view(&mut self) {
        if !self.engine.store().is_failed() || Instant::now() < self.rebuild_after {
            return;
        }
        self.rebuild_pause = if self.rebuild() {
            Duration::ZERO
        } else {
            (self.rebuild_pause * 2).clamp(REBUILD_PAUSE_MIN, REBUILD_PAUSE_MAX)
        };
        self.rebuild_after = Instant::now() + self.rebuild_pause;
    }

    fn rebuild(&mut self) -> bool {
        tracing::warn!("rebuilding the view from the journal; nothing is lost");
        match self.engine.rebuild_view() {
            Ok(()) => {
                tracing::info!(seq = self.engine.position().seq, "the view is rebuilt");
                true
            }
            Err(error) => {
                tracing::error!(%error, "the view cannot be rebuilt; run `lenderbox doctor`");
                false
            }
        }
    }

    fn keep_house(&mut self) {
        self.look_after_view();
        if self.last_housekeeping.is_some_and(|last| last.elapsed() < HOUSEKEEPING) {
            return;
        }
        self.last_housekeeping = Some(Instant::now());
        if let Some(free) = (self.settings.disk_free)() {
            let low = free < self.settings.disk_reserve_bytes;
            if low != self.storage_low.swap(low, Ordering::AcqRel) {
                self.engine.set_storage_low(low);
                (self.settings.on_storage_low)(low);
            }
        }
        let over = (self.settings.memory_used)()
            .is_some_and(|used| used > self.settings.memory_budget_bytes);
        if over {
            self.upkeep.over_budget(Instant::now());
        }
        self.rebuild_failed_view();
        if let Some(hour) = (self.settings.hour)() {
            self.forget_commands(hour.saturating_sub(keys::COMMAND_HOURS));
        }
    }

    fn look_after_view(&mut self) {
        if let Some(thread) = self.flusher.take_if(|thread| thread.is_finished()) {
            let _ = thread.join();
            self.upkeep.flush_ended();
        }
        let (now, seq) = (Instant::now(), self.engine.position().seq);
        match self.upkeep.next(now, seq) {
            Step::Nothing => {}
            Step::Flush => {
                self.flusher = flush_aside(Arc::clone(self.engine.store()));
                if self.flusher.is_none() {
                    self.upkeep.flush_ended();
                }
            }
            Step::Recycle => {
                if let Err(error) = self.engine.store().recycle() {
                    tracing::error!(%error, "the view did not reopen");
                }
                let took = now.elapsed();
                tracing::info!(?took, "the view was reopened to give memory back");
                self.upkeep.recycled(Instant::now(), seq);
            }
        }
    }

    /// Forgets commands of before `hour`. They stay in the journal, and a rebuild brings them back
    /// until they are forgotten again.
    fn forget_commands(&self, hour: u64) {
        let store = self.engine.store();
        let (prefix, end) = (keys::commands(), keys::commands_before(hour));
        let mut old = Vec::new();
        let walked = store.scan(&prefix, &prefix, |key, _| {
            let is_old = key < end.as_slice();
            if is_old {
                old.push(key.to_vec());
            }
            is_old && old.len() < COMMANDS_FORGOTTEN_MAX
        });
        if walked.is_ok() && !old.is_empty() {
            // A failure marks the view failed; it is rebuilt before the next group.
            let _ = store.apply([], old);
        }
    }

    /// Whoever comes after the last group is told so instead of waiting for ever.
    fn close(&self) {
        self.interactive.close();
        self.bulk.close();
        self.orders.close();
    }

    fn finish(&mut self) -> Result<(), super::Fatal> {
        loop {
            let group = self.gather(false);
            if group.is_empty() {
                break;
            }
            self.commit(group)?;
        }
        if let Some(thread) = self.flusher.take() {
            let _ = thread.join();
        }
        self.engine.log().mark_durable()?;
        if let Err(error) = self.engine.store().flush() {
            tracing::warn!(%error, "the view was not flushed; it will catch up at the next start");
        }
        let store = self.engine.store();
        if store.is_failed()
            && let Err(error) = seal::mark_stuck(store.folder())
        {
            tracing::warn!(%error, "the failed view was not marked; the next start finds out itself");
        }
        Ok(())
    }
}

fn flush_aside(store: Arc<Store>) -> Option<JoinHandle<()>> {
    let flush = move || {
        let_others_go_first(Niceness::Upkeep);
        if let Err(error) = store.flush() {
            tracing::error!(%error, "the view was not flushed");
        }
    };
    std::thread::Builder::new().name("flush".into()).spawn(flush).ok()
}
