//! Keys in order, claims in an overlay, recycling without loss.

use super::projection::{Overlay, project};
use super::*;
use crate::base::ids::ClientId;
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::domain::access::Principal;
use crate::domain::client::{Client, ClientCommand, ClientDraft, PhoneDraft, RegisterClient};
use crate::domain::{Aggregate, Context, Meta};
use uuid::Uuid;

fn store(folder: &std::path::Path) -> Store {
    Store::open(StoreSettings { folder: folder.join("store"), cache_bytes: 1 << 20 }).unwrap()
}

fn client(n: u128, surname: &str) -> (StreamId, Client) {
    let id = ClientId::from_uuid(Uuid::from_u128(n));
    let now = Timestamp::from_micros(1_800_000_000_000_000);
    let context = Context { now, zone: chrono_tz::Europe::Moscow, principal: Principal::System };
    let draft = ClientDraft {
        last_name: Some(Personal::new(surname.into())),
        first_name: Some(Personal::new("Анна".into())),
        phones: Some(vec![PhoneDraft {
            number: Personal::new("+79161234567".into()),
            ..PhoneDraft::default()
        }]),
        ..ClientDraft::default()
    };
    let command =
        ClientCommand::Register(RegisterClient { id, draft, acknowledge_duplicates: true });
    let mut client = Client::default();
    let meta = Meta { seq: 1, at: now, actor: Principal::System, drawn: vec![1] };
    for event in client.decide(command, &context).unwrap().events {
        client.evolve(&event, &meta);
    }
    (StreamId::new(StreamKind::Client, id.uuid()), client)
}

fn names(store: &Store, beginning: &str) -> Vec<Uuid> {
    let prefix = keys::names_beginning(beginning);
    let mut found = Vec::new();
    store
        .scan(&prefix, &prefix, |key, _| {
            found.extend(keys::trailing_id(key));
            true
        })
        .unwrap();
    found
}

#[test]
fn rows_follow_the_state_and_survive_recycling() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let (stream, anna) = client(1, "Ёлкина");
    let mut overlay = Overlay::new(&store, store.position().unwrap());
    overlay.write(vec![project(stream, &Loaded::default(), &anna, 1)]).unwrap();
    assert_eq!(overlay.holders(ClaimSpace::Phone, "+79161234567").unwrap(), [stream]);
    overlay.advance(1);
    let position = overlay.apply().unwrap();
    store.recycle().unwrap();
    assert_eq!(store.generation(), 2);
    assert_eq!(store.position().unwrap(), position);
    assert_eq!(rebuild::digest_of_heads(&store).unwrap(), position.digest);
    assert_eq!(names(&store, "ЕЛК"), [stream.id]);
    assert_eq!(names(&store, "АННА Е"), [stream.id]);

    let (_, renamed) = client(1, "Иванова");
    let before = store.load::<Client>(stream).unwrap();
    assert_eq!(before.version, 1);
    let mut overlay = Overlay::new(&store, position);
    overlay.write(vec![project(stream, &before, &renamed, 2)]).unwrap();
    overlay.advance(2);
    overlay.apply().unwrap();
    assert_eq!(names(&store, "ЕЛК"), Vec::<Uuid>::new());
    assert_eq!(names(&store, "ИВАНОВА"), [stream.id]);
    assert_eq!(store.holders(ClaimSpace::Phone, "+79161234567").unwrap(), [stream]);
}

#[test]
fn a_walk_ends_with_its_family() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let rows = (0_u8..50).map(|n| (vec![b'a' + n % 3, n], vec![n]));
    store.apply(rows, []).unwrap();
    let mut seen = Vec::new();
    store
        .scan(b"b", b"b", |key, _| {
            seen.push(key[1]);
            true
        })
        .unwrap();
    assert_eq!(seen.len(), 17);
    assert!(seen.is_sorted() && seen.iter().all(|n| n % 3 == 1));
}

#[test]
fn history_is_walked_newest_first() {
    let client = Uuid::from_u128(1);
    let older = keys::history(client, Timestamp::from_micros(10), client);
    let newer = keys::history(client, Timestamp::from_micros(20), client);
    assert!(newer < older);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn files_older_than_their_last_flush_are_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let (metadata, old) = (folder.path().join("store/metadata"), folder.path().join("old"));
    for seq in 1..4 {
        let store = store(folder.path());
        store.check_seal().unwrap();
        let (stream, anna) = client(u128::from(seq), "Ёлкина");
        let mut overlay = Overlay::new(&store, store.position().unwrap());
        overlay.write(vec![project(stream, &Loaded::default(), &anna, 1)]).unwrap();
        overlay.advance(seq);
        overlay.apply().unwrap();
        if seq < 3 {
            store.flush().unwrap();
        }
        drop(store);
        if seq == 1 {
            copy(&metadata, &old);
        }
    }
    // Not flushed is not lost: frames after the note come again from the journal.
    store(folder.path()).check_seal().unwrap();
    let note = folder.path().join("store/flushed");
    let sound = std::fs::read(&note).unwrap();
    std::fs::write(&note, &sound[..5]).unwrap();
    assert!(matches!(store(folder.path()).check_seal(), Err(StoreError::Broken(_))));
    std::fs::write(&note, &sound).unwrap();
    std::fs::remove_dir_all(&metadata).unwrap();
    copy(&old, &metadata);
    assert!(matches!(store(folder.path()).check_seal(), Err(StoreError::Broken(_))));
    seal::mark_stuck(&folder.path().join("store")).unwrap();
    let settings = StoreSettings { folder: folder.path().join("store"), cache_bytes: 1 << 20 };
    assert!(matches!(Store::open(settings), Err(StoreError::Broken(_))));
}
