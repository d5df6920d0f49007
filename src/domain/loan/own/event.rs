//! What happened to a loan that is kept here. Payloads are frozen once released (design 6).

use super::request::{EarlyRequest, RequestState};
use super::{Payer, ReversalReason};
use crate::base::ids::PartId;
use crate::base::time::{Date, day_number};
use crate::domain::credit::ledger::{Agreement, Closing, Replan};
use crate::domain::credit::schedule::Plan;
use serde::{Deserialize, Serialize};

/// The book was opened: agreement and signed schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerOpened {
    /// What the parties agreed.
    pub agreement: Agreement,
    /// The schedule as signed.
    pub plan: Plan,
}

/// A payment was booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentPosted {
    /// The operation.
    pub id: PartId,
    /// Source and hash of its key there ([`super::PaymentSource::hashed`]).
    pub key: Option<[u8; 16]>,
    /// Booking day.
    #[serde(with = "day_number")]
    pub on: Date,
    /// Kopecks.
    pub amount: i64,
    /// Who paid.
    pub payer: Payer,
}

/// An operation does not count any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationReversed {
    /// The operation.
    pub id: PartId,
    /// Why.
    pub reason: ReversalReason,
}

/// A fee became due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeCharged {
    /// The operation.
    pub id: PartId,
    /// Its day.
    #[serde(with = "day_number")]
    pub on: Date,
    /// Kopecks.
    pub amount: i64,
}

/// Penalty was forgiven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PenaltyForgiven {
    /// The operation.
    pub id: PartId,
    /// Its day.
    #[serde(with = "day_number")]
    pub on: Date,
    /// Kopecks.
    pub amount: i64,
}

/// Money went back to the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundPaid {
    /// The operation.
    pub id: PartId,
    /// Its day.
    #[serde(with = "day_number")]
    pub on: Date,
    /// Kopecks.
    pub amount: i64,
}

/// The schedule was replaced: early repayment, goods, holiday, restructuring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleReplaced {
    /// The operation.
    pub id: PartId,
    /// Its day.
    #[serde(with = "day_number")]
    pub on: Date,
    /// What replaced it.
    pub replan: Replan,
}

/// The loan ended otherwise than by its last payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerClosed {
    /// The operation.
    pub id: PartId,
    /// Its day.
    #[serde(with = "day_number")]
    pub on: Date,
    /// How.
    pub closing: Closing,
}

/// An early repayment was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlyRequested {
    /// The request.
    pub request: EarlyRequest,
}

/// A request for early repayment went on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlyRequestAdvanced {
    /// The request.
    pub id: PartId,
    /// Where it stands now.
    pub state: RequestState,
    /// What to bring on the day, when it was calculated anew; kopecks.
    pub quoted: Option<i64>,
}
