//! The servers on tokio, of one thread each.

use std::io;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::{Event, io::tokio as adapter};

use super::server::{BUFFER, Kind, announce};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn serve(kind: Kind) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    announce(listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        match kind {
            Kind::Raw => tokio::spawn(echo_raw(stream)),
            Kind::WebSocket => tokio::spawn(echo(stream)),
        };
    }
}

/// Echoes bytes. A connection has no memory of its own while there is nothing to read.
async fn echo_raw(mut stream: TcpStream) {
    while stream.readable().await.is_ok() {
        let rest = BUFFER.with_borrow_mut(|buffer| {
            let len = stream.try_read(buffer)?;
            let written = stream.try_write(&buffer[..len]).unwrap_or(0);
            Ok::<_, io::Error>((len > 0).then(|| buffer[written..len].to_vec()))
        });
        match rest {
            Ok(Some(rest)) if stream.write_all(&rest).await.is_ok() => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => return,
        }
    }
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
