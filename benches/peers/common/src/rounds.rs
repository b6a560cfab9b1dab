//! Rounds that alternate between the contestants, and their medians.

use std::io;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How long the calling thread has run. Waiting for the processor does not count, so other load on
/// the machine disturbs less.
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Runs all contestants in each round, and returns the median time of each. `run` runs the
/// contestant of an index below `contestants`, and returns the time it took.
///
/// Each contestant leaves something in the caches that helps or hinders the next one. So every
/// round begins with a different contestant, and goes in the opposite direction to the round
/// before.
pub fn interleave(
    rounds: usize,
    contestants: usize,
    mut run: impl FnMut(usize) -> io::Result<Duration>,
) -> io::Result<Vec<Duration>> {
    let mut times = vec![Vec::with_capacity(rounds); contestants];
    for round in 0..rounds {
        for turn in 0..contestants {
            let turn = if round % 2 == 0 { turn } else { contestants - 1 - turn };
            let contestant = (round + turn) % contestants;
            times[contestant].push(run(contestant)?);
        }
    }
    Ok(times.into_iter().map(median).collect())
}

/// The middle value, or the upper one of two. Panics if there are no values.
pub fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contestant_runs_in_every_round_after_different_ones() {
        let mut order = Vec::new();
        let times = interleave(3, 3, |contestant| {
            order.push(contestant);
            Ok(Duration::from_secs(order.len() as u64))
        });
        assert_eq!(order, [0, 1, 2, 0, 2, 1, 2, 0, 1]);
        // Contestant 0 took 1, 4 and 8 s; contestant 1 took 2, 6 and 9 s; 2 took 3, 5 and 7 s.
        assert_eq!(times.unwrap(), [4, 6, 5].map(Duration::from_secs));
    }

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(median(vec![9, 1, 5]), 5);
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 3.0);
    }

    #[test]
    fn a_failure_ends_the_rounds() {
        let failure = interleave(3, 1, |_| Err(io::ErrorKind::BrokenPipe.into()));
        assert_eq!(failure.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
