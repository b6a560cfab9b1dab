//! Sockets and calls that are dropped, and what the server sees of it.

use std::future::Future;
use std::io::ErrorKind;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use websocket_proto::io::h2::Client;
use websocket_proto::{CloseCode, Config, Event};

use super::server::{Order, Server, both, builder, opened, pair, raw_pair};
use super::{closing_within, guarded, patient, request};

/// The frames of a client, unmasked: opcode and payload.
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [first, len, rest @ ..] = bytes {
        assert!(*len & 0x80 != 0 && *len < 0xFE, "short and masked");
        let (key, rest) = rest.split_at(4);
        let (payload, rest) = rest.split_at(usize::from(*len & 0x7F));
        let unmask = |(at, byte): (usize, &u8)| byte ^ key[at % 4];
        frames.push((first & 15, payload.iter().enumerate().map(unmask).collect()));
        bytes = rest;
    }
    frames
}

/// What was sent arrives, with the end of the stream, and no reset takes its place.
#[tokio::test]
async fn a_socket_that_is_dropped_loses_nothing() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
        socket.send_text("sent").await.unwrap();
        socket.feed_text("fed").await.unwrap();
        drop(socket);
        let received = accepted.read_to_end().await.unwrap();
        assert_eq!(frames(&received), [(1, b"sent".to_vec()), (1, b"fed".to_vec())]);
        // The server may still send, for as long as it likes within the deadline.
        accepted.send(b"\x81\x01a");
        let no_reset = tokio::time::timeout(Duration::from_millis(50), accepted.reset()).await;
        assert!(no_reset.is_err(), "a reset behind the end of the stream");
        accepted.end();
        drop(accepted);
        // After the server's end, nothing is left that would keep the connection.
        drop(client);
        server.ended().await.unwrap();
    })
    .await;
}

/// A server that does not end the stream is reset at the deadline.
#[tokio::test]
async fn a_dropped_stream_waits_until_the_close_deadline() {
    guarded(async {
        let (client, mut server) = pair().await;
        let config = closing_within(Duration::from_millis(50));
        let (socket, mut accepted) = opened(&client, &mut server, config).await;
        drop(socket);
        assert_eq!(accepted.read_to_end().await.map_err(|error| error.reason()), Ok(Vec::new()));
        assert_eq!(accepted.reset().await, Reason::CANCEL);
    })
    .await;
}

/// Bytes that nobody will read do not use up the connection's window.
#[tokio::test]
async fn a_dropped_stream_gives_its_window_back() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (socket, mut accepted) = opened(&client, &mut server, patient()).await;
        drop(socket);
        for _ in 0..20 {
            accepted.send.reserve_capacity(100_000);
            while accepted.send.capacity() < 50_000 {
                std::future::poll_fn(|cx| accepted.send.poll_capacity(cx)).await.unwrap().unwrap();
            }
            accepted.send(&vec![0; 50_000]);
        }
        accepted.end();
        assert_eq!(accepted.read_to_end().await.unwrap(), b"");
    })
    .await;
}

/// An abort is a reset.
#[tokio::test]
async fn an_aborted_socket_is_reset() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
        socket.abort();
        drop(socket);
        assert_eq!(accepted.reset().await, Reason::CANCEL);
    })
    .await;
}

/// A stream that is dropped in the middle is reset, for either role.
#[tokio::test]
async fn a_stream_that_is_dropped_in_the_middle_is_reset() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (socket, mut accepted) = opened(&client, &mut server, patient()).await;
        drop(socket.into_parts().stream);
        assert_eq!(accepted.reset().await, Reason::CANCEL);
        let (mut near, far) = both(&client, &mut server, patient()).await;
        drop(far.into_parts().stream);
        let error = near.receive().await.map(drop).unwrap_err();
        assert!(error.to_string().contains("CANCEL"), "{error}");
    })
    .await;
}

/// A server of ours that is dropped lingers in a task of its own.
#[tokio::test]
async fn a_server_that_is_dropped_loses_nothing() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut near, mut far) = both(&client, &mut server, patient()).await;
        far.send_text("sent").await.unwrap();
        drop(far);
        assert_eq!(super::echo::next(&mut near).await, b"sent");
        // The server has ended the stream, and reads on: the client's Close frame is no error.
        let ending = near.close_with(CloseCode::NORMAL, "").await.unwrap();
        assert_eq!(ending.cause, websocket_proto::EndCause::EofAfterClose);
    })
    .await;
}

/// A call of `connect` may be dropped after any poll, and the connection goes on.
#[tokio::test]
async fn a_connect_that_is_dropped() {
    guarded(async {
        let (mut polls, mut finished) = (0, false);
        while !finished {
            let (client, mut server) = pair().await;
            tokio::spawn(async move {
                while let Some(asked) = server.try_next().await {
                    if let Some(far) = asked.try_open(patient()) {
                        tokio::spawn(super::echo::echo(far));
                    }
                }
            });
            finished = poll_connect(&client, polls).await;
            let mut near = client.connect(&request(), patient()).await.unwrap();
            near.send_text("on").await.unwrap();
            assert_eq!(super::echo::next(&mut near).await, b"on");
            polls += 1;
        }
        assert!(polls > 3, "too few polls to mean anything");
    })
    .await;
}

/// Polls a call so many times, with all others in between. Whether it was through by then.
async fn poll_connect(client: &Client, polls: usize) -> bool {
    let request = request();
    let mut asking = pin!(client.connect(&request, patient()));
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(socket) = asking.as_mut().poll(&mut cx) {
            return socket.is_ok();
        }
        tokio::task::yield_now().await;
    }
    false
}

/// A call of `receive` or `send` that is dropped loses nothing.
#[tokio::test]
async fn other_calls_that_are_dropped() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut near, mut far) = both(&client, &mut server, patient()).await;
        let mut cx = Context::from_waker(Waker::noop());
        let mut received = 0;
        for number in 0..200_u32 {
            far.send_text(&number.to_string()).await.unwrap();
            tokio::task::yield_now().await;
            while let Poll::Ready(event) = pin!(near.receive()).poll(&mut cx) {
                let Some((Event::Text(text), _)) = event.unwrap() else { continue };
                assert_eq!(text, received.to_string());
                received += 1;
            }
        }
        while received < 200 {
            let text = super::echo::next(&mut near).await;
            assert_eq!(text, received.to_string().as_bytes());
            received += 1;
        }
    })
    .await;
}

/// A server that goes on sending is reset long before the deadline.
#[tokio::test]
async fn a_dropped_stream_takes_only_so_much() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (socket, mut accepted) = opened(&client, &mut server, patient()).await;
        drop(socket);
        let mut sent = 0;
        while accepted.try_send(1 << 14).await {
            sent += 1 << 14;
        }
        assert!((1 << 20..4 << 20).contains(&sent), "{sent}");
        assert_eq!(accepted.reset().await, Reason::CANCEL);
    })
    .await;
}

/// The same for a server of ours.
#[tokio::test]
async fn a_dropped_stream_of_a_server_takes_only_so_much() {
    guarded(async {
        let (near, asked) = raw_pair(1 << 16, builder()).await;
        let far = asked.open(patient());
        let mut near = near.await;
        drop(far);
        let mut sent = 0;
        let error = loop {
            match near.write(&[0; 1 << 14]).await {
                Ok(len) => sent += len,
                Err(error) => break error,
            }
        };
        assert!((1 << 20..4 << 20).contains(&sent), "{sent}");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    })
    .await;
}

/// A socket is dropped where there is no runtime. It lingers on the one that it was opened on.
#[tokio::test]
async fn a_server_that_is_dropped_in_another_thread() {
    guarded(async {
        let (near, asked) = raw_pair(1 << 16, builder()).await;
        let mut far = asked.open(patient());
        let mut near = near.await;
        far.writer().feed_text("bye").await.unwrap();
        std::thread::spawn(move || drop(far)).join().unwrap();
        let mut received = Vec::new();
        near.read_to_end(&mut received).await.unwrap();
        assert_eq!(received, b"\x81\x03bye");
        near.write_all(b"unread").await.unwrap();
        near.shutdown().await.unwrap();
    })
    .await;
}

/// A server that takes nothing any more keeps no connection that nobody uses.
#[tokio::test(start_paused = true)]
async fn a_deaf_server_does_not_keep_the_connection() {
    guarded(async {
        let (near, far) = duplex(1 << 10);
        let mut server = Server::over(far, builder());
        let (client, driver) = Client::handshake(near).await.unwrap();
        let driving = tokio::spawn(driver);
        let (mut socket, _accepted) = opened(&client, &mut server, Config::default()).await;
        server.order(Order::Stall);
        socket.feed_binary(&[0; 4 << 10]).await.unwrap();
        drop((socket, client));
        let error = driving.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    })
    .await;
}
