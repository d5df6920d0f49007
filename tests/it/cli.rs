//! The command line on the real binary: what the README says about each command is tried here.

use super::harness::{Lenderbox, binary, eventually};
use serde_json::json;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder to work in, with a data folder in it.
struct Desk {
    temporary: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { temporary: tempfile::tempdir().unwrap() }
    }
    /// A demo lender that was stopped.
    fn with_demo() -> Self {
        let desk = Self::new();
        Lenderbox::start(&desk.data(), &["--clients", "20"]).stop();
        desk
    }
    fn path(&self, name: &str) -> PathBuf {
        self.temporary.path().join(name)
    }
    fn data(&self) -> PathBuf {
        self.path("data")
    }
    /// Runs a command with `input` on its standard input.
    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(binary())
            .args(arguments)
            .current_dir(self.temporary.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }
    /// Runs a command on the data folder; it must succeed.
    fn done(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(&[arguments, &["--data-dir", "data"]].concat(), input);
        let fault = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {fault}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
    /// Runs a command on the data folder; it must fail and say `expected`.
    fn refused(&self, arguments: &[&str], input: &str, expected: &str) {
        let output = self.run(&[arguments, &["--data-dir", "data"]].concat(), input);
        self.said(&output, expected);
    }
    fn said(&self, output: &Output, expected: &str) {
        let fault = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "it did not fail; {expected} was awaited");
        assert!(fault.starts_with("lenderbox: ") && fault.contains(expected), "{fault}");
    }
}

const PASSWORD: &str = "correct horse battery staple";

#[test]
fn people_are_added_changed_listed_and_kept_out() {
    let desk = Desk::new();
    let add = ["user", "add", "admin", "--name", "Admin", "--role", "administrator"];
    assert_eq!(desk.done(&add, &format!("{PASSWORD}\n")), "admin may sign in\n");
    desk.refused(&add, PASSWORD, "another person has this log-in");
    let twice = ["user", "add", "x", "--name", "Б", "--role", "operator", "--extension", "101"];
    let anna = ["user", "add", "anna", "--name", "Анна", "--role", "operator"];
    desk.done(&[&anna[..], &["--extension", "101"]].concat(), PASSWORD);
    desk.refused(&twice, PASSWORD, "another person has this extension");
    desk.refused(&["user", "add", "b", "--name", "Б", "--role", "king"], PASSWORD, "operator, ");
    desk.refused(&["user", "add", "b", "--name", "Б", "--role", "operator"], "", "first line");
    desk.refused(&["user", "add", "b", "--name", "Б", "--role", "operator"], "x\n", "password: ");
    desk.refused(&["user", "passwd", "nobody"], PASSWORD, "there is no such person");
    let other = "another horse battery staple";
    assert_eq!(desk.done(&["user", "passwd", "admin"], other), "admin has a new password\n");
    assert_eq!(desk.done(&["user", "disable", "anna"], ""), "anna is kept out\n");
    assert_eq!(desk.done(&["user", "enable", "anna"], ""), "anna may sign in again\n");
    assert!(!desk.done(&["user", "list"], "").contains("disabled"));
    assert_eq!(desk.done(&["user", "disable", "anna"], ""), "anna is kept out\n");
    desk.refused(&["user", "disable", "admin"], "", "the last administrator");
    let second = ["user", "add", "chief", "--name", "C", "--role", "administrator"];
    desk.done(&second, PASSWORD);
    assert_eq!(desk.done(&["user", "disable", "chief"], ""), "chief is kept out\n");
    desk.refused(&["user", "disable", "admin"], "", "the last administrator");
    let list = desk.done(&["user", "list"], "");
    let line = |login: &str| -> Vec<String> {
        let line = list.lines().find(|line| line.starts_with(login)).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(line("admin"), ["admin", "administrator"]);
    assert_eq!(line("anna"), ["anna", "operator", "disabled"], "the extension is free again");
    assert!(!list.contains("horse"));

    let mut lenderbox = Lenderbox::serve(&desk.data());
    let sign_in = |login: &str, password: &str| {
        lenderbox.nobody().post("/session", &json!({"login": login, "password": password})).status
    };
    assert_eq!(sign_in("admin", other), 200);
    assert_eq!(sign_in("admin", PASSWORD), 401, "the old password");
    assert_eq!(sign_in("anna", PASSWORD), 401, "kept out");
    desk.refused(&["user", "list"], "", "is in use by another lenderbox; stop it first");
    lenderbox.stop();
}

#[test]
fn tokens_are_shown_once_and_refused_after_they_are_revoked() {
    let desk = Desk::new();
    let secret = desk.done(&["token", "add", "АТС", "--scope", "pbx", "--rate", "50"], "");
    let secret = secret.trim();
    desk.refused(&["token", "add", "x", "--scope", "king"], "", "pbx, ivr, cabinet, core, metrics");
    desk.refused(&["token", "add", "x", "--scope", "pbx", "--from", "nowhere"], "", "ip_list");
    let list = desk.done(&["token", "list"], "");
    assert!(list.contains("pbx") && list.contains("АТС") && !list.contains(secret), "{list}");
    let id = list.split_whitespace().next().unwrap().to_owned();
    let event = json!({"event_id": "e1", "call_id": "c1", "type": "ringing",
        "at": "2026-01-15T10:00:00Z", "from": "+79161234567", "agent": "101"});
    let post = |lenderbox: &Lenderbox| {
        let answer = lenderbox.with_token(secret).post("/pbx/events", &event);
        (answer.status, answer.code().to_owned())
    };
    let mut lenderbox = Lenderbox::serve(&desk.data());
    assert_eq!(post(&lenderbox), (202, String::new()));
    lenderbox.stop();
    assert_eq!(desk.done(&["token", "revoke", &id], ""), "revoked\n");
    assert!(desk.done(&["token", "list"], "").contains("revoked"));
    let unknown = "0192f000-0000-7000-8000-00000000dead";
    desk.refused(&["token", "revoke", unknown], "", "there is no such token");
    let mut lenderbox = Lenderbox::serve(&desk.data());
    assert_eq!(post(&lenderbox), (401, "bad_token".to_owned()));
    lenderbox.stop();
}

#[test]
fn exports_hold_every_row_and_never_overwrite() {
    let desk = Desk::with_demo();
    let heads = [
        ("clients", "client_id;number;kind;name;"),
        ("loans", "loan_id;client_id;number;product;"),
        ("payments", "loan_id;loan_number;source_key;on;amount;currency;kind"),
    ];
    for (what, head) in heads {
        let file = desk.path(&format!("{what}.csv"));
        let out = file.to_str().unwrap();
        let said = desk.done(&["export", what, "--out", out], "");
        let rows: usize = said.split_whitespace().next().unwrap().parse().unwrap();
        assert!(rows > 10 && said.ends_with(&format!(" {what} in {out}\n")), "{said}");
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.strip_prefix('\u{feff}').expect("spreadsheets need the mark");
        assert!(text.starts_with(head), "{}", text.lines().next().unwrap());
        assert_eq!(text.lines().count(), rows + 1);
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "personal data in clear");
        desk.refused(
            &["export", what, "--out", out],
            "",
            &format!("cannot make {out}: File exists"),
        );
        assert!(std::fs::read_to_string(&file).unwrap().ends_with(text), "it was left alone");
    }
    let clients = std::fs::read_to_string(desk.path("clients.csv")).unwrap();
    assert!(clients.contains(";person;") && clients.contains(";organisation;"));
    let log = std::fs::read_dir(desk.data().join("access")).unwrap();
    let read: Vec<Vec<u8>> = log.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    let told = read.iter().any(|bytes| bytes.windows(8).any(|part| part == b"payments"));
    assert!(told, "an export stands in the access log");
}

#[test]
fn the_doctor_finds_damage_and_a_rebuild_loses_nothing() {
    let desk = Desk::with_demo();
    assert!(desk.done(&["doctor"], "").contains("Everything is sound."));
    let out = desk.path("before.csv");
    desk.done(&["export", "clients", "--out", out.to_str().unwrap()], "");
    let said = desk.done(&["rebuild"], "");
    assert!(said.contains(" frames in ") && said.contains("frames/s"), "{said}");
    let after = desk.path("after.csv");
    desk.done(&["export", "clients", "--out", after.to_str().unwrap()], "");
    assert_eq!(std::fs::read(out).unwrap(), std::fs::read(after).unwrap());
    assert!(desk.done(&["doctor"], "").contains("Everything is sound."));

    let journal = std::fs::read_dir(desk.data().join("journal")).unwrap();
    let mut segments: Vec<PathBuf> = journal.map(|file| file.unwrap().path()).collect();
    segments.sort();
    let mut bytes = std::fs::read(&segments[0]).unwrap();
    bytes[5_000] ^= 1;
    std::fs::write(&segments[0], bytes).unwrap();
    desk.refused(&["doctor"], "", "damaged: journal");
    std::fs::remove_dir_all(desk.data()).unwrap();
    desk.refused(&["doctor"], "", "holds no box: give its --data-dir");
    desk.refused(&["rebuild"], "", "there is no base in data");
    assert!(!desk.data().exists(), "they make nothing");
}

#[test]
fn a_backup_is_taken_proved_and_restored_by_the_words_of_the_runbook() {
    let desk = Desk::with_demo();
    let archive = ["--archive", "archive"];
    let list = |desk: &Desk| {
        let output = desk.run(&[&["backup", "list"][..], &archive].concat(), "");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let none = desk.run(&[&["backup", "list"][..], &archive].concat(), "");
    desk.said(&none, "holds no backups: give --archive");
    desk.refused(&["backup", "list"], "", "holds no backups: give --archive");
    let said = desk.done(&[&["backup", "create"][..], &archive].concat(), "");
    let name = said.split_whitespace().nth(1).unwrap().to_owned();
    assert!(said.starts_with("Backup ") && said.contains("is taken"), "{said}");
    assert!(list(&desk).starts_with(&name) && list(&desk).contains("not verified"));
    let listed = desk.done(&[&["backup", "list"][..], &archive].concat(), "");
    assert_eq!(listed, list(&desk), "it takes --data-dir like the others");
    std::fs::create_dir(desk.data().join("backups")).unwrap();
    assert_eq!(desk.done(&["backup", "list"], ""), "", "a demo's own archive");
    std::fs::remove_dir_all(desk.data().join("backups")).unwrap();
    let proved = desk.run(&[&["backup", "verify", &name][..], &archive].concat(), "");
    let words = String::from_utf8_lossy(&proved.stdout).into_owned();
    assert!(words.contains(&format!("Backup {name} is sound")), "{words}");
    assert!(list(&desk).contains(", verified "));
    let restore = [&["backup", "restore", &name, "--into", "new"][..], &archive].concat();
    let restored = desk.run(&restore, "");
    let words = String::from_utf8_lossy(&restored.stdout).into_owned();
    assert!(
        words.contains("is restored through frame") && words.contains("data-dir new"),
        "{words}"
    );
    desk.said(&desk.run(&restore, ""), "empty");
    let other = [&["backup", "restore", "none", "--into", "other"][..], &archive].concat();
    desk.said(&desk.run(&other, ""), "none");
    let export = |data: &str, out: &str| {
        let output = desk.run(&["export", "loans", "--out", out, "--data-dir", data], "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read(desk.path(out)).unwrap()
    };
    assert_eq!(export("data", "a.csv"), export("new", "b.csv"));
}

#[test]
fn a_serving_box_takes_its_backup_when_the_command_line_asks() {
    let desk = Desk::new();
    let lenderbox = Lenderbox::start(&desk.data(), &["--clients", "20"]);
    desk.refused(&["backup", "create"], "", "add --url with its address");
    let token = |scope: &str| lenderbox.start["tokens"][scope].as_str().unwrap().to_owned();
    let create = |token: &str| {
        desk.run(&["backup", "create", "--url", &lenderbox.address, "--token", token], "")
    };
    let output = create(&token("core"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("is taken"), "{output:?}");
    let name = said.split_whitespace().nth(1).unwrap();
    assert!(desk.done(&["backup", "list"], "").starts_with(name));
    assert!(desk.done(&["backup", "verify"], "").contains(&format!("Backup {name} is sound")));
    desk.said(&create(&token("pbx")), "status 403");
    desk.said(&create("lbx_wrong"), "status 401");
}

#[test]
fn settings_are_printed_and_checked_with_every_fault() {
    let desk = Desk::new();
    let printed = desk.run(&["check-config", "--print-default"], "");
    assert!(printed.status.success());
    let text = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(text.contains("\n# Check a changed file with: lenderbox --config FILE check-config\n"));
    std::fs::write(desk.path("box.toml"), &printed.stdout).unwrap();
    let fine = desk.run(&["--config", "box.toml", "check-config"], "");
    assert!(fine.status.success());
    assert_eq!(String::from_utf8_lossy(&fine.stdout), "box.toml is fine\n");
    let wrong = "[search]\nfields = [\"iban\"]\n[lender]\ntime_zone = \"Mars\"\n";
    std::fs::write(desk.path("wrong.toml"), wrong).unwrap();
    let faults = desk.run(&["--config", "wrong.toml", "check-config"], "");
    desk.said(&faults, "search.fields");
    desk.said(&faults, "lender.time_zone");
    desk.said(&desk.run(&["--config", "none.toml", "check-config"], ""), "none.toml");
    desk.said(&desk.run(&["check-config"], ""), "--config FILE");
    let serve = ["--config", "wrong.toml", "serve", "--data-dir", "data"];
    desk.said(&desk.run(&serve, ""), "search.fields");
    assert!(!desk.data().exists(), "nothing is opened with wrong settings");
}

#[test]
fn made_up_and_recorded_calls_are_played_to_a_running_box() {
    let lenderbox = Lenderbox::demo();
    let desk = Desk::new();
    let token = lenderbox.start["tokens"]["pbx"].as_str().unwrap();
    let play = |arguments: &[&str], token: &str| {
        let target = ["--url", &lenderbox.address, "--token", token, "--speed", "0"];
        desk.run(&[&["pbx"], arguments, &target].concat(), "")
    };
    let words = |output: &Output| {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for scenario in ["inbound", "queue", "transfer", "lost_hangup", "storm:3"] {
        let said = words(&play(&["simulate", scenario, "--agent", "101"], token));
        assert!(said.ends_with(" events taken, 0 refused\n") && !said.starts_with("0 "), "{said}");
    }
    let recording = "tests/fixtures/ami/01_inbound_direct_answered_caller_hangs.ami.txt";
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join(recording);
    let recording = recording.to_str().unwrap();
    let replayed = words(&play(&["replay", recording], token));
    assert!(replayed.ends_with("4 events taken, 0 refused\n"), "{replayed}");
    let supervisor = lenderbox.sign_in("supervisor", 0);
    eventually("the calls are on the box", || {
        let calls = supervisor.get("/calls?limit=50").ok();
        (calls["items"].as_array().unwrap().len() >= 8).then_some(())
    });
    let paced = ["pbx", "simulate", "inbound", "--url", &lenderbox.address, "--token", token];
    let said = words(&desk.run(&[&paced[..], &["--speed", "500.5"]].concat(), ""));
    assert!(said.ends_with(" events taken, 0 refused\n"), "{said}");
    let wrong = desk.run(&[&paced[..], &["--speed", "fast"]].concat(), "");
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("for instance 2 or 0.5"));
    desk.said(&play(&["simulate", "inbound"], "lbx_wrong"), "status 401");
    desk.said(&play(&["simulate", "party"], token), "choose one of inbound, queue");
    desk.said(&play(&["replay", "none.txt"], token), "cannot read none.txt: No such file");
    std::fs::write(desk.path("hello.txt"), "hello").unwrap();
    desk.said(&play(&["replay", "hello.txt"], token), "no call events");
    let nobody = ["pbx", "simulate", "inbound", "--url", "http://127.0.0.1:9", "--token", "x"];
    desk.said(&desk.run(&nobody, ""), "is it running?");
}

#[test]
fn an_import_that_cannot_begin_says_why_and_writes_nothing() {
    let desk = Desk::new();
    let write = |name: &str, bytes: &[u8]| std::fs::write(desk.path(name), bytes).unwrap();
    let mapping = "kind = \"clients\"\nsource = \"t\"\nkey = \"{id}\"\n[columns]\n\
                   full_name = \"name\"\nphone = \"phone\"\n";
    write("m.toml", mapping.as_bytes());
    write("good.csv", b"id;name;phone\n1;\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2;\n");
    write("empty.csv", b"");
    write("blank.csv", b"\n\n \n");
    write("columns.csv", b"id;name\n1;a\n");
    write("twice.csv", b"id;name;name\n1;a;b\n");
    write("old.xls", b"\xd0\xcf\x11\xe0 old");
    write("wide.csv", &[&b"\xff\xfei\x00d\x00"[..]].concat());
    write("broken.xlsx", b"PK\x03\x04 no workbook");
    write("comma.csv", b"id,name,phone\n1,a,\n");
    write("wrong.toml", b"kind = \"clients\"\ncolour = 1\n[columns]\nshoe = \"a\"\n");
    write(
        "lookup.toml",
        b"kind = \"loans\"\nsource = \"t\"\nkey = \"{n}\"\n[[lookup]]\n\
        name = \"o\"\nfile = \"o.csv\"\nkey = \"a\"\non = \"{id}\"\n[columns]\nnumber = \"id\"\n\
        client_key = \"o.c\"\nprincipal = \"id\"\nissued_on = \"name\"\n",
    );
    let rows: [(&[&str], &str); 14] = [
        (&["clients", "none.csv", "--mapping", "m.toml"], "cannot read none.csv"),
        (&["clients", "good.csv", "--mapping", "none"], "mappings that come with the product: "),
        (&["loans", "good.csv", "--mapping", "m.toml"], "kind: this mapping brings clients"),
        (&["clients", "good.csv", "--mapping", "wrong.toml"], "columns.shoe: "),
        (&["clients", "good.csv", "--mapping", "wrong.toml"], "colour: "),
        (&["clients", "empty.csv", "--mapping", "m.toml"], "empty.csv is empty"),
        (&["clients", "blank.csv", "--mapping", "m.toml"], "blank.csv is empty"),
        (&["clients", "columns.csv", "--mapping", "m.toml"], "columns.phone: "),
        (&["clients", "twice.csv", "--mapping", "m.toml"], "column 3 repeats that of column 2"),
        (&["clients", "old.xls", "--mapping", "m.toml"], "an old Excel workbook; save it as"),
        (&["clients", "wide.csv", "--mapping", "m.toml"], "text in UTF-16; save it as"),
        (&["clients", "broken.xlsx", "--mapping", "m.toml"], "cannot read the workbook"),
        (&["loans", "good.csv", "--mapping", "lookup.toml"], "needs a second file, o.csv"),
        (
            &["clients", "good.csv", "--mapping", "m.toml", "--lookup", "o=good.csv"],
            "lookup.o: the mapping has no such lookup",
        ),
    ];
    for (arguments, expected) in rows {
        desk.refused(&[&["import"], arguments].concat(), "", expected);
    }
    let dry =
        desk.done(&["import", "clients", "comma.csv", "--mapping", "m.toml", "--dry-run"], "");
    assert!(dry.starts_with("would be: 1 rows: 1 created"), "commas are found out: {dry}");
    let done = desk.done(&["import", "clients", "good.csv", "--mapping", "m.toml"], "");
    assert!(done.starts_with("done: 1 rows: 1 created"), "nothing of all that was written: {done}");
    let out = desk.path("c.csv");
    assert!(
        desk.done(&["export", "clients", "--out", out.to_str().unwrap()], "").starts_with("1 ")
    );
}

#[test]
fn a_base_for_measurements_is_made_beside_where_the_command_stands() {
    let desk = Desk::new();
    let output = desk.run(&["bench-data", "--clients", "5"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("5 clients in "));
    assert!(desk.path("bench-data").join("journal").is_dir());
    let again = desk.run(&["bench-data", "--clients", "5"], "");
    desk.said(&again, "holds a base already; choose an empty one");
}

#[test]
fn the_readme_names_what_its_commands_need() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let row = |name: &str| readme.lines().find(|l| l.starts_with(&format!("| {name} |"))).unwrap();
    assert!(row("first administrator").contains("at least 10 characters"));
    assert!(row("export").contains("while the box is stopped"));
    assert!(row("try the telephone link").contains("replay FILE --token TOKEN"));
    assert!(row("measurements").contains("--data-dir FOLDER"));
}
