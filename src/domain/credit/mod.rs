//! The arithmetic of credit: what a loan costs, what is owed on a date, and why (domain.md 2).
//!
//! Knows no aggregate, no client and no "today". Amounts are whole kopecks (`i64`); interest is
//! exact in `i128` and rounded half-up once per segment. Numbers of the law stand in [`policy`] as
//! dated rows. Must never use floats and never lose a kopeck between two figures.

pub mod calculator;
pub mod dates;
pub mod early;
pub mod figures;
pub mod goods;
pub mod interest;
pub mod ledger;
pub mod policy;
pub mod psk;
pub mod schedule;
pub mod terms;
#[cfg(test)]
pub(crate) mod tests;
pub mod typed;
