//! Pages as PDF: the typefaces that are used are embedded, as far as they are used, and the text
//! can be searched and copied.

use super::FormFault;
use super::data::PaperData;
use super::font;
use super::layout::{Mark, PAGE_HEIGHT, PAGE_WIDTH, Page};
use super::markup::Style;
use chrono::Datelike;
use krilla::Document;
use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};

/// Lightness of the foot of a page.
const PALE: u8 = 110;
/// Lightness of lines.
const LINE: u8 = 130;
/// Lightness behind the header of a table.
const SHADE: u8 = 238;

/// The typefaces of one document.
struct Fonts {
    regular: Font,
    bold: Font,
    italic: Font,
}

impl Fonts {
    fn new() -> Self {
        let font = |style| {
            Font::new(font::bytes(style).into(), 0)
                .expect("the typeface is part of the program and reads")
        };
        Self { regular: font(Style::Regular), bold: font(Style::Bold), italic: font(Style::Italic) }
    }
    fn of(&self, style: Style) -> Font {
        match style {
            Style::Regular => self.regular.clone(),
            Style::Bold => self.bold.clone(),
            Style::Italic => self.italic.clone(),
        }
    }
}

/// Writes pages as PDF. Nothing in it depends on when or where it is written.
///
/// # Errors
/// When the library refuses the document.
pub fn write(pages: &[Page], data: &PaperData) -> Result<Vec<u8>, FormFault> {
    let fonts = Fonts::new();
    let mut document = Document::new();
    document.set_metadata(metadata(data));
    let size = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).expect("A4 has a width and a height");
    for marks in pages {
        let mut page = document.start_page_with(size.clone());
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, mark, &fonts);
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| {
        tracing::error!(?error, "a paper could not be written");
        FormFault::new("the paper could not be written")
    })
}

fn metadata(data: &PaperData) -> Metadata {
    let day = data.paper.day;
    let month = u8::try_from(day.month()).unwrap_or(1);
    let date = DateTime::new(u16::try_from(day.year()).unwrap_or(0))
        .month(month)
        .day(u8::try_from(day.day()).unwrap_or(1));
    Metadata::new()
        .title(data.paper.number.clone())
        .authors(vec![data.lender.name.clone()])
        .language(data.language.code().to_owned())
        .creation_date(date)
}

fn draw(surface: &mut Surface<'_>, mark: &Mark, fonts: &Fonts) {
    match mark {
        Mark::Text { x, y, size, style, is_pale, text } => {
            surface.set_stroke(None);
            surface.set_fill(Some(filled(if *is_pale { PALE } else { 0 })));
            let glyphs: Vec<KrillaGlyph> = font::shape(text, *style)
                .glyphs
                .into_iter()
                .map(|glyph| {
                    let (id, advance) = (GlyphId::new(glyph.id), glyph.advance);
                    let (x, y) = (glyph.x_offset, glyph.y_offset);
                    KrillaGlyph::new(id, advance, x, y, 0.0, glyph.range, None)
                })
                .collect();
            let (at, font) = (Point::from_xy(*x, *y), fonts.of(*style));
            surface.draw_glyphs(at, &glyphs, font, text, *size, false);
        }
        Mark::Line { from, to, thickness } => {
            surface.set_fill(None);
            let paint = luma::Color::new(LINE).into();
            surface.set_stroke(Some(Stroke { paint, width: *thickness, ..Stroke::default() }));
            let path = path(|path| {
                path.move_to(from.0, from.1);
                path.line_to(to.0, to.1);
            });
            path.iter().for_each(|path| surface.draw_path(path));
        }
        Mark::Shade { at, size } => {
            surface.set_stroke(None);
            surface.set_fill(Some(filled(SHADE)));
            let path = path(|path| {
                if let Some(rect) = Rect::from_xywh(at.0, at.1, size.0, size.1) {
                    path.push_rect(rect);
                }
            });
            path.iter().for_each(|path| surface.draw_path(path));
        }
    }
}

fn filled(lightness: u8) -> Fill {
    Fill { paint: luma::Color::new(lightness).into(), ..Fill::default() }
}

fn path(draw: impl FnOnce(&mut PathBuilder)) -> Option<Path> {
    let mut builder = PathBuilder::new();
    draw(&mut builder);
    builder.finish()
}
