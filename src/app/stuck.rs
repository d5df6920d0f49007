//! When the view stops answering: the process begins anew and builds the view from the journal.
//!
//! A thread that sled keeps for ever can be ended only with its process. Everything acknowledged is
//! in the journal, so the process replaces itself, as a restart by hand would. Must never touch the
//! journal.

use crate::store::{Delay, LOOK_EVERY, Vigil, Watch, seal};
use crate::telemetry::{output, process};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

/// Ends the watching when dropped.
#[derive(Debug)]
pub struct Watching {
    _stop: mpsc::Sender<()>,
}

/// Watches the view in `folder` until the answer is dropped.
///
/// # Errors
/// When the thread cannot be started.
pub fn watch(watch: Arc<Watch>, folder: PathBuf) -> io::Result<Watching> {
    let (stop, stopped) = mpsc::channel::<()>();
    std::thread::Builder::new().name("view-watch".into()).spawn(move || {
        let (mut vigil, mut delayed) = (Vigil::default(), None);
        while stopped.recv_timeout(LOOK_EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
            let found = watch.look(&mut vigil, process::thread_state);
            if found.delayed != delayed {
                delayed = found.delayed;
                tell(delayed);
            }
            if found.stuck {
                begin_anew(&folder);
            }
        }
    })?;
    Ok(Watching { _stop: stop })
}

fn tell(delayed: Option<Delay>) {
    match delayed {
        Some(Delay::Flush) => tracing::error!(
            "a flush of the view has not got on for two minutes; nothing is lost, but look after \
             the disk"
        ),
        Some(Delay::Call) => tracing::error!(
            "a read of the view has not got on for two minutes; look after the disk"
        ),
        None => tracing::info!("the view gets on again"),
    }
}

fn begin_anew(folder: &Path) -> ! {
    tracing::error!(
        "the view stopped answering; starting again to rebuild it from the journal, nothing is lost"
    );
    if let Err(error) = seal::mark_stuck(folder) {
        tracing::error!(%error, "the view could not be marked; remove its folder by hand");
    }
    output::give_back();
    let error = match std::env::current_exe() {
        Ok(program) => std::process::Command::new(program).args(std::env::args_os().skip(1)).exec(),
        Err(error) => error,
    };
    tracing::error!(%error, "the box cannot start itself again; start it by hand");
    std::process::abort();
}
