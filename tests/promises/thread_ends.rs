//! Sockets that the destructor of a thread's variable uses, before or after the thread's own memories
//! are gone: all goes on without them.

use std::cell::RefCell;
use std::sync::mpsc;
use std::thread;

use futures_util::FutureExt;
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::io::task::{Receiver, Sender, WebSocket, Wire};
use websocket_proto::io::{smol, tokio};
use websocket_proto::{Event, Role};

use super::compat::Compat;
use super::stream::Stream;
use super::without_deadlines;

/// `Hello` in a frame with RSV1 that is masked with zeros (RFC 7692 §7.2.3.1).
const HELLO: [u8; 13] = [0xc1, 0x87, 0, 0, 0, 0, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

const ALL: &str = "received, looked at, sent, dropped";

/// What is done with a socket, and what it is written down as.
fn use_socket<W: Wire>(sender: Sender<W>, mut receiver: Receiver<W>) -> &'static str {
    let event = receiver.receive().now_or_never().expect("input is there").unwrap();
    assert!(matches!(event, Some(Event::Text("Hello"))), "{event:?}");
    // A sender that is dropped meanwhile cannot lock the socket.
    let clone = sender.clone();
    assert!(receiver.with_connection(|connection| {
        drop(clone);
        connection.is_open()
    }));
    sender.send_text("Hello").now_or_never().expect("all is taken").unwrap();
    drop((sender, receiver));
    ALL
}

/// Uses its socket when its thread ends, and reports what was done.
struct AtTheEnd(Option<Box<dyn FnOnce() -> &'static str>>, mpsc::Sender<&'static str>);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        let work = self.0.take().expect("it is dropped once");
        let _ = self.1.send(work());
    }
}

fn both_ends<W: Wire + 'static>(open: fn(Stream) -> WebSocket<W>) {
    thread_local! {
        static EARLY: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
    }
    let (reports, done) = mpsc::channel();
    let thread = thread::spawn(move || {
        let work = || {
            let (sender, receiver) = open(Stream::flooding(HELLO.into())).split();
            Box::new(|| use_socket(sender, receiver)) as Box<dyn FnOnce() -> &'static str>
        };
        EARLY.set(Some(AtTheEnd(Some(work()), reports.clone())));
        // The crate's own variables of this thread are made between the two.
        assert_eq!(work()(), ALL);
        LATE.set(Some(AtTheEnd(Some(work()), reports)));
    });
    thread.join().unwrap();
    assert_eq!(done.iter().collect::<Vec<_>>(), [ALL; 2]);
}

#[test]
fn a_destructor_of_a_thread_can_use_a_socket_of_tokio() {
    both_ends(|stream| {
        let agreed = Some(DeflateParameters::default());
        tokio::WebSocket::established(stream, Role::Server, agreed, without_deadlines(), b"")
    });
}

#[test]
fn a_destructor_of_a_thread_can_use_a_socket_of_smol() {
    both_ends(|stream| {
        let (agreed, stream) = (Some(DeflateParameters::default()), Compat(stream));
        smol::WebSocket::established(stream, Role::Server, agreed, without_deadlines(), b"")
    });
}
