//! A connection with its memory: `wsp_connection`.

pub(crate) mod beginnings;
mod ending;
pub(crate) mod event;
pub(crate) mod handshake;
pub(crate) mod input;
pub(crate) mod output;
pub(crate) mod send;
pub(crate) mod state;
pub(crate) mod totals;

use std::vec;

use bytes::Bytes;
use websocket_proto::{Connection as Protocol, Ending, Incoming, Outgoing};

use crate::config::Settings;
use crate::entropy::Source;
use crate::handle::Exhausted;

#[cfg(test)]
pub(crate) use ending::EndingReport;
pub(crate) use event::Event;
#[cfg(test)]
pub(crate) use totals::{TotalsReport, TrafficReport};

/// A connection, its memory, and what it refers to.
pub(crate) struct Connection {
    /// Declared before `source`, to which it refers, so it is dropped before.
    pub(crate) protocol: Protocol,
    pub(crate) incoming: Incoming,
    outgoing: Outgoing,
    /// What is in flight and was not handed out yet.
    taken: vec::IntoIter<Bytes>,
    /// The ending, once it was delivered.
    ending: Option<Box<Ending>>,
    #[expect(dead_code, reason = "the connection refers to it")]
    source: Source,
}

impl Connection {
    fn new(protocol: Protocol, outgoing: Outgoing, settings: Settings) -> Self {
        let incoming = Incoming::with_window(settings.window.get() as usize);
        let (taken, source) = (Vec::new().into_iter(), settings.source);
        Self { protocol, incoming, outgoing, taken, ending: None, source }
    }
}

impl Exhausted for Connection {
    /// Output and what made it. The event stays, which the program may be looking at.
    fn free_unseen(&mut self) {
        (self.outgoing, self.taken) = (Outgoing::new(), Vec::new().into_iter());
    }
}
