//! Every route for every role and every machine: a route without a row here fails.
//!
//! Written down apart from the table in `domain/access.rs`, so that a slip in one of them shows.

use super::harness::{Client, Lenderbox};
use lenderbox::http::router::Entrance;
use lenderbox::http::routes;
use serde_json::json;

/// o operator, c collector, s supervisor, p partner manager, a administrator, u auditor;
/// P pbx, I ivr, C cabinet, O core, M metrics.
const WHO: [(&str, char); 11] = [
    ("operator", 'o'),
    ("collector", 'c'),
    ("supervisor", 's'),
    ("partner_manager", 'p'),
    ("administrator", 'a'),
    ("auditor", 'u'),
    ("pbx", 'P'),
    ("ivr", 'I'),
    ("cabinet", 'C'),
    ("core", 'O'),
    ("metrics", 'M'),
];

const PEOPLE: &str = "ocspau";

/// Route, and who may: `*` everybody without signing in, `h` by the secret of a source.
#[rustfmt::skip]
const ROWS: &[(&str, &str)] = &[
    ("GET /healthz", "*"),
    ("GET /readyz", "*"),
    ("GET /metrics", "aM"),
    ("POST /api/v1/session", "*"),
    ("GET /api/v1/session", PEOPLE),
    ("DELETE /api/v1/session", PEOPLE),
    ("POST /api/v1/session/totp", PEOPLE),
    ("PUT /api/v1/session/totp", PEOPLE),
    ("DELETE /api/v1/session/totp", PEOPLE),
    ("PUT /api/v1/session/password", PEOPLE),
    ("GET /api/v1/users", "sau"),
    ("POST /api/v1/users", "a"),
    ("PATCH /api/v1/users/{id}", "a"),
    ("PUT /api/v1/users/{id}/password", "a"),
    ("POST /api/v1/users/{id}/disable", "a"),
    ("POST /api/v1/users/{id}/enable", "a"),
    ("DELETE /api/v1/users/{id}/totp", "a"),
    ("GET /api/v1/tokens", "au"),
    ("POST /api/v1/tokens", "a"),
    ("DELETE /api/v1/tokens/{id}", "a"),
    ("GET /api/v1/directory/{kind}", PEOPLE),
    ("PUT /api/v1/directory/{kind}/{id}", "sa"),
    ("DELETE /api/v1/directory/{kind}/{id}", "sa"),
    ("POST /api/v1/directory/{kind}/{id}/restore", "sa"),
    ("PUT /api/v1/directory/snippet/{id}", "ocspa"),
    ("DELETE /api/v1/directory/snippet/{id}", "ocspa"),
    ("POST /api/v1/directory/snippet/{id}/restore", "ocspa"),
    ("GET /api/v1/directory/{kind}/{id}/history", PEOPLE),
    ("GET /api/v1/feed", PEOPLE),
    ("GET /api/v1/pbx/feed", "P"),
    ("GET /api/v1/clients/{id}", PEOPLE),
    ("POST /api/v1/clients", "ocsp"),
    ("POST /api/v1/clients/check-duplicates", "ocsp"),
    ("PATCH /api/v1/clients/{id}", "ocsp"),
    ("GET /api/v1/clients/{id}/loans/{loan_id}", PEOPLE),
    ("GET /api/v1/clients/{id}/history", PEOPLE),
    ("POST /api/v1/clients/{id}/notes", "ocsp"),
    ("POST /api/v1/clients/{id}/consents", "ocsp"),
    ("DELETE /api/v1/clients/{id}/consents/{cid}", "ocsp"),
    ("POST /api/v1/clients/{id}/unmask", "su"),
    ("POST /api/v1/clients/{id}/files", "ocsp"),
    ("GET /api/v1/clients/{id}/files/{file_id}", "ocspu"),
    ("GET /api/v1/clients/{id}/access", "sau"),
    ("GET /api/v1/search", PEOPLE),
    ("GET /api/v1/search/fields", PEOPLE),
    ("PUT /api/v1/blobs", "ocspaO"),
    ("GET /api/v1/settings/public", PEOPLE),
    ("GET /api/v1/operators", "ocsau"),
    ("GET /api/v1/operators/me", PEOPLE),
    ("PUT /api/v1/operators/me/state", "ocspa"),
    ("GET /api/v1/calls", PEOPLE),
    ("GET /api/v1/calls/{id}", PEOPLE),
    ("GET /api/v1/calls/{id}/events", "sau"),
    ("POST /api/v1/calls", "ocsp"),
    ("POST /api/v1/calls/dial", "ocsp"),
    ("POST /api/v1/calls/{id}/hangup", "ocsp"),
    ("POST /api/v1/calls/{id}/transfer", "ocsp"),
    ("POST /api/v1/calls/{id}/transfer/complete", "ocsp"),
    ("POST /api/v1/calls/{id}/transfer/cancel", "ocsp"),
    ("POST /api/v1/calls/{id}/hold", "ocsp"),
    ("POST /api/v1/calls/{id}/resume", "ocsp"),
    ("PUT /api/v1/calls/{id}/client", "ocsp"),
    ("POST /api/v1/calls/{id}/identify", "ocsp"),
    ("PUT /api/v1/calls/{id}/notes", "ocsp"),
    ("POST /api/v1/calls/{id}/consult", "ocsp"),
    ("POST /api/v1/calls/{id}/finish", "ocsp"),
    ("POST /api/v1/calls/{id}/correct", "ocs"),
    ("GET /api/v1/imports", "sauO"),
    ("POST /api/v1/imports", "aO"),
    ("GET /api/v1/imports/mappings", "sauO"),
    ("POST /api/v1/imports/preview", "aO"),
    ("GET /api/v1/imports/{id}", "sauO"),
    ("POST /api/v1/imports/{id}/resume", "aO"),
    ("POST /api/v1/imports/{id}/cancel", "aO"),
    ("GET /api/v1/imports/{id}/rejects", "sauO"),
    ("GET /api/v1/backups", "au"),
    ("POST /api/v1/backups", "a"),
    ("POST /api/v1/backups/{name}/verify", "a"),
    ("GET /api/v1/jobs/{id}", "sauO"),
    ("GET /api/v1/pbx/status", PEOPLE),
    ("GET /api/v1/pbx/recorder", "sau"),
    ("POST /api/v1/pbx/simulate", "a"),
    ("POST /api/v1/pbx/events", "P"),
    ("POST /api/v1/pbx/route", "PI"),
    ("POST /api/v1/pbx/hooks/{source}", "h"),
    ("GET /api/v1/health/summary", "sau"),
];

fn callers(lenderbox: &Lenderbox) -> Vec<(char, Client)> {
    let administrator = lenderbox.sign_in("administrator", 0);
    WHO.into_iter()
        .map(|(name, letter)| {
            if letter.is_lowercase() {
                return (letter, lenderbox.sign_in(name, 0));
            }
            let made = administrator.post("/tokens", &json!({"name": name, "scope": name})).ok();
            (letter, lenderbox.with_token(made["token"].as_str().unwrap()))
        })
        .collect()
}

/// A path with parts that name nothing; the body says nothing either.
fn ask(client: &Client, method: &str, template: &str) -> (u16, String) {
    let path: Vec<&str> = template
        .split('/')
        .map(|part| match part {
            "{kind}" => "topic",
            "{name}" | "{source}" => "nothing",
            part if part.starts_with('{') => "0192f000-0000-7000-8000-00000000dead",
            part => part,
        })
        .collect();
    let path = path.join("/");
    // A partner manager may open cards of organisations only.
    let body: &[u8] = match template {
        "/api/v1/clients" => b"{\"kind\":\"organisation\"}",
        _ => b"{}",
    };
    let body = (method != "GET").then(|| body.to_vec());
    let path = match path.strip_prefix("/api/v1") {
        Some(below) => below.to_owned(),
        None => format!("/{path}"),
    };
    let answer = client.send(method, &path, body, &[("If-Match", "\"999\"")]);
    (answer.status, answer.code().to_owned())
}

fn exists(row: &str) -> bool {
    routes::table().iter().any(|route| format!("{} {}", route.method, route.template) == row)
}

#[test]
fn every_route_stands_in_the_table_of_rights() {
    let rows: Vec<&str> = ROWS.iter().map(|(route, _)| *route).collect();
    let routes: Vec<String> = routes::table()
        .iter()
        .map(|route| format!("{} {}", route.method, route.template))
        .collect();
    let missing: Vec<&String> = routes.iter().filter(|r| !rows.contains(&r.as_str())).collect();
    assert!(missing.is_empty(), "say who may, in ROWS: {missing:#?}");
    let gone: Vec<&&str> = rows.iter().filter(|row| !exists(row)).collect();
    assert!(gone.is_empty(), "these routes do not exist: {gone:#?}");
}

#[test]
fn every_role_and_machine_comes_in_only_where_it_may() {
    let lenderbox = Lenderbox::demo();
    let nobody = lenderbox.nobody();
    let callers = callers(&lenderbox);
    let mut faults = Vec::new();
    for (route, who) in ROWS {
        let (method, template) = route.split_once(' ').unwrap();
        let (status, code) = ask(&nobody, method, template);
        let open = *who == "*";
        // Signing in with an empty body is refused for its fields, not for who asks.
        if !open && *who != "h" && (status != 401 || code != "not_signed_in") {
            faults.push(format!("{route}: nobody got {status} {code}"));
        }
        if open && (status == 401 || status == 403) {
            faults.push(format!("{route}: nobody got {status} {code}"));
        }
        // What would end the session that the next rows need is asked last, below.
        if open || *who == "h" || *route == "DELETE /api/v1/session" {
            continue;
        }
        for (letter, caller) in &callers {
            let (status, code) = ask(caller, method, template);
            let admitted = !(status == 401 || (status == 403 && code == "forbidden"));
            if admitted != who.contains(*letter) {
                faults.push(format!("{route}: {letter} got {status} {code}"));
            }
        }
    }
    for (letter, caller) in &callers {
        let status = ask(caller, "DELETE", "/api/v1/session").0;
        let expected = if PEOPLE.contains(*letter) { 204 } else { 403 };
        if status != expected {
            faults.push(format!("DELETE /api/v1/session: {letter} got {status}"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_table_of_rights_agrees_with_the_rules() {
    use lenderbox::domain::access::{self, Role, TokenScope};
    let letters = |entrance: Entrance| -> String {
        let Entrance::Needs(action) = entrance else {
            return match entrance {
                Entrance::Open => "*".into(),
                Entrance::Hook => "h".into(),
                _ => PEOPLE.into(),
            };
        };
        let letter = |name: &str| WHO.iter().find(|(known, _)| *known == name).unwrap().1;
        let people = Role::ALL.into_iter().filter(|role| access::may(*role, action).is_some());
        let machines = TokenScope::ALL
            .into_iter()
            .filter(|scope| access::machine_may(*scope, action).is_some());
        people.map(|role| letter(role.code())).chain(machines.map(|s| letter(s.code()))).collect()
    };
    for route in routes::table() {
        let name = format!("{} {}", route.method, route.template);
        let Some((_, who)) = ROWS.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        assert_eq!(letters(route.entrance), *who, "{name}");
    }
}
