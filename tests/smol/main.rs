//! The adapter for smol, over scripted streams and over loopback TCP.
#![cfg(feature = "smol")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../task/mod.rs"]
mod task;

/// What the tests of `task` need of a runtime.
mod runtime {
    use std::future::Future;
    use std::io::{self, IoSlice};
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::time::Duration;

    pub(crate) use smol::block_on;
    pub(crate) use smol::net::{TcpListener, TcpStream};
    pub(crate) use websocket_proto::io::smol as adapter;

    use smol::io::{AsyncRead, AsyncWrite};

    use crate::task::Script;

    pub(crate) async fn sleep(time: Duration) {
        smol::Timer::after(time).await;
    }

    pub(crate) async fn spawned<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> T {
        smol::spawn(future).await
    }

    impl AsyncRead for Script {
        fn poll_read(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            space: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            Self::poll_read(&self, cx, space)
        }
    }

    impl AsyncWrite for Script {
        fn poll_write(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Self::poll_write(&self, cx, &[IoSlice::new(bytes)])
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            pieces: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            Self::poll_write(&self, cx, pieces)
        }

        fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Self::poll_flush(&self, cx)
        }

        fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Self::poll_shutdown(&self, cx)
        }
    }
}
