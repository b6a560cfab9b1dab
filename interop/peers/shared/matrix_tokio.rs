//! TCP and TLS for programs in Rust that speak with an implementation for tokio. Each connection has a
//! runtime of its own, so that its calls can block.

use std::env::var;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream as BlockingTcp};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

pub type Wrong = Box<dyn std::error::Error + Send + Sync>;

pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

pub type Stream = Box<dyn Duplex>;

/// What a connection runs on.
pub struct Ground {
    runtime: Runtime,
    tcp: BlockingTcp,
}

impl Ground {
    fn new(tcp: &BlockingTcp) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        tcp.set_nonblocking(true)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, tcp: tcp.try_clone()? })
    }

    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Polls a future that reads, for as long as the cell about silence takes.
    #[allow(dead_code, reason = "what reads may not bear that it is cancelled")]
    pub fn listen_to_silence<F: Future>(&self, reading: F) {
        let silence = Duration::from_secs(3);
        let _ = self.runtime.block_on(async { tokio::time::timeout(silence, reading).await });
    }

    pub fn drop_tcp(&self) -> io::Result<()> {
        self.tcp.shutdown(Shutdown::Both)
    }
}

/// Connects to the host and port of a URL, with TLS if the environment asks for it.
pub fn connect(url: &str) -> Result<(Ground, Stream), Wrong> {
    let (_, rest) = url.split_once("://").ok_or("a URL has a scheme")?;
    let (authority, _) = rest.split_once('/').ok_or("a URL has a path")?;
    let tcp = BlockingTcp::connect(authority)?;
    let ground = Ground::new(&tcp)?;
    let stream = ground.block_on(client(tcp))?;
    Ok((ground, stream))
}

async fn client(tcp: BlockingTcp) -> Result<Stream, Wrong> {
    let tcp = TcpStream::from_std(tcp)?;
    let Ok(authority) = var("INTEROP_CA") else { return Ok(Box::new(tcp)) };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority)?)?;
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    Ok(Box::new(connector.connect(ServerName::try_from("127.0.0.1")?, tcp).await?))
}

async fn server(tcp: BlockingTcp) -> Result<Stream, Wrong> {
    let tcp = TcpStream::from_std(tcp)?;
    let (Ok(chain), Ok(key)) = (var("INTEROP_CERTIFICATE"), var("INTEROP_KEY")) else {
        return Ok(Box::new(tcp));
    };
    let chain = vec![CertificateDer::from_pem_file(chain)?];
    let key = PrivateKeyDer::from_pem_file(key)?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    Ok(Box::new(TlsAcceptor::from(Arc::new(config)).accept(tcp).await?))
}

/// Serves each connection in a thread.
pub fn listen(converse: fn(Ground, Stream) -> Result<(), Wrong>) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let scheme = if var("INTEROP_KEY").is_ok() { "wss" } else { "ws" };
    println!("listening on {scheme}://{}", listener.local_addr()?);
    for tcp in listener.incoming() {
        let tcp = tcp?;
        thread::spawn(move || serve(tcp, converse).map_err(|wrong| eprintln!("{wrong}")));
    }
    Ok(())
}

fn serve(tcp: BlockingTcp, converse: fn(Ground, Stream) -> Result<(), Wrong>) -> Result<(), Wrong> {
    let ground = Ground::new(&tcp)?;
    let stream = ground.block_on(server(tcp))?;
    converse(ground, stream)
}
