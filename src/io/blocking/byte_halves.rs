//! The halves of a blocking stream of bytes, for two threads.

use std::io::{self, BufRead, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::super::Error;
use super::super::byte_stream::{
    MAX_MESSAGE, Payloads, TEXT_REFUSED, check_closed, gather, read_buffered,
};
use super::received::Received;
use super::receiver::Receiver;
use super::sender::Sender;
use super::split_stream::SplitStream;
use crate::{CloseCode, Ending, SendError};

/// The half of a [`ByteStream`](super::ByteStream) that reads.
///
/// It also answers pings and Close frames and keeps the deadlines, so a thread has to be in it most of
/// the time. When it is dropped, writing fails from then on.
#[derive(Debug)]
pub struct ByteReader<S: SplitStream> {
    receiver: Receiver<S>,
    payloads: Payloads,
    read_timeout: Option<Duration>,
    /// The other half has sent the Close frame.
    has_shut_down: Arc<AtomicBool>,
}

/// The half of a [`ByteStream`](super::ByteStream) that writes: each write is a message, which is
/// written when the write returns.
///
/// Dropping it without [`shutdown`](Self::shutdown) sends nothing, and reading goes on.
#[derive(Debug)]
pub struct ByteWriter<S: SplitStream> {
    sender: Sender<S>,
    has_shut_down: Arc<AtomicBool>,
}

/// The halves of a stream whose messages are received and sent by these.
pub(super) fn halves<S: SplitStream>(
    (sender, receiver): (Sender<S>, Receiver<S>),
    payloads: Payloads,
    read_timeout: Option<Duration>,
) -> (ByteReader<S>, ByteWriter<S>) {
    let has_shut_down = Arc::new(AtomicBool::new(false));
    let writer = ByteWriter { sender, has_shut_down: has_shut_down.clone() };
    (ByteReader { receiver, payloads, read_timeout, has_shut_down }, writer)
}

impl<S: SplitStream> ByteReader<S> {
    /// The bytes that were received and not read, of the last message or chunk. More may wait in the
    /// socket.
    pub fn buffer(&mut self) -> &[u8] {
        self.payloads.unread(self.receiver.incoming().event())
    }

    /// Makes a read that has waited this long for bytes fail, as
    /// [`ByteStream::set_read_timeout`](super::ByteStream::set_read_timeout) does.
    pub fn set_read_timeout(&mut self, timeout: Option<Duration>) {
        self.read_timeout = timeout;
    }

    /// How the connection ended, once reading has come to its end: with the peer's code and reason,
    /// also where the end was an error.
    pub fn ending(&self) -> Option<&Ending> {
        self.payloads.ending()
    }

    /// Waits for the next event, and notes what it means for the bytes.
    fn read_event(&mut self) -> io::Result<()> {
        let received = match self.read_timeout {
            Some(timeout) => self.receiver.receive_timeout(timeout),
            None => {
                self.receiver.receive().map(|event| event.map_or(Received::Ended, Received::Event))
            }
        };
        match received {
            Ok(Received::Event(event)) => {
                if let Some(code) = self.payloads.note_event(&event) {
                    // This fails if a Close frame was sent before.
                    let _ = self.receiver.sender().start_close(code, TEXT_REFUSED);
                }
                Ok(())
            }
            Ok(Received::TimedOut) => Err(ErrorKind::WouldBlock.into()),
            Ok(Received::Ended) => Err(ErrorKind::NotConnected.into()),
            // The ending, which follows, says it too.
            Err(Error::Protocol(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The result of reading after the last byte; `None` if there may be more.
    fn end(&mut self) -> Option<io::Result<()>> {
        if self.has_shut_down.load(Ordering::Acquire) {
            self.payloads.note_shutdown();
        }
        self.payloads.end()
    }
}

impl<S: SplitStream> Read for ByteReader<S> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, space)
    }
}

impl<S: SplitStream> BufRead for ByteReader<S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.buffer().is_empty() {
            if let Some(end) = self.end() {
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

impl<S: SplitStream> ByteWriter<S> {
    /// Ends the bytes that this side sends, as
    /// [`ByteStream::shutdown`](super::ByteStream::shutdown) does.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn shutdown(&mut self) -> io::Result<()> {
        match self.sender.start_close(CloseCode::NORMAL, "") {
            Ok(()) => self.has_shut_down.store(true, Ordering::Release),
            Err(SendError::Closed) => {}
            Err(error) => return Err(Error::from(error).into()),
        }
        self.flush()?;
        let ending = self.sender.ending();
        self.sender.with_connection(|connection| check_closed(connection, ending.as_ref()))
    }

    /// Ends the connection without a Close frame, which the peer cannot take for the end of the
    /// bytes; see [`Connection::abort`](crate::Connection::abort).
    pub fn abort(&mut self) {
        self.sender.abort();
    }

    fn write_message(&mut self, data: &[u8]) -> io::Result<usize> {
        let data = &data[..data.len().min(MAX_MESSAGE)];
        if !data.is_empty() {
            self.sender.send_binary(data)?;
        }
        Ok(data.len())
    }
}

impl<S: SplitStream> Write for ByteWriter<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_message(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_message(&gather(pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sender.flush().map_err(io::Error::from)
    }
}
