//! Real files, imported twice into a real journal: exact counts, nothing changes the second time.

use super::*;
use crate::base::ids::{ClientId, ImportId, LoanId, PartId, SystemIds};
use crate::base::time::{Clock, Date, SystemClock, Timestamp};
use crate::committer::{
    Committer, CommitterSettings, Engine, Gauge, Proposal, Refusal, TypedChange,
};
use crate::domain::access::Principal;
use crate::domain::client::{AddNote, Client, ClientCommand, ClientKind, OrganisationForm};
use crate::domain::credit::ledger::{Closing, Operation};
use crate::domain::credit::tests::e1;
use crate::domain::import::run::{Counts, FileSource, ImportPlan, ImportRun, RunState};
use crate::domain::import::{ImportKind, Mapping, shipped_named};
use crate::domain::loan::own::{ChangeSchedule, LedgerCommand, OpenLedger};
use crate::domain::loan::{Loan, LoanCommand};
use crate::domain::{Aggregate, ClaimSpace, Context, StreamId, StreamKind};
use crate::feed::Feed;
use crate::journal::{Log, LogOptions, RealDisk};
use crate::service::statements::tests::commit;
use crate::store::{Store, StoreSettings, rebuild};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use uuid::Uuid;

struct Box_ {
    folder: tempfile::TempDir,
    environment: Environment,
    thread: Option<std::thread::JoinHandle<()>>,
    next: u128,
}

pub(in crate::service) fn open(folder: &Path) -> (Environment, std::thread::JoinHandle<()>) {
    open_on(folder, Arc::new(|| None))
}

/// With a disk of which `disk_free` bytes are free; one byte is the reserve.
fn open_on(folder: &Path, disk_free: Gauge) -> (Environment, std::thread::JoinHandle<()>) {
    let clock = Arc::new(SystemClock);
    let mut options = LogOptions::kept(folder.join("journal"), "journal", clock.clone());
    options.segment_bytes = 8 << 20;
    options.prepare_ahead = false;
    let (log, report) = Log::open(Arc::new(RealDisk), options).unwrap();
    let settings = StoreSettings { folder: folder.join("store"), cache_bytes: 16 << 20 };
    let store = Arc::new(Store::open(settings).unwrap());
    rebuild::catch_up(&store, &log.tail(), |_| {}).unwrap();
    let feed = Arc::new(Feed::new(report.head));
    let ids = Arc::new(SystemIds);
    let engine = Engine::new(log, Arc::clone(&store), feed, ids.clone()).unwrap();
    let settings = CommitterSettings {
        flush_every: Duration::from_secs(60),
        disk_reserve_bytes: 1,
        memory_budget_bytes: u64::MAX,
        disk_free,
        memory_used: Arc::new(|| None),
        hour: Arc::new(|| None),
        on_storage_low: Arc::new(|_| ()),
        on_group: Arc::new(|_, _| ()),
    };
    let (committer, thread) = Committer::start(engine, settings, |_| ()).unwrap();
    let environment = Environment {
        store,
        committer,
        clock,
        ids,
        zone: chrono_tz::Europe::Moscow,
        on_written: Arc::new(|_| ()),
        on_progress: Arc::new(|_, _| ()),
    };
    (environment, thread)
}

impl Box_ {
    fn new() -> Self {
        Self::on(Arc::new(|| None))
    }

    fn on(disk_free: Gauge) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (environment, thread) = open_on(folder.path(), disk_free);
        Self { folder, environment, thread: Some(thread), next: 1 }
    }

    fn stop(&mut self) {
        self.environment.committer.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    fn job(&mut self, path: &Path, mapping_text: &str) -> Job {
        let id = ImportId::from_uuid(Uuid::from_u128(self.next));
        self.next += 1;
        let kind = Mapping::parse(mapping_text).map_or(ImportKind::Clients, |found| found.kind);
        Job {
            id,
            principal: Principal::System,
            command: None,
            request: Request {
                kind,
                path: path.to_owned(),
                mapping_text: mapping_text.to_owned(),
                lookups: BTreeMap::new(),
                beside: true,
            },
            rejects: rejects_path(self.folder.path(), id),
            cancel: Arc::new(AtomicBool::new(false)),
            progress: Arc::new(Progress::new()),
        }
    }

    fn plan(job: &Job, dry_run: bool) -> ImportPlan {
        let Request { kind, path, mapping_text, .. } = job.request.clone();
        ImportPlan {
            kind,
            file_name: "file.csv".into(),
            source: FileSource::Path(path.display().to_string()),
            mapping: String::new(),
            mapping_text,
            dry_run,
        }
    }

    fn import(&mut self, path: &Path, mapping: &str, dry_run: bool) -> (Counts, String) {
        let text = shipped_named(mapping).map_or(mapping, |shipped| shipped.text);
        let job = self.job(path, text);
        let rejects = job.rejects.clone();
        let plan = Self::plan(&job, dry_run);
        let session = begin(self.environment.clone(), job, plan, Vec::new()).unwrap();
        let run = session.work().unwrap();
        assert_eq!(run.state, RunState::Finished);
        (run.counts, read_rejects(&rejects).unwrap())
    }

    fn written(&mut self, text: &str, mapping: &str) -> (Counts, String) {
        let path = self.folder.path().join(format!("{}.csv", self.next));
        std::fs::write(&path, text).unwrap();
        self.import(&path, mapping, false)
    }

    fn stream(&self, space: ClaimSpace, value: &str) -> StreamId {
        let holders = self.environment.store.holders(space, value).unwrap();
        assert_eq!(holders.len(), 1, "{value}");
        holders[0]
    }

    fn run(&self, id: ImportId) -> ImportRun {
        let stream = StreamId::new(StreamKind::Import, id.uuid());
        ImportRun::clone(&self.environment.store.load(stream).unwrap().state)
    }

    fn client(&self, key: &str) -> Client {
        let stream = self.stream(ClaimSpace::SourceKey, &format!("client:{key}"));
        Client::clone(&self.environment.store.load::<Client>(stream).unwrap().state)
    }

    fn loan(&self, key: &str) -> Loan {
        let stream = self.stream(ClaimSpace::SourceKey, &format!("loan:{key}"));
        Loan::clone(&self.environment.store.load::<Loan>(stream).unwrap().state)
    }
}

impl Drop for Box_ {
    fn drop(&mut self) {
        self.stop();
    }
}

fn counts(created: u64, updated: u64, unchanged: u64, skipped: u64, rejected: u64) -> Counts {
    let rows = created + updated + unchanged + skipped + rejected;
    Counts { rows, created, updated, unchanged, skipped, rejected }
}

fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if !found.exists() {
        eprintln!("left out: the sample set {path} is not beside the project");
        return None;
    }
    Some(found)
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn the_berka_set_is_imported_and_the_second_time_nothing_changes() {
    let Some(folder) = shared("berka") else {
        return;
    };
    let mut the_box = Box_::new();
    let mut import = |file: &str, mapping: &str| the_box.import(&folder.join(file), mapping, false);
    let clients = import("client.asc", "berka-clients").0;
    assert_eq!(clients, counts(5_369, 0, 0, 0, 0));
    // The copy with ISO dates says the same of everybody.
    assert_eq!(import("client_iso.csv", "berka-clients-iso").0, counts(0, 0, 5_369, 0, 0));
    assert_eq!(import("loan.asc", "berka-loans").0, counts(682, 0, 0, 0, 0));
    assert_eq!(import("loan_iso.csv", "berka-loans").0, counts(0, 0, 682, 0, 0));
    let (orders, rejects) = import("order.asc", "berka-orders");
    // 717 orders pay a loan; 35 of them are of accounts whose loan is not in the set.
    assert_eq!(orders, counts(682, 0, 0, 5_754, 35));
    assert_eq!(rejects.lines().count(), 1 + 35 * 4);
    let payments = import("trans_head_49102.asc.gz", "berka-payments").0;
    assert_eq!(payments, counts(123, 0, 0, 48_979, 0));
    assert_eq!(import("client.asc", "berka-clients").0, counts(0, 0, 5_369, 0, 0));
    assert_eq!(import("loan.asc", "berka-loans").0, counts(0, 0, 682, 0, 0));
    assert_eq!(import("order.asc", "berka-orders").0, counts(0, 0, 682, 5_754, 35));
    assert_eq!(import("trans_head_49102.asc.gz", "berka-payments").0, counts(0, 0, 123, 48_979, 0));
    let loan = the_box.loan("berka:4959");
    assert_eq!((loan.schedule.len(), loan.schedule[0].principal), (24, 337_270));
    assert_eq!(loan.schedule[0].due_on, date("1994-02-05"));
    let paid: i64 = loan.schedule.iter().map(|row| row.principal).sum();
    assert_eq!(paid, loan.terms.principal.minor());
    assert_eq!(the_box.client("berka:1").details.name.full(), "Client 1");
}

#[test]
fn lendingclub_rows_are_borrowers_and_loans_at_once() {
    let Some(path) = shared("lendingclub/loans_full_schema.csv.gz") else {
        return;
    };
    let mut the_box = Box_::new();
    let dry = the_box.import(&path, "lendingclub-loans", true).0;
    assert_eq!(dry, counts(10_000, 0, 0, 0, 0));
    assert_eq!(the_box.import(&path, "lendingclub-loans", false).0, dry, "a dry run wrote nothing");
    let again = the_box.import(&path, "lendingclub-loans", false).0;
    assert_eq!(again, counts(0, 0, 10_000, 0, 0));
    assert_eq!(the_box.loan("lendingclub:2").figures.outstanding, Some(870_448));
}

#[test]
fn organisations_of_the_register_are_found_by_inn_or_ogrn() {
    let Some(path) = shared("ru/egrul_orgs.csv") else {
        return;
    };
    let mut the_box = Box_::new();
    assert_eq!(the_box.import(&path, "egrul-organisations", false).0, counts(149, 0, 0, 0, 0));
    assert_eq!(the_box.import(&path, "egrul-organisations", false).0, counts(0, 0, 149, 0, 0));
    let without_inn = the_box.client("egrul:1077799001180");
    assert!(without_inn.details.inn.is_none());
    // Another source with another key tells of the same organisation: one card, enriched.
    let other = "inn,kpp,ogrn,name,phone\n7723365574,772301001,1077799002710,РООВ,84951234567\n";
    let mapping = "kind = \"clients\"\nsource = \"crm\"\nkey = \"{inn}\"\n[columns]\ninn = \"inn\"\nkpp = \"kpp\"\nogrn = \"ogrn\"\norganisation_short_name = \"name\"\nphone = \"phone\"\n[constants]\norganisation_form = \"partner\"\n";
    assert_eq!(the_box.written(other, mapping).0, counts(0, 1, 0, 0, 0));
    let card = the_box.client("crm:7723365574");
    assert_eq!(card.source_keys, ["egrul:1077799002710", "crm:7723365574"]);
    assert_eq!(card.details.phones.len(), 1);
    assert!(card.details.organisation.unwrap().full_name.contains("ВЕТЕРАНОВ"));
}

const PEOPLE: &str = "kind = \"clients\"\nsource = \"s\"\nkey = \"{id}\"\n[columns]\nfull_name = \"name\"\nbirth_date = \"born\"\ninn = \"inn\"\nsnils = \"snils\"\nphone = \"phone\"\nemail = \"email\"\n";

#[test]
fn a_later_file_enriches_the_card_and_takes_nothing_away() {
    let mut the_box = Box_::new();
    let head = "id;name;born;inn;snils;phone;email\n";
    let first = format!("{head}1;Иванов Пётр Ильич;1980-03-05;500100732259;;89161234567;a@b.ru\n");
    assert_eq!(the_box.written(&first, PEOPLE).0, counts(1, 0, 0, 0, 0));
    let second = format!("{head}1;Иванов Пётр Ильич;;;112-233-445 95;8 903 123-45-67;\n");
    assert_eq!(the_box.written(&second, PEOPLE).0, counts(0, 1, 0, 0, 0));
    assert_eq!(the_box.written(&second, PEOPLE).0, counts(0, 0, 1, 0, 0));
    let card = the_box.client("s:1").details;
    let phones: Vec<&str> = card.phones.iter().map(|phone| phone.e164.reveal().as_str()).collect();
    assert_eq!(phones, ["+79161234567", "+79031234567"]);
    assert_eq!(card.snils.unwrap().reveal(), "11223344595");
    assert_eq!(card.inn.unwrap().reveal(), "500100732259");
    assert_eq!((card.emails.len(), card.birth_date.is_some()), (1, true));
}

#[test]
fn duplicates_are_joined_or_refused_and_never_made() {
    let mut the_box = Box_::new();
    let text = "id;name;born;inn;snils;phone;email\n\
        1;Иванов Пётр;1980-03-05;500100732259;;89161234567;\n\
        2;Иванов Пётр;1980-03-05;500100732259;;89031234567;\n\
        3;Иванов Пётр;1981-03-05;500100732259;;;\n\
        4;Петрова Анна;;;112-233-445 95;;\n\
        5;Сидоров Олег;;500100732259;112-233-445 95;;\n";
    let (found, rejects) = the_box.written(text, PEOPLE);
    assert_eq!(found, counts(2, 1, 0, 0, 2));
    assert_eq!(the_box.client("s:1").id, the_box.client("s:2").id);
    assert_eq!(the_box.client("s:1").details.phones.len(), 2);
    let lines: Vec<&str> = rejects.lines().skip(1).collect();
    assert!(
        lines[0].starts_with("4;inn;duplicate;\"another card holds this value, but"),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].starts_with("6;row;ambiguous_client;\"several cards")
            || lines[1].starts_with("6;row;ambiguous_client;several")
    );
    for secret in ["Иванов", "500100732259", "1981"] {
        assert!(!rejects.contains(secret));
    }
}

#[test]
fn every_kind_of_faulty_row_is_listed_with_its_line_and_the_rest_goes_in() {
    let mut the_box = Box_::new();
    let mut text = "id;name;born;inn;snils;phone;email\n".to_owned();
    let rows = [
        ";Иванов Пётр;;;;;",
        "2;;;;;;",
        "3;Иванов Пётр;31.02.1980;;;;",
        "4;Иванов Пётр;;123;;;",
        "5;Иванов Пётр;;;11223344596;;",
        "6;Иванов Пётр;;;;123;",
        "7;Иванов Пётр;;;;;x@y",
        "8;Иванов Пётр;01.01.2030;;;;",
        "9;Иванов Пётр",
        "10;Иванов Пётр;;;;;",
    ];
    for row in rows {
        text.push_str(row);
        text.push('\n');
    }
    let (found, rejects) = the_box.written(&text, PEOPLE);
    assert_eq!(found, counts(1, 0, 0, 0, 9));
    let listed: Vec<String> = rejects
        .lines()
        .skip(1)
        .map(|line| line.split(';').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    let expected = [
        "2 key",
        "3 last_name",
        "4 birth_date",
        "5 inn",
        "6 snils",
        "7 phone",
        "8 emails[0]",
        "9 birth_date",
        "10 row",
    ];
    assert_eq!(listed, expected);
}

const LOANS: &str = "kind = \"loans\"\nsource = \"s\"\nkey = \"{n}\"\n[columns]\nnumber = \"n\"\nclient_key = \"client\"\nprincipal = \"sum\"\nissued_on = \"on\"\n";
const PAYMENTS: &str = "kind = \"payments\"\nsource = \"s\"\nkey = \"{id}\"\n[columns]\nloan_number = \"n\"\non = \"on\"\namount = \"sum\"\n";

#[test]
fn loans_and_payments_need_their_client_and_loan() {
    let mut the_box = Box_::new();
    the_box.written(
        "id;name;born;inn;snils;phone;email\n1;Иванов Пётр;;;;;\n2;Ким Ольга;;;;;\n",
        PEOPLE,
    );
    let loans = "n;client;sum;on\nA-1;1;1000;2026-01-15\nA-2;9;1000;2026-01-15\nA-1;2;1000;2026-01-15\nA-3;1;0;2030-01-01\n";
    let (found, rejects) = the_box.written(loans, LOANS);
    assert_eq!(found, counts(1, 0, 0, 0, 3));
    let fields: Vec<&str> = rejects.lines().skip(1).filter_map(|l| l.split(';').nth(1)).collect();
    assert_eq!(fields, ["client_key", "key", "principal", "issued_on"]);
    let payments = "id;n;on;sum\n1;A-1;2026-02-15;100\n1;A-1;2026-02-15;100\n2;A-9;2026-02-15;1\n1;A-1;2026-02-16;100\n3;A-1;2025-01-01;1\n";
    let (found, rejects) = the_box.written(payments, PAYMENTS);
    assert_eq!(found, counts(1, 0, 1, 0, 3));
    let lines: Vec<&str> = rejects.lines().skip(1).filter_map(|l| l.split(';').next()).collect();
    assert_eq!(lines, ["4", "5", "6"]);
    assert_eq!(the_box.loan("s:A-1").payments.len(), 1);
}

#[test]
fn payments_of_a_file_are_booked_once_to_a_loan_that_is_kept_here() {
    let mut the_box = Box_::new();
    let people = "id;name;born;inn;snils;phone;email\n1;Иванов Пётр;;;;;\n";
    the_box.written(people, PEOPLE);
    let client = ClientId::from_uuid(the_box.stream(ClaimSpace::SourceKey, "client:s:1").id);
    let id = LoanId::from_uuid(Uuid::from_u128(77));
    let stream = StreamId::owned(StreamKind::Loan, client.uuid(), id.uuid());
    let ask = |the_box: &Box_, command| {
        commit::<Loan>(&the_box.environment, stream, LoanCommand::Ledger(command));
    };
    let opening = OpenLedger {
        id,
        client,
        source_key: "s:A-1".into(),
        number: "A-1".into(),
        product: "POS".into(),
        agreement: e1(),
        signed: None,
    };
    ask(&the_box, LedgerCommand::Open(Box::new(opening)));
    let rows = "id;n;on;sum\n1;A-1;2026-02-15;100\n1;A-1;2026-02-15;100\n1;A-1;2026-02-16;100\n2;A-1;2026-01-01;1\n3;A-1;2036-01-01;1\n4;A-1;2026-03-15;50\n5;A-1;2026-03-15;-5\n";
    let (found, rejects) = the_box.written(rows, PAYMENTS);
    assert_eq!(found, counts(2, 0, 1, 0, 4), "{rejects}");
    let faults: Vec<&str> = rejects.lines().skip(1).filter_map(|l| l.split(';').nth(1)).collect();
    assert_eq!(faults, ["key", "on", "on", "payment_kind"]);
    let (again, _) = the_box.written(rows, PAYMENTS);
    assert_eq!(again, counts(0, 0, 3, 0, 4));
    let to = Closing::WrittenOff;
    let close =
        ChangeSchedule { id: PartId::from_uuid(Uuid::from_u128(5)), on: date("2026-06-01"), to };
    ask(&the_box, LedgerCommand::GiveUp(close));
    let (late, rejects) = the_box.written("id;n;on;sum\n9;A-1;2026-07-01;1\n", PAYMENTS);
    assert_eq!(late, counts(0, 0, 0, 0, 1));
    assert!(rejects.contains("this loan has ended"), "{rejects}");
    let booked = the_box.loan("s:A-1").own.unwrap().booked;
    let sums: Vec<&Operation> = booked.iter().map(|booked| &booked.operation).collect();
    let paid = [Operation::Payment(10_000), Operation::Payment(5_000)];
    assert_eq!(sums, [&paid[0], &paid[1], &Operation::Close(Closing::WrittenOff)]);
}

#[test]
fn a_cancelled_run_goes_on_exactly_behind_its_last_row() {
    let mut the_box = Box_::new();
    let mut text = "id;name;born;inn;snils;phone;email\n".to_owned();
    for id in 1..=1_000 {
        let inn = if id % 100 == 0 { "1" } else { "" };
        text.push_str(&format!("{id};Иванов Пётр;;{inn};;;\n"));
    }
    let path = the_box.folder.path().join("long.csv");
    std::fs::write(&path, text).unwrap();
    let job = the_box.job(&path, PEOPLE);
    let cancel = Arc::clone(&job.cancel);
    let mut environment = the_box.environment.clone();
    environment.on_progress = Arc::new(move |_, progress| {
        cancel.store(progress.snapshot().counts.rows >= 300, Ordering::Relaxed);
    });
    let plan = Box_::plan(&job, false);
    let run = begin(environment, job.clone(), plan, Vec::new()).unwrap().work().unwrap();
    assert_eq!((run.state, run.counts), (RunState::Cancelled, counts(381, 0, 0, 0, 3)));
    // The list of rejected rows holds one that was never counted, as after a crash.
    let mut rejects = std::fs::OpenOptions::new().append(true).open(&job.rejects).unwrap();
    std::io::Write::write_all(&mut rejects, b"401;inn;not counted\r\n").unwrap();
    let job = Job { cancel: Arc::default(), ..job };
    let run = resume(the_box.environment.clone(), job.clone()).unwrap().work().unwrap();
    assert_eq!((run.state, run.counts), (RunState::Finished, counts(990, 0, 0, 0, 10)));
    assert_eq!(read_rejects(&job.rejects).unwrap().lines().count(), 11);
    assert_eq!(the_box.run(job.id), run);
    assert!(resume(the_box.environment.clone(), job).is_err(), "a finished run does not go on");
}

#[test]
fn a_run_stopped_by_the_disk_reserve_keeps_its_reason_and_goes_on_when_there_is_room() {
    let free = Arc::new(AtomicU64::new(1));
    let gauge = Arc::clone(&free);
    let mut the_box = Box_::on(Arc::new(move || Some(gauge.load(Ordering::Relaxed))));
    let mut text = "id;name;born;inn;snils;phone;email\n".to_owned();
    for id in 1..=1_000 {
        let inn = if id % 100 == 0 { "1" } else { "" };
        text.push_str(&format!("{id};Иванов Пётр;;{inn};;;\n"));
    }
    let path = the_box.folder.path().join("long.csv");
    std::fs::write(&path, text).unwrap();
    let job = the_box.job(&path, PEOPLE);
    let becomes = |free: &AtomicU64, committer: &Committer, bytes: u64| {
        free.store(bytes, Ordering::Relaxed);
        let begun = std::time::Instant::now();
        while committer.is_storage_low() != (bytes == 0) {
            assert!(begun.elapsed().as_secs() < 20, "nobody looks at the disk");
            std::thread::yield_now();
        }
    };
    let mut environment = the_box.environment.clone();
    let (watched, committer) = (Arc::clone(&free), the_box.environment.committer.clone());
    environment.on_progress = Arc::new(move |_, progress| {
        if progress.snapshot().counts.rows >= 300 {
            becomes(&watched, &committer, 0);
        }
    });
    let plan = Box_::plan(&job, false);
    let stopped = begin(environment, job.clone(), plan, Vec::new()).unwrap().work();
    assert!(matches!(stopped, Err(ImportError::Refused(Refusal::StorageLow))), "{stopped:?}");
    let run = the_box.run(job.id);
    assert_eq!(run.state, RunState::Failed);
    let (code, words) = run.error.clone().unwrap();
    assert_eq!(code, "storage_low");
    assert!(words.contains("the disk is nearly full") && words.contains("resume"), "{words}");
    assert!((300..1_000).contains(&run.counts.rows), "{:?}", run.counts);
    // While there is no room it does not go on, and keeps saying why.
    let again = resume(the_box.environment.clone(), job.clone());
    assert!(matches!(again, Err(ImportError::Refused(Refusal::StorageLow))));
    assert_eq!(the_box.run(job.id), run);
    becomes(&free, &the_box.environment.committer, 1);
    let run = resume(the_box.environment.clone(), job.clone()).unwrap().work().unwrap();
    assert_eq!((run.state, run.counts), (RunState::Finished, counts(990, 0, 0, 0, 10)));
    assert_eq!((run.error, run.line), (None, 1_001));
    assert_eq!(read_rejects(&job.rejects).unwrap().lines().count(), 11);
}

#[test]
fn a_run_that_cannot_begin_writes_nothing() {
    let mut the_box = Box_::new();
    let path = the_box.folder.path().join("bad.csv");
    std::fs::write(&path, "id;who\n1;x\n").unwrap();
    let job = the_box.job(&path, PEOPLE);
    let plan = Box_::plan(&job, false);
    let before = the_box.environment.store.position().unwrap().seq;
    let refused = begin(the_box.environment.clone(), job.clone(), plan, Vec::new());
    let Err(ImportError::Mapping(faults)) = refused else { panic!("refused") };
    assert_eq!(faults.len(), 6);
    assert_eq!(the_box.environment.store.position().unwrap().seq, before);
    assert!(!job.rejects.exists());
}

#[test]
fn a_preview_shows_rows_targets_and_faults() {
    let mut the_box = Box_::new();
    let path = the_box.folder.path().join("preview.csv");
    let text = "id;name;born;inn;snils;phone;email\n1;ИВАНОВ ПЁТР;;;;x;\n2;Ким\n";
    std::fs::write(&path, text).unwrap();
    let request = the_box.job(&path, PEOPLE).request;
    let shown = preview(&request, date("2026-11-21"), Some(20), None).unwrap();
    assert_eq!((shown.delimiter.as_str(), shown.encoding), (";", "UTF-8"));
    assert_eq!(shown.rows[0].target[0], ("full_name", "ИВАНОВ ПЁТР".to_owned()));
    assert_eq!(shown.rows[0].faults[0].code, "invalid_phone");
    assert_eq!((shown.rows[1].line, shown.rows[1].faults[0].code), (3, "ragged_row"));
}

#[test]
fn blank_words_for_the_sort_of_a_client_leave_what_is_known() {
    let mut the_box = Box_::new();
    let mapping = "kind = \"clients\"\nsource = \"s\"\nkey = \"{id}\"\n[columns]\nkind = \"kind\"\n\
        organisation_form = \"form\"\norganisation_short_name = \"shop\"\nfull_name = \"name\"\n\
        kpp = \"kpp\"\nphone = \"phone\"\n";
    let head = "id;kind;form;shop;name;kpp;phone\n";
    let first = "1;organisation;store;Магазин;;;\n2;prospect;;;Ким Олег;;\n3;;;Ларёк;;;\n4;;;;Ким Ольга;;\n";
    let (found, rejects) = the_box.written(&format!("{head}{first}"), mapping);
    assert_eq!(found, counts(4, 0, 0, 0, 0), "{rejects}");
    let sort = |the_box: &Box_, key: &str| {
        let details = the_box.client(key).details;
        (details.kind, details.organisation.map(|organisation| organisation.form))
    };
    let known = [
        ("s:1", (ClientKind::Organisation, Some(OrganisationForm::Store))),
        ("s:2", (ClientKind::Prospect, None)),
        ("s:3", (ClientKind::Organisation, Some(OrganisationForm::Network))),
        ("s:4", (ClientKind::Person, None)),
    ];
    for (key, expected) in known {
        assert_eq!(sort(&the_box, key), expected, "{key}");
    }
    // Blank words, then the words of an organisation for a person: neither makes him another sort.
    let second = "1;;;Магазин;;770101001;89161234567\n2;;;;;;89161234568\n3;;;;;770101001;\n4;;store;Лавка;;;\n";
    let (found, rejects) = the_box.written(&format!("{head}{second}"), mapping);
    assert_eq!(found, counts(0, 3, 1, 0, 0), "{rejects}");
    for (key, expected) in known {
        assert_eq!(sort(&the_box, key), expected, "{key}");
    }
    let kiosk = the_box.client("s:3").details.organisation.unwrap();
    assert_eq!((kiosk.short_name.as_str(), kiosk.kpp.as_deref()), ("Ларёк", Some("770101001")));
    // What a row says counts.
    let third = "1;;partner;;;;\n2;person;;;;;\n";
    assert_eq!(the_box.written(&format!("{head}{third}"), mapping).0, counts(0, 2, 0, 0, 0));
    assert_eq!(sort(&the_box, "s:1").1, Some(OrganisationForm::Partner));
    assert_eq!(sort(&the_box, "s:2").0, ClientKind::Person);
}

/// The lines and codes of a list of rejected rows.
fn listed(rejects: &str) -> Vec<(u64, String)> {
    let row = |line: &str| {
        let mut cells = line.split(';');
        let number = cells.next()?.parse().ok()?;
        Some((number, cells.nth(1)?.to_owned()))
    };
    rejects.lines().filter_map(row).collect()
}

#[test]
fn a_key_that_comes_again_in_a_file_changes_nothing() {
    let mut the_box = Box_::new();
    let text = "id;name;born;inn;snils;phone;email\n\
        1;Иванов Пётр;;;;89161234567;\n\
        2;Ким Олег;;;;;nomail\n\
        1;Сидоров Олег;;;;89031234567;\n\
        1;Иванов Пётр;;;;+7 916 123-45-67;\n\
        2;Ким Олег;;;;;\n\
        2;Ким Ольга;;;;;\n";
    let path = the_box.folder.path().join("first.csv");
    std::fs::write(&path, text).unwrap();
    let request = the_box.job(&path, PEOPLE).request;
    let environment = the_box.environment.clone();
    let now = environment.clock.now();
    let context = Context { now, zone: environment.zone, principal: Principal::System };
    let against = Against { store: &environment.store, ids: &*environment.ids, context: &context };
    let shown = preview(&request, date("2026-11-21"), Some(20), Some(&against)).unwrap();
    let faults = shown.rows.iter().flat_map(|row| row.faults.iter().map(|fault| (row.line, fault)));
    let faults: Vec<_> = faults.collect();
    let found: Vec<_> = faults.iter().map(|(line, fault)| (*line, fault.code.to_owned())).collect();
    let expected = [(3, "invalid_email"), (4, "repeated_row"), (7, "repeated_row")]
        .map(|(line, code)| (line, code.to_owned()));
    assert_eq!(found, expected);
    assert_eq!(faults[1].1.detail.as_ref().unwrap().line, Some(2));
    // The row at fault is no first one: the next with its key is.
    assert_eq!(faults[2].1.detail.as_ref().unwrap().line, Some(6));

    for dry in [true, false] {
        let (found, rejects) = the_box.import(&path, PEOPLE, dry);
        assert_eq!(found, counts(2, 0, 1, 0, 3), "{rejects}");
        assert_eq!(listed(&rejects), expected);
        let told = "4;key;repeated_row;\"line 2 has the same key and says something else; \
            keep one of the two\"\r\n";
        assert!(rejects.contains(told), "{rejects}");
    }
    assert_eq!(the_box.client("s:1").details.phones.len(), 1, "the first row stands");
    assert_eq!(the_box.client("s:2").details.name.full(), "Ким Олег");
    assert_eq!(the_box.import(&path, PEOPLE, false).0, counts(0, 0, 3, 0, 3), "in another file");
}

#[test]
fn a_resumed_run_knows_the_keys_of_the_rows_behind_it() {
    let mut the_box = Box_::new();
    let mut text = "id;name;born;inn;snils;phone;email\n".to_owned();
    for id in 1..=300 {
        let email = if id == 7 { "nomail" } else { "" };
        text.push_str(&format!("{id};Иванов Пётр;;;;;{email}\n"));
    }
    text.push_str("5;Сидоров Олег;;;;;\n6;Иванов Пётр;;;;;\n7;Ким Олег;;;;;\n");
    let path = the_box.folder.path().join("broken.csv");
    std::fs::write(&path, text).unwrap();
    let job = the_box.job(&path, PEOPLE);
    let plan = Box_::plan(&job, false);
    let session = begin(the_box.environment.clone(), job.clone(), plan, Vec::new()).unwrap();
    assert!(session.with_table(|table| table.breaking_after(200)).work().is_err());
    assert_eq!(the_box.run(job.id).counts, counts(127, 0, 0, 0, 1));
    let run = resume(the_box.environment.clone(), job.clone()).unwrap().work().unwrap();
    assert_eq!(run.counts, counts(300, 0, 1, 0, 2));
    let rejects = read_rejects(&job.rejects).unwrap();
    let expected = [(8, "invalid_email".to_owned()), (302, "repeated_row".to_owned())];
    assert_eq!(listed(&rejects), expected);
    assert_eq!(the_box.client("s:7").details.name.full(), "Ким Олег");
}

#[test]
fn an_instalment_or_a_payment_that_comes_again_changes_nothing() {
    let mut the_box = Box_::new();
    the_box.written("id;name;born;inn;snils;phone;email\n1;Иванов Пётр;;;;;\n", PEOPLE);
    let loans = "n;client;sum;on\nA-1;1;1000;2026-01-15\nA-2;1;1000;2026-01-15\n";
    assert_eq!(the_box.written(loans, LOANS).0, counts(2, 0, 0, 0, 0));
    let mapping = "kind = \"schedules\"\nsource = \"s\"\n[columns]\nloan_number = \"loan\"\n\
        n = \"n\"\ndue_on = \"on\"\npayment = \"sum\"\n";
    let schedule = "loan;n;on;sum\nA-1;1;2026-02-15;500\nA-2;1;2026-02-15;500\n\
        A-1;1;2026-02-15;500\nA-1;1;2026-02-16;500\nA-1;2;2026-03-15;500\n";
    let (found, rejects) = the_box.written(schedule, mapping);
    assert_eq!(found, counts(3, 0, 1, 0, 1));
    assert!(rejects.contains("5;n;repeated_row;\"line 2 has"), "{rejects}");
    assert_eq!(the_box.loan("s:A-1").schedule[0].due_on, date("2026-02-15"));
    let payments = "id;n;on;sum\n1;A-1;2026-02-15;100\n1;A-2;2026-02-15;100\n\
        1;A-1;2026-02-15;100\n2;A-1;2026-02-15;100\n";
    let (found, rejects) = the_box.written(payments, PAYMENTS);
    assert_eq!(found, counts(2, 0, 1, 0, 1));
    assert!(rejects.contains("3;key;repeated_row;\"line 2 has"), "{rejects}");
    assert_eq!(the_box.loan("s:A-2").payments.len(), 0);
}

/// A clock that edits a card each time it is read, as an operator would, so many times.
struct Meddler {
    environment: Environment,
    stream: StreamId,
    edits: AtomicUsize,
}

impl Clock for Meddler {
    fn now(&self) -> Timestamp {
        let now = self.environment.clock.now();
        let left = |edits: usize| edits.checked_sub(1);
        if self.edits.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_err() {
            return now;
        }
        let Environment { store, committer, zone, .. } = &self.environment;
        let before = store.load::<Client>(self.stream).unwrap();
        let context = Context { now, zone: *zone, principal: Principal::System };
        let note = ClientCommand::AddNote(AddNote {
            id: PartId::from_uuid(self.environment.ids.next(now)),
            text: "called".to_owned(),
        });
        let decision = before.state.decide(note, &context).unwrap();
        let change = TypedChange::new(self.stream, before, decision.events, decision.draws);
        let proposal = Proposal {
            at: now,
            actor: Principal::System,
            cause: None,
            command: None,
            bulk: false,
            essential: false,
            acknowledge_duplicates: true,
            changes: vec![Box::new(change)],
        };
        committer.propose(proposal).blocking_recv().unwrap().unwrap();
        now
    }
}

#[test]
fn a_card_edited_meanwhile_is_never_a_rejected_row() {
    let mut the_box = Box_::new();
    let head = "id;name;born;inn;snils;phone;email\n";
    the_box.written(&format!("{head}1;Иванов Пётр;;;;;\n"), PEOPLE);
    let stream = the_box.stream(ClaimSpace::SourceKey, "client:s:1");
    // Edited a few times the row passes; edited for ever the run stops and can be resumed.
    for (edits, email) in [(12, "a@b.ru"), (usize::MAX, "c@d.ru")] {
        let path = the_box.folder.path().join(format!("{email}.csv"));
        std::fs::write(&path, format!("{head}1;Иванов Пётр;;;;;{email}\n")).unwrap();
        let job = the_box.job(&path, PEOPLE);
        let plan = Box_::plan(&job, false);
        let mut environment = the_box.environment.clone();
        let (known, edits_left) = (environment.clone(), AtomicUsize::new(edits));
        environment.clock = Arc::new(Meddler { environment: known, stream, edits: edits_left });
        let worked = begin(environment, job.clone(), plan, Vec::new()).unwrap().work();
        let run = if edits == usize::MAX {
            assert!(matches!(worked, Err(ImportError::Refused(Refusal::Conflict(_)))));
            let failed = the_box.run(job.id);
            assert_eq!((failed.state, failed.counts), (RunState::Failed, Counts::default()));
            resume(the_box.environment.clone(), job.clone()).unwrap().work().unwrap()
        } else {
            worked.unwrap()
        };
        assert_eq!((run.state, run.counts), (RunState::Finished, counts(0, 1, 0, 0, 0)));
        assert_eq!(read_rejects(&job.rejects).unwrap().lines().count(), 1);
    }
}

#[test]
fn a_reader_that_breaks_fails_the_run_and_the_rest_comes_with_its_resumption() {
    let mut the_box = Box_::new();
    let mut text = "id;name;born;inn;snils;phone;email\n".to_owned();
    for id in 1..=300 {
        text.push_str(&format!("{id};Иванов Пётр;;;;;\n"));
    }
    let path = the_box.folder.path().join("broken.csv");
    std::fs::write(&path, text).unwrap();
    let job = the_box.job(&path, PEOPLE);
    let plan = Box_::plan(&job, false);
    let session = begin(the_box.environment.clone(), job.clone(), plan, Vec::new()).unwrap();
    let broken = session.with_table(|table| table.breaking_after(200)).work();
    assert!(matches!(broken, Err(ImportError::ReadingBroke)));
    let failed = the_box.run(job.id);
    assert_eq!((failed.state, failed.counts), (RunState::Failed, counts(128, 0, 0, 0, 0)));
    assert_eq!(failed.error.unwrap().0, "unreadable_file");
    let run = resume(the_box.environment.clone(), job).unwrap().work().unwrap();
    assert_eq!((run.state, run.counts), (RunState::Finished, counts(300, 0, 0, 0, 0)));
}

#[test]
fn a_dry_run_counts_a_card_of_several_chunks_as_one() {
    let mut the_box = Box_::new();
    let mapping = "kind = \"clients\"\nsource = \"s\"\nkey = \"{id}\"\n[columns]\norganisation_short_name = \"name\"\ninn = \"inn\"\nphone = \"phone\"\nparent_inn = \"parent\"\n[constants]\norganisation_form = \"partner\"\n";
    let mut text = "id;name;inn;phone;parent\n".to_owned();
    for row in 0..300_u32 {
        // The head office comes under three keys of its own.
        let (key, phone) = (row / 100, 1_234_567 + row / 100);
        text.push_str(&format!("h{key};РООВ;7723365574;8916{phone:07};\n"));
        text.push_str(&format!("{};Отдел;;;7723365574\n", row + 2));
    }
    // The head office changes once more in a later chunk.
    text.push_str("h3;РООВ;7723365574;89031234567;\n999;Отдел;;;7723365574\n");
    let path = the_box.folder.path().join("offices.csv");
    std::fs::write(&path, text).unwrap();
    let dry = the_box.import(&path, mapping, true);
    assert_eq!(dry.0, counts(302, 3, 297, 0, 0), "{}", dry.1);
    assert_eq!(the_box.import(&path, mapping, false).0, dry.0);
}

#[test]
fn a_row_that_needs_the_chunk_before_it_waits_for_that() {
    let mut the_box = Box_::new();
    let mut text = String::from("Код;Фамилия;Имя;ДатаРождения;Телефон;АдресРегистрации;ИНН\n");
    let inn = |n: usize| {
        let mut all = (0..100).map(|check| format!("50010{n:05}{check:02}"));
        all.find(|inn| crate::base::documents::inn(inn).is_ok()).unwrap()
    };
    // Each client is told of under three keys, hundreds of rows apart; in between come new ones.
    for round in 0..3 {
        for n in 0..200 {
            let phone = format!("+7 916 {:03}-{:02}-{:02}", 100 + round, n / 100, n % 100);
            let inn = inn(n);
            text +=
                &format!("{n}/{round};Иванова;Анна;01.02.1990;{phone};г. Москва, д. {n};{inn}\n");
            text += &format!("{round}-{n};Петров;Пётр;01.02.1980;;г. Тверь, д. {n};\n");
        }
    }
    let (found, rejects) = the_box.written(&text, "1c-clients");
    assert_eq!(found, counts(200 + 600, 400, 0, 0, 0), "{rejects}");
    let mut numbers = std::collections::BTreeSet::new();
    for n in 0..200 {
        let client = the_box.client(&format!("1c:{n}/0"));
        assert_eq!(client.details.phones.len(), 3, "client {n}");
        assert!(client.number > 0 && numbers.insert(client.number), "client {n}");
    }
    // The view that the chunks have left is the one that their frames make.
    let store = Arc::clone(&the_box.environment.store);
    let position = store.position().unwrap();
    assert_eq!(rebuild::digest_of_heads(&store).unwrap(), position.digest);
    the_box.stop();
    let (environment, thread) = open_elsewhere(the_box.folder.path());
    assert_eq!(environment.store.position().unwrap().digest, position.digest);
    environment.committer.stop();
    thread.join().unwrap();
}

/// The same journal with a view of its own, made from nothing.
fn open_elsewhere(folder: &Path) -> (Environment, std::thread::JoinHandle<()>) {
    std::fs::rename(folder.join("store"), folder.join("store-before")).unwrap();
    open(folder)
}
