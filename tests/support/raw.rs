//! One connection with its memory, driven by hand where the order of a dialogue will not do.

use std::time::Duration;

use websocket_proto::frame::Masking;
use websocket_proto::{Config, Connection, Event, Incoming, Outgoing, Progress, Role, Time};

use super::frames::{in_words, quoted, spaced};
use super::plain_entropy;

/// A connection, its memory and its clock.
pub struct Raw {
    pub connection: Connection,
    pub incoming: Incoming,
    pub outgoing: Outgoing,
    pub now: Time,
}

impl Raw {
    pub fn new(connection: Connection, outgoing: Outgoing) -> Self {
        Self { connection, incoming: Incoming::new(), outgoing, now: Time::ZERO }
    }

    /// A server before the request.
    pub fn awaiting(config: Config) -> Self {
        Self::new(Connection::server(config, Time::ZERO), Outgoing::new())
    }

    /// A server that is open.
    pub fn server(config: Config) -> Self {
        Self::new(Connection::established(Role::Server, None, config, Time::ZERO), Outgoing::new())
    }

    /// A client that is open, its masking keys zero.
    pub fn client(config: Config) -> Self {
        let role = Role::Client(&plain_entropy);
        Self::new(Connection::established(role, None, config, Time::ZERO), Outgoing::new())
    }

    /// These bytes arrive; what happens, in the words of dialogues. Nothing is written.
    pub fn receive(&mut self, bytes: impl AsRef<[u8]>) -> Vec<String> {
        self.incoming.push(bytes.as_ref());
        self.events()
    }

    /// What has happened.
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

    /// It is `since_origin` now, by the caller's clock; what happens.
    pub fn at(&mut self, since_origin: Duration) -> Vec<String> {
        self.now = Time::new(since_origin);
        self.connection.handle_timeout(self.now, &mut self.outgoing);
        self.events()
    }

    /// The transport takes at most so many bytes.
    pub fn take(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = self.outgoing.pending().concat();
        bytes.truncate(most);
        self.outgoing.advance(bytes.len());
        bytes
    }

    /// The transport takes everything.
    pub fn take_all(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while !self.outgoing.is_empty() {
            bytes.extend(self.take(usize::MAX));
        }
        bytes
    }

    /// Frames that this side sent, in words; they have to pass the other role's strict parser.
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
