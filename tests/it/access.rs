//! Every route for every role and every machine: a route without a row here fails.
//!
//! Written down apart from the table in `domain/access.rs`, so that a slip in one of them shows.

use super::harness::{Client, Lenderbox};
use lenderbox::http::router::Entrance;
use lenderbox::http::routes;
use serde_json::{Value, json};

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
    ("POST /api/v1/loans/calculate", "ocspauCO"),
    ("POST /api/v1/loans/quote", "ocspauCO"),
    ("POST /api/v1/loans", "saO"),
    ("GET /api/v1/loans/{id}", PEOPLE),
    ("GET /api/v1/loans/{id}/explain", PEOPLE),
    ("GET /api/v1/loans/{id}/early-quote", PEOPLE),
    ("POST /api/v1/loans/{id}/payments", "saO"),
    ("POST /api/v1/loans/{id}/operations/{operation_id}/reverse", "saO"),
    ("POST /api/v1/loans/{id}/fees", "saO"),
    ("POST /api/v1/loans/{id}/penalty-forgiveness", "saO"),
    ("POST /api/v1/loans/{id}/refunds", "saO"),
    ("POST /api/v1/loans/{id}/holidays", "saO"),
    ("POST /api/v1/loans/{id}/restructurings", "saO"),
    ("POST /api/v1/loans/{id}/goods-returns", "saO"),
    ("POST /api/v1/loans/{id}/closings", "saO"),
    ("POST /api/v1/loans/{id}/previews/{booking}", "saO"),
    ("POST /api/v1/loans/{id}/early-requests", "ocsaO"),
    ("POST /api/v1/loans/{id}/early-requests/{request_id}/steps", "ocsaO"),
    ("POST /api/v1/loans/{id}/papers", "ocs"),
    ("GET /api/v1/loans/{id}/papers", "ocsu"),
    ("GET /api/v1/papers/{id}", "ocsu"),
    ("GET /api/v1/papers/templates", "a"),
    ("POST /api/v1/papers/preview", "a"),
    ("PUT /api/v1/directory/paper_template/{id}", "a"),
    ("DELETE /api/v1/directory/paper_template/{id}", "a"),
    ("POST /api/v1/directory/paper_template/{id}/restore", "a"),
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
    ("GET /api/v1/statements", "sauO"),
    ("POST /api/v1/statements", "saO"),
    ("GET /api/v1/statements/{id}", "sauO"),
    ("GET /api/v1/incoming-payments", "sauO"),
    ("GET /api/v1/incoming-payments/{id}", "sauO"),
    ("POST /api/v1/incoming-payments/{id}/post", "sa"),
    ("POST /api/v1/incoming-payments/{id}/dismiss", "sa"),
    ("POST /api/v1/incoming-payments/{id}/reverse", "sa"),
    ("GET /api/v1/reports/unallocated", "sauO"),
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
    ("GET /api/v1/reports/arrears", "sauO"),
    ("GET /api/v1/reports/arrears/export", "sauO"),
    ("GET /api/v1/reports/reconciliation", "sauO"),
    ("GET /api/v1/reports/reconciliation/export", "sauO"),
    ("GET /api/v1/daily-run", "sauO"),
    ("POST /api/v1/daily-run", "saO"),
    ("GET /api/v1/backups", "au"),
    ("POST /api/v1/backups", "aO"),
    ("POST /api/v1/backups/{name}/verify", "aO"),
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

/// What stands behind the identifiers of a route, and so whose rows it must not show to whom.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Behind {
    /// Whoever may come in reaches every row: no grant of the action has a narrower scope.
    All,
    /// A private person, asked for by who may see organisations only; parts of the person too.
    Person,
    /// A loan of a private person.
    Loan,
    /// A call of somebody else.
    Call,
    /// Somebody's own snippet.
    Snippet,
    /// A source of the settings, which proves itself.
    Source,
}

/// Every route with an identifier: what stands behind it, and a body (of a GET: a query) that would
/// be good.
#[rustfmt::skip]
const FOREIGN: &[(&str, Behind, &str)] = &[
    ("PATCH /api/v1/users/{id}", Behind::All, ""),
    ("PUT /api/v1/users/{id}/password", Behind::All, ""),
    ("POST /api/v1/users/{id}/disable", Behind::All, ""),
    ("POST /api/v1/users/{id}/enable", Behind::All, ""),
    ("DELETE /api/v1/users/{id}/totp", Behind::All, ""),
    ("DELETE /api/v1/tokens/{id}", Behind::All, ""),
    ("POST /api/v1/loans/{id}/papers", Behind::All, ""),
    ("GET /api/v1/loans/{id}/papers", Behind::All, ""),
    ("GET /api/v1/papers/{id}", Behind::All, ""),
    ("PUT /api/v1/directory/paper_template/{id}", Behind::All, ""),
    ("DELETE /api/v1/directory/paper_template/{id}", Behind::All, ""),
    ("POST /api/v1/directory/paper_template/{id}/restore", Behind::All, ""),
    ("GET /api/v1/directory/{kind}", Behind::Snippet, ""),
    ("PUT /api/v1/directory/{kind}/{id}", Behind::All, ""),
    ("DELETE /api/v1/directory/{kind}/{id}", Behind::All, ""),
    ("POST /api/v1/directory/{kind}/{id}/restore", Behind::All, ""),
    ("GET /api/v1/directory/{kind}/{id}/history", Behind::Snippet, ""),
    ("PUT /api/v1/directory/snippet/{id}", Behind::Snippet, r#"{"key": "x", "title": {"ru": "x"}, "text": {"ru": "y"}}"#),
    ("DELETE /api/v1/directory/snippet/{id}", Behind::Snippet, ""),
    ("POST /api/v1/directory/snippet/{id}/restore", Behind::Snippet, ""),
    ("GET /api/v1/loans/{id}", Behind::Loan, ""),
    ("GET /api/v1/loans/{id}/explain", Behind::Loan, "?figure=total_left"),
    ("GET /api/v1/loans/{id}/early-quote", Behind::Loan, "?on=2100-01-01"),
    ("POST /api/v1/loans/{id}/payments", Behind::All, ""),
    ("POST /api/v1/loans/{id}/operations/{operation_id}/reverse", Behind::All, ""),
    ("POST /api/v1/loans/{id}/fees", Behind::All, ""),
    ("POST /api/v1/loans/{id}/penalty-forgiveness", Behind::All, ""),
    ("POST /api/v1/loans/{id}/refunds", Behind::All, ""),
    ("POST /api/v1/loans/{id}/holidays", Behind::All, ""),
    ("POST /api/v1/loans/{id}/restructurings", Behind::All, ""),
    ("POST /api/v1/loans/{id}/goods-returns", Behind::All, ""),
    ("POST /api/v1/loans/{id}/closings", Behind::All, ""),
    ("POST /api/v1/loans/{id}/previews/{booking}", Behind::All, ""),
    ("POST /api/v1/loans/{id}/early-requests", Behind::All, ""),
    ("POST /api/v1/loans/{id}/early-requests/{request_id}/steps", Behind::All, ""),
    ("GET /api/v1/imports/{id}", Behind::All, ""),
    ("POST /api/v1/imports/{id}/resume", Behind::All, ""),
    ("POST /api/v1/imports/{id}/cancel", Behind::All, ""),
    ("GET /api/v1/imports/{id}/rejects", Behind::All, ""),
    ("POST /api/v1/pbx/hooks/{source}", Behind::Source, ""),
    ("GET /api/v1/calls/{id}", Behind::Call, ""),
    ("GET /api/v1/calls/{id}/events", Behind::Call, ""),
    ("POST /api/v1/calls/{id}/hold", Behind::Call, "{}"),
    ("POST /api/v1/calls/{id}/resume", Behind::Call, "{}"),
    ("POST /api/v1/calls/{id}/transfer", Behind::Call, r#"{"to_extension": "103"}"#),
    ("POST /api/v1/calls/{id}/transfer/complete", Behind::Call, "{}"),
    ("POST /api/v1/calls/{id}/transfer/cancel", Behind::Call, "{}"),
    ("POST /api/v1/calls/{id}/hangup", Behind::Call, "{}"),
    ("PUT /api/v1/calls/{id}/client", Behind::Call, r#"{"client_id": "CLIENT"}"#),
    ("POST /api/v1/calls/{id}/identify", Behind::Call,
        r#"{"answers": [{"field": "birth_date", "value": "1900-01-01"}]}"#),
    ("PUT /api/v1/calls/{id}/notes", Behind::Call, r#"{"comment": "x"}"#),
    ("POST /api/v1/calls/{id}/consult", Behind::Call, r#"{"entry_id": "TOPIC", "link": "x"}"#),
    ("POST /api/v1/calls/{id}/finish", Behind::Call, r#"{"comment": "x"}"#),
    ("POST /api/v1/calls/{id}/correct", Behind::Call, r#"{"reason": "x", "comment": "y"}"#),
    ("GET /api/v1/clients/{id}", Behind::Person, ""),
    ("PATCH /api/v1/clients/{id}", Behind::Person, r#"{"birth_place": "x"}"#),
    ("GET /api/v1/clients/{id}/loans/{loan_id}", Behind::Person, ""),
    ("GET /api/v1/clients/{id}/history", Behind::Person, ""),
    ("POST /api/v1/clients/{id}/notes", Behind::Person, r#"{"text": "x"}"#),
    ("POST /api/v1/clients/{id}/consents", Behind::Person,
        r#"{"purpose": "x", "evidence": "y", "text_version": "1"}"#),
    ("DELETE /api/v1/clients/{id}/consents/{cid}", Behind::Person, r#"{"reason": "x"}"#),
    ("POST /api/v1/clients/{id}/unmask", Behind::Person, r#"{"reason": "x"}"#),
    ("POST /api/v1/clients/{id}/files", Behind::Person,
        r#"{"blob": "BLOB", "name": "a.txt", "kind": "other"}"#),
    ("GET /api/v1/clients/{id}/files/{file_id}", Behind::Person, ""),
    ("GET /api/v1/clients/{id}/access", Behind::Person, ""),
    ("GET /api/v1/statements/{id}", Behind::All, ""),
    ("GET /api/v1/incoming-payments/{id}", Behind::All, ""),
    ("POST /api/v1/incoming-payments/{id}/post", Behind::All, ""),
    ("POST /api/v1/incoming-payments/{id}/dismiss", Behind::All, ""),
    ("POST /api/v1/incoming-payments/{id}/reverse", Behind::All, ""),
    ("POST /api/v1/backups/{name}/verify", Behind::All, ""),
    ("GET /api/v1/jobs/{id}", Behind::All, ""),
];

/// A private person with a loan, a file, a consent and a note, a call of Anna's, and her snippet.
struct Rows {
    client: String,
    loan: String,
    consent: String,
    file: String,
    call: String,
    topic: String,
    blob: String,
    /// What no answer to a stranger may hold.
    private: Vec<String>,
}

const SNIPPET: &str = "0192f000-0000-7000-8000-0000000000aa";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn rows(lenderbox: &Lenderbox, anna: &Client, supervisor: &Client) -> Rows {
    let phone = lenderbox.sample_phone();
    let found = supervisor.get(&format!("/search?q={}", phone.replace('+', "%2B"))).ok();
    let client = text(&found["items"][0]["client_id"]);
    let path = |part: &str| format!("/clients/{client}/{part}");
    let known = supervisor.post(&path("unmask"), &json!({"reason": "проверка"})).ok();
    let upload = [("Content-Type", "text/plain")];
    let stored = supervisor.send("PUT", "/blobs", Some(b"secret bytes".to_vec()), &upload).ok();
    let file = json!({"blob": stored["blob"], "name": "тайна.txt", "kind": "other"});
    let consent = json!({"purpose": "collection", "evidence": "лист 7", "text_version": "1"});
    let (file, consent) =
        (supervisor.post(&path("files"), &file), supervisor.post(&path("consents"), &consent));
    supervisor.post(&path("notes"), &json!({"text": "тайная заметка"})).ok();
    let call = json!({"direction": "inbound", "client_number": phone});
    let call = text(&anna.post("/calls", &call).ok()["call"]["id"]);
    anna.put(&format!("/calls/{call}/notes"), &json!({"comment": "тайные слова"})).ok();
    let snippet =
        json!({"key": "t", "title": {"ru": "тайное имя"}, "text": {"ru": "тайный текст"}});
    let snippet = snippet.to_string();
    let put = format!("/directory/snippet/{SNIPPET}");
    anna.send("PUT", &put, Some(snippet.into_bytes()), &[("If-Match", "\"0\"")]).ok();
    let personal = &known["personal"];
    let mut private = vec![phone, "secret bytes".into()];
    private.extend(["last_name", "full_name", "birth_date", "inn"].map(|key| text(&personal[key])));
    private.extend(["number", "issued_by"].map(|key| text(&personal["documents"][0][key])));
    private.extend([text(&known["loans"][0]["number"]), "тайн".into()]);
    private.retain(|word| !word.is_empty());
    assert!(private.len() > 6, "the sample client is too plain for this test");
    Rows {
        loan: text(&known["loans"][0]["loan_id"]),
        consent: text(&consent.ok()["id"]),
        file: text(&file.ok()["id"]),
        topic: text(&anna.get("/directory/topic").ok()["items"][0]["id"]),
        blob: text(&stored["blob"]),
        client,
        call,
        private,
    }
}

impl Rows {
    /// The address of a row, with `client` in the place of the client.
    fn path(&self, template: &str, behind: Behind, client: &str) -> String {
        let id = match behind {
            Behind::Call => self.call.as_str(),
            Behind::Snippet => SNIPPET,
            Behind::Loan => self.loan.as_str(),
            _ => client,
        };
        let below = template.strip_prefix("/api/v1").unwrap();
        below
            .replace("{id}", id)
            .replace("{loan_id}", &self.loan)
            .replace("{cid}", &self.consent)
            .replace("{file_id}", &self.file)
            .replace("{kind}", "snippet")
    }

    fn ask(&self, who: &Client, route: &str, path: &str, body: &str) -> super::harness::Answer {
        let method = route.split(' ').next().unwrap();
        let body = body
            .replace("CLIENT", &self.client)
            .replace("TOPIC", &self.topic)
            .replace("BLOB", &self.blob);
        if method == "GET" {
            return who.get(&format!("{path}{body}"));
        }
        who.send(method, path, Some(body.into_bytes()), &[("If-Match", "\"1\"")])
    }

    /// Words of the rows that an answer holds.
    fn leaked(&self, answer: &super::harness::Answer) -> Vec<&String> {
        let said = answer.body.to_string();
        self.private.iter().filter(|word| said.contains(word.as_str())).collect()
    }
}

#[test]
fn every_route_with_an_identifier_stands_among_the_foreign_rows() {
    let named: Vec<&str> = FOREIGN.iter().map(|(route, ..)| *route).collect();
    for route in routes::table().iter().filter(|route| route.template.contains('{')) {
        let name = format!("{} {}", route.method, route.template);
        assert!(named.contains(&name.as_str()), "say what stands behind {name}, in FOREIGN");
    }
    let gone: Vec<&&str> = named.iter().filter(|row| !exists(row)).collect();
    assert!(gone.is_empty(), "these routes do not exist: {gone:#?}");
}

#[test]
fn routes_that_reach_all_rows_have_no_narrower_scope() {
    use lenderbox::domain::access::{self, Filter, Role};
    for (row, behind, _) in FOREIGN.iter().filter(|(_, behind, _)| *behind == Behind::All) {
        let route = routes::table()
            .iter()
            .find(|route| format!("{} {}", route.method, route.template) == *row);
        let Entrance::Needs(action) = route.unwrap().entrance else {
            panic!("{row} is {behind:?} and needs no right");
        };
        for role in Role::ALL {
            let scope = access::may(role, action).map(|grant| grant.scope);
            assert!(scope.is_none_or(|scope| scope == Filter::All), "{row}: {role:?} {scope:?}");
        }
    }
}

#[test]
fn nobody_reaches_a_foreign_row_by_any_route() {
    let lenderbox = Lenderbox::demo();
    let (anna, boris) = (lenderbox.sign_in("operator", 0), lenderbox.sign_in("operator", 1));
    let supervisor = lenderbox.sign_in("supervisor", 0);
    let partner = lenderbox.sign_in("partner_manager", 0);
    let rows = rows(&lenderbox, &anna, &supervisor);
    let mut faults = Vec::new();
    for (route, behind, body) in FOREIGN {
        let (stranger, owner) = match behind {
            Behind::All | Behind::Source => continue,
            Behind::Person | Behind::Loan => (&partner, &supervisor),
            Behind::Call => (&boris, &supervisor),
            Behind::Snippet => (&boris, &anna),
        };
        let template = route.split_once(' ').unwrap().1;
        let path = rows.path(template, *behind, &rows.client);
        let answer = rows.ask(stranger, route, &path, body);
        // A list is there for everybody, only without the foreign row.
        let is_list = !template.contains("{id}");
        if !matches!(answer.status, 403 | 404) && !is_list {
            faults.push(format!("{route}: a stranger got {} {}", answer.status, answer.code()));
        }
        let leaked = rows.leaked(&answer);
        if !leaked.is_empty() {
            faults.push(format!("{route}: a stranger saw {leaked:?}"));
        }
        // The same request of who may reaches the row: nothing else was the reason.
        let reached = rows.ask(owner, route, &path, body);
        if matches!(reached.status, 400 | 401 | 403 | 404 | 415) {
            let (status, code) = (reached.status, reached.code());
            faults.push(format!("{route}: who may got {status} {code} {:?}", reached.fields()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_part_of_a_foreign_card_is_not_reached_through_another_card() {
    let lenderbox = Lenderbox::demo();
    let (anna, supervisor) = (lenderbox.sign_in("operator", 0), lenderbox.sign_in("supervisor", 0));
    let partner = lenderbox.sign_in("partner_manager", 0);
    let rows = rows(&lenderbox, &anna, &supervisor);
    let organisation = json!({"kind": "organisation", "organisation": {"full_name": "ООО Тест"}});
    let own = text(&partner.post("/clients", &organisation).ok()["client_id"]);
    assert_eq!(partner.get(&format!("/clients/{own}")).status, 200);
    let nested = FOREIGN.iter().filter(|(route, ..)| route.matches('{').count() == 2);
    let nested: Vec<_> = nested.filter(|(_, behind, _)| *behind == Behind::Person).collect();
    assert_eq!(nested.len(), 3);
    for (route, behind, body) in nested {
        let path = rows.path(route.split_once(' ').unwrap().1, *behind, &own);
        let answer = rows.ask(&partner, route, &path, body);
        assert_eq!(answer.status, 404, "{route} {}", answer.body);
        assert_eq!(rows.leaked(&answer), Vec::<&String>::new(), "{route}");
    }
}
