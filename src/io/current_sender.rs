//! The sender of the current connection of a client that connects again, for others who send.

use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::sync::{Arc, PoisonError};

use super::sync::{Mutex, MutexGuard};
use crate::{Ending, SendError};

/// What a client that connects again shares with its senders. `T` sends on one connection.
pub(super) struct CurrentSender<T>(Mutex<Current<T>>);

struct Current<T> {
    /// The sender of the current connection, if there is one.
    sender: Option<T>,
    /// The senders of that connection that were made for the handles, by their ids: each may have
    /// an unfinished message in fragments.
    of_handles: BTreeMap<u64, Arc<T>>,
    last_handle_id: u64,
    /// How the connection ended that was lost last, and how many of its messages have not left.
    last_loss: Option<Box<(Ending, u64)>>,
    /// There will be no further connection.
    has_ended: bool,
}

impl<T> CurrentSender<T> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Current {
            sender: None,
            of_handles: BTreeMap::new(),
            last_handle_id: 0,
            last_loss: None,
            has_ended: false,
        })))
    }

    /// Notes a new connection, which is the current one until the result is dropped.
    pub(super) fn note_connected(self: &Arc<Self>, sender: T) -> WhileConnected<T> {
        self.lock().sender = Some(sender);
        WhileConnected(Arc::clone(self))
    }

    pub(super) fn note_lost(&self, ending: &Ending, unsent: u64) {
        self.lock().last_loss = Some(Box::new((ending.clone(), unsent)));
    }

    pub(super) fn note_ended(&self) {
        self.lock().has_ended = true;
    }

    /// Locks, even after a panic: nothing is left half done here.
    fn lock(&self) -> MutexGuard<'_, Current<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As long as a client has this, its connection is the current one.
pub(super) struct WhileConnected<T>(Arc<CurrentSender<T>>);

impl<T> Drop for WhileConnected<T> {
    fn drop(&mut self) {
        let mut current = self.0.lock();
        // Dropped when the lock is free again.
        let _senders = (current.sender.take(), mem::take(&mut current.of_handles));
        drop(current);
    }
}

/// One of those who send on the connection that is the current one.
pub(super) struct SenderHandle<T> {
    client: Arc<CurrentSender<T>>,
    id: u64,
}

impl<T> SenderHandle<T> {
    pub(super) fn new(client: &Arc<CurrentSender<T>>) -> Self {
        let mut current = client.lock();
        current.last_handle_id += 1;
        Self { client: Arc::clone(client), id: current.last_handle_id }
    }

    /// The sender for the current connection.
    pub(super) fn sender(&self) -> Result<Arc<T>, SendError>
    where
        T: Clone,
    {
        let Current { sender, of_handles, .. } = &mut *self.client.lock();
        let sender = sender.as_ref().ok_or(SendError::Disconnected)?;
        let of_handle = of_handles.entry(self.id).or_insert_with(|| Arc::new(sender.clone()));
        Ok(Arc::clone(of_handle))
    }

    pub(super) fn last_ending(&self) -> Option<Ending> {
        self.client.lock().last_loss.as_deref().map(|(ending, _)| ending.clone())
    }

    pub(super) fn last_unsent(&self) -> u64 {
        self.client.lock().last_loss.as_deref().map_or(0, |(_, unsent)| *unsent)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.client.lock().has_ended
    }
}

impl<T> Drop for SenderHandle<T> {
    fn drop(&mut self) {
        let mut current = self.client.lock();
        // Dropped when the lock is free again.
        let _sender = current.of_handles.remove(&self.id);
        drop(current);
    }
}

impl<T> Clone for SenderHandle<T> {
    fn clone(&self) -> Self {
        Self::new(&self.client)
    }
}

impl<T> fmt::Debug for SenderHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connected = self.client.lock().sender.is_some();
        f.debug_struct("ReconnectingSender").field("connected", &connected).finish_non_exhaustive()
    }
}
