//! `Stream` and `Sink` of owned messages.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

use super::{Error, Receiver, Sender, WebSocket, Wire, Writer};
use crate::{Delivery, Message, SendError};

/// The messages and control frames, to the end of the connection.
///
/// A small message is copied, a large one that was put together is handed over. With
/// [`Delivery::Streaming`] the stream fails with [`Error::StreamingDelivery`]: take chunks from
/// [`next`](WebSocket::next).
impl<W: Wire> Stream for WebSocket<W> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { receiving, writer } = self.get_mut();
        while ready!(receiving.poll_event(writer, cx))? {
            if let Some(message) = receiving.incoming().take_message() {
                return Poll::Ready(Some(Ok(message)));
            }
            demand_whole(writer.connection.config().delivery)?;
        }
        Poll::Ready(None)
    }
}

impl<W: Wire> FusedStream for WebSocket<W> {
    fn is_terminated(&self) -> bool {
        self.receiving.is_over()
    }
}

/// As for [`WebSocket`].
impl<W: Wire> Stream for Receiver<W> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let receiver = self.get_mut();
        while ready!(receiver.poll_event(cx))? {
            if let Some(message) = receiver.incoming().take_message() {
                return Poll::Ready(Some(Ok(message)));
            }
            demand_whole(receiver.delivery())?;
        }
        Poll::Ready(None)
    }
}

/// What is no message is an event of the handshake, or a part of a message.
fn demand_whole(delivery: Delivery) -> Result<(), Error> {
    match delivery {
        Delivery::Whole => Ok(()),
        Delivery::Streaming => Err(Error::StreamingDelivery),
    }
}

/// Messages are queued, and written when the sink is flushed or the socket waits for input.
///
/// Closing the sink closes the connection with 1000 and waits for its end. A
/// [`Message::Close`] of a connection that closes already is ignored, so that a stream of messages
/// can be forwarded to the sink it came from.
impl<W: Wire> Sink<Message> for WebSocket<W> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().writer.poll_room(cx)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        self.get_mut().writer.start_send(&message)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().writer.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self { receiving, writer } = self.get_mut();
        writer.begin_close()?;
        while ready!(receiving.poll_event(writer, cx))? {}
        Poll::Ready(Ok(()))
    }
}

/// As for [`WebSocket`]; closing it begins the closing exchange, which the receiver sees through.
impl<W: Wire> Sink<Message> for Sender<W> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll(cx, Writer::poll_room)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        self.with(|writer| writer.start_send(&message))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll(cx, Writer::poll_flush)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.with(Writer::begin_close)?;
        self.poll(cx, Writer::poll_flush)
    }
}

impl<W: Wire> Writer<W> {
    /// Waits until a message would not be refused for want of room.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.outgoing.len() > self.connection.config().limits.output {
            return self.poll_flush(cx);
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, message: &Message) -> Result<(), Error> {
        let now = self.wire.now();
        match self.connection.send(now, message, &mut self.outgoing) {
            Err(SendError::Closed) if matches!(message, Message::Close { .. }) => Ok(()),
            result => Ok(result?),
        }
    }

    fn begin_close(&mut self) -> Result<(), Error> {
        self.start_send(&Message::close(crate::CloseCode::NORMAL, ""))
    }
}
