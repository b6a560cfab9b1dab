//! What came out of it.

use std::fmt;
use std::time::Duration;

use crate::client::Outcome;

pub(crate) struct Report {
    /// In microseconds, from the shortest to the longest.
    latencies: Vec<u32>,
    clients: usize,
    wrong: Vec<String>,
}

impl Report {
    pub(crate) fn new(outcomes: Vec<Outcome>) -> Self {
        let clients = outcomes.len();
        let (mut latencies, mut wrong) = (Vec::new(), Vec::new());
        for outcome in outcomes {
            latencies.extend(outcome.latencies);
            wrong.extend(outcome.wrong);
        }
        latencies.sort_unstable();
        Self { latencies, clients, wrong }
    }

    /// How many clients were told everything once and in order.
    pub(crate) const fn right(&self) -> usize {
        self.clients - self.wrong.len()
    }

    pub(crate) const fn wrong(&self) -> usize {
        self.wrong.len()
    }

    /// The latency that so many in a thousand messages do not exceed.
    fn percentile(&self, per_mille: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let latency = self.latencies.get(last * per_mille / 1000);
        Duration::from_micros(latency.copied().unwrap_or_default().into())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} messages told", self.latencies.len())?;
        for (name, per_mille) in
            [("50 %", 500), ("90 %", 900), ("99 %", 990), ("99.9 %", 999), ("all", 1000)]
        {
            writeln!(f, "{name:>7} within {:.1?}", self.percentile(per_mille))?;
        }
        for wrong in self.wrong.iter().take(10) {
            writeln!(f, "WRONG {wrong}")?;
        }
        let (right, clients) = (self.right(), self.clients);
        write!(f, "{right} of {clients} clients were told everything, once and in order")
    }
}
