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
use std::time::Duration;

fn host(folder: &Path) -> (Host, std::thread::JoinHandle<()>) {
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
        on_group: Arc::new(|_, _| ()),
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
    let folder = tempfile::tempdir().unwrap();
    let (host, thread) = host(folder.path());
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
        let fault = lanes.look(id.uuid(), |_| panic!("a fault of the program")).await;
        assert!(matches!(fault, Err(AskError::Refused(Refusal::Unavailable))));
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
        // A fault in a look is the looker's own.
        let fault = lanes.look(id.uuid(), |_| panic!("a fault of the program")).await;
        assert!(matches!(fault, Err(AskError::Refused(Refusal::Unavailable))));
        assert_eq!(lanes.look(id.uuid(), notes).await.unwrap(), 21);
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
