//! Cards opened by hand and the exchange's own word of the same talk: one record, whichever of the
//! two is known first.

use super::call_lane::CallLane;
use super::telephony::LinkState;
use super::{ServiceError, Services};
use crate::actors::Lane;
use crate::base::ids::{CallId, ClientId, UserId};
use crate::base::phone;
use crate::domain::call::joining::{TALK_SECONDS_MAX, Told, can_be_taken, is_same_talk};
use crate::domain::call::pbx_event::{Direction, PbxEvent};
use crate::store::{StoreError, keys};
use std::collections::BTreeMap;

/// Cards by hand that are looked at for one conversation.
const CARDS_LOOKED_AT_MAX: usize = 200;

impl Services {
    /// The card that an operator opened by hand for the talk that an exchange begins to tell of.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(super) fn card_of_talk(
        &self,
        events: &[PbxEvent],
        users: &BTreeMap<String, UserId>,
        clients: &[ClientId],
    ) -> Result<Option<CallId>, StoreError> {
        let Some(first) = events.iter().map(|event| event.at).min() else { return Ok(None) };
        let newest = keys::hand_cards_from(first.plus_seconds(TALK_SECONDS_MAX));
        let oldest = keys::hand_cards_from(first.plus_seconds(-TALK_SECONDS_MAX));
        let mut cards = Vec::new();
        self.store.scan(&keys::hand_cards(), &newest, |key, _| {
            let near = key <= oldest.as_slice();
            cards.extend(keys::trailing_id(key).filter(|_| near));
            near && cards.len() < CARDS_LOOKED_AT_MAX
        })?;
        for id in cards {
            let lane = CallLane::load(&self.store, id)?;
            if is_same_talk(lane.state(), Told { events, users, clients }) {
                return Ok(Some(CallId::from_uuid(id)));
            }
        }
        Ok(None)
    }

    /// A call of `number` that an exchange announced before its link went down, and that rings
    /// nowhere but at `extension`.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(super) fn silent_call(
        &self,
        number: &str,
        extension: &str,
        direction: Direction,
    ) -> Result<Option<CallId>, ServiceError> {
        let Ok(wanted) = phone::parse(number) else { return Ok(None) };
        let links = self.telephony.links();
        let silent =
            |source: &str| links.get(source).is_none_or(|link| link.state != LinkState::Up);
        let fits = |lane: &CallLane| {
            let call = lane.state();
            let number = call.progress(None).client_number;
            silent(&call.source)
                && can_be_taken(call, extension, direction)
                && phone::parse(number.reveal()).is_ok_and(|known| known.e164 == wanted.e164)
        };
        let live = self.live_calls()?;
        Ok(live.into_iter().find(|(_, lane)| fits(lane)).map(|(id, _)| id))
    }
}
