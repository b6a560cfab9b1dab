//! A stream that carries a WebSocket, in either version of HTTP.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use ::tokio::net::TcpStream;

use super::super::MaybeTls;
use super::Stream;

/// A stream that carries a WebSocket, in either version of HTTP: that of [`dial`](super::dial).
#[derive(Debug)]
#[non_exhaustive]
pub enum AnyStream {
    /// A connection of its own, which HTTP/1.1 has upgraded.
    Http1(MaybeTls<TcpStream>),
    /// A stream of a connection that may have others.
    Http2(Stream),
}

/// Calls a method of the stream inside.
macro_rules! inside {
    ($stream:ident.$method:ident($($argument:expr),*)) => {
        match $stream.get_mut() {
            Self::Http1(stream) => Pin::new(stream).$method($($argument),*),
            Self::Http2(stream) => Pin::new(stream).$method($($argument),*),
        }
    };
}

impl AsyncRead for AnyStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        inside!(self.poll_read(cx, space))
    }
}

impl AsyncWrite for AnyStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        inside!(self.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        inside!(self.poll_write_vectored(cx, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Http1(stream) => stream.is_write_vectored(),
            Self::Http2(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        inside!(self.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        inside!(self.poll_shutdown(cx))
    }
}
