//! The two loops over bytes that receivers have, measured alone: masking, and validating UTF-8.

mod masking;
mod validating;

use std::time::Duration;

use common::{interleave, processor_time};

pub use masking::Masking;
pub use validating::Validating;

/// About how many bytes the calls of a round work on. Each call counts as 64 bytes more than it
/// has, since short calls cost more than their bytes.
const BYTES_OF_ROUND: usize = 4 << 20;

/// About how long the column of one length takes.
fn cost_of_column(rounds: usize) -> Duration {
    Duration::from_millis(20) + Duration::from_millis(5) * rounds as u32
}

/// Measures how many nanoseconds of processor time a call takes, for each contestant.
/// `run(contestant, calls)` calls the contestant of this index `calls` times, which is at least
/// once.
fn measure(
    len: usize,
    rounds: usize,
    contestants: usize,
    mut run: impl FnMut(usize, usize),
) -> std::io::Result<Vec<f64>> {
    let calls = (BYTES_OF_ROUND / (len + 64)).max(1);
    let times = interleave(rounds, contestants, |contestant| {
        // The contestant before has left its own memory in the caches.
        run(contestant, 1);
        let start = processor_time();
        run(contestant, calls);
        Ok(processor_time() - start)
    })?;
    Ok(times.iter().map(|time| time.as_nanos() as f64 / calls as f64).collect())
}
