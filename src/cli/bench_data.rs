//! `lenderbox bench-data`: a large made-up base for measurements.

use super::{CliError, configuration, demo, say, with_core};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Seconds between two flushes of the view.
const FLUSH_SECONDS: u64 = 3_600;

/// Write a large made-up base for measurements; serve it with `demo`.
#[derive(Debug, Args)]
pub struct BenchData {
    /// The data folder; must be empty.
    #[arg(long, default_value = "bench-data")]
    data_dir: PathBuf,
    /// Clients to make up.
    #[arg(long, default_value_t = 10_000)]
    clients: u64,
}

impl BenchData {
    /// Writes the base and says how fast.
    ///
    /// # Errors
    /// When the folder is not empty or does not open.
    pub fn run(self, path: Option<&Path>) -> Result<(), CliError> {
        if !demo::is_new(&self.data_dir)? {
            return Err(CliError::Said(
                "the folder holds a base already; choose an empty one".into(),
            ));
        }
        let mut config = configuration(path, Some(&self.data_dir))?;
        // A base that was cut off while it was made up is made up anew: nothing is flushed before
        // memory runs short.
        config.storage.flush_seconds = FLUSH_SECONDS;
        let template = "{bar:40} {pos}/{len} clients, {per_sec}, {eta} left";
        let style = ProgressStyle::with_template(template)
            .map_err(|error| CliError::Said(error.to_string()))?;
        let bar = ProgressBar::new(self.clients).with_style(style);
        let shown = bar.clone();
        let begun = Instant::now();
        with_core(config, async |core| {
            let progress = move |clients| shown.set_position(clients);
            demo::make_up_in(core, &self.data_dir, self.clients, progress).await
        })?;
        bar.finish();
        let seconds = begun.elapsed().as_millis().max(1);
        let rate = u128::from(self.clients) * 1_000 / seconds;
        say(format!("{} clients in {} s: {rate} clients/s", self.clients, seconds / 1_000))
    }
}
