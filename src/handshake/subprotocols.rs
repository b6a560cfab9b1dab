//! The list of subprotocols that a client offers.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::grammar::elements;

/// The name of the header that subprotocols are negotiated in.
pub(super) const NAME: &str = "Sec-WebSocket-Protocol";

/// The maximum number of subprotocols. The time to find repeated ones grows with its square.
const MAX_SUBPROTOCOLS: usize = 128;

/// Distinct names in the client's order, separated by commas.
#[derive(Clone, Debug, Default)]
pub(super) struct Subprotocols(Box<str>);

impl Subprotocols {
    /// Joins the lists in all headers (§11.3.4). `None` if they are not distinct names, none or too
    /// many.
    pub(super) fn from_values<'b>(
        values: impl Iterator<Item = &'b [u8]>,
        is_name: fn(&[u8]) -> bool,
    ) -> Option<Self> {
        let mut values = values.peekable();
        let is_missing = values.peek().is_none();
        let mut names = Vec::new();
        for name in values.flat_map(elements) {
            let name = str::from_utf8(name).ok().filter(|name| is_name(name.as_bytes()))?;
            if names.contains(&name) || names.len() == MAX_SUBPROTOCOLS {
                return None;
            }
            names.push(name);
        }
        // RFC 9110 §5.6.1.2: a list has at least one element that is not empty.
        (is_missing || !names.is_empty()).then(|| Self(names.join(",").into()))
    }

    /// Adds a name at the end, which must be one that is not in the list.
    pub(super) fn push(&mut self, name: &str) {
        let names: Vec<&str> = self.iter().chain([name]).collect();
        self.0 = names.join(",").into();
    }

    /// Whether the list has the maximum length.
    pub(super) fn is_full(&self) -> bool {
        self.iter().count() >= MAX_SUBPROTOCOLS
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.iter().any(|offered| offered == name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(',').filter(|name| !name.is_empty())
    }
}
