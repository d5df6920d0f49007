//! Versions, claims, counters, repeats; and the view equal to a replay of the journal.

use super::*;
use crate::base::ids::{ClientId, SeededIds};
use crate::base::personal::Personal;
use crate::base::time::{ManualClock, Timestamp};
use crate::codec::frame::CommandKey;
use crate::domain::access::Principal;
use crate::domain::client::*;
use crate::domain::{Aggregate, ClaimSpace, Context, StreamId, StreamKind};
use crate::feed::Feed;
use crate::journal::{Log, LogOptions, RealDisk};
use crate::store::{Loaded, Store, StoreSettings, keys, rebuild};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

fn now() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000)
}

fn engine(folder: &Path) -> Engine {
    let clock = Arc::new(ManualClock::at(now()));
    let mut options = LogOptions::kept(folder.join("journal"), "journal", clock);
    options.segment_bytes = 1 << 20;
    options.prepare_ahead = false;
    let (log, report) = Log::open(Arc::new(RealDisk), options).unwrap();
    let settings = StoreSettings { folder: folder.join("store"), cache_bytes: 1 << 20 };
    let store = Arc::new(Store::open(settings).unwrap());
    rebuild::catch_up(&store, &log.tail(), |_| {}).unwrap();
    let feed = Arc::new(Feed::new(report.head));
    Engine::new(log, store, feed, Arc::new(SeededIds::new(1))).unwrap()
}

fn stream(n: u128) -> StreamId {
    StreamId::new(StreamKind::Client, Uuid::from_u128(n))
}

fn propose(change: TypedChange<Client>) -> Proposal {
    Proposal {
        at: now(),
        actor: Principal::System,
        cause: None,
        command: None,
        bulk: false,
        essential: false,
        acknowledge_duplicates: false,
        changes: vec![Box::new(change)],
    }
}

fn context() -> Context {
    Context { now: now(), zone: chrono_tz::Europe::Moscow, principal: Principal::System }
}

fn registration(n: u128, phone: &str, inn: Option<&str>) -> Proposal {
    let draft = ClientDraft {
        last_name: Some(Personal::new("Иванова".into())),
        inn: inn.map(|inn| Personal::new(inn.into())),
        phones: Some(vec![PhoneDraft {
            number: Personal::new(phone.into()),
            ..PhoneDraft::default()
        }]),
        ..ClientDraft::default()
    };
    let id = ClientId::from_uuid(Uuid::from_u128(n));
    let command =
        ClientCommand::Register(RegisterClient { id, draft, acknowledge_duplicates: false });
    let decision = Client::default().decide(command, &context()).unwrap();
    propose(TypedChange::new(stream(n), Loaded::default(), decision.events, decision.draws))
}

fn refusal(answer: &Result<Committed, Refusal>) -> &Refusal {
    answer.as_ref().unwrap_err()
}

#[test]
fn one_group_draws_numbers_without_gaps_and_refuses_duplicates_within_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = engine(folder.path());
    let answers = engine
        .commit(vec![
            registration(1, "+79161110001", Some("500100732259")),
            registration(2, "+79161110001", None),
            registration(3, "+79161110003", Some("500100732259")),
            registration(4, "+79161110004", None),
        ])
        .unwrap();
    let expected = |space, hard| Refusal::Duplicate { space, holders: vec![stream(1)], hard };
    assert_eq!(refusal(&answers[1]), &expected(ClaimSpace::Phone, false));
    assert_eq!(refusal(&answers[2]), &expected(ClaimSpace::Inn, true));
    let numbers: Vec<u64> =
        [1, 4].map(|n| engine.store().load::<Client>(stream(n)).unwrap().state.number).to_vec();
    assert_eq!(numbers, [1, 2]);
    assert_eq!(engine.position().seq, 2);
}

#[test]
fn an_insisting_person_may_share_a_phone_but_never_an_inn() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = engine(folder.path());
    engine.commit(vec![registration(1, "+79161110001", Some("500100732259"))]).unwrap();
    let insist = |proposal: Proposal| Proposal { acknowledge_duplicates: true, ..proposal };
    let answers = engine
        .commit(vec![
            insist(registration(2, "+79161110001", None)),
            insist(registration(3, "+79161110001", Some("500100732259"))),
        ])
        .unwrap();
    assert!(answers[0].is_ok());
    assert!(matches!(refusal(&answers[1]), Refusal::Duplicate { hard: true, .. }));
    let holders = engine.store().holders(ClaimSpace::Phone, "+79161110001").unwrap();
    assert_eq!(holders, [stream(1), stream(2)]);
}

#[test]
fn a_stale_version_conflicts_and_a_repeat_gets_the_first_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = engine(folder.path());
    let key = |body| Some(CommandKey { hour: 500_000, id: [1; 16], body: [body; 16] });
    let with_key = |body| Proposal { command: key(body), ..registration(1, "+79161110001", None) };
    let first = engine.commit(vec![with_key(1)]).unwrap().remove(0).unwrap();
    let again = engine.commit(vec![with_key(1)]).unwrap().remove(0).unwrap();
    assert_eq!((again.receipt.seq, again.receipt.repeated), (first.receipt.seq, true));
    let other = engine.commit(vec![with_key(2)]).unwrap().remove(0);
    assert_eq!(refusal(&other), &Refusal::KeyReused);
    let stale = engine.commit(vec![registration(1, "+79161110009", None)]).unwrap().remove(0);
    assert_eq!(refusal(&stale), &Refusal::Conflict(stream(1)));
    assert_eq!(engine.position().seq, 1);
}

#[test]
fn under_the_disk_reserve_only_essential_commands_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = engine(folder.path());
    engine.set_storage_low(true);
    let essential = Proposal { essential: true, ..registration(2, "+79161110002", None) };
    let answers = engine.commit(vec![registration(1, "+79161110001", None), essential]).unwrap();
    assert_eq!(refusal(&answers[0]), &Refusal::StorageLow);
    assert!(answers[1].is_ok());
}

#[test]
fn the_view_equals_a_replay_whatever_was_lost_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (position, numbers) = {
        let mut engine = engine(folder.path());
        for n in 1..=40_u128 {
            let answers =
                engine.commit(vec![registration(n, &format!("+7916111{n:04}"), None)]).unwrap();
            assert!(answers[0].is_ok());
            if n == 20 {
                engine.store().flush().unwrap();
            }
        }
        (engine.position(), 40)
        // The view was flushed half-way only; the rest is in the journal.
    };
    let reopened = engine(folder.path());
    assert_eq!(reopened.position(), position);
    drop(reopened);
    std::fs::remove_dir_all(folder.path().join("store")).unwrap();
    let mut rebuilt = engine(folder.path());
    assert_eq!(rebuilt.position(), position);
    assert_eq!(rebuild::digest_of_heads(rebuilt.store()).unwrap(), position.digest);
    // The counter goes on where it stood.
    rebuilt.commit(vec![registration(99, "+79169990000", None)]).unwrap();
    assert_eq!(rebuilt.store().load::<Client>(stream(99)).unwrap().state.number, numbers + 1);
    // A view that fails while serving is rebuilt from the journal.
    let before = rebuilt.position();
    rebuilt.store().fail();
    assert!(rebuilt.store().load::<Client>(stream(99)).is_err());
    rebuilt.rebuild_view().unwrap();
    assert_eq!(rebuilt.position(), before);
    assert_eq!(rebuilt.store().load::<Client>(stream(99)).unwrap().version, 1);
}

/// Every row of a view.
fn rows(store: &Store) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    let mut keep = |key: &[u8], value: &[u8]| {
        rows.push((key.to_vec(), value.to_vec()));
        true
    };
    store.scan(b"", b"", &mut keep).unwrap();
    rows
}

fn inn(number: &str) -> ClientDraft {
    ClientDraft { inn: Some(Personal::new(number.into())), ..ClientDraft::default() }
}

fn phone(number: &str) -> ClientDraft {
    let number = Personal::new(number.into());
    let phones = Some(vec![PhoneDraft { number, ..PhoneDraft::default() }]);
    ClientDraft { phones, ..ClientDraft::default() }
}

/// Changes a card, which may be written many times over.
fn change(engine: &Engine, n: u128, draft: ClientDraft) -> Proposal {
    let before = engine.store().load::<Client>(stream(n)).unwrap();
    let command = ClientCommand::Change(ChangeDetails { draft, acknowledge_duplicates: true });
    let decision = before.state.decide(command, &context()).unwrap();
    propose(TypedChange::new(stream(n), before, decision.events, decision.draws))
}

#[test]
fn a_rebuilt_view_equals_the_live_one_byte_by_byte_whatever_the_windows() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = engine(folder.path());
    let settings =
        |name: &str| StoreSettings { folder: folder.path().join(name), cache_bytes: 1 << 20 };
    let half_way = Store::open(settings("half-way")).unwrap();
    for n in 0..600_u128 {
        let client = n % 150 + 1;
        let number = format!("+7916222{:04}", n * 7 % 500);
        let proposal = if n < 150 {
            registration(client, &number, (n == 1).then_some("500100732259"))
        } else {
            change(&engine, client, phone(&number))
        };
        // Now and then one card gives its INN to another, in one command.
        let proposal = if n >= 150 && n.is_multiple_of(25) {
            let (from, to) = (n / 25 % 2 + 1, (n / 25 + 1) % 2 + 1);
            let mut taking = change(&engine, to, inn("500100732259"));
            taking.changes.extend(change(&engine, from, inn("")).changes);
            taking
        } else {
            proposal
        };
        let hour = u32::try_from(n / 20).unwrap();
        let command = CommandKey { hour, id: [u8::try_from(n % 256).unwrap(); 16], body: [1; 16] };
        let command = n.is_multiple_of(3).then_some(command);
        if !proposal.changes.iter().all(|change| change.count() == 0) {
            let proposal = Proposal { command, acknowledge_duplicates: true, ..proposal };
            engine.commit(vec![proposal]).unwrap().remove(0).unwrap();
        }
        if n == 400 {
            rebuild::catch_up(&half_way, &engine.log().tail(), |_| {}).unwrap();
        }
    }
    let (live, tail) = (rows(engine.store()), engine.log().tail());
    assert!(live.len() > 700);
    assert!(engine.position().seq > 400);
    assert_eq!(engine.position().streams.of(StreamKind::Client), 150);
    assert_eq!(engine.store().holders(ClaimSpace::Inn, "500100732259").unwrap().len(), 1);
    // Many parts, flushed and reopened all the time; and all in one.
    for (name, frames_per_part, bytes) in [("small", 7, 4_096), ("large", u64::MAX, usize::MAX)] {
        let sizes = rebuild::Sizes {
            frames_per_part,
            bytes_per_part: u64::MAX,
            flush_bytes: bytes,
            reopen_bytes: bytes.saturating_mul(3),
        };
        let position = rebuild::build_by(settings(name), &tail, |_| {}, sizes).unwrap();
        assert_eq!(position, engine.position(), "{name} parts");
        assert!(rows(&Store::open(settings(name)).unwrap()) == live, "{name} parts");
        assert!(!folder.path().join(format!("{name}-parts")).exists(), "nothing is left beside it");
    }
    // A window of its own for each handful of frames, and one window for all.
    for (name, window_bytes) in [("windows", 1), ("one window", usize::MAX >> 8)] {
        let store = Store::open(settings(name)).unwrap();
        let position = rebuild::catch_up_by(&store, &tail, |_| {}, window_bytes).unwrap();
        assert_eq!(position, engine.position(), "{name}");
        assert!(rows(&store) == live, "{name}");
    }
    let position = rebuild::catch_up(&half_way, &tail, |_| {}).unwrap();
    assert_eq!(position, engine.position());
    assert!(rows(&half_way) == live, "caught up from half-way");
}

#[test]
fn a_catching_up_that_fails_half_way_leaves_no_view_to_be_flushed() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = engine(folder.path());
    for n in 1..=200 {
        engine.commit(vec![registration(n, &format!("+7916222{n:04}"), None)]).unwrap();
    }
    engine.log().append(b"no header", b"").unwrap();
    engine.log().sync().unwrap();
    let settings = StoreSettings { folder: folder.path().join("behind"), cache_bytes: 1 << 20 };
    let behind = Store::open(settings).unwrap();
    let caught_up = rebuild::catch_up_by(&behind, &engine.log().tail(), |_| {}, 1);
    assert!(matches!(caught_up, Err(rebuild::ReplayError::Frame { seq: 201, .. })));
    assert!(behind.is_failed(), "closing it would flush rows of frames after its position");
}

#[test]
fn a_view_with_rows_of_frames_after_its_position_is_refused_and_not_folded_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = engine(folder.path());
    engine.commit(vec![registration(1, "+79162220001", None)]).unwrap();
    let registered = engine.position();
    let changed = change(&engine, 1, phone("+79162220002"));
    engine.commit(vec![changed]).unwrap().remove(0).unwrap();
    let position = crate::codec::encode(&registered);
    engine.store().apply([(keys::POSITION.to_vec(), position)], []).unwrap();
    let store = Arc::clone(engine.store());
    let caught_up = rebuild::catch_up(&store, &engine.log().tail(), |_| {});
    assert!(matches!(caught_up, Err(rebuild::ReplayError::Store(_))), "{caught_up:?}");
    engine.rebuild_view().unwrap();
    assert_eq!(engine.store().version(stream(1)).unwrap(), 2);
    assert_eq!(rebuild::digest_of_heads(engine.store()).unwrap(), engine.position().digest);
}

#[test]
fn nothing_is_appended_while_the_view_is_failed() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = engine(folder.path());
    engine.store().fail();
    let nothing = Proposal { changes: Vec::new(), ..registration(1, "+79162220001", None) };
    let answers = engine.commit(vec![nothing]).unwrap();
    assert!(matches!(answers[..], [Err(Refusal::Unavailable)]));
    assert_eq!(engine.log().last_seq(), 0);
}

#[test]
fn a_rebuilding_brings_back_only_commands_that_are_still_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = engine(folder.path());
    for (n, hour) in [(1, 100), (2, 470), (3, 490), (4, 480)] {
        let command = Some(CommandKey { hour, id: [n; 16], body: [n; 16] });
        let proposal = registration(u128::from(n), &format!("+791611100{n:02}"), None);
        engine.commit(vec![Proposal { command, ..proposal }]).unwrap().remove(0).unwrap();
    }
    engine.rebuild_view().unwrap();
    let known = |hour, n| engine.store().get(&keys::command(hour, &[n; 16])).unwrap().is_some();
    assert!(!known(100, 1), "years of old commands would be held in memory");
    assert!(known(470, 2) && known(490, 3) && known(480, 4));
}

fn settings() -> CommitterSettings {
    CommitterSettings {
        flush_every: std::time::Duration::from_secs(60),
        disk_reserve_bytes: 0,
        memory_budget_bytes: u64::MAX,
        disk_free: Arc::new(|| None),
        memory_used: Arc::new(|| None),
        hour: Arc::new(|| Some(500)),
        on_storage_low: Arc::new(|_| ()),
        on_group: Arc::new(|_, _| ()),
    }
}

#[test]
fn a_proposal_in_the_moment_of_a_stop_is_answered() {
    for round in 0..12_u128 {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(folder.path());
        let store = Arc::clone(engine.store());
        let (committer, thread) = Committer::start(engine, settings(), |_| ()).unwrap();
        let start = std::sync::Barrier::new(4);
        let durable: Vec<u128> = std::thread::scope(|scope| {
            let proposing: Vec<_> = (0..3_u128)
                .map(|proposer| {
                    let (committer, start) = (&committer, &start);
                    scope.spawn(move || {
                        start.wait();
                        let mut answered = Vec::new();
                        // Each until it is refused: one of them is in the line when it closes.
                        for n in (proposer * 1_000..).take(1_000) {
                            let proposal = registration(n, &format!("+7916{n:07}"), None);
                            let proposal = Proposal { bulk: proposer == 0, ..proposal };
                            match committer.propose(proposal).blocking_recv() {
                                Ok(Ok(_)) => answered.push(n),
                                Ok(Err(refusal)) => panic!("{refusal}"),
                                Err(_) => break,
                            }
                        }
                        answered
                    })
                })
                .collect();
            start.wait();
            for _ in 0..round * 200 {
                std::hint::spin_loop();
            }
            committer.stop();
            proposing.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        thread.join().unwrap();
        for n in durable {
            assert!(store.load::<Client>(stream(n)).unwrap().state.exists(), "client {n}");
        }
        // After it nobody waits either, whatever is asked; the handle is still there.
        let late = committer.propose(registration(9_999, "+79169999999", None));
        assert!(late.blocking_recv().is_err());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let late = committer.commit(registration(9_999, "+79169999999", None)).await;
            assert!(matches!(late, Err(Refusal::Unavailable)));
            assert!(committer.position().await.is_none());
            assert!(!committer.flush().await && !committer.rebuild().await);
        });
    }
}

#[test]
fn old_commands_are_forgotten_and_young_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = engine(folder.path());
    let seen = |hour, n: u8| Proposal {
        command: Some(CommandKey { hour, id: [n; 16], body: [n; 16] }),
        ..registration(u128::from(n), &format!("+791611100{n:02}"), None)
    };
    let answers = engine.commit(vec![seen(100, 1), seen(490, 2)]).unwrap();
    assert!(answers.iter().all(Result::is_ok));
    let store = Arc::clone(engine.store());
    let (committer, thread) = Committer::start(engine, settings(), |_| ()).unwrap();
    let begun = std::time::Instant::now();
    let known = |hour, n| store.get(&keys::command(hour, &[n; 16])).unwrap().is_some();
    while known(100, 1) {
        assert!(begun.elapsed().as_secs() < 20, "the old command is still known");
        std::thread::yield_now();
    }
    assert!(known(490, 2));
    committer.stop();
    thread.join().unwrap();
}
