//! The clock of a blocking socket, which is a script: whatever writes or waits keeps the deadlines,
//! obeys a shutdown, and blames nobody but the caller for a delay of the caller's.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use super::super::clock::scripted::NOW;
use super::{GracefulShutdown, Stream, WebSocket};
use crate::handshake::DeflateParameters;
use crate::io::{Error, OsEntropy};
use crate::{
    CloseCode, Config, Deadline, EndCause, Ending, Event, Message, MessageKind, Prepared, Role,
    Time,
};

const SECOND: Duration = Duration::from_secs(1);

/// What the shortest waits take.
const SLACK: Duration = Duration::from_millis(30);

/// How late something may come: a few per cent, or what a wait of the shortest kind takes.
fn is_in_time(took: Duration, wanted: Duration) -> bool {
    wanted <= took && took <= wanted + wanted / 30 + SLACK
}

fn now() -> Time {
    NOW.get().expect("a clock that is set")
}

fn go_on(time: Duration) {
    let then = now().after(time);
    assert!(then.since_origin() < 1_000_000 * SECOND, "it hangs");
    NOW.set(Some(then));
}

/// Sets the clock of this thread.
fn begin() {
    NOW.set(Some(Time::new(3600 * SECOND)));
}

/// A peer that reads some bytes at a time, and what the system and TLS in between hold.
#[derive(Clone)]
struct Line(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    timeouts: [Option<Duration>; 2],
    /// What TLS takes before anything is written, and how much of that is there.
    holds: usize,
    held: usize,
    /// The peer reads one byte each time this has passed; never, if it is `None`.
    reads_each: Option<Duration>,
    read_last: Option<Time>,
    /// What arrives, and when.
    input: Vec<(Time, Vec<u8>)>,
    /// What happens when a moment has come.
    happens: Option<(Time, Box<dyn FnOnce()>)>,
}

const READ: usize = 0;
const WRITE: usize = 1;

impl State {
    /// A wait for something that happens after `time`, if it ever does.
    fn wait(&mut self, direction: usize, time: Option<Duration>) -> io::Result<()> {
        let limit = self.timeouts[direction];
        match (time, limit) {
            (Some(time), limit) if limit.is_none_or(|limit| time <= limit) => go_on(time),
            // A timer of Linux is late by up to an eighth.
            (_, Some(limit)) => go_on(limit + limit / 8),
            (None, None) | (Some(_), None) => panic!("waits for ever"),
        }
        if let Some((_, happens)) = self.happens.take_if(|(at, _)| *at <= now()) {
            happens();
        }
        match time {
            Some(time) if limit.is_none_or(|limit| time <= limit) => Ok(()),
            _ => Err(ErrorKind::WouldBlock.into()),
        }
    }

    /// The peer reads a byte.
    fn wait_for_reader(&mut self) -> io::Result<()> {
        let before = *self.read_last.get_or_insert(now());
        let next = self.reads_each.map(|each| before.after(each).since(now()));
        self.wait(WRITE, next)?;
        self.read_last = Some(now());
        Ok(())
    }
}

impl Line {
    fn new(reads_each: Option<Duration>, holds: usize) -> Self {
        Self(Rc::new(RefCell::new(State { reads_each, holds, ..State::default() })))
    }
}

impl Read for Line {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let mut state = self.0.borrow_mut();
        let next = state.input.first().map(|(at, _)| at.since(now()));
        state.wait(READ, next)?;
        let (_, bytes) = state.input.remove(0);
        space[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.borrow_mut();
        let room = state.holds - state.held;
        if room > 0 {
            let len = bytes.len().min(room);
            state.held += len;
            return Ok(len);
        }
        state.wait_for_reader()?;
        Ok(1)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        if state.held > 0 {
            state.wait_for_reader()?;
            state.held -= 1;
        }
        // As TLS says that there is more to write.
        if state.held > 0 { Err(ErrorKind::Interrupted.into()) } else { Ok(()) }
    }
}

impl Stream for Line {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.borrow_mut().timeouts[READ] = timeout;
        Ok(())
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.borrow_mut().timeouts[WRITE] = timeout;
        Ok(())
    }

    fn shutdown(&mut self, _: Shutdown) -> io::Result<()> {
        Ok(())
    }
}

type Socket = WebSocket<Line>;

/// Opens a socket for each kind of line, role and extension.
fn each_socket(
    reads_each: Option<Duration>,
    config: Config,
) -> impl Iterator<Item = (String, Line, Socket)> {
    // TLS holds nothing, a part of each message, or all that is written.
    let ways = [0, 10, 16 << 10, 64 << 10].into_iter().flat_map(|holds| {
        [false, true].into_iter().flat_map(move |client| {
            [false, cfg!(feature = "deflate")].map(|compresses| (holds, client, compresses))
        })
    });
    ways.map(move |(holds, client, compresses)| {
        let line = Line::new(reads_each, holds);
        let role = if client { Role::Client(&OsEntropy) } else { Role::Server };
        let agreed = compresses.then(DeflateParameters::default);
        let socket = WebSocket::established(line.clone(), role, agreed, config, &[]);
        let what = format!("holds {holds}, client: {client}, compresses: {compresses}");
        (what, line, socket)
    })
}

fn quiet() -> Config {
    let mut config = Config::default();
    (config.keepalive, config.write_timeout) = (None, None);
    config.close_timeout = 3600 * SECOND;
    config
}

/// The length of messages: more than a line holds.
const LEN: usize = 18 << 10;

/// A message that compression does not shorten.
fn noise() -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..LEN).map(|_| next()).collect()
}

/// A ping, masked as the role has it.
fn ping(client: bool) -> &'static [u8] {
    if client { &[0x89, 0] } else { &[0x89, 0x80, 0, 0, 0, 0] }
}

fn feed(socket: &mut Socket) {
    socket.writer().feed_binary(&noise()).unwrap();
}

/// A call that writes, with its name.
type Place = (&'static str, fn(&mut Socket));

/// The places in which a socket writes what waits.
const PLACES: [Place; 12] = [
    ("send", |socket| drop(socket.send_binary(&noise()))),
    ("send a message", |socket| drop(socket.send_message(&Message::binary(noise())))),
    ("send a prepared one", |socket| drop(socket.send_prepared(&Prepared::binary(&noise())))),
    ("send fragments", |socket| {
        socket.start_message(MessageKind::Binary).unwrap();
        let _ = socket.send_fragment(&noise());
        let _ = socket.send_last_fragment(&noise());
    }),
    ("send a ping", |socket| {
        feed(socket);
        let _ = socket.send_ping(b"?");
    }),
    ("flush", |socket| {
        feed(socket);
        let _ = socket.writer().flush();
    }),
    ("feed without room", |socket| {
        feed(socket);
        let _ = socket.feed_binary(&noise());
        let _ = socket.feed_binary(&noise());
    }),
    ("start to close", |socket| {
        feed(socket);
        let _ = socket.writer().start_close(CloseCode::NORMAL, "");
    }),
    ("close", |socket| {
        feed(socket);
        let _ = socket.close_with(CloseCode::NORMAL, "");
    }),
    ("receive", |socket| {
        feed(socket);
        drop(socket.receive().map(drop));
    }),
    ("receive for some time", |socket| {
        feed(socket);
        drop(socket.receive_timeout(3600 * SECOND).map(drop));
    }),
    ("answer a ping", |socket| {
        feed(socket);
        socket.incoming.push(ping(socket.connection().is_client()));
        drop(socket.receive().map(drop));
        drop(socket.receive().map(drop));
    }),
];

/// Receives until the end.
fn ending(socket: &mut Socket) -> Ending {
    loop {
        match socket.receive() {
            Ok(Some((Event::Ended(ending), _))) => return ending.clone(),
            Ok(Some(_)) | Err(Error::Protocol(_)) => {}
            other => {
                other.map(drop).unwrap();
                return socket.writer.ending().expect("an ending").clone();
            }
        }
    }
}

#[test]
fn a_peer_that_takes_nothing_is_ended_by_the_write_deadline_wherever_is_written() {
    begin();
    let mut config = quiet();
    config.write_timeout = Some(5 * SECOND);
    config.limits.output = LEN + LEN / 4;
    for (place, write) in PLACES {
        for (what, _, mut socket) in each_socket(None, config) {
            let start = now();
            write(&mut socket);
            let (ending, took) = (ending(&mut socket), now().since(start));
            assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Write), "{place}: {what}");
            assert!(is_in_time(took, 5 * SECOND), "{place} took {took:?}: {what}");
            assert!(ending.stalled <= SLACK, "{place}: {what}: {ending:?}");
        }
    }
}

#[test]
fn a_shutdown_is_obeyed_wherever_is_written() {
    begin();
    let mut config = quiet();
    config.limits.output = LEN + LEN / 4;
    for reads_each in [None, Some(Duration::from_millis(50))] {
        for (place, write) in PLACES {
            for (what, line, mut socket) in each_socket(reads_each, config) {
                let shutdown = GracefulShutdown::new();
                shutdown.watch(&mut socket);
                let start = now();
                let abort = move || {
                    let closed = shutdown.close_all(CloseCode::GOING_AWAY, "", Duration::ZERO);
                    assert_eq!(closed.unwrap().aborted, 1);
                };
                line.0.borrow_mut().happens = Some((start.after(SECOND), Box::new(abort)));
                write(&mut socket);
                let (ending, took) = (ending(&mut socket), now().since(start));
                let what = format!("{place}: {what}, reads each {reads_each:?}");
                assert!(SECOND <= took && took <= SECOND * 3 / 2, "{what}: took {took:?}");
                assert_eq!(ending.stalled, Duration::ZERO, "{what}");
            }
        }
    }
}

#[test]
fn a_socket_that_is_dropped_waits_for_nobody() {
    begin();
    for reads_each in [None, Some(Duration::from_millis(50)), Some(Duration::from_micros(1))] {
        for (what, _, mut socket) in each_socket(reads_each, quiet()) {
            feed(&mut socket);
            let start = now();
            drop(socket);
            let took = now().since(start);
            assert!(took <= 3 * SLACK, "{what}, reads each {reads_each:?}: took {took:?}");
        }
    }
}

/// What a peer does meanwhile: it sends nothing, or pings at odd times, or an unfinished message.
const MEANWHILE: [(&str, Option<Duration>); 3] = [
    ("silence", None),
    ("pings", Some(Duration::from_millis(730))),
    ("seldom pings", Some(Duration::from_millis(3100))),
];

fn send_pings(line: &Line, client: bool, each: Option<Duration>, until: Duration) {
    let Some(each) = each else { return };
    let mut at = now();
    let end = at.after(until);
    let mut state = line.0.borrow_mut();
    while at < end {
        at = at.after(each);
        state.input.push((at, ping(client).to_vec()));
    }
}

#[test]
fn the_close_deadline_is_in_time_whatever_arrives_meanwhile() {
    begin();
    for seconds in [1, 5, 50] {
        for (meanwhile, each) in MEANWHILE {
            let mut config = quiet();
            config.close_timeout = seconds * SECOND;
            for (what, line, mut socket) in each_socket(Some(Duration::ZERO), config) {
                let start = now();
                send_pings(&line, socket.connection().is_client(), each, 2 * seconds * SECOND);
                let ending = socket.close_with(CloseCode::NORMAL, "").unwrap();
                let (took, what) = (now().since(start), format!("{meanwhile}, {what}"));
                assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Close), "{what}");
                assert!(is_in_time(took, seconds * SECOND), "{what}: took {took:?}");
                assert!(ending.stalled <= SLACK, "{what}: {ending:?}");
            }
        }
    }
}

#[test]
fn the_keepalive_finds_a_silent_peer_in_time() {
    begin();
    for (interval, timeout) in [(1, 7), (5, 50), (30, 20)] {
        let mut config = quiet();
        let mut keepalive = crate::Keepalive::default();
        (keepalive.interval, keepalive.timeout) = (interval * SECOND, timeout * SECOND);
        config.keepalive = Some(keepalive);
        for (what, _, mut socket) in each_socket(Some(Duration::ZERO), config) {
            let start = now();
            let (ending, took) = (ending(&mut socket), now().since(start));
            assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Pong), "{what}");
            assert!(is_in_time(took, (interval + timeout) * SECOND), "{what}: took {took:?}");
            assert!(ending.stalled <= SLACK, "{what}: {ending:?}");
        }
    }
}

#[test]
fn the_deadline_of_a_message_is_in_time_whatever_arrives_meanwhile() {
    begin();
    for (meanwhile, each) in MEANWHILE {
        let mut config = quiet();
        config.message_timeout = Some(10 * SECOND);
        for (what, line, mut socket) in each_socket(Some(Duration::ZERO), config) {
            let start = now();
            let client = socket.connection().is_client();
            let begun: &[u8] = if client { &[2, 1, 7] } else { &[2, 0x81, 0, 0, 0, 0, 7] };
            socket.incoming.push(begun);
            send_pings(&line, client, each, 20 * SECOND);
            let (ending, took) = until_violation(&mut socket, start);
            let what = format!("{meanwhile}, {what}");
            assert!(is_in_time(took, 10 * SECOND), "{what}: took {took:?}");
            assert!(ending.stalled <= SLACK, "{what}: {ending:?}");
        }
    }
}

/// Receives until the close deadline; returns when the Close frame was sent.
fn until_violation(socket: &mut Socket, start: Time) -> (Ending, Duration) {
    while socket.connection().is_open() {
        let until = now();
        let _ = socket.receive_timeout(Duration::from_millis(10)).map(drop);
        assert!(
            now() > until || !socket.connection().is_open() || now().since(start) < 60 * SECOND
        );
    }
    let took = now().since(start);
    socket.abort();
    (ending(socket), took)
}

/// The caller is away when a deadline comes. Only that counts, and not what the peer does.
#[test]
fn a_stall_is_as_long_as_the_caller_was_away() {
    begin();
    for away in [0, 2, 7, 40] {
        for reads_each in [Duration::ZERO, Duration::from_millis(1), Duration::from_millis(900)] {
            let mut config = quiet();
            config.close_timeout = 5 * SECOND;
            for (what, _, mut socket) in each_socket(Some(reads_each), config) {
                socket.writer().feed_binary(&noise()[..500]).unwrap();
                socket.writer.feed_close(CloseCode::NORMAL, "").unwrap();
                go_on(away * SECOND);
                let ending = ending(&mut socket);
                let wanted = (away * SECOND).saturating_sub(5 * SECOND);
                let what = format!("away {away} s, reads each {reads_each:?}, {what}");
                assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Close), "{what}");
                assert!(
                    wanted <= ending.stalled && ending.stalled <= wanted + SLACK,
                    "{what}: {ending:?}"
                );
            }
        }
    }
}
