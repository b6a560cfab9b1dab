//! A stream whose reads end where the test says.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// Where what is read is cut. After a cut, the next read has to wait once.
#[derive(Clone, Debug)]
pub(crate) struct Cuts {
    first: usize,
    /// How many bytes there are from one cut to the next.
    interval: usize,
    is_reached: Arc<AtomicBool>,
}

impl Cuts {
    /// One cut after this many bytes.
    pub(crate) fn at(position: usize) -> Self {
        Self { first: position, interval: usize::MAX, is_reached: Arc::default() }
    }

    /// Cuts with this many bytes between them.
    pub(crate) fn every(len: usize) -> Self {
        Self { first: len, interval: len, is_reached: Arc::default() }
    }

    /// Whether any stream with these cuts was read up to one, and then again.
    pub(crate) fn is_reached(&self) -> bool {
        self.is_reached.load(Ordering::Relaxed)
    }
}

pub(crate) struct CutStream {
    stream: DuplexStream,
    cuts: Cuts,
    /// How many bytes there are to the next cut.
    left: usize,
}

impl CutStream {
    pub(crate) fn new(stream: DuplexStream, cuts: &Cuts) -> Self {
        Self { stream, left: cuts.first, cuts: cuts.clone() }
    }
}

impl AsyncRead for CutStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            self.left = self.cuts.interval;
            self.cuts.is_reached.store(true, Ordering::Relaxed);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut part = vec![0; space.remaining().min(self.left)];
        let mut read = ReadBuf::new(&mut part);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
        space.put_slice(read.filled());
        self.left -= read.filled().len();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for CutStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
