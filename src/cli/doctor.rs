//! `lenderbox doctor`: what is sound in a data folder and what is not. Changes nothing.

use super::{CliError, configuration, say};
use crate::blobs::Blobs;
use crate::journal::{RealDisk, examine};
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Examine a data folder, read everything, change nothing.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The data folder, instead of the configured one.
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

impl Doctor {
    /// Examines and reports.
    ///
    /// # Errors
    /// When something is damaged.
    pub fn run(self, path: Option<&Path>) -> Result<(), CliError> {
        let config = configuration(path, self.data_dir.as_deref())?;
        let data = &config.storage.folder;
        if !data.join("journal").is_dir() {
            let text = format!("{} holds no box: give its --data-dir", data.display());
            return Err(CliError::Said(text));
        }
        let mut damaged = Vec::new();
        for name in ["journal", "access", "pbx"] {
            let folder = data.join(name);
            if !folder.is_dir() {
                continue;
            }
            let report = examine(&RealDisk, &folder, 0);
            say(report.to_string().trim_end())?;
            if !report.is_sound() {
                damaged.push(name);
            }
        }
        if !blobs_are_sound(&data.join("blobs"))? {
            damaged.push("blobs");
        }
        if damaged.is_empty() {
            return say("Everything is sound. The view (store) is rebuilt by itself if it is not.");
        }
        Err(CliError::Said(format!("damaged: {}", damaged.join(", "))))
    }
}

fn blobs_are_sound(folder: &Path) -> Result<bool, CliError> {
    if !folder.is_dir() {
        return Ok(true);
    }
    let said = |error: crate::blobs::BlobError| CliError::Said(error.to_string());
    let blobs = Blobs::look_at(Arc::new(RealDisk), folder);
    let all = blobs.list().map_err(said)?;
    let mut sound = true;
    for hash in &all {
        if let Err(error) = blobs.verify(hash) {
            sound = false;
            say(error)?;
        }
    }
    say(format!("{}: {} files read", folder.display(), all.len()))?;
    Ok(sound)
}
