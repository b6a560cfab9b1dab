//! Several WebSockets of one connection, when the connection goes away or breaks.

use std::time::Duration;

use tokio::io::duplex;
use websocket_proto::io::hyper::WebSocket;
use websocket_proto::{CloseCode, Config, EndCause};

use super::by_hand::{Client, STREAM};
use super::frames::{
    CLOSE, Frame, INTERNAL_ERROR, Kind, NO_ERROR, NORMAL, TEXT, from_client, from_server,
};
use super::opened;
use super::server::{Seen, echo_to_the_end, http2, serve, within};

/// The states of a WebSocket, by what the peer has done in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    InsideMessage,
    InsideFrame,
    /// The server's output waits for a window.
    Sending,
    /// The server has sent its Close frame.
    Closing,
    /// Both have sent theirs; neither end of the stream has come.
    Closed,
}

impl State {
    const ALL: [Self; 6] = [
        Self::Idle,
        Self::InsideMessage,
        Self::InsideFrame,
        Self::Sending,
        Self::Closing,
        Self::Closed,
    ];

    /// What the peer sends to bring a WebSocket into this state.
    fn input(self) -> Vec<u8> {
        match self {
            Self::Idle => Vec::new(),
            Self::InsideMessage => vec![1, 0x81, 0, 0, 0, 0, b'h'],
            Self::InsideFrame => vec![0x81, 0x85, 0, 0, 0, 0, b'h'],
            Self::Sending => from_client(TEXT, b"send"),
            Self::Closing => from_client(TEXT, b"close"),
            Self::Closed => from_client(CLOSE, NORMAL),
        }
    }

    fn is_end(self, cause: EndCause) -> bool {
        match self {
            Self::Closed => cause == EndCause::Clean,
            _ => cause == EndCause::TransportFailed,
        }
    }
}

/// Does what the first message says, and goes on to the end.
async fn obey(mut socket: WebSocket) -> Seen {
    let path = match socket.receive().await {
        Ok(Some((websocket_proto::Event::Text(text), _))) => text.to_owned(),
        Ok(Some((event, _))) => {
            let mut seen = Seen::default();
            seen.note(&event);
            return seen.followed_by(echo_to_the_end(socket).await);
        }
        _ => return echo_to_the_end(socket).await,
    };
    match path.as_str() {
        "send" => while socket.send_binary(&[0; 100_000]).await.is_ok() {},
        _ => socket.writer().start_close(CloseCode::NORMAL, "").unwrap(),
    }
    echo_to_the_end(socket).await
}

/// How a connection ends.
#[derive(Clone, Copy, Debug)]
enum Loss {
    /// The bytes end, without a word.
    Cut,
    /// A frame is begun and not finished.
    CutInFrame,
    GoAwayAndCut,
    /// The peer breaks the protocol of HTTP/2, so the server ends the connection.
    Violation,
}

impl Loss {
    const ALL: [Self; 4] = [Self::Cut, Self::CutInFrame, Self::GoAwayAndCut, Self::Violation];

    /// `None` if the client has gone.
    async fn act(self, mut client: Client) -> Option<Client> {
        match self {
            Self::Cut => None,
            Self::CutInFrame => {
                client.send_bytes(&[0, 0, 9, 0, 0]).await;
                None
            }
            Self::GoAwayAndCut => {
                client.go_away(INTERNAL_ERROR).await;
                None
            }
            Self::Violation => {
                client.send(&Frame::new(Kind::WindowUpdate, 0, 0, &[0; 4])).await;
                Some(client)
            }
        }
    }
}

/// Two WebSockets in each state: every one ends exactly once, and says how truly.
#[tokio::test(start_paused = true)]
async fn a_connection_that_is_lost_in_every_state() {
    for loss in Loss::ALL {
        for state in State::ALL {
            let (ours, theirs) = duplex(1 << 20);
            let mut server = serve(theirs, &http2(), Config::default(), obey);
            let mut client = Client::connect(ours, 1000).await;
            for stream in [STREAM, STREAM + 2] {
                client.open(stream).await;
                client.data(stream, &state.input()).await;
            }
            // By then everybody waits.
            tokio::time::sleep(Duration::from_millis(1)).await;
            let _client = loss.act(client).await;
            for _ in 0..2 {
                let seen = within(server.result()).await;
                assert!(state.is_end(seen.cause()), "{loss:?}, {state:?}: {seen:?}");
            }
            let _ = within(&mut server.connection).await.unwrap();
            assert!(server.results.recv().await.is_none());
        }
    }
}

/// After a GOAWAY, streams that are open go on (RFC 9113 §6.8).
#[tokio::test(start_paused = true)]
async fn a_peer_that_only_goes_away() {
    let (mut client, mut server) = opened(echo_to_the_end).await;
    client.go_away(NO_ERROR).await;
    client.data(STREAM, &from_client(TEXT, b"still here")).await;
    client.expect(STREAM, &from_server(TEXT, b"still here")).await;
    client.close(STREAM).await;
    assert_eq!(client.expect_end(STREAM).await, from_server(CLOSE, NORMAL));
    client.end(STREAM).await;
    let seen: Seen = within(server.result()).await;
    assert_eq!(seen.cause(), EndCause::Clean);
}
