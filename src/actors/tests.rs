//! Lanes decide in order, load anew after a conflict, sleep and wake without loss.

use super::*;
use crate::base::ids::{ClientId, PartId, SeededIds, SystemIds};
use crate::base::personal::Personal;
use crate::base::time::SystemClock;
use crate::committer::{Committer, CommitterSettings, Engine, Proposal};
use crate::domain::client::*;
use crate::domain::{StreamId, StreamKind};
use crate::feed::Feed;
use crate::journal::{Log, LogOptions, RealDisk};
use crate::store::StoreSettings;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

type OnGroup = Arc<dyn Fn(usize, Duration) + Send + Sync>;

fn host(folder: &Path, on_group: OnGroup) -> (Host, std::thread::JoinHandle<()>) {
    let clock = Arc::new(SystemClock);
    let mut options = LogOptions::kept(folder.join("journal"), "journal", clock.clone());
    options.segment_bytes = 1 << 20;
    options.prepare_ahead = false;
    let (log, _) = Log::open(Arc::new(RealDisk), options).unwrap();
    let settings = StoreSettings { folder: folder.join("store"), cache_bytes: 1 << 20 };
    let store = Arc::new(Store::open(settings).unwrap());
    let engine =
        Engine::new(log, store.clone(), Arc::new(Feed::new(0)), Arc::new(SeededIds::new(1)))
            .unwrap();
    let settings = CommitterSettings {
        flush_every: Duration::from_secs(60),
        disk_reserve_bytes: 0,
        memory_budget_bytes: u64::MAX,
        disk_free: Arc::new(|| None),
        memory_used: Arc::new(|| None),
        hour: Arc::new(|| None),
        on_storage_low: Arc::new(|_| ()),
        on_group,
    };
    let (committer, thread) = Committer::start(engine, settings, |_| ()).unwrap();
    (Host { store, committer, clock, zone: chrono_tz::Europe::Moscow }, thread)
}

fn register(id: ClientId) -> Order<ClientLane> {
    order(move || {
        let draft = ClientDraft {
            last_name: Some(Personal::new("Иванова".into())),
            ..ClientDraft::default()
        };
        ClientCommand::Register(RegisterClient { id, draft, acknowledge_duplicates: true })
    })
}

fn note(text: String) -> Order<ClientLane> {
    order(move || {
        let id = PartId::from_uuid(Uuid::from_u128(7));
        ClientCommand::AddNote(AddNote { id, text: text.clone() })
    })
}

fn order(command: impl Fn() -> ClientCommand + Send + Sync + 'static) -> Order<ClientLane> {
    Order {
        principal: Principal::System,
        command: None,
        cause: None,
        essential: false,
        decide: Arc::new(move |lane: &ClientLane, context| lane.command(command(), context)),
    }
}

fn with_lanes<F: Future<Output = ()>>(
    live_max: usize,
    test: impl FnOnce(Lanes<ClientLane>, Host) -> F,
) {
    with_committer(live_max, Arc::new(|_, _| ()), test);
}

/// `on_group` is told of each commit before whoever asked for it is.
fn with_committer<F: Future<Output = ()>>(
    live_max: usize,
    on_group: OnGroup,
    test: impl FnOnce(Lanes<ClientLane>, Host) -> F,
) {
    let folder = tempfile::tempdir().unwrap();
    let (host, thread) = host(folder.path(), on_group);
    let stop = host.committer.clone();
    Runtime::block_on(2, async {
        let lanes = Lanes::new(host.clone(), Runtime::start(2), live_max);
        test(lanes, host).await;
    });
    stop.stop();
    thread.join().unwrap();
}

#[test]
fn commands_of_one_lane_are_carried_out_in_order_of_arrival() {
    with_lanes(100, |lanes, _| async move {
        let id = ClientId::from_uuid(Uuid::from_u128(1));
        lanes.ask(id.uuid(), register(id)).await.unwrap();
        let asked: Vec<_> = (0..20).map(|n| lanes.ask(id.uuid(), note(n.to_string()))).collect();
        let done = futures_util::future::join_all(asked).await;
        assert!(done.iter().all(Result::is_ok));
        let texts = lanes.look(id.uuid(), |lane| {
            lane.client
                .state
                .notes
                .iter()
                .map(|note| note.text.reveal().clone())
                .collect::<Vec<_>>()
        });
        let expected: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        assert_eq!(texts.await.unwrap(), expected);
    });
}

#[test]
fn a_rejection_changes_nothing_and_names_the_fault() {
    with_lanes(100, |lanes, _| async move {
        let id = ClientId::from_uuid(Uuid::from_u128(1));
        let missing = lanes.ask(id.uuid(), note("x".into())).await.unwrap_err();
        assert!(matches!(missing, AskError::Rejected(rejection) if rejection.code == "not_found"));
        lanes.ask(id.uuid(), register(id)).await.unwrap();
        let empty = lanes.ask(id.uuid(), note("  ".into())).await.unwrap_err();
        assert!(
            matches!(empty, AskError::Rejected(rejection) if rejection.fields[0].field == "text")
        );
        assert_eq!(lanes.look(id.uuid(), |lane| lane.client.version).await.unwrap(), 1);
    });
}

/// Adds a note without the lane's actor, as an import does.
async fn write_past(host: &Host, lane: &ClientLane) {
    let now = host.clock.now();
    let context = Context { now, zone: host.zone, principal: Principal::System };
    let add = AddNote { id: PartId::from_uuid(Uuid::from_u128(8)), text: "imported".into() };
    let decided = lane.command(ClientCommand::AddNote(add), &context).unwrap();
    let proposal = Proposal {
        at: now,
        actor: Principal::System,
        cause: None,
        command: None,
        bulk: true,
        essential: false,
        acknowledge_duplicates: false,
        changes: decided.changes,
    };
    host.committer.commit(proposal).await.unwrap();
}

#[test]
fn a_lane_that_was_written_behind_its_back_loads_and_decides_again() {
    with_lanes(100, |lanes, host| async move {
        let id = ClientId::from_uuid(Uuid::from_u128(1));
        lanes.ask(id.uuid(), register(id)).await.unwrap();
        // An import writes past the actor.
        let lane = ClientLane::load(&host.store, id.uuid()).unwrap();
        write_past(&host, &lane).await;
        let done = lanes.ask(id.uuid(), note("by hand".into())).await.unwrap();
        assert_eq!(done.after.client.version, 3);
        assert_eq!(done.after.client.state.notes.len(), 2);
    });
}

#[test]
fn a_lane_that_a_fault_has_ended_begins_anew() {
    with_lanes(100, |lanes, _| async move {
        let id = ClientId::from_uuid(Uuid::from_u128(1));
        lanes.ask(id.uuid(), register(id)).await.unwrap();
        lanes.break_down(id.uuid());
        // It ends on its own thread: until then it may still refuse.
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        let done = loop {
            match lanes.ask(id.uuid(), note("after".into())).await {
                Err(AskError::Refused(_)) if std::time::Instant::now() < deadline => {
                    tokio::task::yield_now().await;
                }
                answer => break answer.unwrap(),
            }
        };
        assert_eq!(done.after.client.version, 2);
        assert_eq!(lanes.live(), 1);
    });
}

#[test]
fn what_was_looked_at_is_seen_again_without_the_lane_until_it_changes() {
    with_lanes(100, |lanes, host| async move {
        let id = ClientId::from_uuid(Uuid::from_u128(1));
        let notes = |lane: &ClientLane| lane.client.state.notes.len();
        lanes.ask(id.uuid(), register(id)).await.unwrap();
        let busy = lanes.occupy(id.uuid());
        let unseen = lanes.look(id.uuid(), notes).await;
        assert!(matches!(unseen, Err(AskError::Refused(Refusal::Busy))), "{unseen:?}");
        drop(busy);
        assert_eq!(lanes.look(id.uuid(), notes).await.unwrap(), 0);
        let busy = lanes.occupy(id.uuid());
        assert_eq!(lanes.look(id.uuid(), notes).await.unwrap(), 0);
        drop(busy);
        // Who has changed it, and everybody after that, sees the change.
        for count in 1..=20 {
            let id_of_note = PartId::from_uuid(Uuid::from_u128(100 + count as u128));
            let add = order(move || {
                ClientCommand::AddNote(AddNote { id: id_of_note, text: "by hand".into() })
            });
            lanes.ask(id.uuid(), add).await.unwrap();
            assert_eq!(lanes.look(id.uuid(), notes).await.unwrap(), count);
            assert_eq!(lanes.look(id.uuid(), notes).await.unwrap(), count);
        }
        // An import writes past the actor and then says so.
        let lane = ClientLane::load(&host.store, id.uuid()).unwrap();
        write_past(&host, &lane).await;
        lanes.forget(id.uuid());
        assert_eq!(lanes.look(id.uuid(), notes).await.unwrap(), 21);
    });
}

#[test]
fn a_fault_in_a_look_is_the_lookers_own() {
    with_lanes(100, |lanes, _| async move {
        let id = ClientId::from_uuid(Uuid::from_u128(1));
        lanes.ask(id.uuid(), register(id)).await.unwrap();
        // The first look is the lane's, the second is of what it has kept.
        for _ in 0..2 {
            let fault = lanes.look(id.uuid(), |_| panic!("a fault of the program")).await;
            assert!(matches!(fault, Err(AskError::Refused(Refusal::Unavailable))));
        }
        assert!(lanes.look(id.uuid(), ClientLane::exists).await.unwrap());
        assert_eq!(
            lanes.ask(id.uuid(), note("after".into())).await.unwrap().after.client.version,
            2
        );
    });
}

#[test]
fn what_a_failed_lane_has_seen_is_seen_no_more() {
    with_lanes(100, |lanes, host| async move {
        let id = ClientId::from_uuid(Uuid::from_u128(1));
        let notes = |lane: &ClientLane| lane.client.state.notes.len();
        lanes.ask(id.uuid(), register(id)).await.unwrap();
        assert_eq!(lanes.look(id.uuid(), notes).await.unwrap(), 0);
        lanes.break_down(id.uuid());
        // What it had in flight becomes durable and finds no lane to tell.
        write_past(&host, &ClientLane::load(&host.store, id.uuid()).unwrap()).await;
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while lanes.look(id.uuid(), notes).await != Ok(1) {
            assert!(std::time::Instant::now() < deadline, "the old state is shown");
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn a_lane_that_was_told_that_it_was_written_loads_anew_before_it_is_looked_at() {
    with_lanes(100, |lanes, host| async move {
        let id = ClientId::from_uuid(Uuid::from_u128(1));
        let notes = |lane: &ClientLane| lane.client.state.notes.len();
        lanes.ask(id.uuid(), register(id)).await.unwrap();
        lanes.look(id.uuid(), notes).await.unwrap();
        lanes.ask(id.uuid(), note("by hand".into())).await.unwrap();
        // While the lane is held up in one look, another waits, and an import writes.
        let (open, held) = std::sync::mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let holding = tokio::spawn({
            let lanes = lanes.clone();
            async move {
                let hold = move |_: &ClientLane| {
                    begun.send(()).unwrap();
                    held.recv().unwrap();
                };
                lanes.look(id.uuid(), hold).await
            }
        });
        begins.await.unwrap();
        write_past(&host, &ClientLane::load(&host.store, id.uuid()).unwrap()).await;
        // Taken up by the lane after it was written and told.
        let asked = lanes.clone();
        let look = move |lane: &ClientLane| Ok((notes(lane), asked.seen(id.uuid()).is_some()));
        let mut waiting = Box::pin(lanes.look_there(id.uuid(), look));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        lanes.forget(id.uuid());
        open.send(()).unwrap();
        holding.await.unwrap().unwrap();
        assert_eq!(waiting.await, Ok((2, true)));
        assert_eq!(lanes.look(id.uuid(), notes).await.unwrap(), 2);
    });
}

#[test]
fn a_look_beside_a_commit_in_flight_sees_what_was_written_past_the_lane() {
    let (open, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let holds = Arc::new(AtomicBool::new(false));
    let next = Arc::clone(&holds);
    let hold = move |_: usize, _: Duration| {
        if next.swap(false, Ordering::SeqCst) {
            held.lock().unwrap().recv().unwrap();
        }
    };
    with_committer(100, Arc::new(hold), |lanes, host| async move {
        let id = ClientId::from_uuid(Uuid::from_u128(1));
        let notes = |lane: &ClientLane| lane.client.state.notes.len();
        lanes.ask(id.uuid(), register(id)).await.unwrap();
        holds.store(true, Ordering::SeqCst);
        let mut asked = Box::pin(lanes.ask(id.uuid(), note("by hand".into())));
        assert!(futures_util::poll!(&mut asked).is_pending());
        let stream = StreamId::new(StreamKind::Client, id.uuid());
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while host.store.version(stream).unwrap() < 2 {
            assert!(std::time::Instant::now() < deadline, "nothing is committed");
            tokio::task::yield_now().await;
        }
        // The lane does not know of its commit yet; nobody has been told of it.
        assert_eq!(lanes.look(id.uuid(), notes).await.unwrap(), 0);
        lanes.forget(id.uuid());
        assert_eq!(lanes.look(id.uuid(), notes).await.unwrap(), 1);
        assert!(lanes.seen(id.uuid()).is_none());
        open.send(()).unwrap();
        assert_eq!(asked.await.unwrap().after.client.state.notes.len(), 1);
        assert_eq!(lanes.look(id.uuid(), notes).await.unwrap(), 1);
    });
}

#[test]
fn a_state_loaded_before_a_word_that_it_was_written_is_not_kept() {
    let seen = actor::Seen::default();
    let told = seen.forgotten();
    seen.forget();
    seen.keep(&"old", told);
    assert_eq!(seen.get(), None);
    seen.keep(&"new", seen.forgotten());
    assert_eq!(seen.get(), Some(Arc::new("new")));
}

#[test]
fn a_lane_is_at_work_until_a_command_is_settled_though_nobody_waits() {
    with_lanes(100, |lanes, _| async move {
        let id = ClientId::from_uuid(Uuid::from_u128(1));
        lanes.ask(id.uuid(), register(id)).await.unwrap();
        let (open, held) = std::sync::mpsc::channel::<()>();
        let held = std::sync::Mutex::new(held);
        let mut slow = note("by hand".into());
        let decide = Arc::clone(&slow.decide);
        slow.decide = Arc::new(move |lane: &ClientLane, context| {
            held.lock().unwrap().recv().unwrap();
            decide(lane, context)
        });
        let mut asked = Box::pin(lanes.ask(id.uuid(), slow));
        assert!(futures_util::poll!(&mut asked).is_pending());
        drop(asked);
        assert!(lanes.is_at_work(id.uuid()));
        open.send(()).unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while lanes.is_at_work(id.uuid()) {
            assert!(std::time::Instant::now() < deadline, "the leave was not given back");
            tokio::task::yield_now().await;
        }
        let notes = |lane: &ClientLane| lane.client.state.notes.len();
        assert_eq!(lanes.look(id.uuid(), notes).await.unwrap(), 1);
    });
}

#[test]
fn actors_sleep_and_wake_without_loss() {
    with_lanes(8, |lanes, host| async move {
        let ids: Vec<ClientId> = (0..300)
            .map(|_| {
                ClientId::from_uuid(crate::base::ids::IdSource::next(&SystemIds, host.clock.now()))
            })
            .collect();
        for id in &ids {
            lanes.ask(id.uuid(), register(*id)).await.unwrap();
        }
        // Each shard keeps at least the one in use.
        assert!(lanes.live() <= 80, "{} actors are awake", lanes.live());
        for id in &ids {
            assert!(lanes.look(id.uuid(), ClientLane::exists).await.unwrap());
            let stream = StreamId::new(StreamKind::Client, id.uuid());
            assert_eq!(host.store.version(stream).unwrap(), 1);
        }
    });
}
