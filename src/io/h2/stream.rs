//! A stream of HTTP/2 as one of tokio.

use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ::h2::{RecvStream, SendStream};
use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use ::tokio::runtime::Handle;
use bytes::Bytes;

use super::halves::Halves;
use super::linger::Lingering;
use super::requests::Requests;

/// A stream of HTTP/2, for either role: what h2's two halves of it are to tokio.
///
/// | in TCP | in a stream of HTTP/2 (RFC 8441 §5) |
/// |---|---|
/// | writing | one DATA frame for each write, if the window and the length of frames allow |
/// | the end of the stream, FIN | END_STREAM |
/// | a reset | RST_STREAM |
///
/// The windows of the stream and of the connection bound what is on its way. A write that has to
/// wait asks for a part of the connection's window, and takes no more of it than it needs; an idle
/// stream takes none. What was received counts for the windows until it is read.
///
/// Once the stream is shut down, it reads as if it had ended: a WebSocket discards what comes after its
/// Close frames, and some browsers leave their half open.
///
/// A stream that is dropped after it was shut down waits in a task for the peer's end of the stream, as a
/// reset could overtake what was written: for as long as [`linger`](Self::linger) says, and for 1 MiB of
/// what the peer still sends. The task is one of the runtime where the stream was made. Any other stream
/// that is dropped is reset with CANCEL.
///
/// # Errors
///
/// | the peer, or its connection | [`io::ErrorKind`] |
/// |---|---|
/// | resets the stream with NO_ERROR or CANCEL | `ConnectionReset` |
/// | resets it with REFUSED_STREAM | `ConnectionRefused` |
/// | resets it with HTTP_1_1_REQUIRED | `Unsupported` |
/// | wants less, in a reset or with GOAWAY (ENHANCE_YOUR_CALM) | `QuotaExceeded` |
/// | resets it for another reason | `ConnectionReset` |
/// | ends the connection (GOAWAY) | `ConnectionAborted` |
/// | breaks HTTP/2 | `InvalidData` |
/// | is lost | that of the connection's stream, or `BrokenPipe` |
///
/// For a WebSocket, a reset is a failed transport until both Close frames are there. After them it is
/// an end like any other: browsers end every stream with CANCEL.
pub struct Stream {
    /// Until the stream is dropped.
    halves: Option<Halves>,
    linger: Duration,
    /// Where to linger: a socket may be dropped in any thread.
    runtime: Option<Handle>,
    /// The connection, if it is one of ours.
    connection: Option<Requests>,
}

impl Stream {
    /// A stream of a connection that h2 has, of a client or a server. Someone else has to poll that
    /// connection.
    pub fn new(send: SendStream<Bytes>, receive: RecvStream) -> Self {
        let (halves, runtime) = (Some(Halves::new(send, receive)), Handle::try_current().ok());
        Self { halves, linger: Duration::from_secs(5), runtime, connection: None }
    }

    /// How long a stream that was shut down and dropped waits for the peer's end before it is reset.
    /// Default: 5 s, or for a WebSocket of a [`Client`](super::Client) its
    /// [`Config::close_timeout`](crate::Config::close_timeout).
    #[must_use]
    pub const fn linger(mut self, duration: Duration) -> Self {
        self.linger = duration;
        self
    }

    /// The number of the stream in its connection.
    pub fn id(&self) -> u32 {
        self.halves.as_ref().map_or(0, Halves::id)
    }

    /// A stream of one of our connections, whose driver waits for the peer's end.
    pub(super) fn of_connection(mut self, connection: Requests) -> Self {
        self.connection = Some(connection);
        self
    }

    /// Does something with the halves. If the connection has ended, the error is its own: of a GOAWAY
    /// that lets its streams go on, they see nothing but the end after it.
    fn with<T>(
        &mut self,
        operation: impl FnOnce(&mut Halves) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let Some(halves) = &mut self.halves else {
            return Poll::Ready(Err(ErrorKind::NotConnected.into()));
        };
        operation(halves).map_err(|error| match &self.connection {
            Some(connection) if error.kind() == ErrorKind::BrokenPipe => {
                connection.error().unwrap_or(error)
            }
            _ => error,
        })
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.get_mut().with(|halves| halves.poll_read(cx, space))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().with(|halves| halves.poll_write(cx, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().with(|halves| {
            halves.give_back_capacity();
            Poll::Ready(Ok(()))
        })
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().with(|halves| Poll::Ready(halves.shut_down(cx)))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let Some(halves) = self.halves.take().filter(Halves::awaits_peer_end) else { return };
        let Some(runtime) = self.runtime.take() else { return };
        let lingering = Lingering::new(halves, self.linger, runtime);
        match &self.connection {
            Some(connection) => connection.park(lingering),
            None => lingering.spawn(|| {}),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("id", &self.id()).finish_non_exhaustive()
    }
}
