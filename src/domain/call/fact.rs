//! What the exchange saw, in the short form that a call's state keeps.
//!
//! The set is bounded and independent of the order of arrival: the facts that matter most for the
//! record are kept, then the earliest.

use super::pbx_event::{Cause, Direction, PbxEvent, PbxEventKind};
use crate::base::limits::{CALL_FACTS_MAX, IVR_VALUES_MAX};
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One event of the exchange; identifiers are digests, because only their equality matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Digest of the event id.
    pub id: u64,
    /// By the exchange's clock.
    pub at: Timestamp,
    /// What happened.
    pub kind: PbxEventKind,
    /// Digest of the leg; 0 for the conversation as a whole.
    pub leg: u64,
    /// Who called whom.
    pub direction: Option<Direction>,
    /// The caller's number.
    pub from: Option<Personal<String>>,
    /// The called number.
    pub to: Option<Personal<String>>,
    /// The agent's extension.
    pub agent: Option<String>,
    /// Who transfers.
    pub from_agent: Option<String>,
    /// Who receives.
    pub to_agent: Option<String>,
    /// Which queue receives.
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

/// Sixty-four bits of an identifier: among the few facts of one call no two are alike.
pub fn digest(text: &str) -> u64 {
    let hash = blake3::hash(text.as_bytes());
    let mut bytes = [0_u8; 8];
    bytes.copy_from_slice(&hash.as_bytes()[..8]);
    // 0 is kept for "no leg".
    u64::from_be_bytes(bytes).max(1)
}

impl From<&PbxEvent> for Fact {
    fn from(event: &PbxEvent) -> Self {
        let whole = event.leg_id.is_empty() || event.leg_id == event.call_id;
        let number = |text: &Personal<String>| {
            if text.reveal().is_empty() { None } else { Some(text.clone()) }
        };
        Self {
            id: digest(&event.event_id),
            at: event.at,
            kind: event.kind,
            leg: if whole { 0 } else { digest(&event.leg_id) },
            direction: event.direction,
            from: number(&event.from),
            to: number(&event.to),
            agent: event.agent.clone(),
            from_agent: event.from_agent.clone(),
            to_agent: event.to_agent.clone(),
            to_queue: event.to_queue.clone(),
            queue: event.queue.clone(),
            ivr: event
                .ivr
                .iter()
                .take(IVR_VALUES_MAX)
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
            cause: event.cause,
            recording_url: event.recording_url.clone(),
        }
    }
}

impl Fact {
    /// The order of the record.
    const fn order(&self) -> (Timestamp, u8, u64) {
        (self.at, self.kind.rank(), self.id)
    }
    /// What to keep first when a call has too many facts: the end, then who spoke, then the rest.
    const fn importance(&self) -> u8 {
        match self.kind {
            PbxEventKind::Ended if self.leg == 0 => 0,
            PbxEventKind::Answered | PbxEventKind::Transferred | PbxEventKind::QueueEntered => 1,
            PbxEventKind::Ringing | PbxEventKind::Ended | PbxEventKind::QueueLeft => 2,
            PbxEventKind::Recording => 3,
            PbxEventKind::Held | PbxEventKind::Resumed | PbxEventKind::Dtmf => 4,
        }
    }
}

/// Puts `fact` in its place; a known one changes nothing. Over the limit, the least important and
/// latest is dropped, so the result depends on the set alone.
pub fn insert(facts: &mut Vec<Fact>, fact: Fact) {
    if facts.iter().any(|known| known.id == fact.id) {
        return;
    }
    let place = facts.partition_point(|known| known.order() < fact.order());
    facts.insert(place, fact);
    if facts.len() > CALL_FACTS_MAX {
        let least = facts
            .iter()
            .enumerate()
            .max_by_key(|(_, fact)| (fact.importance(), fact.order()))
            .map(|(index, _)| index);
        if let Some(index) = least {
            facts.remove(index);
        }
    }
}
