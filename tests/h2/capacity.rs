//! The windows that all sockets of a connection share.

use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use websocket_proto::io::h2::Client;
use websocket_proto::{CloseCode, Config, Deadline, EndCause, Event};

use super::echo::{echo, next};
use super::server::{Accepted, Server, both, builder, opened, pair_with};
use super::{closing_within, guarded, patient};

/// The window of a connection that nobody has enlarged (RFC 9113 §6.9.2).
const CONNECTION_WINDOW: usize = 65_535;

/// A server whose streams have wide windows, so that that of the connection is what bounds.
async fn wide_streams() -> (Client, Server) {
    let mut builder = builder();
    builder.initial_window_size(1 << 20);
    pair_with(builder).await
}

/// Reads what has arrived without letting the client send more, until this many bytes are there.
async fn hoard(accepted: &mut Accepted, len: usize) {
    let mut sum = 0;
    while sum < len {
        sum += accepted.receive.data().await.unwrap().unwrap().len();
    }
    assert_eq!(sum, len);
}

/// Sockets that have sent and now are idle hold nothing of the window: one of them can use all of it.
#[tokio::test]
async fn idle_sockets_hold_no_capacity() {
    guarded(async {
        let (client, mut server) = wide_streams().await;
        let mut idle = Vec::new();
        for _ in 0..50 {
            let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
            socket.send_binary(&[0; 94]).await.unwrap();
            hoard(&mut accepted, 100).await;
            idle.push((socket, accepted));
        }
        let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
        let rest = CONNECTION_WINDOW - 50 * 100;
        let sending = tokio::spawn(async move { socket.send_binary(&[0; 100_000]).await });
        hoard(&mut accepted, rest).await;
        assert!(!sending.is_finished());
        sending.abort();
    })
    .await;
}

/// A socket that waits for capacity and is dropped gives it back.
#[tokio::test]
async fn a_dropped_socket_gives_back_what_it_has_asked_for() {
    guarded(async {
        let (client, mut server) = wide_streams().await;
        let (mut blocking, mut blocking_far) = opened(&client, &mut server, patient()).await;
        let (mut waiting, mut waiting_far) = opened(&client, &mut server, patient()).await;
        let sending = tokio::spawn(async move {
            let _ = blocking.send_binary(&[0; 200_000]).await;
        });
        hoard(&mut blocking_far, CONNECTION_WINDOW).await;
        sending.abort();
        assert!(sending.await.unwrap_err().is_cancelled(), "its socket is dropped with it");
        blocking_far.receive.flow_control().release_capacity(CONNECTION_WINDOW).unwrap();
        let rest = CONNECTION_WINDOW - 8;
        let sent = tokio::spawn(async move { waiting.send_binary(&vec![0; rest]).await });
        hoard(&mut waiting_far, CONNECTION_WINDOW).await;
        sent.await.unwrap().unwrap();
    })
    .await;
}

/// A stream whose write is given up asks for capacity until it is flushed.
#[tokio::test]
async fn a_flush_gives_back_what_a_write_has_asked_for() {
    guarded(async {
        let (client, mut server) = wide_streams().await;
        let mut streams = Vec::new();
        for _ in 0..3 {
            let (socket, accepted) = opened(&client, &mut server, patient()).await;
            streams.push((socket.into_parts().stream, accepted));
        }
        let [(first, first_far), (given_up, _), (last, last_far)] = &mut streams[..] else {
            unreachable!("three streams")
        };
        first.write_all(&[0; CONNECTION_WINDOW]).await.unwrap();
        hoard(first_far, CONNECTION_WINDOW).await;
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut *given_up).poll_write(&mut cx, &[0; 5000]).is_pending());
        given_up.flush().await.unwrap();
        first_far.receive.flow_control().release_capacity(CONNECTION_WINDOW).unwrap();
        last.write_all(&[0; CONNECTION_WINDOW]).await.unwrap();
        hoard(last_far, CONNECTION_WINDOW).await;
    })
    .await;
}

/// Sockets whose server does not read use up their own windows and nothing else.
#[tokio::test]
async fn deaf_streams_do_not_hold_up_the_others() {
    guarded(async {
        let mut builder = builder();
        builder.initial_window_size(10_000);
        let (client, mut server) = pair_with(builder).await;
        let mut deaf = Vec::new();
        for _ in 0..5 {
            let (mut socket, accepted) = opened(&client, &mut server, patient()).await;
            let sending = tokio::spawn(async move { socket.send_binary(&[0; 50_000]).await });
            deaf.push((sending, accepted));
        }
        let (mut near, far) = both(&client, &mut server, patient()).await;
        tokio::spawn(echo(far));
        for len in [10, 10_000, 40_000] {
            near.send_binary(&vec![1; len]).await.unwrap();
            assert_eq!(next(&mut near).await.len(), len);
        }
        assert!(deaf.iter().all(|(sending, _)| !sending.is_finished()));
        deaf.iter().for_each(|(sending, _)| sending.abort());
    })
    .await;
}

/// Sockets that this side does not read hold up no others: each has a window, and the connection has
/// one for all of them.
#[tokio::test]
async fn sockets_that_nobody_reads_do_not_hold_up_the_others() {
    guarded(async {
        let (client, mut server) = pair_with(builder()).await;
        let mut unread = Vec::new();
        for _ in 0..20 {
            let (near, mut far) = both(&client, &mut server, patient()).await;
            let sending = tokio::spawn(async move { far.send_binary(&[0; 1 << 20]).await });
            unread.push((near, sending));
        }
        let (mut near, far) = both(&client, &mut server, patient()).await;
        tokio::spawn(echo(far));
        for _ in 0..20 {
            near.send_binary(&[1; 50_000]).await.unwrap();
            assert_eq!(next(&mut near).await.len(), 50_000);
        }
        for (mut near, sending) in unread {
            assert_eq!(next(&mut near).await.len(), 1 << 20);
            sending.await.unwrap().unwrap();
        }
    })
    .await;
}

/// Many short messages in frames of their own, which nobody reads for a while, do not end the
/// connection.
#[tokio::test]
async fn short_messages_that_nobody_reads_are_borne() {
    guarded(async {
        let (client, mut server) = pair_with(builder()).await;
        let (mut unread, mut far) = opened(&client, &mut server, patient()).await;
        let (mut near, echoing) = both(&client, &mut server, patient()).await;
        tokio::spawn(echo(echoing));
        for _ in 0..20_000 {
            far.send(b"\x81\x08tick 000");
        }
        near.send_text("still there").await.unwrap();
        assert_eq!(next(&mut near).await, b"still there");
        for _ in 0..20_000 {
            assert_eq!(next(&mut unread).await, b"tick 000");
        }
    })
    .await;
}

/// A peer that gives no window: the socket ends by the close deadline, and says so.
#[tokio::test]
async fn a_stream_without_a_window_ends_by_the_close_deadline() {
    guarded(async {
        let mut builder = builder();
        builder.initial_window_size(0);
        let (client, mut server) = pair_with(builder).await;
        let config = closing_within(Duration::from_millis(100));
        let (mut socket, mut accepted) = opened(&client, &mut server, config).await;
        let ending = socket.close_with(CloseCode::NORMAL, "").await.unwrap();
        assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Close));
        drop(socket);
        // Nothing of the Close frame has left. The stream ends, and is reset a little later.
        assert!(accepted.read_to_end().await.is_err() || accepted.receive.is_end_stream());
        accepted.reset().await;
    })
    .await;
}

/// The same with a message in the queue, and a task that sends.
#[tokio::test]
async fn a_sender_without_a_window_ends_by_the_write_deadline() {
    guarded(async {
        let mut builder = builder();
        builder.initial_window_size(10);
        let (client, mut server) = pair_with(builder).await;
        let mut config = Config::default();
        (config.keepalive, config.write_timeout) = (None, Some(Duration::from_millis(100)));
        let (mut socket, mut accepted) = opened(&client, &mut server, config).await;
        let error = socket.send_text("longer than the window").await.unwrap_err();
        assert!(error.to_string().contains("took no output"), "{error}");
        let (event, _) = socket.receive().await.unwrap().unwrap();
        let Event::Ended(ending) = event else { panic!("{event:?}") };
        assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Write));
        drop(socket);
        assert_eq!(accepted.read(10).await.len(), 10);
    })
    .await;
}
