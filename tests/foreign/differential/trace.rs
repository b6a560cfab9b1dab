//! A stream, and what an implementation reports of it.

use crate::frames::Span;

/// The bytes that one side receives before the end of the stream.
pub(crate) struct Stream {
    pub(crate) bytes: Vec<u8>,
    pub(crate) spans: Vec<Span>,
    /// Where each read ends.
    pub(crate) stops: Vec<usize>,
    pub(crate) client: bool,
    /// The longest frame and the longest message.
    pub(crate) limit: usize,
}

/// Something that was reported, and how much of the stream had been read by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) at: usize,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// The code, 1005 for none, and the reason.
    Close(u16, Vec<u8>),
    Failed(Fault),
    /// The stream ended without a Close frame.
    Eof,
}

/// Why a connection fails, as precisely as all implementations report it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Protocol,
    Text,
    Limit,
}

impl Stream {
    pub(crate) fn new(bytes: Vec<u8>, client: bool, limit: usize) -> Self {
        let spans = Span::all(&bytes);
        let stops = spans.iter().flat_map(|span| stops(span, bytes.len())).collect();
        Self { bytes, spans, stops, client, limit }
    }

    /// The end of the read that contains the byte before `at`.
    pub(crate) fn stop(&self, at: usize) -> usize {
        let later = self.stops.partition_point(|stop| *stop < at);
        self.stops.get(later).copied().unwrap_or(self.bytes.len())
    }
}

/// The ends of reads: after each byte, except inside long payloads. So no read spans two frames.
fn stops(span: &Span, len: usize) -> Vec<usize> {
    const EDGE: usize = 300;
    let Span { start, head, end, .. } = *span;
    let end = end.min(len);
    let inside =
        |at: usize| at > head + EDGE && at + EDGE < end && !(at - head).is_multiple_of(997);
    (start + 1..=end).filter(|at| !inside(*at)).collect()
}
