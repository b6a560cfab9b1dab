//! A connection that is idle, or receives only messages that are whole in a lent window, owns no
//! heap memory.
#![allow(unsafe_code, reason = "an allocator that counts")]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use support::{CollectingConnection, plain_entropy};
use websocket_proto::frame::OpCode;
use websocket_proto::{
    Config, Connection, Delivery, Event, Incoming, Outgoing, Progress, Role, Time,
};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator, with its arguments unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// How often this thread allocated memory, or grew some, during `work`.
fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn allocations_are_counted() {
    let mut grown = Vec::new();
    assert_eq!(allocations(|| grown.push(1_u8)), 1);
    assert!(allocations(|| grown.extend([0; 1000])) >= 1);
    assert_eq!(allocations(|| grown.clear()), 0);
}

struct Idle {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
}

impl Idle {
    fn new(role: Role, config: impl Into<Arc<Config>>) -> Self {
        let connection = Connection::established(role, None, config, Time::ZERO);
        Self { connection, incoming: Incoming::new(), outgoing: Outgoing::new() }
    }

    /// Receives `bytes` through a window that is lent for it; returns how many events there were.
    fn receive(&mut self, window: &mut Vec<u8>, bytes: &[u8]) -> usize {
        self.incoming.lend_window(std::mem::take(window));
        self.incoming.push(bytes);
        let mut events = 0;
        while self.next() == Progress::Event {
            events += 1;
        }
        *window = self.incoming.take_back_window();
        events
    }

    fn next(&mut self) -> Progress {
        let progress =
            self.connection.receive(Time::ZERO, &mut self.incoming, &mut self.outgoing).unwrap();
        if progress == Progress::Event {
            assert!(!matches!(self.incoming.event(), None | Some(Event::Ended(_))));
        }
        progress
    }

    fn heap(&self) -> usize {
        self.incoming.heap() + self.outgoing.heap()
    }
}

const ROLES: [Role; 2] = [Role::Server, Role::Client(&plain_entropy)];

#[test]
fn thousand_connections_allocate_nothing() {
    for delivery in [Delivery::Whole, Delivery::Streaming] {
        for role in ROLES {
            let mut config = Config::default();
            config.delivery = delivery;
            let peer = CollectingConnection::new(role, config);
            let config = Arc::new(config);
            let batch = [
                peer.framed(true, OpCode::Text, "hello, wörld"),
                peer.framed(true, OpCode::Binary, ""),
                peer.framed(true, OpCode::Pong, "unasked"),
                peer.framed(true, OpCode::Binary, [7; 10_000]),
                peer.framed(true, OpCode::Text, "é".repeat(5_000)),
            ]
            .concat();
            let mut window = vec![0; 64 << 10];
            let mut idle = Vec::with_capacity(1000);

            let made = allocations(|| {
                idle.resize_with(1000, || Idle::new(role, Arc::clone(&config)));
            });
            assert_eq!(made, 0, "{role:?} {delivery:?}");

            let received = allocations(|| {
                for _ in 0..3 {
                    for one in &mut idle {
                        let events = one.receive(&mut window, &batch);
                        assert!(events >= 5);
                        assert!(one.connection.poll_timeout().is_some());
                    }
                }
            });
            assert_eq!(received, 0, "{role:?} {delivery:?}");
            assert_eq!(idle.iter().map(Idle::heap).sum::<usize>(), 0);
            assert_eq!(window.len(), 64 << 10);
        }
    }
}

/// Between two batches no memory is held, whatever was received and sent.
#[test]
fn memory_is_given_back_after_use() {
    for role in ROLES {
        let peer = CollectingConnection::new(role, Config::default());
        let mut one = Idle::new(role, Config::default());
        let mut window = vec![0; 4096];
        let long = [
            peer.framed(false, OpCode::Text, "a"),
            peer.framed(true, OpCode::Ping, "ping"),
            peer.framed(true, OpCode::Continuation, "b".repeat(20_000)),
            peer.framed(true, OpCode::Ping, "another"),
        ]
        .concat();
        for part in long.chunks(1000) {
            one.receive(&mut window, part);
        }
        for byte in peer.framed(true, OpCode::Ping, "byte by byte") {
            one.receive(&mut window, &[byte]);
        }
        assert_eq!(one.incoming.heap(), 0);
        one.connection.send_text("some answer", &mut one.outgoing).unwrap();
        assert!(one.heap() > 0);
        one.outgoing.advance(usize::MAX);
        one.outgoing.shrink();
        assert_eq!(one.heap(), 0, "{role:?}");
    }
}

/// An unfinished message is kept in memory, and nothing more.
#[test]
fn memory_of_a_message_under_way() {
    let peer = CollectingConnection::new(Role::Server, Config::default());
    let mut one = Idle::new(Role::Server, Config::default());
    let mut window = vec![0; 4096];
    one.receive(&mut window, &peer.framed(false, OpCode::Binary, [7; 1000]));
    assert!((1000..=2048).contains(&one.heap()), "{}", one.heap());
    one.receive(&mut window, &peer.framed(true, OpCode::Continuation, ""));
    assert_eq!(one.heap(), 0);
}
