//! Loans of any terms: calculator and early-repayment quotes without a client.

use super::{Caller, ServiceError, Services};
use crate::domain::access::Action;
use crate::domain::calendar::Calendar;
use crate::domain::credit::calculator::{self, Calculation, LoanAsk, QuoteAsk, QuoteView};
use crate::domain::credit::policy;

impl Services {
    /// Calculates a loan.
    ///
    /// # Errors
    /// `Forbidden`; `Rejected` names every field at fault.
    pub fn calculate_loan(
        &self,
        caller: &Caller,
        ask: &LoanAsk,
    ) -> Result<Calculation, ServiceError> {
        caller.grant(Action::CalculateLoans)?;
        Ok(calculator::calculate(ask, &Calendar::RU)?)
    }

    /// Quotes an early repayment of a loan that is paid in time.
    ///
    /// # Errors
    /// `Forbidden`; `Rejected` names every field at fault, or the rule against it.
    pub fn quote_loan(&self, caller: &Caller, ask: &QuoteAsk) -> Result<QuoteView, ServiceError> {
        caller.grant(Action::CalculateLoans)?;
        Ok(calculator::quote(ask, &policy::RU, &Calendar::RU)?)
    }
}
