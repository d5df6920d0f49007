//! Made-up calls: scripts of canonical events, so that an integrator sees pop, transfer and lost
//! hang-up without a phone (product B9).
//!
//! Pure: a script is a list of events with their distance from the start. Who plays it decides
//! when. Numbers are given or come from a range reserved for nobody.

use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::domain::call::pbx_event::{Cause, Direction, PbxEvent, PbxEventKind as Kind};

/// What to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A client calls an operator and hangs up after a talk.
    Inbound,
    /// A client waits in a queue, the operator answers.
    Queue,
    /// The operator hands the client over to the next extension.
    Transfer,
    /// As inbound, and the exchange never tells the end.
    LostHangup,
    /// Many clients call at once; nobody answers.
    Storm(u32),
}

/// Most calls of one storm.
pub const STORM_CALLS_MAX: u32 = 10_000;

impl Scenario {
    /// Reads the word of the API and the command line; `storm` is a hundred calls.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "inbound" => Self::Inbound,
            "queue" => Self::Queue,
            "transfer" => Self::Transfer,
            "lost_hangup" => Self::LostHangup,
            "storm" => Self::Storm(100),
            _ => match word.strip_prefix("storm:")?.parse() {
                Ok(calls) if (1..=STORM_CALLS_MAX).contains(&calls) => Self::Storm(calls),
                _ => return None,
            },
        })
    }
}

/// Whose phones a script uses.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Names this run, so that two runs are two conversations.
    pub run: String,
    /// The client's number.
    pub number: Personal<String>,
    /// The operator's extension.
    pub extension: String,
    /// Who receives a transfer.
    pub second_extension: String,
    /// The lender's own line.
    pub line: String,
}

/// One event and when to play it, in milliseconds from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// Milliseconds from the start.
    pub after_ms: u32,
    /// The event; its instant is `start` plus that.
    pub event: PbxEvent,
}

/// The script of `scenario`, starting at `start`.
#[must_use]
pub fn script(scenario: Scenario, cast: &Cast, start: Timestamp) -> Vec<Cue> {
    let call = format!("sim-{}", cast.run);
    let stage = Stage { call: &call, cast, start };
    match scenario {
        Scenario::Inbound => stage.talk(true),
        Scenario::LostHangup => stage.talk(false),
        Scenario::Queue => stage.queue(),
        Scenario::Transfer => stage.transfer(),
        Scenario::Storm(calls) => (0..calls.min(STORM_CALLS_MAX))
            .flat_map(|n| {
                let cast = Cast { number: Personal::new(nobody(n)), ..cast.clone() };
                let call = format!("sim-{}-{n}", cast.run);
                let cues = Stage { call: &call, cast: &cast, start }.abandoned(n);
                cues.into_iter()
            })
            .collect(),
    }
}

/// A number of a range that is given to nobody.
fn nobody(n: u32) -> String {
    format!("7900000{n:04}")
}

struct Stage<'a> {
    call: &'a str,
    cast: &'a Cast,
    start: Timestamp,
}

impl Stage<'_> {
    fn cue(&self, after_ms: u32, kind: Kind, leg: &str) -> Cue {
        let at = Timestamp::from_micros(self.start.micros() + i64::from(after_ms) * 1_000);
        let leg_id = if leg.is_empty() { String::new() } else { format!("{}-{leg}", self.call) };
        let event_id = format!("{}-{leg}-{}-{after_ms}", self.call, kind.code());
        let event = PbxEvent {
            leg_id,
            direction: Some(Direction::Inbound),
            from: self.cast.number.clone(),
            to: Personal::new(self.cast.line.clone()),
            ..PbxEvent::new(&event_id, self.call, kind, at)
        };
        Cue { after_ms, event }
    }

    fn agent(&self, after_ms: u32, kind: Kind, leg: &str, extension: &str) -> Cue {
        let mut cue = self.cue(after_ms, kind, leg);
        cue.event.agent = Some(extension.to_owned());
        cue
    }

    fn ended(&self, after_ms: u32, cause: Cause) -> Cue {
        let mut cue = self.cue(after_ms, Kind::Ended, "");
        cue.event.cause = Some(cause);
        cue
    }

    fn talk(&self, told: bool) -> Vec<Cue> {
        let extension = &self.cast.extension;
        let mut cues = vec![
            self.agent(0, Kind::Ringing, "a", extension),
            self.agent(3_000, Kind::Answered, "a", extension),
        ];
        if told {
            cues.push(self.ended(25_000, Cause::Normal));
        }
        cues
    }

    fn queue(&self) -> Vec<Cue> {
        let extension = &self.cast.extension;
        let mut entered = self.cue(0, Kind::QueueEntered, "");
        entered.event.queue = Some("sales".into());
        let mut left = self.cue(6_000, Kind::QueueLeft, "");
        left.event.queue = Some("sales".into());
        let mut digits = self.cue(100, Kind::Dtmf, "");
        digits.event.ivr.insert("topic".into(), Personal::new("1".into()));
        vec![
            entered,
            digits,
            self.agent(2_000, Kind::Ringing, "a", extension),
            self.agent(6_000, Kind::Answered, "a", extension),
            left,
            self.agent(15_000, Kind::Held, "a", extension),
            self.agent(20_000, Kind::Resumed, "a", extension),
            self.ended(35_000, Cause::Normal),
        ]
    }

    fn transfer(&self) -> Vec<Cue> {
        let (first, second) = (&self.cast.extension, &self.cast.second_extension);
        let mut handed = self.cue(12_000, Kind::Transferred, "");
        handed.event.from_agent = Some(first.clone());
        handed.event.to_agent = Some(second.clone());
        let mut left = self.agent(12_000, Kind::Ended, "a", first);
        left.event.cause = Some(Cause::Normal);
        vec![
            self.agent(0, Kind::Ringing, "a", first),
            self.agent(3_000, Kind::Answered, "a", first),
            handed,
            left,
            self.agent(12_200, Kind::Ringing, "b", second),
            self.agent(15_000, Kind::Answered, "b", second),
            self.ended(30_000, Cause::Normal),
        ]
    }

    /// One call of a storm: waits in the queue, gives up.
    fn abandoned(&self, n: u32) -> Vec<Cue> {
        let mut entered = self.cue(n * 5, Kind::QueueEntered, "");
        entered.event.queue = Some("storm".into());
        vec![entered, self.ended(n * 5 + 10_000, Cause::Abandoned)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::Principal;
    use crate::domain::call::progress::{CallResult, Stage as CallStage};
    use crate::domain::call::{Call, CallCommand, Observe};
    use crate::domain::{Aggregate, Context, Meta};
    use std::collections::BTreeMap;

    #[test]
    fn every_scenario_gives_its_record() {
        let cast = Cast {
            run: "1".into(),
            number: Personal::new("79161234567".into()),
            extension: "101".into(),
            second_extension: "102".into(),
            line: "74951230001".into(),
        };
        let rows = [
            ("inbound", 1, Some(CallResult::Answered), Some("101")),
            ("queue", 1, Some(CallResult::Answered), Some("101")),
            ("transfer", 1, Some(CallResult::Answered), Some("102")),
            ("lost_hangup", 1, None, Some("101")),
            ("storm:20", 20, Some(CallResult::Abandoned), None),
        ];
        let now = Timestamp::from_micros(1_795_000_000_000_000);
        for (word, count, result, owner) in rows {
            let cues = script(Scenario::parse(word).unwrap(), &cast, now);
            let mut calls: BTreeMap<String, Vec<PbxEvent>> = BTreeMap::new();
            for cue in cues {
                calls.entry(cue.event.call_id.clone()).or_default().push(cue.event);
            }
            assert_eq!(calls.len(), count, "{word}");
            for events in calls.into_values() {
                let mut call = Call::default();
                let principal = Principal::System;
                let context = Context { now, zone: chrono_tz::Europe::Moscow, principal };
                let observe = Observe {
                    source: "sim".into(),
                    events,
                    users: BTreeMap::new(),
                    matches: vec![],
                };
                let decision = call.decide(CallCommand::Observe(observe), &context).unwrap();
                let meta = Meta { seq: 1, at: now, actor: principal, drawn: vec![1] };
                decision.events.iter().for_each(|event| call.evolve(event, &meta));
                let progress = call.progress(None);
                assert_eq!(progress.result, result, "{word}");
                assert_eq!(progress.owner.as_deref(), owner, "{word}");
                assert_eq!(progress.stage == CallStage::Talking, result.is_none(), "{word}");
            }
        }
        assert_eq!(Scenario::parse("storm:0"), None);
        assert_eq!(Scenario::parse("dance"), None);
    }
}
