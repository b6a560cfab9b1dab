//! The IDs of messages, which put the messages of a room in order.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time at which a message was accepted, and a sequence number among the messages of that
/// millisecond. Redis gives the entries of its streams the same kind of ID.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MessageId {
    /// In milliseconds since 1970.
    pub(crate) time: u64,
    sequence: u64,
}

impl MessageId {
    /// An ID for now, lower than that of any later message.
    pub(crate) fn now() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { time: since_epoch.as_millis() as u64, sequence: 0 }
    }

    /// An ID for now, but always higher than this one, even if the clock was set back.
    pub(crate) fn next(self) -> Self {
        Self::now().max(Self { time: self.time, sequence: self.sequence + 1 })
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.time, self.sequence)
    }
}

impl FromStr for MessageId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (time, sequence) = text.split_once('-').ok_or(())?;
        match (time.parse(), sequence.parse()) {
            (Ok(time), Ok(sequence)) => Ok(Self { time, sequence }),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_and_parsed() {
        let id = MessageId { time: 1_700_000_000_000, sequence: 7 };
        assert_eq!(id.to_string(), "1700000000000-7");
        assert_eq!("1700000000000-7".parse(), Ok(id));
        for bad in ["", "-", "1", "1-", "-1", "1-2-3", "a-b", "99999999999999999999-0"] {
            assert_eq!(bad.parse::<MessageId>(), Err(()), "{bad}");
        }
    }

    #[test]
    fn the_next_id_is_higher_even_if_the_clock_was_set_back() {
        let ahead = MessageId { time: u64::MAX, sequence: 0 };
        assert_eq!(ahead.next(), MessageId { time: u64::MAX, sequence: 1 });
        assert!(MessageId::default().next() > MessageId { time: 1_700_000_000_000, sequence: 0 });
    }
}
