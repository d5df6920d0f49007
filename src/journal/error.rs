//! What can go wrong with a log, in words for the person who must act.

use std::io;
use std::path::PathBuf;

/// A place of a log whose bytes are not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} is damaged at byte {offset}: {what}; frames {first_seq} to {last_seq} were acknowledged and \
     cannot be read there. Nothing was changed. Run `lenderbox doctor` to see what is sound, then \
     restore the newest backup or bring the file back from the second copy",
    file.display()
)]
pub struct Damage {
    /// The damaged file.
    pub file: PathBuf,
    /// The first byte that cannot be trusted.
    pub offset: u64,
    /// The first frame that cannot be read.
    pub first_seq: u64,
    /// The last frame known to have been acknowledged in the unreadable part.
    pub last_seq: u64,
    /// What is wrong.
    pub what: String,
}

/// Why a log does not open. Nothing was changed on the disk.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Acknowledged frames cannot be read.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// A file that is no segment lies under a segment's name.
    #[error("{} is not a segment of a log: move it out of the folder", file.display())]
    NotASegment {
        /// The file.
        file: PathBuf,
    },
    /// A segment was written by a newer program.
    #[error(
        "{} has format {found}; this program knows formats up to {known}: start the newer program",
        file.display()
    )]
    NewerVersion {
        /// The file.
        file: PathBuf,
        /// Its format.
        found: u32,
        /// The newest known format.
        known: u32,
    },
    /// A segment of another log lies in the folder.
    #[error(
        "{} belongs to the log `{found}`, not to `{expected}`: move it back where it came from",
        file.display()
    )]
    ForeignSegment {
        /// The file.
        file: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose folder it is.
        expected: String,
    },
    /// Segments are missing.
    #[error(
        "{}: the segment that holds frame {first_seq} is missing: bring it back from the second \
         copy or restore the newest backup; `lenderbox doctor` lists what is there",
        folder.display()
    )]
    MissingSegment {
        /// The folder of the log.
        folder: PathBuf,
        /// The first frame that is nowhere.
        first_seq: u64,
    },
    /// Two files claim the same place, or the names do not fit the contents.
    #[error(
        "{} does not belong where it is ({what}): find out who copied or renamed it, then move it \
         out of the folder",
        file.display()
    )]
    Misplaced {
        /// The file.
        file: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// The disk refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

/// Why a log did not take or give a frame.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The frame is larger than a frame may be. Nothing was appended.
    #[error("a frame of {bytes} bytes is too large; at most {bytes_max} are allowed")]
    FrameTooLarge {
        /// Bytes of the frame.
        bytes: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// There is no room for the next segment. Nothing was appended; the log goes on when there is
    /// space again.
    #[error("the disk has no room for the next part of the log: free some space ({reason})")]
    NoSpace {
        /// What the disk said.
        reason: String,
    },
    /// A write or a sync failed: nothing is known about what is on the disk, the process must end.
    #[error("{}: {source}; what was written last may be lost, the program must stop", path.display())]
    Fatal {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The log failed before; it takes nothing any more.
    #[error("the log failed before and takes nothing any more: restart the program")]
    Poisoned,
    /// The disk did not give what was asked for.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// Frames before this one are no longer kept.
    #[error("frame {asked} is no longer kept; the oldest is {oldest}")]
    Gone {
        /// The frame asked for.
        asked: u64,
        /// The oldest frame kept.
        oldest: u64,
    },
    /// The bytes read are not what was written.
    #[error(transparent)]
    Damage(#[from] Damage),
}
