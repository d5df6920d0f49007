//! [`Personal`]: a wrapper that keeps personal data out of logs, metrics and error texts.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Personal data. `Debug` prints `***`; there is no `Display`. The value is reached by name only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }
    /// The value, for those who may see it.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
    /// Unwraps the value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_is_not_printed() {
        assert_eq!(format!("{:?}", Personal::new("Иванов")), "***");
    }
}
