//! What is sound in a log and what is not. Reads everything, changes nothing.

use super::disk::Disk;
use super::log::sealed_damage;
use super::scan::{Scan, Segment, read_segment, scan, segment_name, segment_seqs};
use std::fmt;
use std::path::{Path, PathBuf};

/// What the doctor says of one segment file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentReport {
    /// The file.
    pub file: PathBuf,
    /// First frame by its name.
    pub first_seq: u64,
    /// Last frame that can be read in order; none when there is none.
    pub last_seq: Option<u64>,
    /// Bytes in use.
    pub used_bytes: u64,
    /// What is wrong; none when it is sound.
    pub fault: Option<String>,
    /// Whether the fault touches acknowledged frames. Otherwise it is a torn tail, which the next
    /// start cuts off by itself.
    pub damage: bool,
}

/// What the doctor says of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorReport {
    /// The folder.
    pub folder: PathBuf,
    /// The segments, in order.
    pub segments: Vec<SegmentReport>,
    /// The last frame up to which everything is sound.
    pub sound_through: u64,
    /// The largest frame that something on the disk says was acknowledged.
    pub attested: u64,
    /// Tails cut off at earlier starts.
    pub torn_files: Vec<String>,
    /// What is wrong with the log as a whole.
    pub faults: Vec<String>,
}

impl DoctorReport {
    /// Whether the log opens.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty() && !self.segments.iter().any(|segment| segment.damage)
    }
}

impl fmt::Display for DoctorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} segments", self.folder.display(), self.segments.len())?;
        for segment in &self.segments {
            let name = segment.file.file_name().unwrap_or_default().to_string_lossy();
            let last = segment.last_seq.map_or_else(|| "none".to_owned(), |seq| seq.to_string());
            let verdict = match (&segment.fault, segment.damage) {
                (None, _) => "sound".to_owned(),
                (Some(fault), true) => format!("DAMAGED: {fault}"),
                (Some(fault), false) => {
                    format!("torn tail, the next start cuts it off by itself: {fault}")
                }
            };
            writeln!(f, "  {name}: readable through frame {last}, {verdict}")?;
        }
        for fault in &self.faults {
            writeln!(f, "  {fault}")?;
        }
        for torn in &self.torn_files {
            writeln!(f, "  {torn}: cut off at an earlier start, never acknowledged as durable")?;
        }
        if self.is_sound() {
            return writeln!(f, "  Sound through frame {}. Nothing to do.", self.sound_through);
        }
        writeln!(
            f,
            "  Sound through frame {}; acknowledged through at least frame {}. What to do: stop, copy \
             this folder aside, bring the named files back from the second copy, or restore the \
             newest backup into an empty folder (`lenderbox backup restore`).",
            self.sound_through, self.attested
        )
    }
}

/// Examines the log in `folder`. `attested` is the largest seq known elsewhere to be acknowledged,
/// or 0.
#[must_use]
pub fn examine(disk: &dyn Disk, folder: &Path, attested: u64) -> DoctorReport {
    let mut report = DoctorReport {
        folder: folder.to_owned(),
        segments: Vec::new(),
        sound_through: 0,
        attested,
        torn_files: Vec::new(),
        faults: Vec::new(),
    };
    let seqs = match segment_seqs(disk, folder) {
        Ok(seqs) => seqs,
        Err(error) => {
            report.faults.push(format!("the folder cannot be read: {error}"));
            return report;
        }
    };
    let names = disk.list(folder).unwrap_or_default();
    report.torn_files = names.into_iter().filter(|name| name.starts_with("torn-")).collect();
    let segments: Vec<(u64, Result<Segment, String>)> = seqs
        .iter()
        .map(|first_seq| {
            let path = folder.join(segment_name(*first_seq));
            (*first_seq, read_segment(disk, &path, *first_seq).map_err(|error| error.to_string()))
        })
        .collect();
    let mut whole = true;
    for (place, (first_seq, segment)) in segments.iter().enumerate() {
        let next = segments.get(place + 1).map(|(_, next)| next.as_ref().ok());
        let file = folder.join(segment_name(*first_seq));
        let entry = match segment {
            Ok(segment) => examine_segment(disk, segment, next, &mut report.attested),
            Err(fault) => SegmentReport {
                file,
                first_seq: *first_seq,
                last_seq: None,
                used_bytes: 0,
                fault: Some(fault.clone()),
                damage: true,
            },
        };
        if place > 0 && whole && report.sound_through + 1 != *first_seq {
            let missing = report.sound_through + 1;
            report.faults.push(format!("frames {missing} to {} are missing", first_seq - 1));
            whole = false;
        }
        if whole {
            report.sound_through = entry.last_seq.unwrap_or(first_seq - 1);
        }
        whole &= entry.fault.is_none();
        report.segments.push(entry);
    }
    if whole && report.sound_through < report.attested {
        report.faults.push(format!(
            "the frames end at {}, but {} were acknowledged",
            report.sound_through, report.attested
        ));
    }
    report
}

fn examine_segment(
    disk: &dyn Disk,
    segment: &Segment,
    next: Option<Option<&Segment>>,
    attested: &mut u64,
) -> SegmentReport {
    let mut entry = SegmentReport {
        file: segment.path.clone(),
        first_seq: segment.header.first_seq,
        last_seq: None,
        used_bytes: 0,
        fault: None,
        damage: false,
    };
    let found: Scan = match scan(disk, segment, next.is_some()) {
        Ok(found) => found,
        Err(error) => {
            entry.fault = Some(format!("it cannot be read: {error}"));
            entry.damage = true;
            return entry;
        }
    };
    *attested = found.attested.max(*attested);
    entry.last_seq = (found.last_seq >= segment.header.first_seq).then_some(found.last_seq);
    entry.used_bytes = found.end;
    if let Some(Some(next)) = next
        && let Some(damage) = sealed_damage(segment, &next.header, &found)
    {
        entry.fault = Some(format!("at byte {}: {}", damage.offset, damage.what));
        entry.damage = true;
    } else if let Some(fault) = &found.fault {
        entry.fault = Some(format!("at byte {}: {}", fault.offset, fault.what));
        entry.damage = next.is_some() || found.last_seq < *attested;
    }
    entry
}
