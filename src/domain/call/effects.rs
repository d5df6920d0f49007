//! What the operators concerned must see and do when a call has changed.
//!
//! Computed from the call before and after, so it does not matter which event brought the change,
//! nor whether the events came in order.

use super::Call;
use super::pbx_event::Cause;
use super::progress::{Participant, Progress, Role, Stage};
use crate::base::ids::UserId;
use std::collections::BTreeMap;

/// Somebody at the phones: an extension, a person, or both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Station {
    /// The extension; empty for a card by hand without a phone.
    pub extension: String,
    /// Who sat there when the call came.
    pub user: Option<UserId>,
}

/// What one operator must see and do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEffect {
    /// The phone rings: show the card.
    Offered {
        /// Whose phone.
        station: Station,
        /// The call was handed over.
        transfer: bool,
    },
    /// On the line: show the card.
    Connected {
        /// Whose phone.
        station: Station,
        /// The call was handed over.
        transfer: bool,
    },
    /// The offer is over without an answer: take the card away.
    Missed {
        /// Whose phone.
        station: Station,
        /// Why; `no_answer`, `busy` and `rejected` are the operator's own.
        cause: Option<Cause>,
    },
    /// The call went on, or was internal: take the card away, nothing to write.
    Left {
        /// Whose phone.
        station: Station,
    },
    /// The line is closed: the card stays for the result.
    WrapUp {
        /// Whose phone.
        station: Station,
    },
    /// The result is written.
    Finished {
        /// Whose phone.
        station: Station,
    },
    /// The card changed.
    Changed {
        /// Whose phone.
        station: Station,
    },
}

/// Where one operator stands in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Has nothing to do with it, or no more.
    Away,
    /// The phone rings.
    Ringing,
    /// The result is to be written.
    WrapUp,
    /// On the line.
    Connected,
}

/// Where a person stands in a call, at whichever extension.
#[must_use]
pub fn standing_of(call: &Call, user: UserId) -> Standing {
    let standings = standings(call);
    let own = standings.iter().filter(|(extension, _)| call.users.get(*extension) == Some(&user));
    own.map(|(_, standing)| *standing).max().unwrap_or(Standing::Away)
}

/// What changed for whom, in order of extension.
#[must_use]
pub fn effects(before: &Call, after: &Call) -> Vec<CallEffect> {
    let (was, is) = (standings(before), standings(after));
    let is_progress = after.exists().then(|| after.progress(None));
    let mut effects = Vec::new();
    let mut extensions: Vec<&String> = was.keys().chain(is.keys()).collect();
    extensions.sort_unstable();
    extensions.dedup();
    for extension in extensions {
        let station =
            Station { extension: extension.clone(), user: after.users.get(extension).copied() };
        let old = was.get(extension).copied().unwrap_or(Standing::Away);
        let new = is.get(extension).copied().unwrap_or(Standing::Away);
        let part = is_progress.as_ref().and_then(|progress| last_part(progress, extension));
        if let Some(effect) = change(station, old, new, part, before, after) {
            effects.push(effect);
        }
    }
    effects
}

fn change(
    station: Station,
    old: Standing,
    new: Standing,
    part: Option<&Participant>,
    before: &Call,
    after: &Call,
) -> Option<CallEffect> {
    let transfer = part.is_some_and(|part| part.role == Role::Transfer);
    Some(match (old, new) {
        (Standing::Away, Standing::Away) => return None,
        (same, now) if same == now => {
            if before == after {
                return None;
            }
            CallEffect::Changed { station }
        }
        (_, Standing::Ringing) => CallEffect::Offered { station, transfer },
        (_, Standing::Connected) => CallEffect::Connected { station, transfer },
        (_, Standing::WrapUp) => CallEffect::WrapUp { station },
        (Standing::Ringing, Standing::Away) => {
            CallEffect::Missed { station, cause: part.and_then(|part| part.cause) }
        }
        (Standing::WrapUp, Standing::Away) if after.finished.is_some() => {
            CallEffect::Finished { station }
        }
        // Finished while still talking: the end of the line is the end of the call.
        (Standing::Connected, Standing::Away)
            if after.finished.is_some() && is_owner(after, &station) =>
        {
            CallEffect::Finished { station }
        }
        (Standing::Connected | Standing::WrapUp, Standing::Away) => CallEffect::Left { station },
    })
}

fn is_owner(call: &Call, station: &Station) -> bool {
    call.progress(None).owner.as_ref() == Some(&station.extension)
}

fn last_part<'a>(progress: &'a Progress, extension: &str) -> Option<&'a Participant> {
    progress.participants.iter().rev().find(|part| part.extension == extension)
}

fn standings(call: &Call) -> BTreeMap<String, Standing> {
    let mut standings = BTreeMap::new();
    if !call.exists() {
        return standings;
    }
    let progress = call.progress(None);
    for part in &progress.participants {
        let standing = if part.is_connected() {
            Standing::Connected
        } else if part.is_ringing() {
            Standing::Ringing
        } else {
            continue;
        };
        standings.insert(part.extension.clone(), standing);
    }
    if progress.stage == Stage::WrapUp
        && let Some(owner) = progress.owner
    {
        standings.insert(owner, Standing::WrapUp);
    }
    standings
}
