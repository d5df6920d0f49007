//! The real binary killed at random, its view and its journal spoilt: what was acknowledged is
//! there, nothing is half there, damage is named.
//!
//! `CRASH_ROUNDS=200` kills more often.

use super::harness::{Answer, Client, Lenderbox, assert_killed, binary, eventually};
use lenderbox::base::ids::splitmix;
use lenderbox::base::time::SystemClock;
use lenderbox::service::backups::rebuild_restored;
use lenderbox::store::{Store, StoreError, StoreSettings, rebuild};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ROUNDS_DEFAULT: u64 = 4;
const WRITERS: u32 = 4;
const DEMO: &[&str] = &["--clients", "20"];

/// A client that was asked for, and what was answered.
#[derive(Debug, Clone)]
struct Written {
    phone: String,
    name: String,
    /// Its id, once the box has acknowledged it.
    id: Option<String>,
    /// Notes that the box has acknowledged.
    notes: Vec<String>,
    /// A note that was sent and not answered.
    unanswered: Option<String>,
}

/// A surname that is found by its beginning alone: digits are no letters of a name.
fn surname(number: u32) -> String {
    let letter = |digit: u32| char::from_u32('а' as u32 + digit).unwrap();
    let letters: String = (0..5).map(|place| letter(number / 10_u32.pow(place) % 10)).collect();
    format!("Крушин{letters}")
}

/// Sends until the box takes it or is gone. Too many requests of one person are refused untouched.
fn send(client: &Client, method: &str, path: &str, body: Option<&Value>) -> Option<Answer> {
    loop {
        let answer = client.try_send(method, path, body)?;
        if answer.status != 429 {
            return Some(answer);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A body, once the box is ready: while a view is built anew, every answer is 503.
fn get(client: &Client, path: &str) -> Value {
    eventually("the box is ready", || {
        let answer = send(client, "GET", path, None).expect("the box answers");
        (answer.status != 503).then_some(answer)
    })
    .ok()
}

/// Opens cards and adds notes until the box answers no more.
fn write(client: &Client, next: &AtomicU32, stop: &AtomicBool, written: &Mutex<Vec<Written>>) {
    write_padded(client, next, stop, written, 0);
}

/// As [`write`], with notes that are longer by `padding`.
fn write_padded(
    client: &Client,
    next: &AtomicU32,
    stop: &AtomicBool,
    written: &Mutex<Vec<Written>>,
    padding: usize,
) {
    while !stop.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let mut one = Written {
            phone: format!("+7999{number:07}"),
            name: surname(number),
            id: None,
            notes: Vec::new(),
            unanswered: None,
        };
        let body = json!({
            "kind": "person", "last_name": one.name, "first_name": "Проба",
            "phones": [{"number": one.phone}],
        });
        let answer = send(client, "POST", "/clients", Some(&body));
        if let Some(answer) = answer {
            assert_eq!(answer.status, 201, "{}", answer.body);
            one.id = answer.body["client_id"].as_str().map(str::to_owned);
        }
        for note in 0..2 {
            let Some(id) = &one.id else { break };
            let text = format!("note {note} of {number}{}", "щ".repeat(padding));
            let path = format!("/clients/{id}/notes");
            match send(client, "POST", &path, Some(&json!({"text": text}))) {
                Some(answer) => {
                    assert_eq!(answer.status, 201, "{}", answer.body);
                    one.notes.push(text);
                }
                None => {
                    one.unanswered = Some(text);
                    break;
                }
            }
        }
        let is_refused = one.id.is_none();
        written.lock().unwrap().push(one);
        if is_refused {
            // A dead box refuses at once: not thousands of times before it is seen to be dead.
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Stops the writers also when the test fails beside them: their scope waits for them.
struct StopsWriters<'a>(&'a AtomicBool);

impl Drop for StopsWriters<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What was acknowledged is there; what was not is there whole or not at all.
fn check(client: &Client, written: &[Written]) {
    let numbers = check_each(client, written);
    if let (Some(first), Some(last)) = (numbers.first(), numbers.last()) {
        let gaps = last - first + 1 - numbers.len() as u64;
        assert_eq!(gaps, 0, "the card numbers have gaps");
    }
}

/// As [`check`] for some of all; the numbers of their cards.
fn check_each(client: &Client, written: &[Written]) -> BTreeSet<u64> {
    let mut numbers = BTreeSet::new();
    for one in written {
        let id = match &one.id {
            Some(id) => id.clone(),
            None => {
                // Nobody was told: found by phone and by name, or by neither.
                let found = |query: &str| -> Vec<Value> {
                    let items = get(client, &format!("/search?q={query}"));
                    items["items"].as_array().unwrap().clone()
                };
                let by_phone = found(&one.phone.replace('+', "%2B"));
                let by_name = found(&percent(&one.name));
                assert_eq!(by_phone.len(), by_name.len(), "{one:?} is half there");
                match by_phone.first() {
                    Some(item) => item["client_id"].as_str().unwrap().to_owned(),
                    None => continue,
                }
            }
        };
        let card = get(client, &format!("/clients/{id}"));
        let notes: Vec<&str> = card["notes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|note| note["text"].as_str().unwrap())
            .collect();
        let mut expected: Vec<&str> = one.notes.iter().map(String::as_str).collect();
        let mut sorted = notes.clone();
        sorted.sort_unstable();
        if sorted.len() > expected.len() {
            expected.extend(one.unanswered.as_deref());
        }
        assert_eq!(sorted, expected, "{one:?}");
        assert!(numbers.insert(card["number"].as_u64().unwrap()), "a number was given twice");
    }
    numbers
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The view of a stopped box equals one that is built anew from its journal.
fn check_view(data: &Path) {
    let scratch = tempfile::tempdir().unwrap();
    copy(&data.join("journal"), &scratch.path().join("journal"));
    let rebuilt = rebuild_restored(scratch.path(), Arc::new(SystemClock)).unwrap();
    let store = Store::open(settings(data)).unwrap();
    let position = store.position().unwrap();
    assert_eq!(position.seq, rebuilt.seq);
    assert_eq!(position.digest.to_hex(), rebuilt.digest);
    assert_eq!(rebuild::digest_of_heads(&store).unwrap(), position.digest);
}

/// As [`check_view`], but what nobody has read since it was spoilt may still be spoilt: then it is
/// refused, and the next start or the first read builds the view anew.
fn check_view_or_refusal(data: &Path) {
    let store = match Store::open(settings(data)) {
        Ok(store) => store,
        Err(error) => return assert!(matches!(error, StoreError::Broken(_)), "{error:?}"),
    };
    let digest = rebuild::digest_of_heads(&store);
    drop(store);
    match digest {
        Ok(_) => check_view(data),
        Err(error) => assert!(matches!(error, StoreError::Broken(_)), "{error:?}"),
    }
}

fn settings(data: &Path) -> StoreSettings {
    StoreSettings { folder: data.join("store"), cache_bytes: 1 << 20 }
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for file in walk(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&file, target).unwrap();
    }
}

/// Starts the box and kills it somewhere on its way up.
fn kill_while_starting(data: &Path, after: Duration) {
    let mut child = Command::new(binary())
        .args(["demo", "--listen", "127.0.0.1:0", "--json", "--data-dir"])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The moment of the kill is the point of the test, not something that is waited for.
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn whatever_was_acknowledged_survives_kills_under_load() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let rounds = std::env::var("CRASH_ROUNDS").ok().and_then(|text| text.parse().ok());
    let mut random = 20_261_121;
    let (next, written) = (AtomicU32::new(0), Mutex::new(Vec::new()));
    for round in 0..rounds.unwrap_or(ROUNDS_DEFAULT) {
        let mut lenderbox = Lenderbox::start(&data, DEMO);
        let supervisor = lenderbox.sign_in("supervisor", 0);
        let recent: Vec<Written> = written.lock().unwrap().clone();
        check_each(&supervisor, &recent[recent.len().saturating_sub(200)..]);
        let (stop, before) = (AtomicBool::new(false), recent.len());
        let wanted = before + usize::try_from(5 + splitmix(&mut random) % 60).unwrap();
        std::thread::scope(|scope| {
            let _stops = StopsWriters(&stop);
            for _ in 0..WRITERS {
                scope.spawn(|| write(&supervisor, &next, &stop, &written));
            }
            eventually("enough was written", || {
                (written.lock().unwrap().len() >= wanted).then_some(())
            });
            lenderbox.kill();
        });
        if round % 2 == 1 {
            kill_while_starting(&data, Duration::from_millis(splitmix(&mut random) % 400));
        }
    }
    let mut lenderbox = Lenderbox::start(&data, DEMO);
    check(&lenderbox.sign_in("supervisor", 0), &written.lock().unwrap());
    lenderbox.stop();
    check_view(&data);
}

/// Points of the program at which it is killed, and what each needs to be reached.
const POINTS: &[(&str, Need)] = &[
    // Appended, not synced: nobody was answered.
    ("appended:9", Need::Writing),
    ("synced:11", Need::Writing),
    ("applied:13", Need::Writing),
    ("flush:2", Need::Writing),
    ("flush:2:300", Need::Writing),
    ("flush:2:3000", Need::Writing),
    ("segment_prepared", Need::LongNotes),
    ("segment_named", Need::LongNotes),
    ("snapshot_object", Need::Backup),
    ("snapshot_manifest", Need::Backup),
];

#[derive(Clone, Copy, PartialEq)]
enum Need {
    Writing,
    LongNotes,
    Backup,
}

/// A command of the binary that dies at `point`.
fn dying_at(point: &str) -> Command {
    let mut command = Command::new(binary());
    command.env("LENDERBOX_KILL_AT", point);
    command
}

#[test]
fn whatever_was_acknowledged_survives_a_kill_at_each_named_point() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let config = temporary.path().join("box.toml");
    fs::write(
        &config,
        "[storage]\nsegment_megabytes = 8\nflush_seconds = 1\n[limits]\nrequests_per_second = 100000\n",
    )
    .unwrap();
    let (next, written) = (AtomicU32::new(0), Mutex::new(Vec::new()));
    let try_start = |mut command: Command| {
        command.arg("--config").arg(&config);
        Lenderbox::try_start_by(command, &data, DEMO)
    };
    let start = |command| {
        try_start(command).unwrap_or_else(|ended| panic!("the box does not start: {ended}"))
    };
    // Signed in before: some points are reached by time, on a slow machine within a sign-in.
    let (signed_in_supervisor, signed_in_administrator) = {
        let mut lenderbox = start(Command::new(binary()));
        let people = (lenderbox.sign_in("supervisor", 0), lenderbox.sign_in("administrator", 0));
        lenderbox.stop();
        people
    };
    for (point, need) in POINTS {
        let before = written.lock().unwrap().len();
        let lives = try_start(dying_at(point)).map(|mut lenderbox| {
            let supervisor = signed_in_supervisor.at(&lenderbox);
            let administrator = signed_in_administrator.at(&lenderbox);
            let padding = if *need == Need::LongNotes { 3_900 } else { 0 };
            let stop = AtomicBool::new(false);
            std::thread::scope(|scope| {
                let _stops = StopsWriters(&stop);
                for _ in 0..WRITERS {
                    scope.spawn(|| write_padded(&supervisor, &next, &stop, &written, padding));
                }
                if *need == Need::Backup {
                    eventually("something was written", || {
                        (written.lock().unwrap().len() > before + 3).then_some(())
                    });
                    send(&administrator, "POST", "/backups", Some(&json!({})));
                }
                lenderbox.wait_for_death(point);
            });
        });
        if let Err(ended) = lives {
            // Only what is reached by time may come before the box can be spoken to.
            assert!(point.starts_with("flush"), "{point}: {ended}");
            assert_killed(ended, point);
        }
        let mut lenderbox = start(Command::new(binary()));
        let supervisor = lenderbox.sign_in("supervisor", 0);
        let all = written.lock().unwrap();
        check_each(&supervisor, &all[all.len().saturating_sub(300)..]);
        if *need == Need::Backup {
            // Nothing half is among the backups, and the next one is whole.
            let administrator = lenderbox.sign_in("administrator", 0);
            let job = administrator.post("/backups", &json!({})).ok();
            let name = ended(&administrator, &job);
            let job = administrator.post(&format!("/backups/{name}/verify"), &json!({})).ok();
            ended(&administrator, &job);
        }
        lenderbox.stop();
        check_view(&data);
    }
    let mut lenderbox = start(Command::new(binary()));
    check(&lenderbox.sign_in("supervisor", 0), &written.lock().unwrap());
    lenderbox.stop();
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|end| end == "segment");
    let segments = walk(&data.join("journal")).into_iter().filter(is_segment).count();
    assert!(segments >= 2, "no segment was begun");
}

#[test]
fn a_rebuilding_that_is_killed_leaves_a_box_that_starts() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let (next, stop, written) = (AtomicU32::new(0), AtomicBool::new(false), Mutex::new(Vec::new()));
    let mut lenderbox = Lenderbox::start(&data, DEMO);
    let supervisor = lenderbox.sign_in("supervisor", 0);
    std::thread::scope(|scope| {
        let _stops = StopsWriters(&stop);
        scope.spawn(|| write(&supervisor, &next, &stop, &written));
        eventually("enough was written", || (written.lock().unwrap().len() >= 20).then_some(()));
    });
    lenderbox.stop();
    for point in ["view_built", "view_set_aside", "flush", "flush:1:500"] {
        let status = dying_at(point).args(["rebuild", "--data-dir"]).arg(&data).status().unwrap();
        assert_killed(status, point);
        assert!(data.join("store-next").exists(), "{point}");
        let mut lenderbox = Lenderbox::start(&data, DEMO);
        check(&lenderbox.sign_in("supervisor", 0), &written.lock().unwrap());
        lenderbox.stop();
        check_view(&data);
    }
    assert!(run(&data, &["rebuild"]).status.success());
    check_view(&data);
}

#[test]
fn a_spoilt_view_is_rebuilt_by_itself_with_nothing_lost() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let (next, stop, written) = (AtomicU32::new(0), AtomicBool::new(false), Mutex::new(Vec::new()));
    {
        let mut lenderbox = Lenderbox::start(&data, DEMO);
        let supervisor = lenderbox.sign_in("supervisor", 0);
        std::thread::scope(|scope| {
            let _stops = StopsWriters(&stop);
            scope.spawn(|| write(&supervisor, &next, &stop, &written));
            eventually("enough was written", || {
                (written.lock().unwrap().len() >= 20).then_some(())
            });
        });
        lenderbox.stop();
    }
    let sound = temporary.path().join("sound");
    copy(&data.join("store"), &sound);
    let written = written.lock().unwrap();
    let spoil: [fn(&mut Vec<u8>); 3] = [
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x40;
        },
        |bytes| bytes.truncate(bytes.len() / 2),
        Vec::clear,
    ];
    let files = walk(&sound);
    assert!(!files.is_empty());
    let metadata = |file: &Path| file.components().any(|part| part.as_os_str() == "metadata");
    let (of_tree, leaves): (Vec<_>, Vec<_>) = files.iter().partition(|file| metadata(file));
    // What says where the leaves lie is spoilt in every way, each file of leaves in one.
    let every_way = of_tree.iter().flat_map(|file| spoil.map(|spoil| (*file, spoil)));
    let in_turn = leaves.iter().enumerate().map(|(n, file)| (*file, spoil[n % spoil.len()]));
    for (file, spoil) in every_way.chain(in_turn) {
        fs::remove_dir_all(data.join("store")).unwrap();
        copy(&sound, &data.join("store"));
        let mut bytes = fs::read(file).unwrap();
        if bytes.is_empty() {
            continue;
        }
        spoil(&mut bytes);
        fs::write(data.join("store").join(file.strip_prefix(&sound).unwrap()), bytes).unwrap();
        let mut lenderbox = Lenderbox::start(&data, DEMO);
        check(&lenderbox.sign_in("supervisor", 0), &written);
        lenderbox.stop();
        check_view_or_refusal(&data);
    }
    // The whole view lost.
    fs::remove_dir_all(data.join("store")).unwrap();
    let mut lenderbox = Lenderbox::start(&data, DEMO);
    check(&lenderbox.sign_in("supervisor", 0), &written);
    lenderbox.stop();
    check_view(&data);
}

fn run(data: &Path, command: &[&str]) -> Output {
    Command::new(binary()).args(command).arg("--data-dir").arg(data).output().unwrap()
}

#[test]
fn a_spoilt_journal_is_named_and_never_served() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    Lenderbox::start(&data, DEMO).stop();
    let doctor = run(&data, &["doctor"]);
    let report = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.status.success(), "{report}");
    assert!(report.contains("Everything is sound"), "{report}");

    let segment = walk(&data.join("journal"))
        .into_iter()
        .find(|path| path.extension().is_some_and(|extension| extension == "segment"));
    let segment = segment.unwrap();
    let sound = fs::read(&segment).unwrap();
    let used = sound.iter().rposition(|byte| *byte != 0).unwrap();
    let mut spoilt = sound.clone();
    spoilt[used / 2] ^= 0x04;
    fs::write(&segment, &spoilt).unwrap();
    let name = segment.file_name().unwrap().to_str().unwrap();

    let refused = run(&data, &["serve", "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(said.contains(name) && said.contains("lenderbox doctor"), "{said}");
    assert_eq!(fs::read(&segment).unwrap(), spoilt, "something was changed");

    let doctor = run(&data, &["doctor"]);
    let report = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(!doctor.status.success(), "{report}");
    assert!(report.contains(name) && report.contains("DAMAGED"), "{report}");
    assert_eq!(fs::read(&segment).unwrap(), spoilt, "the doctor changed something");

    fs::write(&segment, &sound).unwrap();
    Lenderbox::start(&data, DEMO).stop();
}

/// Waits until a job has ended well; its message.
fn ended(client: &Client, job: &Value) -> String {
    let path = format!("/jobs/{}", job["job"].as_str().unwrap());
    eventually("the job has ended", || {
        let job = client.get(&path).ok();
        assert_ne!(job["state"], "failed", "{job}");
        (job["state"] == "done").then(|| job["message"].as_str().unwrap().to_owned())
    })
}

#[test]
fn a_backup_taken_under_load_is_proved_and_restored() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let mut lenderbox = Lenderbox::start(&data, DEMO);
    let supervisor = lenderbox.sign_in("supervisor", 0);
    let administrator = lenderbox.sign_in("administrator", 0);
    let (next, stop, written) = (AtomicU32::new(0), AtomicBool::new(false), Mutex::new(Vec::new()));
    let mut names = Vec::new();
    let mut before: Vec<Written> = Vec::new();
    std::thread::scope(|scope| {
        let _stops = StopsWriters(&stop);
        for _ in 0..WRITERS {
            scope.spawn(|| write(&supervisor, &next, &stop, &written));
        }
        for _ in 0..3 {
            before = written.lock().unwrap().clone();
            let job = administrator.post("/backups", &json!({})).ok();
            names.push(ended(&administrator, &job));
            let more = before.len() + 5;
            eventually("writing went on meanwhile", || {
                (written.lock().unwrap().len() >= more).then_some(())
            });
        }
    });
    for name in &names {
        let job = administrator.post(&format!("/backups/{name}/verify"), &json!({})).ok();
        ended(&administrator, &job);
    }
    let list = administrator.get("/backups").ok();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items[0]["name"], names[2].as_str());
    let proved = items.iter().filter(|item| item["verified_at"].is_string()).count();
    assert_eq!(proved, names.len(), "{list}");
    lenderbox.stop();

    // From the archive alone, into an empty folder.
    let archive = temporary.path().join("archive");
    fs::rename(data.join("backups"), &archive).unwrap();
    let mark = fs::read(data.join("demo.json")).unwrap();
    fs::remove_dir_all(&data).unwrap();
    let restored = temporary.path().join("restored");
    let output = Command::new(binary())
        .args(["backup", "restore", &names[2], "--archive"])
        .arg(&archive)
        .arg("--into")
        .arg(&restored)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(restored.join("demo.json"), mark).unwrap();
    let mut lenderbox = Lenderbox::start(&restored, DEMO);
    // What other writers had under way at that moment may have drawn a number between.
    check_each(&lenderbox.sign_in("supervisor", 0), &before);
    lenderbox.stop();
    check_view(&restored);
}
