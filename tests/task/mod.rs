//! The tests of the asynchronous adapters. Each test target that includes them has a module
//! `runtime` that brings what differs between the runtimes, under the same names.

mod bytes;
mod dropped;
mod executor;
mod looking;
mod memory;
mod scripted;
mod scripted_stream;
mod shutdown;
mod streams;
mod tcp;
mod time;

pub(crate) use scripted_stream::ScriptedStream;

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use websocket_proto::io::{Error, task::Wire};
use websocket_proto::{Config, Event, SendError};

use crate::runtime::{self, TcpListener, TcpStream, adapter};
use crate::support::quoted;

/// A valid request, with the key of RFC 6455 §1.3.
const REQUEST: &str = "GET /c HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// The response to [`REQUEST`].
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
     Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// After this time a test is regarded as hanging. It is much longer than any test takes.
const GUARD: Duration = Duration::from_secs(20);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Runs a future on one thread of the runtime; fails if it hangs.
#[track_caller]
fn run<T>(future: impl Future<Output = T>) -> T {
    let guarded = race(async { Some(future.await) }, async {
        runtime::sleep(GUARD).await;
        None
    });
    runtime::block_on(guarded).expect("the test ends, and does not hang")
}

/// The output of the future that is ready first; the other one is dropped.
async fn race<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Pending => other.as_mut().poll(cx),
        ready => ready,
    })
    .await
}

/// The outputs of two futures that run at the same time.
async fn join<T, U>(one: impl Future<Output = T>, other: impl Future<Output = U>) -> (T, U) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut of_one, mut of_other) = (None, None);
    poll_fn(|cx| {
        if of_one.is_none()
            && let Poll::Ready(output) = one.as_mut().poll(cx)
        {
            of_one = Some(output);
        }
        if of_other.is_none()
            && let Poll::Ready(output) = other.as_mut().poll(cx)
        {
            of_other = Some(output);
        }
        match (of_one.take(), of_other.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            (one, other) => {
                (of_one, of_other) = (one, other);
                Poll::Pending
            }
        }
    })
    .await
}

/// The two ends of a TCP connection.
async fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (accepted, connected) = join(listener.accept(), TcpStream::connect(address)).await;
    (accepted.unwrap().0, connected.unwrap())
}

/// The output of `task`, during which another connection on the same thread has to go on echoing.
async fn beside_another<T>(task: impl Future<Output = T>) -> T {
    let (accepted, connected) = tcp_pair().await;
    let request = websocket_proto::handshake::ClientRequest::new("ws://h/").unwrap();
    let opening = adapter::client(connected, &request, Config::default());
    let (server, client) = join(adapter::accept(accepted), opening).await;
    let (mut server, mut client) = (server.unwrap(), client.unwrap());
    let (rounds, waits) = (Cell::new(0), Cell::new(0));
    let talk = async {
        loop {
            client.send_text("undisturbed").await.unwrap();
            let Some((Event::Text("undisturbed"), _)) = client.receive().await.unwrap() else {
                panic!("no echo")
            };
            rounds.set(rounds.get() + 1);
        }
    };
    let talk = async { join(echo(&mut server), talk).await.1 };
    let mut task = pin!(task);
    let task = poll_fn(|cx| {
        waits.set(waits.get() + 1);
        task.as_mut().poll(cx).map(Some)
    });
    let output = race(task, async {
        let () = talk.await;
        None
    });
    let output = output.await.expect("the other connection ended");
    // A task that hardly ever has to wait leaves the other one no time, which is no fault.
    assert!(rounds.get() > 1 || waits.get() < 10, "the other connection stood still");
    output
}

/// Receives until the end and echoes texts; returns the events and errors in words.
async fn echo<W: Wire>(socket: &mut websocket_proto::io::task::WebSocket<W>) -> Vec<String> {
    let mut words = Vec::new();
    loop {
        match socket.receive().await {
            Ok(None) => return words,
            Ok(Some((event, writer))) => {
                if let Event::Text(text) = &event {
                    match writer.feed_text(text).await {
                        Ok(()) | Err(Error::Send(SendError::Closed)) => {}
                        Err(error) => words.push(failure(&error)),
                    }
                }
                words.push(word(&event));
            }
            Err(error) => words.push(failure(&error)),
        }
    }
}

fn word(event: &Event<'_>) -> String {
    match event {
        Event::Text(text) => format!("text {}", quoted(text.as_bytes())),
        Event::Ping(payload) => format!("ping {}", quoted(payload)),
        Event::Close { code, reason, .. } => format!("close {code} {reason:?}"),
        Event::Ended(ending) => format!("ended {:?}", ending.cause),
        other => format!("{other:?}"),
    }
}

fn failure(error: &Error) -> String {
    match error {
        Error::Io(error) => format!("error {:?}", error.kind()),
        error => format!("error {error}"),
    }
}
