//! Resets, GOAWAY and lost connections in every state: each socket ends once, and truly.

use std::io::ErrorKind;

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use websocket_proto::io::Error;
use websocket_proto::io::h2::WebSocket;
use websocket_proto::{CloseCode, EndCause, Ending, Event};

use super::server::{Accepted, Order, Server, both, builder, opened, pair, raw_pair};
use super::{guarded, patient, request};

/// What the server's Close frame is on the wire.
const CLOSE: &[u8] = b"\x88\x02\x03\xe8";

/// What a socket reports until it has ended: its error, if there is one, and how it ended.
async fn run(socket: &mut WebSocket) -> (Option<Error>, Ending) {
    let (mut error, mut ending) = (None, None);
    loop {
        match socket.receive().await {
            Ok(Some((Event::Ended(how), _))) => {
                assert!(ending.replace(how.clone()).is_none(), "ended twice");
            }
            Ok(Some(_)) => assert!(ending.is_none(), "an event after the end"),
            Ok(None) => return (error, ending.expect("an end")),
            Err(why) => assert!(error.replace(why).is_none() && ending.is_none(), "a second error"),
        }
    }
}

/// The states in which something happens to an open socket.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Open,
    /// In the middle of a message.
    InMessage,
    /// This side has sent its Close frame.
    Closing,
    /// Both Close frames were sent, and the server has not ended the stream.
    Closed,
    /// The same, begun by the server.
    ClosedByServer,
}

const STATES: [State; 5] =
    [State::Open, State::InMessage, State::Closing, State::Closed, State::ClosedByServer];

impl State {
    /// Brings an open socket there.
    async fn reach(self, socket: &mut WebSocket, accepted: &mut Accepted) {
        match self {
            Self::Open => {}
            // The ping shows that the fragment before it has come.
            Self::InMessage => {
                accepted.send(b"\x01\x01a\x89\0");
                let (event, _) = socket.receive().await.unwrap().unwrap();
                assert!(matches!(event, Event::Ping(_)), "{event:?}");
            }
            Self::Closing | Self::Closed => {
                socket.writer().start_close(CloseCode::NORMAL, "").unwrap();
                socket.flush().await.unwrap();
                accepted.read(8).await;
            }
            Self::ClosedByServer => {
                accepted.send(CLOSE);
                let (event, _) = socket.receive().await.unwrap().unwrap();
                assert!(matches!(event, Event::Close { .. }), "{event:?}");
                accepted.read(8).await;
            }
        }
        if self == Self::Closed {
            accepted.send(CLOSE);
            let (event, _) = socket.receive().await.unwrap().unwrap();
            assert!(matches!(event, Event::Close { .. }), "{event:?}");
        }
    }

    /// How a socket ends whose transport fails here.
    fn cause(self) -> EndCause {
        match self {
            Self::Closed | Self::ClosedByServer => EndCause::Clean,
            Self::Open | Self::InMessage | Self::Closing => EndCause::TransportFailed,
        }
    }
}

fn check(state: State, (error, ending): (Option<Error>, Ending), kind: ErrorKind) {
    assert_eq!(ending.cause, state.cause(), "{state:?}");
    match error {
        None => assert_eq!(state.cause(), EndCause::Clean, "{state:?}"),
        Some(Error::Io(error)) => {
            assert_ne!(state.cause(), EndCause::Clean, "{state:?}: {error}");
            assert_eq!(error.kind(), kind, "{state:?}: {error}");
        }
        Some(error) => panic!("{state:?}: {error}"),
    }
}

/// RFC 8441 §5: a reset is TCP's. After both Close frames it takes nothing away.
#[tokio::test]
async fn resets_in_every_state() {
    let kinds = [
        (Reason::CANCEL, ErrorKind::ConnectionReset),
        (Reason::NO_ERROR, ErrorKind::ConnectionReset),
        (Reason::INTERNAL_ERROR, ErrorKind::ConnectionReset),
        (Reason::ENHANCE_YOUR_CALM, ErrorKind::QuotaExceeded),
        (Reason::REFUSED_STREAM, ErrorKind::ConnectionRefused),
    ];
    guarded(async {
        let (client, mut server) = pair().await;
        for (state, (reason, kind)) in
            STATES.into_iter().flat_map(|state| kinds.map(|kind| (state, kind)))
        {
            let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
            state.reach(&mut socket, &mut accepted).await;
            accepted.send.send_reset(reason);
            check(state, run(&mut socket).await, kind);
        }
    })
    .await;
}

/// What came before the reset is delivered before it.
#[tokio::test]
async fn what_came_before_a_reset_is_delivered() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
        let (mut other, mut other_far) = opened(&client, &mut server, patient()).await;
        accepted.send(b"\x81\x01a");
        // Once this has come, the other has.
        other_far.send(b"\x81\x01b");
        assert_eq!(super::echo::next(&mut other).await, b"b");
        accepted.send.send_reset(Reason::CANCEL);
        other_far.send(b"\x81\x01c");
        assert_eq!(super::echo::next(&mut other).await, b"c");
        assert_eq!(super::echo::next(&mut socket).await, b"a");
        check(State::Open, run(&mut socket).await, ErrorKind::ConnectionReset);
    })
    .await;
}

/// Sockets in every state, and the server.
async fn sockets() -> (Vec<(State, WebSocket, Accepted)>, Server) {
    let (client, mut server) = pair().await;
    let mut sockets = Vec::new();
    for state in STATES {
        let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
        state.reach(&mut socket, &mut accepted).await;
        sockets.push((state, socket, accepted));
    }
    (sockets, server)
}

#[tokio::test]
async fn a_lost_connection_ends_all_sockets() {
    guarded(async {
        let (sockets, server) = sockets().await;
        server.cut();
        for (state, mut socket, _accepted) in sockets {
            check(state, run(&mut socket).await, ErrorKind::BrokenPipe);
        }
    })
    .await;
}

#[tokio::test]
async fn goaway_with_an_error_ends_all_sockets() {
    for (reason, kind) in [
        (Reason::ENHANCE_YOUR_CALM, ErrorKind::QuotaExceeded),
        (Reason::INTERNAL_ERROR, ErrorKind::ConnectionAborted),
        (Reason::PROTOCOL_ERROR, ErrorKind::ConnectionAborted),
    ] {
        guarded(async {
            let (sockets, mut server) = sockets().await;
            server.order(Order::GoAway(reason));
            for (state, mut socket, _accepted) in sockets {
                check(state, run(&mut socket).await, kind);
            }
        })
        .await;
    }
}

/// A GOAWAY without an error lets the streams go on, and no new one begin.
#[tokio::test]
async fn goaway_without_an_error_lets_sockets_end_in_peace() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut near, far) = both(&client, &mut server, patient()).await;
        tokio::spawn(super::echo::echo(far));
        server.order(Order::ShutDown);
        for _ in 0..20 {
            near.send_text("on").await.unwrap();
            assert_eq!(super::echo::next(&mut near).await, b"on");
        }
        let error = client.connect(&request(), patient()).await.unwrap_err();
        let Error::Io(error) = error else { panic!("{error}") };
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted, "{error}");
        assert!(error.to_string().contains("GOAWAY"), "{error}");
        let ending = near.close_with(CloseCode::NORMAL, "").await.unwrap();
        assert!(ending.is_clean(), "{ending}");
        drop(near);
        server.ended().await.unwrap();
    })
    .await;
}

/// In the handshake, each reason is the error of the call.
#[tokio::test]
async fn resets_in_the_handshake() {
    let kinds = [
        (Reason::REFUSED_STREAM, ErrorKind::ConnectionRefused),
        (Reason::HTTP_1_1_REQUIRED, ErrorKind::Unsupported),
        (Reason::ENHANCE_YOUR_CALM, ErrorKind::QuotaExceeded),
        (Reason::CANCEL, ErrorKind::ConnectionReset),
    ];
    guarded(async {
        let (client, mut server) = pair().await;
        for (reason, kind) in kinds {
            let resetting = async { server.next().await.reset(reason) };
            let request = request();
            let (result, ()) = tokio::join!(client.connect(&request, patient()), resetting);
            let Err(Error::Io(error)) = result else { panic!("{result:?}") };
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(&format!("{reason:?}")), "{error}");
        }
        both(&client, &mut server, patient()).await;
    })
    .await;
}

/// The end of the stream is TCP's end.
#[tokio::test]
async fn the_end_of_the_stream_in_every_state() {
    guarded(async {
        let (client, mut server) = pair().await;
        for state in STATES {
            let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
            state.reach(&mut socket, &mut accepted).await;
            accepted.end();
            let (error, ending) = run(&mut socket).await;
            assert!(error.is_none(), "{state:?}: {error:?}");
            let expected = match state {
                State::Open => EndCause::Eof,
                State::InMessage => EndCause::EofInMessage,
                State::Closing => EndCause::EofAfterClose,
                State::Closed | State::ClosedByServer => EndCause::Clean,
            };
            assert_eq!(ending.cause, expected, "{state:?}");
            // And this side ends the stream, too, without a reset.
            drop(socket);
            accepted.read_to_end().await.unwrap();
        }
    })
    .await;
}

/// Firefox leaves its half of the stream open, and a handler is not to wait for that.
#[tokio::test]
async fn a_server_does_not_wait_for_the_end_of_the_stream() {
    guarded(async {
        let (near, asked) = raw_pair(1 << 16, builder()).await;
        let mut far = asked.open(patient());
        let mut near = near.await;
        near.write_all(b"\x88\x82\0\0\0\0\x03\xe8").await.unwrap();
        let (error, ending) = run(&mut far).await;
        assert_eq!((error.is_none(), ending.cause), (true, EndCause::Clean));
        drop(far);
        // And no reset takes the place of the answer.
        let mut received = Vec::new();
        near.read_to_end(&mut received).await.unwrap();
        assert_eq!(received, CLOSE);
        near.shutdown().await.unwrap();
    })
    .await;
}

/// A client waits for the server's end, which comes first, unless it is the client that fails the
/// connection.
#[tokio::test]
async fn a_client_that_found_a_violation_does_not_wait_for_the_end_of_the_stream() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
        accepted.send(b"\xc1\0");
        let (error, ending) = run(&mut socket).await;
        assert!(matches!(error, Some(Error::Protocol(_))), "{error:?}");
        assert!(matches!(ending.cause, EndCause::Failed(_)), "{ending}");
        drop(socket);
        assert_eq!(accepted.read_to_end().await.unwrap().len(), 8);
    })
    .await;
}
