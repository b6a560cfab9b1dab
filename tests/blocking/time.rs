//! Deadlines, which are kept by the timeouts of the stream. Upper bounds on time are generous, as
//! they only guard against hanging.

use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use websocket_proto::frame::Masking;
use websocket_proto::io::Error;
use websocket_proto::io::blocking::{Untimed, WebSocket};
use websocket_proto::{CloseCode, Config, Deadline, EndCause, Event, Role};

use crate::scripted_stream::ScriptedStream;
use crate::support::{in_words, ping, text};

const GUARD: Duration = Duration::from_secs(10);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A stream that always has more to read and accepts few bytes at a time. After [`GUARD`] it fails.
struct Flood {
    start: Instant,
    bytes: Vec<u8>,
    write_size: usize,
}

impl Flood {
    fn of(bytes: Vec<u8>) -> Self {
        Self { start: Instant::now(), bytes, write_size: usize::MAX }
    }

    fn check(&self) -> io::Result<()> {
        if self.start.elapsed() < GUARD { Ok(()) } else { Err(ErrorKind::ConnectionReset.into()) }
    }
}

impl Read for Flood {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        let len = self.bytes.len().min(buffer.len());
        buffer[..len].copy_from_slice(&self.bytes[..len]);
        self.bytes.rotate_left(len);
        Ok(len)
    }
}

impl Write for Flood {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check()?;
        if self.write_size < bytes.len() {
            std::thread::sleep(millis(1));
        }
        Ok(bytes.len().min(self.write_size))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn short_close() -> Config {
    let mut config = Config::default();
    config.close_timeout = millis(50);
    config
}

#[test]
fn t11_a_flood_after_a_violation_does_not_hold_up_the_close_deadline() {
    let flood = Untimed(Flood::of(vec![0x83; 4096]));
    let mut socket = WebSocket::established(flood, Role::Server, None, short_close(), &[]);
    assert!(matches!(socket.receive(), Err(Error::Protocol(_))));
    assert!(matches!(socket.receive(), Ok(Some((Event::Ended(_), _)))));
    assert!(socket.into_parts().stream.0.check().is_ok(), "hung until the peer gave up");
}

#[test]
fn c13_a_flood_of_messages_does_not_hold_up_the_close_deadline() {
    let flood = Untimed(Flood::of(text("more")));
    let mut socket = WebSocket::established(flood, Role::Server, None, short_close(), &[]);
    let ending = socket.close_with(CloseCode::NORMAL, "").unwrap();
    assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Close));
}

#[test]
fn t07_a_slow_reader_does_not_hold_up_the_close_deadline() {
    let slow = Flood { write_size: 1, ..Flood::of(text("unread")) };
    let mut socket = WebSocket::established(Untimed(slow), Role::Server, None, short_close(), &[]);
    socket.writer().feed_binary(&[0; 1 << 20]).unwrap();
    let ending = socket.close_with(CloseCode::NORMAL, "").unwrap();
    assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Close));
}

#[test]
fn deadlines_over_a_stream_that_never_blocks() {
    let script =
        ScriptedStream::default().fault(|_, writes| (!writes).then_some(ErrorKind::WouldBlock));
    let mut config = Config::default();
    let keepalive = config.keepalive.as_mut().unwrap();
    (keepalive.interval, keepalive.timeout) = (millis(20), millis(20));
    let mut socket = WebSocket::established(script.clone(), Role::Server, None, config, &[]);
    let start = Instant::now();
    loop {
        match socket.receive() {
            Ok(Some((Event::Ended(ending), _))) => {
                assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Pong));
                break;
            }
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {}
            other => panic!("{:?}", other.map(drop)),
        }
        assert!(start.elapsed() < GUARD, "no deadline is ever kept");
        std::thread::sleep(millis(1));
    }
    let output = script.state().output.clone();
    let words = in_words(&output, Masking::Forbidden, &mut false);
    assert_eq!(words.len(), 2, "a ping and a Close frame: {words:?}");
}

/// A stream whose first read times out as a socket's does, and which then gives the input.
fn wait_once(input: &[u8]) -> ScriptedStream {
    let mut waits = 1;
    ScriptedStream::new(input).fault(move |_, writes| {
        if writes || waits == 0 {
            return None;
        }
        waits -= 1;
        std::thread::sleep(millis(2));
        Some(ErrorKind::TimedOut)
    })
}

/// A connection that is 200 ms old when it is taken over, with these bytes unread.
fn aged(script: ScriptedStream, config: Config, unread: &[u8]) -> WebSocket<ScriptedStream> {
    let mut parts = WebSocket::established(script, Role::Server, None, config, &[]).into_parts();
    std::thread::sleep(millis(200));
    parts.incoming.push(unread);
    WebSocket::from_parts(parts)
}

#[test]
fn parts_keep_the_time() {
    let mut config = Config::default();
    config.message_timeout = Some(millis(100));
    let hello = text("hello");
    let mut socket = aged(ScriptedStream::new(&hello[7..]), config, &hello[..7]);
    assert!(matches!(socket.receive(), Ok(Some((Event::Text("hello"), _)))));
    // Until the close deadline, the connection still reads from the peer.
    let mut socket = aged(wait_once(b"unread"), short_close(), &[0x83, 0x80]);
    assert!(matches!(socket.receive(), Err(Error::Protocol(_))));
    let due = socket.writer().connection().poll_timeout().unwrap().since_origin();
    assert!(due >= millis(250), "the exchange was over before it began: {due:?}");
}

/// The peer may take nothing at all: then the pong is written later, and the ping is not held up.
#[test]
fn a_ping_is_reported_without_waiting_for_the_pong_to_be_written() {
    let script = ScriptedStream::new([ping("?"), ping("!")].concat());
    let mut socket = script.server();
    for payload in [&b"?"[..], b"!"] {
        let Ok(Some((Event::Ping(received), _))) = socket.receive() else { panic!() };
        assert_eq!(received, payload);
        assert!(script.state().write_timeout.is_some_and(|timeout| timeout <= millis(20)));
    }
    assert_eq!(script.words(), ["sends pong \"?\"", "sends pong \"!\""]);
}
