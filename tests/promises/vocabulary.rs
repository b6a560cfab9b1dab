//! The methods that every type that sends has in common.

use std::time::Duration;

use futures_util::stream::FusedStream;
use futures_util::{SinkExt, StreamExt};
use websocket_proto::backoff::Backoff;
use websocket_proto::io::tokio::{
    Receiver, Reconnecting, ReconnectingSender, Sender, WebSocket, Writer,
};
use websocket_proto::io::{Error, Update};
use websocket_proto::{Message, MessageKind, Prepared, SendError};

use super::stream::Stream;
use super::{server, without_deadlines};

/// Calls all of them in turn.
macro_rules! say_all {
    ($it:expr) => {{
        let it = $it;
        let (message, prepared) = (Message::text("m"), Prepared::text("p"));
        it.send_message(&message).await.unwrap();
        it.send_text("t").await.unwrap();
        it.send_binary(b"b").await.unwrap();
        it.send_prepared(&prepared).await.unwrap();
        it.send_ping(b"?").await.unwrap();
        it.send_pong(b"!").await.unwrap();
        it.feed_message(&message).await.unwrap();
        it.feed_text("t").await.unwrap();
        it.feed_binary(b"b").await.unwrap();
        it.feed_prepared(&prepared).await.unwrap();
        it.feed_ping(b"?").await.unwrap();
        it.feed_pong(b"!").await.unwrap();
        it.try_send_message(&message).unwrap();
        it.try_send_text("t").unwrap();
        it.try_send_binary(b"b").unwrap();
        it.try_send_prepared(&prepared).unwrap();
        it.try_send_ping(b"?").unwrap();
        it.try_send_pong(b"!").unwrap();
        it.start_message(MessageKind::Text).unwrap();
        it.send_fragment(b"1").await.unwrap();
        it.feed_fragment(b"2").await.unwrap();
        it.send_last_fragment(b"3").await.unwrap();
        it.start_message(MessageKind::Text).unwrap();
        it.feed_last_fragment(b"4").await.unwrap();
        it.flush().await.unwrap();
    }};
}

const ALL: &[u8] =
    b"\x81\x01m\x81\x01t\x82\x01b\x81\x01p\x89\x01?\x8A\x01!\x81\x01m\x81\x01t\x82\x01b\x81\x01p\
    \x89\x01?\x8A\x01!\x81\x01m\x81\x01t\x82\x01b\x81\x01p\x89\x01?\x8A\x01!\x01\x011\x00\x012\
    \x80\x013\x81\x014";

#[tokio::test]
async fn every_type_has_all_methods_that_send() {
    let stream = Stream::taking(usize::MAX);
    let mut socket: WebSocket<Stream> = server(&stream, without_deadlines());
    say_all!(&mut socket);
    assert_eq!(std::mem::take(&mut stream.lock().written), ALL);
    let writer: &mut Writer<Stream> = socket.writer();
    say_all!(writer);
    assert_eq!(std::mem::take(&mut stream.lock().written), ALL);
    let (sender, receiver): (Sender<Stream>, Receiver<Stream>) = socket.split();
    say_all!(&sender);
    assert_eq!(std::mem::take(&mut stream.lock().written), ALL);
    assert!(!receiver.is_terminated());
}

#[tokio::test]
async fn a_reconnecting_client_has_them_too_and_a_sender_for_other_tasks() {
    let stream = Stream::taking(usize::MAX);
    let taken = stream.clone();
    let dial = move || {
        let socket = server(&taken, without_deadlines());
        async move { Ok(socket) }
    };
    let mut client: Reconnecting<Stream> = Reconnecting::with_dial(dial, Backoff::default());
    let sender: ReconnectingSender<Stream> = client.sender();
    assert_eq!(sender.try_send_text("early"), Err(SendError::Disconnected));
    assert!(sender.send_text("early").await.is_err());
    assert!(matches!(client.receive().await, Some(Update::Connected(..))));
    say_all!(&mut client);
    assert_eq!(std::mem::take(&mut stream.lock().written), ALL);
    say_all!(&sender);
    assert_eq!(std::mem::take(&mut stream.lock().written), ALL);
    let sending = tokio::spawn(async move {
        sender.send_text("from another task").await.unwrap();
        sender
    });
    let sender = tokio::select! {
        sender = sending => sender.unwrap(),
        update = client.next() => panic!("{update:?}"),
    };
    stream.fail();
    assert!(matches!(client.receive().await, Some(Update::Lost(_))));
    assert_eq!(sender.try_send_text("late"), Err(SendError::Disconnected));
}

#[tokio::test]
async fn a_reconnecting_client_is_a_stream_and_a_sink() {
    let stream = Stream::flooding(b"\x81\x81\0\0\0\0m".to_vec());
    let taken = stream.clone();
    let dial = move || {
        taken.lock().fails = None;
        let socket = server(&taken, without_deadlines());
        async move { Ok(socket) }
    };
    let mut backoff = Backoff::default();
    backoff.first = Duration::from_millis(1);
    let mut client: Reconnecting<Stream> = Reconnecting::with_dial(dial, backoff);
    let early = SinkExt::send(&mut client, Message::text("early")).await;
    assert!(matches!(early, Err(Error::Send(SendError::Disconnected))));
    for _ in 0..2 {
        let message = client.next().await.unwrap().unwrap();
        assert_eq!(message, Message::text("m"));
        SinkExt::send(&mut client, Message::text("answer")).await.unwrap();
        assert!(std::mem::take(&mut stream.lock().written).ends_with(b"answer"));
        stream.fail();
        // These follow the messages of before.
        let lost = loop {
            if let Err(error) = client.next().await.unwrap() {
                break error;
            }
        };
        assert!(matches!(lost, Error::Ended(_)), "{lost:?}");
    }
    SinkExt::close(&mut client).await.unwrap();
    assert!(client.next().await.is_none());
}

/// `send` methods return when the message is written, and not before.
#[tokio::test]
async fn what_is_sent_is_written_and_what_is_fed_is_not() {
    let stream = Stream::taking(usize::MAX);
    let mut socket = server(&stream, without_deadlines());
    socket.writer().send_text("a").await.unwrap();
    assert_eq!(stream.written(), 3);
    socket.writer().feed_text("b").await.unwrap();
    assert_eq!(stream.written(), 3);
    socket.writer().try_send_text("c").unwrap();
    tokio::time::timeout(Duration::from_millis(1), socket.next()).await.unwrap_err();
    assert_eq!(stream.written(), 9);
    let (sender, _receiver) = socket.split();
    sender.feed_text("d").await.unwrap();
    assert_eq!(stream.written(), 9);
    sender.send_text("e").await.unwrap();
    assert_eq!(stream.written(), 15);
    sender.abort();
    assert_eq!(sender.try_send_text("f"), Err(SendError::Closed));
}
