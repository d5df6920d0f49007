//! Tests of the logs.

mod background;
mod crashes;
mod damage;
mod round_trip;

use crate::base::time::{ManualClock, Timestamp};
use crate::journal::{Disk, LogOptions, SimulatedDisk};
use std::path::Path;
use std::sync::Arc;

const FOLDER: &str = "/box/journal";

/// A small log on a simulated disk.
fn small(segment_bytes: u64) -> LogOptions {
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_700_000_000_000_000)));
    LogOptions { segment_bytes, prepare_ahead: false, ..LogOptions::kept(FOLDER, "journal", clock) }
}

/// All files of the log with their contents.
fn files(disk: &SimulatedDisk) -> Vec<(String, Vec<u8>)> {
    let names = disk.list(Path::new(FOLDER)).unwrap();
    let contents = |name: &String| disk.contents(&Path::new(FOLDER).join(name)).unwrap();
    names.iter().map(|name| (name.clone(), contents(name))).collect()
}
