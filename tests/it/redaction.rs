//! What is locked is not in any answer: outside a call, for others than who talks, after the call,
//! outside a role's rows (product F9, domain.md 4.3).

use super::harness::{Client, Lenderbox};
use serde_json::{Value, json};

/// The client whom the sample phone belongs to.
fn sample_client(lenderbox: &Lenderbox, asker: &Client) -> String {
    client_with(&lenderbox.sample_phone(), asker)
}

fn client_with(phone: &str, asker: &Client) -> String {
    let found = asker.get(&format!("/search?q={}", phone.replace('+', "%2B"))).ok();
    found["items"][0]["client_id"].as_str().unwrap().to_owned()
}

/// What a client would answer to be identified to level 2.
fn answers_of(client: &str, supervisor: &Client) -> Value {
    let reason = json!({"reason": "проверка"});
    let known = supervisor.post(&format!("/clients/{client}/unmask"), &reason).ok();
    let personal = &known["personal"];
    let number = personal["documents"][0]["number"].as_str().unwrap();
    json!({"answers": [
        {"field": "full_name", "value": personal["full_name"]},
        {"field": "birth_date", "value": personal["birth_date"]},
        {"field": "passport_last4", "value": number[number.len() - 4..]},
    ]})
}

fn is_locked(card: &Value) -> bool {
    card["answers"][0]["locked"] == json!(true) && card["personal"]["unmasked"] == json!(false)
}

#[test]
fn an_operator_cannot_set_the_answers_that_identify() {
    let lenderbox = Lenderbox::demo();
    let anna = lenderbox.sign_in("operator", 0);
    let client = sample_client(&lenderbox, &anna);
    let card = anna.get(&format!("/clients/{client}"));
    let version = card.header("etag").unwrap().to_owned();
    let body = json!({"code_word": "мимоза"}).to_string().into_bytes();
    let headers = [("If-Match", version.as_str())];
    let refused = anna.send("PATCH", &format!("/clients/{client}"), Some(body), &headers);
    assert_eq!((refused.status, refused.code()), (403, "forbidden"), "{}", refused.body);
    assert_eq!(anna.get(&format!("/clients/{client}")).ok()["version"], card.ok()["version"]);
}

#[test]
fn history_tells_nothing_private_before_identification() {
    let lenderbox = Lenderbox::demo();
    let (anna, elena) = (lenderbox.sign_in("operator", 0), lenderbox.sign_in("supervisor", 0));
    let client = sample_client(&lenderbox, &anna);
    elena.post(&format!("/clients/{client}/notes"), &json!({"text": "тайная заметка"})).ok();
    let full = elena.get(&format!("/clients/{client}/history")).ok();
    assert!(full.to_string().contains("тайная заметка"));
    let history = anna.get(&format!("/clients/{client}/history")).ok();
    for item in history["items"].as_array().unwrap() {
        assert_eq!(item["kind"], "call", "{item}");
        assert_eq!((&item["comment"], &item["topics"]), (&Value::Null, &json!([])), "{item}");
    }
}

#[test]
fn a_partner_manager_sees_no_private_person_through_a_call() {
    let lenderbox = Lenderbox::demo();
    let fedor = lenderbox.sign_in("partner_manager", 0);
    let number = lenderbox.sample_phone();
    let call = json!({"direction": "inbound", "client_number": number});
    let opened = fedor.post("/calls", &call).ok();
    assert_eq!((&opened["card"], &opened["candidates"]), (&Value::Null, &json!([])), "{opened}");
    let same = json!({"kind": "organisation", "phones": [{"number": number}],
        "organisation": {"full_name": "ООО Ромашка"}});
    let duplicates = fedor.post("/clients/check-duplicates", &same).ok();
    assert_eq!(duplicates, json!({"hard": [], "soft": []}));
}

#[test]
fn a_level_is_for_who_talks_and_ends_with_the_call() {
    let lenderbox = Lenderbox::demo();
    let (anna, boris) = (lenderbox.sign_in("operator", 0), lenderbox.sign_in("operator", 1));
    let elena = lenderbox.sign_in("supervisor", 0);
    let client = sample_client(&lenderbox, &anna);
    let pbx = lenderbox.machine("pbx");
    let event = |kind: &str, agent: &str, second: u32| {
        json!({"event_id": format!("{kind}-{agent}"), "call_id": "c1", "leg_id": agent, "type": kind,
            "at": format!("2026-11-21T10:00:{second:02}Z"), "direction": "inbound", "agent": agent,
            "from": lenderbox.sample_phone(), "to": "+74951234567"})
    };
    let events =
        [event("ringing", "102", 1), event("ringing", "101", 1), event("answered", "101", 4)];
    pbx.post("/pbx/events", &json!(events)).ok();
    let answers = answers_of(&client, &elena);
    let live = anna.get("/calls?state=live").ok();
    let id = live["items"][0]["id"].as_str().unwrap().to_owned();
    let identified = anna.post(&format!("/calls/{id}/identify"), &answers).ok();
    assert_eq!(identified["identification"]["level"], 2, "{identified}");
    let path = format!("/clients/{client}?call={id}");
    assert!(!is_locked(&anna.get(&path).ok()), "who talks sees what was unlocked");
    assert!(is_locked(&boris.get(&path).ok()), "an unanswered offer unlocks nothing");
    let mut end = event("ended", "101", 30);
    end["cause"] = json!("normal");
    pbx.post("/pbx/events", &end).ok();
    let topic = anna.get("/directory/topic").ok()["items"][0]["id"].clone();
    let finish = json!({"topics": [topic], "comment": "Уточнил дату.", "disposition": "info_given",
        "opening_words": ["name", "creditor", "recorded"]});
    anna.post(&format!("/calls/{id}/finish"), &finish).ok();
    assert!(is_locked(&anna.get(&path).ok()), "a finished call unlocks nothing");
    let looks = elena.get(&format!("/clients/{client}/access")).ok().to_string();
    assert!(looks.contains("unmask") && looks.contains("card"), "{looks}");
}

/// What a loan tells that the card of a locked client does not.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        _ => false,
    }
}

#[test]
fn a_loan_tells_a_locked_caller_no_more_than_the_card() {
    let lenderbox = Lenderbox::demo();
    let (anna, elena) = (lenderbox.sign_in("operator", 0), lenderbox.sign_in("supervisor", 0));
    let phone = lenderbox.sample_own_phone();
    let client = client_with(&phone, &anna);
    let card = anna.get(&format!("/clients/{client}")).ok();
    let full = elena.get(&format!("/clients/{client}")).ok();
    for row in card["loans"].as_array().unwrap() {
        let path = format!("/loans/{}", row["loan_id"].as_str().unwrap());
        let mut shown = anna.get(&path).ok();
        assert_eq!(shown["locked"], json!(true));
        for told in ["number", "product", "status", "as_of"] {
            assert_eq!(shown[told], row[told], "{told}");
        }
        assert_eq!(shown["terms"]["issued_on"], row["issued_on"]);
        let known = [
            "loan_id",
            "client_id",
            "number",
            "product",
            "status",
            "as_of",
            "locked",
            "book",
            "currency",
            "on",
        ];
        shown["terms"]["issued_on"].take();
        let fields = shown.as_object().unwrap().iter();
        let more: Vec<_> = fields
            .filter(|(name, value)| !known.contains(&name.as_str()) && !is_empty(value))
            .collect();
        assert!(more.is_empty(), "{more:?}");
        // Another day tells nothing, either.
        let past = anna.get(&format!("{path}?on={}", row["issued_on"].as_str().unwrap())).ok();
        assert_eq!((&past["status"], &past["on"]), (&shown["status"], &shown["on"]));
        for question in ["explain?figure=total_left", "early-quote?on=2100-01-01&kind=full"] {
            let refused = anna.get(&format!("{path}/{question}"));
            assert_eq!((refused.status, refused.code()), (403, "forbidden"), "{question}");
        }
        let early = json!({"on": "2100-01-01", "kind": "full"});
        let refused = anna.post(&format!("{path}/early-requests"), &early);
        assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    }
    // Who has identified the client in the call sees the sums, and the supervisor's ones.
    let call = json!({"direction": "inbound", "client_number": phone});
    let call = anna.post("/calls", &call).ok()["call"]["id"].as_str().unwrap().to_owned();
    anna.put(&format!("/calls/{call}/client"), &json!({"client_id": client})).ok();
    anna.post(&format!("/calls/{call}/identify"), &answers_of(&client, &elena)).ok();
    let loan = full["loans"][0]["loan_id"].as_str().unwrap();
    let seen = anna.get(&format!("/loans/{loan}?call={call}")).ok();
    assert_eq!(seen, elena.get(&format!("/loans/{loan}")).ok());
    assert_eq!(seen["locked"], json!(false));
    let why = anna.get(&format!("/loans/{loan}/explain?figure=total_left&call={call}")).ok();
    assert_eq!(why["amount"], seen["figures"]["total_left"]);
    // A call about somebody else unlocks nothing.
    let other = sample_client(&lenderbox, &elena);
    let other = elena.get(&format!("/clients/{other}")).ok();
    let other = other["loans"][0]["loan_id"].as_str().unwrap();
    assert_eq!(anna.get(&format!("/loans/{other}?call={call}")).ok()["locked"], json!(true));
    let looks = elena.get(&format!("/clients/{client}/access")).ok().to_string();
    assert!(looks.contains("\"loan\""), "{looks}");
}
