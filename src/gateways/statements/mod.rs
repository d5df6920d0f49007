//! Reading bank statements: `1CClientBankExchange` and camt.053, into one neutral form.
//!
//! A file is read whole or not at all; what it must add up to is checked in `domain::statement`.
//! Errors name line or element, never a value: values may be personal data.

mod camt;
mod one_c;
#[cfg(test)]
mod tests;

use crate::base::money::{Currency, Money, MoneyError};
use crate::base::time::Date;
use crate::domain::statement::{HeldFor, Statement};

/// Bytes of one file.
pub const STATEMENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why a statement cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Neither of the formats.
    #[error("this is no bank statement; export it as 1CClientBankExchange or camt.053")]
    UnknownFormat,
    /// Larger than can be read.
    #[error("the file is larger than 64 MiB; export fewer days at once")]
    TooLarge,
    /// The bytes are not text in the encoding that the header names.
    #[error("the text does not fit its encoding; export the file again")]
    WrongEncoding,
    /// The end is missing.
    #[error("the file ends in the middle (line or place {place}); load it again")]
    Truncated {
        /// Line of text, byte of XML.
        place: usize,
    },
    /// A field is missing.
    #[error("{field} is missing near line or place {place}")]
    Missing {
        /// The field.
        field: &'static str,
        /// Line of text, byte of XML.
        place: usize,
    },
    /// A field does not read.
    #[error("{field} near line or place {place} does not read; export the file again")]
    Invalid {
        /// The field.
        field: &'static str,
        /// Line of text, byte of XML.
        place: usize,
    },
    /// A document that touches none of the accounts of the file.
    #[error("the document near line {place} is of none of the accounts of the file")]
    ForeignDocument {
        /// Line.
        place: usize,
    },
    /// The parts of an entry do not add up.
    #[error("the parts of the entry near place {place} do not add up to it")]
    PartsDiffer {
        /// Byte.
        place: usize,
    },
    /// Not well-formed XML.
    #[error("the file is not well-formed XML near place {place}; load it again")]
    Xml {
        /// Byte.
        place: usize,
    },
}

impl StatementError {
    /// Why the file is held, as it is kept.
    #[must_use]
    pub fn held(&self) -> HeldFor {
        let (code, field, place) = match self {
            Self::UnknownFormat => ("unknown_format", "", 0),
            Self::TooLarge => ("too_large", "", 0),
            Self::WrongEncoding => ("wrong_encoding", "", 0),
            Self::Truncated { place } => ("truncated", "", *place),
            Self::Missing { field, place } => ("field_missing", *field, *place),
            Self::Invalid { field, place } => ("field_invalid", *field, *place),
            Self::ForeignDocument { place } => ("foreign_document", "", *place),
            Self::PartsDiffer { place } => ("parts_differ", "", *place),
            Self::Xml { place } => ("malformed_xml", "", *place),
        };
        HeldFor {
            code: code.to_owned(),
            message: self.to_string(),
            field: field.to_owned(),
            place: place as u64,
            ..HeldFor::default()
        }
    }
}

/// Reads the statements of a file.
///
/// # Errors
/// See [`StatementError`].
pub fn read(bytes: &[u8]) -> Result<Vec<Statement>, StatementError> {
    if bytes.len() > STATEMENT_BYTES_MAX {
        return Err(StatementError::TooLarge);
    }
    let beginning = &bytes[..bytes.len().min(1_000)];
    let start = beginning.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let plain = beginning[start..].strip_prefix(b"\xef\xbb\xbf").unwrap_or(&beginning[start..]);
    if plain.starts_with(b"1CClientBankExchange") {
        return one_c::read(bytes);
    }
    if plain.starts_with(b"<") {
        return camt::read(bytes);
    }
    Err(StatementError::UnknownFormat)
}

/// A sum without sign, as banks write it.
fn sum(text: &str, field: &'static str, place: usize) -> Result<i64, StatementError> {
    match Money::parse(text, Currency::Rub).map(Money::minor) {
        Ok(sum) if sum >= 0 => Ok(sum),
        Ok(_) | Err(MoneyError::NotANumber | MoneyError::TooPrecise | MoneyError::TooLarge) => {
            Err(StatementError::Invalid { field, place })
        }
    }
}

/// A date in one of two forms.
fn date(text: &str, form: &str, field: &'static str, place: usize) -> Result<Date, StatementError> {
    Date::parse_from_str(text.trim(), form).map_err(|_| StatementError::Invalid { field, place })
}
