//! Signing in and out, what ends a sign-in, and what a restart leaves of it.

use super::harness::{Client, Lenderbox, Socket};
use serde_json::json;
use std::time::{Duration, Instant};

/// Far below the time between two heartbeats, at which a socket would notice anyhow.
const AT_ONCE: Duration = Duration::from_secs(3);

fn id(person: &Client) -> &str {
    person.user["id"].as_str().unwrap()
}

/// Gives a person another role.
fn make_collector(administrator: &Client, person: &Client) {
    let users = administrator.get("/users").ok();
    let all = users["items"].as_array().unwrap();
    let user = all.iter().find(|user| user["id"] == person.user["id"]).unwrap();
    let version = format!("\"{}\"", user["version"]);
    let body = json!({"role": "collector"}).to_string().into_bytes();
    let path = format!("/users/{}", id(person));
    administrator.send("PATCH", &path, Some(body), &[("If-Match", &version)]).ok();
}

#[test]
fn sign_ins_survive_a_kill_and_what_was_ended_stays_ended() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let mut lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    let sign_in = |n| lenderbox.sign_in("operator", n);
    let administrator = lenderbox.sign_in("administrator", 0);
    let (working, left, kept, other) = (sign_in(0), sign_in(0), sign_in(1), sign_in(1));
    let (disabled, moved) = (sign_in(2), sign_in(3));
    assert_eq!(left.delete("/session").status, 204);
    let (_, password) = lenderbox.login("operator", 1);
    let change = json!({"current": password, "new": "лодка-под-дождём"});
    assert_eq!(kept.put("/session/password", &change).status, 204);
    administrator.post(&format!("/users/{}/disable", id(&disabled)), &json!({})).ok();
    make_collector(&administrator, &moved);
    let offered = working.post("/session/totp", &json!({})).ok();
    let url = offered["otpauth_url"].as_str().unwrap();
    let totp = totp_rs::TOTP::from_url_unchecked(url).unwrap();
    let code = totp.generate_current().unwrap();
    assert_eq!(working.put("/session/totp", &json!({"code": code})).status, 204);
    let (login, password) = lenderbox.login("operator", 0);
    let with_code = json!({"login": login, "password": password, "totp": code});
    assert_eq!(lenderbox.nobody().post("/session", &with_code).status, 200);
    let ended = [&left, &other, &disabled, &moved];
    ended.iter().for_each(|client| assert_eq!(client.get("/session").status, 401));
    lenderbox.kill();

    let mut lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    for client in ended {
        assert_eq!(client.at(&lenderbox).get("/session").status, 401, "{}", client.user);
    }
    for client in [&working, &kept, &administrator] {
        assert_eq!(client.at(&lenderbox).get("/session").ok()["user"], client.user);
    }
    let again = lenderbox.nobody().post("/session", &with_code);
    assert_eq!(again.code(), "totp_required", "a code works once, restart or not");
    // The page goes on with the proof that it had before.
    let working = working.at(&lenderbox);
    assert_eq!(working.without_csrf().delete("/session").code(), "csrf");
    assert_eq!(working.delete("/session").status, 204);
    lenderbox.kill();
    let lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    assert_eq!(working.at(&lenderbox).get("/session").status, 401);
    assert_eq!(kept.at(&lenderbox).get("/session").status, 200);
}

#[test]
fn open_sockets_close_at_once_when_the_sign_in_ends() {
    let lenderbox = Lenderbox::demo();
    let administrator = lenderbox.sign_in("administrator", 0);
    let ends: [(&str, &dyn Fn(&Client)); 4] = [
        ("signing out", &|person| drop(person.delete("/session"))),
        ("a new password", &|person| {
            let path = format!("/users/{}/password", id(person));
            administrator.put(&path, &json!({"password": "лодка-под-дождём"}));
        }),
        ("another role", &|person| make_collector(&administrator, person)),
        ("disabling", &|person| {
            administrator.post(&format!("/users/{}/disable", id(person)), &json!({})).ok();
        }),
    ];
    for (n, (what, end)) in ends.into_iter().enumerate() {
        let person = lenderbox.sign_in("operator", n);
        let mut socket = Socket::open(&person, "/feed");
        assert_eq!(socket.next()["type"], "hello");
        let begun = Instant::now();
        end(&person);
        assert_eq!(socket.closed(), 4401, "{what}");
        assert!(begun.elapsed() < AT_ONCE, "{what} took {:?}", begun.elapsed());
    }
}

#[test]
fn the_line_to_an_exchange_closes_at_once_when_its_token_is_revoked() {
    let lenderbox = Lenderbox::demo();
    let administrator = lenderbox.sign_in("administrator", 0);
    let make =
        |name: &str| administrator.post("/tokens", &json!({"name": name, "scope": "pbx"})).ok();
    let (first, second) = (make("first"), make("second"));
    let machine = lenderbox.with_token(first["token"].as_str().unwrap());
    let mut socket = Socket::open(&machine, "/pbx/feed");
    let other = lenderbox.with_token(second["token"].as_str().unwrap());
    let mut stays = Socket::open(&other, "/pbx/feed");
    let begun = Instant::now();
    administrator.delete(&format!("/tokens/{}", first["id"].as_str().unwrap())).ok();
    assert_eq!(socket.closed(), 4401);
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert_eq!(machine.post("/pbx/events", &json!([])).code(), "bad_token");
    stays.send(&json!({"type": "ack", "command_id": "x"}));
    assert_eq!(other.post("/pbx/events", &json!([])).status, 202);
}

#[test]
fn a_person_signs_in_works_and_signs_out() {
    let lenderbox = Lenderbox::demo();
    let operator = lenderbox.sign_in("operator", 0);
    assert_eq!(operator.get("/session").ok()["user"]["role"], "operator");
    assert_eq!(operator.delete("/session").status, 204);
    assert_eq!(operator.get("/session").status, 401);
}

#[test]
fn a_wrong_password_and_a_missing_proof_are_refused() {
    let lenderbox = Lenderbox::demo();
    let (login, _) = lenderbox.login("operator", 0);
    let wrong =
        lenderbox.nobody().post("/session", &json!({"login": login, "password": "not this one"}));
    assert_eq!((wrong.status, wrong.code()), (401, "bad_credentials"));
    assert_eq!(lenderbox.nobody().get("/search?q=a").status, 401);
}
