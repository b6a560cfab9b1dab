//! Our side for the clients here: a server on one port for HTTP/2 and HTTP/1.1, which tells what it
//! has seen.
//!
//! ```text
//! server [--not-advertised] [--hyper-windows] CERT KEY      prints 'listening on https://…'
//!
//!   --not-advertised   HTTP/2 without SETTINGS_ENABLE_CONNECT_PROTOCOL
//!   --hyper-windows    the flow control windows that hyper has by default
//!
//!   /             page.html
//!   /ws           sends each message back, and chooses the subprotocol that names the version. In the
//!                 query: id=NAME for the requests below; deflate; cookies: says first which came;
//!                 close=CODE: closes after a message; deaf: reads only after /read?NAME
//!   /seen?NAME    waits for the end of that WebSocket, and answers how it ended
//!   /read?NAME    lets a deaf WebSocket read
//!   /connections  over how many TCP connections requests came. Browsers open more, to have them ready
//!   /stop         closes all WebSockets with 1001, then all connections
//! ```

mod sockets;

use std::convert::Infallible;
use std::env::args;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::{conn::auto, graceful};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::sleep;
use websocket_proto::CloseCode;
use websocket_proto::io::hyper::accept;
use websocket_proto::io::tls::ServerTls;
use websocket_proto::io::tokio::{GracefulShutdown, tls_server};

use sockets::Sockets;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Answer = Response<Full<Bytes>>;

const PAGE: &str = include_str!("../page.html");

/// What all connections share.
struct Server {
    tls: ServerTls,
    http: auto::Builder<TokioExecutor>,
    sockets: Sockets,
    shutdown: GracefulShutdown,
    stop: Notify,
    used: AtomicUsize,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let server = Arc::new(Server::from_arguments()?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on https://{}", listener.local_addr()?);
    let connections = graceful::GracefulShutdown::new();
    tokio::select! {
        accepted = server.accept(listener, &connections) => accepted?,
        () = server.stop.notified() => {}
    }
    let patience = sleep(Duration::from_secs(10));
    let closing = server.shutdown.close_all(CloseCode::GOING_AWAY, "", patience);
    tokio::join!(closing, connections.shutdown()).0?;
    Ok(())
}

impl Server {
    fn from_arguments() -> io::Result<Self> {
        let arguments: Vec<_> = args().skip(1).collect();
        let (options, files): (Vec<_>, Vec<_>) =
            arguments.iter().map(String::as_str).partition(|argument| argument.starts_with("--"));
        let &[chain, key] = files.as_slice() else { panic!("usage: server [OPTIONS] CERT KEY") };
        Ok(Self {
            tls: ServerTls::from_pem_files(chain, key)?.with_alpn(&["h2", "http/1.1"]),
            http: http_builder(&options),
            sockets: Sockets::default(),
            shutdown: GracefulShutdown::new(),
            stop: Notify::new(),
            used: AtomicUsize::new(0),
        })
    }

    async fn accept(
        self: &Arc<Self>,
        listener: TcpListener,
        connections: &graceful::GracefulShutdown,
    ) -> io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            let (server, watcher) = (self.clone(), connections.watcher());
            tokio::spawn(async move {
                if let Err(error) = server.serve(stream, watcher).await {
                    eprintln!("server: {error}");
                }
            });
        }
    }

    async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        watcher: graceful::Watcher,
    ) -> Result<(), Error> {
        stream.set_nodelay(true)?;
        let stream = tls_server(stream, &self.tls, Duration::from_secs(10)).await?;
        let (server, is_used) = (self.clone(), AtomicBool::new(false));
        let answer = service_fn(move |request| {
            let is_first = !is_used.swap(true, Ordering::Relaxed);
            server.used.fetch_add(usize::from(is_first), Ordering::Relaxed);
            let server = server.clone();
            async move { Ok::<_, Infallible>(server.answer(request).await) }
        });
        watcher.watch(self.http.serve_connection_with_upgrades(TokioIo::new(stream), answer)).await
    }

    async fn answer(&self, mut request: Request<Incoming>) -> Answer {
        let id = request.uri().query().unwrap_or_default();
        let text = match request.uri().path() {
            "/" => PAGE.into(),
            "/ws" => {
                let offer = accept(&mut request);
                let open = |offer| self.sockets.open(offer, &self.shutdown);
                return offer.map_or_else(Answer::from, open);
            }
            "/seen" => self.sockets.seen(id).await,
            "/read" => self.sockets.read(id),
            "/connections" => self.used.load(Ordering::Relaxed).to_string(),
            "/stop" => {
                self.stop.notify_one();
                String::new()
            }
            _ => "there is nothing here".into(),
        };
        Response::builder().header("Content-Type", "text/html").body(text.into()).unwrap()
    }
}

fn http_builder(options: &[&str]) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    let mut http2 = builder.http2();
    if !options.contains(&"--not-advertised") {
        http2.enable_connect_protocol();
    }
    if !options.contains(&"--hyper-windows") {
        // A WebSocket whose handler does not read holds up no other one: the connection has room for
        // what all 100 are allowed.
        http2.max_concurrent_streams(100);
        http2.initial_stream_window_size(1 << 16);
        http2.initial_connection_window_size(100 << 16);
    }
    builder
}
