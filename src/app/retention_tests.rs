//! What is kept only for a time is gone after it: the whole box, with a clock moved by hand.

use super::Core;
use crate::actors::Runtime;
use crate::base::ids::ImportId;
use crate::base::time::{Clock, ManualClock, Timestamp};
use crate::config::Config;
use crate::journal::{BackgroundLog, LogError};
use crate::service::Caller;
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

#[test]
fn a_box_that_is_started_again_takes_one_backup_a_night() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default_in(folder.path());
    // A backup that only its key opens is not proved here: the test waits for nothing else.
    config.backup.age_recipient = age::x25519::Identity::generate().to_public().to_string();
    let config = Arc::new(config);
    let clock = ManualClock::at(Timestamp::parse_rfc3339("2026-01-01T00:10:00Z").unwrap());
    for backups in [1, 1, 2] {
        if backups == 2 {
            clock.advance_micros(DAY_MICROS);
        }
        // What a box has begun in the background ends with its runtime.
        Runtime::block_on(1, async {
            let core = Core::open_at(Arc::clone(&config), Arc::new(clock.clone())).unwrap();
            core.services.nightly_backup().await;
            core.services.nightly_backup().await;
            let listed = core.services.backup_list(&Caller::system()).unwrap();
            assert_eq!(listed.len(), backups);
            tokio::task::spawn_blocking(move || core.close()).await.unwrap();
        });
        clock.advance_micros(DAY_MICROS / 48);
    }
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
