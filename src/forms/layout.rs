//! Lines and pages: where each piece of text stands on sheets of A4. Lengths are points from the
//! upper left corner.

use super::FormFault;
use super::font::{self, Ruler};
use super::markup::{Block, Run, Style, Text};
use super::phrases::Footer;
use super::table;
use crate::base::limits::PAPER_PAGES_MAX;
use unicode_linebreak::{BreakOpportunity, linebreaks};

/// Width of A4.
pub const PAGE_WIDTH: f32 = 595.28;
/// Height of A4.
pub const PAGE_HEIGHT: f32 = 841.89;
/// Where text begins on the left.
pub const LEFT: f32 = 62.0;
/// Where it ends on the right.
pub const RIGHT: f32 = PAGE_WIDTH - 45.0;
const TOP: f32 = 48.0;
const BOTTOM: f32 = PAGE_HEIGHT - 62.0;
/// Where the foot of the page stands.
const FOOT: f32 = PAGE_HEIGHT - 34.0;
/// Size of running text.
pub const TEXT_SIZE: f32 = 10.5;
const FOOT_SIZE: f32 = 8.0;
/// Of the type size, from line to line.
const LEADING: f32 = 1.4;
/// Of the type size, from the top of a line to its base line.
const ASCENT: f32 = 1.05;

/// Something that stands on a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// Text on one base line.
    Text {
        /// Left end.
        x: f32,
        /// Base line.
        y: f32,
        /// Type size.
        size: f32,
        /// Style.
        style: Style,
        /// Paler than the rest.
        is_pale: bool,
        /// The text.
        text: String,
    },
    /// A straight line.
    Line {
        /// Where it begins.
        from: (f32, f32),
        /// Where it ends.
        to: (f32, f32),
        /// How thick it is.
        thickness: f32,
    },
    /// A shaded box behind what follows.
    Shade {
        /// Left upper corner.
        at: (f32, f32),
        /// Width and height.
        size: (f32, f32),
    },
}

/// What stands on one page.
pub type Page = Vec<Mark>;

/// A line of text: pieces with their distance from its left end.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Distance, style, text.
    pub pieces: Vec<(f32, Style, String)>,
    /// Width without spaces at the end.
    pub width: f32,
}

/// The height of a line of `size`.
pub fn line_height(size: f32) -> f32 {
    size * LEADING
}

/// Breaks `text` into lines of at most `width`.
pub fn lines(text: &[Run], width: f32, size: f32, ruler: &Ruler) -> Vec<Line> {
    let mut breaker = Breaker { width, size, ruler, lines: vec![Line::default()], used: 0.0 };
    let whole: String = text.iter().map(|run| run.text.as_str()).collect();
    let mut begun = 0;
    // Run by run together with the words: a text of very many runs is walked once.
    let (mut runs, mut start) = (text, 0);
    for (end, opportunity) in linebreaks(&whole) {
        while let Some(first) = runs.first().filter(|run| start + run.text.len() <= begun) {
            start += first.text.len();
            runs = &runs[1..];
        }
        breaker.word(&styled(runs, start, begun, end));
        if opportunity == BreakOpportunity::Mandatory && end < whole.len() {
            breaker.next();
        }
        begun = end;
    }
    breaker.lines
}

/// The pieces between two places of a whole, by style; `runs` begin at `start` of it.
fn styled(runs: &[Run], mut start: usize, from: usize, to: usize) -> Vec<(Style, &str)> {
    let mut pieces = Vec::new();
    for run in runs {
        if start >= to {
            break;
        }
        let end = start + run.text.len();
        let (low, high) = (from.max(start), to.min(end));
        if low < high {
            pieces.push((run.style, &run.text[low - start..high - start]));
        }
        start = end;
    }
    pieces
}

struct Breaker<'a> {
    width: f32,
    size: f32,
    ruler: &'a Ruler,
    lines: Vec<Line>,
    /// Width of the line so far, spaces at its end included.
    used: f32,
}

impl Breaker<'_> {
    fn next(&mut self) {
        self.lines.push(Line::default());
        self.used = 0.0;
    }

    fn measure(&self, text: &str, style: Style) -> f32 {
        self.ruler.width(text, style, self.size)
    }

    /// Adds what may not be broken.
    fn word(&mut self, pieces: &[(Style, &str)]) {
        let wide: f32 = pieces.iter().map(|(style, text)| self.measure(text, *style)).sum();
        let bare = wide - self.trailing(pieces);
        if self.used + bare > self.width && self.used > 0.0 {
            self.next();
        }
        if bare <= self.width {
            for (style, text) in pieces {
                self.append(*style, text);
            }
            return;
        }
        // Wider than a line: between any two characters.
        for (style, text) in pieces {
            for character in text.chars() {
                let one = character.to_string();
                if self.used + self.measure(&one, *style) > self.width && self.used > 0.0 {
                    self.next();
                }
                self.append(*style, &one);
            }
        }
    }

    /// Width of the spaces at the end of a word.
    fn trailing(&self, pieces: &[(Style, &str)]) -> f32 {
        let Some((style, text)) = pieces.last() else { return 0.0 };
        let bare = text.trim_end_matches([' ', '\n']);
        if bare.len() == text.len() {
            return 0.0;
        }
        self.measure(text.trim_end_matches('\n'), *style) - self.measure(bare, *style)
    }

    fn append(&mut self, style: Style, text: &str) {
        let text = text.trim_end_matches('\n');
        let wide = self.measure(text, style);
        let bare = self.measure(text.trim_end_matches(' '), style);
        let at = self.used;
        let line = self.lines.last_mut().expect("there is always a line at hand");
        match line.pieces.last_mut() {
            Some((_, last, before)) if *last == style => before.push_str(text),
            _ => line.pieces.push((at, style, text.to_owned())),
        }
        line.width = at + bare;
        self.used = at + wide;
    }
}

/// Puts blocks on pages.
pub struct Sheet<'a> {
    /// Pages so far; the last one is at hand.
    pub pages: Vec<Page>,
    /// Where the next block begins.
    pub y: f32,
    /// Widths of words.
    pub ruler: &'a Ruler,
}

impl Sheet<'_> {
    /// Begins a page.
    ///
    /// # Errors
    /// When there are too many.
    pub fn turn(&mut self) -> Result<(), FormFault> {
        if self.pages.len() == PAPER_PAGES_MAX {
            let what = format!("the paper has more than {PAPER_PAGES_MAX} pages");
            return Err(FormFault::new(what));
        }
        self.pages.push(Page::new());
        self.y = TOP;
        Ok(())
    }

    /// Begins a page unless `height` fits on this one.
    ///
    /// # Errors
    /// When there are too many.
    pub fn make_room(&mut self, height: f32) -> Result<(), FormFault> {
        if self.y + height > BOTTOM && self.y > TOP { self.turn() } else { Ok(()) }
    }

    /// What is left of the page.
    pub fn room(&self) -> f32 {
        BOTTOM - self.y
    }

    /// Puts something on the page at hand.
    pub fn put(&mut self, mark: Mark) {
        self.pages.last_mut().expect("there is always a page at hand").push(mark);
    }

    /// Puts one line of text; `top` is where it begins from above.
    pub fn put_line(&mut self, line: &Line, x: f32, top: f32, size: f32) {
        let y = top + size * ASCENT;
        for (distance, style, text) in &line.pieces {
            let text = text.trim_end_matches(' ').to_owned();
            if !text.is_empty() {
                let (x, style) = (x + distance, *style);
                self.put(Mark::Text { x, y, size, style, is_pale: false, text });
            }
        }
    }

    /// Moves down, never at the top of a page.
    fn skip(&mut self, height: f32) {
        if self.y > TOP {
            self.y += height;
        }
    }

    fn paragraph(&mut self, text: &[Run], left: f32, size: f32) -> Result<(), FormFault> {
        let broken = lines(text, RIGHT - left, size, self.ruler);
        let height = line_height(size);
        // Not one line alone at the end of a page.
        self.make_room(height * broken.len().min(2) as f32)?;
        for line in &broken {
            self.make_room(height)?;
            self.put_line(line, left, self.y, size);
            self.y += height;
        }
        Ok(())
    }

    fn heading(&mut self, level: u8, text: &Text) -> Result<(), FormFault> {
        let size = if level == 1 { 14.0 } else { 11.5 };
        let bold: Text =
            text.iter().map(|run| Run { style: Style::Bold, text: run.text.clone() }).collect();
        let broken = lines(&bold, RIGHT - LEFT, size, self.ruler);
        self.skip(if level == 1 { 12.0 } else { 8.0 });
        // With the beginning of what it is the heading of.
        let height = line_height(size) * broken.len() as f32;
        self.make_room(height + 4.0 * line_height(TEXT_SIZE))?;
        for line in &broken {
            let x = if level == 1 { LEFT + (RIGHT - LEFT - line.width) / 2.0 } else { LEFT };
            self.put_line(line, x, self.y, size);
            self.y += line_height(size);
        }
        self.y += if level == 1 { 10.0 } else { 4.0 };
        Ok(())
    }

    fn rule(&mut self) -> Result<(), FormFault> {
        self.make_room(12.0)?;
        let y = self.y + 3.0;
        self.put(Mark::Line { from: (LEFT, y), to: (RIGHT, y), thickness: 0.7 });
        self.y += 12.0;
        Ok(())
    }

    fn item(&mut self, marker: &str, text: &[Run]) -> Result<(), FormFault> {
        let size = TEXT_SIZE;
        let wide = self.ruler.width(marker, Style::Regular, size).max(10.0);
        let left = LEFT + 8.0 + wide + 5.0;
        self.make_room(line_height(size) * 2.0)?;
        let y = self.y + size * ASCENT;
        let (style, text_of) = (Style::Regular, marker.to_owned());
        self.put(Mark::Text { x: LEFT + 8.0, y, size, style, is_pale: false, text: text_of });
        self.paragraph(text, left, size)?;
        self.y += 2.0;
        Ok(())
    }

    fn signature(&mut self, post: &str, name: &str) -> Result<(), FormFault> {
        self.skip(26.0);
        let half = (RIGHT - LEFT) * 0.42;
        let run = |text: &str| vec![Run { text: text.to_owned(), style: Style::Regular }];
        let posts = lines(&run(post), half - 10.0, TEXT_SIZE, self.ruler);
        let names = lines(&run(name), (RIGHT - LEFT) * 0.28, TEXT_SIZE, self.ruler);
        let height = line_height(TEXT_SIZE);
        self.make_room(height * posts.len().max(names.len()) as f32 + 4.0)?;
        // The last line of the post stands on the line to write on.
        let top = self.y;
        for (place, line) in posts.iter().enumerate() {
            self.put_line(line, LEFT, top + height * place as f32, TEXT_SIZE);
        }
        let last = top + height * (posts.len() - 1) as f32;
        let (from, to) = (LEFT + half, LEFT + (RIGHT - LEFT) * 0.70);
        let y = last + TEXT_SIZE * ASCENT + 2.0;
        self.put(Mark::Line { from: (from, y), to: (to, y), thickness: 0.6 });
        for (place, line) in names.iter().enumerate() {
            self.put_line(line, to + 10.0, last + height * place as f32, TEXT_SIZE);
        }
        self.y = last + height * names.len().max(1) as f32 + 4.0;
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Result<(), FormFault> {
        match block {
            Block::Heading(level, text) => self.heading(*level, text),
            Block::Paragraph(text) => {
                self.paragraph(text, LEFT, TEXT_SIZE)?;
                self.y += 6.0;
                Ok(())
            }
            Block::Item(marker, text) => self.item(marker, text),
            Block::Table(one) => table::put(self, one),
            Block::Rule => self.rule(),
            Block::PageBreak => self.turn(),
            Block::Signature(post, name) => self.signature(post, name),
        }
    }
}

/// Refuses what would be printed as empty boxes.
fn check_letters(pages: &[Page]) -> Result<(), FormFault> {
    for mark in pages.iter().flatten() {
        if let Mark::Text { text, style, .. } = mark
            && let Some(letter) = font::missing(text, *style)
        {
            let code = u32::from(letter);
            let what = format!("the typeface of papers has no sign U+{code:04X}; use another");
            return Err(FormFault::new(what));
        }
    }
    Ok(())
}

/// Lays blocks out on pages, with the foot of each page.
///
/// # Errors
/// When there are too many pages, or a letter that cannot be printed.
pub fn lay_out(blocks: &[Block], footer: &Footer) -> Result<Vec<Page>, FormFault> {
    let ruler = Ruler::default();
    let mut sheet = Sheet { pages: vec![Page::new()], y: TOP, ruler: &ruler };
    for block in blocks {
        sheet.block(block)?;
    }
    check_letters(&sheet.pages)?;
    let count = sheet.pages.len();
    let (page, of) = footer.page;
    for (number, marks) in sheet.pages.iter_mut().enumerate() {
        let right = format!("{page} {} {of} {count}", number + 1);
        let wide = ruler.width(&right, Style::Regular, FOOT_SIZE);
        for (x, text) in [(LEFT, footer.left.clone()), (RIGHT - wide, right)] {
            let (size, style) = (FOOT_SIZE, Style::Regular);
            marks.push(Mark::Text { x, y: FOOT, size, style, is_pale: true, text });
        }
    }
    Ok(sheet.pages)
}
