//! Imports through the API of a serving box and through the command line of a stopped one.

use super::harness::{Client, Lenderbox, binary, eventually};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PEOPLE: &str = "kind = \"clients\"\nsource = \"t\"\nkey = \"{Код}\"\n[columns]\n\
    full_name = \"ФИО\"\nphone = \"Телефон\"\ninn = \"ИНН\"\n";
const FILE: &str = "Код;ФИО;Телефон;ИНН\n\
    1;ТЕСТОВ ИВАН ПЕТРОВИЧ;8 (999) 000-00-01;500100732259\n\
    2;Тестова Анна Петровна;8 999 000 00 02;\n\
    3;Тестов Олег;123;5001\n";

fn upload(client: &Client, bytes: &[u8]) -> String {
    let kind = [("Content-Type", "text/csv")];
    let answer = client.send("PUT", "/blobs", Some(bytes.to_vec()), &kind);
    answer.ok()["blob"].as_str().unwrap().to_owned()
}

fn finished(client: &Client, id: &str) -> Value {
    eventually("the import has ended", || {
        let run = client.get(&format!("/imports/{id}")).ok();
        (run["state"] != "running" && run["state"] != "waiting").then_some(run)
    })
}

/// What is said, whatever the order.
fn parts(text: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = text.split(['\n', ';', ':']).map(str::trim).collect();
    parts.sort_unstable();
    parts
}

fn counts(run: &Value) -> [u64; 5] {
    ["rows_read", "created", "updated", "unchanged", "rejected"].map(|k| run[k].as_u64().unwrap())
}

#[test]
fn an_administrator_previews_imports_and_reads_the_rejects() {
    let lenderbox = Lenderbox::demo();
    let admin = lenderbox.sign_in("administrator", 0);
    let mappings = admin.get("/imports/mappings").ok();
    let names: Vec<&str> =
        mappings["items"].as_array().unwrap().iter().filter_map(|m| m["name"].as_str()).collect();
    assert!(names.contains(&"1c-clients") && names.contains(&"berka-loans"), "{names:?}");

    let blob = upload(&admin, FILE.as_bytes());
    let body = json!({"kind": "clients", "blob": blob, "mapping_text": PEOPLE});
    let preview = admin.post("/imports/preview", &body).ok();
    assert_eq!(preview["columns"], json!(["Код", "ФИО", "Телефон", "ИНН"]));
    assert_eq!(preview["rows"][0]["target"]["full_name"], "ТЕСТОВ ИВАН ПЕТРОВИЧ");
    let codes: Vec<&str> = preview["rows"][2]["faults"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|fault| fault["code"].as_str())
        .collect();
    assert_eq!(codes, ["invalid_phone", "invalid_inn"]);

    let mut body = json!({"kind": "clients", "blob": blob, "file_name": "люди.csv",
        "mapping_text": PEOPLE, "dry_run": true});
    let import = |body: &Value| {
        let started = admin.post("/imports", body);
        assert_eq!(started.status, 202, "{}", started.body);
        finished(&admin, started.body["import_id"].as_str().unwrap())
    };
    assert_eq!(counts(&import(&body)), [3, 2, 0, 0, 1]);
    assert_eq!(admin.get("/search?q=Тестова").ok()["items"], json!([]), "a dry run writes nothing");
    body["dry_run"] = json!(false);
    let run = import(&body);
    assert_eq!((run["state"].as_str(), counts(&run)), (Some("finished"), [3, 2, 0, 0, 1]));
    assert_eq!(counts(&import(&body)), [3, 0, 0, 2, 1]);
    assert_eq!(admin.get("/imports").ok()["items"].as_array().unwrap().len(), 3);

    let id = run["import_id"].as_str().unwrap();
    let rejects = admin.get(&format!("/imports/{id}/rejects"));
    assert_eq!(rejects.header("content-type"), Some("text/csv; charset=utf-8"));
    let name = format!(
        "attachment; filename=\"{id}-rejects.csv\"; filename*=UTF-8''\
         %D0%BB%D1%8E%D0%B4%D0%B8-rejects.csv"
    );
    assert_eq!(rejects.header("content-disposition"), Some(name.as_str()));
    let text = rejects.body.as_str().unwrap();
    assert!(text.contains("line;field;code;reason\r\n") && text.contains(";invalid_inn;"));
    assert!(text.contains("4;phone;") && text.contains("4;inn;"), "{text}");
    assert!(!text.contains("Тестов") && !text.contains("5001"));

    let operator = lenderbox.sign_in("operator", 0);
    let found = operator.get("/search?q=89990000001").ok();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(operator.get("/imports").status, 403);
    assert_eq!(operator.post("/imports", &body).status, 403);
    let over = admin.post(&format!("/imports/{id}/resume"), &json!({}));
    assert_eq!((over.status, over.code()), (409, "import_finished"));
}

#[test]
fn a_wrong_mapping_or_file_is_refused_with_every_fault() {
    let lenderbox = Lenderbox::demo();
    let admin = lenderbox.sign_in("administrator", 0);
    let blob = upload(&admin, FILE.as_bytes());
    let start = |mapping: Value, blob: &str| {
        let mut body = json!({"kind": "clients", "blob": blob, "file_name": "f.csv"});
        body.as_object_mut().unwrap().extend(mapping.as_object().unwrap().clone());
        admin.post("/imports", &body)
    };
    let wrong = start(json!({"mapping": "1c-clients"}), &blob);
    assert_eq!((wrong.status, wrong.code()), (422, "invalid_fields"));
    assert_eq!(wrong.fields(), ["columns.birth_date"]);
    let detail = &wrong.body["error"]["fields"][0]["detail"];
    let known = ["Код", "ФИО", "Телефон", "ИНН"];
    assert_eq!(*detail, json!({"column": "ДатаРождения", "known": known, "line": null}));
    let other = start(json!({"mapping": "1c-loans"}), &blob);
    assert_eq!(other.fields(), ["kind"]);
    assert_eq!(start(json!({"mapping": "none"}), &blob).fields(), ["mapping"]);
    assert_eq!(start(json!({}), &blob).fields(), ["mapping"]);
    let text = json!({"mapping_text": PEOPLE});
    assert_eq!(start(text.clone(), &"0".repeat(64)).fields(), ["blob"]);
    let old = upload(&admin, b"\xd0\xcf\x11\xe0 an old workbook");
    let refused = start(text, &old);
    assert_eq!(refused.fields(), ["blob"]);
    let message = refused.body["error"]["fields"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("f.csv is an old Excel workbook"), "{message}");
    assert_eq!(admin.get("/imports").ok()["items"], json!([]));
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(binary()).args(arguments).arg("--data-dir").arg(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_command_line_imports_a_file_twice() {
    let temporary = tempfile::tempdir().unwrap();
    let (data, file) = (temporary.path().join("data"), temporary.path().join("people.csv"));
    let mapping = temporary.path().join("people.toml");
    std::fs::write(&file, FILE).unwrap();
    std::fs::write(&mapping, PEOPLE).unwrap();
    let (file, mapping) = (file.to_str().unwrap(), mapping.to_str().unwrap());
    let import = |more: &[&str]| {
        let mut arguments = vec!["import", "clients", file, "--mapping", mapping];
        arguments.extend(more);
        said(&run(&data, &arguments))
    };
    assert!(import(&["--preview"]).contains("full_name=ТЕСТОВ ИВАН ПЕТРОВИЧ"));
    let first = "3 rows: 2 created, 0 updated, 0 unchanged, 0 skipped, 1 rejected";
    assert!(import(&["--dry-run"]).starts_with(&format!("would be: {first}")));
    let said = import(&[]);
    assert!(said.starts_with(&format!("done: {first}")), "{said}");
    assert!(said.contains("line 4;phone;") && said.contains(".rejects.csv"), "{said}");
    let again = "done: 3 rows: 0 created, 0 updated, 2 unchanged, 0 skipped, 1 rejected";
    assert!(import(&[]).starts_with(again));
    // The preview decides by the cards that exist, as the run does.
    let twin = temporary.path().join("twin.csv");
    std::fs::write(&twin, "Код;ФИО;Телефон;ИНН\n9;Другая Мария Ивановна;;500100732259\n").unwrap();
    let twin = ["import", "clients", twin.to_str().unwrap(), "--mapping", mapping, "--preview"];
    let shown = self::said(&run(&data, &twin));
    assert!(shown.contains("inn: another card holds this value"), "{shown}");
    let empty = temporary.path().join("empty");
    let shown = self::said(&run(&empty, &twin));
    assert!(shown.contains("full_name=Другая") && !shown.contains("another card"), "{shown}");
    assert!(!empty.exists(), "a preview writes nothing");
    let refused = run(&data, &["import", "clients", file, "--mapping", mapping, "--resume"]);
    assert!(!refused.status.success());
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("there is no unfinished import of this file"), "{words}");
}

#[test]
fn the_sample_sets_go_in_by_the_command_line() {
    let shared: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/berka");
    if !shared.exists() {
        eprintln!("left out: the Berka set is not beside the project");
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let import = |kind: &str, file: &str, mapping: &str| {
        let path = shared.join(file);
        let path = path.to_str().unwrap();
        said(&run(temporary.path(), &["import", kind, path, "--mapping", mapping]))
    };
    // The owners of the loans are found in disp.asc beside the file.
    let sets = [
        ("clients", "client.asc", "berka-clients", 5_369, 0),
        ("loans", "loan.asc", "berka-loans", 682, 0),
        // Of the standing orders only those that pay a loan; some accounts have none.
        ("schedules", "order.asc", "berka-orders", 682, 35),
    ];
    for (kind, file, mapping, good, rejected) in sets {
        let first = import(kind, file, mapping);
        assert!(first.contains(&format!("{good} created, 0 updated, 0 unchanged")), "{first}");
        assert!(first.contains(&format!("{rejected} rejected")), "{first}");
        let again = import(kind, file, mapping);
        assert!(again.contains(&format!("0 created, 0 updated, {good} unchanged")), "{again}");
        assert!(again.contains(&format!("{rejected} rejected")), "{again}");
    }
}

#[test]
fn a_run_cut_off_by_a_power_cut_goes_on_without_losing_or_repeating_a_row() {
    const ROWS: u64 = 6_000;
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("data");
    let mut lenderbox = Lenderbox::start(&folder, &["--clients", "20"]);
    let admin = lenderbox.sign_in("administrator", 0);
    let mut text = "Код;ФИО;Телефон;ИНН\n".to_owned();
    for row in 1..=ROWS {
        let inn = if row % 1_000 == 0 { "1" } else { "" };
        text.push_str(&format!("{row};Тестов Иван;+7999{row:07};{inn}\n"));
    }
    let blob = upload(&admin, text.as_bytes());
    let body =
        json!({"kind": "clients", "blob": blob, "file_name": "f.csv", "mapping_text": PEOPLE});
    let started = admin.post("/imports", &body).ok();
    let id = started["import_id"].as_str().unwrap().to_owned();
    let second = admin.post("/imports", &body).ok();
    let second = format!("/imports/{}", second["import_id"].as_str().unwrap());
    let waiting = admin.get(&second).ok();
    assert_eq!((&waiting["state"], &waiting["ahead"]), (&json!("waiting"), &json!(1)));
    let path = format!("/imports/{id}");
    eventually("some rows are durable", || {
        let run = admin.get(&path).ok();
        (run["rows_read"].as_u64().unwrap() >= 500).then_some(())
    });
    lenderbox.kill();
    drop(lenderbox);

    let lenderbox = Lenderbox::start(&folder, &[]);
    let admin = lenderbox.sign_in("administrator", 0);
    let cut_off = admin.get(&path).ok();
    assert_eq!(cut_off["state"], "interrupted");
    assert_eq!(admin.get(&second).ok()["state"], "interrupted", "it waited when the power went");
    let durable = cut_off["created"].as_u64().unwrap();
    assert!((1..ROWS - 6).contains(&durable), "{cut_off}");
    assert_eq!(admin.post(&format!("{path}/resume"), &json!({})).status, 202);
    let run = finished(&admin, &id);
    assert_eq!(counts(&run), [ROWS, ROWS - 6, 0, 0, 6], "{run}");
    let rejects = admin.get(&format!("{path}/rejects"));
    assert_eq!(rejects.body.as_str().unwrap().lines().count(), 7);
    assert_eq!(
        counts(&finished(&admin, &{
            let again = admin.post("/imports", &body).ok();
            again["import_id"].as_str().unwrap().to_owned()
        })),
        [ROWS, 0, 0, ROWS - 6, 6]
    );
}

const LOANS: &str = "kind = \"loans\"\nsource = \"t\"\nkey = \"{n}\"\n[[lookup]]\nname = \"owner\"\n\
    file = \"owners.csv\"\nkey = \"account\"\non = \"{account}\"\n[columns]\nnumber = \"n\"\n\
    client_key = \"owner.client\"\nprincipal = \"sum\"\nissued_on = \"on\"\n[constants]\n\
    status = \"active\"\n";
const LOAN_FILE: &str = "n;account;sum;on\nА-1;7;1000;2026-01-15\nА-2;8;1000;2026-01-15\n";
const OWNERS: &str = "account;client\n7;1\n8;2\n";

#[test]
fn second_files_are_uploaded_and_the_preview_says_which() {
    let lenderbox = Lenderbox::demo();
    let admin = lenderbox.sign_in("administrator", 0);
    let mappings = admin.get("/imports/mappings").ok();
    let berka = mappings["items"].as_array().unwrap().iter().find(|m| m["name"] == "berka-loans");
    assert_eq!(berka.unwrap()["lookups"], json!([{"name": "owner", "file": "disp.asc"}]));
    let people = json!({"kind": "clients", "blob": upload(&admin, FILE.as_bytes()),
        "file_name": "a.csv", "mapping_text": PEOPLE});
    let people = admin.post("/imports", &people).ok();
    finished(&admin, people["import_id"].as_str().unwrap());

    let blob = upload(&admin, LOAN_FILE.as_bytes());
    let mut body = json!({"kind": "loans", "blob": blob, "mapping_text": LOANS});
    let shown = admin.post("/imports/preview", &body).ok();
    let owner = |given: bool| json!([{"name": "owner", "file": "owners.csv", "given": given}]);
    assert_eq!((&shown["lookups"], &shown["rows"]), (&owner(false), &json!([])));
    assert_eq!(shown["columns"], json!(["n", "account", "sum", "on"]));
    let start = |body: &Value, lookups: Value| {
        let mut body = body.clone();
        body["file_name"] = json!("loans.csv");
        body["lookups"] = lookups;
        admin.post("/imports", &body)
    };
    let without = start(&body, json!([]));
    assert_eq!((without.status, without.fields()), (422, vec!["lookup.owner"]));
    let other = upload(&admin, OWNERS.as_bytes());
    let unknown = start(&body, json!([{"name": "owners", "blob": other}]));
    assert_eq!(unknown.fields(), ["lookup.owners"], "{}", unknown.body);
    let nothing = start(&body, json!([{"name": "owner", "blob": "0".repeat(64)}]));
    assert_eq!(nothing.fields(), ["lookup.owner"], "{}", nothing.body);
    let old = upload(&admin, b"\xd0\xcf\x11\xe0 an old workbook");
    let unreadable = start(&body, json!([{"name": "owner", "blob": old}]));
    assert_eq!((unreadable.status, unreadable.fields()), (422, vec!["lookup.owner"]));

    body["lookups"] = json!([{"name": "owner", "blob": other}]);
    let shown = admin.post("/imports/preview", &body).ok();
    assert_eq!(shown["lookups"], owner(true));
    assert_eq!(shown["rows"][0]["target"]["client_key"], "1", "{shown}");
    let done = start(&body, body["lookups"].clone()).ok();
    let run = finished(&admin, done["import_id"].as_str().unwrap());
    assert_eq!((&run["state"], counts(&run)), (&json!("finished"), [2, 2, 0, 0, 0]), "{run}");
}

#[test]
fn imports_wait_in_line_and_leave_it_when_cancelled() {
    let lenderbox = Lenderbox::demo();
    let admin = lenderbox.sign_in("administrator", 0);
    let mut text = "Код;ФИО;Телефон;ИНН\n".to_owned();
    (1..=20_000).for_each(|row| text.push_str(&format!("{row};Тестов Иван;;\n")));
    let start = |blob: &str, dry: bool| {
        let body = json!({"kind": "clients", "blob": blob, "file_name": "f.csv",
            "mapping_text": PEOPLE, "dry_run": dry});
        admin.post("/imports", &body).ok()["import_id"].as_str().unwrap().to_owned()
    };
    let (long, short) = (upload(&admin, text.as_bytes()), upload(&admin, FILE.as_bytes()));
    let first = start(&long, false);
    let (second, third) = (start(&short, false), start(&short, false));
    let state = |id: &str| admin.get(&format!("/imports/{id}")).ok();
    assert_eq!(state(&first)["state"], "running");
    assert_eq!(
        (&state(&second)["state"], &state(&second)["ahead"]),
        (&json!("waiting"), &json!(1))
    );
    assert_eq!((&state(&third)["state"], &state(&third)["ahead"]), (&json!("waiting"), &json!(2)));
    let twice = admin.post(&format!("/imports/{second}/resume"), &json!({}));
    assert_eq!((twice.status, twice.code()), (409, "import_running"));
    assert_eq!(admin.post(&format!("/imports/{second}/cancel"), &json!({})).status, 204);
    let left = eventually("the second has left the line", || {
        let run = state(&second);
        (run["state"] != "waiting").then_some(run)
    });
    assert_eq!((&left["state"], counts(&left)), (&json!("interrupted"), [0; 5]), "{left}");
    assert_eq!(counts(&finished(&admin, &first)), [20_000, 20_000, 0, 0, 0]);
    let run = finished(&admin, &third);
    assert_eq!((&run["state"], counts(&run)), (&json!("finished"), [3, 0, 2, 0, 1]), "{run}");
    assert_eq!(admin.post(&format!("/imports/{second}/resume"), &json!({})).status, 202);
    assert_eq!(counts(&finished(&admin, &second)), [3, 0, 0, 2, 1]);
}

#[test]
fn a_running_box_is_imported_into_by_its_address() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let lenderbox = Lenderbox::start(&data, &["--clients", "20"]);
    let place = |name: &str, text: &str| {
        let path = temporary.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (people, mapping) = (place("people.csv", FILE), place("people.toml", PEOPLE));
    let (loans, loan_mapping) = (place("loans.csv", LOAN_FILE), place("loans.toml", LOANS));
    place("owners.csv", OWNERS);
    let locked = run(&data, &["import", "clients", &people, "--mapping", &mapping]);
    let words = String::from_utf8_lossy(&locked.stderr).into_owned();
    assert!(!locked.status.success() && words.contains("in use by a running box"), "{words}");
    assert!(words.contains("--url") && words.contains("on its page"), "{words}");
    let token = lenderbox.start["tokens"]["core"].as_str().unwrap();
    let post = |arguments: &[&str], token: &str| {
        let url = ["--url", &lenderbox.address, "--token", token];
        Command::new(binary()).arg("import").args(arguments).args(url).output().unwrap()
    };
    let clients = ["clients", &people, "--mapping", &mapping];
    let preview = |arguments: &[&str]| said(&post(&[arguments, &["--preview"]].concat(), token));
    let beside = preview(&clients);
    let alone = said(&run(&data, &[&["import"][..], &clients, &["--preview"]].concat()));
    let (words, same) = alone.split_once('\n').unwrap();
    assert!(words.contains("add --url"), "{words}");
    assert_eq!(parts(&beside), parts(same), "nothing stands in the cards yet");
    assert!(beside.contains("line 2: ") && beside.contains("full_name=ТЕСТОВ"), "{beside}");
    assert!(beside.contains("\n  phone: ") && beside.contains("\n  inn: "), "{beside}");
    let orphans = place("elsewhere/loans.csv", LOAN_FILE);
    let orphans = preview(&["loans", &orphans, "--mapping", &loan_mapping]);
    assert!(orphans.contains("--lookup owner=FILE") && !orphans.contains("line 2"), "{orphans}");
    let loan_rows = preview(&["loans", &loans, "--mapping", &loan_mapping]);
    assert!(loan_rows.contains("line 2: ") && !loan_rows.contains("--lookup"), "{loan_rows}");
    let done = said(&post(&clients, token));
    let first = "done: 3 rows: 2 created, 0 updated, 0 unchanged, 0 skipped, 1 rejected";
    assert!(done.starts_with(first) && done.contains("/rejects"), "{done}");
    let dry = said(&post(&[&clients[..], &["--dry-run"]].concat(), token));
    assert!(dry.starts_with("would be: 3 rows: 0 created, 0 updated, 2 unchanged"), "{dry}");
    let loans = said(&post(&["loans", &loans, "--mapping", &loan_mapping], token));
    assert!(
        loans.starts_with("done: 2 rows: 2 created"),
        "the owners lie beside the file: {loans}"
    );
    for (arguments, token, expected) in [
        (&clients[..], "lbx_wrong", "status 401"),
        (
            &["loans", &people, "--mapping", &mapping][..],
            token,
            "kind: this mapping brings clients",
        ),
        (&["clients", "none.csv", "--mapping", &mapping][..], token, "cannot read none.csv"),
    ] {
        let refused = post(arguments, token);
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && words.contains(expected), "{words}");
    }
}
