//! A client and a server with the link between them, in virtual time.

use std::cell::Cell;
use std::time::Duration;

use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::{
    CloseCode, Config, Connection, DeflateContexts, EndCause, EntropyError, Event, Message,
    MessageKind, Outgoing, Progress, Time, Transport,
};

use crate::observed::observe;
use crate::side::{Side, same_bytes};

/// One end of a link, with all messages that its application sent and received.
pub(crate) struct Endpoint {
    pub(crate) side: Side,
    pub(crate) contexts: DeflateContexts,
    /// Bytes that were written and have not arrived.
    in_flight: Vec<u8>,
    /// Whether the stream ends after `in_flight`.
    ends_after: bool,
    /// Whether the transport has failed, so that further output is lost.
    pub(crate) broken: bool,
    /// Whether requests are accepted at once.
    pub(crate) accepts_at_once: bool,
    /// Whether the writer takes bytes of its own.
    pub(crate) writes_owned: bool,
    /// The bytes that the writer has taken and not written.
    taken: Vec<u8>,
    /// Whether messages are taken as owned ones.
    pub(crate) takes_owned: bool,
    /// Whether another window is lent while an event is held.
    pub(crate) swaps_window: bool,
    pub(crate) sent: Vec<OwnedMessage>,
    /// The message that is being sent in fragments.
    pub(crate) unfinished: Option<OwnedMessage>,
    received: Vec<OwnedMessage>,
    /// The message that is being received in streaming delivery.
    incoming_message: Option<OwnedMessage>,
    ended: Option<EndCause>,
}

/// The kind and payload of a message.
pub(crate) type OwnedMessage = (MessageKind, Vec<u8>);

/// A client and a server in virtual time.
pub(crate) struct Link {
    /// The client, then the server.
    pub(crate) endpoints: [Endpoint; 2],
    pub(crate) now: Time,
}

impl Endpoint {
    fn new(connection: Connection, outgoing: Outgoing) -> Self {
        Self {
            side: Side::new(connection, outgoing),
            contexts: DeflateContexts::new(),
            in_flight: Vec::new(),
            ends_after: false,
            broken: false,
            accepts_at_once: true,
            writes_owned: false,
            taken: Vec::new(),
            takes_owned: false,
            swaps_window: false,
            sent: Vec::new(),
            unfinished: None,
            received: Vec::new(),
            incoming_message: None,
            ended: None,
        }
    }

    /// Receives until more bytes are needed.
    pub(crate) fn receive(&mut self, now: Time) {
        while self.receive_once(now) == Progress::Event {}
    }

    fn receive_once(&mut self, now: Time) -> Progress {
        let Side { connection, incoming, outgoing } = &mut self.side;
        let progress = connection.receive(now, incoming, outgoing);
        let progress =
            progress.unwrap_or_else(|error| panic!("nobody broke the protocol: {error}"));
        if progress == Progress::Event {
            assert_eq!(self.ended, None, "an event after the end");
            self.note_event(now);
        }
        progress
    }

    fn note_event(&mut self, now: Time) {
        if self.takes_owned
            && let Some(message) = self.side.incoming.take_message()
        {
            assert!(
                self.side.incoming.event().is_none(),
                "the event is still there after it was taken"
            );
            return self.note_message(message);
        }
        if self.swaps_window {
            self.swap_window();
        }
        match self.side.incoming.event().expect("an event, as `receive` said") {
            Event::Request(_) if self.accepts_at_once => self.accept(now),
            Event::Text(text) => self.received.push((MessageKind::Text, text.into())),
            Event::Binary(data) => self.received.push((MessageKind::Binary, data.to_vec())),
            Event::MessageStart(kind) => self.incoming_message = Some((kind, Vec::new())),
            Event::MessageChunk(chunk) => {
                self.incoming_message.as_mut().expect("a start").1.extend_from_slice(chunk);
            }
            Event::MessageEnd => self.received.push(self.incoming_message.take().expect("a start")),
            Event::Ended(ending) => self.ended = Some(ending.cause),
            _ => {}
        }
    }

    /// Lends another window, and checks that the event is the same.
    fn swap_window(&mut self) {
        let incoming = &mut self.side.incoming;
        let observed = incoming.event().map(observe);
        let window = incoming.take_back_window();
        incoming.lend_window(vec![0; window.len() + 1]);
        assert_eq!(observed, incoming.event().map(observe), "the event has changed");
    }

    fn note_message(&mut self, message: Message) {
        match message {
            Message::Text(text) => {
                self.received.push((MessageKind::Text, text.as_bytes().to_vec()))
            }
            Message::Binary(data) => self.received.push((MessageKind::Binary, data.into())),
            _ => {}
        }
    }

    /// Accepts a request, if one waits for its answer.
    pub(crate) fn accept(&mut self, now: Time) {
        let Side { connection, outgoing, .. } = &mut self.side;
        let _ = connection.accept(now, &Acceptance::new(), outgoing);
    }

    /// Writes up to `most` bytes of output, and ends the stream when the connection asks for it.
    pub(crate) fn write(&mut self, most: usize) {
        let mut left = most;
        while left > 0 && !self.side.outgoing.is_empty() {
            let bytes = self.take_output(left);
            left -= bytes.len();
            if !self.broken {
                self.in_flight.extend(bytes);
            }
        }
        self.ends_after |= self.broken || self.side.outgoing.is_empty() && !self.keeps_writing();
    }

    /// Gives the writer bytes of its own.
    pub(crate) fn take_in_flight(&mut self) {
        let outgoing = &mut self.side.outgoing;
        if outgoing.in_flight() == 0 {
            // Written, or given up by the connection.
            self.taken.clear();
        }
        self.taken.extend(outgoing.take_in_flight().concat());
        assert_eq!(outgoing.in_flight(), self.taken.len());
    }

    /// Removes the bytes that one vectored write of up to `most` bytes takes.
    fn take_output(&mut self, most: usize) -> Vec<u8> {
        if self.writes_owned {
            self.take_in_flight();
        }
        let outgoing = &mut self.side.outgoing;
        if outgoing.in_flight() > 0 {
            let written: Vec<u8> = self.taken.drain(..most.min(self.taken.len())).collect();
            outgoing.advance(written.len());
            return written;
        }
        let mut bytes = outgoing.pending().concat();
        assert!(!bytes.is_empty(), "output waits, and none is shown");
        assert!(bytes.starts_with(outgoing.first_piece()) && bytes.len() <= outgoing.len());
        bytes.truncate(most);
        outgoing.advance(bytes.len());
        bytes
    }

    fn keeps_writing(&self) -> bool {
        self.side.connection.transport() == Transport::Keep
    }

    /// Handles the deadlines that are due, and checks that they do not stay due.
    pub(crate) fn handle_timeout(&mut self, now: Time) {
        let Side { connection, outgoing, .. } = &mut self.side;
        connection.handle_timeout(now, outgoing);
        let next = connection.poll_timeout();
        assert!(next.is_none_or(|next| next > now), "{next:?} is due at {now:?} and stays");
    }

    /// Checks that output that has to leave before the transport is closed has a deadline, and that
    /// output is bounded.
    pub(crate) fn check(&self) {
        let Side { connection, outgoing, .. } = &self.side;
        let waits = connection.transport() != Transport::Keep && !outgoing.is_empty();
        assert!(!waits || connection.poll_timeout().is_some(), "output that waits forever");
        // The longest message with the headers of its fragments, and control frames, which do not
        // count against the limit.
        let most = connection.config().limits.output + (2 << 16) + 4096;
        assert!(outgoing.len() <= most, "{} bytes of output, limit {most}", outgoing.len());
    }

    /// The application closes its side.
    fn finish(&mut self, now: Time) {
        self.accept(now);
        let Side { connection, outgoing, .. } = &mut self.side;
        let closed = connection.start_close(now, CloseCode::NORMAL, "done", outgoing);
        if closed.is_err() && connection.is_open() {
            connection.abort(outgoing);
        }
    }
}

impl Link {
    pub(crate) fn new(client: Config, server: Config) -> Self {
        let now = Time::ZERO;
        let request = ClientRequest::new("ws://h/").expect("a URL");
        let mut outgoing = Outgoing::new();
        let connection = Connection::client(&request, client, now, &scarce_bytes, &mut outgoing)
            .expect("random bytes");
        let server = Endpoint::new(Connection::server(server, now), Outgoing::new());
        Self { endpoints: [Endpoint::new(connection, outgoing), server], now }
    }

    /// Delivers up to `most` bytes from one end to the other, which receives them. Delivers the end
    /// of the stream if nothing precedes it.
    pub(crate) fn read(&mut self, from: usize, mut most: usize) {
        while most > 0 && !self.endpoints[from].in_flight.is_empty() {
            let room = self.endpoints[1 - from].side.incoming.space().len();
            let part = most.min(room).min(self.endpoints[from].in_flight.len());
            if part == 0 {
                break;
            }
            self.arrive(from, part);
            self.endpoints[1 - from].receive(self.now);
            most -= part;
        }
        self.arrive(from, 0);
        self.endpoints[1 - from].receive(self.now);
    }

    /// Delivers up to `most` bytes from one end to the other, which does not receive them yet.
    pub(crate) fn arrive(&mut self, from: usize, most: usize) {
        let Endpoint { in_flight, ends_after, .. } = &mut self.endpoints[from];
        let arrived: Vec<u8> = in_flight.drain(..in_flight.len().min(most)).collect();
        let eof = *ends_after && in_flight.is_empty();
        let to = &mut self.endpoints[1 - from];
        let space = to.side.incoming.space();
        match space.get_mut(..arrived.len()) {
            Some(space) => {
                space.copy_from_slice(&arrived);
                to.side.incoming.commit(arrived.len());
            }
            None => to.side.incoming.push(&arrived),
        }
        if eof {
            to.side.connection.receive_eof();
        }
    }

    /// Lets both applications close, everything arrive and deadlines pass, until both connections
    /// have ended, which they must.
    pub(crate) fn finish(mut self) {
        /// More deadlines than can pass before the end: those of a handshake, pings, closing,
        /// output.
        const MAX_DEADLINES: usize = 30;
        for _ in 0..MAX_DEADLINES {
            for at in 0..2 {
                self.endpoints[at].receive(self.now);
                self.endpoints[at].finish(self.now);
                self.endpoints[at].write(usize::MAX);
                self.arrive(at, usize::MAX);
                self.endpoints[1 - at].receive(self.now);
            }
            if self.endpoints.iter().all(|endpoint| endpoint.ended.is_some()) {
                return self.check();
            }
            self.pass_deadline();
        }
        panic!("no end");
    }

    fn pass_deadline(&mut self) {
        let deadlines =
            self.endpoints.iter().filter_map(|endpoint| endpoint.side.connection.poll_timeout());
        self.now = deadlines.min().map_or(self.now, |next| next.max(self.now));
        for endpoint in &mut self.endpoints {
            endpoint.handle_timeout(self.now);
        }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    /// Checks that the messages received are the beginning of those sent, and all of them if both
    /// sides ended cleanly.
    fn check(&self) {
        let clean = self.endpoints.iter().all(|endpoint| endpoint.ended == Some(EndCause::Clean));
        for (from, to) in [(0, 1), (1, 0)] {
            let (sent, received) = (&self.endpoints[from].sent, &self.endpoints[to].received);
            assert!(sent.starts_with(received), "something else arrived");
            assert!(!clean || sent.len() == received.len(), "lost before a clean end");
        }
    }
}

std::thread_local! {
    /// How many more calls the entropy has bytes for.
    static CALLS_LEFT: Cell<u32> = const { Cell::new(0) };
}

/// Sets how many calls the entropy has bytes for.
pub(crate) fn supply_entropy(calls: u32) {
    CALLS_LEFT.set(calls);
}

/// Entropy that fails when its calls are used up.
fn scarce_bytes(bytes: &mut [u8]) -> Result<(), EntropyError> {
    let left = CALLS_LEFT.get();
    CALLS_LEFT.set(left.saturating_sub(1));
    if left == 0 { Err(EntropyError::new()) } else { same_bytes(bytes) }
}
