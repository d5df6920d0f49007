//! What is written is read, across segments, restarts and while the writer goes on.

use crate::base::time::{Clock, ManualClock, Timestamp};
use crate::journal::*;
use std::sync::Arc;
use std::time::Duration;

fn options(folder: &std::path::Path) -> LogOptions {
    LogOptions { segment_bytes: 4096, ..LogOptions::kept(folder.join("log"), "journal", clock()) }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_micros(1_000_000)))
}

fn body(seq: u64) -> Vec<u8> {
    vec![u8::try_from(seq % 251).unwrap(); usize::try_from(seq * 37 % 500).unwrap()]
}

fn open(folder: &std::path::Path) -> (Log, OpenReport) {
    Log::open(Arc::new(RealDisk), options(folder)).unwrap()
}

fn append(log: &mut Log, frames: u64) {
    for _ in 0..frames {
        let seq = log.last_seq() + 1;
        let appended = log.append(format!("header {seq}").as_bytes(), &body(seq)).unwrap();
        assert_eq!(appended.seq, seq);
    }
}

fn check(tail: &Tail, from: u64, to: u64) {
    let frames: Vec<Frame> = tail.read_from(from).unwrap().map(Result::unwrap).collect();
    assert_eq!(frames.len() as u64, to + 1 - from);
    for (frame, seq) in frames.iter().zip(from..) {
        assert_eq!(frame.seq, seq);
        assert_eq!(frame.header, format!("header {seq}"));
        assert_eq!(frame.body, body(seq));
    }
}

#[test]
fn frames_come_back_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, report) = open(folder.path());
    assert!(report.created);
    assert_eq!(report.head, 0);
    let mut chain = report.chain;
    for group in 0..20 {
        append(&mut log, group);
        log.sync().unwrap();
    }
    assert_eq!(log.head(), 190);
    for seq in 1..=190 {
        chain = next_link(&chain, seq, format!("header {seq}").as_bytes());
    }
    assert_eq!(log.chain(), chain);
    check(&log.tail(), 1, 190);
    drop(log);
    let (mut log, report) = open(folder.path());
    assert_eq!((report.head, report.oldest, report.created), (190, 1, false));
    assert_eq!(report.chain, chain);
    assert!(report.segments > 5);
    assert_eq!(report.torn, None);
    append(&mut log, 30);
    log.sync().unwrap();
    log.mark_durable().unwrap();
    for from in [1, 2, 17, 190, 191, 220] {
        check(&log.tail(), from, 220);
    }
    drop(log);
    assert_eq!(open(folder.path()).1.head, 220);
}

#[test]
fn nothing_is_read_before_it_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    let mut reader = log.tail().read_from(1).unwrap();
    let mut late = log.tail().read_from(50).unwrap();
    for round in 1..=100 {
        append(&mut log, 1);
        assert!(reader.next_frame().unwrap().is_none());
        log.sync().unwrap();
        if round % 3 == 0 {
            log.mark_durable().unwrap();
        }
        assert_eq!(reader.next_frame().unwrap().unwrap().seq, round);
        assert!(reader.next_frame().unwrap().is_none());
        assert_eq!(
            late.next_frame().unwrap().map(|frame| frame.seq),
            (round >= 50).then_some(round)
        );
    }
    assert_eq!(reader.hash_chain(), log.chain());
}

#[test]
fn a_reader_follows_a_writer_on_another_thread() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    let tail = log.tail();
    let writer = std::thread::spawn(move || {
        for group in 0..200 {
            append(&mut log, group % 7 + 1);
            log.sync().unwrap();
        }
        log.head()
    });
    let mut reader = tail.read_from(1).unwrap();
    let mut seen = 0;
    while seen < 794 {
        let _ = tail.wait_past(seen, Duration::from_secs(20));
        while let Some(frame) = reader.next_frame().unwrap() {
            seen += 1;
            assert_eq!(frame.seq, seen);
            assert_eq!(frame.body, body(seen));
        }
    }
    assert_eq!(writer.join().unwrap(), 794);
}

#[test]
fn a_waiting_task_wakes_at_the_next_sync() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    let tail = log.tail();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let waiter = tokio::spawn(async move { tail.past(0).await });
        tokio::task::yield_now().await;
        append(&mut log, 3);
        log.sync().unwrap();
        assert_eq!(waiter.await.unwrap(), 3);
    });
    assert_eq!(log.tail().wait_past(3, Duration::from_millis(1)), 3);
}

#[test]
fn frames_that_are_too_large_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    append(&mut log, 1);
    let chain = log.chain();
    let error = log.append(b"h", &vec![0; 4096]).unwrap_err();
    assert!(matches!(error, LogError::FrameTooLarge { bytes: 4125, bytes_max: 3968 }), "{error}");
    assert_eq!((log.last_seq(), log.chain()), (1, chain));
    let largest = vec![7; 3968 - FRAME_PREFIX_BYTES];
    assert_eq!(log.append(b"", &largest).unwrap().seq, 2);
    log.sync().unwrap();
    assert_eq!(log.tail().read_from(2).unwrap().next().unwrap().unwrap().body, largest);
}

#[test]
fn old_segments_are_dropped_by_age_and_by_seq() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualClock::at(Timestamp::from_micros(0));
    let options = LogOptions {
        segment_bytes: 4096,
        ..LogOptions::retained(folder.path(), "pbx", Arc::new(time.clone()))
    };
    let (mut log, _) = Log::open(Arc::new(RealDisk), options.clone()).unwrap();
    for _ in 0..100 {
        time.advance_micros(10);
        log.append(b"", &[1; 300]).unwrap();
        log.sync().unwrap();
    }
    assert_eq!(log.drop_before(Timestamp::from_micros(0)).unwrap(), 0);
    assert!(log.drop_before(Timestamp::from_micros(500)).unwrap() >= 3);
    let oldest = match log.tail().read_from(1).unwrap_err() {
        LogError::Gone { asked: 1, oldest } => oldest,
        other => panic!("{other}"),
    };
    assert!((30..=50).contains(&oldest), "{oldest}");
    assert!(log.drop_before_seq(80).unwrap() >= 1);
    drop(log);
    let (log, report) = Log::open(Arc::new(RealDisk), options.clone()).unwrap();
    assert_eq!(report.head, 100);
    assert!((60..=80).contains(&report.oldest), "{report:?}");
    assert_eq!(log.tail().read_from(report.oldest).unwrap().count() as u64, 101 - report.oldest);
    drop(log);
    let strict = LogOptions { retained: false, ..options };
    let error = Log::open(Arc::new(RealDisk), strict).unwrap_err();
    assert!(matches!(error, OpenError::MissingSegment { first_seq: 1, .. }), "{error}");
}

#[test]
fn a_quiet_log_forgets_in_time_though_no_segment_is_ever_full() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualClock::at(Timestamp::from_micros(1_000_000));
    let options = LogOptions {
        segment_bytes: 64 * 1024,
        ..LogOptions::retained(folder.path(), "pbx", Arc::new(time.clone()))
    };
    let (mut log, _) = Log::open(Arc::new(RealDisk), options.clone()).unwrap();
    let kept = 800;
    for _ in 0..200 {
        time.advance_micros(10);
        let now = time.now().micros();
        log.append(b"", &now.to_le_bytes()).unwrap();
        log.sync().unwrap();
        log.drop_before(Timestamp::from_micros(now - kept)).unwrap();
    }
    let oldest = match log.tail().read_from(1).unwrap_err() {
        LogError::Gone { oldest, .. } => oldest,
        other => panic!("{other}"),
    };
    let left = 201 - oldest;
    assert!((80..=92).contains(&left), "frames of 80 to 91 turns are kept, not {left}");
    drop(log);
    let (log, report) = Log::open(Arc::new(RealDisk), options).unwrap();
    assert_eq!((report.head, report.oldest), (200, oldest));
    assert_eq!(log.tail().read_from(oldest).unwrap().count() as u64, left);
}

#[test]
fn cursors_keep_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let cursors = Cursors::open(Arc::new(RealDisk), folder.path().join("cursors")).unwrap();
    assert_eq!(cursors.load("search").unwrap(), None);
    for seq in [1, 5, u64::MAX] {
        cursors.save("search", seq).unwrap();
        assert_eq!(cursors.load("search").unwrap(), Some(seq));
    }
    assert!(cursors.save("../x", 1).is_err());
    std::fs::write(folder.path().join("cursors/search.cursor"), b"spoilt").unwrap();
    assert!(cursors.load("search").is_err());
    cursors.save("search", 3).unwrap();
    assert_eq!(cursors.load("search").unwrap(), Some(3));
}
