//! `Stream` and `Sink` of owned messages.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

use super::super::reconnect::Step;
use super::line::Party;
use super::sender::Sinking;
use super::{Error, Receiver, Reconnecting, Sender, WebSocket, Wire, Writer};
use crate::{CloseCode, Delivery, Message, SendError};

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

impl<W: Wire> FusedStream for Receiver<W> {
    fn is_terminated(&self) -> bool {
        self.is_over()
    }
}

/// What is no message is an event of the handshake, or a part of a message.
fn demand_whole(delivery: Delivery) -> Result<(), Error> {
    match delivery {
        Delivery::Whole => Ok(()),
        Delivery::Streaming => Err(Error::StreamingDelivery),
    }
}

/// The messages and control frames of all connections.
///
/// What happens in between comes as an error, and the stream goes on: [`Error::Ended`] for a
/// connection that was lost, and what an attempt to connect failed with. It ends when there will be no
/// further attempt. [`next`](Reconnecting::next) tells more: of new connections, and why it gave up.
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
                    demand_whole(receiver.delivery())?;
                }
                Step::Lost(ending) => {
                    return Poll::Ready(Some(Err(Error::Ended(Box::new(ending)))));
                }
                Step::Failed(error) => return Poll::Ready(Some(Err(error))),
                Step::Connected | Step::Waiting(_) => {}
                Step::GaveUp(_) | Step::Over => return Poll::Ready(None),
            }
        }
    }
}

/// As for [`WebSocket`], on the connection that there is: without one, it is
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
        while !matches!(ready!(client.poll_step(cx)), Step::Lost(_) | Step::Over) {}
        Poll::Ready(Ok(()))
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
        Ok(self.get_mut().writer.start_send(&message)?)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().writer.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self { receiving, writer } = self.get_mut();
        writer.start_send(&farewell())?;
        while ready!(receiving.poll_event(writer, cx))? {}
        Poll::Ready(Ok(()))
    }
}

/// As for [`WebSocket`]; closing it begins the closing exchange, which the receiver sees through.
///
/// A message that [`poll_ready`](Self::poll_ready) has said can be sent is taken, whatever other
/// senders do meanwhile: so each may have one beyond [`Limits::output`](crate::Limits::output).
impl<W: Wire> Sink<Message> for Sender<W> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self { shared, number, sinking, .. } = self.get_mut();
        if !sinking.promised {
            ready!(shared.poll_call(*number, &mut sinking.call, |line, call, of_stream| {
                if line.writer.room().is_none() {
                    call.wait_for_room(0, cx.waker());
                }
                line.writer.poll_room(of_stream)
            }))?;
            sinking.promised = true;
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        let Self { shared, number, sinking, .. } = self.get_mut();
        let promised = std::mem::take(&mut sinking.promised);
        // A flush that is under way would end before this.
        sinking.position = None;
        shared.act(Party::Sender(*number), |line, _| {
            match line.writer.start_send_as(&message, promised) {
                Err(SendError::MessageUnderWay) if promised && line.writer.is_others_turn() => {
                    line.deferred.push_back(message);
                    Ok(())
                }
                result => Ok(result?),
            }
        })
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self { shared, number, queues, sinking } = self.get_mut();
        let Sinking { call, position, .. } = sinking;
        if std::mem::take(queues.get_mut()) {
            *position = None;
        }
        let flushed = ready!(shared.poll_call(*number, call, |line, call, of_stream| {
            if !line.deferred.is_empty() {
                if !line.writer.connection.is_open() {
                    return Poll::Ready(Err(SendError::Closed.into()));
                }
                return line.wait_for_turn(0, call, of_stream, cx);
            }
            line.poll_flush(position, call, of_stream, cx)
        }));
        *position = None;
        Poll::Ready(flushed)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.as_mut().get_mut().sinking.promised = true;
        self.as_mut().start_send(farewell())?;
        self.poll_flush(cx)
    }
}

fn farewell() -> Message {
    Message::close(CloseCode::NORMAL, "")
}

impl<W: Wire> Writer<W> {
    fn start_send(&mut self, message: &Message) -> Result<(), SendError> {
        self.start_send_as(message, true)
    }

    fn start_send_as(&mut self, message: &Message, promised: bool) -> Result<(), SendError> {
        let sent = if promised { self.push_promised(message) } else { self.push(message) };
        match sent {
            Err(SendError::Closed) if matches!(message, Message::Close { .. }) => Ok(()),
            result => result,
        }
    }
}
