//! What each side says of a connection when it is over.

use std::str::FromStr;

/// What one side counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// The messages that it sent, without the news.
    pub(crate) sent: u64,
    /// The messages that it received, without the news.
    pub(crate) received: u64,
    /// The messages that the server sends to all alike.
    pub(crate) news: u64,
}

/// What a peer says.
#[derive(Clone, Debug)]
pub(crate) struct PeerRecord {
    pub(crate) number: u64,
    pub(crate) counts: Counts,
    /// What went otherwise than planned.
    pub(crate) fault: Option<String>,
}

/// What the server says.
#[derive(Clone, Debug)]
pub(crate) struct ServerRecord {
    pub(crate) number: u64,
    pub(crate) counts: Counts,
    /// How often the last event was reported.
    pub(crate) endings: u32,
    /// The name of the cause, and of what is in it.
    pub(crate) cause: String,
    /// A message came that was not due.
    pub(crate) disorder: bool,
}

impl PeerRecord {
    /// A line that can be parsed.
    pub(crate) fn line(&self) -> String {
        let Self { number, counts: Counts { sent, received, news }, fault } = self;
        format!("{number} {sent} {received} {news} {}", fault.as_deref().unwrap_or(""))
    }
}

impl FromStr for PeerRecord {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut parts = line.splitn(5, ' ');
        let mut number = || parts.next()?.parse().ok();
        let numbers = [number(), number(), number(), number()];
        let [Some(number), Some(sent), Some(received), Some(news)] = numbers else {
            return Err(format!("not a peer's record: {line}"));
        };
        let fault = parts.next().filter(|fault| !fault.is_empty()).map(String::from);
        Ok(Self { number, counts: Counts { sent, received, news }, fault })
    }
}
