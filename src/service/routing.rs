//! Advice to an exchange that asks where to send a caller (design 7): it decides, the box only
//! knows who is ready and who spoke with the client last.

use super::telephony::HTTP_SOURCE;
use super::{Caller, ServiceError, Services};
use crate::base::ids::{CallId, UserId};
use crate::base::time::Timestamp;
use crate::domain::access::Action;
use crate::domain::call::Call;
use crate::domain::call::progress::Role;
use crate::domain::operator::{Availability, Operator, OperatorState};
use crate::domain::{ClaimSpace, StreamId, StreamKind};
use crate::store::keys;
use std::collections::BTreeMap;

/// What an exchange tells of a caller.
#[derive(Debug, Clone, Default)]
pub struct RouteQuestion {
    /// The exchange's conversation.
    pub pbx_call: Option<String>,
    /// Who calls.
    pub from: Option<String>,
    /// The queue that the caller waits in, or would.
    pub queue: Option<String>,
    /// What the IVR collected.
    pub ivr: BTreeMap<String, String>,
}

/// Where to send a caller. Without an extension nobody suitable is ready: let the caller wait.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct RouteAdvice {
    /// Whose phone.
    pub extension: Option<String>,
    /// The queue to wait in, as asked.
    pub queue: Option<String>,
    /// `transfer`, `last_operator`, `longest_ready`.
    pub reason: Option<&'static str>,
}

/// Days after which the last conversation says nothing about whom the client expects.
const LAST_TALK_DAYS: i64 = 30;
/// Calls of a client that are looked at for the last conversation.
const LAST_CALLS_MAX: usize = 20;

/// Somebody who waits for a call.
struct Ready {
    since: Timestamp,
    user: UserId,
    extension: String,
}

impl Services {
    /// Advises where to send a caller: to the colleague whom the call is being handed over to, to
    /// who spoke with the client last, or to who has been ready longest; always somebody who is
    /// ready and, where the settings name the queue's people, one of them.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn advise_route(
        &self,
        caller: &Caller,
        question: &RouteQuestion,
    ) -> Result<RouteAdvice, ServiceError> {
        caller.grant(Action::AskRoute)?;
        let queue = question.queue.clone();
        let advice = |extension: &String, reason| {
            let (extension, queue) = (Some(extension.clone()), queue.clone());
            RouteAdvice { extension, queue, reason: Some(reason) }
        };
        if let Some(extension) = self.handed_to(question)? {
            return Ok(advice(&extension, "transfer"));
        }
        let ready = self.ready_for(question.queue.as_deref())?;
        let Some(longest) = ready.first() else {
            return Ok(RouteAdvice { queue, ..RouteAdvice::default() });
        };
        let last = self.last_talked_to(question)?;
        Ok(match ready.iter().find(|one| Some(one.user) == last) {
            Some(one) => advice(&one.extension, "last_operator"),
            None => advice(&longest.extension, "longest_ready"),
        })
    }

    /// Who is ready for a queue, the longest waiting first.
    fn ready_for(&self, queue: Option<&str>) -> Result<Vec<Ready>, ServiceError> {
        let members = queue.and_then(|queue| self.config.pbx.queues.get(queue));
        let mut ready = Vec::new();
        for person in self.people.all() {
            let Some(extension) = person.extension.clone() else { continue };
            let serves = members.is_none_or(|members| members.contains(&extension));
            if person.disabled || !person.role.works_at_phone() || !serves {
                continue;
            }
            let stream = StreamId::new(StreamKind::Operator, person.id.uuid());
            let operator = self.store.load::<Operator>(stream)?.state;
            if operator.state() == OperatorState::Ready {
                ready.push(Ready { since: operator.since, user: person.id, extension });
            }
        }
        ready.sort_by(|a, b| (a.since, &a.extension).cmp(&(b.since, &b.extension)));
        Ok(ready)
    }

    /// The colleague whom the call asked about is on its way to, unless another call stands in
    /// between. Such a colleague rings already in our eyes, and so is not among the ready.
    fn handed_to(&self, question: &RouteQuestion) -> Result<Option<String>, ServiceError> {
        let Some((id, call)) = self.call_asked_about(question)? else { return Ok(None) };
        let progress = call.progress(None);
        for part in progress.participants.iter().rev() {
            if part.role != Role::Transfer || !part.is_ringing() {
                continue;
            }
            let Some(user) = call.users.get(&part.extension) else { continue };
            let stream = StreamId::new(StreamKind::Operator, user.uuid());
            let operator = self.store.load::<Operator>(stream)?.state;
            let waits = operator.availability == Availability::Ready;
            if waits && operator.calls.iter().all(|open| open.call == id) {
                return Ok(Some(part.extension.clone()));
            }
        }
        Ok(None)
    }

    /// The call that the exchange asks about, when the box knows it.
    fn call_asked_about(
        &self,
        question: &RouteQuestion,
    ) -> Result<Option<(CallId, Call)>, ServiceError> {
        let Some(pbx_call) = &question.pbx_call else { return Ok(None) };
        let links = self.telephony.links();
        for source in links.keys().map(String::as_str).chain([HTTP_SOURCE]) {
            let holders =
                self.store.holders(ClaimSpace::PbxCall, &format!("{source}:{pbx_call}"))?;
            if let Some(stream) = holders.first() {
                let id = CallId::from_uuid(stream.id);
                return Ok(Some((id, self.load_call(id)?.state().clone())));
            }
        }
        Ok(None)
    }

    /// Who spoke last with the client whom the number or the IVR names; several may share a number.
    fn last_talked_to(&self, question: &RouteQuestion) -> Result<Option<UserId>, ServiceError> {
        let mut clients = match &question.from {
            Some(number) => self.candidates_for(number)?,
            None => Vec::new(),
        };
        clients.extend(self.clients_named_in_ivr(question.ivr.values().map(String::as_str))?);
        let earliest = self.clock.now().plus_seconds(-LAST_TALK_DAYS * 86_400);
        let mut last: Option<(Timestamp, UserId)> = None;
        for client in clients {
            let prefix = keys::history_of(client.uuid());
            let mut calls = Vec::new();
            self.store.scan(&prefix, &prefix, |key, _| {
                calls.extend(keys::trailing_id(key).map(CallId::from_uuid));
                calls.len() < LAST_CALLS_MAX
            })?;
            for id in calls {
                let lane = self.load_call(id)?;
                let call = lane.state();
                let progress = call.progress(None);
                let (Some(_), Some(owner)) = (progress.answered_at, &progress.owner) else {
                    continue;
                };
                if call.opened_at >= earliest
                    && let Some(user) = call.users.get(owner)
                {
                    last = last.max(Some((call.opened_at, *user)));
                }
                break;
            }
        }
        Ok(last.map(|(_, user)| user))
    }
}
