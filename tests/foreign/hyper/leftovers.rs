//! Frames that come right after the request, and a socket that is taken apart.

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use websocket_proto::io::hyper::WebSocket;
use websocket_proto::{Config, EndCause};

use super::by_hand::{Client, LARGEST, STREAM, request};
use super::frames::{
    BINARY, CLOSE, END_STREAM, Frame, Kind, NORMAL, TEXT, from_client, from_server,
};
use super::opened;
use super::server::{Seen, Server, echo_to_the_end, http2, serve, serve_http1, within};

/// A request of HTTP/1.1.
pub(crate) const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A text message, a ping and a Close frame, and the answers to them.
fn dialogue() -> (Vec<u8>, Vec<u8>) {
    let input = [from_client(TEXT, b"hi"), from_client(9, b"?"), from_client(CLOSE, NORMAL)];
    let output = [from_server(TEXT, b"hi"), from_server(10, b"?"), from_server(CLOSE, NORMAL)];
    (input.concat(), output.concat())
}

fn check(seen: &Seen) {
    assert_eq!(seen.cause(), EndCause::Clean);
    assert_eq!(seen.events, ["text 2", "ping 1", "close 1000"]);
}

#[tokio::test]
async fn a_whole_dialogue_with_the_request_of_http2() {
    let (ours, theirs) = duplex(1 << 16);
    let mut server = serve(theirs, &http2(), Config::default(), echo_to_the_end);
    let mut client = Client::connect(ours, LARGEST).await;
    let (input, output) = dialogue();
    let data = Frame::new(Kind::Data, END_STREAM, STREAM, &input);
    client.send_bytes(&[request(STREAM).encoded(), data.encoded()].concat()).await;
    let response = within(client.next()).await.unwrap();
    assert_eq!((response.kind, response.payload[0]), (Kind::Headers, 0x88));
    assert_eq!(within(client.expect_end(STREAM)).await, output);
    check(&within(server.result()).await);
    assert_eq!(client.resets(), []);
}

#[tokio::test]
async fn a_whole_dialogue_with_the_request_of_http1() {
    let (mut ours, theirs) = duplex(1 << 16);
    let mut server = serve_http1(theirs, Config::default(), echo_to_the_end);
    let (input, output) = dialogue();
    ours.write_all(&[REQUEST, &input].concat()).await.unwrap();
    ours.shutdown().await.unwrap();
    let mut answer = Vec::new();
    within(ours.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.ends_with(&[b"\r\n\r\n", &output[..]].concat()), "{}", answer.escape_ascii());
    check(&within(server.result()).await);
}

/// Receives one message, takes the socket apart and puts it together again.
async fn reassemble(mut socket: WebSocket) -> Seen {
    let mut seen = Seen::default();
    if let Ok(Some((event, reply))) = socket.receive().await {
        reply.feed_text("hi").await.unwrap();
        seen.note(&event);
    }
    let socket = WebSocket::from_parts(socket.into_parts());
    seen.followed_by(echo_to_the_end(socket).await)
}

/// What was read and not received, and what was fed and not written, is in the parts.
#[tokio::test]
async fn a_socket_taken_apart() {
    let (mut client, mut server) = opened(reassemble).await;
    let input = [from_client(TEXT, b"hi"), from_client(TEXT, b"again"), from_client(CLOSE, NORMAL)];
    client.data(STREAM, &input.concat()).await;
    let output =
        [from_server(TEXT, b"hi"), from_server(TEXT, b"again"), from_server(CLOSE, NORMAL)];
    assert_eq!(within(client.expect_end(STREAM)).await, output.concat());
    client.end(STREAM).await;
    let seen = within(server.result()).await;
    assert_eq!(seen.cause(), EndCause::Clean);
    assert_eq!(seen.events, ["text 2", "text 5", "close 1000"]);
}

/// The connection of HTTP/1.1 itself, and what hyper has read of it.
async fn into_connection(socket: WebSocket) -> (DuplexStream, Vec<u8>) {
    let upgraded = socket.into_parts().stream.into_upgraded().unwrap();
    let parts = upgraded.downcast::<TokioIo<DuplexStream>>().unwrap();
    (parts.io.into_inner(), parts.read_buf.to_vec())
}

#[tokio::test]
async fn the_connection_of_http1_itself() {
    let (mut ours, theirs) = duplex(1 << 16);
    let mut server: Server<_> = serve_http1(theirs, Config::default(), into_connection);
    ours.write_all(&[REQUEST, b"left over"].concat()).await.unwrap();
    let (mut stream, leftover) = within(server.result()).await;
    assert_eq!(leftover, b"left over");
    stream.write_all(b"raw").await.unwrap();
    drop(stream);
    let mut answer = Vec::new();
    within(ours.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.ends_with(b"\r\n\r\nraw"), "{}", answer.escape_ascii());
}

/// A stream of HTTP/2 that is given back to hyper's type is not ours any more: nothing lingers.
#[tokio::test]
async fn the_stream_of_http2_itself() {
    async fn into_upgraded(socket: WebSocket) {
        assert!(socket.stream().version() == hyper::Version::HTTP_2);
        drop(socket.into_parts().stream.into_upgraded().unwrap());
    }
    let (mut client, mut server) = opened(into_upgraded).await;
    within(server.result()).await;
    assert_eq!(within(client.expect_end(STREAM)).await, []);
    assert_eq!(within(client.next_of(STREAM)).await.unwrap().kind, Kind::Reset);
}

/// Frames that hyper reads while the program is being started.
#[tokio::test]
async fn many_frames_before_the_program_runs() {
    let (ours, theirs) = duplex(1 << 20);
    let mut server = serve(theirs, &http2(), Config::default(), echo_to_the_end);
    let mut client = Client::connect(ours, LARGEST).await;
    let data = Frame::new(Kind::Data, 0, STREAM, &from_client(BINARY, &[7; 100]).repeat(100));
    let close = Frame::new(Kind::Data, 0, STREAM, &from_client(CLOSE, NORMAL));
    let frames = [request(STREAM).encoded(), data.encoded().repeat(6), close.encoded()];
    client.send_bytes(&frames.concat()).await;
    client.next().await.unwrap();
    let answer = within(client.expect_end(STREAM)).await;
    assert_eq!(answer.len(), 600 * 102 + 4);
    client.end(STREAM).await;
    assert_eq!(within(server.result()).await.events.len(), 601);
}
