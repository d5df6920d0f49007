//! What happened to a loan. One payload struct per kind; frozen once released (design 6).

use super::{Figures, Instalment, LoanTerms, Payment};
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
