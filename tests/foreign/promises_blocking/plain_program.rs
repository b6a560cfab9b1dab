//! Programs as somebody writes them after reading one page of the documentation.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use websocket_proto::frame::{Masking, OpCode};
use websocket_proto::io::Error;
use websocket_proto::io::blocking::{Untimed, WebSocket};
use websocket_proto::{CloseCode, Config, EndCause, Event, MessageKind, ProtocolError, Role};

use crate::peer::{Side, Socket, open, read_to_end, write};
use crate::support::{frame, in_words, masked};

type Program = fn(Socket) -> Result<(), Error>;

/// Echoes, and returns at any error.
fn question_mark(mut socket: Socket) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive()? {
        if let Event::Text(text) = event {
            reply.feed_text(text)?;
        }
    }
    Ok(())
}

/// Echoes, and returns at the peer's Close frame.
fn return_at_close(mut socket: Socket) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive()? {
        match event {
            Event::Text(text) => reply.feed_text(text)?,
            Event::Close { .. } => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

/// Answers one message by feeding, and returns.
fn reply_and_return(mut socket: Socket) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive()? {
        if let Event::Text(text) = event {
            return reply.feed_text(text);
        }
    }
    Ok(())
}

/// Answers one message in fragments, which are written when the call returns, and aborts.
fn send_and_abort(mut socket: Socket) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive()? {
        if let Event::Text(text) = event {
            reply.start_message(MessageKind::Text)?;
            reply.send_last_fragment(text.as_bytes())?;
            reply.abort();
            return Ok(());
        }
    }
    Ok(())
}

/// Begins to close, and drops the socket.
fn close_and_return(mut socket: Socket) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive()? {
        if let Event::Text(text) = event {
            reply.feed_text(text)?;
            return reply.start_close(CloseCode::NORMAL, "done");
        }
    }
    Ok(())
}

fn framed(side: Side, opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    match side {
        Side::Server => masked(true, opcode, payload),
        Side::Client => frame(true, opcode, payload),
    }
}

/// The peer sends a text, then `then`, then `unread` bytes of a message that the program never
/// reads. Returns what the peer receives, in words, and what the program returned.
fn play(
    program: Program,
    (side, tls, unread): (Side, bool, usize),
    then: &[u8],
) -> (Vec<String>, Result<(), Error>) {
    let (socket, mut peer) = open(side, tls, Config::default());
    let mut bytes = framed(side, OpCode::Text, b"hello");
    bytes.extend(then);
    // One whole frame, so that it is no violation itself.
    bytes.extend(framed(side, OpCode::Binary, &vec![0; unread]));
    let running = thread::spawn(move || program(socket));
    write(&mut peer, &bytes);
    let got = read_to_end(&mut peer);
    drop(peer);
    let masking = match side {
        Side::Server => Masking::Forbidden,
        Side::Client => Masking::Required,
    };
    (in_words(&got, masking, &mut false), running.join().unwrap())
}

/// All settings: role, whether over TLS, and how many unread bytes follow.
fn ways() -> impl Iterator<Item = (Side, bool, usize)> {
    (0..8).map(|way| {
        let side = if way & 1 == 0 { Side::Server } else { Side::Client };
        (side, way & 2 != 0, if way & 4 == 0 { 0 } else { 1 << 20 })
    })
}

/// An empty text with a reserved bit.
fn violation(side: Side) -> &'static [u8] {
    match side {
        Side::Server => b"\xc1\x80\0\0\0\0",
        Side::Client => b"\xc1\0",
    }
}

const HELLO: &str = "sends text \"hello\"";

#[test]
fn a_violation_is_reported_when_the_peer_has_its_close_frame() {
    for way in ways() {
        let (words, ended) = play(question_mark, way, violation(way.0));
        assert_eq!(words, [HELLO, "sends close 1002 \"\""], "{way:?}");
        let told = matches!(ended, Err(Error::Protocol(ProtocolError::ReservedBits)));
        assert!(told, "{way:?}: {ended:?}");
    }
}

/// Checks that a peer that goes on sending for a while does not find the stream reset.
#[track_caller]
fn check_no_reset(program: Program, side: Side, then: &[u8]) {
    for tls in [false, true] {
        let (socket, mut peer) = open(side, tls, Config::default());
        let running = thread::spawn(move || program(socket));
        write(&mut peer, then);
        for _ in 0..5 {
            thread::sleep(Duration::from_millis(50));
            peer.write_all(&framed(side, OpCode::Binary, &[0; 1000])).expect("no reset");
        }
        assert!(!read_to_end(&mut peer).is_empty());
        assert!(!running.is_finished(), "{side:?}, {tls}: it did not wait");
        drop(peer);
        let _ = running.join().unwrap();
    }
}

#[test]
fn a_violation_is_seen_through() {
    for side in [Side::Server, Side::Client] {
        check_no_reset(question_mark, side, violation(side));
    }
}

#[test]
fn a_server_sees_the_exchange_through() {
    let close = framed(Side::Server, OpCode::Close, b"\x03\xe8");
    check_no_reset(return_at_close, Side::Server, &close);
}

#[test]
fn a_limit_is_reported_when_the_peer_has_its_close_frame() {
    for side in [Side::Server, Side::Client] {
        let mut config = Config::default();
        config.limits.message = 1000;
        let (socket, mut peer) = open(side, false, config);
        let running = thread::spawn(move || question_mark(socket));
        write(&mut peer, &framed(side, OpCode::Binary, &vec![0; 1 << 20]));
        assert!(read_to_end(&mut peer).starts_with(&[0x88]));
        drop(peer);
        assert!(matches!(running.join().unwrap(), Err(Error::Protocol(_))));
    }
}

#[test]
fn the_ending_is_reported_after_the_violation() {
    let (mut socket, mut peer) = open(Side::Server, false, Config::default());
    write(&mut peer, violation(Side::Server));
    drop(peer);
    assert!(matches!(socket.receive(), Err(Error::Protocol(ProtocolError::ReservedBits))));
    // A socket that is made of the parts does so as well.
    let mut socket = WebSocket::from_parts(socket.into_parts());
    let Ok(Some((Event::Ended(ending), _))) = socket.receive() else { panic!() };
    assert_eq!(ending.cause, EndCause::Failed(ProtocolError::ReservedBits));
    assert!(matches!(socket.receive(), Ok(None)));
}

#[test]
fn the_peers_close_frame_is_answered_before_it_is_reported() {
    for way in ways() {
        let close = framed(way.0, OpCode::Close, b"\x03\xe8");
        let (words, ended) = play(return_at_close, way, &close);
        assert_eq!(words, [HELLO, "sends close 1000 \"\""], "{way:?}");
        assert!(ended.is_ok(), "{way:?}: {ended:?}");
    }
}

#[test]
fn a_reply_leaves_when_the_socket_is_dropped() {
    for way in ways() {
        let (words, ended) = play(reply_and_return, way, b"");
        assert_eq!(words, [HELLO], "{way:?}");
        assert!(ended.is_ok(), "{way:?}: {ended:?}");
    }
}

#[test]
fn a_close_frame_leaves_when_the_socket_is_dropped() {
    for way in ways() {
        let (words, ended) = play(close_and_return, way, b"");
        assert_eq!(words, [HELLO, "sends close 1000 \"done\""], "{way:?}");
        assert!(ended.is_ok(), "{way:?}: {ended:?}");
    }
}

#[test]
fn nothing_leaves_after_an_abort() {
    for way in ways().filter(|(_, _, unread)| *unread == 0) {
        let (words, ended) = play(send_and_abort, way, b"");
        // Sent messages were written before.
        assert_eq!(words, [HELLO], "{way:?}");
        assert!(ended.is_ok(), "{way:?}: {ended:?}");
    }
    let (mut socket, mut peer) = open(Side::Server, false, Config::default());
    socket.feed_text("gathered").unwrap();
    socket.abort();
    drop(socket);
    assert!(read_to_end(&mut peer).is_empty());
}

/// A stream whose reads never end, and the bytes that were written to it.
struct Endless(Arc<Mutex<Vec<u8>>>);

impl Read for Endless {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("a read that would wait")
    }
}

impl Write for Endless {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_stream_without_timeouts_is_written_and_not_read() {
    let written = Arc::default();
    let stream = Untimed(Endless(Arc::clone(&written)));
    let role = Role::Server;
    let mut socket = WebSocket::established(stream, role, None, Config::default(), &[]);
    socket.feed_text("gathered").unwrap();
    drop(socket);
    assert_eq!(*written.lock().unwrap(), b"\x81\x08gathered");
}

#[test]
fn what_was_taken_apart_is_left_alone() {
    let written = Arc::default();
    let stream = Untimed(Endless(Arc::clone(&written)));
    let role = Role::Server;
    let mut socket = WebSocket::established(stream, role, None, Config::default(), &[]);
    socket.feed_text("gathered").unwrap();
    let parts = socket.into_parts();
    assert!(written.lock().unwrap().is_empty());
    drop(WebSocket::from_parts(parts));
    assert_eq!(*written.lock().unwrap(), b"\x81\x08gathered");
}
