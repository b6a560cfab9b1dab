//! Calls that are over: nothing is kept of them, whatever they were, however they ended and
//! whatever state the connection was in.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::SinkExt;
use websocket_proto::backoff::Backoff;
use websocket_proto::io::task::{GracefulShutdown, Receiver, Sender, Wire};
use websocket_proto::io::tokio::Reconnecting;
use websocket_proto::{CloseCode, Message, MessageKind};

use super::calls::{Call, Ways, kinds, on_smol, on_tokio};
use super::stream::Stream;
use super::{Polled, Woken, server, without_deadlines};

/// How many calls of a kind are made.
const CALLS: usize = 12;

/// More than the output has room for.
const LONG: usize = 2000;

/// What happens to a connection before the calls.
type Happens<W> = fn(&Stream, &Sender<W>, &mut Option<Receiver<W>>);

fn happenings<W: Wire>() -> [(&'static str, Happens<W>); 7] {
    [
        ("nothing", |_, _, _| ()),
        ("all is written", |stream, _, _| stream.take(1 << 40)),
        ("an abort", |_, sender, _| sender.abort()),
        ("a Close frame", |_, sender, _| sender.start_close(CloseCode::NORMAL, "").unwrap()),
        ("a failure that is reported", |stream, _, receiver| {
            stream.fail();
            let receiver = receiver.as_mut().unwrap();
            assert!(Polled::new(receiver.receive()).now().is_err());
        }),
        ("the receiver is dropped", |_, _, receiver| drop(receiver.take())),
        ("a message in fragments of another", |_, sender, _| {
            let other = Box::leak(Box::new(sender.clone()));
            other.start_message(MessageKind::Binary).unwrap();
        }),
    ]
}

/// Polls a call; `true` if it is over.
fn poll_once(call: &mut Call, waker: &Waker) -> bool {
    call.as_mut().poll(&mut Context::from_waker(waker)) == Poll::Ready(())
}

/// Lets a call be over in one of the ways in which calls are: by itself, or dropped where it waits,
/// the first time or later, with the waker of another task.
fn be_over(way: usize, mut call: Call, stream: &Stream, wakers: &[Waker; 2]) {
    if poll_once(&mut call, &wakers[0]) {
        return;
    }
    match way % 4 {
        0 => {}
        1 => drop(poll_once(&mut call, &wakers[1])),
        2 => {
            stream.take(300);
            let _ = poll_once(&mut call, &wakers[1]);
        }
        // Woken, and not polled any more.
        _ => stream.take(300),
    }
}

fn nothing_is_kept<W: Wire + 'static>(ways: &Ways<W>) {
    for (happened, happens) in happenings() {
        for (kind, make) in kinds::<W>() {
            for (what, stream, socket) in ways.each(10, 1000) {
                let (sender, receiver) = socket.split();
                let mut receiver = Some(receiver);
                happens(&stream, &sender, &mut receiver);
                let woken = [Arc::<Woken>::default(), Arc::default()];
                let wakers = woken.clone().map(Waker::from);
                for way in 0..CALLS {
                    be_over(way, make(sender.clone(), LONG), &stream, &wakers);
                }
                drop(wakers);
                let kept = woken.map(|woken| Arc::strong_count(&woken) - 1);
                assert_eq!(kept, [0, 0], "wakers that are kept of {kind} after {happened}: {what}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_kept_of_any_call_on_tokio() {
    nothing_is_kept(&on_tokio());
}

#[test]
fn nothing_is_kept_of_any_call_on_smol() {
    nothing_is_kept(&on_smol());
}

/// A client that connects again: between two connections, on one that takes nothing, and once that
/// is lost.
#[tokio::test]
async fn nothing_is_kept_of_calls_through_a_client_that_connects_again() {
    let stream = Stream::taking(10);
    let taken = stream.clone();
    let dial = move || {
        let mut config = without_deadlines();
        config.limits.output = 1000;
        let socket = server(&taken, config);
        async move { Ok(socket) }
    };
    let mut client: Reconnecting<Stream> = Reconnecting::with_dial(dial, Backoff::default());
    let sender = client.sender();
    let woken = Arc::<Woken>::default();
    for state in 0..3 {
        match state {
            0 => {}
            1 => drop(client.receive().await.unwrap()),
            _ => {
                stream.fail();
                drop(client.receive().await.unwrap());
            }
        }
        for _ in 0..CALLS {
            poll_and_drop(sender.send_binary(&[7; LONG]), &woken);
            poll_and_drop(sender.flush(), &woken);
            poll_and_drop(client.send_binary(&[7; LONG]), &woken);
            let message = Message::binary(vec![7; LONG]);
            poll_and_drop(SinkExt::send(&mut client, message), &woken);
        }
        // The client itself may know the task that asked last.
        assert!(Arc::strong_count(&woken) <= 2, "wakers are kept in state {state}");
    }
}

fn poll_and_drop(call: impl Future, woken: &Arc<Woken>) {
    let waker = Waker::from(woken.clone());
    let _ = Box::pin(call).as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
}

/// Those who wait for a shutdown, or for its end.
#[tokio::test]
async fn nothing_is_kept_of_those_who_waited_for_a_shutdown() {
    let shutdown = GracefulShutdown::new();
    let mut socket = server(&Stream::taking(10), without_deadlines());
    shutdown.watch(&mut socket);
    let woken = Arc::<Woken>::default();
    for _ in 0..CALLS {
        let mut begun = Polled { future: Box::pin(shutdown.begun()), woken: woken.clone() };
        assert!(begun.poll().is_pending());
    }
    assert_eq!(Arc::strong_count(&woken), 1, "of those who wait for its beginning");
    for _ in 0..CALLS {
        let closing = shutdown.close_all(CloseCode::NORMAL, "", std::future::pending::<()>());
        let mut closing = Polled { future: Box::pin(closing), woken: woken.clone() };
        assert!(closing.poll().is_pending());
    }
    assert_eq!(Arc::strong_count(&woken), 1, "of those who wait for its end");
}
