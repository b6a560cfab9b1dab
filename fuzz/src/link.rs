//! A client and a server, and what is between them, in virtual time.

use std::cell::Cell;
use std::time::Duration;

use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::{
    CloseCode, Config, Connection, DeflateContexts, EntropyError, Event, EndCause, Message, MessageKind,
    Outgoing, Progress, Time, Transport,
};

use crate::side::{Side, same_bytes};
use crate::told::told;

/// One end, with all that its application sent and received.
pub(crate) struct End {
    pub(crate) side: Side,
    pub(crate) contexts: DeflateContexts,
    /// Written and not arrived.
    way: Vec<u8>,
    /// The stream ends behind it.
    over: bool,
    /// What is written now is lost.
    pub(crate) broken: bool,
    /// Requests are accepted at once.
    pub(crate) accepts: bool,
    /// Events are taken as owned messages, where they are any.
    pub(crate) takes: bool,
    /// The window is another one while an event is held.
    pub(crate) moves: bool,
    pub(crate) sent: Vec<Said>,
    pub(crate) unfinished: Option<Said>,
    received: Vec<Said>,
    gathered: Option<Said>,
    ended: Option<EndCause>,
}

/// A message.
pub(crate) type Said = (MessageKind, Vec<u8>);

/// Two ends, the client first.
pub(crate) struct Link {
    pub(crate) ends: [End; 2],
    pub(crate) now: Time,
}

impl End {
    fn new(connection: Connection, outgoing: Outgoing) -> Self {
        Self {
            side: Side::new(connection, outgoing),
            contexts: DeflateContexts::new(),
            way: Vec::new(),
            over: false,
            broken: false,
            accepts: true,
            takes: false,
            moves: false,
            sent: Vec::new(),
            unfinished: None,
            received: Vec::new(),
            gathered: None,
            ended: None,
        }
    }

    /// Until more is needed.
    pub(crate) fn receive(&mut self, now: Time) {
        while self.receive_once(now) == Progress::Event {}
    }

    fn receive_once(&mut self, now: Time) -> Progress {
        let Side { connection, incoming, outgoing } = &mut self.side;
        let progress = connection.receive(now, incoming, outgoing);
        let progress =
            progress.unwrap_or_else(|error| panic!("nobody broke the protocol: {error}"));
        if progress == Progress::Event {
            assert_eq!(self.ended, None, "an event behind the end");
            self.note_event(now);
        }
        progress
    }

    fn note_event(&mut self, now: Time) {
        if self.takes
            && let Some(message) = self.side.incoming.take_message()
        {
            assert!(self.side.incoming.event().is_none(), "the event is gone");
            return self.note_message(message);
        }
        let shown = self.side.incoming.event().map(told);
        if self.moves {
            let window = self.side.incoming.take_back();
            self.side.incoming.lend(vec![0; window.len() + 1]);
        }
        assert_eq!(shown, self.side.incoming.event().map(told), "looked at again");
        match self.side.incoming.event().expect("an event, as `receive` said") {
            Event::Request(_) if self.accepts => self.accept(now),
            Event::Text(text) => self.received.push((MessageKind::Text, text.into())),
            Event::Binary(data) => self.received.push((MessageKind::Binary, data.to_vec())),
            Event::MessageStart(kind) => self.gathered = Some((kind, Vec::new())),
            Event::MessageChunk(chunk) => {
                self.gathered.as_mut().expect("a start").1.extend_from_slice(chunk);
            }
            Event::MessageEnd => self.received.push(self.gathered.take().expect("a start")),
            Event::Ended(ending) => self.ended = Some(ending.cause),
            _ => {}
        }
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

    /// Answers a request, if one waits.
    pub(crate) fn accept(&mut self, now: Time) {
        let Side { connection, outgoing, .. } = &mut self.side;
        let _ = connection.accept(now, &Acceptance::new(), outgoing);
    }

    /// What is encoded goes on its way, at most so much, and as the transport is to be treated.
    pub(crate) fn write(&mut self, most: usize) {
        let mut left = most;
        while left > 0 && !self.side.outgoing.is_empty() {
            let bytes = self.take(left);
            left -= bytes.len();
            if !self.broken {
                self.way.extend(bytes);
            }
        }
        self.over |= self.broken || self.side.outgoing.is_empty() && !self.keeps_writing();
    }

    /// What one vectored write takes.
    fn take(&mut self, most: usize) -> Vec<u8> {
        let outgoing = &mut self.side.outgoing;
        let mut bytes = outgoing.pending().concat();
        assert!(!bytes.is_empty(), "something waits, and nothing is shown");
        assert!(bytes.starts_with(outgoing.chunk()) && bytes.len() <= outgoing.len());
        bytes.truncate(most);
        outgoing.advance(bytes.len());
        bytes
    }

    fn keeps_writing(&self) -> bool {
        self.side.connection.transport() == Transport::Keep
    }

    /// What is due is done, and does not stay due.
    pub(crate) fn handle_timeout(&mut self, now: Time) {
        let Side { connection, outgoing, .. } = &mut self.side;
        connection.handle_timeout(now, outgoing);
        let next = connection.poll_timeout();
        assert!(next.is_none_or(|next| next > now), "{next:?} is due at {now:?} and stays");
    }

    /// Somebody who waits for output to leave before the transport is closed does not wait forever,
    /// and output is bounded.
    pub(crate) fn check(&self) {
        let Side { connection, outgoing, .. } = &self.side;
        let waits = connection.transport() != Transport::Keep && !outgoing.is_empty();
        assert!(!waits || connection.poll_timeout().is_some(), "output that waits forever");
        // The longest message, and what is sent without asking for room.
        let most = connection.config().limits.output + (1 << 16) + 4096;
        assert!(outgoing.len() <= most, "{} bytes wait, {most} may", outgoing.len());
    }

    /// The application has done all that it wants to.
    fn finish(&mut self, now: Time) {
        self.accept(now);
        let Side { connection, outgoing, .. } = &mut self.side;
        let closed = connection.close(now, CloseCode::NORMAL, "done", outgoing);
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
        let server = End::new(Connection::server(server, now), Outgoing::new());
        Self { ends: [End::new(connection, outgoing), server], now }
    }

    /// Some of what one end wrote is read at the other, or the end of it.
    pub(crate) fn read(&mut self, from: usize, mut most: usize) {
        while most > 0 && !self.ends[from].way.is_empty() {
            let room = self.ends[1 - from].side.incoming.space().len();
            let part = most.min(room).min(self.ends[from].way.len());
            if part == 0 {
                break;
            }
            self.arrive(from, part);
            self.ends[1 - from].receive(self.now);
            most -= part;
        }
        self.arrive(from, 0);
        self.ends[1 - from].receive(self.now);
    }

    /// Some of what one end wrote arrives at the other, which does not look at it.
    pub(crate) fn arrive(&mut self, from: usize, most: usize) {
        let End { way, over, .. } = &mut self.ends[from];
        let arrived: Vec<u8> = way.drain(..way.len().min(most)).collect();
        let eof = *over && way.is_empty();
        let to = &mut self.ends[1 - from];
        let space = to.side.incoming.space();
        match space.get_mut(..arrived.len()) {
            Some(space) => {
                space.copy_from_slice(&arrived);
                to.side.incoming.filled(arrived.len());
            }
            None => to.side.incoming.push(&arrived),
        }
        if eof {
            to.side.connection.receive_eof();
        }
    }

    /// Both applications finish, everything arrives, and deadlines pass, until both ends have
    /// ended: law 7.
    pub(crate) fn finish(mut self) {
        /// Deadlines on the way: of a handshake, pings, an exchange, output.
        const MOST: usize = 30;
        for _ in 0..MOST {
            for at in 0..2 {
                self.ends[at].receive(self.now);
                self.ends[at].finish(self.now);
                self.ends[at].write(usize::MAX);
                self.arrive(at, usize::MAX);
                self.ends[1 - at].receive(self.now);
            }
            if self.ends.iter().all(|end| end.ended.is_some()) {
                return self.check();
            }
            self.pass_deadline();
        }
        panic!("no end");
    }

    fn pass_deadline(&mut self) {
        let deadlines = self.ends.iter().filter_map(|end| end.side.connection.poll_timeout());
        self.now = deadlines.min().map_or(self.now, |next| next.max(self.now));
        for end in &mut self.ends {
            end.handle_timeout(self.now);
        }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    /// What was delivered is the beginning of what was sent, and all of it if both closed.
    fn check(&self) {
        let clean = self.ends.iter().all(|end| end.ended == Some(EndCause::Clean));
        for (from, to) in [(0, 1), (1, 0)] {
            let (sent, received) = (&self.ends[from].sent, &self.ends[to].received);
            assert!(sent.starts_with(received), "something else arrived");
            assert!(!clean || sent.len() == received.len(), "lost before a clean end");
        }
    }
}

std::thread_local! {
    /// How many calls there are random bytes for.
    static SUPPLY: Cell<u32> = const { Cell::new(0) };
}

/// From now on there are random bytes for so many calls.
pub(crate) fn supply(calls: u32) {
    SUPPLY.set(calls);
}

/// Random bytes that may run out.
fn scarce_bytes(bytes: &mut [u8]) -> Result<(), EntropyError> {
    let left = SUPPLY.get();
    SUPPLY.set(left.saturating_sub(1));
    if left == 0 { Err(EntropyError::new()) } else { same_bytes(bytes) }
}
