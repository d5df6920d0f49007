//! Posting canonical events to a running box, and reading recordings to post.
//!
//! For integrators: what the simulator writes or a recording holds goes the way of a real
//! exchange's events, by HTTP with a token of scope `pbx`. Knows nothing of the box's inside.

use super::ami::adapter::{Adapter, Output};
use super::ami::parser::Parser;
use super::box_line::{self, LineError};
use super::pbx_simulator::Cue;
use crate::base::limits::PBX_EVENTS_PER_REQUEST_MAX;
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::domain::call::pbx_event::{PbxEvent, PbxEventBody};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;

/// How long one request may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// What the box answered.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Posted {
    /// Events taken, repeats included.
    pub accepted: usize,
    /// Events refused.
    #[serde(default)]
    pub rejected: Vec<PostedFault>,
}

/// An event that the box refused.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct PostedFault {
    /// Its place in the request.
    pub index: usize,
    /// Why.
    pub code: String,
}

/// Why nothing was posted.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The box cannot be reached.
    #[error("the box does not answer at {url}; is it running? ({reason})")]
    Unreachable {
        /// Where.
        url: String,
        /// The library's words.
        reason: String,
    },
    /// The box refused the request.
    #[error("the box refused the events with status {status}: {code}; check the token (scope pbx)")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The box's code.
        code: String,
    },
}

/// A box to post to.
#[derive(Debug)]
pub struct PbxPoster {
    agent: ureq::Agent,
    url: String,
    token: Personal<String>,
}

impl PbxPoster {
    /// A box at `address` (`http://127.0.0.1:8080`), with a token of scope `pbx`; over TLS the
    /// `authority` that signed its certificate.
    ///
    /// # Errors
    /// See [`LineError`].
    pub fn new(
        address: &str,
        authority: Option<&Path>,
        token: Personal<String>,
    ) -> Result<Self, LineError> {
        let agent = box_line::agent(address, authority, ANSWER_WITHIN)?;
        let url = format!("{}/api/v1/pbx/events", address.trim_end_matches('/'));
        Ok(Self { agent, url, token })
    }

    /// Posts events, in requests as large as the box takes.
    ///
    /// # Errors
    /// See [`PostError`].
    pub fn post(&self, events: &[PbxEvent]) -> Result<Posted, PostError> {
        let mut all = Posted::default();
        for (n, part) in events.chunks(PBX_EVENTS_PER_REQUEST_MAX).enumerate() {
            let bodies: Vec<PbxEventBody> = part.iter().map(PbxEventBody::from).collect();
            let posted = self.post_one(&bodies)?;
            all.accepted += posted.accepted;
            let first = n * PBX_EVENTS_PER_REQUEST_MAX;
            let moved = posted.rejected.into_iter();
            all.rejected.extend(moved.map(|f| PostedFault { index: first + f.index, ..f }));
        }
        Ok(all)
    }

    fn post_one(&self, bodies: &[PbxEventBody]) -> Result<Posted, PostError> {
        let unreachable = |error: ureq::Error| PostError::Unreachable {
            url: self.url.clone(),
            reason: box_line::reason(&error),
        };
        let mut answer = self
            .agent
            .post(&self.url)
            .header("Authorization", format!("Bearer {}", self.token.reveal()))
            .send_json(bodies)
            .map_err(unreachable)?;
        let status = answer.status().as_u16();
        if !answer.status().is_success() {
            let body: serde_json::Value = answer.body_mut().read_json().unwrap_or_default();
            let code = body["error"]["code"].as_str().unwrap_or("no code").to_owned();
            return Err(PostError::Refused { status, code });
        }
        answer.body_mut().read_json().map_err(unreachable)
    }
}

/// Why a recording cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordingFault {
    /// A line is not an event.
    #[error("line {line} is not a canonical event: {code} in {field}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// Why.
        code: String,
        /// Where.
        field: String,
    },
    /// There is nothing in it.
    #[error(
        "the file holds no call events; give a manager recording or canonical events as JSON lines"
    )]
    Empty,
}

/// Reads a recording: a manager stream (`Event: …`), or canonical events as JSON lines.
///
/// # Errors
/// See [`RecordingFault`].
pub fn read_recording(
    bytes: &[u8],
    agent_channel: &str,
    trunk_prefixes: &[String],
) -> Result<Vec<PbxEvent>, RecordingFault> {
    let text = String::from_utf8_lossy(bytes);
    let events = if text.trim_start().starts_with('{') {
        read_lines(&text)?
    } else {
        let mut adapter = Adapter::new(agent_channel, trunk_prefixes, "");
        let messages = Parser::default().push(format!("{text}\r\n\r\n").as_bytes());
        let outputs = messages.iter().flat_map(|m| adapter.push(m, Timestamp::default()));
        outputs
            .filter_map(|output| match output {
                Output::Event(event) => Some(event),
                _ => None,
            })
            .collect()
    };
    if events.is_empty() { Err(RecordingFault::Empty) } else { Ok(events) }
}

fn read_lines(text: &str) -> Result<Vec<PbxEvent>, RecordingFault> {
    let mut events = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fault = |code: &str, field: &str| RecordingFault::Line {
            line: index + 1,
            code: code.to_owned(),
            field: field.to_owned(),
        };
        let body: PbxEventBody =
            serde_json::from_str(line).map_err(|_| fault("malformed_json", "the line"))?;
        events.push(body.check().map_err(|error| fault(error.code, error.field))?);
    }
    Ok(events)
}

/// The recording as if it began at `start`: new conversations, the distances as they were. Without
/// this a box that knows the recording takes it for a repeat.
#[must_use]
pub fn as_if_now(events: Vec<PbxEvent>, run: &str, start: Timestamp) -> Vec<Cue> {
    let first = events.iter().map(|event| event.at).min().unwrap_or(start);
    let mut cues: Vec<Cue> = events
        .into_iter()
        .map(|event| {
            let distance = event.at.micros() - first.micros();
            let renamed = |name: &str| format!("{run}-{name}");
            let leg_id =
                if event.leg_id.is_empty() { String::new() } else { renamed(&event.leg_id) };
            Cue {
                after_ms: u32::try_from(distance / 1_000).unwrap_or(u32::MAX),
                event: PbxEvent {
                    event_id: renamed(&event.event_id),
                    call_id: renamed(&event.call_id),
                    leg_id,
                    at: Timestamp::from_micros(start.micros() + distance),
                    ..event
                },
            }
        })
        .collect();
    cues.sort_by_key(|cue| cue.after_ms);
    cues
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUNK: &str = "PJSIP/trunk";

    #[test]
    fn a_recording_becomes_new_conversations_at_the_same_distances() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/ami/01_inbound_direct_answered_caller_hangs.ami.txt"
        );
        let bytes = std::fs::read(path).unwrap();
        let events = read_recording(&bytes, "PJSIP/{extension}", &[TRUNK.to_owned()]).unwrap();
        let start = Timestamp::from_micros(5_000_000);
        let cues = as_if_now(events.clone(), "r1", start);
        assert_eq!(cues.len(), 4);
        assert_eq!((cues[0].after_ms, cues[0].event.at), (0, start));
        assert_eq!((cues[1].after_ms, cues[3].after_ms), (2_010, 6_020));
        assert_eq!(cues[0].event.call_id, "r1-pbx1-1795289984.73");
        let lines: Vec<String> = events
            .iter()
            .map(|event| serde_json::to_string(&PbxEventBody::from(event)).unwrap())
            .collect();
        assert_eq!(read_recording(lines.join("\n").as_bytes(), "", &[]).unwrap(), events);
    }

    #[test]
    fn what_is_no_recording_is_named() {
        assert_eq!(read_recording(b"hello\n", "", &[]), Err(RecordingFault::Empty));
        let faulty = b"{\"event_id\":\"e\",\"call_id\":\"c\",\"type\":\"ended\",\"at\":\"2026-11-21T12:00:00Z\"}\n\n{\"event_id\":\"e\"}";
        let fault = read_recording(faulty, "", &[]).unwrap_err();
        assert_eq!(fault.to_string(), "line 3 is not a canonical event: missing_field in call_id");
    }
}
