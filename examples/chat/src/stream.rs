//! A TCP stream for an HTTP connection.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};

/// A TCP stream whose writes fail when they make no progress for too long. It holds a connection
/// slot while it is open.
pub(crate) struct Stream {
    tcp: TcpStream,
    write_limit: WriteLimit,
    /// When the write in progress fails; `None` while no write waits, or without a limit.
    deadline: Option<Pin<Box<Sleep>>>,
    _slot: OwnedSemaphorePermit,
}

/// How long a write to a stream may wait, until that is lifted.
#[derive(Clone)]
pub(crate) struct WriteLimit {
    timeout: Duration,
    is_lifted: Arc<AtomicBool>,
}

impl WriteLimit {
    /// Lifts the limit, for a WebSocket, which has deadlines of its own.
    pub(crate) fn lift(&self) {
        self.is_lifted.store(true, Ordering::Relaxed);
    }
}

impl Stream {
    pub(crate) fn new(tcp: TcpStream, slot: OwnedSemaphorePermit, timeout: Duration) -> Self {
        let write_limit = WriteLimit { timeout, is_lifted: Arc::default() };
        Self { tcp, write_limit, deadline: None, _slot: slot }
    }

    pub(crate) const fn write_limit(&self) -> &WriteLimit {
        &self.write_limit
    }

    /// Returns `written`, or an error if the write has waited for too long.
    fn fail_if_stuck<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let WriteLimit { timeout, is_lifted } = &self.write_limit;
        if written.is_ready() || is_lifted.load(Ordering::Relaxed) {
            self.deadline = None;
            return written;
        }
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(*timeout)));
        ready!(deadline.as_mut().poll(context));
        // Without this, the system would keep the connection and go on offering the data that was
        // written, for as long as the peer lives.
        let _ = self.tcp.set_zero_linger();
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(context, data);
        self.fail_if_stuck(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(context, data);
        self.fail_if_stuck(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio::sync::Semaphore;
    use tokio::time::timeout;

    use super::*;

    /// A stream whose peer reads nothing, and that peer.
    async fn stuck() -> (Stream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let slot = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let (tcp, _) = listener.accept().await.unwrap();
        (Stream::new(tcp, slot, Duration::from_secs(10)), peer)
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_makes_no_progress_fails() {
        let (mut stream, _peer) = stuck().await;
        let written = timeout(Duration::from_secs(60), stream.write_all(&vec![0; 64 << 20])).await;
        assert_eq!(written.unwrap().unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_websocket_has_deadlines_of_its_own() {
        let (mut stream, _peer) = stuck().await;
        stream.write_limit().lift();
        let written = timeout(Duration::from_secs(60), stream.write_all(&vec![0; 64 << 20])).await;
        assert!(written.is_err(), "it still waits");
    }
}
