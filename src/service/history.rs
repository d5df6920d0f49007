//! The history of one client: calls, notes, payments, in one list, newest first (product H5).

use super::access_log::AccessKind;
use super::cards::MoneyView;
use super::{Caller, ServiceError, Services};
use crate::actors::ClientLane;
use crate::base::ids::{CallId, ClientId};
use crate::base::time::Timestamp;
use crate::domain::access::Action;
use crate::domain::call::Disposition;
use crate::store::keys;
use serde::Serialize;
use uuid::Uuid;

/// One line of a client's history.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct HistoryItem {
    /// `call`, `note`, `payment`.
    pub kind: &'static str,
    /// When.
    pub at: String,
    /// The call.
    pub call_id: Option<String>,
    /// `inbound`, `outbound`, `internal`.
    pub direction: Option<&'static str>,
    /// The technical result of the call.
    pub result: Option<&'static str>,
    /// Who did it.
    pub operator: Option<String>,
    /// Titles of the topics.
    pub topics: Vec<String>,
    /// Free words.
    pub comment: Option<String>,
    /// The result.
    pub disposition: Option<Disposition>,
    /// Seconds of talk.
    pub talk_seconds: Option<i64>,
    /// What a payment is: its kind and its sum.
    pub title: Option<String>,
    /// The sum of a payment.
    pub amount: Option<MoneyView>,
    #[serde(skip)]
    order: Timestamp,
}

impl HistoryItem {
    fn new(kind: &'static str, at: Timestamp) -> Self {
        Self {
            kind,
            at: at.to_rfc3339(),
            call_id: None,
            direction: None,
            result: None,
            operator: None,
            topics: Vec::new(),
            comment: None,
            disposition: None,
            talk_seconds: None,
            title: None,
            amount: None,
            order: at,
        }
    }
}

/// A page of history.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct HistoryPage {
    /// Newest first.
    pub items: Vec<HistoryItem>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

impl Services {
    /// What happened with a client before `before` (microseconds; `None` is now), newest first.
    /// Payments are shown to those who may see sums.
    ///
    /// # Errors
    /// `Forbidden`, not found, `Unavailable`.
    pub async fn client_history(
        &self,
        caller: &Caller,
        client: ClientId,
        call: Option<CallId>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<HistoryPage, ServiceError> {
        let grant = caller.grant(Action::ReadClients)?;
        let sight = self.sight_in_call(caller, grant, call, client).await?;
        let lane = self.clients.look(client.uuid(), ClientLane::clone).await?;
        Self::check_scope(grant, &lane)?;
        self.record_access(caller, AccessKind::Card, Some(client), "")?;
        let before = Timestamp::from_micros(before.unwrap_or(i64::MAX));
        let mut items = self.client_calls(caller, client, before, limit + 1)?;
        if sight.money {
            items.extend(self.client_notes(&lane, before));
            items.extend(self.client_payments(&lane, before));
        } else {
            // What was said in other calls is as private as the notes.
            for item in &mut items {
                item.comment = None;
                item.topics.clear();
                item.disposition = None;
            }
        }
        items.sort_by_key(|item| std::cmp::Reverse(item.order));
        let more = cut(&mut items, limit);
        let last = items.last().map(|item| item.order.micros().to_string());
        Ok(HistoryPage { items, next_cursor: last.filter(|_| more) })
    }

    fn client_calls(
        &self,
        caller: &Caller,
        client: ClientId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<HistoryItem>, ServiceError> {
        let prefix = keys::history_of(client.uuid());
        // Keys are inverted in time: what is older than `before` follows its key.
        let older = Timestamp::from_micros(before.micros().saturating_sub(1));
        let start = keys::history(client.uuid(), older, Uuid::nil());
        let mut calls = Vec::new();
        self.store.scan(&prefix, &start, |key, _| {
            calls.extend(keys::trailing_id(key).map(CallId::from_uuid));
            calls.len() < limit
        })?;
        calls
            .into_iter()
            .map(|id| {
                let lane = self.load_call(id)?;
                let view = self.call_view(caller, id, &lane);
                Ok(HistoryItem {
                    call_id: Some(view.id),
                    direction: Some(view.direction),
                    result: view.result,
                    operator: view.operator.map(|operator| operator.name),
                    topics: view.topics.into_iter().map(|topic| topic.title).collect(),
                    comment: Some(view.comment),
                    disposition: view.disposition,
                    talk_seconds: Some(view.talk_seconds),
                    ..HistoryItem::new("call", lane.state().opened_at)
                })
            })
            .collect()
    }

    fn client_notes(&self, lane: &ClientLane, before: Timestamp) -> Vec<HistoryItem> {
        let notes = lane.client.state.notes.iter().filter(|note| note.at < before);
        notes
            .map(|note| HistoryItem {
                operator: Some(self.people.name_of(note.by)),
                comment: Some(note.text.reveal().clone()),
                ..HistoryItem::new("note", note.at)
            })
            .collect()
    }

    fn client_payments(&self, lane: &ClientLane, before: Timestamp) -> Vec<HistoryItem> {
        let mut items = Vec::new();
        for loan in lane.loans.values() {
            let state = &loan.state;
            for payment in state.money_moved() {
                let midnight = payment.on.and_time(chrono::NaiveTime::MIN).and_utc();
                let at = Timestamp::from_utc(midnight);
                if at < before {
                    let amount = MoneyView::from(state.money(payment.amount));
                    items.push(HistoryItem {
                        title: serde_json::to_value(payment.kind)
                            .ok()
                            .and_then(|kind| kind.as_str().map(str::to_owned)),
                        amount: Some(amount),
                        ..HistoryItem::new("payment", at)
                    });
                }
            }
        }
        items
    }
}

/// Cuts a list, newest first, to a page; gives whether anything is left. The next page begins before
/// the last instant of this one, so what has one instant (all payments of a day) stays together.
fn cut(items: &mut Vec<HistoryItem>, limit: usize) -> bool {
    let last = limit.checked_sub(1).and_then(|last| items.get(last)).map(|item| item.order);
    let end = items.partition_point(|item| last.is_none_or(|last| item.order >= last));
    let more = items.len() > end;
    items.truncate(end);
    more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payments_of_one_day_are_never_parted_by_a_page() {
        let cut_at = |limit| {
            let times = [9, 7, 7, 7, 5].map(Timestamp::from_micros);
            let mut items: Vec<HistoryItem> =
                times.into_iter().map(|at| HistoryItem::new("payment", at)).collect();
            let more = cut(&mut items, limit);
            (items.len(), more)
        };
        assert_eq!(
            [1, 2, 4, 5, 9].map(cut_at),
            [(1, true), (4, true), (4, true), (5, false), (5, false)]
        );
    }
}
