//! Who holds memory, and when.

use websocket_proto::{Config, Role};

use super::hand::Hand;
use super::run;
use super::script::{Instead, Operation, Script};
use crate::runtime::adapter::{WebSocket, accept, connect};
use crate::support::text;

/// After its input a stream that is silent.
fn then_silent(input: &[u8]) -> Script {
    let mut rest = input.len();
    Script::new(input).sizes(1, 0).rule(move |_, operation| {
        if operation != Operation::Read {
            return None;
        }
        let silent = (rest == 0).then_some(Instead::Later);
        rest = rest.saturating_sub(1);
        silent
    })
}

#[test]
fn an_idle_connection_holds_no_window() {
    let script = then_silent(&[text("one"), text("two")].concat());
    run(async {
        let mut socket = script.server();
        for _ in ["one", "two"] {
            socket.next().await.unwrap().unwrap();
            assert!(socket.incoming().heap() > 0, "the message stands somewhere");
        }
        assert!(Hand::dropping_after(1).drive(socket.next()).is_none());
        assert_eq!(socket.incoming().heap(), 0);
    });
}

#[test]
fn nor_after_the_handshake_or_a_leftover() {
    let script = then_silent(super::G.as_bytes());
    run(async {
        let mut socket = accept(script.clone()).await.unwrap();
        assert!(Hand::dropping_after(1).drive(socket.next()).is_none());
        assert_eq!(socket.incoming().heap(), 0);

        let (config, leftover) = (Config::default(), text("left over"));
        let stream = then_silent(b"");
        let mut socket = WebSocket::established(stream, Role::Server, None, config, &leftover);
        socket.next().await.unwrap().unwrap();
        assert!(Hand::dropping_after(1).drive(socket.next()).is_none());
        assert_eq!(socket.incoming().heap(), 0);
    });
}

#[test]
fn nor_while_the_stream_is_being_shut_down() {
    let later = |_, operation| (operation == Operation::Shutdown).then_some(Instead::Later);
    let script = Script::new(text("one")).rule(later);
    run(async {
        let mut socket = script.server();
        socket.next().await.unwrap().unwrap();
        assert!(Hand::dropping_after(1).drive(socket.next()).is_none());
        assert_eq!(socket.incoming().heap(), 0);
    });
}

/// A task is as large as the largest future that it ever awaits.
#[test]
fn the_futures_of_handshakes_are_small() {
    assert!(size_of_val(&connect("ws://127.0.0.1:1/")) <= 1024);
    assert!(size_of_val(&accept(Script::new(b""))) <= 1024);
}
