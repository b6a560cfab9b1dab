//! What a link holds.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use websocket_proto::{Connection, Ending, Incoming, Outgoing, Time};

use super::contexts;
use super::inbox::Inbox;
use super::listener::Listener;
use super::outbox::Outbox;
use super::timer::Timer;
use super::waiting::Waiting;
use super::window;
use super::wire::Wire;

/// How much a client may send before its request is answered, in bytes: the rest stays where it is.
const MOST_BEFORE_ANSWER: usize = 64 << 10;

/// A connection, its memory, and what it is connected to.
pub(super) struct State {
    pub(super) connection: Connection,
    pub(super) incoming: Incoming,
    pub(super) outgoing: Outgoing,
    /// There from `connection_made` to `connection_lost`.
    pub(super) wire: Option<Wire>,
    pub(super) listener: Option<Listener>,
    /// The listener was set during a delivery, which goes on with it.
    pub(super) is_listener_new: bool,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) waiting: Waiting,
    pub(super) timer: Timer,
    pub(super) ending: Option<Box<Ending>>,
    pub(super) request: Option<Py<PyAny>>,
    pub(super) response: Option<Py<PyAny>>,
    pub(super) phase: Phase,
    pub(super) subprotocol: Option<Box<str>>,
    /// The handshake succeeded.
    pub(super) was_open: bool,
    /// Events are being delivered, so what is sent meanwhile is written afterwards.
    pub(super) is_delivering: bool,
    /// The thread's window is in `incoming`.
    pub(super) has_window: bool,
    /// The transport was closed, and is to say so.
    pub(super) is_closing: bool,
    /// The transport was told that nothing more is written.
    pub(super) is_half_closed: bool,
    /// Nothing is read until the application asks for it.
    pub(super) is_paused: bool,
    /// The transport was told to read nothing.
    pub(super) is_reading_stopped: bool,
    /// The listener has failed, and is told nothing more but the end.
    pub(super) is_deaf: bool,
}

/// How far the transport has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Unconnected,
    Connected,
    Lost,
}

impl State {
    /// Takes bytes that were read.
    pub(super) fn take_input(&mut self, bytes: &[u8]) {
        if !self.has_window {
            window::lend(&mut self.incoming);
            self.has_window = true;
        }
        self.incoming.push(bytes);
    }

    /// Gives the window back, as nothing is received for now.
    pub(super) fn give_back_window(&mut self) {
        if std::mem::take(&mut self.has_window) {
            window::take_back(&mut self.incoming);
        }
    }

    /// Whether events are held back, as the application does not want them yet.
    pub(super) fn is_held_back(&self) -> bool {
        // A connection that closes has to get to its end.
        let may_wait = self.connection.is_open() || self.awaits_answer();
        may_wait && (self.is_paused || self.inbox.is_full() || self.is_too_early())
    }

    /// Whether the application has yet to answer the request.
    fn awaits_answer(&self) -> bool {
        self.request.is_some() && !self.was_open && !self.connection.is_settled()
    }

    /// Whether a client has sent much before its request was answered.
    fn is_too_early(&self) -> bool {
        self.incoming.unread().len() > MOST_BEFORE_ANSWER && self.awaits_answer()
    }

    /// Whether it is known how the connection has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether messages could be sent before, and cannot any more.
    pub(super) fn is_closing_down(&self) -> bool {
        !self.connection.is_open() && (self.was_open || self.has_ended())
    }

    /// Calls `job` with contexts to compress with, if compression was agreed on and nobody has lent
    /// them yet.
    pub(super) fn with_contexts<R>(&mut self, job: impl FnOnce(&mut Self) -> R) -> R {
        if self.is_delivering || self.connection.deflate().is_none() {
            return job(self);
        }
        contexts::lend(&mut self.connection);
        let result = job(self);
        contexts::take_back(&mut self.connection);
        result
    }

    pub(super) fn close_for_failure(&mut self, now: Time) {
        use websocket_proto::CloseCode;
        use websocket_proto::handshake::Rejection;
        self.is_deaf = true;
        // A request that nobody answered is refused; what closes already is not closed again.
        if let Ok(rejection) = Rejection::new(500) {
            let _ = self.connection.reject(now, &rejection, &mut self.outgoing);
        }
        let code = CloseCode::INTERNAL_ERROR;
        let _ = self.connection.start_close(now, code, "", &mut self.outgoing);
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(wire) = &self.wire {
            visit.call(&wire.transport)?;
            visit.call(&wire.event_loop)?;
            visit.call(&wire.timers)?;
            visit.call(&wire.vanishing)?;
        }
        if let Some(listener) = &self.listener {
            listener.traverse(visit)?;
        }
        visit.call(&self.request)?;
        visit.call(&self.response)?;
        self.inbox.traverse(visit)?;
        self.outbox.traverse(visit)?;
        self.waiting.traverse(visit)
    }
}
