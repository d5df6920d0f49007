//! People at the phones: who does what, and saying so.

use super::call_views::CallCard;
use super::{Caller, ServiceError, Services};
use crate::actors::SingleLane;
use crate::base::ids::{CallId, UserId};
use crate::domain::access::{Action, Role};
use crate::domain::operator::{
    Availability, CallChange, FollowCall, NotReadyReason, Operator, OperatorCommand,
};
use crate::domain::{FieldFault, Rejection, StreamId, StreamKind};
use crate::feed::Audience;
use crate::gateways::ami::client::PbxCommand;
use crate::store::Loaded;
use serde::Serialize;

/// One person at the phones, as others see it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OperatorRow {
    /// Who.
    pub user_id: String,
    /// Name.
    pub name: String,
    /// Extension.
    pub extension: Option<String>,
    /// Role.
    pub role: &'static str,
    /// `offline`, `ready`, `ringing`, `on_call`, `wrap_up`, `not_ready`.
    pub state: &'static str,
    /// Why not ready.
    pub reason: Option<&'static str>,
    /// Since when.
    pub since: String,
    /// The call on the desk.
    pub call_id: Option<String>,
    /// Missed offers today.
    pub missed_today: u32,
}

/// One's own state, with the call on the desk.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OwnState {
    /// See [`OperatorRow::state`].
    pub state: &'static str,
    /// Why not ready.
    pub reason: Option<&'static str>,
    /// Since when.
    pub since: String,
    /// Extension.
    pub extension: Option<String>,
    /// The call on the desk.
    pub call: Option<CallCard>,
    /// Other calls that are open, oldest first: a second one that rings, or a card to be finished.
    pub waiting: Vec<CallCard>,
}

/// Who sees every operator's state.
const WATCHERS: [Role; 3] = [Role::Supervisor, Role::Administrator, Role::Auditor];

impl Services {
    /// Everybody who works at a phone.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn operator_rows(&self, caller: &Caller) -> Result<Vec<OperatorRow>, ServiceError> {
        caller.grant(Action::ReadOperators)?;
        let today = self.today();
        let mut rows = Vec::new();
        for person in self.people.all() {
            if person.disabled || !person.role.works_at_phone() {
                continue;
            }
            let stream = StreamId::new(StreamKind::Operator, person.id.uuid());
            let loaded: Loaded<Operator> = self.store.load(stream)?;
            let operator = &*loaded.state;
            rows.push(OperatorRow {
                user_id: person.id.to_string(),
                name: person.name.clone(),
                extension: person.extension.clone(),
                role: person.role.code(),
                state: operator.state().code(),
                reason: operator.reason().map(NotReadyReason::code),
                since: operator.since.to_rfc3339(),
                call_id: operator.current_call().map(|call| call.to_string()),
                missed_today: operator.missed_on(today),
            });
        }
        Ok(rows)
    }

    /// What the caller is doing, with the call on the desk: what a page shows after it opened.
    ///
    /// # Errors
    /// `Forbidden`, `Busy`, `Unavailable`.
    pub async fn own_state(&self, caller: &Caller) -> Result<OwnState, ServiceError> {
        let user = caller.user()?;
        let operator = self.operators.look(user.uuid(), |lane| lane.state().clone()).await?;
        self.own_view(caller, user, &operator).await
    }

    async fn own_view(
        &self,
        caller: &Caller,
        user: UserId,
        operator: &Operator,
    ) -> Result<OwnState, ServiceError> {
        let current = operator.current_call();
        let (mut call, mut waiting) = (None, Vec::new());
        for open in &operator.calls {
            let lane = self.calls.look(open.call.uuid(), SingleLane::clone).await?;
            let card = self.frame_of_call(caller, open.call, &lane).await?;
            if current == Some(open.call) { call = Some(card) } else { waiting.push(card) }
        }
        Ok(OwnState {
            state: operator.state().code(),
            reason: operator.reason().map(NotReadyReason::code),
            since: operator.since.to_rfc3339(),
            extension: self.people.get(user).and_then(|person| person.extension.clone()),
            call,
            waiting,
        })
    }

    /// The caller says whether calls may come.
    ///
    /// # Errors
    /// `Forbidden`; 409 `wrap_up_open` or `call_open`; the reason is not known.
    pub async fn set_own_state(
        &self,
        caller: &Caller,
        state: &str,
        reason: Option<&str>,
    ) -> Result<OwnState, ServiceError> {
        caller.grant(Action::SetOwnState)?;
        let user = caller.user()?;
        let availability = read_availability(state, reason)?;
        let command = OperatorCommand::SetAvailability(availability);
        let order = caller
            .order(move |lane: &SingleLane<Operator>, context| lane.command(command, context));
        let done = self.operators.ask(user.uuid(), order).await?;
        let operator = done.after.state();
        if done.receipt.is_some() {
            self.publish_operator(user, operator);
        }
        self.own_view(caller, user, operator).await
    }

    /// A call has changed for `user`. Gives other calls that the operator has forgotten: their
    /// end was lost, or a second one was answered.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn follow_call(
        &self,
        user: UserId,
        call: CallId,
        change: CallChange,
    ) -> Result<Vec<CallId>, ServiceError> {
        let counts = matches!(change, CallChange::Connected | CallChange::WrapUp);
        let present = counts && self.is_signed_in(user)?;
        let command = OperatorCommand::FollowCall(FollowCall { call, change, present });
        let mut order = Caller::system()
            .order(move |lane: &SingleLane<Operator>, context| lane.command(command, context));
        order.essential = true;
        let done = self.operators.ask(user.uuid(), order).await?;
        let operator = done.after.state();
        if done.receipt.is_some() {
            self.publish_operator(user, operator);
        }
        Ok(match change {
            CallChange::Connected => operator.forgotten(call).collect(),
            _ => Vec::new(),
        })
    }

    /// Tells the exchanges what everybody at the phones is doing: to be called when one comes.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn tell_exchanges(&self) -> Result<(), ServiceError> {
        for person in self.people.all() {
            let stream = StreamId::new(StreamKind::Operator, person.id.uuid());
            self.tell_exchange(person.id, &self.store.load::<Operator>(stream)?.state);
        }
        Ok(())
    }

    /// The box owns who is ready; the exchanges send calls by it (product F27, F28).
    fn tell_exchange(&self, user: UserId, operator: &Operator) {
        let person = self.people.get(user).filter(|person| !person.disabled);
        let phone = person.filter(|person| person.role.works_at_phone());
        let Some(extension) = phone.and_then(|person| person.extension.clone()) else { return };
        self.telephony.tell(&PbxCommand::AgentState {
            command_id: self.ids.next(self.clock.now()).to_string(),
            extension,
            state: operator.state().code(),
            reason: operator.reason().map(NotReadyReason::code),
        });
    }

    fn publish_operator(&self, user: UserId, operator: &Operator) {
        self.tell_exchange(user, operator);
        let body = serde_json::json!({
            "user_id": user,
            "state": operator.state().code(),
            "reason": operator.reason().map(NotReadyReason::code),
            "since": operator.since.to_rfc3339(),
            "call_id": operator.current_call(),
        });
        let audience = Audience::UserAndRoles(user, WATCHERS.to_vec());
        self.feed.publish(audience, "operator.state", members(&body), false, None);
    }
}

/// The members of a JSON object without its braces.
#[must_use]
pub fn members(body: &serde_json::Value) -> String {
    let text = body.to_string();
    text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(&text).to_owned()
}

fn read_availability(state: &str, reason: Option<&str>) -> Result<Availability, ServiceError> {
    let fault = |field: &str, message: &str| {
        let fault = FieldFault::new(field, "unknown_value", message);
        ServiceError::from(Rejection::invalid(vec![fault]))
    };
    match (state, reason) {
        ("ready", _) => Ok(Availability::Ready),
        ("offline", _) => Ok(Availability::Offline),
        ("not_ready", Some(reason)) => NotReadyReason::parse_by_hand(reason)
            .map(Availability::NotReady)
            .ok_or_else(|| fault("reason", "choose one of the reasons of the list")),
        ("not_ready", None) => Err(fault("reason", "say why you take no calls")),
        _ => Err(fault("state", "write ready, not_ready or offline")),
    }
}
