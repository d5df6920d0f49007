//! The loan as its source system tells it: terms, schedule, payments, and figures with their
//! as-of date. Lives in its client's lane.
//!
//! Days past due, overdue amount and "next payment" are functions of the date, never events
//! (design 5). Must never add amounts of different currencies.

pub mod arrears;
mod command;
mod decide;
mod event;
pub mod own;
pub mod reconcile;
pub mod standing;
#[cfg(test)]
mod tests;

pub use command::{
    ImportFigures, ImportInstalments, ImportLoan, ImportPayment, LoanCommand, LoanTerms,
};
pub use event::{
    AccountStated, FiguresStated, InstalmentsSet, LoanEvent, LoanOpened, PaymentReceived,
    TermsChanged,
};

use crate::base::ids::{ClientId, LoanId};
use crate::base::money::{Currency, Money};
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::domain::credit::ledger::{Closing, Operation};
use crate::domain::{
    Aggregate, Claim, ClaimSpace, ClaimStrength, Context, Decision, Meta, Rejection,
};
use own::{Own, Payer};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Where a loan stands in its life (domain.md 2.6). `overdue` is derived, never typed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoanStatus {
    /// Applied for.
    Draft,
    /// Approved, not signed.
    Approved,
    /// Signed, not paid out.
    Signed,
    /// Paid out, being repaid.
    #[default]
    Active,
    /// Repaid by its schedule.
    ClosedPaid,
    /// Repaid early.
    ClosedEarly,
    /// Written off.
    WrittenOff,
    /// Assigned to another creditor.
    Ceded,
    /// Returned within the days of withdrawal.
    Cancelled,
    /// Closed by return of the goods.
    ReturnedGoods,
}

impl LoanStatus {
    /// Whether money is still owed under it by its nature.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Active)
    }
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Signed => "signed",
            Self::Active => "active",
            Self::ClosedPaid => "closed_paid",
            Self::ClosedEarly => "closed_early",
            Self::WrittenOff => "written_off",
            Self::Ceded => "ceded",
            Self::Cancelled => "cancelled",
            Self::ReturnedGoods => "returned_goods",
        }
    }
    /// Reads the word of the API and of import mappings.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        [
            Self::Draft,
            Self::Approved,
            Self::Signed,
            Self::Active,
            Self::ClosedPaid,
            Self::ClosedEarly,
            Self::WrittenOff,
            Self::Ceded,
            Self::Cancelled,
            Self::ReturnedGoods,
        ]
        .into_iter()
        .find(|status| status.code() == code)
    }
}

/// One row of the schedule. Amounts in minor units of the loan's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instalment {
    /// Its number, from 1.
    pub n: u16,
    /// When it is due.
    pub due_on: Date,
    /// Part that repays principal.
    pub principal: i64,
    /// Interest.
    pub interest: i64,
    /// Fees.
    pub fee: i64,
    /// Principal left after it.
    pub balance: i64,
}

impl Instalment {
    /// The whole sum due.
    #[must_use]
    pub const fn payment(&self) -> i64 {
        self.principal.saturating_add(self.interest).saturating_add(self.fee)
    }
}

/// What a payment is. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentKind {
    /// Money from the client.
    Payment,
    /// Money given back to the client; counts against payments.
    Refund,
    /// A penalty that was charged; does not fill instalments.
    Penalty,
    /// Money from a shop for returned goods.
    GoodsReturn,
}

impl PaymentKind {
    /// The word of the API and of mappings.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Refund => "refund",
            Self::Penalty => "penalty",
            Self::GoodsReturn => "goods_return",
        }
    }
}

/// A payment as its source tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Key in the source system.
    pub source_key: String,
    /// Booking date.
    pub on: Date,
    /// Minor units, positive.
    pub amount: i64,
    /// What it is.
    pub kind: PaymentKind,
}

/// Figures of an outside core system, true on `as_of`. Minor units; `None` = not told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// The date they are true on.
    pub as_of: Option<Date>,
    /// All that is left to pay.
    pub outstanding: Option<i64>,
    /// Past-due part.
    pub overdue: Option<i64>,
    /// Days past due.
    pub days_past_due: Option<u32>,
    /// Next due date.
    pub next_due_on: Option<Date>,
    /// Sum due then.
    pub next_payment: Option<i64>,
}

/// A loan's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    /// Set when opened.
    pub id: Option<LoanId>,
    /// Its client.
    pub client: Option<ClientId>,
    /// Key in the source system: `source:key`.
    pub source_key: String,
    /// Terms of the agreement.
    pub terms: LoanTerms,
    /// Rows of the schedule, by number.
    pub schedule: Vec<Instalment>,
    /// Payments, by date.
    pub payments: Vec<Payment>,
    /// Figures of an outside core system.
    pub figures: Figures,
    /// The account it is kept on, when its source tells.
    pub account: Option<Personal<String>>,
    /// Its book, when it is kept here and not by another system.
    pub own: Option<Box<Own>>,
}

impl Loan {
    /// Whether it was opened.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.id.is_some()
    }
    /// The currency of all its amounts.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.terms.principal.currency()
    }
    /// Money that came and went, by date: as its source tells, or as its book here counts it.
    #[must_use]
    pub fn money_moved(&self) -> Vec<Payment> {
        let Some(own) = &self.own else {
            return self.payments.clone();
        };
        let counting = own.booked.iter().filter(|booked| booked.reversed.is_none());
        let mut moved: Vec<Payment> = counting
            .filter_map(|booked| {
                let (amount, kind) = match (&booked.operation, booked.payer) {
                    (Operation::Payment(amount), Payer::Client) => (*amount, PaymentKind::Payment),
                    (Operation::Payment(amount), Payer::Shop) => {
                        (*amount, PaymentKind::GoodsReturn)
                    }
                    (Operation::Refund(amount), _) => (*amount, PaymentKind::Refund),
                    _ => return None,
                };
                let source_key = booked.id.to_string();
                Some(Payment { source_key, on: booked.on, amount, kind })
            })
            .collect();
        moved.sort_by_key(|payment| payment.on);
        moved
    }
    /// An amount in the loan's currency.
    #[must_use]
    pub const fn money(&self, minor: i64) -> Money {
        Money::from_minor(minor, self.currency())
    }
}

impl Default for LoanTerms {
    fn default() -> Self {
        Self {
            number: String::new(),
            product: String::new(),
            principal: Money::from_minor(0, Currency::Rub),
            rate_percent: Decimal::ZERO,
            term_months: 0,
            issued_on: Date::default(),
            status: LoanStatus::default(),
            status_text: String::new(),
        }
    }
}

impl From<Closing> for LoanStatus {
    fn from(closing: Closing) -> Self {
        match closing {
            Closing::Paid => Self::ClosedPaid,
            Closing::Early => Self::ClosedEarly,
            Closing::Withdrawn => Self::Cancelled,
            Closing::GoodsReturned => Self::ReturnedGoods,
            Closing::WrittenOff => Self::WrittenOff,
            Closing::Ceded => Self::Ceded,
        }
    }
}

/// How events change a book that is kept here.
fn evolve_own(own: &mut Own, event: &LoanEvent) {
    match event {
        LoanEvent::PaymentPosted(posted) => own.post(posted),
        LoanEvent::OperationReversed(reversed) => own.reverse(reversed),
        LoanEvent::FeeCharged(fee) => own.add(fee.id, fee.on, Operation::Fee(fee.amount)),
        LoanEvent::PenaltyForgiven(forgiven) => {
            own.add(forgiven.id, forgiven.on, Operation::ForgivePenalty(forgiven.amount));
        }
        LoanEvent::RefundPaid(paid) => own.add(paid.id, paid.on, Operation::Refund(paid.amount)),
        LoanEvent::ScheduleReplaced(replaced) => {
            let replan = Operation::Replan(Box::new(replaced.replan.clone()));
            own.add(replaced.id, replaced.on, replan);
        }
        LoanEvent::LedgerClosed(closed) => {
            own.add(closed.id, closed.on, Operation::Close(closed.closing));
        }
        LoanEvent::EarlyRequested(requested) => own.request(&requested.request),
        LoanEvent::EarlyRequestAdvanced(advanced) => own.advance(advanced),
        LoanEvent::Opened(_)
        | LoanEvent::TermsChanged(_)
        | LoanEvent::InstalmentsSet(_)
        | LoanEvent::PaymentReceived(_)
        | LoanEvent::FiguresStated(_)
        | LoanEvent::AccountStated(_)
        | LoanEvent::LedgerOpened(_) => {}
    }
}

impl Aggregate for Loan {
    type Command = LoanCommand;
    type Event = LoanEvent;

    fn decide(
        &self,
        command: LoanCommand,
        context: &Context,
    ) -> Result<Decision<LoanEvent>, Rejection> {
        decide::decide(self, command, context)
    }

    fn evolve(&mut self, event: &LoanEvent, _meta: &Meta) {
        match event {
            LoanEvent::Opened(opened) => {
                self.id = Some(opened.id);
                self.client = Some(opened.client);
                self.source_key.clone_from(&opened.source_key);
                self.terms = opened.terms.clone();
            }
            LoanEvent::TermsChanged(changed) => self.terms = changed.terms.clone(),
            LoanEvent::InstalmentsSet(set) => {
                for row in &set.instalments {
                    match self.schedule.binary_search_by_key(&row.n, |known| known.n) {
                        Ok(place) => self.schedule[place] = row.clone(),
                        Err(place) => self.schedule.insert(place, row.clone()),
                    }
                }
            }
            LoanEvent::PaymentReceived(received) => {
                let payment = &received.payment;
                let place = self.payments.partition_point(|known| known.on <= payment.on);
                self.payments.insert(place, payment.clone());
            }
            LoanEvent::FiguresStated(stated) => self.figures = stated.figures.clone(),
            LoanEvent::AccountStated(stated) => self.account = Some(stated.account.clone()),
            LoanEvent::LedgerOpened(opened) => self.own = Some(Box::new(Own::new(opened))),
            booked => {
                if let Some(own) = &mut self.own {
                    evolve_own(own, booked);
                }
            }
        }
        match event {
            LoanEvent::LedgerClosed(closed) => self.terms.status = closed.closing.into(),
            // Without its end the loan goes on; its book says how it stands.
            LoanEvent::OperationReversed(reversed)
                if self.own.as_ref().is_some_and(|own| own.is_end(reversed.id)) =>
            {
                self.terms.status = LoanStatus::Active;
            }
            _ => {}
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let mut claims = Vec::new();
        if !self.source_key.is_empty() {
            claims.push(Claim {
                space: ClaimSpace::SourceKey,
                value: format!("loan:{}", self.source_key),
                strength: ClaimStrength::Hard,
            });
        }
        if !self.terms.number.is_empty() {
            claims.push(Claim {
                space: ClaimSpace::LoanNumber,
                value: self.terms.number.clone(),
                strength: ClaimStrength::Hard,
            });
        }
        claims
    }
}
