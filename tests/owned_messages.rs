//! Events that are taken as owned messages, instead of being looked at.

mod support;

use bytes::Bytes;
use support::{CollectingConnection, binary, close, continuation, masked, ping, pong, text};
use websocket_proto::frame::OpCode;
use websocket_proto::{Config, Event, Message, Progress, Time, Utf8Bytes};

/// Messages and control frames of all kinds, several of each.
fn dialogue() -> Vec<u8> {
    let fragments = [masked(false, OpCode::Text, "ab"), ping("3"), continuation(true, "cd")];
    let control = [ping("one"), pong("two"), ping("three"), ping(""), pong("four")];
    let messages = [text("Hello"), binary([1, 2, 3]), text(""), binary([]), text("x".repeat(300))];
    [control.concat(), fragments.concat(), messages.concat(), ping("6"), close(1000, "bye")]
        .concat()
}

/// Receives the dialogue in pieces of `size`; returns each event by `look`.
fn receive_all(size: usize, look: impl Fn(&mut CollectingConnection) -> Message) -> Vec<Message> {
    let mut server = CollectingConnection::server(Config::default());
    let mut seen = Vec::new();
    for part in dialogue().chunks(size) {
        server.incoming.push(part);
        while let Progress::Event = server
            .connection
            .receive(Time::ZERO, &mut server.incoming, &mut server.outgoing)
            .unwrap()
        {
            seen.push(look(&mut server));
        }
    }
    seen
}

/// The event, copied.
fn copied(server: &mut CollectingConnection) -> Message {
    match server.incoming.event().unwrap() {
        Event::Text(text) => Message::text(text.to_owned()),
        Event::Binary(data) => Message::binary(data.to_vec()),
        Event::Ping(payload) => Message::Ping(payload.to_vec().into()),
        Event::Pong { payload, .. } => Message::Pong(payload.to_vec().into()),
        Event::Close { code, reason, .. } => Message::close(code, reason.to_owned()),
        other => panic!("{other:?}"),
    }
}

/// The event, taken.
fn taken(server: &mut CollectingConnection) -> Message {
    let message = server.incoming.take_message().unwrap();
    assert!(server.incoming.event().is_none(), "an event that was taken");
    assert!(server.incoming.take_message().is_none(), "taken twice");
    message
}

#[test]
fn taken_events_are_those_that_were_shown() {
    let whole = receive_all(usize::MAX, copied);
    assert_eq!(whole.len(), 14);
    for size in [usize::MAX, 1, 2, 3, 5, 100] {
        assert_eq!(receive_all(size, copied), whole, "shown, cut every {size}");
        assert_eq!(receive_all(size, taken), whole, "taken, cut every {size}");
    }
}

#[test]
fn texts_keep_their_content() {
    let text = Utf8Bytes::from("täglich \"1\"");
    for same in [
        Utf8Bytes::from(String::from("täglich \"1\"")),
        Utf8Bytes::from_static("täglich \"1\""),
        Utf8Bytes::try_from(Bytes::from_static("täglich \"1\"".as_bytes())).unwrap(),
    ] {
        assert_eq!(same, text);
    }
    assert_eq!(AsRef::<str>::as_ref(&text), "täglich \"1\"");
    assert_eq!(text.as_bytes(), "täglich \"1\"".as_bytes());
    assert_eq!(
        format!("{text}, {text:?}, {text:>13}"),
        "täglich \"1\", \"täglich \\\"1\\\"\",   täglich \"1\""
    );
    assert_eq!(Bytes::from(text), "täglich \"1\"".as_bytes());
}

/// §8.1: a cut character, a surrogate, an overlong form, a character beyond the last.
#[test]
fn bytes_that_are_not_utf8_are_no_text() {
    for bytes in [
        "a\u{e4}".as_bytes().split_last().unwrap().1,
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\xf4\x90\x80\x80",
    ] {
        let error = Utf8Bytes::try_from(Bytes::copy_from_slice(bytes)).unwrap_err();
        assert_eq!(error.valid_up_to(), usize::from(bytes[0] == b'a'));
    }
}

#[test]
fn sent_messages_are_taken_unchanged() {
    let [mut server, mut client] = CollectingConnection::both(Config::default());
    for message in [
        Message::text("Hello"),
        Message::binary(vec![1; 70_000]),
        Message::Ping("marco".into()),
        Message::Pong("polo".into()),
        Message::close(1000.into(), "bye"),
    ] {
        server.connection.send_message(Time::ZERO, &message, &mut server.outgoing).unwrap();
        client.incoming.push(&server.outgoing.pending().concat());
        server.outgoing.advance(usize::MAX);
        let CollectingConnection { connection, incoming, outgoing, .. } = &mut client;
        assert_eq!(connection.receive(Time::ZERO, incoming, outgoing), Ok(Progress::Event));
        assert_eq!(incoming.take_message(), Some(message));
    }
}
