//! A connection or stream of hyper's, with the traits of tokio.

use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::http::Version;
use ::hyper::rt::{Read, ReadBuf as HyperReadBuf, Write};
use ::hyper::upgrade::Upgraded;
use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use ::tokio::runtime::Handle;

use super::super::gathering::gather;
use super::lingering::linger;

/// How many bytes one write may have. hyper keeps a copy of them until the peer takes them, however
/// few that are.
const MAX_WRITE: usize = 1 << 16;

/// What hyper has upgraded, as a stream of tokio: a connection of HTTP/1.1, or a stream of HTTP/2.
///
/// In HTTP/2, what is written together leaves as one DATA frame, of up to 64 KiB, or as several if
/// the peer's `SETTINGS_MAX_FRAME_SIZE` is less: of itself it is 16 KiB. Once the stream is shut down,
/// it reads as if it had ended: a WebSocket discards what comes after its Close frames, and some
/// browsers leave their half open. When the stream is dropped, what its peer still sends is discarded
/// until the peer ends it too, for at most
/// [`Config::close_timeout`](crate::Config::close_timeout): a reset right after the end could
/// overtake the last message.
pub struct Stream {
    /// It is there until the stream is dropped or taken apart. Nobody takes the lock: hyper's type is
    /// not `Sync` of itself.
    upgraded: Option<Mutex<Upgraded>>,
    version: Version,
    linger: Duration,
    /// Where to linger: a socket may be dropped in any thread.
    runtime: Option<Handle>,
    is_at_end: bool,
    is_shut_down: bool,
}

impl Stream {
    pub(super) fn new(upgraded: Upgraded, version: Version, linger: Duration) -> Self {
        let (upgraded, runtime) = (Some(Mutex::new(upgraded)), Handle::try_current().ok());
        Self { upgraded, version, linger, runtime, is_at_end: false, is_shut_down: false }
    }

    /// The version of HTTP that carries the WebSocket: HTTP/1.1 or HTTP/2.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// What hyper has upgraded, for its `downcast`. `None` does not occur.
    pub fn into_upgraded(mut self) -> Option<Upgraded> {
        self.take()
    }

    fn take(&mut self) -> Option<Upgraded> {
        let upgraded = self.upgraded.take()?;
        Some(upgraded.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_http2(&self) -> bool {
        self.version == Version::HTTP_2
    }

    fn upgraded(&mut self) -> io::Result<Pin<&mut Upgraded>> {
        let upgraded = self.upgraded.as_mut().ok_or(ErrorKind::NotConnected)?;
        Ok(Pin::new(upgraded.get_mut().unwrap_or_else(PoisonError::into_inner)))
    }

    /// RFC 8441 §5: a stream that is reset is like a connection that is reset.
    fn with_kind(&self, error: io::Error) -> io::Error {
        let is_of_stream = self.is_http2() && error.kind() == ErrorKind::Other;
        if is_of_stream { io::Error::new(ErrorKind::ConnectionReset, error) } else { error }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let unfilled = space.initialize_unfilled();
        // A stream of HTTP/2 would wait for data, and lose nothing, but say the same as at its end.
        if unfilled.is_empty() || (self.is_shut_down && self.is_http2()) {
            return Poll::Ready(Ok(()));
        }
        let mut read = HyperReadBuf::new(unfilled);
        let result = ready!(self.upgraded()?.poll_read(cx, read.unfilled()));
        result.map_err(|error| self.with_kind(error))?;
        let len = read.filled().len();
        self.is_at_end |= len == 0;
        space.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(data)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = if self.is_http2() {
            ready!(poll_write_gathered(self.upgraded()?, cx, pieces))
        } else {
            ready!(self.upgraded()?.poll_write_vectored(cx, pieces))
        };
        Poll::Ready(result.map_err(|error| self.with_kind(error)))
    }

    fn is_write_vectored(&self) -> bool {
        // Of a stream that does not have it, the first piece is written.
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(self.upgraded()?.poll_flush(cx));
        Poll::Ready(result.map_err(|error| self.with_kind(error)))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(self.upgraded()?.poll_shutdown(cx));
        self.is_shut_down |= result.is_ok();
        Poll::Ready(result.map_err(|error| self.with_kind(error)))
    }
}

fn poll_write_gathered(
    mut upgraded: Pin<&mut Upgraded>,
    cx: &mut Context<'_>,
    pieces: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    // This is ready when hyper takes a write. One that has to wait is tried often, and copies nothing.
    ready!(upgraded.as_mut().poll_flush(cx))?;
    upgraded.poll_write(cx, &gather(pieces, MAX_WRITE))
}

impl Drop for Stream {
    fn drop(&mut self) {
        let may_be_reset = self.is_http2() && !self.is_at_end;
        let Some(runtime) = self.runtime.take().filter(|_| may_be_reset) else { return };
        if let Some(upgraded) = self.take() {
            linger(upgraded, self.linger, &runtime);
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("version", &self.version).finish_non_exhaustive()
    }
}
