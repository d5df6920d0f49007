//! Commands on one call and what follows from them: frames for the operators concerned, their
//! states, candidates for a number that became known.
//!
//! Commands of one call and their consequences go one after another, so that a page never sees an
//! older state after a newer one.

use super::operators::members;
use super::telephony::Telephony;
use super::{Caller, ServiceError, Services};
use crate::actors::{Done, SingleLane};
use crate::base::ids::{CallId, ClientId};
use crate::domain::call::pbx_event::Cause;
use crate::domain::call::progress::Stage;
use crate::domain::call::{
    Call, CallCommand, CallEffect, CloseStale, MatchCandidates, Station, effects,
};
use crate::domain::operator::CallChange;
use crate::feed::Audience;
use crate::service::access_log::AccessKind;
use std::collections::VecDeque;
use std::time::Instant;
use uuid::Uuid;

/// A call's lane.
pub type CallLane = SingleLane<Call>;
/// A committed command of a call.
pub type CallDone = Done<SingleLane<Call>>;

impl Services {
    /// Carries out a command on a call and what follows from it. `arrived` is when its cause came
    /// in, for measuring event → frame.
    ///
    /// # Errors
    /// The call's rejection; `Busy`, `Unavailable`.
    pub async fn command_call(
        &self,
        caller: &Caller,
        id: CallId,
        command: CallCommand,
        arrived: Option<Instant>,
    ) -> Result<CallDone, ServiceError> {
        let (done, forgotten) = self.command_one(caller, id, command, arrived).await?;
        // Another call of the same operator whose end was lost is over now.
        let mut forgotten: VecDeque<CallId> = forgotten.into();
        let at = done.after.state().last_at();
        let by_hand = done.after.state().is_by_hand();
        while let Some(lost) = forgotten.pop_front() {
            if self.goes_on(lost, by_hand).await {
                continue;
            }
            let close = CallCommand::CloseStale(CloseStale { at });
            match self.command_one(&Caller::system(), lost, close, None).await {
                Ok((_, more)) => forgotten.extend(more),
                Err(error) => tracing::warn!(call = %lost, %error, "a forgotten call stays open"),
            }
        }
        Ok(done)
    }

    /// Whether a call may go on while its operator is on another one: it is on hold, or the other
    /// is a card by hand, which ends nobody's line.
    async fn goes_on(&self, id: CallId, beside_a_card_by_hand: bool) -> bool {
        let stage = self.calls.look(id.uuid(), |lane| {
            let call = lane.state();
            (call.progress(None).stage, call.is_by_hand())
        });
        match stage.await {
            Ok((stage, by_hand)) => {
                stage == Stage::Held || (beside_a_card_by_hand && !by_hand && stage.is_live())
            }
            Err(_) => false,
        }
    }

    async fn command_one(
        &self,
        caller: &Caller,
        id: CallId,
        command: CallCommand,
        arrived: Option<Instant>,
    ) -> Result<(CallDone, Vec<CallId>), ServiceError> {
        let _turn = self.telephony.turn(id).await;
        let mut order = caller
            .order(move |lane: &SingleLane<Call>, context| lane.command(command.clone(), context));
        order.essential = true;
        let mut done = self.calls.ask(id.uuid(), order).await?;
        if done.receipt.is_none() {
            return Ok((done, Vec::new()));
        }
        let mut forgotten = self.follow_effects(id, &done, arrived).await;
        if let Some(again) = self.match_number(id, done.after.state()).await? {
            forgotten.extend(self.follow_effects(id, &again, arrived).await);
            done.after = again.after;
        }
        Ok((done, forgotten))
    }

    /// Looks up the clients of a number that the call has and that was not looked up yet, and of
    /// what was typed into the IVR.
    async fn match_number(
        &self,
        id: CallId,
        call: &Call,
    ) -> Result<Option<CallDone>, ServiceError> {
        let progress = call.progress(None);
        let number = progress.client_number;
        let named =
            self.clients_named_in_ivr(progress.ivr.values().map(|value| value.reveal().as_str()))?;
        let is_known = number.reveal().is_empty() || call.matched_number.as_ref() == Some(&number);
        if is_known && named.is_empty() {
            return Ok(None);
        }
        let clients: Vec<ClientId> = self.candidates_for(number.reveal())?;
        let command = CallCommand::MatchCandidates(MatchCandidates { number, clients, named });
        let mut order = Caller::system()
            .order(move |lane: &SingleLane<Call>, context| lane.command(command.clone(), context));
        order.essential = true;
        let done = self.calls.ask(id.uuid(), order).await?;
        Ok(done.receipt.is_some().then_some(done))
    }

    /// Tells the operators concerned. A fault of one operator's page or lane never undoes what is
    /// committed; it is logged, and the page fetches its state when it comes back.
    async fn follow_effects(
        &self,
        id: CallId,
        done: &CallDone,
        arrived: Option<Instant>,
    ) -> Vec<CallId> {
        let changes = effects(done.before.state(), done.after.state());
        for effect in &changes {
            if let Err(error) = self.show(id, done, effect, arrived).await {
                tracing::warn!(call = %id, %error, "a card was not shown");
            }
        }
        let mut forgotten = Vec::new();
        for effect in &changes {
            let (station, change) = match effect {
                CallEffect::Offered { station, .. } => (station, CallChange::Offered),
                CallEffect::Connected { station, .. } => (station, CallChange::Connected),
                CallEffect::Missed { station, cause } => (station, missed(*cause)),
                CallEffect::Left { station } => (station, CallChange::Left),
                CallEffect::WrapUp { station } => (station, CallChange::WrapUp),
                CallEffect::Finished { station } => (station, CallChange::Finished),
                CallEffect::Changed { .. } => continue,
            };
            let Some(user) = station.user else { continue };
            match self.follow_call(user, id, change).await {
                Ok(more) => forgotten.extend(more),
                Err(error) => tracing::warn!(call = %id, %error, "an operator's state is late"),
            }
        }
        forgotten
    }

    async fn show(
        &self,
        id: CallId,
        done: &CallDone,
        effect: &CallEffect,
        arrived: Option<Instant>,
    ) -> Result<(), ServiceError> {
        let (station, reason) = match effect {
            CallEffect::Offered { station, transfer: true }
            | CallEffect::Connected { station, transfer: true } => (station, "transfer"),
            CallEffect::Offered { station, .. } => (station, "arrived"),
            CallEffect::Connected { station, .. }
            | CallEffect::WrapUp { station }
            | CallEffect::Changed { station } => (station, "changed"),
            CallEffect::Missed { station, .. } => {
                self.take_away(id, station);
                self.tell_refused_consultation(id, done.after.state(), &station.extension);
                return Ok(());
            }
            CallEffect::Left { station } | CallEffect::Finished { station } => {
                self.take_away(id, station);
                return Ok(());
            }
        };
        let Some(person) = station.user.and_then(|user| self.people.get(user)) else {
            return Ok(());
        };
        let viewer = Caller::person(&person);
        let card = self.frame_of_call(&viewer, id, &done.after).await?;
        let shown = card.card.is_some();
        let json = serde_json::to_string(&card).map_err(|_| ServiceError::Unavailable)?;
        let body = format!("\"call_id\":\"{id}\",\"card\":{json},\"reason\":\"{reason}\"");
        let first = matches!(effect, CallEffect::Offered { .. });
        let arrived = arrived.filter(|_| first);
        self.feed.publish(Audience::User(person.id), "call.card", body, false, arrived);
        let opens = first || matches!(effect, CallEffect::Connected { .. });
        if shown && opens {
            self.record_access(&viewer, AccessKind::Pop, done.after.state().choice.client(), "")?;
        }
        Ok(())
    }

    fn take_away(&self, id: CallId, station: &Station) {
        if let Some(user) = station.user {
            let body = members(&serde_json::json!({ "call_id": id }));
            self.feed.publish(Audience::User(user), "call.gone", body, false, None);
        }
    }
}

/// Whose fault a missed offer is.
const fn missed(cause: Option<Cause>) -> CallChange {
    match cause {
        Some(Cause::NoAnswer | Cause::Busy | Cause::Rejected) => CallChange::Missed,
        _ => CallChange::Withdrawn,
    }
}

/// Turns that calls, or clients, take; more only means less waiting for strangers.
const TURNS: usize = 256;

/// One lock for each of a fixed number of groups of calls or clients.
#[derive(Debug)]
pub struct Turns(Vec<tokio::sync::Mutex<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..TURNS).map(|_| tokio::sync::Mutex::new(())).collect())
    }
}

impl Turns {
    /// Waits until `owner`'s turn has come; it lasts as long as the guard.
    pub(super) async fn of(&self, owner: Uuid) -> tokio::sync::MutexGuard<'_, ()> {
        // The last bytes of an identifier are random.
        let place = usize::from(owner.into_bytes()[15]) % TURNS;
        self.0[place].lock().await
    }
}

impl Telephony {
    /// Waits until `call`'s turn has come; it lasts as long as the guard.
    pub(super) async fn turn(&self, call: CallId) -> tokio::sync::MutexGuard<'_, ()> {
        self.turns.of(call.uuid()).await
    }
}
