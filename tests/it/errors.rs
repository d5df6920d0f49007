//! What is refused, how, and that nothing is changed by it.

use super::harness::{Client, Lenderbox};
use serde_json::{Value, json};

fn send(
    client: &Client,
    method: &str,
    path: &str,
    body: &str,
    headers: &[(&str, &str)],
) -> (u16, String) {
    let answer = client.send(method, path, Some(body.as_bytes().to_vec()), headers);
    (answer.status, answer.code().to_owned())
}

#[test]
fn bodies_that_are_not_as_agreed_are_refused_with_what_to_do() {
    let lenderbox = Lenderbox::demo();
    let administrator = lenderbox.sign_in("administrator", 0);
    let before = administrator.get("/users").ok()["items"].as_array().unwrap().len();
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let long = format!("{{\"login\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
    let rows: [(&str, u16, &str); 9] = [
        ("", 400, "malformed_json"),
        ("{\"login\":", 400, "malformed_json"),
        ("{\"login\":\"a\"} trailing", 400, "malformed_json"),
        ("\u{feff}{}", 400, "malformed_json"),
        (&deep, 400, "malformed_json"),
        (&long, 413, "too_large"),
        ("[]", 422, "invalid_fields"),
        ("{\"login\":1,\"name\":[],\"role\":\"king\",\"password\":null}", 422, "invalid_fields"),
        ("{\"login\":\"a\",\"colour\":1}", 400, "unknown_field"),
    ];
    for (body, status, code) in rows {
        let found = send(&administrator, "POST", "/users", body, &[]);
        assert_eq!(found, (status, code.to_owned()), "{}", &body[..body.len().min(60)]);
    }
    let wrong_type =
        send(&administrator, "POST", "/users", "{}", &[("Content-Type", "text/plain")]);
    assert_eq!(wrong_type, (415, "unsupported_media_type".to_owned()));
    let after = administrator.get("/users").ok()["items"].as_array().unwrap().len();
    assert_eq!(before, after);
}

#[test]
fn every_field_at_fault_is_named_at_once() {
    let lenderbox = Lenderbox::demo();
    let administrator = lenderbox.sign_in("administrator", 0);
    let user = json!({"login": "a b", "name": "", "role": "operator", "extension": "no phone!",
        "password": "short"});
    let answer = administrator.post("/users", &user);
    assert_eq!(answer.status, 422);
    let mut fields = answer.fields();
    fields.sort_unstable();
    assert_eq!(fields, ["extension", "login", "name", "password"]);
    // A role that is none hides nothing of the others, and is named with them.
    let mut without_role = user.clone();
    without_role["role"] = json!("king");
    without_role["login"] = json!(null);
    let answer = administrator.post("/users", &without_role);
    assert_eq!(answer.status, 422);
    let mut fields = answer.fields();
    fields.sort_unstable();
    assert_eq!(fields, ["extension", "login", "name", "password", "role"]);
    let users = administrator.get("/users").ok();
    let path = format!("/users/{}", users["items"][0]["id"].as_str().unwrap());
    let change = json!({"name": " ", "role": "king", "extension": "no phone!"});
    let body = Some(change.to_string().into_bytes());
    let answer = administrator.send("PATCH", &path, body, &[("If-Match", "\"1\"")]);
    assert_eq!(answer.status, 422, "{}", answer.body);
    let mut fields = answer.fields();
    fields.sort_unstable();
    assert_eq!(fields, ["extension", "name", "role"]);
    let supervisor = lenderbox.sign_in("supervisor", 0);
    let client = json!({"kind": "person", "inn": "123", "birth_date": "yesterday",
        "phones": [{"number": "12", "shape": "round"}]});
    let answer = supervisor.post("/clients", &client);
    assert_eq!((answer.status, answer.code()), (400, "unknown_field"));
    let mut fields = answer.fields();
    fields.sort_unstable();
    // The form and the rules are answered together: nobody learns of a second round of faults.
    let expected = ["birth_date", "inn", "last_name", "phones[0]", "phones[0].shape"];
    assert_eq!(fields, expected);
    // Values are never repeated: they may be personal data.
    assert!(!answer.body.to_string().contains("yesterday"));
}

#[test]
fn versions_guard_against_lost_changes() {
    let lenderbox = Lenderbox::demo();
    let administrator = lenderbox.sign_in("administrator", 0);
    let users = administrator.get("/users").ok();
    let user =
        users["items"].as_array().unwrap().iter().find(|u| u["role"] == "collector").unwrap();
    let path = format!("/users/{}", user["id"].as_str().unwrap());
    let change = json!({"name": "Дорохова Дина Р."}).to_string();
    let without = send(&administrator, "PATCH", &path, &change, &[]);
    assert_eq!(without, (428, "version_required".to_owned()));
    let stale = send(&administrator, "PATCH", &path, &change, &[("If-Match", "\"99\"")]);
    assert_eq!(stale, (412, "stale_version".to_owned()));
    let version = format!("\"{}\"", user["version"]);
    let headers = [("If-Match", version.as_str())];
    let changed = administrator.send("PATCH", &path, Some(change.clone().into_bytes()), &headers);
    assert_eq!(changed.status, 200, "{}", changed.body);
    let tag = changed.header("etag").unwrap().to_owned();
    assert_ne!(tag, version);
    let again = send(&administrator, "PATCH", &path, &change, &[("If-Match", &version)]);
    assert_eq!(again, (412, "stale_version".to_owned()));
}

#[test]
fn a_repeated_request_is_answered_as_the_first_one() {
    let lenderbox = Lenderbox::demo();
    let administrator = lenderbox.sign_in("administrator", 0);
    let user = json!({"login": "zina", "name": "Зина", "role": "operator",
        "password": "лодка-под-дождём"});
    let key = [("Idempotency-Key", "zina-1")];
    let post = |body: &Value| {
        let bytes = body.to_string().into_bytes();
        administrator.send("POST", "/users", Some(bytes), &key)
    };
    let first = post(&user);
    assert_eq!(first.status, 201, "{}", first.body);
    let second = post(&user);
    assert_eq!((second.status, &second.body), (201, &first.body));
    let mut other = user.clone();
    other["name"] = "Нина".into();
    assert_eq!(post(&other).code(), "idempotency_reused");
    let without_key = administrator.post("/users", &user);
    assert_eq!((without_key.status, without_key.code()), (409, "login_taken"));
}

/// The box is killed after the first answer: nothing of it is left in memory.
#[test]
fn a_wrong_answer_that_is_sent_again_is_counted_once_whatever_happens_between() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let mut lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    let anna = lenderbox.sign_in("operator", 0);
    let number = lenderbox.sample_phone();
    let call = json!({"direction": "inbound", "client_number": number});
    let opened = anna.post("/calls", &call).ok();
    let id = opened["call"]["id"].as_str().unwrap().to_owned();
    let wrong = json!({"answers": [{"field": "birth_date", "value": "1900-01-01"}]});
    let answer = |anna: &Client, key: &str, body: &Value| {
        let path = format!("/calls/{id}/identify");
        let body = Some(body.to_string().into_bytes());
        anna.send("POST", &path, body, &[("Idempotency-Key", key)])
    };
    let left = |answer: Value| answer["identification"]["attempts_left"].as_u64().unwrap();
    let all = left(opened);
    assert_eq!(left(answer(&anna, "first", &wrong).ok()), all - 1);
    assert_eq!(left(answer(&anna, "first", &wrong).ok()), all - 1);
    lenderbox.kill();
    let lenderbox = Lenderbox::start(&data, &["--clients", "10"]);
    let anna = anna.at(&lenderbox);
    assert_eq!(left(answer(&anna, "first", &wrong).ok()), all - 1, "counted again");
    let other = json!({"answers": [{"field": "birth_date", "value": "1901-01-01"}]});
    assert_eq!(answer(&anna, "first", &other).code(), "idempotency_reused");
    assert_eq!(left(answer(&anna, "second", &other).ok()), all - 2);
}

#[test]
fn guesses_side_by_side_are_counted_one_by_one() {
    let lenderbox = Lenderbox::demo();
    let (login, _) = lenderbox.login("operator", 1);
    let guess = || {
        let body = json!({"login": login, "password": "wrong"});
        lenderbox.nobody().post("/session", &body).code().to_owned()
    };
    let codes: Vec<String> = std::thread::scope(|scope| {
        let guesses: Vec<_> = (0..16).map(|_| scope.spawn(guess)).collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    // Four are answered, the fifth locks; one more may be at work beside it.
    let compared = codes.iter().filter(|code| *code == "bad_credentials").count();
    assert!((3..=5).contains(&compared), "{codes:?}");
}

#[test]
fn an_administrator_cannot_go_around_the_own_password_and_code() {
    let lenderbox = Lenderbox::demo();
    let administrator = lenderbox.sign_in("administrator", 0);
    let own = format!("/users/{}", administrator.user["id"].as_str().unwrap());
    let password = json!({"password": "лодка-под-дождём"});
    assert_eq!(administrator.put(&format!("{own}/password"), &password).code(), "own_account");
    assert_eq!(administrator.delete(&format!("{own}/totp")).code(), "own_account");
}

#[test]
fn requests_of_other_sites_and_without_proof_are_refused() {
    let lenderbox = Lenderbox::demo();
    let administrator = lenderbox.sign_in("administrator", 0);
    let foreign = [("Origin", "https://evil.example")];
    let refused = send(&administrator, "POST", "/tokens", "{}", &foreign);
    assert_eq!(refused, (403, "bad_origin".to_owned()));
    let forged = [("X-CSRF-Token", "x")];
    let without = administrator.without_csrf();
    assert_eq!(send(&without, "POST", "/tokens", "{}", &forged), (403, "csrf".to_owned()));
    assert_eq!(send(&without, "POST", "/tokens", "{}", &[]), (403, "csrf".to_owned()));
    assert_eq!(without.get("/tokens").status, 200, "reading needs no proof");
    let stranger = lenderbox.with_token("lbx_nobody");
    assert_eq!(stranger.get("/users").code(), "bad_token");
}

#[test]
fn addresses_methods_and_queries_are_checked() {
    let lenderbox = Lenderbox::demo();
    let supervisor = lenderbox.sign_in("supervisor", 0);
    let rows = [
        ("GET", "/nothing", 404, "not_found"),
        ("DELETE", "/search", 405, "method_not_allowed"),
        ("GET", "/clients/not-an-id", 404, "not_found"),
        ("GET", "/search?q=a&limit=0", 400, "invalid_query"),
        ("GET", "/search?q=a&colour=red", 400, "invalid_query"),
        ("GET", "/search?q=%FF", 400, "invalid_query"),
        ("GET", "/directory/nothing", 404, "not_found"),
        ("GET", "/feed", 426, "upgrade_required"),
    ];
    for (method, path, status, code) in rows {
        let answer = supervisor.send(method, path, None, &[]);
        assert_eq!((answer.status, answer.code()), (status, code), "{method} {path}");
        assert!(answer.header("x-request-id").is_some());
    }
    let page = supervisor.send("GET", "//clients/5", None, &[]);
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'self'"), "{policy}");
}

#[test]
fn wrong_passwords_lock_the_log_in() {
    let lenderbox = Lenderbox::demo();
    let (login, password) = lenderbox.login("operator", 1);
    let try_with = |password: &str| {
        lenderbox.nobody().post("/session", &json!({"login": login, "password": password}))
    };
    for _ in 0..4 {
        assert_eq!(try_with("wrong").code(), "bad_credentials");
    }
    let locked = try_with("wrong");
    assert_eq!((locked.status, locked.code()), (429, "locked_out"));
    assert!(locked.header("retry-after").is_some());
    assert_eq!(try_with(&password).code(), "locked_out", "the right one comes too late");
    assert_eq!(lenderbox.sign_in("operator", 0).get("/session").status, 200);
}

#[test]
fn a_second_factor_is_enrolled_asked_for_and_used_once() {
    let lenderbox = Lenderbox::demo();
    let operator = lenderbox.sign_in("operator", 2);
    let (login, password) = lenderbox.login("operator", 2);
    let offered = operator.post("/session/totp", &json!({})).ok();
    let url = offered["otpauth_url"].as_str().unwrap();
    let totp = totp_rs::TOTP::from_url_unchecked(url).unwrap();
    let wrong = operator.put("/session/totp", &json!({"code": "000000"}));
    assert_eq!((wrong.status, wrong.fields()), (422, vec!["code"]));
    let code = totp.generate_current().unwrap();
    assert_eq!(operator.put("/session/totp", &json!({"code": code})).status, 204);
    let sign_in = |totp: Option<&str>| {
        let body = json!({"login": login, "password": password, "totp": totp});
        lenderbox.nobody().post("/session", &body)
    };
    assert_eq!(sign_in(None).code(), "totp_required");
    assert_eq!(sign_in(Some("12345")).code(), "totp_required");
    let code = totp.generate_current().unwrap();
    assert_eq!(sign_in(Some(&code)).status, 200);
    assert_eq!(sign_in(Some(&code)).code(), "totp_required", "a code works once");
}

#[test]
fn whoever_is_disabled_is_out_at_once() {
    let lenderbox = Lenderbox::demo();
    let administrator = lenderbox.sign_in("administrator", 0);
    let operator = lenderbox.sign_in("operator", 3);
    let id = operator.user["id"].as_str().unwrap().to_owned();
    let disabled = administrator.post(&format!("/users/{id}/disable"), &json!({})).ok();
    assert_eq!((&disabled["disabled"], &disabled["extension"]), (&json!(true), &Value::Null));
    assert_eq!(operator.get("/session").status, 401);
    let (login, password) = lenderbox.login("operator", 3);
    let back = json!({"login": login, "password": password});
    assert_eq!(lenderbox.nobody().post("/session", &back).code(), "bad_credentials");
    let own = administrator.user["id"].as_str().unwrap();
    let own = administrator.post(&format!("/users/{own}/disable"), &json!({}));
    assert_eq!((own.status, own.code()), (409, "own_account"));
}

#[test]
fn a_directory_keeps_its_history() {
    let lenderbox = Lenderbox::demo();
    let supervisor = lenderbox.sign_in("supervisor", 0);
    let path = "/directory/topic/0192f000-0000-7000-8000-000000000001";
    let put = |version: &str, title: &str| {
        let body = json!({"title": {"ru": title}}).to_string().into_bytes();
        supervisor.send("PUT", path, Some(body), &[("If-Match", version)])
    };
    let created = put("\"0\"", "Рассрочка").ok();
    assert_eq!((&created["version"], &created["body"]["severity"]), (&json!(1), &json!("calm")));
    assert_eq!(put("\"0\"", "Другое").code(), "stale_version");
    assert_eq!(put("\"1\"", "Рассрочка и сроки").status, 200);
    let version = [("If-Match", "\"2\"")];
    let retired = supervisor.send("DELETE", path, None, &version).ok();
    assert_eq!(retired["retired"], json!(true));
    let history = supervisor.get(&format!("{path}/history")).ok();
    let actions: Vec<&str> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["retired", "put", "put"]);
    assert_eq!(history["items"][0]["by"], "Ершова Елена");
    let elsewhere = path.replace("topic", "branch");
    let body = json!({"title": {"ru": "а"}}).to_string().into_bytes();
    let elsewhere = supervisor.send("PUT", &elsewhere, Some(body), &[("If-Match", "\"3\"")]);
    assert_eq!(elsewhere.status, 404);
}

#[test]
fn snippets_are_shared_by_those_who_may_and_own_ones_are_nobody_elses() {
    let lenderbox = Lenderbox::demo();
    let (anna, boris) = (lenderbox.sign_in("operator", 0), lenderbox.sign_in("operator", 1));
    let (supervisor, auditor) =
        (lenderbox.sign_in("supervisor", 0), lenderbox.sign_in("auditor", 0));
    let put = |who: &Client, id: u8, version: u8, key: &str, shared: bool| {
        let body = json!({"key": key, "title": {"ru": "А"}, "text": {"ru": "Б"}, "shared": shared});
        let path = format!("/directory/snippet/0192f000-0000-7000-8000-0000000001{id:02}");
        let version = format!("\"{version}\"");
        who.send("PUT", &path, Some(body.to_string().into_bytes()), &[("If-Match", &version)])
    };
    let seen = |who: &Client| -> Vec<String> {
        let list = who.get("/directory/snippet").ok();
        let items = list["items"].as_array().unwrap();
        items.iter().map(|item| item["body"]["key"].as_str().unwrap().to_owned()).collect()
    };
    let samples = seen(&anna).len();
    assert!(samples >= 10, "the demo has shared ones");
    assert_eq!(put(&anna, 1, 0, "Моё", false).ok()["body"]["key"], "моё");
    assert_eq!(put(&supervisor, 2, 0, "наше", true).ok()["body"]["shared"], json!(true));
    let foreign = put(&boris, 3, 0, "чужое", true);
    assert_eq!((foreign.status, foreign.code()), (403, "forbidden"));
    assert_eq!(put(&boris, 2, 1, "наше", true).status, 403, "not theirs to change");
    assert_eq!(put(&boris, 2, 1, "наше", false).status, 403, "nor to take away");
    assert_eq!(put(&boris, 1, 1, "моё", false).status, 404, "another's is not there");
    let path = "/directory/snippet/0192f000-0000-7000-8000-000000000101";
    assert_eq!(supervisor.get(&format!("{path}/history")).status, 404);
    let retired = boris.send("DELETE", path, None, &[("If-Match", "\"1\"")]);
    assert_eq!(retired.status, 404);
    for (who, own) in [(&anna, true), (&boris, false), (&supervisor, false), (&auditor, false)] {
        let keys = seen(who);
        assert_eq!(keys.contains(&"моё".to_owned()), own);
        assert!(keys.contains(&"наше".to_owned()));
        assert_eq!(keys.len(), samples + 1 + usize::from(own));
    }
    anna.send("DELETE", path, None, &[("If-Match", "\"1\"")]).ok();
    let back = format!("{path}/restore");
    anna.send("POST", &back, Some(b"{}".to_vec()), &[("If-Match", "\"2\"")]).ok();
    let history = anna.get(&format!("{path}/history")).ok();
    assert_eq!(history["items"].as_array().unwrap().len(), 3);
    let topic = json!({"title": {"ru": "А"}}).to_string().into_bytes();
    let topic = anna.send(
        "PUT",
        "/directory/topic/0192f000-0000-7000-8000-000000000103",
        Some(topic),
        &[("If-Match", "\"0\"")],
    );
    assert_eq!(topic.status, 403, "an operator changes snippets only");
}

#[test]
fn nobody_keeps_snippets_without_end() {
    let lenderbox = Lenderbox::demo();
    let anna = lenderbox.sign_in("operator", 0);
    let body = json!({"key": "а", "title": {"ru": "А"}, "text": {"ru": "Б"}}).to_string();
    let put = |n: u32| {
        let path = format!("/directory/snippet/0192f000-0000-7000-8000-{n:012}");
        anna.send("PUT", &path, Some(body.clone().into_bytes()), &[("If-Match", "\"0\"")])
    };
    for n in 0..100 {
        put(n).ok();
    }
    let full = put(100);
    assert_eq!((full.status, full.code()), (409, "too_many_snippets"));
}

#[test]
fn the_feed_greets_and_tells_of_changes() {
    use super::harness::Socket;
    let lenderbox = Lenderbox::demo();
    let (operator, supervisor) =
        (lenderbox.sign_in("operator", 0), lenderbox.sign_in("supervisor", 0));
    let mut socket = Socket::open(&operator, "/feed");
    let hello = socket.next();
    assert_eq!(hello["type"], "hello");
    let body = json!({"title": {"ru": "Новая"}}).to_string().into_bytes();
    let path = "/directory/topic/0192f000-0000-7000-8000-000000000002";
    supervisor.send("PUT", path, Some(body), &[("If-Match", "\"0\"")]).ok();
    let told = socket.until("the change", |message| message["type"] == "directory.changed");
    assert_eq!(told["kind"], "topic");
    let head = hello["head"].as_u64().unwrap();
    let mut back = Socket::open(&operator, &format!("/feed?since={head}"));
    assert_eq!(back.next()["type"], "hello");
    back.until("what was missed", |message| message["type"] == "directory.changed");
    let mut future = Socket::open(&operator, "/feed?since=99999999");
    assert_eq!(future.next()["type"], "hello");
    assert_eq!(future.next()["type"], "resync");
}
