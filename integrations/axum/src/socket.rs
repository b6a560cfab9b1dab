//! The WebSocket that a handler gets.

use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;

use futures_core::Stream;
use http::HeaderValue;
use websocket_proto::io::{Error, hyper};
use websocket_proto::{Message, SendError};

/// A WebSocket with the methods of axum's own. The rest is that of [`hyper::WebSocket`], the socket
/// inside: `receive`, which returns events without a copy, or `next` and `feed`, as that socket is a
/// `Stream` and a `Sink`. [`into_inner`](Self::into_inner) is for what takes one by value.
#[derive(Debug)]
pub struct WebSocket {
    pub(crate) inner: hyper::WebSocket,
    pub(crate) protocol: Option<HeaderValue>,
}

impl WebSocket {
    /// Waits for the next message or control frame; pings and Close frames are answered by then.
    /// `None` when the connection has ended, and `ending` says how. A dropped future loses nothing.
    pub async fn recv(&mut self) -> Option<Result<Message, Error>> {
        poll_fn(|cx| Pin::new(&mut self.inner).poll_next(cx)).await
    }

    /// Sends a message, and waits until it is written. A [`Message::Close`] begins to close the
    /// connection, and does nothing if it is closing already.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the message was not queued, [`Error::NotWritten`] or [`Error::Io`] if it was.
    pub async fn send(&mut self, message: Message) -> Result<(), Error> {
        match self.inner.send_message(&message).await {
            Err(Error::Send(SendError::Closed)) if message.is_close() => Ok(()),
            result => result,
        }
    }

    /// The subprotocol that was chosen.
    pub const fn protocol(&self) -> Option<&HeaderValue> {
        self.protocol.as_ref()
    }

    /// Splits the socket into a `Sink`, which can be cloned for several tasks, and a `Stream`.
    pub fn split(self) -> (hyper::Sender, hyper::Receiver) {
        self.inner.split()
    }

    /// The socket as `websocket_proto` has it.
    pub fn into_inner(self) -> hyper::WebSocket {
        self.inner
    }
}

impl Deref for WebSocket {
    type Target = hyper::WebSocket;

    fn deref(&self) -> &hyper::WebSocket {
        &self.inner
    }
}

impl DerefMut for WebSocket {
    fn deref_mut(&mut self) -> &mut hyper::WebSocket {
        &mut self.inner
    }
}
