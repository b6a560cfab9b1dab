//! What memory a socket holds, and when.

use websocket_proto::handshake::ClientRequest;
use websocket_proto::{Config, Role};

use super::executor::ManualExecutor;
use super::scripted_stream::{Fault, Operation, ScriptedStream};
use super::{join, run, tcp_pair};
use crate::runtime::adapter::{WebSocket, accept, client as client_on, connect};
use crate::support::text;

/// A stream that gives one byte at a time, and after its input has nothing more to read.
fn then_silent(input: &[u8]) -> ScriptedStream {
    let mut rest = input.len();
    ScriptedStream::new(input).sizes(1, 0).rule(move |_, operation| {
        if operation != Operation::Read {
            return None;
        }
        let silent = (rest == 0).then_some(Fault::Pending);
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
            socket.receive().await.unwrap().unwrap();
            assert!(socket.incoming().heap() > 0, "the message is held in memory");
        }
        assert!(ManualExecutor::dropping_each_after(1).drive(socket.receive()).is_none());
        assert_eq!(socket.incoming().heap(), 0);
    });
}

#[test]
fn no_window_is_held_after_the_handshake_or_a_leftover() {
    let script = then_silent(super::REQUEST.as_bytes());
    run(async {
        let mut socket = accept(script.clone()).await.unwrap();
        assert!(ManualExecutor::dropping_each_after(1).drive(socket.receive()).is_none());
        assert_eq!(socket.incoming().heap(), 0);

        let (config, leftover) = (Config::default(), text("left over"));
        let stream = then_silent(b"");
        let mut socket = WebSocket::established(stream, Role::Server, None, config, &leftover);
        socket.receive().await.unwrap().unwrap();
        assert!(ManualExecutor::dropping_each_after(1).drive(socket.receive()).is_none());
        assert_eq!(socket.incoming().heap(), 0);
    });
}

/// Whoever has a socket may do something else for long before the first call of `receive`.
#[test]
fn no_window_is_held_from_the_end_of_a_handshake_on() {
    run(async {
        let mut accepted = accept(then_silent(super::REQUEST.as_bytes())).await.unwrap();
        assert_eq!(accepted.incoming().heap(), 0);

        // The response stays, to be looked at.
        let (client, server) = tcp_pair().await;
        let request = ClientRequest::new("ws://h/").unwrap();
        let connecting = client_on(client, &request, Config::default());
        let (connected, _accepted) = join(connecting, accept(server)).await;
        let mut connected = connected.unwrap();
        assert!(connected.response().is_some());
        assert!(connected.incoming().heap() < 2000, "{}", connected.incoming().heap());
    });
}

#[test]
fn no_window_is_held_while_the_stream_is_shut_down() {
    let later = |_, operation| (operation == Operation::Shutdown).then_some(Fault::Pending);
    let script = ScriptedStream::new(text("one")).rule(later);
    run(async {
        let mut socket = script.server();
        socket.receive().await.unwrap().unwrap();
        assert!(ManualExecutor::dropping_each_after(1).drive(socket.receive()).is_none());
        assert_eq!(socket.incoming().heap(), 0);
    });
}

/// The futures of handshakes must be small, as a task is as large as the largest future it awaits.
#[test]
fn the_futures_of_handshakes_are_small() {
    assert!(size_of_val(&connect("ws://127.0.0.1:1/")) <= 1024);
    assert!(size_of_val(&accept(ScriptedStream::new(b""))) <= 1024);
}
