//! What is asked of a loan.

use super::own::LedgerCommand;
use super::{Figures, Instalment, LoanStatus, PaymentKind};
use crate::base::ids::{ClientId, LoanId};
use crate::base::money::Money;
use crate::base::personal::Personal;
use crate::base::time::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What is asked of a loan.
#[derive(Debug, Clone)]
pub enum LoanCommand {
    /// A row of an import: opens the loan or brings its terms up to date.
    Import(ImportLoan),
    /// Rows of its schedule; rows with known numbers are replaced.
    ImportInstalments(ImportInstalments),
    /// A payment.
    ImportPayment(ImportPayment),
    /// Figures of an outside core system.
    ImportFigures(ImportFigures),
    /// What is asked of a loan that is kept here.
    Ledger(LedgerCommand),
}

/// Terms of a loan agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoanTerms {
    /// Number of the agreement.
    pub number: String,
    /// Name of the product.
    pub product: String,
    /// Sum granted, positive.
    pub principal: Money,
    /// Annual rate in percent, 0 to 1000.
    pub rate_percent: Decimal,
    /// Months, 0 when the source does not say.
    pub term_months: u16,
    /// Date of issue.
    pub issued_on: Date,
    /// Where it stands.
    pub status: LoanStatus,
    /// The source system's own word for it.
    pub status_text: String,
}

/// A row of an import of loans.
#[derive(Debug, Clone)]
pub struct ImportLoan {
    /// Identifier if the row is new.
    pub id: LoanId,
    /// Its client.
    pub client: ClientId,
    /// `source:key`.
    pub source_key: String,
    /// Terms.
    pub terms: LoanTerms,
    /// The account it is kept on, as [`crate::base::documents::account_number`] writes it; `None`
    /// when the row does not say.
    pub account: Option<Personal<String>>,
    /// Figures, when the row has them.
    pub figures: Option<Figures>,
}

/// Rows of a schedule.
#[derive(Debug, Clone)]
pub struct ImportInstalments {
    /// The rows.
    pub instalments: Vec<Instalment>,
}

/// A payment.
#[derive(Debug, Clone)]
pub struct ImportPayment {
    /// Key in the source system.
    pub source_key: String,
    /// Booking date.
    pub on: Date,
    /// Positive amount in the loan's currency.
    pub amount: Money,
    /// What it is.
    pub kind: PaymentKind,
}

/// Figures of an outside core system.
#[derive(Debug, Clone)]
pub struct ImportFigures {
    /// The figures.
    pub figures: Figures,
}
