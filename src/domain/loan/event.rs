//! What happened to a loan. One payload struct per kind; frozen once released (design 6).

use super::{Figures, Instalment, LoanTerms, Payment, own};
use crate::base::ids::{ClientId, LoanId};
use crate::base::personal::Personal;
use serde::{Deserialize, Serialize};

/// What happened to a loan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoanEvent {
    /// The loan became known.
    Opened(LoanOpened),
    /// Its terms changed.
    TermsChanged(TermsChanged),
    /// Rows of the schedule were set.
    InstalmentsSet(InstalmentsSet),
    /// A payment was received.
    PaymentReceived(PaymentReceived),
    /// An outside core system stated figures.
    FiguresStated(FiguresStated),
    /// The account of the loan became known or changed.
    AccountStated(AccountStated),
    /// The book of a loan that is kept here was opened.
    LedgerOpened(own::LedgerOpened),
    /// A payment was booked.
    PaymentPosted(own::PaymentPosted),
    /// An operation does not count any more.
    OperationReversed(own::OperationReversed),
    /// A fee became due.
    FeeCharged(own::FeeCharged),
    /// Penalty was forgiven.
    PenaltyForgiven(own::PenaltyForgiven),
    /// Money went back to the client.
    RefundPaid(own::RefundPaid),
    /// The schedule was replaced.
    ScheduleReplaced(own::ScheduleReplaced),
    /// The loan ended otherwise than by its last payment.
    LedgerClosed(own::LedgerClosed),
    /// An early repayment was asked for.
    EarlyRequested(own::EarlyRequested),
    /// A request for early repayment went on.
    EarlyRequestAdvanced(own::EarlyRequestAdvanced),
}

/// The loan became known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoanOpened {
    /// The loan.
    pub id: LoanId,
    /// Its client.
    pub client: ClientId,
    /// `source:key`.
    pub source_key: String,
    /// Terms.
    pub terms: LoanTerms,
}

/// Its terms changed; holds all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermsChanged {
    /// Terms after the change.
    pub terms: LoanTerms,
}

/// Rows of the schedule were set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalmentsSet {
    /// The rows, by number.
    pub instalments: Vec<Instalment>,
}

/// A payment was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReceived {
    /// The payment.
    pub payment: Payment,
}

/// An outside core system stated figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiguresStated {
    /// The figures.
    pub figures: Figures,
}

/// The account of the loan became known or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountStated {
    /// Its number.
    pub account: Personal<String>,
}
