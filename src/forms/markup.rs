//! The blocks of a filled-in template: Markdown's headings, paragraphs, lists, tables, bold and
//! italic, and two marks of our own in a paragraph by itself: `[[page]]` begins a page,
//! `[[signature: post | name]]` leaves room to sign.

use super::FormFault;
use pulldown_cmark::{Alignment, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Style {
    /// Plain.
    #[default]
    Regular,
    /// Bold.
    Bold,
    /// Italic.
    Italic,
}

/// A piece of text of one style. `\n` begins a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The text.
    pub text: String,
    /// Its style.
    pub style: Style,
}

/// Text of several styles.
pub type Text = Vec<Run>;

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Whether each column is flush right, centred, or neither.
    pub columns: Vec<Align>,
    /// Names of the columns; empty texts when there is no header.
    pub header: Vec<Text>,
    /// Rows.
    pub rows: Vec<Vec<Text>>,
}

/// Where text stands in its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// On the left.
    #[default]
    Left,
    /// In the middle.
    Centre,
    /// On the right.
    Right,
}

/// A block of a paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading; 1 is the title.
    Heading(u8, Text),
    /// A paragraph.
    Paragraph(Text),
    /// An item of a list with what stands before it.
    Item(String, Text),
    /// A table.
    Table(Table),
    /// A thin line across the page.
    Rule,
    /// What follows begins a page.
    PageBreak,
    /// Room to sign: post and name.
    Signature(String, String),
}

/// Reads a filled-in template.
///
/// # Errors
/// [`FormFault`] names what papers cannot have. Lines are not told: they are those of the filled-in
/// text, which nobody sees.
pub fn read(text: &str) -> Result<Vec<Block>, FormFault> {
    let mut reader = Reader { source: text, ..Reader::default() };
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(tag) => reader.open(tag, range)?,
            Event::End(tag) => reader.close(tag)?,
            Event::Text(text) => reader.push(&text.replace('\t', " ")),
            Event::SoftBreak => reader.push(" "),
            Event::HardBreak => reader.push("\n"),
            Event::Rule => reader.blocks.push(Block::Rule),
            Event::Html(html) | Event::InlineHtml(html) if html.trim().starts_with("<!--") => {}
            Event::Html(_) | Event::InlineHtml(_) => return Err(unknown("HTML")),
            Event::Code(_) => return Err(unknown("`code`")),
            _ => return Err(unknown("this mark-up")),
        }
    }
    Ok(reader.blocks)
}

fn unknown(what: &str) -> FormFault {
    FormFault::new(format!(
        "{what} cannot be printed; use headings, paragraphs, lists, tables, **bold** and *italic*"
    ))
}

#[derive(Default)]
struct Reader<'a> {
    source: &'a str,
    blocks: Vec<Block>,
    text: Text,
    style: Style,
    table: Table,
    row: Vec<Text>,
    /// Numbers of the lists that are open; `None` for bullets.
    lists: Vec<Option<u64>>,
    /// What stands before the item at hand.
    marker: Option<String>,
    /// The paragraph at hand is a mark of our own.
    is_mark: bool,
}

impl Reader<'_> {
    fn push(&mut self, text: &str) {
        match self.text.last_mut() {
            Some(run) if run.style == self.style => run.text.push_str(text),
            _ => self.text.push(Run { text: text.to_owned(), style: self.style }),
        }
    }

    fn taken(&mut self) -> Text {
        std::mem::take(&mut self.text)
    }

    fn open(&mut self, tag: Tag<'_>, range: std::ops::Range<usize>) -> Result<(), FormFault> {
        match tag {
            Tag::Paragraph => {
                // By the source: a value that looks like a mark is escaped there.
                let source = self.source[range].trim();
                self.is_mark = source.starts_with("[[") && source.ends_with("]]");
            }
            Tag::Strong => self.style = Style::Bold,
            Tag::Emphasis if self.style == Style::Regular => self.style = Style::Italic,
            Tag::List(first) => {
                self.end_item();
                self.lists.push(first);
            }
            Tag::Item => {
                let indent = "\u{a0}\u{a0}".repeat(self.lists.len().saturating_sub(1));
                self.marker = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{indent}{}.", *number - 1)
                    }
                    _ => format!("{indent}•"),
                });
            }
            Tag::Table(columns) => {
                let columns = columns.into_iter().map(|column| match column {
                    Alignment::Right => Align::Right,
                    Alignment::Center => Align::Centre,
                    Alignment::Left | Alignment::None => Align::Left,
                });
                self.table = Table { columns: columns.collect(), ..Table::default() };
            }
            Tag::Emphasis
            | Tag::Heading { .. }
            | Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::HtmlBlock => {}
            Tag::Link { .. } | Tag::Image { .. } => return Err(unknown("a link or picture")),
            Tag::CodeBlock(_) => {
                return Err(unknown("a paragraph that begins with four spaces or ```"));
            }
            _ => return Err(unknown("this mark-up")),
        }
        Ok(())
    }

    fn close(&mut self, tag: TagEnd) -> Result<(), FormFault> {
        match tag {
            TagEnd::Paragraph if self.is_mark => {
                let text: String = self.taken().into_iter().map(|run| run.text).collect();
                self.blocks.push(mark(&text)?);
                self.is_mark = false;
            }
            TagEnd::Paragraph if self.marker.is_some() => self.end_item(),
            TagEnd::Paragraph => {
                let text = self.taken();
                self.blocks.push(Block::Paragraph(text));
            }
            TagEnd::Heading(level) => {
                let text = self.taken();
                let level = if level == HeadingLevel::H1 { 1 } else { 2 };
                self.blocks.push(Block::Heading(level, text));
            }
            TagEnd::Strong | TagEnd::Emphasis => self.style = Style::Regular,
            TagEnd::Item => self.end_item(),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::TableCell => {
                let text = self.taken();
                self.row.push(text);
            }
            TagEnd::TableHead => self.table.header = std::mem::take(&mut self.row),
            TagEnd::TableRow => {
                let row = std::mem::take(&mut self.row);
                self.table.rows.push(row);
            }
            TagEnd::Table => {
                let table = std::mem::take(&mut self.table);
                self.blocks.push(Block::Table(table));
            }
            _ => {}
        }
        Ok(())
    }

    fn end_item(&mut self) {
        if let Some(marker) = self.marker.take() {
            let text = self.taken();
            self.blocks.push(Block::Item(marker, text));
        }
    }
}

/// A mark of our own.
fn mark(text: &str) -> Result<Block, FormFault> {
    let inner = text.trim().trim_start_matches('[').trim_end_matches(']').trim();
    if inner == "page" {
        return Ok(Block::PageBreak);
    }
    if let Some(rest) = inner.strip_prefix("signature:") {
        let (post, name) = rest.split_once('|').unwrap_or((rest, ""));
        return Ok(Block::Signature(post.trim().into(), name.trim().into()));
    }
    let help = "there is no such mark in [[…]]; use [[page]] or [[signature: post | name]]";
    Err(FormFault::new(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Text {
        vec![Run { text: text.into(), style: Style::Regular }]
    }

    #[test]
    fn blocks_are_read() {
        let text = "# Справка\n\nТекст с **жирным**\nсловом.  \nСтрока\n\n---\n\n- раз\n- два\n\n\
                    3. три\n\n[[page]]\n\n[[signature: Директор | Петров]]\n";
        let blocks = read(text).unwrap();
        assert_eq!(blocks[0], Block::Heading(1, plain("Справка")));
        let Block::Paragraph(runs) = &blocks[1] else { panic!("{blocks:?}") };
        assert_eq!(runs[1], Run { text: "жирным".into(), style: Style::Bold });
        assert_eq!(runs[2].text, " словом.\nСтрока");
        assert_eq!(blocks[2], Block::Rule);
        assert_eq!(blocks[3], Block::Item("•".into(), plain("раз")));
        assert_eq!(blocks[5], Block::Item("3.".into(), plain("три")));
        assert_eq!(blocks[6], Block::PageBreak);
        assert_eq!(blocks[7], Block::Signature("Директор".into(), "Петров".into()));
    }

    #[test]
    fn tables_keep_their_alignment() {
        let text = "| № | Сумма |\n|---|---:|\n| 1 | 2\\|3 |\n";
        let Block::Table(table) = read(text).unwrap().remove(0) else { panic!("no table") };
        assert_eq!(table.columns, [Align::Left, Align::Right]);
        assert_eq!(table.header, [plain("№"), plain("Сумма")]);
        assert_eq!(table.rows, [[plain("1"), plain("2|3")]]);
    }

    #[test]
    fn what_cannot_be_printed_is_refused() {
        for text in ["`a`", "<b>x</b>", "![p](q)", "[a](b)", "    code", "> quote", "[[paeg]]"] {
            assert!(read(text).is_err(), "{text}");
        }
        // A value that looks like a mark is text.
        assert!(matches!(read(r"\[\[page\]\]").unwrap()[0], Block::Paragraph(_)));
        assert_eq!(read("<!-- a note -->").unwrap(), []);
    }
}
