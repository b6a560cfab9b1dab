//! Long messages of a server, whose payloads are not copied: their bytes, their order, and their cost.

mod support;

use bytes::Bytes;
use support::{ManualConnection, masked};
use websocket_proto::frame::OpCode;
use websocket_proto::{Config, Message, MessageKind, SendError};

/// From this length on, payloads are shared.
const SHARED_FROM: usize = 16 << 10;

fn send(server: &mut ManualConnection, message: &Message) -> Result<(), SendError> {
    let ManualConnection { connection, outgoing, now, .. } = server;
    connection.send_message(*now, message, outgoing)
}

/// Whether the payload waits in its own memory.
fn is_shared(server: &ManualConnection, payload: &Bytes) -> bool {
    server.outgoing.pending().iter().any(|piece| piece.as_ptr() == payload.as_ptr())
}

#[test]
fn messages_leave_as_copies_do() {
    for new in [ManualConnection::server, ManualConnection::client] {
        for len in [0, 1, SHARED_FROM - 1, SHARED_FROM, 65_535, 65_536, 100_000] {
            let (mut one, mut other) = (new(Config::default()), new(Config::default()));
            let text = "é".repeat(len / 2);
            send(&mut one, &Message::text(text.as_str())).unwrap();
            send(&mut one, &Message::binary(text.clone())).unwrap();
            other.connection.send_text(&text, &mut other.outgoing).unwrap();
            other.connection.send_binary(text.as_bytes(), &mut other.outgoing).unwrap();
            assert_eq!(one.outgoing.len(), other.outgoing.len());
            assert!(one.take_all_output() == other.take_all_output(), "{len} bytes");
            assert_eq!(one.connection.totals(), other.connection.totals());
        }
    }
}

#[test]
fn order_holds_at_every_cut_and_pongs_leave_between_frames() {
    let long = Message::binary(vec![b'L'; SHARED_FROM]);
    // Around both headers and both ends.
    for cut in (0..12).chain(SHARED_FROM..SHARED_FROM + 20).chain(32_770..32_790) {
        let mut server = ManualConnection::server(Config::default());
        server.connection.send_text("own", &mut server.outgoing).unwrap();
        send(&mut server, &long).unwrap();
        send(&mut server, &long).unwrap();
        server.connection.send_text("own", &mut server.outgoing).unwrap();
        let (words, pong) = server.words_around_pong(cut);
        // Each frame of which something was written is before it.
        let frames = [5, SHARED_FROM + 4, SHARED_FROM + 4, 5];
        let mut end = 0;
        let begun = frames.iter().filter(|len| {
            end += **len;
            cut > end - **len
        });
        assert_eq!(pong, begun.count(), "cut at {cut}");
        assert_eq!(words.len(), 4, "cut at {cut}");
        assert_eq!([words[0].as_str(), &words[1]], [words[3].as_str(), &words[2]], "cut at {cut}");
    }
}

#[test]
fn payloads_are_not_copied_and_count_as_output() {
    for message in [Message::binary(vec![1; 1 << 20]), Message::text("t".repeat(1 << 20))] {
        let mut server = ManualConnection::server(Config::default());
        send(&mut server, &message).unwrap();
        assert!(is_shared(&server, message.as_bytes()));
        assert!(server.outgoing.heap() < 1024, "{} bytes", server.outgoing.heap());
        assert_eq!(server.outgoing.len(), (1 << 20) + 10);
        assert_eq!(send(&mut server, &message), Err(SendError::Full));
        server.take_output(100_000);
        assert_eq!(server.outgoing.len(), (1 << 20) + 10 - 100_000);
        server.take_all_output();
        send(&mut server, &message).unwrap();
        let pieces = server.outgoing.take_in_flight();
        assert_eq!(pieces.iter().map(Bytes::len).collect::<Vec<_>>(), [10, 1 << 20]);
        assert_eq!(pieces[1].as_ptr(), message.as_bytes().as_ptr());
    }
}

#[test]
fn what_cannot_be_shared_is_copied() {
    let message = Message::binary(vec![1; 100_000]);
    let mut client = ManualConnection::client(Config::default());
    send(&mut client, &message).unwrap();
    assert!(!is_shared(&client, message.as_bytes()));

    let mut config = Config::default();
    config.fragment_size = Some(50_000);
    let mut server = ManualConnection::server(config);
    send(&mut server, &message).unwrap();
    assert!(!is_shared(&server, message.as_bytes()));
    let sent = server.take_all_output();
    assert_eq!(server.words(&sent).len(), 2);

    let mut server = ManualConnection::server(Config::default());
    server.connection.start_message(MessageKind::Text).unwrap();
    assert_eq!(send(&mut server, &message), Err(SendError::MessageInProgress));
    server.receive(masked(true, OpCode::Close, [3, 232]));
    assert_eq!(send(&mut server, &message), Err(SendError::Closed));
}

#[cfg(feature = "deflate")]
#[test]
fn what_is_compressed_is_not_shared() {
    use websocket_proto::handshake::DeflateParameters;
    use websocket_proto::{Connection, Deflate, Outgoing, Role, Time};

    let message = Message::binary(vec![1; 100_000]);
    let mut config = Config::default();
    config.deflate = Some(Deflate::default());
    let parameters = Some(DeflateParameters::default());
    let connection = Connection::established(Role::Server, parameters, config, Time::ZERO);
    let mut server = ManualConnection::new(connection, Outgoing::new());
    send(&mut server, &message).unwrap();
    assert!(server.outgoing.len() < 1000);
}
