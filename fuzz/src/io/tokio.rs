//! tokio.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::Error;
use websocket_proto::io::tokio::{WebSocket, accept_with, client, tls_client, tls_server};

use super::peer::{Peer, request};
use super::script::{Action, Script};
use super::stream::{Link, Stream};
use super::{Setup, task, tls};

std::thread_local! {
    /// Where timers can be made. None of them fires.
    static RUNTIME: Runtime =
        Builder::new_current_thread().enable_time().build().expect("a runtime");
}

pub(crate) fn play(setup: Setup, actions: &[Action], script: Script) {
    let link = Link::new(Peer::new(setup, None), script);
    let stream = link.stream();
    within(|| task::play(setup, actions, &link, open(stream, setup)));
}

pub(crate) fn play_over_tls(setup: Setup, actions: &[Action], script: Script) {
    const NEVER: Duration = Duration::from_secs(1 << 20);
    let link = Link::new(Peer::new(setup, Some(tls::session(setup))), script);
    let stream = link.stream();
    let opening = async {
        let secured = if setup.is_server() {
            tls_server(stream, tls::server(), NEVER).await?
        } else {
            tls_client(stream, tls::client(), "h", NEVER).await?
        };
        open(secured, setup).await
    };
    within(|| task::play(setup, actions, &link, opening));
}

fn within(play: impl FnOnce()) {
    RUNTIME.with(|runtime| {
        let _context = runtime.enter();
        play();
    });
}

async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    setup: Setup,
) -> Result<WebSocket<S>, Error> {
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
