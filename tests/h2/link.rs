//! A stream in memory that delivers its bytes in pieces, and breaks where a test says.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// One end of a link.
pub(crate) struct Link {
    inner: DuplexStream,
    /// How many bytes each operation moves at most.
    piece: usize,
    /// How many bytes can still be read before the link breaks.
    readable: Option<usize>,
    /// How many can still be written.
    writable: Option<usize>,
}

impl Link {
    pub(crate) fn in_pieces(inner: DuplexStream, piece: usize) -> Self {
        Self { inner, piece, readable: None, writable: None }
    }

    pub(crate) fn broken_after(
        inner: DuplexStream,
        readable: Option<usize>,
        writable: Option<usize>,
    ) -> Self {
        Self { inner, piece: usize::MAX, readable, writable }
    }
}

fn broken() -> io::Error {
    io::Error::new(ErrorKind::ConnectionReset, "the link is broken")
}

impl AsyncRead for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = self.piece.min(self.readable.unwrap_or(usize::MAX));
        if most == 0 {
            return Poll::Ready(Err(broken()));
        }
        let mut part = vec![0; most.min(space.remaining())];
        let mut part = ReadBuf::new(&mut part);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut part))?;
        space.put_slice(part.filled());
        let len = part.filled().len();
        if let Some(readable) = &mut self.readable {
            *readable -= len;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Link {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let most = self.piece.min(self.writable.unwrap_or(usize::MAX)).min(bytes.len());
        if most == 0 && !bytes.is_empty() {
            return Poll::Ready(Err(broken()));
        }
        let len = ready!(Pin::new(&mut self.inner).poll_write(cx, &bytes[..most]))?;
        if let Some(writable) = &mut self.writable {
            *writable -= len;
        }
        Poll::Ready(Ok(len))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
