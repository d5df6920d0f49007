//! The goals of the design, measured on the real binary over real HTTP, load client included.
//!
//! `cargo bench` measures a base of 10 000 clients; `cargo bench -- --clients 1000000` a large one.
//! `--seconds` sets the length of each load (60 unless told), `--data-dir` keeps the base for the
//! next run; `--only starts`, `calls`, `money` or `rebuild` measures a part. Prints one table and writes it as JSON beside the build. Reports; asserts nothing.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod load;
mod money;

use lenderbox::samples::Lender;
use load::{Box_, Load, Session, http, percentile};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The nightly backup and the daily run begin by themselves at their hour: nothing is measured beside
/// them.
const CONFIG: &str = "[lender]\ndaily_run_hour = -1\n[limits]\nrequests_per_second = 1000000\n\
    [backup]\ndaily_hour = -1\n";
/// Clients whose cards are read again and again.
const HOT: usize = 1_000;
/// Clients whose cards are read once each after a start.
const COLD: usize = 20_000;
/// Seconds of work before a power cut: about as long as the view goes without a flush.
const KILLED_AFTER_SECONDS: u64 = 9;

struct Options {
    clients: u64,
    seconds: u64,
    folder: Option<PathBuf>,
    only: Option<String>,
}

impl Options {
    fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }
}

struct Table(Vec<Value>);

impl Table {
    fn row(&mut self, work: &str, goal: &str, found: String) {
        println!("| {work} | {goal} | {found} |");
        self.0.push(json!({"work": work, "goal": goal, "found": found}));
    }
}

fn main() {
    let options = options();
    let temporary = tempfile::tempdir().unwrap();
    let folder = options.folder.clone().unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&folder).unwrap();
    let mut table = Table(Vec::new());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("{} clients, {cores} cores, {} s each\n", options.clients, options.seconds);
    println!("| work | goal | found |\n|---|---|---|");
    let sync = disk_sync(&folder);
    table.row("disk sync of 4 KiB, p50 / p99", "—", sync);
    let data = prepare(&folder, &options, &mut table);
    let config = data.with_extension("toml");
    std::fs::write(&config, CONFIG).unwrap();
    if options.wants("starts") {
        starts(&data, &config, &options, &mut table);
    }
    if options.wants("cards") || options.wants("calls") {
        serving(&data, &config, &options, &mut table);
    }
    if options.wants("money") {
        money::measure(&data, &config, &options, &mut table);
    }
    if options.wants("rebuild") {
        rebuild(&data, &mut table);
    }
    let report = json!({"clients": options.clients, "cores": cores, "seconds": options.seconds, "rows": table.0});
    let target =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("goals-{}.json", options.clients));
    std::fs::write(&target, serde_json::to_vec_pretty(&report).unwrap()).unwrap();
    println!("\nwritten to {}", target.display());
}

fn options() -> Options {
    let mut options = Options { clients: 10_000, seconds: 60, folder: None, only: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--clients" => options.clients = arguments.next().unwrap().parse().unwrap(),
            "--seconds" => options.seconds = arguments.next().unwrap().parse().unwrap(),
            "--data-dir" => options.folder = arguments.next().map(PathBuf::from),
            "--only" => options.only = arguments.next(),
            // Cargo passes --bench.
            _ => {}
        }
    }
    options
}

fn disk_sync(folder: &Path) -> String {
    use std::io::Write;
    let mut file = std::fs::File::create(folder.join("sync.tmp")).unwrap();
    let block = [1_u8; 4096];
    let mut taken: Vec<Duration> = (0..500)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&block).unwrap();
            file.sync_data().unwrap();
            begun.elapsed()
        })
        .collect();
    std::fs::remove_file(folder.join("sync.tmp")).unwrap();
    format!("{} / {}", percentile(&mut taken, 50.0), percentile(&mut taken, 99.0))
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lenderbox"))
}

fn prepare(folder: &Path, options: &Options, table: &mut Table) -> PathBuf {
    let data = folder.join(format!("base-{}", options.clients));
    if !data.join("demo.json").exists() {
        let begun = Instant::now();
        let made = binary()
            .args(["bench-data", "--clients", &options.clients.to_string(), "--data-dir"])
            .arg(&data)
            .status()
            .unwrap();
        assert!(made.success());
        let rate = options.clients as f64 / begun.elapsed().as_secs_f64();
        table.row(
            "bench-data: client with loan, payments and calls, through rules and journal",
            "≥ 10 000 rows/s",
            format!("{rate:.0} clients/s"),
        );
    }
    data
}

/// Starts the box in every way and reads each of many cards once.
fn starts(data: &Path, config: &Path, options: &Options, table: &mut Table) {
    Box_::start(data, config).0.stop();
    let (mut lenderbox, took) = Box_::start(data, config);
    table.row("start to ready after a clean stop", "≤ 1 s", format!("{took:.2?}"));
    table.row("memory after the start", "≤ 0.3 GB", lenderbox.memory());
    lenderbox.kill();
    let (lenderbox, took) = Box_::start(data, config);
    table.row("start to ready after a kill", "≤ 2 s", format!("{took:.2?}"));
    let ids = find_clients(&lenderbox, options);
    lenderbox.stop();

    let (lenderbox, _) = Box_::start(data, config);
    let session = lenderbox.session("supervisor", 0);
    let requests: Vec<Vec<u8>> = ids
        .iter()
        .map(|id| http("GET", &format!("/api/v1/clients/{id}"), &session, None))
        .collect();
    let found = Load { connections: 64, requests, rate: None, rounds: Some(1), seconds: 600 }
        .run(&lenderbox);
    table.row("card open, cold (first read of each)", "≥ 10 000 /s", found.to_string());
    lenderbox.stop();
}

/// Identifiers of clients, found by their phones as an operator would.
fn find_clients(lenderbox: &Box_, options: &Options) -> Vec<String> {
    let session = lenderbox.session("supervisor", 0);
    // Phones do not depend on the day.
    let lender = Lender::new(2026, lenderbox::base::time::Date::default());
    let step = (options.clients / COLD as u64).max(1);
    let mut stream = lenderbox.connect();
    let mut ids = Vec::new();
    for index in (0..options.clients).step_by(step as usize).take(COLD) {
        let phone = lender.main_phone(index).replace('+', "%2B");
        let request = http("GET", &format!("/api/v1/search?q={phone}&limit=1"), &session, None);
        let (status, body) = load::exchange(&mut stream, &request);
        assert_eq!(status, 200, "{body}");
        let found: Value = serde_json::from_str(&body).unwrap();
        ids.extend(found["items"][0]["client_id"].as_str().map(str::to_owned));
    }
    ids
}

fn serving(data: &Path, config: &Path, options: &Options, table: &mut Table) {
    let (lenderbox, _) = Box_::start(data, config);
    let ids = find_clients(&lenderbox, options);
    let session = lenderbox.session("supervisor", 0);
    let reads: Vec<Vec<u8>> = ids
        .iter()
        .take(HOT)
        .map(|id| http("GET", &format!("/api/v1/clients/{id}"), &session, None))
        .collect();
    if options.wants("cards") {
        cards(&lenderbox, options, &reads, &session, table);
    }
    calls(&lenderbox, options, &ids, &reads, table);
    killed_at_work(lenderbox, data, config, &ids, &reads, table);
}

/// A power cut in the middle of the work: what was not flushed is replayed at the start.
fn killed_at_work(
    mut lenderbox: Box_,
    data: &Path,
    config: &Path,
    ids: &[String],
    reads: &[Vec<u8>],
    table: &mut Table,
) {
    std::thread::scope(|scope| {
        scope.spawn(|| notes(&lenderbox, ids, KILLED_AFTER_SECONDS).run(&lenderbox));
        load::pops(&lenderbox, &phones(), reads, KILLED_AFTER_SECONDS);
    });
    lenderbox.kill();
    let (lenderbox, took) = Box_::start(data, config);
    let work = "start to ready after a kill under 200 calls/s and 500 notes/s";
    table.row(work, "≤ 2 s", format!("{took:.2?}, {}", lenderbox.memory()));
    lenderbox.stop();
}

/// Notes written to many cards, 500 a second.
fn notes(lenderbox: &Box_, ids: &[String], seconds: u64) -> Load {
    let session = lenderbox.session("supervisor", 0);
    let body = r#"{"text":"звонил сам"}"#;
    let request =
        |id: &String| http("POST", &format!("/api/v1/clients/{id}/notes"), &session, Some(body));
    let requests = ids.iter().take(HOT).map(request).collect();
    Load { connections: 16, requests, rate: Some(500), rounds: None, seconds }
}

fn cards(
    lenderbox: &Box_,
    options: &Options,
    reads: &[Vec<u8>],
    session: &Session,
    table: &mut Table,
) {
    let hot = Load {
        connections: 64,
        requests: reads.to_vec(),
        rate: None,
        rounds: None,
        seconds: options.seconds,
    };
    table.row("card open, hot", "≥ 50 000 /s", hot.run(lenderbox).to_string());
    let searches: Vec<Vec<u8>> = phones()
        .iter()
        .map(|phone| {
            http("GET", &format!("/api/v1/search?q={}", phone.replace('+', "%2B")), session, None)
        })
        .collect();
    let search = Load {
        connections: 16,
        requests: searches,
        rate: Some(2_000),
        rounds: None,
        seconds: options.seconds.min(20),
    };
    table.row("search by phone, 2 000 /s", "p99 ≤ 10 ms", search.run(lenderbox).to_string());
}

/// Phones of the clients that are called.
fn phones() -> Vec<String> {
    let lender = Lender::new(2026, lenderbox::base::time::Date::default());
    (0..HOT as u64).map(|n| lender.main_phone(n)).collect()
}

fn calls(
    lenderbox: &Box_,
    options: &Options,
    ids: &[String],
    reads: &[Vec<u8>],
    table: &mut Table,
) {
    let phones = phones();
    for (name, goal) in [("first minute", "p99 ≤ 10 ms"), ("warm", "p99 ≤ 5 ms")] {
        let frames = load::pops(lenderbox, &phones, reads, options.seconds);
        table.row(
            &format!("PBX event durable → card frame, 200 calls/s beside 2 000 cards/s, {name}"),
            goal,
            frames.to_string(),
        );
    }
    let snapshot = begin_snapshot(lenderbox);
    let frames = load::pops(lenderbox, &phones, reads, options.seconds);
    table.row("the same beside a snapshot", "p99 ≤ 50 ms", frames.to_string());
    wait_for_job(lenderbox, &snapshot);
    let load = notes(lenderbox, ids, options.seconds.min(20));
    let alone = load.run(lenderbox);
    table.row("durable note, 500 /s", "—", alone.to_string());
    let snapshot = begin_snapshot(lenderbox);
    let beside = load.run(lenderbox);
    wait_for_job(lenderbox, &snapshot);
    table.row("durable note, 500 /s, beside a snapshot", "p99 at most doubles", beside.to_string());
    table.row("memory after the loads", "≤ 2 GB", lenderbox.memory());
}

/// Begins a snapshot; its job.
fn begin_snapshot(lenderbox: &Box_) -> String {
    let administrator = lenderbox.session("administrator", 0);
    let request = http("POST", "/api/v1/backups", &administrator, Some("{}"));
    let (status, body) = load::exchange(&mut lenderbox.connect(), &request);
    assert_eq!(status, 202, "{body}");
    let job: Value = serde_json::from_str(&body).unwrap();
    job["job"].as_str().unwrap().to_owned()
}

/// What comes next is measured alone.
fn wait_for_job(lenderbox: &Box_, job: &str) {
    let administrator = lenderbox.session("administrator", 0);
    let request = http("GET", &format!("/api/v1/jobs/{job}"), &administrator, None);
    loop {
        let (status, body) = load::exchange(&mut lenderbox.connect(), &request);
        assert_eq!(status, 200, "{body}");
        if !body.contains("\"running\"") {
            return;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn rebuild(data: &Path, table: &mut Table) {
    let begun = Instant::now();
    let output = binary().args(["rebuild", "--data-dir"]).arg(data).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    let found = format!("{} ({:.1?})", said.lines().last().unwrap_or_default(), begun.elapsed());
    table.row("rebuild of all views", "≥ 80 000 frames/s", found);
}
