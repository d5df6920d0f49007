//! Imports: from the cells of a table to typed records, by a mapping that an administrator writes.
//!
//! A [`Mapping`] (TOML) names, for each field of the product, the column it comes from and how it is
//! read; [`Bound`] ties it to the columns of one file; [`Bound::read`] turns a row into a
//! [`Record`] or into *all* its faults at once. Cleansing follows product S4 and domain.md 7.3.
//! Must never look a client up, touch a file, or put a cell's text into a fault.

mod bound;
mod fields;
mod mapping;
mod records;
pub mod run;
mod shipped;
#[cfg(test)]
mod tests;
pub mod values;

pub use bound::{Bound, LookupTable, Outcome, Reading};
pub use mapping::{Lookup, Mapping};
pub use shipped::{Shipped, shipped, shipped_named};

use crate::base::money::Money;
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::domain::client::ClientDraft;
use crate::domain::loan::{Figures, Instalment, LoanTerms, PaymentKind};
use serde::{Deserialize, Serialize};

/// What an import brings. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// Persons and organisations.
    Clients,
    /// Loans, with their client when the file has one row for both.
    Loans,
    /// Rows of payment schedules.
    Schedules,
    /// Payments.
    Payments,
}

impl ImportKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Clients, Self::Loans, Self::Schedules, Self::Payments];
    /// The word of the API and the command line.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Loans => "loans",
            Self::Schedules => "schedules",
            Self::Payments => "payments",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// How a row names a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientRef {
    /// By the key of its source: `source:key`.
    Key(String),
    /// By INN.
    Inn(String),
}

/// How a row names a loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoanRef {
    /// By the key of its source: `source:key`.
    Key(String),
    /// By the number of its agreement.
    Number(String),
}

/// A client of an import.
#[derive(Debug, Clone)]
pub struct ClientRecord {
    /// `source:key`; the same row of the next file has the same.
    pub source_key: String,
    /// What the row says; fields that the row leaves blank are `None` and change nothing.
    pub draft: ClientDraft,
    /// The network of a store, the store of an employee.
    pub parent: Option<ClientRef>,
}

/// A loan of an import.
#[derive(Debug, Clone)]
pub struct LoanRecord {
    /// `source:key`.
    pub source_key: String,
    /// Whose loan it is.
    pub client: ClientRef,
    /// The client itself, when the row describes both.
    pub new_client: Option<ClientRecord>,
    /// Terms.
    pub terms: LoanTerms,
    /// The account it is kept on, when the row tells.
    pub account: Option<Personal<String>>,
    /// Figures of the source, when the row has them.
    pub figures: Option<Figures>,
}

/// Instalments of one loan.
#[derive(Debug, Clone)]
pub struct ScheduleRecord {
    /// The loan.
    pub loan: LoanRef,
    /// One instalment, or all of a regular schedule.
    pub instalments: Vec<Instalment>,
}

/// A payment.
#[derive(Debug, Clone)]
pub struct PaymentRecord {
    /// The loan.
    pub loan: LoanRef,
    /// `source:key`.
    pub source_key: String,
    /// Booking date.
    pub on: Date,
    /// Amount; a negative one of the file has become a refund.
    pub amount: Money,
    /// What it is.
    pub kind: PaymentKind,
}

/// What one row says.
#[derive(Debug, Clone)]
pub enum Record {
    /// A client.
    Client(Box<ClientRecord>),
    /// A loan.
    Loan(Box<LoanRecord>),
    /// Instalments.
    Schedule(ScheduleRecord),
    /// A payment.
    Payment(PaymentRecord),
}
