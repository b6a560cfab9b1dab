//! The shutdown of a server whose connections are threads.

use std::iter;
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::super::ShutdownSummary;
use super::super::shutdown::{ShutdownOrder, ShutdownState};
use super::super::unreported::Unreported;
use super::accepting::accept_once;
use super::stream::Stream;
use super::web_socket::WebSocket;
use super::writer::Writer;
use crate::{CloseCode, Event, SendError, Time};

/// How often a thread that waits on a stream looks whether the server is shutting down. On a split
/// socket it also looks whether another thread has ended the connection, has left output, or has made
/// a deadline earlier.
pub(super) const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// The longest that a connection to wake a thread that accepts may take.
const WAKE_TIMEOUT: Duration = Duration::from_secs(1);

/// The shutdown of a server: closes all of its connections, and waits until they have ended. Clones
/// stand for the same shutdown.
///
/// [The page of the adapter](super#the-shutdown-of-a-server) has an example.
#[derive(Clone, Debug, Default)]
pub struct GracefulShutdown {
    state: Arc<ShutdownState>,
    /// The addresses at which threads wait for connections.
    listening: Arc<Mutex<Vec<SocketAddr>>>,
}

impl GracefulShutdown {
    /// A shutdown that watches no connections yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Accepts connections, as [`incoming`](super::incoming) does, until the server shuts down.
    ///
    /// To wake the thread that accepts, the shutdown connects to the listener. If the listener
    /// cannot be reached from this machine, the thread still accepts one more connection, and drops
    /// it.
    pub fn incoming(&self, listener: &TcpListener) -> impl Iterator<Item = TcpStream> {
        let address = listener.local_addr().ok();
        let listening = address.map(|address| self.note_listening(reachable(address)));
        iter::from_fn(move || {
            let _ = &listening;
            while !self.has_begun() {
                if let Some(stream) = accept_once(listener) {
                    return (!self.has_begun()).then_some(stream);
                }
            }
            None
        })
    }

    /// Watches a connection, which from now on closes when the server shuts down. Watch it when it
    /// is open; taking it [apart](WebSocket::into_parts) ends the watch.
    ///
    /// When the server shuts down, [`receive`](WebSocket::receive) sends a Close frame after what
    /// was sent before, waits for the peer's for at most
    /// [`Config::close_timeout`](crate::Config::close_timeout), and reports [`Event::Ended`] as
    /// always. Messages that still arrive are dropped, as they could not be answered. A connection
    /// that is only watched after that closes at once.
    ///
    /// A thread that waits on the stream looks four times a second whether the server shuts down,
    /// through the stream's timeouts. On an [`Untimed`](super::Untimed) stream it looks when a read
    /// or a write returns.
    pub fn watch<S: Stream>(&self, socket: &mut WebSocket<S>) {
        socket.writer.shutdown_watch = Some(self.state.watch());
    }

    /// Whether [`close_all`](Self::close_all) was called.
    pub fn has_begun(&self) -> bool {
        self.state.has_begun()
    }

    /// Closes all connections with `code`, usually [`CloseCode::GOING_AWAY`] or
    /// [`CloseCode::SERVICE_RESTART`], and waits for them to end, for at most `timeout`. The
    /// remaining ones are [aborted](crate::Connection::abort) then. Returns how many of the
    /// connections that were watched when this began ended in which way.
    ///
    /// A second call waits again; the code and the reason of the first are used.
    ///
    /// # Errors
    ///
    /// [`SendError::BadCloseCode`], [`SendError::ReasonTooLong`]; nothing is closed then.
    pub fn close_all(
        &self,
        code: CloseCode,
        reason: &str,
        timeout: Duration,
    ) -> Result<ShutdownSummary, SendError> {
        let start = Instant::now();
        self.state.begin(code, reason)?;
        let listening =
            mem::take(&mut *self.listening.lock().unwrap_or_else(PoisonError::into_inner));
        for address in listening {
            let _ = TcpStream::connect_timeout(&address, WAKE_TIMEOUT);
        }
        Ok(self.wait(start, timeout))
    }

    fn note_listening(&self, address: SocketAddr) -> Listening {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner).push(address);
        Listening { all: self.listening.clone(), address }
    }

    fn wait(&self, start: Instant, timeout: Duration) -> ShutdownSummary {
        let waker = Waker::from(Arc::new(ThreadWaker(thread::current())));
        let (registration, cx) = (self.state.register(), Context::from_waker(&waker));
        loop {
            if let Poll::Ready(summary) = self.state.poll_all_ended(&registration, &cx) {
                return summary;
            }
            let remaining = timeout.saturating_sub(start.elapsed());
            if remaining.is_zero() {
                return self.state.abort_all();
            }
            thread::park_timeout(remaining);
        }
    }
}

/// An address at which a thread waits for connections. It is removed from the list of `all` when
/// this is dropped.
struct Listening {
    all: Arc<Mutex<Vec<SocketAddr>>>,
    address: SocketAddr,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = all.iter().position(|address| *address == self.address) {
            all.swap_remove(at);
        }
    }
}

/// The address at which this machine reaches a listener.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    address
}

/// Wakes a thread that is parked.
struct ThreadWaker(Thread);

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl<S: Stream> Writer<S> {
    /// The end of a wait: `until`, or the next moment to look at the shutdown if that is earlier.
    pub(super) fn or_shutdown_check(&self, until: Option<Time>) -> Option<Time> {
        if self.shutdown_watch.is_none() {
            return until;
        }
        let check = self.wire.now().after(CHECK_INTERVAL);
        Some(until.map_or(check, |until| until.min(check)))
    }

    /// Closes or aborts the connection if its server orders that.
    pub(super) fn obey_shutdown(&mut self) {
        let Some(watch) = &mut self.shutdown_watch else { return };
        match watch.order(None) {
            ShutdownOrder::GoOn => {}
            ShutdownOrder::Close(notice) => {
                let (now, outgoing) = (self.wire.now(), &mut self.outgoing);
                let closed =
                    self.connection.start_close(now, notice.code, &notice.reason, outgoing);
                watch.close_sent |= closed.is_ok();
            }
            ShutdownOrder::Abort => self.abort(),
        }
    }

    /// Aborts the connection if its server orders that. This is for while output is being written:
    /// no other order is obeyed then, as a Close frame comes after that output.
    pub(super) fn obey_abort(&mut self) {
        if let Some(watch) = &self.shutdown_watch
            && let ShutdownOrder::Abort = watch.order(None)
        {
            self.abort();
        }
    }

    /// Whether an event is discarded, as the server shuts down.
    pub(super) fn discards(&self, event: &Event<'_>) -> bool {
        self.shutdown_watch.as_ref().is_some_and(|watch| watch.discards(event))
    }

    /// Notes how the connection has ended, for the application and for the server's summary, now
    /// that the last output has left or was dropped.
    pub(super) fn settle_ending(&mut self, unreported: &mut Unreported) {
        if let Some(ending) = unreported.settle_ending(self.connection.end_cause()) {
            self.ending = Some(Box::new(ending.clone()));
            self.trace.note_ended(ending, &self.connection);
            if let Some(watch) = &mut self.shutdown_watch {
                watch.is_clean = ending.is_clean();
            }
        }
        self.shutdown_watch = None;
    }
}
