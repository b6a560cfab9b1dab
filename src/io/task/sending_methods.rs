//! The sending methods, which are the same on every type that sends.

/// Defines the sending methods of a type by four other methods that it has. Each of the first three
/// takes a function that queues a message in the writer: `feed_with` waits for room, `send_with`
/// also waits until the message is written, `try_send_with` does not wait. `begin_message` begins a
/// message in fragments.
macro_rules! sending_methods {
    ($self:ident: $receiver:ty) => {
        /// Sends a message of any kind, and waits until it is written. Most servers do not copy the bytes of
        /// a long one: see [`Connection::send_message`](crate::Connection::send_message).
        ///
        /// If the future is dropped before it is done, the message may have been queued, and is
        /// then written by a later call. Between [two sides that send before they
        /// read](crate::io#two-that-send-before-they-read) a large message may get stuck.
        ///
        /// # Errors
        ///
        /// [`Error::Send`] if the message cannot be sent now, and was not queued.
        /// [`Error::NotWritten`] if the message was queued, and the connection ended before all of
        /// it was written: by a deadline, an abort, or a failure that another call has returned.
        /// [`Error::Io`] if the stream fails in this call.
        pub fn send_message(
            $self: $receiver,
            message: &Message,
        ) -> impl Future<Output = Result<(), Error>> {
            $self.send_with(message.len(), move |writer| writer.queue_message(message))
        }

        /// Sends a text message, and waits until it is written, as
        /// [`send_message`](Self::send_message) does.
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_text($self: $receiver, text: &str) -> impl Future<Output = Result<(), Error>> {
            $self.send_with(text.len(), move |writer| writer.queue_text(text))
        }

        /// Sends a binary message, and waits until it is written, as
        /// [`send_message`](Self::send_message) does.
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_binary(
            $self: $receiver,
            data: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.send_with(data.len(), move |writer| writer.queue_binary(data))
        }

        /// Sends a message that was encoded before, and waits until it is written, as
        /// [`send_message`](Self::send_message) does.
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_prepared(
            $self: $receiver,
            message: &Prepared,
        ) -> impl Future<Output = Result<(), Error>> {
            $self.send_with(message.payload().len(), move |writer| writer.queue_prepared(message))
        }

        /// Sends a ping with at most 125 bytes, and waits until it is written, as
        /// [`send_message`](Self::send_message) does. The keepalive sends pings of its own.
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_ping(
            $self: $receiver,
            payload: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.send_with(payload.len(), move |writer| writer.queue_ping(payload))
        }

        /// Sends a pong with at most 125 bytes, and waits until it is written, as
        /// [`send_message`](Self::send_message) does. Pings are answered automatically, unless
        /// [`Config::automatic_pong`](crate::Config::automatic_pong) is off; see
        /// [`Connection::send_pong`](crate::Connection::send_pong).
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_pong(
            $self: $receiver,
            payload: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.send_with(payload.len(), move |writer| writer.queue_pong(payload))
        }

        /// Queues a message of any kind: it is written, together with others, by the next `send_*`
        /// or [`flush`](Self::flush), or when the receiving side next waits for input. If more than
        /// [`Limits::output`](crate::Limits::output) bytes are queued already, this first waits for
        /// room.
        ///
        /// If the future is dropped before it is done, the message was not queued.
        ///
        /// # Errors
        ///
        /// [`Error::Send`] if the message cannot be sent now, [`Error::Io`] if other output had to
        /// be written first and could not. What happens to the message later is reported by
        /// [`flush`](Self::flush).
        pub fn feed_message(
            $self: $receiver,
            message: &Message,
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feed_with(message.len(), move |writer| writer.queue_message(message))
        }

        /// Queues a text message, as [`feed_message`](Self::feed_message) does.
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_text($self: $receiver, text: &str) -> impl Future<Output = Result<(), Error>> {
            $self.feed_with(text.len(), move |writer| writer.queue_text(text))
        }

        /// Queues a binary message, as [`feed_message`](Self::feed_message) does.
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_binary(
            $self: $receiver,
            data: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feed_with(data.len(), move |writer| writer.queue_binary(data))
        }

        /// Queues a message that was encoded before, as [`feed_message`](Self::feed_message) does.
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_prepared(
            $self: $receiver,
            message: &Prepared,
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feed_with(message.payload().len(), move |writer| writer.queue_prepared(message))
        }

        /// Queues a ping with at most 125 bytes, as [`feed_message`](Self::feed_message) does.
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_ping(
            $self: $receiver,
            payload: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feed_with(payload.len(), move |writer| writer.queue_ping(payload))
        }

        /// Queues a pong with at most 125 bytes, as [`feed_message`](Self::feed_message) does.
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_pong(
            $self: $receiver,
            payload: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feed_with(payload.len(), move |writer| writer.queue_pong(payload))
        }

        /// Queues a message of any kind if there is room for it now, and never waits. The message
        /// is written when one from [`feed_message`](Self::feed_message) would be; that of a
        /// [`Sender`](crate::io::task::Sender) at once, if the stream takes it.
        ///
        /// # Errors
        ///
        /// [`SendError::Full`] if there is no room, and those of
        /// [`Connection::send_message`](crate::Connection::send_message).
        pub fn try_send_message($self: $receiver, message: &Message) -> Result<(), SendError> {
            $self.try_send_with(|writer| writer.queue_message(message))
        }

        /// Queues a text message if there is room for it now, as
        /// [`try_send_message`](Self::try_send_message) does.
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_text($self: $receiver, text: &str) -> Result<(), SendError> {
            $self.try_send_with(|writer| writer.queue_text(text))
        }

        /// Queues a binary message if there is room for it now, as
        /// [`try_send_message`](Self::try_send_message) does.
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_binary($self: $receiver, data: &[u8]) -> Result<(), SendError> {
            $self.try_send_with(|writer| writer.queue_binary(data))
        }

        /// Queues a message that was encoded before if there is room for it now, as
        /// [`try_send_message`](Self::try_send_message) does.
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_prepared($self: $receiver, message: &Prepared) -> Result<(), SendError> {
            $self.try_send_with(|writer| writer.queue_prepared(message))
        }

        /// Queues a ping with at most 125 bytes if there is room for it now, as
        /// [`try_send_message`](Self::try_send_message) does.
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_ping($self: $receiver, payload: &[u8]) -> Result<(), SendError> {
            $self.try_send_with(|writer| writer.queue_ping(payload))
        }

        /// Queues a pong with at most 125 bytes if there is room for it now, as
        /// [`try_send_message`](Self::try_send_message) does.
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_pong($self: $receiver, payload: &[u8]) -> Result<(), SendError> {
            $self.try_send_with(|writer| writer.queue_pong(payload))
        }

        /// Starts a message in fragments (RFC 6455 §5.4): one of unknown length, or one that is
        /// larger than memory. Until it is finished, only pings and the Close frame are sent
        /// besides; see [`Connection::start_message`](crate::Connection::start_message).
        ///
        /// # Errors
        ///
        /// [`SendError::MessageInProgress`] if another is unfinished, [`SendError::NotOpen`],
        /// [`SendError::Closed`].
        pub fn start_message($self: $receiver, kind: MessageKind) -> Result<(), SendError> {
            $self.begin_message(kind)
        }

        /// Sends the next fragment of the message, and waits until it is written.
        ///
        /// If the future is dropped before it is done, the fragment may have been queued.
        ///
        /// # Errors
        ///
        /// Those of [`Connection::send_fragment`](crate::Connection::send_fragment), and as for
        /// [`send_message`](Self::send_message).
        pub fn send_fragment(
            $self: $receiver,
            data: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.send_with(data.len(), move |writer| writer.queue_fragment(data))
        }

        /// Queues the next fragment of the message, as [`feed_message`](Self::feed_message) does.
        ///
        /// If the future is dropped before it is done, the fragment was not queued.
        ///
        /// # Errors
        ///
        /// Those of [`Connection::send_fragment`](crate::Connection::send_fragment), and as for
        /// [`feed_message`](Self::feed_message).
        pub fn feed_fragment(
            $self: $receiver,
            data: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feed_with(data.len(), move |writer| writer.queue_fragment(data))
        }

        /// Sends the last fragment of the message, which may be empty, and waits until the whole
        /// message is written.
        ///
        /// If the future is dropped before it is done, the fragment may have been queued.
        ///
        /// # Errors
        ///
        /// Those of [`Connection::send_last_fragment`](crate::Connection::send_last_fragment), and
        /// as for [`send_message`](Self::send_message).
        pub fn send_last_fragment(
            $self: $receiver,
            data: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.send_with(data.len(), move |writer| writer.queue_last_fragment(data))
        }

        /// Queues the last fragment of the message, which may be empty, as
        /// [`feed_message`](Self::feed_message) does.
        ///
        /// If the future is dropped before it is done, the fragment was not queued.
        ///
        /// # Errors
        ///
        /// Those of [`Connection::send_last_fragment`](crate::Connection::send_last_fragment), and
        /// as for [`feed_message`](Self::feed_message).
        pub fn feed_last_fragment(
            $self: $receiver,
            data: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feed_with(data.len(), move |writer| writer.queue_last_fragment(data))
        }
    };
}

pub(super) use sending_methods;
