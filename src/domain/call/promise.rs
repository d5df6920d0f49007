//! A promise to pay, as the client gave it at the end of a call (domain.md 5.5, product D10).
//!
//! Knows what a promise must say; whether it was kept is not decided here.

use crate::base::limits::PROMISE_DAYS_MAX;
use crate::base::money::Money;
use crate::base::time::Date;
use crate::domain::FieldFault;
use chrono::Days;
use serde::{Deserialize, Serialize};

/// A promise to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// How much.
    pub amount: Money,
    /// By which day in the lender's zone, that day included.
    pub due_on: Date,
}

impl Promise {
    /// What is wrong with a promise given on `today`.
    #[must_use]
    pub fn faults(&self, today: Date) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if self.amount.minor() <= 0 {
            let message = "write how much the client promised to pay";
            faults.push(FieldFault::new("promise.amount", "out_of_range", message));
        }
        let last = today.checked_add_days(Days::new(PROMISE_DAYS_MAX)).unwrap_or(today);
        if !(today..=last).contains(&self.due_on) {
            let message = format!(
                "choose a day from today to {PROMISE_DAYS_MAX} days ahead; a later one is no promise"
            );
            faults.push(FieldFault::new("promise.due_on", "out_of_range", message));
        }
        faults
    }
}
