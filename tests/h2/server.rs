//! Servers made of the crate h2, which tests drive step by step.

use std::sync::Arc;

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::{Method, Request, Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use websocket_proto::handshake::{DeflatePolicy, ExtendedConnect};
use websocket_proto::io::h2::{Client, Stream, WebSocket};
use websocket_proto::{Config, Role};

/// A request that waits for an answer.
pub(crate) struct Asked {
    pub(crate) request: Request<RecvStream>,
    pub(crate) respond: SendResponse<Bytes>,
}

impl Asked {
    /// Opens the stream, with these headers.
    pub(crate) fn accept(self, headers: &[(&str, &str)]) -> Accepted {
        self.try_accept(headers).expect("the request was given up")
    }

    fn try_accept(mut self, headers: &[(&str, &str)]) -> Option<Accepted> {
        let send = self.respond.send_response(response(200, headers), false).ok()?;
        Some(Accepted { send, receive: self.request.into_body(), _respond: self.respond })
    }

    /// Answers with all of a response.
    pub(crate) fn refuse(mut self, status: u16, headers: &[(&str, &str)], body: &str) {
        let mut send = self.respond.send_response(response(status, headers), false).unwrap();
        send.send_data(body.to_owned().into(), true).unwrap();
    }

    pub(crate) fn reset(mut self, reason: Reason) {
        self.respond.send_reset(reason);
    }

    /// Checks the request as our server does, and opens a WebSocket of ours.
    pub(crate) fn open(self, config: impl Into<Arc<Config>>) -> WebSocket {
        self.try_open(config).expect("the request was given up")
    }

    /// The same; `None` if the client has given the request up.
    pub(crate) fn try_open(self, config: impl Into<Arc<Config>>) -> Option<WebSocket> {
        let checked = self.check();
        let config = config.into();
        let checked = match config.deflate {
            Some(_) => checked.negotiate(&DeflatePolicy::default()),
            None => checked,
        };
        let chosen = checked.request().subprotocols().next().map(str::to_owned);
        let mut headers = Vec::new();
        headers.extend(chosen.as_deref().map(|name| ("sec-websocket-protocol", name)));
        if checked.deflate().is_some() {
            headers.push(("sec-websocket-extensions", "permessage-deflate"));
        }
        let Accepted { send, receive, .. } = self.try_accept(&headers)?;
        let stream = Stream::new(send, receive);
        Some(WebSocket::established(stream, Role::Server, checked.deflate(), config, &[]))
    }

    fn check(&self) -> ExtendedConnect {
        let (request, uri) = (&self.request, self.request.uri());
        let protocol = request.extensions().get::<h2::ext::Protocol>().unwrap();
        let pseudo = [
            (":method", request.method().as_str()),
            (":protocol", protocol.as_str()),
            (":scheme", uri.scheme_str().unwrap()),
            (":authority", uri.authority().unwrap().as_str()),
            (":path", uri.path_and_query().unwrap().as_str()),
        ];
        let pseudo = pseudo.into_iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
        ExtendedConnect::from_headers(pseudo.chain(headers)).unwrap()
    }
}

/// The server's halves of an open stream.
pub(crate) struct Accepted {
    pub(crate) send: SendStream<Bytes>,
    pub(crate) receive: RecvStream,
    /// Keeps the stream from being reset when a half is dropped.
    _respond: SendResponse<Bytes>,
}

impl Accepted {
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.send.send_data(Bytes::copy_from_slice(bytes), false).unwrap();
    }

    /// Waits for room and sends as many bytes; whether the stream still took them.
    pub(crate) async fn try_send(&mut self, len: usize) -> bool {
        self.send.reserve_capacity(len);
        while self.send.capacity() < len {
            match std::future::poll_fn(|cx| self.send.poll_capacity(cx)).await {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return false,
            }
        }
        self.send.send_data(vec![0; len].into(), false).is_ok()
    }

    pub(crate) fn end(&mut self) {
        self.send.send_data(Bytes::new(), true).unwrap();
    }

    /// The next DATA frame that is not empty; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, h2::Error>> {
        loop {
            match self.receive.data().await? {
                Ok(data) if data.is_empty() => {}
                Ok(data) => {
                    self.receive.flow_control().release_capacity(data.len()).unwrap();
                    return Some(Ok(data));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Reads to the end of the stream; the error of a reset.
    pub(crate) async fn read_to_end(&mut self) -> Result<Vec<u8>, h2::Error> {
        let mut bytes = Vec::new();
        while let Some(data) = self.next().await {
            bytes.extend_from_slice(&data?);
        }
        Ok(bytes)
    }

    /// Reads until this many bytes have come.
    pub(crate) async fn read(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < len {
            bytes.extend_from_slice(&self.next().await.unwrap().unwrap());
        }
        bytes
    }

    /// Waits for the client's reset, and returns its reason.
    pub(crate) async fn reset(&mut self) -> Reason {
        std::future::poll_fn(|cx| self.send.poll_reset(cx)).await.unwrap()
    }
}

fn response(status: u16, headers: &[(&str, &str)]) -> Response<()> {
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(()).unwrap()
}

/// A connection of a server, in a task.
pub(crate) struct Server {
    asked: mpsc::UnboundedReceiver<Asked>,
    orders: Option<oneshot::Sender<Order>>,
    task: JoinHandle<Result<(), h2::Error>>,
}

/// What a server does with its connection.
pub(crate) enum Order {
    /// A GOAWAY that lets the streams go on.
    ShutDown,
    /// A GOAWAY that ends all streams.
    GoAway(Reason),
    /// Nothing any more: it is deaf.
    Stall,
}

impl Server {
    pub(crate) fn over<S>(stream: S, builder: Builder) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, asked) = mpsc::unbounded_channel();
        let (orders, ordered) = oneshot::channel();
        let task = tokio::spawn(run(stream, builder, sender, ordered));
        Self { asked, orders: Some(orders), task }
    }

    pub(crate) async fn next(&mut self) -> Asked {
        self.asked.recv().await.expect("a request")
    }

    /// The next request; `None` at the end of the connection.
    pub(crate) async fn try_next(&mut self) -> Option<Asked> {
        self.asked.recv().await
    }

    pub(crate) fn order(&mut self, order: Order) {
        let _ = self.orders.take().expect("one order").send(order);
    }

    /// Drops the connection with its stream.
    pub(crate) fn cut(&self) {
        self.task.abort();
    }

    /// Waits for the end of the connection.
    pub(crate) async fn ended(self) -> Result<(), h2::Error> {
        self.task.await.unwrap()
    }
}

async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    builder: Builder,
    asked: mpsc::UnboundedSender<Asked>,
    mut ordered: oneshot::Receiver<Order>,
) -> Result<(), h2::Error> {
    let mut connection = builder.handshake(stream).await?;
    loop {
        tokio::select! {
            order = &mut ordered, if !ordered.is_terminated() => match order {
                Ok(Order::ShutDown) => connection.graceful_shutdown(),
                Ok(Order::GoAway(reason)) => connection.abrupt_shutdown(reason),
                Ok(Order::Stall) => std::future::pending().await,
                Err(_) => {}
            },
            accepted = connection.accept() => match accepted {
                Some(accepted) => {
                    let (request, respond) = accepted?;
                    let _ = asked.send(Asked { request, respond });
                }
                None => return Ok(()),
            },
        }
    }
}

/// A server that takes WebSockets.
pub(crate) fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.enable_connect_protocol();
    builder
}

/// A client and a server in memory.
pub(crate) async fn pair() -> (Client, Server) {
    pair_with(builder()).await
}

pub(crate) async fn pair_with(builder: Builder) -> (Client, Server) {
    let (near, far) = duplex(1 << 16);
    pair_over(near, far, builder).await
}

pub(crate) async fn pair_over<S>(near: S, far: DuplexStream, builder: Builder) -> (Client, Server)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let server = Server::over(far, builder);
    let (client, driver) = Client::handshake(near).await.unwrap();
    tokio::spawn(driver);
    (client, server)
}

/// An open WebSocket, and the server's halves of its stream.
pub(crate) async fn opened(
    client: &Client,
    server: &mut Server,
    config: impl Into<Arc<Config>>,
) -> (WebSocket, Accepted) {
    let request = super::request();
    let (socket, accepted) =
        tokio::join!(client.connect(&request, config), async { server.next().await.accept(&[]) });
    (socket.unwrap(), accepted)
}

/// WebSockets of ours at both ends.
pub(crate) async fn both(
    client: &Client,
    server: &mut Server,
    config: impl Into<Arc<Config>>,
) -> (WebSocket, WebSocket) {
    let (request, config) = (super::request(), config.into());
    let (near, far) = tokio::join!(client.connect(&request, config.clone()), async {
        server.next().await.open(config.clone())
    });
    (near.unwrap(), far)
}

/// A stream of ours whose client is h2's own, with this window for each stream, and the request that
/// the server has to accept before it is there.
pub(crate) async fn raw_pair(
    window: u32,
    builder: Builder,
) -> (impl Future<Output = Stream>, Asked) {
    let (near, far) = duplex(1 << 16);
    let mut server = Server::over(far, builder);
    let mut client = h2::client::Builder::new();
    client.initial_window_size(window);
    let (mut requests, connection) = client.handshake::<_, Bytes>(near).await.unwrap();
    tokio::spawn(connection);
    while !requests.is_extended_connect_protocol_enabled() {
        tokio::task::yield_now().await;
    }
    let (response, send) = requests.send_request(extended_connect(), false).unwrap();
    let stream = async { Stream::new(send, response.await.unwrap().into_body()) };
    (stream, server.next().await)
}

fn extended_connect() -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = "https://h/".parse().unwrap();
    request.headers_mut().insert("sec-websocket-version", "13".parse().unwrap());
    request.extensions_mut().insert(h2::ext::Protocol::from_static("websocket"));
    request
}
