//! What a stream needs besides, so that several threads can use it.

use std::io;
use std::net::TcpStream;

use super::super::MaybeTls;
use super::stream::Stream;

/// A blocking stream that several threads can use at the same time, for
/// [`WebSocket::split`](super::WebSocket::split).
///
/// Threads wait for the [socket](Self::socket) of the stream while others use the stream: one waits
/// for input, another one until the socket takes more output. So what is written goes to the socket
/// as [`encode`](Self::encode) makes it, and not through the stream's `write`. Input is read
/// through the stream's `read` as soon as the socket has some.
///
/// This is implemented for the sockets of the standard library, with and without
/// [TLS](MaybeTls). For a stream around one of those, pass the calls on:
///
/// ```
/// use std::io::{Read, Result, Write};
/// use std::net::{Shutdown, TcpStream};
/// use std::time::Duration;
///
/// use websocket_proto::io::blocking::{SplitStream, Stream};
///
/// /// A stream that counts the bytes in both directions.
/// struct Counted { inner: TcpStream, read: usize, written: usize }
///
/// impl SplitStream for Counted {
///     fn socket(&self) -> Result<TcpStream> {
///         self.inner.socket()
///     }
///
///     fn encode(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<()> {
///         self.written += bytes.len();
///         self.inner.encode(bytes, output)
///     }
///
///     fn can_read(&mut self) -> bool {
///         self.inner.can_read()
///     }
/// }
/// # impl Stream for Counted {
/// #     fn set_read_timeout(&mut self, timeout: Option<Duration>) -> Result<()> {
/// #         self.inner.set_read_timeout(timeout)
/// #     }
/// #     fn set_write_timeout(&mut self, timeout: Option<Duration>) -> Result<()> {
/// #         self.inner.set_write_timeout(timeout)
/// #     }
/// #     fn shutdown(&mut self, how: Shutdown) -> Result<()> {
/// #         self.inner.shutdown(how)
/// #     }
/// # }
/// # impl Read for Counted {
/// #     fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
/// #         self.inner.read(buffer).inspect(|len| self.read += len)
/// #     }
/// # }
/// # impl Write for Counted {
/// #     fn write(&mut self, bytes: &[u8]) -> Result<usize> {
/// #         self.inner.write(bytes).inspect(|len| self.written += len)
/// #     }
/// #     fn flush(&mut self) -> Result<()> {
/// #         self.inner.flush()
/// #     }
/// # }
/// ```
pub trait SplitStream: Stream {
    /// A second handle to the socket under the stream. It may be any socket, though its type here
    /// is [`TcpStream`].
    ///
    /// # Errors
    ///
    /// If the system has no more handles.
    fn socket(&self) -> io::Result<TcpStream>;

    /// Appends to `output` what the socket is to send for `bytes`, and what the stream held back
    /// before. The default appends the bytes as they are.
    ///
    /// # Errors
    ///
    /// If nothing can be sent any more.
    fn encode(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        output.extend_from_slice(bytes);
        Ok(())
    }

    /// Whether a read would return without more input from the socket, as the stream holds some.
    fn can_read(&mut self) -> bool {
        false
    }
}

impl SplitStream for TcpStream {
    fn socket(&self) -> io::Result<TcpStream> {
        self.try_clone()
    }
}

/// The calls that are made to a socket (`recv` with `MSG_PEEK`, `send`, timeouts) do not depend on
/// its kind, but the standard library has all of them for `TcpStream` alone.
#[cfg(unix)]
impl SplitStream for std::os::unix::net::UnixStream {
    fn socket(&self) -> io::Result<TcpStream> {
        self.try_clone().map(|socket| std::os::fd::OwnedFd::from(socket).into())
    }
}

impl<S: SplitStream> SplitStream for MaybeTls<S> {
    fn socket(&self) -> io::Result<TcpStream> {
        self.stream.socket()
    }

    fn encode(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        let Some(session) = &mut self.session else { return self.stream.encode(bytes, output) };
        let mut records = Vec::with_capacity(bytes.len() + bytes.len() / 64);
        session.encrypt(bytes, &mut records)?;
        self.stream.encode(&records, output)
    }

    fn can_read(&mut self) -> bool {
        self.session.as_mut().is_some_and(|session| session.can_read()) || self.stream.can_read()
    }
}
