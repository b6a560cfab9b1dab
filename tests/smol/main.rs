//! The adapter for smol, over scripted streams and over loopback TCP.
#![cfg(feature = "smol")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/bytes.rs"]
mod byte_cases;

#[path = "../task/mod.rs"]
mod task;

/// What differs between the runtimes, for the tests in `task`.
mod runtime {
    use std::future::Future;
    use std::time::Duration;

    pub(crate) use smol::block_on;
    pub(crate) use smol::io::{AsyncReadExt, AsyncWriteExt};
    pub(crate) use smol::net::{TcpListener, TcpStream};
    pub(crate) use websocket_proto::io::smol as adapter;

    pub(crate) async fn sleep(time: Duration) {
        smol::Timer::after(time).await;
    }

    /// Ends the bytes that are sent.
    pub(crate) async fn shut_down(
        bytes: &mut (impl smol::io::AsyncWrite + Unpin),
    ) -> std::io::Result<()> {
        bytes.close().await
    }

    pub(crate) async fn spawned<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> T {
        smol::spawn(future).await
    }
}

/// The traits of the runtime for the stream of the tests.
mod scripted_stream {
    use std::io::{self, IoSlice};
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use smol::io::{AsyncRead, AsyncWrite};

    use crate::task::ScriptedStream;

    impl AsyncRead for ScriptedStream {
        fn poll_read(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            space: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            Self::poll_read(&self, cx, space)
        }
    }

    impl AsyncWrite for ScriptedStream {
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
