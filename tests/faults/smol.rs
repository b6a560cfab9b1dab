//! smol.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use smol::io::{AsyncRead, AsyncWrite};
use websocket_proto::io::Error;
use websocket_proto::io::smol::{WebSocket, Wire, accept_with, client};

use super::asynchronous::{Runtime, accept};
use super::link::Stream;
use super::play::request;
use super::scenario::Scenario;

pub(crate) struct Smol;

impl Runtime for Smol {
    type Wire = Wire<Stream>;

    fn within<T>(act: impl FnOnce() -> T) -> T {
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
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.read(Some(cx), space)
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

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shutdown(Some(cx))
    }
}
