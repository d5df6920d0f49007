//! Having a running box import a file: upload, start, look until the end.
//!
//! For the command line: the data folder of a running box belongs to that box. Knows nothing of the
//! box's inside, only its API, with a token of scope `core`.

use super::box_line::{self, LineError};
use crate::base::personal::Personal;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::File;
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
    /// Why it failed.
    pub error: Option<String>,
}

/// Why the box does not import.
#[derive(Debug, thiserror::Error)]
pub enum ImportPostError {
    /// A file here does not read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The box cannot be reached.
    #[error("the box does not answer at {url}; is it running? ({reason})")]
    Unreachable {
        /// Where.
        url: String,
        /// The library's words.
        reason: String,
    },
    /// The box refused.
    #[error("the box refused with status {status}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its words, and every field at fault.
        message: String,
    },
}

/// A box to post to.
#[derive(Debug)]
pub struct ImportPoster {
    agent: ureq::Agent,
    base: String,
    bearer: Personal<String>,
}

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
        Ok(Self {
            agent: box_line::agent(address, authority, ANSWER_WITHIN)?,
            base: format!("{}/api/v1", address.trim_end_matches('/')),
            bearer: Personal::new(format!("Bearer {}", token.reveal())),
        })
    }

    /// Uploads the files and starts the import; gives its identifier.
    ///
    /// # Errors
    /// See [`ImportPostError`].
    pub fn start(&self, import: &ImportToPost<'_>) -> Result<String, ImportPostError> {
        let lookups = import
            .lookups
            .iter()
            .map(|(name, path)| Ok(json!({"name": name, "blob": self.upload(path)?})))
            .collect::<Result<Vec<Value>, ImportPostError>>()?;
        let name = import.file.file_name().unwrap_or_default().to_string_lossy();
        let body = json!({
            "kind": import.kind, "blob": self.upload(import.file)?, "file_name": name,
            "mapping_text": import.mapping_text, "lookups": lookups, "dry_run": import.dry_run,
        });
        let url = format!("{}/imports", self.base);
        let request = self.agent.post(&url).header("Authorization", self.bearer.reveal());
        let started = Self::read(&url, request.send_json(&body))?;
        Ok(started["import_id"].as_str().unwrap_or_default().to_owned())
    }

    /// How a run stands.
    ///
    /// # Errors
    /// See [`ImportPostError`].
    pub fn run(&self, id: &str) -> Result<PostedRun, ImportPostError> {
        let url = format!("{}/imports/{id}", self.base);
        let request = self.agent.get(&url).header("Authorization", self.bearer.reveal());
        let answer = Self::read(&url, request.call())?;
        serde_json::from_value(answer)
            .map_err(|error| ImportPostError::Unreachable { url, reason: error.to_string() })
    }

    fn upload(&self, path: &Path) -> Result<String, ImportPostError> {
        let unreadable =
            |source| ImportPostError::Unreadable { path: path.display().to_string(), source };
        let file = File::open(path).map_err(unreadable)?;
        let url = format!("{}/blobs", self.base);
        let request = self
            .agent
            .put(&url)
            .header("Authorization", self.bearer.reveal())
            .header("Content-Type", "application/octet-stream")
            .header("Content-Length", file.metadata().map_err(unreadable)?.len().to_string());
        let kept = Self::read(&url, request.send(file))?;
        Ok(kept["blob"].as_str().unwrap_or_default().to_owned())
    }

    fn read(
        url: &str,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Value, ImportPostError> {
        let unreachable = |error: ureq::Error| ImportPostError::Unreachable {
            url: url.to_owned(),
            reason: box_line::reason(&error),
        };
        let mut answer = answer.map_err(unreachable)?;
        if answer.status().is_success() {
            return answer.body_mut().read_json().map_err(unreachable);
        }
        let body: Value = answer.body_mut().read_json().unwrap_or_default();
        let mut message = body["error"]["message"].as_str().unwrap_or("no words").to_owned();
        for fault in body["error"]["fields"].as_array().into_iter().flatten() {
            let part = |name: &str| fault[name].as_str().unwrap_or_default().to_owned();
            message.push_str(&format!("\n  {}: {}", part("field"), part("message")));
        }
        Err(ImportPostError::Refused { status: answer.status().as_u16(), message })
    }
}
