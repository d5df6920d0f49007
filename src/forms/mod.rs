//! Papers: a template, the values that it takes, and what becomes of both: a PDF.
//!
//! Template (Markdown with values) → [`template`] fills it in, within bounds → [`markup`] reads the
//! blocks → [`layout`] breaks lines and pages → [`pdf`] writes. The same template and values give
//! the same bytes. Must never look a value up: figures come from the domain, ready.

pub mod data;
mod font;
mod layout;
mod markup;
mod numerals;
mod pdf;
mod phrases;
pub mod shipped;
mod specimen;
mod table;
mod template;
#[cfg(test)]
mod tests;

pub use data::PaperData;
pub use specimen::{names, specimen, specimens};

/// Why a template gives no paper. Never holds a value of the paper.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct FormFault {
    /// The line of the template, where one is at fault.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub what: String,
}

impl FormFault {
    fn new(what: impl Into<String>) -> Self {
        Self { line: None, what: what.into() }
    }
}

/// A paper as PDF.
///
/// # Errors
/// [`FormFault`] says what is wrong with the template.
pub fn render(template: &str, data: &PaperData) -> Result<Vec<u8>, FormFault> {
    let text = template::fill_in(template, data)?;
    let blocks = markup::read(&text)?;
    let pages = layout::lay_out(&blocks, &phrases::footer(data))?;
    pdf::write(&pages, data)
}
