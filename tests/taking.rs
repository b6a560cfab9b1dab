//! Events that are taken as owned values instead of being looked at.

mod support;

use bytes::Bytes;
use support::{Bare, binary, close, continuation, masked, ping, pong, text};
use websocket_proto::frame::OpCode;
use websocket_proto::{Config, Event, Message, Progress, Time, Utf8Bytes};

/// All kinds of messages and control frames, several of each.
fn dialogue() -> Vec<u8> {
    let fragments = [masked(false, OpCode::Text, "ab"), ping("3"), continuation(true, "cd")];
    let control = [ping("one"), pong("two"), ping("three"), ping(""), pong("four")];
    let messages = [text("Hello"), binary([1, 2, 3]), text(""), binary([]), text("x".repeat(300))];
    [control.concat(), fragments.concat(), messages.concat(), ping("6"), close(1000, "bye")]
        .concat()
}

/// Receives it in pieces of `size`, and shows each event as `look` does.
fn played(size: usize, look: impl Fn(&mut Bare) -> Message) -> Vec<Message> {
    let mut server = Bare::server(Config::default());
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

fn copied(server: &mut Bare) -> Message {
    match server.incoming.event().unwrap() {
        Event::Text(text) => Message::text(text.to_owned()),
        Event::Binary(data) => Message::binary(data.to_vec()),
        Event::Ping(payload) => Message::Ping(payload.to_vec().into()),
        Event::Pong { payload, .. } => Message::Pong(payload.to_vec().into()),
        Event::Close { code, reason, .. } => Message::close(code, reason.to_owned()),
        other => panic!("{other:?}"),
    }
}

fn taken(server: &mut Bare) -> Message {
    let message = server.incoming.take_message().unwrap();
    assert!(server.incoming.event().is_none(), "an event that was taken");
    assert!(server.incoming.take_message().is_none(), "taken twice");
    message
}

#[test]
fn what_is_taken_is_what_was_shown() {
    let whole = played(usize::MAX, copied);
    assert_eq!(whole.len(), 14);
    for size in [usize::MAX, 1, 2, 3, 5, 100] {
        assert_eq!(played(size, copied), whole, "shown, cut every {size}");
        assert_eq!(played(size, taken), whole, "taken, cut every {size}");
    }
}

#[test]
fn texts_are_what_they_were_made_of() {
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

/// §8.1: a cut character, a surrogate, more than is needed, more than there is.
#[test]
fn bytes_that_are_no_text_are_none() {
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
fn what_is_sent_is_what_is_taken() {
    let [mut server, mut client] = Bare::both(Config::default());
    for message in [
        Message::text("Hello"),
        Message::binary(vec![1; 70_000]),
        Message::Ping("marco".into()),
        Message::Pong("polo".into()),
        Message::close(1000.into(), "bye"),
    ] {
        server.connection.send_message(Time::ZERO, &message, &mut server.outgoing).unwrap();
        client.incoming.push(server.outgoing.chunk());
        server.outgoing.advance(usize::MAX);
        let Bare { connection, incoming, outgoing, .. } = &mut client;
        assert_eq!(connection.receive(Time::ZERO, incoming, outgoing), Ok(Progress::Event));
        assert_eq!(incoming.take_message(), Some(message));
    }
}
