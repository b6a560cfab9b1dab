//! Clients of both versions of HTTP.

use axum::body::Bytes;
use futures_util::StreamExt;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::ext::Protocol;
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::within;

pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

pub(crate) type Client = WebSocketStream<Box<dyn Stream>>;
pub(crate) type Headers<'h> = &'h [(&'static str, &'h str)];

pub(crate) const BOTH: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

/// Opens a WebSocket at the path. If it is refused, there is only the response, with its text.
pub(crate) async fn open(
    version: Version,
    address: &str,
    path: &str,
    headers: Headers<'_>,
) -> (Response<String>, Option<Client>) {
    match version {
        Version::HTTP_2 => within(Http2::connect(address).await.open(path, headers)).await,
        _ => within(open_http1(address, path, headers)).await,
    }
}

/// Opens a WebSocket at `/`, without more headers.
pub(crate) async fn join(version: Version, address: &str) -> Client {
    let (response, client) = open(version, address, "/", &[]).await;
    client.unwrap_or_else(|| panic!("{response:?}"))
}

pub(crate) async fn hear(client: &mut Client) -> Option<Message> {
    within(client.next()).await.transpose().unwrap()
}

/// The code and the reason of the Close frame that comes next.
pub(crate) async fn hear_close(client: &mut Client) -> (u16, String) {
    let Some(Message::Close(Some(close))) = hear(client).await else { panic!("no Close frame") };
    (close.code.into(), close.reason.to_string())
}

async fn open_http1(
    address: &str,
    path: &str,
    headers: Headers<'_>,
) -> (Response<String>, Option<Client>) {
    let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    let stream: Box<dyn Stream> = Box::new(TcpStream::connect(address).await.unwrap());
    match client_async(request, stream).await {
        Ok((client, response)) => (response.map(|_| String::new()), Some(client)),
        Err(Error::Http(response)) => (response.map(text), None),
        Err(error) => panic!("{error}"),
    }
}

fn text(body: Option<Vec<u8>>) -> String {
    String::from_utf8(body.unwrap_or_default()).unwrap()
}

/// Writes a request to a new connection, and returns what comes back until the connection ends.
pub(crate) async fn answer_to(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// A connection of HTTP/2 that knows that the server takes WebSockets.
pub(crate) struct Http2 {
    sender: SendRequest<Empty<Bytes>>,
    address: String,
}

impl Http2 {
    pub(crate) async fn connect(address: &str) -> Self {
        let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let (sender, driver) = handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(driver);
        let mut connection = Self { sender, address: address.to_owned() };
        // The server's settings arrive before any response.
        within(connection.send(connection.request(Method::GET, "/"))).await;
        connection
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> Request<Empty<Bytes>> {
        let uri = format!("http://{}{path}", self.address);
        Request::builder().method(method).uri(uri).body(Empty::new()).unwrap()
    }

    /// An Extended CONNECT (RFC 8441 §5).
    pub(crate) fn connect_request(&self, path: &str, protocol: &str) -> Request<Empty<Bytes>> {
        let mut request = self.request(Method::CONNECT, path);
        request.extensions_mut().insert(Protocol::from(protocol));
        request
    }

    /// The response, with its text if it does not accept.
    pub(crate) async fn send(&mut self, request: Request<Empty<Bytes>>) -> Response<String> {
        let response = self.sender.send_request(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
    }

    pub(crate) async fn open_stream(
        &mut self,
        path: &str,
        headers: Headers<'_>,
    ) -> Result<(Response<()>, TokioIo<Upgraded>), Response<String>> {
        let mut request = self.connect_request(path, "websocket");
        request.headers_mut().insert("sec-websocket-version", "13".parse().unwrap());
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        let mut response = self.sender.send_request(request).await.unwrap();
        if response.status() != 200 {
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            return Err(Response::from_parts(parts, String::from_utf8(body.into()).unwrap()));
        }
        let upgraded = hyper::upgrade::on(&mut response).await.unwrap();
        Ok((response.map(|_| ()), TokioIo::new(upgraded)))
    }

    async fn open(
        mut self,
        path: &str,
        headers: Headers<'_>,
    ) -> (Response<String>, Option<Client>) {
        match self.open_stream(path, headers).await {
            Err(response) => (response, None),
            Ok((response, stream)) => {
                let stream: Box<dyn Stream> = Box::new(stream);
                let client = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
                (response.map(|()| String::new()), Some(client))
            }
        }
    }
}
