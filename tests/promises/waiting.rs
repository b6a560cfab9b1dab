//! Calls that have to wait.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use futures_util::future::poll_fn;
use futures_util::{Sink, SinkExt};
use tokio::task::yield_now;
use websocket_proto::io::Error;
use websocket_proto::{Config, Message, MessageKind, SendError};

use super::stream::Stream;
use super::{Polled, Woken, server, soon, without_deadlines};

#[tokio::test]
async fn a_failed_read_wakes_those_who_send() {
    let stream = Stream::taking(10);
    let mut config = without_deadlines();
    config.limits.output = 1000;
    let (sender, mut receiver) = server(&stream, config).split();
    let mut written = Polled::new(sender.send_binary(&[7; 2000]));
    let mut waits_for_room = Polled::new(sender.send_text("behind"));
    let mut flushed = Polled::new(sender.flush());
    assert!(written.poll().is_pending());
    assert!(waits_for_room.poll().is_pending());
    assert!(flushed.poll().is_pending());
    stream.fail();
    assert!(Polled::new(receiver.receive()).now().is_err());
    drop(receiver);
    for woken in [&written.woken, &waits_for_room.woken, &flushed.woken] {
        assert!(woken.count() > 0);
    }
    assert!(matches!(written.now(), Err(Error::NotWritten(_))));
    assert!(matches!(waits_for_room.now(), Err(Error::Send(SendError::Closed))));
    assert!(matches!(flushed.now(), Err(Error::NotWritten(_))));
}

/// While a message in fragments is in progress, most wait for its end; it waits for room alone, as pings do.
#[tokio::test]
async fn a_fragment_that_waits_for_room_is_woken_when_others_have_written() {
    let stream = Stream::taking(0);
    let mut config = without_deadlines();
    config.limits.output = 1000;
    let (sender, _receiver) = server(&stream, config).split();
    let others = [sender.clone(), sender.clone(), sender.clone()];
    let mut written = Polled::new(others[0].send_binary(&[7; 2000]));
    assert!(written.poll().is_pending());
    sender.start_message(MessageKind::Binary).unwrap();
    let mut fragment = Polled::new(sender.send_fragment(b"first"));
    let mut ping = Polled::new(others[1].send_ping(b"?"));
    let mut after = Polled::new(others[2].send_text("after"));
    assert!(fragment.poll().is_pending());
    assert!(ping.poll().is_pending());
    assert!(after.poll().is_pending());
    stream.take(10_000);
    assert!(written.now().is_ok());
    assert!(fragment.woken.count() > 0 && ping.woken.count() > 0);
    assert_eq!(after.woken.count(), 0, "it waits for the end of the message");
    assert!(fragment.now().is_ok());
    assert!(ping.now().is_ok());
    let last = Polled::new(sender.send_last_fragment(b""));
    assert!(last.now().is_ok());
    assert!(after.woken.count() > 0);
    assert!(after.now().is_ok());
}

#[tokio::test]
async fn nothing_is_kept_of_a_call_that_is_over() {
    let mut config = without_deadlines();
    config.limits.output = 1000;
    let (sender, _receiver) = server(&Stream::taking(10), config).split();
    let woken = Arc::<Woken>::default();
    for _ in 0..100 {
        let mut sent =
            Polled { future: Box::pin(sender.send_binary(&[0; 2000])), woken: woken.clone() };
        assert!(sent.poll().is_pending());
        let mut flushed = Polled { future: Box::pin(sender.flush()), woken: woken.clone() };
        assert!(flushed.poll().is_pending());
    }
    assert_eq!(Arc::strong_count(&woken), 1, "dropped while they waited");
    sender.abort();
    for _ in 0..100 {
        let mut refused =
            Polled { future: Box::pin(sender.send_text("refused")), woken: woken.clone() };
        assert!(refused.poll().is_ready());
    }
    assert_eq!(Arc::strong_count(&woken), 1);
    let (idle, _receiver) = server(&Stream::taking(10), without_deadlines()).split();
    for _ in 0..100 {
        let mut flushed = Polled { future: Box::pin(idle.flush()), woken: woken.clone() };
        assert!(flushed.poll().is_ready());
    }
    assert_eq!(Arc::strong_count(&woken), 1);
}

/// How often tasks are polled that each send a message over a stream whose peer reads 64 KiB at a
/// time.
async fn polls(tasks: usize) -> usize {
    let stream = Stream::default();
    let (sender, _receiver) = server(&stream, without_deadlines()).split();
    let polls = Arc::<AtomicUsize>::default();
    let sending = (0..tasks).map(|_| {
        let (sender, polls) = (sender.clone(), polls.clone());
        let mut sending = Box::pin(async move { sender.send_binary(&[7; 1000]).await });
        tokio::spawn(poll_fn(move |cx| {
            polls.fetch_add(1, Ordering::Relaxed);
            sending.as_mut().poll(cx)
        }))
    });
    let sending: Vec<_> = sending.collect();
    let all = tasks * 1004;
    while stream.written() < all {
        stream.take(64 << 10);
        // Until no task makes progress.
        let mut before = None;
        while before != Some(polls.load(Ordering::Relaxed)) {
            before = Some(polls.load(Ordering::Relaxed));
            for _ in 0..3 {
                yield_now().await;
            }
        }
    }
    for task in sending {
        task.await.unwrap().unwrap();
    }
    polls.load(Ordering::Relaxed)
}

#[tokio::test]
async fn the_work_of_waiting_is_linear() {
    for tasks in [1000, 2000, 4000, 8000, 16_000] {
        let polls = soon(polls(tasks)).await;
        println!("{tasks} tasks: {polls} polls");
        assert!(polls <= 6 * tasks, "{tasks} tasks were polled {polls} times");
    }
}

#[tokio::test]
async fn what_a_sink_is_ready_for_is_taken() {
    let mut config = Config::default();
    config.limits.output = 1000;
    let stream = Stream::taking(0);
    let (sender, _receiver) = server(&stream, config).split();
    let (mut one, mut other) = (sender.clone(), sender.clone());
    assert!(ready_now(&mut one) && ready_now(&mut other));
    let large = || Message::binary(vec![7; 2000]);
    one.start_send_unpin(large()).unwrap();
    assert_eq!(sender.try_send_text("no room"), Err(SendError::Full));
    other.start_send_unpin(large()).unwrap();
    // No second message is accepted without asking again.
    assert!(matches!(other.start_send_unpin(large()), Err(Error::Send(SendError::Full))));
    assert!(!ready_now(&mut one));
    stream.take(usize::MAX);
    sender.flush().await.unwrap();
    assert_eq!(stream.written(), 2 * 2004);
}

fn ready_now(sink: &mut (impl Sink<Message, Error = Error> + Unpin)) -> bool {
    let mut ready = Polled::new(poll_fn(|cx| Pin::new(&mut *sink).poll_ready(cx)));
    matches!(ready.poll(), Poll::Ready(Ok(())))
}

/// With threads, as the fault was found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clones_that_feed_on_threads_lose_nothing() {
    let mut config = Config::default();
    config.limits.output = 500;
    let stream = Stream::taking(usize::MAX);
    let (sender, _receiver) = server(&stream, config).split();
    let feeding = (0..2).map(|_| {
        let mut sender = sender.clone();
        tokio::spawn(async move {
            for _ in 0..2000 {
                SinkExt::feed(&mut sender, Message::binary(vec![7; 96])).await?;
            }
            SinkExt::flush(&mut sender).await
        })
    });
    for task in feeding.collect::<Vec<_>>() {
        soon(task).await.unwrap().unwrap();
    }
    assert_eq!(stream.written(), 2 * 2000 * 98);
}

/// A call that was woken for the stream uses up its readiness, and leaves a message of its own
/// unwritten.
#[tokio::test]
async fn a_call_that_leaves_output_behind_wakes_another_to_see_to_it() {
    let stream = Stream::taking(0);
    let mut config = without_deadlines();
    config.limits.output = 1000;
    let (sender, receiver) = server(&stream, config).split();
    drop(receiver);
    sender.feed_binary(&[1; 5000]).await.unwrap();
    let mut feeding = Polled::new(sender.feed_binary(&[2; 5000]));
    let mut sending = Polled::new(sender.send_binary(b"behind"));
    assert!(feeding.poll().is_pending() && sending.poll().is_pending());
    stream.take(usize::MAX);
    assert_eq!(feeding.woken.count(), 1);
    feeding.now().unwrap();
    assert!(sending.woken.count() > 0);
    sending.now().unwrap();
}

/// A flush is dropped. Messages that are fed later are not those for which it waited.
#[tokio::test]
async fn a_sink_that_is_flushed_again_waits_for_all() {
    let stream = Stream::taking(0);
    let (mut sender, _receiver) = server(&stream, without_deadlines()).split();
    SinkExt::feed(&mut sender, Message::text("first")).await.unwrap();
    assert!(Polled::new(SinkExt::flush(&mut sender)).poll().is_pending());
    SinkExt::feed(&mut sender, Message::text("second")).await.unwrap();
    stream.take(7);
    let mut flushing = Polled::new(SinkExt::flush(&mut sender));
    assert!(flushing.poll().is_pending());
    drop(flushing);
    // This message is queued by another call.
    sender.feed_text("third").await.unwrap();
    stream.take(8);
    let mut flushing = Polled::new(SinkExt::flush(&mut sender));
    assert!(flushing.poll().is_pending());
    stream.take(7);
    flushing.now().unwrap();
}
