//! `lenderbox check-config`.

use super::{CliError, say};
use crate::config::{self, Config};
use clap::Args;
use std::path::Path;

/// Check a configuration file, or print the default one.
#[derive(Debug, Args)]
pub struct CheckConfig {
    /// Print the complete, commented default configuration instead.
    #[arg(long)]
    print_default: bool,
}

impl CheckConfig {
    /// Checks or prints.
    ///
    /// # Errors
    /// Every fault of the file at once.
    pub fn run(self, path: Option<&Path>) -> Result<(), CliError> {
        if self.print_default {
            return say(config::default_text().trim_end());
        }
        let path = path.ok_or_else(|| CliError::Said("name the file with --config FILE".into()))?;
        Config::load(path)?;
        say(format!("{} is fine", path.display()))
    }
}
