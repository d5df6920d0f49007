//! The canonical event of a PBX (design 7): what every exchange is translated to.
//!
//! Parsing is strict about what the rules use and indifferent to what they do not; nothing here
//! knows a particular exchange. Numbers and IVR values are personal data and never printed.

use crate::base::limits::{
    IVR_VALUE_CHARS_MAX, IVR_VALUES_MAX, PBX_TEXT_CHARS_MAX, PBX_URL_CHARS_MAX,
};
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What happened. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PbxEventKind {
    /// The caller began to wait in a queue.
    QueueEntered,
    /// A phone rings: the agent's, or without an agent the client's (outbound).
    Ringing,
    /// A phone was answered: the agent's, or without an agent the client's (outbound).
    Answered,
    /// The agent put the client on hold.
    Held,
    /// The agent took the client off hold.
    Resumed,
    /// The conversation moves on to another agent or queue.
    Transferred,
    /// The caller left the queue: to an agent, or by `abandoned` or `queue_timeout`.
    QueueLeft,
    /// Data collected by the IVR.
    Dtmf,
    /// A recording is available.
    Recording,
    /// A leg is over; without a leg, or with the call's own, the conversation is over.
    Ended,
}

impl PbxEventKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::QueueEntered,
        Self::Ringing,
        Self::Answered,
        Self::Held,
        Self::Resumed,
        Self::Transferred,
        Self::QueueLeft,
        Self::Dtmf,
        Self::Recording,
        Self::Ended,
    ];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::QueueEntered => "queue_entered",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Held => "held",
            Self::Resumed => "resumed",
            Self::Transferred => "transferred",
            Self::QueueLeft => "queue_left",
            Self::Dtmf => "dtmf",
            Self::Recording => "recording",
            Self::Ended => "ended",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
    /// Order of kinds at the same instant: causes before effects.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::QueueEntered => 0,
            Self::Ringing => 1,
            Self::Dtmf => 2,
            Self::Answered => 3,
            Self::QueueLeft => 4,
            Self::Held => 5,
            Self::Resumed => 6,
            Self::Transferred => 7,
            Self::Recording => 8,
            Self::Ended => 9,
        }
    }
}

/// Who called whom. Stored: append only.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A client called the lender.
    #[default]
    Inbound,
    /// The lender called a client.
    Outbound,
    /// Between two agents.
    Internal,
}

impl Direction {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Internal => "internal",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Inbound, Self::Outbound, Self::Internal].into_iter().find(|d| d.code() == code)
    }
}

/// Why a leg, a wait or a conversation is over. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody hung up after a conversation.
    Normal,
    /// The phone rang and nobody answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// The call was refused by hand.
    Rejected,
    /// The caller hung up before an answer.
    Abandoned,
    /// The queue gave up waiting.
    QueueTimeout,
    /// The exchange could not do it: no such endpoint, no route, congestion.
    Failed,
    /// The offer was withdrawn: answered elsewhere, or the caller gave up.
    Cancelled,
    /// Something else.
    Other,
}

impl Cause {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Rejected => "rejected",
            Self::Abandoned => "abandoned",
            Self::QueueTimeout => "queue_timeout",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Other => "other",
        }
    }
    /// Reads the word of the API or an ITU-T Q.850 number; anything unknown is `Other`, because
    /// an exchange's own word must not cost the event.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.trim().to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
            "normal" | "normal_clearing" | "answer" | "16" => Self::Normal,
            "no_answer" | "noanswer" | "18" | "19" => Self::NoAnswer,
            "busy" | "user_busy" | "17" => Self::Busy,
            "rejected" | "call_rejected" | "21" => Self::Rejected,
            "abandoned" => Self::Abandoned,
            "queue_timeout" | "timeout" => Self::QueueTimeout,
            "failed" | "chanunavail" | "congestion" | "1" | "3" | "20" | "27" | "28" | "34"
            | "38" | "41" | "42" => Self::Failed,
            "cancelled" | "cancel" | "answered_elsewhere" | "26" => Self::Cancelled,
            _ => Self::Other,
        }
    }
}

/// One event of an exchange, checked. Times are the exchange's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PbxEvent {
    /// The same event has the same id whenever it is sent again.
    pub event_id: String,
    /// The conversation; stays the same through transfers.
    pub call_id: String,
    /// The leg; empty or equal to `call_id` for the conversation as a whole.
    pub leg_id: String,
    /// What happened.
    pub kind: PbxEventKind,
    /// When, by the exchange's clock.
    pub at: Timestamp,
    /// Who called whom, where known.
    pub direction: Option<Direction>,
    /// The caller's number as sent; empty when unknown.
    pub from: Personal<String>,
    /// The called number as sent; empty when unknown.
    pub to: Personal<String>,
    /// The agent's extension.
    pub agent: Option<String>,
    /// Who transfers.
    pub from_agent: Option<String>,
    /// Who receives a transfer.
    pub to_agent: Option<String>,
    /// The queue that receives a transfer.
    pub to_queue: Option<String>,
    /// The queue.
    pub queue: Option<String>,
    /// What the IVR collected.
    pub ivr: BTreeMap<String, Personal<String>>,
    /// Why it is over.
    pub cause: Option<Cause>,
    /// Where the recording lies.
    pub recording_url: Option<String>,
}

impl PbxEvent {
    /// An event with nothing but its identity; the rest is filled in by struct update.
    #[must_use]
    pub fn new(event_id: &str, call_id: &str, kind: PbxEventKind, at: Timestamp) -> Self {
        Self {
            event_id: event_id.into(),
            call_id: call_id.into(),
            leg_id: String::new(),
            kind,
            at,
            direction: None,
            from: Personal::default(),
            to: Personal::default(),
            agent: None,
            from_agent: None,
            to_agent: None,
            to_queue: None,
            queue: None,
            ivr: BTreeMap::new(),
            cause: None,
            recording_url: None,
        }
    }
}

/// Why an event is not taken: a closed code and the field at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {field}")]
pub struct PbxEventFault {
    /// `missing_field`, `too_long`, `unknown_type`, `unknown_direction`, `invalid_time`,
    /// `too_many`, `invalid_text`.
    pub code: &'static str,
    /// The field.
    pub field: &'static str,
}

/// An event as it stands in JSON. Unknown fields are ignored: exchanges send what they have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PbxEventBody {
    /// See [`PbxEvent::event_id`].
    #[serde(default)]
    pub event_id: Option<String>,
    /// See [`PbxEvent::call_id`].
    #[serde(default)]
    pub call_id: Option<String>,
    /// See [`PbxEvent::leg_id`].
    #[serde(default)]
    pub leg_id: Option<String>,
    /// See [`PbxEventKind`].
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    pub at: Option<String>,
    /// See [`Direction`].
    #[serde(default)]
    pub direction: Option<String>,
    /// See [`PbxEvent::from`].
    #[serde(default)]
    pub from: Personal<Option<String>>,
    /// See [`PbxEvent::to`].
    #[serde(default)]
    pub to: Personal<Option<String>>,
    /// See [`PbxEvent::agent`].
    #[serde(default)]
    pub agent: Option<String>,
    /// See [`PbxEvent::from_agent`].
    #[serde(default)]
    pub from_agent: Option<String>,
    /// See [`PbxEvent::to_agent`].
    #[serde(default)]
    pub to_agent: Option<String>,
    /// See [`PbxEvent::to_queue`].
    #[serde(default)]
    pub to_queue: Option<String>,
    /// See [`PbxEvent::queue`].
    #[serde(default)]
    pub queue: Option<String>,
    /// See [`PbxEvent::ivr`].
    #[serde(default)]
    pub ivr: Option<BTreeMap<String, Personal<String>>>,
    /// See [`Cause`].
    #[serde(default)]
    pub cause: Option<String>,
    /// See [`PbxEvent::recording_url`].
    #[serde(default)]
    pub recording_url: Option<String>,
}

impl PbxEventBody {
    /// Checks the event.
    ///
    /// # Errors
    /// The first [`PbxEventFault`] in the order of the fields.
    pub fn check(self) -> Result<PbxEvent, PbxEventFault> {
        let call_id = required("call_id", self.call_id)?;
        let kind = required("type", self.kind)?;
        let kind = PbxEventKind::parse(&kind)
            .ok_or(PbxEventFault { code: "unknown_type", field: "type" })?;
        let at = required("at", self.at)?;
        let at = Timestamp::parse_rfc3339(&at)
            .map_err(|_| PbxEventFault { code: "invalid_time", field: "at" })?;
        let direction = match optional("direction", self.direction)? {
            Some(word) => Some(
                Direction::parse(&word)
                    .ok_or(PbxEventFault { code: "unknown_direction", field: "direction" })?,
            ),
            None => None,
        };
        Ok(PbxEvent {
            event_id: required("event_id", self.event_id)?,
            leg_id: optional("leg_id", self.leg_id)?.unwrap_or_default(),
            call_id,
            kind,
            at,
            direction,
            from: Personal::new(optional("from", self.from.into_inner())?.unwrap_or_default()),
            to: Personal::new(optional("to", self.to.into_inner())?.unwrap_or_default()),
            agent: optional("agent", self.agent)?,
            from_agent: optional("from_agent", self.from_agent)?,
            to_agent: optional("to_agent", self.to_agent)?,
            to_queue: optional("to_queue", self.to_queue)?,
            queue: optional("queue", self.queue)?,
            ivr: check_ivr(self.ivr.unwrap_or_default())?,
            cause: optional("cause", self.cause)?.map(|word| Cause::parse(&word)),
            recording_url: bounded("recording_url", self.recording_url, PBX_URL_CHARS_MAX)?,
        })
    }
}

impl From<&PbxEvent> for PbxEventBody {
    fn from(event: &PbxEvent) -> Self {
        let number = |text: &Personal<String>| {
            Personal::new(Some(text.reveal().clone()).filter(|text| !text.is_empty()))
        };
        Self {
            event_id: Some(event.event_id.clone()),
            call_id: Some(event.call_id.clone()),
            leg_id: Some(event.leg_id.clone()).filter(|leg| !leg.is_empty()),
            kind: Some(event.kind.code().into()),
            at: Some(event.at.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
            direction: event.direction.map(|direction| direction.code().into()),
            from: number(&event.from),
            to: number(&event.to),
            agent: event.agent.clone(),
            from_agent: event.from_agent.clone(),
            to_agent: event.to_agent.clone(),
            to_queue: event.to_queue.clone(),
            queue: event.queue.clone(),
            ivr: Some(event.ivr.clone()).filter(|ivr| !ivr.is_empty()),
            cause: event.cause.map(|cause| cause.code().into()),
            recording_url: event.recording_url.clone(),
        }
    }
}

fn required(field: &'static str, text: Option<String>) -> Result<String, PbxEventFault> {
    optional(field, text)?.ok_or(PbxEventFault { code: "missing_field", field })
}

fn optional(field: &'static str, text: Option<String>) -> Result<Option<String>, PbxEventFault> {
    bounded(field, text, PBX_TEXT_CHARS_MAX)
}

/// Trims; an empty text is none.
fn bounded(
    field: &'static str,
    text: Option<String>,
    chars_max: usize,
) -> Result<Option<String>, PbxEventFault> {
    let Some(text) = text else { return Ok(None) };
    let trimmed = text.trim();
    if trimmed.chars().count() > chars_max {
        return Err(PbxEventFault { code: "too_long", field });
    }
    if trimmed.chars().any(char::is_control) {
        return Err(PbxEventFault { code: "invalid_text", field });
    }
    Ok(if trimmed.is_empty() { None } else { Some(trimmed.to_owned()) })
}

fn check_ivr(
    ivr: BTreeMap<String, Personal<String>>,
) -> Result<BTreeMap<String, Personal<String>>, PbxEventFault> {
    if ivr.len() > IVR_VALUES_MAX {
        return Err(PbxEventFault { code: "too_many", field: "ivr" });
    }
    let mut checked = BTreeMap::new();
    for (key, value) in ivr {
        let key = required("ivr", Some(key))?;
        let value = bounded("ivr", Some(value.into_inner()), IVR_VALUE_CHARS_MAX)?;
        checked.insert(key, Personal::new(value.unwrap_or_default()));
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<PbxEvent, PbxEventFault> {
        serde_json::from_str::<PbxEventBody>(json).expect("valid JSON").check()
    }

    #[test]
    fn a_whole_event_is_read_and_written_back() {
        let json = r#"{"event_id":"e1","call_id":"c1","leg_id":"l1","type":"ringing",
            "at":"2026-11-21T12:00:00.250+03:00","direction":"inbound","from":"+79161234567",
            "to":"74951230001","agent":" 101 ","queue":"sales","ivr":{"contract":"17"},
            "cause":"17","unheard_of":{"a":1}}"#;
        let event = parse(json).unwrap();
        assert_eq!(event.at.to_rfc3339(), "2026-11-21T09:00:00.250Z");
        assert_eq!(event.agent.as_deref(), Some("101"));
        assert_eq!(event.cause, Some(Cause::Busy));
        assert_eq!(event.ivr["contract"].reveal(), "17");
        let again = serde_json::to_string(&PbxEventBody::from(&event)).unwrap();
        assert_eq!(parse(&again).unwrap(), event);
        assert!(!format!("{event:?}").contains("79161234567"));
    }

    #[test]
    fn every_fault_has_its_code() {
        let long = "x".repeat(129);
        let rows = [
            (r#"{"event_id":"e","type":"ended","at":"2026-11-21T12:00:00Z"}"#.to_owned(), "missing_field", "call_id"),
            (r#"{"event_id":"e","call_id":"c","at":"2026-11-21T12:00:00Z"}"#.into(), "missing_field", "type"),
            (r#"{"event_id":"e","call_id":"c","type":"sung","at":"2026-11-21T12:00:00Z"}"#.into(), "unknown_type", "type"),
            (r#"{"event_id":"e","call_id":"c","type":"ended","at":"yesterday"}"#.into(), "invalid_time", "at"),
            (r#"{"call_id":"c","type":"ended","at":"2026-11-21T12:00:00Z"}"#.into(), "missing_field", "event_id"),
            (r#"{"event_id":"e","call_id":"c","type":"ended","at":"2026-11-21T12:00:00Z","direction":"up"}"#.into(), "unknown_direction", "direction"),
            (format!(r#"{{"event_id":"e","call_id":"c","type":"ended","at":"2026-11-21T12:00:00Z","agent":"{long}"}}"#), "too_long", "agent"),
            (r#"{"event_id":"e","call_id":"c\u0000","type":"ended","at":"2026-11-21T12:00:00Z"}"#.into(), "invalid_text", "call_id"),
        ];
        for (json, code, field) in rows {
            assert_eq!(parse(&json), Err(PbxEventFault { code, field }), "{json}");
        }
    }
}
