//! tokio.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use websocket_proto::io::Error;
use websocket_proto::io::tokio::{WebSocket, Wire, accept_with, client};

use super::asynchronous::{Runtime, accept};
use super::link::Stream;
use super::play::request;
use super::scenario::Scenario;

pub(crate) struct Tokio;

impl Runtime for Tokio {
    type Wire = Wire<Stream>;

    fn within<T>(act: impl FnOnce() -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _context = runtime.enter();
        act()
    }

    async fn client(stream: Stream, scenario: Scenario) -> Result<WebSocket<Stream>, Error> {
        client(stream, &request(), scenario.adapter_config()).await
    }

    async fn server(stream: Stream, scenario: Scenario) -> Result<WebSocket<Stream>, Error> {
        accept_with(stream, scenario.adapter_config(), accept).await
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = ready!(self.read(Some(cx), space.initialize_unfilled()))?;
        space.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(Some(cx), &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(Some(cx), pieces)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flush(Some(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shutdown(Some(cx))
    }
}
