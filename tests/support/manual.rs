//! A connection that a test drives call by call, where a dialogue cannot express the order.

use std::time::Duration;

use websocket_proto::frame::Masking;
use websocket_proto::{Config, Connection, Event, Incoming, Outgoing, Progress, Role, Time};

use super::frames::{in_words, ping, quoted, spaced};
use super::plain_entropy;

/// A connection, its memory and its clock.
pub struct ManualConnection {
    pub connection: Connection,
    pub incoming: Incoming,
    pub outgoing: Outgoing,
    pub now: Time,
}

impl ManualConnection {
    pub fn new(connection: Connection, outgoing: Outgoing) -> Self {
        Self { connection, incoming: Incoming::new(), outgoing, now: Time::ZERO }
    }

    /// A server that waits for the request.
    pub fn awaiting_request(config: Config) -> Self {
        Self::new(Connection::server(config, Time::ZERO), Outgoing::new())
    }

    /// A server that is open.
    pub fn server(config: Config) -> Self {
        Self::new(Connection::established(Role::Server, None, config, Time::ZERO), Outgoing::new())
    }

    /// A client that is open. Its masking keys are all zero.
    pub fn client(config: Config) -> Self {
        let role = Role::Client(&plain_entropy);
        Self::new(Connection::established(role, None, config, Time::ZERO), Outgoing::new())
    }

    /// Receives bytes; returns the events and errors in the words of dialogues. What the connection
    /// answers is left in `outgoing`.
    pub fn receive(&mut self, bytes: impl AsRef<[u8]>) -> Vec<String> {
        self.incoming.push(bytes.as_ref());
        self.events()
    }

    /// The events and errors that are due, in the words of dialogues.
    pub fn events(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        loop {
            let (incoming, outgoing) = (&mut self.incoming, &mut self.outgoing);
            match self.connection.receive(self.now, incoming, outgoing) {
                Ok(Progress::Event) => words.push(word(incoming.event().expect("an event"))),
                Ok(Progress::NeedBytes | Progress::Ended) => return words,
                Err(error) => words.push(format!("failed {error:?}")),
            }
        }
    }

    /// Sets the clock to `since_origin` and handles the deadlines; returns the events that follow.
    pub fn at(&mut self, since_origin: Duration) -> Vec<String> {
        self.now = Time::new(since_origin);
        self.connection.handle_timeout(self.now, &mut self.outgoing);
        self.events()
    }

    /// Removes up to `most` bytes of output, as a transport that writes no more at once.
    pub fn take_output(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = self.outgoing.pending().concat();
        bytes.truncate(most);
        self.outgoing.advance(bytes.len());
        bytes
    }

    /// Removes all output, as a transport that writes all of it.
    pub fn take_all_output(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while !self.outgoing.is_empty() {
            bytes.extend(self.take_output(usize::MAX));
        }
        bytes
    }

    /// Writes `cut` bytes of what waits, receives a ping, and writes the rest. Returns the frames in
    /// words without the pong, and how many of them are before it.
    #[track_caller]
    pub fn words_around_pong(&mut self, cut: usize) -> (Vec<String>, usize) {
        let mut sent = self.take_output(cut);
        self.receive(ping("p"));
        sent.extend(self.take_all_output());
        let mut words = self.words(&sent);
        let pong = words.iter().position(|word| word == "sends pong \"p\"").expect("a pong");
        words.remove(pong);
        (words, pong)
    }

    /// The frames that this side has sent, in words. They have to pass the strict parser of the
    /// other role.
    #[track_caller]
    pub fn words(&self, sent: &[u8]) -> Vec<String> {
        let client = self.connection.is_client();
        let masking = if client { Masking::Required } else { Masking::Forbidden };
        in_words(sent, masking, &mut false)
    }
}

fn word(event: Event<'_>) -> String {
    match event {
        Event::Request(request) => format!("request {}", request.target()),
        Event::Open(response) => format!("open {}", response.status()),
        Event::Refused(response) => {
            let cut = if response.is_body_truncated() { " truncated" } else { "" };
            format!("refused {} {}{cut}", response.status(), quoted(response.body()))
        }
        Event::Text(text) => format!("text {}", quoted(text.as_bytes())),
        Event::Binary(data) => format!("binary {}", spaced(data)),
        Event::Ping(payload) => format!("ping {}", quoted(payload)),
        Event::Pong { payload, .. } => format!("pong {}", quoted(payload)),
        Event::Close { code, reason, .. } => format!("close {code} {reason:?}"),
        Event::Ended(ending) => format!("ended {:?}", ending.cause),
        other => format!("{other:?}"),
    }
}
