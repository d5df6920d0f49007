//! `lenderbox serve`.

use super::{CliError, SERVER_THREADS, configuration, say};
use crate::actors::Runtime;
use crate::app::{self, Core};
use clap::Args;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Serve the box.
#[derive(Debug, Args)]
pub struct Serve {
    /// The data folder, instead of the configured one.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// The address, instead of the configured one.
    #[arg(long)]
    listen: Option<SocketAddr>,
}

impl Serve {
    /// Serves until told to stop.
    ///
    /// # Errors
    /// When the box cannot start.
    pub fn run(self, path: Option<&Path>) -> Result<(), CliError> {
        let mut config = configuration(path, self.data_dir.as_deref())?;
        if let Some(address) = self.listen {
            config.listen.address = address;
        }
        crate::telemetry::logs::start(config.log.json, &config.log.filter)
            .map_err(|error| CliError::Said(error.to_string()))?;
        Runtime::block_on(SERVER_THREADS, async {
            let stop = stop_signal()?;
            let core = Core::open(Arc::new(config))?;
            app::serve(core, stop, async |_, listening| {
                // The log says it too; whoever started the box by hand sees it at once.
                let _ = say(format!("Lenderbox at {}://{}", listening.scheme, listening.address));
            })
            .await?;
            Ok(())
        })
    }
}

/// Becomes true when the process is told to end.
///
/// # Errors
/// When signals cannot be followed.
pub fn stop_signal() -> Result<watch::Receiver<bool>, CliError> {
    let (stop, stopped) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.send_replace(true);
    });
    Ok(stopped)
}
