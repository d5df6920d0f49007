//! What the program says on stdout, kept apart from what libraries print there.
//!
//! sled prints on stdout what it finds damaged; whoever reads the lines of this program must read
//! nothing else. Must never carry the log: that goes to stderr.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};
use std::sync::OnceLock;

static KEPT: OnceLock<File> = OnceLock::new();

/// Keeps stdout for [`say`]: everything else that is printed goes to stderr from now on.
///
/// # Errors
/// When the streams cannot be set up.
pub fn keep() -> io::Result<()> {
    let kept = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    // Called once, at the start.
    let _ = KEPT.set(kept.into());
    Ok(())
}

/// Gives stdout back to the process, for a program that is started in its place.
pub fn give_back() {
    if let Some(kept) = KEPT.get()
        && let Err(error) = rustix::stdio::dup2_stdout(kept)
    {
        tracing::warn!(%error, "stdout was not given back");
    }
}

/// Writes one line.
///
/// # Errors
/// When stdout is closed.
pub fn say(text: &dyn Display) -> io::Result<()> {
    match KEPT.get() {
        Some(mut kept) => kept.write_all(format!("{text}\n").as_bytes()),
        None => {
            let mut out = io::stdout().lock();
            writeln!(out, "{text}")?;
            out.flush()
        }
    }
}
