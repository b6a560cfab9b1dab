//! The other forms of a socket: split, as a stream of bytes, watched by a shutdown; and clients that
//! connect again.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::TcpListener;
use websocket_proto::backoff::Backoff;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::hyper::{Receiver, WebSocket};
use websocket_proto::io::tokio::{GracefulShutdown, Reconnecting};
use websocket_proto::io::{Error, Update};
use websocket_proto::{CloseCode, Config, EndCause, Event};

use super::by_hand::{Client, LARGEST, STREAM};
use super::frames::{BINARY, CLOSE, NORMAL, TEXT, from_client, from_server};
use super::server::{Seen, echo_to_the_end, http2, serve, serve_http1, within};
use super::{opened, opened_with};

async fn receive_all(mut receiver: Receiver) -> Result<Vec<String>, Error> {
    let mut seen = Seen::default();
    while let Some(event) = receiver.receive().await? {
        seen.note(&event);
    }
    assert_eq!(seen.cause(), EndCause::Clean);
    Ok(seen.events)
}

/// Many tasks send while one receives.
async fn send_from_many_tasks(socket: WebSocket) -> Vec<String> {
    let (sender, receiver) = socket.split();
    for number in 0..50_u8 {
        let sender = sender.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                sender.send_binary(&[number; 100]).await.unwrap();
            }
        });
    }
    drop(sender);
    receive_all(receiver).await.unwrap()
}

#[tokio::test]
async fn a_split_socket() {
    let (mut client, mut server) = opened(send_from_many_tasks).await;
    client.data(STREAM, &from_client(TEXT, b"hi")).await;
    let mut received = Vec::new();
    while received.len() < 50 * 20 * 102 {
        received.extend(within(client.next_of(STREAM)).await.unwrap().payload);
    }
    let messages = received.chunks(102).map(|it| (it[0], it[1], it[2], it[2..] == [it[2]; 100]));
    let mut counts = [0; 50];
    for (first, len, number, is_whole) in messages {
        assert_eq!((first, len, is_whole), (0x82, 100, true));
        counts[usize::from(number)] += 1;
    }
    assert_eq!(counts, [20; 50]);
    client.close(STREAM).await;
    assert_eq!(within(client.expect_end(STREAM)).await, from_server(CLOSE, NORMAL));
    client.end(STREAM).await;
    assert_eq!(within(server.result()).await, ["text 2", "close 1000"]);
}

async fn copy(socket: WebSocket) -> std::io::Result<u64> {
    let (mut reader, mut writer) = tokio::io::split(socket.into_byte_stream());
    let copied = tokio::io::copy(&mut reader, &mut writer).await?;
    writer.shutdown().await?;
    Ok(copied)
}

#[tokio::test]
async fn a_stream_of_bytes() {
    let (mut client, mut server) = opened(copy).await;
    client.data(STREAM, &from_client(BINARY, b"bytes")).await;
    client.expect(STREAM, &from_server(BINARY, b"bytes")).await;
    client.close(STREAM).await;
    let last = within(client.expect_end(STREAM)).await;
    assert_eq!(last, from_server(CLOSE, NORMAL));
    client.end(STREAM).await;
    assert_eq!(within(server.result()).await.unwrap(), 5);
    assert_eq!(client.resets(), []);
}

/// The sockets close first, and then the connection of HTTP/2 has nothing left to wait for.
#[tokio::test(start_paused = true)]
async fn a_graceful_shutdown() {
    let shutdown = GracefulShutdown::new();
    let watching = shutdown.clone();
    let (ours, theirs) = duplex(1 << 16);
    let mut server = serve(theirs, &http2(), Config::default(), move |mut socket: WebSocket| {
        watching.watch(&mut socket);
        echo_to_the_end(socket)
    });
    let mut client = Client::connect(ours, LARGEST).await;
    let streams = [1, 3, 5];
    for stream in streams {
        client.open(stream).await;
    }
    let never = tokio::time::sleep(Duration::from_secs(3600));
    let closing =
        tokio::spawn(
            async move { shutdown.close_all(CloseCode::GOING_AWAY, "restart", never).await },
        );
    for stream in streams {
        let close = [&1001_u16.to_be_bytes()[..], b"restart"].concat();
        client.expect(stream, &from_server(CLOSE, &close)).await;
        client.data(stream, &from_client(CLOSE, &1001_u16.to_be_bytes())).await;
    }
    for stream in streams {
        assert_eq!(client.expect_end(stream).await, []);
        client.end(stream).await;
    }
    let summary = within(closing).await.unwrap().unwrap();
    assert_eq!(summary.clean, 3, "{summary:?}");
    for _ in streams {
        assert_eq!(within(server.result()).await.cause(), EndCause::Clean);
    }
    assert_eq!(client.resets(), []);
}

/// A peer that takes nothing holds up the shutdown until its end, and no longer.
#[tokio::test(start_paused = true)]
async fn a_graceful_shutdown_with_a_deaf_peer() {
    let shutdown = GracefulShutdown::new();
    let watching = shutdown.clone();
    let fill = move |mut socket: WebSocket| {
        watching.watch(&mut socket);
        async move {
            while socket.send_binary(&[0; 100_000]).await.is_ok() {}
            echo_to_the_end(socket).await
        }
    };
    let (_client, mut server) = opened_with(0, Config::default(), fill).await;
    let soon = tokio::time::sleep(Duration::from_secs(2));
    let summary = shutdown.close_all(CloseCode::GOING_AWAY, "", soon).await.unwrap();
    assert_eq!((summary.clean, summary.aborted), (0, 1));
    assert_eq!(within(server.result()).await.cause(), EndCause::Aborted);
}

/// Takes one message, and leaves without a word.
async fn leave_after_one(mut socket: WebSocket) {
    let _ = socket.receive().await;
}

#[tokio::test]
async fn a_client_that_connects_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serve_http1(stream, Config::default(), leave_after_one);
        }
    });
    let request = ClientRequest::new(&format!("ws://{address}/")).unwrap();
    let mut client = Reconnecting::new(request, Config::default(), Backoff::default());
    let (mut connected, mut lost) = (0, Vec::new());
    while lost.len() < 2 {
        match within(client.receive()).await.unwrap() {
            Update::Connected(_, sender) => {
                connected += 1;
                sender.send_text("one").await.unwrap();
            }
            Update::Lost(ending) => lost.push(ending.cause),
            Update::Event(Event::Close { .. }, _) | Update::Waiting(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((connected, &lost[..]), (2, &[EndCause::Eof; 2][..]));
}

/// In HTTP/1.1, the plain program that returns at Close ends with the connection.
#[tokio::test]
async fn the_plain_program_over_http1() {
    let (mut ours, theirs) = duplex(1 << 16);
    let mut server = serve_http1(theirs, Config::default(), super::server::plain_echo);
    ours.write_all(super::leftovers::REQUEST).await.unwrap();
    ours.write_all(&from_client(CLOSE, NORMAL)).await.unwrap();
    let mut answer = Vec::new();
    let reading = async {
        ours.read_to_end(&mut answer).await.unwrap();
        drop(ours);
    };
    within(reading).await;
    assert!(answer.ends_with(&from_server(CLOSE, NORMAL)), "{}", answer.escape_ascii());
    within(server.result()).await.unwrap();
}
