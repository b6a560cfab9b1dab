//! The stream by itself, as one of tokio.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::pin::Pin;
use std::task::{Context, Waker};

use h2::Reason;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use websocket_proto::io::h2::{Client, Stream};

use super::server::{Accepted, Server, builder, opened, pair, pair_with, raw_pair};
use super::{guarded, patient};

/// An open stream without a WebSocket, and the server's halves.
async fn stream(client: &Client, server: &mut Server) -> (Stream, Accepted) {
    let (socket, accepted) = opened(client, server, patient()).await;
    (socket.into_parts().stream, accepted)
}

#[tokio::test]
async fn a_read_without_space_takes_nothing() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut stream, mut accepted) = stream(&client, &mut server).await;
        let mut cx = Context::from_waker(Waker::noop());
        let mut read_nothing =
            |stream: &mut Stream| Pin::new(stream).poll_read(&mut cx, &mut ReadBuf::new(&mut []));
        assert!(read_nothing(&mut stream).is_ready(), "it would have nothing to wait for");
        accepted.send(b"abc");
        let mut first = [0; 1];
        stream.read_exact(&mut first).await.unwrap();
        assert!(read_nothing(&mut stream).is_ready());
        let mut rest = [0; 2];
        stream.read_exact(&mut rest).await.unwrap();
        assert_eq!((&first, &rest), (b"a", b"bc"));
    })
    .await;
}

#[tokio::test]
async fn a_read_takes_what_several_frames_brought() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut stream, mut accepted) = stream(&client, &mut server).await;
        for part in [b"ab", b"cd", b"ef"] {
            accepted.send(part);
        }
        accepted.end();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, b"abcdef");
        // And the end stays.
        assert_eq!(stream.read(&mut [0; 9]).await.unwrap(), 0);
    })
    .await;
}

/// The peer may send more when bytes are taken, and not when they arrive or are looked at.
#[tokio::test]
async fn capacity_is_given_back_when_bytes_are_taken() {
    guarded(async {
        let (stream, asked) = raw_pair(10, builder()).await;
        let mut accepted = asked.accept(&[]);
        let mut stream = stream.await;
        accepted.send(&[1; 10]);
        accepted.send.reserve_capacity(10);
        stream.read_exact(&mut [0; 4]).await.unwrap();
        capacity(&mut accepted).await;
        assert_eq!(accepted.send.capacity(), 4, "as many as were taken");
    })
    .await;
}

/// Waits until the server may send.
async fn capacity(accepted: &mut Accepted) {
    while accepted.send.capacity() == 0 {
        poll_fn(|cx| accepted.send.poll_capacity(cx)).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn the_end_is_sent_once_and_nothing_after_it() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut stream, mut accepted) = stream(&client, &mut server).await;
        stream.write_all(b"abc").await.unwrap();
        stream.shutdown().await.unwrap();
        stream.shutdown().await.unwrap();
        let error = stream.write(b"d").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert_eq!(accepted.read_to_end().await.unwrap(), b"abc");
        // What comes now is for nobody, and the peer may take its time to end the stream.
        accepted.send(b"ef");
        assert_eq!(stream.read(&mut [0; 9]).await.unwrap(), 0);
    })
    .await;
}

/// With a window of three bytes, a write takes as many.
#[tokio::test]
async fn a_write_takes_what_the_window_has() {
    guarded(async {
        let mut builder = builder();
        builder.initial_window_size(3);
        let (client, mut server) = pair_with(builder).await;
        let (mut stream, mut accepted) = stream(&client, &mut server).await;
        assert_eq!(stream.write(b"abcde").await.unwrap(), 3);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut stream).poll_write(&mut cx, b"de").is_pending());
        assert_eq!(accepted.read(3).await, b"abc");
        assert_eq!(stream.write(b"de").await.unwrap(), 2);
        assert_eq!(accepted.read(2).await, b"de");
    })
    .await;
}

/// What each reason of a reset is told as, to a task that reads and to one that writes.
#[tokio::test]
async fn resets_have_kinds() {
    let kinds = [
        (Reason::NO_ERROR, ErrorKind::ConnectionReset),
        (Reason::CANCEL, ErrorKind::ConnectionReset),
        (Reason::REFUSED_STREAM, ErrorKind::ConnectionRefused),
        (Reason::HTTP_1_1_REQUIRED, ErrorKind::Unsupported),
        (Reason::ENHANCE_YOUR_CALM, ErrorKind::QuotaExceeded),
        (Reason::INTERNAL_ERROR, ErrorKind::ConnectionReset),
        (Reason::from(0xdead_beef), ErrorKind::ConnectionReset),
    ];
    guarded(async {
        let (client, mut server) = pair().await;
        for (reason, kind) in kinds {
            let (mut reading, mut accepted) = stream(&client, &mut server).await;
            accepted.send(b"a");
            // After it has left, as a reset overtakes what waits.
            assert_eq!(reading.read(&mut [0; 9]).await.unwrap(), 1);
            accepted.send.send_reset(reason);
            let error = reading.read(&mut [0; 9]).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(&format!("{reason:?}")), "{error}");
            for written in [reading.write(b"x").await.map(drop), reading.shutdown().await] {
                assert_eq!(written.unwrap_err().kind(), kind);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn both_roles_have_a_stream() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut near, accepted) = stream(&client, &mut server).await;
        let Accepted { send, receive, .. } = accepted;
        let mut far = Stream::new(send, receive);
        assert_eq!(near.id(), far.id());
        near.write_all(b"there").await.unwrap();
        far.write_all(b"and back").await.unwrap();
        let (mut here, mut there) = ([0; 8], [0; 5]);
        near.read_exact(&mut here).await.unwrap();
        far.read_exact(&mut there).await.unwrap();
        assert_eq!((&here, &there), (b"and back", b"there"));
        far.shutdown().await.unwrap();
        assert_eq!(near.read(&mut here).await.unwrap(), 0);
    })
    .await;
}
