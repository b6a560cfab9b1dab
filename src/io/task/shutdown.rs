//! The shutdown of a server whose connections are tasks.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::super::ShutdownSummary;
use super::super::shutdown::{ShutdownOrder, ShutdownState};
use super::{WebSocket, Wire, Writer};
use crate::{CloseCode, Ending, Event, SendError};

/// The shutdown of a server: closes all of its connections, and waits until they have ended. Clones
/// stand for the same shutdown.
///
/// The page of each adapter has an example.
#[derive(Clone, Debug, Default)]
pub struct GracefulShutdown {
    state: Arc<ShutdownState>,
}

impl GracefulShutdown {
    /// A shutdown that watches no connections yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Watches a connection, which from now on closes when the server shuts down. Watch it when it
    /// is open, and before it is [split](WebSocket::split); taking it
    /// [apart](WebSocket::into_parts) ends the watch.
    ///
    /// When the server shuts down, [`receive`](WebSocket::receive) sends a Close frame after what was
    /// sent before, waits for the peer's for at most
    /// [`Config::close_timeout`](crate::Config::close_timeout), and reports
    /// [`Event::Ended`](crate::Event::Ended) as always. Messages that still arrive are dropped, as
    /// they could not be answered. A connection that is only watched after that closes at once.
    pub fn watch<W: Wire>(&self, socket: &mut WebSocket<W>) {
        socket.sides.writer.shutdown_watch = Some(self.state.watch());
    }

    /// Whether [`close_all`](Self::close_all) was called.
    pub fn has_begun(&self) -> bool {
        self.state.has_begun()
    }

    /// Waits until [`close_all`](Self::close_all) is called, so that a loop that accepts
    /// connections can stop.
    pub async fn begun(&self) {
        let registration = self.state.register();
        poll_fn(|cx| self.state.poll_begun(&registration, cx)).await;
    }

    /// Closes all connections with `code`, usually [`CloseCode::GOING_AWAY`] or
    /// [`CloseCode::SERVICE_RESTART`], and waits for them to end. When `until` is ready, for
    /// example a timer, the remaining ones are [aborted](crate::Connection::abort). Returns how
    /// many of the connections that were watched when this began ended in which way.
    ///
    /// If the future is dropped, the connections close all the same. A second call waits again; the
    /// code and the reason of the first are used.
    ///
    /// # Errors
    ///
    /// [`SendError::BadCloseCode`], [`SendError::ReasonTooLong`]; nothing is closed then.
    pub async fn close_all(
        &self,
        code: CloseCode,
        reason: &str,
        until: impl Future,
    ) -> Result<ShutdownSummary, SendError> {
        self.state.begin(code, reason)?;
        let (mut until, registration) = (pin!(until), self.state.register());
        let summary = poll_fn(|cx| match self.state.poll_all_ended(&registration, cx) {
            Poll::Pending => until.as_mut().poll(cx).map(|_| self.state.abort_all()),
            summary => summary,
        });
        Ok(summary.await)
    }
}

impl<W: Wire> Writer<W> {
    /// Closes or aborts the connection if its server orders that; `true` if it was aborted. The
    /// task is woken when the order changes.
    pub(super) fn obey_shutdown(&mut self, cx: &Context<'_>) -> bool {
        let Some(watch) = &mut self.shutdown_watch else { return false };
        match watch.order(Some(cx.waker())) {
            ShutdownOrder::GoOn => false,
            ShutdownOrder::Close(notice) => {
                let (now, outgoing) = (self.wire.now(), &mut self.outgoing);
                let closed =
                    self.connection.start_close(now, notice.code, &notice.reason, outgoing);
                watch.close_sent |= closed.is_ok();
                false
            }
            ShutdownOrder::Abort => {
                self.abort();
                true
            }
        }
    }

    /// Aborts the connection if its server orders that. This is for while output is being written:
    /// no other order is obeyed then, as a Close frame comes after that output.
    pub(super) fn obey_abort(&mut self, cx: &Context<'_>) {
        if let Some(watch) = &self.shutdown_watch
            && let ShutdownOrder::Abort = watch.order(Some(cx.waker()))
        {
            self.abort();
        }
    }

    /// Whether an event is discarded, as the server shuts down.
    pub(super) fn discards(&self, event: &Event<'_>) -> bool {
        self.shutdown_watch.as_ref().is_some_and(|watch| watch.discards(event))
    }

    /// Notes how the connection has ended, also for the server's summary.
    pub(super) fn note_ending(&mut self, ending: &Ending) {
        self.ending.get_or_insert_with(|| Box::new(ending.clone()));
        self.trace.note_ended(ending, &self.connection);
        if let Some(watch) = &mut self.shutdown_watch {
            watch.is_clean = ending.is_clean();
        }
    }
}
