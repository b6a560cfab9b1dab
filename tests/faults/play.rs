//! A scenario played by an adapter over a faulty stream, and what was observed.

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::Error;
use websocket_proto::{EndCause, Event, Message};

use super::executor::{self, Drops, ManualExecutor};
use super::fault::Plan;
use super::link::{Link, Stream};
use super::peer::PeerLog;
use super::scenario::{LAST, Scenario, in_words, noise};

/// What the application on the adapter's side saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observed {
    pub(crate) opened: bool,
    /// The future that opens the connection was dropped.
    pub(crate) dropped: bool,
    /// All events except `Ended`, in words.
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
    /// The error of opening a connection that ended.
    Ended(EndCause),
    Other,
}

/// An adapter, which opens connections over a stream.
pub(crate) trait Adapter {
    type Socket: Socket;

    /// Runs `act` where connections can be opened.
    fn within<T>(act: impl FnOnce() -> T) -> T {
        act()
    }

    /// Opens a connection; `None` if the future was dropped.
    async fn open(
        stream: Stream,
        scenario: Scenario,
        executor: &ManualExecutor,
    ) -> Option<Result<Self::Socket, Error>>;
}

/// An open connection. Calls that would block are made again until they go through.
pub(crate) trait Socket: Sized {
    /// Whether the end of the connection is reported as an event.
    const TELLS_ENDING: bool = true;

    /// Sends a message, or queues it.
    async fn send(&mut self, message: Message, executor: &ManualExecutor) -> Result<(), Error>;

    async fn send_fragments(
        &mut self,
        text: [&str; 3],
        executor: &ManualExecutor,
    ) -> Result<(), Error> {
        self.send(Message::text(text.concat()), executor).await
    }

    async fn flush(&mut self, executor: &ManualExecutor) -> Result<(), Error>;

    /// Notes what happens next, and sends a text back. `false` at the end of the connection.
    async fn next(&mut self, observed: &mut Observed, executor: &ManualExecutor) -> bool;

    /// Closes the connection, or begins to.
    async fn close(&mut self, observed: &mut Observed, executor: &ManualExecutor);
}

/// What a run led to.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) observed: Observed,
    pub(crate) peer_log: PeerLog,
    /// How many operations had a fault.
    pub(crate) faults: usize,
    /// How many operations there were.
    pub(crate) operations: usize,
    pub(crate) awaits: usize,
    /// Whether the adapter has dropped the stream.
    pub(crate) is_dropped: bool,
}

/// Plays a scenario over a stream with these faults and drops. `case` describes the run for
/// messages of failed tests.
pub(crate) fn play<W: Adapter>(scenario: Scenario, plan: Plan, drops: Drops, case: &str) -> Run {
    let link = Link::new(scenario, plan);
    let (executor, mut observed) = (ManualExecutor::new(drops), Observed::default());
    let task = Box::pin(act::<W>(link.stream(), scenario, &executor, &mut observed));
    executor::run(&link, vec![task], case);
    Run::new(observed, &link, &executor)
}

impl Run {
    pub(crate) fn new(observed: Observed, link: &Link, executor: &ManualExecutor) -> Self {
        Self {
            observed,
            peer_log: link.peer_log(),
            faults: link.faults(),
            operations: link.operations(),
            awaits: executor.awaits(),
            is_dropped: link.is_dropped(),
        }
    }
}

pub(crate) async fn act<W: Adapter>(
    stream: Stream,
    scenario: Scenario,
    executor: &ManualExecutor,
    observed: &mut Observed,
) {
    let mut socket = match W::open(stream, scenario, executor).await {
        None => return observed.dropped = true,
        Some(Err(error)) => return observed.note_error(&error),
        Some(Ok(socket)) => socket,
    };
    observed.opened = true;
    observed.note_result(socket.send(Message::text("first"), executor).await);
    observed.note_result(socket.send_fragments(["to", "ge", "ther"], executor).await);
    observed.note_result(socket.send(Message::Ping(b"?"[..].into()), executor).await);
    observed
        .note_result(socket.send(Message::binary(noise(scenario.large_len / 4)), executor).await);
    observed.note_result(socket.flush(executor).await);
    let last = format!("text {LAST:?}");
    while scenario.peer_closes || observed.events.last() != Some(&last) {
        if !socket.next(observed, executor).await {
            break;
        }
    }
    if !scenario.peer_closes {
        socket.close(observed, executor).await;
    }
    while socket.next(observed, executor).await {}
}

impl Observed {
    /// The parts that runs are compared by.
    pub(crate) fn all(&self) -> (&Vec<String>, &Vec<Failure>, &Vec<EndCause>) {
        (&self.events, &self.errors, &self.endings)
    }

    pub(crate) fn note_result(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.note_error(&error);
        }
    }

    pub(crate) fn note_error(&mut self, error: &Error) {
        self.errors.push(match error {
            Error::Io(error) => Failure::Io(error.kind()),
            Error::Send(error) => Failure::Send(*error),
            Error::NotWritten(how) => Failure::NotWritten(*how),
            Error::Ended(ending) => Failure::Ended(ending.cause),
            _ => Failure::Other,
        });
        assert!(self.errors.len() < 100, "no end of errors: {self:?}");
    }

    /// Notes an item of a `Stream`; returns a text, which is to be sent back.
    pub(crate) fn note_item(&mut self, item: Result<Message, Error>) -> Option<Message> {
        let message = match item {
            Ok(message) => message,
            Err(error) => {
                self.note_error(&error);
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

    /// Notes an event; returns a text, which is to be sent back.
    pub(crate) fn note_event<'e>(&mut self, event: &'e Event<'_>) -> Option<&'e str> {
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
