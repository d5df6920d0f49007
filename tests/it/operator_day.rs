//! A call from the exchange's event to the final word, as an operator's page sees it.

use super::harness::{Client, Lenderbox, Socket, eventually};
use serde_json::{Value, json};

fn event(kind: &str, second: u32, more: Value) -> Value {
    let mut event = json!({
        "event_id": format!("{kind}-{second}"), "call_id": "talk-1", "leg_id": "leg-1",
        "type": kind, "at": format!("2026-11-21T10:00:{second:02}Z"), "direction": "inbound",
        "agent": "101",
    });
    for (key, value) in more.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

fn post(pbx: &Client, events: &Value) {
    let answer = pbx.post("/pbx/events", events).ok();
    assert_eq!(answer["rejected"], json!([]), "{answer}");
}

#[test]
fn a_call_opens_its_card_at_the_operator_and_is_worked_to_its_end() {
    let lenderbox = Lenderbox::demo();
    let pbx = lenderbox.machine("pbx");
    let anna = lenderbox.sign_in("operator", 0);
    assert_eq!(anna.user["extension"], "101");
    let mut feed = Socket::open(&anna, "/feed");
    let hello = feed.next();
    assert_eq!((&hello["type"], &hello["me"]["call"]), (&json!("hello"), &Value::Null));
    let ready = anna.put("/operators/me/state", &json!({"state": "ready"})).ok();
    assert_eq!(ready["state"], "ready");

    let numbers = json!({"from": lenderbox.sample_phone(), "to": "+74951234567"});
    post(&pbx, &event("ringing", 1, numbers.clone()));
    let popped = feed.until("the card", |message| message["type"] == "call.card");
    let id = popped["call_id"].as_str().unwrap().to_owned();
    assert_eq!(popped["card"]["call"]["state"], "ringing");
    // One client has the number: it is chosen at once.
    let client = popped["card"]["card"]["client_id"].as_str().unwrap().to_owned();

    post(&pbx, &json!([event("answered", 3, numbers.clone()), event("answered", 3, numbers)]));
    let path = |verb: &str| format!("/calls/{id}/{verb}");
    let chosen = anna.put(&path("client"), &json!({"client_id": client})).ok();
    assert_eq!(chosen["call"]["client_id"], json!(client));
    let locked = &chosen["card"]["answers"][0];
    assert_eq!((&locked["locked"], &locked["amount"]), (&json!(true), &Value::Null), "{locked}");
    // Somebody else's call is not to be seen.
    let boris = lenderbox.sign_in("operator", 1);
    assert_eq!(boris.get(&format!("/calls/{id}")).status, 404);
    let wrong = json!({"answers": [{"field": "birth_date", "value": "1901-01-01"}]});
    let after = anna.post(&path("identify"), &wrong).ok();
    assert_eq!(after["identification"]["attempts_left"], 2);
    let history = anna.get(&format!("/clients/{client}/history")).ok();
    assert!(!history["items"].as_array().unwrap().is_empty());

    post(&pbx, &event("ended", 9, json!({"cause": "normal"})));
    let wrapping = eventually("wrap-up", || {
        let own = anna.get("/operators/me").ok();
        (own["state"] == "wrap_up").then_some(own)
    });
    assert_eq!(wrapping["call"]["call"]["id"], json!(id));
    let early = anna.put("/operators/me/state", &json!({"state": "ready"}));
    assert_eq!((early.status, early.code()), (409, "wrap_up_open"));
    let bare = anna.post(&path("finish"), &json!({}));
    assert_eq!(bare.status, 422, "{}", bare.body);
    let topics = anna.get("/directory/topic").ok();
    let topic = topics["items"][0]["id"].clone();
    let finish = json!({"topics": [topic], "comment": "Уточнил дату платежа.",
        "disposition": "info_given", "opening_words": ["name", "creditor", "recorded"]});
    let finished = anna.post(&path("finish"), &finish).ok();
    assert_eq!(finished["state"], "finished");
    assert_eq!(anna.get("/operators/me").ok()["state"], "not_ready");
    let listed = anna.get(&format!("/calls?client={client}")).ok();
    assert_eq!(listed["items"][0]["id"], json!(id));
    let correct = json!({"disposition": "call_back", "reason": "перепутал"});
    let corrected = anna.post(&path("correct"), &correct).ok();
    assert_eq!(corrected["corrections"][0]["disposition"], "info_given");
    let supervisor = lenderbox.sign_in("supervisor", 0);
    let events = supervisor.get(&path("events")).ok();
    assert!(events["items"].as_array().unwrap().len() >= 3, "{events}");
    let status = supervisor.get("/pbx/status").ok();
    assert!(status["pop"]["count"].as_u64().unwrap() >= 1, "{status}");
}

#[test]
fn a_fresh_demo_has_no_call_without_its_end() {
    let lenderbox = Lenderbox::demo();
    let supervisor = lenderbox.sign_in("supervisor", 0);
    let live = supervisor.get("/calls?state=live").ok();
    assert_eq!(live["items"], json!([]));
    assert_eq!(supervisor.get("/pbx/status").ok()["live_calls"], 0);
    let all = supervisor.get("/calls?limit=200").ok();
    let calls = all["items"].as_array().unwrap();
    assert!(calls.iter().any(|call| call["result"] == "no_answer"), "the demo has missed calls");
    for call in calls {
        assert_eq!(
            (&call["state"], &call["end_is_estimated"]),
            (&json!("finished"), &json!(false))
        );
    }
}

#[test]
fn an_exchange_is_commanded_over_its_feed() {
    let lenderbox = Lenderbox::demo();
    let anna = lenderbox.sign_in("operator", 0);
    let dial = json!({"number": lenderbox.sample_phone()});
    let down = anna.post("/calls/dial", &dial);
    assert_eq!((down.status, down.code()), (503, "pbx_down"));
    let mut exchange = Socket::open(&lenderbox.machine("pbx"), "/pbx/feed");
    let dialled = eventually("the exchange follows", || {
        let answer = anna.post("/calls/dial", &dial);
        (answer.status == 202).then_some(answer.body)
    });
    let command = exchange.until("the command", |message| message["type"] == "dial");
    assert_eq!(command["command_id"], dialled["command_id"]);
    assert_eq!(command["extension"], "101");
    let failed = json!({"type": "failed", "command_id": command["command_id"], "reason": "busy"});
    exchange.send(&failed);
    let id = dialled["call_id"].as_str().unwrap();
    eventually("the failure is on the card", || {
        let call = anna.get(&format!("/calls/{id}")).ok();
        (!call["call"]["failure"].is_null()).then_some(())
    });
}

#[test]
fn the_client_is_held_over_the_feed_of_an_exchange_that_can() {
    let lenderbox = Lenderbox::demo();
    let pbx = lenderbox.machine("pbx");
    let anna = lenderbox.sign_in("operator", 0);
    let mut feed = Socket::open(&anna, "/feed");
    post(&pbx, &json!([event("ringing", 1, json!({})), event("answered", 3, json!({}))]));
    let card = feed.until("the talk", |message| message["card"]["call"]["state"] == "talking");
    assert_eq!(card["card"]["call"]["can_hold"], false);
    let path = |verb: &str| format!("/calls/{}/{verb}", card["call_id"].as_str().unwrap());
    assert_eq!(anna.post(&path("hold"), &json!({})).code(), "not_supported");
    let mut exchange = Socket::open(&pbx, "/pbx/feed?can=hold,attended_transfer");
    let state = exchange.until("the state", |message| {
        message["type"] == "agent_state" && message["extension"] == "101"
    });
    assert_eq!((&state["state"], &state["reason"]), (&json!("on_call"), &Value::Null));
    assert_eq!(anna.post(&path("hold"), &json!({})).status, 202);
    let command = exchange.until("the hold", |message| message["type"] == "hold");
    assert_eq!((&command["call_id"], &command["extension"]), (&json!("talk-1"), &json!("101")));
    let id = command["command_id"].clone();
    exchange.send(&json!({"type": "failed", "command_id": id, "reason": "no_such_call"}));
    let told = feed.until("the failure", |message| message["type"] == "call.command_failed");
    assert_eq!((&told["command"], &told["reason"]), (&json!("hold"), &json!("no_such_call")));
    assert_eq!(anna.post(&path("resume"), &json!({})).status, 202);
    exchange.until("the resume", |message| message["type"] == "resume");
    assert_eq!(anna.post(&path("transfer/cancel"), &json!({})).code(), "no_consultation");
    // An exchange that does not answer at all is told to the operator as well.
    let told = feed.until("the silence", |message| message["type"] == "call.command_failed");
    assert_eq!((&told["command"], &told["reason"]), (&json!("resume"), &json!("unanswered")));
}

#[test]
fn an_integrator_finds_refused_webhooks_in_the_recorder() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("lenderbox.toml");
    let text = "[[pbx.webhook]]\nname = \"cloud\"\npayload_field = \"\"\nproof = \"secret\"\n\
        proof_place = \"X-Secret\"\nsecret = \"s3cret\"\nsecret_file = \"\"\ntime_form = \"rfc3339\"\n\
        [pbx.webhook.fields]\ncall_id = \"call\"\ntype = \"event\"\nat = \"at\"\nagent = \"ext\"\n";
    std::fs::write(&settings, text).unwrap();
    let data = folder.path().join("data");
    let settings = settings.to_str().unwrap();
    let lenderbox = Lenderbox::start(&data, &["--clients", "5", "--config", settings]);
    let post = |body: &str, secret: &str| {
        let headers = [("X-Secret", secret)];
        lenderbox.nobody().send("POST", "/pbx/hooks/cloud", Some(body.into()), &headers).status
    };
    let batch = json!([
        {"call": "c1", "event": "ringing", "ext": "101", "at": "2026-11-21T10:00:00Z"},
        {"call": "c1", "event": "answered", "ext": "101", "at": "at noon"},
        {"call": "c1", "event": "sung", "at": "2026-11-21T10:00:00Z"},
    ]);
    assert_eq!(post(&batch.to_string(), "guessed"), 401);
    assert_eq!(post(&batch.to_string(), "s3cret"), 202);
    assert_eq!(post("[{", "s3cret"), 400);
    let supervisor = lenderbox.sign_in("supervisor", 0);
    let kept = supervisor.get("/pbx/recorder").ok();
    let kept: Vec<(&str, Value)> = kept["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["source"] == "cloud")
        .map(|row| (row["kind"].as_str().unwrap(), row["text"].as_str().unwrap()))
        .map(|(kind, text)| (kind, serde_json::from_str(text).unwrap()))
        .collect();
    let kinds: Vec<&str> = kept.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, ["rejected", "raw", "event", "rejected"], "{kept:?}");
    let first = &kept[0].1;
    assert_eq!((&first["code"], &first["field"]), (&json!("invalid_time"), &json!("at")));
    assert_eq!(first["event"], batch[1]);
    assert_eq!(kept[1].1, batch[2]);
    assert_eq!(kept[3].1, json!({"code": "malformed_json", "field": "body", "event": "[{"}));
}

#[test]
fn events_at_fault_do_not_hold_up_the_others() {
    let lenderbox = Lenderbox::demo();
    let pbx = lenderbox.machine("pbx");
    let good = event("ringing", 1, json!({"from": "+79160000000", "unknown": 1}));
    let batch = json!([good, {"type": "ringing"}, "nonsense", good]);
    let answer = pbx.post("/pbx/events", &batch);
    assert_eq!((answer.status, &answer.body["accepted"]), (202, &json!(2)), "{}", answer.body);
    let rejected: Vec<u64> = answer.body["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["index"].as_u64().unwrap())
        .collect();
    assert_eq!(rejected, [1, 2]);
    let many = json!(vec![json!({}); 501]);
    assert_eq!(pbx.post("/pbx/events", &many).status, 413);
}
