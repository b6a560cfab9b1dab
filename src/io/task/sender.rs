//! The sending side of a split socket.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, ready};

use super::super::looked_at::settles_later;
use super::sending_methods::sending_methods;
use super::shared::{Locked, Shared, Side};
#[cfg(feature = "futures")]
use super::waiters::Call;
use super::{Error, Wire, Writer};
use crate::{CloseCode, Message, MessageKind, Prepared, SendError};

/// The sending side of a split [`WebSocket`](super::WebSocket): clone it for every task that
/// sends.
///
/// All senders of a socket together may have as much output waiting as
/// [`Limits::output`](crate::Limits::output) says; above it, sending waits. Messages of one sender
/// keep their order. While one sends a message in fragments, the messages of the others wait.
///
/// The stream, with its socket's file descriptor, is kept until the receiver and all senders are
/// dropped, after the connection has ended too. So drop a sender whose calls fail with
/// [`SendError::Closed`], or whose [`ending`](Self::ending) is known.
///
/// ```
/// use websocket_proto::io::task::{Sender, Wire};
/// use websocket_proto::{CloseCode, Prepared, SendError};
///
/// /// Sends to everybody, and closes those without room: they read too slowly.
/// fn broadcast<W: Wire>(news: &str, everybody: &[Sender<W>]) {
///     let news = Prepared::text(news);
///     for sender in everybody {
///         if let Err(SendError::Full) = sender.try_send_prepared(&news) {
///             let _ = sender.start_close(CloseCode::POLICY, "too slow");
///         }
///     }
/// }
/// ```
///
/// # Which messages have left
///
/// When `send_*` returns, its message and all before it are written: the system has them, and
/// delivers them as long as the connection lasts. After `feed_*` and `try_send_*`,
/// [`flush`](Self::flush) tells the same of everything that was queued before it.
///
/// When the connection ends first, each call says what became of its message:
///
/// | error | the message |
/// |---|---|
/// | [`Error::Send`] | was not queued: it can be sent on another connection |
/// | [`Error::NotWritten`], with the cause | was queued, and is not known to have left whole. A peer has no use for a part; where the stream has a buffer, as with TLS, it may have left whole all the same |
/// | [`Error::Io`] | the same: the stream failed in this call |
///
/// None of this says that the peer has read a message. If this side [begins to
/// close](Self::start_close) and [`Ending::is_clean`](crate::Ending::is_clean) is true, the peer has
/// received everything that was sent before, unless both began at the same time. To know more, have
/// the peer answer.
#[derive(Debug)]
pub struct Sender<W: Wire> {
    pub(super) shared: Arc<Shared<W>>,
    /// The id among the senders of this socket.
    pub(super) sender_id: usize,
    /// A message was queued since the last flush of the sink, by a method and not through the sink.
    #[cfg(feature = "futures")]
    pub(super) queued_since_flush: std::sync::atomic::AtomicBool,
    #[cfg(feature = "futures")]
    pub(super) sink: SinkState,
}

impl<W: Wire> Sender<W> {
    sending_methods!(self: &Self);

    pub(super) fn new(shared: Arc<Shared<W>>) -> Self {
        Self {
            #[cfg(feature = "futures")]
            queued_since_flush: std::sync::atomic::AtomicBool::new(false),
            #[cfg(feature = "futures")]
            sink: SinkState::new(&shared),
            sender_id: shared.new_sender_id(),
            shared,
        }
    }

    /// Waits until everything that was queued before, by any sender, is written.
    ///
    /// If the future is dropped, the rest is written all the same.
    ///
    /// # Errors
    ///
    /// [`Error::NotWritten`] if the connection ended before, [`Error::Io`] if the stream fails in
    /// this call.
    pub async fn flush(&self) -> Result<(), Error> {
        let mut call = self.shared.new_call();
        let mut position = None;
        poll_fn(|cx| {
            self.shared.poll_call(self.sender_id, &mut call, |locked, call, stream_cx| {
                locked.poll_flush(&mut position, call, stream_cx, cx)
            })
        })
        .await
    }

    /// Begins the closing exchange, which the receiver completes. The Close frame is written after
    /// what was queued before, and at once if the stream takes it.
    ///
    /// # Errors
    ///
    /// As for [`Connection::start_close`](crate::Connection::start_close).
    pub fn start_close(&self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.try_send_with(|writer| writer.start_close(code, reason))
    }

    /// Ends the connection without a Close frame; see
    /// [`Connection::abort`](crate::Connection::abort).
    pub fn abort(&self) {
        self.access(|locked, _| locked.writer.abort());
    }

    /// Sets whether messages are compressed from the next one on, if compression was agreed on; see
    /// [`Connection::set_compression`](crate::Connection::set_compression).
    #[cfg(feature = "deflate")]
    pub fn set_compression(&self, enabled: bool) {
        self.shared.lock().writer.connection.set_compression(enabled);
    }

    /// Queues a message of `len` bytes once there is room.
    pub(super) fn feed_with(
        &self,
        len: usize,
        mut queue: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        self.note_queued();
        let mut call = self.shared.new_call();
        poll_fn(move |cx| {
            self.shared.poll_call(self.sender_id, &mut call, |locked, call, stream_cx| {
                locked.poll_feed(len, &mut queue, call, stream_cx, cx)
            })
        })
    }

    /// Queues a message of `len` bytes once there is room, and waits until it is written.
    pub(super) fn send_with(
        &self,
        len: usize,
        mut queue: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let mut call = self.shared.new_call();
        let mut position = None;
        poll_fn(move |cx| {
            self.shared.poll_call(self.sender_id, &mut call, |locked, call, stream_cx| {
                if position.is_none() {
                    ready!(locked.poll_feed(len, &mut queue, call, stream_cx, cx))?;
                }
                locked.poll_flush(&mut position, call, stream_cx, cx)
            })
        })
    }

    /// Queues a message if there is room now, and writes as much as the stream takes at once.
    pub(super) fn try_send_with(
        &self,
        queue: impl FnOnce(&mut Writer<W>) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        self.note_queued();
        self.access(|locked, cx| {
            queue(&mut locked.writer)?;
            locked.writer.try_write(cx);
            Ok(())
        })
    }

    /// Begins a message in fragments, which belongs to this sender.
    pub(super) fn begin_message(&self, kind: MessageKind) -> Result<(), SendError> {
        self.access(|locked, _| locked.writer.begin_message(kind))
    }

    /// Notes that the next flush of the sink has more to wait for.
    fn note_queued(&self) {
        #[cfg(feature = "futures")]
        self.queued_since_flush.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    fn access<T>(&self, work: impl FnOnce(&mut Locked<W>, &mut Context<'_>) -> T) -> T {
        self.shared.access(Side::Sender(self.sender_id), work)
    }
}

impl<W: Wire> Drop for Sender<W> {
    /// Abandons an unfinished message in fragments, which would hold up all other senders.
    fn drop(&mut self) {
        if !settles_later(&*self.shared, self.sender_id) {
            self.shared.abandon_message(self.sender_id);
        }
    }
}

impl<W: Wire> Clone for Sender<W> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}

/// The state of a [`Sender`] that is used as a sink, whose operations take several polls each.
#[cfg(feature = "futures")]
#[derive(Debug)]
pub(super) struct SinkState {
    pub(super) call: Call,
    /// The next message was promised room, even if others take it meanwhile.
    pub(super) promised: bool,
    /// The position in the output that the current flush waits for.
    pub(super) flush_position: Option<u64>,
}

#[cfg(feature = "futures")]
impl SinkState {
    fn new<W: Wire>(shared: &Arc<Shared<W>>) -> Self {
        Self { call: shared.new_call(), promised: false, flush_position: None }
    }
}
