//! The typeface of papers and how wide its words are.

use super::markup::Style;
use rustybuzz::{Face, UnicodeBuffer};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

static REGULAR: LazyLock<Face<'static>> = LazyLock::new(|| face(bytes(Style::Regular)));
static BOLD: LazyLock<Face<'static>> = LazyLock::new(|| face(bytes(Style::Bold)));
static ITALIC: LazyLock<Face<'static>> = LazyLock::new(|| face(bytes(Style::Italic)));

/// The file of a style.
pub const fn bytes(style: Style) -> &'static [u8] {
    match style {
        Style::Regular => notosans::REGULAR_TTF,
        Style::Bold => notosans::BOLD_TTF,
        Style::Italic => notosans::ITALIC_TTF,
    }
}

fn face(bytes: &'static [u8]) -> Face<'static> {
    Face::from_slice(bytes, 0).expect("the typeface is part of the program and reads")
}

/// One glyph; lengths in parts of the type size.
#[derive(Clone, Debug)]
pub struct Glyph {
    /// Its number in the typeface.
    pub id: u32,
    /// How far the next one is.
    pub advance: f32,
    /// How far it is moved to the right.
    pub x_offset: f32,
    /// And up.
    pub y_offset: f32,
    /// The bytes of the text that it stands for.
    pub range: std::ops::Range<usize>,
}

/// A text as glyphs.
#[derive(Clone, Debug, Default)]
pub struct Shaped {
    /// The glyphs, left to right.
    pub glyphs: Vec<Glyph>,
    /// Width in parts of the type size.
    pub width: f32,
}

/// The first character of `text` that the typeface does not have.
pub fn missing(text: &str, style: Style) -> Option<char> {
    let face = of(style);
    text.chars().find(|letter| face.glyph_index(*letter).is_none())
}

fn of(style: Style) -> &'static Face<'static> {
    match style {
        Style::Regular => &REGULAR,
        Style::Bold => &BOLD,
        Style::Italic => &ITALIC,
    }
}

/// Shapes `text`.
pub fn shape(text: &str, style: Style) -> Shaped {
    let face = of(style);
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    let made = rustybuzz::shape(face, &[], buffer);
    let unit = 1.0 / face.units_per_em() as f32;
    let (infos, positions) = (made.glyph_infos(), made.glyph_positions());
    let mut shaped = Shaped::default();
    for (place, (info, position)) in infos.iter().zip(positions).enumerate() {
        let start = info.cluster as usize;
        // Papers are written from left to right: the next cluster begins where this one ends.
        let next = infos[place + 1..].iter().map(|next| next.cluster as usize);
        let end = next.clone().find(|next| *next > start).unwrap_or(text.len());
        let advance = position.x_advance as f32 * unit;
        shaped.width += advance;
        shaped.glyphs.push(Glyph {
            id: info.glyph_id,
            advance,
            x_offset: position.x_offset as f32 * unit,
            y_offset: position.y_offset as f32 * unit,
            range: start..end,
        });
    }
    shaped
}

/// Widths of the words of one paper: the same ones come again and again.
#[derive(Default)]
pub struct Ruler(RefCell<HashMap<(Style, Rc<str>), f32>>);

impl Ruler {
    /// The width of `text` at `size` points.
    pub fn width(&self, text: &str, style: Style, size: f32) -> f32 {
        let mut known = self.0.borrow_mut();
        let key = (style, Rc::from(text));
        size * *known.entry(key).or_insert_with(|| shape(text, style).width)
    }
}
