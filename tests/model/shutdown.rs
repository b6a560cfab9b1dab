//! The shutdown of a server: connections that are watched and close, calls that wait for the start
//! and the end of it, are given up or run out of time.
//!
//! Seen to fail with each of these taken out of the crate or put in: `begin` wakes the connections,
//! and the calls; a connection leaves its waker before it looks at the order, and a call before it
//! looks whether all have ended; the last connection to end wakes the calls, all of them;
//! `abort_all` wakes the connections.

use std::future::pending;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::poll_fn;
use shuttle::future::block_on;
use shuttle::thread::{self, JoinHandle};
use websocket_proto::io::ShutdownSummary;
use websocket_proto::io::smol::{GracefulShutdown, WebSocket};
use websocket_proto::{CloseCode, Config, Role};

use crate::pipe::{End, Pipe};
use crate::{explore, gate::Gate, numbers};

/// The Close frame of the server, and the answer of its client.
const CLOSE: [u8; 4] = [0x88, 2, 0x03, 0xE9];
const ANSWER: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE9];

/// A server's end of a connection, without deadlines.
fn socket(pipe: &Arc<Pipe>) -> WebSocket<End> {
    let mut config = Config::default();
    (config.keepalive, config.write_timeout) = (None, None);
    config.close_timeout = Duration::MAX;
    config.limits.output = 4;
    WebSocket::established(End(pipe.clone()), Role::Server, None, config, b"")
}

fn receive(mut socket: WebSocket<End>) -> JoinHandle<()> {
    thread::spawn(move || block_on(async { while let Ok(Some(_)) = socket.receive().await {} }))
}

/// A client that answers the Close frame, and then ends the stream.
fn answer(pipe: &Arc<Pipe>) -> JoinHandle<()> {
    let pipe = pipe.clone();
    thread::spawn(move || {
        pipe.wait_for_frame(&CLOSE);
        pipe.send(&ANSWER);
        pipe.end();
    })
}

fn close_all(shutdown: &GracefulShutdown, until: impl Future) -> ShutdownSummary {
    block_on(shutdown.close_all(CloseCode::GOING_AWAY, "", until)).unwrap()
}

fn wait_for_begin(shutdown: &GracefulShutdown) -> JoinHandle<()> {
    let shutdown = shutdown.clone();
    thread::spawn(move || block_on(shutdown.begun()))
}

#[test]
fn all_connections_close() {
    explore(|| {
        let shutdown = GracefulShutdown::new();
        let pipes = [Pipe::new(4), Pipe::new(4)];
        let threads = pipes.each_ref().map(|pipe| {
            let mut socket = socket(pipe);
            shutdown.watch(&mut socket);
            [receive(socket), answer(pipe)]
        });
        let summary = close_all(&shutdown, pending::<()>());
        assert_eq!((summary.clean, summary.aborted), (2, 0));
        threads.into_iter().flatten().for_each(|thread| thread.join().unwrap());
        assert!(pipes.iter().all(|pipe| pipe.written() == CLOSE));
    });
}

/// Those who wait for the begin are woken by it, and not only when all connections have ended.
#[test]
fn the_begin_is_waited_for() {
    explore(|| {
        let (shutdown, pipe) = (GracefulShutdown::new(), Pipe::new(4));
        let mut socket = socket(&pipe);
        shutdown.watch(&mut socket);
        let waiting = [wait_for_begin(&shutdown), wait_for_begin(&shutdown)];
        let connection = receive(socket);
        let closing = thread::spawn(move || close_all(&shutdown, pending::<()>()).clean);
        waiting.into_iter().for_each(|waiting| waiting.join().unwrap());
        let answering = answer(&pipe);
        assert_eq!(closing.join().unwrap(), 1);
        [connection, answering].into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// A connection that is watched while the shutdown begins, or after that, closes all the same.
#[test]
fn a_connection_comes_late() {
    explore(|| {
        let (shutdown, pipe) = (GracefulShutdown::new(), Pipe::new(4));
        let answering = answer(&pipe);
        let (of_connection, late) = (shutdown.clone(), pipe.clone());
        let connection = thread::spawn(move || {
            let mut socket = socket(&late);
            of_connection.watch(&mut socket);
            block_on(async { while let Ok(Some(_)) = socket.receive().await {} });
        });
        let summary = close_all(&shutdown, pending::<()>());
        assert_eq!(summary.aborted, 0);
        connection.join().unwrap();
        answering.join().unwrap();
        assert_eq!(pipe.written(), CLOSE);
    });
}

/// One client never answers, and another one takes nothing of what is sent to it. Both are aborted
/// when the time is over; a third closes by itself, before or after that.
#[test]
fn the_time_is_over() {
    explore(|| {
        let (shutdown, time) = (GracefulShutdown::new(), Gate::default());
        let pipes = [Pipe::new(4), Pipe::new(0), Pipe::new(4)];
        let mut sockets = pipes.each_ref().map(socket);
        sockets.iter_mut().for_each(|socket| shutdown.watch(socket));
        let [silent, mut stuck, prompt] = sockets;
        let sending = thread::spawn(move || block_on(stuck.send_binary(&[1; 9])).unwrap_err());
        let receiving = [receive(silent), receive(prompt)];
        let timer = time.clone();
        let timer = thread::spawn(move || timer.open());
        let client = pipes[2].clone();
        let client = thread::spawn(move || {
            client.send(&ANSWER);
            client.end();
        });
        let summary = close_all(&shutdown, time.wait());
        assert!(summary.aborted >= 2 && summary.clean + summary.aborted <= 3, "{summary:?}");
        sending.join().unwrap();
        [timer, client].into_iter().chain(receiving).for_each(|thread| thread.join().unwrap());
    });
}

/// Calls that wait are dropped, and others wait on; the code and the reason of the first call stay.
#[test]
fn waits_are_dropped() {
    explore(|| {
        let (shutdown, pipe) = (GracefulShutdown::new(), Pipe::new(4));
        let mut socket = socket(&pipe);
        shutdown.watch(&mut socket);
        let mut threads = vec![wait_for_begin(&shutdown), receive(socket), answer(&pipe)];
        let hesitant = shutdown.clone();
        threads.push(thread::spawn(move || {
            block_on(async {
                let mut begun = Box::pin(hesitant.begun());
                poll_fn(|cx| Poll::Ready(begun.as_mut().poll(cx).is_ready())).await;
                drop(begun);
                let code = CloseCode::GOING_AWAY;
                let mut closing = Box::pin(hesitant.close_all(code, "", pending::<()>()));
                poll_fn(|cx| Poll::Ready(closing.as_mut().poll(cx).is_ready())).await;
            });
        }));
        let another = shutdown.clone();
        threads.push(thread::spawn(move || {
            assert_eq!(close_all(&another, pending::<()>()).clean, 1);
        }));
        assert_eq!(close_all(&shutdown, pending::<()>()).clean, 1);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(pipe.written(), CLOSE);
    });
}

/// The halves of a split socket: what was sent in time leaves before the Close frame.
#[test]
fn a_split_socket_closes_while_others_send() {
    explore(|| {
        let (shutdown, pipe) = (GracefulShutdown::new(), Pipe::new(2));
        let mut socket = socket(&pipe);
        shutdown.watch(&mut socket);
        let (sender, mut receiver) = socket.split();
        let receiving = thread::spawn(move || {
            block_on(async { while let Ok(Some(_)) = receiver.receive().await {} });
        });
        let sending = [1, 2].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || block_on(sender.send_binary(&[number; 2])).is_ok())
        });
        let closing = thread::spawn(move || close_all(&shutdown, pending::<()>()).clean);
        pipe.take(1000);
        let sent = sending.map(|task| task.join().unwrap());
        pipe.wait_for_frame(&CLOSE);
        pipe.send(&ANSWER);
        pipe.end();
        assert_eq!(closing.join().unwrap(), 1);
        receiving.join().unwrap();
        let written = pipe.written();
        let messages = numbers(written.strip_suffix(&CLOSE).unwrap());
        let expected =
            [1, 2].into_iter().zip(sent).filter_map(|(number, sent)| sent.then_some(number));
        assert_eq!(messages, expected.collect::<Vec<u8>>());
    });
}
