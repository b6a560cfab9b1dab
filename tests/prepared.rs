//! Prepared messages, which are encoded once: their bytes, their order, and their cost.

mod support;

use support::{ManualConnection, masked, ping};
use websocket_proto::frame::OpCode;
use websocket_proto::{Config, Prepared, SendError};

#[test]
fn prepared_messages_arrive_as_others_do() {
    for raw in [ManualConnection::server, ManualConnection::client] {
        for len in [0, 1, 125, 126, 512, 513, 65_536] {
            let (mut one, mut other) = (raw(Config::default()), raw(Config::default()));
            let text = "x".repeat(len);
            let (connection, outgoing) = (&mut one.connection, &mut one.outgoing);
            connection.send_prepared(&Prepared::text(&text), outgoing).unwrap();
            connection.send_prepared(&Prepared::binary(text.as_bytes()), outgoing).unwrap();
            other.connection.send_text(&text, &mut other.outgoing).unwrap();
            other.connection.send_binary(text.as_bytes(), &mut other.outgoing).unwrap();
            assert_eq!(one.outgoing.len(), other.outgoing.len());
            assert_eq!(one.take_all_output(), other.take_all_output(), "{len} bytes");
        }
    }
}

#[test]
fn order_holds_at_every_cut_and_pongs_leave_between_frames() {
    let large = Prepared::text(&"L".repeat(600));
    let small = Prepared::text("s");
    for cut in 0..2500 {
        let mut server = ManualConnection::server(Config::default());
        for _ in 0..2 {
            let (connection, outgoing) = (&mut server.connection, &mut server.outgoing);
            connection.send_text("own", outgoing).unwrap();
            connection.send_prepared(&large, outgoing).unwrap();
            connection.send_prepared(&large, outgoing).unwrap();
            connection.send_prepared(&small, outgoing).unwrap();
        }
        let (words, _) = server.words_around_pong(cut);
        let kinds: Vec<_> = words.iter().map(|word| word.len()).collect();
        let [own, long, short] = [kinds[0], kinds[1], kinds[3]];
        assert_eq!(kinds, [own, long, long, short, own, long, long, short], "cut at {cut}");
    }
}

/// Written output is dropped from the queue at 64 KiB, which moves the positions of the rest.
#[test]
fn order_holds_when_what_was_written_is_dropped() {
    let mut whole = long_queue();
    let sent = whole.take_all_output();
    let frames = whole.words(&sent);
    for cut in [0, 60_000, 65_000, 65_535, 65_536, 66_000] {
        let mut server = long_queue();
        let mut sent = server.take_output(cut);
        server.receive(ping("p"));
        while !server.outgoing.is_empty() {
            sent.extend(server.take_output(500));
        }
        let mut words = server.words(&sent);
        // The pong follows the frames that had begun to leave.
        assert_eq!(words.remove(cut.div_ceil(4004)), "sends pong \"p\"", "cut at {cut}");
        assert_eq!(words, frames, "cut at {cut}");
    }
}

/// A queue of 25 frames of 4004 bytes, with a shared one after each of the last.
fn long_queue() -> ManualConnection {
    let large = Prepared::text(&"L".repeat(600));
    let mut server = ManualConnection::server(Config::default());
    let (connection, outgoing) = (&mut server.connection, &mut server.outgoing);
    for number in 0..25 {
        connection.send_text(&format!("{number:04000}"), outgoing).unwrap();
        if number > 16 {
            connection.send_prepared(&large, outgoing).unwrap();
        }
    }
    server
}

#[test]
fn nothing_follows_the_close_frame() {
    let large = Prepared::binary(&[7; 2000]);
    for cut in [0, 1, 2003, 2004, 2005] {
        let mut server = ManualConnection::server(Config::default());
        let (connection, outgoing) = (&mut server.connection, &mut server.outgoing);
        connection.send_prepared(&large, outgoing).unwrap();
        connection.start_close(server.now, 1000.into(), "", outgoing).unwrap();
        assert_eq!(connection.send_prepared(&large, outgoing), Err(SendError::Closed));
        let mut sent = server.take_output(cut);
        server.receive(ping("late"));
        sent.extend(server.take_all_output());
        let words = server.words(&sent);
        assert_eq!(words.last().map(String::as_str), Some("sends close 1000 \"\""), "cut at {cut}");
    }
}

#[test]
fn shared_bytes_are_not_copied_and_count_as_output() {
    let large = Prepared::binary(&vec![1; 1 << 20]);
    let mut servers: Vec<_> =
        (0..100).map(|_| ManualConnection::server(Config::default())).collect();
    for server in &mut servers {
        server.connection.send_prepared(&large, &mut server.outgoing).unwrap();
        assert!(server.outgoing.heap() < 1024, "{} bytes", server.outgoing.heap());
        assert_eq!(server.outgoing.len(), (1 << 20) + 10);
        let refused = server.connection.send_prepared(&large, &mut server.outgoing);
        assert_eq!(refused, Err(SendError::Full));
        server.take_all_output();
        server.connection.send_prepared(&large, &mut server.outgoing).unwrap();
    }
}

#[test]
fn a_message_in_fragments_is_not_interrupted() {
    let mut server = ManualConnection::server(Config::default());
    server.connection.start_message(websocket_proto::MessageKind::Text).unwrap();
    let refused = server.connection.send_prepared(&Prepared::text("a"), &mut server.outgoing);
    assert_eq!(refused, Err(SendError::MessageInProgress));
    server.receive(masked(true, OpCode::Text, "still open"));
}
