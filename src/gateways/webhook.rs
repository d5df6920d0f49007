//! Webhooks of cloud exchanges and dial plans: proof of origin, then the mapping of the settings
//! turns a form or JSON body into canonical events.
//!
//! Pure: the request's parts and the instant of arrival are given. Knows no particular exchange;
//! what is peculiar to one is its mapping. Nothing is taken from a request without proof.

use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::config::{TimeForm, WebhookProof, WebhookSource};
use crate::domain::call::pbx_event::{PbxEvent, PbxEventBody, PbxEventFault, PbxEventKind};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// Events in one request.
const EVENTS_MAX: usize = crate::base::limits::PBX_EVENTS_PER_REQUEST_MAX;
/// Fields of one form.
const FORM_FIELDS_MAX: usize = 200;

/// A request as it arrived.
pub struct HookRequest<'a> {
    /// Header by name, any case.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body.
    pub body: &'a [u8],
    /// When it arrived.
    pub received: Timestamp,
}

impl std::fmt::Debug for HookRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The body holds personal data and maybe a secret.
        write!(f, "HookRequest({} bytes)", self.body.len())
    }
}

/// Why a request is refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HookFault {
    /// It does not prove where it comes from.
    #[error("the request does not prove where it comes from; check the secret on both sides")]
    BadProof,
    /// Its instant is too far from ours.
    #[error("the request is too old or from the future; check the clocks on both sides")]
    Stale,
    /// It is neither a form nor JSON as the settings say.
    #[error("the body is not what the settings of this source say")]
    Malformed,
    /// It proves where it comes from, and its payload is not what the settings say.
    #[error("the payload is not JSON where the settings of this source say so")]
    BadPayload,
    /// Too many events at once.
    #[error("too many events in one request")]
    TooMany,
}

/// What a request holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct HookEvents {
    /// Events in the order of the request.
    pub events: Vec<PbxEvent>,
    /// Events at fault.
    pub rejected: Vec<RefusedEvent>,
    /// Events of kinds that the settings do not name: not ours to know.
    pub ignored: Vec<Value>,
}

/// An event at fault.
#[derive(Debug, PartialEq, Eq)]
pub struct RefusedEvent {
    /// Its place in the request.
    pub index: usize,
    /// What is wrong with it.
    pub fault: PbxEventFault,
    /// What was said, without the secret.
    pub said: Value,
}

/// Checks where `request` comes from and reads its events.
///
/// # Errors
/// See [`HookFault`].
pub fn receive(source: &WebhookSource, request: &HookRequest<'_>) -> Result<HookEvents, HookFault> {
    let text = std::str::from_utf8(request.body).map_err(|_| HookFault::Malformed)?;
    let form = if looks_like_json(text) { BTreeMap::new() } else { read_form(text)? };
    check_proof(source, request, &form)?;
    let payload = payload(source, text, form)?;
    let items = match payload {
        Value::Array(items) => items,
        one => vec![one],
    };
    if items.len() > EVENTS_MAX {
        return Err(HookFault::TooMany);
    }
    let mut found = HookEvents::default();
    for (index, item) in items.iter().enumerate() {
        match map_event(source, item, request.received) {
            Ok(Some(event)) => found.events.push(event),
            Ok(None) => found.ignored.push(without_secret(source, item)),
            Err(fault) => {
                let said = without_secret(source, item);
                found.rejected.push(RefusedEvent { index, fault, said });
            }
        }
    }
    Ok(found)
}

/// What was said, for the flight recorder: a form may carry its proof among its fields.
fn without_secret(source: &WebhookSource, item: &Value) -> Value {
    let mut item = item.clone();
    if let (WebhookProof::Secret { place, .. }, Value::Object(fields)) = (&source.proof, &mut item)
    {
        fields.remove(place);
    }
    item
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

fn payload(
    source: &WebhookSource,
    text: &str,
    mut form: BTreeMap<String, String>,
) -> Result<Value, HookFault> {
    if looks_like_json(text) {
        return serde_json::from_str(text).map_err(|_| HookFault::BadPayload);
    }
    if source.payload_field.is_empty() {
        let fields = form.into_iter().map(|(key, value)| (key, Value::String(value))).collect();
        return Ok(Value::Object(fields));
    }
    let json = form.remove(&source.payload_field).ok_or(HookFault::BadPayload)?;
    serde_json::from_str(&json).map_err(|_| HookFault::BadPayload)
}

// --- proof ------------------------------------------------------------------------------------

fn check_proof(
    source: &WebhookSource,
    request: &HookRequest<'_>,
    form: &BTreeMap<String, String>,
) -> Result<(), HookFault> {
    let proven = match &source.proof {
        WebhookProof::Secret { place, secret } => {
            let given = (request.header)(place).or_else(|| form.get(place).cloned());
            given.is_some_and(|given| same(given.as_bytes(), secret.reveal().as_bytes()))
        }
        WebhookProof::Hmac { header, secret, window_seconds } => {
            let given = (request.header)(header).ok_or(HookFault::BadProof)?;
            hmac_matches(&given, secret, *window_seconds, request)?
        }
        WebhookProof::KeyedDigest { field, key, secret } => {
            let payload = form.get(&source.payload_field).ok_or(HookFault::BadProof)?;
            let mut digest = Sha256::new();
            digest.update(key.reveal());
            digest.update(payload);
            digest.update(secret.reveal());
            let expected = data_encoding::HEXLOWER.encode(&digest.finalize());
            form.get(field).is_some_and(|given| {
                same(given.to_ascii_lowercase().as_bytes(), expected.as_bytes())
            })
        }
    };
    if proven { Ok(()) } else { Err(HookFault::BadProof) }
}

/// `HEX`, `sha256=HEX`, or `t=SECONDS,v1=HEX`; the last signs `SECONDS.BODY`.
fn hmac_matches(
    given: &str,
    secret: &Personal<String>,
    window_seconds: u32,
    request: &HookRequest<'_>,
) -> Result<bool, HookFault> {
    let part = |name: &str| {
        given.split(',').find_map(|part| {
            let (key, value) = part.trim().split_once('=')?;
            (key == name).then(|| value.trim().to_owned())
        })
    };
    let instant = part("t");
    let signature = part("v1").or_else(|| part("sha256")).unwrap_or_else(|| given.to_owned());
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes())
        .map_err(|_| HookFault::BadProof)?;
    if let Some(instant) = &instant {
        mac.update(instant.as_bytes());
        mac.update(b".");
    }
    mac.update(request.body);
    let Ok(signature) = data_encoding::HEXLOWER_PERMISSIVE.decode(signature.trim().as_bytes())
    else {
        return Ok(false);
    };
    if mac.verify_slice(&signature).is_err() {
        return Ok(false);
    }
    if window_seconds > 0 {
        let seconds: i64 = instant.and_then(|t| t.parse().ok()).ok_or(HookFault::BadProof)?;
        let distance = (request.received.micros() / 1_000_000).abs_diff(seconds);
        if distance > u64::from(window_seconds) {
            return Err(HookFault::Stale);
        }
    }
    Ok(true)
}

/// Compares in constant time; an empty secret proves nothing.
fn same(given: &[u8], expected: &[u8]) -> bool {
    !expected.is_empty() && bool::from(given.ct_eq(expected))
}

// --- mapping ----------------------------------------------------------------------------------

/// `None`: a kind of event that the settings do not name.
fn map_event(
    source: &WebhookSource,
    item: &Value,
    received: Timestamp,
) -> Result<Option<PbxEvent>, PbxEventFault> {
    let field = |name: &str| {
        source.fields.get(name).and_then(|path| pick(item, path)).filter(|text| !text.is_empty())
    };
    let word = field("type").ok_or(PbxEventFault { code: "missing_field", field: "type" })?;
    let kind = match source.event_types.get(&word) {
        Some(kind) => kind.clone(),
        None if PbxEventKind::parse(&word).is_some() => word,
        None => return Ok(None),
    };
    let direction =
        field("direction").map(|word| source.directions.get(&word).cloned().unwrap_or(word));
    let at = instant(source.time_form, field("at"), received)?;
    // Sent again, the same words are the same event.
    let event_id = field("event_id").unwrap_or_else(|| {
        blake3::hash(item.to_string().as_bytes()).to_hex().as_str()[..32].to_owned()
    });
    let ivr: BTreeMap<String, Personal<String>> = source
        .fields
        .iter()
        .filter_map(|(name, path)| {
            let key = name.strip_prefix("ivr.")?;
            let value = pick(item, path).filter(|value| !value.is_empty())?;
            Some((key.to_owned(), Personal::new(value)))
        })
        .collect();
    let body = PbxEventBody {
        event_id: Some(event_id),
        call_id: field("call_id"),
        leg_id: field("leg_id"),
        kind: Some(kind),
        at: Some(at.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
        direction,
        from: Personal::new(field("from").map(|number| bare_number(&number))),
        to: Personal::new(field("to").map(|number| bare_number(&number))),
        agent: field("agent").and_then(|name| extension(&name)),
        from_agent: field("from_agent").and_then(|name| extension(&name)),
        to_agent: field("to_agent").and_then(|name| extension(&name)),
        to_queue: field("to_queue"),
        queue: field("queue"),
        ivr: Some(ivr).filter(|ivr| !ivr.is_empty()),
        cause: field("cause"),
        recording_url: field("recording_url"),
    };
    body.check().map(Some)
}

/// The value at `path`: names joined by dots; several paths joined by `+` give their values joined
/// by `+`, so that two words of an exchange can be one of ours.
fn pick(item: &Value, path: &str) -> Option<String> {
    let mut values = Vec::new();
    for path in path.split('+') {
        let mut value = item;
        for name in path.split('.') {
            value = match value {
                Value::Array(items) => items.get(name.parse::<usize>().ok()?)?,
                value => value.get(name)?,
            };
        }
        values.push(match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null => String::new(),
            Value::Array(_) | Value::Object(_) => return None,
        });
    }
    Some(values.join("+"))
}

fn instant(
    form: TimeForm,
    text: Option<String>,
    received: Timestamp,
) -> Result<Timestamp, PbxEventFault> {
    let invalid = PbxEventFault { code: "invalid_time", field: "at" };
    let missing = PbxEventFault { code: "missing_field", field: "at" };
    let Some(text) = (if form == TimeForm::Arrival { None } else { text }) else {
        return if form == TimeForm::Arrival { Ok(received) } else { Err(missing) };
    };
    match form {
        TimeForm::Arrival => Ok(received),
        TimeForm::Rfc3339 => Timestamp::parse_rfc3339(&text).map_err(|_| invalid),
        TimeForm::UnixSeconds => decimal(&text, 6).map(Timestamp::from_micros).ok_or(invalid),
        TimeForm::UnixMillis => decimal(&text, 3).map(Timestamp::from_micros).ok_or(invalid),
    }
}

/// A decimal number moved by `digits` places, as a whole number.
fn decimal(text: &str, digits: usize) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction: String = fraction.chars().take(digits).collect();
    let scale = 10_i64.checked_pow(u32::try_from(digits).ok()?)?;
    let fraction: i64 = format!("{fraction:0<digits$}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(scale)?.checked_add(fraction)
}

/// `sip:79161234567@host` → `79161234567`.
fn bare_number(text: &str) -> String {
    let text = text.trim();
    let text = ["sip:", "sips:", "tel:"].iter().find_map(|s| text.strip_prefix(s)).unwrap_or(text);
    text.split(['@', ';']).next().unwrap_or_default().to_owned()
}

/// An agent's extension; names of queues and outside numbers are none.
fn extension(text: &str) -> Option<String> {
    let bare = bare_number(text);
    let is_extension =
        (2..=6).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_digit());
    is_extension.then_some(bare)
}

// --- forms ------------------------------------------------------------------------------------

fn read_form(text: &str) -> Result<BTreeMap<String, String>, HookFault> {
    let mut fields = BTreeMap::new();
    for pair in text.trim().split('&').filter(|pair| !pair.is_empty()) {
        if fields.len() >= FORM_FIELDS_MAX {
            return Err(HookFault::TooMany);
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        fields.insert(decode(key)?, decode(value)?);
    }
    Ok(fields)
}

fn decode(text: &str) -> Result<String, HookFault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|digit| digit.unwrap_or(b'!'));
                let value = data_encoding::HEXLOWER_PERMISSIVE.decode(&digits);
                value.map_err(|_| HookFault::Malformed)?[0]
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| HookFault::Malformed)
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
