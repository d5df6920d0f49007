//! The life of a request for early repayment: received → calculated → funds awaited → executed,
//! expired or withdrawn (domain.md 2.8). Pure: days come from outside.

use crate::base::ids::PartId;
use crate::base::time::{Date, day_number};
use crate::domain::credit::early::Early;
use serde::{Deserialize, Serialize};

/// Where a request stands. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// It came in.
    Received,
    /// The sum to bring is known.
    Calculated,
    /// The client knows the sum; money is waited for.
    FundsAwaited,
    /// Done.
    Executed,
    /// The money did not come in time.
    Expired,
    /// The client took it back.
    Withdrawn,
}

/// What can happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestStep {
    /// The sum is calculated.
    Calculate,
    /// The client was told.
    AwaitFunds,
    /// It is carried out.
    Execute,
    /// Its day has passed without money.
    Expire,
    /// The client takes it back.
    Withdraw,
}

impl RequestState {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Received,
        Self::Calculated,
        Self::FundsAwaited,
        Self::Executed,
        Self::Expired,
        Self::Withdrawn,
    ];
    /// Whether something is still to happen.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Received | Self::Calculated | Self::FundsAwaited)
    }
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Calculated => "calculated",
            Self::FundsAwaited => "funds_awaited",
            Self::Executed => "executed",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
    /// Where `step` leads; `None` when it cannot happen here.
    #[must_use]
    pub const fn after(self, step: RequestStep) -> Option<Self> {
        match (self, step) {
            (Self::Received | Self::Calculated | Self::FundsAwaited, RequestStep::Calculate) => {
                Some(Self::Calculated)
            }
            (Self::Calculated, RequestStep::AwaitFunds) => Some(Self::FundsAwaited),
            (Self::FundsAwaited, RequestStep::Execute) => Some(Self::Executed),
            (Self::Calculated | Self::FundsAwaited, RequestStep::Expire) => Some(Self::Expired),
            (_, RequestStep::Withdraw) if self.is_open() => Some(Self::Withdrawn),
            _ => None,
        }
    }
}

/// A request for early repayment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlyRequest {
    /// The request.
    pub id: PartId,
    /// The day it came in.
    #[serde(with = "day_number")]
    pub received_on: Date,
    /// The day of the early repayment.
    #[serde(with = "day_number")]
    pub on: Date,
    /// What is repaid.
    pub early: Early,
    /// A return within the days of withdrawal.
    pub is_withdrawal: bool,
    /// Where it stands.
    pub state: RequestState,
    /// What to bring on the day, kopecks.
    pub quoted: i64,
}
