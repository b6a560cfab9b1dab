//! A client on the h2 crate: a stream of HTTP/2 as one of tokio.

use bytes::Bytes;
use h2::client::{Builder, Connection, SendRequest};
use h2::ext::Protocol;
use h2::{RecvStream, SendStream};
use hyper::http::{Method, Request, Response};
use std::future::poll_fn;
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex,
    split,
};

/// Begins a connection of HTTP/2, and waits for the server's settings.
pub(crate) async fn handshake<S>(stream: S, http: &Builder) -> SendRequest<Bytes>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    try_handshake(stream, http).await.unwrap()
}

pub(crate) async fn try_handshake<S>(
    stream: S,
    http: &Builder,
) -> Result<SendRequest<Bytes>, h2::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, mut connection): (_, Connection<S>) = http.handshake(stream).await?;
    let mut ping = connection.ping_pong().unwrap();
    tokio::spawn(connection);
    // The server's settings are the first that it sends (RFC 9113 §3.4).
    ping.ping(h2::Ping::opaque()).await?;
    assert!(sender.is_extended_connect_protocol_enabled());
    Ok(sender)
}

/// An Extended CONNECT (RFC 8441 §5.1) that offers compression.
pub(crate) fn request() -> Request<()> {
    Request::builder()
        .method(Method::CONNECT)
        .uri("https://h/chat")
        .extension(Protocol::from_static("websocket"))
        .header("sec-websocket-version", "13")
        .header("sec-websocket-extensions", "permessage-deflate")
        .body(())
        .unwrap()
}

/// Sends a request; returns the response, and what follows it as a stream of bytes.
pub(crate) async fn connect(
    sender: &mut SendRequest<Bytes>,
    request: Request<()>,
) -> (Response<()>, DuplexStream) {
    try_connect(sender, request).await.unwrap()
}

pub(crate) async fn try_connect(
    sender: &mut SendRequest<Bytes>,
    request: Request<()>,
) -> Result<(Response<()>, DuplexStream), h2::Error> {
    let (response, send) = sender.send_request(request, false)?;
    let (head, receive) = response.await?.into_parts();
    let (ours, theirs) = duplex(1 << 16);
    let (reader, writer) = split(theirs);
    tokio::spawn(bring(receive, writer));
    tokio::spawn(take(reader, send));
    Ok((Response::from_parts(head, ()), ours))
}

/// Brings what the server sends, and gives it a new window for that.
async fn bring(mut receive: RecvStream, mut writer: WriteHalf<DuplexStream>) {
    while let Some(Ok(data)) = receive.data().await {
        let _ = receive.flow_control().release_capacity(data.len());
        if writer.write_all(&data).await.is_err() {
            return;
        }
    }
    let _ = writer.shutdown().await;
}

/// Takes what is for the server to it, as its window allows.
async fn take(mut reader: ReadHalf<DuplexStream>, mut send: SendStream<Bytes>) {
    let mut space = vec![0; 1 << 14];
    while let Ok(len @ 1..) = reader.read(&mut space).await {
        let mut data = Bytes::copy_from_slice(&space[..len]);
        while !data.is_empty() {
            send.reserve_capacity(data.len());
            let Some(Ok(room)) = poll_fn(|cx| send.poll_capacity(cx)).await else { return };
            let piece = data.split_to(room.min(data.len()));
            if send.send_data(piece, false).is_err() {
                return;
            }
        }
    }
    let _ = send.send_data(Bytes::new(), true);
}
