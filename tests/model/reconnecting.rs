//! A client that connects again while others send: the first connection takes nothing and is lost,
//! the second takes everything, and there is no third.
//!
//! Delays are zero, as shuttle has no clock.
//!
//! Seen to fail with each of these changes of the crate: a handle takes the lock anew between looking
//! for the connection and keeping its sender; a lost connection leaves the handles their senders; a
//! handle that is dropped leaves its sender; a client that is dropped says nothing.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shuttle::future::block_on;
use shuttle::thread::{self, JoinHandle};
use websocket_proto::backoff::{Advice, Backoff, Disconnect, GiveUp};
use websocket_proto::io::smol::{Reconnecting, ReconnectingSender, WebSocket};
use websocket_proto::io::{Error, OsEntropy, Update};
use websocket_proto::{Config, MessageKind, Role, SendError};

use crate::explore;
use crate::pipe::{End, Pipe};

/// A masked frame with a payload of two bytes.
const FRAME_LEN: usize = 8;

/// A client whose connections are these pipes, one after the other.
fn client(pipes: [Arc<Pipe>; 2]) -> Reconnecting<End> {
    let dialed = AtomicUsize::new(0);
    let dial = move || {
        let pipe = pipes.get(dialed.fetch_add(1, Ordering::Relaxed)).cloned();
        async move { pipe.map(socket).ok_or(Error::Io(ErrorKind::ConnectionRefused.into())) }
    };
    let mut backoff = Backoff::default();
    backoff.first = Duration::ZERO;
    backoff.advise = |disconnect| match disconnect {
        Disconnect::Ended(_) => Advice::Retry,
        _ => Advice::GiveUp(GiveUp::ByApplication),
    };
    Reconnecting::with_dial(dial, backoff)
}

fn socket(pipe: Arc<Pipe>) -> WebSocket<End> {
    let mut config = Config::default();
    (config.keepalive, config.write_timeout) = (None, None);
    config.close_timeout = Duration::MAX;
    config.limits.output = FRAME_LEN;
    WebSocket::established(End(pipe), Role::Client(&OsEntropy), None, config, b"")
}

/// Runs the client until it gives up, and returns how many connections it had and lost.
fn run(mut client: Reconnecting<End>) -> JoinHandle<(usize, usize)> {
    thread::spawn(move || {
        block_on(async {
            let (mut connected, mut lost) = (0, 0);
            while let Some(update) = client.receive().await {
                connected += usize::from(matches!(update, Update::Connected(..)));
                lost += usize::from(matches!(update, Update::Lost(_)));
            }
            (connected, lost)
        })
    })
}

/// Sends a message on whichever connection there is. `None` if it may have left and been lost.
fn send(sender: &ReconnectingSender<End>) -> Option<bool> {
    match block_on(sender.send_binary(&[1; 2])) {
        Ok(()) => Some(true),
        Err(Error::Send(SendError::Disconnected | SendError::Closed)) => Some(false),
        Err(_) => None,
    }
}

#[test]
fn others_send_while_connections_are_lost() {
    explore(|| {
        let pipes = [Pipe::new(3), Pipe::new(1000)];
        let client = client(pipes.clone());
        let sender = client.sender();
        let sending = [(); 2].map(|()| {
            let sender = sender.clone();
            thread::spawn(move || [send(&sender), send(&sender)])
        });
        let running = run(client);
        // After the mere end of the stream, what has begun to leave would wait for its deadline.
        pipes[0].fail_reads();
        let sent: Vec<_> = sending.into_iter().flat_map(|task| task.join().unwrap()).collect();
        pipes[1].end();
        assert_eq!(running.join().unwrap(), (2, 2));
        // What is known to have left is in the second stream, as the first took no whole frame.
        let whole = pipes[1].written().len() / FRAME_LEN;
        assert!(pipes[0].written().len() < FRAME_LEN);
        assert_eq!(sent.iter().filter(|sent| **sent == Some(true)).count(), whole);
        assert!(sender.has_ended() && send(&sender) == Some(false));
    });
}

/// Handles are made and dropped while a connection comes and goes: none of them keeps it.
#[test]
fn handles_keep_no_connection() {
    explore(|| {
        let pipes = [Pipe::new(1000), Pipe::new(1000)];
        let client = client(pipes.clone());
        let sender = client.sender();
        let handles = [(); 2].map(|()| {
            let sender = sender.clone();
            thread::spawn(move || {
                for _ in 0..2 {
                    let _ = sender.try_send_binary(&[1; 2]);
                    let _ = sender.clone().try_send_binary(&[1; 2]);
                }
                sender
            })
        });
        let running = run(client);
        pipes.iter().for_each(|pipe| pipe.end());
        let _handles = handles.map(|handle| handle.join().unwrap());
        assert_eq!(running.join().unwrap(), (2, 2));
        assert!(pipes.iter().all(|pipe| Arc::strong_count(pipe) == 1));
    });
}

/// A handle that is dropped in the middle of a message holds up no other.
#[test]
fn a_handle_is_dropped_in_the_middle_of_a_message() {
    explore(|| {
        let pipes = [Pipe::new(1000), Pipe::new(1000)];
        let client = client(pipes.clone());
        let sender = client.sender();
        let dropped = sender.clone();
        let dropping = thread::spawn(move || dropped.start_message(MessageKind::Binary).is_ok());
        let sending = thread::spawn(move || send(&sender).is_some());
        let running = run(client);
        dropping.join().unwrap();
        assert!(sending.join().unwrap());
        pipes.iter().for_each(|pipe| pipe.end());
        assert_eq!(running.join().unwrap(), (2, 2));
    });
}

/// The client is dropped while others send: they are told, and sleep no longer.
#[test]
fn the_client_is_dropped_while_others_send() {
    explore(|| {
        let pipes = [Pipe::new(3), Pipe::new(3)];
        let mut client = client(pipes.clone());
        let sender = client.sender();
        let sending = [(); 2].map(|()| {
            let sender = sender.clone();
            thread::spawn(move || send(&sender))
        });
        let running = thread::spawn(move || {
            block_on(async { while !matches!(client.receive().await, Some(Update::Lost(_))) {} });
        });
        pipes[0].fail_reads();
        running.join().unwrap();
        for task in sending {
            assert_ne!(task.join().unwrap(), Some(true));
        }
        assert!(sender.has_ended());
    });
}
