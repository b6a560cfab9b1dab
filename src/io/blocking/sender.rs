//! The sending side of a split socket.

use std::sync::Arc;
use std::time::Instant;

use super::super::Error;
use super::super::clock::time_at;
use super::super::looked_at::settles_later;
use super::locked::Locked;
use super::sending_methods::sending_methods;
use super::shared::{Blocked, Shared};
use super::split_stream::SplitStream;
use super::waiting_calls::WaitFor;
use crate::{CloseCode, Connection, Ending, MessageKind, Outgoing, SendError, Time};

/// The sending side of a split [`WebSocket`](super::WebSocket): clone it for every thread that
/// sends.
///
/// A call of `send_*` writes its message while another thread waits in
/// [`Receiver::receive`](super::Receiver::receive), and while the peer sends. What is
/// [fed](Self::feed_message) is written by the next call of any sender that writes, when a sender is
/// dropped, or by the receiver, which looks four times a second. `try_*` does not wait for a peer that
/// takes nothing, except for a few milliseconds now and then to see whether it still does.
///
/// All senders of a socket together may have as much output waiting as
/// [`Limits::output`](crate::Limits::output) says; above it, sending waits. Messages of one thread
/// keep their order. While one sender sends a message in fragments, the messages of the others
/// wait.
///
/// When the [`Receiver`](super::Receiver) is dropped, nobody hears the peer any more: sending then
/// fails with [`SendError::Closed`].
///
/// The stream, with its socket's file descriptor, is kept until the receiver and all senders are
/// dropped, after the connection has ended too. So drop a sender whose calls fail with
/// [`SendError::Closed`], or whose [`ending`](Self::ending) is known.
///
/// ```
/// use websocket_proto::io::blocking::{Sender, SplitStream};
/// use websocket_proto::{CloseCode, Prepared, SendError};
///
/// /// Sends to everybody, and closes those without room: they read too slowly.
/// fn broadcast<S: SplitStream>(news: &str, everybody: &[Sender<S>]) {
///     let news = Prepared::text(news);
///     for sender in everybody {
///         if let Err(SendError::Full) = sender.try_send_prepared(&news) {
///             let _ = sender.start_close(CloseCode::POLICY, "too slow");
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Sender<S: SplitStream> {
    shared: Arc<Shared<S>>,
    /// The id among the senders of this socket.
    id: usize,
}

impl<S: SplitStream> Sender<S> {
    sending_methods!(self: &Self);

    pub(super) fn new(shared: Arc<Shared<S>>) -> Self {
        Self { id: shared.new_sender_id(), shared }
    }

    /// Begins the closing exchange, which the receiver completes. The Close frame is written after
    /// what was queued before, and at once if the stream takes it.
    ///
    /// # Errors
    ///
    /// As for [`Connection::start_close`].
    pub fn start_close(&self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        let mut locked = self.shared.lock();
        locked.start_close(code, reason)?;
        drop(locked);
        self.shared.write_available();
        Ok(())
    }

    /// Looks at the stream: at the peer's address, its certificates, the options of the socket.
    /// Reading from it or writing to it directly breaks the connection.
    ///
    /// The socket is locked while `look` runs, so all others who use it wait.
    ///
    /// # Panics
    ///
    /// If `look` uses the same socket: such a call would wait for itself.
    pub fn with_stream<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        self.shared.look(|writer| look(writer.stream()))
    }

    /// Looks at the protocol state: at the configuration, the compression that was agreed on, the
    /// round-trip time. All of it is that of now. The socket is locked meanwhile, as with
    /// [`with_stream`](Self::with_stream).
    ///
    /// # Panics
    ///
    /// If `look` uses the same socket: such a call would wait for itself.
    pub fn with_connection<T>(&self, look: impl FnOnce(&Connection) -> T) -> T {
        self.shared.look(|writer| look(&writer.connection))
    }

    /// How the connection has ended, as soon as that is known.
    pub fn ending(&self) -> Option<Ending> {
        self.shared.lock().writer.ending().cloned()
    }

    /// How many messages of all senders have not left; see
    /// [`WebSocket::unsent`](super::WebSocket::unsent).
    pub fn unsent(&self) -> u64 {
        self.shared.lock().writer.unsent()
    }

    #[expect(clippy::unnecessary_wraps, reason = "a client that connects again may have none")]
    fn current_writer(&self) -> Result<&Self, SendError> {
        Ok(self)
    }

    pub(super) fn now(&self) -> Time {
        time_at(Instant::now())
    }

    /// Queues a message once there is room, and waits until it is written.
    pub(super) fn send_with(
        &self,
        mut queue: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.send(|locked| self.queue(locked, &mut queue))
    }

    /// Queues a message once there is room.
    pub(super) fn feed_with(
        &self,
        mut queue: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.shared.wait_until_done(|locked| self.queue(locked, &mut queue))
    }

    /// Queues a message if there is room now, and writes as much as the stream takes at once.
    pub(super) fn try_send_with(
        &self,
        mut queue: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        let mut queued = self.try_queue(&mut queue);
        self.shared.write_available();
        if queued == Err(SendError::Full) {
            // There may be room now. Nobody else may be writing, not even the receiver.
            queued = self.try_queue(&mut queue);
        }
        queued
    }

    fn try_queue(
        &self,
        queue: &mut impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        let mut locked = self.shared.lock();
        locked.check_receiver()?;
        let writer = &mut locked.writer;
        queue(&mut writer.connection, &mut writer.outgoing)
    }

    pub(super) fn send_fragment_with(
        &self,
        mut queue: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.send(|locked| self.queue_fragment(locked, &mut queue))
    }

    pub(super) fn feed_fragment_with(
        &self,
        mut queue: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.shared.wait_until_done(|locked| self.queue_fragment(locked, &mut queue))
    }

    /// Begins a message in fragments, which belongs to this sender.
    pub(super) fn begin_message(&self, kind: MessageKind) -> Result<(), SendError> {
        let mut locked = self.shared.lock();
        locked.check_receiver()?;
        locked.writer.connection.start_message(kind)?;
        locked.message_owner = self.id;
        Ok(())
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Connection, &mut Outgoing)) {
        let writer = &mut self.shared.lock().writer;
        change(&mut writer.connection, &mut writer.outgoing);
    }

    /// Waits until everything that was queued before, by any sender, is written.
    pub(super) fn flush_output(&self) -> Result<(), Error> {
        self.send(|_| Ok(()))
    }

    /// Tries `queue` until it is done, and waits until everything that is queued then is written.
    fn send(
        &self,
        mut queue: impl FnMut(&mut Locked<S>) -> Result<(), Blocked>,
    ) -> Result<(), Error> {
        let mut position = None;
        self.shared.wait_until_done(|locked| {
            let position = match position {
                Some(position) => position,
                None => {
                    queue(locked)?;
                    *position.insert(locked.writer.outgoing.queued_position())
                }
            };
            let waits = || Err(Blocked::Waits(WaitFor::Position(position)));
            locked.flush_result(position).map_or_else(waits, |result| Ok(result?))
        })?;
        // Others may have queued something meanwhile, and do not wait for it.
        self.shared.write_available();
        Ok(())
    }

    fn queue(
        &self,
        locked: &mut Locked<S>,
        queue: &mut impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Blocked> {
        locked.check_receiver()?;
        match queue(&mut locked.writer.connection, &mut locked.writer.outgoing) {
            Err(SendError::Full) => Err(Blocked::Waits(WaitFor::Room)),
            Err(SendError::MessageInProgress) if locked.message_owner != self.id => {
                Err(Blocked::Waits(WaitFor::MessageEnd))
            }
            result => Ok(result?),
        }
    }

    fn queue_fragment(
        &self,
        locked: &mut Locked<S>,
        queue: &mut impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Blocked> {
        if locked.message_owner != self.id {
            return Err(SendError::NoMessageInProgress.into());
        }
        self.queue(locked, queue)
    }
}

impl<S: SplitStream> Drop for Sender<S> {
    /// Abandons an unfinished message in fragments, which would hold up all other senders.
    fn drop(&mut self) {
        if !settles_later(&*self.shared, self.id) {
            self.shared.settle_dropped(self.id);
        }
    }
}

impl<S: SplitStream> Clone for Sender<S> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}
