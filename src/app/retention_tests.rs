//! What is kept only for a time is gone after it: the whole box, with a clock moved by hand.

use super::Core;
use crate::actors::Runtime;
use crate::base::ids::ImportId;
use crate::base::personal::Personal;
use crate::base::time::{Clock, ManualClock, Timestamp};
use crate::config::Config;
use crate::domain::access::Role;
use crate::journal::{BackgroundLog, LogError};
use crate::service::users::UserToCreate;
use crate::service::{Caller, Services};
use std::path::Path;
use std::sync::Arc;

const DAY_MICROS: i64 = 86_400_000_000;
/// Days between two looks; the box itself looks every night.
const STEP: i64 = 60;

fn oldest(log: &BackgroundLog) -> u64 {
    match log.tail().read_from(1) {
        Ok(_) => 1,
        Err(LogError::Gone { oldest, .. }) => oldest,
        Err(other) => panic!("{other}"),
    }
}

/// A box on `data` with the backups of `folder`, which only their key opens: they are not proved, and
/// the tests wait for nothing else. What it has begun ends with its runtime.
fn with_box<F: Future<Output = ()>>(
    folder: &Path,
    data: &str,
    clock: &ManualClock,
    test: impl FnOnce(Arc<Services>) -> F,
) {
    let mut config = Config::default_in(folder);
    config.storage.folder = folder.join(data);
    config.backup.age_recipient = age::x25519::Identity::generate().to_public().to_string();
    with_box_of(config, clock, test);
}

fn with_box_of<F: Future<Output = ()>>(
    config: Config,
    clock: &ManualClock,
    test: impl FnOnce(Arc<Services>) -> F,
) {
    Runtime::block_on(1, async {
        let core = Core::open_at(Arc::new(config), Arc::new(clock.clone())).unwrap();
        test(Arc::clone(&core.services)).await;
        tokio::task::spawn_blocking(move || core.close()).await.unwrap();
    });
}

fn backups(services: &Services) -> usize {
    services.backup_list(&Caller::system()).unwrap().len()
}

#[test]
fn a_box_that_is_started_again_takes_one_backup_a_night() {
    let folder = tempfile::tempdir().unwrap();
    // The hour before midnight in the lender's zone.
    let clock = ManualClock::at(Timestamp::parse_rfc3339("2026-01-01T20:59:30Z").unwrap());
    let began = Timestamp::parse_rfc3339("2026-01-01T20:00:00Z").unwrap();
    for _ in 0..2 {
        with_box(folder.path(), "data", &clock, async |services| {
            services.nightly_backup(began).await;
            services.nightly_backup(began).await;
            assert_eq!(backups(&services), 1);
        });
        // The second time the day is another already, the hour the same.
        clock.advance_micros(40_000_000);
    }
    // The night after is another one, though this backup was the last thing of the day before.
    clock.advance_micros(DAY_MICROS);
    with_box(folder.path(), "data", &clock, async |services| {
        services.nightly_backup(began.plus_seconds(DAY_MICROS / 1_000_000)).await;
        assert_eq!(backups(&services), 2);
    });
}

#[test]
fn the_backup_of_a_night_is_proved_once() {
    let folder = tempfile::tempdir().unwrap();
    let began = Timestamp::parse_rfc3339("2026-01-01T00:00:00Z").unwrap();
    let clock = ManualClock::at(began.plus_seconds(60));
    with_box_of(Config::default_in(folder.path()), &clock, async |services| {
        let proof = services.nightly_backup(began).await.expect("a proof");
        services.job_ended(proof).await.unwrap();
        assert_eq!(services.nightly_backup(began).await, None);
        assert_eq!(backups(&services), 1);
    });
}

#[test]
fn a_backup_taken_while_the_clock_was_ahead_stands_for_no_night() {
    let folder = tempfile::tempdir().unwrap();
    let began = Timestamp::parse_rfc3339("2026-01-01T00:00:00Z").unwrap();
    let year = 365 * DAY_MICROS;
    let ahead = ManualClock::at(began.plus_seconds(60 + year / 1_000_000));
    with_box(folder.path(), "data", &ahead, async |services| {
        services.nightly_backup(began).await;
        assert_eq!(backups(&services), 1);
    });
    let clock = ManualClock::at(began.plus_seconds(120));
    with_box(folder.path(), "data", &clock, async |services| {
        services.nightly_backup(began).await;
        assert_eq!(backups(&services), 2);
    });
}

#[test]
fn a_box_restored_in_the_night_takes_a_backup_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let began = Timestamp::parse_rfc3339("2026-01-01T00:00:00Z").unwrap();
    let clock = ManualClock::at(began.plus_seconds(60));
    with_box(folder.path(), "lost", &clock, async |services| {
        let user = UserToCreate {
            login: "anna".into(),
            name: "Anna".into(),
            role: Role::Operator,
            extension: None,
            password: Personal::new("лодка-под-дождём".into()),
        };
        services.create_user(&Caller::system(), user).await.unwrap();
        services.nightly_backup(began).await;
        assert_eq!(backups(&services), 1);
    });
    clock.advance_micros(60_000_000);
    with_box(folder.path(), "restored", &clock, async |services| {
        services.nightly_backup(began).await;
        assert_eq!(backups(&services), 2);
    });
}

#[test]
fn logs_and_reject_lists_are_dropped_when_their_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::default_in(folder.path());
    let clock = ManualClock::at(Timestamp::parse_rfc3339("2026-01-01T03:00:00Z").unwrap());
    Runtime::block_on(1, async {
        let core = Core::open_at(Arc::new(config), Arc::new(clock.clone())).unwrap();
        let services = &core.services;
        let mut lists = Vec::new();
        let steps = 1_560 / STEP;
        for step in 0..steps {
            let id = ImportId::from_uuid(services.ids.next(clock.now()));
            let list = services.rejects_path(id);
            std::fs::create_dir_all(list.parent().unwrap()).unwrap();
            std::fs::write(&list, "line;field;reason").unwrap();
            lists.push(list);
            for log in [&services.access_log, &services.pbx_log] {
                log.record(Vec::new(), step.to_le_bytes().to_vec()).unwrap();
                log.flush().unwrap();
            }
            clock.advance_micros(STEP * DAY_MICROS);
            services.drop_expired();
            // The logs drop in the background, in order.
            services.access_log.flush().unwrap();
            services.pbx_log.flush().unwrap();
        }
        // The last record is 60 days old, the one before 120, and so on. A segment is closed at
        // the look after an eighth of the time, here up to 60 days late.
        let kept = |log| u64::try_from(steps).unwrap() + 1 - oldest(log);
        let (calls, reads) = (kept(&services.pbx_log), kept(&services.access_log));
        assert!((1..=2).contains(&calls), "90 days of call events, not {calls} records");
        assert!((18..=22).contains(&reads), "1 096 days of reads and a part, not {reads} records");
        let left: Vec<bool> = lists.iter().map(|list| list.exists()).collect();
        assert!(left.iter().all(|left| !left), "lists live for 30 days: {left:?}");
        let stray = services.rejects_path(ImportId::from_uuid(services.ids.next(clock.now())));
        std::fs::write(&stray, "").unwrap();
        std::fs::write(stray.with_file_name("readme.txt"), "").unwrap();
        clock.advance_micros(29 * DAY_MICROS);
        services.drop_expired();
        assert!(stray.exists(), "29 days old");
        clock.advance_micros(2 * DAY_MICROS);
        services.drop_expired();
        assert!(!stray.exists(), "31 days old");
        assert!(stray.with_file_name("readme.txt").exists(), "what is no list stays");
        tokio::task::spawn_blocking(move || core.close()).await.unwrap();
    });
}
