//! Output in flight: bytes that a writer owns until they are written.

#[path = "../support/mod.rs"]
mod support;

#[cfg(feature = "std")]
mod handed_over;
mod same_bytes;

use std::time::Duration;

use bytes::Bytes;
use support::{ManualConnection, masked, ping, secs};
use websocket_proto::frame::OpCode;
use websocket_proto::{Config, Outgoing, Prepared, SendError};

fn server() -> ManualConnection {
    ManualConnection::server(Config::default())
}

fn send(raw: &mut ManualConnection, text: &str) {
    raw.connection.send_text(text, &mut raw.outgoing).unwrap();
}

/// The pieces that can be taken, each in the words of dialogues.
fn take(raw: &mut ManualConnection) -> Vec<Vec<String>> {
    let pieces = raw.outgoing.take_in_flight();
    pieces.iter().map(|piece| raw.words(piece)).collect()
}

#[test]
fn what_is_in_flight_counts_until_it_is_written() {
    let mut raw = server();
    send(&mut raw, "one");
    let pieces = raw.outgoing.take_in_flight();
    assert_eq!(pieces, [&b"\x81\x03one"[..]]);
    assert!(raw.outgoing.take_in_flight().is_empty());
    send(&mut raw, "a");
    let outgoing = &mut raw.outgoing;
    assert_eq!((outgoing.len(), outgoing.in_flight(), outgoing.written()), (8, 5, 0));
    outgoing.advance(2);
    assert_eq!((outgoing.len(), outgoing.in_flight(), outgoing.written()), (6, 3, 2));
    assert!(!outgoing.is_empty());
    outgoing.advance(3);
    assert_eq!((outgoing.len(), outgoing.in_flight(), outgoing.written()), (3, 0, 5));
    assert_eq!(outgoing.first_piece(), b"\x81\x01a");
}

#[test]
fn several_are_in_flight_and_are_written_in_order() {
    let mut raw = server();
    for text in ["one", "second", "3"] {
        send(&mut raw, text);
        assert_eq!(take(&mut raw), [[format!("sends text {text:?}")]]);
    }
    raw.outgoing.advance(6);
    assert_eq!((raw.outgoing.in_flight(), raw.outgoing.written()), (10, 6));
    raw.outgoing.advance(10);
    assert!(raw.outgoing.is_empty());
}

#[test]
fn nothing_else_is_shown_or_counted_meanwhile() {
    let mut raw = server();
    send(&mut raw, "taken");
    let pieces = raw.outgoing.take_in_flight();
    send(&mut raw, "waits");
    raw.receive(ping("p"));
    assert_eq!(raw.outgoing.pending(), [&[][..]; Outgoing::PIECES]);
    assert!(raw.outgoing.first_piece().is_empty());
    // More than was taken cannot have been written.
    raw.outgoing.advance(usize::MAX);
    assert_eq!(raw.outgoing.written(), pieces[0].len() as u64);
    let rest = raw.take_all_output();
    assert_eq!(raw.words(&rest), ["sends pong \"p\"", "sends text \"waits\""]);
}

#[test]
fn what_is_in_flight_fills_the_output() {
    let mut config = Config::default();
    config.limits.output = 6;
    let mut raw = ManualConnection::server(config);
    send(&mut raw, "five!");
    let pieces = raw.outgoing.take_in_flight();
    let refused = raw.connection.send_text("a", &mut raw.outgoing);
    assert_eq!((pieces[0].len(), refused), (7, Err(SendError::Full)));
    raw.outgoing.advance(1);
    send(&mut raw, "a");
}

#[test]
fn what_stays_in_flight_is_given_up() {
    let mut config = Config::default();
    (config.keepalive, config.write_timeout) = (None, Some(secs(20)));
    let mut raw = ManualConnection::server(config);
    send(&mut raw, "never written");
    let pieces = raw.outgoing.take_in_flight();
    assert!(raw.at(Duration::ZERO).is_empty());
    raw.outgoing.advance(1);
    assert!(raw.at(secs(10)).is_empty());
    assert!(raw.at(secs(29)).is_empty(), "a byte was written meanwhile");
    assert_eq!(raw.at(secs(30)), ["ended TimedOut(Write)"]);
    // A loop that waits for what is in flight has nothing to wait for.
    assert!(raw.outgoing.is_empty());
    assert_eq!((raw.outgoing.len(), raw.outgoing.in_flight()), (0, 0));
    raw.outgoing.advance(pieces[0].len());
    assert_eq!(raw.outgoing.written(), 1);
}

#[test]
fn shared_frames_are_taken_without_a_copy() {
    let large = Prepared::binary(&[7; 600]);
    let mut raw = server();
    send(&mut raw, "before");
    for _ in 0..2 {
        raw.connection.send_prepared(&large, &mut raw.outgoing).unwrap();
    }
    send(&mut raw, "after");
    let pieces = raw.outgoing.take_in_flight();
    assert_eq!(pieces.iter().map(Bytes::len).collect::<Vec<_>>(), [8, 604, 604, 7]);
    assert_eq!(pieces[1][4..].as_ptr(), large.payload().as_ptr());
    // Neither is the rest of one that is partly written.
    raw.outgoing.advance(usize::MAX);
    raw.connection.send_prepared(&large, &mut raw.outgoing).unwrap();
    raw.outgoing.advance(100);
    let pieces = raw.outgoing.take_in_flight();
    assert_eq!(pieces[0].as_ptr(), large.payload()[96..].as_ptr());
}

#[test]
fn pongs_are_taken_at_the_end_of_the_frame_that_is_being_written() {
    let mut raw = server();
    send(&mut raw, "one");
    send(&mut raw, "two");
    raw.outgoing.advance(2);
    raw.receive(ping("p"));
    let pieces = raw.outgoing.take_in_flight();
    assert_eq!(pieces, [&b"one"[..], b"\x8A\x01p", b"\x81\x03two"]);
    // A pong that is partly written goes on, and the next one follows it.
    raw.outgoing.advance(usize::MAX);
    raw.receive(ping("q"));
    raw.outgoing.advance(1);
    raw.receive(ping("r"));
    send(&mut raw, "3");
    let pieces = raw.outgoing.take_in_flight();
    assert_eq!(pieces, [&b"\x01q"[..], b"\x8A\x01r", b"\x81\x013"]);
    assert_eq!(raw.outgoing.len(), 8);
}

#[test]
fn a_pong_that_is_in_flight_is_not_replaced() {
    let mut raw = server();
    for payload in ["one", "two", "three"] {
        raw.receive(ping(payload));
        if payload != "two" {
            let newest = format!("sends pong {payload:?}");
            assert_eq!(take(&mut raw), [[newest]]);
        }
    }
    // The totals have what was sent: not the second.
    assert_eq!(raw.connection.totals().sent.wire_bytes, raw.outgoing.len() as u64);
}

#[test]
fn nothing_follows_a_close_frame_in_flight() {
    let mut raw = server();
    send(&mut raw, "last");
    raw.outgoing.advance(3);
    raw.receive(masked(true, OpCode::Text, "a").split_at(3).0);
    raw.connection.start_close(raw.now, 1000.into(), "", &mut raw.outgoing).unwrap();
    assert_eq!(raw.outgoing.take_in_flight(), [&b"ast\x88\x02\x03\xE8"[..]]);
    raw.receive(&masked(true, OpCode::Text, "a")[3..]);
    raw.receive(ping("late"));
    assert_eq!(raw.outgoing.in_flight(), raw.outgoing.len());
    raw.outgoing.advance(usize::MAX);
    assert!(raw.outgoing.is_empty());
}

#[test]
fn a_flood_of_pings_costs_no_more_than_the_pieces_in_flight() {
    let (mut raw, mut taken) = (server(), 0);
    for _ in 0..10_000 {
        raw.receive(ping("p".repeat(125)));
        taken += raw.outgoing.take_in_flight().len();
    }
    assert_eq!(taken, Outgoing::MAX_IN_FLIGHT);
    assert_eq!(raw.outgoing.len(), 127 * (taken + 1));
    assert!(raw.outgoing.heap() < 8_000, "{}", raw.outgoing.heap());
    raw.outgoing.advance(127);
    assert_eq!(raw.outgoing.take_in_flight().len(), 1);
}

#[test]
fn memory_that_was_written_is_used_again() {
    for len in [1000, 1 << 20] {
        let (mut raw, text) = (server(), "x".repeat(len));
        let mut takes = (0..6).map(|_| {
            send(&mut raw, &text);
            let pieces = raw.outgoing.take_in_flight();
            let at = pieces[0].as_ptr();
            drop(pieces);
            raw.outgoing.advance(usize::MAX);
            assert!((len..5 * len).contains(&raw.outgoing.heap()), "{}", raw.outgoing.heap());
            at
        });
        let first_two = [takes.next(), takes.next()];
        for two in [[takes.next(), takes.next()], [takes.next(), takes.next()]] {
            assert_eq!(two, first_two);
        }
        drop(takes);
        raw.outgoing.shrink();
        assert_eq!(raw.outgoing.heap(), 0);
    }
}

#[test]
fn the_end_of_a_failed_connection_is_written_after_what_is_in_flight() {
    let mut raw = server();
    send(&mut raw, "in flight");
    let mut wire = raw.outgoing.take_in_flight().concat();
    assert_eq!(raw.receive([0xFF, 0xFF]), ["failed ReservedBits"]);
    wire.extend(raw.outgoing.take_in_flight().concat());
    assert_eq!(raw.words(&wire), ["sends text \"in flight\"", "sends close 1002 \"\""]);
    raw.outgoing.advance(wire.len());
    assert!(raw.outgoing.is_empty());
    raw.connection.receive_eof();
    assert_eq!(raw.events(), ["ended Failed(ReservedBits)"]);
}
