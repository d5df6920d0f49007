//! One seed drives the clock, the commands, the committer and the faults of the disk; a plain model
//! checks every receipt, and after every crash what is left.
//!
//! `SIM_SEEDS=2000 cargo test --test sim` runs more; `SIM_SEED=7` runs one. A failure prints its seed.
//! A view that is cut off as by a power cut keeps its files open for as long as the process lives, so
//! that every few seeds have a process of their own.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "sim/model.rs"]
mod model;
#[path = "sim/world.rs"]
mod world;

use lenderbox::telemetry::process::allow_open_files;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

const SEEDS_DEFAULT: u64 = 60;
/// Seeds of one process: each leaves a few hundred files open at most.
const SEEDS_PER_PROCESS: u64 = 10;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn every_receipt_and_every_recovery_agrees_with_a_plain_model() {
    if let Some(seed) = number("SIM_SEED") {
        world::live(seed);
        return;
    }
    let seeds = number("SIM_SEEDS").unwrap_or(SEEDS_DEFAULT);
    let Some(first) = number("SIM_FIRST") else {
        (0..seeds).step_by(SEEDS_PER_PROCESS as usize).for_each(|first| in_a_process(first, seeds));
        return;
    };
    allow_open_files();
    let next = AtomicU64::new(first);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    if std::panic::catch_unwind(|| world::live(seed)).is_err() {
                        next.store(seeds, Ordering::Relaxed);
                        panic!("seed {seed} fails; run it alone with SIM_SEED={seed}");
                    }
                }
            });
        }
    });
}

/// Runs some seeds from `first` on; those before `seeds`.
fn in_a_process(first: u64, seeds: u64) {
    let end = seeds.min(first + SEEDS_PER_PROCESS);
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "every_receipt_and_every_recovery_agrees_with_a_plain_model"])
        .arg("--nocapture")
        .envs([("SIM_FIRST", first.to_string()), ("SIM_SEEDS", end.to_string())])
        .output()
        .unwrap();
    let said = [ran.stdout, ran.stderr].concat();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&said));
}
