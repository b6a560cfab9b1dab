//! Where the two sides meet: a listener of loopback, plain or with TLS.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_tungstenite::tungstenite::handshake::client::{Request as TheirRequest, Response};
use tokio_tungstenite::tungstenite::handshake::server::Callback;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, client_async, tungstenite};
use websocket_proto::Config;
use websocket_proto::handshake::{Acceptance, ClientRequest, Rejection, Request};
use websocket_proto::io::tls::{ClientTls, ServerTls};
use websocket_proto::io::tokio::{self as adapter, WebSocket};
use websocket_proto::io::{Dial, Error, MaybeTls};

const HOST: &str = "127.0.0.1";

/// A guard against hanging and nothing else.
const GUARD: Duration = Duration::from_secs(20);

pub(crate) type Ours = WebSocket<MaybeTls<TcpStream>>;
pub(crate) type Theirs = WebSocketStream<Box<dyn Duplex>>;

pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

pub(crate) struct Meeting {
    listener: TcpListener,
    certified: Certified,
    secure: bool,
}

/// A certificate in the hands of all who need it.
struct Certified {
    our_client: ClientTls,
    our_server: ServerTls,
    their_client: TlsConnector,
    their_server: TlsAcceptor,
}

/// Both of a kind, one plain and one with TLS.
pub(crate) async fn meetings() -> [Meeting; 2] {
    [Meeting::new(false).await, Meeting::new(true).await]
}

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, future).await.expect("hangs")
}

impl Meeting {
    pub(crate) async fn new(secure: bool) -> Self {
        let listener = TcpListener::bind((HOST, 0)).await.unwrap();
        Self { listener, certified: Certified::new(), secure }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}{path}", self.listener.local_addr().unwrap())
    }

    pub(crate) async fn our_client(&self, request: &ClientRequest) -> Result<Ours, Error> {
        adapter::dial(
            request,
            Config::default(),
            &Dial::new().tls(self.certified.our_client.clone()),
        )
        .await
    }

    pub(crate) async fn our_server(
        &self,
        decide: impl FnOnce(&Request<'_>) -> Result<Acceptance, Rejection>,
    ) -> Result<Ours, Error> {
        let (stream, _) = self.listener.accept().await?;
        let stream = if self.secure {
            adapter::tls_server(stream, &self.certified.our_server, GUARD).await?
        } else {
            MaybeTls::plain(stream)
        };
        adapter::accept_with(stream, Config::default(), async |request| decide(request)).await
    }

    pub(crate) async fn their_client(
        &self,
        request: TheirRequest,
    ) -> Result<(Theirs, Response), tungstenite::Error> {
        let stream = TcpStream::connect(self.listener.local_addr()?).await?;
        let name = ServerName::try_from(HOST).unwrap();
        let stream: Box<dyn Duplex> = if self.secure {
            Box::new(self.certified.their_client.connect(name, stream).await?)
        } else {
            Box::new(stream)
        };
        client_async(request, stream).await
    }

    pub(crate) async fn their_server(
        &self,
        callback: impl Callback + Unpin,
    ) -> Result<Theirs, tungstenite::Error> {
        let (stream, _) = self.listener.accept().await?;
        let stream: Box<dyn Duplex> = if self.secure {
            Box::new(self.certified.their_server.accept(stream).await?)
        } else {
            Box::new(stream)
        };
        accept_hdr_async(stream, callback).await
    }
}

impl Certified {
    fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([HOST.to_owned()]).unwrap();
        let (chain, key) = (cert.pem(), signing_key.serialize_pem());
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let server = ServerConfig::builder().with_no_client_auth().with_single_cert(
            vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        );
        Self {
            our_client: ClientTls::with_roots(chain.as_bytes()).unwrap(),
            our_server: ServerTls::from_pem(chain.as_bytes(), key.as_bytes()).unwrap(),
            their_client: Arc::new(client).into(),
            their_server: Arc::new(server.unwrap()).into(),
        }
    }
}
