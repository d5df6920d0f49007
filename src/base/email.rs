//! Electronic mail addresses: form only, never whether the box exists.

use crate::base::text;

/// Why a text is not an address. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Not `name@host.zone`.
    #[error("write an e-mail such as name@example.ru")]
    Form,
    /// Longer than the 254 characters that mail servers take.
    #[error("the e-mail is too long")]
    TooLong,
}

impl EmailError {
    /// The closed code of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "invalid_email"
    }
}

/// Characters of an address that mail servers take.
const EMAIL_CHARS_MAX: usize = 254;

/// Trims, makes the host small and keeps the case of the name (domain.md 4.1). Takes Cyrillic
/// hosts and names.
///
/// # Errors
/// See [`EmailError`].
pub fn parse(raw: &str) -> Result<String, EmailError> {
    let trimmed = text::spaces(raw);
    let (name, host) = trimmed.split_once('@').ok_or(EmailError::Form)?;
    if trimmed.chars().count() > EMAIL_CHARS_MAX {
        return Err(EmailError::TooLong);
    }
    if is_name(name) && is_host(host) {
        Ok(format!("{name}@{}", host.to_lowercase()))
    } else {
        Err(EmailError::Form)
    }
}

/// The form in which addresses are compared: all small. Boxes that differ only in case are one.
#[must_use]
pub fn key(email: &str) -> String {
    email.to_lowercase()
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c);
    !name.is_empty()
        && name.chars().count() <= 64
        && name.chars().all(fits)
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().count() <= 63
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let zone = host.rsplit('.').next().unwrap_or_default();
    host.contains('.')
        && host.split('.').all(is_label)
        && zone.chars().count() >= 2
        && !zone.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let rows = [
            (" Ivan.Petrov@Example.RU ", "Ivan.Petrov@example.ru"),
            ("иван@почта.рф", "иван@почта.рф"),
            ("a+b@x-y.co", "a+b@x-y.co"),
        ];
        for (raw, expected) in rows {
            assert_eq!(parse(raw).as_deref(), Ok(expected), "{raw:?}");
        }
        assert_eq!(key("Ivan@example.ru"), "ivan@example.ru");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let rows = [
            "",
            "ivan",
            "@x.ru",
            "ivan@",
            "ivan@x",
            "a b@x.ru",
            "a@b@x.ru",
            ".a@x.ru",
            "a.@x.ru",
            "a..b@x.ru",
            "a@-x.ru",
            "a@x..ru",
            "a@x.r",
            "a@1.2.3.4",
            "a@x.ru,b@x.ru",
            "<a@x.ru>",
        ];
        for raw in rows {
            assert_eq!(parse(raw), Err(EmailError::Form), "{raw:?}");
        }
        let long = format!("a@{}.ru", "x.".repeat(130));
        assert_eq!(parse(&long), Err(EmailError::TooLong));
    }
}
