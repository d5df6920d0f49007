//! What is locked is not in any answer: outside a call, for others than who talks, after the call,
//! outside a role's rows (product F9, domain.md 4.3).

use super::harness::{Client, Lenderbox};
use serde_json::{Value, json};

/// The client whom the sample phone belongs to.
fn sample_client(lenderbox: &Lenderbox, asker: &Client) -> String {
    let phone = lenderbox.sample_phone().replace('+', "%2B");
    let found = asker.get(&format!("/search?q={phone}")).ok();
    found["items"][0]["client_id"].as_str().unwrap().to_owned()
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
    let known =
        elena.post(&format!("/clients/{client}/unmask"), &json!({"reason": "проверка"})).ok();
    let personal = &known["personal"];
    let number = personal["documents"][0]["number"].as_str().unwrap();
    let answers = json!({"answers": [
        {"field": "full_name", "value": personal["full_name"]},
        {"field": "birth_date", "value": personal["birth_date"]},
        {"field": "passport_last4", "value": number[number.len() - 4..]},
    ]});
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
