//! A WebSocket as a blocking stream of bytes.

use std::io::{self, BufRead, ErrorKind, IoSlice, Read, Write};
use std::time::Duration;

use super::super::Error;
use super::super::byte_stream::{
    MAX_MESSAGE, Payloads, TEXT_REFUSED, check_closed, gather, read_buffered,
};
use super::byte_halves::{ByteReader, ByteWriter, halves};
use super::received::Received;
use super::split_stream::SplitStream;
use super::stream::Stream;
use super::web_socket::WebSocket;
use super::writer::would_block;
use crate::{CloseCode, Connection, Ending, SendError};

/// A [`WebSocket`] as a stream of bytes: for MQTT, SSH, VNC and tunnels, and for whatever takes
/// a `Read + Write`. [As a byte stream](crate::io#as-a-byte-stream) tells which bytes and errors
/// there are, and how it ends.
///
/// - *Writing* sends one message and waits until it is written, as a socket does; put a
///   [`BufWriter`](io::BufWriter) around it where writes are short.
/// - *Reading* also answers pings and keeps the deadlines.
/// - [`shutdown`](Self::shutdown) ends the bytes that this side sends. Dropping the stream without it
///   looks to the peer as if the bytes were cut off.
///
/// One thread uses it at a time, and it does not read while it writes: see [two that send before
/// they read](crate::io#two-that-send-before-they-read). [`split`](Self::split) makes halves for two
/// threads.
///
/// ```
/// use std::io::{BufRead, Read, Write};
/// use std::{net::TcpListener, thread};
///
/// use websocket_proto::io::blocking::{accept, connect};
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let url = format!("ws://{}/", listener.local_addr()?);
/// let server = thread::spawn(move || -> std::io::Result<()> {
///     let mut lines = accept(listener.accept()?.0)?.into_byte_stream();
///     let mut line = String::new();
///     lines.read_line(&mut line)?;
///     write!(lines, "you said {line}")?;
///     lines.shutdown()
/// });
///
/// let mut bytes = connect(&url)?.into_byte_stream();
/// bytes.write_all(b"hello\n")?;
/// let mut answer = String::new();
/// bytes.read_to_string(&mut answer)?;
/// assert_eq!(answer, "you said hello\n");
/// # server.join().unwrap()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ByteStream<S: Stream> {
    socket: WebSocket<S>,
    payloads: Payloads,
    read_timeout: Option<Duration>,
}

impl<S: Stream> WebSocket<S> {
    /// Makes a stream of bytes of the WebSocket. Bytes that are written become binary messages, and
    /// the payloads that are received become bytes: [as a byte
    /// stream](crate::io#as-a-byte-stream). Before that, a client may look at the server's
    /// [`response`](Self::response).
    pub fn into_byte_stream(self) -> ByteStream<S> {
        ByteStream::new(self)
    }
}

impl<S: Stream> ByteStream<S> {
    /// A stream of bytes over a WebSocket, as
    /// [`into_byte_stream`](WebSocket::into_byte_stream) makes it.
    pub fn new(socket: WebSocket<S>) -> Self {
        Self { socket, payloads: Payloads::default(), read_timeout: None }
    }

    /// Splits the stream into a half that reads and one that writes, for two threads: what a tunnel
    /// needs. As with runtimes and sockets, the reading half comes first.
    ///
    /// ```no_run
    /// use std::{io, net::TcpStream, thread};
    ///
    /// use websocket_proto::io::blocking::WebSocket;
    ///
    /// /// Passes a WebSocket on to a plain server, and its answers back.
    /// fn tunnel(socket: WebSocket<TcpStream>) -> io::Result<()> {
    ///     let server = TcpStream::connect("127.0.0.1:1883")?;
    ///     let (mut reader, mut writer) = socket.into_byte_stream().split();
    ///     thread::scope(|scope| {
    ///         scope.spawn(|| {
    ///             io::copy(&mut &server, &mut writer)?;
    ///             writer.shutdown()
    ///         });
    ///         io::copy(&mut reader, &mut &server)?;
    ///         server.shutdown(std::net::Shutdown::Write)
    ///     })
    /// }
    /// ```
    pub fn split(self) -> (ByteReader<S>, ByteWriter<S>)
    where
        S: SplitStream,
    {
        halves(self.socket.split(), self.payloads, self.read_timeout)
    }

    /// Takes the payloads of text messages as bytes too. Without this a text message ends the
    /// stream with an error: MQTT asks for that (MQTT 5.0 §6), and a peer that sends text here most
    /// likely speaks something else.
    #[must_use]
    pub fn accept_text(mut self) -> Self {
        self.payloads.accept_text();
        self
    }

    /// The WebSocket. What is left to read of the message (with
    /// [`Delivery::Streaming`](crate::Delivery::Streaming): of the chunk) that arrived last is lost,
    /// unless it is taken from [`buffer`](Self::buffer) first.
    pub fn into_inner(self) -> WebSocket<S> {
        self.socket
    }

    /// The bytes that were received and not read, of the last message or chunk. More may wait in the
    /// socket.
    pub fn buffer(&mut self) -> &[u8] {
        self.payloads.unread(self.socket.incoming.event())
    }

    /// The stream below. Its timeouts are the adapter's, which sets them anew as it needs them.
    pub fn stream(&self) -> &S {
        self.socket.writer.stream()
    }

    /// The protocol state.
    pub fn connection(&self) -> &Connection {
        self.socket.writer.connection()
    }

    /// How the connection ended, once reading has come to its end: with the peer's code and reason,
    /// also where the end was an error.
    pub fn ending(&self) -> Option<&Ending> {
        self.payloads.ending()
    }

    /// Makes a read that has waited this long for bytes fail with
    /// [`WouldBlock`](ErrorKind::WouldBlock): nothing is lost, and the next read waits again. `None`,
    /// the default, lets reads wait for ever. This takes the place of the stream's own timeout, which
    /// the adapter sets. On an [`Untimed`](super::Untimed) stream it has no effect.
    pub fn set_read_timeout(&mut self, timeout: Option<Duration>) {
        self.read_timeout = timeout;
    }

    /// Ends the bytes that this side sends: sends a Close frame with 1000 after what was written, if
    /// none was sent before, and waits until it is written. Reading may go on, until the peer has
    /// sent its own Close frame, for at most
    /// [`Config::close_timeout`](crate::Config::close_timeout).
    ///
    /// # Errors
    ///
    /// If the connection has ended otherwise, or ends before the Close frame is written.
    pub fn shutdown(&mut self) -> io::Result<()> {
        match self.socket.writer.feed_close(CloseCode::NORMAL, "") {
            Ok(()) => self.payloads.note_shutdown(),
            Err(Error::Send(SendError::Closed)) => {}
            Err(error) => return Err(error.into()),
        }
        self.flush()?;
        check_closed(self.connection(), self.ending())
    }

    /// Ends the connection without a Close frame, which the peer cannot take for the end of the
    /// bytes; see [`Connection::abort`].
    pub fn abort(&mut self) {
        self.socket.abort();
    }

    /// Waits for the next event, and notes what it means for the bytes.
    fn read_event(&mut self) -> io::Result<()> {
        let received = match self.read_timeout {
            Some(timeout) => self.socket.receive_timeout(timeout),
            None => {
                self.socket.receive().map(|event| event.map_or(Received::Ended, Received::Event))
            }
        };
        match received {
            Ok(Received::Event((event, writer))) => {
                if let Some(code) = self.payloads.note_event(&event) {
                    // This fails if a Close frame was sent before, or if the next call will tell.
                    let _ = writer.feed_close(code, TEXT_REFUSED);
                }
                Ok(())
            }
            Ok(Received::TimedOut) => Err(ErrorKind::WouldBlock.into()),
            // The end had been reported before this became a stream of bytes.
            Ok(Received::Ended) => Err(ErrorKind::NotConnected.into()),
            // The ending, which follows, says it too.
            Err(Error::Protocol(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn write_message(&mut self, data: &[u8]) -> io::Result<usize> {
        let data = &data[..data.len().min(MAX_MESSAGE)];
        if data.is_empty() {
            return Ok(0);
        }
        let writer = &mut self.socket.writer;
        match writer.feed_binary(data) {
            // Of a non-blocking stream that takes nothing now.
            Err(Error::Send(SendError::Full)) => return Err(ErrorKind::WouldBlock.into()),
            result => result?,
        }
        match writer.flush_output() {
            // The message is queued, and is written by the next call of any kind.
            Err(error) if would_block(&error) => Ok(data.len()),
            result => result.map(|()| data.len()).map_err(io::Error::from),
        }
    }
}

impl<S: Stream> Read for ByteStream<S> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, space)
    }
}

impl<S: Stream> BufRead for ByteStream<S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.buffer().is_empty() {
            if let Some(end) = self.payloads.end() {
                return end.map(|()| &[][..]);
            }
            self.read_event()?;
        }
        Ok(self.buffer())
    }

    fn consume(&mut self, len: usize) {
        self.payloads.consume(len);
    }
}

impl<S: Stream> Write for ByteStream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_message(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_message(&gather(pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.writer.flush_output().map_err(io::Error::from)
    }
}
