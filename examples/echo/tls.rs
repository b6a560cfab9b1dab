//! TLS around the streams, if `--tls` asks for it. Without the feature `tls` there is none.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use websocket_proto::io::MaybeTls;
#[cfg(feature = "tls")]
use websocket_proto::io::tls::ServerTls;

/// What the server shows to its clients; `None` for `ws://`.
pub(crate) type Tls = Option<ServerTls>;

/// Stands in for the certificates: without the feature, no value of this type exists.
#[cfg(not(feature = "tls"))]
#[derive(Clone)]
pub(crate) enum ServerTls {}

#[cfg(feature = "tls")]
pub(crate) fn load(chain: &str, key: &str) -> Result<Tls, String> {
    let tls = ServerTls::from_pem_files(chain, key);
    tls.map(Some).map_err(|error| format!("--tls: {error}"))
}

#[cfg(not(feature = "tls"))]
pub(crate) fn load(_: &str, _: &str) -> Result<Tls, String> {
    Err("--tls: build with --features tls (or --all-features)".into())
}

/// Prints where the server listens.
pub(crate) fn announce(tls: &Tls, address: io::Result<SocketAddr>) -> io::Result<()> {
    let scheme = if tls.is_some() { "wss" } else { "ws" };
    println!("listening on {scheme}://{}", address?);
    Ok(())
}

/// Puts TLS around the stream, or returns it as it is if `tls` is `None`.
pub(crate) fn start_tls_on_thread(
    stream: TcpStream,
    tls: &Tls,
    timeout: Duration,
) -> io::Result<MaybeTls<TcpStream>> {
    match (tls, timeout) {
        (None, _) => Ok(MaybeTls::plain(stream)),
        #[cfg(feature = "tls")]
        (Some(tls), timeout) => websocket_proto::io::blocking::tls_server(stream, tls, timeout),
        #[cfg(not(feature = "tls"))]
        (Some(tls), _) => match *tls {},
    }
}

/// Puts TLS around the stream, or returns it as it is if `tls` is `None`.
#[cfg(feature = "tokio")]
pub(crate) async fn start_tls_on_tokio(
    stream: tokio::net::TcpStream,
    tls: &Tls,
    timeout: Duration,
) -> io::Result<MaybeTls<tokio::net::TcpStream>> {
    match (tls, timeout) {
        (None, _) => Ok(MaybeTls::plain(stream)),
        #[cfg(feature = "tls")]
        (Some(tls), timeout) => websocket_proto::io::tokio::tls_server(stream, tls, timeout).await,
        #[cfg(not(feature = "tls"))]
        (Some(tls), _) => match *tls {},
    }
}

/// Puts TLS around the stream, or returns it as it is if `tls` is `None`.
#[cfg(feature = "smol")]
pub(crate) async fn start_tls_on_smol(
    stream: smol::net::TcpStream,
    tls: &Tls,
    timeout: Duration,
) -> io::Result<MaybeTls<smol::net::TcpStream>> {
    match (tls, timeout) {
        (None, _) => Ok(MaybeTls::plain(stream)),
        #[cfg(feature = "tls")]
        (Some(tls), timeout) => websocket_proto::io::smol::tls_server(stream, tls, timeout).await,
        #[cfg(not(feature = "tls"))]
        (Some(tls), _) => match *tls {},
    }
}
