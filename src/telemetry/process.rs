//! What the operating system says of this process.

/// Bytes of a memory page, as `/proc/self/statm` counts.
const PAGE_BYTES: u64 = 4_096;

/// Bytes of memory that this process holds; `None` when the system does not say.
#[must_use]
pub fn memory_used() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * PAGE_BYTES)
}
