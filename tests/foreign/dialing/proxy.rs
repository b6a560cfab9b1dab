//! A small proxy: HTTP CONNECT and SOCKS5, plain and over TLS.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::handshake::proxy::Proxy;
use websocket_proto::io::tokio::tls_server;

use super::server::CERTIFIED;
use super::{GUARD, run};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Http,
    Https,
    Socks,
}

pub(crate) const KINDS: [Kind; 3] = [Kind::Http, Kind::Https, Kind::Socks];

/// A proxy that leads all of its clients to one server, whatever they ask for.
pub(crate) struct TestProxy {
    kind: Kind,
    pub(crate) address: SocketAddr,
    /// What its clients asked for: `host:port`.
    pub(crate) asked: mpsc::Receiver<String>,
}

impl TestProxy {
    pub(crate) fn start(kind: Kind, server: SocketAddr) -> Self {
        let (ready, address) = mpsc::channel();
        let (note, asked) = mpsc::channel();
        thread::spawn(move || {
            run(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                ready.send(listener.local_addr().unwrap()).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    tokio::spawn(serve(kind, stream, server, note.clone()));
                }
            });
        });
        Self { kind, address: address.recv().unwrap(), asked }
    }

    /// The proxy as its clients name it.
    pub(crate) fn proxy(&self) -> Proxy {
        let scheme = match self.kind {
            Kind::Http => "http",
            Kind::Https => "https",
            Kind::Socks => "socks5h",
        };
        Proxy::new(&format!("{scheme}://user:secret@{}", self.address)).unwrap()
    }
}

async fn serve(kind: Kind, stream: TcpStream, server: SocketAddr, note: mpsc::Sender<String>) {
    // A client may go at any time.
    let _ = match kind {
        Kind::Http => http(stream, server, note).await,
        Kind::Https => match tls_server(stream, &CERTIFIED.server, GUARD).await {
            Ok(stream) => http(stream, server, note).await,
            Err(error) => Err(error),
        },
        Kind::Socks => socks(stream, server, note).await,
    };
}

async fn http(
    mut client: impl AsyncRead + AsyncWrite + Unpin,
    server: SocketAddr,
    note: mpsc::Sender<String>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.contains("Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"), "{head}");
    note.send(head.split(' ').nth(1).unwrap().to_owned()).unwrap();
    let mut server = TcpStream::connect(server).await?;
    // In two parts, so that an answer has to be put together.
    for part in ["HTTP/1.1 200 Conn", "ected\r\n\r\n"] {
        client.write_all(part.as_bytes()).await?;
        client.flush().await?;
    }
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

async fn socks(
    mut client: TcpStream,
    server: SocketAddr,
    note: mpsc::Sender<String>,
) -> std::io::Result<()> {
    let [_, methods] = [client.read_u8().await?, client.read_u8().await?];
    client.read_exact(&mut vec![0; methods.into()]).await?;
    client.write_all(&[5, 2]).await?;
    let mut login = [0; 13];
    client.read_exact(&mut login).await?;
    assert_eq!(&login, b"\x01\x04user\x06secret");
    client.write_all(&[1, 0]).await?;
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    assert_eq!(request, [5, 1, 0, 3]);
    let mut host = vec![0; client.read_u8().await?.into()];
    client.read_exact(&mut host).await?;
    let port = client.read_u16().await?;
    note.send(format!("{}:{port}", String::from_utf8(host).unwrap())).unwrap();
    let mut server = TcpStream::connect(server).await?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}
