//! Deadlines over streams that buffer, and how late they may be.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use websocket_proto::io::blocking::GracefulShutdown;
use websocket_proto::{CloseCode, Config, Ending, Event};

use crate::peer::{GUARD, Side, Socket, open, write};
use crate::support::{ping, text};

const SECOND: Duration = Duration::from_secs(1);

fn seconds() -> Config {
    let mut config = Config::default();
    let keepalive = config.keepalive.as_mut().unwrap();
    (keepalive.interval, keepalive.timeout) = (SECOND, SECOND);
    (config.close_timeout, config.write_timeout) = (SECOND, Some(SECOND));
    config
}

fn echo(mut socket: Socket) -> Option<Ending> {
    while let Ok(Some((event, reply))) = socket.receive() {
        match event {
            // The ending tells the result.
            Event::Text(text) => drop(reply.feed_text(text)),
            Event::Ended(ending) => return Some(ending.clone()),
            _ => {}
        }
    }
    None
}

#[test]
fn a_tls_peer_that_takes_nothing_is_ended_by_the_write_deadline() {
    let (socket, mut peer) = open(Side::Server, true, seconds());
    peer.inner().set_write_timeout(Some(SECOND)).unwrap();
    let start = Instant::now();
    let echoing = thread::spawn(move || echo(socket));
    let messages = text(vec![b'a'; 60_000]).repeat(10);
    while start.elapsed() < GUARD && !echoing.is_finished() {
        if peer.write_all(&messages).is_err() {
            thread::sleep(Duration::from_millis(10));
        }
    }
    let took = start.elapsed();
    assert!(echoing.is_finished(), "it hangs");
    assert!(echoing.join().unwrap().is_some());
    assert!(took < Duration::from_secs(8), "{took:?}");
}

#[test]
fn a_short_message_that_tls_holds_back_is_ended_by_the_write_deadline() {
    let (mut socket, peer) = open(Side::Server, true, seconds());
    // As much as fits into the buffer of TLS after those of the system are full.
    let start = Instant::now();
    while socket.send_binary(&[7; 10_000]).is_ok() {
        assert!(start.elapsed() < GUARD, "it hangs");
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    drop(peer);
}

/// Reads far less than is sent.
fn slow(stream: &mut TcpStream) {
    let mut space = [0; 1 << 10];
    while matches!(std::io::Read::read(stream, &mut space), Ok(1..)) {
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_ping_holds_up_no_shutdown() {
    let (mut socket, mut peer) = open(Side::Server, false, Config::default());
    let shutdown = GracefulShutdown::new();
    shutdown.watch(&mut socket);
    write(&mut peer, &[text("more"), ping("?")].concat());
    let serving = thread::spawn(move || {
        let Ok(Some((Event::Text("more"), reply))) = socket.receive() else { panic!() };
        reply.feed_binary(&vec![0; 40 << 20]).unwrap();
        while matches!(socket.receive(), Ok(Some(_))) {}
        Instant::now()
    });
    let line = peer.inner().try_clone().unwrap();
    let reading = thread::spawn(move || slow(peer.inner_mut()));
    thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    let summary =
        shutdown.close_all(CloseCode::GOING_AWAY, "", Duration::from_millis(300)).unwrap();
    assert_eq!((summary.clean, summary.aborted), (0, 1));
    let took = serving.join().unwrap().saturating_duration_since(start);
    assert!(took < Duration::from_secs(5), "{took:?}");
    line.shutdown(Shutdown::Both).unwrap();
    reading.join().unwrap();
}

/// Ends a silent peer after eight seconds; returns how late that was, and for how much of it the
/// ending accounts as a stall.
fn lateness() -> [Duration; 2] {
    let mut config = Config::default();
    let keepalive = config.keepalive.as_mut().unwrap();
    (keepalive.interval, keepalive.timeout) = (SECOND, 7 * SECOND);
    let (socket, peer) = open(Side::Server, false, config);
    let start = Instant::now();
    let ending = echo(socket).unwrap();
    drop(peer);
    [start.elapsed().saturating_sub(8 * SECOND), ending.stalled]
}

#[test]
fn deadlines_come_in_time_and_nothing_stalled() {
    // The system's timers are coarse, and how late one is depends on when it was set.
    let begin = |number| {
        thread::sleep(number * Duration::from_millis(60));
        thread::spawn(lateness)
    };
    let begun: Vec<_> = (0..8).map(begin).collect();
    let seen: Vec<_> = begun.into_iter().map(|thread| thread.join().unwrap()).collect();
    // On a busy machine one or the other may be late.
    let half = |of: usize| {
        let mut times: Vec<_> = seen.iter().map(|times| times[of]).collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    let [late, stalled] = [half(0), half(1)];
    assert!(late < Duration::from_millis(200), "{late:?}");
    assert!(stalled < Duration::from_millis(100), "{stalled:?}");
}
