//! The log behind a queue.

use super::small;
use crate::journal::*;
use std::sync::Arc;
use std::time::Duration;

fn start(disk: &SimulatedDisk) -> BackgroundLog {
    let (log, _) = Log::open(Arc::new(disk.clone()), small(64 * 1024)).unwrap();
    BackgroundLog::start(log, "test-log").unwrap()
}

#[test]
fn records_become_durable_by_themselves() {
    let disk = SimulatedDisk::new(1);
    let log = start(&disk);
    for n in 0..100_u8 {
        log.record(vec![n], vec![n; 20]).unwrap();
    }
    let mut head = 0;
    while head < 100 {
        let next = log.tail().wait_past(head, Duration::from_secs(20));
        assert!(next > head, "nothing became durable");
        head = next;
    }
    let (_, report) = Log::open(Arc::new(disk.crash()), small(64 * 1024)).unwrap();
    assert_eq!(report.head, 100);
    log.stop().unwrap();
    assert!(matches!(log.record(vec![], vec![]), Err(BackgroundError::Stopped(_))));
}

#[test]
fn flush_and_stop_wait_for_everything() {
    let disk = SimulatedDisk::new(1);
    let log = start(&disk);
    for n in 0..10_u8 {
        log.record(vec![n], vec![]).unwrap();
    }
    assert_eq!(log.flush().unwrap(), 10);
    log.record(vec![], vec![]).unwrap();
    log.clone().stop().unwrap();
    let (_, report) = Log::open(Arc::new(disk.crash()), small(64 * 1024)).unwrap();
    assert_eq!(report.head, 11);
}

#[test]
fn a_failed_disk_is_told_to_whoever_records() {
    let disk = SimulatedDisk::new(1);
    let log = start(&disk);
    disk.fail_sync_after(0);
    log.record(vec![1], vec![]).unwrap();
    assert!(matches!(log.flush(), Err(BackgroundError::Stopped(_))));
    assert!(matches!(log.stop(), Err(BackgroundError::Stopped(reason)) if reason.contains("sync")));
}

#[test]
fn a_record_that_is_too_large_is_left_out() {
    let disk = SimulatedDisk::new(1);
    let log = start(&disk);
    log.record(vec![], vec![0; 70_000]).unwrap();
    log.record(vec![], vec![0; 7]).unwrap();
    assert_eq!(log.flush().unwrap(), 1);
}
