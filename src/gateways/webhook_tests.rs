//! Recorded dial-plan hooks (`tests/fixtures/webhook`), a cloud exchange, and proofs of origin.

use super::*;
use crate::domain::access::Principal;
use crate::domain::call::progress::{CallResult, Progress};
use crate::domain::call::{Call, CallCommand, Observe};
use crate::domain::{Aggregate, Context, Meta};
use std::path::Path;

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn secret(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

fn dial_plan() -> WebhookSource {
    WebhookSource {
        name: "dialplan".into(),
        payload_field: String::new(),
        fields: pairs(&[
            ("call_id", "linkedid"),
            ("leg_id", "uniqueid"),
            ("type", "event"),
            ("from", "caller"),
            ("to", "did"),
            ("agent", "ext"),
            ("cause", "status"),
            ("ivr.contract", "contract"),
        ]),
        event_types: pairs(&[
            ("ring", "ringing"),
            ("answered", "answered"),
            ("hangup", "ended"),
            ("dialend", "ended"),
        ]),
        directions: BTreeMap::new(),
        time_form: TimeForm::Arrival,
        proof: WebhookProof::Secret { place: "X-Secret".into(), secret: secret("s3cret") },
    }
}

fn send(
    source: &WebhookSource,
    headers: &[(&str, &str)],
    body: &str,
    at: i64,
) -> Result<HookEvents, HookFault> {
    let header = |name: &str| {
        let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| (*value).to_owned())
    };
    let received = Timestamp::from_micros(at);
    receive(source, &HookRequest { header: &header, body: body.as_bytes(), received })
}

fn recorded(name: &str) -> Progress {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/webhook");
    let text = std::fs::read_to_string(folder.join(format!("{name}.curlhook.jsonl"))).unwrap();
    let mut call = Call::default();
    for line in text.lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        let at = decimal(&request["t"].to_string(), 6).unwrap();
        let body = request["body"].as_str().unwrap();
        let found = send(&dial_plan(), &[("x-secret", "s3cret")], body, at).unwrap();
        assert!(found.rejected.is_empty() && found.ignored.is_empty(), "{found:?}");
        let context = Context {
            now: Timestamp::from_micros(at),
            zone: chrono_tz::Europe::Moscow,
            principal: Principal::System,
        };
        let source = "dialplan".to_owned();
        let observe =
            Observe { source, events: found.events, users: BTreeMap::new(), matches: vec![] };
        let decision = call.decide(CallCommand::Observe(observe), &context).unwrap();
        let meta = Meta { seq: 1, at: context.now, actor: Principal::System, drawn: vec![1] };
        decision.events.iter().for_each(|event| call.evolve(event, &meta));
    }
    call.progress(None)
}

#[test]
fn recorded_dial_plan_hooks_give_the_record() {
    // What three hooks can tell: the transfer of 08 is not among it.
    let rows = [
        ("01_inbound_direct_answered_caller_hangs", CallResult::Answered, Some("101"), 4, 2),
        ("03_inbound_queue_answered", CallResult::NoAnswer, None, 0, 7),
        ("05_inbound_unanswered", CallResult::NoAnswer, None, 0, 6),
        ("08_inbound_blind_transfer_ami", CallResult::Answered, Some("101"), 9, 2),
    ];
    for (name, result, owner, talk, wait) in rows {
        let progress = recorded(name);
        assert_eq!(progress.result, Some(result), "{name}");
        assert_eq!(progress.owner.as_deref(), owner, "{name}");
        assert_eq!((progress.talk_seconds(), progress.wait_seconds()), (talk, wait), "{name}");
        assert_eq!(progress.client_number.reveal(), "79161234567", "{name}");
        let known = ["101", "103"];
        assert!(progress.participants.iter().all(|p| known.contains(&p.extension.as_str())));
    }
}

fn cloud() -> WebhookSource {
    WebhookSource {
        name: "mango".into(),
        payload_field: "json".into(),
        fields: pairs(&[
            ("event_id", "call_id+seq"),
            ("call_id", "entry_id"),
            ("leg_id", "call_id"),
            ("type", "call_state+location"),
            ("at", "timestamp"),
            ("from", "from.number"),
            ("to", "to.line_number"),
            ("agent", "to.extension"),
            ("queue", "to.acd_group"),
        ]),
        event_types: pairs(&[
            ("Appeared+queue", "queue_entered"),
            ("Appeared+abonent", "ringing"),
            ("Connected+abonent", "answered"),
            ("Disconnected+abonent", "ended"),
        ]),
        directions: BTreeMap::new(),
        time_form: TimeForm::UnixSeconds,
        proof: WebhookProof::KeyedDigest {
            field: "sign".into(),
            key: secret("key"),
            secret: secret("salt"),
        },
    }
}

#[test]
fn a_cloud_exchange_signs_key_payload_and_salt() {
    let json = r#"{"entry_id":"e1","call_id":"c1","seq":2,"timestamp":1795000000,"call_state":"Appeared","location":"abonent","from":{"number":"79161234567"},"to":{"extension":"101","line_number":"sip:74951230001@m.ru"}}"#;
    let digest = Sha256::digest(format!("key{json}salt"));
    let encoded: String = json.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let sign = data_encoding::HEXLOWER.encode(&digest);
    let body = format!("vpbx_api_key=key&sign={sign}&json={encoded}");
    let found = send(&cloud(), &[], &body, 0).unwrap();
    let event = &found.events[0];
    assert_eq!((event.kind, event.event_id.as_str()), (PbxEventKind::Ringing, "c1+2"));
    assert_eq!((event.agent.as_deref(), event.to.reveal().as_str()), (Some("101"), "74951230001"));
    assert_eq!(event.at.micros(), 1_795_000_000_000_000);
    let forged = body.replace(&sign, &sign.replace(&sign[..4], "0000"));
    assert_eq!(send(&cloud(), &[], &forged, 0), Err(HookFault::BadProof));
    assert_eq!(send(&cloud(), &[], "json={}", 0), Err(HookFault::BadProof));
    // The IVR's own legs are nobody's business.
    let ivr = json.replace("\"abonent\"", "\"ivr\"");
    let sign = data_encoding::HEXLOWER.encode(&Sha256::digest(format!("key{ivr}salt")));
    let encoded: String = ivr.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let found = send(&cloud(), &[], &format!("sign={sign}&json={encoded}"), 0).unwrap();
    assert_eq!((found.events.len(), found.ignored.len()), (0, 1));
}

fn signed(body: &str, instant: Option<i64>) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"hmac key").unwrap();
    if let Some(instant) = instant {
        mac.update(format!("{instant}.").as_bytes());
    }
    mac.update(body.as_bytes());
    let hex = data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes());
    instant.map_or_else(|| format!("sha256={hex}"), |t| format!("t={t},v1={hex}"))
}

#[test]
fn an_hmac_covers_body_and_instant() {
    let hmac = |window_seconds| WebhookSource {
        proof: WebhookProof::Hmac {
            header: "X-Signature".into(),
            secret: secret("hmac key"),
            window_seconds,
        },
        payload_field: String::new(),
        ..dial_plan()
    };
    let body = r#"[{"linkedid":"c","uniqueid":"l","event":"ring","caller":"79161234567","ext":"queue-sales"},
        {"linkedid":"c","event":"sung"},{"event":"hangup"}]"#;
    let now = 1_795_000_000;
    let try_with = |source: &WebhookSource, signature: &str| {
        send(source, &[("X-Signature", signature)], body, now * 1_000_000)
    };
    let found = try_with(&hmac(0), &signed(body, None)).unwrap();
    assert_eq!(found.events[0].agent, None, "a queue's name is no extension");
    assert_eq!((found.events.len(), found.ignored.len()), (1, 1));
    let rejected: Vec<_> = found.rejected.iter().map(|r| (r.index, r.fault.clone())).collect();
    assert_eq!(rejected, [(2, PbxEventFault { code: "missing_field", field: "call_id" })]);
    assert!(try_with(&hmac(300), &signed(body, Some(now - 299))).is_ok());
    let rows = [
        (hmac(300), signed(body, Some(now - 301)), HookFault::Stale),
        (hmac(300), signed(body, Some(now + 301)), HookFault::Stale),
        (hmac(300), signed(body, None), HookFault::BadProof),
        (hmac(0), signed("other", None), HookFault::BadProof),
        (hmac(0), "not hex".into(), HookFault::BadProof),
        (
            hmac(300),
            signed(body, Some(now - 301)).replace(&(now - 301).to_string(), &now.to_string()),
            HookFault::BadProof,
        ),
    ];
    for (source, signature, fault) in rows {
        assert_eq!(try_with(&source, &signature), Err(fault), "{signature}");
    }
    assert_eq!(send(&hmac(0), &[], body, 0), Err(HookFault::BadProof));
}

#[test]
fn a_secret_may_stand_in_a_header_or_a_field_and_is_never_empty() {
    let body =
        "event=ring&linkedid=c&uniqueid=c&caller=%2B7%20916&ext=101&contract=17&X-Secret=s3cret";
    let found = send(&dial_plan(), &[], body, 5).unwrap();
    assert_eq!(found.events[0].from.reveal(), "+7 916");
    assert_eq!(found.events[0].ivr["contract"].reveal(), "17");
    let again = send(&dial_plan(), &[], body, 9).unwrap();
    assert_eq!(
        again.events[0].event_id, found.events[0].event_id,
        "the same words, the same event"
    );
    let open = WebhookSource {
        proof: WebhookProof::Secret { place: "X-Secret".into(), secret: secret("") },
        ..dial_plan()
    };
    assert_eq!(send(&open, &[("X-Secret", "")], body, 5), Err(HookFault::BadProof));
    assert_eq!(send(&dial_plan(), &[("X-Secret", "wrong")], body, 5), Err(HookFault::BadProof));
}

#[test]
fn broken_bodies_are_refused() {
    let rows = [
        ("{", HookFault::BadPayload),
        ("[1,", HookFault::BadPayload),
        ("a=%zz&X-Secret=s3cret", HookFault::Malformed),
        ("a=%f&X-Secret=s3cret", HookFault::Malformed),
    ];
    for (body, fault) in rows {
        let sent = send(&dial_plan(), &[("X-Secret", "s3cret")], body, 0);
        assert_eq!(sent, Err(fault), "{body}");
    }
    // What is at fault is kept for the integrator, and its secret is not.
    let unknown = "event=sung&linkedid=c&X-Secret=s3cret";
    let found = send(&dial_plan(), &[], unknown, 0).unwrap();
    assert_eq!(found.ignored, [serde_json::json!({"event": "sung", "linkedid": "c"})]);
    let nameless = "event=ring&uniqueid=c&X-Secret=s3cret";
    let found = send(&dial_plan(), &[], nameless, 0).unwrap();
    assert_eq!(found.rejected[0].fault.field, "call_id");
    assert_eq!(found.rejected[0].said, serde_json::json!({"event": "ring", "uniqueid": "c"}));
    let many = format!("[{}]", vec!["{}"; 501].join(","));
    assert_eq!(send(&dial_plan(), &[("X-Secret", "s3cret")], &many, 0), Err(HookFault::TooMany));
}
