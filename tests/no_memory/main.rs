//! What is received and finds no memory ends the connection: the process lives on, the peer is told,
//! and what came before is delivered.
#![allow(unsafe_code, reason = "an allocator that fails")]

#[path = "../support/mod.rs"]
mod support;

mod adapters;
mod failing;

use failing::{Missing, count_anew, without};
use support::{CollectingConnection, compressed, continuation, masked};
use websocket_proto::frame::OpCode;
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{
    CloseCode, Config, Connection, Deflate, Delivery, EndCause, Incoming, Message, Outgoing,
    Prepared, Progress, Role, SendError, Time, Transport,
};

/// Enough for what is not large.
const SMALL: Missing = Missing::Above(4 << 10);

const DELIVERIES: [Delivery; 2] = [Delivery::Whole, Delivery::Streaming];

fn server(delivery: Delivery) -> CollectingConnection {
    let mut config = Config::default();
    config.delivery = delivery;
    config.deflate = Some(Deflate::default());
    CollectingConnection::with_compression(Role::Server, Some(DeflateParameters::default()), config)
}

fn client() -> CollectingConnection {
    let mut config = Config::default();
    config.deflate = Some(Deflate::default());
    let role = Role::Client(&support::plain_entropy);
    CollectingConnection::with_compression(role, Some(DeflateParameters::default()), config)
}

/// Reads to the window and to the message until all is read or the connection has failed.
fn read(server: &mut CollectingConnection, mut bytes: &[u8], missing: Missing) {
    while server.connection.is_open() && !bytes.is_empty() {
        let space = without(missing, || server.incoming.space());
        let len = space.len().min(bytes.len());
        space[..len].copy_from_slice(&bytes[..len]);
        server.incoming.commit(len);
        bytes = &bytes[len..];
        receive(server, missing);
    }
}

/// Receives what has arrived. What the test keeps of it is there in any case.
fn receive(server: &mut CollectingConnection, missing: Missing) {
    loop {
        let CollectingConnection { connection, incoming, outgoing, .. } = server;
        match without(missing, || connection.receive(Time::ZERO, incoming, outgoing)) {
            Ok(Progress::Event) => server.note_event(),
            Ok(Progress::NeedBytes | Progress::Ended) => break,
            Err(error) => panic!("not the peer's fault: {error}"),
        }
    }
}

/// The peer is told 1011, nothing is held, and the cause is reported.
fn check_failed(mut server: CollectingConnection) {
    let closing = [0x88, 2, 0x03, 0xF3];
    assert_eq!(server.take_all_output(), closing, "{:?}", server.ending);
    assert_eq!(server.connection.transport(), Transport::ShutdownWrite);
    let ending = server.eof().clone();
    assert_eq!((ending.cause, ending.message_lost), (EndCause::OutOfMemory, true));
    assert_eq!(ending.sent.unwrap().code, CloseCode::INTERNAL_ERROR);
}

/// A message of 100,000 bytes in a frame, in fragments, and compressed; its payload is no noise.
fn large_messages() -> [Vec<u8>; 3] {
    let payload: Vec<u8> = (0..25_000_u32).flat_map(|at| (at * at).to_be_bytes()).collect();
    let fragments = payload.chunks(999).map(|part| continuation(false, part));
    let mut sender = server(Delivery::Whole);
    sender.connection.send_binary(&payload, &mut sender.outgoing).unwrap();
    let header = if sender.outgoing.len() > 0xFFFF { 10 } else { 4 };
    let deflated = sender.take_all_output().split_off(header);
    [
        masked(true, OpCode::Binary, &payload),
        [masked(false, OpCode::Binary, ""), fragments.collect::<Vec<_>>().concat()].concat(),
        compressed(masked(true, OpCode::Binary, deflated)),
    ]
}

#[test]
fn a_message() {
    for message in large_messages() {
        for most in [4_096, 30_000, 60_000] {
            let mut server = server(Delivery::Whole);
            server.incoming.lend_window(vec![0; 1 << 10]);
            let missing = Missing::Above(most);
            read(
                &mut server,
                &[masked(true, OpCode::Text, "before"), message.clone()].concat(),
                missing,
            );
            assert_eq!(server.messages, [b"before"], "{most}");
            check_failed(server);
        }
    }
}

/// The memory of the message is free again before the Close frame is queued.
#[test]
fn nothing_is_held_afterwards() {
    let mut server = server(Delivery::Whole);
    server.incoming.lend_window(vec![0; 1 << 10]);
    read(&mut server, &large_messages()[0], Missing::Above(60_000));
    assert_eq!(server.incoming.heap(), 1 << 10);
    check_failed(server);
}

#[test]
fn a_window() {
    for delivery in DELIVERIES {
        let mut server = server(delivery);
        server.incoming.lend_window(vec![0; 1 << 10]);
        read(&mut server, &masked(true, OpCode::Text, "before"), Missing::Nothing);
        drop(server.incoming.take_back_window());
        let missing = Missing::Above(Incoming::DEFAULT_WINDOW - 1);
        assert!(without(missing, || server.incoming.space()).is_empty());
        // It stays so until that was handled, as a part of the stream might be lost.
        assert!(server.incoming.space().is_empty());
        receive(&mut server, Missing::Nothing);
        assert_eq!(server.messages, [b"before"]);
        check_failed(server);
    }
}

#[test]
fn a_small_window_is_there_where_a_large_one_is_not() {
    let mut server = server(Delivery::Whole);
    server.incoming = Incoming::with_window(1 << 10);
    let missing = Missing::Above(1 << 10);
    read(&mut server, &masked(true, OpCode::Text, "small").repeat(1000), missing);
    assert_eq!(server.messages.len(), 1000);
}

/// What was pushed before is delivered, and what is pushed after it is not.
#[test]
fn bytes_that_are_pushed() {
    let mut server = server(Delivery::Whole);
    server.incoming = Incoming::with_window(100);
    server.incoming.push(&masked(true, OpCode::Text, "before"));
    let large = masked(true, OpCode::Binary, [7; 20_000]);
    without(Missing::Above(10_000), || server.incoming.push(&large));
    server.incoming.push(&masked(true, OpCode::Text, "after"));
    receive(&mut server, Missing::Nothing);
    assert_eq!(server.messages, [b"before"]);
    check_failed(server);
}

/// Lending and taking back lose nothing.
#[test]
fn windows_that_are_exchanged() {
    let mut server = server(Delivery::Whole);
    server.incoming.push(&masked(true, OpCode::Text, [b'x'; 20_000]));
    without(Missing::Above(10_000), || {
        server.incoming.lend_window(Vec::new());
        assert!(server.incoming.take_back_window().is_empty());
    });
    receive(&mut server, Missing::Nothing);
    assert_eq!(server.messages, [[b'x'; 20_000]]);
}

/// The message finds no more room when it is read directly: its beginning was there.
#[test]
fn a_direct_read() {
    let frame = &large_messages()[0];
    for owned in [false, true] {
        let mut server = server(Delivery::Whole);
        server.incoming.lend_window(vec![0; 1 << 10]);
        read(&mut server, &frame[..20_000], Missing::Nothing);
        let mut rest = &frame[20_000..];
        while owned && let Some(mut read) = without(SMALL, || server.incoming.take_direct_read()) {
            let len = read.space().len();
            read.space().copy_from_slice(&rest[..len]);
            rest = &rest[len..];
            server.incoming.finish_direct_read(read, len);
            receive(&mut server, SMALL);
        }
        read(&mut server, rest, SMALL);
        check_failed(server);
    }
}

/// The context, the history and the output of inflating.
#[test]
fn inflating() {
    let message = &large_messages()[2];
    for delivery in DELIVERIES {
        for most in [1 << 10, 40_000] {
            let mut server = server(delivery);
            server.incoming.lend_window(vec![0; 1 << 10]);
            read(&mut server, message, Missing::Above(most));
            check_failed(server);
        }
    }
}

/// Without the memory to deflate, a message leaves as it is.
#[test]
fn deflating() {
    let mut server = server(Delivery::Whole);
    let message = "again ".repeat(100);
    let send = |server: &mut CollectingConnection, missing| {
        without(missing, || server.connection.send_text(&message, &mut server.outgoing)).unwrap();
        server.take_all_output()
    };
    let plain = send(&mut server, Missing::Above(100_000));
    assert!(plain.starts_with(&[0x81, 126]) && plain.ends_with(message.as_bytes()));
    let deflated = send(&mut server, Missing::Nothing);
    assert!(deflated[0] == 0xC1 && deflated.len() < 50, "{deflated:?}");
}

/// What finds no room in the output is refused, also half-way through its compression, and the messages
/// around it arrive.
#[test]
fn sending() {
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(600_000)
    .collect();
    for compression in [true, false] {
        let mut server = server(Delivery::Whole);
        let mut client = client();
        server.connection.set_compression(compression);
        let mut send = |missing, data: &[u8]| {
            let CollectingConnection { connection, outgoing, .. } = &mut server;
            let sent = without(missing, || connection.send_binary(data, outgoing));
            client.receive(server.take_all_output()).unwrap();
            sent
        };
        assert_eq!(send(Missing::Nothing, &noise[..1000]), Ok(()));
        assert_eq!(send(Missing::Above(300_000), &noise), Err(SendError::OutOfMemory));
        assert_eq!(send(Missing::Nothing, &noise[..1000]), Ok(()));
        assert_eq!(client.messages, [&noise[..1000]; 2]);
    }
}

/// What is shared takes no memory but for its header, and a list of what is shared.
#[test]
fn messages_that_are_shared() {
    let message = Message::binary(vec![7; 100_000]);
    let mut server = server(Delivery::Whole);
    let CollectingConnection { connection, outgoing, .. } = &mut server;
    connection.set_compression(false);
    without(SMALL, || connection.send_message(Time::ZERO, &message, outgoing)).unwrap();
    let queued = outgoing.len();
    let refused =
        without(Missing::Above(0), || connection.send_message(Time::ZERO, &message, outgoing));
    assert_eq!((refused, outgoing.len()), (Err(SendError::OutOfMemory), queued));
    assert_eq!(connection.totals().sent.messages, 1);
    assert_eq!(server.take_all_output().len(), queued);
}

#[test]
fn messages_that_are_prepared() {
    let refused = without(SMALL, || Prepared::try_binary(&[7; 10_000]).is_err());
    assert!(refused);
    let prepared = Prepared::try_text(&"again ".repeat(100)).unwrap();
    let mut server = server(Delivery::Whole);
    let CollectingConnection { connection, outgoing, .. } = &mut server;
    without(SMALL, || connection.send_prepared(&prepared, outgoing)).unwrap();
    assert_eq!(server.take_all_output()[0], 0x81, "it was compressed");
    let CollectingConnection { connection, outgoing, .. } = &mut server;
    connection.send_prepared(&prepared, outgoing).unwrap();
    assert_eq!(server.take_all_output()[0], 0xC1, "it is compressed later");
}

/// The payload of an event is still there if there is no memory for a copy.
#[test]
fn payloads_that_are_taken() {
    let mut server = server(Delivery::Whole);
    let CollectingConnection { connection, incoming, outgoing, .. } = &mut server;
    incoming.push(&masked(true, OpCode::Binary, [7; 10_000]));
    assert_eq!(connection.receive(Time::ZERO, incoming, outgoing), Ok(Progress::Event));
    assert!(without(SMALL, || incoming.try_take_payload()).is_err());
    assert_eq!(incoming.try_take_payload().unwrap().unwrap(), [7; 10_000][..]);
    assert_eq!(incoming.try_take_payload(), Ok(None));
}

#[test]
fn output_that_is_taken_in_many_pieces() {
    let prepared = Prepared::binary(&[7; 1_000]);
    let mut server = server(Delivery::Whole);
    let CollectingConnection { connection, outgoing, .. } = &mut server;
    connection.set_compression(false);
    (0..200).for_each(|_| connection.send_prepared(&prepared, outgoing).unwrap());
    let waiting = outgoing.len();
    assert!(without(SMALL, || outgoing.try_take_in_flight()).is_err());
    assert_eq!((outgoing.len(), outgoing.in_flight()), (waiting, 0));
    assert_eq!(outgoing.try_take_in_flight().unwrap().len(), 200);
    assert_eq!(outgoing.in_flight(), waiting);
}

/// Every large block that is asked for fails once.
#[test]
fn the_nth_large_block() {
    let [whole, fragments, deflated] = large_messages();
    let small = masked(true, OpCode::Text, "small");
    let stream = [small, whole, fragments, continuation(true, "."), deflated].concat();
    for delivery in DELIVERIES {
        let failed = (1..).take_while(|number| is_failed_by(&stream, delivery, *number)).count();
        assert!(failed > 3, "{delivery:?}: {failed}");
    }
}

fn is_failed_by(stream: &[u8], delivery: Delivery, number: usize) -> bool {
    count_anew();
    let mut server = server(delivery);
    read(&mut server, stream, Missing::Large(number));
    let failed = !server.connection.is_open();
    if failed {
        check_failed(server);
    }
    failed
}

/// A server answers 500 before it is open; a client, which has no way to say it, just ends.
#[test]
fn in_the_handshake() {
    let mut outgoing = Outgoing::new();
    let mut incoming = Incoming::new();
    let mut connection = Connection::server(Config::default(), Time::ZERO);
    assert!(without(Missing::Above(1 << 10), || incoming.space()).is_empty());
    let received = connection.receive(Time::ZERO, &mut incoming, &mut outgoing);
    assert_eq!(received, Ok(Progress::NeedBytes));
    assert!(outgoing.first_piece().starts_with(b"HTTP/1.1 500 "));
    connection.receive_eof();
    assert_eq!(connection.receive(Time::ZERO, &mut incoming, &mut outgoing), Ok(Progress::Event));
    let Some(websocket_proto::Event::Ended(ending)) = incoming.event() else { panic!("an end") };
    assert_eq!(ending.cause, EndCause::OutOfMemory);
}
