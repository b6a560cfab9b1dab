//! Peers that read slowly and answer every ping, and peers that have stopped: over sockets of the
//! system, by every adapter, in plain and over TLS.
//!
//! The tests that everybody runs have all times divided by ten. Those with the default times take
//! up to ten minutes, for which they run all adapters at once:
//!
//! ```sh
//! cargo test --all-features --test slow_peers -- --ignored --nocapture
//! ```
#![cfg(all(feature = "tls", feature = "tokio", feature = "smol"))]

mod peer;
mod server;

use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use websocket_proto::{Config, Deadline, EndCause};

use peer::Peer;
use server::{Outcome, Program, programs};

const KILOBYTE: usize = 1_000;
const MEGABYTE: usize = 1_000 * KILOBYTE;
const SECOND: Duration = Duration::from_secs(1);

/// What a server sends, and to whom.
#[derive(Clone, Copy, Debug)]
struct Case {
    config: Config,
    messages: usize,
    /// The bytes of each message.
    len: usize,
    peer: Peer,
}

/// Plays a case with every program at once.
fn play(case: Case) -> Vec<(Program, Outcome)> {
    let playing =
        programs().map(|program| thread::spawn(move || (program, play_one(case, program))));
    let playing: Vec<_> = playing.collect();
    playing.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn play_one(case: Case, program: Program) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let certificate = server::certificate();
    let authority = certificate.0.clone();
    let (over, is_over) = mpsc::channel();
    let peer = thread::spawn(move || {
        let trusted = program.tls.then_some(authority.as_str());
        case.peer.run(address, trusted, case.messages, is_over);
    });
    let outcome = server::run(listener.accept().unwrap().0, &certificate, program, case);
    drop(over);
    println!("{program:?} {} kB/s: {outcome:?}", case.peer.rate / KILOBYTE);
    peer.join().unwrap();
    outcome
}

/// The default times, divided by ten.
fn tenth() -> Config {
    let mut config = Config::default();
    config.write_timeout = config.write_timeout.map(|timeout| timeout / 10);
    let keepalive = config.keepalive.as_mut().unwrap();
    (keepalive.interval, keepalive.timeout) = (keepalive.interval / 10, keepalive.timeout / 10);
    config
}

fn check_all_live(case: Case) {
    for (program, outcome) in play(case) {
        assert_eq!(outcome.cause, EndCause::Clean, "{program:?} {outcome:?}");
    }
}

fn check_all_end(case: Case, deadline: Deadline, within: Duration) {
    for (program, outcome) in play(case) {
        assert_eq!(outcome.cause, EndCause::TimedOut(deadline), "{program:?} {outcome:?}");
        assert!(outcome.took < within, "{program:?} {outcome:?}");
    }
}

/// Everything is in the buffers of the system at once, and the ping behind it.
#[test]
fn a_slow_peer_that_still_reads_what_the_system_holds_lives() {
    let peer = Peer { rate: 400 * KILOBYTE, stops_after: None };
    check_all_live(Case { config: tenth(), messages: 3, len: MEGABYTE, peer });
}

/// The buffers of the system are full, and take more only in large pieces.
#[test]
fn a_slow_peer_that_is_written_to_lives() {
    let peer = Peer { rate: 300 * KILOBYTE, stops_after: None };
    check_all_live(Case { config: tenth(), messages: 6, len: MEGABYTE, peer });
}

#[test]
fn a_peer_that_has_stopped_is_found_while_it_is_written_to() {
    let mut config = Config::default();
    (config.write_timeout, config.keepalive) = (Some(8 * SECOND), None);
    let peer = Peer { rate: 10 * MEGABYTE, stops_after: Some(MEGABYTE) };
    let case = Case { config, messages: 10, len: 2 * MEGABYTE, peer };
    // One deadline, and not another one after it.
    check_all_end(case, Deadline::Write, 15 * SECOND);
}

#[test]
fn a_peer_that_has_stopped_is_found_by_the_ping() {
    let mut config = Config::default();
    let keepalive = config.keepalive.as_mut().unwrap();
    (keepalive.interval, keepalive.timeout) = (SECOND / 2, SECOND / 2);
    // The time for this message is four seconds.
    let peer = Peer { rate: MEGABYTE, stops_after: Some(KILOBYTE) };
    let case = Case { config, messages: 1, len: 64 << 10, peer };
    check_all_end(case, Deadline::Pong, 15 * SECOND);
}

/// Ten megabytes each at 20, 40 and 100 kB/s, and three of them at once.
#[test]
#[ignore = "takes ten minutes"]
fn slow_peers_live_with_the_default_times() {
    let playing = [(20, 10), (40, 10), (100, 10), (20, 3), (40, 3)].map(|(rate, messages)| {
        let peer = Peer { rate: rate * KILOBYTE, stops_after: None };
        let case = Case { config: Config::default(), messages, len: MEGABYTE, peer };
        thread::spawn(move || check_all_live(case))
    });
    let played = playing.map(thread::JoinHandle::join);
    assert!(played.iter().all(Result::is_ok));
}

/// Peers that stop after a megabyte: while they are written to, and when all was written.
#[test]
#[ignore = "takes six minutes"]
fn peers_that_have_stopped_are_found_with_the_default_times() {
    let start = Instant::now();
    let peer = Peer { rate: 10 * MEGABYTE, stops_after: Some(MEGABYTE) };
    let case = Case { config: Config::default(), messages: 10, len: 2 * MEGABYTE, peer };
    let playing = [(case, Deadline::Write), (Case { messages: 1, ..case }, Deadline::Pong)]
        .map(|(case, deadline)| thread::spawn(move || check_all_end(case, deadline, 350 * SECOND)));
    let played = playing.map(thread::JoinHandle::join);
    println!("{:?}", start.elapsed());
    assert!(played.iter().all(Result::is_ok));
}
