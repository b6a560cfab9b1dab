//! How far a run has come, and how long the rest of it will take.

use std::time::{Duration, Instant};

/// Prints each step to the standard error as it begins.
pub struct Progress {
    steps: usize,
    begun: usize,
    /// The cost of all steps.
    total_cost: f64,
    /// The cost of the steps that are over.
    spent: f64,
    /// The cost of the step that runs.
    running: f64,
    start: Instant,
}

impl Progress {
    /// Expects this number of steps, and what they cost together, in any unit.
    pub fn new(steps: usize, total_cost: f64) -> Self {
        Self { steps, begun: 0, total_cost, spent: 0.0, running: 0.0, start: Instant::now() }
    }

    /// Begins the next step, which costs this much in the unit of [`new`](Self::new).
    pub fn begin_step(&mut self, what: &str, cost: f64) {
        self.spent += self.running;
        self.running = cost;
        self.begun += 1;
        let left = self.time_left(self.start.elapsed());
        let left = left.map_or(String::new(), |left| format!(", {} left", in_words(left)));
        eprintln!("[{}/{}{left}] {what}", self.begun, self.steps);
    }

    /// How long the rest takes at the pace so far; `None` while no step is over.
    fn time_left(&self, elapsed: Duration) -> Option<Duration> {
        let rest = (self.total_cost - self.spent).max(0.0);
        (self.spent > 0.0).then(|| elapsed.mul_f64(rest / self.spent))
    }
}

fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..60 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_expected_to_take_the_pace_so_far() {
        let mut progress = Progress::new(3, 10.0);
        progress.begin_step("one", 2.0);
        assert_eq!(progress.time_left(Duration::from_secs(1)), None);
        progress.begin_step("two", 3.0);
        assert_eq!(progress.time_left(Duration::from_secs(6)), Some(Duration::from_secs(24)));
    }

    #[test]
    fn minutes_are_rounded_up() {
        assert_eq!(in_words(Duration::from_secs(59)), "59 s");
        assert_eq!(in_words(Duration::from_secs(61)), "2 min");
    }
}
