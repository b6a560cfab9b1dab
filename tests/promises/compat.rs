//! A stream with tokio's traits as one with smol's.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::stream::Stream;

pub(crate) struct Compat(pub(crate) Stream);

impl smol::io::AsyncRead for Compat {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut space = tokio::io::ReadBuf::new(space);
        let read = tokio::io::AsyncRead::poll_read(Pin::new(&mut self.0), cx, &mut space);
        read.map_ok(|()| space.filled().len())
    }
}

impl smol::io::AsyncWrite for Compat {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        tokio::io::AsyncWrite::poll_write(Pin::new(&mut self.0), cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        tokio::io::AsyncWrite::poll_flush(Pin::new(&mut self.0), cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        tokio::io::AsyncWrite::poll_shutdown(Pin::new(&mut self.0), cx)
    }
}
