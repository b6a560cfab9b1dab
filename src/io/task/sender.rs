//! The sending side of a socket in several tasks.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, ready};

use super::line::{Line, Party, Shared};
use super::vocabulary::vocabulary;
#[cfg(feature = "futures")]
use super::waiters::Call;
use super::{Error, Wire, Writer};
use crate::{CloseCode, Message, MessageKind, Prepared, SendError};

/// The sending side of a split [`WebSocket`](super::WebSocket): clone it for every task that
/// sends.
///
/// What may wait to be written is bounded by [`Limits::output`](crate::Limits::output) for all of
/// them together; above it, sending waits. Messages of one task keep their order. While one sends a
/// message in fragments, the messages of the others wait.
///
/// ```
/// use websocket_proto::io::task::{Sender, Wire};
/// use websocket_proto::{CloseCode, Prepared, SendError};
///
/// /// Sends to everybody, and closes those that have no room: they read too slowly.
/// fn broadcast<W: Wire>(news: &str, everybody: &[Sender<W>]) {
///     let news = Prepared::text(news);
///     for sender in everybody {
///         if let Err(SendError::Full) = sender.try_send_prepared(&news) {
///             let _ = sender.close(CloseCode::POLICY, "too slow");
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Sender<W: Wire> {
    pub(super) shared: Arc<Shared<W>>,
    /// Among the senders of this socket.
    pub(super) number: usize,
    /// Something was queued otherwise since the sink was flushed last.
    #[cfg(feature = "futures")]
    pub(super) queues: std::sync::atomic::AtomicBool,
    #[cfg(feature = "futures")]
    pub(super) sinking: Sinking,
}

impl<W: Wire> Sender<W> {
    vocabulary!(self: &Self);

    pub(super) fn new(shared: Arc<Shared<W>>) -> Self {
        Self {
            #[cfg(feature = "futures")]
            queues: std::sync::atomic::AtomicBool::new(false),
            #[cfg(feature = "futures")]
            sinking: Sinking::new(&shared),
            number: shared.next_number(),
            shared,
        }
    }

    /// Waits until everything is written that was queued before, by anybody.
    ///
    /// If the future is dropped, the rest is written all the same.
    ///
    /// # Errors
    ///
    /// [`Error::NotWritten`] if the connection ended before, [`Error::Io`] if the stream fails in
    /// this call.
    pub async fn flush(&self) -> Result<(), Error> {
        let mut call = self.shared.call();
        let mut position = None;
        poll_fn(|cx| {
            self.shared.poll_call(self.number, &mut call, |line, call, of_stream| {
                line.poll_flush(&mut position, call, of_stream, cx)
            })
        })
        .await
    }

    /// Begins the closing exchange, which the receiver sees through. The Close frame leaves behind
    /// what was queued before, and at once if the stream takes it.
    ///
    /// # Errors
    ///
    /// As for [`Connection::close`](crate::Connection::close).
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.trying(|writer| writer.close(code, reason))
    }

    /// Ends the connection without a word; see [`Connection::abort`](crate::Connection::abort).
    pub fn abort(&self) {
        self.act(|line, _| line.writer.abort());
    }

    /// Whether messages are compressed from the next on, where that was agreed on; see
    /// [`Connection::set_compression`](crate::Connection::set_compression).
    #[cfg(feature = "deflate")]
    pub fn set_compression(&self, enabled: bool) {
        self.shared.lock().writer.connection.set_compression(enabled);
    }

    /// Whether the other sends on the same connection.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    pub(super) fn feeding(
        &self,
        len: usize,
        mut push: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        self.note_queuing();
        let mut call = self.shared.call();
        poll_fn(move |cx| {
            self.shared.poll_call(self.number, &mut call, |line, call, of_stream| {
                line.poll_feed(len, &mut push, call, of_stream, cx)
            })
        })
    }

    pub(super) fn sending(
        &self,
        len: usize,
        mut push: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let mut call = self.shared.call();
        let mut position = None;
        poll_fn(move |cx| {
            self.shared.poll_call(self.number, &mut call, |line, call, of_stream| {
                if position.is_none() {
                    ready!(line.poll_feed(len, &mut push, call, of_stream, cx))?;
                }
                line.poll_flush(&mut position, call, of_stream, cx)
            })
        })
    }

    pub(super) fn trying(
        &self,
        push: impl FnOnce(&mut Writer<W>) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        self.note_queuing();
        self.act(|line, cx| {
            push(&mut line.writer)?;
            line.writer.write_in_passing(cx);
            Ok(())
        })
    }

    pub(super) fn starting(&self, kind: MessageKind) -> Result<(), SendError> {
        self.act(|line, _| line.writer.starting(kind))
    }

    /// What a flush of the sink would wait for is more than before.
    fn note_queuing(&self) {
        #[cfg(feature = "futures")]
        self.queues.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    fn act<T>(&self, work: impl FnOnce(&mut Line<W>, &mut Context<'_>) -> T) -> T {
        self.shared.act(Party::Sender(self.number), work)
    }
}

impl<W: Wire> Drop for Sender<W> {
    /// A message in fragments that nobody will finish is in the way of all others.
    fn drop(&mut self) {
        self.shared.act(Party::Sender(self.number), |line, _| line.writer.abandon_message());
    }
}

impl<W: Wire> Clone for Sender<W> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}

/// Where a [`Sender`] is as a sink, whose calls are of several polls.
#[cfg(feature = "futures")]
#[derive(Debug)]
pub(super) struct Sinking {
    pub(super) call: Call,
    /// The next message is taken, whoever takes the room meanwhile.
    pub(super) promised: bool,
    /// What is being flushed ends here.
    pub(super) position: Option<u64>,
}

#[cfg(feature = "futures")]
impl Sinking {
    fn new<W: Wire>(shared: &Arc<Shared<W>>) -> Self {
        Self { call: shared.call(), promised: false, position: None }
    }
}
