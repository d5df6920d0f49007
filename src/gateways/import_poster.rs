//! Having a running box import a file: upload, start, look until the end; or look at its first rows.
//!
//! For the command line: the data folder of a running box belongs to that box. Must never know more
//! of the box than its API, with a token of scope `core`.

use super::box_api::{BoxApi, BoxError};
use super::box_line::LineError;
use crate::base::personal::Personal;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// How long one request may take; an upload sends up to 512 MB.
const ANSWER_WITHIN: Duration = Duration::from_secs(600);

/// What is to be imported.
#[derive(Debug, Clone)]
pub struct ImportToPost<'a> {
    /// `clients`, `loans`, `schedules` or `payments`.
    pub kind: &'a str,
    /// The file.
    pub file: &'a Path,
    /// The mapping's text.
    pub mapping_text: &'a str,
    /// Second files by the names of lookups.
    pub lookups: &'a [(String, std::path::PathBuf)],
    /// Only count.
    pub dry_run: bool,
}

/// How a run stands, as the box tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct PostedRun {
    /// Which.
    pub import_id: String,
    /// `waiting`, `running`, `finished`, `failed` or `interrupted`.
    pub state: String,
    /// Imports before it, while it waits.
    pub ahead: Option<u64>,
    /// Only counted.
    pub dry_run: bool,
    /// Rows dealt with.
    pub rows_read: u64,
    /// All rows, as far as is known.
    pub rows_total: Option<u64>,
    /// Rows that brought something new.
    pub created: u64,
    /// Rows that changed something.
    pub updated: u64,
    /// Rows that said what was known.
    pub unchanged: u64,
    /// Rows that the mapping does not want.
    pub skipped: u64,
    /// Rows at fault.
    pub rejected: u64,
    /// Pace, while it runs.
    pub rows_per_second: Option<u64>,
    /// Rest at this pace, while it runs.
    pub seconds_left: Option<u64>,
    /// Why it failed or was interrupted.
    pub error: Option<String>,
}

/// The first rows of a file as a mapping understands them, as the box tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct PostedPreview {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Between cells.
    pub delimiter: String,
    /// Of the text, or `xlsx`.
    pub encoding: String,
    /// Second files that the mapping asks for.
    pub lookups: Vec<PostedLookup>,
    /// The first rows; none until every second file is given.
    pub rows: Vec<PostedRow>,
}

/// A second file that a mapping asks for.
#[derive(Debug, Clone, Deserialize)]
pub struct PostedLookup {
    /// Its name in the mapping.
    pub name: String,
    /// What the file is called where it comes from.
    pub file: String,
    /// Whether it was sent along.
    pub given: bool,
}

/// One row of a preview.
#[derive(Debug, Clone, Deserialize)]
pub struct PostedRow {
    /// Its line.
    pub line: u64,
    /// Fields and the texts they would get.
    pub target: BTreeMap<String, String>,
    /// All its faults.
    pub faults: Vec<PostedFault>,
}

/// A fault of a row.
#[derive(Debug, Clone, Deserialize)]
pub struct PostedFault {
    /// Which field.
    pub field: String,
    /// What is wrong, in words.
    pub message: String,
}

/// A box to import into.
#[derive(Debug)]
pub struct ImportPoster(BoxApi);

impl ImportPoster {
    /// A box at `address` (`http://127.0.0.1:8080`), with a token of scope `core`; over TLS the
    /// `authority` that signed its certificate.
    ///
    /// # Errors
    /// See [`LineError`].
    pub fn new(
        address: &str,
        authority: Option<&Path>,
        token: &Personal<String>,
    ) -> Result<Self, LineError> {
        BoxApi::new(address, authority, token, ANSWER_WITHIN).map(Self)
    }

    /// Uploads the files and starts the import; gives its identifier.
    ///
    /// # Errors
    /// See [`BoxError`].
    pub fn start(&self, import: &ImportToPost<'_>) -> Result<String, BoxError> {
        let mut body = self.uploaded(import)?;
        let name = import.file.file_name().unwrap_or_default().to_string_lossy();
        body["file_name"] = json!(name);
        body["dry_run"] = json!(import.dry_run);
        let started: Value = self.0.post("imports", &body)?;
        Ok(started["import_id"].as_str().unwrap_or_default().to_owned())
    }

    /// Uploads the files and asks how the first rows are understood.
    ///
    /// # Errors
    /// See [`BoxError`].
    pub fn preview(&self, import: &ImportToPost<'_>) -> Result<PostedPreview, BoxError> {
        self.0.post("imports/preview", &self.uploaded(import)?)
    }

    /// How a run stands.
    ///
    /// # Errors
    /// See [`BoxError`].
    pub fn run(&self, id: &str) -> Result<PostedRun, BoxError> {
        self.0.get(&format!("imports/{id}"))
    }

    /// Uploads the files; what every question about them begins with.
    fn uploaded(&self, import: &ImportToPost<'_>) -> Result<Value, BoxError> {
        // Who may not import is told so before a large file is sent, of which a box that refuses
        // would read the beginning only.
        let _mappings: Value = self.0.get("imports/mappings")?;
        let lookups = import
            .lookups
            .iter()
            .map(|(name, path)| Ok(json!({"name": name, "blob": self.0.upload(path)?})))
            .collect::<Result<Vec<Value>, BoxError>>()?;
        Ok(json!({
            "kind": import.kind, "blob": self.0.upload(import.file)?,
            "mapping_text": import.mapping_text, "lookups": lookups,
        }))
    }
}
