//! A peer that gives no window: the sender stops within a bound, and deadlines end the socket.
//! The clock stands still until nobody has anything to do, so what has not happened by then waits.

use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use websocket_proto::io::Error;
use websocket_proto::io::hyper::{Stream, WebSocket};
use websocket_proto::{CloseCode, Config, Deadline, EndCause, Ending, Event};

use super::by_hand::STREAM;
use super::counting::{inside, memory};
use super::frames::{BINARY, CLOSE, NORMAL, from_client};
use super::opened_with;
use super::server::{Seen, echo_to_the_end, within};

/// How many bytes of one write hyper keeps, and how many writes: two in its channel, one that waits
/// for the window, and one that the window has room for a part of.
const MAX_WRITE: usize = 1 << 16;
const MAX_WRITES: usize = 4;

/// How many bytes the stream takes, of a message that does not end.
async fn fill(socket: WebSocket) -> usize {
    let mut stream = socket.into_parts().stream;
    let (zeros, mut taken) = (vec![0; 1 << 20], 0);
    while let Ok(len) = timeout(Duration::from_secs(1), stream.write(&zeros)).await {
        taken += len.unwrap();
        assert!(taken < 100 << 20, "no end");
    }
    taken
}

#[tokio::test(start_paused = true)]
async fn a_window_that_is_used_up() {
    for window in [0, 1, 65_535, 1_000_000] {
        let (_client, mut server) = opened_with(window, Config::default(), fill).await;
        let taken = within(server.result()).await;
        let window = window as usize;
        assert!((window..=window + MAX_WRITES * MAX_WRITE).contains(&taken), "{window}: {taken}");
    }
}

/// When the window opens, the sender goes on, and everything arrives.
#[tokio::test(start_paused = true)]
async fn a_window_that_opens_slowly() {
    async fn send(mut socket: WebSocket) -> Result<(), Error> {
        socket.send_binary(&[7; 1_000_000]).await?;
        socket.receive().await.map(drop)
    }
    let (mut client, _server) = opened_with(0, Config::default(), send).await;
    let mut received = 0;
    while received < 1_000_010 {
        client.give_window(STREAM, 10_007).await;
        received += within(client.next_of(STREAM)).await.unwrap().payload.len();
    }
}

fn with_write_timeout() -> Config {
    let mut config = Config::default();
    (config.write_timeout, config.keepalive) = (Some(Duration::from_secs(3)), None);
    config
}

/// Sends until that fails, and goes on to the end.
async fn send_much(mut socket: WebSocket) -> Seen {
    while socket.send_binary(&[0; 100_000]).await.is_ok() {}
    echo_to_the_end(socket).await
}

#[tokio::test(start_paused = true)]
async fn output_that_waits_too_long() {
    let (_client, mut server) = opened_with(1000, with_write_timeout(), send_much).await;
    let seen: Seen = within(server.result()).await;
    assert_eq!(seen.cause(), EndCause::TimedOut(Deadline::Write));
}

/// A peer that sends and takes nothing: what it sends is read only as long as it is answered.
#[tokio::test(start_paused = true)]
async fn an_echo_for_a_peer_that_takes_nothing() {
    let (mut client, mut server) = opened_with(0, with_write_timeout(), echo_to_the_end).await;
    client.data(STREAM, &from_client(BINARY, &[0; 100]).repeat(150)).await;
    let seen: Seen = within(server.result()).await;
    assert_eq!(seen.cause(), EndCause::TimedOut(Deadline::Write));
    assert!(seen.events.len() < 150, "{}", seen.events.len());
}

async fn close_after_much(mut socket: WebSocket) -> Ending {
    // More than hyper takes, so that the Close frame waits as well.
    while timeout(Duration::from_secs(1), socket.send_binary(&[0; 100_000])).await.is_ok() {}
    socket.close_with(CloseCode::NORMAL, "").await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn closing_towards_a_deaf_peer() {
    let (_client, mut server) = opened_with(0, Config::default(), close_after_much).await;
    let ending = within(server.result()).await;
    assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Close));
}

/// The peer closes, and has no window for the answer.
#[tokio::test(start_paused = true)]
async fn a_deaf_peer_that_closes() {
    let (mut client, mut server) =
        opened_with(0, Config::default(), async |socket: WebSocket| echo_to_the_end(socket).await)
            .await;
    client.data(STREAM, &from_client(CLOSE, NORMAL)).await;
    let seen: Seen = within(server.result()).await;
    assert_eq!(seen.events, ["close 1000"]);
    assert_eq!(seen.endings.len(), 1);
}

/// Several events at once, with a reader that stops: what was not read stays in the peer's hands.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_gives_no_window() {
    async fn sleep_on_first(mut socket: WebSocket) -> usize {
        let mut messages = 0;
        while let Ok(Some((Event::Binary(_), _))) = socket.receive().await {
            if messages == 0 {
                tokio::time::sleep(Duration::from_secs(10)).await;
            }
            messages += 1;
        }
        messages
    }
    let (mut client, mut server) = opened_with(0, Config::default(), sleep_on_first).await;
    for _ in 0..500 {
        client.data(STREAM, &from_client(BINARY, &[0; 100]).repeat(10)).await;
    }
    client.end(STREAM).await;
    assert_eq!(within(server.result()).await, 5_000);
}

/// A slow peer of a broadcast is tried again with each message, while a queue of pieces waits.
#[tokio::test(start_paused = true)]
async fn a_write_that_waits_copies_nothing() {
    async fn hand_out(socket: WebSocket) -> Stream {
        socket.into_parts().stream
    }
    let (_client, mut server) = opened_with(0, Config::default(), hand_out).await;
    let mut stream = within(server.result()).await;
    while timeout(Duration::from_secs(1), stream.write(&[0; 100])).await.is_ok() {}
    let (header, payload) = ([0; 10], vec![0; 1 << 16]);
    let pieces = [IoSlice::new(&header), IoSlice::new(&payload)];
    let mut cx = Context::from_waker(Waker::noop());
    let counted = memory(|| {
        for _ in 0..100 {
            let written = inside(|| Pin::new(&mut stream).poll_write_vectored(&mut cx, &pieces));
            assert!(written.is_pending());
        }
    });
    assert!(counted.asked < 1 << 16, "{counted:?}");
}
