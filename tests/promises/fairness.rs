//! Peers that never pause: other tasks of the same thread must have their turn.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::yield_now;
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::io::smol::WebSocket as SmolWebSocket;
use websocket_proto::io::tokio::WebSocket;
use websocket_proto::{Config, Connection, Event, Outgoing, Role, Time};

use super::compat::Compat;
use super::stream::Stream;
use super::{server, without_deadlines};

/// The most events between two turns of other tasks.
const MAX_EVENTS: usize = 5000;

/// A frame that is masked with zeros.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}

/// Compressed messages of `len` zeros each, as a client sends them.
fn compressed(len: usize) -> Vec<u8> {
    let agreed = Some(DeflateParameters::default());
    let mut sender = Connection::established(Role::Server, agreed, Config::default(), Time::ZERO);
    sender.start_message(websocket_proto::MessageKind::Binary).unwrap();
    let mut outgoing = Outgoing::new();
    sender.send_last_fragment(&vec![0; len], &mut outgoing).unwrap();
    let unmasked = outgoing.first_piece().to_vec();
    let (header, payload) = unmasked.split_at(if unmasked[1] == 126 { 4 } else { 2 });
    let mut masked = header.to_vec();
    masked[1] |= 0x80;
    masked.extend_from_slice(&[0; 4]);
    masked.extend_from_slice(payload);
    masked
}

/// Receives until another task has had a number of turns; returns the most events, and bytes,
/// between two of them.
macro_rules! most_between {
    ($next:expr, $turns:expr) => {{
        let (mut since, mut bytes, mut most) = ((0, 0), 0, (0, 0));
        let mut seen = 0;
        while $turns.get() < 100 {
            if let Some((Event::Binary(data), _)) = $next.await.unwrap() {
                bytes = data.len();
            }
            if $turns.get() != seen {
                (since, seen) = ((0, 0), $turns.get());
            }
            since = (since.0 + 1, since.1 + bytes);
            most = (most.0.max(since.0), most.1.max(since.1));
            assert!(most.0 <= MAX_EVENTS, "others have no turn");
            assert!(most.1 <= 128 << 20, "others have no turn");
        }
        most
    }};
}

fn floods() -> [(&'static str, Vec<u8>, bool); 4] {
    [
        ("pings", frame(9, b"?"), false),
        ("tiny messages", frame(2, b"tiny"), false),
        ("compressed messages", compressed(1000), true),
        ("messages that inflate to much", compressed(1 << 20), true),
    ]
}

fn agreed(compressed: bool) -> Option<DeflateParameters> {
    compressed.then(DeflateParameters::default)
}

#[test]
fn a_flood_lets_other_tasks_of_tokio_have_their_turn() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (what, flood, deflate) in floods() {
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let stream = Stream::flooding(flood);
            let mut socket = WebSocket::established(
                stream,
                Role::Server,
                agreed(deflate),
                without_deadlines(),
                b"",
            );
            let turns = Rc::<Cell<usize>>::default();
            let others = turns.clone();
            tokio::task::spawn_local(async move {
                loop {
                    others.set(others.get() + 1);
                    yield_now().await;
                }
            });
            let most = most_between!(socket.receive(), turns);
            println!("{what}: {most:?} events and bytes between two turns");
        });
    }
}

#[test]
fn a_flood_lets_other_tasks_of_smol_have_their_turn() {
    for (what, flood, deflate) in floods() {
        let executor = smol::LocalExecutor::new();
        smol::block_on(executor.run(async {
            let stream = Compat(Stream::flooding(flood));
            let mut socket = SmolWebSocket::established(
                stream,
                Role::Server,
                agreed(deflate),
                without_deadlines(),
                b"",
            );
            let turns = Rc::<Cell<usize>>::default();
            let others = turns.clone();
            let other = executor.spawn(async move {
                loop {
                    others.set(others.get() + 1);
                    smol::future::yield_now().await;
                }
            });
            let most = most_between!(socket.receive(), turns);
            println!("{what}: {most:?} events and bytes between two turns");
            drop(other);
        }));
    }
}

/// The timers of the runtime have their turn as well.
#[tokio::test]
async fn a_flood_lets_timers_fire() {
    let mut socket = server(&Stream::flooding(frame(9, b"?")), without_deadlines());
    let mut timer = Box::pin(tokio::time::sleep(Duration::from_millis(1)));
    let ticks = tokio::spawn(async {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    for _ in 0..10_000_000 {
        socket.receive().await.unwrap();
        if ticks.is_finished() {
            return assert!(timer.as_mut().now_or_never().is_some());
        }
    }
    panic!("timers do not fire");
}
