//! Servers of hyper's over TLS, and one that wants HTTP/1.1.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use websocket_proto::handshake::{Acceptance, ClientRequest, Rejection};
use websocket_proto::io::hyper::{WebSocket, accept};
use websocket_proto::io::tls::{ClientTls, ServerTls};
use websocket_proto::io::{Dial, Error, MaybeTls, tokio as adapter};
use websocket_proto::{Config, Deflate, Event};

/// What a server offers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Both versions, with WebSockets in each.
    Http2,
    /// Both versions, with WebSockets in HTTP/1.1 alone.
    Http2WithoutWebSockets,
    /// Both versions; requests in HTTP/2 are reset with HTTP_1_1_REQUIRED.
    WantsHttp1,
    Http1,
    WithoutAlpn,
    /// No TLS.
    Plain,
}

impl Kind {
    fn protocols(self) -> Vec<Vec<u8>> {
        match self {
            Self::Http2 | Self::Http2WithoutWebSockets | Self::WantsHttp1 => {
                vec![b"h2".to_vec(), b"http/1.1".to_vec()]
            }
            Self::Http1 => vec![b"http/1.1".to_vec()],
            Self::WithoutAlpn | Self::Plain => Vec::new(),
        }
    }
}

/// A server on the loopback, which ends with the runtime.
pub(crate) struct Server {
    address: SocketAddr,
    kind: Kind,
    certificate: String,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    accepted: AtomicUsize,
    closed: AtomicUsize,
    changed: Notify,
}

impl Server {
    pub(crate) async fn start(kind: Kind) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let tls = tls(kind, &certificate, &key);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Arc::<Counts>::default();
        tokio::spawn(listen(listener, kind, tls, counts.clone()));
        Self { address, kind, certificate: certificate.pem(), counts }
    }

    pub(crate) fn request(&self, path: &str) -> ClientRequest {
        let scheme = if self.kind == Kind::Plain { "ws" } else { "wss" };
        ClientRequest::new(&format!("{scheme}://{}{path}", self.address)).unwrap()
    }

    pub(crate) fn options(&self) -> Dial {
        Dial::new().tls(ClientTls::with_roots(self.certificate.as_bytes()).unwrap())
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.counts.accepted.load(Ordering::SeqCst)
    }

    /// How many of them are open.
    pub(crate) fn open(&self) -> usize {
        self.connections() - self.counts.closed.load(Ordering::SeqCst)
    }

    pub(crate) async fn all_closed(&self) {
        while self.open() > 0 {
            self.counts.changed.notified().await;
        }
    }
}

fn tls(kind: Kind, certificate: &rcgen::Certificate, key: &KeyPair) -> ServerTls {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = kind.protocols();
    ServerTls::from_config(Arc::new(config))
}

async fn listen(listener: TcpListener, kind: Kind, tls: ServerTls, counts: Arc<Counts>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        counts.accepted.fetch_add(1, Ordering::SeqCst);
        let (tls, counts) = (tls.clone(), counts.clone());
        tokio::spawn(async move {
            if kind == Kind::Plain {
                serve(MaybeTls::plain(stream), kind).await;
            } else if let Ok(stream) =
                adapter::tls_server(stream, &tls, Duration::from_secs(10)).await
            {
                serve(stream, kind).await;
            }
            counts.closed.fetch_add(1, Ordering::SeqCst);
            counts.changed.notify_one();
        });
    }
}

async fn serve(stream: MaybeTls<TcpStream>, kind: Kind) {
    let is_http2 = stream.session().is_some_and(|tls| tls.alpn_protocol() == Some(b"h2"));
    if kind == Kind::WantsHttp1 && is_http2 {
        return want_http1(stream).await;
    }
    let mut builder = Builder::new(TokioExecutor::new());
    if kind == Kind::Http2 {
        builder.http2().enable_connect_protocol();
    }
    let service = service_fn(async |mut request| {
        Ok::<_, std::convert::Infallible>(answer(&mut request).unwrap_or_else(|refusal| refusal))
    });
    let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
}

async fn want_http1(stream: MaybeTls<TcpStream>) {
    let mut builder = h2::server::Builder::new();
    let mut connection =
        builder.enable_connect_protocol().handshake::<_, Bytes>(stream).await.unwrap();
    while let Some(Ok((_, mut respond))) = connection.accept().await {
        respond.send_reset(h2::Reason::HTTP_1_1_REQUIRED);
    }
}

type Answer = Response<Full<Bytes>>;

#[expect(clippy::result_large_err, reason = "as a handler has it")]
fn answer(request: &mut Request<Incoming>) -> Result<Answer, Answer> {
    match request.uri().path() {
        "/echo" => {}
        "/moved" => {
            let moved = Rejection::new(302).and_then(|moved| moved.header("Location", "/echo"));
            return Err(moved.unwrap().into());
        }
        _ => return Err(Rejection::forbidden().text("not you\n").into()),
    }
    let mut config = Config::default();
    config.deflate = Some(Deflate::default());
    let (response, upgrading) = accept(request)?.respond(&Acceptance::new(), config)?;
    tokio::spawn(async move { echo(upgrading.await?).await });
    Ok(response)
}

async fn echo(mut socket: WebSocket) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive().await? {
        if let Event::Text(text) = event {
            reply.send_text(text).await?;
        }
    }
    Ok(())
}
