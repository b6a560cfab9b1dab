//! The end of a server whose connections are tasks.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::super::ShutdownSummary;
use super::super::shutdown::{ShutdownOrder, ShutdownState};
use super::{WebSocket, Wire, Writer};
use crate::{CloseCode, Ending, Event, SendError};

/// The end of a server: closes all of its connections, and waits until they have ended. Clones are
/// the same.
///
/// The page of each adapter has an example.
#[derive(Clone, Debug, Default)]
pub struct GracefulShutdown {
    plan: Arc<ShutdownState>,
}

impl GracefulShutdown {
    /// One without connections.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on the connection ends with the server. Watch it when it is open, and before it is
    /// [split](WebSocket::split); taking it [apart](WebSocket::into_parts) ends the watch.
    ///
    /// When the server shuts down, [`next`](WebSocket::next) sends the Close frame behind what was
    /// sent before and waits for the peer's, at most
    /// [`Config::close_timeout`](crate::Config::close_timeout), and tells
    /// [`Event::Ended`](crate::Event::Ended) as always. Messages that still arrive are dropped, as
    /// they could not be answered. A connection that is watched later than that closes at once.
    pub fn watch<W: Wire>(&self, socket: &mut WebSocket<W>) {
        socket.writer.member = Some(self.plan.watch());
    }

    /// Whether [`close_all`](Self::close_all) was called.
    pub fn has_begun(&self) -> bool {
        self.plan.has_begun()
    }

    /// Waits until [`close_all`](Self::close_all) is called: for the loop that accepts, which is to
    /// stop then.
    pub async fn begun(&self) {
        let place = self.plan.register();
        poll_fn(|cx| self.plan.poll_begun(&place, cx)).await;
    }

    /// Closes all connections with `code`, mostly [`CloseCode::GOING_AWAY`] or
    /// [`CloseCode::SERVICE_RESTART`], and waits for them to end; when `until` is ready, say a
    /// timer, those that are left are [aborted](crate::Connection::abort). What became of those
    /// that were there when this began.
    ///
    /// If the future is dropped, the connections close all the same. Called again, it waits again;
    /// the first code and reason stand.
    ///
    /// # Errors
    ///
    /// [`SendError::BadCloseCode`], [`SendError::ReasonTooLong`]; then nothing is closed.
    pub async fn close_all(
        &self,
        code: CloseCode,
        reason: &str,
        until: impl Future,
    ) -> Result<ShutdownSummary, SendError> {
        self.plan.begin(code, reason)?;
        let (mut until, place) = (pin!(until), self.plan.register());
        let closed = poll_fn(|cx| match self.plan.poll_all_ended(&place, cx) {
            Poll::Pending => until.as_mut().poll(cx).map(|_| self.plan.abort_all()),
            closed => closed,
        });
        Ok(closed.await)
    }
}

impl<W: Wire> Writer<W> {
    /// Closes the connection if the server is to end, or ends it, which is told. The task is woken
    /// when that changes.
    pub(super) fn heed_shutdown(&mut self, cx: &Context<'_>) -> bool {
        let Some(member) = &mut self.member else { return false };
        match member.order(Some(cx.waker())) {
            ShutdownOrder::GoOn => false,
            ShutdownOrder::Close(notice) => {
                let (now, outgoing) = (self.wire.now(), &mut self.outgoing);
                let closed = self.connection.close(now, notice.code, &notice.reason, outgoing);
                member.close_sent |= closed.is_ok();
                false
            }
            ShutdownOrder::Abort => {
                self.abort();
                true
            }
        }
    }

    /// The same while something is being written, which is let out before the Close frame.
    pub(super) fn heed_cut(&mut self, cx: &Context<'_>) {
        if let Some(member) = &self.member
            && let ShutdownOrder::Abort = member.order(Some(cx.waker()))
        {
            self.abort();
        }
    }

    /// Whether an event is not told any more.
    pub(super) fn drops(&self, event: &Event<'_>) -> bool {
        self.member.as_ref().is_some_and(|member| member.drops(event))
    }

    pub(super) fn note_ending(&mut self, ending: &Ending) {
        if let Some(member) = &mut self.member {
            member.is_clean = ending.is_clean();
        }
    }
}
