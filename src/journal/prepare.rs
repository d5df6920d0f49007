//! The helper that zero-fills the next segment ahead of time, so that an append changes no file size
//! and a rotation waits for nothing.

use super::disk::Disk;
use crate::telemetry::process::{Niceness, let_others_go_first};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Name of the file that becomes the next segment.
pub(super) const PREPARED_NAME: &str = "prepared.tmp";
static ZEROS: [u8; 256 * 1024] = [0; 256 * 1024];
/// Pause between two pieces that are filled ahead of time.
const PAUSE: Duration = Duration::from_millis(20);

/// Creates the prepared file of `bytes` zeros, durably.
pub(super) fn prepare(disk: &dyn Disk, folder: &Path, bytes: u64) -> io::Result<()> {
    prepare_at(disk, folder, bytes, None)
}

fn prepare_at(disk: &dyn Disk, folder: &Path, bytes: u64, pace: Option<&Pace>) -> io::Result<()> {
    let path = folder.join(PREPARED_NAME);
    if disk.exists(&path) {
        disk.remove(&path)?;
    }
    let filled = fill(disk, &path, bytes, pace);
    if filled.is_err() && disk.exists(&path) {
        // A half-filled file would only take the space that is missing.
        disk.remove(&path)?;
    }
    filled
}

fn fill(disk: &dyn Disk, path: &Path, bytes: u64, pace: Option<&Pace>) -> io::Result<()> {
    let file = disk.create(path)?;
    let mut offset = 0;
    while offset < bytes {
        let count = (bytes - offset).min(ZEROS.len() as u64);
        let piece = usize::try_from(count).unwrap_or(ZEROS.len());
        file.write_at(&ZEROS[..piece], offset)?;
        offset += count;
        // Filled in one go, the disk would be busy for a second, and every command with it.
        match pace.map_or(Haste::Fast, Pace::pause) {
            Haste::Slow => file.sync_data()?,
            Haste::Fast => {}
            Haste::Stop => return Err(io::Error::other("the log is closed")),
        }
    }
    file.sync_data()
}

/// How a file is filled.
#[derive(Clone, Copy, Default, PartialEq)]
enum Haste {
    /// In small pieces with pauses.
    #[default]
    Slow,
    /// Somebody waits for it.
    Fast,
    /// Nobody wants it any more.
    Stop,
}

/// Tells the filling thread how to go on.
#[derive(Default)]
struct Pace {
    haste: Mutex<Haste>,
    changed: Condvar,
}

impl Pace {
    fn set(&self, haste: Haste) {
        *self.haste.lock().unwrap_or_else(PoisonError::into_inner) = haste;
        self.changed.notify_all();
    }
    /// Lets a moment pass while there is time for it.
    fn pause(&self) -> Haste {
        let haste = self.haste.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = self.changed.wait_timeout_while(haste, PAUSE, |haste| *haste == Haste::Slow);
        *passed.unwrap_or_else(PoisonError::into_inner).0
    }
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
    pace: Arc<Pace>,
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
        let pace = Arc::new(Pace::default());
        let kept = Arc::clone(&pace);
        let thread = thread.spawn(move || {
            let_others_go_first(Niceness::Upkeep);
            while asks.recv().is_ok() {
                let prepared = prepare_at(disk.as_ref(), &folder, bytes, Some(&kept));
                if answers.send(prepared).is_err() {
                    return;
                }
            }
        })?;
        let mut helper = Helper { ask: Some(ask), done, asked: false, pace, thread: Some(thread) };
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
        self.pace.set(Haste::Fast);
        let answer = self.done.recv();
        self.pace.set(Haste::Slow);
        answer.map_err(|_| io::Error::other("the helper has ended"))?
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        drop(self.ask.take());
        self.pace.set(Haste::Stop);
        if let Some(thread) = self.thread.take() {
            // The answer of a last piece of work fits into the channel, so the thread does end.
            let _ended = thread.join();
        }
    }
}
