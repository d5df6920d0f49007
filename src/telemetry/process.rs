//! What the operating system says of this process, and how its threads share the processors.

use rustix::process::{Resource, Rlimit};
use std::time::Duration;

/// Bytes of a memory page, as `/proc/self/statm` counts.
const PAGE_BYTES: u64 = 4_096;

/// Bytes of memory that this process holds; `None` when the system does not say.
#[must_use]
pub fn memory_used() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * PAGE_BYTES)
}

/// Length of a tick of the system's accounts of time: the same on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// What the system says of one thread of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadState {
    /// Processor time that it has used since its start.
    pub spent: Duration,
    /// It waits for a disk and cannot be woken.
    pub waits_for_disk: bool,
}

/// The number of the calling thread; 0 when the system does not say. Asked once per thread.
#[must_use]
pub fn current_thread() -> u32 {
    thread_local! {
        static NUMBER: u32 = own_number().unwrap_or(0);
    }
    NUMBER.with(|number| *number)
}

fn own_number() -> Option<u32> {
    let link = std::fs::read_link("/proc/thread-self").ok()?;
    link.file_name()?.to_str()?.parse().ok()
}

/// What the thread with this number is doing; `None` when the system does not say.
#[must_use]
pub fn thread_state(number: u32) -> Option<ThreadState> {
    read_thread_state(&std::fs::read_to_string(format!("/proc/self/task/{number}/stat")).ok()?)
}

/// A line of `/proc/…/stat`: the name in brackets may itself hold blanks and brackets.
fn read_thread_state(line: &str) -> Option<ThreadState> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u32>().ok();
    Some(ThreadState {
        spent: TICK * ticks(11)?.checked_add(ticks(12)?)?,
        waits_for_disk: *fields.first()? == "D",
    })
}

/// Lets this process hold as many open files and connections as the system allows it: what it may
/// hold without asking is less than a few hundred open pages need.
pub fn allow_open_files() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, ..limit };
    if let Err(error) = rustix::process::setrlimit(Resource::Nofile, most) {
        tracing::debug!(%error, "the number of open files stays as it was");
    }
}

/// How far a thread stands back behind calls and clicks.
#[derive(Debug, Clone, Copy)]
pub enum Niceness {
    /// What must be done in time, a moment later.
    Upkeep,
    /// What has time.
    Job,
}

/// The calling thread stands back: whoever waits for an answer gets a processor first.
pub fn let_others_go_first(niceness: Niceness) {
    let level = match niceness {
        Niceness::Upkeep => 5,
        Niceness::Job => 15,
    };
    // On Linux this is the thread's own priority.
    if let Err(error) = rustix::process::setpriority_process(None, level) {
        tracing::debug!(%error, "a thread runs at normal priority");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_read_whatever_its_name_is() {
        let line = "71 (view) watch (2)) D 1 71 71 0 -1 64 9 0 0 0 123 77 0 0 20 0 9 0 5 6 7";
        let read = ThreadState { spent: Duration::from_secs(2), waits_for_disk: true };
        assert_eq!(read_thread_state(line), Some(read));
        assert!(!read_thread_state(&line.replace(") D ", ") R ")).unwrap().waits_for_disk);
        assert_eq!(read_thread_state("71 (cut off) D 1 2"), None);
        assert_eq!(read_thread_state(""), None);
    }

    #[test]
    fn all_open_files_that_the_system_allows_are_allowed() {
        let own = rustix::process::getrlimit(Resource::Nofile);
        let less = Rlimit { current: own.current.map(|files| files / 2), ..own };
        rustix::process::setrlimit(Resource::Nofile, less).unwrap();
        allow_open_files();
        assert_eq!(rustix::process::getrlimit(Resource::Nofile).current, own.maximum);
    }

    #[test]
    fn a_thread_that_works_is_seen_to_work() {
        let number = current_thread();
        assert_ne!(number, 0);
        let begun = thread_state(number).unwrap().spent;
        let mut sum = 0_u64;
        while thread_state(number).unwrap().spent < begun + Duration::from_millis(30) {
            sum = (0..10_000).fold(sum, |sum, n| std::hint::black_box(sum ^ n));
        }
        let another = std::thread::spawn(current_thread).join().unwrap();
        assert_ne!(another, number);
        assert_eq!(thread_state(0), None, "no such thread");
    }
}
