//! What this process takes of the system.

use std::fs;

use crate::heap;

/// Memory and open files at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// The memory that does not come from files, in bytes.
    pub(crate) memory: u64,
    /// The bytes of the heap that are in use.
    pub(crate) heap: u64,
    pub(crate) files: usize,
}

impl Usage {
    pub(crate) fn now() -> std::io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        // The directory itself is open while it is read.
        let files = fs::read_dir("/proc/self/fd")?.count() - 1;
        Ok(Self { memory: kilobytes.unwrap_or(0) << 10, heap: heap::used(), files })
    }
}

/// The most memory in each of the last two thirds of some samples.
pub(crate) fn peaks(samples: &[u64]) -> (u64, u64) {
    let third = samples.len() / 3;
    let peak = |part: &[u64]| part.iter().copied().max().unwrap_or(0);
    (peak(&samples[third..2 * third]), peak(&samples[2 * third..]))
}
