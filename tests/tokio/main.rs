//! The adapter for tokio, over scripted streams and over loopback TCP.
#![cfg(feature = "tokio")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/bytes.rs"]
mod byte_cases;

#[path = "../task/mod.rs"]
mod task;

/// What differs between the runtimes, for the tests in `task`.
mod runtime {
    use std::future::Future;

    pub(crate) use tokio::io::{AsyncReadExt, AsyncWriteExt};
    pub(crate) use tokio::net::{TcpListener, TcpStream};
    pub(crate) use tokio::time::sleep;
    pub(crate) use websocket_proto::io::tokio as adapter;

    pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(future)
    }

    /// Ends the bytes that are sent.
    pub(crate) async fn shut_down(
        bytes: &mut (impl tokio::io::AsyncWrite + Unpin),
    ) -> std::io::Result<()> {
        bytes.shutdown().await
    }

    pub(crate) async fn spawned<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> T {
        tokio::spawn(future).await.unwrap()
    }
}

/// As the page of the module says. Where this fails, the page has to change.
#[test]
#[should_panic(expected = "timers are disabled")]
fn a_runtime_without_timers_panics_at_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (stream, _peer) = tokio::io::duplex(1);
    let _ = runtime.block_on(runtime::adapter::accept(stream));
}

/// The traits of the runtime for the stream of the tests.
mod scripted_stream {
    use std::io::{self, IoSlice};
    use std::pin::Pin;
    use std::task::{Context, Poll, ready};

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use crate::task::ScriptedStream;

    impl AsyncRead for ScriptedStream {
        fn poll_read(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            space: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let len = ready!(Self::poll_read(&self, cx, space.initialize_unfilled()))?;
            space.advance(len);
            Poll::Ready(Ok(()))
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

        fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Self::poll_shutdown(&self, cx)
        }
    }
}
