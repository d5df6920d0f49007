//! Search by the fields of the settings (product F7, S7), on the real binary.

use super::harness::{Client, Lenderbox};
use serde_json::{Value, json};
use std::path::Path;

const LOANS: &str = "\
key;name;number;account;sum;issued\n\
1;Пробный Пётр Ильич;АБ-77/1;4230 1810 5000 0000 0001;1000;2026-01-15\n\
2;Пробная Ольга Ильинична;АБ-78/1;42301810500000000002;1000;2026-01-15\n\
3;Пробный Семён Ильич;АБ-79/1;сч. 5;1000;2026-01-15\n";

const LOANS_MAPPING: &str = r#"
    kind = "loans"
    source = "probe"
    key = "{key}"
    [columns]
    number = "number"
    account = "account"
    principal = "sum"
    issued_on = "issued"
    [constants]
    status = "active"
    [client]
    key = "{key}"
    [client.columns]
    full_name = "name"
    [client.constants]
    kind = "person"
"#;

fn with_fields(folder: &Path, fields: &str) -> Lenderbox {
    let settings = folder.join("lenderbox.toml");
    std::fs::write(&settings, format!("[search]\nfields = {fields}\n")).unwrap();
    let settings = settings.to_str().unwrap().to_owned();
    Lenderbox::start(&folder.join("data"), &["--clients", "60", "--config", &settings])
}

fn matched(asker: &Client, query: &str) -> Vec<String> {
    let found = asker.get(&format!("/search?{query}")).ok();
    let items = found["items"].as_array().unwrap();
    items.iter().map(|item| item["matched_by"].as_str().unwrap().to_owned()).collect()
}

fn import_loans(lenderbox: &Lenderbox) {
    let admin = lenderbox.sign_in("administrator", 0);
    let media = [("Content-Type", "application/octet-stream")];
    let kept = admin.send("PUT", "/blobs", Some(LOANS.as_bytes().to_vec()), &media).ok();
    let body = json!({"kind": "loans", "blob": kept["blob"], "file_name": "f.csv",
        "mapping_text": LOANS_MAPPING});
    let started = admin.post("/imports", &body).ok();
    let path = format!("/imports/{}", started["import_id"].as_str().unwrap());
    let run = super::harness::eventually("the import", || {
        let run = admin.get(&path).ok();
        (run["state"] != "running").then_some(run)
    });
    assert_eq!(
        (&run["state"], &run["created"], &run["rejected"]),
        (&json!("finished"), &json!(2), &json!(1)),
        "{run}"
    );
    let rejects = admin.get(&format!("{path}/rejects"));
    assert!(rejects.body.as_str().unwrap().contains("4;account;"), "{}", rejects.body);
}

#[test]
fn the_settings_say_what_a_search_looks_into() {
    let temporary = tempfile::tempdir().unwrap();
    let number = {
        let mut lenderbox = with_fields(temporary.path(), r#"["account", "name"]"#);
        import_loans(&lenderbox);
        let anna = lenderbox.sign_in("operator", 0);
        let settings = anna.get("/settings/public").ok();
        assert_eq!(settings["search_fields"], json!(["account", "name"]));
        assert_eq!(anna.get("/search/fields").ok()["fields"], json!(["account", "name"]));
        assert_eq!(matched(&anna, "q=42301810500000000001"), ["account"]);
        assert_eq!(matched(&anna, "q=4230%201810%205000%200000%200002"), ["account"]);
        assert_eq!(matched(&anna, "q=4230181050000000"), ["account", "account"], "a beginning");
        assert_eq!(matched(&anna, "q=423"), [""; 0], "too little to tell banks apart");
        assert_eq!(matched(&anna, "q=Пробная"), ["name"]);
        assert_eq!(matched(&anna, "q=АБ-77/1"), [""; 0], "loan numbers are not looked into");
        let number = lenderbox.sample_phone().replace('+', "%2B");
        assert_eq!(matched(&anna, &format!("q={number}")), [""; 0], "nor phones");
        assert_eq!(matched(&anna, "field=name&q=42301810500000000001"), [""; 0]);
        let other = anna.get("/search?field=phone&q=1");
        assert_eq!((other.status, other.fields()), (422, vec!["field"]), "{}", other.body);
        lenderbox.stop();
        number
    };
    let lenderbox = with_fields(temporary.path(), r#"["phone", "loan_number"]"#);
    let anna = lenderbox.sign_in("operator", 0);
    assert_eq!(matched(&anna, "q=42301810500000000001"), [""; 0]);
    assert_eq!(matched(&anna, "q=аб-77/1"), ["loan_number"], "in small letters too");
    assert_eq!(matched(&anna, "q=АБ-7"), ["loan_number", "loan_number"]);
    assert!(!matched(&anna, &format!("q={number}")).is_empty());
}

#[test]
fn an_account_is_shown_masked_and_only_to_whom_sums_are() {
    let temporary = tempfile::tempdir().unwrap();
    let lenderbox = with_fields(temporary.path(), r#"["account"]"#);
    import_loans(&lenderbox);
    let (anna, elena) = (lenderbox.sign_in("operator", 0), lenderbox.sign_in("supervisor", 0));
    let found = anna.get("/search?q=42301810500000000001").ok();
    let client = found["items"][0]["client_id"].as_str().unwrap();
    let card = format!("/clients/{client}");
    assert_eq!(elena.get(&card).ok()["loans"][0]["account"], "4230****0001");
    assert_eq!(anna.get(&card).ok()["loans"][0]["account"], Value::Null);
    let unmasked = elena.post(&format!("{card}/unmask"), &json!({"reason": "проверка"})).ok();
    assert_eq!(unmasked["loans"][0]["account"], "42301810500000000001");
}

#[test]
fn organisations_are_found_by_their_numbers_and_persons_do_not_hide_them() {
    let lenderbox = Lenderbox::demo();
    let (elena, fedor) =
        (lenderbox.sign_in("supervisor", 0), lenderbox.sign_in("partner_manager", 0));
    let firm = json!({"kind": "organisation", "inn": "7707083893", "organisation":
        {"form": "network", "full_name": "ООО Янтарь", "kpp": "773601001",
         "ogrn": "1027700132195"}});
    elena.post("/clients", &firm).ok();
    for n in 0..3 {
        let person = json!({"kind": "person", "last_name": "Янтарь", "first_name": format!("Ян{n}"),
            "acknowledge_duplicates": true});
        elena.post("/clients", &person).ok();
    }
    assert_eq!(matched(&elena, "q=7707083893"), ["inn"]);
    assert_eq!(matched(&elena, "q=1027700132195"), ["ogrn"]);
    assert_eq!(matched(&elena, "q=Янтарь&field=name").len(), 4);
    assert_eq!(matched(&elena, "q=Янтарь&limit=2").len(), 2);
    assert_eq!(matched(&fedor, "q=Янтарь&limit=1"), ["name"], "the firm, behind the persons");
}

#[test]
fn foreign_documents_are_found_however_they_are_written() {
    let lenderbox = Lenderbox::demo();
    let elena = lenderbox.sign_in("supervisor", 0);
    let person = json!({"kind": "person", "last_name": "Смит", "first_name": "Джон",
        "documents": [{"kind": "foreign_passport", "series": "", "number": "ab 12-34567"}]});
    elena.post("/clients", &person).ok();
    for query in ["AB1234567", "ab1234567", "AB%201234567", "ab-12-34567"] {
        assert_eq!(matched(&elena, &format!("q={query}")), ["document"], "{query}");
    }
}
