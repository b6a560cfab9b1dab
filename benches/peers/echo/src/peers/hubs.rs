//! Servers that send each message to all connections. The peers keep the sending halves in a list, and send
//! to one after the other, which is the least that they can do: applications mostly have a task and a
//! channel for each connection, too.

use std::convert::Infallible;
use std::error::Error;
use std::future::ready;
use std::io;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::SplitSink;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use websocket_proto::io::tokio::{Sender, accept};
use websocket_proto::{Event, Prepared};

use super::result::EchoResult;
use super::{sockudo, tokio_tungstenite, tokio_websockets, upgrade, yawc};

/// What the connections of a server share: what sends to each of them.
struct Hub<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Hub<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Hub<T> {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn with<R>(&self, work: impl FnOnce(&mut Vec<T>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A function that serves a connection in a task of its own, as the server of this name does.
pub(crate) fn spawner(name: &str) -> Box<dyn Fn(TcpStream)> {
    match name {
        "raw TCP" => {
            let hub = Hub::new();
            Box::new(move |stream| drop(tokio::spawn(serve_raw(stream, hub.clone()))))
        }
        "websocket-proto" => {
            let hub = Hub::new();
            Box::new(move |stream| drop(tokio::spawn(serve_ours(stream, hub.clone()))))
        }
        "tokio-tungstenite" => of_peer(tokio_tungstenite::open, tokio_tungstenite::data_len),
        "tokio-websockets" => {
            of_peer(|stream| ready(tokio_websockets::open(stream)), tokio_websockets::data_len)
        }
        "yawc" => {
            let open = |stream| yawc::open(stream).expect("a connection").map(Ok::<_, Infallible>);
            of_peer(move |stream| ready(open(stream)), yawc::data_len)
        }
        "sockudo-ws" => of_peer(|stream| ready(sockudo::open(stream)), sockudo::data_len),
        other => panic!("no broadcaster is called {other}"),
    }
}

/// Writes the bytes as they came.
async fn serve_raw(stream: TcpStream, hub: Hub<OwnedWriteHalf>) -> EchoResult {
    let (mut reader, writer) = stream.into_split();
    hub.with(|writers| writers.push(writer));
    // Room for a whole message: it is read at once then, and sent on once.
    let mut bytes = Vec::with_capacity(16 << 10);
    loop {
        bytes.clear();
        if reader.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
        hub.with(|writers| -> io::Result<()> {
            for writer in writers {
                if writer.try_write(&bytes)? < bytes.len() {
                    return Err(io::ErrorKind::WriteZero.into());
                }
            }
            Ok(())
        })?;
    }
}

/// The loop of the documentation: the message is encoded once.
async fn serve_ours(stream: TcpStream, hub: Hub<Sender<TcpStream>>) -> EchoResult {
    let (sender, mut receiver) = accept(stream).await?.split();
    hub.with(|senders| senders.push(sender));
    while let Some(event) = receiver.receive().await? {
        if let Event::Binary(data) = event {
            let message = Prepared::binary(data);
            hub.with(|senders| {
                senders.iter().try_for_each(|sender| sender.try_send_prepared(&message))
            })?;
        }
    }
    Ok(())
}

/// Serves connections of a peer, which `open` makes of streams whose handshake is over.
fn of_peer<S, M, E, F>(
    open: impl Fn(TcpStream) -> F + Clone + Send + Sync + 'static,
    data_len: fn(&M) -> Option<usize>,
) -> Box<dyn Fn(TcpStream)>
where
    S: Stream<Item = Result<M, E>> + Sink<M> + Unpin + Send + 'static,
    <S as Sink<M>>::Error: Error + Send + Sync + 'static,
    M: Clone + Send + 'static,
    E: Error + Send + Sync + 'static,
    F: Future<Output = S> + Send + 'static,
{
    let hub = Hub::new();
    Box::new(move |mut stream| {
        let (open, hub) = (open.clone(), hub.clone());
        tokio::spawn(async move {
            upgrade::accept(&mut stream).await?;
            let socket = open(stream).await;
            serve_split(socket, hub, data_len).await
        });
    })
}

/// Sends to one after the other, and waits for each.
async fn serve_split<S, M, E>(
    socket: S,
    hub: Hub<SplitSink<S, M>>,
    data_len: fn(&M) -> Option<usize>,
) -> EchoResult
where
    S: Stream<Item = Result<M, E>> + Sink<M> + Unpin,
    <S as Sink<M>>::Error: Error + Send + Sync + 'static,
    M: Clone,
    E: Error + Send + Sync + 'static,
{
    let (sink, mut stream) = socket.split();
    hub.with(|sinks| sinks.push(sink));
    while let Some(message) = stream.next().await.transpose()? {
        if data_len(&message).is_some() {
            let mut sinks = hub.with(mem::take);
            for sink in &mut sinks {
                sink.send(message.clone()).await?;
            }
            // Others may have joined meanwhile.
            hub.with(|joined| joined.append(&mut sinks));
        }
    }
    Ok(())
}
