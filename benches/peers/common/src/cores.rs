//! Which processor core runs what.

use std::io;

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The first and the last core that this process may use: the first is for servers, the last for
/// their clients and for everything that runs alone. They are the same where there is one core.
pub fn first_and_last() -> io::Result<(usize, usize)> {
    let set = sched_getaffinity(None)?;
    let mut cores = (0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core));
    let first = cores.next().ok_or_else(|| io::Error::other("no core"))?;
    Ok((first, cores.next_back().unwrap_or(first)))
}

/// Keeps a process of one thread on a core.
pub fn pin_process(id: u32, core: usize) -> io::Result<()> {
    let process = Pid::from_raw(id.cast_signed());
    Ok(sched_setaffinity(process, &only(core))?)
}

/// Keeps the calling thread, and the threads and processes that it starts later, on a core.
pub fn pin_this_thread(core: usize) -> io::Result<()> {
    Ok(sched_setaffinity(None, &only(core))?)
}

/// Lets the calling thread, and the threads that it starts later, run on all cores again.
pub fn free_this_thread() -> io::Result<()> {
    let mut all = CpuSet::new();
    (0..CpuSet::MAX_CPU).for_each(|core| all.set(core));
    Ok(sched_setaffinity(None, &all)?)
}

fn only(core: usize) -> CpuSet {
    let mut set = CpuSet::new();
    set.set(core);
    set
}
