//! Commanding the exchange about a call: dial, hang up, hand over, hold; and telling the operator
//! what did not work.
//!
//! Commands are sent once, by who was asked, and never by a replay. A call's state changes by what
//! the exchange tells afterwards, never by the command.

use super::calls::{invalid, typed_number};
use super::operators::members;
use super::telephony::{Asked, Purpose};
use super::{Caller, ServiceError, Services};
use crate::base::ids::{CallId, ClientId, UserId};
use crate::base::personal::Personal;
use crate::domain::access::{Action, Filter, Principal};
use crate::domain::call::pbx_event::Cause;
use crate::domain::call::progress::{Participant, Role};
use crate::domain::call::{Call, CallCommand, CloseStale, DialFailed, RequestDial};
use crate::domain::{Rejection, StreamKind};
use crate::feed::Audience;
use crate::gateways::ami::client::PbxCommand;
use uuid::Uuid;

/// Whom to dial.
#[derive(Debug, Clone, Default)]
pub struct DialInput {
    /// A number.
    pub number: Option<String>,
    /// A client, by one of the phones.
    pub client: Option<ClientId>,
    /// Which phone, from 0.
    pub phone_index: usize,
}

/// Where to hand a client over to: exactly one.
#[derive(Debug, Clone, Default)]
pub struct TransferInput {
    /// A colleague.
    pub to_user: Option<UserId>,
    /// An extension.
    pub to_extension: Option<String>,
    /// A queue's number.
    pub to_queue: Option<String>,
    /// Talk with the receiver first; [`Services::end_transfer`] ends it.
    pub attended: bool,
}

/// A call that is being dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialled {
    /// The call.
    pub call: CallId,
    /// The command.
    pub command: Uuid,
}

/// Words for why a command failed; anything else is the exchange's own and told as `other`.
const REASONS: &[(&str, &str)] = &[
    ("agent_no_answer", "your phone was not picked up"),
    ("agent_busy", "your phone is busy"),
    ("bad_endpoint", "the exchange does not know your extension; tell the administrator"),
    ("pbx_down", "there is no link to the exchange"),
    ("refused", "the exchange has refused it"),
    ("no_such_call", "the exchange has no such line any more"),
    ("not_supported", "the exchange cannot do that"),
    ("unanswered", "the exchange does not answer; look whether it worked, else try again"),
    ("no_answer", "the receiver does not answer"),
    ("busy", "the receiver is busy"),
    ("rejected", "the receiver has refused the call"),
    ("failed", "the receiver cannot be reached"),
];

impl Services {
    /// Has the exchange ring the caller's phone, then the number (F30).
    ///
    /// # Errors
    /// `Forbidden`, `PbxDown`; the number is not one; the caller is on a call or has no phone.
    pub async fn dial(&self, caller: &Caller, input: DialInput) -> Result<Dialled, ServiceError> {
        caller.grant(Action::ControlCalls)?;
        let user = caller.user()?;
        // Two clicks at once would both find the operator free.
        let _turn = self.telephony.dialling.of(user.uuid()).await;
        if let Some(first) = self.written_before(caller, StreamKind::Call)? {
            let first = CallId::from_uuid(first);
            let dial = self.calls.look(first.uuid(), |lane| lane.state().dial.clone()).await?;
            let command = dial.map_or_else(Uuid::nil, |dial| dial.command_id);
            return Ok(Dialled { call: first, command });
        }
        let number = self.number_to_dial(&input).await?;
        let person = self.people.get(user);
        let extension = person.and_then(|p| p.extension.clone()).unwrap_or_default();
        let busy = self.operators.look(user.uuid(), |lane| lane.state().is_on_the_phone()).await?;
        if busy {
            let message = "you are on a call; hang up first";
            return Err(Rejection::rule("call_open", message).into());
        }
        let source = self.telephony.dialling_source().ok_or(ServiceError::PbxDown)?;
        let now = self.clock.now();
        let id = CallId::from_uuid(self.ids.next(now));
        let command_id = self.ids.next(now);
        // The conversation bears our own name from the start, so its events find their call.
        let pbx_call = id.to_string();
        let request = RequestDial {
            command_id,
            source: source.clone(),
            pbx_call: pbx_call.clone(),
            number: Personal::new(number.clone()),
            user,
            extension: extension.clone(),
            client: input.client,
        };
        let command = CallCommand::RequestDial(request);
        self.command_call(caller, id, command, None).await?;
        // Sent once, after the commit, by who was asked: a replay never dials.
        let originate = PbxCommand::Originate {
            command_id: command_id.to_string(),
            call: pbx_call,
            extension,
            number,
        };
        let asked = Asked { call: id, purpose: Purpose::Dial, by: Some(user), at: now };
        if !self.telephony.send(&source, asked, command_id, originate) {
            self.dial_failed(id, command_id, "pbx_down").await?;
            return Err(ServiceError::PbxDown);
        }
        Ok(Dialled { call: id, command: command_id })
    }

    async fn number_to_dial(&self, input: &DialInput) -> Result<String, ServiceError> {
        let Some(client) = input.client.filter(|_| input.number.is_none()) else {
            let number = input.number.as_deref().unwrap_or_default();
            return typed_number("number", number);
        };
        let index = input.phone_index;
        let phones = self.clients.look(client.uuid(), move |lane| {
            lane.client.state.details.phones.get(index).map(|p| p.e164.reveal().clone())
        });
        phones
            .await?
            .ok_or_else(|| invalid("phone_index", "unknown_value", "the client has no such phone"))
    }

    /// Hangs up. A card by hand is closed; a call whose exchange cannot be reached, too.
    ///
    /// # Errors
    /// `Forbidden`, not found, `Busy`; 409 `not_on_line` when others are.
    pub async fn hang_up(&self, caller: &Caller, id: CallId) -> Result<(), ServiceError> {
        let lane = self.call_for(caller, Action::ControlCalls, id).await?;
        let call = lane.state();
        let extension = self.own_part(caller, call)?.map(|part| part.extension);
        let Some(extension) = extension.filter(|_| !call.is_by_hand()) else {
            return self.close_now(caller, id).await;
        };
        let sent = self.ask_exchange(caller, id, call, Purpose::Hangup, |command_id, call| {
            PbxCommand::Hangup { command_id, call, extension }
        });
        match sent {
            Err(ServiceError::PbxDown) => self.close_now(caller, id).await,
            other => other,
        }
    }

    async fn close_now(&self, caller: &Caller, id: CallId) -> Result<(), ServiceError> {
        let close = CallCommand::CloseStale(CloseStale { at: self.clock.now() });
        self.command_call(caller, id, close, None).await?;
        Ok(())
    }

    /// The part of the caller in a call that is not over: who may command every call has the part
    /// of whoever is with the client. `None`: nobody is on the line.
    fn own_part(&self, caller: &Caller, call: &Call) -> Result<Option<Participant>, ServiceError> {
        let progress = call.progress(None);
        let parts = progress.participants.iter().rev().filter(|part| part.left_at.is_none());
        let parts: Vec<&Participant> = parts.collect();
        let own = parts.iter().find(|part| match caller.principal {
            Principal::User(user) => call.users.get(&part.extension) == Some(&user),
            Principal::System | Principal::Token(_) => false,
        });
        if let Some(part) = own {
            return Ok(Some((*part).clone()));
        }
        let Some(first) = parts.first() else { return Ok(None) };
        if caller.grant(Action::ControlCalls)?.scope != Filter::All {
            // Whoever has handed the client over must not hang up on the colleague.
            let message = "you are not on this line any more; your colleague is";
            return Err(Rejection::rule("not_on_line", message).into());
        }
        let with_client = progress.owner.as_ref();
        let main = parts.iter().find(|part| Some(&part.extension) == with_client);
        Ok(Some((*main.unwrap_or(first)).clone()))
    }

    /// The extension of the caller, who talks with the client over an exchange.
    fn own_line(&self, caller: &Caller, call: &Call) -> Result<String, ServiceError> {
        let part = self.own_part(caller, call)?.filter(|_| !call.is_by_hand());
        let part = part.filter(Participant::is_connected).ok_or_else(|| {
            Rejection::rule("call_not_answered", "nobody is on this line yet, or any more")
        })?;
        Ok(part.extension)
    }

    fn ask_exchange(
        &self,
        caller: &Caller,
        id: CallId,
        call: &Call,
        purpose: Purpose,
        command: impl FnOnce(String, String) -> PbxCommand,
    ) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let command_id = self.ids.next(now);
        let command = command(command_id.to_string(), call.pbx_call.clone());
        let asked = Asked { call: id, purpose, by: caller.user().ok(), at: now };
        let sent = self.telephony.send(&call.source, asked, command_id, command);
        if sent { Ok(()) } else { Err(ServiceError::PbxDown) }
    }

    /// Hands the client over to a colleague, an extension or a queue (O7).
    ///
    /// # Errors
    /// `Forbidden`, not found, `PbxDown`; not exactly one receiver; 409 `call_not_answered`,
    /// `not_on_line`, and `not_supported` where the exchange lets nobody talk with the receiver
    /// first.
    pub async fn transfer(
        &self,
        caller: &Caller,
        id: CallId,
        input: TransferInput,
    ) -> Result<(), ServiceError> {
        let lane = self.call_for(caller, Action::ControlCalls, id).await?;
        let call = lane.state();
        let attended = input.attended;
        let to = self.receiver(input)?;
        let extension = self.own_line(caller, call)?;
        if to == extension {
            let message = "this phone has the client already; choose another";
            return Err(invalid("to_extension", "unknown_value", message));
        }
        if attended && !self.telephony.abilities(&call.source).attended_transfer {
            let message = "with this exchange a client is handed over at once, or by the phone";
            return Err(Rejection::rule("not_supported", message).into());
        }
        self.ask_exchange(caller, id, call, Purpose::Transfer, |command_id, call| {
            PbxCommand::Transfer { command_id, call, extension, to, attended }
        })
    }

    /// Ends a transfer after the talk with the receiver: the client goes over (`complete`), or
    /// comes back to the caller.
    ///
    /// # Errors
    /// `Forbidden`, not found, `PbxDown`; 409 `no_consultation`, `call_not_answered`,
    /// `not_on_line`.
    pub async fn end_transfer(
        &self,
        caller: &Caller,
        id: CallId,
        complete: bool,
    ) -> Result<(), ServiceError> {
        let lane = self.call_for(caller, Action::ControlCalls, id).await?;
        let call = lane.state();
        let extension = self.own_line(caller, call)?;
        if call.progress(None).consulted().is_none() {
            let message = "you talk with no colleague; begin with the transfer";
            return Err(Rejection::rule("no_consultation", message).into());
        }
        self.ask_exchange(caller, id, call, Purpose::EndTransfer, |command_id, call| {
            PbxCommand::EndTransfer { command_id, call, extension, complete }
        })
    }

    /// Puts the client on hold, or takes the client back (page key F7). What follows is told by
    /// the exchange; the same wish twice is harmless.
    ///
    /// # Errors
    /// `Forbidden`, not found, `PbxDown`; 409 `not_supported`, `call_not_answered`, `not_on_line`.
    pub async fn hold(&self, caller: &Caller, id: CallId, on: bool) -> Result<(), ServiceError> {
        let lane = self.call_for(caller, Action::ControlCalls, id).await?;
        let call = lane.state();
        let extension = self.own_line(caller, call)?;
        if !self.telephony.abilities(&call.source).hold {
            let message = "this exchange cannot hold from here; use the key of your phone";
            return Err(Rejection::rule("not_supported", message).into());
        }
        let purpose = if on { Purpose::Hold } else { Purpose::Resume };
        self.ask_exchange(caller, id, call, purpose, |command_id, call| PbxCommand::Hold {
            command_id,
            call,
            extension,
            on,
        })
    }

    fn receiver(&self, input: TransferInput) -> Result<String, ServiceError> {
        let short = |text: String, field: &str| {
            let text = text.trim().to_owned();
            let plain = |c: char| c.is_ascii_alphanumeric() || "*#_-+".contains(c);
            if text.is_empty() || text.len() > 32 || !text.chars().all(plain) {
                return Err(invalid(field, "invalid_number", "write an extension such as 102"));
            }
            Ok(text)
        };
        match (input.to_user, input.to_extension, input.to_queue) {
            (Some(user), None, None) => {
                let person = self.people.get(user).filter(|person| !person.disabled);
                person.and_then(|person| person.extension.clone()).ok_or_else(|| {
                    invalid("to_user_id", "unknown_value", "this colleague has no extension")
                })
            }
            (None, Some(extension), None) => short(extension, "to_extension"),
            (None, None, Some(queue)) => short(queue, "to_queue"),
            _ => Err(invalid("to_extension", "required", "name one receiver")),
        }
    }

    // --- what did not work --------------------------------------------------------------------

    /// An exchange could not do what it was asked for: the call goes on as it was, and who asked
    /// is told.
    pub async fn command_failed(&self, command_id: &str, reason: &str) {
        let Some((id, asked)) = self.telephony.settle(command_id) else {
            return;
        };
        let purpose = asked.purpose.code();
        tracing::info!(call = %asked.call, purpose, "the exchange did not carry out a command");
        let noted = match asked.purpose {
            Purpose::Dial => self.dial_failed(asked.call, id, reason).await,
            // The exchange knows no such line: it is over.
            Purpose::Hangup => self.close_call(asked.call, self.clock.now()).await,
            Purpose::Transfer | Purpose::EndTransfer | Purpose::Hold | Purpose::Resume => Ok(()),
        };
        if let Err(error) = noted {
            tracing::warn!(call = %asked.call, %error, "the failure of a command was not noted");
        }
        // A line that is over needs no complaint that it could not be ended.
        if let Some(user) = asked.by.filter(|_| asked.purpose != Purpose::Hangup) {
            self.tell_failure(user, asked.call, asked.purpose, reason);
        }
    }

    pub(super) async fn dial_failed(
        &self,
        call: CallId,
        command_id: Uuid,
        reason: &str,
    ) -> Result<(), ServiceError> {
        let failed = DialFailed { command_id, reason: reason.to_owned() };
        let command = CallCommand::DialFailed(failed);
        self.command_call(&Caller::system(), call, command, None).await?;
        Ok(())
    }

    /// The exchange never showed a call that it was asked for.
    pub(super) async fn dial_unanswered(
        &self,
        call: CallId,
        command_id: Uuid,
        user: UserId,
    ) -> Result<(), ServiceError> {
        self.dial_failed(call, command_id, "pbx_down").await?;
        self.tell_failure(user, call, Purpose::Dial, "unanswered");
        Ok(())
    }

    /// Commands that no exchange has answered have failed. To be called every second.
    pub async fn sweep_commands(&self) {
        for id in self.telephony.unanswered(self.clock.now()) {
            self.command_failed(&id.to_string(), "unanswered").await;
        }
    }

    /// A colleague who was asked before a hand-over did not come: whoever asked still has the
    /// client and is told why.
    pub(super) fn tell_refused_consultation(&self, id: CallId, call: &Call, extension: &str) {
        let progress = call.progress(None);
        let last = progress.participants.iter().rev().find(|part| part.extension == extension);
        let refused = last.filter(|part| part.role == Role::Transfer).and_then(|part| part.cause);
        let asking = progress.participants.iter().find(|part| part.is_connected());
        let user = asking.and_then(|part| call.users.get(&part.extension));
        // Withdrawn is not refused.
        let own = matches!(
            refused,
            Some(Cause::NoAnswer | Cause::Busy | Cause::Rejected | Cause::Failed)
        );
        if let Some((cause, user)) = refused.filter(|_| own).zip(user) {
            self.tell_failure(*user, id, Purpose::Transfer, cause.code());
        }
    }

    fn tell_failure(&self, user: UserId, call: CallId, purpose: Purpose, reason: &str) {
        let known = REASONS.iter().find(|(word, _)| *word == reason);
        let (word, words) = known.copied().unwrap_or(("other", "the exchange gives its own words"));
        let detail = known.is_none().then_some(reason).filter(|words| !words.is_empty());
        let body = serde_json::json!({
            "call_id": call, "command": purpose.code(), "reason": word, "message": words,
            "detail": detail,
        });
        let audience = Audience::User(user);
        self.feed.publish(audience, "call.command_failed", members(&body), false, None);
    }
}
