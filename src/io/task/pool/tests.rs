//! Windows go back to the pool of the thread, whatever becomes of the sockets that borrowed them.

use std::future::pending;
use std::pin::pin;

use ::tokio::io::{AsyncWriteExt, DuplexStream, duplex};

use super::super::tests::{now, poll_once};
use super::MEMORIES;
use crate::io::tokio::{WebSocket, accept, accept_with};
use crate::{Config, Event, Role};

const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A masked text message, `a`, with a key of zeros.
const MESSAGE: &[u8] = b"\x81\x81\0\0\0\0a";

/// How many windows the thread has in its pool.
fn kept() -> usize {
    MEMORIES.with_borrow(Vec::len)
}

/// A stream with this input, and its other end.
fn stream(input: &[u8]) -> (DuplexStream, DuplexStream) {
    let (mut peer, stream) = duplex(4096);
    now(peer.write_all(input)).unwrap();
    (stream, peer)
}

fn socket(stream: DuplexStream) -> WebSocket<DuplexStream> {
    WebSocket::established(stream, Role::Server, None, Config::default(), &[])
}

/// Runs `work` in a runtime, and then again and again: each finds the window of the one before.
#[track_caller]
fn gives_back(what: &str, work: impl Fn()) {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    for _ in 0..3 {
        work();
        assert_eq!(kept(), 1, "{what}");
    }
}

#[test]
fn of_a_socket_that_is_dropped_in_any_state() {
    for (what, input) in [
        ("a message", MESSAGE),
        ("two messages", &[MESSAGE, MESSAGE].concat()),
        ("a part of another", &[MESSAGE, &MESSAGE[..4]].concat()),
        ("a Close frame", b"\x88\x80\0\0\0\0"),
        ("a violation", &[MESSAGE, &[0xFF; 3]].concat()),
    ] {
        for receives in 1..=3 {
            gives_back(what, || {
                let (stream, _peer) = stream(input);
                let mut socket = socket(stream);
                for _ in 0..receives {
                    let _ = poll_once(socket.receive());
                }
            });
            gives_back(what, || {
                let (stream, _peer) = stream(input);
                let (_sender, mut receiver) = socket(stream).split();
                for _ in 0..receives {
                    let _ = poll_once(receiver.receive());
                }
            });
        }
    }
}

#[test]
fn of_a_socket_that_others_go_on_with() {
    gives_back("its parts", || {
        let (stream, _peer) = stream(MESSAGE);
        let mut socket = socket(stream);
        assert!(matches!(now(socket.receive()), Ok(Some((Event::Text("a"), _)))));
        drop(socket.into_parts());
    });
}

#[test]
fn of_a_handshake() {
    gives_back("accepted", || drop(now(accept(stream(REQUEST).0))));
    gives_back("a part of a request", || drop(poll_once(accept(stream(&REQUEST[..50]).0))));
    gives_back("while it is decided", || {
        let (stream, _peer) = stream(REQUEST);
        let mut accepting = pin!(accept_with(stream, Config::default(), async |_| pending().await));
        assert!(poll_once(accepting.as_mut()).is_pending());
        assert_eq!(kept(), 1, "before it is dropped");
    });
}
