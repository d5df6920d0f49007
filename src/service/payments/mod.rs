//! Incoming payments: the movements of bank statements as people work with them — posted to a loan
//! by hand, put aside, taken back — and money that waits in loans' books.
//!
//! A booking and the movement that it comes from change in one command, so neither can say what the
//! other does not. Must never show a payer's name, INN or account in full without the right to it.

mod views;
mod work;

pub use views::{IncomingPaymentView, RecallView, SuggestionView, UnallocatedView};

use super::access_log::AccessKind;
use super::{Caller, ServiceError, Services};
use crate::base::ids::{IncomingPaymentId, LoanId, StatementId};
use crate::domain::access::{Action, Mask};
use crate::domain::loan::Loan;
use crate::domain::statement::payment::{IncomingPayment, PaymentState};
use crate::domain::{FieldFault, Rejection, StreamId, StreamKind};
use crate::store::keys;
use uuid::Uuid;

/// Loans that one page of waiting money looks at.
const LOOKED_AT_MAX: usize = 4_000;

fn stream(id: IncomingPaymentId) -> StreamId {
    StreamId::new(StreamKind::IncomingPayment, id.uuid())
}

/// Where a page begins: behind the key that the cursor names.
fn start_of(prefix: &[u8], cursor: Option<&str>) -> Result<Vec<u8>, ServiceError> {
    let mut start = prefix.to_vec();
    if let Some(cursor) = cursor {
        let bytes = data_encoding::HEXLOWER.decode(cursor.as_bytes()).map_err(|_| {
            let help = "take the cursor from the page before";
            Rejection::invalid(vec![FieldFault::new("cursor", "unknown_value", help)])
        })?;
        start.extend(bytes);
        start.push(0);
    }
    Ok(start)
}

/// A cursor behind `key`.
fn cursor_of(prefix: &[u8], key: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(key.get(prefix.len()..).unwrap_or_default())
}

impl Services {
    /// Identifiers at the ends of keys that begin with `prefix`, and where the next page begins.
    pub(super) fn page_of(
        &self,
        prefix: Vec<u8>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Uuid>, Option<String>), ServiceError> {
        let start = start_of(&prefix, cursor)?;
        let mut found: Vec<Vec<u8>> = Vec::new();
        self.store.scan(&prefix, &start, |key, _| {
            found.push(key.to_vec());
            found.len() <= limit
        })?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|key| cursor_of(&prefix, key));
        Ok((found.iter().filter_map(|key| keys::trailing_id(key)).collect(), next))
    }

    /// A page of movements, newest first: of one state, or of all.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`; `Rejected` for a cursor that is none.
    pub fn incoming_payments(
        &self,
        caller: &Caller,
        state: Option<PaymentState>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<IncomingPaymentView>, Option<String>), ServiceError> {
        let grant = caller.grant(Action::ReadPayments)?;
        let (ids, next) = self.page_of(keys::payments(state), cursor, limit)?;
        self.record_access(caller, AccessKind::Search, None, "")?;
        Ok((self.payment_views(ids, grant.fields)?, next))
    }

    /// A page of the movements of a file, in its order; those known from an earlier file stand there.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`; `Rejected` for a cursor that is none.
    pub fn entries_of_statement(
        &self,
        caller: &Caller,
        id: StatementId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<IncomingPaymentView>, Option<String>), ServiceError> {
        let grant = caller.grant(Action::ReadPayments)?;
        let (ids, next) = self.page_of(keys::entries_of_statement(id.uuid()), cursor, limit)?;
        self.record_access(caller, AccessKind::Search, None, "")?;
        Ok((self.payment_views(ids, grant.fields)?, next))
    }

    fn payment_views(
        &self,
        ids: Vec<Uuid>,
        mask: Mask,
    ) -> Result<Vec<IncomingPaymentView>, ServiceError> {
        let mut views = Vec::with_capacity(ids.len());
        for id in ids.into_iter().map(IncomingPaymentId::from_uuid) {
            let loaded = self.store.load::<IncomingPayment>(stream(id))?;
            views.extend(self.payment_view(id, &loaded.state, mask)?);
        }
        Ok(views)
    }

    /// One movement.
    ///
    /// # Errors
    /// `Forbidden`, not found, `Unavailable`.
    pub fn incoming_payment(
        &self,
        caller: &Caller,
        id: IncomingPaymentId,
    ) -> Result<IncomingPaymentView, ServiceError> {
        let grant = caller.grant(Action::ReadPayments)?;
        let loaded = self.store.load::<IncomingPayment>(stream(id))?;
        self.record_access(caller, AccessKind::Search, None, "")?;
        let view = self.payment_view(id, &loaded.state, grant.fields)?;
        Ok(view.ok_or_else(|| Rejection::not_found("payment"))?)
    }

    /// A page of loans in whose books money waits today. A page may hold fewer than `limit`, even
    /// none, and still have a next one: so many loans are looked at and no more.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`; `Rejected` for a cursor that is none.
    pub fn unallocated(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<UnallocatedView>, Option<String>), ServiceError> {
        caller.grant(Action::ReadPayments)?;
        self.record_access(caller, AccessKind::Search, None, "")?;
        let prefix = keys::advances();
        let start = start_of(&prefix, cursor)?;
        let mut candidates: Vec<Vec<u8>> = Vec::new();
        self.store.scan(&prefix, &start, |key, _| {
            candidates.push(key.to_vec());
            candidates.len() <= LOOKED_AT_MAX
        })?;
        let (mut views, mut looked_at) = (Vec::new(), 0);
        for key in candidates.iter().take(LOOKED_AT_MAX) {
            if views.len() == limit {
                break;
            }
            looked_at += 1;
            let (Some(client), Some(loan)) = (keys::client_of_advance(key), keys::trailing_id(key))
            else {
                continue;
            };
            let stream = StreamId::owned(StreamKind::Loan, client, loan);
            let loaded = self.store.load::<Loan>(stream)?;
            let waits = loaded.state.own.as_ref().map(|own| own.position(self.today()).advance);
            if let Some(waits) = waits.filter(|waits| *waits > 0) {
                let loan = LoanId::from_uuid(loan);
                views.push(self.unallocated_view(client, loan, &loaded.state, waits)?);
            }
        }
        let more = looked_at < candidates.len();
        let last = looked_at.checked_sub(1).and_then(|last| candidates.get(last));
        let next = last.filter(|_| more).map(|key| cursor_of(&prefix, key));
        Ok((views, next))
    }
}
