use super::*;
use crate::journal::{RealDisk, SimulatedDisk};

fn open(disk: &SimulatedDisk) -> Blobs {
    Blobs::open(Arc::new(disk.clone()), "/box/blobs", 100_000).unwrap()
}

#[test]
fn a_blob_comes_back_by_the_hash_of_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(Arc::new(RealDisk), folder.path(), 1 << 20).unwrap();
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
    let put = blobs.put(&mut &bytes[..]).unwrap();
    assert_eq!(put, BlobInfo { hash: BlobHash::of(&bytes), bytes: 200_000 });
    assert_eq!(blobs.put(&mut &bytes[..]).unwrap(), put);
    let empty = blobs.put(&mut &b""[..]).unwrap();
    assert_eq!(blobs.load(&put.hash).unwrap(), bytes);
    assert_eq!(blobs.load(&empty.hash).unwrap(), b"");
    blobs.verify(&put.hash).unwrap();
    let mut expected = vec![put.hash, empty.hash];
    expected.sort_unstable();
    assert_eq!(blobs.list().unwrap(), expected);
    assert_eq!(std::fs::read_dir(folder.path().join(TEMPORARY)).unwrap().count(), 0);
    let name = put.hash.to_string();
    assert!(folder.path().join(&name[..2]).join(&name[2..4]).join(&name).is_file());
    assert_eq!(name.parse::<BlobHash>().unwrap(), put.hash);
    assert!(matches!("../../etc/passwd".parse::<BlobHash>(), Err(BlobError::NotAHash)));
    let unknown = BlobHash::of(b"unknown");
    assert!(matches!(blobs.load(&unknown), Err(BlobError::NotFound(hash)) if hash == unknown));
}

#[test]
fn a_file_that_is_too_large_leaves_nothing() {
    let disk = SimulatedDisk::new(1);
    let blobs = open(&disk);
    let error = blobs.put(&mut io::repeat(7).take(100_001)).unwrap_err();
    assert!(matches!(error, BlobError::TooLarge { bytes_max: 100_000 }), "{error}");
    assert_eq!(disk.used_bytes(), 0);
    assert_eq!(blobs.put(&mut io::repeat(7).take(100_000)).unwrap().bytes, 100_000);
}

#[test]
fn a_blob_that_was_put_survives_a_power_loss() {
    for seed in 0..200 {
        let disk = SimulatedDisk::new(seed);
        let blobs = open(&disk);
        let put: Vec<BlobInfo> =
            (0..5_u8).map(|n| blobs.put(&mut &[n; 3000][..]).unwrap()).collect();
        let mut unfinished = blobs.writer().unwrap();
        unfinished.write(&[9; 5000]).unwrap();
        let found = open(&disk.crash());
        for info in &put {
            found.verify(&info.hash).unwrap();
        }
        assert_eq!(found.list().unwrap().len(), 5);
    }
}

#[test]
fn a_spoilt_blob_is_named() {
    let disk = SimulatedDisk::new(1);
    let blobs = open(&disk);
    let put = blobs.put(&mut &[5; 100][..]).unwrap();
    disk.flip_bit(&blobs.path(&put.hash), 50, 1).unwrap();
    assert!(matches!(blobs.verify(&put.hash), Err(BlobError::Damaged(hash)) if hash == put.hash));
    assert!(matches!(blobs.load(&put.hash), Err(BlobError::Damaged(_))));
}

#[test]
fn a_full_disk_refuses_a_blob_and_keeps_nothing_of_it() {
    let disk = SimulatedDisk::new(1);
    let blobs = open(&disk);
    disk.set_capacity(Some(5000));
    assert!(matches!(blobs.put(&mut io::repeat(1).take(90_000)), Err(BlobError::Io { .. })));
    assert_eq!(disk.used_bytes(), 0);
    blobs.put(&mut io::repeat(1).take(4000)).unwrap();
}
