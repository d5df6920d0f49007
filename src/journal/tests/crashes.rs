//! Power losses, kills, full disks and failing syncs over many seeds, against a plain model.

use super::{FOLDER, small};
use crate::base::ids::splitmix;
use crate::journal::*;
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

struct Model {
    /// Every frame appended and not cut off, in order.
    frames: Vec<(Vec<u8>, Vec<u8>)>,
    acknowledged: usize,
}

fn below(random: &mut u64, bound: u64) -> u64 {
    splitmix(random) % bound
}

fn frame(random: &mut u64) -> (Vec<u8>, Vec<u8>) {
    let byte = u8::try_from(below(random, 256)).unwrap();
    let header = vec![byte; usize::try_from(below(random, 40)).unwrap()];
    let body = (0..below(random, 700)).map(|n| byte.wrapping_add(n as u8)).collect();
    (header, body)
}

fn check(log: &Log, report: &OpenReport, model: &mut Model, seed: u64) {
    let head = usize::try_from(report.head).unwrap();
    assert!(head >= model.acknowledged, "seed {seed}: {head} < {}", model.acknowledged);
    assert!(head <= model.frames.len(), "seed {seed}: frames from nowhere");
    let mut seen = 0;
    for (read, written) in log.tail().read_from(1).unwrap().zip(&model.frames) {
        let read = read.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert!(read.header == written.0 && read.body == written.1, "seed {seed}: {}", read.seq);
        seen += 1;
    }
    assert_eq!(seen, head, "seed {seed}");
    model.frames.truncate(head);
    // Opening synced what it found.
    model.acknowledged = head;
}

/// One life of a box with several crashes.
fn live(seed: u64) {
    let mut random = seed;
    let mut disk = SimulatedDisk::new(seed);
    let mut model = Model { frames: Vec::new(), acknowledged: 0 };
    for _ in 0..6 {
        let options = LogOptions { attested: model.acknowledged as u64, ..small(4096) };
        let (mut log, report) = Log::open(Arc::new(disk.clone()), options)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        check(&log, &report, &mut model, seed);
        if below(&mut random, 3) == 0 {
            disk.fail_sync_after(below(&mut random, 30));
        }
        for _ in 0..below(&mut random, 60) {
            if below(&mut random, 8) == 0 {
                let room = below(&mut random, 12_000);
                let full = below(&mut random, 2) == 0;
                disk.set_capacity(full.then_some(disk.used_bytes() + room));
            }
            match step(&mut log, &mut random, &mut model) {
                Ok(()) | Err(LogError::NoSpace { .. }) => {}
                Err(LogError::Fatal { .. }) => break,
                Err(other) => panic!("seed {seed}: {other}"),
            }
        }
        disk.set_capacity(None);
        disk = if below(&mut random, 4) == 0 {
            model.acknowledged = model.acknowledged.min(model.frames.len());
            disk.kill()
        } else {
            disk.crash()
        };
        let report = examine(&disk, Path::new(FOLDER), model.acknowledged as u64);
        assert!(report.is_sound(), "seed {seed}: {report}");
    }
}

fn step(log: &mut Log, random: &mut u64, model: &mut Model) -> Result<(), LogError> {
    match below(random, 10) {
        0 => {
            log.mark_durable()?;
            model.acknowledged = model.frames.len();
        }
        1..4 => {
            log.sync()?;
            model.acknowledged = model.frames.len();
        }
        _ => {
            let (header, body) = frame(random);
            let fits = log.append(&header, &body);
            // A full segment is synced before the next one begins.
            if !matches!(fits, Err(LogError::NoSpace { .. } | LogError::Fatal { .. })) {
                model.frames.push((header, body));
            }
            model.acknowledged = model.acknowledged.max(usize::try_from(log.head()).unwrap());
            fits?;
        }
    }
    Ok(())
}

#[test]
fn no_crash_loses_what_was_acknowledged() {
    let seeds: u64 = std::env::var("SIM_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    for seed in 0..seeds {
        live(seed);
    }
}

#[test]
fn a_failed_sync_ends_the_log() {
    let disk = SimulatedDisk::new(3);
    let (mut log, _) = Log::open(Arc::new(disk.clone()), small(4096)).unwrap();
    log.append(b"h", b"one").unwrap();
    disk.fail_sync_after(0);
    assert!(matches!(log.sync(), Err(LogError::Fatal { .. })));
    assert!(matches!(log.append(b"h", b"two"), Err(LogError::Poisoned)));
    assert!(matches!(log.sync(), Err(LogError::Poisoned)));
    assert_eq!(log.tail().head(), 0);
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let disk = SimulatedDisk::new(3);
    let (mut log, _) = Log::open(Arc::new(disk.clone()), small(4096)).unwrap();
    disk.set_capacity(Some(disk.used_bytes()));
    let mut taken = 0;
    let refused = loop {
        match log.append(b"h", &[1; 500]) {
            Ok(appended) => taken = appended.seq,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, LogError::NoSpace { .. }), "{refused}");
    assert_eq!(log.sync().unwrap(), taken);
    disk.set_capacity(None);
    assert_eq!(log.append(b"h", &[1; 500]).unwrap().seq, taken + 1);
    log.sync().unwrap();
    assert_eq!(log.tail().read_from(1).unwrap().count() as u64, taken + 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// However frames are grouped, cut into segments and reopened, they come back as they were.
    #[test]
    fn frames_survive_any_grouping(
        frames in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..60), proptest::collection::vec(any::<u8>(), 0..300)),
            0..60,
        ),
        actions in proptest::collection::vec(0_u8..4, 0..60),
        segment_bytes in 600_u64..5000,
    ) {
        let disk = Arc::new(SimulatedDisk::new(0));
        let (mut log, _) = Log::open(disk.clone(), small(segment_bytes)).unwrap();
        for (n, (header, body)) in frames.iter().enumerate() {
            log.append(header, body).unwrap();
            match actions.get(n) {
                Some(0) => { log.sync().unwrap(); }
                Some(1) => log.mark_durable().unwrap(),
                Some(2) => {
                    let chain = log.chain();
                    log.sync().unwrap();
                    drop(log);
                    let (next, report) = Log::open(disk.clone(), small(segment_bytes)).unwrap();
                    prop_assert_eq!(report.chain, chain);
                    log = next;
                }
                _ => {}
            }
        }
        log.sync().unwrap();
        let read: Vec<Frame> = log.tail().read_from(1).unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(read.len(), frames.len());
        for (frame, (header, body)) in read.iter().zip(&frames) {
            prop_assert_eq!(&frame.header[..], &header[..]);
            prop_assert_eq!(&frame.body[..], &body[..]);
        }
    }

    /// A file of any bytes under a segment's name never panics and never opens unnoticed.
    #[test]
    fn any_bytes_are_refused_or_cut(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
        let disk = SimulatedDisk::new(0);
        {
            let (mut log, _) = Log::open(Arc::new(disk.clone()), small(1024)).unwrap();
            log.append(b"h", b"b").unwrap();
            log.sync().unwrap();
        }
        let path = Path::new(FOLDER).join("00000000000000000001.segment");
        let file = disk.open(&path, true).unwrap();
        file.write_at(&bytes, 128 + FRAME_PREFIX_BYTES as u64 + 2).unwrap();
        let (log, report) = Log::open(Arc::new(disk.clone()), small(1024)).unwrap();
        prop_assert_eq!(report.head, 1);
        prop_assert_eq!(report.torn.is_some(), bytes.iter().any(|byte| *byte != 0));
        prop_assert_eq!(log.tail().read_from(1).unwrap().count(), 1);
    }
}
