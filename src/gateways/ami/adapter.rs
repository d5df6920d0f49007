//! What manager messages mean: canonical events of conversations. Pure: no I/O, no clock.
//!
//! An adapter may be started in the middle of a conversation and told of the channels that are up;
//! it never assumes to have seen a beginning.

use super::conversation::{
    Channel, ChannelNames, Conversation, Party, code_cause, dial_cause, is_extension,
};
use super::parser::Message;
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::domain::call::pbx_event::{Cause, Direction, PbxEvent, PbxEventKind as Kind};
use std::collections::{BTreeSet, HashMap};

/// Channels that are remembered; more than any box has lines.
const CHANNELS_MAX: usize = 50_000;
/// Originations whose answer is awaited.
const ORIGINATES_MAX: usize = 10_000;

/// What a message means.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "nearly every output is an event and lives shortly")]
pub enum Output {
    /// Something happened in a conversation.
    Event(PbxEvent),
    /// A command was taken on; for an origination, its first leg was answered.
    CommandAccepted {
        /// Which.
        action_id: String,
    },
    /// A command could not be done.
    CommandFailed {
        /// Which.
        action_id: String,
        /// `agent_no_answer`, `agent_busy`, `bad_endpoint`, `refused`.
        reason: &'static str,
    },
    /// All conversations that are up, by their names; told after the link came up.
    Inventory {
        /// Their names.
        calls: BTreeSet<String>,
    },
}

/// Turns messages into canonical events.
#[derive(Debug)]
pub struct Adapter {
    pub(super) names: ChannelNames,
    dial_prefix: String,
    pub(super) channels: HashMap<String, Channel>,
    pub(super) conversations: HashMap<String, Conversation>,
    /// Our originations: action id → the conversation's name.
    pub(super) originates: HashMap<String, String>,
    pub(super) inventory: Option<BTreeSet<String>>,
}

impl Adapter {
    /// An adapter for a PBX whose agents' channels look like `agent_channel`
    /// (`PJSIP/{extension}`), whose outside lines begin with one of `trunk_prefixes`, and that
    /// wants `dial_prefix` before outside numbers.
    #[must_use]
    pub fn new(agent_channel: &str, trunk_prefixes: &[String], dial_prefix: &str) -> Self {
        Self {
            names: ChannelNames::new(agent_channel, trunk_prefixes),
            dial_prefix: dial_prefix.to_owned(),
            channels: HashMap::new(),
            conversations: HashMap::new(),
            originates: HashMap::new(),
            inventory: None,
        }
    }

    /// Remembers an origination: `call` is the channel's name chosen by us, `number` the client's.
    pub fn originating(&mut self, action_id: &str, call: &str, number: &str) {
        if self.originates.len() >= ORIGINATES_MAX {
            self.originates.clear();
        }
        self.originates.insert(action_id.to_owned(), call.to_owned());
        let conversation = self.conversations.entry(call.to_owned()).or_default();
        conversation.direction = Some(Direction::Outbound);
        conversation.to = number.to_owned();
        call.clone_into(&mut conversation.first);
    }

    /// The channel to dial for an agent.
    #[must_use]
    pub fn agent_channel(&self, extension: &str) -> String {
        self.names.agent_channel(extension)
    }

    /// The channel of `extension` in conversation `call`, when it is up.
    #[must_use]
    pub fn channel_of(&self, call: &str, extension: &str) -> Option<&str> {
        self.conversations.get(call)?.channels.iter().find_map(|id| {
            let channel = self.channels.get(id)?;
            (channel.party == Party::Agent(extension.to_owned())).then_some(channel.name.as_str())
        })
    }

    /// What `message`, received at `received`, means.
    pub fn push(&mut self, message: &Message, received: Timestamp) -> Vec<Output> {
        let at = message.get("Timestamp").and_then(timestamp).unwrap_or(received);
        let mut out = Vec::new();
        self.follow_link(message, at, &mut out);
        match message.event() {
            "" => self.answer(message, &mut out),
            "Newchannel" => self.new_channel(message),
            "DialBegin" | "AgentCalled" => self.dial_begin(message, at, &mut out),
            "DialEnd" => self.dial_end(message, at, &mut out),
            "AgentConnect" => self.leg_answered(message, at, &mut out),
            "AgentRingNoAnswer" => self.leg_failed(message, Cause::NoAnswer, at, &mut out),
            "HangupRequest" => self.hangup_request(message),
            "QueueCallerJoin" => self.queue_join(message, at, &mut out),
            "QueueCallerAbandon" => self.queue_abandon(message),
            "QueueCallerLeave" => self.queue_leave(message, at, &mut out),
            "Hold" => self.hold(message, true, at, &mut out),
            "Unhold" => self.hold(message, false, at, &mut out),
            "BlindTransfer" => self.blind_transfer(message, at, &mut out),
            "AttendedTransfer" => self.attended_transfer(message, at, &mut out),
            "Hangup" => self.hangup(message, at, &mut out),
            "OriginateResponse" => self.originate_response(message, &mut out),
            "CoreShowChannel" => self.inventory_row(message),
            "CoreShowChannelsComplete" => self.inventory_end(at, &mut out),
            _ => {}
        }
        out
    }

    // --- what is known of channels -----------------------------------------------------------

    pub(super) fn know(&mut self, name: &str, id: &str, linked: &str) -> &mut Channel {
        if self.channels.len() >= CHANNELS_MAX {
            self.channels.clear();
            self.conversations.clear();
        }
        let party = self.names.party(name);
        let conversation = self.conversations.entry(linked.to_owned()).or_default();
        conversation.channels.insert(id.to_owned());
        if conversation.first.is_empty() {
            id.clone_into(&mut conversation.first);
        }
        self.channels.entry(id.to_owned()).or_insert_with(|| Channel {
            name: name.to_owned(),
            linked: linked.to_owned(),
            party,
            rang: false,
            answered: false,
            ended: false,
            held: false,
            hangup_requested: false,
            cause_code: 0,
        })
    }

    /// A channel that changed its conversation: an attended transfer joins two into one.
    fn follow_link(&mut self, message: &Message, at: Timestamp, out: &mut Vec<Output>) {
        let (Some(id), Some(linked)) = (message.get("Uniqueid"), message.get("Linkedid")) else {
            return;
        };
        let Some(channel) = self.channels.get_mut(id) else {
            return;
        };
        if channel.linked == linked {
            return;
        }
        let old = std::mem::replace(&mut channel.linked, linked.to_owned());
        self.conversations.entry(linked.to_owned()).or_default().channels.insert(id.to_owned());
        if let Some(conversation) = self.conversations.get_mut(&old) {
            conversation.channels.remove(id);
            self.close_empty(&old, at, out);
        }
    }

    fn new_channel(&mut self, message: &Message) {
        let (Some(name), Some(id), Some(linked)) =
            (message.get("Channel"), message.get("Uniqueid"), message.get("Linkedid"))
        else {
            return;
        };
        let party = self.know(name, id, linked).party.clone();
        if id != linked && self.conversations.get(linked).is_some_and(|c| c.first != id) {
            return;
        }
        let number = message.get("CallerIDNum").unwrap_or_default().to_owned();
        let exten = message.get("Exten").filter(|exten| *exten != "s").unwrap_or_default();
        let conversation = self.conversations.entry(linked.to_owned()).or_default();
        match party {
            Party::Trunk if conversation.direction.is_none() => {
                conversation.direction = Some(Direction::Inbound);
                conversation.client = Some(id.to_owned());
                conversation.from = number;
                exten.clone_into(&mut conversation.to);
            }
            Party::Agent(extension) if conversation.from.is_empty() => {
                conversation.from = extension;
                if conversation.to.is_empty() {
                    exten.clone_into(&mut conversation.to);
                }
            }
            _ => {}
        }
    }

    // --- legs ---------------------------------------------------------------------------------

    /// The dialled channel of a message, known from now on: its id.
    fn dialled(&mut self, message: &Message) -> Option<String> {
        let (name, id, linked) = (
            message.get("DestChannel")?,
            message.get("DestUniqueid")?,
            message.get("DestLinkedid")?,
        );
        self.know(name, id, linked);
        if let (Some(name), Some(id), Some(linked)) =
            (message.get("Channel"), message.get("Uniqueid"), message.get("Linkedid"))
        {
            self.know(name, id, linked);
        }
        Some(id.to_owned())
    }

    fn dial_begin(&mut self, message: &Message, at: Timestamp, out: &mut Vec<Output>) {
        let Some(id) = self.dialled(message) else {
            return;
        };
        let channel = self.channels[&id].clone();
        if channel.rang || channel.party == Party::Local {
            return;
        }
        let source = message.get("Channel").map(|name| self.names.party(name));
        let source_id = message.get("Uniqueid").map(str::to_owned);
        self.learn_direction(message, &channel, source.as_ref());
        let conversation = self.conversation(&channel.linked).clone();
        if let (Some(Party::Agent(extension)), Some(source_id)) = (&source, &source_id) {
            let calls = conversation.direction != Some(Direction::Inbound)
                && conversation.first == *source_id;
            if calls && !self.channels[source_id].answered {
                // The agent's own phone is up: a desk phone dials.
                self.mark(source_id, |channel| channel.answered = true);
                let event = self.event(source_id, Kind::Answered, at);
                out.push(Output::Event(PbxEvent { agent: Some(extension.clone()), ..event }));
            }
        }
        match &channel.party {
            Party::Agent(extension) => {
                self.mark(&id, |channel| channel.rang = true);
                let event = self.event(&id, Kind::Ringing, at);
                out.push(Output::Event(PbxEvent { agent: Some(extension.clone()), ..event }));
            }
            Party::Trunk
                if conversation.direction == Some(Direction::Outbound)
                    && !conversation.answered =>
            {
                self.mark(&id, |channel| channel.rang = true);
                let to = self.dialled_number(message);
                let own_line = message.get("CallerIDNum").unwrap_or_default().to_owned();
                let conversation = self.conversations.entry(channel.linked.clone()).or_default();
                conversation.client_dialled = true;
                conversation.client = Some(id.clone());
                conversation.from = own_line;
                if !to.is_empty() {
                    conversation.to = to;
                }
                out.push(Output::Event(self.event(&id, Kind::Ringing, at)));
            }
            _ => {}
        }
    }

    /// Who called whom, once somebody is dialled.
    fn learn_direction(&mut self, message: &Message, dest: &Channel, source: Option<&Party>) {
        let dialled = message.get("DestCallerIDNum").unwrap_or_default().to_owned();
        let exten = message.get("Exten").unwrap_or_default();
        let exten = if is_extension(exten) { exten.to_owned() } else { String::new() };
        let conversation = self.conversations.entry(dest.linked.clone()).or_default();
        if conversation.direction.is_some() {
            return;
        }
        conversation.direction = Some(match (source, &dest.party) {
            // An origination has no calling channel: the agent's phone rings first.
            (None, Party::Agent(extension)) => {
                conversation.from.clone_from(extension);
                if dialled != *extension {
                    conversation.to = dialled;
                }
                Direction::Outbound
            }
            (Some(Party::Agent(_)), Party::Agent(extension)) => {
                conversation.to = if exten.is_empty() { extension.clone() } else { exten };
                Direction::Internal
            }
            (Some(Party::Trunk), _) => Direction::Inbound,
            (_, Party::Trunk) => Direction::Outbound,
            _ => return,
        });
    }

    /// The client's number as dialled, without the prefix for outside lines.
    fn dialled_number(&self, message: &Message) -> String {
        let plain = |number: &&str| number.bytes().filter(u8::is_ascii_digit).count() >= 5;
        let number = ["DestCallerIDNum", "Exten"]
            .into_iter()
            .filter_map(|key| message.get(key))
            .find(plain)
            .or_else(|| {
                let dialled = message.get("DialString")?;
                dialled.split(['@', '/']).find(plain)
            })
            .unwrap_or_default();
        let stripped = number.strip_prefix(self.dial_prefix.as_str()).unwrap_or(number);
        stripped.to_owned()
    }

    fn dial_end(&mut self, message: &Message, at: Timestamp, out: &mut Vec<Output>) {
        let status = message.get("DialStatus").unwrap_or_default().to_owned();
        if status == "ANSWER" {
            self.leg_answered(message, at, out);
        } else if let Some(id) = self.dialled(message) {
            let cause = dial_cause(&status, self.channels[&id].cause_code);
            self.leg_failed(message, cause, at, out);
        }
    }

    fn leg_answered(&mut self, message: &Message, at: Timestamp, out: &mut Vec<Output>) {
        let Some(id) = self.dialled(message) else {
            return;
        };
        let channel = self.channels[&id].clone();
        if channel.answered || channel.ended || channel.party == Party::Local {
            return;
        }
        self.mark(&id, |channel| channel.answered = true);
        let event = self.event(&id, Kind::Answered, at);
        let conversation = self.conversations.entry(channel.linked.clone()).or_default();
        match channel.party {
            Party::Agent(extension) => {
                conversation.answered |= conversation.direction != Some(Direction::Outbound);
                out.push(Output::Event(PbxEvent { agent: Some(extension), ..event }));
            }
            Party::Trunk if conversation.client.as_ref() == Some(&id) => {
                conversation.answered = true;
                out.push(Output::Event(event));
            }
            _ => {}
        }
    }

    fn leg_failed(
        &mut self,
        message: &Message,
        cause: Cause,
        at: Timestamp,
        out: &mut Vec<Output>,
    ) {
        let Some(id) = self.dialled(message) else {
            return;
        };
        self.end_leg(&id, Some(cause), at, out);
    }

    /// Tells the end of a dialled leg, once.
    pub(super) fn end_leg(
        &mut self,
        id: &str,
        cause: Option<Cause>,
        at: Timestamp,
        out: &mut Vec<Output>,
    ) {
        let channel = self.channels[id].clone();
        if channel.ended || channel.party == Party::Local {
            return;
        }
        let conversation = self.conversations.entry(channel.linked.clone()).or_default();
        let is_client = conversation.client.as_deref() == Some(id);
        if !channel.answered {
            conversation.last_cause = cause.or(conversation.last_cause);
        }
        let agent = match channel.party {
            Party::Agent(extension) => Some(extension),
            // Outside lines of consultations are nobody's.
            _ if !is_client => return,
            _ => None,
        };
        self.mark(id, |channel| channel.ended = true);
        let event = self.event(id, Kind::Ended, at);
        out.push(Output::Event(PbxEvent { agent, cause, ..event }));
    }

    fn hangup_request(&mut self, message: &Message) {
        let code = message.get("Cause").and_then(|code| code.parse().ok()).unwrap_or(0);
        if let Some(id) = message.get("Uniqueid") {
            self.mark(id, |channel| {
                channel.hangup_requested = true;
                channel.cause_code = code;
            });
        }
    }

    fn hangup(&mut self, message: &Message, at: Timestamp, out: &mut Vec<Output>) {
        let Some(id) = message.get("Uniqueid").map(str::to_owned) else {
            return;
        };
        let Some(channel) = self.channels.get(&id).cloned() else {
            return;
        };
        let code = message.get("Cause").and_then(|code| code.parse().ok()).unwrap_or(0);
        let own = if channel.cause_code > 0 { channel.cause_code } else { code };
        let conversation = self.conversation(&channel.linked).clone();
        let caller = conversation.client.as_ref() == Some(&id)
            && conversation.direction == Some(Direction::Inbound);
        if caller {
            let cause = if conversation.answered {
                Cause::Normal
            } else if channel.hangup_requested {
                Cause::Abandoned
            } else {
                conversation.last_cause.unwrap_or_else(|| code_cause(own))
            };
            self.end_call(&channel.linked, cause, at, out);
        } else {
            let cause = if channel.answered { Cause::Normal } else { code_cause(own) };
            self.end_leg(&id, Some(cause), at, out);
        }
        self.channels.remove(&id);
        if let Some(conversation) = self.conversations.get_mut(&channel.linked) {
            conversation.channels.remove(&id);
        }
        self.close_empty(&channel.linked, at, out);
    }

    /// Tells the end of a conversation, once.
    fn end_call(&mut self, linked: &str, cause: Cause, at: Timestamp, out: &mut Vec<Output>) {
        let Some(conversation) = self.conversations.get_mut(linked) else {
            return;
        };
        if std::mem::replace(&mut conversation.ended, true) {
            return;
        }
        let direction = conversation.direction;
        let id = format!("{linked}:call_ended:{}", at.micros());
        let event = PbxEvent {
            cause: Some(cause),
            direction,
            ..PbxEvent::new(&id, linked, Kind::Ended, at)
        };
        out.push(Output::Event(event));
    }

    /// The last channel of a conversation is gone.
    pub(super) fn close_empty(&mut self, linked: &str, at: Timestamp, out: &mut Vec<Output>) {
        let Some(conversation) = self.conversations.get(linked) else {
            return;
        };
        if !conversation.channels.is_empty() {
            return;
        }
        let outbound = conversation.direction == Some(Direction::Outbound);
        let cause = match conversation.last_cause {
            _ if conversation.answered => Cause::Normal,
            // The agent's phone was up and no line outside was found.
            None if outbound && !conversation.client_dialled => Cause::Failed,
            cause => cause.unwrap_or(Cause::Normal),
        };
        if conversation.direction.is_some() || conversation.resumed {
            self.end_call(linked, cause, at, out);
        }
        self.conversations.remove(linked);
    }

    // --- small things -------------------------------------------------------------------------

    pub(super) fn mark(&mut self, id: &str, change: impl FnOnce(&mut Channel)) {
        if let Some(channel) = self.channels.get_mut(id) {
            change(channel);
        }
    }

    fn conversation(&mut self, linked: &str) -> &Conversation {
        self.conversations.entry(linked.to_owned()).or_default()
    }

    /// An event of one leg.
    pub(super) fn event(&mut self, id: &str, kind: Kind, at: Timestamp) -> PbxEvent {
        let linked = self.channels[id].linked.clone();
        let event = self.call_event(&linked, kind, at);
        // An agent who calls gives the conversation its name; the leg needs one of its own.
        let leg_id = if id == linked { format!("{id}.a") } else { id.to_owned() };
        let event_id = format!("{leg_id}:{}:{}", kind.code(), at.micros());
        PbxEvent { event_id, leg_id, ..event }
    }

    /// An event of the whole conversation.
    pub(super) fn call_event(&mut self, linked: &str, kind: Kind, at: Timestamp) -> PbxEvent {
        let conversation = self.conversation(linked);
        let id = format!("{linked}:{}:{}", kind.code(), at.micros());
        PbxEvent {
            direction: conversation.direction,
            from: Personal::new(conversation.from.clone()),
            to: Personal::new(conversation.to.clone()),
            ..PbxEvent::new(&id, linked, kind, at)
        }
    }
}

/// `seconds.micros` since 1970.
fn timestamp(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let seconds: i64 = seconds.parse().ok()?;
    let digits: String = fraction.chars().take(6).collect();
    let micros: i64 = format!("{digits:0<6}").parse().ok()?;
    Some(Timestamp::from_micros(seconds.checked_mul(1_000_000)?.checked_add(micros)?))
}
