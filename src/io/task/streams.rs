//! `Stream` and `Sink` of owned messages (feature `futures`).

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

use super::super::reconnect::{State, Step};
use super::sender::SinkState;
use super::shared::Side;
use super::web_socket::Sides;
use super::{Error, Receiver, Reconnecting, Sender, WebSocket, Wire, Writer};
use crate::{CloseCode, Delivery, Message, SendError};

/// The messages and control frames until the end of the connection.
///
/// A small message is copied; a large one that was assembled is handed over without a copy. With
/// [`Delivery::Streaming`] the stream fails with [`Error::StreamingDelivery`]: take chunks from
/// [`receive`](WebSocket::receive).
///
/// The stream ends with the connection; [`ending`](WebSocket::ending) then says how.
impl<W: Wire> Stream for WebSocket<W> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Sides { receive_side, writer } = &mut *self.get_mut().sides;
        while ready!(receive_side.poll_event(writer, cx))? {
            if let Some(message) = receive_side.incoming().take_message() {
                return Poll::Ready(Some(Ok(message)));
            }
            require_whole(writer.connection.config().delivery)?;
        }
        Poll::Ready(None)
    }
}

impl<W: Wire> FusedStream for WebSocket<W> {
    fn is_terminated(&self) -> bool {
        self.sides.receive_side.has_reported_end()
    }
}

/// The same stream as that of [`WebSocket`]. After its end, [`ending`](Receiver::ending) says how the
/// connection ended.
impl<W: Wire> Stream for Receiver<W> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let receiver = self.get_mut();
        while ready!(receiver.poll_event(cx))? {
            if let Some(message) = receiver.incoming().take_message() {
                return Poll::Ready(Some(Ok(message)));
            }
            require_whole(receiver.delivery())?;
        }
        Poll::Ready(None)
    }
}

impl<W: Wire> FusedStream for Receiver<W> {
    fn is_terminated(&self) -> bool {
        self.has_reported_end()
    }
}

/// Checks that messages are delivered whole, after an event that is no message. Such an event
/// belongs to the handshake then; otherwise it might be a part of a message.
fn require_whole(delivery: Delivery) -> Result<(), Error> {
    match delivery {
        Delivery::Whole => Ok(()),
        Delivery::Streaming => Err(Error::StreamingDelivery),
    }
}

/// The messages and control frames of all connections.
///
/// What happens in between is reported as an error, and the stream goes on: [`Error::Ended`] for a
/// connection that was lost, and the error of an attempt to connect that failed. The stream ends
/// when there will be no further attempt. [`ending`](Reconnecting::ending) then says how the last
/// connection ended. [`receive`](Reconnecting::receive) reports more: new connections, and why it
/// gave up.
impl<W: Wire> Stream for Reconnecting<W> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let client = self.get_mut();
        loop {
            match ready!(client.poll_step(cx)) {
                Step::Event => {
                    let receiver = &mut client.halves()?.receiver;
                    if let Some(message) = receiver.incoming().take_message() {
                        return Poll::Ready(Some(Ok(message)));
                    }
                    require_whole(receiver.delivery())?;
                }
                Step::Lost(ending) => {
                    return Poll::Ready(Some(Err(Error::Ended(Box::new(ending)))));
                }
                Step::Failed(error) => return Poll::Ready(Some(Err(error))),
                Step::Connected | Step::Waiting(_) => {}
                Step::GaveUp(_) | Step::Ended => return Poll::Ready(None),
            }
        }
    }
}

impl<W: Wire> FusedStream for Reconnecting<W> {
    fn is_terminated(&self) -> bool {
        matches!(self.machine.state, State::Ended)
    }
}

/// The same sink as that of [`WebSocket`], for the current connection. Without one it fails with
/// [`SendError::Disconnected`]. Closing it ends the client for good.
impl<W: Wire> Sink<Message> for Reconnecting<W> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.get_mut().halves()?.sender).poll_ready(cx)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        Pin::new(&mut self.get_mut().halves()?.sender).start_send(message)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.get_mut().halves()?.sender).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let client = self.get_mut();
        client.begin_close(CloseCode::NORMAL, "")?;
        while !matches!(ready!(client.poll_step(cx)), Step::Lost(_) | Step::Ended) {}
        Poll::Ready(Ok(()))
    }
}

/// Messages are queued, and written when the sink is flushed or the socket waits for input.
///
/// Closing the sink closes the connection with 1000 and waits for its end. A [`Message::Close`] is
/// ignored if the connection is closing already, so that a stream of messages can be forwarded to
/// the sink of the same socket.
impl<W: Wire> Sink<Message> for WebSocket<W> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().sides.writer.poll_room(cx)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        Ok(self.get_mut().sides.writer.start_send(&message)?)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().sides.writer.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Sides { receive_side, writer } = &mut *self.get_mut().sides;
        writer.start_send(&normal_close())?;
        while ready!(receive_side.poll_event(writer, cx))? {}
        Poll::Ready(Ok(()))
    }
}

/// The same sink as that of [`WebSocket`], except that closing it only begins the closing exchange,
/// which the receiver completes.
///
/// A message that [`poll_ready`](Self::poll_ready) has promised room is accepted, whatever other
/// senders do meanwhile. So each sender may have one message beyond
/// [`Limits::output`](crate::Limits::output).
impl<W: Wire> Sink<Message> for Sender<W> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self { shared, sender_id, sink, .. } = self.get_mut();
        if !sink.promised {
            ready!(shared.poll_call(*sender_id, &mut sink.call, |locked, call, stream_cx| {
                if locked.writer.room().is_none() {
                    call.wait_for_room(0, cx.waker());
                }
                locked.writer.poll_room(stream_cx)
            }))?;
            sink.promised = true;
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        let Self { shared, sender_id, sink, .. } = self.get_mut();
        let promised = std::mem::take(&mut sink.promised);
        // A flush that has begun would not wait for this message.
        sink.flush_position = None;
        shared.access(Side::Sender(*sender_id), |locked, _| {
            let writer = &mut locked.writer;
            let queued = match promised {
                true => writer.queue_promised(&message),
                false => writer.queue_message(&message),
            };
            match ignore_second_close(queued, &message) {
                Err(SendError::MessageInProgress)
                    if promised && locked.writer.is_message_of_another() =>
                {
                    locked.deferred.push_back(message);
                    Ok(())
                }
                result => Ok(result?),
            }
        })
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self { shared, sender_id, queued_since_flush, sink } = self.get_mut();
        let SinkState { call, flush_position, .. } = sink;
        if std::mem::take(queued_since_flush.get_mut()) {
            *flush_position = None;
        }
        let flushed = ready!(shared.poll_call(*sender_id, call, |locked, call, stream_cx| {
            if !locked.deferred.is_empty() {
                if !locked.writer.connection.is_open() {
                    return Poll::Ready(Err(SendError::Closed.into()));
                }
                return locked.poll_until_other_message_ends(0, call, stream_cx, cx);
            }
            locked.poll_flush(flush_position, call, stream_cx, cx)
        }));
        *flush_position = None;
        Poll::Ready(flushed)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.as_mut().get_mut().sink.promised = true;
        self.as_mut().start_send(normal_close())?;
        self.poll_flush(cx)
    }
}

/// The Close frame of a sink that is closed.
fn normal_close() -> Message {
    Message::close(CloseCode::NORMAL, "")
}

impl<W: Wire> Writer<W> {
    fn start_send(&mut self, message: &Message) -> Result<(), SendError> {
        ignore_second_close(self.queue_promised(message), message)
    }
}

/// Ignores the failure of a Close frame that is sent when the connection is closing already.
fn ignore_second_close(queued: Result<(), SendError>, message: &Message) -> Result<(), SendError> {
    match queued {
        Err(SendError::Closed) if matches!(message, Message::Close { .. }) => Ok(()),
        result => result,
    }
}
