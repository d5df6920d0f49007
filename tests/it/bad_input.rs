//! Every route that takes a body, given bodies that are none: each fault is named, nothing changes.

use super::harness::{Answer, Client, Lenderbox, binary};
use lenderbox::domain::fields::Shape;
use lenderbox::http::router::Route;
use lenderbox::http::routes;
use serde_json::{Map, Value, json};
use std::process::Command;

fn path(template: &str, client: &str) -> String {
    let of_client = template.starts_with("/api/v1/clients/{id}");
    let parts = template.split('/').map(|part| match part {
        "{id}" if of_client => client,
        "{kind}" => "topic",
        "{booking}" => "payments",
        "{name}" | "{source}" => "nothing",
        part if part.starts_with('{') => "0192f000-0000-7000-8000-00000000dead",
        part => part,
    });
    let path = parts.collect::<Vec<_>>().join("/");
    path.strip_prefix("/api/v1").unwrap().to_owned()
}

/// What never belongs into a field of this shape.
fn wrong(shape: &Shape) -> Option<Value> {
    match shape {
        Shape::Any => None,
        Shape::Text => Some(json!({"a": 1})),
        Shape::Identifier => Some(json!(7)),
        Shape::Flag => Some(json!("yes")),
        Shape::Whole => Some(json!("1.5")),
        Shape::List(_) => Some(json!({"a": 1})),
        Shape::Optional(inner) => wrong(inner),
        Shape::Object(_) => Some(json!([])),
    }
}

struct Ask<'a> {
    route: &'a Route,
    name: String,
    path: String,
}

impl Ask<'_> {
    fn send(&self, who: &Client, body: &[u8], kind: &str) -> Answer {
        // Of what is new, and of the client that there is.
        let version = if self.path.starts_with("/clients/") { "\"1\"" } else { "\"0\"" };
        let headers = [("If-Match", version), ("Content-Type", kind)];
        who.send(self.route.method, &self.path, Some(body.to_vec()), &headers)
    }

    /// The first caller who may come in.
    fn admitted<'c>(&self, callers: &'c [Client]) -> &'c Client {
        let admitted = callers.iter().find(|who| {
            let answer = self.send(who, b"{", "application/json");
            !matches!(answer.status, 401 | 403)
        });
        admitted.unwrap_or_else(|| panic!("nobody may {}", self.name))
    }
}

fn head(administrator: &Client) -> Value {
    administrator.get("/health/summary").ok()["head"].clone()
}

#[test]
fn every_body_at_fault_is_refused_with_all_its_faults_and_changes_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let settings = temporary.path().join("lenderbox.toml");
    std::fs::write(&settings, "[limits]\nrequests_per_second = 100000\n").unwrap();
    let mut command = Command::new(binary());
    command.arg("--config").arg(&settings);
    let lenderbox =
        Lenderbox::start_by(command, &temporary.path().join("data"), &["--clients", "10"]);
    let administrator = lenderbox.sign_in("administrator", 0);
    let mut callers = vec![administrator.clone()];
    callers.extend(["supervisor", "operator"].map(|role| lenderbox.sign_in(role, 0)));
    let machines = ["core", "pbx", "ivr"].map(|scope| {
        let made = administrator.post("/tokens", &json!({"name": scope, "scope": scope})).ok();
        lenderbox.with_token(made["token"].as_str().unwrap())
    });
    callers.extend(machines);
    let long = format!("{{\"login\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
    let draft = json!({"kind": "person", "last_name": "Первая", "first_name": "Анна"});
    let client = callers[1].post("/clients", &draft).ok()["client_id"].clone();
    let client = client.as_str().unwrap();
    // Whoever may not is told so too, however much he sends.
    let refused = lenderbox.nobody().send("POST", "/users", Some(long.clone().into_bytes()), &[]);
    assert_eq!((refused.status, refused.code()), (401, "not_signed_in"));
    let before = head(&administrator);
    let mut faults = Vec::new();
    let mut looked_at = 0;
    for route in routes::table() {
        let Some(shape) = route.body else { continue };
        let name = format!("{} {}", route.method, route.template);
        let ask = Ask { route, path: path(route.template, client), name };
        let who = ask.admitted(&callers);
        looked_at += 1;
        for (body, kind, status, code) in [
            (&b""[..], "application/json", 400, "malformed_json"),
            (b"{\"a\":", "application/json", 400, "malformed_json"),
            (b"\xff\xfe{}", "application/json", 400, "malformed_json"),
            (b"{\"a\":\"\xd0\"}", "application/json", 400, "malformed_json"),
            (long.as_bytes(), "application/json", 413, "too_large"),
            (b"{}", "text/plain", 415, "unsupported_media_type"),
        ] {
            let answer = ask.send(who, body, kind);
            if (answer.status, answer.code()) != (status, code) {
                let found = (answer.status, answer.code());
                faults.push(format!("{}: {found:?}, not {status} {code}", ask.name));
            }
        }
        let Shape::Object(fields) = shape() else { continue };
        let mut body: Map<String, Value> = fields
            .iter()
            .filter_map(|(field, shape)| Some(((*field).to_owned(), wrong(shape)?)))
            .collect();
        body.insert("colour".into(), json!(1));
        let answer =
            ask.send(who, Value::Object(body.clone()).to_string().as_bytes(), "application/json");
        let named = answer.fields();
        let missing: Vec<&String> =
            body.keys().filter(|field| !named.contains(&field.as_str())).collect();
        if (answer.status, answer.code()) != (400, "unknown_field") || !missing.is_empty() {
            let found = (answer.status, answer.code().to_owned());
            faults.push(format!("{}: {found:?} does not name {missing:?}", ask.name));
        }
        for body in ["[]", "null", "7", "\"text\"", "[{}]"] {
            let answer = ask.send(who, body.as_bytes(), "application/json");
            if !matches!(answer.status, 400 | 404 | 409 | 412 | 422) {
                faults.push(format!("{} {body}: {} {}", ask.name, answer.status, answer.body));
            }
        }
    }
    let topic = format!("/directory/topic/{}", "0192f000-0000-7000-8000-00000000dead");
    let body = json!({"title": 1, "colour": 1}).to_string().into_bytes();
    let topic = administrator.send("PUT", &topic, Some(body), &[("If-Match", "\"0\"")]);
    let mut named = topic.fields();
    named.sort_unstable();
    assert_eq!((topic.status, named), (400, vec!["colour", "title"]));
    assert!(looked_at > 40, "{looked_at} routes take a body");
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(head(&administrator), before, "something was written");
}
