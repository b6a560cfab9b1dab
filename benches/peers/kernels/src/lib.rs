//! The loops over bytes that all receivers have, by themselves: masking and validating UTF-8.

mod masking;
mod validating;

use std::time::Duration;

use common::{interleave, processor_time};

pub use masking::Masking;
pub use validating::Validating;

/// Of calls in a round, in bytes, about; short calls cost more than their bytes.
const WORK: usize = 4 << 20;

/// About how long a column takes in so many rounds.
fn cost_of_column(rounds: usize) -> Duration {
    Duration::from_millis(20) + Duration::from_millis(5) * rounds as u32
}

/// Nanoseconds of processor time a call, at least one in a round, for each of the contestants: `call` runs one of them.
fn measure(
    len: usize,
    rounds: usize,
    contestants: usize,
    mut call: impl FnMut(usize, usize),
) -> std::io::Result<Vec<f64>> {
    let calls = (WORK / (len + 64)).max(1);
    let times = interleave(rounds, contestants, |contestant| {
        // What ran before has left other memory in the caches.
        call(contestant, 1);
        let start = processor_time();
        call(contestant, calls);
        Ok(processor_time() - start)
    })?;
    Ok(times.iter().map(|time| time.as_nanos() as f64 / calls as f64).collect())
}
