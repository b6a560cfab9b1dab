//! What the process of a server is told to do.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use crate::over::Over;
use crate::work::Work;

/// What a server does, over what, and in how many threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Job {
    pub(crate) over: Over,
    pub(crate) work: Work,
    /// One stays on the core of the servers. More run on all cores, beside the clients.
    pub(crate) workers: usize,
}

impl Job {
    pub(crate) const fn of_one(over: Over, work: Work) -> Self {
        Self { over, work, workers: 1 }
    }
}

impl Display for Job {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.over.name(), self.work, self.workers)
    }
}

impl FromStr for Job {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split(':');
        let mut next = || parts.next().ok_or("too short a job");
        let (over, work) = (next()?.parse()?, next()?.parse()?);
        let workers = next()?.parse().map_err(|_| "no number of workers")?;
        Ok(Self { over, work, workers })
    }
}
