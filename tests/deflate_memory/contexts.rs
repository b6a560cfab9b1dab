//! The memory of the contexts of compression: what one takes, and that it takes no more while it
//! works.

use websocket_proto::frame::OpCode;
use websocket_proto::handshake::{DeflateParameters, WindowBits};
use websocket_proto::{Config, Deflate, DeflateContexts, Role};

use crate::counting::{allocations, bytes};
use crate::support::{CollectingConnection, compressed};

/// A server that gives its contexts back after each message.
fn server(window: WindowBits, memory_level: u8) -> CollectingConnection {
    let mut agreed = DeflateParameters::default();
    agreed.server_no_context_takeover = true;
    agreed.client_no_context_takeover = true;
    agreed.server_max_window_bits = window;
    let mut deflate = Deflate::default();
    deflate.memory_level = memory_level;
    let mut config = Config::default();
    config.deflate = Some(deflate);
    CollectingConnection::with_compression(Role::Server, Some(agreed), config)
}

/// The bytes of the context that the connection has used, which are released with it.
fn context_of(it: &mut CollectingConnection) -> isize {
    let mut contexts = DeflateContexts::new();
    it.connection.take_back_contexts(&mut contexts);
    let before = bytes();
    drop(contexts);
    before - bytes()
}

fn send(it: &mut CollectingConnection) {
    let message = [*b"some text, some more text "; 200];
    it.connection.send_binary(message.as_flattened(), &mut it.outgoing).unwrap();
    it.outgoing.advance(it.outgoing.len());
}

#[test]
fn inflating() {
    let mut it = server(WindowBits::MAX, 5);
    let hello = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00];
    it.receive(compressed(it.framed(true, OpCode::Text, hello))).unwrap();
    assert_eq!(it.messages, [b"Hello"]);
    let bytes = context_of(&mut it);
    println!("inflating: {bytes} bytes");
    assert!((40_000..50_000).contains(&bytes), "{bytes}");
}

/// Run with `--nocapture` for the table.
#[test]
fn deflating() {
    println!("deflating: bytes by window (down) and memory level (across)");
    for window in (9..=15).filter_map(WindowBits::new) {
        let row: Vec<isize> = (1..=9).map(|memory| deflating_with(window, memory)).collect();
        println!("{window:?} {row:7?}");
    }
}

fn deflating_with(window: WindowBits, memory: u8) -> isize {
    let mut it = server(window, memory);
    send(&mut it);
    let before = allocations();
    (0..20).for_each(|_| send(&mut it));
    assert_eq!(allocations(), before, "while it works");
    let bytes = context_of(&mut it);
    // 128 KiB for hashes in any case; four bytes per byte of the window, which is held twice and
    // has two bytes of links per byte; seven bytes per symbol of a block; and the rest.
    let expected = (128 << 10) + (4 << window.bits()) + (7 << (memory + 6));
    assert!((expected..expected + 8192).contains(&bytes), "{window:?}, {memory}: {bytes}");
    bytes
}
