//! A WebSocket client on reqwest, which keeps what it has: proxies, cookies, its resolver, TLS. It
//! sends its arguments, and prints what comes back. The proxies are those of the environment. (Use
//! them for `wss://`: what is not TLS, reqwest does not tunnel through a proxy, and few proxies let
//! an upgrade pass.)
//!
//! ```sh
//! reqwest() { cargo run --features http,tokio,deflate,reqwest --example reqwest -- "$@"; }
//! reqwest wss://example.com/ one two
//! HTTPS_PROXY=http://proxy.example:8080 reqwest wss://example.com/ one two
//! ```

use reqwest::{Body, Client, ClientBuilder, Request, Upgraded};
use websocket_proto::handshake::ClientRequest;
use websocket_proto::handshake::http::Opening;
use websocket_proto::io::OsEntropy;
use websocket_proto::io::tokio::WebSocket;
use websocket_proto::{CloseCode, Config, Deflate, Event, Role};

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: reqwest URL [TEXT]...")?;
    let client = client().cookie_store(true).build()?;
    let mut socket = connect(&client, &ClientRequest::new(&url)?).await?;
    for text in arguments {
        socket.send_text(&text).await?;
        if let Some((Event::Text(text), _)) = socket.receive().await? {
            println!("{text}");
        }
    }
    socket.close_with(CloseCode::NORMAL, "").await?;
    Ok(())
}

/// An HTTP client that WebSockets can be opened with. HTTP/2 has no status 101.
pub(crate) fn client() -> ClientBuilder {
    // The algorithms of TLS, unless the process has chosen others.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder().http1_only()
}

/// Connects with the client of an application that speaks HTTP to the same servers.
pub(crate) async fn connect(
    client: &Client,
    request: &ClientRequest,
) -> Result<WebSocket<Upgraded>, Error> {
    let (mut config, deflate) = (Config::default(), Deflate::default());
    config.deflate = Some(deflate);
    let opening = Opening::new(request, &deflate.offers(), &OsEntropy)?;
    let request = Request::try_from(opening.request::<Body>())?;
    let response = client.execute(request).await?;
    let agreed = opening.check_parts(response.version(), response.status(), response.headers())?;

    // The upgraded stream first hands out what was read after the response.
    let (stream, role) = (response.upgrade().await?, Role::Client(&OsEntropy));
    Ok(WebSocket::established(stream, role, agreed.deflate, config, &[]))
}
