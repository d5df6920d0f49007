//! Waiting lines to a thread that close without leaving anybody in them.
//!
//! crossbeam's bounded channel keeps what was sent between the receiver's last look and its end, for
//! as long as a sender lives: its owner would wait for ever. Here both sides can take things out.
//! Whoever has put something in looks afterwards whether the line is closed, and then empties it;
//! whoever closes it empties it afterwards. One of the two always comes second and sees what the
//! other did (the fences below), so nothing stays. What is taken out unread is dropped, and with it
//! the sender of its answer, which tells the owner. Must never drop what was taken out to be done.

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};

/// Why something did not get into a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// Too much waits.
    Full,
    /// Nobody serves it any more.
    Closed,
}

/// The end where things are put in. Cheap to clone.
#[derive(Debug)]
pub struct Line<T> {
    sender: Sender<T>,
    out: LineEnd<T>,
}

/// The end where things are taken out.
#[derive(Debug)]
pub struct LineEnd<T> {
    receiver: Receiver<T>,
    closed: Arc<AtomicBool>,
}

/// A line for at most `max` things.
#[must_use]
pub fn line<T>(max: usize) -> (Line<T>, LineEnd<T>) {
    let (sender, receiver) = bounded(max);
    let out = LineEnd { receiver, closed: Arc::default() };
    (Line { sender, out: out.clone() }, out)
}

impl<T> Clone for Line<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), out: self.out.clone() }
    }
}

impl<T> Clone for LineEnd<T> {
    fn clone(&self) -> Self {
        Self { receiver: self.receiver.clone(), closed: Arc::clone(&self.closed) }
    }
}

impl<T> Line<T> {
    /// Puts something in at once.
    ///
    /// # Errors
    /// [`NotTaken`]; the thing is dropped.
    pub fn offer(&self, thing: T) -> Result<(), NotTaken> {
        self.out.open()?;
        self.sender.try_send(thing).map_err(|error| match error {
            TrySendError::Full(_) => NotTaken::Full,
            TrySendError::Disconnected(_) => NotTaken::Closed,
        })?;
        self.out.left_behind();
        Ok(())
    }

    /// Puts something in, waiting for a place.
    ///
    /// # Errors
    /// `Closed`; the thing is dropped.
    pub fn put(&self, thing: T) -> Result<(), NotTaken> {
        self.out.open()?;
        // A closed line is emptied, so that whoever waits for a place gets one.
        self.sender.send(thing).map_err(|_| NotTaken::Closed)?;
        self.out.left_behind();
        Ok(())
    }

    /// How much waits.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.sender.len()
    }
}

impl<T> LineEnd<T> {
    /// What waits.
    #[must_use]
    pub const fn receiver(&self) -> &Receiver<T> {
        &self.receiver
    }

    /// Closes the line and drops what nobody has taken out.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.left_behind();
    }

    fn open(&self) -> Result<(), NotTaken> {
        if self.closed.load(Ordering::Acquire) { Err(NotTaken::Closed) } else { Ok(()) }
    }

    /// Empties a closed line. Stands behind every write, to the line or to `closed`: of two such
    /// fences one is first, and whoever is second sees what was written before it.
    fn left_behind(&self) {
        fence(Ordering::SeqCst);
        if self.closed.load(Ordering::Relaxed) {
            while self.receiver.try_recv().is_ok() {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;

    /// Counts those that are still somewhere.
    struct Guest(Arc<AtomicUsize>);

    impl Guest {
        fn new(inside: &Arc<AtomicUsize>) -> Self {
            inside.fetch_add(1, Ordering::SeqCst);
            Self(Arc::clone(inside))
        }
    }

    impl Drop for Guest {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn nobody_stays_in_a_line_that_closes_while_they_come() {
        let inside = Arc::new(AtomicUsize::new(0));
        for round in 0..3_000 {
            let (line, end) = line(4);
            let start = Barrier::new(4);
            std::thread::scope(|scope| {
                for number in 0..3 {
                    let (line, start, inside) = (&line, &start, &inside);
                    scope.spawn(move || {
                        start.wait();
                        for _ in 0..3 {
                            let guest = Guest::new(inside);
                            // Both ways in; a refusal drops the guest as well.
                            let _ = if number == 0 { line.put(guest) } else { line.offer(guest) };
                        }
                    });
                }
                let served = end.receiver().try_recv();
                start.wait();
                drop(served);
                for _ in 0..round % 5 {
                    let _ = end.receiver().try_recv();
                }
                end.close();
            });
            assert_eq!(inside.load(Ordering::SeqCst), 0, "round {round}");
            assert_eq!(line.put(Guest::new(&inside)), Err(NotTaken::Closed));
        }
    }

    #[test]
    fn a_full_line_says_so_and_a_closed_one_frees_who_waits_for_a_place() {
        let (line, end) = line(1);
        assert_eq!(line.offer(1), Ok(()));
        assert_eq!((line.offer(2), line.waiting()), (Err(NotTaken::Full), 1));
        std::thread::scope(|scope| {
            let line = &line;
            let waiting: Vec<_> = (0..3).map(|n| scope.spawn(move || line.put(n))).collect();
            end.close();
            // Each frees the next by leaving.
            waiting.into_iter().for_each(|thread| assert!(thread.join().is_ok()));
        });
        assert_eq!((line.offer(4), line.waiting()), (Err(NotTaken::Closed), 0));
    }
}
