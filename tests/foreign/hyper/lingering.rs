//! The time after a socket was dropped, until its peer has ended the stream too.

use std::time::Duration;

use tokio::io::duplex;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};
use websocket_proto::Config;
use websocket_proto::io::hyper::WebSocket;

use super::by_hand::{Client, LARGEST, STREAM};
use super::frames::{Kind, NO_ERROR, TEXT, from_client, from_server};
use super::server::{http2, serve, within};
use super::{opened, opened_with};

async fn leave(socket: WebSocket) {
    drop(socket);
}

/// How many tasks there are when nobody has anything to do.
async fn tasks() -> usize {
    sleep(Duration::from_millis(1)).await;
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_peers_end() {
    let (mut client, mut server) = opened(leave).await;
    within(server.result()).await;
    assert_eq!(client.expect_end(STREAM).await, []);
    let lingering = tasks().await;
    client.end(STREAM).await;
    assert_eq!(tasks().await, lingering - 1);
    assert_eq!(client.resets(), []);
}

/// The deadline is [`Config::close_timeout`]; after it, the peer is reset.
#[tokio::test(start_paused = true)]
async fn it_ends_at_the_deadline() {
    let (mut client, mut server) = opened(leave).await;
    within(server.result()).await;
    client.expect_end(STREAM).await;
    let (begin, lingering) = (Instant::now(), tasks().await);
    let reset = within(client.next_of(STREAM)).await.unwrap();
    assert_eq!((reset.kind, reset.reason()), (Kind::Reset, NO_ERROR));
    assert!(begin.elapsed().abs_diff(Config::default().close_timeout) < Duration::from_millis(100));
    assert_eq!(tasks().await, lingering - 1);
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_too_much_comes() {
    let (mut client, mut server) = opened(leave).await;
    within(server.result()).await;
    client.expect_end(STREAM).await;
    let begin = Instant::now();
    let mut sent = 0;
    while client.resets().is_empty() {
        assert!(sent < 3 << 20, "no end");
        client.data(STREAM, &[0; 1 << 14]).await;
        sent += 1 << 14;
        // Also reads what the server says, if it says anything.
        let _ = tokio::time::timeout(Duration::from_millis(1), client.next()).await;
    }
    assert!(sent >= 1 << 20, "{sent}");
    assert!(begin.elapsed() < Duration::from_secs(1));
}

/// Output waits, and so does the peer, which reads only when it has written: what it sends has to
/// be taken while our output cannot leave.
#[tokio::test(start_paused = true)]
async fn a_peer_that_writes_before_it_reads() {
    async fn say_much_and_leave(mut socket: WebSocket) {
        socket.writer().feed_binary(&[7; 50_000]).await.unwrap();
    }
    let (ours, theirs) = duplex(1 << 20);
    let mut http = http2();
    http.initial_stream_window_size(1000);
    let mut server = serve(theirs, &http, Config::default(), say_much_and_leave);
    let mut client = Client::connect(ours, 0).await;
    client.open(STREAM).await;
    within(server.result()).await;
    client.data(STREAM, &[0; 1000]).await;
    // The server gives this window back when it takes what came.
    within(client.expect_window(STREAM)).await;
    client.end(STREAM).await;
    client.give_window(STREAM, LARGEST).await;
    assert_eq!(within(client.expect_end(STREAM)).await.len(), 50_004);
    assert_eq!(client.resets(), []);
}

/// A peer that takes nothing holds up nothing but itself, and no task after the deadline.
#[tokio::test(start_paused = true)]
async fn a_deaf_peer() {
    async fn greet_and_leave(mut socket: WebSocket) {
        socket.writer().feed_text("hi").await.unwrap();
    }
    let (mut client, mut server) = opened_with(0, Config::default(), greet_and_leave).await;
    within(server.result()).await;
    let lingering = tasks().await;
    sleep(Duration::from_secs(60)).await;
    // The stream itself stays: hyper gives it up only with the connection.
    assert_eq!(tasks().await, lingering - 1);
    client.give_window(STREAM, 100).await;
    assert_eq!(within(client.expect_end(STREAM)).await, from_server(TEXT, b"hi"));
}

/// A socket is dropped where there is no runtime. It lingers on the one that it was opened on.
#[tokio::test(start_paused = true)]
async fn a_socket_dropped_in_another_thread() {
    async fn hand_out(socket: WebSocket) -> WebSocket {
        socket
    }
    let (mut client, mut server) = opened(hand_out).await;
    let mut socket = within(server.result()).await;
    socket.writer().feed_text("bye").await.unwrap();
    std::thread::spawn(move || drop(socket)).join().unwrap();
    assert_eq!(within(client.expect_end(STREAM)).await, from_server(TEXT, b"bye"));
    client.data(STREAM, &from_client(TEXT, b"unread")).await;
    client.end(STREAM).await;
    client.open(STREAM + 2).await;
    assert_eq!(client.resets(), []);
}

/// A socket is dropped in a runtime that has no timers, and after its own runtime is gone.
#[test]
fn a_socket_dropped_elsewhere() {
    async fn hand_out(socket: WebSocket) -> WebSocket {
        socket
    }
    let build = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().build().unwrap()
    };
    let without_timers = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let runtime = build();
    let (client, sockets) = runtime.block_on(async {
        let (mut client, mut server) = opened(hand_out).await;
        client.open(STREAM + 2).await;
        let sockets = [server.result().await, server.result().await];
        (client, sockets)
    });
    let [first, second] = sockets;
    without_timers.block_on(async move {
        drop(first);
        tokio::task::yield_now().await;
    });
    drop(runtime);
    drop(second);
    drop(client);
}
