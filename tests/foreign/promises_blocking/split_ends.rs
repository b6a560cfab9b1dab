//! How split sockets end.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use websocket_proto::frame::Masking;
use websocket_proto::io::blocking::{GracefulShutdown, Received, Receiver, SplitStream};
use websocket_proto::io::{Error, MaybeTls};
use websocket_proto::{
    CloseCode, Config, Deadline, EndCause, Ending, Event, ProtocolError, SendError,
};

use crate::peer::{GUARD, Side, open, read_to_end, write};
use crate::support::{close, frame, in_words, masked, ping, text};

fn words(peer: &mut MaybeTls<TcpStream>) -> Vec<String> {
    in_words(&read_to_end(peer), Masking::Forbidden, &mut false)
}

/// Receives until the end.
pub(crate) fn ending<S: SplitStream>(mut receiver: Receiver<S>) -> Ending {
    loop {
        match receiver.receive() {
            Ok(Some(Event::Ended(ending))) => return ending.clone(),
            Ok(Some(Event::Text("late"))) => panic!("this could not be answered"),
            Ok(_) | Err(_) => {}
        }
    }
}

#[test]
fn a_deaf_peer_is_ended_by_the_write_deadline() {
    for tls in [false, true] {
        let mut config = Config::default();
        config.write_timeout = Some(Duration::from_millis(300));
        let (socket, peer) = open(Side::Server, tls, config);
        let (sender, receiver) = socket.split();
        let receiving = thread::spawn(move || ending(receiver));
        let sending: Vec<_> = [20 << 20, 1, 1]
            .into_iter()
            .map(|len| {
                let sender = sender.clone();
                thread::spawn(move || while sender.send_binary(&vec![0; len]).is_ok() {})
            })
            .collect();
        sending.into_iter().for_each(|thread| thread.join().unwrap());
        let ending = receiving.join().unwrap();
        assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Write), "{tls}");
        assert!(matches!(sender.flush(), Err(Error::NotWritten(_))));
        assert_eq!(sender.try_send_text("more"), Err(SendError::Closed));
        assert_eq!(sender.ending().map(|ending| ending.cause), Some(ending.cause));
        drop(peer);
    }
}

/// Nobody waits for what is queued, so only the receiver can see that it is stuck.
#[test]
fn what_is_left_to_the_receiver_is_ended_by_the_write_deadline() {
    let mut config = Config::default();
    config.write_timeout = Some(Duration::from_millis(300));
    let (socket, peer) = open(Side::Server, false, config);
    let (sender, mut receiver) = socket.split();
    // Nothing is to be written yet.
    assert!(matches!(receiver.receive_timeout(Duration::ZERO), Ok(Received::TimedOut)));
    let receiving = thread::spawn(move || ending(receiver));
    while sender.try_send_binary(&vec![0; 1 << 20]).is_ok() {}
    assert_eq!(receiving.join().unwrap().cause, EndCause::TimedOut(Deadline::Write));
    drop(peer);
}

#[test]
fn what_is_left_to_the_receiver_leaves_as_the_peer_takes_it() {
    let (socket, mut peer) = open(Side::Server, false, Config::default());
    let (sender, receiver) = socket.split();
    let receiving = thread::spawn(move || ending(receiver));
    while sender.try_send_binary(&vec![0; 8 << 20]).is_ok() {}
    sender.start_close(CloseCode::NORMAL, "").unwrap();
    let mut closing = peer.inner().try_clone().unwrap();
    let reading = thread::spawn(move || words(&mut peer));
    closing.write_all(&close(1000, "")).unwrap();
    drop(closing);
    assert_eq!(reading.join().unwrap().last().unwrap(), "sends close 1000 \"\"");
    assert!(receiving.join().unwrap().is_clean());
}

/// The program is busy, and its senders only try.
#[test]
fn what_is_tried_leaves_though_nobody_receives() {
    let (socket, mut peer) = open(Side::Server, false, Config::default());
    let (sender, receiver) = socket.split();
    while sender.try_send_binary(&vec![0; 1 << 20]).is_ok() {}
    let reading = thread::spawn(move || words(&mut peer));
    let start = Instant::now();
    while sender.try_send_text("last").is_err() {
        assert!(start.elapsed() < GUARD, "the peer reads, and there is no room");
        thread::sleep(Duration::from_millis(1));
    }
    sender.flush().unwrap();
    drop((sender, receiver));
    assert_eq!(reading.join().unwrap().last().unwrap(), "sends text \"last\"");
}

/// The whole message takes longer than the deadline, and each part of it less.
#[test]
fn a_slow_reader_is_not_ended_by_the_write_deadline() {
    const LEN: usize = 20 << 20;
    for tls in [false, true] {
        let mut config = Config::default();
        config.write_timeout = Some(Duration::from_millis(400));
        let (socket, mut peer) = open(Side::Server, tls, config);
        let (sender, receiver) = socket.split();
        let receiving = thread::spawn(move || ending(receiver));
        let sending = thread::spawn(move || sender.send_binary(&vec![0; LEN]));
        let (mut read, mut next_pause) = (0, 0);
        while read < LEN {
            if read >= next_pause {
                next_pause += 1 << 19;
                thread::sleep(Duration::from_millis(40));
            }
            match peer.read(&mut [0; 1 << 14]) {
                Ok(len @ 1..) => read += len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                end => panic!("{tls}: {end:?} after {read} bytes"),
            }
        }
        sending.join().unwrap().unwrap();
        drop(peer);
        receiving.join().unwrap();
    }
}

#[test]
fn the_keepalive_pings_and_misses_the_pong() {
    for tls in [false, true] {
        let mut config = Config::default();
        let keepalive = config.keepalive.as_mut().unwrap();
        keepalive.interval = Duration::from_millis(300);
        keepalive.timeout = Duration::from_millis(300);
        let (socket, mut peer) = open(Side::Server, tls, config);
        let (sender, receiver) = socket.split();
        let receiving = thread::spawn(move || ending(receiver));
        let words = words(&mut peer);
        assert_eq!(words.len(), 2, "{words:?}");
        assert!(words[0].starts_with("sends ping"), "{words:?}");
        assert_eq!(words[1], "sends close 1011 \"no answer to a ping\"");
        assert_eq!(receiving.join().unwrap().cause, EndCause::TimedOut(Deadline::Pong));
        drop(sender);
    }
}

/// The receiver waits, and knows no deadline before this one.
#[test]
fn a_deadline_that_a_sender_begins_is_seen_by_the_receiver() {
    let mut config = Config::default();
    (config.keepalive, config.close_timeout) = (None, Duration::from_millis(300));
    let (socket, peer) = open(Side::Server, false, config);
    let (sender, receiver) = socket.split();
    let receiving = thread::spawn(move || ending(receiver));
    thread::sleep(Duration::from_millis(100));
    let start = Instant::now();
    sender.start_close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(receiving.join().unwrap().cause, EndCause::TimedOut(Deadline::Close));
    assert!(start.elapsed() >= Duration::from_millis(300) && start.elapsed() < GUARD);
    drop(peer);
}

#[test]
fn an_abort_ends_the_wait_of_the_receiver_and_a_send_that_is_stuck() {
    let (socket, peer) = open(Side::Server, false, Config::default());
    let (sender, receiver) = socket.split();
    let receiving = thread::spawn(move || ending(receiver));
    let stuck = sender.clone();
    let sending = thread::spawn(move || stuck.send_binary(&vec![0; 40 << 20]));
    thread::sleep(Duration::from_millis(100));
    let start = Instant::now();
    sender.abort();
    assert_eq!(receiving.join().unwrap().cause, EndCause::Aborted);
    let sent = sending.join().unwrap();
    assert!(matches!(sent, Err(Error::NotWritten(EndCause::Aborted))), "{sent:?}");
    assert!(start.elapsed() < GUARD);
    drop(peer);
}

/// As on an unsplit socket, though more has arrived.
#[test]
fn after_an_abort_nothing_more_is_received() {
    let (socket, mut peer) = open(Side::Server, false, Config::default());
    let (sender, mut receiver) = socket.split();
    write(&mut peer, &text("more").repeat(3));
    assert!(matches!(receiver.receive(), Ok(Some(Event::Text("more")))));
    sender.abort();
    assert!(matches!(receiver.receive(), Ok(Some(Event::Ended(_)))));
    assert!(matches!(receiver.receive(), Ok(None)));
}

#[test]
fn a_graceful_shutdown_closes_a_split_socket() {
    for tls in [false, true] {
        let (mut socket, mut peer) = open(Side::Server, tls, Config::default());
        let shutdown = GracefulShutdown::new();
        shutdown.watch(&mut socket);
        let (sender, receiver) = socket.split();
        let receiving = thread::spawn(move || ending(receiver));
        let answering = thread::spawn(move || {
            let mut header = [0; 9];
            peer.read_exact(&mut header).unwrap();
            write(&mut peer, &[text("late"), close(1012, "bye")].concat());
            (header, read_to_end(&mut peer))
        });
        let summary = shutdown.close_all(CloseCode::SERVICE_RESTART, "restart", GUARD).unwrap();
        assert_eq!((summary.clean, summary.aborted), (1, 0), "{tls}");
        assert!(receiving.join().unwrap().is_clean());
        assert!(matches!(sender.send_text("late"), Err(Error::Send(SendError::Closed))));
        let (header, rest) = answering.join().unwrap();
        assert_eq!([&header[..], &rest[..]].concat(), b"\x88\x09\x03\xf4restart");
    }
}

#[test]
fn a_graceful_shutdown_aborts_a_split_socket_that_is_stuck() {
    let (mut socket, peer) = open(Side::Server, false, Config::default());
    let shutdown = GracefulShutdown::new();
    shutdown.watch(&mut socket);
    let (sender, receiver) = socket.split();
    let receiving = thread::spawn(move || ending(receiver));
    let sending = thread::spawn(move || sender.send_binary(&vec![0; 40 << 20]));
    thread::sleep(Duration::from_millis(100));
    let summary =
        shutdown.close_all(CloseCode::GOING_AWAY, "", Duration::from_millis(300)).unwrap();
    assert_eq!((summary.clean, summary.aborted), (0, 1));
    assert!(matches!(sending.join().unwrap(), Err(Error::NotWritten(EndCause::Aborted))));
    assert_eq!(receiving.join().unwrap().cause, EndCause::Aborted);
    drop(peer);
}

#[test]
fn a_violation_reaches_the_peer_before_it_is_reported() {
    for tls in [false, true] {
        let (socket, mut peer) = open(Side::Server, tls, Config::default());
        let (sender, mut receiver) = socket.split();
        // The answer of another thread, and more input that nobody reads.
        let violation = masked(true, websocket_proto::frame::OpCode::Text, [0xff]);
        write(&mut peer, &[text("?"), violation, vec![0; 1 << 16]].concat());
        assert!(matches!(receiver.receive(), Ok(Some(Event::Text("?")))));
        sender.feed_text("!").unwrap();
        let reading = thread::spawn(move || words(&mut peer));
        let error = receiver.receive().map(drop).unwrap_err();
        assert!(matches!(error, Error::Protocol(ProtocolError::InvalidUtf8)), "{error}");
        drop((sender, receiver));
        let words = reading.join().unwrap();
        assert_eq!(words[0], "sends text \"!\"");
        assert!(words[1].starts_with("sends close 1007"), "{words:?}");
    }
}

#[test]
fn a_dropped_receiver_makes_sending_fail() {
    let (socket, mut peer) = open(Side::Server, false, Config::default());
    let (sender, receiver) = socket.split();
    let begun = sender.clone();
    let sending = thread::spawn(move || begun.send_binary(&vec![0; 40 << 20]));
    thread::sleep(Duration::from_millis(100));
    let waits = sender.clone();
    let waiting = thread::spawn(move || waits.send_text("more"));
    thread::sleep(Duration::from_millis(50));
    drop(receiver);
    assert!(matches!(waiting.join().unwrap(), Err(Error::Send(SendError::Closed))));
    assert!(matches!(sender.send_text("more"), Err(Error::Send(SendError::Closed))));
    assert_eq!(sender.try_send_text("more"), Err(SendError::Closed));
    let reading = thread::spawn(move || words(&mut peer));
    // What had begun goes on.
    sending.join().unwrap().unwrap();
    sender.start_close(CloseCode::GOING_AWAY, "").unwrap();
    drop(sender);
    assert_eq!(reading.join().unwrap().len(), 2);
}

/// As when an unsplit socket is dropped: everything arrives, though there is unread input.
#[test]
fn the_last_that_is_dropped_ends_the_stream() {
    for tls in [false, true] {
        for receiver_first in [false, true] {
            let (socket, mut peer) = open(Side::Server, tls, Config::default());
            let (sender, receiver) = socket.split();
            write(&mut peer, &ping("unread").repeat(1000));
            thread::sleep(Duration::from_millis(20));
            sender.feed_text("one").unwrap();
            match receiver_first {
                true => {
                    drop(receiver);
                    drop(sender.clone());
                    drop(sender);
                }
                false => {
                    drop(sender);
                    drop(receiver);
                }
            }
            let mut all: Vec<u8> = Vec::new();
            let end = loop {
                let mut space = [0; 1 << 10];
                match peer.read(&mut space) {
                    Ok(0) => break Ok(()),
                    Ok(len) => all.extend(&space[..len]),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => break Err(error),
                }
            };
            assert_eq!(all, b"\x81\x03one", "{tls}");
            assert!(end.is_ok(), "{tls}: {end:?}");
        }
    }
}

/// A part of a message has left and the rest is given up, so nothing may follow.
#[test]
fn what_is_cut_off_by_a_drop_is_the_beginning_of_what_was_sent() {
    let mut config = Config::default();
    config.limits.output = 4 << 20;
    let (socket, mut peer) = open(Side::Server, false, config);
    let (sender, receiver) = socket.split();
    let data: Vec<u8> = (0..1 << 20).map(|n: u32| (n % 251) as u8).collect();
    let mut sent = 0;
    while sender.try_send_binary(&data).is_ok() {
        sent += 1;
    }
    // Now there is room for some of what waits.
    let mut space = vec![0; 3 << 20];
    peer.read_exact(&mut space).unwrap();
    thread::sleep(Duration::from_millis(50));
    drop((sender, receiver));
    space.extend(read_to_end(&mut peer));
    let expected = frame(true, websocket_proto::frame::OpCode::Binary, &data).repeat(sent);
    assert!(space.len() < expected.len(), "the test has not cut anything off");
    assert!(expected.starts_with(&space));
}

#[test]
fn a_panic_of_one_thread_takes_no_other_down() {
    let (socket, mut peer) = open(Side::Server, false, Config::default());
    let (sender, mut receiver) = socket.split();
    let panics = sender.clone();
    let panicking = thread::spawn(move || panics.with_stream(|_| panic!("meant to")));
    assert!(panicking.join().is_err());
    sender.send_text("still there").unwrap();
    write(&mut peer, &text("here too"));
    assert!(matches!(receiver.receive(), Ok(Some(Event::Text("here too")))));
    drop((sender, receiver));
    assert_eq!(words(&mut peer), ["sends text \"still there\""]);
}
