//! What a manager link reports: its state, events, answers to commands, the calls that are there.

use super::pbx::RecordKind;
use super::telephony::{LinkKind, LinkState};
use super::{Caller, ServiceError, Services};
use crate::domain::call::pbx_event::PbxEvent;
use crate::feed::Audience;
use crate::gateways::ami::adapter::Output;
use crate::gateways::ami::client::Report;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Pauses between two attempts to take an event.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(50);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(2);
/// How long an event waits for a box that does not take it: about as long as a view of a large base
/// takes to be made anew.
const RETRY_PATIENCE: Duration = Duration::from_secs(600);

impl Services {
    pub(super) fn publish_link(&self, source: &str, state: LinkState) {
        let body = serde_json::json!({ "source": source, "state": state });
        let members = super::operators::members(&body);
        self.feed.publish(Audience::Everybody, "pbx.link", members, true, None);
    }

    /// Notes the state of a link and tells the pages when it changed.
    pub fn link_changed(
        &self,
        source: &str,
        kind: LinkKind,
        state: LinkState,
        error: Option<String>,
    ) {
        if self.telephony.set_link(source, kind, state, error, self.clock.now()) {
            tracing::info!(source, ?state, "link to the PBX");
            self.publish_link(source, state);
        }
    }

    /// Takes one report of a manager link.
    pub async fn take_report(&self, source: &str, report: Report) {
        match report {
            Report::Connecting => {
                // A link that is down and tries again stays down for the people.
                let known = self.telephony.links().contains_key(source);
                if !known {
                    self.link_changed(source, LinkKind::Ami, LinkState::Connecting, None);
                }
            }
            Report::Up => {
                self.link_changed(source, LinkKind::Ami, LinkState::Up, None);
                if let Err(error) = self.tell_exchanges() {
                    tracing::warn!(source, %error, "the PBX was not told who is ready");
                }
            }
            Report::Down(error) => {
                self.link_changed(source, LinkKind::Ami, LinkState::Down, Some(error));
            }
            Report::Received { raw, outputs } => {
                let now = self.clock.now();
                for message in raw {
                    let linked = message.get("Linkedid").unwrap_or_default().to_owned();
                    let text = message.to_bytes();
                    self.record(source, RecordKind::Raw, &linked, now, text);
                }
                self.take_outputs(source, outputs).await;
            }
        }
    }

    async fn take_outputs(&self, source: &str, outputs: Vec<Output>) {
        let mut events = Vec::new();
        for output in outputs {
            match output {
                Output::Event(event) => events.push((events.len(), event)),
                Output::CommandAccepted { action_id } => self.telephony.taken_on(&action_id),
                Output::CommandFailed { action_id, reason } => {
                    self.command_failed(&action_id, reason).await;
                }
                Output::Inventory { calls } => self.close_vanished(source, &calls).await,
            }
        }
        if !events.is_empty() {
            self.take_manager_events(source, events).await;
        }
    }

    /// Takes events that nobody sends again: while the box is busy, or makes its view anew, they
    /// wait here, and those behind them wait with the link.
    async fn take_manager_events(&self, source: &str, mut events: Vec<(usize, PbxEvent)>) {
        let now = self.clock.now();
        self.telephony.heard(source, now);
        for (_, event) in &events {
            self.record_event(source, event, now);
        }
        let (begun, mut pause) = (Instant::now(), RETRY_PAUSE_MIN);
        loop {
            let taken = self.observe_all(&Caller::system(), source, events.clone()).await;
            let refused =
                taken.into_iter().filter_map(|(places, taken)| Some((places, taken.err()?)));
            let (wait, lost): (Vec<_>, Vec<_>) =
                refused.partition(|(_, error)| passes(error) && begun.elapsed() < RETRY_PATIENCE);
            for (_, error) in lost {
                tracing::error!(source, %error, "events of the PBX were lost; the sweep will close their calls");
            }
            events.retain(|(place, _)| wait.iter().any(|(places, _)| places.contains(place)));
            if events.is_empty() {
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY_PAUSE_MAX);
        }
    }

    /// Calls of `source` that the exchange does not have any more, after its link came up.
    async fn close_vanished(&self, source: &str, present: &BTreeSet<String>) {
        for (id, lane) in self.live_calls().unwrap_or_default() {
            let call = lane.state();
            let gone = call.source == source
                && !present.contains(&call.pbx_call)
                && call.progress(None).stage.is_live()
                && !call.facts.is_empty();
            if gone && let Err(error) = self.close_call(id, self.clock.now()).await {
                tracing::warn!(call = %id, %error, "a vanished call stays open");
            }
        }
    }
}

/// Whether waiting helps.
const fn passes(error: &ServiceError) -> bool {
    matches!(error, ServiceError::Busy | ServiceError::Unavailable | ServiceError::StorageLow)
}
