//! A WebSocket as a stream of bytes, without the traits of a runtime.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use super::super::byte_stream::{MAX_MESSAGE, Payloads, TEXT_REFUSED, check_closed};
use super::waiters::{Call, Waiters};
use super::wake_ups::Worker;
use super::web_socket::Sides;
use super::{Error, WebSocket, Wire, Writer, contexts};
use crate::{CloseCode, Connection, Ending, SendError};

/// A [`WebSocket`] as a stream of bytes: for MQTT, SSH, VNC and tunnels, and for whatever takes
/// a stream of its runtime.
///
/// With [`io::tokio`](crate::io) this is an `AsyncRead`, `AsyncBufRead` and `AsyncWrite` of tokio,
/// with [`io::smol`](crate::io) one of futures-io. [As a byte stream](crate::io#as-a-byte-stream)
/// tells which bytes and errors there are, and how it ends.
///
/// - *Writing* returns when the bytes are queued as a message and the stream has taken as much as it
///   could without waiting. Above [`Limits::output`](crate::Limits::output) it first waits for room.
///   Flushing waits until everything is written.
/// - *Reading* also writes what is queued, answers pings and keeps the deadlines: so read, or the
///   connection is as good as dead.
/// - *Shutting down* (tokio) or *closing* (futures-io) sends the Close frame after what was written,
///   and returns when it is written. It does not wait for the peer's, which is found by reading on.
///
/// A future that reads or writes may be dropped at any await, and nothing is lost or sent twice. It
/// is woken whatever the other direction does meanwhile: the stream may be split, as with
/// `tokio::io::split`, and its halves polled by two tasks.
#[derive(Debug)]
pub struct ByteStream<W: Wire> {
    socket: WebSocket<W>,
    payloads: Payloads,
    waiters: Arc<Waiters>,
    /// The one waker that the stream below knows: `waiters`. Reading writes too, and would otherwise
    /// take the place of the writing task there.
    waker: Waker,
    /// The call that writes, flushes or shuts down.
    call: Call,
}

impl<W: Wire> WebSocket<W> {
    /// Makes a stream of bytes of the WebSocket. Bytes that are written become binary messages, and
    /// the payloads that are received become bytes: [as a byte
    /// stream](crate::io#as-a-byte-stream). Before that, a client may look at the server's
    /// [`response`](Self::response).
    pub fn into_byte_stream(self) -> ByteStream<W> {
        ByteStream::new(self)
    }
}

impl<W: Wire> ByteStream<W> {
    /// A stream of bytes over a WebSocket, as
    /// [`into_byte_stream`](WebSocket::into_byte_stream) makes it.
    pub fn new(socket: WebSocket<W>) -> Self {
        let waiters = Arc::<Waiters>::default();
        Self {
            socket,
            payloads: Payloads::default(),
            waker: Waker::from(Arc::clone(&waiters)),
            call: Call::new(Arc::clone(&waiters)),
            waiters,
        }
    }

    /// Takes the payloads of text messages as bytes too. Without this a text message ends the
    /// stream with an error: MQTT asks for that (MQTT 5.0 §6), and a peer that sends text here most
    /// likely speaks something else.
    #[must_use]
    pub fn accept_text(mut self) -> Self {
        self.payloads.accept_text();
        self
    }

    /// The WebSocket. What was written stays queued in it. What is left to read of the message (with
    /// [`Delivery::Streaming`](crate::Delivery::Streaming): of the chunk) that arrived last is lost,
    /// unless it is taken from [`buffer`](Self::buffer) first.
    pub fn into_inner(self) -> WebSocket<W> {
        self.socket
    }

    /// The bytes that were received and not read, of the last message or chunk. More may wait in the
    /// socket.
    pub fn buffer(&mut self) -> &[u8] {
        self.payloads.unread(self.socket.sides.receive_side.event())
    }

    /// The stream below, to look at.
    pub fn stream(&self) -> &W::Stream {
        self.socket.stream()
    }

    /// The protocol state.
    pub fn connection(&self) -> &Connection {
        self.socket.connection()
    }

    /// How the connection ended, once reading has come to its end: with the peer's code and reason,
    /// also where the end was an error.
    pub fn ending(&self) -> Option<&Ending> {
        self.payloads.ending()
    }

    /// Ends the connection without a Close frame, which the peer cannot take for the end of the
    /// bytes; see [`Connection::abort`].
    pub fn abort(&mut self) {
        self.work(Worker::Sender, |socket, _, _, _| socket.sides.writer.abort());
    }

    /// Waits for bytes, which stay to be read until they are consumed. None are the end.
    pub(in crate::io) fn poll_unread(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        while self.buffer().is_empty() {
            if let Some(end) = self.payloads.end() {
                return Poll::Ready(end.map(|()| &[][..]));
            }
            match ready!(self.poll_event(cx)) {
                Ok(true) => {}
                // The end had been reported before this became a stream of bytes.
                Ok(false) => return Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
                // The ending, which follows, says it too.
                Err(Error::Protocol(_)) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
        Poll::Ready(Ok(self.buffer()))
    }

    /// Waits for bytes, and shows them to `take`, which returns how many of them it took.
    pub(in crate::io) fn poll_take(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> usize,
    ) -> Poll<io::Result<usize>> {
        let taken = take(ready!(self.poll_unread(cx))?);
        self.note_consumed(taken);
        Poll::Ready(Ok(taken))
    }

    /// Says that `len` bytes of those that wait were read.
    pub(in crate::io) fn note_consumed(&mut self, len: usize) {
        self.payloads.consume(len);
    }

    /// Queues the front of `data` as a message once there is room, writes what the stream takes, and
    /// returns how many bytes the message has.
    pub(in crate::io) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let data = &data[..data.len().min(MAX_MESSAGE)];
        if data.is_empty() {
            return Poll::Ready(Ok(0));
        }
        self.poll_call(|writer, call, stream_cx| {
            ready!(writer.poll_queue_bytes(data, call, stream_cx, cx))?;
            // What the stream does not take now is written by the next call of any kind.
            match writer.poll_write(stream_cx) {
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(data.len())),
            }
        })
    }

    /// Waits until everything that was written before has left.
    pub(in crate::io) fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_call(|writer, call, stream_cx| writer.poll_all_flushed(call, stream_cx, cx))
    }

    /// Sends a Close frame, if none was sent before, and waits until it has left.
    pub(in crate::io) fn poll_shut_down(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let start_close =
            |socket: &mut WebSocket<W>| socket.sides.writer.start_close(CloseCode::NORMAL, "");
        match self.work(Worker::Sender, |socket, _, _, _| start_close(socket)) {
            Ok(()) => self.payloads.note_shutdown(),
            Err(SendError::Closed) => {}
            Err(error) => return Poll::Ready(Err(Error::from(error).into())),
        }
        ready!(self.poll_sent(cx))?;
        Poll::Ready(check_closed(self.connection(), self.ending()))
    }

    /// Waits for an event, and notes what it means for the bytes; `false` after the last.
    fn poll_event(&mut self, cx: &Context<'_>) -> Poll<Result<bool, Error>> {
        self.waiters.set_receiver(cx.waker());
        self.work(Worker::Receiver, |socket, payloads, _, stream_cx| {
            let Sides { receive_side, writer } = &mut *socket.sides;
            let polled = receive_side.poll_event(writer, stream_cx);
            if let Poll::Ready(Ok(true)) = polled
                && let Some(event) = receive_side.event()
                && let Some(code) = payloads.note_event(&event)
            {
                // This fails if a Close frame was sent before: then nothing has to be sent.
                let _ = writer.start_close(code, TEXT_REFUSED);
            }
            polled
        })
    }

    /// Polls a call that sends. It gives up its place among those that wait when it is ready.
    fn poll_call<T>(
        &mut self,
        poll: impl FnOnce(&mut Writer<W>, &mut Call, &mut Context<'_>) -> Poll<Result<T, Error>>,
    ) -> Poll<io::Result<T>> {
        let result = self.work(Worker::Sender, |socket, _, call, stream_cx| {
            poll(&mut socket.sides.writer, call, stream_cx)
        });
        if result.is_ready() {
            self.call.stop_waiting();
        }
        self.call.drop_old_wakers();
        result.map_err(io::Error::from)
    }

    /// Polls the socket with the one waker that its stream knows, and wakes those who can go on
    /// after it.
    fn work<T>(
        &mut self,
        worker: Worker,
        work: impl FnOnce(&mut WebSocket<W>, &mut Payloads, &mut Call, &mut Context<'_>) -> T,
    ) -> T {
        let Self { socket, payloads, waiters, waker, call } = self;
        let before = socket.sides.writer.receiver_view();
        let result = work(socket, payloads, call, &mut Context::from_waker(waker));
        let wakers = socket.sides.writer.take_ready(waiters, worker, &before);
        wakers.into_iter().for_each(Waker::wake);
        result
    }
}

/// What a stream of bytes does with its writer. The stream below is polled with `stream_cx`; `cx` is
/// the caller's.
impl<W: Wire> Writer<W> {
    /// Queues a binary message, after waiting for room if there is none.
    fn poll_queue_bytes(
        &mut self,
        data: &[u8],
        call: &mut Call,
        stream_cx: &mut Context<'_>,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            contexts::lend(&mut self.connection);
            match self.queue_binary(data) {
                Err(SendError::Full) => call.wait_for_room(data.len(), cx.waker()),
                result => return Poll::Ready(Ok(result?)),
            }
            ready!(self.poll_room(stream_cx))?;
        }
    }

    /// Waits until everything is flushed.
    fn poll_all_flushed(
        &mut self,
        call: &mut Call,
        stream_cx: &mut Context<'_>,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let position = self.outgoing.queued_position();
        if let Poll::Ready(result) = self.poll_until_flushed(position, stream_cx) {
            return Poll::Ready(result);
        }
        // The stream is polled once more, as it may have become ready before there was anybody to
        // wake.
        call.wait_for_position(position, cx.waker());
        self.note_awaited(position);
        self.poll_until_flushed(position, stream_cx)
    }
}
