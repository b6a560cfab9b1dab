//! The end of a stream: from either side, in either order, and by a reset (RFC 8441 §5).

use std::time::Duration;

use tokio::time::Instant;
use websocket_proto::io::hyper::WebSocket;
use websocket_proto::{CloseCode, EndCause, Event};

use super::by_hand::{Client, STREAM};
use super::frames::{
    CANCEL, CLOSE, INTERNAL_ERROR, NO_ERROR, NORMAL, REFUSED_STREAM, STREAM_CLOSED, TEXT,
    from_client, from_server,
};
use super::opened;
use super::server::{Seen, echo_to_the_end, plain_echo, within};

/// What a peer does after its last frame.
#[derive(Clone, Copy, Debug)]
enum Then {
    Ends,
    Resets(u32),
    GoesAwayAndLeaves,
    Leaves,
}

impl Then {
    const ALL: [Self; 8] = [
        Self::Ends,
        Self::Resets(CANCEL),
        Self::Resets(NO_ERROR),
        Self::Resets(STREAM_CLOSED),
        Self::Resets(INTERNAL_ERROR),
        Self::Resets(REFUSED_STREAM),
        Self::GoesAwayAndLeaves,
        Self::Leaves,
    ];

    /// `None` if the client has left.
    async fn act(self, mut client: Client) -> Option<Client> {
        match self {
            Self::Ends => client.end(STREAM).await,
            Self::Resets(reason) => client.reset(STREAM, reason).await,
            Self::GoesAwayAndLeaves => {
                client.go_away(INTERNAL_ERROR).await;
                return None;
            }
            Self::Leaves => return None,
        }
        Some(client)
    }
}

/// The peer closes, and has our answer when it ends the stream in whatever way.
#[tokio::test(start_paused = true)]
async fn after_both_close_frames_every_end_is_clean() {
    for then in Then::ALL {
        let (mut client, mut server) = opened(echo_to_the_end).await;
        client.close(STREAM).await;
        client.expect(STREAM, &from_server(CLOSE, NORMAL)).await;
        let _client = then.act(client).await;
        let seen: Seen = within(server.result()).await;
        assert_eq!(seen.cause(), EndCause::Clean, "{then:?}");
        assert_eq!(
            (seen.events.as_slice(), seen.errors.len()),
            (&["close 1000".to_owned()][..], 0)
        );
    }
}

/// Firefox leaves its half of the stream open, and a handler is not to wait for that.
#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_that_of_the_stream() {
    let (mut client, mut server) = opened(echo_to_the_end).await;
    let before = Instant::now();
    client.close(STREAM).await;
    assert_eq!(client.expect_end(STREAM).await, from_server(CLOSE, NORMAL));
    let seen: Seen = within(server.result()).await;
    assert_eq!((seen.cause(), before.elapsed()), (EndCause::Clean, Duration::ZERO));
}

/// The same after a Close frame of ours.
#[tokio::test(start_paused = true)]
async fn a_close_does_not_wait_for_the_end_of_the_stream() {
    let (mut client, mut server) = opened(close_at_once).await;
    let before = Instant::now();
    client.expect(STREAM, &from_server(CLOSE, &[0x03, 0xe9])).await;
    client.data(STREAM, &from_client(CLOSE, &[0x03, 0xe9])).await;
    let seen: Seen = within(server.result()).await;
    assert_eq!((seen.cause(), before.elapsed()), (EndCause::Clean, Duration::ZERO));
}

async fn close_at_once(mut socket: WebSocket) -> Seen {
    let mut seen = Seen::default();
    socket.writer().start_close(CloseCode::GOING_AWAY, "").unwrap();
    let rest = echo_to_the_end(socket).await;
    seen.endings.extend(rest.endings);
    seen
}

/// We close first, and the peer answers before it ends the stream in whatever way.
#[tokio::test(start_paused = true)]
async fn after_an_answer_every_end_is_clean() {
    for then in Then::ALL {
        let (mut client, mut server) = opened(close_at_once).await;
        client.expect(STREAM, &from_server(CLOSE, &[0x03, 0xe9])).await;
        client.data(STREAM, &from_client(CLOSE, &[0x03, 0xe9])).await;
        let _client = then.act(client).await;
        assert_eq!(within(server.result()).await.cause(), EndCause::Clean, "{then:?}");
    }
}

/// Without a Close frame, no end is clean.
#[tokio::test(start_paused = true)]
async fn before_a_close_frame_every_end_is_a_failure() {
    for then in Then::ALL {
        let (mut client, mut server) = opened(echo_to_the_end).await;
        client.data(STREAM, &from_client(TEXT, b"hi")).await;
        client.expect(STREAM, &from_server(TEXT, b"hi")).await;
        let _client = then.act(client).await;
        let seen: Seen = within(server.result()).await;
        let expected = match then {
            // hyper reads these resets as the end of the stream.
            Then::Ends | Then::Resets(CANCEL | NO_ERROR) => EndCause::Eof,
            _ => EndCause::TransportFailed,
        };
        assert_eq!(seen.cause(), expected, "{then:?}");
        assert_eq!(seen.events, ["text 2"], "{then:?}");
    }
}

/// The peer does not answer our Close frame, and ends the stream.
#[tokio::test(start_paused = true)]
async fn an_end_in_place_of_an_answer_is_a_failure() {
    for then in Then::ALL {
        let (mut client, mut server) = opened(close_at_once).await;
        client.expect(STREAM, &from_server(CLOSE, &[0x03, 0xe9])).await;
        let _client = then.act(client).await;
        let cause = within(server.result()).await.cause();
        let expected = match then {
            Then::Ends | Then::Resets(CANCEL | NO_ERROR) => EndCause::EofAfterClose,
            _ => EndCause::TransportFailed,
        };
        assert_eq!(cause, expected, "{then:?}");
    }
}

/// Inside a frame and between fragments, for the ends that hyper takes for that of a stream.
#[tokio::test(start_paused = true)]
async fn an_end_inside_a_message() {
    let cases = [
        (&[0x81, 0x85, 0, 0, 0, 0, b'h'][..], EndCause::EofInFrame),
        (&[0x01, 0x81, 0, 0, 0, 0, b'h'], EndCause::EofInMessage),
    ];
    for (bytes, expected) in cases {
        for then in [Then::Ends, Then::Resets(CANCEL)] {
            let (mut client, mut server) = opened(echo_to_the_end).await;
            client.data(STREAM, bytes).await;
            let _client = then.act(client).await;
            assert_eq!(within(server.result()).await.cause(), expected, "{then:?}");
        }
    }
}

/// Each peer sees the Close frame and the end, and no reset: neither a reset of its stream nor the
/// end of the connection, which is there for a second WebSocket.
async fn check_no_reset(mut client: Client) {
    client.open(STREAM + 2).await;
    assert_eq!(client.resets(), [], "{:?}", client.seen);
}

#[tokio::test(start_paused = true)]
async fn the_plain_program_that_returns_at_close() {
    let (mut client, mut server) = opened(plain_echo).await;
    client.close(STREAM).await;
    assert_eq!(client.expect_end(STREAM).await, from_server(CLOSE, NORMAL));
    client.end(STREAM).await;
    within(server.result()).await.unwrap();
    within(check_no_reset(client)).await;
}

/// A browser resets the stream when both Close frames and the server's end have come.
#[tokio::test(start_paused = true)]
async fn a_browser_that_resets_after_the_end() {
    let (mut client, mut server) = opened(plain_echo).await;
    client.close(STREAM).await;
    assert_eq!(client.expect_end(STREAM).await, from_server(CLOSE, NORMAL));
    client.reset(STREAM, CANCEL).await;
    within(server.result()).await.unwrap();
    within(check_no_reset(client)).await;
}

#[tokio::test(start_paused = true)]
async fn the_plain_program_that_returns_at_an_error() {
    let (mut client, mut server) = opened(plain_echo).await;
    // A reserved opcode.
    client.data(STREAM, &from_client(3, b"")).await;
    let answer = client.expect_end(STREAM).await;
    assert_eq!(answer[..4], [0x88, answer[1], 0x03, 0xea]);
    client.end(STREAM).await;
    within(server.result()).await.unwrap_err();
    within(check_no_reset(client)).await;
}

async fn greet_and_leave(mut socket: WebSocket) {
    socket.writer().feed_text("goodbye").await.unwrap();
}

/// What was fed to a WebSocket that is dropped arrives, and so does the end.
#[tokio::test(start_paused = true)]
async fn a_program_that_drops_its_socket() {
    let (mut client, mut server) = opened(greet_and_leave).await;
    within(server.result()).await;
    assert_eq!(client.expect_end(STREAM).await, from_server(TEXT, b"goodbye"));
    client.data(STREAM, &from_client(TEXT, b"not read any more")).await;
    client.end(STREAM).await;
    within(check_no_reset(client)).await;
}

async fn take_one(mut socket: WebSocket) -> bool {
    matches!(socket.receive().await, Ok(Some((Event::Text("last"), _))))
}

/// The peer has ended the stream before the socket is dropped, with input that nobody read.
#[tokio::test(start_paused = true)]
async fn a_program_that_drops_its_socket_after_the_peers_end() {
    let (mut client, mut server) = opened(take_one).await;
    client.data(STREAM, &from_client(TEXT, b"last")).await;
    client.data(STREAM, &from_client(TEXT, b"unread")).await;
    client.end(STREAM).await;
    assert!(within(server.result()).await);
    assert_eq!(client.expect_end(STREAM).await, []);
    within(check_no_reset(client)).await;
}
