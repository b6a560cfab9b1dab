//! What hyper has upgraded, used as a stream of tokio: reads, writes and how they fail.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;
use websocket_proto::io::hyper::{Stream, WebSocket};

use super::by_hand::{Client, STREAM};
use super::frames::{CANCEL, Frame, INTERNAL_ERROR, Kind, NO_ERROR, REFUSED_STREAM, STREAM_CLOSED};
use super::opened;
use super::server::within;

/// A client, and the stream that the server has.
async fn stream() -> (Client, Stream) {
    async fn hand_out(socket: WebSocket) -> Stream {
        socket.into_parts().stream
    }
    let (client, mut server) = opened(hand_out).await;
    let stream = within(server.result()).await;
    (client, stream)
}

/// Until nobody has anything to do.
async fn quiet() {
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_read_without_room_takes_nothing() {
    let (mut client, mut stream) = stream().await;
    assert_eq!(within(stream.read(&mut [])).await.unwrap(), 0);
    client.data(STREAM, b"ab").await;
    quiet().await;
    assert_eq!(within(stream.read(&mut [])).await.unwrap(), 0);
    let mut space = [0; 9];
    assert_eq!(within(stream.read(&mut space)).await.unwrap(), 2);
    assert_eq!(space[..2], *b"ab");
}

/// Neither an empty DATA frame nor one of padding alone is the end (RFC 9113 §6.1).
#[tokio::test(start_paused = true)]
async fn empty_data_is_not_the_end() {
    let (mut client, mut stream) = stream().await;
    client.data(STREAM, b"").await;
    client.send(&Frame::new(Kind::Data, 8, STREAM, &[2, 0, 0])).await;
    quiet().await;
    client.data(STREAM, b"ab").await;
    client.end(STREAM).await;
    let mut data = Vec::new();
    within(stream.read_to_end(&mut data)).await.unwrap();
    assert_eq!(data, b"ab");
}

/// What a read and a write say of a reset. hyper takes some for the end of the stream in reads.
#[tokio::test(start_paused = true)]
async fn the_kinds_of_errors_of_resets() {
    let cases = [
        (CANCEL, None),
        (NO_ERROR, None),
        (STREAM_CLOSED, Some(ErrorKind::BrokenPipe)),
        (INTERNAL_ERROR, Some(ErrorKind::ConnectionReset)),
        (REFUSED_STREAM, Some(ErrorKind::ConnectionReset)),
    ];
    for (reason, expected) in cases {
        let (mut client, mut stream) = stream().await;
        client.reset(STREAM, reason).await;
        quiet().await;
        let read = within(stream.read(&mut [0; 9])).await;
        assert_eq!(read.map_err(|error| error.kind()), expected.map_or(Ok(0), Err), "{reason}");
        let written = within(stream.write(b"late")).await;
        assert_eq!(written.unwrap_err().kind(), ErrorKind::ConnectionReset, "{reason}");
    }
}

/// What arrived before a reset can be read.
#[tokio::test(start_paused = true)]
async fn data_before_a_reset() {
    let (mut client, mut stream) = stream().await;
    client.data(STREAM, b"before").await;
    client.reset(STREAM, INTERNAL_ERROR).await;
    quiet().await;
    let mut data = Vec::new();
    let error = within(stream.read_to_end(&mut data)).await.unwrap_err();
    assert_eq!((error.kind(), &data[..]), (ErrorKind::ConnectionReset, &b"before"[..]));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_cut() {
    let (client, mut stream) = stream().await;
    drop(client);
    let error = within(stream.read(&mut [0; 9])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    within(stream.write(b"late")).await.unwrap_err();
}
