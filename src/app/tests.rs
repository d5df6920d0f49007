//! An open data folder: jobs that fail, an interrupted building of the view.

use super::Core;
use crate::actors::Runtime;
use crate::base::personal::Personal;
use crate::config::Config;
use crate::domain::access::Role;
use crate::service::Caller;
use crate::service::users::UserToCreate;
use std::path::Path;
use std::sync::Arc;

fn open(folder: &Path) -> Core {
    let mut config = Config::from_text("", folder).unwrap();
    config.storage.folder = folder.join("data");
    Core::open(Arc::new(config)).unwrap()
}

#[test]
fn a_job_that_panics_has_failed_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    Runtime::block_on(2, async {
        let core = open(folder.path());
        let broken = core.services.start_job("verify", |_| panic!("a fault of the program"));
        let said = core.services.job_ended(broken).await.unwrap_err();
        assert!(said.contains("Start it again"), "{said}");
        let sound = core.services.start_job("verify", |_| Ok("done".to_owned()));
        assert_eq!(core.services.job_ended(sound).await.unwrap(), "done");
        tokio::task::spawn_blocking(move || core.close()).await.unwrap();
    });
}

#[test]
fn what_a_cut_off_building_left_is_not_taken_for_a_view() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    Runtime::block_on(2, async {
        let core = open(folder.path());
        let user = UserToCreate {
            login: "anna".into(),
            name: "Anna".into(),
            role: Role::Operator,
            extension: None,
            password: Personal::new("лодка-под-дождём".into()),
        };
        core.services.create_user(&Caller::system(), user).await.unwrap();
        let before = core.services.store.position().unwrap();
        tokio::task::spawn_blocking(move || core.close()).await.unwrap();
        // Half of a view beside, none in its place.
        std::fs::rename(data.join("store"), data.join("store-next")).unwrap();
        let core = open(folder.path());
        assert_eq!(core.services.store.position().unwrap(), before);
        assert!(core.report.rebuilt.is_some());
        tokio::task::spawn_blocking(move || core.close()).await.unwrap();
    });
}

#[test]
fn what_a_cut_off_restore_drill_left_does_not_keep_its_room() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("data/verify-20261101T030000Z");
    std::fs::create_dir_all(left.join("journal")).unwrap();
    std::fs::write(left.join("journal/1.seg"), "much").unwrap();
    let own = folder.path().join("data/verify-notes.txt");
    std::fs::write(&own, "a file is no drill").unwrap();
    Runtime::block_on(2, async {
        let core = open(folder.path());
        assert!(!left.exists() && own.exists());
        tokio::task::spawn_blocking(move || core.close()).await.unwrap();
    });
}

#[test]
fn a_box_that_starts_while_a_killed_one_is_cleared_away_waits_for_its_lock() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let held = std::fs::File::create(data.join("LOCK")).unwrap();
    held.lock().unwrap();
    let (going, gone) = std::sync::mpsc::channel::<()>();
    let killed = std::thread::spawn(move || {
        // Nobody says anything: the lock goes a while after the other one has begun.
        let _ = gone.recv_timeout(std::time::Duration::from_millis(200));
        drop(held);
    });
    Runtime::block_on(2, async {
        let core = open(folder.path());
        tokio::task::spawn_blocking(move || core.close()).await.unwrap();
    });
    drop(going);
    killed.join().unwrap();
}
