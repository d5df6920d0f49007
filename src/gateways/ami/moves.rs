//! Queues, hold and transfers; the answers to commands; what is up when the link comes up.

use super::adapter::{Adapter, Output};
use super::conversation::{Party, is_extension};
use super::parser::Message;
use crate::base::time::Timestamp;
use crate::domain::call::pbx_event::{Cause, Direction, PbxEvent, PbxEventKind as Kind};

impl Adapter {
    pub(super) fn queue_join(&mut self, message: &Message, at: Timestamp, out: &mut Vec<Output>) {
        let Some((linked, queue)) = self.caller(message) else {
            return;
        };
        let conversation = self.conversations.entry(linked.clone()).or_default();
        conversation.abandoned_queue = false;
        let event = self.call_event(&linked, Kind::QueueEntered, at);
        out.push(Output::Event(PbxEvent { queue: Some(queue), ..event }));
    }

    pub(super) fn queue_abandon(&mut self, message: &Message) {
        if let Some((linked, _)) = self.caller(message) {
            self.conversations.entry(linked).or_default().abandoned_queue = true;
        }
    }

    pub(super) fn queue_leave(&mut self, message: &Message, at: Timestamp, out: &mut Vec<Output>) {
        let Some((linked, queue)) = self.caller(message) else {
            return;
        };
        let hung_up = message
            .get("Uniqueid")
            .and_then(|id| self.channels.get(id))
            .is_some_and(|channel| channel.hangup_requested);
        let conversation = self.conversations.entry(linked.clone()).or_default();
        // "Abandon" is also said of a time-out: only the caller's own hang-up tells them apart.
        let cause = match (conversation.abandoned_queue, hung_up) {
            (true, true) => Some(Cause::Abandoned),
            (true, false) => Some(Cause::QueueTimeout),
            (false, _) => None,
        };
        let event = self.call_event(&linked, Kind::QueueLeft, at);
        out.push(Output::Event(PbxEvent { queue: Some(queue), cause, ..event }));
    }

    /// Conversation and queue of a message about a waiting caller.
    fn caller(&mut self, message: &Message) -> Option<(String, String)> {
        let (name, id, linked) =
            (message.get("Channel")?, message.get("Uniqueid")?, message.get("Linkedid")?);
        let party = self.know(name, id, linked).party.clone();
        let conversation = self.conversations.entry(linked.to_owned()).or_default();
        if conversation.direction.is_none() {
            let inbound = party == Party::Trunk;
            conversation.direction =
                Some(if inbound { Direction::Inbound } else { Direction::Internal });
            conversation.client = inbound.then(|| id.to_owned());
            message.get("CallerIDNum").unwrap_or_default().clone_into(&mut conversation.from);
        }
        Some((linked.to_owned(), message.get("Queue")?.to_owned()))
    }

    pub(super) fn hold(
        &mut self,
        message: &Message,
        on: bool,
        at: Timestamp,
        out: &mut Vec<Output>,
    ) {
        let Some(id) = message.get("Uniqueid").map(str::to_owned) else {
            return;
        };
        let Some(channel) = self.channels.get(&id).cloned() else {
            return;
        };
        let Party::Agent(extension) = channel.party else {
            return;
        };
        if channel.held == on {
            return;
        }
        self.mark(&id, |channel| channel.held = on);
        let kind = if on { Kind::Held } else { Kind::Resumed };
        let event = self.event(&id, kind, at);
        out.push(Output::Event(PbxEvent { agent: Some(extension), ..event }));
    }

    pub(super) fn blind_transfer(
        &mut self,
        message: &Message,
        at: Timestamp,
        out: &mut Vec<Output>,
    ) {
        let (Some(channel), Some(linked)) =
            (message.get("TransfererChannel"), message.get("TransfererLinkedid"))
        else {
            return;
        };
        let Party::Agent(from) = self.names.party(channel) else {
            return;
        };
        if message.get("Result").is_some_and(|result| result != "Success") {
            return;
        }
        let to = message.get("Extension").filter(|exten| is_extension(exten)).map(str::to_owned);
        let event = self.call_event(linked, Kind::Transferred, at);
        let event = PbxEvent { from_agent: Some(from), to_agent: to, ..event };
        out.push(Output::Event(event));
    }

    pub(super) fn attended_transfer(
        &mut self,
        message: &Message,
        at: Timestamp,
        out: &mut Vec<Output>,
    ) {
        let (Some(channel), Some(linked)) =
            (message.get("OrigTransfererChannel"), message.get("OrigTransfererLinkedid"))
        else {
            return;
        };
        let Party::Agent(from) = self.names.party(channel) else {
            return;
        };
        if message.get("Result").is_some_and(|result| result != "Success") {
            return;
        }
        let target = message.get("TransferTargetChannel").map(|name| self.names.party(name));
        let number = message.get("TransferTargetCallerIDNum").filter(|number| is_extension(number));
        let to = match target {
            Some(Party::Agent(extension)) => Some(extension),
            _ => number.map(str::to_owned),
        };
        let event = self.call_event(linked, Kind::Transferred, at);
        let transferred = PbxEvent { from_agent: Some(from), to_agent: to.clone(), ..event };
        // Two conversations become one (REFER with Replaces): the receiver was talking in the other.
        if let (Some(other), Some(id), Some(extension)) =
            (message.get("TransferTargetLinkedid"), message.get("TransferTargetUniqueid"), to)
            && other != linked
        {
            let event_id = format!("{id}:joined:{}", at.micros());
            let joined = PbxEvent {
                leg_id: id.to_owned(),
                agent: Some(extension),
                ..self.call_event(linked, Kind::Answered, at)
            };
            out.push(Output::Event(PbxEvent { event_id, ..joined }));
        }
        out.push(Output::Event(transferred));
    }

    pub(super) fn answer(&mut self, message: &Message, out: &mut Vec<Output>) {
        let Some(action_id) = message.get("ActionID").map(str::to_owned) else {
            return;
        };
        if message.get("Response") == Some("Error") {
            self.forget_originate(&action_id);
            out.push(Output::CommandFailed { action_id, reason: "refused" });
        } else if !self.originates.contains_key(&action_id) {
            out.push(Output::CommandAccepted { action_id });
        }
    }

    pub(super) fn originate_response(&mut self, message: &Message, out: &mut Vec<Output>) {
        let Some(action_id) = message.get("ActionID").map(str::to_owned) else {
            return;
        };
        if message.get("Response") == Some("Success") {
            self.originates.remove(&action_id);
            out.push(Output::CommandAccepted { action_id });
            return;
        }
        let reason = match message.get("Reason") {
            Some("3" | "1") => "agent_no_answer",
            Some("5") => "agent_busy",
            Some("0") => "bad_endpoint",
            _ => "refused",
        };
        self.forget_originate(&action_id);
        out.push(Output::CommandFailed { action_id, reason });
    }

    /// An origination that never had a channel leaves nothing behind.
    fn forget_originate(&mut self, action_id: &str) {
        let Some(call) = self.originates.remove(action_id) else {
            return;
        };
        if self.conversations.get(&call).is_some_and(|c| c.channels.is_empty()) {
            self.conversations.remove(&call);
        }
    }

    pub(super) fn inventory_row(&mut self, message: &Message) {
        let (Some(name), Some(id), Some(linked)) =
            (message.get("Channel"), message.get("Uniqueid"), message.get("Linkedid"))
        else {
            return;
        };
        let up = message.get("ChannelStateDesc") == Some("Up");
        let known = self.channels.contains_key(id);
        self.know(name, id, linked).answered |= up;
        if !known {
            self.conversations.entry(linked.to_owned()).or_default().resumed = true;
        }
        self.inventory.get_or_insert_default().insert(id.to_owned());
    }

    /// Conversations that ended while the link was down are told to be over.
    pub(super) fn inventory_end(&mut self, at: Timestamp, out: &mut Vec<Output>) {
        let present = self.inventory.take().unwrap_or_default();
        let gone: Vec<(String, String)> = self
            .channels
            .iter()
            .filter(|(id, _)| !present.contains(*id))
            .map(|(id, channel)| (id.clone(), channel.linked.clone()))
            .collect();
        for (id, linked) in gone {
            self.end_leg(&id, Some(Cause::Other), at, out);
            self.channels.remove(&id);
            if let Some(conversation) = self.conversations.get_mut(&linked) {
                conversation.channels.remove(&id);
            }
            self.close_empty(&linked, at, out);
        }
        let calls = self.channels.values().map(|channel| channel.linked.clone()).collect();
        out.push(Output::Inventory { calls });
    }
}
