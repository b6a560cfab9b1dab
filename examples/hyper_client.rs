//! A WebSocket client on hyper: hyper writes the request and reads the response, the upgraded
//! stream is ours. It sends its arguments, and prints what comes back.
//!
//! ```sh
//! cargo run --features http,tokio --example hyper_client -- ws://127.0.0.1:9001/ one two
//! ```

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::handshake::http::Opening;
use websocket_proto::io::OsEntropy;
use websocket_proto::io::tokio::WebSocket;
use websocket_proto::{CloseCode, Config, Event, Role};

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: hyper_client URL [TEXT]...")?;
    let mut socket = connect(&ClientRequest::new(&url)?).await?;
    for text in arguments {
        socket.send_text(&text).await?;
        if let Some((Event::Text(text), _)) = socket.receive().await? {
            println!("{text}");
        }
    }
    socket.close_with(CloseCode::NORMAL, "").await?;
    Ok(())
}

/// Connects to a `ws://` URL.
pub(crate) async fn connect(request: &ClientRequest) -> Result<WebSocket<TcpStream>, Error> {
    let uri = request.uri();
    let stream = TcpStream::connect((uri.host(), uri.port())).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection.with_upgrades());

    let opening = Opening::new(request, &[], &OsEntropy)?;
    let request = opening.request_in_origin_form::<Empty<Bytes>>();
    let mut response = sender.send_request(request).await?;
    let agreed = opening.check(&response)?;

    // The stream itself, and the frames that hyper has read after the response.
    let upgraded = hyper::upgrade::on(&mut response).await?;
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().map_err(|_| "not over TCP")?;
    let (stream, role) = (parts.io.into_inner(), Role::Client(&OsEntropy));
    let config = Config::default();
    Ok(WebSocket::established(stream, role, agreed.deflate, config, &parts.read_buf))
}
