//! The memory for output goes from one socket to the next, and none stays with a socket that waits.

use std::cell::Cell;

use ::tokio::io::{AsyncReadExt, DuplexStream, duplex};

use super::super::tests::{now, poll_once};
use super::{MEMORY, MOST_KEPT};
use crate::io::tokio::WebSocket;
use crate::{Config, Message, Role};

const LONG: usize = 64 << 10;

/// How much memory the thread keeps for output.
fn kept() -> usize {
    MEMORY.with(|kept| {
        let memory = kept.take();
        let capacity = memory.capacity();
        kept.set(memory);
        capacity
    })
}

/// A server's socket over a stream that takes so many bytes, and the other end of the stream.
fn socket(takes: usize) -> (WebSocket<DuplexStream>, DuplexStream) {
    let (stream, peer) = duplex(takes);
    (WebSocket::established(stream, Role::Server, None, Config::default(), &[]), peer)
}

fn heap(socket: &mut WebSocket<DuplexStream>) -> usize {
    socket.writer().outgoing.heap()
}

/// Runs this where timers can be made, on a thread whose pool is empty.
fn in_runtime(work: impl FnOnce()) {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    MEMORY.with(Cell::take);
    work();
}

#[test]
fn the_next_socket_has_the_memory_of_the_one_before() {
    in_runtime(|| {
        let (mut first, _peer) = socket(2 * LONG);
        now(first.send_binary(&[1; LONG])).unwrap();
        assert_eq!(heap(&mut first), 0, "nothing waits");
        let long = kept();
        assert!((LONG..MOST_KEPT).contains(&long), "{long}");

        let (mut second, mut peer) = socket(2 * LONG);
        now(second.feed_text("short")).unwrap();
        assert_eq!((kept(), heap(&mut second)), (0, long), "it is lent");
        now(second.flush()).unwrap();
        assert_eq!((kept(), heap(&mut second)), (long, 0), "it is back");
        // Nothing of the message before is in it.
        let mut written = [0; 7];
        now(peer.read_exact(&mut written)).unwrap();
        assert_eq!(&written, b"\x81\x05short");
    });
}

#[test]
fn a_message_that_waits_for_a_deaf_peer_has_no_more_than_it_needs() {
    in_runtime(|| {
        let (mut other, _peer) = socket(2 * LONG);
        now(other.send_binary(&[1; LONG])).unwrap();
        let long = kept();

        let (mut deaf, mut peer) = socket(4);
        assert!(poll_once(deaf.send_text("short")).is_pending());
        assert_eq!((kept(), heap(&mut deaf)), (long, 3));
        now(deaf.feed_text("again")).unwrap();
        assert!(poll_once(deaf.flush()).is_pending());
        assert!(heap(&mut deaf) < 100, "{}", heap(&mut deaf));
        assert_eq!(kept(), long);

        let mut written = Vec::new();
        while written.len() < 14 {
            let _ = poll_once(deaf.flush());
            now(peer.read_buf(&mut written)).unwrap();
        }
        assert_eq!(written, b"\x81\x05short\x81\x05again");
    });
}

/// Each sender of a split socket, a message that is shared, a call that fails.
#[test]
fn it_comes_back_from_whatever_borrows_it() {
    in_runtime(|| {
        let (mut first, _peer) = socket(2 * LONG);
        now(first.send_binary(&[1; LONG])).unwrap();
        let long = kept();

        let (mut whole, _peer) = socket(2 * LONG);
        now(whole.send_message(&Message::binary(vec![0; LONG]))).unwrap();
        assert_eq!(kept(), long, "a shared message");
        whole.try_send_text("now").unwrap();
        assert!(poll_once(whole.receive()).is_pending());
        assert_eq!((kept(), heap(&mut whole)), (long, 0), "before it waits for input");
        whole.writer().start_close(crate::CloseCode::NORMAL, "").unwrap();
        whole.try_send_text("late").unwrap_err();
        assert!(poll_once(whole.receive()).is_pending());
        assert_eq!((kept(), heap(&mut whole)), (long, 0), "after a call that failed");

        let (split, _peer) = socket(2 * LONG);
        let (sender, _receiver) = split.split();
        now(sender.send_text("one")).unwrap();
        sender.try_send_text("two").unwrap();
        assert_eq!(kept(), long, "a sender");
    });
}

#[test]
fn more_than_a_thread_keeps_is_freed() {
    in_runtime(|| {
        let (mut socket, _peer) = socket(2 * MOST_KEPT);
        now(socket.send_binary(&vec![1; MOST_KEPT])).unwrap();
        assert_eq!((kept(), heap(&mut socket)), (0, 0));
    });
}
