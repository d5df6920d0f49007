//! Tables: widths of columns, rows over pages under a header that is repeated.

use super::FormFault;
use super::layout::{LEFT, Line, Mark, RIGHT, Sheet, line_height, lines};
use super::markup::{Align, Run, Style, Table, Text};

/// Between the edge of a column and its text.
const PADDING: f32 = 4.0;
/// Above and below the text of a row.
const SPACING: f32 = 2.5;
/// Between names and values of a table without a header, beside the padding.
const NAME_GAP: f32 = 10.0;
/// Lines of one row that stay together; more are spread over several pages.
const ROW_LINES_MAX: usize = 30;

/// A row broken into lines.
type Broken = Vec<Vec<Line>>;

/// How the table at hand is drawn.
struct Frame {
    size: f32,
    widths: Vec<f32>,
    aligns: Vec<Align>,
    /// Lines between rows.
    has_rules: bool,
}

/// Puts a table on pages.
///
/// # Errors
/// When there are too many pages.
pub fn put(sheet: &mut Sheet<'_>, table: &Table) -> Result<(), FormFault> {
    // Without a header: names and values beside each other, without lines.
    let has_header = table.header.iter().any(|cell| !cell.is_empty());
    let size = match (has_header, table.columns.len()) {
        (false, _) => super::layout::TEXT_SIZE,
        (true, ..=4) => 10.0,
        (true, 5..=6) => 9.0,
        (true, _) => 8.0,
    };
    let header: Vec<Text> = table.header.iter().map(|cell| bold(cell)).collect();
    let widths = widths(sheet, table, &header, size, has_header);
    let frame = Frame { size, widths, aligns: table.columns.clone(), has_rules: has_header };
    let head = frame.broken(sheet, &header);
    let height = line_height(size) + 2.0 * SPACING;
    // The header with its first two rows.
    let first = if has_header { frame.height(&head) + 2.0 * height } else { height };
    sheet.make_room(first)?;
    if has_header {
        frame.header(sheet, &head);
    }
    for row in &table.rows {
        let broken = frame.broken(sheet, row);
        for part in parts(broken) {
            if frame.height(&part) > sheet.room() {
                sheet.turn()?;
                if has_header {
                    frame.header(sheet, &head);
                }
            }
            frame.row(sheet, &part);
        }
    }
    sheet.y += 8.0;
    Ok(())
}

fn bold(cell: &[Run]) -> Text {
    cell.iter().map(|run| Run { style: Style::Bold, text: run.text.clone() }).collect()
}

/// A row of very many lines as several rows.
fn parts(row: Broken) -> Vec<Broken> {
    let longest = row.iter().map(Vec::len).max().unwrap_or(0);
    if longest <= ROW_LINES_MAX {
        return vec![row];
    }
    (0..longest.div_ceil(ROW_LINES_MAX))
        .map(|part| {
            let (from, to) = (part * ROW_LINES_MAX, (part + 1) * ROW_LINES_MAX);
            let cut = |cell: &Vec<Line>| cell[from.min(cell.len())..to.min(cell.len())].to_vec();
            row.iter().map(cut).collect()
        })
        .collect()
}

/// Widths of columns: as wide as the text wants if it fits, else what no word can do without and a
/// share of the rest.
fn widths(
    sheet: &Sheet<'_>,
    table: &Table,
    header: &[Text],
    size: f32,
    has_header: bool,
) -> Vec<f32> {
    let count = table.columns.len();
    let (mut wanted, mut needed) = (vec![0.0_f32; count], vec![0.0_f32; count]);
    for row in std::iter::once(header).chain(table.rows.iter().map(Vec::as_slice)) {
        for (column, cell) in row.iter().enumerate().take(count) {
            let widest = |width: f32| {
                let broken = lines(cell, width, size, sheet.ruler);
                broken.iter().fold(0.0_f32, |most, line| most.max(line.width))
            };
            wanted[column] = wanted[column].max(widest(f32::MAX) + 2.0 * PADDING);
            needed[column] = needed[column].max(longest_word(sheet, cell, size) + 2.0 * PADDING);
        }
    }
    let room = RIGHT - LEFT;
    if !has_header && count == 2 {
        let first = (wanted[0] + NAME_GAP).min(room * 0.45);
        return vec![first, room - first];
    }
    let (all, least): (f32, f32) = (wanted.iter().sum(), needed.iter().sum());
    let width = |column: usize| {
        if all <= room {
            wanted[column] * room / all
        } else if least <= room {
            let more = wanted[column] - needed[column];
            needed[column] + (room - least) * more / (all - least)
        } else {
            needed[column] * room / least
        }
    };
    (0..count).map(width).collect()
}

fn longest_word(sheet: &Sheet<'_>, cell: &[Run], size: f32) -> f32 {
    let words =
        cell.iter().flat_map(|run| run.text.split([' ', '\n']).map(move |word| (run, word)));
    words.fold(0.0, |most, (run, word)| most.max(sheet.ruler.width(word, run.style, size)))
}

impl Frame {
    fn broken(&self, sheet: &Sheet<'_>, row: &[Text]) -> Broken {
        let cells = row.iter().zip(&self.widths);
        cells
            .map(|(cell, width)| {
                // A hair more, so that what was measured alone fits together too.
                lines(cell, width - 2.0 * PADDING + 0.2, self.size, sheet.ruler)
            })
            .collect()
    }

    fn height(&self, row: &Broken) -> f32 {
        let longest = row.iter().map(Vec::len).max().unwrap_or(1);
        longest as f32 * line_height(self.size) + 2.0 * SPACING
    }

    fn header(&self, sheet: &mut Sheet<'_>, head: &Broken) {
        let (at, size) = ((LEFT, sheet.y), (RIGHT - LEFT, self.height(head)));
        sheet.put(Mark::Shade { at, size });
        self.row(sheet, head);
    }

    fn row(&self, sheet: &mut Sheet<'_>, row: &Broken) {
        // Without lines between rows the first column begins where paragraphs do.
        let (top, mut left) = (sheet.y, if self.has_rules { LEFT } else { LEFT - PADDING });
        for ((cell, width), align) in row.iter().zip(&self.widths).zip(&self.aligns) {
            for (place, line) in cell.iter().enumerate() {
                let room = width - 2.0 * PADDING - line.width;
                let x = left
                    + PADDING
                    + match align {
                        Align::Left => 0.0,
                        Align::Centre => room / 2.0,
                        Align::Right => room,
                    };
                let y = top + SPACING + line_height(self.size) * place as f32;
                sheet.put_line(line, x, y, self.size);
            }
            left += width;
        }
        sheet.y += self.height(row);
        if self.has_rules {
            let y = sheet.y;
            sheet.put(Mark::Line { from: (LEFT, y), to: (RIGHT, y), thickness: 0.4 });
        }
    }
}
