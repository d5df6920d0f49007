//! Finding out the encoding and the delimiter of a text from its beginning.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use encoding_rs::{IBM866, WINDOWS_1251};

/// How the bytes of a text stand for characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// Windows, Cyrillic.
    Windows1251,
    /// DOS, Cyrillic.
    Dos866,
}

impl Encoding {
    /// The name to show.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Windows1251 => "windows-1251",
            Self::Dos866 => "cp866",
        }
    }
    /// The text of one cell; `None` when the bytes are not text in this encoding.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
        let single = match self {
            Self::Utf8 => return std::str::from_utf8(bytes).ok().map(Into::into),
            Self::Windows1251 => WINDOWS_1251,
            Self::Dos866 => IBM866,
        };
        single.decode_without_bom_handling_and_without_replacement(bytes)
    }
}

/// Guesses the encoding of a text from a piece of it (its beginning, or the first piece that is not
/// plain ASCII). A character cut at the end of the piece is no fault.
pub(super) fn encoding_of(piece: &[u8]) -> Encoding {
    match std::str::from_utf8(piece) {
        Ok(_) => return Encoding::Utf8,
        Err(error) if error.error_len().is_none() => return Encoding::Utf8,
        Err(_) => {}
    }
    // Russian letters lie at C0-FF in windows-1251; in cp866 two of three lie at 80-AF.
    let count = |from: u8, to: u8| piece.iter().filter(|b| (from..=to).contains(*b)).count();
    let dos = count(0x80, 0xaf);
    let windows = count(0xc0, 0xff);
    if dos > windows { Encoding::Dos866 } else { Encoding::Windows1251 }
}

/// Delimiters that are looked for, the likelier first.
const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];
/// Records of the beginning that are looked at.
const RECORDS_TRIED: usize = 50;

/// Guesses the delimiter: the one that splits the first records most evenly, then into most cells.
pub(super) fn delimiter_of(beginning: &[u8], whole: bool) -> u8 {
    let score = |delimiter: &u8| {
        let mut widths = widths(beginning, *delimiter);
        if !whole && widths.len() > 1 {
            // The last record may be cut.
            widths.pop();
        }
        let first = widths.first().copied().unwrap_or(0);
        let even = widths.iter().filter(|width| **width == first).count();
        let evenness = if first > 1 { even * 100 / widths.len().max(1) } else { 0 };
        // Evenness within a tenth is the same: real files have some bad rows.
        (evenness / 10, first)
    };
    let mut best = DELIMITERS[0];
    for delimiter in &DELIMITERS[1..] {
        if score(delimiter) > score(&best) {
            best = *delimiter;
        }
    }
    best
}

/// Cells of each of the first records.
fn widths(beginning: &[u8], delimiter: u8) -> Vec<usize> {
    let mut reader: Reader = ReaderBuilder::new().delimiter(delimiter).build();
    let mut output = vec![0_u8; beginning.len() + 1];
    let mut ends = vec![0_usize; super::COLUMNS_MAX + 1];
    let mut input = beginning;
    let mut widths = Vec::new();
    let mut cells = 0;
    while widths.len() < RECORDS_TRIED {
        let (result, read, _, ended) = reader.read_record(input, &mut output, &mut ends);
        input = &input[read..];
        cells += ended;
        match result {
            ReadRecordResult::Record => {
                widths.push(cells);
                cells = 0;
            }
            ReadRecordResult::InputEmpty => {}
            _ => break,
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_found() {
        let rows: [(&str, u8); 6] = [
            ("a;b;c\n1;2,5;3\n", b';'),
            ("a,b,c\n\"x;y;z;w\",2,3\n", b','),
            ("a\tb\n1,1\t2\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            ("только один\nстолбец, с запятой\n", b';'),
            ("a;b\n\"1\n;2;;\";3\n", b';'),
        ];
        for (text, expected) in rows {
            assert_eq!(delimiter_of(text.as_bytes(), true), expected, "{text:?}");
        }
    }

    #[test]
    fn encodings_are_found() {
        let text = "Фамилия;Имя\nИванов;Пётр\n";
        assert_eq!(encoding_of(text.as_bytes()), Encoding::Utf8);
        assert_eq!(encoding_of(&text.as_bytes()[..3]), Encoding::Utf8, "cut inside a letter");
        assert_eq!(encoding_of(&WINDOWS_1251.encode(text).0), Encoding::Windows1251);
        let dos: Vec<u8> = text.chars().map(dos_byte).collect();
        assert_eq!(encoding_of(&dos), Encoding::Dos866);
        assert_eq!(Encoding::Dos866.decode(&dos).as_deref(), Some(text));
    }

    fn dos_byte(c: char) -> u8 {
        match c {
            'А'..='п' => (c as u32 - 'А' as u32) as u8 + 0x80,
            'р'..='я' => (c as u32 - 'р' as u32) as u8 + 0xe0,
            'ё' => 0xf1,
            other => other as u8,
        }
    }
}
