//! A connection that is dropped in any state releases all its memory.

use websocket_proto::frame::OpCode;
use websocket_proto::handshake::{ClientRequest, DeflateParameters};
use websocket_proto::{
    Config, Connection, Deflate, Delivery, Incoming, MessageKind, Outgoing, Prepared, Role, Time,
};

use crate::counting::bytes;
use crate::support::{CollectingConnection, compressed, hex, plain_entropy, secs};

/// Runs `work` on a connection of each kind, drops the connection, and checks that no memory is
/// held.
#[track_caller]
fn each(state: &str, work: impl Fn(&mut CollectingConnection)) {
    for delivery in [Delivery::Whole, Delivery::Streaming] {
        for takeover in [true, false] {
            for role in [Role::Server, Role::Client(&plain_entropy)] {
                let before = bytes();
                let mut agreed = DeflateParameters::default();
                agreed.server_no_context_takeover = !takeover;
                agreed.client_no_context_takeover = !takeover;
                let mut config = Config::default();
                config.delivery = delivery;
                config.limits.message = 100_000;
                config.deflate = Some(Deflate::default());
                let mut bare = CollectingConnection::with_compression(role, Some(agreed), config);
                work(&mut bare);
                assert!(bytes() > before);
                drop(bare);
                assert_eq!(bytes(), before, "{state}");
            }
        }
    }
}

fn frame(bare: &CollectingConnection, fin: bool, payload: &[u8]) -> Vec<u8> {
    compressed(bare.framed(fin, OpCode::Text, payload))
}

const HELLO: &str = "f2 48 cd c9 c9 07 00";

#[test]
fn in_any_state() {
    each("nothing", |_| ());
    each("a message", |it| it.receive(frame(it, true, &hex(HELLO))).unwrap());
    each("inside a frame", |it| {
        let frame = frame(it, true, &hex(HELLO));
        it.receive(&frame[..frame.len() - 2]).unwrap();
    });
    each("between fragments", |it| it.receive(frame(it, false, &hex(HELLO)[..4])).unwrap());
    each("a corrupt message", |it| {
        it.receive(frame(it, true, &[0x07])).unwrap_err();
    });
    each("a message that is too long", |it| {
        let long = "x".repeat(200_000);
        let mut peer = CollectingConnection::with_compression(
            if it.connection.is_client() { Role::Server } else { Role::Client(&plain_entropy) },
            Some(DeflateParameters::default()),
            Config::default(),
        );
        peer.connection.send_text(&long, &mut peer.outgoing).unwrap();
        it.receive(peer.take_all_output()).unwrap_err();
    });
    each("output that waits", |it| {
        it.connection.send_text(&"x".repeat(1000), &mut it.outgoing).unwrap();
        let prepared = Prepared::text(&"y".repeat(1000));
        it.connection.send_prepared(&prepared, &mut it.outgoing).unwrap();
    });
    each("a message being sent", |it| {
        it.connection.start_message(MessageKind::Text).unwrap();
        it.connection.send_fragment(&[b'x'; 1000], &mut it.outgoing).unwrap();
    });
    each("aborted", |it| {
        it.receive(frame(it, false, &hex(HELLO)[..4])).unwrap();
        it.connection.send_text(&"x".repeat(1000), &mut it.outgoing).unwrap();
        it.connection.abort(&mut it.outgoing);
        it.receive_available().unwrap();
    });
    each("a silence", |it| {
        it.receive(frame(it, true, &hex(HELLO))).unwrap();
        it.connection.send_text(&"x".repeat(1000), &mut it.outgoing).unwrap();
        it.connection.handle_timeout(Time::new(secs(31)), &mut it.outgoing);
    });
}

/// In streaming delivery, with inflated data that was not delivered yet.
#[test]
fn with_output_pending() {
    let before = bytes();
    let mut config = Config::default();
    config.delivery = Delivery::Streaming;
    let agreed = Some(DeflateParameters::default());
    let mut sender = CollectingConnection::with_compression(Role::Server, agreed, config);
    sender.connection.send_binary(&vec![7; 1 << 20], &mut sender.outgoing).unwrap();
    let mut it =
        CollectingConnection::with_compression(Role::Client(&plain_entropy), agreed, config);
    it.incoming.push(&sender.take_all_output());
    for _ in 0..3 {
        let _ = it.connection.receive(Time::ZERO, &mut it.incoming, &mut it.outgoing).unwrap();
    }
    assert!(it.incoming.heap() > 0 && !it.incoming.unread().is_empty());
    drop((sender, it));
    assert_eq!(bytes(), before);
}

#[test]
fn in_the_handshake() {
    let before = bytes();
    let mut config = Config::default();
    config.deflate = Some(Deflate::default());
    let request = ClientRequest::new("ws://h/c").unwrap();
    for len in 0..300 {
        let mut outgoing = Outgoing::new();
        let client =
            Connection::client(&request, config, Time::ZERO, &plain_entropy, &mut outgoing);
        let (mut incoming, mut answer) = (Incoming::new(), Outgoing::new());
        let mut server = Connection::server(config, Time::ZERO);
        let chunk = outgoing.first_piece();
        incoming.push(&chunk[..len.min(chunk.len())]);
        let _ = server.receive(Time::ZERO, &mut incoming, &mut answer).unwrap();
        drop(client);
    }
    drop(request);
    assert_eq!(bytes(), before);
}
