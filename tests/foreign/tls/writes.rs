//! How messages leave over TLS.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use websocket_proto::io::OsEntropy;
use websocket_proto::io::tokio::{WebSocket, tls_client, tls_server};
use websocket_proto::{Event, Message, Role};

use super::{GUARD, config, good, run};

/// A stream that counts the writes.
struct Counting {
    stream: DuplexStream,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Counting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, space)
    }
}

impl AsyncWrite for Counting {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// rustls holds 64 KiB unless it is told otherwise, and the last bytes of the frame would leave in a
/// record and a write of their own.
#[test]
fn a_message_of_64_kib_leaves_in_one_write() {
    let issued = good();
    let (server_tls, client_tls) = (issued.server(), issued.client());
    let writes = Arc::new(AtomicUsize::new(0));
    let (stream, peer) = duplex(1 << 20);
    let stream = Counting { stream, writes: Arc::clone(&writes) };
    let data = vec![7; 64 << 10];
    run(async {
        let (server, client) = tokio::join!(
            tls_server(stream, &server_tls, GUARD),
            tls_client(peer, &client_tls, "127.0.0.1", GUARD),
        );
        let mut server = WebSocket::established(server.unwrap(), Role::Server, None, config(), &[]);
        let role = Role::Client(&OsEntropy);
        let mut client = WebSocket::established(client.unwrap(), role, None, config(), &[]);
        for shared in [false, true] {
            writes.store(0, Ordering::Relaxed);
            if shared {
                server.send_message(&Message::binary(data.clone())).await.unwrap();
            } else {
                server.send_binary(&data).await.unwrap();
            }
            assert_eq!(writes.load(Ordering::Relaxed), 1, "shared: {shared}");
            let received = client.receive().await.unwrap();
            assert!(matches!(received, Some((Event::Binary(bytes), _)) if bytes == data));
        }
    });
}
