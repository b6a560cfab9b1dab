//! What the results of sending say about the messages.

use std::io::ErrorKind;
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use websocket_proto::io::blocking::Received;
use websocket_proto::io::{Error, MaybeTls};
use websocket_proto::{
    Config, Deadline, EndCause, Event, Message, MessageKind, Prepared, SendError,
};

use crate::peer::{GUARD, Side, open, read_to_end, write};
use crate::support::{in_words, text};

/// The length of a message that is far longer than the buffers of a socket.
const TOO_MUCH: usize = 20 << 20;

fn hasty() -> Config {
    let mut config = Config::default();
    config.write_timeout = Some(Duration::from_millis(300));
    config
}

#[test]
fn what_a_deadline_dropped_was_not_written() {
    for tls in [false, true] {
        let (mut socket, peer) = open(Side::Server, tls, hasty());
        let sent = socket.send_binary(&vec![0; TOO_MUCH]);
        let timed_out = matches!(sent, Err(Error::NotWritten(EndCause::TimedOut(Deadline::Write))));
        assert!(timed_out, "{tls}: {sent:?}");
        assert!(matches!(socket.flush(), Err(Error::NotWritten(_))));
        let Ok(Some((Event::Ended(ending), _))) = socket.receive() else { panic!() };
        assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Write));
        drop(peer);
    }
}

#[test]
fn what_an_abort_dropped_was_not_written() {
    let (mut socket, _peer) = open(Side::Server, false, Config::default());
    socket.flush().unwrap();
    socket.feed_text("gathered").unwrap();
    socket.abort();
    assert!(matches!(socket.flush(), Err(Error::NotWritten(EndCause::Aborted))));
}

#[test]
fn what_a_failure_dropped_was_not_written() {
    let (mut socket, peer) = open(Side::Server, false, Config::default());
    // The socket has unread input, so the stream is reset.
    socket.send_text("unread").unwrap();
    drop(peer);
    socket.feed_text("gathered").unwrap();
    while socket.receive().is_ok() {}
    assert!(matches!(socket.flush(), Err(Error::NotWritten(EndCause::TransportFailed))));
}

#[test]
fn the_names_say_which_call_writes() {
    let (mut socket, mut peer) = open(Side::Server, false, Config::default());
    peer.inner().set_nonblocking(true).unwrap();
    socket.feed_text("gathered").unwrap();
    socket.try_send_text("tried").unwrap();
    thread::sleep(Duration::from_millis(20));
    let nothing = std::io::Read::read(&mut peer, &mut [0; 8]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    peer.inner().set_nonblocking(false).unwrap();
    socket.writer().send_text("sent").unwrap();
    socket.abort();
    drop(socket);
    let words = words(&mut peer);
    assert_eq!(words, ["gathered", "tried", "sent"].map(|text| format!("sends text {text:?}")));
}

#[test]
fn every_type_has_one_set_of_methods() {
    let (mut socket, mut peer) = open(Side::Server, false, Config::default());
    let (message, prepared) = (Message::text("message"), Prepared::text("prepared"));
    macro_rules! all {
        ($sender:expr) => {{
            $sender.send_message(&message).unwrap();
            $sender.send_text("text").unwrap();
            $sender.send_binary(b"1").unwrap();
            $sender.send_prepared(&prepared).unwrap();
            $sender.send_ping(b"ping").unwrap();
            $sender.send_pong(b"pong").unwrap();
            $sender.feed_message(&message).unwrap();
            $sender.feed_text("text").unwrap();
            $sender.feed_binary(b"2").unwrap();
            $sender.feed_prepared(&prepared).unwrap();
            $sender.feed_ping(b"ping").unwrap();
            $sender.feed_pong(b"pong").unwrap();
            $sender.try_send_message(&message).unwrap();
            $sender.try_send_text("text").unwrap();
            $sender.try_send_binary(b"3").unwrap();
            $sender.try_send_prepared(&prepared).unwrap();
            $sender.try_send_ping(b"ping").unwrap();
            $sender.try_send_pong(b"pong").unwrap();
            $sender.start_message(MessageKind::Text).unwrap();
            $sender.send_fragment(b"a").unwrap();
            $sender.feed_fragment(b"b").unwrap();
            $sender.send_last_fragment(b"c").unwrap();
            $sender.set_compression(false);
            $sender.flush().unwrap();
        }};
    }
    all!(socket);
    all!(socket.writer());
    socket.abort();
    drop(socket);
    let words = words(&mut peer);
    assert_eq!(words.len(), 42);
    assert_eq!(words[..21], words[21..]);
    assert_eq!(
        words[..6],
        words[6..12].iter().map(|word| word.replace('2', "1")).collect::<Vec<_>>()
    );
}

#[test]
fn try_send_says_that_there_is_no_room() {
    let mut config = Config::default();
    config.limits.output = 100;
    let (mut socket, peer) = open(Side::Server, false, config);
    let taken = (0..100).take_while(|_| socket.try_send_binary(&[0; 50]).is_ok()).count();
    assert_eq!(taken, 2);
    assert_eq!(socket.try_send_ping(b""), Err(SendError::Full));
    drop((socket, peer));
}

#[test]
fn a_message_is_queued_when_the_stream_would_block() {
    let (mut socket, mut peer) = open(Side::Server, false, Config::default());
    socket.writer().stream().inner().set_nonblocking(true).unwrap();
    let would_block = socket.send_binary(&vec![7; TOO_MUCH]);
    let Err(Error::Io(error)) = would_block else { panic!("{would_block:?}") };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    // There is no room for this message, so it is not queued.
    let full = Err(SendError::Full);
    assert_eq!(socket.try_send_text("more"), full);
    assert!(matches!(socket.feed_text("more"), Err(Error::Send(SendError::Full))));
    assert!(matches!(socket.send_text("more"), Err(Error::Send(SendError::Full))));
    let reading = thread::spawn(move || read_to_end(&mut peer));
    while socket.flush().is_err() {
        thread::sleep(Duration::from_millis(1));
    }
    drop(socket);
    assert_eq!(reading.join().unwrap().len(), TOO_MUCH + 10);
}

#[test]
fn a_receive_that_waits_at_most_so_long() {
    for tls in [false, true] {
        let (mut socket, mut peer) = open(Side::Server, tls, Config::default());
        let start = Instant::now();
        let received = socket.receive_timeout(Duration::from_millis(50)).unwrap();
        assert!(matches!(received, Received::TimedOut));
        assert!(start.elapsed() >= Duration::from_millis(50) && start.elapsed() < GUARD);
        assert!(matches!(socket.receive_timeout(Duration::ZERO).unwrap(), Received::TimedOut));
        // An incomplete message is no event.
        let hello = text("hello");
        write(&mut peer, &hello[..7]);
        let received = socket.receive_timeout(Duration::from_millis(50)).unwrap();
        assert!(matches!(received, Received::TimedOut));
        write(&mut peer, &hello[7..]);
        let received = socket.receive_timeout(GUARD).unwrap();
        assert!(matches!(received, Received::Event((Event::Text("hello"), _))));
        peer.inner().shutdown(Shutdown::Write).unwrap();
        let received = socket.receive_timeout(GUARD).unwrap();
        assert!(matches!(received, Received::Event((Event::Ended(_), _))));
        assert!(matches!(socket.receive_timeout(GUARD).unwrap(), Received::Ended));
    }
}

#[test]
fn the_stream_the_state_and_the_ending_can_be_looked_at() {
    let (mut socket, mut peer) = open(Side::Server, true, Config::default());
    let name = peer.inner().local_addr().unwrap();
    assert_eq!(socket.stream().inner().peer_addr().unwrap(), name);
    assert_eq!(socket.writer().stream().inner().peer_addr().unwrap(), name);
    assert!(socket.stream().session().is_some_and(|tls| tls.protocol_version().is_some()));
    assert!(socket.connection().is_open() && socket.ending().is_none());
    write(&mut peer, &crate::support::close(1000, "bye"));
    while socket.receive().unwrap().is_some() {}
    let ending = socket.ending().unwrap();
    assert!(ending.is_clean() && ending.code() == websocket_proto::CloseCode::NORMAL, "{ending:?}");
    assert!(!socket.connection().is_open());
    assert_eq!(socket.writer().ending().map(|ending| ending.cause), Some(EndCause::Clean));
}

fn words(peer: &mut MaybeTls<TcpStream>) -> Vec<String> {
    in_words(&read_to_end(peer), websocket_proto::frame::Masking::Forbidden, &mut false)
}
