//! Waiting for the next event.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Error, WebSocket, Wire, Writer};
use crate::Event;

/// The future of [`WebSocket::next`], written out: what an `async fn` does becomes a function of its
/// own, which hands events out through memory, and taking them from there costs more than receiving
/// a short message.
pub(super) struct Next<'s, W: Wire> {
    /// Until the event is told.
    socket: Option<&'s mut WebSocket<W>>,
}

impl<'s, W: Wire> Next<'s, W> {
    pub(super) const fn new(socket: &'s mut WebSocket<W>) -> Self {
        Self { socket: Some(socket) }
    }
}

impl<'s, W: Wire> Future for Next<'s, W> {
    type Output = Result<Option<(Event<'s>, &'s mut Writer<W>)>, Error>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(socket) = self.socket.take() else { return Poll::Pending };
        match socket.receiving.poll_event(&mut socket.writer, cx) {
            Poll::Ready(Ok(true)) => {
                let WebSocket { receiving, writer } = socket;
                Poll::Ready(Ok(receiving.event().map(|event| (event, writer))))
            }
            Poll::Ready(Ok(false)) => Poll::Ready(Ok(None)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                self.socket = Some(socket);
                Poll::Pending
            }
        }
    }
}
