//! The API of a running box, for the command line: the data folder belongs to that box.
//!
//! Knows nothing of the box's inside and nothing of what is asked. Must never send the token to
//! anybody but the box that was named.

use super::box_line::{self, LineError};
use crate::base::personal::Personal;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// Why the box did not do it.
#[derive(Debug, thiserror::Error)]
pub enum BoxError {
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

/// A box to ask.
#[derive(Debug)]
pub struct BoxApi {
    agent: ureq::Agent,
    base: String,
    bearer: Personal<String>,
}

impl BoxApi {
    /// A box at `address` (`http://127.0.0.1:8080`), with a token; over TLS the `authority` that
    /// signed its certificate. Each answer must come `within` a time.
    ///
    /// # Errors
    /// See [`LineError`].
    pub fn new(
        address: &str,
        authority: Option<&Path>,
        token: &Personal<String>,
        within: Duration,
    ) -> Result<Self, LineError> {
        Ok(Self {
            agent: box_line::agent(address, authority, within)?,
            base: format!("{}/api/v1", address.trim_end_matches('/')),
            bearer: Personal::new(format!("Bearer {}", token.reveal())),
        })
    }

    /// What stands at `path`, below `/api/v1/`.
    ///
    /// # Errors
    /// See [`BoxError`].
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, BoxError> {
        let url = format!("{}/{path}", self.base);
        let request = self.agent.get(&url).header("Authorization", self.bearer.reveal());
        Self::read(url, request.call())
    }

    /// Sends `body` to `path`.
    ///
    /// # Errors
    /// See [`BoxError`].
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, BoxError> {
        let url = format!("{}/{path}", self.base);
        let request = self.agent.post(&url).header("Authorization", self.bearer.reveal());
        Self::read(url, request.send_json(body))
    }

    /// Stores a file; gives its name there.
    ///
    /// # Errors
    /// See [`BoxError`].
    pub fn upload(&self, path: &Path) -> Result<String, BoxError> {
        let unreadable = |source| BoxError::Unreadable { path: path.display().to_string(), source };
        let file = File::open(path).map_err(unreadable)?;
        let url = format!("{}/blobs", self.base);
        let request = self
            .agent
            .put(&url)
            .header("Authorization", self.bearer.reveal())
            .header("Content-Type", "application/octet-stream")
            .header("Content-Length", file.metadata().map_err(unreadable)?.len().to_string());
        let kept: Value = Self::read(url, request.send(file))?;
        Ok(kept["blob"].as_str().unwrap_or_default().to_owned())
    }

    fn read<T: DeserializeOwned>(
        url: String,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<T, BoxError> {
        let unreachable = |error: &ureq::Error| BoxError::Unreachable {
            url: url.clone(),
            reason: box_line::reason(error),
        };
        let mut answer = answer.map_err(|error| unreachable(&error))?;
        if answer.status().is_success() {
            return answer.body_mut().read_json().map_err(|error| unreachable(&error));
        }
        let body: Value = answer.body_mut().read_json().unwrap_or_default();
        let mut message = body["error"]["message"].as_str().unwrap_or("no words").to_owned();
        for fault in body["error"]["fields"].as_array().into_iter().flatten() {
            let part = |name: &str| fault[name].as_str().unwrap_or_default().to_owned();
            message.push_str(&format!("\n  {}: {}", part("field"), part("message")));
        }
        Err(BoxError::Refused { status: answer.status().as_u16(), message })
    }
}
