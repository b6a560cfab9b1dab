//! The results of the load test.

use std::fmt;
use std::time::Duration;

use crate::client::Outcome;

pub(crate) struct Report {
    /// In microseconds, in ascending order.
    latencies: Vec<u32>,
    clients: usize,
    errors: Vec<String>,
}

impl Report {
    pub(crate) fn new(outcomes: Vec<Outcome>) -> Self {
        let clients = outcomes.len();
        let (mut latencies, mut errors) = (Vec::new(), Vec::new());
        for outcome in outcomes {
            latencies.extend(outcome.latencies);
            errors.extend(outcome.error);
        }
        latencies.sort_unstable();
        Self { latencies, clients, errors }
    }

    /// How many clients received everything once and in order.
    pub(crate) const fn passed(&self) -> usize {
        self.clients - self.errors.len()
    }

    pub(crate) const fn failed(&self) -> usize {
        self.errors.len()
    }

    /// The latency that `per_mille` of 1,000 messages do not exceed.
    fn percentile(&self, per_mille: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let latency = self.latencies.get(last * per_mille / 1000);
        Duration::from_micros(latency.copied().unwrap_or_default().into())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} messages received", self.latencies.len())?;
        for (name, per_mille) in
            [("50 %", 500), ("90 %", 900), ("99 %", 990), ("99.9 %", 999), ("all", 1000)]
        {
            writeln!(f, "{name:>7} within {:.1?}", self.percentile(per_mille))?;
        }
        for error in self.errors.iter().take(10) {
            writeln!(f, "WRONG {error}")?;
        }
        let (passed, clients) = (self.passed(), self.clients);
        write!(f, "{passed} of {clients} clients received everything, once and in order")
    }
}
