//! The sending side of a client that connects again.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::sending_methods::sending_methods;
use super::{Error, Sender, Wire, Writer};
use crate::{Message, MessageKind, Prepared, SendError};

/// The sending side of a [`Reconnecting`](super::Reconnecting) client, for any number of other
/// tasks.
///
/// It sends on the connection that is current when a method is called. If that connection is lost
/// meanwhile, the call fails, and what it sent is not sent again.
pub struct ReconnectingSender<W: Wire> {
    current: Arc<CurrentSender<W>>,
    /// The sender of the last call, which may have an unfinished message in fragments.
    last_used: Mutex<Option<Arc<Sender<W>>>>,
}

impl<W: Wire> ReconnectingSender<W> {
    pub(super) const fn new(current: Arc<CurrentSender<W>>) -> Self {
        Self { current, last_used: Mutex::new(None) }
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

    /// The sender for the current connection.
    fn sender(&self) -> Result<Arc<Sender<W>>, SendError> {
        let mut last_used = self.last_used.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.current.lock();
        let Some(current) = &*current else { return Err(SendError::Disconnected) };
        match &*last_used {
            Some(last_used) if last_used.shares_connection_with(current) => {
                Ok(Arc::clone(last_used))
            }
            Some(_) | None => Ok(Arc::clone(last_used.insert(Arc::new(current.clone())))),
        }
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
        Self::new(Arc::clone(&self.current))
    }
}

impl<W: Wire> fmt::Debug for ReconnectingSender<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connected = self.current.lock().is_some();
        f.debug_struct("ReconnectingSender").field("connected", &connected).finish_non_exhaustive()
    }
}

/// The sender of the current connection, if there is one.
pub(super) struct CurrentSender<W: Wire>(Mutex<Option<Sender<W>>>);

impl<W: Wire> CurrentSender<W> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Sender<W>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, sender: Option<Sender<W>>) {
        let _previous = std::mem::replace(&mut *self.lock(), sender);
    }
}
