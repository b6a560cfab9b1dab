//! The work that is done under the lock of a split socket, and messages in fragments.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;

use futures_util::SinkExt;
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::io::tokio::WebSocket;
use websocket_proto::{
    CloseCode, Config, Connection, Message, MessageKind, Outgoing, Prepared, Role, SendError, Time,
};

use super::stream::Stream;
use super::{Polled, server, without_deadlines};

/// A message of a server that inflates to `len` zeros.
fn bomb(len: usize) -> Vec<u8> {
    let agreed = Some(DeflateParameters::default());
    let mut sender = Connection::established(Role::Server, agreed, Config::default(), Time::ZERO);
    let mut outgoing = Outgoing::new();
    sender.send_binary(&vec![0; len], &mut outgoing).unwrap();
    outgoing.first_piece().to_vec()
}

/// Another thread can begin and finish sending while the receiver is inside one poll.
#[test]
fn inflating_holds_up_nobody_who_sends() {
    let stream = Stream::taking(usize::MAX);
    let agreed = Some(DeflateParameters::default());
    // A client, so that it receives unmasked frames.
    let role = Role::Client(&websocket_proto::io::OsEntropy);
    let socket = WebSocket::established(stream, role, agreed, without_deadlines(), &bomb(64 << 20));
    let (sender, mut receiver) = socket.split();
    // An odd number while the receiver is being polled.
    let polls = Arc::<AtomicUsize>::default();
    let done = Arc::<AtomicBool>::default();
    let (seen, is_done) = (polls.clone(), done.clone());
    let sending = thread::spawn(move || {
        let news = Prepared::text("it rains");
        let mut within = 0;
        while !is_done.load(Ordering::Acquire) {
            let before = seen.load(Ordering::Acquire);
            sender.try_send_prepared(&news).unwrap();
            let after = seen.load(Ordering::Acquire);
            within += usize::from(before == after && before % 2 == 1);
        }
        within
    });
    let mut receiving = Polled::new(receiver.receive());
    loop {
        polls.fetch_add(1, Ordering::AcqRel);
        let received = receiving.poll();
        polls.fetch_add(1, Ordering::AcqRel);
        match received {
            Poll::Ready(event) => break assert!(event.unwrap().is_some()),
            Poll::Pending => thread::yield_now(),
        }
    }
    done.store(true, Ordering::Release);
    let (within, polls) = (sending.join().unwrap(), polls.load(Ordering::Acquire) / 2);
    println!("{within} messages were sent inside of {polls} polls");
    assert!(within > 100 && polls > 10, "{within} messages were sent inside of {polls} polls");
}

#[tokio::test]
async fn messages_of_others_wait_for_one_in_fragments() {
    let stream = Stream::taking(usize::MAX);
    let (one, _receiver) = server(&stream, without_deadlines()).split();
    let mut other = one.clone();
    one.start_message(MessageKind::Text).unwrap();
    one.send_fragment(b"a").await.unwrap();
    assert_eq!(other.start_message(MessageKind::Text), Err(SendError::MessageInProgress));
    assert_eq!(other.try_send_text("b"), Err(SendError::MessageInProgress));
    assert_eq!(one.try_send_text("b"), Err(SendError::MessageInProgress));
    let intrudes = other.send_fragment(b"b").await.map_err(|error| error.to_string());
    assert_eq!(intrudes, Err(SendError::NoMessageInProgress.to_string()));
    other.send_ping(b"p").await.unwrap();
    let third = other.clone();
    let mut waits = Polled::new(third.send_text("b"));
    assert!(waits.poll().is_pending());
    // What a sink was ready for is queued, after the fragments.
    SinkExt::feed(&mut other, Message::text("c")).await.unwrap();
    assert!(Polled::new(SinkExt::flush(&mut other)).poll().is_pending());
    one.send_last_fragment(b"a").await.unwrap();
    assert!(waits.woken.count() > 0);
    waits.now().unwrap();
    Polled::new(SinkExt::flush(&mut other)).now().unwrap();
    let expected = b"\x01\x01a\x89\x01p\x80\x01a\x81\x01c\x81\x01b";
    assert_eq!(stream.lock().written, expected);
}

#[tokio::test]
async fn a_message_that_nobody_will_finish_holds_up_no_other() {
    let stream = Stream::taking(usize::MAX);
    let (sender, _receiver) = server(&stream, without_deadlines()).split();
    let one = sender.clone();
    one.start_message(MessageKind::Binary).unwrap();
    drop(one);
    // Nothing of the message had left.
    sender.send_text("a").await.unwrap();
    let one = sender.clone();
    one.start_message(MessageKind::Binary).unwrap();
    one.send_fragment(b"b").await.unwrap();
    let mut waits = Polled::new(sender.send_text("c"));
    assert!(waits.poll().is_pending());
    drop(one);
    assert!(
        matches!(waits.now(), Err(error) if error.to_string() == SendError::Closed.to_string())
    );
    sender.flush().await.unwrap();
    let written = stream.lock().written.clone();
    assert_eq!(written[..6], *b"\x81\x01a\x02\x01b");
    assert_eq!(written[8..10], CloseCode::INTERNAL_ERROR.get().to_be_bytes());
}

/// A message that a sink accepted for sending after it cannot be sent any more, which is reported.
#[tokio::test]
async fn a_message_after_one_that_nobody_finishes_is_not_called_written() {
    let stream = Stream::taking(usize::MAX);
    let (one, _receiver) = server(&stream, without_deadlines()).split();
    let mut other = one.clone();
    one.start_message(MessageKind::Binary).unwrap();
    one.send_fragment(b"a").await.unwrap();
    SinkExt::feed(&mut other, Message::text("b")).await.unwrap();
    let mut flushing = Polled::new(SinkExt::flush(&mut other));
    assert!(flushing.poll().is_pending());
    drop(one);
    assert!(flushing.woken.count() > 0);
    assert!(flushing.now().is_err());
}
