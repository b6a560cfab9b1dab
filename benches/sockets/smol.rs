//! The servers on smol, of one thread each.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use smol::io::{AsyncRead, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};
use smol::{LocalExecutor, future};
use websocket_proto::{Event, io::smol as adapter};

use super::server::{BUFFER, Kind, announce};

pub(crate) fn serve(kind: Kind) -> io::Result<()> {
    let executor = LocalExecutor::new();
    future::block_on(executor.run(accept(kind, &executor)))
}

async fn accept(kind: Kind, executor: &LocalExecutor<'_>) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    announce(listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        match kind {
            Kind::Raw => executor.spawn(echo_raw(stream)).detach(),
            Kind::WebSocket => executor.spawn(echo(stream)).detach(),
        }
    }
}

/// Echoes bytes. A connection has no memory of its own while there is nothing to read.
async fn echo_raw(mut stream: TcpStream) {
    while let Ok(received) = poll_fn(|cx| poll_receive(&mut stream, cx)).await {
        if received.is_empty() || stream.write_all(&received).await.is_err() {
            return;
        }
    }
}

fn poll_receive(stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
    BUFFER.with_borrow_mut(|buffer| {
        let len = ready!(Pin::new(stream).poll_read(cx, buffer))?;
        Poll::Ready(Ok(buffer[..len].to_vec()))
    })
}

/// Echoes messages, and answers each read with one write.
async fn echo(stream: TcpStream) {
    let Ok(mut socket) = adapter::accept(stream).await else { return };
    while let Ok(Some((event, reply))) = socket.receive().await {
        let sent = match event {
            Event::Text(text) => reply.feed_text(text).await,
            Event::Binary(data) => reply.feed_binary(data).await,
            _ => Ok(()),
        };
        if sent.is_err() {
            return;
        }
    }
}
