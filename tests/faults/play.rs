//! What an adapter does over a faulty stream, step by step, and what is told of it.

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::Error;
use websocket_proto::{EndCause, Event, Message};

use super::fault::Plan;
use super::hand::{self, Drops, Hand};
use super::link::{Link, Stream};
use super::peer::Heard;
use super::scenario::{LAST, Scenario, in_words, noise};

/// What this side was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) opened: bool,
    /// The future that opens the connection was dropped.
    pub(crate) dropped: bool,
    /// In words; none of them is the end.
    pub(crate) events: Vec<String>,
    pub(crate) errors: Vec<Failure>,
    pub(crate) endings: Vec<EndCause>,
}

/// An error, as far as it can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Io(std::io::ErrorKind),
    Send(websocket_proto::SendError),
    NotWritten(EndCause),
    /// While opening.
    Ended(EndCause),
    Other,
}

/// A way to come to an open connection.
pub(crate) trait Way {
    type Socket: Socket;

    /// Acts where connections can be opened.
    fn within<T>(act: impl FnOnce() -> T) -> T {
        act()
    }

    /// `None` if the future was dropped.
    async fn open(
        stream: Stream,
        scenario: Scenario,
        hand: &Hand,
    ) -> Option<Result<Self::Socket, Error>>;
}

/// A way to use one. What waits for a stream that would block is called again.
pub(crate) trait Socket: Sized {
    /// Whether its end is told as an event.
    const TELLS_ENDING: bool = true;

    /// Sends a message, or queues it.
    async fn send(&mut self, message: Message, hand: &Hand) -> Result<(), Error>;

    async fn send_fragments(&mut self, text: [&str; 3], hand: &Hand) -> Result<(), Error> {
        self.send(Message::text(text.concat()), hand).await
    }

    async fn flush(&mut self, hand: &Hand) -> Result<(), Error>;

    /// Notes what happens next, and sends texts back. `false` at the end.
    async fn next(&mut self, told: &mut Told, hand: &Hand) -> bool;

    /// Closes the connection, or begins to.
    async fn close(&mut self, told: &mut Told, hand: &Hand);
}

/// A run and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) told: Told,
    pub(crate) heard: Heard,
    /// How many operations a fault befell, of so many.
    pub(crate) faults: usize,
    pub(crate) operations: usize,
    pub(crate) awaits: usize,
    pub(crate) is_dropped: bool,
}

/// Plays a scenario over a stream with these faults.
pub(crate) fn play<W: Way>(scenario: Scenario, plan: Plan, drops: Drops, how: &str) -> Run {
    let link = Link::new(scenario, plan);
    let (hand, mut told) = (Hand::new(drops), Told::default());
    let task = Box::pin(act::<W>(link.stream(), scenario, &hand, &mut told));
    hand::run(&link, vec![task], how);
    Run::new(told, &link, &hand)
}

impl Run {
    pub(crate) fn new(told: Told, link: &Link, hand: &Hand) -> Self {
        Self {
            told,
            heard: link.heard(),
            faults: link.faults(),
            operations: link.operations(),
            awaits: hand.awaits(),
            is_dropped: link.is_dropped(),
        }
    }
}

pub(crate) async fn act<W: Way>(stream: Stream, scenario: Scenario, hand: &Hand, told: &mut Told) {
    let mut socket = match W::open(stream, scenario, hand).await {
        None => return told.dropped = true,
        Some(Err(error)) => return told.fail(&error),
        Some(Ok(socket)) => socket,
    };
    told.opened = true;
    told.note(socket.send(Message::text("first"), hand).await);
    told.note(socket.send_fragments(["to", "ge", "ther"], hand).await);
    told.note(socket.send(Message::Ping(b"?"[..].into()), hand).await);
    told.note(socket.send(Message::binary(noise(scenario.large / 4)), hand).await);
    told.note(socket.flush(hand).await);
    let last = format!("text {LAST:?}");
    while scenario.peer_closes || told.events.last() != Some(&last) {
        if !socket.next(told, hand).await {
            break;
        }
    }
    if !scenario.peer_closes {
        socket.close(told, hand).await;
    }
    while socket.next(told, hand).await {}
}

impl Told {
    /// What it was told, for comparison.
    pub(crate) fn all(&self) -> (&Vec<String>, &Vec<Failure>, &Vec<EndCause>) {
        (&self.events, &self.errors, &self.endings)
    }

    pub(crate) fn note(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.fail(&error);
        }
    }

    pub(crate) fn fail(&mut self, error: &Error) {
        self.errors.push(match error {
            Error::Io(error) => Failure::Io(error.kind()),
            Error::Send(error) => Failure::Send(*error),
            Error::NotWritten(how) => Failure::NotWritten(*how),
            Error::Ended(ending) => Failure::Ended(ending.cause),
            _ => Failure::Other,
        });
        assert!(self.errors.len() < 100, "no end of errors: {self:?}");
    }

    /// Notes what a stream gave; the text, if there is one to send back.
    pub(crate) fn item(&mut self, item: Result<Message, Error>) -> Option<Message> {
        let message = match item {
            Ok(message) => message,
            Err(error) => {
                self.fail(&error);
                return None;
            }
        };
        let (kind, payload): (&str, &[u8]) = match &message {
            Message::Text(text) => ("text", text.as_bytes()),
            Message::Binary(data) => ("binary", data),
            Message::Ping(payload) => ("ping", payload),
            Message::Pong(payload) => ("pong", payload),
            Message::Close { reason, .. } => ("close", reason.as_bytes()),
            other => panic!("{other:?}"),
        };
        self.events.push(format!("{kind} {}", in_words(payload)));
        matches!(message, Message::Text(_)).then_some(message)
    }

    /// Notes an event; the text, if there is one to send back.
    pub(crate) fn event<'e>(&mut self, event: &'e Event<'_>) -> Option<&'e str> {
        let (word, echo) = match event {
            Event::Ended(ending) => {
                self.endings.push(ending.cause);
                return None;
            }
            Event::Text(text) => (format!("text {}", in_words(text.as_bytes())), Some(*text)),
            Event::Binary(data) => (format!("binary {}", in_words(data)), None),
            Event::Ping(payload) => (format!("ping {}", in_words(payload)), None),
            Event::Pong { payload, .. } => (format!("pong {}", in_words(payload)), None),
            Event::Close { code, reason, .. } => (format!("close {code} {reason:?}"), None),
            other => (format!("{other:?}"), None),
        };
        self.events.push(word);
        echo
    }
}

pub(crate) fn request() -> ClientRequest {
    ClientRequest::new("ws://h/").unwrap()
}
