//! The end of a server whose connections are threads.

use std::iter;
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::super::ShutdownSummary;
use super::super::shutdown::{ShutdownOrder, ShutdownState};
use super::accepting::accepted;
use super::{Stream, WebSocket, Writer};
use crate::{CloseCode, Incoming, SendError, Time};

/// How often a thread that waits on a stream looks whether the server is to end.
const LOOK: Duration = Duration::from_millis(250);

/// The longest that waking a thread that accepts may take.
const KNOCK: Duration = Duration::from_secs(1);

/// The end of a server: closes all of its connections, and waits until they have ended. Clones are
/// the same.
///
/// [The page of the adapter](super#the-end-of-a-server) has an example.
#[derive(Clone, Debug, Default)]
pub struct GracefulShutdown {
    state: Arc<ShutdownState>,
    /// Where threads wait for connections.
    doors: Arc<Mutex<Vec<SocketAddr>>>,
}

impl GracefulShutdown {
    /// One without connections.
    pub fn new() -> Self {
        Self::default()
    }

    /// Accepts connections, as [`incoming`](super::incoming) does, until the server shuts down.
    ///
    /// Then this connects to the listener, to wake it; one at an address that cannot be connected
    /// to from here accepts one connection more, and drops it.
    pub fn incoming(&self, listener: &TcpListener) -> impl Iterator<Item = TcpStream> {
        let door = listener.local_addr().ok().map(|address| self.open(near(address)));
        iter::from_fn(move || {
            let _ = &door;
            while !self.has_begun() {
                if let Some(stream) = accepted(listener) {
                    return (!self.has_begun()).then_some(stream);
                }
            }
            None
        })
    }

    /// From now on the connection ends with the server. Watch it when it is open; taking it
    /// [apart](WebSocket::into_parts) ends the watch.
    ///
    /// When the server shuts down, [`receive`](WebSocket::receive) sends the Close frame behind
    /// what was sent before and waits for the peer's, at most
    /// [`Config::close_timeout`](crate::Config::close_timeout), and tells
    /// [`Event::Ended`](crate::Event::Ended) as always. Messages that still arrive are dropped, as
    /// they could not be answered. A connection that is watched later than that closes at once.
    ///
    /// A thread that waits on the stream looks four times a second whether it is time, through the
    /// stream's timeouts. One on an [`Untimed`](super::Untimed) stream looks when a read or a write
    /// returns.
    pub fn watch<S: Stream>(&self, socket: &mut WebSocket<S>) {
        socket.writer.shutdown_watch = Some(self.state.watch());
    }

    /// Whether [`close_all`](Self::close_all) was called.
    pub fn has_begun(&self) -> bool {
        self.state.has_begun()
    }

    /// Closes all connections with `code`, mostly [`CloseCode::GOING_AWAY`] or
    /// [`CloseCode::SERVICE_RESTART`], and waits for them to end, at most `budget`; those that are
    /// left then are [aborted](crate::Connection::abort). What became of those that were there
    /// when this began.
    ///
    /// Called again, it waits again; the first code and reason stand.
    ///
    /// # Errors
    ///
    /// [`SendError::BadCloseCode`], [`SendError::ReasonTooLong`]; then nothing is closed.
    pub fn close_all(
        &self,
        code: CloseCode,
        reason: &str,
        budget: Duration,
    ) -> Result<ShutdownSummary, SendError> {
        let start = Instant::now();
        self.state.begin(code, reason)?;
        let doors = mem::take(&mut *self.doors.lock().unwrap_or_else(PoisonError::into_inner));
        for door in doors {
            let _ = TcpStream::connect_timeout(&door, KNOCK);
        }
        Ok(self.wait(start, budget))
    }

    fn open(&self, address: SocketAddr) -> Door {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner).push(address);
        Door { doors: self.doors.clone(), address }
    }

    fn wait(&self, start: Instant, budget: Duration) -> ShutdownSummary {
        let waker = Waker::from(Arc::new(Parked(thread::current())));
        let place = self.state.register();
        loop {
            if let Poll::Ready(closed) =
                self.state.poll_all_ended(&place, &Context::from_waker(&waker))
            {
                return closed;
            }
            let left = budget.saturating_sub(start.elapsed());
            if left.is_zero() {
                return self.state.abort_all();
            }
            thread::park_timeout(left);
        }
    }
}

/// A place where a thread waits for connections, for so long.
struct Door {
    doors: Arc<Mutex<Vec<SocketAddr>>>,
    address: SocketAddr,
}

impl Drop for Door {
    fn drop(&mut self) {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = doors.iter().position(|door| *door == self.address) {
            doors.swap_remove(at);
        }
    }
}

/// The address at which this machine reaches the listener.
fn near(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    address
}

/// A thread that waits.
struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl<S: Stream> Writer<S> {
    /// The moment `at`, or the one to look at the shutdown if that is earlier.
    pub(super) fn look_by(&self, at: Option<Time>) -> Option<Time> {
        if self.shutdown_watch.is_none() {
            return at;
        }
        let look = self.wire.now().after(LOOK);
        Some(at.map_or(look, |at| at.min(look)))
    }

    /// Closes or ends the connection if the server is to end.
    pub(super) fn heed_shutdown(&mut self) {
        let Some(member) = &mut self.shutdown_watch else { return };
        match member.order(None) {
            ShutdownOrder::GoOn => {}
            ShutdownOrder::Close(notice) => {
                let (now, outgoing) = (self.wire.now(), &mut self.outgoing);
                let closed = self.connection.close(now, notice.code, &notice.reason, outgoing);
                member.close_sent |= closed.is_ok();
            }
            ShutdownOrder::Abort => self.abort(),
        }
    }

    /// The same while something is being written, which is let out before the Close frame.
    pub(super) fn heed_cut(&mut self) {
        if let Some(member) = &self.shutdown_watch
            && let ShutdownOrder::Abort = member.order(None)
        {
            self.abort();
        }
    }

    /// Whether the event that stands in `incoming` is not told any more.
    pub(super) fn drops(&self, incoming: &mut Incoming) -> bool {
        let Some(member) = &self.shutdown_watch else { return false };
        incoming.event().is_some_and(|event| member.drops(&event))
    }
}
