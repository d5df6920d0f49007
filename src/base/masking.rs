//! Masks: what may be seen of a value by those who may not see it whole (domain.md 6).
//!
//! Masks are for the eye; access is decided elsewhere. Must never return more of a short or odd
//! value than of a regular one.

/// `+79161234567` → `+7916***4567`. Shorter numbers show only their last two digits.
#[must_use]
pub fn phone(e164: &str) -> String {
    let chars: Vec<char> = e164.chars().collect();
    if chars.len() < 11 {
        return format!("***{}", tail(&chars, 2));
    }
    format!("{}***{}", head(&chars, 5), tail(&chars, 4))
}

/// Series `4510`, number `123456` → `45** ***456`. Other documents show the last three characters.
#[must_use]
pub fn passport(series: &str, number: &str) -> String {
    let series: Vec<char> = series.chars().collect();
    let number: Vec<char> = number.chars().collect();
    let end = if number.len() >= 6 { tail(&number, 3) } else { String::new() };
    if series.len() < 4 {
        return format!("***{end}");
    }
    format!("{}** ***{end}", head(&series, 2))
}

/// `40702810200000000001` → `4070****0001`.
#[must_use]
pub fn account(number: &str) -> String {
    let chars: Vec<char> = number.chars().collect();
    if chars.len() < 12 {
        return "****".to_owned();
    }
    format!("{}****{}", head(&chars, 4), tail(&chars, 4))
}

/// `2200123456789019` → `2200 12** **** 9019`.
#[must_use]
pub fn card(number: &str) -> String {
    let chars: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    if chars.len() < 16 {
        return "**** **** ****".to_owned();
    }
    format!("{} {}** **** {}", head(&chars, 4), head(&chars[4..], 2), tail(&chars, 4))
}

/// Loan numbers, INN, SNILS and the like: only the last `shown` characters, and never more than a
/// third of them.
#[must_use]
pub fn ending(value: &str, shown: usize) -> String {
    let chars: Vec<char> = value.chars().collect();
    format!("***{}", tail(&chars, shown.min(chars.len() / 3)))
}

/// `ivan.petrov@example.ru` → `i***@example.ru`.
#[must_use]
pub fn email(address: &str) -> String {
    match address.split_once('@') {
        Some((name, host)) => {
            let first: String = name.chars().take(1).collect();
            format!("{first}***@{host}")
        }
        None => "***".to_owned(),
    }
}

/// `Иванов`, `Иван`, `Иванович` → `Иванов И. И.`; missing parts are left out.
#[must_use]
pub fn name_short(last: &str, first: &str, patronymic: &str) -> String {
    let mut out = last.trim().to_owned();
    for part in [first, patronymic] {
        if let Some(initial) = part.trim().chars().next() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.extend(initial.to_uppercase());
            out.push('.');
        }
    }
    out
}

fn head(chars: &[char], count: usize) -> String {
    chars.iter().take(count).collect()
}

fn tail(chars: &[char], count: usize) -> String {
    chars[chars.len().saturating_sub(count)..].iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_masks_of_domain_6() {
        assert_eq!(passport("4510", "123456"), "45** ***456");
        assert_eq!(phone("+79161234567"), "+7916***4567");
        assert_eq!(account("40702810200000000001"), "4070****0001");
        assert_eq!(card("2200123456789019"), "2200 12** **** 9019");
    }

    #[test]
    fn short_values_show_less() {
        assert_eq!(phone("1234"), "***34");
        assert_eq!(phone(""), "***");
        assert_eq!(passport("", "12"), "***");
        assert_eq!(passport("71", "1234567"), "***567");
        assert_eq!(account("123"), "****");
        assert_eq!(card("4111"), "**** **** ****");
        assert_eq!(ending("7707083893", 4), "***893");
        assert_eq!(ending("12", 4), "***");
        assert_eq!(email("ivan.petrov@example.ru"), "i***@example.ru");
        assert_eq!(email("ivan"), "***");
    }

    #[test]
    fn names_are_shortened() {
        assert_eq!(name_short("Иванов", "Иван", "Иванович"), "Иванов И. И.");
        assert_eq!(name_short("Ким", "Ольга", ""), "Ким О.");
        assert_eq!(name_short("", "ольга", ""), "О.");
        assert_eq!(name_short("Мадонна", "", ""), "Мадонна");
    }
}
