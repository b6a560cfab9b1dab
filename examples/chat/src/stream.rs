//! A TCP stream for an HTTP connection.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
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
    slot: OwnedSemaphorePermit,
    write_timeout: Duration,
    /// When the write in progress fails; `None` while no write waits.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    pub(crate) const fn new(
        tcp: TcpStream,
        slot: OwnedSemaphorePermit,
        write_timeout: Duration,
    ) -> Self {
        Self { tcp, slot, write_timeout, deadline: None }
    }

    /// The stream without its write timeout, for a WebSocket, which has deadlines of its own.
    pub(crate) fn into_parts(self) -> (TcpStream, OwnedSemaphorePermit) {
        (self.tcp, self.slot)
    }

    /// Returns `written`, or an error if the write has waited for too long.
    fn fail_if_stuck<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.deadline = None;
            return written;
        }
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(self.write_timeout)));
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
