//! A model of what tasks share: threads that send, receive, drop their calls and fail, in the orders
//! that shuttle chooses. A thread that would sleep for ever is found, as shuttle reports a
//! deadlock. README.md says what is shared, and which model reaches it.
//!
//! Seen to fail, beside what the other files tell: a call that is dropped keeps its place, or does not
//! pass on that it was woken for the stream.

#![cfg(test)]

mod fragments;
mod gate;
mod pipe;
mod reconnecting;
mod shutdown;

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_io::{AsyncRead, AsyncWrite};
use futures_util::future::poll_fn;
use futures_util::{Sink, SinkExt};
use shuttle::future::block_on;
use shuttle::sync::Mutex;
use shuttle::thread;
use websocket_proto::io::smol::{ByteStream, Receiver, Sender, WebSocket};
use websocket_proto::io::{Error, OsEntropy};
use websocket_proto::{Config, Message, Role};

use pipe::{End, Pipe};

/// Runs a model many times in random orders, and as often in those of `check_pct`, which finds
/// faults that need few but particular switches between threads. `MODEL_RUNS` sets another number.
fn explore(model: impl Fn() + Send + Sync + Clone + 'static) {
    let runs =
        std::env::var("MODEL_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(15_000);
    shuttle::check_random(model.clone(), runs);
    shuttle::check_pct(model, runs, 3);
}

/// The halves of a server without deadlines, with this limit of output.
fn halves(pipe: &Arc<Pipe>, output: usize) -> (Sender<End>, Receiver<End>) {
    let mut config = Config::default();
    (config.keepalive, config.write_timeout) = (None, None);
    config.limits.output = output;
    WebSocket::established(End(pipe.clone()), Role::Server, None, config, b"").split()
}

/// Receives in a thread until the end or the first error, as a program with `?` does.
fn receive(mut receiver: Receiver<End>) -> thread::JoinHandle<()> {
    thread::spawn(move || block_on(async { while let Ok(Some(_)) = receiver.receive().await {} }))
}

/// The frame of a short binary message.
fn frame(number: u8) -> [u8; 4] {
    [0x82, 2, number, number]
}

fn send(sender: &Sender<End>, number: u8) -> Result<(), Error> {
    block_on(sender.send_binary(&[number; 2]))
}

/// The numbers of the messages that were written. Each must be there once and whole.
fn numbers(written: &[u8]) -> Vec<u8> {
    let (frames, rest) = written.as_chunks::<4>();
    assert!(rest.is_empty());
    let mut numbers: Vec<u8> = frames.iter().map(|frame| frame[2]).collect();
    assert!(frames.iter().zip(&numbers).all(|(one, number)| *one == frame(*number)));
    numbers.sort_unstable();
    numbers
}

#[test]
fn many_send_while_one_receives() {
    explore(|| {
        let pipe = Pipe::new(0);
        let (sender, receiver) = halves(&pipe, 4);
        let receiving = receive(receiver);
        let sending = [1, 3, 5].map(|first| {
            let sender = sender.clone();
            thread::spawn(move || [first, first + 1].map(|number| send(&sender, number).unwrap()))
        });
        [3, 5, 1, 8, 7].into_iter().for_each(|more| pipe.take(more));
        for task in sending {
            task.join().unwrap();
        }
        assert_eq!(numbers(&pipe.written()), [1, 2, 3, 4, 5, 6]);
        pipe.end();
        receiving.join().unwrap();
    });
}

/// As before, over a stream that buffers, as TLS does, and that wakes nobody for a waiting write
/// once a flush has succeeded.
#[test]
fn many_send_to_a_stream_that_buffers() {
    explore(|| {
        let pipe = Pipe::holding(0);
        let (sender, receiver) = halves(&pipe, 4);
        let receiving = receive(receiver);
        let sending = [1, 2, 3].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || send(&sender, number).unwrap())
        });
        let trying = sender.clone();
        let trying = thread::spawn(move || trying.try_send_binary(&[4; 2]).is_ok());
        [1, 2, 1, 3, 1, 4].into_iter().for_each(|more| pipe.take(more));
        pipe.take(1000);
        for task in sending {
            task.join().unwrap();
        }
        let tried = trying.join().unwrap();
        block_on(sender.flush()).unwrap();
        let expected: &[u8] = if tried { &[1, 2, 3, 4] } else { &[1, 2, 3] };
        assert_eq!(numbers(&pipe.written()), expected);
        pipe.end();
        receiving.join().unwrap();
    });
}

/// The receiver writes messages that were queued without waiting.
#[test]
fn the_receiver_writes_what_others_tried() {
    explore(|| {
        let pipe = Pipe::holding(0);
        let (sender, receiver) = halves(&pipe, 100);
        let receiving = receive(receiver);
        let trying = thread::spawn(move || {
            sender.try_send_binary(&[1; 2]).unwrap();
            sender.try_send_binary(&[2; 2]).unwrap();
            sender
        });
        [1, 2, 3, 6].into_iter().for_each(|more| pipe.take(more));
        pipe.wait_for(8);
        let _sender = trying.join().unwrap();
        pipe.end();
        receiving.join().unwrap();
    });
}

/// A socket that is not split, over a stream that buffers.
#[test]
fn one_sends_to_a_stream_that_buffers() {
    explore(|| {
        let pipe = Pipe::holding(0);
        let mut config = Config::default();
        (config.keepalive, config.write_timeout) = (None, None);
        let end = End(pipe.clone());
        let mut socket = WebSocket::established(end, Role::Server, None, config, b"");
        let sending = thread::spawn(move || block_on(socket.send_binary(&[1; 2])).unwrap());
        [1, 1, 1, 1, 4].into_iter().for_each(|more| pipe.take(more));
        sending.join().unwrap();
        assert_eq!(pipe.written(), frame(1));
    });
}

/// One task reads and another one writes on a stream of bytes, as on the halves that runtimes make
/// of a stream. Both use the stream below, which forgets whom to wake once anything was written.
#[test]
fn one_reads_bytes_while_another_writes() {
    explore(|| {
        let pipe = Pipe::holding(0);
        let bytes = bytes(&pipe);
        let reading = {
            let bytes = bytes.clone();
            thread::spawn(move || block_on(read(&bytes)))
        };
        let writing = thread::spawn(move || {
            block_on(async {
                for number in 1..=3 {
                    write(&bytes, number).await;
                }
                poll_fn(|cx| Pin::new(&mut *bytes.lock().unwrap()).poll_flush(cx)).await.unwrap();
            });
        });
        [1, 2, 1, 3, 1, 1000].into_iter().for_each(|more| pipe.take(more));
        writing.join().unwrap();
        assert_eq!(numbers(&pipe.written()), [1, 2, 3]);
        pipe.end();
        assert_eq!(reading.join().unwrap(), Some(ErrorKind::UnexpectedEof));
    });
}

/// A read that waits, and is never polled again, leaves writing as it was.
#[test]
fn a_read_that_nobody_polls_holds_up_no_write() {
    explore(|| {
        let pipe = Pipe::new(0);
        let bytes = bytes(&pipe);
        let writing = {
            let bytes = bytes.clone();
            thread::spawn(move || {
                block_on(async {
                    write(&bytes, 1).await;
                    write(&bytes, 2).await
                })
            })
        };
        let reading = thread::spawn(move || {
            block_on(poll_fn(|cx| Poll::Ready(drop(poll_read(&bytes, cx)))));
        });
        [3, 5].into_iter().for_each(|more| pipe.take(more));
        reading.join().unwrap();
        writing.join().unwrap();
    });
}

type Bytes = Arc<Mutex<ByteStream<End>>>;

/// A server's stream of bytes without deadlines, which takes a message when the one before has left.
fn bytes(pipe: &Arc<Pipe>) -> Bytes {
    let mut config = Config::default();
    (config.keepalive, config.write_timeout) = (None, None);
    config.limits.output = 0;
    let socket = WebSocket::established(End(pipe.clone()), Role::Server, None, config, b"");
    Arc::new(Mutex::new(socket.into_byte_stream()))
}

/// Reads once, and returns what kind of error that was.
async fn read(bytes: &Bytes) -> Option<ErrorKind> {
    let read = poll_fn(|cx| poll_read(bytes, cx)).await;
    read.err().map(|error| error.kind())
}

fn poll_read(bytes: &Bytes, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
    Pin::new(&mut *bytes.lock().unwrap()).poll_read(cx, &mut [0; 9])
}

/// Writes one message.
async fn write(bytes: &Bytes, number: u8) {
    let written = poll_fn(|cx| Pin::new(&mut *bytes.lock().unwrap()).poll_write(cx, &[number; 2]));
    assert_eq!(written.await.unwrap(), 2);
}

/// Tasks that send need no task that receives.
#[test]
fn many_send_while_nobody_receives() {
    explore(|| {
        let pipe = Pipe::new(0);
        let (sender, receiver) = halves(&pipe, 4);
        drop(receiver);
        let sending = [1, 2, 3].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || send(&sender, number).unwrap())
        });
        [2, 4, 6].into_iter().for_each(|more| pipe.take(more));
        for task in sending {
            task.join().unwrap();
        }
        assert_eq!(numbers(&pipe.written()), [1, 2, 3]);
    });
}

/// A call that was woken and is dropped wakes another one in its place.
#[test]
fn calls_are_dropped() {
    explore(|| {
        let pipe = Pipe::new(0);
        let (sender, receiver) = halves(&pipe, 4);
        drop(receiver);
        let hesitant = sender.clone();
        let giving_up = thread::spawn(move || {
            block_on(async {
                let mut sending = Box::pin(hesitant.send_binary(&[9; 2]));
                let first = poll_fn(|cx| Poll::Ready(sending.as_mut().poll(cx))).await;
                thread::yield_now();
                drop(sending);
                first.is_ready()
            })
        });
        let sending = [1, 2].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || send(&sender, number).unwrap())
        });
        [3, 9].into_iter().for_each(|more| pipe.take(more));
        for task in sending {
            task.join().unwrap();
        }
        giving_up.join().unwrap();
        let numbers = numbers(&pipe.written());
        assert!(numbers.starts_with(&[1, 2]), "{numbers:?}");
    });
}

/// A call that waits for room and is never polled again, as in a `select!` whose other branch runs.
#[test]
fn a_call_that_nobody_polls_holds_up_no_other() {
    explore(|| {
        let pipe = Pipe::new(0);
        let (sender, receiver) = halves(&pipe, 3);
        let receiving = receive(receiver);
        block_on(sender.feed_binary(&[1; 2])).unwrap();
        let mut stuck = Box::pin(sender.feed_binary(&[9; 2]));
        let polled = stuck.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let sending = [2, 3].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || send(&sender, number).unwrap())
        });
        [2, 10].into_iter().for_each(|more| pipe.take(more));
        for task in sending {
            task.join().unwrap();
        }
        assert!(polled.is_pending());
        assert_eq!(numbers(&pipe.written()), [1, 2, 3]);
        pipe.end();
        receiving.join().unwrap();
    });
}

/// A read fails, and the receiver is dropped at its first error.
#[test]
fn a_read_fails_while_others_send() {
    explore(|| {
        let pipe = Pipe::new(3);
        let (sender, receiver) = halves(&pipe, 4);
        let sending = [1, 2, 3].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || send(&sender, number))
        });
        let receiving = receive(receiver);
        pipe.fail_reads();
        receiving.join().unwrap();
        // The errors are true: no message was written whole.
        for task in sending {
            task.join().unwrap().unwrap_err();
        }
    });
}

/// The next write fails, whichever task makes it.
#[test]
fn a_write_fails_while_others_send() {
    explore(|| {
        let pipe = Pipe::new(4);
        let (sender, receiver) = halves(&pipe, 4);
        let receiving = receive(receiver);
        let sending = [1, 2, 3].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || send(&sender, number))
        });
        pipe.fail_writes();
        let sent = sending.map(|task| task.join().unwrap().is_ok());
        let written = pipe.written();
        let whole = written.as_chunks::<4>().0.len();
        assert_eq!(sent.iter().filter(|sent| **sent).count(), whole, "{written:?}");
        pipe.end();
        receiving.join().unwrap();
    });
}

#[test]
fn one_aborts_while_others_send() {
    explore(|| {
        let pipe = Pipe::new(5);
        let (sender, receiver) = halves(&pipe, 4);
        let receiving = receive(receiver);
        let sending = [1, 2].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || send(&sender, number).is_ok())
        });
        let aborting = thread::spawn(move || sender.abort());
        let sent = sending.map(|task| task.join().unwrap());
        aborting.join().unwrap();
        receiving.join().unwrap();
        let whole = pipe.written().len() / 4;
        assert!(sent.iter().filter(|sent| **sent).count() <= whole);
    });
}

/// A message for which a sink is ready is accepted, whatever its clones do.
#[test]
fn clones_of_a_sink_feed() {
    explore(|| {
        let pipe = Pipe::new(0);
        let (sender, receiver) = halves(&pipe, 4);
        let receiving = receive(receiver);
        let feeding = [1, 3, 5].map(|first| {
            let mut sink = sender.clone();
            thread::spawn(move || {
                block_on(async {
                    for number in [first, first + 1] {
                        poll_fn(|cx| Pin::new(&mut sink).poll_ready(cx)).await.unwrap();
                        let message = Message::binary(vec![number; 2]);
                        Pin::new(&mut sink).start_send(message).unwrap();
                    }
                    SinkExt::flush(&mut sink).await.unwrap();
                });
            })
        });
        [5, 6, 13].into_iter().for_each(|more| pipe.take(more));
        for task in feeding {
            task.join().unwrap();
        }
        assert_eq!(numbers(&pipe.written()), [1, 2, 3, 4, 5, 6]);
        pipe.end();
        receiving.join().unwrap();
    });
}

/// The halves of a client, with a receiver whose futures are polled and dropped in between.
#[test]
fn the_receiver_drops_futures_and_comes_back() {
    explore(|| {
        let pipe = Pipe::new(0);
        let mut config = Config::default();
        (config.keepalive, config.write_timeout) = (None, None);
        let socket =
            WebSocket::established(End(pipe.clone()), Role::Client(&OsEntropy), None, config, b"");
        let (sender, mut receiver) = socket.split();
        let receiving = thread::spawn(move || {
            block_on(async {
                for _ in 0..2 {
                    let mut next = Box::pin(receiver.receive());
                    let polled = poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx).is_ready())).await;
                    assert!(!polled);
                    thread::yield_now();
                }
            });
        });
        let sending = [1, 2].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || send(&sender, number).unwrap())
        });
        [7, 9].into_iter().for_each(|more| pipe.take(more));
        for task in sending {
            task.join().unwrap();
        }
        receiving.join().unwrap();
        assert_eq!(pipe.written().len(), 2 * 8);
    });
}
