//! Slow peers, which still read what was written while a ping waits behind it (T14).

mod support;

use std::collections::VecDeque;
use std::time::Duration;

use support::{ManualConnection, pong, secs, text};
use websocket_proto::{Config, Time};

const MILLI: Duration = Duration::from_millis(1);
const MEGABYTE: usize = 1_000_000;
/// What a slow peer receives in a second.
const SECONDS_WORTH: usize = 16 << 10;

/// A server that sends `len` bytes after 30 s, all of which the transport takes. Then it pings.
fn burst_before_the_ping(len: usize) -> ManualConnection {
    let mut server = ManualConnection::server(Config::default());
    send(&mut server, secs(30) - MILLI, len);
    assert!(server.at(secs(30)).is_empty());
    assert_eq!(server.words(&server.outgoing.pending().concat()).len(), 1);
    server.take_all_output();
    server
}

/// Sends a frame of `len` bytes.
fn send(server: &mut ManualConnection, at: Duration, len: usize) {
    let header = if len < 1 << 16 { 4 } else { 10 };
    assert!(server.at(at).is_empty());
    server.connection.send_binary(&vec![0; len - header], &mut server.outgoing).unwrap();
    server.take_all_output();
    assert!(server.events().is_empty());
}

#[track_caller]
fn ends_at(server: &mut ManualConnection, at: Duration) {
    assert!(server.at(at - 2 * MILLI).is_empty());
    assert_eq!(server.at(at), ["ended TimedOut(Pong)"]);
}

#[test]
fn t14_the_pong_has_the_time_that_the_bytes_before_the_ping_take() {
    for seconds in [1, 10, 100] {
        let mut server = burst_before_the_ping(seconds * SECONDS_WORTH);
        ends_at(&mut server, secs(50 + seconds as u64));
    }
}

#[test]
fn t14_no_more_is_expected_to_be_under_way_than_4_mib() {
    let mut server = burst_before_the_ping(64 << 20);
    ends_at(&mut server, secs(50 + 256));
}

#[test]
fn t14_what_was_written_long_ago_has_arrived() {
    let mut server = ManualConnection::server(Config::default());
    send(&mut server, MILLI, 20 * SECONDS_WORTH);
    assert!(server.at(secs(30)).is_empty());
    ends_at(&mut server, secs(50));
}

#[test]
fn t14_what_is_written_after_the_ping_gives_it_no_more_time() {
    let mut server = burst_before_the_ping(10 * SECONDS_WORTH);
    for second in 31..60 {
        send(&mut server, secs(second), SECONDS_WORTH);
    }
    ends_at(&mut server, secs(60));
}

#[test]
fn t14_the_pong_tells_that_everything_before_the_ping_has_arrived() {
    let mut server = burst_before_the_ping(100 * SECONDS_WORTH);
    send(&mut server, secs(31), 10 * SECONDS_WORTH);
    server.now = Time::new(secs(32));
    server.receive(pong([0, 0, 0, 0, 0, 0, 0, 1]));
    // The next ping, when those ten seconds are over as well.
    assert!(server.at(secs(62)).is_empty());
    server.take_all_output();
    ends_at(&mut server, secs(82));
}

#[test]
fn t14_other_input_tells_nothing_of_what_has_arrived() {
    let mut server = burst_before_the_ping(100 * SECONDS_WORTH);
    server.now = Time::new(secs(31));
    server.receive(text("busy"));
    assert!(server.at(secs(61)).is_empty());
    server.take_all_output();
    ends_at(&mut server, secs(150));
}

#[test]
fn t14_what_waits_before_the_ping_counts_as_well() {
    let mut server = ManualConnection::server(Config::default());
    let waiting = vec![0; 50 * SECONDS_WORTH];
    server.connection.send_binary(&waiting, &mut server.outgoing).unwrap();
    assert!(server.events().is_empty());
    assert!(server.at(secs(30)).is_empty());
    server.take_all_output();
    assert!(server.at(secs(99)).is_empty());
    assert_eq!(server.at(secs(101)), ["ended TimedOut(Pong)"]);
}

#[test]
fn t14_the_pong_does_not_hide_that_output_has_moved() {
    let mut config = Config::default();
    config.write_timeout = Some(secs(60));
    config.keepalive.as_mut().unwrap().timeout = secs(1000);
    let mut server = ManualConnection::server(config);
    assert!(server.at(secs(30)).is_empty());
    server.connection.send_binary(&[0; 100], &mut server.outgoing).unwrap();
    server.now = Time::new(secs(80));
    // The ping alone leaves.
    assert_eq!(server.take_output(10).len(), 10);
    server.receive(pong([0, 0, 0, 0, 0, 0, 0, 1]));
    assert!(server.at(secs(139)).is_empty());
    assert_eq!(server.at(secs(140)), ["ended TimedOut(Write)"]);
}

/// A peer that makes the pong up has not taken a byte.
#[test]
fn t14_a_pong_before_its_ping_was_written_is_no_output_that_moves() {
    let mut config = Config::default();
    config.write_timeout = Some(secs(60));
    config.keepalive.as_mut().unwrap().timeout = secs(1000);
    let mut server = ManualConnection::server(config);
    assert!(server.at(secs(30)).is_empty());
    server.now = Time::new(secs(80));
    server.receive(pong([0, 0, 0, 0, 0, 0, 0, 1]));
    assert_eq!(server.at(secs(90)), ["ended TimedOut(Write)"]);
}

/// The buffers of the system: they take 4 MB, and more when a third of that is free.
#[derive(Default)]
struct Buffers {
    bytes: VecDeque<u8>,
    full: bool,
}

impl Buffers {
    const SIZE: usize = 4 << 20;

    fn take(&mut self, server: &mut ManualConnection) {
        if !self.full || self.bytes.len() <= Self::SIZE * 2 / 3 {
            self.bytes.extend(server.take_output(Self::SIZE - self.bytes.len()));
            self.full = !server.outgoing.is_empty();
        }
    }

    fn read(&mut self, most: usize) -> Vec<u8> {
        self.bytes.drain(..most.min(self.bytes.len())).collect()
    }
}

/// What the server sees while a peer reads `rate` bytes in a second, for `seconds`.
fn played(rate: usize, messages: usize, seconds: u64) -> Vec<String> {
    let mut config = Config::default();
    let mut server = ManualConnection::server(config);
    config.keepalive = None;
    let (mut peer, mut buffers) = (ManualConnection::client(config), Buffers::default());
    let (mut left, mut words) = (messages, Vec::new());
    for second in 0..seconds {
        if left > 0
            && server.connection.send_binary(&vec![0; MEGABYTE], &mut server.outgoing).is_ok()
        {
            left -= 1;
        }
        buffers.take(&mut server);
        words.extend(server.at(secs(second)));
        peer.receive(buffers.read(rate));
        words.extend(server.receive(peer.take_all_output()));
    }
    words
}

#[test]
fn slow_peers_live() {
    for (rate, messages) in [(20, 10), (40, 10), (100, 10), (20, 3), (40, 3)] {
        let seconds = messages * 1000 / rate + 100;
        let words = played(rate * 1000, messages, seconds as u64);
        assert!(!words.is_empty());
        assert!(words.iter().all(|word| word.starts_with("pong")), "{rate} {words:?}");
    }
}

#[test]
fn a_peer_that_reads_nothing_is_found_in_time() {
    assert_eq!(played(0, 10, 130), ["ended TimedOut(Write)"]);
    assert_eq!(played(0, 3, 280), ["ended TimedOut(Pong)"]);
}
