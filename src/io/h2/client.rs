//! A client with one connection.

use std::fmt;
use std::sync::Arc;

use ::h2::client::Builder;
use ::tokio::io::{AsyncRead, AsyncWrite};

use super::super::{Error, tokio};
use super::driver::{Driver, Shared};
use super::errors::of_error;
use super::opening::open;
use super::requests::Requests;
use super::{Stream, WebSocket};
use crate::Config;
use crate::handshake::ClientRequest;

/// How much each stream may hold that was received and not read, in bytes.
const STREAM_WINDOW: u32 = 256 << 10;

/// As large as windows can be: the windows of the streams bound what is held, and a socket that nobody
/// reads must not hold up the others.
const CONNECTION_WINDOW: u32 = (1 << 31) - 1;

/// How much framing of unread short frames is borne, in bytes: of each DATA frame, what it lacks to
/// 256.
const FRAME_BUDGET: usize = 64 << 20;

/// How much each stream may hold that was sent and not written, in bytes. This is what TLS holds, too.
const SEND_BUFFER: usize = 64 << 10;

/// The longest list of headers in a response, in bytes.
const HEADER_LIST: u32 = 64 << 10;

/// A client that opens any number of WebSockets over one connection of HTTP/2 (RFC 8441).
///
/// Clones share the connection, which ends when all of them and all WebSockets are dropped.
///
/// ```
/// use tokio::net::TcpStream;
/// use websocket_proto::handshake::ClientRequest;
/// use websocket_proto::io::{Error, h2::Client};
/// use websocket_proto::{CloseCode, Config, Event};
///
/// async fn ask(stream: TcpStream) -> Result<(), Error> {
///     let (client, driver) = Client::handshake(stream).await?;
///     tokio::spawn(driver);
///     let mut news = client.connect(&ClientRequest::new("ws://h/news")?, Config::default()).await?;
///     let mut chat = client.connect(&ClientRequest::new("ws://h/chat")?, Config::default()).await?;
///     chat.send_text("hello").await?;
///     while let Some((event, _)) = news.receive().await? {
///         if let Event::Text(text) = event {
///             println!("{text}");
///         }
///     }
///     chat.close_with(CloseCode::NORMAL, "").await?;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Client {
    requests: Requests,
}

impl Client {
    /// Begins HTTP/2 on a stream to a server that is known to speak it: one of TLS that has agreed on
    /// `h2` by ALPN, or one of TCP without TLS by prior knowledge (RFC 9113 §3.3). Spawn the
    /// [`Driver`].
    ///
    /// [`dial`](super::dial) connects by itself, and goes back to HTTP/1.1 if need be.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the stream fails.
    pub async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        stream: S,
    ) -> Result<(Self, Driver<S>), Error> {
        let mut builder = Builder::new();
        builder
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .data_frame_budget(FRAME_BUDGET)
            .max_send_buffer_size(SEND_BUFFER)
            .max_header_list_size(HEADER_LIST)
            .enable_push(false);
        let (requests, connection) = builder.handshake(stream).await.map_err(of_error)?;
        let shared = Arc::new(Shared::default());
        let requests = Requests::new(requests, shared.clone());
        Ok((Self { requests }, Driver::new(connection, shared)))
    }

    /// Opens a WebSocket in a stream of the connection: waits until the server has said that it takes
    /// them, and until it allows for another stream, sends the request and checks the response. All
    /// of this takes at most [`Config::handshake_timeout`].
    ///
    /// The scheme, the host and the port of the request are told to the server and not looked up.
    /// [`response`](crate::io::task::WebSocket::response) is that of the server, with a status from
    /// 200 to 299.
    ///
    /// If the future is dropped, the stream is reset.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the server does not open the WebSocket, and [`Error::BadResponse`] if it
    /// breaks a rule when it does. [`Error::Io`] with
    /// [`Unsupported`](std::io::ErrorKind::Unsupported) if it takes no WebSockets over HTTP/2, or wants
    /// this request in HTTP/1.1; with other kinds as [`Stream`] has them, if the connection or the
    /// stream ends, or if the response has a `content-length`. [`Error::Ended`] if it all takes too
    /// long. [`Error::Request`] if the request has a header that HTTP/2 forbids.
    #[doc = include_str!("../tokio/panics.md")]
    pub async fn connect(
        &self,
        request: &ClientRequest,
        config: impl Into<Arc<Config>>,
    ) -> Result<WebSocket, Error> {
        self.open(request, config.into(), |stream| stream).await
    }

    /// Opens a WebSocket as [`connect`](Self::connect) does, over what `into` makes of the stream.
    pub(super) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        request: &ClientRequest,
        config: Arc<Config>,
        into: impl FnOnce(Stream) -> S,
    ) -> Result<tokio::WebSocket<S>, Error> {
        // Boxed, so that a task is not as large as its handshake for all of its life.
        Box::pin(open(&self.requests, request, config, into)).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
