//! Rules of directories.

use super::*;
use crate::base::ids::UserId;
use serde_json::json;

fn context() -> Context {
    Context {
        now: Timestamp::from_micros(0),
        zone: chrono_tz::Europe::Moscow,
        principal: Principal::System,
    }
}

fn run(entry: &mut Entry, command: EntryCommand) -> Result<usize, Rejection> {
    let meta = Meta { seq: 1, at: context().now, actor: Principal::System, drawn: vec![] };
    let decision = entry.decide(command, &context())?;
    decision.events.iter().for_each(|event| entry.evolve(event, &meta));
    Ok(decision.events.len())
}

fn topic(title: &str) -> EntryCommand {
    EntryCommand::Put { kind: EntryKind::Topic, body: json!({"title": {"ru": title}}) }
}

#[test]
fn an_entry_is_put_retired_and_restored() {
    let mut entry = Entry::default();
    assert_eq!(run(&mut entry, EntryCommand::Retire).unwrap_err().code, "not_found");
    assert_eq!(run(&mut entry, topic("Платёж")), Ok(1));
    assert_eq!(run(&mut entry, topic("Платёж")), Ok(0), "the same body changes nothing");
    let body = entry.as_topic().expect("a topic");
    assert_eq!((body.required_level, body.severity), (Some(0), Some(Severity::Calm)));
    assert_eq!(run(&mut entry, EntryCommand::Retire), Ok(1));
    assert!(entry.retired);
    assert_eq!(run(&mut entry, EntryCommand::Restore), Ok(1));
    assert!(!entry.retired);
    let codes: Vec<&str> = entry.history.iter().map(|change| change.action.code()).collect();
    assert_eq!(codes, ["put", "retired", "restored"]);
    let branch = EntryCommand::Put { kind: EntryKind::Branch, body: json!({"title": {"ru": "a"}}) };
    assert_eq!(run(&mut entry, branch).unwrap_err().code, "not_found");
}

#[test]
fn an_entry_remembers_its_latest_changes_only() {
    let mut entry = Entry::default();
    for number in 0..50 {
        run(&mut entry, topic(&format!("Тема {number}"))).unwrap();
    }
    assert_eq!((entry.version, entry.history.len()), (50, HISTORY_MAX));
    assert_eq!(entry.history.back().map(|change| change.version), Some(50));
    let long = |n: usize| json!({"title": {"ru": "а"}, "hint": {"ru": "ы".repeat(3_900 + n)}});
    for number in 0..20 {
        let put = EntryCommand::Put { kind: EntryKind::Topic, body: long(number) };
        run(&mut entry, put).unwrap();
    }
    let bytes: usize = entry.history.iter().map(|change| change.body.len()).sum();
    assert!(bytes <= HISTORY_BYTES_MAX, "{bytes}");
}

#[test]
fn every_fault_of_a_body_is_named() {
    type Row = (EntryKind, Value, &'static [(&'static str, &'static str)]);
    let rows: [Row; 7] = [
        (EntryKind::Topic, json!({}), &[("title", "required")]),
        // The form and the rules are answered together.
        (
            EntryKind::Topic,
            json!({"title": 5, "required_level": 4, "severity": "loud",
                "links": [{"title": "a"}, {"title": "b", "url": "javascript:1"}]}),
            &[
                ("title", "wrong_type"),
                ("links[0].url", "required"),
                ("severity", "unknown_value"),
                ("required_level", "out_of_range"),
                ("links[1].url", "invalid_url"),
            ],
        ),
        (
            EntryKind::Branch,
            json!({"hours": "x".repeat(300), "phone": 5}),
            &[("title", "required"), ("phone", "wrong_type"), ("hours", "too_long")],
        ),
        (EntryKind::Topic, json!({"title": {}}), &[("title", "required")]),
        (
            EntryKind::Topic,
            json!({"title": {"en": "x"}, "required_level": 4,
                "links": [{"title": "a", "url": "javascript:1"}]}),
            &[("required_level", "out_of_range"), ("links[0].url", "invalid_url")],
        ),
        (
            EntryKind::Topic,
            json!({"title": {"de": "x"}, "severity": "loud", "colour": 1}),
            &[
                ("title.de", "unknown_field"),
                ("severity", "unknown_value"),
                ("colour", "unknown_field"),
            ],
        ),
        (
            EntryKind::Branch,
            json!({"title": {"ru": "а"}, "hours": "x".repeat(300)}),
            &[("hours", "too_long")],
        ),
    ];
    for (kind, body, expected) in rows {
        let faults = check_body(kind, body.clone()).unwrap_err();
        let named: Vec<(&str, &str)> = faults.iter().map(|f| (f.field.as_str(), f.code)).collect();
        assert_eq!(named, expected, "{body}");
    }
}

#[test]
fn a_settled_body_settles_to_itself() {
    let rows = [
        (EntryKind::Topic, json!({"title": {"ru": "а"}, "severity": "urgent"})),
        (EntryKind::Branch, json!({"title": {"ru": "а"}, "phone": "8 800"})),
        (EntryKind::Product, json!({"title": {"en": "loan"}})),
        (
            EntryKind::Snippet,
            json!({"key": "Оплата", "title": {"ru": "а"}, "text": {"ru": "б\nв"}}),
        ),
    ];
    for (kind, body) in rows {
        let once = check_body(kind, body).unwrap();
        assert_eq!(check_body(kind, once.clone()).unwrap(), once);
    }
}

fn person(number: u128) -> Principal {
    Principal::User(UserId::from_uuid(uuid::Uuid::from_u128(number)))
}

fn snippet(shared: Option<bool>) -> EntryCommand {
    let body = json!({"key": "paid", "title": {"ru": "Оплатил"}, "text": {"ru": "Уже оплатил"},
        "shared": shared});
    EntryCommand::Put { kind: EntryKind::Snippet, body }
}

fn run_as(entry: &mut Entry, by: Principal, command: EntryCommand) -> Result<usize, Rejection> {
    let meta = Meta { seq: 1, at: context().now, actor: by, drawn: vec![] };
    let context = Context { principal: by, ..context() };
    let decision = entry.decide(command, &context)?;
    decision.events.iter().for_each(|event| entry.evolve(event, &meta));
    Ok(decision.events.len())
}

#[test]
fn an_own_snippet_is_its_owners_alone_until_it_is_shared() {
    let (anna, boris) = (person(1), person(2));
    let mut entry = Entry::default();
    assert_eq!(run_as(&mut entry, anna, snippet(None)), Ok(1), "own unless shared");
    assert_eq!(entry.owner, Some(anna));
    assert!(entry.is_open_to(anna) && !entry.is_open_to(boris));
    for command in [snippet(Some(true)), EntryCommand::Retire, EntryCommand::Restore] {
        assert_eq!(run_as(&mut entry, boris, command).unwrap_err().code, "not_found");
    }
    assert_eq!(run_as(&mut entry, anna, snippet(Some(true))), Ok(1));
    assert!(entry.owner.is_none() && entry.is_open_to(boris));
    assert_eq!(run_as(&mut entry, boris, EntryCommand::Retire), Ok(1));
    assert_eq!(run_as(&mut entry, boris, snippet(Some(false))), Ok(1));
    assert_eq!(entry.owner, Some(boris), "who takes it for himself owns it");
    assert!(!entry.retired);
    let topic = topic("Тема");
    assert_eq!(run_as(&mut entry, boris, topic).unwrap_err().code, "not_found");
}

#[test]
fn every_fault_of_a_snippet_is_named() {
    type Row = (Value, &'static [(&'static str, &'static str)]);
    let long = "ы".repeat(4_001);
    let rows: [Row; 7] = [
        (json!({}), &[("key", "required"), ("title", "required"), ("text", "required")]),
        (
            json!({"key": "a b", "title": {"ru": "а"}, "shared": "yes"}),
            &[("text", "required"), ("shared", "wrong_type"), ("key", "invalid_key")],
        ),
        (
            json!({"key": "", "title": {}, "text": {"ru": " "}}),
            &[("key", "required"), ("title", "required"), ("text", "required")],
        ),
        (
            json!({"key": "a", "title": {"ru": "а"}, "text": {"ru": "а"}, "topic": "x"}),
            &[("topic", "wrong_type")],
        ),
        (
            json!({"key": "a b", "title": {"ru": "а"}, "text": {"ru": "а"}}),
            &[("key", "invalid_key")],
        ),
        (
            json!({"key": "/оплата", "title": {"ru": "а"}, "text": {"en": long}}),
            &[("key", "invalid_key"), ("text.en", "too_long")],
        ),
        (
            json!({"key": "x".repeat(33), "title": {"ru": "а"}, "text": {"ru": "а"}}),
            &[("key", "invalid_key")],
        ),
    ];
    for (body, expected) in rows {
        let faults = check_body(EntryKind::Snippet, body.clone()).unwrap_err();
        let named: Vec<(&str, &str)> = faults.iter().map(|f| (f.field.as_str(), f.code)).collect();
        assert_eq!(named, expected, "{body}");
    }
}
