//! The adapter for tokio, over scripted streams and over loopback TCP.
#![cfg(feature = "tokio")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/bytes.rs"]
mod byte_cases;

#[path = "../task/mod.rs"]
mod task;

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use websocket_proto::handshake::{Acceptance, ClientRequest, Request};
use websocket_proto::{Config, Message, Role};

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

/// What tokio says when a future is awaited in a runtime without timers.
fn panic_without_timers<T>(future: impl Future<Output = T>) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let awaited = catch_unwind(AssertUnwindSafe(|| drop(runtime.block_on(future))));
    let panic = awaited.expect_err("it panics");
    panic
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).to_owned())
}

/// As the pages of these functions say. Where this fails, the pages have to change.
#[test]
fn a_runtime_without_timers_panics_at_once() {
    use runtime::adapter::{accept, accept_with, client, connect, connect_with};

    let request = ClientRequest::new("ws://127.0.0.1:9/").unwrap();
    let stream = || tokio::io::duplex(1).0;
    let decide = async |_: &Request<'_>| Ok(Acceptance::new());
    let panics = [
        panic_without_timers(accept(stream())),
        panic_without_timers(accept_with(stream(), Config::default(), decide)),
        panic_without_timers(client(stream(), &request, Config::default())),
        panic_without_timers(connect("ws://127.0.0.1:9/")),
        panic_without_timers(connect_with(&request, Config::default())),
    ];
    for panic in panics {
        assert!(panic.contains("timers are disabled"), "{panic}");
    }
}

/// A socket that is made without a handshake needs a timer when it first waits.
#[test]
fn a_socket_that_waits_panics_without_timers() {
    let (stream, _peer) = tokio::io::duplex(1);
    let mut socket = runtime::adapter::WebSocket::established(
        stream,
        Role::Server,
        None,
        Config::default(),
        &[],
    );
    let panic = panic_without_timers(async { socket.receive().await.map(drop) });
    assert!(panic.contains("timers are disabled"), "{panic}");
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

/// A stream that writes one piece at a time, as most wrappers of streams do, and notes the lengths.
struct OnePiece {
    stream: tokio::io::DuplexStream,
    written: Vec<usize>,
}

impl tokio::io::AsyncRead for OnePiece {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, space)
    }
}

impl tokio::io::AsyncWrite for OnePiece {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written.push(bytes.len());
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A long message is not copied where its header can leave with it. Here it cannot.
#[test]
fn a_header_never_leaves_by_itself() {
    runtime::block_on(async {
        let (stream, _peer) = tokio::io::duplex(1 << 20);
        let stream = OnePiece { stream, written: Vec::new() };
        let mut socket = runtime::adapter::WebSocket::established(
            stream,
            Role::Server,
            None,
            Config::default(),
            &[],
        );
        socket.send_message(&Message::binary(vec![1; 64 << 10])).await.unwrap();
        socket.send_message(&Message::text("a".repeat(16 << 10))).await.unwrap();
        assert_eq!(socket.stream().written, [10 + (64 << 10), 4 + (16 << 10)]);
    });
}
