//! A loan whose book is kept here: agreement, signed schedule, operations, requests for early
//! repayment. Lives in its client's lane like every loan.
//!
//! Balances are never stored: every figure is walked from the book ([`crate::domain::credit`]).
//! Must never change an operation; what was wrong is marked as reversed.

mod command;
mod decide;
mod event;
pub mod request;
mod reversal;
#[cfg(test)]
mod tests;

pub use command::{
    BookOperation, ChangeSchedule, GrantHoliday, LedgerCommand, OpenLedger, PostPayment,
    RequestEarly, ReturnGoods,
};
pub(super) use decide::decide;
pub use decide::quote;
pub use event::{
    EarlyRequestAdvanced, EarlyRequested, FeeCharged, LedgerClosed, LedgerOpened,
    OperationReversed, PaymentPosted, PenaltyForgiven, RefundPaid, ScheduleReplaced,
};
pub use request::{EarlyRequest, RequestState};

use super::LoanStatus;
use crate::base::ids::PartId;
use crate::base::limits;
use crate::base::time::{Date, day_number};
use crate::domain::credit::ledger::{
    Agreement, Assume, Book, CurrentInterest, Operation, Position, ReplanReason, total_cap, walk,
    walk_past,
};
use crate::domain::credit::policy;
use crate::domain::credit::schedule::Plan;
use serde::{Deserialize, Serialize};

/// Who paid. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payer {
    /// The client, or somebody for him.
    Client,
    /// The shop, for returned goods.
    Shop,
}

/// Where a payment came from. Stored as the first byte of its key: append only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum PaymentSource {
    /// Typed by a person.
    #[default]
    Hand = 0,
    /// A file of payments, or another system through the API.
    Import = 1,
    /// A bank statement.
    Statement = 2,
}

impl PaymentSource {
    /// All sources.
    pub const ALL: [Self; 3] = [Self::Hand, Self::Import, Self::Statement];

    /// The key under which a payment is remembered: the source, then a hash of its own key there.
    /// `None` for an empty key: nothing tells a repeat then.
    #[must_use]
    pub fn hashed(self, key: &str) -> Option<[u8; 16]> {
        let mut short = [self as u8; 16];
        short[1..].copy_from_slice(&blake3::hash(key.as_bytes()).as_bytes()[..15]);
        (!key.is_empty()).then_some(short)
    }
}

/// Why an operation does not count. Words would be personal data; stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReversalReason {
    /// Booked by mistake.
    Mistake,
    /// The bank took the money back.
    RecalledByBank,
    /// Booked twice.
    Repeated,
    /// It belongs to another loan.
    OtherLoan,
}

/// An operation in the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booked {
    /// The operation.
    pub id: PartId,
    /// Source and hash of the key there ([`PaymentSource::hashed`]); `None` when it has none.
    pub key: Option<[u8; 16]>,
    /// Its day.
    #[serde(with = "day_number")]
    pub on: Date,
    /// Who paid, of a payment.
    pub payer: Payer,
    /// Why it does not count, if it does not.
    pub reversed: Option<ReversalReason>,
    /// What happened.
    pub operation: Operation,
}

impl Booked {
    /// Where it came from.
    #[must_use]
    pub fn source(&self) -> PaymentSource {
        let first = self.key.map_or(0, |key| key[0]);
        let known = PaymentSource::ALL.into_iter().find(|source| *source as u8 == first);
        known.unwrap_or_default()
    }
}

/// The book of a loan that is kept here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// What the parties agreed.
    pub agreement: Agreement,
    /// The schedule of the contract.
    pub plan: Plan,
    /// Operations in order of booking.
    pub booked: Vec<Booked>,
    /// Requests for early repayment, oldest first.
    pub requests: Vec<EarlyRequest>,
}

impl Own {
    /// The book: everything that counts.
    #[must_use]
    pub fn book(&self) -> Book<'_> {
        let counting = self.booked.iter().filter(|booked| booked.reversed.is_none());
        let entries = counting.map(|booked| (booked.on, &booked.operation));
        Book::of(&self.agreement, &self.plan, entries)
    }

    /// Where the loan stands at the end of `day`; what is booked later does not count.
    #[must_use]
    pub fn position(&self, day: Date) -> Position<'_> {
        walk(&self.book(), &policy::RU, day, Assume::Nothing, false)
    }

    /// The same with everything that explains its figures. `look` sees where the loan stood at the
    /// end of every day on which something happened, in order.
    pub fn explained<'a>(&'a self, day: Date, look: impl FnMut(&Position<'a>)) -> Position<'a> {
        walk_past(&self.book(), &policy::RU, day, Assume::Nothing, true, look)
    }

    /// The status on `day`; `overdue` is derived from the position.
    #[must_use]
    pub fn status(&self, day: Date) -> LoanStatus {
        self.position(day).closed.map_or(LoanStatus::Active, |(_, closing)| closing.into())
    }

    /// Whether the loan was restructured by `day`.
    #[must_use]
    pub fn is_restructured(&self, day: Date) -> bool {
        self.replans().any(|(on, reason)| on <= day && reason == ReplanReason::Restructuring)
    }

    /// Changes of the schedule that count, in order of booking.
    fn replans(&self) -> impl Iterator<Item = (Date, ReplanReason)> {
        self.booked.iter().filter(|booked| booked.reversed.is_none()).filter_map(|booked| {
            match &booked.operation {
                Operation::Replan(replan) => Some((booked.on, replan.reason)),
                _ => None,
            }
        })
    }

    /// Sums of the instalments of all schedules so far.
    #[must_use]
    pub fn instalments(&self) -> Vec<i64> {
        let replans = self.booked.iter().filter_map(|booked| match &booked.operation {
            Operation::Replan(replan) => Some(&replan.plan),
            _ => None,
        });
        let rows = std::iter::once(&self.plan).chain(replans).flat_map(|plan| &plan.rows);
        rows.map(|row| row.payment()).collect()
    }

    /// Whether money may wait in the book since its last operation: more came than had to be paid by
    /// then. Reckoned without a walk, so it may say so of a book in which nothing waits (penalty
    /// took the rest, or the schedule was changed); it never hides money that does.
    #[must_use]
    pub fn may_hold_advance(&self) -> bool {
        let counting = || self.booked.iter().filter(|booked| booked.reversed.is_none());
        let Some(last) = counting().map(|booked| booked.on).max() else {
            return false;
        };
        let (mut came, mut due) = (0_i64, 0_i64);
        for booked in counting() {
            match &booked.operation {
                Operation::Payment(amount) => came = came.saturating_add(*amount),
                Operation::Refund(amount) | Operation::Fee(amount) => {
                    due = due.saturating_add(*amount);
                }
                Operation::ForgivePenalty(_) => {}
                // What was paid before is not in the new schedule.
                Operation::Replan(_) | Operation::Close(_) => return true,
            }
        }
        if self.agreement.current_interest == CurrentInterest::Accrued
            || total_cap(&self.agreement, &self.plan, &policy::RU).is_some()
        {
            // Principal paid ahead lowers the interest that falls due; the total cap takes interest
            // away that the schedule still names.
            return came > 0;
        }
        for row in self.plan.rows.iter().filter(|row| row.due_on <= last) {
            due = due.saturating_add(row.payment());
        }
        came > due
    }

    /// Whether `id` ends the loan.
    pub(super) fn is_end(&self, id: PartId) -> bool {
        let is_close = |booked: &Booked| matches!(booked.operation, Operation::Close(_));
        self.booked.iter().any(|booked| booked.id == id && is_close(booked))
    }

    /// The operation that came with a key, if any did.
    #[must_use]
    pub fn operation_with_key(&self, key: Option<[u8; 16]>) -> Option<PartId> {
        let found = self.booked.iter().find(|booked| key.is_some() && booked.key == key);
        found.map(|booked| booked.id)
    }

    /// Rows of all schedules so far.
    #[must_use]
    pub fn schedule_rows(&self) -> usize {
        let later: usize = self
            .booked
            .iter()
            .map(|booked| match &booked.operation {
                Operation::Replan(replan) => replan.plan.rows.len(),
                _ => 0,
            })
            .sum();
        self.plan.rows.len() + later
    }

    pub(super) fn new(opened: &LedgerOpened) -> Self {
        Self {
            agreement: opened.agreement.clone(),
            plan: opened.plan.clone(),
            booked: Vec::new(),
            requests: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, id: PartId, on: Date, operation: Operation) {
        let payer = Payer::Client;
        self.booked.push(Booked { id, key: None, on, payer, reversed: None, operation });
    }

    pub(super) fn post(&mut self, posted: &PaymentPosted) {
        self.booked.push(Booked {
            id: posted.id,
            key: posted.key,
            on: posted.on,
            payer: posted.payer,
            reversed: None,
            operation: Operation::Payment(posted.amount),
        });
    }

    pub(super) fn reverse(&mut self, reversed: &OperationReversed) {
        if let Some(booked) = self.booked.iter_mut().find(|booked| booked.id == reversed.id) {
            booked.reversed = Some(reversed.reason);
        }
    }

    pub(super) fn request(&mut self, request: &EarlyRequest) {
        if self.requests.len() >= limits::EARLY_REQUESTS_MAX {
            // The oldest one that has ended; decide lets no more in when none has.
            if let Some(place) = self.requests.iter().position(|known| !known.state.is_open()) {
                self.requests.remove(place);
            }
        }
        self.requests.push(request.clone());
    }

    pub(super) fn advance(&mut self, advanced: &EarlyRequestAdvanced) {
        if let Some(request) = self.requests.iter_mut().find(|known| known.id == advanced.id) {
            request.state = advanced.state;
            request.quoted = advanced.quoted.unwrap_or(request.quoted);
        }
    }
}
