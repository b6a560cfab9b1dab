//! Which core does what.

use std::io;

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The first and the last core that this process may use: one for servers, and one for their
/// clients and for what runs alone.
pub fn first_and_last() -> io::Result<(usize, usize)> {
    let set = sched_getaffinity(None)?;
    let mut cores = (0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core));
    let first = cores.next().ok_or_else(|| io::Error::other("no core"))?;
    Ok((first, cores.next_back().unwrap_or(first)))
}

/// Keeps a process that has one thread, or else this thread, on a core.
pub fn pin(process: Option<u32>, core: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    let process = process.and_then(|id| Pid::from_raw(id.cast_signed()));
    Ok(sched_setaffinity(process, &set)?)
}
