//! What the adapter needs a blocking stream to do.

use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// A blocking stream with timeouts, through which the deadlines of the connection are kept. The
/// adapter sets them before each wait, so timeouts that somebody else has set have no effect; to wait
/// for a limited time there is [`receive_timeout`](super::WebSocket::receive_timeout).
///
/// This is implemented for the streams of the standard library. For any other `Read + Write` there
/// is [`Untimed`]. For a stream around a socket, such as a TLS session, pass the calls on to the
/// socket:
///
/// ```
/// use std::io::{Read, Result, Write};
/// use std::net::{Shutdown, TcpStream};
/// use std::time::Duration;
///
/// use websocket_proto::io::blocking::Stream;
///
/// /// A stream that counts the bytes that are read.
/// struct Counted(TcpStream, usize);
///
/// impl Stream for Counted {
///     fn set_read_timeout(&mut self, timeout: Option<Duration>) -> Result<()> {
///         self.0.set_read_timeout(timeout)
///     }
///
///     fn set_write_timeout(&mut self, timeout: Option<Duration>) -> Result<()> {
///         self.0.set_write_timeout(timeout)
///     }
///
///     fn shutdown(&mut self, how: Shutdown) -> Result<()> {
///         self.0.shutdown(how)
///     }
///
///     fn disable_send_delay(&mut self) -> Result<()> {
///         self.0.set_nodelay(true)
///     }
/// }
/// # impl Read for Counted {
/// #     fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
/// #         self.0.read(buffer).inspect(|len| self.1 += len)
/// #     }
/// # }
/// # impl Write for Counted {
/// #     fn write(&mut self, bytes: &[u8]) -> Result<usize> {
/// #         self.0.write(bytes)
/// #     }
/// #     fn flush(&mut self) -> Result<()> {
/// #         self.0.flush()
/// #     }
/// # }
/// ```
pub trait Stream: Read + Write {
    /// Makes reads return [`WouldBlock`](io::ErrorKind::WouldBlock) or
    /// [`TimedOut`](io::ErrorKind::TimedOut) after `timeout`, which is never zero; `None` lets
    /// them wait for ever.
    ///
    /// # Errors
    ///
    /// If the stream refuses.
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()>;

    /// Makes writes return after `timeout` in the same way.
    ///
    /// # Errors
    ///
    /// If the stream refuses.
    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()>;

    /// Ends one direction of the stream or both.
    ///
    /// # Errors
    ///
    /// If the stream has ended already.
    fn shutdown(&mut self, how: Shutdown) -> io::Result<()>;

    /// Stops the stream from waiting for more to send before it sends, as TCP does with Nagle's
    /// algorithm: the adapter itself puts what it can into one write. `accept` and `accept_with`
    /// call this. The default does nothing.
    ///
    /// # Errors
    ///
    /// If the stream refuses.
    fn disable_send_delay(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Whether the timeouts have an effect. A stream without timeouts is not read where a read
    /// might wait in vain: when a socket is dropped, and before the server's Close frame is
    /// reported to a client.
    fn has_timeouts(&self) -> bool {
        true
    }
}

macro_rules! impl_for_socket {
    ($socket:ty $(, $disable_send_delay:item)?) => {
        impl Stream for $socket {
            fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
                Self::set_read_timeout(self, timeout)
            }

            fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
                Self::set_write_timeout(self, timeout)
            }

            fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
                Self::shutdown(self, how)
            }

            $($disable_send_delay)?
        }
    };
}

impl_for_socket!(
    TcpStream,
    fn disable_send_delay(&mut self) -> io::Result<()> {
        self.set_nodelay(true)
    }
);
#[cfg(unix)]
impl_for_socket!(std::os::unix::net::UnixStream);

/// A stream without timeouts. Deadlines are looked at only when a read or a write returns, so calls
/// may wait for ever if the stream does. When the socket is dropped, what was queued is written,
/// which may wait as well, as dropping a [`BufWriter`](io::BufWriter) may.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper")]
pub struct Untimed<S>(pub S);

impl<S: Read + Write> Stream for Untimed<S> {
    fn set_read_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown(&mut self, _: Shutdown) -> io::Result<()> {
        Ok(())
    }

    fn has_timeouts(&self) -> bool {
        false
    }
}

impl<S: Read> Read for Untimed<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<S: Write> Write for Untimed<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
