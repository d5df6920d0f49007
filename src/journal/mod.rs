//! One library for append-only logs: segments, frames, a hash chain, a tail with named cursors, and
//! the disk, real or simulated.
//!
//! Three logs use it: `journal/` (the truth), `pbx/` (raw call events, 90 days) and `access/` (who
//! read what, 3 years). It must never know what is inside a frame's header or body.
//!
//! A frame is *acknowledged* once [`Log::sync`] has returned, and *attested* once something later on
//! the disk says so: the next group's frames, a marker, the next segment. On opening, a bad frame
//! that was attested is damage, and the log does not open; a bad frame behind everything attested is
//! the torn tail of a crash, which is cut off and kept aside.

mod background;
mod disk;
mod doctor;
mod error;
mod export;
mod format;
mod log;
mod prepare;
mod reader;
mod scan;
mod simulated;
mod tail;

pub use background::{BackgroundError, BackgroundLog, QUEUE_RECORDS_MAX, SYNC_INTERVAL};
pub use disk::{Disk, DiskFile, DiskReader, DiskWriter, RealDisk};
pub use doctor::{DoctorReport, SegmentReport, examine};
pub use error::{Damage, LogError, OpenError};
pub use export::{SegmentExport, segments_through};
pub use format::{Chain, FRAME_PREFIX_BYTES, SegmentHeader, next_link};
pub use log::{
    Appended, Log, LogOptions, OpenReport, RETAINED_SEGMENT_BYTES, SEGMENT_BYTES, TornTail,
};
pub use reader::{Frame, Position, Reader};
pub use simulated::SimulatedDisk;
pub use tail::{Cursors, Tail};

#[cfg(test)]
mod tests;
