//! Names of people: the form that is shown, the key that is compared, the parts of a full name.
//!
//! Must never invent a part that was not written. The rules are those of domain.md 4.1.

use crate::base::limits::LINE_CHARS_MAX;
use crate::base::text;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The parts of a person's name; empty when unknown.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FullName {
    /// Surname.
    pub last: String,
    /// First name.
    pub first: String,
    /// Patronymic, with `оглы` or `кызы` where it belongs.
    pub patronymic: String,
}

impl fmt::Debug for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FullName(***)")
    }
}

/// Why a text is not a name. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is written.
    #[error("write the name")]
    Empty,
    /// Digits or signs that no name has.
    #[error("a name has only letters, spaces, hyphens, apostrophes and dots")]
    Characters,
    /// Longer than [`LINE_CHARS_MAX`] characters.
    #[error("the name is too long")]
    TooLong,
}

impl NameError {
    /// The closed code of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::Characters => "invalid_name",
            Self::TooLong => "too_long",
        }
    }
}

/// The form to show: NFC, single spaces, `-` for every dash and no spaces around it, `'` for every
/// apostrophe, Latin look-alikes inside a Cyrillic word made Cyrillic. Case and `ё` are kept.
#[must_use]
pub fn clean(raw: &str) -> String {
    let spaced: String = text::spaces(raw).chars().map(unify).collect();
    let mut joined = String::with_capacity(spaced.len());
    let mut chars = spaced.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' if chars.peek() == Some(&'-') || joined.ends_with('-') => {}
            '-' if joined.ends_with('-') => {}
            other => joined.push(other),
        }
    }
    let mut out = String::with_capacity(joined.len());
    for word in joined.split_inclusive([' ', '-', '.', '\'']) {
        out.push_str(&cyrillic_word(word));
    }
    out
}

/// [`clean`], and words written all in capitals or all in small letters are capitalised
/// (`ИВАНОВА-ПЕТРОВА` → `Иванова-Петрова`); `оглы` and `кызы` stay small.
#[must_use]
pub fn capitalised(raw: &str) -> String {
    let cleaned = clean(raw);
    let mut out = String::with_capacity(cleaned.len());
    for word in cleaned.split_inclusive([' ', '-']) {
        let bare = word.trim_end_matches([' ', '-']);
        let lower = bare.to_lowercase();
        let several = bare.chars().filter(|c| c.is_alphabetic()).count() > 1;
        let one_case = bare == lower || (several && bare == bare.to_uppercase());
        if is_patronymic_word(&lower) && one_case {
            out.push_str(&lower);
        } else if one_case {
            let mut chars = lower.chars();
            out.extend(chars.next().map(char::to_uppercase).into_iter().flatten());
            out.push_str(chars.as_str());
        } else {
            out.push_str(bare);
        }
        out.push_str(&word[bare.len()..]);
    }
    out
}

/// [`clean`] and checked to be a name.
///
/// # Errors
/// See [`NameError`].
pub fn parse(raw: &str) -> Result<String, NameError> {
    let cleaned = clean(raw);
    if !cleaned.chars().any(char::is_alphabetic) {
        return Err(if cleaned.is_empty() { NameError::Empty } else { NameError::Characters });
    }
    if cleaned.chars().count() > LINE_CHARS_MAX {
        return Err(NameError::TooLong);
    }
    let fits = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '.' | '(' | ')' | ',');
    if cleaned.chars().all(fits) { Ok(cleaned) } else { Err(NameError::Characters) }
}

/// The form to compare: upper case, `Ё` as `Е`, hyphens and spaces as one space.
#[must_use]
pub fn key(raw: &str) -> String {
    plain_key(raw).unwrap_or_else(|| thorough_key(raw))
}

/// [`key`] of Russian letters, spaces and hyphens alone, which nearly all names are: nothing of
/// them needs cleansing. None for all others.
fn plain_key(raw: &str) -> Option<String> {
    let mut key = String::with_capacity(raw.len());
    let mut parted = false;
    for c in raw.chars() {
        let upper = match c {
            ' ' | '-' => {
                parted = true;
                continue;
            }
            'ё' | 'Ё' => 'Е',
            'А'..='Я' => c,
            'а'..='я' => char::from_u32(u32::from(c) - 0x20)?,
            _ => return None,
        };
        if std::mem::take(&mut parted) && !key.is_empty() {
            key.push(' ');
        }
        key.push(upper);
    }
    Some(key)
}

fn thorough_key(raw: &str) -> String {
    // Cleansed again: in capitals more Latin letters look like Cyrillic ones.
    let upper = clean(&clean(raw).to_uppercase()).replace('Ё', "Е");
    let words = upper.split([' ', '-']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a patronymic field says that there is none.
#[must_use]
pub fn is_no_patronymic(raw: &str) -> bool {
    let folded = text::folded(raw);
    matches!(
        folded.trim_matches('.'),
        "" | "-"
            | "--"
            | "—"
            | "–"
            | "нет"
            | "б/о"
            | "б\\о"
            | "бо"
            | "без отчества"
            | "отсутствует"
            | "не имеет"
            | "нет отчества"
            | "none"
            | "n/a"
    )
}

/// Splits `Фамилия Имя Отчество`: everything after the first name is the patronymic.
#[must_use]
pub fn split(raw: &str) -> FullName {
    let spaced = text::spaces(raw);
    // A lone dash at the end says "no patronymic"; cleansing would glue it to the first name.
    let named = match spaced.rsplit_once(' ') {
        Some((names, end)) if is_no_patronymic(end) => names,
        _ => &spaced,
    };
    let cleaned = clean(named);
    let mut words = cleaned.splitn(3, ' ');
    let mut next = || words.next().unwrap_or_default().to_owned();
    let (last, first, patronymic) = (next(), next(), next());
    let patronymic = if is_no_patronymic(&patronymic) { String::new() } else { patronymic };
    FullName { last, first, patronymic }
}

/// `оглы`, `кызы` and their spellings: a token of the patronymic, not a part of its own.
fn is_patronymic_word(lower: &str) -> bool {
    matches!(lower, "оглы" | "оглу" | "кызы" | "улы" | "уулу")
}

fn unify(c: char) -> char {
    match c {
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' | '－' => '-',
        '’' | '‘' | 'ʼ' | '`' | '´' | '′' | '＇' => '\'',
        other => other,
    }
}

/// A word with Cyrillic letters and Latin look-alikes is Cyrillic.
fn cyrillic_word(word: &str) -> String {
    let cyrillic = word.chars().any(is_cyrillic);
    let all_alike = word.chars().all(|c| !c.is_ascii_alphabetic() || look_alike(c).is_some());
    if !cyrillic || !all_alike {
        return word.to_owned();
    }
    word.chars().map(|c| look_alike(c).unwrap_or(c)).collect()
}

fn is_cyrillic(c: char) -> bool {
    ('\u{0400}'..='\u{04ff}').contains(&c)
}

fn look_alike(c: char) -> Option<char> {
    Some(match c {
        'A' => 'А',
        'B' => 'В',
        'C' => 'С',
        'E' => 'Е',
        'H' => 'Н',
        'K' => 'К',
        'M' => 'М',
        'O' => 'О',
        'P' => 'Р',
        'T' => 'Т',
        'X' => 'Х',
        'Y' => 'У',
        'a' => 'а',
        'c' => 'с',
        'e' => 'е',
        'o' => 'о',
        'p' => 'р',
        'x' => 'х',
        'y' => 'у',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_short_way_to_a_key_gives_the_same(raw in "[А-Яа-яЁё -]{0,30}") {
            proptest::prop_assert_eq!(plain_key(&raw).unwrap(), thorough_key(&raw));
        }
    }

    #[test]
    fn the_form_that_is_shown() {
        let rows = [
            ("  Иванов \u{a0} Иван ", "Иванов Иван"),
            ("Щёголева — Юрьева", "Щёголева-Юрьева"),
            ("Щёголева--Юрьева", "Щёголева-Юрьева"),
            ("Ивaнoв", "Иванов"),
            ("PЕТРОB", "РЕТРОВ"),
            ("John", "John"),
            ("О’Нил", "О'Нил"),
            ("и\u{306}од", "йод"),
            ("Иванов John", "Иванов John"),
            ("", ""),
        ];
        for (raw, expected) in rows {
            assert_eq!(clean(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn capitals_are_made_readable() {
        let rows = [
            ("ИВАНОВА-ПЕТРОВА АННА", "Иванова-Петрова Анна"),
            ("алиев али вели ОГЛЫ", "Алиев Али Вели оглы"),
            ("МакДональд", "МакДональд"),
            ("О'НИЛ", "О'нил"),
            ("Иванов И.", "Иванов И."),
        ];
        for (raw, expected) in rows {
            assert_eq!(capitalised(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn keys_ignore_case_yo_and_hyphens() {
        assert_eq!(key("Щёголева – Юрьева"), "ЩЕГОЛЕВА ЮРЬЕВА");
        assert_eq!(key("Семён"), key("СЕМЕН"));
        assert_eq!(key("Салтыков-Щедрин"), key("салтыков  щедрин"));
    }

    #[test]
    fn no_patronymic_is_written_in_many_ways() {
        for raw in ["-", "нет", "б/о", "Б/О.", "", " ", "—", "Отсутствует", "без  отчества"]
        {
            assert!(is_no_patronymic(raw), "{raw:?}");
        }
        for raw in ["Иванович", "Нетович", "Вели оглы"] {
            assert!(!is_no_patronymic(raw), "{raw:?}");
        }
    }

    #[test]
    fn a_full_name_is_split() {
        let rows = [
            ("Иванов Иван Иванович", ("Иванов", "Иван", "Иванович")),
            ("Алиев Али Вели оглы", ("Алиев", "Али", "Вели оглы")),
            ("Ким Ольга", ("Ким", "Ольга", "")),
            ("Ким Ольга -", ("Ким", "Ольга", "")),
            ("Мадонна", ("Мадонна", "", "")),
        ];
        for (raw, (last, first, patronymic)) in rows {
            let name = split(raw);
            assert_eq!((&*name.last, &*name.first, &*name.patronymic), (last, first, patronymic));
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        assert_eq!(parse(" "), Err(NameError::Empty));
        assert_eq!(parse("-"), Err(NameError::Characters));
        assert_eq!(parse("Иванов2"), Err(NameError::Characters));
        assert_eq!(parse(&"я".repeat(251)), Err(NameError::TooLong));
        assert_eq!(parse(" Иванов "), Ok("Иванов".to_owned()));
    }
}
