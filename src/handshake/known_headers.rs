//! The header fields that decide about a handshake, found in one walk over a head.

use super::extensions;
use super::grammar::{elements, lists};
use super::headers::{Header, Headers, check_headers};
use super::subprotocols;
use crate::{Leniency, ProtocolError};

/// A header field that decides about a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Host,
    Upgrade,
    Connection,
    Version,
    Key,
    Accept,
    Subprotocols,
    Extensions,
    ContentLength,
    TransferEncoding,
}

/// The names, in the order of [`Known`].
const NAMES: [&str; 10] = [
    "Host",
    "Upgrade",
    "Connection",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Accept",
    subprotocols::NAME,
    extensions::NAME,
    "Content-Length",
    "Transfer-Encoding",
];

/// The values of the known header fields of a head, whose lines are walked once: with
/// [`Headers::get`], each question walks them again.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownHeaders<'b> {
    headers: Headers<'b>,
    /// The first value of each, and whether there are others.
    found: [Option<(&'b [u8], bool)>; NAMES.len()],
}

impl<'b> KnownHeaders<'b> {
    /// Those of headers that were checked before.
    pub(super) fn of(headers: Headers<'b>) -> Self {
        let mut known = Self { headers, found: [None; NAMES.len()] };
        headers.iter().for_each(|header| known.note(header));
        known
    }

    /// Those of a complete head, whose header lines are checked by the way.
    pub(super) fn check(head: &'b [u8]) -> Result<Self, ProtocolError> {
        let mut known = Self { headers: Headers::of_lines(&[]), found: [None; NAMES.len()] };
        known.headers = check_headers(head, |header| known.note(header))?;
        Ok(known)
    }

    fn note(&mut self, header: Header<'b>) {
        let names = NAMES.iter().zip(&mut self.found);
        for (_, known) in names.filter(|(name, _)| header.name().eq_ignore_ascii_case(name)) {
            *known = match *known {
                None => Some((header.value(), false)),
                Some((first, _)) => Some((first, true)),
            };
        }
    }

    /// All headers of the head.
    pub(super) const fn all(&self) -> Headers<'b> {
        self.headers
    }

    /// The value of the only header of this name; `None` if there is none or several.
    pub(super) fn only(&self, known: Known) -> Option<&'b [u8]> {
        self.found(known).filter(|(_, others)| !others).map(|(value, _)| value)
    }

    /// The values of all headers of this name, in order.
    pub(super) fn get_all(&self, known: Known) -> impl Iterator<Item = &'b [u8]> + use<'b> {
        let found = self.found(known);
        // Several are rare.
        let several = found.filter(|(_, others)| *others);
        let walk = several.map(|_| self.headers.get_all(name_of(known)));
        self.only(known).into_iter().chain(walk.into_iter().flatten())
    }

    /// The values of all headers of this name, which together are a list of one or more elements
    /// (RFC 9110 §5.6.1). With leniency, a list of none counts as missing.
    pub(super) fn list(
        &self,
        known: Known,
        leniency: Leniency,
        used: &mut Leniency,
    ) -> impl Iterator<Item = &'b [u8]> + use<'b> {
        let counts_as_missing = leniency.empty_lists
            && self.found(known).is_some()
            && self.get_all(known).flat_map(elements).next().is_none();
        used.empty_lists |= counts_as_missing;
        self.get_all(known).filter(move |_| !counts_as_missing)
    }

    /// Whether a header of this name lists the element, compared without case.
    pub(super) fn lists(&self, known: Known, element: &str) -> bool {
        lists(self.get_all(known), element)
    }

    fn found(&self, known: Known) -> Option<(&'b [u8], bool)> {
        self.found.get(known as usize).copied().flatten()
    }
}

fn name_of(known: Known) -> &'static str {
    NAMES.get(known as usize).copied().unwrap_or_default()
}
