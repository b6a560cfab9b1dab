//! Events that are taken as owned values instead of being looked at.

mod support;

use support::{Bare, binary, close, continuation, masked, ping, pong, text};
use websocket_proto::frame::OpCode;
use websocket_proto::{Config, Event, Message, Progress, Time};

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
