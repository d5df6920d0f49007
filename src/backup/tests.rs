use super::*;
use crate::base::time::{ManualClock, Timestamp};
use crate::blobs::Blobs;
use crate::journal::{Log, LogOptions, RealDisk};
use std::fs;

const DAY_MICROS: i64 = 86_400_000_000;

/// A data folder with a journal and blobs; its "state" is the sum of the frames' bodies.
struct Box {
    folder: tempfile::TempDir,
    clock: ManualClock,
    log: Log,
    blobs: Blobs,
}

fn options(data: &Path, clock: &ManualClock) -> LogOptions {
    LogOptions {
        segment_bytes: 16 * 1024,
        ..LogOptions::kept(data.join("journal"), "journal", Arc::new(clock.clone()))
    }
}

fn digest(frames: impl Iterator<Item = crate::journal::Frame>) -> String {
    let mut sum = 0_u64;
    for frame in frames {
        sum = frame
            .body
            .iter()
            .fold(sum, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    }
    format!("{sum:016x}")
}

impl Box {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(Timestamp::parse_rfc3339("2026-11-01T03:00:00Z").unwrap());
        let data = folder.path().join("data");
        let (log, _) = Log::open(Arc::new(RealDisk), options(&data, &clock)).unwrap();
        let blobs = Blobs::open(Arc::new(RealDisk), data.join("blobs"), 1 << 20).unwrap();
        Self { folder, clock, log, blobs }
    }
    fn write(&mut self, frames: usize) {
        for _ in 0..frames {
            let seq = self.log.last_seq() + 1;
            self.log.append(b"header", &[seq as u8; 200]).unwrap();
            self.log.sync().unwrap();
        }
    }
    fn source(&self) -> Source {
        let tail = self.log.tail();
        let digest = digest(tail.read_from(1).unwrap().map(Result::unwrap));
        let seq = tail.head();
        Source {
            journal: LogSource { folder: "journal".into(), tail },
            logs: Vec::new(),
            blobs: Some(("blobs".into(), self.blobs.clone())),
            files: vec![("missing.toml".into(), self.folder.path().join("missing.toml"))],
            point: Point { seq, digest },
            asked: None,
        }
    }
    fn backups(&self, recipient: Option<&str>) -> Backups {
        let clock = Arc::new(self.clock.clone());
        Backups::open(Arc::new(RealDisk), self.folder.path().join("archive"), recipient, clock)
            .unwrap()
    }
    fn scratch(&self) -> PathBuf {
        self.folder.path().join("scratch")
    }
}

impl Box {
    fn verify(&self, backups: &Backups, name: &str) -> Result<Verified, BackupError> {
        self.verify_beside(backups, name, 0)
    }

    fn verify_beside(
        &self,
        backups: &Backups,
        name: &str,
        reserve_bytes: u64,
    ) -> Result<Verified, BackupError> {
        let (folder, mut rebuild) = (self.scratch(), rebuild(&self.clock));
        let scratch = Scratch { folder: &folder, reserve_bytes };
        backups.verify(name, None, scratch, &mut rebuild, &mut |_| {})
    }
}

fn rebuild(clock: &ManualClock) -> impl FnMut(&Path) -> Result<Rebuilt, String> {
    let clock = clock.clone();
    move |data| {
        let (log, report) = Log::open(Arc::new(RealDisk), options(data, &clock))
            .map_err(|error| error.to_string())?;
        let digest = digest(log.tail().read_from(1).unwrap().map(Result::unwrap));
        Ok(Rebuilt { seq: report.head, chain: report.chain, digest })
    }
}

#[test]
fn a_snapshot_is_restored_to_the_byte_and_shares_what_never_changes() {
    let mut live = Box::new();
    let backups = live.backups(None);
    live.write(150);
    live.blobs.put(&mut &b"contract"[..]).unwrap();
    let first = backups.create(&live.source(), &mut |_| {}).unwrap();
    assert_eq!((first.seq, first.incremental_of.as_deref()), (150, None));
    live.clock.advance_micros(DAY_MICROS);
    live.write(75);
    let mut last = Progress { done: 0, total: 0 };
    let second = backups.create(&live.source(), &mut |progress| last = progress).unwrap();
    assert_eq!(last.done, last.total);
    assert_eq!(second.incremental_of, Some(first.name.clone()));
    let shared = second.files.iter().filter(|file| first.files.contains(file)).count();
    assert!(shared >= 3, "{shared} files are shared");
    assert!(second.added_bytes < second.files.iter().map(|file| file.object_bytes).sum());
    live.write(10);
    for (manifest, seq) in [(&first, 150), (&second, 225)] {
        let verified = live.verify(&backups, &manifest.name).unwrap();
        assert_eq!((verified.seq, &verified.digest), (seq, &manifest.digest));
        assert!(!live.scratch().exists());
    }
    let list = backups.list().unwrap();
    assert_eq!(list.iter().map(|s| s.manifest.seq).collect::<Vec<_>>(), [225, 150]);
    assert!(list.iter().all(|snapshot| snapshot.verified.is_some()));
}

#[test]
fn the_archive_alone_is_enough_and_a_restored_box_goes_on() {
    let mut live = Box::new();
    live.write(225);
    let contract = live.blobs.put(&mut &b"contract"[..]).unwrap();
    let second = live.backups(None).create(&live.source(), &mut |_| {}).unwrap();
    let moved = live.folder.path().join("moved");
    fs::rename(live.folder.path().join("archive"), &moved).unwrap();
    fs::remove_dir_all(live.folder.path().join("data")).unwrap();
    let archive =
        Backups::open(Arc::new(RealDisk), &moved, None, Arc::new(live.clock.clone())).unwrap();
    let target = live.folder.path().join("restored");
    archive.restore(&second.name, None, &target, &mut |_| {}).unwrap();
    let (mut log, report) = Log::open(Arc::new(RealDisk), options(&target, &live.clock)).unwrap();
    assert_eq!(report.head, 225);
    log.append(b"header", b"goes on").unwrap();
    assert_eq!(log.sync().unwrap(), 226);
    let blobs = Blobs::open(Arc::new(RealDisk), target.join("blobs"), 1 << 20).unwrap();
    assert_eq!(blobs.load(&contract.hash).unwrap(), b"contract");
    // A folder in use is never written into.
    let error = archive.restore(&second.name, None, &target, &mut |_| {}).unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty(_)), "{error}");
    let error = archive
        .verify(
            &second.name,
            None,
            Scratch { folder: &target, reserve_bytes: 0 },
            &mut rebuild(&live.clock),
            &mut |_| {},
        )
        .unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty(_)), "{error}");
    assert!(target.join("journal").exists());
}

#[test]
fn an_encrypted_snapshot_needs_its_key() {
    let identity = age::x25519::Identity::generate();
    let key = age::secrecy::ExposeSecret::expose_secret(&identity.to_string()).to_owned();
    let other = age::x25519::Identity::generate().to_string();
    let other = age::secrecy::ExposeSecret::expose_secret(&other).to_owned();
    let mut live = Box::new();
    live.write(30);
    live.blobs.put(&mut &b"passport of somebody"[..]).unwrap();
    let plain = live.backups(None).create(&live.source(), &mut |_| {}).unwrap();
    let backups = live.backups(Some(&identity.to_public().to_string()));
    live.clock.advance_micros(1_000_000);
    let sealed = backups.create(&live.source(), &mut |_| {}).unwrap();
    // A snapshot for a key shares nothing with one that anybody can read.
    assert!(sealed.files.iter().all(|file| !plain.files.iter().any(|p| p.object == file.object)));
    let target = live.folder.path().join("restored");
    for wrong in [None, Some("not a key"), Some(other.as_str())] {
        let error = backups.restore(&sealed.name, wrong, &target, &mut |_| {}).unwrap_err();
        assert!(matches!(error, BackupError::Key(_)), "{error}");
        let _absent = fs::remove_dir_all(&target);
    }
    backups.restore(&sealed.name, Some(&key), &target, &mut |_| {}).unwrap();
    assert_eq!(rebuild(&live.clock)(&target).unwrap().digest, sealed.digest);
    assert!(
        Backups::open(
            Arc::new(RealDisk),
            live.folder.path().join("x"),
            Some("age1nonsense"),
            Arc::new(live.clock.clone())
        )
        .is_err()
    );
}

#[test]
fn every_spoilt_file_of_an_archive_is_noticed() {
    let mut live = Box::new();
    let backups = live.backups(None);
    live.write(100);
    live.blobs.put(&mut &b"contract"[..]).unwrap();
    let manifest = backups.create(&live.source(), &mut |_| {}).unwrap();
    let archive = live.folder.path().join("archive");
    for file in &manifest.files {
        let path = archive.join(OBJECTS).join(&file.object);
        let sound = fs::read(&path).unwrap();
        for place in [0, sound.len() / 2, sound.len() - 1] {
            let mut spoilt = sound.clone();
            spoilt[place] ^= 0x10;
            fs::write(&path, &spoilt).unwrap();
            let error = live.verify(&backups, &manifest.name).unwrap_err();
            assert!(
                matches!(&error, BackupError::Damaged { object, .. } if *object == file.object)
            );
        }
        fs::write(&path, &sound[..sound.len() - 1]).unwrap();
        let error = live.verify(&backups, &manifest.name).unwrap_err();
        assert!(matches!(&error, BackupError::Damaged { object, .. } if *object == file.object));
        fs::remove_file(&path).unwrap();
        let error = live.verify(&backups, &manifest.name).unwrap_err();
        assert!(matches!(&error, BackupError::Damaged { .. }), "{error}");
        fs::write(&path, &sound).unwrap();
    }
    let path = archive.join(SNAPSHOTS).join(format!("{}.json", manifest.name));
    let sound = fs::read(&path).unwrap();
    for place in (0..sound.len()).step_by(7) {
        let mut spoilt = sound.clone();
        spoilt[place] ^= 1;
        fs::write(&path, &spoilt).unwrap();
        assert!(
            matches!(backups.get(&manifest.name), Err(BackupError::Manifest { .. })),
            "{place}"
        );
    }
    assert_eq!(backups.list().unwrap(), []);
    assert_eq!(backups.faults().unwrap().len(), 1);
    assert_eq!(backups.retain(1).unwrap(), Vec::<String>::new());
}

#[test]
fn a_state_that_differs_is_not_called_verified() {
    let mut live = Box::new();
    let backups = live.backups(None);
    live.write(20);
    let mut source = live.source();
    source.point.digest = "0000000000000000".into();
    let manifest = backups.create(&source, &mut |_| {}).unwrap();
    let error = live.verify(&backups, &manifest.name).unwrap_err();
    assert!(matches!(&error, BackupError::Differs { what } if what.contains("digest")), "{error}");
    assert_eq!(backups.get(&manifest.name).unwrap().verified, None);
    assert!(!live.scratch().exists());
}

#[test]
fn a_drill_that_would_eat_the_disk_reserve_is_refused_before_it_writes() {
    let mut live = Box::new();
    live.write(225);
    live.blobs.put(&mut &[7_u8; 5_000][..]).unwrap();
    let backups = live.backups(None);
    let manifest = backups.create(&live.source(), &mut |_| {}).unwrap();
    let kept = |journal: bool| -> u64 {
        let files =
            manifest.files.iter().filter(|file| file.path.starts_with("journal/") == journal);
        files.map(|file| file.bytes).sum()
    };
    let error = live.verify_beside(&backups, &manifest.name, u64::MAX).unwrap_err();
    let BackupError::NoRoom { needed, free, reserve, .. } = &error else { panic!("{error}") };
    // The files, and for the rebuild the journal twice over.
    assert!(*needed >= 3 * kept(true) + kept(false), "{needed}");
    assert!(*free > 0 && *reserve == u64::MAX);
    let words = error.to_string();
    assert!(words.contains("MB are needed") && words.contains("MB are free"), "{words}");
    assert!(!live.scratch().exists());
    assert_eq!(backups.get(&manifest.name).unwrap().verified, None);
    live.verify(&backups, &manifest.name).unwrap();
}

#[test]
fn a_snapshot_of_before_requests_were_noted_still_reads() {
    let mut live = Box::new();
    live.write(3);
    let backups = live.backups(None);
    let asked = Some(Asked { id: "0a".into(), body: "0b".into() });
    let source = Source { asked: asked.clone(), ..live.source() };
    let manifest = backups.create(&source, &mut |_| {}).unwrap();
    assert_eq!(backups.get(&manifest.name).unwrap().manifest.asked, asked);
    let path = live.folder.path().join("archive/snapshots").join(format!("{}.json", manifest.name));
    let text = fs::read_to_string(&path).unwrap();
    let line = text.lines().next().unwrap();
    let before = line.replace(",\"asked\":{\"id\":\"0a\",\"body\":\"0b\"}", "");
    assert_ne!(before, line);
    let hash = blake3::hash(before.as_bytes()).to_hex();
    fs::write(&path, format!("{before}\n{hash}\n")).unwrap();
    assert_eq!(backups.get(&manifest.name).unwrap().manifest.asked, None);
    live.verify(&backups, &manifest.name).unwrap();
}

#[test]
fn retention_keeps_the_newest_of_each_day_and_everything_it_needs() {
    let mut live = Box::new();
    let backups = live.backups(None);
    let mut names = Vec::new();
    for _day in 0..6 {
        for _ in 0..2 {
            live.write(40);
            names.push(backups.create(&live.source(), &mut |_| {}).unwrap().name);
            live.clock.advance_micros(3_600_000_000);
        }
        live.clock.advance_micros(DAY_MICROS - 2 * 3_600_000_000);
    }
    let removed = backups.retain(3).unwrap();
    assert_eq!(removed.len(), 8);
    let kept: Vec<String> =
        backups.list().unwrap().into_iter().map(|snapshot| snapshot.manifest.name).collect();
    assert_eq!(kept, [names[11].clone(), names[10].clone(), names[9].clone(), names[7].clone()]);
    for name in &kept {
        live.verify(&backups, name).unwrap();
    }
    assert!(matches!(backups.get(&names[0]), Err(BackupError::NotFound(_))));
    assert_eq!(backups.retain(3).unwrap(), Vec::<String>::new());
}

#[test]
fn one_backup_at_a_time() {
    let mut live = Box::new();
    let backups = live.backups(None);
    live.write(20);
    let source = live.source();
    let mut refused = 0;
    backups
        .create(&source, &mut |_| {
            let second = backups.create(&source, &mut |_| {});
            refused += usize::from(matches!(second, Err(BackupError::Busy)));
        })
        .unwrap();
    assert!(refused > 0);
    backups.create(&source, &mut |_| {}).unwrap();
}

#[test]
fn a_snapshot_of_a_point_behind_the_head_ends_at_that_point() {
    let mut live = Box::new();
    let backups = live.backups(None);
    live.write(64);
    let source = live.source();
    live.write(200);
    let manifest = backups.create(&source, &mut |_| {}).unwrap();
    assert_eq!(manifest.seq, 64);
    live.verify(&backups, &manifest.name).unwrap();
    let mut beyond = live.source();
    beyond.point.seq += 1;
    assert!(matches!(backups.create(&beyond, &mut |_| {}), Err(BackupError::Journal(_))));
}

#[test]
fn an_empty_box_can_be_backed_up() {
    let live = Box::new();
    let backups = live.backups(None);
    let manifest = backups.create(&live.source(), &mut |_| {}).unwrap();
    assert_eq!(manifest.seq, 0);
    live.verify(&backups, &manifest.name).unwrap();
}
