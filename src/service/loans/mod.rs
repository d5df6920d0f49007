//! Loans: what stands in them, why, and what an early repayment would mean; the calculator for any
//! terms. Changes are in [`commands`].
//!
//! Must never show more of a loan than the client's card shows to the same caller.

pub mod commands;
pub mod explained;
pub mod shown;
pub mod views;

use super::access_log::AccessKind;
use super::cards::Sight;
use super::{Caller, ServiceError, Services};
use crate::base::ids::{CallId, ClientId, LoanId};
use crate::base::time::Date;
use crate::domain::access::{Action, Grant};
use crate::domain::calendar::Calendar;
use crate::domain::credit::calculator::{self, Calculation, LoanAsk, QuoteAsk, QuoteView, decimal};
use crate::domain::credit::early::{self, EarlyFault};
use crate::domain::credit::figures::{Line, Which};
use crate::domain::credit::interest::Rate;
use crate::domain::credit::ledger::Book;
use crate::domain::credit::policy;
use crate::domain::credit::typed::Faults;
use crate::domain::loan::{Loan, own, reconcile};
use crate::domain::{Rejection, StreamKind};
use std::sync::Arc;
use views::{EarlyQuoteView, FigureLine, FigureView, LoanDetail};

fn no_such_loan() -> ServiceError {
    Rejection::not_found("loan").into()
}

impl Services {
    /// The client of a loan.
    ///
    /// # Errors
    /// `Rejected` when there is no such loan.
    pub fn client_of_loan(&self, loan: LoanId) -> Result<ClientId, ServiceError> {
        let owner = self.store.owner_of(StreamKind::Loan, loan.uuid())?;
        owner.map(ClientId::from_uuid).ok_or_else(no_such_loan)
    }

    /// The loan, and how much of it the caller sees by the call that he works on.
    pub(super) async fn loan_in_call(
        &self,
        caller: &Caller,
        grant: Grant,
        loan: LoanId,
        call: Option<CallId>,
    ) -> Result<(Arc<Loan>, Sight), ServiceError> {
        let client = self.client_of_loan(loan)?;
        let sight = self.sight_in_call(caller, grant, call, client).await?;
        let found = self.clients.look(client.uuid(), move |lane| {
            Self::check_scope(grant, lane).ok()?;
            lane.loans.get(&loan).map(|found| Arc::clone(&found.state))
        });
        Ok((found.await?.ok_or_else(no_such_loan)?, sight))
    }

    /// As [`Self::loan_in_call`], to be read: that is on record.
    async fn loan_to_read(
        &self,
        caller: &Caller,
        loan: LoanId,
        call: Option<CallId>,
    ) -> Result<(Arc<Loan>, Sight), ServiceError> {
        let grant = caller.grant(Action::ReadClients)?;
        let (found, sight) = self.loan_in_call(caller, grant, loan, call).await?;
        self.record_access(caller, AccessKind::Loan, found.client, "")?;
        Ok((found, sight))
    }

    /// A loan with everything that is known of it on `on` (today when left out), redacted as the
    /// client's card is.
    ///
    /// # Errors
    /// `Forbidden`; `Rejected` when there is no such loan, or for a day before its issue.
    pub async fn loan_detail(
        &self,
        caller: &Caller,
        loan: LoanId,
        call: Option<CallId>,
        on: Option<Date>,
    ) -> Result<LoanDetail, ServiceError> {
        let (found, sight) = self.loan_to_read(caller, loan, call).await?;
        let today = self.today();
        let on = checked_day(&found, on, today)?;
        Ok(shown::detail(&found, sight, on, today))
    }

    /// A figure of a loan with the lines that make it, of a row of the schedule that of row `n`.
    ///
    /// # Errors
    /// `Forbidden`, also below the level that sums need; `Rejected` as for [`Self::loan_detail`],
    /// and when there is no such figure or row.
    pub async fn explain_loan(
        &self,
        caller: &Caller,
        loan: LoanId,
        call: Option<CallId>,
        figure: &str,
        n: Option<u16>,
        on: Option<Date>,
    ) -> Result<FigureView, ServiceError> {
        let (found, sight) = self.loan_to_read(caller, loan, call).await?;
        check_sums(sight)?;
        let on = checked_day(&found, on, self.today())?;
        let which = asked_figure(figure, n)?;
        if which == Which::FullCost && found.own.is_none() {
            let mut faults = Faults::default();
            let help =
                "the system that keeps this loan does not tell its full cost; see the agreement";
            faults.add("figure", "not_allowed", help);
            return Err(Rejection::invalid(faults.0).into());
        }
        explained::figure(&found, on, which, n).ok_or_else(|| {
            let mut faults = Faults::default();
            let help = "the schedule of this day has no such row; take a number that stands in it";
            faults.add("n", "unknown_value", help);
            Rejection::invalid(faults.0).into()
        })
    }

    /// What an early repayment of a loan on `on` would mean. For a loan of another system it is an
    /// estimate from the schedule told.
    ///
    /// # Errors
    /// `Forbidden`, also below the level that sums need; `Rejected` names every field at fault, or
    /// the rule against it.
    pub async fn early_quote(
        &self,
        caller: &Caller,
        loan: LoanId,
        call: Option<CallId>,
        on: Date,
        kind: &str,
        amount: Option<&str>,
    ) -> Result<EarlyQuoteView, ServiceError> {
        let (found, sight) = self.loan_to_read(caller, loan, call).await?;
        check_sums(sight)?;
        let (early, is_withdrawal) = calculator::early(kind, amount).map_err(Rejection::invalid)?;
        let told;
        let book = match &found.own {
            Some(own) => own.book(),
            None => {
                told = told_book(&found)?;
                told.book()
            }
        };
        let today = self.today();
        checked_day(&found, Some(on), today)?;
        let quote = own::quote(&book, today, on, early, is_withdrawal)?;
        Ok(quote_view(&book, &quote, kind, today, found.own.is_none()))
    }

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

/// The day asked for, today when none was.
fn checked_day(loan: &Loan, on: Option<Date>, today: Date) -> Result<Date, Rejection> {
    let on = on.unwrap_or(today);
    let mut faults = Faults::default();
    faults.date("on", on);
    if on < loan.terms.issued_on.min(today) {
        faults.add("on", "before_issue", "the day is before the loan was issued");
    }
    if faults.0.is_empty() { Ok(on) } else { Err(Rejection::invalid(faults.0)) }
}

/// The figure of this name; of a row of the schedule, a number must name the row.
fn asked_figure(figure: &str, n: Option<u16>) -> Result<Which, Rejection> {
    let mut faults = Faults::default();
    let known: Vec<&str> = Which::ALL.iter().map(|which| which.code()).collect();
    let help = format!("choose one of {}", known.join(", "));
    let which = faults.word("figure", Which::parse(figure), &help);
    match which {
        Some(which) if which.is_of_instalment() && n.is_none() => {
            faults.add("n", "required", "say which row of the schedule, by its number");
        }
        Some(which) if !which.is_of_instalment() && n.is_some() => {
            faults.add("n", "not_allowed", "this figure is of no single row; leave the number out");
        }
        _ => {}
    }
    match which {
        Some(which) if faults.0.is_empty() => Ok(which),
        _ => Err(Rejection::invalid(faults.0)),
    }
}

/// Refuses where the card would hide the sums.
pub(super) fn check_sums(sight: Sight) -> Result<(), Rejection> {
    if sight.money { Ok(()) } else { Err(Rejection::forbidden("identify the client first")) }
}

/// The book of another system's loan, as far as it is told.
fn told_book(loan: &Loan) -> Result<reconcile::Told, Rejection> {
    if !loan.terms.status.is_open() {
        return Err(calculator::refusal(EarlyFault::Closed, "on"));
    }
    if loan.schedule.is_empty() {
        let help = "the other system has not told the schedule of this loan; import it first";
        return Err(Rejection::rule("schedule_unknown", help));
    }
    let rate = Rate::yearly(loan.terms.rate_percent).unwrap_or(Rate::ZERO);
    Ok(reconcile::as_told(loan, rate))
}

fn quote_view(
    book: &Book<'_>,
    quote: &early::Quote,
    kind: &str,
    today: Date,
    is_estimate: bool,
) -> EarlyQuoteView {
    let agreement = book.agreement;
    let shown = |lines: Vec<Line>| lines.iter().map(FigureLine::from).collect();
    let last = early::withdrawal_until(agreement, &policy::RU).filter(|last| *last >= today);
    let earliest_on = match kind {
        "withdrawal" => today,
        _ => early::earliest(agreement, &policy::RU, today),
    };
    EarlyQuoteView {
        on: quote.on,
        kind: kind.to_owned(),
        pay: decimal(quote.to_pay),
        lines: shown(quote.lines()),
        interest_without: decimal(quote.interest_without),
        interest_with: decimal(quote.interest_with),
        saving: decimal(quote.saving()),
        saving_lines: shown(quote.saving_lines()),
        schedule: quote
            .plan
            .as_ref()
            .map(|plan| calculator::rows(agreement, plan))
            .unwrap_or_default(),
        earliest_on,
        withdrawal_until: last,
        is_estimate,
    }
}
