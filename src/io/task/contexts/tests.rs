//! Contexts go back to the thread, whatever becomes of the sockets that borrowed them.

use ::tokio::io::{AsyncWriteExt, duplex};

use super::super::tests::now;
use super::CONTEXTS;
use crate::handshake::DeflateParameters;
use crate::io::tokio::WebSocket;
use crate::{Config, Deflate, Event, Role};

/// A masked and compressed text message, `Hello`, with a key of zeros (RFC 7692 §7.2.3.1).
const MESSAGE: &[u8] = b"\xC1\x87\0\0\0\0\xF2\x48\xCD\xC9\xC9\x07\x00";

/// Receives messages, and drops the socket.
fn receive_and_drop(input: &[u8], messages: usize) {
    let (mut peer, stream) = duplex(4096);
    now(peer.write_all(input)).unwrap();
    let config = Config { deflate: Some(Deflate::default()), ..Config::default() };
    let agreed = Some(DeflateParameters::default());
    let mut socket = WebSocket::established(stream, Role::Server, agreed, config, &[]);
    for _ in 0..messages {
        assert!(matches!(now(socket.receive()), Ok(Some((Event::Text("Hello"), _)))));
    }
}

#[test]
fn of_sockets_that_are_dropped() {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    for (input, messages) in [
        (MESSAGE, 1),
        (&[MESSAGE, MESSAGE].concat(), 1),
        (&[MESSAGE, MESSAGE].concat(), 2),
        (&[MESSAGE, &MESSAGE[..3]].concat(), 1),
    ] {
        CONTEXTS.take();
        for _ in 0..3 {
            receive_and_drop(input, messages);
            let contexts = CONTEXTS.with_borrow(|contexts| format!("{contexts:?}"));
            assert_eq!(contexts, "DeflateContexts { inflate: 1, deflate: 0 }");
        }
    }
}
