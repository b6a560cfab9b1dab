//! Positions in the order of a room's messages.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// When a message was taken, and which of that millisecond it was. Redis numbers the entries of its
/// streams in the same way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id {
    /// In milliseconds since 1970.
    pub(crate) at: u64,
    number: u64,
}

impl Id {
    /// Before all that will be.
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { at: since.as_millis() as u64, number: 0 }
    }

    /// An ID for now, behind this one even if the clock was set back.
    pub(crate) fn next(self) -> Self {
        Self::now().max(Self { at: self.at, number: self.number + 1 })
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at, self.number)
    }
}

impl FromStr for Id {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, number) = text.split_once('-').ok_or(())?;
        match (at.parse(), number.parse()) {
            (Ok(at), Ok(number)) => Ok(Self { at, number }),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let id = Id { at: 1_700_000_000_000, number: 7 };
        assert_eq!(id.to_string(), "1700000000000-7");
        assert_eq!("1700000000000-7".parse(), Ok(id));
        for bad in ["", "-", "1", "1-", "-1", "1-2-3", "a-b", "99999999999999999999-0"] {
            assert_eq!(bad.parse::<Id>(), Err(()), "{bad}");
        }
    }

    #[test]
    fn the_next_is_behind_a_clock_that_was_set_back() {
        let ahead = Id { at: u64::MAX, number: 0 };
        assert_eq!(ahead.next(), Id { at: u64::MAX, number: 1 });
        assert!(Id::default().next() > Id { at: 1_700_000_000_000, number: 0 });
    }
}
