//! smol.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use smol::io::{AsyncRead, AsyncWrite};
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::Error;
use websocket_proto::io::smol::{WebSocket, accept_with, client};

use super::peer::{Peer, request};
use super::script::{Action, Script};
use super::stream::{Link, Stream};
use super::{Setup, task};

pub(crate) fn play(setup: Setup, actions: &[Action], script: Script) {
    let link = Link::new(Peer::new(setup, None), script);
    let stream = link.stream();
    task::play(setup, actions, &link, open(stream, setup));
}

async fn open(stream: Stream, setup: Setup) -> Result<WebSocket<Stream>, Error> {
    let config = setup.adapter_config();
    if setup.is_server() {
        accept_with(stream, config, async |_| Ok(Acceptance::new())).await
    } else {
        client(stream, &request(), config).await
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
