//! The sending side of a client that connects again.

use std::fmt;
use std::sync::Arc;

use super::super::current_sender::{CurrentSender, SenderHandle};
use super::sending_methods::sending_methods;
use super::{Error, Sender, Wire, Writer};
use crate::{Message, MessageKind, Prepared, SendError};

/// The sending side of a [`Reconnecting`](super::Reconnecting) client, for any number of other
/// tasks.
///
/// It sends on the connection that is current when a method is called. If that connection is lost
/// meanwhile, the call fails as it does on a [`Sender`], and what it sent is not sent again.
pub struct ReconnectingSender<W: Wire> {
    pub(super) handle: SenderHandle<Sender<W>>,
}

impl<W: Wire> ReconnectingSender<W> {
    pub(super) fn new(client: &Arc<CurrentSender<Sender<W>>>) -> Self {
        Self { handle: SenderHandle::new(client) }
    }

    sending_methods!(self: &Self);

    /// Waits until everything that was queued before, by any sender, is written.
    ///
    /// If the future is dropped, the rest is written all the same.
    ///
    /// # Errors
    ///
    /// [`SendError::Disconnected`] without a connection, and as for
    /// [`send_message`](Self::send_message).
    pub async fn flush(&self) -> Result<(), Error> {
        self.sender()?.flush().await
    }

    /// Sets whether messages are compressed on the current connection, as
    /// [`Sender::set_compression`] does. Without a connection this does nothing.
    #[cfg(feature = "deflate")]
    pub fn set_compression(&self, enabled: bool) {
        if let Ok(sender) = self.sender() {
            sender.set_compression(enabled);
        }
    }

    /// Ends the current connection without a Close frame, as [`Sender::abort`] does. Without a
    /// connection this does nothing. The client then gives up, unless its
    /// [`Backoff::advise`](crate::backoff::Backoff::advise) says otherwise.
    pub fn abort(&self) {
        if let Ok(sender) = self.sender() {
            sender.abort();
        }
    }

    /// Whether there will be no further connection, as the client has given up, or was closed or
    /// dropped. Sending then fails with [`SendError::Disconnected`] for ever.
    pub fn has_ended(&self) -> bool {
        self.handle.has_ended()
    }

    /// The sender for the current connection.
    pub(super) fn sender(&self) -> Result<Arc<Sender<W>>, SendError> {
        self.handle.sender()
    }

    fn feed_with(
        &self,
        len: usize,
        queue: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let sender = self.sender();
        async move { sender?.feed_with(len, queue).await }
    }

    fn send_with(
        &self,
        len: usize,
        queue: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let sender = self.sender();
        async move { sender?.send_with(len, queue).await }
    }

    fn try_send_with(
        &self,
        queue: impl FnOnce(&mut Writer<W>) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        self.sender()?.try_send_with(queue)
    }

    fn begin_message(&self, kind: MessageKind) -> Result<(), SendError> {
        self.sender()?.begin_message(kind)
    }
}

impl<W: Wire> Clone for ReconnectingSender<W> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone() }
    }
}

impl<W: Wire> fmt::Debug for ReconnectingSender<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}
