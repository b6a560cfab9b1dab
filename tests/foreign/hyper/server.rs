//! Servers on hyper, and what their WebSockets see.

use std::convert::Infallible;
use std::future::ready;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::hyper::{Upgrading, WebSocket, accept};
use websocket_proto::io::{self, Error};
use websocket_proto::{Config, Deflate, EndCause, Ending, Event};

pub(crate) type Body = Full<Bytes>;

/// A server of one connection.
pub(crate) struct Server<T> {
    /// What the programs of its WebSockets have returned.
    pub(crate) results: UnboundedReceiver<T>,
    pub(crate) connection: JoinHandle<hyper::Result<()>>,
}

impl<T> Server<T> {
    /// What the next WebSocket's program returns.
    pub(crate) async fn result(&mut self) -> T {
        self.results.recv().await.expect("a program that returns")
    }
}

/// hyper's builder, with Extended CONNECT on.
pub(crate) fn http2() -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.enable_connect_protocol();
    http
}

/// Serves a connection of HTTP/2 whose WebSockets run a program each.
pub(crate) fn serve<T, P, F>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    http: &http2::Builder<TokioExecutor>,
    config: Config,
    program: P,
) -> Server<T>
where
    T: Send + 'static,
    P: Fn(WebSocket) -> F + Clone + Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (service, results) = running(config, program);
    let connection = tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
    Server { results, connection }
}

/// The same for a connection of HTTP/1.1.
pub(crate) fn serve_http1<T, P, F>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    config: Config,
    program: P,
) -> Server<T>
where
    T: Send + 'static,
    P: Fn(WebSocket) -> F + Clone + Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (service, results) = running(config, program);
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    Server { results, connection: tokio::spawn(connection.with_upgrades()) }
}

/// A service that runs the program for each WebSocket, and what the programs return.
fn running<T, P, F>(
    config: Config,
    program: P,
) -> (
    impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>
    + Send
    + 'static,
    UnboundedReceiver<T>,
)
where
    T: Send + 'static,
    P: Fn(WebSocket) -> F + Clone + Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (sender, results) = unbounded_channel();
    let service = service_fn(move |mut request: Request<Incoming>| {
        ready(Ok(answer(&mut request, config, &program, &sender)))
    });
    (service, results)
}

fn answer<T, P, F>(
    request: &mut Request<Incoming>,
    config: Config,
    program: &P,
    sender: &UnboundedSender<T>,
) -> Response<Body>
where
    T: Send + 'static,
    P: Fn(WebSocket) -> F + Clone + Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (response, upgrading) = open(request, config);
    if let Some(upgrading) = upgrading {
        tokio::spawn(run(upgrading, program.clone(), sender.clone()));
    }
    response
}

/// The response, and the WebSocket to come unless it refuses.
pub(crate) fn open(
    request: &mut Request<Incoming>,
    config: Config,
) -> (Response<Body>, Option<Upgrading>) {
    let offer = match accept(request) {
        Ok(offer) => offer,
        Err(error) => return (error.into(), None),
    };
    let (response, upgrading) = offer.respond(&Acceptance::new(), config).unwrap();
    (response, Some(upgrading))
}

async fn run<T, F: Future<Output = T>>(
    upgrading: Upgrading,
    program: impl Fn(WebSocket) -> F,
    sender: UnboundedSender<T>,
) {
    if let Ok(socket) = upgrading.await {
        let _ = sender.send(program(socket).await);
    }
}

/// What a program has seen of its WebSocket.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) events: Vec<String>,
    pub(crate) errors: Vec<String>,
    pub(crate) endings: Vec<Ending>,
}

impl Seen {
    /// How the WebSocket ended, which is reported exactly once.
    #[track_caller]
    pub(crate) fn cause(&self) -> EndCause {
        let [ending] = &self.endings[..] else { panic!("{self:?}") };
        assert!(self.errors.len() <= 1, "{self:?}");
        ending.cause
    }
}

/// Sends back what comes, and goes on to the end whatever fails.
pub(crate) async fn echo_to_the_end<W: io::task::Wire>(mut socket: io::task::WebSocket<W>) -> Seen {
    let mut seen = Seen::default();
    loop {
        match socket.receive().await {
            Ok(Some((event, reply))) => {
                seen.note(&event);
                let result = match event {
                    Event::Text(text) => reply.send_text(text).await,
                    Event::Binary(data) => reply.send_binary(data).await,
                    _ => Ok(()),
                };
                result.unwrap_or_else(|error| seen.note_error(&error));
            }
            Ok(None) => return seen,
            Err(error) => seen.note_error(&error),
        }
    }
}

impl Seen {
    pub(crate) fn followed_by(mut self, later: Self) -> Self {
        self.events.extend(later.events);
        self.errors.extend(later.errors);
        self.endings.extend(later.endings);
        self
    }

    /// Notes an error, unless it says only that nothing can be sent any more.
    pub(crate) fn note_error(&mut self, error: &Error) {
        if !matches!(error, Error::Send(_) | Error::NotWritten(_)) {
            self.errors.push(error.to_string());
        }
    }

    pub(crate) fn note(&mut self, event: &Event<'_>) {
        match event {
            Event::Ended(ending) => self.endings.push((*ending).clone()),
            Event::Text(text) => self.events.push(format!("text {}", text.len())),
            Event::Binary(data) => self.events.push(format!("binary {}", data.len())),
            Event::Ping(payload) => self.events.push(format!("ping {}", payload.len())),
            Event::Close { code, .. } => self.events.push(format!("close {code}")),
            Event::Pong { .. } => self.events.push("pong".to_owned()),
            other => self.events.push(format!("{other:?}")),
        }
    }
}

/// The plain program: it returns at the Close frame, and at every error.
pub(crate) async fn plain_echo(mut socket: WebSocket) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) => reply.send_text(text).await?,
            Event::Binary(data) => reply.send_binary(data).await?,
            Event::Close { .. } => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

/// The default configuration with compression.
pub(crate) fn with_deflate() -> Config {
    let mut config = Config::default();
    config.deflate = Some(Deflate::default());
    config
}

/// Waits for a future that is long done before this time is over.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it is done by now")
}
