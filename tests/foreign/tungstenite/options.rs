//! What options of this side look like to tokio-tungstenite.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::join;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Theirs;
use tokio_tungstenite::tungstenite::protocol::Role as TheirRole;
use websocket_proto::frame::{FrameHeader, HeaderRules, Masking, OpCode, mask};
use websocket_proto::io::OsEntropy;
use websocket_proto::io::tokio::WebSocket;
use websocket_proto::{
    CloseCode, Config, EndCause, Event, Message, MessageKind, Prepared, Role, Side,
};

use crate::meeting::within;

/// A stream that keeps a copy of what is read from it.
struct Recorded {
    stream: DuplexStream,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Recorded {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let (before, this) = (buffer.filled().len(), self.get_mut());
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        this.bytes.lock().unwrap().extend_from_slice(&buffer.filled()[before..]);
        read
    }
}

impl AsyncWrite for Recorded {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

type Ours = WebSocket<DuplexStream>;

/// An open connection for each role, with what tokio-tungstenite reads of it.
async fn pairs(config: Config) -> Vec<(Ours, WebSocketStream<Recorded>, Arc<Mutex<Vec<u8>>>)> {
    let mut pairs = Vec::new();
    for (role, their_role) in
        [(Role::Server, TheirRole::Client), (Role::Client(&OsEntropy), TheirRole::Server)]
    {
        let (near, far) = tokio::io::duplex(1 << 20);
        let recorded = Recorded { stream: far, bytes: Arc::default() };
        let bytes = Arc::clone(&recorded.bytes);
        let theirs = WebSocketStream::from_raw_socket(recorded, their_role, None).await;
        pairs.push((WebSocket::established(near, role, None, config, &[]), theirs, bytes));
    }
    pairs
}

/// The opcodes and unmasked payloads of the frames in these bytes.
fn frames(mut bytes: &[u8]) -> Vec<(OpCode, Vec<u8>)> {
    let (mut frames, mut in_message) = (Vec::new(), false);
    while !bytes.is_empty() {
        let rules = HeaderRules { masking: Masking::Optional, in_message, compression: false };
        let (header, len) = FrameHeader::parse(bytes, rules).unwrap().unwrap();
        let (frame, rest) = bytes.split_at(len + usize::try_from(header.len).unwrap());
        let mut payload = frame[len..].to_vec();
        if let Some(key) = header.mask {
            mask::apply(&mut payload, key);
        }
        if !header.opcode.is_control() {
            in_message = !header.fin;
        }
        frames.push((header.opcode, payload));
        bytes = rest;
    }
    frames
}

/// §5.4, §5.6: messages leave in frames that are no longer than the option says and hold whole
/// characters, and arrive whole.
#[tokio::test]
async fn fragment_size() {
    let text = "aé€😀 κόσμε ".repeat(50);
    for size in [4, 5, 7, 100, 1 << 20] {
        let mut config = Config::default();
        config.fragment_size = Some(size);
        for (mut ours, mut theirs, bytes) in pairs(config).await {
            let sending = async {
                ours.send_text(&text).await.unwrap();
                ours.feed_message(&Message::text(text.clone())).await.unwrap();
                ours.send_prepared(&Prepared::text(&text)).await.unwrap();
                ours.try_send_text(&text).unwrap();
                ours.start_message(MessageKind::Text).unwrap();
                ours.send_fragment(text.as_bytes()).await.unwrap();
                ours.send_last_fragment(text.as_bytes()).await.unwrap();
                let (sender, receiver) = ours.split();
                sender.send_text(&text).await.unwrap();
                sender.send_binary(text.as_bytes()).await.unwrap();
                receiver
            };
            let receiving = async {
                let mut received = Vec::new();
                for _ in 0..7 {
                    received.push(theirs.next().await.unwrap().unwrap());
                }
                received
            };
            let (_receiver, received) = within(async { join!(sending, receiving) }).await;
            let whole = Theirs::text(text.clone());
            let twice = Theirs::text(text.repeat(2));
            let binary = Theirs::binary(text.clone().into_bytes());
            let [one, two, three, four, five, six, seven] = &received[..] else { panic!() };
            assert!([one, two, three, four, six].into_iter().all(|it| *it == whole));
            assert!(*five == twice && *seven == binary);
            let frames = frames(&bytes.lock().unwrap());
            assert!(frames.iter().all(|(_, payload)| payload.len() <= size), "{size}");
            let of_texts = frames.iter().take_while(|(opcode, _)| *opcode != OpCode::Binary);
            let mut payloads = of_texts.map(|(_, payload)| str::from_utf8(payload));
            assert!(payloads.all(|payload| payload.is_ok()), "{size}: a character is cut");
            assert_eq!(frames.len() > 8, size < 1 << 20, "{size}");
        }
    }
}

/// §5.5.1: they see a Close frame without a code, and answer it with one.
#[tokio::test]
async fn we_close_without_a_code() {
    for (mut ours, mut theirs, bytes) in pairs(Config::default()).await {
        let following = async {
            assert_eq!(theirs.next().await.unwrap().unwrap(), Theirs::Close(None));
            assert!(theirs.next().await.is_none());
            drop(theirs);
        };
        let closing = ours.close_with(CloseCode::NO_STATUS, "");
        let (ending, ()) = within(async { join!(closing, following) }).await;
        let ending = ending.unwrap();
        assert_eq!((ending.cause, ending.initiator), (EndCause::Clean, Some(Side::Local)));
        assert_eq!(ending.sent.unwrap().code, CloseCode::NO_STATUS);
        assert_eq!(ending.received.unwrap().code, CloseCode::NO_STATUS);
        assert_eq!(frames(&bytes.lock().unwrap()), [(OpCode::Close, Vec::new())]);
    }
}

#[cfg(feature = "futures")]
#[tokio::test]
async fn a_sink_closes_without_a_code() {
    for (mut ours, mut theirs, _) in pairs(Config::default()).await {
        let close = Message::close(CloseCode::NO_STATUS, "");
        within(SinkExt::send(&mut ours, close)).await.unwrap();
        assert_eq!(within(theirs.next()).await.unwrap().unwrap(), Theirs::Close(None));
    }
}

/// §5.5.2: the pongs they get are those that the application sends.
#[tokio::test]
async fn pings_that_the_application_answers() {
    let mut config = Config::default();
    config.automatic_pong = false;
    for (mut ours, mut theirs, _) in pairs(config).await {
        let answering = async {
            let Some((Event::Ping(payload), writer)) = ours.receive().await.unwrap() else {
                panic!()
            };
            assert_eq!(payload, b"theirs");
            writer.send_text("before the pong").await.unwrap();
            writer.send_pong(payload).await.unwrap();
        };
        let asking = async {
            theirs.send(Theirs::Ping("theirs".into())).await.unwrap();
            assert_eq!(theirs.next().await.unwrap().unwrap(), Theirs::text("before the pong"));
            assert_eq!(theirs.next().await.unwrap().unwrap(), Theirs::Pong("theirs".into()));
        };
        within(async { join!(answering, asking) }).await;
    }
}

/// §8.1: a text that is not UTF-8 is delivered as bytes.
#[tokio::test]
async fn unchecked_text() {
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

    let mut config = Config::default();
    config.leniency.unchecked_text = true;
    for (mut ours, mut theirs, _) in pairs(config).await {
        let frame = Frame::message(b"\xffold".as_slice(), OpCode::Data(Data::Text), true);
        theirs.send(Theirs::Frame(frame)).await.unwrap();
        theirs.send(Theirs::text("new")).await.unwrap();
        match within(ours.receive()).await.unwrap() {
            Some((Event::Binary(data), _)) => assert_eq!(data, b"\xffold"),
            other => panic!("{other:?}"),
        }
        // A split socket reads by another way.
        let (_sender, mut receiver) = ours.split();
        match within(receiver.receive()).await.unwrap() {
            Some(Event::Binary(data)) => assert_eq!(data, b"new"),
            other => panic!("{other:?}"),
        }
    }
}
