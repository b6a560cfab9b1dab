//! What the results of sending say about messages that may not have left.

use futures_util::SinkExt;
use std::time::Duration;

use tokio::task::yield_now;
use websocket_proto::io::Error;
use websocket_proto::{Config, Deadline, EndCause, Message};

use super::stream::Stream;
use super::{Polled, server, soon, without_deadlines};

/// A message that is longer than what the stream accepts.
const MESSAGE: [u8; 5000] = [7; 5000];

fn with_write_timeout() -> Config {
    let mut config = without_deadlines();
    config.write_timeout = Some(Duration::from_millis(100));
    config
}

#[track_caller]
fn assert_not_written(result: Result<(), Error>, expected: EndCause) {
    match result {
        Err(Error::NotWritten(how)) => assert_eq!(how, expected),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_deadline_that_drops_output_is_reported_to_its_sender() {
    const TOO_LATE: EndCause = EndCause::TimedOut(Deadline::Write);
    let mut socket = server(&Stream::taking(100), with_write_timeout());
    assert_not_written(soon(socket.send_binary(&MESSAGE)).await, TOO_LATE);
    assert_not_written(soon(socket.flush()).await, TOO_LATE);

    let mut socket = server(&Stream::taking(100), with_write_timeout());
    socket.feed_binary(&MESSAGE).await.unwrap();
    assert_not_written(soon(socket.flush()).await, TOO_LATE);

    let (sender, _receiver) = server(&Stream::taking(100), with_write_timeout()).split();
    assert_not_written(soon(sender.send_binary(&MESSAGE)).await, TOO_LATE);
    assert_not_written(soon(sender.flush()).await, TOO_LATE);

    let (mut sender, _receiver) = server(&Stream::taking(100), with_write_timeout()).split();
    let message = Message::binary(MESSAGE.to_vec());
    assert_not_written(soon(SinkExt::send(&mut sender, message)).await, TOO_LATE);

    let mut socket = server(&Stream::taking(100), with_write_timeout());
    let message = Message::binary(MESSAGE.to_vec());
    assert_not_written(soon(SinkExt::send(&mut socket, message)).await, TOO_LATE);
}

#[tokio::test]
async fn an_abort_by_another_task_is_reported_to_senders() {
    let (sender, _receiver) = server(&Stream::taking(100), without_deadlines()).split();
    let mut sending = Polled::new(sender.send_binary(&MESSAGE));
    assert!(sending.poll().is_pending());
    sender.abort();
    assert_eq!(sending.woken.count(), 1);
    assert_not_written(sending.now(), EndCause::Aborted);
}

#[tokio::test]
async fn a_failure_of_the_receiver_is_reported_to_senders() {
    let stream = Stream::taking(100);
    let (sender, mut receiver) = server(&stream, without_deadlines()).split();
    let mut sending = Polled::new(sender.send_binary(&MESSAGE));
    assert!(sending.poll().is_pending());
    stream.fail();
    assert!(matches!(Polled::new(receiver.receive()).now(), Err(Error::Io(_))));
    assert_not_written(sending.now(), EndCause::TransportFailed);

    let stream = Stream::taking(100);
    let mut socket = server(&stream, without_deadlines());
    socket.feed_binary(&MESSAGE).await.unwrap();
    stream.fail();
    assert!(matches!(Polled::new(socket.receive()).now(), Err(Error::Io(_))));
    assert_not_written(Polled::new(socket.flush()).now(), EndCause::TransportFailed);
}

#[tokio::test]
async fn what_had_left_before_the_end_was_written() {
    let stream = Stream::taking(10_000);
    let (sender, _receiver) = server(&stream, without_deadlines()).split();
    sender.send_binary(&MESSAGE).await.unwrap();
    let mut flushing = Polled::new(sender.flush());
    sender.abort();
    assert!(matches!(flushing.poll(), std::task::Poll::Ready(Ok(()))));
}

/// Other tasks send all the time, so the output is never empty. The stream may buffer until it is
/// flushed.
#[tokio::test]
async fn sending_is_done_though_others_go_on_feeding() {
    for holds in [false, true] {
        let stream = Stream::taking(0);
        stream.lock().holds = holds;
        send_beside_feeders(stream).await;
    }
}

async fn send_beside_feeders(stream: Stream) {
    let mut config = without_deadlines();
    config.limits.output = 20_000;
    let (sender, _receiver) = server(&stream, config).split();
    let feeder = sender.clone();
    let feeding = tokio::spawn(async move {
        loop {
            feeder.feed_binary(&[0; 1000]).await.unwrap();
        }
    });
    let taking = tokio::spawn(async move {
        loop {
            stream.take(3000);
            yield_now().await;
        }
    });
    for _ in 0..20 {
        soon(sender.send_text("from another task")).await.unwrap();
        soon(sender.flush()).await.unwrap();
    }
    let mut sink = sender.clone();
    soon(SinkExt::send(&mut sink, Message::text("as a sink"))).await.unwrap();
    feeding.abort();
    taking.abort();
}
