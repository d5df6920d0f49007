//! Papers over HTTP: issued without gaps in their numbers, read back as text, worded by the
//! administrator.

use super::harness::{Client, Lenderbox};
use super::loans::{ago, client_of, open, own_product};
use lenderbox::domain::paper::{PaperKind, PaperLanguage, template_entry};
use serde_json::{Value, json};

/// The text of a PDF, in one line.
fn text(pdf: &[u8]) -> String {
    assert!(pdf.starts_with(b"%PDF"), "{}", String::from_utf8_lossy(pdf));
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    let text = document.extract_text(&pages).unwrap().replace('\u{a0}', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `9455.96` as Russian papers have it.
fn ru(sum: &Value) -> String {
    let (whole, cents) = sum.as_str().unwrap().split_once('.').unwrap();
    let digits: Vec<char> = whole.chars().rev().collect();
    let groups: Vec<String> = digits.chunks(3).map(|group| group.iter().rev().collect()).collect();
    let whole: Vec<&str> = groups.iter().rev().map(String::as_str).collect();
    format!("{},{cents}", whole.join(" "))
}

fn issue(who: &Client, loan: &str, kind: &str) -> Value {
    let ask = json!({"kind": kind, "language": "ru"});
    who.post(&format!("/loans/{loan}/papers"), &ask).ok()
}

fn number(paper: &Value) -> u64 {
    paper["number"].as_str().unwrap().split_once('-').unwrap().1.parse().unwrap()
}

fn read(who: &Client, paper: &Value) -> String {
    let answer = who.get(&format!("/papers/{}", paper["paper_id"].as_str().unwrap()));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/pdf")));
    text(&answer.bytes)
}

#[test]
fn papers_say_what_the_page_says_and_refusals_take_no_number() {
    let lenderbox = Lenderbox::demo();
    let elena = lenderbox.sign_in("supervisor", 0);
    let (client, product) = (client_of(&lenderbox, &elena), own_product(&lenderbox));
    let loan = open(&elena, &client, product, "OWN-P1", 45);
    let reason = json!({"reason": "проверка"});
    let known = elena.post(&format!("/clients/{client}/unmask"), &reason).ok();
    let name = known["personal"]["full_name"].as_str().unwrap();

    let debt = issue(&elena, &loan, "current_debt");
    assert_eq!((number(&debt), &debt["on"]), (1, &json!(ago(0))), "{debt}");
    let said = read(&elena, &debt);
    let shown = elena.get(&format!("/loans/{loan}")).ok();
    for found in [
        name,
        "OWN-P1",
        debt["number"].as_str().unwrap(),
        &ru(&shown["figures"]["payoff"]),
        &ru(&shown["figures"]["overdue"]),
        &ru(&shown["figures"]["total_left"]),
        "копеек)",
    ] {
        assert!(said.contains(found), "{found} is not in {said}");
    }

    let path = format!("/loans/{loan}/papers");
    let refusals = [
        (json!({"kind": "debt_repaid", "language": "ru"}), "debt_left", vec![]),
        (json!({"kind": "current_debt", "language": "ru", "on": ago(-1)}), "", vec!["on"]),
        (json!({"kind": "current_debt", "language": "ru", "on": ago(46)}), "", vec!["on"]),
        (json!({"kind": "early_repayment", "language": "en"}), "", vec!["early"]),
        (json!({"kind": "letter", "language": "de"}), "", vec!["kind", "language"]),
        (
            json!({"kind": "early_repayment", "language": "en",
                "early": {"on": ago(0), "kind": "smaller_payment", "amount": "-1"}}),
            "",
            vec!["early.amount"],
        ),
    ];
    for (ask, code, fields) in refusals {
        let refused = elena.post(&path, &ask);
        assert_eq!(refused.fields(), fields, "{ask} {}", refused.body);
        assert_eq!(refused.status, if code.is_empty() { 422 } else { 409 }, "{ask}");
        assert!(code.is_empty() || refused.code() == code, "{ask} {}", refused.body);
    }

    let payoff = &shown["figures"]["payoff"];
    let early = json!({"kind": "early_repayment", "language": "ru",
        "early": {"on": ago(0), "kind": "full"}});
    let quoted = elena.post(&path, &early).ok();
    assert_eq!(number(&quoted), 2, "a refused paper takes no number");
    let said = read(&elena, &quoted);
    assert!(said.contains(&ru(payoff)) && said.contains("Экономия"), "{said}");

    let statement = issue(&elena, &loan, "loan_statement");
    assert!(read(&elena, &statement).contains("Выдача займа"));
    let schedule = read(&elena, &issue(&elena, &loan, "payment_schedule"));
    for row in shown["schedule"].as_array().unwrap() {
        assert!(schedule.contains(&ru(&row["payment"])), "{row} is not in {schedule}");
    }
    let listed = elena.get(&path).ok();
    let numbers: Vec<u64> = listed["items"].as_array().unwrap().iter().map(number).collect();
    assert_eq!(numbers, [4, 3, 2, 1]);
    let first = elena.get(&format!("{path}?limit=3")).ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = elena.get(&format!("{path}?limit=3&cursor={cursor}")).ok();
    assert_eq!(rest["items"].as_array().unwrap().iter().map(number).collect::<Vec<_>>(), [1]);
    assert_eq!(rest["next_cursor"], Value::Null);
    let looks = elena.get(&format!("/clients/{client}/access")).ok().to_string();
    assert!(looks.contains("\"paper\""), "{looks}");
}

#[test]
fn a_loan_that_is_paid_gets_its_certificate() {
    let lenderbox = Lenderbox::demo();
    let elena = lenderbox.sign_in("supervisor", 0);
    let (client, product) = (client_of(&lenderbox, &elena), own_product(&lenderbox));
    let body = json!({"client_id": client, "number": "OWN-P2", "product": product,
        "agreement": {"kind": "single", "principal": "10000.00", "rate_percent": "24",
            "instalments": 1, "step_days": 30, "issued_on": ago(30)}});
    let loan = elena.post("/loans", &body).ok()["loan_id"].as_str().unwrap().to_owned();
    let ask = json!({"kind": "debt_repaid", "language": "en"});
    let path = format!("/loans/{loan}/papers");
    assert_eq!(elena.post(&path, &ask).code(), "debt_left");
    let due = elena.get(&format!("/loans/{loan}")).ok()["figures"]["payoff"].clone();
    elena.post(&format!("/loans/{loan}/payments"), &json!({"on": ago(0), "amount": due})).ok();
    let said = read(&elena, &elena.post(&path, &ask).ok());
    assert!(said.contains("Certificate of repayment") && said.contains("OWN-P2"), "{said}");
    // The day before it was not repaid.
    let before = json!({"kind": "debt_repaid", "language": "en", "on": ago(1)});
    assert_eq!(elena.post(&path, &before).code(), "debt_left");
}

#[test]
fn another_systems_figures_are_named_as_such() {
    let lenderbox = Lenderbox::demo();
    let elena = lenderbox.sign_in("supervisor", 0);
    let client = client_of(&lenderbox, &elena);
    let card = elena.get(&format!("/clients/{client}")).ok();
    let loan = card["loans"][0]["loan_id"].as_str().unwrap();
    assert_eq!(elena.get(&format!("/loans/{loan}")).ok()["book"], "external");
    let said = read(&elena, &issue(&elena, loan, "current_debt"));
    assert!(said.contains("по данным учётной системы кредитора"), "{said}");
    let said = read(&elena, &issue(&elena, loan, "loan_statement"));
    assert!(said.contains("по данным учётной системы кредитора"), "{said}");
}

#[test]
fn an_operator_issues_papers_to_whom_he_has_identified() {
    let lenderbox = Lenderbox::demo();
    let (anna, elena) = (lenderbox.sign_in("operator", 0), lenderbox.sign_in("supervisor", 0));
    let client = client_of(&lenderbox, &elena);
    let reason = json!({"reason": "проверка"});
    let known = elena.post(&format!("/clients/{client}/unmask"), &reason).ok();
    let (personal, loan) = (&known["personal"], &known["loans"][0]["loan_id"]);
    let path = format!("/loans/{}/papers", loan.as_str().unwrap());
    let ask = json!({"kind": "loan_statement", "language": "ru"});
    let refused = anna.post(&path, &ask);
    assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    assert_eq!(anna.get(&path).status, 403);
    let call = json!({"direction": "inbound", "client_number": lenderbox.sample_phone()});
    let call = anna.post("/calls", &call).ok()["call"]["id"].as_str().unwrap().to_owned();
    let with_call = format!("{path}?call={call}");
    assert_eq!(anna.post(&with_call, &ask).status, 403, "nothing is proved yet");
    let number = personal["documents"][0]["number"].as_str().unwrap();
    let answers = json!({"answers": [
        {"field": "full_name", "value": personal["full_name"]},
        {"field": "birth_date", "value": personal["birth_date"]},
        {"field": "passport_last4", "value": number[number.len() - 4..]},
    ]});
    anna.post(&format!("/calls/{call}/identify"), &answers).ok();
    let paper = anna.post(&with_call, &ask).ok();
    let one = format!("/papers/{}", paper["paper_id"].as_str().unwrap());
    assert_eq!(anna.get(&format!("{one}?call={call}")).status, 200);
    assert_eq!(anna.get(&one).status, 403, "outside the call it is locked");
    assert_eq!(lenderbox.sign_in("administrator", 0).get(&one).status, 403);
}

#[test]
fn numbers_have_no_gaps_whoever_issues_at_once_and_after_a_kill() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let mut lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    let elena = lenderbox.sign_in("supervisor", 0);
    let (client, product) = (client_of(&lenderbox, &elena), own_product(&lenderbox));
    let loan = open(&elena, &client, product, "OWN-P3", 45);
    let mut numbers: Vec<u64> = std::thread::scope(|scope| {
        let issuing: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| number(&issue(&elena, &loan, "payment_schedule"))))
            .collect();
        issuing.into_iter().map(|one| one.join().unwrap()).collect()
    });
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    let path = format!("/loans/{loan}/papers");
    let ask = json!({"kind": "current_debt", "language": "en"}).to_string().into_bytes();
    let key = [("Idempotency-Key", "paper-1")];
    let first = elena.send("POST", &path, Some(ask.clone()), &key).ok();
    lenderbox.kill();
    let lenderbox = Lenderbox::serve(&data);
    let elena = elena.at(&lenderbox);
    let again = elena.send("POST", &path, Some(ask), &key).ok();
    assert_eq!((&first, number(&again)), (&again, 7));
    assert_eq!(number(&issue(&elena, &loan, "current_debt")), 8);
    assert!(read(&elena, &first).contains("Certificate of debt"));
}

#[test]
fn the_administrator_words_papers_and_tries_them_without_a_restart() {
    let lenderbox = Lenderbox::demo();
    let (admin, elena) =
        (lenderbox.sign_in("administrator", 0), lenderbox.sign_in("supervisor", 0));
    let entry = template_entry(PaperKind::CurrentDebt, PaperLanguage::Ru);
    let path = format!("/directory/paper_template/{entry}");
    let put = |who: &Client, text: &str, version: &str| {
        let body = json!({"kind": "current_debt", "language": "ru", "text": text});
        let body = Some(body.to_string().into_bytes());
        who.send("PUT", &path, body, &[("If-Match", version)])
    };
    let template = || {
        let all = admin.get("/papers/templates").ok();
        assert_eq!(all["items"].as_array().unwrap().len(), 10);
        let found = all["items"].as_array().unwrap().iter();
        found.clone().find(|one| one["entry_id"] == json!(entry.to_string())).unwrap().clone()
    };
    assert_eq!((&template()["is_shipped"], &template()["version"]), (&json!(true), &json!(0)));
    assert_eq!(template()["values"]["loan"]["schedule"][0]["n"], 1);
    assert_eq!(put(&elena, "# x", "\"0\"").status, 403);

    // What is wrong is named with its line, and nothing changes.
    let faulty = "# Справка\n\n{{ loan.nmuber }}";
    let refused = put(&admin, faulty, "\"0\"");
    assert_eq!((refused.status, refused.fields()), (422, vec!["text"]), "{}", refused.body);
    let message = refused.body["error"]["fields"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("line 3: "), "{message}");
    // Another system's loan does not tell the payoff.
    let refused = put(&admin, "{{ loan.payoff|money }}", "\"0\"");
    assert_eq!((refused.status, refused.fields()), (422, vec!["text"]), "{}", refused.body);
    assert_eq!(template()["version"], 0);

    // Unsaved words with made-up values, and with those of a loan, whose client stays masked.
    let words = "# Новая справка\n\n{{ client.name }} {{ loan.number }}";
    let ask = |body: &str, loan: &Value| {
        let ask = json!({"kind": "current_debt", "language": "ru", "body": body, "loan_id": loan});
        admin.post("/papers/preview", &ask)
    };
    assert!(text(&ask(words, &Value::Null).bytes).contains("Новая справка"));
    let client = client_of(&lenderbox, &elena);
    let reason = json!({"reason": "проверка"});
    let known = elena.post(&format!("/clients/{client}/unmask"), &reason).ok();
    let loan = &known["loans"][0];
    let said = text(&ask(words, &loan["loan_id"]).bytes);
    let name = known["personal"]["full_name"].as_str().unwrap();
    assert!(said.contains(loan["number"].as_str().unwrap()) && !said.contains(name), "{said}");
    let refused = ask("a\n{{ b }}", &Value::Null);
    assert_eq!((refused.status, refused.fields()), (422, vec!["body"]), "{}", refused.body);

    // Saved, it is on the next paper; retired, the shipped words are back.
    put(&admin, words, "\"0\"").ok();
    let id = loan["loan_id"].as_str().unwrap();
    assert!(read(&elena, &issue(&elena, id, "current_debt")).contains("Новая справка"));
    admin.send("DELETE", &path, None, &[("If-Match", "\"1\"")]).ok();
    assert_eq!(template()["is_shipped"], true);
    assert!(!read(&elena, &issue(&elena, id, "current_debt")).contains("Новая справка"));
    // The wording of one paper is not kept under another's name.
    let other = template_entry(PaperKind::DebtRepaid, PaperLanguage::Ru);
    let body = json!({"kind": "current_debt", "language": "ru", "text": words});
    let body = Some(body.to_string().into_bytes());
    let other = format!("/directory/paper_template/{other}");
    let refused = admin.send("PUT", &other, body, &[("If-Match", "\"0\"")]);
    assert_eq!((refused.status, refused.fields()), (422, vec!["kind"]), "{}", refused.body);
}
