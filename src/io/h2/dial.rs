//! Connecting as a client, with HTTP/2 where the server has it for WebSockets.

use std::io::ErrorKind;
use std::sync::Arc;

use ::tokio::net::TcpStream;
use ::tokio::spawn;

use super::super::redirects::Redirects;
use super::super::task::{self, stream_to_server};
use super::super::tokio::{self, Tokio, Wire};
use super::super::{Dial, Error, MaybeTls};
use super::{AnyStream, Client};
use crate::Config;
use crate::handshake::ClientRequest;

/// A WebSocket, and what is left to use of the connection that carries it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Dialed {
    /// The WebSocket.
    pub socket: tokio::WebSocket<AnyStream>,
    /// Opens more WebSockets over the same connection to the same server. `None` if the WebSocket is in
    /// HTTP/1.1, where each has a connection of its own: dial again.
    pub client: Option<Client>,
}

/// Connects as [`io::tokio::dial`](crate::io::tokio::dial) does, and opens the WebSocket over HTTP/2
/// if the server takes it there.
///
/// For a `wss://` URL, TLS offers `h2` and `http/1.1` (ALPN), and the server chooses. If it chooses
/// `h2`, and then has no WebSockets there or wants HTTP/1.1 for this one, a second connection is made
/// that offers `http/1.1` alone. A response that refuses the WebSocket is an answer like any other, and
/// not asked for again. A `ws://` URL is for HTTP/1.1; for HTTP/2 without TLS, use
/// [`Client::handshake`].
///
/// The [driver](super::Driver) of a connection of HTTP/2 is spawned on the runtime. Each connection
/// gets the time limits of the configuration anew. If the future is dropped, its connections end.
///
/// # Errors
///
/// As for [`io::tokio::connect_with`](crate::io::tokio::connect_with) and [`Client::connect`].
#[doc = include_str!("../tokio/panics.md")]
///
/// # Example
///
/// ```no_run
/// use websocket_proto::handshake::ClientRequest;
/// use websocket_proto::io::{Dial, Error, h2::dial};
/// use websocket_proto::{Config, Event};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     let request = ClientRequest::new("wss://example.com/chat")?;
///     let mut dialed = dial(&request, Config::default(), &Dial::new()).await?;
///     dialed.socket.send_text("hello").await?;
///     while let Some((event, _)) = dialed.socket.receive().await? {
///         if let Event::Text(text) = event {
///             println!("{text}");
///         }
///     }
///     Ok(())
/// }
/// ```
pub async fn dial(
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
    options: &Dial,
) -> Result<Dialed, Error> {
    // Boxed, so that a task is not as large as its handshakes for all of its life.
    Box::pin(follow(request, config.into(), options)).await
}

/// Connects and does the handshake, again with each redirect that is followed.
async fn follow(
    request: &ClientRequest,
    config: Arc<Config>,
    options: &Dial,
) -> Result<Dialed, Error> {
    let offering = options.clone().offering_http2();
    let mut redirects = Redirects::new(request, &offering);
    loop {
        let result = open(&mut redirects, options, &config).await;
        if let Some(result) = redirects.after(result) {
            return result;
        }
    }
}

async fn open<'a>(
    redirects: &mut Redirects<'a>,
    options: &'a Dial,
    config: &Arc<Config>,
) -> Result<Dialed, Error> {
    let limit = config.handshake_timeout;
    let stream = stream_to_server::<Tokio>(redirects.dialing()?, limit).await?;
    if !stream.has_chosen_http2() {
        return over_http1(stream, redirects.request(), config).await;
    }
    match over_http2(stream, redirects.request(), config).await {
        Err(Error::Io(error)) if error.kind() == ErrorKind::Unsupported => {
            let stream = stream_to_server::<Tokio>(redirects.dialing_with(options)?, limit).await?;
            over_http1(stream, redirects.request(), config).await
        }
        result => result,
    }
}

async fn over_http1(
    stream: MaybeTls<TcpStream>,
    request: &ClientRequest,
    config: &Arc<Config>,
) -> Result<Dialed, Error> {
    let wire = Wire::with_timer(AnyStream::Http1(stream));
    Ok(Dialed { socket: task::client(wire, request, config.clone()).await?, client: None })
}

async fn over_http2(
    stream: MaybeTls<TcpStream>,
    request: &ClientRequest,
    config: &Arc<Config>,
) -> Result<Dialed, Error> {
    let (client, driver) = Client::handshake(stream).await?;
    drop(spawn(driver));
    let socket = client.open(request, config.clone(), AnyStream::Http2).await?;
    Ok(Dialed { socket, client: Some(client) })
}
