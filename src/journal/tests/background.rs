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
fn a_long_burst_loses_no_record_between_two_batches() {
    let disk = SimulatedDisk::new(1);
    let log = start(&disk);
    for _ in 0..10_000 {
        log.record(vec![1], vec![]).unwrap();
    }
    assert_eq!(log.flush().unwrap(), 10_000);
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

#[test]
fn what_was_taken_in_the_moment_of_a_stop_is_written_and_nobody_waits_for_ever() {
    for round in 0..60_u64 {
        let disk = SimulatedDisk::new(round);
        let log = start(&disk);
        let start = std::sync::Barrier::new(3);
        let taken: usize = std::thread::scope(|scope| {
            let (log, start) = (&log, &start);
            let recording = scope.spawn(move || {
                start.wait();
                (0..2_000).take_while(|_| log.record(vec![1], vec![]).is_ok()).count()
            });
            let flushing = scope.spawn(move || {
                start.wait();
                while log.flush().is_ok() {}
            });
            start.wait();
            for _ in 0..round * 300 {
                std::hint::spin_loop();
            }
            log.stop().unwrap();
            flushing.join().unwrap();
            recording.join().unwrap()
        });
        let (_, report) = Log::open(Arc::new(disk.crash()), small(64 * 1024)).unwrap();
        assert_eq!(report.head, taken as u64, "round {round}");
    }
}

#[test]
fn whoever_waits_when_the_disk_fails_is_told() {
    for round in 0..40_u64 {
        let disk = SimulatedDisk::new(round);
        let log = start(&disk);
        disk.fail_sync_after(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let _ = log.record(vec![1], vec![]);
                    while log.flush().is_ok() {}
                });
            }
        });
        assert!(log.failure().is_some(), "round {round}");
    }
}
