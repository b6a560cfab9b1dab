//! What moves the bytes of a connection.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;
use std::{fmt, thread};

use ::h2::client::Connection;
use ::h2::{Ping, PingPong};
use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::task::unconstrained;
use ::tokio::time::{Sleep, sleep};
use bytes::Bytes;

use super::super::waker_set::WakerSet;
use super::errors::of_error;
use super::linger::Parking;

/// How long the server may take for what is left when nobody uses the connection any more.
const LAST_WAIT: Duration = Duration::from_secs(30);

/// Moves the bytes of all WebSockets of a connection: a future to spawn. Nothing moves while it is not
/// polled.
///
/// It is done when the connection has ended: when the [`Client`](super::Client), its clones and all
/// WebSockets are dropped, or with an error when the server ends the connection or the stream fails.
/// Every WebSocket and every call of [`connect`](super::Client::connect) reports that as well, so the
/// result may be ignored. A server that takes nothing any more cannot keep a connection that nobody
/// uses: it is given up after 30 s, with an error of the kind [`TimedOut`](io::ErrorKind::TimedOut).
///
/// If it is dropped, it writes what was sent as far as the stream takes it at once, and the connection
/// ends.
#[must_use = "nothing moves unless this is spawned"]
pub struct Driver<S: AsyncRead + AsyncWrite + Unpin> {
    connection: Connection<S, Bytes>,
    /// Until the server's settings are known.
    pings: Option<PingPong>,
    shared: Arc<Shared>,
    /// When the connection is given up; made when nobody uses it any more.
    last_deadline: Option<Pin<Box<Sleep>>>,
    is_done: bool,
}

/// What a driver and its clients share.
#[derive(Default)]
pub(super) struct Shared {
    are_settings_known: AtomicBool,
    /// The calls that wait for the settings.
    pub(super) waiting: WakerSet,
    pub(super) parking: Parking,
}

impl Shared {
    /// Whether the server's settings have arrived, or never will.
    pub(super) fn are_settings_known(&self) -> bool {
        self.are_settings_known.load(Ordering::Acquire)
    }

    /// Has the driver look whether this was the last that used the connection.
    fn release(self: Arc<Self>) {
        let driver = self.parking.driver();
        drop(self);
        driver.wake();
    }

    fn note_settings(&self) {
        self.are_settings_known.store(true, Ordering::Release);
        self.waiting.wake_all();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    /// A driver that asks at once for a sign that the settings have arrived: the server begins with
    /// them (RFC 9113 §3.4), so they come before the answer to a PING.
    pub(super) fn new(mut connection: Connection<S, Bytes>, shared: Arc<Shared>) -> Self {
        let mut pings = connection.ping_pong();
        if let Some(pings) = &mut pings {
            // This fails only if the connection has, which polling it reports.
            let _ = pings.send_ping(Ping::opaque());
        }
        Self { connection, pings, shared, last_deadline: None, is_done: false }
    }

    fn poll_connection(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let dropped = self.shared.parking.take(cx.waker());
        let polled = Pin::new(&mut self.connection).poll(cx);
        // What they had written is on its way by now.
        for stream in dropped {
            let shared = self.shared.clone();
            stream.spawn(|| shared.release());
        }
        if let Some(pings) = &mut self.pings {
            let is_answered = pings.poll_pong(cx).is_ready();
            if is_answered {
                self.pings = None;
                self.shared.note_settings();
            } else {
                // Those that wait look whether the one setting is there already.
                self.shared.waiting.wake_all();
            }
        }
        polled.map(|result| result.map_err(of_error))
    }

    /// Waits for the last deadline, if nobody but this has the connection.
    fn poll_last_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if Arc::strong_count(&self.shared) > 1 {
            return Poll::Pending;
        }
        let deadline = self.last_deadline.get_or_insert_with(|| Box::pin(sleep(LAST_WAIT)));
        ready!(deadline.as_mut().poll(cx));
        let text = "the server has not taken the end of the connection";
        Poll::Ready(io::Error::new(ErrorKind::TimedOut, text))
    }

    fn finish(&mut self) {
        self.is_done = true;
        self.shared.parking.close();
        self.shared.note_settings();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Future for Driver<S> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_done {
            return Poll::Ready(Ok(()));
        }
        let mut polled = self.poll_connection(cx);
        if polled.is_pending() {
            polled = self.poll_last_deadline(cx).map(Err);
        }
        if polled.is_ready() {
            self.finish();
        }
        polled
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Drop for Driver<S> {
    /// Writes what was sent, as far as the stream takes it without waiting: the program may be at its
    /// end, and the last socket dropped just before.
    fn drop(&mut self) {
        if !self.is_done && !thread::panicking() {
            let mut cx = Context::from_waker(Waker::noop());
            let _ = pin!(unconstrained(&mut self.connection)).poll(&mut cx);
        }
        self.finish();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> fmt::Debug for Driver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}
