//! The methods for sending, which several types have.

/// The methods for sending, for a type whose `sender()` gives the [`Writer`](super::Writer), or
/// says why there is none.
macro_rules! sending_methods {
    () => {
        /// Sends a message of any kind, and waits until it is written.
        ///
        /// # Errors
        ///
        /// As for [`send_text`](Self::send_text).
        pub fn send_message(&mut self, message: &crate::Message) -> Result<(), Error> {
            let writer = self.sender()?;
            let now = writer.wire.now();
            writer.put(|connection, outgoing| connection.send_message(now, message, outgoing))
        }

        /// Sends a text message, and waits until it is written.
        ///
        /// # Errors
        ///
        /// [`Error::Send`] if it cannot be sent now, and was not. [`Error::NotWritten`] if the
        /// connection ended before all was written, [`Error::Io`] if the stream failed. Of these,
        /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) from a non-blocking stream says that the
        /// message was taken: [`flush`](Self::flush) when the stream is ready.
        pub fn send_text(&mut self, text: &str) -> Result<(), Error> {
            self.sender()?.put(|connection, outgoing| connection.send_text(text, outgoing))
        }

        /// Sends a binary message, and waits until it is written.
        ///
        /// # Errors
        ///
        /// As for [`send_text`](Self::send_text).
        pub fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
            self.sender()?.put(|connection, outgoing| connection.send_binary(data, outgoing))
        }

        /// Sends a message that was encoded before, and waits until it is written; see
        /// [`Prepared`](crate::Prepared).
        ///
        /// # Errors
        ///
        /// As for [`send_text`](Self::send_text).
        pub fn send_prepared(&mut self, message: &crate::Prepared) -> Result<(), Error> {
            self.sender()?.put(|connection, outgoing| connection.send_prepared(message, outgoing))
        }

        /// Sends a ping with at most 125 bytes, and waits until it is written.
        ///
        /// # Errors
        ///
        /// As for [`send_text`](Self::send_text).
        pub fn send_ping(&mut self, payload: &[u8]) -> Result<(), Error> {
            self.sender()?.put(|connection, outgoing| connection.send_ping(payload, outgoing))
        }

        /// Gathers a message of any kind.
        ///
        /// # Errors
        ///
        /// As for [`feed_text`](Self::feed_text).
        pub fn feed_message(&mut self, message: &crate::Message) -> Result<(), Error> {
            let writer = self.sender()?;
            let now = writer.wire.now();
            writer.gather(|connection, outgoing| connection.send_message(now, message, outgoing))
        }

        /// Gathers a text message: it leaves with the next [`flush`](Self::flush), when the socket
        /// next waits for input, or as far as the stream takes it when the socket is dropped. With
        /// more than [`Limits::output`](crate::Limits::output) gathered, this waits until that is
        /// written.
        ///
        /// # Errors
        ///
        /// As for [`send_text`](Self::send_text); the message was not taken. Where a non-blocking
        /// stream would block it is [`SendError::Full`].
        pub fn feed_text(&mut self, text: &str) -> Result<(), Error> {
            self.sender()?.gather(|connection, outgoing| connection.send_text(text, outgoing))
        }

        /// Gathers a binary message.
        ///
        /// # Errors
        ///
        /// As for [`feed_text`](Self::feed_text).
        pub fn feed_binary(&mut self, data: &[u8]) -> Result<(), Error> {
            self.sender()?.gather(|connection, outgoing| connection.send_binary(data, outgoing))
        }

        /// Gathers a message that was encoded before; see [`Prepared`](crate::Prepared).
        ///
        /// # Errors
        ///
        /// As for [`feed_text`](Self::feed_text).
        pub fn feed_prepared(&mut self, message: &crate::Prepared) -> Result<(), Error> {
            let writer = self.sender()?;
            writer.gather(|connection, outgoing| connection.send_prepared(message, outgoing))
        }

        /// Gathers a ping with at most 125 bytes.
        ///
        /// # Errors
        ///
        /// As for [`feed_text`](Self::feed_text).
        pub fn feed_ping(&mut self, payload: &[u8]) -> Result<(), Error> {
            self.sender()?.gather(|connection, outgoing| connection.send_ping(payload, outgoing))
        }

        /// Gathers a message of any kind if there is room for it.
        ///
        /// # Errors
        ///
        /// As for [`try_send_text`](Self::try_send_text).
        pub fn try_send_message(&mut self, message: &crate::Message) -> Result<(), SendError> {
            let writer = self.sender()?;
            writer.connection.send_message(writer.wire.now(), message, &mut writer.outgoing)
        }

        /// Gathers a text message if there is room for it. This never touches the stream: the
        /// message leaves as one that was [fed](Self::feed_text).
        ///
        /// # Errors
        ///
        /// [`SendError::Full`] if there is no room; else as for
        /// [`Connection::send_text`](crate::Connection::send_text).
        pub fn try_send_text(&mut self, text: &str) -> Result<(), SendError> {
            let writer = self.sender()?;
            writer.connection.send_text(text, &mut writer.outgoing)
        }

        /// Gathers a binary message if there is room for it.
        ///
        /// # Errors
        ///
        /// As for [`try_send_text`](Self::try_send_text).
        pub fn try_send_binary(&mut self, data: &[u8]) -> Result<(), SendError> {
            let writer = self.sender()?;
            writer.connection.send_binary(data, &mut writer.outgoing)
        }

        /// Gathers a message that was encoded before, if there is room for it.
        ///
        /// # Errors
        ///
        /// As for [`try_send_text`](Self::try_send_text).
        pub fn try_send_prepared(&mut self, message: &crate::Prepared) -> Result<(), SendError> {
            let writer = self.sender()?;
            writer.connection.send_prepared(message, &mut writer.outgoing)
        }

        /// Gathers a ping with at most 125 bytes, if there is room for it.
        ///
        /// # Errors
        ///
        /// As for [`try_send_text`](Self::try_send_text).
        pub fn try_send_ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
            let writer = self.sender()?;
            writer.connection.send_ping(payload, &mut writer.outgoing)
        }

        /// Starts a message in fragments; see
        /// [`Connection::start_message`](crate::Connection::start_message). Nothing is written yet.
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
        /// [`Error::Send`].
        pub fn start_message(&mut self, kind: crate::MessageKind) -> Result<(), Error> {
            Ok(self.sender()?.connection.start_message(kind)?)
        }

        /// Sends the next fragment, and waits until it is written; see
        /// [`Connection::send_fragment`](crate::Connection::send_fragment).
        ///
        /// # Errors
        ///
        /// As for [`send_text`](Self::send_text).
        pub fn send_fragment(&mut self, data: &[u8]) -> Result<(), Error> {
            self.sender()?.put(|connection, outgoing| connection.send_fragment(data, outgoing))
        }

        /// Gathers the next fragment.
        ///
        /// # Errors
        ///
        /// As for [`feed_text`](Self::feed_text).
        pub fn feed_fragment(&mut self, data: &[u8]) -> Result<(), Error> {
            self.sender()?.gather(|connection, outgoing| connection.send_fragment(data, outgoing))
        }

        /// Sends the last fragment, and waits until the message is written; see
        /// [`Connection::send_last_fragment`](crate::Connection::send_last_fragment).
        ///
        /// # Errors
        ///
        /// As for [`send_text`](Self::send_text).
        pub fn send_last_fragment(&mut self, data: &[u8]) -> Result<(), Error> {
            self.sender()?.put(|connection, outgoing| connection.send_last_fragment(data, outgoing))
        }

        /// Gathers the last fragment of the message, which may be empty.
        ///
        /// # Errors
        ///
        /// As for [`feed_text`](Self::feed_text), and those of
        /// [`Connection::send_last_fragment`](crate::Connection::send_last_fragment).
        pub fn feed_last_fragment(&mut self, data: &[u8]) -> Result<(), Error> {
            self.sender()?
                .gather(|connection, outgoing| connection.send_last_fragment(data, outgoing))
        }

        /// Waits until everything is written that was sent or gathered.
        ///
        /// # Errors
        ///
        /// [`Error::NotWritten`] if the connection ended before: by a deadline, an
        /// [`abort`](Self::abort), or a failure of the stream that was told already.
        /// [`Error::Io`] if the stream fails; after
        /// [`WouldBlock`](std::io::ErrorKind::WouldBlock), call again when it is ready.
        pub fn flush(&mut self) -> Result<(), Error> {
            self.sender()?.write_out()
        }

        /// Ends the connection without a word; see
        /// [`Connection::abort`](crate::Connection::abort).
        pub fn abort(&mut self) {
            if let Ok(writer) = self.sender() {
                writer.connection.abort(&mut writer.outgoing);
            }
        }

        /// Whether messages are compressed from the next on, where that was agreed on; see
        /// [`Connection::set_compression`](crate::Connection::set_compression).
        #[cfg(feature = "deflate")]
        pub fn set_compression(&mut self, enabled: bool) {
            if let Ok(writer) = self.sender() {
                writer.connection.set_compression(enabled);
            }
        }
    };
}

pub(super) use sending_methods;
