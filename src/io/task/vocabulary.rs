//! The methods that send, the same on every type that does.

/// Makes the methods that send, from three that the type has: `feeding` queues what is made for the
/// writer and waits for room, `sending` waits until that has left as well, `trying` does not wait.
macro_rules! vocabulary {
    ($self:ident: $receiver:ty) => {
        /// Sends a message of any kind, and waits until it is written.
        ///
        /// If the future is dropped before it is done, the message may have been taken; it is then
        /// written by a later call. Between [two that send before they
        /// read](crate::io#two-that-send-before-they-read) a large one stands still.
        ///
        /// # Errors
        ///
        /// [`Error::Send`] if it cannot be sent now, and was not. [`Error::NotWritten`] if it was
        /// taken, and the connection ended before all of it was written: by a deadline, an abort or
        /// a failure that another call was told of. [`Error::Io`] if the stream fails in this call.
        pub fn send_message(
            $self: $receiver,
            message: &Message,
        ) -> impl Future<Output = Result<(), Error>> {
            $self.sending(message.payload_len(), move |writer| writer.push(message))
        }

        /// Sends a text message, and waits until it is written; as [`send_message`](Self::send_message).
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_text($self: $receiver, text: &str) -> impl Future<Output = Result<(), Error>> {
            $self.sending(text.len(), move |writer| writer.push_text(text))
        }

        /// Sends a binary message, and waits until it is written; as [`send_message`](Self::send_message).
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_binary(
            $self: $receiver,
            data: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.sending(data.len(), move |writer| writer.push_binary(data))
        }

        /// Sends a message that was encoded before, and waits until it is written; as
        /// [`send_message`](Self::send_message).
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_prepared(
            $self: $receiver,
            message: &Prepared,
        ) -> impl Future<Output = Result<(), Error>> {
            $self.sending(message.payload().len(), move |writer| writer.push_prepared(message))
        }

        /// Sends a ping with at most 125 bytes, and waits until it is written; as
        /// [`send_message`](Self::send_message). The keepalive sends others by itself.
        ///
        /// # Errors
        ///
        /// As for [`send_message`](Self::send_message).
        pub fn send_ping(
            $self: $receiver,
            payload: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.sending(payload.len(), move |writer| writer.push_ping(payload))
        }

        /// Gathers a message of any kind: it leaves, with others in one write, at the next
        /// [`flush`](Self::flush), or when whoever receives next waits. Where more than
        /// [`Limits::output`](crate::Limits::output) waits already, this waits for room.
        ///
        /// If the future is dropped, the message was not taken.
        ///
        /// # Errors
        ///
        /// [`Error::Send`] if it cannot be sent now, [`Error::Io`] if output had to be written
        /// first and could not. What becomes of it later, [`flush`](Self::flush) tells.
        pub fn feed_message(
            $self: $receiver,
            message: &Message,
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feeding(message.payload_len(), move |writer| writer.push(message))
        }

        /// Gathers a text message; as [`feed_message`](Self::feed_message).
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_text($self: $receiver, text: &str) -> impl Future<Output = Result<(), Error>> {
            $self.feeding(text.len(), move |writer| writer.push_text(text))
        }

        /// Gathers a binary message; as [`feed_message`](Self::feed_message).
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_binary(
            $self: $receiver,
            data: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feeding(data.len(), move |writer| writer.push_binary(data))
        }

        /// Gathers a message that was encoded before; as [`feed_message`](Self::feed_message).
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_prepared(
            $self: $receiver,
            message: &Prepared,
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feeding(message.payload().len(), move |writer| writer.push_prepared(message))
        }

        /// Gathers a ping with at most 125 bytes; as [`feed_message`](Self::feed_message).
        ///
        /// # Errors
        ///
        /// As for [`feed_message`](Self::feed_message).
        pub fn feed_ping(
            $self: $receiver,
            payload: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feeding(payload.len(), move |writer| writer.push_ping(payload))
        }

        /// Takes a message of any kind if there is room for it now, and never waits. It leaves as
        /// after [`feed_message`](Self::feed_message); from a [`Sender`](crate::io::task::Sender) at once, if the stream takes
        /// it.
        ///
        /// # Errors
        ///
        /// [`SendError::Full`] if there is no room, and those of
        /// [`Connection::send`](crate::Connection::send).
        pub fn try_send_message($self: $receiver, message: &Message) -> Result<(), SendError> {
            $self.trying(|writer| writer.push(message))
        }

        /// Takes a text message if there is room for it now; as [`try_send_message`](Self::try_send_message).
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_text($self: $receiver, text: &str) -> Result<(), SendError> {
            $self.trying(|writer| writer.push_text(text))
        }

        /// Takes a binary message if there is room for it now; as [`try_send_message`](Self::try_send_message).
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_binary($self: $receiver, data: &[u8]) -> Result<(), SendError> {
            $self.trying(|writer| writer.push_binary(data))
        }

        /// Takes a message that was encoded before if there is room for it now; as
        /// [`try_send_message`](Self::try_send_message).
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_prepared($self: $receiver, message: &Prepared) -> Result<(), SendError> {
            $self.trying(|writer| writer.push_prepared(message))
        }

        /// Takes a ping with at most 125 bytes if there is room for it now; as
        /// [`try_send_message`](Self::try_send_message).
        ///
        /// # Errors
        ///
        /// As for [`try_send_message`](Self::try_send_message).
        pub fn try_send_ping($self: $receiver, payload: &[u8]) -> Result<(), SendError> {
            $self.trying(|writer| writer.push_ping(payload))
        }

        /// Starts a message in fragments (RFC 6455 §5.4), for one of unknown length, or larger than
        /// memory. Until it is finished, nothing else is sent but pings and the Close frame; see
        /// [`Connection::start_message`](crate::Connection::start_message).
        ///
        /// # Errors
        ///
        /// [`SendError::MessageInProgress`] if another is unfinished, [`SendError::NotOpen`],
        /// [`SendError::Closed`].
        pub fn start_message($self: $receiver, kind: MessageKind) -> Result<(), SendError> {
            $self.starting(kind)
        }

        /// Sends the next fragment of the message, and waits until it is written.
        ///
        /// If the future is dropped, the fragment may have been taken.
        ///
        /// # Errors
        ///
        /// Those of [`Connection::send_fragment`](crate::Connection::send_fragment), and as for
        /// [`send_message`](Self::send_message).
        pub fn send_fragment(
            $self: $receiver,
            data: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.sending(data.len(), move |writer| writer.push_fragment(data))
        }

        /// Gathers the next fragment of the message; as [`feed_message`](Self::feed_message).
        ///
        /// If the future is dropped, the fragment was not taken.
        ///
        /// # Errors
        ///
        /// Those of [`Connection::send_fragment`](crate::Connection::send_fragment), and as for
        /// [`feed_message`](Self::feed_message).
        pub fn feed_fragment(
            $self: $receiver,
            data: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feeding(data.len(), move |writer| writer.push_fragment(data))
        }

        /// Sends the last fragment of the message, which may be empty, and waits until all is
        /// written.
        ///
        /// If the future is dropped, the fragment may have been taken.
        ///
        /// # Errors
        ///
        /// Those of [`Connection::send_last_fragment`](crate::Connection::send_last_fragment), and as for
        /// [`send_message`](Self::send_message).
        pub fn send_last_fragment(
            $self: $receiver,
            data: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.sending(data.len(), move |writer| writer.push_last_fragment(data))
        }

        /// Gathers the last fragment of the message, which may be empty; as
        /// [`feed_message`](Self::feed_message).
        ///
        /// If the future is dropped, the fragment was not taken.
        ///
        /// # Errors
        ///
        /// Those of [`Connection::send_last_fragment`](crate::Connection::send_last_fragment), and as for
        /// [`feed_message`](Self::feed_message).
        pub fn feed_last_fragment(
            $self: $receiver,
            data: &[u8],
        ) -> impl Future<Output = Result<(), Error>> {
            $self.feeding(data.len(), move |writer| writer.push_last_fragment(data))
        }
    };
}

pub(super) use vocabulary;
