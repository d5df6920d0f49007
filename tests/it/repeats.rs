//! A request that is sent again after the box was started anew gives the first receipt: what it
//! made is there once, under the name it got the first time.

use crate::it::harness::{Answer, Client, Lenderbox, eventually};
use serde_json::{Value, json};

/// Sends a request with a key of its own.
struct Asked {
    person: Client,
    method: &'static str,
    path: String,
    body: Value,
    headers: Vec<(&'static str, String)>,
}

impl Asked {
    fn send(&self, lenderbox: &Lenderbox, key: usize) -> Answer {
        let key = format!("repeat-{key}");
        let own = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let headers: Vec<(&str, &str)> = own.chain([("Idempotency-Key", key.as_str())]).collect();
        let body = self.body.to_string().into_bytes();
        self.person.at(lenderbox).send(self.method, &self.path, Some(body), &headers)
    }
}

fn post(person: &Client, path: &str, body: Value) -> Asked {
    Asked { person: person.clone(), method: "POST", path: path.into(), body, headers: vec![] }
}

/// How many there are of what a list names.
fn count(person: &Client, path: &str) -> usize {
    person.get(path).ok()["items"].as_array().unwrap().len()
}

#[test]
fn a_repeated_creation_after_a_restart_gives_the_first_receipt() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let mut lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    let anna = lenderbox.sign_in("operator", 0);
    let elena = lenderbox.sign_in("supervisor", 0);
    let admin = lenderbox.sign_in("administrator", 0);
    let draft = json!({"kind": "person", "last_name": "Повторова", "first_name": "Инна",
        "phones": [{"number": "+79995550100", "kind": "mobile"}]});
    let client = elena.post(
        "/clients",
        &json!({"kind": "person", "last_name": "Первая",
        "first_name": "Анна", "acknowledge_duplicates": true}),
    );
    let client = client.ok()["client_id"].as_str().unwrap().to_owned();
    let of_client = |part: &str| format!("/clients/{client}/{part}");
    let topic = "/directory/topic/01900000-0000-7000-8000-00000000abcd";
    let snippet = "/directory/snippet/01900000-0000-7000-8000-00000000abce";
    let put = |person: &Client, path: &str, body: Value| Asked {
        method: "PUT",
        headers: vec![("If-Match", "\"0\"".to_owned())],
        ..post(person, path, body)
    };
    let asked = [
        post(&elena, "/clients", draft),
        post(
            &admin,
            "/users",
            json!({"login": "inna", "name": "Инна", "role": "operator",
            "extension": "190", "password": "лодка-под-дождём"}),
        ),
        put(&admin, topic, json!({"title": {"ru": "Тема", "en": "Topic"}})),
        put(
            &anna,
            snippet,
            json!({"key": "повтор", "title": {"ru": "Повтор"},
            "text": {"ru": "Ещё раз"}}),
        ),
        post(&elena, &of_client("notes"), json!({"text": "помнить"})),
        post(
            &elena,
            &of_client("consents"),
            json!({"purpose": "marketing_calls",
            "evidence": "запись", "text_version": "1"}),
        ),
        post(&anna, "/calls", json!({"direction": "inbound", "client_number": "+79995550199"})),
    ];
    let first: Vec<Answer> =
        asked.iter().enumerate().map(|(key, asked)| asked.send(&lenderbox, key)).collect();
    first
        .iter()
        .for_each(|answer| assert!(answer.status < 300, "{} {}", answer.status, answer.body));
    let token = post(&admin, "/tokens", json!({"name": "Касса", "scope": "core"}));
    assert_eq!(token.send(&lenderbox, 100).status, 201);
    let counted = |lenderbox: &Lenderbox| {
        let (admin, elena) = (admin.at(lenderbox), elena.at(lenderbox));
        let card = elena.get(&format!("/clients/{client}")).ok();
        let parts = |of: &str| card[of].as_array().unwrap().len();
        (
            [count(&admin, "/users"), count(&admin, "/tokens"), count(&elena, "/calls")],
            [count(&elena, "/directory/topic"), parts("notes"), parts("consents")],
            count(&elena, "/search?q=%D0%9F%D0%BE%D0%B2%D1%82%D0%BE%D1%80%D0%BE%D0%B2%D0%B0"),
        )
    };
    let before = counted(&lenderbox);

    lenderbox.kill();
    let lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    for (key, (asked, first)) in asked.iter().zip(&first).enumerate() {
        let again = asked.send(&lenderbox, key);
        assert_eq!(again.status, first.status, "{} {}", asked.path, again.body);
        for name in ["id", "client_id", "version", "number", "login"] {
            assert_eq!(again.body[name], first.body[name], "{} {name}", asked.path);
        }
        assert_eq!(again.body["call"]["id"], first.body["call"]["id"], "{}", asked.path);
        let other = Asked { body: json!({"other": key}), ..asked_again(asked) };
        assert!(other.send(&lenderbox, key).status >= 400, "{}", asked.path);
    }
    // The secret of a token was shown once and is known to nobody here.
    let again = token.send(&lenderbox, 100);
    assert_eq!((again.status, again.code()), (409, "token_shown"));
    assert_eq!(counted(&lenderbox), before, "nothing was made twice");
}

fn asked_again(asked: &Asked) -> Asked {
    Asked {
        person: asked.person.clone(),
        path: asked.path.clone(),
        body: Value::Null,
        headers: asked.headers.clone(),
        method: asked.method,
    }
}

/// A command that closes what it is about would be refused the second time by the rules.
#[test]
fn a_repeated_final_word_after_a_restart_is_no_refusal() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let mut lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    let anna = lenderbox.sign_in("operator", 0);
    let opened = anna.post("/calls", &json!({"direction": "inbound", "client_number": ""})).ok();
    let id = opened["call"]["id"].as_str().unwrap();
    let topics = anna.get("/directory/topic").ok();
    let topic = topics["items"][0]["id"].clone();
    let word = json!({"topics": [topic], "comment": "вопрос о графике платежей",
        "disposition": "info_given"});
    let finish = post(&anna, &format!("/calls/{id}/finish"), word);
    let correction = json!({"disposition": "complaint", "reason": "не та строка"});
    let correct = post(&anna, &format!("/calls/{id}/correct"), correction);
    for (key, asked) in [&finish, &correct].into_iter().enumerate() {
        assert_eq!(asked.send(&lenderbox, key).status, 200);
    }
    lenderbox.kill();
    let lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    for (key, asked) in [&finish, &correct].into_iter().enumerate() {
        let again = asked.send(&lenderbox, key);
        assert_eq!(
            (again.status, &again.body["state"]),
            (200, &json!("finished")),
            "{}",
            again.body
        );
        assert_eq!(again.body["corrections"].as_array().unwrap().len(), 1);
    }
    let by_another_request = finish.send(&lenderbox, 77);
    assert_eq!((by_another_request.status, by_another_request.code()), (409, "call_finished"));
}

#[test]
fn a_repeated_backup_after_a_restart_takes_no_second_one() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let mut lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    let admin = lenderbox.sign_in("administrator", 0);
    let asked = post(&admin, "/backups", json!({}));
    let first = asked.send(&lenderbox, 0);
    assert_eq!(first.status, 202, "{}", first.body);
    let job = first.body["job"].as_str().unwrap().to_owned();
    let ended = |lenderbox: &Lenderbox, job: &str| {
        eventually("the backup", || {
            let found = admin.at(lenderbox).get(&format!("/jobs/{job}")).ok();
            (found["state"] != "running").then_some(found)
        })
    };
    let made = ended(&lenderbox, &job);
    assert_eq!(made["state"], "done", "{made}");
    assert_eq!(asked.send(&lenderbox, 0).body["job"], json!(job));
    assert_eq!(count(&admin, "/backups"), 1);
    lenderbox.kill();
    let lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    let other = Asked { body: json!({"other": 1}), ..asked_again(&asked) }.send(&lenderbox, 0);
    assert_eq!((other.status, other.code()), (422, "idempotency_reused"));
    let again = asked.send(&lenderbox, 0);
    assert_eq!((again.status, &again.body["job"]), (202, &json!(job)));
    let told = ended(&lenderbox, &job);
    assert_eq!((&told["state"], &told["message"]), (&json!("done"), &made["message"]));
    assert_eq!(count(&admin.at(&lenderbox), "/backups"), 1);
    // Another key is another backup.
    let next = asked.send(&lenderbox, 1);
    assert_ne!(next.body["job"], json!(job));
    assert_eq!(ended(&lenderbox, next.body["job"].as_str().unwrap())["state"], "done");
    assert_eq!(count(&admin.at(&lenderbox), "/backups"), 2);
}
