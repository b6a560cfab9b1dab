//! Rounds that alternate between what is compared, and their medians.

use std::io;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The time that this thread has run. Waiting for the processor does not count, so other load
/// disturbs less.
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Runs all `contestants` in each of so many rounds, beginning with another one every time, and
/// gives the median of what each of them measured.
pub fn interleave(
    rounds: usize,
    contestants: usize,
    mut run: impl FnMut(usize) -> io::Result<Duration>,
) -> io::Result<Vec<Duration>> {
    let mut times = vec![Vec::with_capacity(rounds); contestants];
    for round in 0..rounds {
        for turn in 0..contestants {
            let contestant = (round + turn) % contestants;
            times[contestant].push(run(contestant)?);
        }
    }
    Ok(times.into_iter().map(median).collect())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
