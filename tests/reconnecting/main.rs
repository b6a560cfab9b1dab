//! Reconnecting clients over loopback TCP, with the same servers for all adapters.
#![cfg(all(feature = "tokio", feature = "smol", feature = "futures"))]

mod asynchronous;
mod blocking;
mod faulty;
mod senders;
mod server;
mod smol;
mod tokio;

use std::time::Duration;

use websocket_proto::backoff::Backoff;
use websocket_proto::io::{Error, Update};
use websocket_proto::{Event, SendError};

/// A backoff with short delays that gives up.
fn short_backoff() -> Backoff {
    let mut backoff = Backoff::default();
    backoff.first = Duration::from_millis(5);
    backoff.first_delay_when_later = Duration::from_millis(5);
    backoff.longest = Duration::from_millis(10);
    backoff.longest_retry_after = Duration::from_millis(20);
    backoff.attempts = Some(10);
    backoff
}

/// A backoff with very long delays.
fn long_backoff() -> Backoff {
    let mut backoff = Backoff::default();
    backoff.first = Duration::from_secs(1 << 20);
    backoff.longest = Duration::from_secs(1 << 20);
    backoff
}

/// An update in words.
fn words<W>(update: &Update<'_, W>) -> String {
    match update {
        Update::Connected(..) => "connected".into(),
        Update::Event(Event::Text(text), _) => format!("text {text}"),
        Update::Event(Event::Close { code, .. }, _) => format!("close {code}"),
        Update::Event(event, _) => format!("{event:?}"),
        Update::Lost(ending) => format!("lost: {}", ending.cause),
        Update::Failed(Error::Io(_)) => "failed: io".into(),
        Update::Failed(Error::Connect(_)) => "failed: connect".into(),
        Update::Failed(error) => format!("failed: {error}"),
        Update::Waiting(delay) if *delay >= Duration::from_millis(20) => "waiting longer".into(),
        Update::Waiting(_) => "waiting".into(),
        Update::GaveUp(reason) => format!("gave up: {reason}"),
    }
}

/// The updates that [`server::play`] leads to, with a client that says hello after each connection.
const PLAY: [&str; 17] = [
    "failed: the server answered 503 Service Unavailable",
    "waiting longer",
    "connected",
    "text hello",
    "close 1012",
    "lost: closed",
    "waiting",
    "connected",
    "text hello",
    "lost: the peer ended the stream without a Close frame",
    "waiting",
    "connected",
    "text hello",
    "close 1000",
    "lost: closed",
    "gave up: the peer closed normally, with 1000",
    "none",
];

/// The updates that [`server::lock`] leads to.
const LOCKED: [&str; 3] = [
    "failed: the server answered 401 Unauthorized",
    "gave up: refused for a lasting reason: 401",
    "none",
];

fn is_disconnected(result: Result<(), Error>) -> bool {
    matches!(result, Err(Error::Send(SendError::Disconnected)))
}
