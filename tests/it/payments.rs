//! Bank statements over HTTP: held whole or posted, the inbox, and what people do with it.

use super::harness::{Answer, Client, Lenderbox, eventually};
use super::loans::{ago, client_of, open, own_product, run_the_day};
use serde_json::{Value, json};

const ACCOUNT: &str = "40702810200000000001";

/// One document of a statement: number, sum, payer, purpose, or money sent back.
fn document(number: u32, sum: &str, name: &str, purpose: &str, is_out: bool) -> String {
    let (from, to, booked) = if is_out {
        (ACCOUNT, "40817810355000123456", "ДатаСписано")
    } else {
        ("40817810355000123456", ACCOUNT, "ДатаПоступило")
    };
    let side = if is_out { "Получатель1" } else { "Плательщик1" };
    format!(
        "СекцияДокумент=Платежное поручение\nНомер={number}\nДата=16.02.2026\nСумма={sum}\n\
         ПлательщикСчет={from}\nПолучательСчет={to}\n{booked}=16.02.2026\n{side}={name}\n\
         НазначениеПлатежа={purpose}\nКонецДокумента\n"
    )
}

fn statement(closing: &str, documents: &[String]) -> String {
    format!(
        "1CClientBankExchange\nВерсияФормата=1.03\nКодировка=Windows\nСекцияРасчСчет\n\
         ДатаНачала=16.02.2026\nДатаКонца=16.02.2026\nРасчСчет={ACCOUNT}\nНачальныйОстаток=0.00\n\
         КонечныйОстаток={closing}\nКонецРасчСчет\n{}КонецФайла\n",
        documents.concat()
    )
}

fn send(person: &Client, text: &str, name: &str) -> Answer {
    let headers = [("Content-Type", "text/plain")];
    let stored = person.send("PUT", "/blobs", Some(text.as_bytes().to_vec()), &headers).ok();
    person.post("/statements", &json!({"file": stored["blob"], "name": name}))
}

/// A box with a product whose books are kept here, and a supervisor.
fn with_product(lenderbox: &Lenderbox) -> Client {
    let body = json!({"title": {"ru": "Свой заём"}, "book": "own"}).to_string().into_bytes();
    let path = "/directory/product/0192f000-0000-7000-8000-0000000000bb";
    let admin = lenderbox.sign_in("administrator", 0);
    admin.send("PUT", path, Some(body), &[("If-Match", "\"0\"")]).ok();
    lenderbox.sign_in("supervisor", 0)
}

/// A client with a loan that is kept here: its identifiers.
fn open_loan(person: &Client, last: &str, number: &str) -> (String, String) {
    let draft = json!({"kind": "person", "last_name": last, "first_name": "Инна",
        "acknowledge_duplicates": true});
    let client = person.post("/clients", &draft).ok()["client_id"].as_str().unwrap().to_owned();
    let loan = json!({"client_id": client, "number": number, "product": "Свой заём",
        "agreement": {"kind": "annuity", "principal": "100000.00", "rate_percent": "24",
            "instalments": 12, "issued_on": "2026-01-15", "day_basis": "ACT/ACT",
            "shift_due_dates": false}});
    let opened = person.post("/loans", &loan).ok();
    (client, opened["loan_id"].as_str().unwrap().to_owned())
}

fn counts(statement: &Value) -> [u64; 5] {
    ["posted", "noted", "unmatched", "outgoing", "known"]
        .map(|key| statement["counts"][key].as_u64().unwrap())
}

fn inbox(person: &Client, state: &str) -> Vec<Value> {
    let page = person.get(&format!("/incoming-payments?state={state}")).ok();
    page["items"].as_array().unwrap().clone()
}

fn operations(person: &Client, loan: &str) -> Vec<(String, Value)> {
    let shown = person.get(&format!("/loans/{loan}")).ok();
    let all = shown["operations"].as_array().unwrap().iter();
    all.map(|one| (one["amount"].as_str().unwrap().to_owned(), one["reversed"].clone())).collect()
}

#[test]
fn a_faulty_statement_is_held_whole_and_says_why() {
    let lenderbox = Lenderbox::demo();
    let elena = lenderbox.sign_in("supervisor", 0);
    let one = [document(1, "100.00", "Иванова Анна", "POS-2026-7000001", false)];
    let good = statement("100.00", &one);
    let rows = [
        (good.replace("Остаток=100.00", "Остаток=100.01"), "balances_differ"),
        (good.replace("КонецФайла\n", ""), "truncated"),
        (good.replace(ACCOUNT, "40702810000000000777"), "foreign_account"),
        (good.replace(ACCOUNT, "40702840200000000001"), "foreign_currency"),
        (good.replace("Сумма=100.00", "Сумма=-100.00"), "field_invalid"),
        ("Код;Сумма\n1;2\n".to_owned(), "unknown_format"),
    ];
    for (text, code) in rows {
        let held = send(&elena, &text, "выписка.txt").ok();
        assert_eq!((&held["state"], counts(&held)), (&json!("held"), [0; 5]), "{code}: {held}");
        let codes: Vec<&Value> =
            held["faults"].as_array().unwrap().iter().map(|fault| &fault["code"]).collect();
        assert!(codes.contains(&&json!(code)), "{code}: {held}");
        let said = held["faults"].to_string();
        assert!(!said.contains("40702810000000000777"), "{said}");
    }
    assert_eq!(inbox(&elena, ""), Vec::<Value>::new());
    let listed = elena.get("/statements?limit=4").ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 4);
    let rest = elena
        .get(&format!("/statements?limit=4&cursor={}", listed["next_cursor"].as_str().unwrap()));
    assert_eq!(rest.ok()["items"].as_array().unwrap().len(), 2);
    let nothing = elena.post("/statements", &json!({"file": "0".repeat(64), "name": "x"}));
    assert_eq!((nothing.status, nothing.fields()), (422, vec!["file"]));
    let foreign = elena.get("/statements?cursor=zz");
    assert_eq!((foreign.status, foreign.fields()), (422, vec!["cursor"]));
}

#[test]
fn payments_are_posted_once_left_to_a_person_and_taken_back() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let mut lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    let elena = with_product(&lenderbox);
    let (client, loan) = open_loan(&elena, "Платёжкина", "POS-2026-7000001");
    let (_, other) = open_loan(&elena, "Другая", "POS-2026-7000002");
    let documents = [
        document(1, "9455.96", "ПАО Банк", "договор № POS-2026-7000001", false),
        document(2, "500.00", "ПЛАТЁЖКИНА ИННА", "за кредит, тел +7 900 000-00-09", false),
        document(3, "700.00", "Неизвестный Некто", "ошибка", false),
    ];
    let file = statement("10655.96", &documents);
    let posted = send(&elena, &file, "16 февраля.txt").ok();
    assert_eq!((&posted["state"], counts(&posted)), (&json!("posted"), [1, 0, 2, 0, 0]));
    assert_eq!(operations(&elena, &loan), [("9455.96".to_owned(), Value::Null)]);
    let again = send(&elena, &file, "ещё раз.txt").ok();
    assert_eq!(counts(&again), [0, 0, 0, 0, 3], "the same file adds nothing");

    let waiting = inbox(&elena, "unmatched");
    let by_sum = |sum: &str| waiting.iter().find(|one| one["amount"] == sum).unwrap().clone();
    let named = by_sum("500.00");
    let suggestion = &named["suggestions"][0];
    assert_eq!((&suggestion["loan_id"], &suggestion["by"]), (&json!(loan), &json!("name")));
    assert_eq!(suggestion["next_payment"]["amount"].as_str().map(str::is_empty), Some(false));
    assert_eq!(named["payer_name"], "Платёжкина И.");
    assert!(!named["purpose"].as_str().unwrap().contains("000-00-09"), "{named}");
    let path = |payment: &Value, what: &str| {
        format!("/incoming-payments/{}/{what}", payment["payment_id"].as_str().unwrap())
    };
    let unknown = json!({"loan_id": "0192f000-0000-7000-8000-00000000dead"});
    assert_eq!(elena.post(&path(&named, "post"), &unknown).fields(), ["loan_id"]);
    let key = [("Idempotency-Key", "post-1")];
    let body = json!({"loan_id": other}).to_string().into_bytes();
    let wrong = elena.send("POST", &path(&named, "post"), Some(body.clone()), &key).ok();
    assert_eq!((&wrong["state"], &wrong["matched_by"]), (&json!("posted"), &json!("hand")));
    let twice = elena.post(&path(&named, "post"), &json!({"loan_id": loan}));
    assert_eq!((twice.status, twice.code()), (409, "payment_dealt_with"));

    // After a power cut the repeated request is known, and nothing is booked twice.
    lenderbox.kill();
    let lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    let elena = elena.at(&lenderbox);
    let repeated = elena.send("POST", &path(&named, "post"), Some(body), &key).ok();
    assert_eq!(repeated["operation_id"], wrong["operation_id"]);
    assert_eq!(operations(&elena, &other).len(), 1);
    let booked = wrong["operation_id"].as_str().unwrap();
    let on_its_page = format!("/loans/{other}/operations/{booked}/reverse");
    let refused = elena.post(&on_its_page, &json!({"reason": "mistake"}));
    assert_eq!((refused.status, refused.code()), (409, "payment_of_statement"));
    let back = elena.post(&path(&named, "reverse"), &json!({"reason": "other_loan"})).ok();
    assert_eq!(
        (&back["state"], &back["reversed_reason"]),
        (&json!("unmatched"), &json!("other_loan"))
    );
    assert_eq!(operations(&elena, &other), [("500.00".to_owned(), json!("other_loan"))]);
    let right = elena.post(&path(&named, "post"), &json!({"loan_id": loan})).ok();
    assert_eq!(
        (&right["loan_number"], &right["client_id"]),
        (&json!("POS-2026-7000001"), &json!(client))
    );
    assert_eq!(operations(&elena, &loan).len(), 2);

    let nobodys = by_sum("700.00");
    assert_eq!(
        elena.post(&path(&nobodys, "dismiss"), &json!({"reason": " "})).fields(),
        ["reason"]
    );
    let reason = json!({"reason": "не наш клиент"});
    let dismissed = elena.post(&path(&nobodys, "dismiss"), &reason).ok();
    assert_eq!(
        (&dismissed["state"], &dismissed["dismissed_reason"]),
        (&json!("dismissed"), &reason["reason"])
    );
    assert_eq!(inbox(&elena, "unmatched").len(), 0);
    let shown =
        elena.get(&format!("/statements/{}", posted["statement_id"].as_str().unwrap())).ok();
    assert_eq!(shown["entries"].as_array().unwrap().len(), 3);
    let unknown = elena.get("/incoming-payments?state=nothing");
    assert_eq!((unknown.status, unknown.code()), (400, "invalid_query"));
}

#[test]
fn the_bank_takes_a_payment_back() {
    let lenderbox = Lenderbox::demo();
    let elena = with_product(&lenderbox);
    let (_, loan) = open_loan(&elena, "Платёжкина", "POS-2026-7000001");
    let purpose = "договор POS-2026-7000001";
    let first = [document(1, "300.00", "Платёжкина Инна", purpose, false)];
    send(&elena, &statement("300.00", &first), "1.txt").ok();
    let second = [
        document(1, "300.00", "Платёжкина Инна", purpose, false),
        document(2, "300.00", "Платёжкина Инна", "Возврат ошибочно зачисленного", true),
        document(3, "40.00", "ООО Магазин", "за товар", true),
    ];
    let file = send(&elena, &statement("-40.00", &second), "2.txt").ok();
    assert_eq!(file["faults"][0]["code"], "field_invalid", "a balance below zero does not read");
    let second = statement("-40.00", &second)
        .replace("Остаток=0.00", "Остаток=40.00")
        .replace("Остаток=-40.00", "Остаток=0.00");
    let file = send(&elena, &second, "2.txt").ok();
    assert_eq!(counts(&file), [0, 0, 1, 1, 1], "{file}");
    let waiting = inbox(&elena, "unmatched");
    let recall = &waiting[0];
    assert_eq!((&recall["is_recall"], &recall["direction"]), (&json!(true), &json!("out")));
    let payment = &recall["recalls"][0];
    assert_eq!((&payment["loan_id"], &payment["state"]), (&json!(loan), &json!("posted")));
    let path = format!("/incoming-payments/{}/reverse", payment["payment_id"].as_str().unwrap());
    let body = json!({"reason": "mistake", "recall_id": recall["payment_id"]});
    assert_eq!(elena.post(&path, &body).fields(), ["recall_id"]);
    let body = json!({"reason": "recalled_by_bank", "recall_id": recall["payment_id"]});
    assert_eq!(elena.post(&path, &body).ok()["state"], "reversed");
    assert_eq!(operations(&elena, &loan), [("300.00".to_owned(), json!("recalled_by_bank"))]);
    let settled = inbox(&elena, "settled");
    assert_eq!(settled[0]["recalled_payment_id"], payment["payment_id"]);
    assert_eq!(inbox(&elena, "unmatched").len(), 0);
    // It was another one: both are put aside, and can be dealt with anew.
    let aside = |id: &Value| {
        let path = format!("/incoming-payments/{}/dismiss", id.as_str().unwrap());
        elena.post(&path, &json!({"reason": "другой платёж"})).ok()
    };
    let open = aside(&recall["payment_id"]);
    assert_eq!((&open["state"], &open["recalled_payment_id"]), (&json!("dismissed"), &Value::Null));
    assert_eq!(aside(&payment["payment_id"])["suggestions"][0]["loan_id"], json!(loan));
    let post = format!("/incoming-payments/{}/post", payment["payment_id"].as_str().unwrap());
    assert_eq!(elena.post(&post, &json!({"loan_id": loan})).ok()["state"], "posted");
    assert_eq!(operations(&elena, &loan).len(), 2);
}

#[test]
fn the_bank_takes_back_what_ended_a_loan_early() {
    let lenderbox = Lenderbox::demo();
    let elena = lenderbox.sign_in("supervisor", 0);
    let (client, product) = (client_of(&lenderbox, &elena), own_product(&lenderbox));
    let number = "POS-2026-7000005";
    let loan = open(&elena, &client, product, number, 10);
    let path = format!("/loans/{loan}");
    elena.post(&format!("{path}/early-requests"), &json!({"on": ago(0), "kind": "full"})).ok();
    let of_today = |text: String| {
        let day = ago(0);
        let parts: Vec<&str> = day.split('-').rev().collect();
        text.replace("16.02.2026", &parts.join("."))
    };
    let came = document(1, "101000.00", "Закрывалов Пётр", &format!("договор {number}"), false);
    send(&elena, &of_today(statement("101000.00", std::slice::from_ref(&came))), "1.txt").ok();
    run_the_day(&elena);
    assert_eq!(elena.get(&path).ok()["status"], "closed_early");

    let back = document(2, "101000.00", "Закрывалов Пётр", "Возврат ошибочно зачисленного", true);
    send(&elena, &of_today(statement("0.00", &[came, back])), "2.txt").ok();
    let waiting = inbox(&elena, "unmatched");
    let recall = &waiting[0];
    let payment = &recall["recalls"][0];
    assert_eq!(payment["loan_id"], json!(loan), "{recall}");
    let reverse = format!("/incoming-payments/{}/reverse", payment["payment_id"].as_str().unwrap());
    let body = json!({"reason": "recalled_by_bank", "recall_id": recall["payment_id"]});
    assert_eq!(elena.post(&reverse, &body).ok()["state"], "reversed");
    let shown = elena.get(&path).ok();
    assert_eq!((&shown["status"], &shown["days_past_due"]), (&json!("active"), &json!(0)));
    assert_eq!(shown["requests"][0]["state"], "funds_awaited");
    assert_eq!(inbox(&elena, "settled").len(), 1);
}

#[test]
fn money_that_waits_is_listed_until_it_is_used_or_taken_back() {
    let lenderbox = Lenderbox::demo();
    let elena = with_product(&lenderbox);
    let before = elena.get("/reports/unallocated").ok()["items"].as_array().unwrap().len();
    let (_, loan) = open_loan(&elena, "Платёжкина", "POS-2026-7000001");
    let much = [document(1, "150000.00", "x", "договор POS-2026-7000001", false)];
    send(&elena, &statement("150000.00", &much), "1.txt").ok();
    let listed = elena.get("/reports/unallocated").ok()["items"].as_array().unwrap().clone();
    assert_eq!(listed.len(), before + 1, "{listed:?}");
    let own = listed.iter().find(|one| one["loan_id"] == json!(loan)).unwrap();
    let shown = elena.get(&format!("/loans/{loan}")).ok();
    assert_eq!(own["unallocated"], shown["figures"]["unallocated"]);
}

#[test]
fn a_large_statement_goes_on_as_a_job_and_after_a_power_cut() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let mut lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    let elena = with_product(&lenderbox);
    let (_, loan) = open_loan(&elena, "Платёжкина", "POS-2026-7000001");
    let documents: Vec<String> = (0..3_000)
        .map(|n| match n % 10 {
            0 => document(n, "1.00", "Некто", "договор POS-2026-7000001", false),
            _ => document(n, "1.00", "Некто", "без договора", false),
        })
        .collect();
    let taken = send(&elena, &statement("3000.00", &documents), "год.txt").ok();
    assert!(matches!(taken["state"].as_str(), Some("running" | "posted")), "{taken}");
    lenderbox.kill();
    let lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    let elena = elena.at(&lenderbox);
    let path = format!("/statements/{}?limit=1", taken["statement_id"].as_str().unwrap());
    let done = eventually("all entries are dealt with", || {
        let shown = elena.get(&path).ok();
        (shown["statement"]["state"] == "posted").then_some(shown)
    });
    assert_eq!(counts(&done["statement"]), [300, 0, 2_700, 0, 0]);
    assert_eq!(done["statement"]["counts"]["total"], 3_000);
    assert_eq!(operations(&elena, &loan).len(), 300);
}
