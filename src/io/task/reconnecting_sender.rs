//! The sending side of a client that connects again.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::sending_methods::sending_methods;
use super::{Error, Sender, Wire, Writer};
use crate::{Ending, Message, MessageKind, Prepared, SendError};

/// The sending side of a [`Reconnecting`](super::Reconnecting) client, for any number of other
/// tasks.
///
/// It sends on the connection that is current when a method is called. If that connection is lost
/// meanwhile, the call fails, and what it sent is not sent again.
pub struct ReconnectingSender<W: Wire> {
    pub(super) current: Arc<CurrentSender<W>>,
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

    /// The sender for the current connection.
    pub(super) fn sender(&self) -> Result<Arc<Sender<W>>, SendError> {
        let mut last_used = self.last_used.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.current.lock();
        let Some(current) = &current.sender else { return Err(SendError::Disconnected) };
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
        let connected = self.current.lock().sender.is_some();
        f.debug_struct("ReconnectingSender").field("connected", &connected).finish_non_exhaustive()
    }
}

/// What a client that connects again shares with its senders.
pub(super) struct CurrentSender<W: Wire>(Mutex<Current<W>>);

/// The sender of the current connection, if there is one, and how the last one ended.
struct Current<W: Wire> {
    sender: Option<Sender<W>>,
    last_ending: Option<Box<Ending>>,
}

impl<W: Wire> CurrentSender<W> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Current { sender: None, last_ending: None }))
    }

    fn lock(&self) -> MutexGuard<'_, Current<W>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note_connected(&self, sender: Sender<W>) {
        let _previous = self.lock().sender.replace(sender);
    }

    pub(super) fn note_lost(&self, ending: &Ending) {
        let _previous = {
            let mut current = self.lock();
            current.last_ending = Some(Box::new(ending.clone()));
            current.sender.take()
        };
    }

    pub(super) fn last_ending(&self) -> Option<Ending> {
        self.lock().last_ending.as_deref().cloned()
    }
}
