//! The asynchronous adapters: what they share, driven by hand.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use websocket_proto::CloseCode;
use websocket_proto::io::Error;
use websocket_proto::io::task::{WebSocket, Wire};

use super::Setup;
use super::record::Record;
use super::script::Action;
use super::stream::Link;

/// A task that is polled only when it was woken.
pub(crate) struct Task {
    link: Link,
    woken: Arc<Woken>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Task {
    pub(crate) fn new(link: &Link) -> Self {
        Self { link: link.clone(), woken: Arc::new(Woken(AtomicBool::new(false))) }
    }

    /// Drives a future. `None` if it was dropped, as it had to wait `drop_after` times, or as only the
    /// peer can end the wait.
    pub(crate) fn drive<T>(&self, future: impl Future<Output = T>, drop_after: u8) -> Option<T> {
        /// More polls than any call needs.
        const MAX_POLLS: usize = 50_000;
        let mut future = pin!(future);
        let waker = Waker::from(self.woken.clone());
        let mut waits = 0;
        for _ in 0..MAX_POLLS {
            self.woken.0.store(false, Ordering::Relaxed);
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Some(output);
            }
            if self.woken.0.load(Ordering::Relaxed) {
                continue;
            }
            waits += 1;
            if drop_after > 0 && waits >= drop_after {
                return None;
            }
            if !self.link.unblock() {
                return None;
            }
            let is_woken = self.woken.0.load(Ordering::Relaxed);
            assert!(is_woken || !self.link.state().is_readable(), "nobody woke the task");
            if !is_woken {
                return None;
            }
        }
        panic!("a call without an end");
    }

    /// Drives a future that the peer lets end.
    pub(crate) fn drive_to_end<T>(&self, future: impl Future<Output = T>) -> T {
        self.drive(future, 0).expect("nobody ends this wait")
    }
}

/// Opens a connection by a future, and plays the actions on it.
pub(crate) fn play<W: Wire>(
    setup: Setup,
    actions: &[Action],
    link: &Link,
    open: impl Future<Output = Result<WebSocket<W>, Error>>,
) {
    let (task, mut record) = (Task::new(link), Record::default());
    let dropped = actions.first().and_then(|action| match action {
        Action::DropAfter(waits) => Some(*waits),
        _ => None,
    });
    match task.drive(open, dropped.unwrap_or(0)) {
        Some(Ok(socket)) => act(setup, actions, &task, socket, &mut record),
        Some(Err(error)) => assert!(link.state().is_faulty, "{error}"),
        None => assert!(dropped.is_some(), "the handshake has no end"),
    }
    record.check(link);
}

fn act<W: Wire>(
    setup: Setup,
    actions: &[Action],
    task: &Task,
    mut socket: WebSocket<W>,
    record: &mut Record,
) {
    let mut drop_after = 0;
    for action in actions {
        let after = std::mem::take(&mut drop_after);
        match *action {
            Action::Send(wanted) => {
                let message = record.make(wanted);
                let sent = match str::from_utf8(&message.1).ok().filter(|_| wanted.is_text) {
                    Some(text) => task.drive(socket.send_text(text), after),
                    None => task.drive(socket.send_binary(&message.1), after),
                };
                assert!(sent.is_some() || after > 0, "nobody ends this wait");
                record.note_sent(message, sent.as_ref());
            }
            Action::Feed(wanted) => {
                let message = record.make(wanted);
                let writer = socket.writer();
                let fed = match str::from_utf8(&message.1).ok().filter(|_| wanted.is_text) {
                    Some(text) => task.drive(writer.feed_text(text), after),
                    None => task.drive(writer.feed_binary(&message.1), after),
                };
                assert!(fed.is_some() || after > 0, "nobody ends this wait");
                record.note_fed(message, fed.as_ref());
            }
            Action::Flush => {
                let flushed = task.drive(socket.flush(), after);
                assert!(flushed.is_some() || after > 0, "nobody ends this wait");
            }
            Action::Receive => receive(task, &mut socket, record, after),
            Action::PeerSends(wanted) => task.link.with_peer(|peer| peer.send(wanted)),
            Action::PeerPings => task.link.with_peer(|peer| peer.ping()),
            Action::PeerCloses => task.link.with_peer(|peer| peer.close()),
            Action::DropAfter(waits) => drop_after = waits,
        }
    }
    if setup.closes() {
        close(task, socket, record);
    }
}

fn receive<W: Wire>(task: &Task, socket: &mut WebSocket<W>, record: &mut Record, after: u8) {
    match task.drive(socket.receive(), after) {
        Some(Ok(Some((event, _)))) => record.note_event(&event),
        Some(Ok(None)) => assert!(record.has_ended(), "an end that was not told"),
        Some(Err(error)) => assert!(task.link.state().is_faulty, "{error}"),
        None => {
            assert!(after > 0 || !task.link.state().is_readable(), "there is something to read")
        }
    }
}

fn close<W: Wire>(task: &Task, mut socket: WebSocket<W>, record: &mut Record) {
    match task.drive_to_end(socket.close_with(CloseCode::NORMAL, "done")) {
        Ok(ending) => record.note_end(ending.cause),
        Err(error) => {
            assert!(task.link.state().is_faulty || record.has_ended(), "{error}");
        }
    }
}
