//! Connections with tokio-tungstenite as the client and as the server, plain and over TLS.
#![cfg(all(feature = "tokio", feature = "smol", feature = "tls"))]
#![expect(clippy::result_large_err, reason = "it is what tungstenite's callbacks return")]

mod bytes;
mod handshake;
mod meeting;
mod options;
mod ported;

use futures_util::{SinkExt, StreamExt};
use tokio::join;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{self, Message, error::ProtocolError};
use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::{CloseCode, EndCause, Ending, Event, MessageKind, Side};

use meeting::{Meeting, Ours, Theirs, meetings, within};

const SIZES: [usize; 8] = [0, 1, 125, 126, 65_535, 65_536, 1 << 20, 16 << 20];

/// An open connection for each combination of roles and transports.
async fn pairs() -> Vec<(Ours, Theirs)> {
    let mut pairs = Vec::new();
    for meeting in meetings().await {
        pairs.push(within(our_client(&meeting)).await);
        pairs.push(within(our_server(&meeting)).await);
    }
    pairs
}

async fn our_client(meeting: &Meeting) -> (Ours, Theirs) {
    let request = ClientRequest::new(&meeting.url("/")).unwrap();
    let (ours, theirs) =
        join!(meeting.our_client(&request), meeting.their_server(|_: &_, answer| Ok(answer)));
    (ours.unwrap(), theirs.unwrap())
}

async fn our_server(meeting: &Meeting) -> (Ours, Theirs) {
    let request = meeting.url("/").into_client_request().unwrap();
    let (ours, theirs) =
        join!(meeting.our_server(|_| Ok(Acceptance::new())), meeting.their_client(request));
    (ours.unwrap(), theirs.unwrap().0)
}

async fn take(theirs: &mut Theirs) -> Message {
    theirs.next().await.unwrap().unwrap()
}

/// Sends a message from ours to theirs and from theirs to ours, and compares it.
async fn exchange(ours: &mut Ours, theirs: &mut Theirs, message: &Message) {
    let data = message.clone().into_data();
    let text = message.is_text().then(|| str::from_utf8(&data).unwrap());
    let sending = async {
        match text {
            Some(text) => ours.send_text(text).await.unwrap(),
            None => ours.send_binary(&data).await.unwrap(),
        }
    };
    let ((), received) = join!(sending, take(theirs));
    // Not assert_eq!, which would print megabytes.
    assert!(received == *message, "{} bytes came, not {}", received.len(), data.len());
    let (sent, received) = join!(theirs.send(received), ours.receive());
    sent.unwrap();
    let same = match received.unwrap().unwrap().0 {
        Event::Text(received) => Some(received) == text,
        Event::Binary(received) => text.is_none() && *data == *received,
        other => panic!("{other:?}"),
    };
    assert!(same, "not the {} bytes", data.len());
}

#[tokio::test]
async fn sizes() {
    for (mut ours, mut theirs) in pairs().await {
        for size in SIZES {
            let text = Message::text("x".repeat(size));
            within(exchange(&mut ours, &mut theirs, &text)).await;
            let binary = Message::binary((0..size).map(|at| (at % 251) as u8).collect::<Vec<_>>());
            within(exchange(&mut ours, &mut theirs, &binary)).await;
        }
        within(exchange(&mut ours, &mut theirs, &Message::text("κόσμε 𝄞 ".repeat(20_000)))).await;
    }
}

/// Long payloads of a server leave without a copy, and pongs leave between the frames.
#[tokio::test]
async fn messages_of_ours_that_are_gathered() {
    let sizes = [3, 16 << 10, 70_000, 0, 1 << 20, 5].into_iter().chain([16 << 10; 12]);
    let messages: Vec<_> = sizes
        .zip(0..)
        .map(|(size, number)| match number % 2 {
            0 => websocket_proto::Message::binary(vec![number; size]),
            _ => websocket_proto::Message::text("é".repeat(size / 2)),
        })
        .collect();
    for (ours, mut theirs) in pairs().await {
        let (sender, mut receiver) = ours.split();
        let sending = async {
            for message in &messages {
                sender.feed_message(message).await.unwrap();
            }
            sender.flush().await.unwrap();
        };
        let answering = async {
            for _ in &messages {
                let event = receiver.receive().await.unwrap().unwrap();
                assert!(matches!(event, Event::Ping(_)), "{event:?}");
            }
        };
        let receiving = async {
            for (message, number) in messages.iter().zip(0..) {
                theirs.send(Message::Ping(vec![number].into())).await.unwrap();
                let received = loop {
                    match take(&mut theirs).await {
                        Message::Pong(_) => {}
                        message => break message,
                    }
                };
                assert_eq!(received.is_text(), message.is_text());
                assert!(received.into_data() == *message.as_bytes(), "message {number}");
            }
        };
        within(async { join!(sending, answering, receiving) }).await;
    }
}

#[tokio::test]
async fn fragments_of_theirs_with_pings_between() {
    let (greek, long) = ("κόσμε".as_bytes(), [b'x'; 70_000]);
    // Some cuts are inside characters, and some fragments are empty.
    let fragments = [&greek[..3], &greek[3..5], b"", &greek[5..], &long];
    for (mut ours, mut theirs) in pairs().await {
        let sending = async {
            for (at, fragment) in fragments.iter().enumerate() {
                let data = if at == 0 { Data::Text } else { Data::Continue };
                let last = at == fragments.len() - 1;
                let frame = Frame::message(fragment.to_vec(), OpCode::Data(data), last);
                theirs.send(Message::Frame(frame)).await.unwrap();
                theirs.send(Message::Ping(vec![at as u8].into())).await.unwrap();
            }
            // §5.5.3: only the newest of several pings has to be answered.
            while take(&mut theirs).await != Message::Pong(vec![4].into()) {}
        };
        let receiving = async {
            let (mut text, mut pings) = (String::new(), 0);
            while pings < fragments.len() {
                match ours.receive().await.unwrap().unwrap().0 {
                    Event::Text(received) => text.push_str(received),
                    Event::Ping(_) => pings += 1,
                    other => panic!("{other:?}"),
                }
            }
            ours.writer().flush().await.unwrap();
            assert!(text.as_bytes() == fragments.concat());
        };
        within(async { join!(sending, receiving) }).await;
    }
}

#[tokio::test]
async fn fragments_of_ours_with_pings_between() {
    let greek = "κόσμε".as_bytes();
    let fragments = [&greek[..3], &greek[3..5], &greek[5..], &[b'x'; 70_000]];
    for (mut ours, mut theirs) in pairs().await {
        let sending = async {
            let writer = ours.writer();
            writer.start_message(MessageKind::Text).unwrap();
            for fragment in fragments {
                writer.feed_fragment(fragment).await.unwrap();
                writer.feed_ping(b"between").await.unwrap();
            }
            writer.feed_last_fragment(b"").await.unwrap();
            writer.feed_ping(b"behind").await.unwrap();
            loop {
                match ours.receive().await.unwrap().unwrap().0 {
                    Event::Pong { payload: b"behind", .. } => break,
                    Event::Pong { payload: b"between", .. } => {}
                    other => panic!("{other:?}"),
                }
            }
        };
        let receiving = async {
            for _ in fragments {
                assert_eq!(take(&mut theirs).await, Message::Ping("between".into()));
            }
            assert!(take(&mut theirs).await.into_data() == fragments.concat());
            assert_eq!(take(&mut theirs).await, Message::Ping("behind".into()));
            theirs.flush().await.unwrap();
        };
        within(async { join!(sending, receiving) }).await;
    }
}

/// Receives until the end; returns the ending that ours reports.
async fn ending(ours: &mut Ours) -> Ending {
    loop {
        if let Event::Ended(ending) = ours.receive().await.unwrap().unwrap().0 {
            return ending.clone();
        }
    }
}

#[tokio::test]
async fn they_close() {
    for (mut ours, mut theirs) in pairs().await {
        let frame = CloseFrame { code: 3001.into(), reason: "enough".into() };
        let leaving = async {
            theirs.close(Some(frame)).await.unwrap();
            let answer = CloseFrame { code: 3001.into(), reason: "".into() };
            assert_eq!(take(&mut theirs).await, Message::Close(Some(answer)));
            assert!(theirs.next().await.is_none());
            // A server has to end the stream, and a client may.
            drop(theirs);
        };
        let ((), ending) = within(async { join!(leaving, ending(&mut ours)) }).await;
        assert_eq!((ending.cause, ending.initiator), (EndCause::Clean, Some(Side::Peer)));
        let received = ending.received.unwrap();
        assert_eq!((received.code.get(), &*received.reason), (3001, "enough"));
    }
}

#[tokio::test]
async fn we_close() {
    for (mut ours, mut theirs) in pairs().await {
        let following = async {
            let Message::Close(Some(frame)) = take(&mut theirs).await else { panic!() };
            assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1001, "restart"));
            assert!(theirs.next().await.is_none());
            drop(theirs);
        };
        let closing = ours.close_with(CloseCode::GOING_AWAY, "restart");
        let (ending, ()) = within(async { join!(closing, following) }).await;
        let ending = ending.unwrap();
        assert_eq!((ending.cause, ending.initiator), (EndCause::Clean, Some(Side::Local)));
        assert_eq!(ending.code(), CloseCode::GOING_AWAY);
    }
}

#[tokio::test]
async fn they_drop_the_connection() {
    for (mut ours, theirs) in pairs().await {
        drop(theirs);
        let ending = within(ending(&mut ours)).await;
        assert_eq!((ending.cause, ending.code()), (EndCause::Eof, CloseCode::ABNORMAL));
    }
}

#[tokio::test]
async fn we_leave_without_a_word() {
    for (ours, mut theirs) in pairs().await {
        drop(ours);
        match within(theirs.next()).await.unwrap() {
            Err(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {}
            // What tokio-rustls makes of an end without close_notify.
            Err(tungstenite::Error::Io(error)) => {
                assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn text_that_is_not_utf_8() {
    for (mut ours, mut theirs) in pairs().await {
        let frame = Frame::message(b"\xff".as_slice(), OpCode::Data(Data::Text), true);
        theirs.send(Message::Frame(frame)).await.unwrap();
        let told = async {
            let Message::Close(Some(frame)) = take(&mut theirs).await else { panic!() };
            assert_eq!(u16::from(frame.code), 1007);
            assert!(theirs.next().await.is_none());
            drop(theirs);
        };
        let failing = async {
            assert!(ours.receive().await.is_err());
            ending(&mut ours).await
        };
        let ((), ending) = within(async { join!(told, failing) }).await;
        assert!(matches!(ending.cause, EndCause::Failed(_)), "{ending:?}");
    }
}
