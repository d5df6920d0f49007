//! `lenderbox rebuild`: the view anew from the journal.

use super::{CliError, configuration, say, with_core};
use clap::Args;
use std::path::{Path, PathBuf};

/// Build the view anew from the journal. The box must be stopped; nothing can be lost by it.
#[derive(Debug, Args)]
pub struct Rebuild {
    /// The data folder, instead of the configured one.
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

impl Rebuild {
    /// Sets the present view aside and builds a new one.
    ///
    /// # Errors
    /// When the folder is in use or the journal does not read.
    pub fn run(self, path: Option<&Path>) -> Result<(), CliError> {
        let config = configuration(path, self.data_dir.as_deref())?;
        if !config.storage.folder.join("journal").exists() {
            let folder = config.storage.folder.display();
            return Err(CliError::Said(format!("there is no base in {folder}")));
        }
        // The lock is taken with the folder; the view is set aside only under it.
        with_core(config, async |core| {
            let store = &core.services.store;
            let begun = std::time::Instant::now();
            // A view of another version, or one that did not read, was built anew with the opening.
            let took = match core.report.rebuilt {
                Some(took) => took,
                None if core.services.committer.rebuild().await => begun.elapsed(),
                None => {
                    return Err(CliError::Said(
                        "the view cannot be rebuilt; run `lenderbox doctor`".into(),
                    ));
                }
            };
            let seconds = took.as_secs_f64().max(0.001);
            let position = store.position().map_err(|error| CliError::Said(error.to_string()))?;
            let summed = crate::store::rebuild::digest_of_heads(store)
                .map_err(|error| CliError::Said(error.to_string()))?;
            if summed != position.digest {
                return Err(CliError::Said(
                    "the new view does not add up; run `lenderbox doctor`".into(),
                ));
            }
            let rate = position.seq as f64 / seconds;
            say(format!("{} frames in {seconds:.1} s: {rate:.0} frames/s", position.seq))
        })?;
        Ok(())
    }
}
