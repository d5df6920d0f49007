//! What the adapter remembers of channels and conversations.

use crate::domain::call::pbx_event::{Cause, Direction};
use std::collections::BTreeSet;

/// Whose phone a channel is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// An agent's, by extension.
    Agent(String),
    /// A line to the outside.
    Trunk,
    /// A half of a `Local` pair: nobody's.
    Local,
}

/// Longest extension of an agent, in digits; longer numbers are outside.
pub const EXTENSION_DIGITS_MAX: usize = 6;

/// Whether a dialled number is an extension of the office.
pub fn is_extension(number: &str) -> bool {
    (2..=EXTENSION_DIGITS_MAX).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// How channels are told apart.
#[derive(Clone, Debug)]
pub struct ChannelNames {
    /// What an agent's channel begins with, for instance `PJSIP/`.
    agent_prefix: String,
    /// What follows the extension, for instance `@agents`.
    agent_suffix: String,
    trunk_prefixes: Vec<String>,
}

impl ChannelNames {
    /// From the pattern of an agent's channel (`PJSIP/{extension}`) and the trunks' prefixes.
    pub fn new(agent_channel: &str, trunk_prefixes: &[String]) -> Self {
        let (prefix, suffix) =
            agent_channel.split_once("{extension}").unwrap_or((agent_channel, ""));
        Self {
            agent_prefix: prefix.to_owned(),
            agent_suffix: suffix.to_owned(),
            trunk_prefixes: trunk_prefixes.to_vec(),
        }
    }

    /// The channel to dial for an agent.
    pub fn agent_channel(&self, extension: &str) -> String {
        format!("{}{extension}{}", self.agent_prefix, self.agent_suffix)
    }

    /// Whose phone `channel` is.
    pub fn party(&self, channel: &str) -> Party {
        if channel.starts_with("Local/") {
            return Party::Local;
        }
        if self.trunk_prefixes.iter().any(|prefix| channel.starts_with(prefix.as_str())) {
            return Party::Trunk;
        }
        let endpoint = channel.rsplit_once('-').map_or(channel, |(endpoint, _)| endpoint);
        match endpoint.strip_prefix(self.agent_prefix.as_str()) {
            Some(rest) => {
                let extension = rest.strip_suffix(self.agent_suffix.as_str()).unwrap_or(rest);
                if is_extension(extension) {
                    Party::Agent(extension.to_owned())
                } else {
                    Party::Trunk
                }
            }
            None => Party::Trunk,
        }
    }
}

/// One channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its name, for commands.
    pub name: String,
    /// Its conversation.
    pub linked: String,
    /// Whose phone it is.
    pub party: Party,
    /// Its ringing was told.
    pub rang: bool,
    /// Its answer was told.
    pub answered: bool,
    /// Its end was told.
    pub ended: bool,
    /// It is on hold.
    pub held: bool,
    /// Its own end hung up.
    pub hangup_requested: bool,
    /// The Q.850 cause of its own end.
    pub cause_code: u16,
}

/// One conversation.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    /// Who called whom; unknown until somebody is dialled.
    pub direction: Option<Direction>,
    /// The caller's number.
    pub from: String,
    /// The called number.
    pub to: String,
    /// The client's channel.
    pub client: Option<String>,
    /// The channel that began it.
    pub first: String,
    /// Channels that are up.
    pub channels: BTreeSet<String>,
    /// Client and agent have talked.
    pub answered: bool,
    /// Somebody outside was dialled.
    pub client_dialled: bool,
    /// The queue's `Abandon` was seen: hung up, or time-out.
    pub abandoned_queue: bool,
    /// Why the last dialled leg did not answer.
    pub last_cause: Option<Cause>,
    /// Its end was told.
    pub ended: bool,
    /// It was up already when the link came up.
    pub resumed: bool,
}

/// Our cause of a `DialStatus`.
pub fn dial_cause(status: &str, cause_code: u16) -> Cause {
    match status {
        "NOANSWER" => Cause::NoAnswer,
        "CANCEL" | "ABORT" => Cause::Cancelled,
        "BUSY" if cause_code == 21 => Cause::Rejected,
        "BUSY" => Cause::Busy,
        "DONTCALL" | "TORTURE" => Cause::Rejected,
        "CONGESTION" | "CHANUNAVAIL" | "INVALIDARGS" => Cause::Failed,
        _ => Cause::Other,
    }
}

/// Our cause of a Q.850 number of a leg that was not answered.
pub const fn code_cause(code: u16) -> Cause {
    match code {
        17 => Cause::Busy,
        18 | 19 => Cause::NoAnswer,
        21 => Cause::Rejected,
        0 | 16 | 26 | 127 => Cause::Cancelled,
        1..=3 | 20 | 27 | 28 | 34 | 38 | 41 | 42 | 44 | 58 => Cause::Failed,
        _ => Cause::Other,
    }
}
