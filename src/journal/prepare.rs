//! The helper that zero-fills the next segment ahead of time, so that an append changes no file size
//! and a rotation waits for nothing.

use super::disk::Disk;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Name of the file that becomes the next segment.
pub(super) const PREPARED_NAME: &str = "prepared.tmp";
static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

/// Creates the prepared file of `bytes` zeros, durably.
pub(super) fn prepare(disk: &dyn Disk, folder: &Path, bytes: u64) -> io::Result<()> {
    let path = folder.join(PREPARED_NAME);
    if disk.exists(&path) {
        disk.remove(&path)?;
    }
    let filled = fill(disk, &path, bytes);
    if filled.is_err() && disk.exists(&path) {
        // A half-filled file would only take the space that is missing.
        disk.remove(&path)?;
    }
    filled
}

fn fill(disk: &dyn Disk, path: &Path, bytes: u64) -> io::Result<()> {
    let file = disk.create(path)?;
    let mut offset = 0;
    while offset < bytes {
        let count = (bytes - offset).min(ZEROS.len() as u64);
        let piece = usize::try_from(count).unwrap_or(ZEROS.len());
        file.write_at(&ZEROS[..piece], offset)?;
        offset += count;
    }
    file.sync_data()
}

/// Keeps one prepared file at hand. Dropping it waits until the helper has ended, so that nothing is
/// written into the folder afterwards.
pub(super) enum Preparer {
    /// On the caller's thread when asked for: simulations stay deterministic.
    Inline { disk: Arc<dyn Disk>, folder: PathBuf, bytes: u64 },
    /// On a thread of its own.
    Thread(Helper),
}

pub(super) struct Helper {
    ask: Option<Sender<()>>,
    done: Receiver<io::Result<()>>,
    asked: bool,
    thread: Option<JoinHandle<()>>,
}

impl Preparer {
    pub fn start(disk: Arc<dyn Disk>, folder: &Path, bytes: u64, ahead: bool) -> io::Result<Self> {
        let folder = folder.to_owned();
        if !ahead {
            return Ok(Self::Inline { disk, folder, bytes });
        }
        let (ask, asks) = bounded::<()>(1);
        let (answers, done) = bounded(1);
        let thread = std::thread::Builder::new().name("segment-preparer".into());
        let thread = thread.spawn(move || {
            while asks.recv().is_ok() {
                if answers.send(prepare(disk.as_ref(), &folder, bytes)).is_err() {
                    return;
                }
            }
        })?;
        let mut helper = Helper { ask: Some(ask), done, asked: false, thread: Some(thread) };
        helper.begin();
        Ok(Self::Thread(helper))
    }

    /// Begins preparing the next file where that happens ahead of time.
    pub fn begin(&mut self) {
        if let Self::Thread(helper) = self {
            helper.begin();
        }
    }

    /// Waits until the prepared file is there. After an error the next call tries again.
    pub fn wait(&mut self) -> io::Result<()> {
        match self {
            Self::Inline { disk, folder, bytes } => prepare(disk.as_ref(), folder, *bytes),
            Self::Thread(helper) if helper.asked => match helper.answer() {
                Ok(()) => Ok(()),
                // Space may have come back since the helper tried.
                Err(_) => helper.once_more(),
            },
            Self::Thread(helper) => helper.once_more(),
        }
    }
}

impl Helper {
    fn begin(&mut self) {
        if !self.asked {
            self.asked = self.ask.as_ref().is_some_and(|ask| ask.try_send(()).is_ok());
        }
    }

    fn once_more(&mut self) -> io::Result<()> {
        self.begin();
        self.answer()
    }

    fn answer(&mut self) -> io::Result<()> {
        self.asked = false;
        self.done.recv().map_err(|_| io::Error::other("the helper has ended"))?
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        drop(self.ask.take());
        if let Some(thread) = self.thread.take() {
            // The answer of a last piece of work fits into the channel, so the thread does end.
            let _ended = thread.join();
        }
    }
}
