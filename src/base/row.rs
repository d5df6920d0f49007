//! One row of a table, as read: its line and its cells. No meaning is given to any cell here.

/// A row of a table: the text of all cells in one buffer.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Row {
    line: u64,
    text: String,
    ends: Vec<usize>,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The cells may be personal data.
        write!(f, "Row(line {}, {} cells)", self.line, self.ends.len())
    }
}

impl Row {
    /// An empty row that begins on `line` (from 1).
    #[must_use]
    pub fn new(line: u64) -> Self {
        Self { line, ..Self::default() }
    }
    /// A row of the given cells.
    #[must_use]
    pub fn of(line: u64, cells: &[&str]) -> Self {
        let mut row = Self::new(line);
        for cell in cells {
            row.push(cell);
        }
        row
    }
    /// Adds a cell at the end.
    pub fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }
    /// The line of the file on which the row begins, from 1.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.line
    }
    /// How many cells it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    /// Whether it has no cells at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
    /// The cell at `index`; empty text beyond the end.
    #[must_use]
    pub fn cell(&self, index: usize) -> &str {
        let Some(end) = self.ends.get(index) else {
            return "";
        };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..*end]
    }
    /// All cells in order.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|index| self.cell(index))
    }
    /// Whether every cell is blank.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.text.chars().all(char::is_whitespace)
    }
    /// Drops blank cells at the end while there are more than `width` cells.
    pub fn trim_to(&mut self, width: usize) {
        while self.len() > width && self.cell(self.len() - 1).trim().is_empty() {
            self.ends.pop();
            self.text.truncate(self.ends.last().copied().unwrap_or(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_told_apart() {
        let mut row = Row::of(7, &["a", "", "бв", " ", ""]);
        assert_eq!(row.cells().collect::<Vec<_>>(), ["a", "", "бв", " ", ""]);
        assert_eq!(row.cell(9), "");
        row.trim_to(2);
        assert_eq!(row.cells().collect::<Vec<_>>(), ["a", "", "бв"]);
        row.trim_to(3);
        assert_eq!((row.len(), row.line()), (3, 7));
        assert!(Row::of(1, &[" ", "\u{a0}"]).is_blank());
    }
}
