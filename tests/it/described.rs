//! What the box answers is what `schemas/openapi.json` describes: every answer to every test here
//! is compared, and a field that is not described fails.

use super::harness::Answer;
use lenderbox::http::answers::{self, Gives};
use lenderbox::http::router::{Found, Route, Router};
use lenderbox::http::{openapi, routes};
use serde_json::{Value, json};
use std::sync::LazyLock;
use warp::http::Method;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(openapi::document()).unwrap());
static ROUTER: LazyLock<Router> = LazyLock::new(|| Router::new(routes::table()));

fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.template)
}

/// Where and how `value` is not as `schema` says; values stay out. Knows the words of JSON Schema
/// that the description uses and no others.
fn faults(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Value::Object(words) = schema else { panic!("{at}: {schema} is no schema") };
    for (word, rule) in words {
        match word.as_str() {
            "description" | "title" | "tags" | "propertyNames" => {}
            "$ref" => faults(named(rule), value, at, found),
            "type" => {
                let kinds =
                    rule.as_array().map_or_else(|| vec![rule], |list| list.iter().collect());
                if !kinds.iter().any(|kind| is_a(kind.as_str().unwrap(), value)) {
                    found.push(format!("{at} is not {rule}"));
                }
            }
            "enum" if !rule.as_array().unwrap().contains(value) => {
                found.push(format!("{at} is none of {rule}"));
            }
            "enum" => {}
            "minimum" if value.as_f64().is_some_and(|n| n < rule.as_f64().unwrap()) => {
                found.push(format!("{at} is below {rule}"));
            }
            "minimum" => {}
            "format" => {
                if let Some(text) = value.as_str().filter(|text| !has_form(rule, text)) {
                    found.push(format!("{at} ({} bytes) is not a {rule}", text.len()));
                }
            }
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    faults(rule, item, &format!("{at}[{n}]"), found);
                }
            }
            "required" => {
                let missing = |name: &&Value| value.get(name.as_str().unwrap()).is_none();
                let names = rule.as_array().unwrap().iter();
                let missing = names.filter(|_| value.is_object()).filter(missing);
                found.extend(missing.map(|name| format!("{at} has no {name}")));
            }
            "properties" | "additionalProperties" => {}
            "oneOf" | "anyOf" => {
                let fits = |option: &&Value| {
                    let mut inner = Vec::new();
                    faults(option, value, at, &mut inner);
                    inner.is_empty()
                };
                if !rule.as_array().unwrap().iter().any(|option| fits(&option)) {
                    found.push(format!("{at} fits none of {rule}"));
                }
            }
            other => panic!("{at}: this test does not know the word {other}"),
        }
    }
    fields(schema, value, at, found);
}

/// Compares the fields of an object.
fn fields(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let properties = schema.get("properties");
    let others = schema.get("additionalProperties");
    let Some(map) = value.as_object().filter(|_| properties.is_some() || others.is_some()) else {
        return;
    };
    for (name, inner) in map {
        let at = format!("{at}.{name}");
        match (properties.and_then(|known| known.get(name)), others) {
            (Some(rule), _) => faults(rule, inner, &at, found),
            (None, Some(rule @ Value::Object(_))) => faults(rule, inner, &at, found),
            (None, Some(Value::Bool(true))) => {}
            (None, _) => found.push(format!("{at} is not described")),
        }
    }
}

fn named(reference: &Value) -> &'static Value {
    let name = reference.as_str().unwrap().strip_prefix("#/components/schemas/").unwrap();
    DOCUMENT["components"]["schemas"].get(name).expect("a known schema")
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}

fn has_form(form: &Value, text: &str) -> bool {
    match form.as_str().unwrap() {
        "uuid" => uuid::Uuid::parse_str(text).is_ok(),
        "date" => text.parse::<chrono::NaiveDate>().is_ok(),
        other => panic!("this test does not know the form {other}"),
    }
}

/// Compares an answer with the description.
pub fn check(method: &str, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap();
    let path = match path.strip_prefix("//") {
        Some(root) => format!("/{root}"),
        None => format!("/api/v1{path}"),
    };
    let found = ROUTER.find(&Method::from_bytes(method.as_bytes()).unwrap(), &path);
    if answer.status >= 400 {
        // What stands beside the API is the page's own.
        if !path.starts_with("/api/") || method == "HEAD" {
            return;
        }
        let error = &DOCUMENT["components"]["responses"]["Error"]["content"];
        let mut found = Vec::new();
        faults(&error["application/json"]["schema"], &answer.body, "", &mut found);
        assert!(found.is_empty(), "{method} {path} {}: {found:#?}", answer.status);
        return;
    }
    let Found::Route(route, _) = found else { return };
    let name = name(route);
    let mut found = Vec::new();
    let expected = match answers::of(route).unwrap() {
        Gives::Json(status, _) => {
            let method = method.to_lowercase();
            let responses = &DOCUMENT["paths"][route.template][method]["responses"];
            let content = &responses[status.to_string()]["content"]["application/json"];
            faults(&content["schema"], &answer.body, "", &mut found);
            status
        }
        Gives::Bytes(_) => 200,
        Gives::Nothing => 204,
        Gives::Socket => 101,
    };
    assert!(found.is_empty(), "{name} is not as described: {found:#?}");
    assert_eq!(answer.status, expected, "{name}");
}

#[test]
fn a_field_that_is_not_described_is_a_fault() {
    let answer = |body: Value| Answer { status: 200, body, bytes: Vec::new(), headers: Vec::new() };
    check("GET", "//healthz", &answer(json!({"status": "ok"})));
    for body in [json!({"status": "ok", "more": 1}), json!({"status": 1}), json!({})] {
        let checking = std::panic::catch_unwind(|| check("GET", "//healthz", &answer(body)));
        assert!(checking.is_err());
    }
}
