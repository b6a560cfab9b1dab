//! What connections count of what they send and receive, against dialogues that were counted by
//! hand.

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{
    CollectingConnection, ManualConnection, binary, cases, close, continuation, frame, masked,
    ping, plain_entropy, pong, text,
};
use websocket_proto::frame::OpCode;
use websocket_proto::handshake::{Acceptance, ClientRequest, Rejection};
use websocket_proto::*;

/// Messages, frames, bytes of payload and bytes on the wire.
fn in_numbers(traffic: Traffic) -> [u64; 4] {
    [traffic.messages, traffic.frames, traffic.payload_bytes, traffic.wire_bytes]
}

fn sent(side: &ManualConnection) -> [u64; 4] {
    in_numbers(side.connection.totals().sent)
}

fn received(side: &ManualConnection) -> [u64; 4] {
    in_numbers(side.connection.totals().received)
}

#[test]
fn a_server_counts_what_arrives_and_what_it_answers() {
    let mut server = ManualConnection::server(Config::default());
    assert_eq!(server.connection.totals(), Totals::default());
    server.receive(text("Hello"));
    assert_eq!(received(&server), [1, 1, 5, 11]);
    // A header of 4 bytes from 126 bytes of payload on.
    server.receive(binary([0; 200]));
    assert_eq!(received(&server), [2, 2, 205, 219]);
    server.receive(masked(false, OpCode::Text, "ab"));
    assert_eq!(received(&server)[..2], [2, 3]);
    server.receive(ping("x"));
    server.receive(continuation(true, "cd"));
    // 8 and 8 bytes of fragments, and 7 of the ping between them.
    assert_eq!(received(&server), [3, 5, 210, 242]);
    assert_eq!(sent(&server), [0, 1, 1, 3], "the pong");
    server.receive(close(1000, "bye"));
    assert_eq!(received(&server), [3, 6, 215, 253]);
    assert_eq!(sent(&server), [0, 2, 3, 7], "the answer has the code alone");
    assert_eq!(server.take_all_output().len(), 7);
}

#[test]
fn a_client_counts_its_masks() {
    let mut client = ManualConnection::client(Config::default());
    let ManualConnection { connection, outgoing, now, .. } = &mut client;
    connection.send_text("Hello", outgoing).unwrap();
    connection.send_binary(&[0; 70_000], outgoing).unwrap();
    connection.send_ping(b"", outgoing).unwrap();
    connection.start_message(MessageKind::Text).unwrap();
    connection.send_fragment(b"", outgoing).unwrap();
    connection.send_fragment(b"abc", outgoing).unwrap();
    connection.send_last_fragment(b"", outgoing).unwrap();
    connection.send_prepared(&Prepared::text("news"), outgoing).unwrap();
    connection.start_close(*now, CloseCode::NORMAL, "bye", outgoing).unwrap();
    let wire = 11 + 70_014 + 6 + 9 + 6 + 10 + 11;
    assert_eq!(sent(&client), [4, 7, 5 + 70_000 + 3 + 4 + 5, wire]);
    assert_eq!(client.take_all_output().len() as u64, wire);
}

#[test]
fn refused_calls_count_nothing() {
    let config = || {
        let mut config = Config::default();
        config.limits.output = 0;
        config
    };
    let mut server = ManualConnection::server(config());
    let ManualConnection { connection, outgoing, now, .. } = &mut server;
    connection.send_text("x", outgoing).unwrap();
    assert_eq!(connection.send_text("x", outgoing), Err(SendError::Full));
    assert_eq!(connection.send_ping(&[0; 126], outgoing), Err(SendError::Full));
    let long = "x".repeat(124);
    assert!(connection.start_close(*now, CloseCode::NORMAL, &long, outgoing).is_err());
    assert_eq!(sent(&server), [1, 1, 1, 3]);
}

#[test]
fn a_long_message_counts_once_it_is_complete_and_its_bytes_as_they_arrive() {
    let mut client = ManualConnection::client(Config::default());
    let message = frame(true, OpCode::Binary, vec![0; 300_000]);
    for (at, part) in message.chunks(1000).enumerate() {
        let before = (at * 1000) as u64;
        assert_eq!(received(&client), [0, 0, 0, before]);
        client.receive(part);
    }
    assert_eq!(received(&client), [1, 1, 300_000, 300_010]);
}

#[test]
fn chunks_count_as_they_are_delivered() {
    let mut config = Config::default();
    config.delivery = Delivery::Streaming;
    let mut server = ManualConnection::server(config);
    let message = binary([0; 100]);
    server.receive(&message[..56]);
    assert_eq!(received(&server), [0, 0, 50, 56]);
    server.receive(&message[56..]);
    assert_eq!(received(&server), [1, 1, 100, 106]);
}

#[test]
fn a_pong_that_gives_way_to_a_newer_one_was_not_sent() {
    let mut server = ManualConnection::server(Config::default());
    server.receive(ping("first"));
    assert_eq!(sent(&server), [0, 1, 5, 7]);
    server.receive(ping("2"));
    assert_eq!(sent(&server), [0, 1, 1, 3]);
    // One that has begun to leave stays, and the next waits after it.
    let mut written = server.take_output(1);
    server.receive(ping("third"));
    server.receive(ping("no. 4"));
    assert_eq!(sent(&server), [0, 2, 6, 10]);
    written.extend(server.take_all_output());
    assert_eq!(written.len(), 10);
    let ManualConnection { connection, outgoing, now, .. } = &mut server;
    connection.start_close(*now, CloseCode::NORMAL, "", outgoing).unwrap();
    server.take_all_output();
    server.receive(ping("late"));
    assert_eq!(sent(&server), [0, 3, 8, 14], "no pong follows the Close frame");
}

#[test]
fn memory_of_another_connection_leads_to_no_panic() {
    let mut one = ManualConnection::server(Config::default());
    one.receive(ping("a long payload"));
    let mut client = ManualConnection::client(Config::default());
    client.outgoing = one.outgoing;
    client.receive(frame(true, OpCode::Ping, ""));
    assert_eq!(client.connection.totals().sent.messages, 0);
}

#[test]
fn the_handshake_is_on_the_wire() {
    let mut outgoing = Outgoing::new();
    let request = ClientRequest::new("ws://h/").unwrap();
    let config = Config::default;
    let client =
        Connection::client(&request, config(), Time::ZERO, &plain_entropy, &mut outgoing).unwrap();
    let mut client = ManualConnection::new(client, outgoing);
    let head = client.take_all_output();
    assert_eq!(sent(&client), [0, 0, 0, head.len() as u64]);
    let mut server = ManualConnection::awaiting_request(config());
    server.receive(&head);
    assert_eq!(received(&server), [0, 0, 0, head.len() as u64]);
    let ManualConnection { connection, outgoing, now, .. } = &mut server;
    connection.accept(*now, &Acceptance::new(), outgoing).unwrap();
    let answer = server.take_all_output();
    assert_eq!(sent(&server), [0, 0, 0, answer.len() as u64]);
    client.receive(&answer);
    assert_eq!(received(&client), sent(&server));
}

#[test]
fn an_answer_that_refuses_is_on_the_wire() {
    let request = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let mut server = ManualConnection::awaiting_request(Config::default());
    server.receive(request);
    let ManualConnection { connection, outgoing, now, .. } = &mut server;
    connection.reject(*now, &Rejection::new(403).unwrap().text("no"), outgoing).unwrap();
    server.receive("and more that is discarded");
    assert_eq!(received(&server)[3], request.len() as u64 + 26);
    assert_eq!(sent(&server)[3], server.take_all_output().len() as u64);
    let mut server = ManualConnection::awaiting_request(Config::default());
    server.receive("no HTTP\r\n");
    assert_eq!(sent(&server)[3], server.take_all_output().len() as u64);
    assert!(sent(&server)[3] > 0);
}

#[test]
fn the_answer_to_a_health_check_is_on_the_wire() {
    let mut config = Config::default();
    config.health_check = Some("/healthz");
    let mut server = ManualConnection::awaiting_request(config);
    server.receive("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
    let answer = server.take_all_output();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    assert_eq!(sent(&server), [0, 0, 0, answer.len() as u64]);
}

#[test]
fn what_is_discarded_after_the_end_arrived_all_the_same() {
    let mut server = ManualConnection::server(Config::default());
    let bad = [text("a"), vec![0xf3, 0x80], text("never seen")].concat();
    server.receive(&bad);
    server.receive("more");
    assert_eq!(received(&server), [1, 1, 1, bad.len() as u64 + 4]);
}

#[cfg(feature = "deflate")]
mod compression {
    use super::*;
    use websocket_proto::handshake::DeflateParameters;

    fn pair() -> [CollectingConnection; 2] {
        let mut config = Config::default();
        config.deflate = Some(Deflate::default());
        [Role::Server, Role::Client(&plain_entropy)].map(|role| {
            let agreed = Some(DeflateParameters::default());
            CollectingConnection::with_compression(role, agreed, config)
        })
    }

    #[test]
    fn payloads_are_those_of_the_application() {
        let ([server, client], [to_server, to_client]) = (pair(), pair());
        for (mut from, mut to) in [(server, to_client), (client, to_server)] {
            let data = vec![b'x'; 10_000];
            let CollectingConnection { connection, outgoing, .. } = &mut from;
            connection.send_binary(&data, outgoing).unwrap();
            connection.send_prepared(&Prepared::binary(&data), outgoing).unwrap();
            connection.start_message(MessageKind::Text).unwrap();
            connection.send_fragment(&data, outgoing).unwrap();
            connection.send_last_fragment(b"end", outgoing).unwrap();
            let sent = from.connection.totals().sent;
            let written = from.take_all_output();
            let wire = written.len() as u64;
            assert_eq!(in_numbers(sent), [3, 4, 30_003, wire]);
            assert!(wire < 1000, "compressed");
            for part in written.chunks(7) {
                to.receive(part).unwrap();
            }
            assert_eq!(to.connection.totals().received, sent);
        }
    }
}

/// Something to send, and how often.
fn sending() -> impl Strategy<Value = (u8, usize, usize)> {
    let len = prop_oneof![0..130_usize, 65_530..65_540_usize];
    let times = prop_oneof![1..4_usize, 8_190..8_195_usize];
    (0..8_u8, len, times).prop_map(|(what, len, times)| match len {
        0..130 => (what, len, times),
        _ => (what, len, times.min(3)),
    })
}

/// Sends something. Once in a while there are no random bytes for a mask.
fn send(side: &mut CollectingConnection, what: u8, data: &[u8]) {
    let CollectingConnection { connection, outgoing, .. } = side;
    let control = &data[..data.len().min(125)];
    let _ = match what {
        0 => connection.send_binary(data, outgoing),
        1 => connection.send_text(str::from_utf8(data).unwrap(), outgoing),
        2 => connection.send_prepared(&Prepared::binary(data), outgoing),
        3 => connection.send_ping(control, outgoing),
        4 => connection.send_pong(control, outgoing),
        5 => connection.start_message(MessageKind::Binary),
        6 => connection.send_fragment(data, outgoing),
        _ => connection.send_last_fragment(data, outgoing),
    };
}

fn scarce_entropy(bytes: &mut [u8]) -> Result<(), EntropyError> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static CALLS: AtomicU32 = AtomicU32::new(0);
    match CALLS.fetch_add(1, Ordering::Relaxed) % 7 {
        6 => Err(EntropyError::new()),
        _ => plain_entropy(bytes),
    }
}

/// Frames as a client sends them, some of which break a rule.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let payload = || vec(b'a'..=b'z', 0..40);
    let frame = prop_oneof![
        payload().prop_map(text),
        payload().prop_map(binary),
        payload().prop_map(ping),
        payload().prop_map(pong),
        payload().prop_map(|data| {
            [masked(false, OpCode::Text, &data), ping("x"), continuation(true, &data)].concat()
        }),
        payload().prop_map(|data| masked(false, OpCode::Binary, data)),
        payload().prop_map(|data| continuation(false, data)),
        vec(b'a'..=b'z', 20_000..20_001).prop_map(binary),
        Just(text([0xff])),
        Just(close(1000, "bye")),
    ];
    vec(frame, 0..8).prop_map(|frames| frames.concat())
}

/// Receives bytes that arrive in these parts. Returns what was counted of messages, frames and
/// payloads at each event, and all totals at the end.
fn counted<'a>(delivery: Delivery, parts: impl Iterator<Item = &'a [u8]>) -> (Vec<String>, Totals) {
    let mut config = Config::default();
    config.delivery = delivery;
    let mut side = CollectingConnection::server(config);
    let mut at_events = Vec::new();
    for part in parts {
        side.incoming.push(part);
        loop {
            let CollectingConnection { connection, incoming, outgoing, .. } = &mut side;
            match connection.receive(Time::ZERO, incoming, outgoing) {
                Ok(Progress::Event) => {
                    let Traffic { messages, frames, payload_bytes, .. } =
                        connection.totals().received;
                    at_events.push(format!("{messages} {frames} {payload_bytes}"));
                }
                Ok(Progress::NeedBytes | Progress::Ended) => break,
                Err(_) => {}
            }
        }
    }
    (at_events, side.connection.totals())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(200),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn both_sides_count_the_same(
        sendings in vec(sending(), 1..8), fragment_size in proptest::option::of(0..200_usize),
        compressed: bool, from_client: bool, read in 1..100_000_usize,
    ) {
        let mut config = Config::default();
        config.fragment_size = fragment_size;
        config.limits.output = usize::MAX;
        config.limits.extra_fragments = u32::MAX;
        let agreed = (compressed && cfg!(feature = "deflate")).then(Default::default);
        let roles = match from_client {
            true => [Role::Client(&scarce_entropy), Role::Server],
            false => [Role::Server, Role::Client(&plain_entropy)],
        };
        let [mut from, mut to] =
            roles.map(|role| CollectingConnection::with_compression(role, agreed, config));
        for (what, len, times) in sendings {
            for _ in 0..times {
                send(&mut from, what, &vec![b'x'; len]);
            }
            // A message that is delivered whole counts when it is.
            while from.connection.send_last_fragment(b"", &mut from.outgoing)
                == Err(SendError::NoEntropy)
            {}
            to.receive_in_parts(read, &from.take_all_output()).unwrap();
            let (sent, received) = (from.connection.totals().sent, to.connection.totals().received);
            prop_assert_eq!(sent, received);
        }
    }

    #[test]
    fn cuts_change_nothing(input in frames(), len in 1..200_usize) {
        let whole = counted(Delivery::Whole, [&input[..]].into_iter());
        prop_assert_eq!(&whole, &counted(Delivery::Whole, input.chunks(len)));
        prop_assert_eq!(&whole, &counted(Delivery::Whole, input.chunks(1)));
        prop_assert_eq!(whole.1.received.wire_bytes, input.len() as u64);
        // Chunks are delivered differently, but amount to the same.
        let (_, totals) = counted(Delivery::Streaming, [&input[..]].into_iter());
        for len in [len, 1] {
            let (_, cut) = counted(Delivery::Streaming, input.chunks(len));
            prop_assert_eq!(totals.received.messages, cut.received.messages);
            prop_assert_eq!(totals.received.frames, cut.received.frames);
            prop_assert_eq!(totals.received.wire_bytes, cut.received.wire_bytes);
        }
    }
}
