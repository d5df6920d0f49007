//! [`BackgroundLog`]: a log written on a thread of its own, for records whose answer does not wait.

use super::error::LogError;
use super::log::Log;
use super::tail::Tail;
use crate::base::line::{Line, NotTaken, line};
use crate::base::time::Timestamp;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, after, bounded};
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a record may wait before it is durable.
pub const SYNC_INTERVAL: Duration = Duration::from_millis(200);
/// Records that may wait for the writer.
pub const QUEUE_RECORDS_MAX: usize = 16 * 1024;
/// How long records gather while there is something to sync anyway: waking the writer for each of
/// them would cost every sender a call of the system.
const GATHER_INTERVAL: Duration = Duration::from_millis(5);
/// Records written between two looks at the clock.
const BATCH_RECORDS_MAX: usize = 1024;

/// Why a record was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackgroundError {
    /// The writer does not keep up; try again later or drop the record, and say so.
    #[error("too many records wait to be written; try again in a moment")]
    Busy,
    /// The log has failed or was stopped.
    #[error("the log takes nothing any more ({0}): look at the disk, then restart the program")]
    Stopped(String),
}

enum Message {
    Record(Vec<u8>, Vec<u8>),
    Flush(Sender<Result<u64, BackgroundError>>),
    DropBefore(Timestamp),
    Stop,
}

/// A log behind a bounded queue. A record is durable at most [`SYNC_INTERVAL`] after it was taken.
/// Cheap to clone; the last clone that goes stops the thread.
#[derive(Clone)]
pub struct BackgroundLog {
    queue: Line<Message>,
    shared: Arc<Shared>,
}

struct Shared {
    tail: Tail,
    /// Nothing is taken any more. Held open by whoever puts something in, so that all that was taken
    /// lies before the order to stop and is written.
    stopping: RwLock<bool>,
    failure: Mutex<Option<String>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for BackgroundLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BackgroundLog({:?}, {} waiting)", self.shared.tail, self.queue.waiting())
    }
}

impl BackgroundLog {
    /// Starts the thread that writes `log`; `name` names the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(log: Log, name: &str) -> io::Result<Self> {
        let (queue, records) = line(QUEUE_RECORDS_MAX);
        let shared = Arc::new(Shared {
            tail: log.tail(),
            stopping: RwLock::new(false),
            failure: Mutex::new(None),
            thread: Mutex::new(None),
        });
        // The thread holds no strong part of `shared`, so that the queue can end.
        let failure = Arc::downgrade(&shared);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let ended = write(log, records.receiver()).err().map(|error| error.to_string());
            if let (Some(shared), Some(reason)) = (failure.upgrade(), ended) {
                *shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
            }
            // Whoever waits for an answer is told that there is none.
            records.close();
        })?;
        *shared.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(Self { queue, shared })
    }

    /// Takes a record. It is durable a moment later.
    ///
    /// # Errors
    /// [`BackgroundError`]; the record was not taken.
    pub fn record(&self, header: Vec<u8>, body: Vec<u8>) -> Result<(), BackgroundError> {
        self.taking(|queue| queue.offer(Message::Record(header, body)))
    }

    /// Puts something in, unless the log is being stopped.
    fn taking(
        &self,
        put: impl FnOnce(&Line<Message>) -> Result<(), NotTaken>,
    ) -> Result<(), BackgroundError> {
        let stopping = self.shared.stopping.read().unwrap_or_else(PoisonError::into_inner);
        let put = if *stopping { Err(NotTaken::Closed) } else { put(&self.queue) };
        put.map_err(|error| match error {
            NotTaken::Full => BackgroundError::Busy,
            NotTaken::Closed => self.stopped(),
        })
    }

    /// Waits until everything taken so far is durable; returns the head.
    ///
    /// # Errors
    /// [`BackgroundError::Stopped`] when the log has failed.
    pub fn flush(&self) -> Result<u64, BackgroundError> {
        let (answer, answered) = bounded(1);
        self.taking(|queue| queue.put(Message::Flush(answer)))?;
        answered.recv().map_err(|_| self.stopped())?
    }

    /// Removes old segments in the background; see [`Log::drop_before`].
    ///
    /// # Errors
    /// [`BackgroundError::Stopped`] when the log has failed.
    pub fn drop_before(&self, before: Timestamp) -> Result<(), BackgroundError> {
        self.taking(|queue| queue.put(Message::DropBefore(before)))
    }

    /// Writes what was taken, attests it, ends the thread and waits for its end.
    ///
    /// # Errors
    /// [`BackgroundError::Stopped`] when the log had failed before.
    pub fn stop(&self) -> Result<(), BackgroundError> {
        *self.shared.stopping.write().unwrap_or_else(PoisonError::into_inner) = true;
        let sent = self.queue.put(Message::Stop).is_ok();
        let thread = self.shared.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let joined = thread.is_none_or(|thread| thread.join().is_ok());
        let failure = self.failure();
        match failure {
            None if joined => Ok(()),
            None if sent => Err(BackgroundError::Stopped("its thread has ended".to_owned())),
            None => Err(self.stopped()),
            Some(reason) => Err(BackgroundError::Stopped(reason)),
        }
    }

    /// Why the log failed; none while it works.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records that wait to be written.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// The end of the log, for its readers.
    #[must_use]
    pub fn tail(&self) -> Tail {
        self.shared.tail.clone()
    }

    fn stopped(&self) -> BackgroundError {
        BackgroundError::Stopped(self.failure().unwrap_or_else(|| "it was stopped".to_owned()))
    }
}

/// Writes until it is told to stop or nobody can send any more.
fn write(mut log: Log, records: &Receiver<Message>) -> Result<(), LogError> {
    // Since when a record waits to be synced.
    let mut dirty: Option<Instant> = None;
    // Everything is synced, not yet attested.
    let mut attest = false;
    let mut is_behind = false;
    loop {
        if dirty.is_some() && !is_behind {
            let _gathered = after(GATHER_INTERVAL).recv();
        }
        let taken = match (dirty, attest) {
            (Some(_), _) => records.recv_timeout(Duration::ZERO),
            (None, true) => records.recv_timeout(SYNC_INTERVAL),
            (None, false) => records.recv().map_err(RecvTimeoutError::from),
        };
        let mut next = match taken {
            Err(RecvTimeoutError::Timeout) => None,
            taken => Some(taken.unwrap_or(Message::Stop)),
        };
        let is_silent = next.is_none() && dirty.is_none();
        let mut batch = 0;
        while let Some(message) = next {
            match message {
                Message::Record(header, body) => {
                    append(&mut log, &header, &body)?;
                    dirty.get_or_insert_with(Instant::now);
                }
                Message::Flush(answer) => {
                    let head = log.sync()?;
                    (dirty, attest) = (None, true);
                    // Whoever asked may have gone.
                    let _gone = answer.send(Ok(head));
                }
                Message::DropBefore(before) => {
                    log.drop_before(before)?;
                }
                Message::Stop => return log.mark_durable(),
            }
            batch += 1;
            // What is taken out of the queue must be written: nothing is taken behind a full batch.
            next = if batch < BATCH_RECORDS_MAX { records.try_recv().ok() } else { None };
        }
        is_behind = batch == BATCH_RECORDS_MAX;
        if dirty.is_some_and(|since| since.elapsed() + GATHER_INTERVAL >= SYNC_INTERVAL) {
            log.sync()?;
            (dirty, attest) = (None, true);
        } else if is_silent {
            // One turn of silence after the last sync.
            log.mark_durable()?;
            attest = false;
        }
    }
}

/// A record that does not fit is left out, with a word in the process log: the rest goes on.
fn append(log: &mut Log, header: &[u8], body: &[u8]) -> Result<(), LogError> {
    match log.append(header, body) {
        Err(error @ (LogError::FrameTooLarge { .. } | LogError::NoSpace { .. })) => {
            tracing::error!(%error, "a record of a background log was left out");
            Ok(())
        }
        other => other.map(|_| ()),
    }
}
