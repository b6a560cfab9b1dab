//! Every flood stays within the bound, leaves no memory, and takes linear work.

use websocket_proto::frame::OpCode;
use websocket_proto::{Config, Delivery};

use crate::counting::{inside, memory};
use crate::flood::{App, Flood, PLAIN, Peer, Spent};
use crate::floods::{self, CLIENT, HANDSHAKE, OPEN, SERVER, heads};
use crate::function::{self, Use, bound};
use crate::support::CollectingConnection;

const DELIVERIES: [Delivery; 2] = [Delivery::Whole, Delivery::Streaming];

fn floods() -> impl Iterator<Item = Flood> {
    OPEN.into_iter().chain(HANDSHAKE)
}

/// Plays a flood in all ways, and passes what each cost to `on`.
fn each_way(flood: &Flood, units: usize, mut on: impl FnMut(&str, Config, Spent)) {
    for client in flood.clients() {
        for delivery in DELIVERIES {
            let config = flood.config(delivery);
            let what = format!("{}, client {client}, {delivery:?}, {units}", flood.name);
            on(&what, config, flood.play(client, config, units));
        }
    }
}

#[test]
fn memory_is_bounded_and_given_back() {
    for flood in floods() {
        each_way(&flood, 600, |what, config, spent| {
            let most = bound(&config, flood.used(&config));
            let memory = spent.memory;
            assert!(memory.peak.unsigned_abs() <= most, "{what}: {memory:?}, not {most}");
            assert_eq!(memory.held, 0, "{what}");
        });
    }
}

/// Four times the units cost at most four times as much, plus what memory that doubles has in
/// reserve.
#[test]
fn work_is_linear() {
    for flood in floods() {
        for client in flood.clients() {
            for delivery in DELIVERIES {
                let config = flood.config(delivery);
                let [once, four] = [150, 600].map(|units| flood.play(client, config, units));
                let what = format!("{}, client {client}, {delivery:?}", flood.name);
                check_linear(&what, once, four);
            }
        }
    }
}

fn check_linear(what: &str, once: Spent, four: Spent) {
    let memory = |spent: &Spent| spent.memory.asked + spent.memory.moved;
    for (kind, once, four) in [
        ("calls", once.calls, four.calls),
        ("events", once.events, four.events),
        ("allocations", once.memory.allocations, four.memory.allocations),
        ("bytes asked for and moved", memory(&once), memory(&four)),
    ] {
        assert!(four <= 5 * once + 200, "{what}: {once} and {four} {kind}");
    }
}

/// Heads, which are parsed when they are complete.
#[test]
fn heads_are_linear() {
    let mut config = SERVER.config(Delivery::Whole);
    config.limits.head = 1 << 20;
    config.deflate = Some(Default::default());
    let [once, four] = [300, 1200].map(heads);
    for (once, four) in once.into_iter().zip(four) {
        let what = String::from_utf8_lossy(&once[..200]).into_owned();
        let [once, four] = [once, four].map(|head| SERVER.play_reads(false, config, [head]));
        check_linear(&what, once, four);
    }
}

/// A keepalive whose pings cannot be written, without a deadline that ends the connection.
#[test]
fn pings_of_our_own_do_not_pile_up() {
    let flood = Flood {
        change: |config| (config.write_timeout, config.limits.output) = (None, 0),
        unit: |peer, _| peer.frame(true, OpCode::Text, b"x"),
        app: App::Waits,
        ..PLAIN
    };
    let config = flood.config(Delivery::Whole);
    let [few, many] = [10, 30_000].map(|units| flood.play(false, config, units).memory.peak);
    assert_eq!(few, many);
}

/// Checks that a flood reaches at least half of what one part of the bound allows; returns what it
/// reaches.
fn expect(what: &str, allowed: usize, flood: Flood, config: Config, reads: Vec<Vec<u8>>) -> usize {
    let spent = flood.play_reads(true, config, reads);
    let reached = spent.memory.peak as usize - Use::default().window;
    assert!(reached >= allowed / 2, "{what}: {reached} of {allowed}");
    reached
}

const SERVER_AS_PEER: Peer = Peer { is_client: false };

fn noise(numbers: u32) -> String {
    (0..numbers).map(|at| at.wrapping_mul(2_654_435_761).to_string()).collect()
}

/// A message that grows moves from memory that is full to memory for the longest message, not to
/// twice as much.
#[test]
fn message_reaches_half_of_what_it_may() {
    let config = PLAIN.config(Delivery::Whole);
    let most = vec![b'x'; config.limits.message as usize - 1];
    let first = SERVER_AS_PEER.frame(false, OpCode::Binary, most);
    let second = SERVER_AS_PEER.frame(false, OpCode::Continuation, b"x");
    let allowed = function::message(&config, false);
    let reached = expect("message", allowed, PLAIN, config, vec![first, second]);
    assert!(reached <= allowed + function::REST, "{reached} of {allowed}");
}

#[test]
fn head_reaches_half_of_what_it_may() {
    let mut config = PLAIN.config(Delivery::Whole);
    config.limits.refusal_body = 17_000;
    let head = format!("HTTP/1.1 503 No\r\nX: {}\r\n\r\n", "x".repeat(16_000));
    let reads = head.bytes().map(|byte| vec![byte]).chain((0..17_000).map(|_| vec![b'b']));
    expect("head", function::head(&config), CLIENT, config, reads.collect());
}

#[test]
fn compression_reaches_half_of_what_it_may() {
    let echo = Flood { app: App::Echoes, compressed: true, ..PLAIN };
    let config = echo.config(Delivery::Whole);
    let mut messages = SERVER_AS_PEER.frame(true, OpCode::Text, &noise(4000)[..30_000]);
    messages.extend(floods::compressed(SERVER_AS_PEER, true, &floods::ZEROS));
    let allowed = function::inflate() + function::deflate(&config);
    expect("compression", allowed, echo, config, vec![messages]);

    let reads = Flood { compressed: true, ..PLAIN };
    let mut config = reads.config(Delivery::Streaming);
    config.limits.message = 1 << 20;
    let payload = floods::deflated(noise(60_000).as_bytes());
    let message = floods::compressed(SERVER_AS_PEER, true, &payload);
    expect("chunk", function::message(&config, true), reads, config, vec![message]);
}

/// The output reaches its part as well, with messages of the application.
#[test]
fn output_reaches_half_of_what_it_may() {
    let config = PLAIN.config(Delivery::Whole);
    let longest = 200_000;
    let mut side = CollectingConnection::server(config);
    let most = memory(|| {
        let short = vec![7; 1000];
        inside(|| side.connection.send_binary(&vec![7; longest], &mut side.outgoing)).unwrap();
        inside(|| side.outgoing.advance(longest - config.limits.output));
        while inside(|| side.connection.send_binary(&short, &mut side.outgoing)).is_ok() {}
        inside(|| side.outgoing.advance(10_000));
        inside(|| side.connection.send_binary(&vec![7; longest], &mut side.outgoing)).unwrap();
    });
    let allowed = function::output(&config, longest);
    assert!(most.peak as usize >= allowed / 2, "{most:?} of {allowed}");
    assert!(most.peak as usize <= allowed, "{most:?} of {allowed}");
}
