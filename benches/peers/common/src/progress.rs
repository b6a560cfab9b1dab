//! What is done, and how long the rest will take.

use std::time::{Duration, Instant};

/// Tells the standard error of each step as it begins.
pub struct Progress {
    steps: usize,
    begun: usize,
    /// In the unit in which steps tell what they cost.
    cost: f64,
    spent: f64,
    /// Of the step that runs.
    running: f64,
    start: Instant,
}

impl Progress {
    /// So many steps that cost so much together, in any unit.
    pub fn new(steps: usize, cost: f64) -> Self {
        Self { steps, begun: 0, cost, spent: 0.0, running: 0.0, start: Instant::now() }
    }

    /// The step before is over, and one begins that costs so much.
    pub fn step(&mut self, what: &str, cost: f64) {
        self.spent += self.running;
        self.running = cost;
        self.begun += 1;
        let left = self.left(self.start.elapsed());
        let left = left.map_or(String::new(), |left| format!(", {} left", in_words(left)));
        eprintln!("[{}/{}{left}] {what}", self.begun, self.steps);
    }

    /// At the pace so far; `None` before there is one.
    fn left(&self, elapsed: Duration) -> Option<Duration> {
        let rest = (self.cost - self.spent).max(0.0);
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
    fn the_rest_goes_at_the_pace_so_far() {
        let mut progress = Progress::new(3, 10.0);
        progress.step("one", 2.0);
        assert_eq!(progress.left(Duration::from_secs(1)), None);
        progress.step("two", 3.0);
        assert_eq!(progress.left(Duration::from_secs(6)), Some(Duration::from_secs(24)));
    }

    #[test]
    fn minutes_are_rounded_up() {
        assert_eq!(in_words(Duration::from_secs(59)), "59 s");
        assert_eq!(in_words(Duration::from_secs(61)), "2 min");
    }
}
