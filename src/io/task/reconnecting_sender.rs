//! The sending side of a client that connects again.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::vocabulary::vocabulary;
use super::{Error, Sender, Wire, Writer};
use crate::{Message, MessageKind, Prepared, SendError};

/// The sending side of a [`Reconnecting`] client, for any number of other tasks.
///
/// It sends on the connection that there is at the time of a call. A call on a connection that is
/// lost meanwhile says so, and what it sent is not sent again.
pub struct ReconnectingSender<W: Wire> {
    current: Arc<Current<W>>,
    /// The sender of the last call, whose message in fragments may be unfinished.
    known: Mutex<Option<Arc<Sender<W>>>>,
}

impl<W: Wire> ReconnectingSender<W> {
    pub(super) const fn new(current: Arc<Current<W>>) -> Self {
        Self { current, known: Mutex::new(None) }
    }

    vocabulary!(self: &Self);

    /// Waits until everything is written that was queued before, by anybody.
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

    /// The sender for the connection that there is.
    fn sender(&self) -> Result<Arc<Sender<W>>, SendError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.current.lock();
        let Some(current) = &*current else { return Err(SendError::Disconnected) };
        match &*known {
            Some(known) if known.is_of(current) => Ok(Arc::clone(known)),
            Some(_) | None => Ok(Arc::clone(known.insert(Arc::new(current.clone())))),
        }
    }

    fn feeding(
        &self,
        len: usize,
        push: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let sender = self.sender();
        async move { sender?.feeding(len, push).await }
    }

    fn sending(
        &self,
        len: usize,
        push: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let sender = self.sender();
        async move { sender?.sending(len, push).await }
    }

    fn trying(
        &self,
        push: impl FnOnce(&mut Writer<W>) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        self.sender()?.trying(push)
    }

    fn starting(&self, kind: MessageKind) -> Result<(), SendError> {
        self.sender()?.starting(kind)
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

/// The sending side of the connection that there is.
pub(super) struct Current<W: Wire>(Mutex<Option<Sender<W>>>);

impl<W: Wire> Current<W> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Sender<W>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, sender: Option<Sender<W>>) {
        let _past = std::mem::replace(&mut *self.lock(), sender);
    }
}
