//! Cleansing of free text: spaces, invisible characters, quotes and brackets.
//!
//! Titles of organisations, addresses and comments arrive from accounting systems with doubled
//! quotes, no-break spaces and brackets of every kind. Must never change words.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Trims, turns every run of white space (no-break ones too) into one space and drops invisible
/// characters (zero-width, byte-order mark, control). The result is in NFC.
#[must_use]
pub fn spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pending = false;
    let mut push = |c: char| {
        if is_space(c) {
            pending = true;
        } else {
            if pending && !out.is_empty() {
                out.push(' ');
            }
            pending = false;
            out.push(c);
        }
    };
    // Invisible characters go first: between two accents they would hide their order.
    let seen = text.chars().filter(|c| is_space(*c) || !is_invisible(*c));
    // Nearly always it is in NFC already, and to see that costs a tenth of making it so.
    if text.is_ascii() || is_nfc_quick(seen.clone()) == IsNormalized::Yes {
        seen.for_each(&mut push);
    } else {
        seen.nfc().for_each(&mut push);
    }
    out
}

/// [`spaces`], then one kind of quote (`"`) without doubles, one kind of bracket (`(`, `)`)
/// without empty, doubled or unmatched ones, and no space before `,`, `;` or `)`.
#[must_use]
pub fn cleansed(text: &str) -> String {
    let mut current = spaces(text);
    loop {
        // Dropping one sign may bring two others together; every round is shorter, so it ends.
        let next = tidied(&current);
        if next == current {
            return next;
        }
        current = next;
    }
}

/// One round of [`cleansed`].
fn tidied(spaced: &str) -> String {
    let unified: Vec<char> = spaced.chars().map(unify).collect();
    let kept = drop_odd_brackets(&unified);
    let mut out = String::with_capacity(kept.len() * 2);
    for c in kept {
        let last = out.chars().next_back();
        match (last, c) {
            (Some('"'), '"') | (Some('('), ' ') | (Some(' '), ' ') => {}
            (Some(' '), ',' | ';' | ')') => {
                out.pop();
                out.push(c);
            }
            (None, ' ') => {}
            _ => out.push(c),
        }
    }
    out.trim_end().to_owned()
}

/// The form in which texts are compared: lower case, `ё` as `е`, spaces collapsed.
#[must_use]
pub fn folded(text: &str) -> String {
    spaces(text).to_lowercase().replace('ё', "е")
}

/// Only the decimal digits of a text.
#[must_use]
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether the character separates words: white space of any kind.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{00a0}' | '\u{202f}' | '\u{2007}')
}

/// Characters that are seen by nobody and break comparisons.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}' | '\u{feff}' | '\u{fffd}')
}

fn unify(c: char) -> char {
    match c {
        '«' | '»' | '“' | '”' | '„' | '‟' | '″' | '〝' | '〞' | '＂' => '"',
        '[' | '{' | '⟨' | '〈' | '（' => '(',
        ']' | '}' | '⟩' | '〉' | '）' => ')',
        '‐' | '‑' | '‒' | '−' => '-',
        other => other,
    }
}

/// Drops brackets that have no partner, that hold nothing, and the inner ones of `((x))`.
fn drop_odd_brackets(chars: &[char]) -> Vec<char> {
    let mut keep = vec![true; chars.len()];
    let mut open: Vec<usize> = Vec::new();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (at, c) in chars.iter().enumerate() {
        match c {
            '(' => open.push(at),
            ')' => match open.pop() {
                Some(start) => pairs.push((start, at)),
                None => keep[at] = false,
            },
            _ => {}
        }
    }
    for start in open {
        keep[start] = false;
    }
    let pair_set: std::collections::HashSet<(usize, usize)> = pairs.iter().copied().collect();
    for (start, end) in pairs {
        let empty = chars[start + 1..end].iter().all(|c| matches!(c, ' ' | '(' | ')'));
        let doubled = start > 0 && pair_set.contains(&(start - 1, end + 1));
        if empty || doubled {
            keep[start] = false;
            keep[end] = false;
        }
    }
    chars.iter().zip(keep).filter_map(|(c, kept)| kept.then_some(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_invisible_characters_collapse() {
        let rows = [
            ("  a \t b\u{a0}\u{202f}c \r\n", "a b c"),
            ("\u{feff}Ива\u{200b}нов", "Иванов"),
            ("и\u{306}", "й"),
            ("", ""),
            (" \u{a0} ", ""),
        ];
        for (raw, expected) in rows {
            assert_eq!(spaces(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn quotes_and_brackets_are_cleansed() {
        let rows = [
            ("ООО \"\"Ромашка\"\"", "ООО \"Ромашка\""),
            ("ООО «Ромашка»", "ООО \"Ромашка\""),
            ("АО «Дом „Книги“»", "АО \"Дом \"Книги\""),
            ("Склад [северный}", "Склад (северный)"),
            ("Склад (северный", "Склад северный"),
            ("Склад) северный", "Склад северный"),
            ("ИП Иванов ((мебель))", "ИП Иванов (мебель)"),
            ("ИП Иванов ( )", "ИП Иванов"),
            ("Дом ( старый ) , двор", "Дом (старый), двор"),
            ("a ((b) c)", "a ((b) c)"),
        ];
        for (raw, expected) in rows {
            assert_eq!(cleansed(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn folding_ignores_case_and_yo() {
        assert_eq!(folded(" Платёж  ПРОСРОЧЕН"), "платеж просрочен");
        assert_eq!(digits("8 (916) 12-3"), "8916123");
    }
}
