//! One port for HTTP/2 and HTTP/1.1: a page at `/`, a WebSocket echo at `/ws`, both in either version.
//!
//! ```sh
//! cargo run --all-features --example http2 -- --tls cert.pem key.pem
//! ```

use std::convert::Infallible;
use std::fmt::Display;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, Response, Version, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::{conn::auto, graceful};
use lexopt::prelude::{Long, Short, ValueExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use websocket_proto::handshake::{Acceptance, OriginPolicy, Rejection};
use websocket_proto::io::hyper::{Offer, Upgrading, accept};
use websocket_proto::io::tokio::{GracefulShutdown, tls_server};
use websocket_proto::io::{Error, MaybeTls, tls::ServerTls};
use websocket_proto::{CloseCode, Config, Deflate, Event};

type Answer = Response<Full<Bytes>>;
type AnyError = Box<dyn std::error::Error + Send + Sync>;

const HELP: &str = "\
Usage: http2 [--listen ADDRESS] [--tls CERT KEY]

Serves a page at / and a WebSocket echo at /ws (compressed at /ws?deflate), over HTTP/2 and HTTP/1.1 on
one port [default: 127.0.0.1:9001]. Browsers use HTTP/2 only over TLS, with these PEM files.";
const PAGE: &str = include_str!("http2.html");

#[derive(Clone)]
struct Server {
    tls: Option<ServerTls>,
    sockets: GracefulShutdown,
}

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let (mut listen, mut tls) = ("127.0.0.1:9001".into(), None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("listen") => listen = parser.value()?.string()?,
            Long("tls") => {
                let read = ServerTls::from_pem_files(parser.value()?, parser.value()?)?;
                tls = Some(read.with_alpn(&["h2", "http/1.1"]));
            }
            Long("help") | Short('h') => {
                println!("{HELP}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let listener = TcpListener::bind(listen).await?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    println!("listening on {scheme}://{}", listener.local_addr()?);
    Server { tls, sockets: GracefulShutdown::new() }.run(listener).await
}

impl Server {
    async fn run(self, listener: TcpListener) -> Result<(), AnyError> {
        let connections = graceful::GracefulShutdown::new();
        tokio::select! {
            () = self.accept(listener, &connections) => {}
            stop = tokio::signal::ctrl_c() => stop?,
        }
        // A connection of HTTP/2 ends after its last stream, and an open WebSocket is one.
        let closing =
            self.sockets.close_all(CloseCode::GOING_AWAY, "", sleep(Duration::from_secs(5)));
        let ending = timeout(Duration::from_secs(10), connections.shutdown());
        println!("{:?}", tokio::join!(closing, ending).0?);
        Ok(())
    }

    async fn accept(&self, listener: TcpListener, connections: &graceful::GracefulShutdown) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => spawn(self.clone().serve(stream, connections.watcher())),
                // For example, too many files are open, of which some will be closed.
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn serve(self, stream: TcpStream, watcher: graceful::Watcher) -> Result<(), AnyError> {
        stream.set_nodelay(true)?;
        let stream = match &self.tls {
            Some(tls) => tls_server(stream, tls, Duration::from_secs(10)).await?,
            None => MaybeTls::plain(stream),
        };
        let mut http = auto::Builder::new(TokioExecutor::new());
        // The connection has room for all that its streams may send, so none holds up the others.
        http.http2().enable_connect_protocol().max_concurrent_streams(100);
        http.http2().initial_stream_window_size(1 << 16).initial_connection_window_size(100 << 16);
        let service = service_fn(move |request| {
            let answer = self.answer(request);
            async { Ok::<_, Infallible>(answer) }
        });
        watcher.watch(http.serve_connection_with_upgrades(TokioIo::new(stream), service)).await
    }

    fn answer(&self, mut request: Request<Incoming>) -> Answer {
        match request.uri().path() {
            "/" => {
                // hyper leaves it to us that an answer to HEAD has no body.
                let page = if request.method() == Method::HEAD { "" } else { PAGE };
                let answer = Response::builder().header("Content-Type", "text/html");
                answer.body(page.into()).unwrap_or_default()
            }
            "/ws" => accept(&mut request).map_or_else(Answer::from, |offer| self.open(offer)),
            _ => Rejection::new(404).map_or_else(Answer::from, Answer::from),
        }
    }

    fn open(&self, offer: Offer) -> Answer {
        let asked = offer.request();
        // Browsers let any page connect, so a server has to look where a request is from.
        if !asked.is_origin_allowed(&OriginPolicy::SameHost) {
            return Rejection::forbidden().text("not from this page\n").into();
        }
        let version = if offer.version() == Version::HTTP_2 { "h2" } else { "http1.1" };
        let acceptance = Acceptance::new().choose_subprotocol(asked, &[version]);
        let mut config = Config::default();
        config.deflate = (asked.query() == Some("deflate")).then(Deflate::default);
        offer.respond(&acceptance, config).map_or_else(Answer::from, |(answer, upgrading)| {
            spawn(echo(upgrading, self.sockets.clone()));
            answer
        })
    }
}

async fn echo(upgrading: Upgrading, sockets: GracefulShutdown) -> Result<(), Error> {
    let mut socket = upgrading.await?;
    sockets.watch(&mut socket);
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) => reply.send_text(text).await?,
            Event::Binary(data) => reply.send_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
}

fn spawn<E: Display>(task: impl Future<Output = Result<(), E>> + Send + 'static) {
    tokio::spawn(async { task.await.unwrap_or_else(|error| eprintln!("http2: {error}")) });
}
