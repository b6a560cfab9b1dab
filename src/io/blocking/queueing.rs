//! How a writer queues what the sending methods send.

use super::super::Error;
use super::stream::Stream;
use super::writer::{Writer, would_block};
use crate::{Connection, MessageKind, Outgoing, SendError, Time};

impl<S: Stream> Writer<S> {
    pub(super) fn now(&self) -> Time {
        self.wire.now()
    }

    /// Queues a message once there is room, and waits until it is written.
    pub(super) fn send_with(
        &mut self,
        queue: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.feed_with(queue)?;
        self.flush_output()
    }

    /// Queues a message once there is room.
    pub(super) fn feed_with(
        &mut self,
        mut queue: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        match queue(&mut self.connection, &mut self.outgoing) {
            Err(SendError::Full) => {
                // `WouldBlock` would say that the message was queued, which this one was not.
                let full = |error| if would_block(&error) { SendError::Full.into() } else { error };
                self.flush_output().map_err(full)?;
                Ok(queue(&mut self.connection, &mut self.outgoing)?)
            }
            result => Ok(result?),
        }
    }

    /// Queues a message if there is room.
    pub(super) fn try_send_with(
        &mut self,
        queue: impl FnOnce(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        queue(&mut self.connection, &mut self.outgoing)
    }

    /// Sends a fragment, as [`send_with`](Self::send_with) does a message.
    pub(super) fn send_fragment_with(
        &mut self,
        queue: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.send_with(queue)
    }

    /// Queues a fragment once there is room.
    pub(super) fn feed_fragment_with(
        &mut self,
        queue: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.feed_with(queue)
    }

    pub(super) fn begin_message(&mut self, kind: MessageKind) -> Result<(), SendError> {
        self.connection.start_message(kind)
    }

    pub(super) fn change(&mut self, change: impl FnOnce(&mut Connection, &mut Outgoing)) {
        change(&mut self.connection, &mut self.outgoing);
    }
}
