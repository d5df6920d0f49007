//! What exchanges tell: events into calls, links, answers to commands, the flight recorder, the
//! sweep of calls whose end was lost.

use super::telephony::{LinkKind, LinkState, Purpose, SIMULATOR_SOURCE};
use super::{Caller, ServiceError, Services};
use crate::base::ids::{CallId, ClientId, UserId};
use crate::base::limits::OPERATOR_CALLS_MAX;
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::codec;
use crate::domain::access::Action;
use crate::domain::call::joining::ANOTHER_CONVERSATION;
use crate::domain::call::pbx_event::{PbxEvent, PbxEventBody, PbxEventFault, PbxEventKind};
use crate::domain::call::progress::Stage;
use crate::domain::call::{Call, CallCommand, CloseStale, Observe, Standing, standing_of};
use crate::domain::operator::{CallChange, CallPhase, Operator, OperatorState};
use crate::domain::{StreamId, StreamKind};
use crate::gateways::pbx_simulator::{Cast, Cue, Scenario, script};
use crate::store::keys;
use crate::telemetry::window::Percentiles;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a record of the flight recorder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// A canonical event.
    Event,
    /// What the exchange said in its own words.
    Raw,
    /// An event at fault.
    Rejected,
}

impl RecordKind {
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Raw => "raw",
            Self::Rejected => "rejected",
        }
    }
}

/// One record of the flight recorder. The text is the body of the frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PbxRecord {
    /// When it arrived.
    pub at: Timestamp,
    /// From which exchange.
    pub source: String,
    /// What it is.
    pub kind: RecordKind,
    /// The exchange's conversation, when known.
    pub pbx_call: String,
}

/// A record as shown.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RecordView {
    /// Its number.
    pub seq: u64,
    /// When it arrived.
    pub at: String,
    /// From which exchange.
    pub source: String,
    /// `event`, `raw`, `rejected`.
    pub kind: &'static str,
    /// The call, when there is one.
    pub call_id: Option<String>,
    /// What was said.
    pub text: String,
}

/// A link as shown.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LinkView {
    /// Which exchange.
    pub source: String,
    /// How connected.
    pub kind: LinkKind,
    /// Whether.
    pub state: LinkState,
    /// Since when.
    pub since: String,
    /// When something was last heard.
    pub last_event_at: Option<String>,
    /// Why it is down.
    pub error: Option<String>,
}

/// The exchanges at this moment.
#[derive(Debug, Clone)]
pub struct PbxStatus {
    /// Links by source.
    pub links: Vec<LinkView>,
    /// Time from PBX event to card frame.
    pub pops: Percentiles,
    /// Calls that are not finished.
    pub live_calls: usize,
}

/// What became of a batch of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intake {
    /// Events taken, repeats included.
    pub accepted: usize,
    /// Events refused: their place in the batch and why.
    pub rejected: Vec<(usize, &'static str)>,
}

/// Rows of the recorder that one page shows.
const RECORDS_SHOWN_MAX: usize = 200;
/// Live calls that one sweep looks at.
const SWEPT_MAX: usize = 10_000;
/// Seconds without any sign after which a ring or a wait is taken as lost.
const RING_SECONDS_MAX: i64 = 900;
/// Seconds in which an exchange must show a call that it was asked for.
const DIAL_SECONDS_MAX: i64 = 90;

impl Services {
    /// Takes a batch of events of one exchange, in any order, repeats and all. Events at fault are
    /// named and do not hold up the others.
    ///
    /// # Errors
    /// `Forbidden`; `Busy` and the like when nothing of the batch can be taken.
    pub async fn take_pbx_bodies(
        &self,
        caller: &Caller,
        source: &str,
        bodies: Vec<PbxEventBody>,
    ) -> Result<Intake, ServiceError> {
        let items = bodies.into_iter().map(Ok).collect();
        self.take_pbx_items(caller, source, items).await
    }

    /// The same for what was posted: a value that is no event at all is refused like an event at
    /// fault.
    ///
    /// # Errors
    /// See [`Services::take_pbx_bodies`].
    pub async fn take_pbx_items(
        &self,
        caller: &Caller,
        source: &str,
        items: Vec<Result<PbxEventBody, Value>>,
    ) -> Result<Intake, ServiceError> {
        caller.grant(Action::ServePbx)?;
        let mut events = Vec::new();
        let mut faults = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let (said, checked) = match item {
                Ok(body) => (None, body.clone().check().map_err(|fault| (fault, Some(body)))),
                Err(value) => {
                    let fault = PbxEventFault { code: "wrong_type", field: "event" };
                    (Some(value), Err((fault, None)))
                }
            };
            match checked {
                Ok(event) => events.push((index, event)),
                Err((fault, body)) => {
                    let said = said.unwrap_or_else(|| serde_json::json!(body));
                    self.record_refused(source, &said, &fault);
                    faults.push((index, fault.code));
                }
            }
        }
        let mut intake = self.take_pbx_events(caller, source, events).await?;
        intake.rejected.extend(faults);
        intake.rejected.sort_unstable();
        Ok(intake)
    }

    /// Takes checked events with their place in the batch.
    ///
    /// # Errors
    /// When the first conversation of the batch cannot be taken at all.
    pub async fn take_pbx_events(
        &self,
        caller: &Caller,
        source: &str,
        events: Vec<(usize, PbxEvent)>,
    ) -> Result<Intake, ServiceError> {
        let now = self.clock.now();
        if self.telephony.heard(source, now) {
            self.publish_link(source, LinkState::Up);
        }
        for (_, event) in &events {
            self.record_event(source, event, now);
        }
        let mut intake = Intake::default();
        let mut first_error = None;
        for (places, result) in self.observe_all(caller, source, events).await {
            match result {
                Ok(_) => intake.accepted += places.len(),
                Err(error) => {
                    intake.rejected.extend(places.into_iter().map(|place| (place, "busy")));
                    first_error.get_or_insert(error);
                }
            }
        }
        match first_error {
            // Nothing was taken: the exchange sends it again.
            Some(error) if intake.accepted == 0 => Err(error),
            _ => Ok(intake),
        }
    }

    /// Takes recorded events; what became of each conversation, with the places of its events.
    pub(super) async fn observe_all(
        &self,
        caller: &Caller,
        source: &str,
        events: Vec<(usize, PbxEvent)>,
    ) -> Vec<(Vec<usize>, Result<CallId, ServiceError>)> {
        let arrived = Instant::now();
        let mut conversations: BTreeMap<String, Vec<(usize, PbxEvent)>> = BTreeMap::new();
        for (index, event) in events {
            conversations.entry(event.call_id.clone()).or_default().push((index, event));
        }
        let taken = conversations.into_values().map(|events| async move {
            let (places, events): (Vec<usize>, Vec<PbxEvent>) = events.into_iter().unzip();
            let result = self.observe(caller, source, events, arrived).await;
            if let Err(error) = &result {
                tracing::warn!(source, %error, "events were not taken");
            }
            (places, result)
        });
        futures_util::future::join_all(taken).await
    }

    /// Takes the events of one conversation.
    async fn observe(
        &self,
        caller: &Caller,
        source: &str,
        events: Vec<PbxEvent>,
        arrived: Instant,
    ) -> Result<CallId, ServiceError> {
        let Some(pbx_call) = events.first().map(|event| event.call_id.clone()) else {
            return Err(ServiceError::Unavailable);
        };
        let users = self.users_of(&events);
        let mut matches = Vec::new();
        for event in &events {
            for number in [&event.from, &event.to] {
                let text = number.reveal();
                let known = matches.iter().any(|(one, _): &(Personal<String>, _)| one == number);
                if text.len() >= 7 && !known {
                    matches.push((number.clone(), self.candidates_for(text)?));
                }
            }
        }
        let clients: Vec<ClientId> = matches.iter().flat_map(|(_, found)| found.clone()).collect();
        let caller = Caller { command: None, ..caller.clone() };
        let observe = Observe { source: source.to_owned(), events, users, matches };
        let id = loop {
            let Observe { events, users, .. } = &observe;
            // What an operator knew before the exchange told of it is no second call.
            let named = || {
                let card = self.card_of_talk(events, users, &clients)?;
                let fresh = || CallId::from_uuid(self.ids.next(self.clock.now()));
                Ok(card.map_or_else(|| (fresh(), true), |card| (card, false)))
            };
            let (id, new) = self.telephony.call_of(&self.store, source, &pbx_call, named)?;
            if new && self.is_ordered(source) && events.iter().all(is_end) {
                // It was up before the box knew the exchange: an end without a call is no record.
                // Events by HTTP may come in any order, and a late begin must find its end.
                return Ok(id);
            }
            let command = CallCommand::Observe(observe.clone());
            match self.command_call(&caller, id, command, Some(arrived)).await {
                // Since we looked, the card has got another conversation or was closed. It is not
                // found a second time: the look goes on to the next card, at last to a new call.
                Err(error) if is_of_another_talk(&error) => {
                    self.telephony.forget_call(source, &pbx_call, id);
                }
                told => break told.map(|_| id)?,
            }
        };
        for event in &observe.events {
            match event.kind {
                PbxEventKind::Held => self.telephony.came_about(id, Purpose::Hold),
                PbxEventKind::Resumed => self.telephony.came_about(id, Purpose::Resume),
                _ => {}
            }
        }
        Ok(id)
    }

    /// Whether the events of `source` arrive in the order in which they happened.
    fn is_ordered(&self, source: &str) -> bool {
        self.telephony.links().get(source).is_some_and(|link| link.kind == LinkKind::Ami)
    }

    fn users_of(&self, events: &[PbxEvent]) -> BTreeMap<String, UserId> {
        let named = events.iter().flat_map(|e| [&e.agent, &e.from_agent, &e.to_agent]);
        named
            .flatten()
            .filter_map(|extension| {
                let person = self.people.at_extension(extension)?;
                Some((extension.clone(), person.id))
            })
            .collect()
    }

    // --- the flight recorder ------------------------------------------------------------------

    pub(super) fn record_event(&self, source: &str, event: &PbxEvent, at: Timestamp) {
        let text = serde_json::to_vec(&PbxEventBody::from(event)).unwrap_or_default();
        self.record(source, RecordKind::Event, &event.call_id, at, text);
    }

    /// Keeps an event at fault with what is wrong with it, for who sets the exchange up.
    pub fn record_refused(&self, source: &str, said: &Value, fault: &PbxEventFault) {
        let value = serde_json::json!({ "code": fault.code, "field": fault.field, "event": said });
        let pbx_call = said.get("call_id").and_then(Value::as_str).unwrap_or_default();
        let text = value.to_string().into_bytes();
        self.record(source, RecordKind::Rejected, pbx_call, self.clock.now(), text);
    }

    /// Keeps what an exchange said of a kind that the settings do not name.
    pub fn record_unnamed(&self, source: &str, said: &Value) {
        let text = said.to_string().into_bytes();
        self.record(source, RecordKind::Raw, "", self.clock.now(), text);
    }

    pub(super) fn record(
        &self,
        source: &str,
        kind: RecordKind,
        pbx_call: &str,
        at: Timestamp,
        text: Vec<u8>,
    ) {
        let pbx_call: String = pbx_call.chars().take(200).collect();
        let record = PbxRecord { at, source: source.to_owned(), kind, pbx_call };
        if let Err(error) = self.pbx_log.record(codec::encode(&record), text) {
            tracing::warn!(%error, "the flight recorder does not keep up");
        }
    }

    /// Records of the flight recorder in order of arrival, from `cursor` on; of one call only when
    /// asked so.
    ///
    /// # Errors
    /// `Forbidden`, or the recorder does not read.
    pub fn pbx_records(
        &self,
        caller: &Caller,
        cursor: Option<u64>,
        call: Option<CallId>,
        limit: usize,
    ) -> Result<(Vec<RecordView>, Option<u64>), ServiceError> {
        caller.grant(Action::ReadRecorder)?;
        let wanted = match call {
            Some(id) => {
                let lane = self.load_call(id)?;
                Some((lane.state().source.clone(), lane.state().pbx_call.clone()))
            }
            None => None,
        };
        let broken = |error: crate::journal::LogError| {
            tracing::error!(%error, "the flight recorder does not read");
            ServiceError::Unavailable
        };
        self.pbx_log.flush().map_err(|_| ServiceError::Unavailable)?;
        let tail = self.pbx_log.tail();
        let limit = limit.clamp(1, RECORDS_SHOWN_MAX);
        // Without a place to begin the latest records are meant; of one call, all of it.
        let latest = tail.head().saturating_sub(limit as u64 - 1).max(1);
        let first = cursor.unwrap_or(if wanted.is_some() { 1 } else { latest });
        let mut reader = match tail.read_from(first) {
            Err(crate::journal::LogError::Gone { oldest, .. }) => tail.read_from(oldest),
            other => other,
        }
        .map_err(broken)?;
        let mut rows = Vec::new();
        while let Some(frame) = reader.next_frame().map_err(broken)? {
            if rows.len() == limit {
                return Ok((rows, Some(frame.seq)));
            }
            let Ok(record) = codec::decode::<PbxRecord>("PBX record", &frame.header) else {
                continue;
            };
            let of_call = wanted.as_ref().is_none_or(|(source, pbx_call)| {
                record.source == *source && record.pbx_call == *pbx_call
            });
            if of_call {
                rows.push(RecordView {
                    seq: frame.seq,
                    at: record.at.to_rfc3339(),
                    source: record.source,
                    kind: record.kind.code(),
                    call_id: call.map(|call| call.to_string()),
                    text: String::from_utf8_lossy(&frame.body).into_owned(),
                });
            }
        }
        Ok((rows, None))
    }

    /// The canonical events of one call, in order of arrival.
    ///
    /// # Errors
    /// `Forbidden`, not found, or the recorder does not read.
    pub fn call_events(&self, caller: &Caller, call: CallId) -> Result<Vec<Value>, ServiceError> {
        let (rows, _) = self.pbx_records(caller, None, Some(call), RECORDS_SHOWN_MAX)?;
        let event = |row: RecordView| {
            (row.kind == RecordKind::Event.code())
                .then(|| serde_json::from_str(&row.text).ok())
                .flatten()
        };
        Ok(rows.into_iter().filter_map(event).collect())
    }

    pub(super) async fn close_call(&self, call: CallId, at: Timestamp) -> Result<(), ServiceError> {
        let command = CallCommand::CloseStale(CloseStale { at });
        self.command_call(&Caller::system(), call, command, None).await?;
        Ok(())
    }

    pub(super) fn live_calls(
        &self,
    ) -> Result<Vec<(CallId, super::call_lane::CallLane)>, ServiceError> {
        let prefix = keys::live_calls();
        let mut ids = Vec::new();
        self.store.scan(&prefix, &prefix, |key, _| {
            ids.extend(keys::trailing_id(key).map(CallId::from_uuid));
            ids.len() < SWEPT_MAX
        })?;
        ids.into_iter().map(|id| Ok((id, self.load_call(id)?))).collect()
    }

    /// Closes calls whose end the exchange did not tell. To be called every few seconds.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn sweep_calls(&self) -> Result<usize, ServiceError> {
        let now = self.clock.now();
        let silent_max = self.config.calls.silent_seconds;
        let mut closed = 0;
        for (id, lane) in self.live_calls()? {
            let call = lane.state();
            let silent = now.seconds_since(call.seen_at);
            let limit = match call.progress(None).stage {
                Stage::Queued | Stage::Ringing => silent_max.min(RING_SECONDS_MAX),
                Stage::Talking | Stage::Held => silent_max,
                Stage::WrapUp | Stage::Finished => continue,
            };
            let undialled = call.dial.as_ref().filter(|_| call.facts.is_empty());
            let result = match undialled {
                Some(dial) if silent > DIAL_SECONDS_MAX => {
                    self.dial_unanswered(id, dial.command_id, dial.user).await
                }
                // A card by hand is closed by the hand that opened it.
                _ if call.is_by_hand() || silent <= limit => continue,
                _ => self.close_call(id, call.last_at()).await,
            };
            match result {
                Ok(()) => closed += 1,
                Err(error) => tracing::warn!(call = %id, %error, "a silent call stays open"),
            }
        }
        Ok(closed)
    }

    /// Puts right what operators' states say of their calls: a crash or a full queue between the
    /// call's commit and the operator's would leave somebody on the line for ever. To be called
    /// every few seconds.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn reconcile_operators(&self) -> Result<usize, ServiceError> {
        let mut concerned: BTreeSet<(UserId, CallId)> = BTreeSet::new();
        for (id, lane) in self.live_calls()? {
            concerned.extend(lane.state().users.values().map(|user| (*user, id)));
        }
        for person in self.people.all() {
            let operator = self.operator(person.id)?;
            concerned.extend(operator.calls.iter().map(|open| (person.id, open.call)));
        }
        let mut put_right = 0;
        for (user, id) in concerned {
            let _turn = self.telephony.turn(id).await;
            let lane = self.load_call(id)?;
            let operator = self.operator(user)?;
            let full = operator.calls.len() >= OPERATOR_CALLS_MAX;
            let phase = operator.calls.iter().find(|open| open.call == id).map(|open| open.phase);
            if phase.is_none() && full {
                continue;
            }
            if let Some(change) = correction(standing_of(lane.state(), user), phase, lane.state()) {
                self.follow_call(user, id, change).await?;
                put_right += 1;
            }
        }
        Ok(put_right)
    }

    fn operator(&self, user: UserId) -> Result<Arc<Operator>, ServiceError> {
        let stream = StreamId::new(StreamKind::Operator, user.uuid());
        Ok(self.store.load::<Operator>(stream)?.state)
    }

    /// Makes operators not ready who let their phone ring too long (domain.md 5.3). The phone may
    /// go on ringing; the exchange decides where the caller goes. To be called every second.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn sweep_rings(&self) -> Result<usize, ServiceError> {
        let now = self.clock.now();
        let limit = self.config.calls.missed_seconds;
        let mut missed = 0;
        for person in self.people.all() {
            let stream = StreamId::new(StreamKind::Operator, person.id.uuid());
            let operator = self.store.load::<Operator>(stream)?.state;
            let long = now.seconds_since(operator.since) >= limit;
            if !long || operator.state() != OperatorState::Ringing {
                continue;
            }
            for open in operator.calls.iter().filter(|open| open.phase == CallPhase::Ringing) {
                let lane = self.load_call(open.call)?;
                let call = lane.state();
                // A call of one's own rings on purpose; a second one may have come just now.
                if call.dial.is_none() && now.seconds_since(call.opened_at) >= limit {
                    self.follow_call(person.id, open.call, CallChange::Unanswered).await?;
                    missed += 1;
                }
            }
        }
        Ok(missed)
    }

    /// Makes operators not ready whose time for writing a result is over (domain.md 5.1). To be
    /// called every few seconds.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn sweep_wrap_ups(&self) -> Result<usize, ServiceError> {
        let now = self.clock.now();
        let mut expired = 0;
        for person in self.people.all() {
            let stream = StreamId::new(StreamKind::Operator, person.id.uuid());
            let operator = self.store.load::<Operator>(stream)?.state;
            let over = now.seconds_since(operator.since) >= self.config.calls.wrap_up_seconds;
            if !over || operator.state() != OperatorState::WrapUp {
                continue;
            }
            for open in operator.calls.iter().filter(|open| open.phase == CallPhase::WrapUp) {
                self.follow_call(person.id, open.call, CallChange::Expired).await?;
                expired += 1;
            }
        }
        Ok(expired)
    }

    /// The exchanges at this moment.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn pbx_status(&self, caller: &Caller) -> Result<PbxStatus, ServiceError> {
        caller.grant(Action::ReadPbx)?;
        let view = |(source, link): (String, super::telephony::Link)| LinkView {
            source,
            kind: link.kind,
            state: link.state,
            since: link.since.to_rfc3339(),
            last_event_at: link.last_event_at.map(Timestamp::to_rfc3339),
            error: link.error,
        };
        let links = self.telephony.links().into_iter().map(view).collect();
        let live = self.live_calls()?;
        let live_calls =
            live.iter().filter(|(_, lane)| lane.state().progress(None).stage.is_live()).count();
        Ok(PbxStatus { links, pops: self.metrics.pops(), live_calls })
    }

    // --- made-up calls ------------------------------------------------------------------------

    /// Plays a made-up call through the box; returns at once.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn simulate_calls(
        self: &Arc<Self>,
        caller: &Caller,
        scenario: Scenario,
        number: Option<String>,
        extension: Option<String>,
    ) -> Result<(), ServiceError> {
        caller.grant(Action::SimulatePbx)?;
        let mut extensions = self.people.all().into_iter().filter_map(|p| p.extension.clone());
        let extension = extension.or_else(|| extensions.next()).unwrap_or_else(|| "101".into());
        let second = extensions.find(|other| *other != extension);
        let cast = Cast {
            run: self.ids.next(self.clock.now()).to_string(),
            number: Personal::new(number.unwrap_or_else(|| "79161234567".into())),
            second_extension: second.unwrap_or_else(|| "102".into()),
            extension,
            line: "74951230001".into(),
        };
        let cues = script(scenario, &cast, self.clock.now());
        tokio::spawn(Arc::clone(self).play(cues));
        Ok(())
    }

    async fn play(self: Arc<Self>, mut cues: Vec<Cue>) {
        cues.sort_by_key(|cue| cue.after_ms);
        let begun = Instant::now();
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let mut next = 0;
        while next < cues.len() {
            ticks.tick().await;
            let elapsed = begun.elapsed().as_millis();
            let due = cues[next..].iter().take_while(|cue| u128::from(cue.after_ms) <= elapsed);
            let events: Vec<(usize, PbxEvent)> =
                due.map(|cue| cue.event.clone()).enumerate().collect();
            if events.is_empty() {
                continue;
            }
            next += events.len();
            let caller = Caller::system();
            if let Err(error) = self.take_pbx_events(&caller, SIMULATOR_SOURCE, events).await {
                tracing::warn!(%error, "a made-up call was not taken");
            }
        }
    }
}

/// What an operator's state has missed of a call.
fn correction(standing: Standing, phase: Option<CallPhase>, call: &Call) -> Option<CallChange> {
    match (standing, phase) {
        (Standing::Away, None)
        | (Standing::Ringing, Some(CallPhase::Ringing | CallPhase::Unanswered))
        | (Standing::Connected, Some(CallPhase::Talking))
        | (Standing::WrapUp, Some(CallPhase::WrapUp | CallPhase::Overdue)) => None,
        (Standing::Away, Some(CallPhase::Ringing | CallPhase::Unanswered)) => {
            Some(CallChange::Withdrawn)
        }
        (Standing::Away, Some(_)) if call.finished.is_some() => Some(CallChange::Finished),
        (Standing::Away, Some(_)) => Some(CallChange::Left),
        (Standing::Ringing, _) => Some(CallChange::Offered),
        (Standing::Connected, _) => Some(CallChange::Connected),
        (Standing::WrapUp, _) => Some(CallChange::WrapUp),
    }
}

fn is_of_another_talk(error: &ServiceError) -> bool {
    matches!(error, ServiceError::Rejected(why) if why.code == ANOTHER_CONVERSATION)
}

fn is_end(event: &PbxEvent) -> bool {
    event.kind == PbxEventKind::Ended
}
