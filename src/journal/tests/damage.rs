//! Bytes that change after they were synced: named, or harmless, never silent.

use super::{FOLDER, files, small};
use crate::journal::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A log of 12 frames in three segments; the last frame is attested by a marker when `marked`.
fn sample(marked: bool) -> SimulatedDisk {
    let disk = SimulatedDisk::new(1);
    let (mut log, _) = Log::open(Arc::new(disk.clone()), small(512)).unwrap();
    for seq in 1..=12_u8 {
        log.append(&[seq; 9], &[seq; 50]).unwrap();
        log.sync().unwrap();
    }
    if marked {
        log.mark_durable().unwrap();
    }
    disk
}

fn paths(disk: &SimulatedDisk) -> Vec<(PathBuf, usize)> {
    files(disk)
        .into_iter()
        .map(|(name, bytes)| (Path::new(FOLDER).join(name), bytes.len()))
        .collect()
}

/// What opening finds: damage in `path` (and nothing changed), or a torn tail that lost at most the
/// last frame, or everything.
fn open_spoilt(disk: &SimulatedDisk, path: &Path, what: &str, lost_max: u64) -> &'static str {
    let before = files(disk);
    match Log::open(Arc::new(disk.clone()), small(512)) {
        Ok((log, report)) => {
            assert!(report.head + lost_max >= 12, "{what}: head {}", report.head);
            let frames: Vec<Frame> = log.tail().read_from(1).unwrap().map(Result::unwrap).collect();
            assert_eq!(frames.len() as u64, report.head, "{what}");
            for (frame, seq) in frames.iter().zip(1_u8..) {
                assert_eq!(frame.header, [seq; 9].as_slice(), "{what}");
                assert_eq!(frame.body, [seq; 50].as_slice(), "{what}");
            }
            if report.head < 12 {
                let torn = report.torn.expect("a lost frame is kept aside");
                assert_eq!(torn.first_seq, report.head + 1, "{what}");
                assert!(disk.contents(&torn.kept_in).unwrap().len() as u64 == torn.bytes);
            }
            if report.head < 12 { "torn" } else { "whole" }
        }
        Err(error) => {
            let text = error.to_string();
            let named = text.contains(path.to_str().unwrap());
            assert!(named, "{what}: the file is not named in: {text}");
            if let OpenError::Damage(damage) = &error {
                assert!(damage.first_seq <= damage.last_seq, "{what}: {text}");
                assert!(text.contains("lenderbox doctor"), "{what}: {text}");
            }
            assert_eq!(files(disk), before, "{what}: something was changed");
            let report = examine(disk, Path::new(FOLDER), 0);
            assert!(!report.is_sound(), "{what}: the doctor sees nothing:\n{report}");
            assert!(report.sound_through < 12, "{what}:\n{report}");
            assert_eq!(files(disk), before, "{what}: the doctor changed something");
            "named"
        }
    }
}

#[test]
fn every_flipped_bit_is_named_or_costs_only_what_nothing_attested() {
    for (marked, lost_max) in [(false, 1), (true, 0)] {
        let sound = sample(marked);
        let mut outcomes = std::collections::BTreeMap::new();
        for (path, bytes) in paths(&sound) {
            for offset in 0..bytes {
                let disk = sound.kill();
                disk.flip_bit(&path, offset, u8::try_from(offset % 8).unwrap()).unwrap();
                let what = format!("marked {marked}, {} byte {offset}", path.display());
                *outcomes.entry(open_spoilt(&disk, &path, &what, lost_max)).or_insert(0) += 1;
            }
        }
        assert!(outcomes["named"] > 1000, "{outcomes:?}");
        // Flips in the zeros behind the last frame are cut off and harm nothing.
        assert!(outcomes["whole"] > 50, "{outcomes:?}");
        assert_eq!(outcomes.contains_key("torn"), !marked, "{outcomes:?}");
    }
}

#[test]
fn every_truncation_is_named() {
    let sound = sample(true);
    for (path, bytes) in paths(&sound) {
        for length in 0..bytes {
            let disk = sound.kill();
            disk.truncate(&path, length).unwrap();
            let what = format!("{} cut to {length}", path.display());
            assert_eq!(open_spoilt(&disk, &path, &what, 0), "named", "{what}");
        }
    }
}

#[test]
fn a_loss_that_only_another_knows_of_is_damage() {
    let disk = sample(false);
    let (path, _) = paths(&disk).pop().unwrap();
    let bytes = disk.contents(&path).unwrap();
    let last_used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    disk.flip_bit(&path, last_used, 0).unwrap();
    let options = LogOptions { attested: 12, ..small(512) };
    let error = Log::open(Arc::new(disk.kill()), options.clone()).unwrap_err();
    assert!(
        matches!(&error, OpenError::Damage(d) if d.first_seq == 12 && d.last_seq == 12),
        "{error}"
    );
    // Without that knowledge it looks like a torn tail, and is kept aside.
    let (_, report) = Log::open(Arc::new(disk.clone()), small(512)).unwrap();
    assert_eq!(report.head, 11);
    assert!(disk.exists(&report.torn.unwrap().kept_in));
    // An empty folder is no log of 12 frames either.
    let error = Log::open(Arc::new(SimulatedDisk::new(2)), options).unwrap_err();
    assert!(matches!(error, OpenError::MissingSegment { first_seq: 1, .. }), "{error}");
}

#[test]
fn a_log_goes_on_behind_a_torn_tail() {
    let disk = sample(false);
    let (path, _) = paths(&disk).pop().unwrap();
    let bytes = disk.contents(&path).unwrap();
    disk.flip_bit(&path, bytes.iter().rposition(|byte| *byte != 0).unwrap(), 0).unwrap();
    let (mut log, report) = Log::open(Arc::new(disk.clone()), small(512)).unwrap();
    assert_eq!(report.head, 11);
    for _ in 0..10 {
        log.append(b"new", b"frame").unwrap();
    }
    log.sync().unwrap();
    drop(log);
    let (log, report) = Log::open(Arc::new(disk), small(512)).unwrap();
    assert_eq!((report.head, report.torn), (21, None));
    assert_eq!(log.tail().read_from(12).unwrap().next().unwrap().unwrap().body, "frame");
}

#[test]
fn missing_and_misplaced_segments_are_named() {
    let sound = sample(true);
    let paths: Vec<PathBuf> = paths(&sound).into_iter().map(|(path, _)| path).collect();
    assert!(paths.len() >= 3, "{paths:?}");
    for (missing, first_seq) in [(0, 1), (1, 5)] {
        let disk = sound.kill();
        disk.remove(&paths[missing]).unwrap();
        let error = Log::open(Arc::new(disk.clone()), small(512)).unwrap_err();
        match &error {
            OpenError::MissingSegment { first_seq: found, .. } => assert_eq!(*found, first_seq),
            other => panic!("{other}"),
        }
    }
    // A copy under another name.
    let disk = sound.kill();
    let copy = Path::new(FOLDER).join(format!("{:020}.segment", 99));
    disk.create(&copy).unwrap().write_at(&disk.contents(&paths[0]).unwrap(), 0).unwrap();
    let error = Log::open(Arc::new(disk), small(512)).unwrap_err();
    assert!(matches!(&error, OpenError::Misplaced { file, .. } if *file == copy), "{error}");
    // A file that is no segment, a segment of another log, a newer format.
    let disk = sound.kill();
    disk.create(&copy).unwrap().write_at(&[7; 512], 0).unwrap();
    let error = Log::open(Arc::new(disk), small(512)).unwrap_err();
    assert!(matches!(&error, OpenError::NotASegment { file } if *file == copy), "{error}");
    let options = LogOptions { name: "pbx".into(), ..small(512) };
    let error = Log::open(Arc::new(sound.kill()), options).unwrap_err();
    assert!(matches!(&error, OpenError::ForeignSegment { .. }), "{error}");
    let disk = sound.kill();
    let mut bytes = disk.contents(&paths[0]).unwrap();
    bytes[8..12].copy_from_slice(&2_u32.to_le_bytes());
    let checksum = crc32c::crc32c(&bytes[..124]);
    bytes[124..128].copy_from_slice(&checksum.to_le_bytes());
    disk.open(&paths[0], true).unwrap().write_at(&bytes, 0).unwrap();
    let error = Log::open(Arc::new(disk), small(512)).unwrap_err();
    assert!(matches!(error, OpenError::NewerVersion { found: 2, known: 1, .. }), "{error}");
}

#[test]
fn a_rewritten_header_breaks_the_chain() {
    let disk = sample(true);
    let (path, _) = paths(&disk).remove(0);
    let mut bytes = disk.contents(&path).unwrap();
    // Somebody changes the first frame's header and mends the checksum.
    bytes[128 + FRAME_PREFIX_BYTES] ^= 1;
    let length = FRAME_PREFIX_BYTES + 59;
    let frame = &bytes[128..128 + length];
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&frame[..4]), &frame[8..]);
    bytes[132..136].copy_from_slice(&checksum.to_le_bytes());
    disk.open(&path, true).unwrap().write_at(&bytes, 0).unwrap();
    let error = Log::open(Arc::new(disk.clone()), small(512)).unwrap_err();
    assert!(error.to_string().contains("hash chain"), "{error}");
    // A reader notices as well, when the budget at opening did not reach so far.
    let options = LogOptions { verify_bytes: 0, ..small(512) };
    let (log, _) = Log::open(Arc::new(disk), options).unwrap();
    let last = log.tail().read_from(1).unwrap().find_map(Result::err).unwrap();
    assert!(last.to_string().contains("hash chain"), "{last}");
}
