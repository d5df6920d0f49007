//! A call from the exchange's post to the written result, through the real binary.

use super::harness::{Client, Lenderbox, Socket, binary, eventually};
use serde_json::{Value, json};
use std::process::Command;

fn event(id: &str, kind: &str, second: u32, more: &Value) -> Value {
    let mut event = json!({
        "event_id": id, "call_id": "pbx-1", "type": kind, "direction": "inbound",
        "at": format!("2026-11-21T09:00:{second:02}.000Z"),
    });
    for (key, value) in more.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

fn card(socket: &mut Socket, state: &str) -> Value {
    socket.until(&format!("a card that is {state}"), |message| {
        message["type"] == "call.card" && message["card"]["call"]["state"] == state
    })
}

fn own(socket: &mut Socket, client: &Client, state: &str) -> Value {
    socket.until(&format!("the operator is {state}"), |message| {
        message["type"] == "operator.state"
            && message["state"] == state
            && message["user_id"] == client.user["id"]
    })
}

/// The operator at extension 101, with an open feed, ready for calls.
fn ready(lenderbox: &Lenderbox) -> (Client, Socket) {
    let anna = lenderbox.sign_in("operator", 0);
    assert_eq!(anna.user["extension"], "101");
    let mut feed = Socket::open(&anna, "/feed");
    assert_eq!(feed.next()["type"], "hello");
    let state = json!({"state": "ready", "reason": null});
    assert_eq!(anna.put("/operators/me/state", &state).ok()["state"], "ready");
    (anna, feed)
}

fn topic(client: &Client) -> String {
    let topics = client.get("/directory/topic").ok();
    topics["items"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_call_from_the_post_of_the_exchange_to_the_written_result() {
    let lenderbox = Lenderbox::demo();
    let (anna, mut feed) = ready(&lenderbox);
    let pbx = lenderbox.machine("pbx");
    let leg = json!({"leg_id": "l1", "agent": "101", "from": lenderbox.sample_phone()});
    let answer = pbx.post("/pbx/events", &event("e1", "ringing", 0, &leg));
    assert_eq!((answer.status, &answer.body["accepted"]), (202, &json!(1)));
    let popped = card(&mut feed, "ringing");
    assert_eq!(popped["reason"], "arrived");
    let client = popped["card"]["card"]["client_id"].as_str().unwrap().to_owned();
    assert_eq!(popped["card"]["card"]["answers"][0]["locked"], true);
    let id = popped["call_id"].as_str().unwrap().to_owned();
    pbx.post("/pbx/events", &json!([event("e2", "answered", 2, &leg)])).ok();
    card(&mut feed, "talking");
    own(&mut feed, &anna, "on_call");

    // A page that was reloaded finds the call again.
    let mut again = Socket::open(&anna, "/feed");
    assert_eq!(again.next()["me"]["call"]["call"]["id"], id.as_str());
    let wrong = json!({"answers": [{"field": "birth_date", "value": "01.01.1900"}]});
    let after = anna.post(&format!("/calls/{id}/identify"), &wrong).ok();
    assert_eq!(after["identification"]["attempts_left"], 2);
    let topic = topic(&anna);
    let notes = json!({"topics": [topic], "comment": "asked when", "opening_words": [], "disposition": null});
    anna.put(&format!("/calls/{id}/notes"), &notes).ok();
    let consulted = json!({"entry_id": topic, "link": "https://kb.example/1"});
    anna.post(&format!("/calls/{id}/consult"), &consulted).ok();

    let whole = json!({"cause": "normal"});
    pbx.post("/pbx/events", &event("e3", "ended", 30, &whole)).ok();
    card(&mut feed, "wrap_up");
    let state = json!({"state": "ready", "reason": null});
    assert_eq!(anna.put("/operators/me/state", &state).code(), "wrap_up_open");
    let missing = anna.post(&format!("/calls/{id}/finish"), &notes);
    assert_eq!((missing.status, missing.fields()), (422, vec!["disposition"]));
    let mut result = notes.clone();
    result["disposition"] = json!("info_given");
    let finished = anna.post(&format!("/calls/{id}/finish"), &result).ok();
    assert_eq!(finished["result"], "answered");
    assert_eq!((&finished["talk_seconds"], &finished["wait_seconds"]), (&json!(28), &json!(2)));
    assert_eq!(own(&mut feed, &anna, "not_ready")["reason"], "after_call");

    // The same event again, and one out of order, change nothing.
    let repeated = json!([event("e3", "ended", 30, &whole), event("e1", "ringing", 0, &leg)]);
    assert_eq!(pbx.post("/pbx/events", &repeated).ok()["accepted"], 2);
    let supervisor = lenderbox.sign_in("supervisor", 0);
    let shown = supervisor.get(&format!("/calls/{id}")).ok();
    assert_eq!(shown["call"]["number"], finished["number"]);
    assert_eq!(shown["call"]["client_id"], client.as_str());
    assert_eq!(shown["call"]["consulted"][0]["link"], "https://kb.example/1");
    let events = supervisor.get(&format!("/calls/{id}/events")).ok();
    let kinds: Vec<&Value> =
        events["items"].as_array().unwrap().iter().map(|e| &e["type"]).collect();
    assert_eq!(kinds[..3], [&json!("ringing"), &json!("answered"), &json!("ended")]);
    let correction = json!({"disposition": "complaint", "reason": "clicked beside"});
    let corrected = anna.post(&format!("/calls/{id}/correct"), &correction).ok();
    assert_eq!(corrected["corrections"][0]["disposition"], "info_given");
    let boris = lenderbox.sign_in("operator", 1);
    assert_eq!(boris.get(&format!("/calls/{id}")).status, 404, "not his call");
}

#[test]
fn an_exchange_that_follows_commands_dials_and_may_fail() {
    let lenderbox = Lenderbox::demo();
    let (anna, mut feed) = ready(&lenderbox);
    let dial = json!({"number": "+7 916 111-22-33"});
    assert_eq!(anna.post("/calls/dial", &dial).code(), "pbx_down");
    let pbx = lenderbox.machine("pbx");
    let mut line = Socket::open(&pbx, "/pbx/feed");
    eventually("the exchange follows", || {
        let links = anna.get("/pbx/status").ok()["links"].clone();
        links.as_array().unwrap().iter().any(|link| link["kind"] == "feed").then_some(())
    });
    let dialled = anna.post("/calls/dial", &dial);
    assert_eq!(dialled.status, 202);
    let command = line.until("the dial command", |message| message["type"] == "dial");
    assert_eq!(command["command_id"], dialled.body["command_id"]);
    assert_eq!(
        (&command["extension"], &command["number"]),
        (&json!("101"), &json!("+79161112233"))
    );
    own(&mut feed, &anna, "ringing");
    line.send(
        &json!({"type": "failed", "command_id": command["command_id"], "reason": "agent_busy"}),
    );
    feed.until("the card goes", |message| message["type"] == "call.gone");
    let call = anna.get(&format!("/calls/{}", dialled.body["call_id"].as_str().unwrap())).ok();
    assert_eq!(
        (&call["call"]["result"], &call["call"]["failure"]),
        (&json!("failed"), &json!("agent_busy"))
    );

    // Dialled again, and this time the events come, under the name that the box has chosen.
    own(&mut feed, &anna, "ready");
    anna.post("/calls/dial", &dial).ok();
    let command = line.until("the dial command", |message| message["type"] == "dial");
    line.send(&json!({"type": "ack", "command_id": command["command_id"]}));
    let named = json!({"call_id": command["call_id"], "direction": "outbound"});
    let with = |more: Value| {
        let mut all = named.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let agent = with(json!({"leg_id": "a", "agent": "101"}));
    let client = with(json!({"leg_id": "b"}));
    let talk = json!([
        event("d1", "ringing", 0, &agent),
        event("d2", "answered", 1, &agent),
        event("d3", "ringing", 1, &client),
        event("d4", "answered", 4, &client),
    ]);
    pbx.post("/pbx/events", &talk).ok();
    let talking = card(&mut feed, "talking");
    assert_eq!(talking["call_id"], command["call_id"]);
    let id = talking["call_id"].as_str().unwrap();
    assert_eq!(anna.post(&format!("/calls/{id}/hangup"), &json!({})).status, 202);
    let hangup = line.until("the hang-up", |message| message["type"] == "hangup");
    assert_eq!(hangup["call_id"], command["call_id"]);
}

#[test]
fn a_card_by_hand_and_the_command_lines_calls() {
    let lenderbox = Lenderbox::demo();
    let (anna, mut feed) = ready(&lenderbox);
    for wrong in ["Ольга", "8 916 12", "перезвонить на 8 916 123-45-67", "+7 116 123-45-67"]
    {
        let by_hand = json!({"direction": "inbound", "client_number": wrong});
        let refused = anna.post("/calls", &by_hand);
        assert_eq!((refused.status, refused.fields()), (422, vec!["client_number"]), "{wrong}");
        assert_eq!(refused.body["error"]["fields"][0]["code"], "invalid_phone");
        let refused = anna.post("/calls/dial", &json!({"number": wrong}));
        assert_eq!((refused.status, refused.fields()), (422, vec!["number"]), "{wrong}");
    }
    let body = json!({"direction": "inbound", "client_number": lenderbox.sample_phone()});
    let opened = anna.post("/calls", &body);
    assert_eq!(opened.status, 201, "{}", opened.body);
    assert_eq!(opened.body["call"]["by_hand"], true);
    assert!(opened.body["card"].is_object(), "found by the number");
    let id = opened.body["call"]["id"].as_str().unwrap().to_owned();
    let result = json!({"topics": [topic(&anna)], "comment": "", "opening_words": [], "disposition": "info_given"});
    anna.post(&format!("/calls/{id}/finish"), &result).ok();
    own(&mut feed, &anna, "not_ready");

    let token = lenderbox.start["tokens"]["pbx"].as_str().unwrap();
    let target = ["--url", &lenderbox.address, "--token", token, "--speed", "40"];
    let phone = lenderbox.sample_phone();
    let simulate = ["pbx", "simulate", "transfer", "--from", &phone];
    let played = Command::new(binary()).args(simulate).args(target).output().unwrap();
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
    assert_eq!(String::from_utf8_lossy(&played.stdout).trim(), "7 events taken, 0 refused");
    let popped = card(&mut feed, "ringing");
    assert_eq!(popped["card"]["card"]["client_id"], opened.body["card"]["client_id"]);
    feed.until("the card goes to 102", |message| message["type"] == "call.gone");

    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/ami/03_inbound_queue_answered.ami.txt"
    );
    let played =
        Command::new(binary()).args(["pbx", "replay", file]).args(target).output().unwrap();
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
    let wrap_up = card(&mut feed, "wrap_up");
    assert_eq!(wrap_up["card"]["call"]["queue"], "sales");
    assert_eq!(wrap_up["card"]["call"]["talk_seconds"], 4);
    let wrong = Command::new(binary())
        .args(simulate)
        .args(["--url", &lenderbox.address, "--token", "x"])
        .output()
        .unwrap();
    assert!(!wrong.status.success());
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("bad_token"));
}

#[test]
fn a_contract_typed_into_the_ivr_brings_its_clients_card() {
    let lenderbox = Lenderbox::demo();
    let supervisor = lenderbox.sign_in("supervisor", 0);
    let found = supervisor.get(&format!("/search?q={}", &lenderbox.sample_phone()[1..])).ok();
    let client = found["items"][0]["client_id"].as_str().unwrap().to_owned();
    let card = supervisor.get(&format!("/clients/{client}")).ok();
    let contract = card["loans"][0]["number"].as_str().unwrap().to_owned();
    let (anna, mut feed) = ready(&lenderbox);
    let pbx = lenderbox.machine("pbx");
    let leg = json!({"leg_id": "l1", "agent": "101", "from": "+79990000001",
        "ivr": {"contract": contract.to_lowercase()}});
    pbx.post("/pbx/events", &event("e1", "ringing", 0, &leg)).ok();
    let popped = feed.until("the client's card", |message| {
        message["type"] == "call.card" && message["card"]["card"]["client_id"] == client.as_str()
    });
    // Anybody may know a number of a contract: it unlocks nothing.
    assert_eq!(popped["card"]["call"]["level"], 0);
    let answers = popped["card"]["card"]["answers"].as_array().unwrap();
    let sums = ["next_payment", "debt_today", "total_left"];
    let of_sums: Vec<&Value> =
        answers.iter().filter(|answer| sums.iter().any(|kind| answer["kind"] == *kind)).collect();
    assert_eq!(of_sums.len(), sums.len());
    assert!(of_sums.iter().all(|answer| answer["locked"] == true), "{answers:?}");
    assert_eq!(anna.get("/operators/me").ok()["state"], "ringing");
}
