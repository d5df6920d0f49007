//! Postal addresses: cleansing, the parts that can be told apart, the key that is compared.
//!
//! Must never lose the written text: the cleansed form keeps every word (domain.md 4.1).

use crate::base::text;

/// Short type words and what they stand for. A word is matched without its dot.
const TYPE_WORDS: [(&str, &str); 24] = [
    ("г", "город"),
    ("гор", "город"),
    ("ул", "улица"),
    ("д", "дом"),
    ("кв", "квартира"),
    ("корп", "корпус"),
    ("к", "корпус"),
    ("стр", "строение"),
    ("пр-т", "проспект"),
    ("пр-кт", "проспект"),
    ("просп", "проспект"),
    ("пер", "переулок"),
    ("пл", "площадь"),
    ("наб", "набережная"),
    ("б-р", "бульвар"),
    ("ш", "шоссе"),
    ("мкр", "микрорайон"),
    ("мкр-н", "микрорайон"),
    ("обл", "область"),
    ("р-н", "район"),
    ("респ", "республика"),
    ("с", "село"),
    ("пос", "посёлок"),
    ("оф", "офис"),
];

/// Type words written in full; they say nothing when two addresses are compared.
const SILENT_WORDS: [&str; 12] = [
    "деревня",
    "посёлок",
    "поселок",
    "станица",
    "хутор",
    "проезд",
    "тупик",
    "аллея",
    "край",
    "россия",
    "рф",
    "индекс",
];

/// Parts of an address that can be told apart; empty when not found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressParts {
    /// Six digits.
    pub postcode: String,
    /// Subject of the federation: the part with `область`, `край`, `республика`.
    pub region: String,
    /// Town or village without its type word.
    pub city: String,
}

/// The cleansed form: single spaces, no doubled quotes or odd brackets, short type words written
/// in full (`г. Пермь, ул Ленина, д.5 кв 7` → `город Пермь, улица Ленина, дом 5 квартира 7`).
#[must_use]
pub fn clean(raw: &str) -> String {
    let cleansed = text::cleansed(raw);
    let mut spaced = String::with_capacity(cleansed.len() + 8);
    let mut chars = cleansed.chars().peekable();
    while let Some(c) = chars.next() {
        spaced.push(c);
        let next = chars.peek().copied();
        if matches!(c, '.' | ',' | ';') && next.is_some_and(|next| next.is_alphanumeric()) {
            // "д.5" and "Пермь,ул" read as two words; "1.5" and "А.С." stay readable either way.
            spaced.push(' ');
        }
    }
    let written: Vec<&str> = spaced.split(' ').collect();
    let words: Vec<String> = written
        .iter()
        .enumerate()
        .map(|(at, word)| expanded(word, written.get(at + 1).copied().unwrap_or("")))
        .collect();
    text::spaces(&words.join(" ")).trim_matches([',', ';', ' ']).to_owned()
}

/// The form to compare: lower case, `ё` as `е`, no type words, no punctuation.
#[must_use]
pub fn key(raw: &str) -> String {
    let cleaned = text::folded(&clean(raw));
    let words = cleaned
        .split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '/'))
        .filter(|word| !word.is_empty() && !is_type_word(word));
    words.collect::<Vec<_>>().join(" ")
}

/// Tells postcode, region and town apart in a comma-separated address.
#[must_use]
pub fn parts(raw: &str) -> AddressParts {
    let cleaned = clean(raw);
    let mut found = AddressParts::default();
    for piece in cleaned.split([',', ';']).map(str::trim) {
        let lower = piece.to_lowercase();
        if piece.len() == 6 && piece.bytes().all(|b| b.is_ascii_digit()) {
            found.postcode = piece.to_owned();
        } else if lower
            .split(' ')
            .any(|word| ["область", "край", "республика", "округ"].contains(&word))
        {
            if found.region.is_empty() {
                found.region = piece.to_owned();
            }
        } else if found.city.is_empty()
            && let Some(name) = city_name(piece, &lower)
        {
            found.city = name;
        }
    }
    found
}

fn city_name(piece: &str, lower: &str) -> Option<String> {
    let kinds = ["город ", "село ", "деревня ", "посёлок ", "поселок ", "станица "];
    if let Some(kind) = kinds.iter().find(|kind| lower.starts_with(**kind)) {
        return Some(piece.chars().skip(kind.chars().count()).collect());
    }
    let federal = ["москва", "санкт-петербург", "севастополь"];
    federal.contains(&lower).then(|| piece.to_owned())
}

/// A short type word in full; anything else as it is. What stands before a name is a village and
/// not a house: `д. Петрово`, `д. 5`.
fn expanded(word: &str, next: &str) -> String {
    let bare = word.trim_end_matches([',', ';']);
    let end = &word[bare.len()..];
    let stem = bare.strip_suffix('.').unwrap_or(bare);
    let lower = stem.to_lowercase();
    // A capital is an initial or a building letter ("С. Петров", "5 К"), not a type word, unless
    // the whole word is longer.
    let initial = stem.chars().count() == 1 && stem != lower;
    if lower == "д" && !initial && next.starts_with(char::is_alphabetic) {
        return format!("деревня{end}");
    }
    match TYPE_WORDS.iter().find(|(short, _)| *short == lower) {
        Some((_, full)) if !initial => format!("{full}{end}"),
        _ => word.to_owned(),
    }
}

fn is_type_word(word: &str) -> bool {
    let is_full = |(short, full): &(&str, &str)| *short == word || text::folded(full) == word;
    TYPE_WORDS.iter().any(is_full) || SILENT_WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_are_written_in_full() {
        let rows = [
            (
                "614000,г.Пермь,ул Ленина,д.5 корп.2 кв 7",
                "614000, город Пермь, улица Ленина, дом 5 корпус 2 квартира 7",
            ),
            ("Пермь  , «Ленина» [5]", "Пермь, \"Ленина\" (5)"),
            ("ул. С. Ковалевской, д. 5 К", "улица С. Ковалевской, дом 5 К"),
            ("Тверская обл., г Ржев,", "Тверская область, город Ржев"),
            ("Невский пр-т, 1", "Невский проспект, 1"),
            ("д. Петрово, д. 5", "деревня Петрово, дом 5"),
        ];
        for (raw, expected) in rows {
            assert_eq!(clean(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn keys_ignore_type_words_and_punctuation() {
        let key_of = key("614000, г. Пермь, ул. Ленина, д. 5, кв. 7");
        assert_eq!(key_of, "614000 пермь ленина 5 7");
        assert_eq!(key_of, key("614000 Город Пермь улица ЛЕНИНА дом 5 квартира 7"));
        assert_eq!(key("пос. Зелёный"), key("посёлок Зеленый"));
    }

    #[test]
    fn parts_are_told_apart() {
        let found = parts("614000, Пермский край, г. Пермь, ул. Ленина, д. 5");
        assert_eq!(found.postcode, "614000");
        assert_eq!(found.region, "Пермский край");
        assert_eq!(found.city, "Пермь");
        assert_eq!(parts("Москва, Тверская, 1").city, "Москва");
        assert_eq!(parts("г. Пермь, ул. Крайняя, 5").region, "", "a street is no region");
        assert_eq!(parts("Тверская обл., д. Петрово").city, "Петрово");
        assert_eq!(parts("где-то"), AddressParts::default());
    }
}
