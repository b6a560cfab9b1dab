//! TLS around a stream of tokio.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
#[cfg(feature = "tls")]
use std::time::Duration;

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
#[cfg(feature = "tls")]
use ::tokio::time::sleep;

use super::super::MaybeTls;
use super::super::task::io_to_poll;
#[cfg(feature = "tls")]
use super::super::task::within;

#[doc = include_str!("../task/docs/tls_client.md")]
#[doc = include_str!("panics.md")]
#[cfg(feature = "tls")]
pub async fn tls_client<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    tls: &super::super::tls::ClientTls,
    host: &str,
    timeout: Duration,
) -> io::Result<MaybeTls<S>> {
    let secured = MaybeTls::plain(stream).with_session(tls.session(host)?);
    within(sleep(timeout), Box::pin(do_handshake(secured))).await.ok_or(ErrorKind::TimedOut)?
}

#[doc = include_str!("../task/docs/tls_server.md")]
#[doc = include_str!("panics.md")]
#[cfg(feature = "tls")]
pub async fn tls_server<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    tls: &super::super::tls::ServerTls,
    timeout: Duration,
) -> io::Result<MaybeTls<S>> {
    let secured = MaybeTls::plain(stream).with_session(tls.session()?);
    within(sleep(timeout), Box::pin(do_handshake(secured))).await.ok_or(ErrorKind::TimedOut)?
}

/// Does the handshake of the session around the stream, without a limit for its time.
pub(super) async fn do_handshake<S: AsyncRead + AsyncWrite + Unpin>(
    mut secured: MaybeTls<S>,
) -> io::Result<MaybeTls<S>> {
    poll_fn(|cx| {
        let MaybeTls { stream, session: Some(session) } = &mut secured else {
            return Poll::Ready(Ok(()));
        };
        let mut socket = Polled { stream, cx };
        io_to_poll(|| session.handshake(&mut socket))
    })
    .await?;
    Ok(secured)
}

impl<S: AsyncRead + Unpin> AsyncRead for MaybeTls<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, session } = self.get_mut();
        let Some(session) = session else { return Pin::new(stream).poll_read(cx, space) };
        let mut socket = Polled { stream, cx };
        let len = ready!(io_to_poll(|| session.read(&mut socket, space.initialize_unfilled())))?;
        space.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MaybeTls<S> {
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
        let Self { stream, session } = self.get_mut();
        let Some(session) = session else {
            return Pin::new(stream).poll_write_vectored(cx, pieces);
        };
        let mut socket = Polled { stream, cx };
        io_to_poll(|| session.write(&mut socket, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        self.is_tls() || self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, session } = self.get_mut();
        if let Some(session) = session {
            let mut socket = Polled { stream: &mut *stream, cx };
            ready!(io_to_poll(|| session.flush(&mut socket)))?;
        }
        Pin::new(stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, session } = self.get_mut();
        if let Some(session) = session {
            let mut socket = Polled { stream: &mut *stream, cx };
            ready!(io_to_poll(|| session.close(&mut socket)))?;
        }
        Pin::new(stream).poll_shutdown(cx)
    }
}

/// A stream during a poll, as a stream of the standard library: where the stream is pending, this
/// one would block.
struct Polled<'a, 'b, S> {
    stream: &'a mut S,
    cx: &'a mut Context<'b>,
}

impl<S: AsyncRead + Unpin> Read for Polled<'_, '_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut space = ReadBuf::new(buffer);
        match Pin::new(&mut *self.stream).poll_read(self.cx, &mut space) {
            Poll::Ready(result) => result.map(|()| space.filled().len()),
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S: AsyncWrite + Unpin> Write for Polled<'_, '_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match Pin::new(&mut *self.stream).poll_write_vectored(self.cx, pieces) {
            Poll::Ready(result) => result,
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
