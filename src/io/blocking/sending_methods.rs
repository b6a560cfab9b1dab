//! The sending methods, which are the same on every type that sends.

/// Defines the sending methods of a type whose `current_writer()` returns what sends, or the reason
/// why nothing does now. What sends has a clock, `now()`, and these methods, which take a function
/// that queues something: `feed_with` waits for room, `send_with` also waits until it is written,
/// `try_send_with` does not wait; `feed_fragment_with` and `send_fragment_with` are the same for
/// fragments. `begin_message` begins a message in fragments, `flush_output` waits until everything
/// is written, `change` does anything else to the connection.
macro_rules! sending_methods {
    ($self:ident: $receiver:ty) => {
        /// Sends a message of any kind, and waits until it is written. Most servers do not copy the bytes of
        /// a long one: see [`Connection::send_message`](crate::Connection::send_message).
        ///
        /// # Errors
        ///
        /// [`Error::Send`] if the message cannot be sent now, and was not queued.
        /// [`Error::NotWritten`] if the connection ended before all of it was written,
        /// [`Error::Io`] if the stream failed. With [`WouldBlock`](std::io::ErrorKind::WouldBlock)
        /// from a non-blocking stream the message was queued: [`flush`](Self::flush) when the
        /// stream is ready.
        pub fn send_message($self: $receiver, message: &crate::Message) -> Result<(), Error> {
            let writer = $self.current_writer()?;
            let now = writer.now();
            writer.send_with(|connection, outgoing| connection.send_message(now, message, outgoing))
        }

        /// Sends a text message, and waits until it is written.
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_text($self: $receiver, text: &str) -> Result<(), Error> {
            $self
                .current_writer()?
                .send_with(|connection, outgoing| connection.send_text(text, outgoing))
        }

        /// Sends a binary message, and waits until it is written.
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_binary($self: $receiver, data: &[u8]) -> Result<(), Error> {
            $self
                .current_writer()?
                .send_with(|connection, outgoing| connection.send_binary(data, outgoing))
        }

        /// Sends a message that was encoded before, and waits until it is written; see
        /// [`Prepared`](crate::Prepared).
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_prepared($self: $receiver, message: &crate::Prepared) -> Result<(), Error> {
            $self
                .current_writer()?
                .send_with(|connection, outgoing| connection.send_prepared(message, outgoing))
        }

        /// Sends a ping with at most 125 bytes, and waits until it is written.
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_ping($self: $receiver, payload: &[u8]) -> Result<(), Error> {
            $self
                .current_writer()?
                .send_with(|connection, outgoing| connection.send_ping(payload, outgoing))
        }

        /// Sends a pong with at most 125 bytes, and waits until it is written. Pings are answered
        /// automatically, unless [`Config::automatic_pong`](crate::Config::automatic_pong) is off;
        /// see [`Connection::send_pong`](crate::Connection::send_pong).
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_pong($self: $receiver, payload: &[u8]) -> Result<(), Error> {
            $self
                .current_writer()?
                .send_with(|connection, outgoing| connection.send_pong(payload, outgoing))
        }

        /// Queues a message of any kind: it is written, together with others, by the next `send_*`
        /// or [`flush`](Self::flush), or when the socket next waits for input; when the socket is
        /// dropped, as far as the stream takes it without waiting. If more than
        /// [`Limits::output`](crate::Limits::output) bytes are queued already, this first waits
        /// until they are written.
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message), but the message was not queued. If a
        /// non-blocking stream would block, the error is [`SendError::Full`].
        pub fn feed_message($self: $receiver, message: &crate::Message) -> Result<(), Error> {
            let writer = $self.current_writer()?;
            let now = writer.now();
            writer.feed_with(|connection, outgoing| connection.send_message(now, message, outgoing))
        }

        /// Queues a text message, as [`feed_message`](Self::feed_message) does.
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_text($self: $receiver, text: &str) -> Result<(), Error> {
            $self
                .current_writer()?
                .feed_with(|connection, outgoing| connection.send_text(text, outgoing))
        }

        /// Queues a binary message.
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_binary($self: $receiver, data: &[u8]) -> Result<(), Error> {
            $self
                .current_writer()?
                .feed_with(|connection, outgoing| connection.send_binary(data, outgoing))
        }

        /// Queues a message that was encoded before; see [`Prepared`](crate::Prepared).
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_prepared($self: $receiver, message: &crate::Prepared) -> Result<(), Error> {
            let writer = $self.current_writer()?;
            writer.feed_with(|connection, outgoing| connection.send_prepared(message, outgoing))
        }

        /// Queues a ping with at most 125 bytes.
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_ping($self: $receiver, payload: &[u8]) -> Result<(), Error> {
            $self
                .current_writer()?
                .feed_with(|connection, outgoing| connection.send_ping(payload, outgoing))
        }

        /// Queues a pong with at most 125 bytes.
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_pong($self: $receiver, payload: &[u8]) -> Result<(), Error> {
            $self
                .current_writer()?
                .feed_with(|connection, outgoing| connection.send_pong(payload, outgoing))
        }

        /// Queues a message of any kind if there is room for it now. It is written when one from
        /// [`feed_message`](Self::feed_message) would be; a [`Sender`](super::Sender) also writes at
        /// once what the stream takes.
        ///
        /// # Errors
        ///
        /// [`SendError::Full`] if there is no room, and those of
        /// [`Connection::send_message`](crate::Connection::send_message).
        pub fn try_send_message(
            $self: $receiver,
            message: &crate::Message,
        ) -> Result<(), SendError> {
            let writer = $self.current_writer()?;
            let now = writer.now();
            writer.try_send_with(|connection, outgoing| {
                connection.send_message(now, message, outgoing)
            })
        }

        /// Queues a text message if there is room for it now.
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_text($self: $receiver, text: &str) -> Result<(), SendError> {
            $self
                .current_writer()?
                .try_send_with(|connection, outgoing| connection.send_text(text, outgoing))
        }

        /// Queues a binary message if there is room for it now.
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_binary($self: $receiver, data: &[u8]) -> Result<(), SendError> {
            $self
                .current_writer()?
                .try_send_with(|connection, outgoing| connection.send_binary(data, outgoing))
        }

        /// Queues a message that was encoded before, if there is room for it now.
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_prepared(
            $self: $receiver,
            message: &crate::Prepared,
        ) -> Result<(), SendError> {
            $self
                .current_writer()?
                .try_send_with(|connection, outgoing| connection.send_prepared(message, outgoing))
        }

        /// Queues a ping with at most 125 bytes, if there is room for it now.
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_ping($self: $receiver, payload: &[u8]) -> Result<(), SendError> {
            $self
                .current_writer()?
                .try_send_with(|connection, outgoing| connection.send_ping(payload, outgoing))
        }

        /// Queues a pong with at most 125 bytes, if there is room for it now.
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_pong($self: $receiver, payload: &[u8]) -> Result<(), SendError> {
            $self
                .current_writer()?
                .try_send_with(|connection, outgoing| connection.send_pong(payload, outgoing))
        }

        /// Starts a message in fragments (RFC 6455 §5.4): one of unknown length, or one that is
        /// larger than memory. Nothing is written yet. Until it is finished, only pings and the
        /// Close frame are sent besides; see
        /// [`Connection::start_message`](crate::Connection::start_message).
        ///
        /// ```no_run
        /// # use websocket_proto::{MessageKind, io::blocking::connect};
        /// # let mut socket = connect("ws://127.0.0.1:9001/")?;
        /// # let lines = ["a log", "that is not held in memory"];
        /// let writer = socket.writer();
        /// writer.start_message(MessageKind::Text)?;
        /// for line in lines {
        ///     writer.feed_fragment(line.as_bytes())?;
        /// }
        /// writer.send_last_fragment(b"")?;
        /// # Ok::<(), websocket_proto::io::Error>(())
        /// ```
        ///
        /// # Errors
        ///
        /// [`SendError::MessageInProgress`] if another is unfinished, [`SendError::NotOpen`],
        /// [`SendError::Closed`].
        pub fn start_message($self: $receiver, kind: crate::MessageKind) -> Result<(), SendError> {
            $self.current_writer()?.begin_message(kind)
        }

        /// Sends the next fragment of the message, and waits until it is written.
        ///
        /// # Errors
        ///
        /// Those of [`Connection::send_fragment`](crate::Connection::send_fragment), and as for
        /// [`send_message`](Self::send_message).
        pub fn send_fragment($self: $receiver, data: &[u8]) -> Result<(), Error> {
            $self
                .current_writer()?
                .send_fragment_with(|connection, outgoing| connection.send_fragment(data, outgoing))
        }

        /// Queues the next fragment of the message.
        ///
        /// # Errors
        ///
        /// Those of [`Connection::send_fragment`](crate::Connection::send_fragment), and as for
        /// [`feed_message`](Self::feed_message).
        pub fn feed_fragment($self: $receiver, data: &[u8]) -> Result<(), Error> {
            $self
                .current_writer()?
                .feed_fragment_with(|connection, outgoing| connection.send_fragment(data, outgoing))
        }

        /// Sends the last fragment of the message, which may be empty, and waits until the whole
        /// message is written.
        ///
        /// # Errors
        ///
        /// Those of [`Connection::send_last_fragment`](crate::Connection::send_last_fragment), and
        /// as for [`send_message`](Self::send_message).
        pub fn send_last_fragment($self: $receiver, data: &[u8]) -> Result<(), Error> {
            $self.current_writer()?.send_fragment_with(|connection, outgoing| {
                connection.send_last_fragment(data, outgoing)
            })
        }

        /// Queues the last fragment of the message, which may be empty.
        ///
        /// # Errors
        ///
        /// Those of [`Connection::send_last_fragment`](crate::Connection::send_last_fragment), and
        /// as for [`feed_message`](Self::feed_message).
        pub fn feed_last_fragment($self: $receiver, data: &[u8]) -> Result<(), Error> {
            $self.current_writer()?.feed_fragment_with(|connection, outgoing| {
                connection.send_last_fragment(data, outgoing)
            })
        }

        /// Waits until everything that was queued before is written.
        ///
        /// # Errors
        ///
        /// [`Error::NotWritten`] if the connection ended before that: by a deadline, an
        /// [`abort`](Self::abort), or a failure of the stream that was reported already.
        /// [`Error::Io`] if the stream fails; after
        /// [`WouldBlock`](std::io::ErrorKind::WouldBlock), call again when the stream is ready.
        pub fn flush($self: $receiver) -> Result<(), Error> {
            $self.current_writer()?.flush_output()
        }

        /// Ends the connection without a Close frame; see
        /// [`Connection::abort`](crate::Connection::abort).
        pub fn abort($self: $receiver) {
            if let Ok(writer) = $self.current_writer() {
                writer.change(|connection, outgoing| connection.abort(outgoing));
            }
        }

        /// Sets whether messages are compressed from the next one on, if compression was agreed on;
        /// see [`Connection::set_compression`](crate::Connection::set_compression).
        #[cfg(feature = "deflate")]
        pub fn set_compression($self: $receiver, enabled: bool) {
            if let Ok(writer) = $self.current_writer() {
                writer.change(|connection, _| connection.set_compression(enabled));
            }
        }
    };
}

pub(super) use sending_methods;
