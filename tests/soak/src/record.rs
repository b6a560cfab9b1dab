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
    /// The server was shut down before the plan was done.
    pub(crate) shut_down: bool,
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
    /// The server was shut down before the connection ended.
    pub(crate) shut_down: bool,
}

impl PeerRecord {
    pub(crate) fn new(number: u64) -> Self {
        Self { number, counts: Counts::default(), shut_down: false, fault: None }
    }

    /// A line that can be parsed.
    pub(crate) fn line(&self) -> String {
        let Self { number, counts: Counts { sent, received, news }, shut_down, fault } = self;
        let fault = fault.as_deref().unwrap_or("");
        format!("{number} {sent} {received} {news} {} {fault}", u8::from(*shut_down))
    }
}

impl FromStr for PeerRecord {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut parts = line.splitn(6, ' ');
        let mut number = || parts.next()?.parse::<u64>().ok();
        let numbers = [number(), number(), number(), number(), number()];
        let [Some(number), Some(sent), Some(received), Some(news), Some(shut_down)] = numbers
        else {
            return Err(format!("not a peer's record: {line}"));
        };
        let fault = parts.next().filter(|fault| !fault.is_empty()).map(String::from);
        let counts = Counts { sent, received, news };
        Ok(Self { number, counts, shut_down: shut_down != 0, fault })
    }
}
