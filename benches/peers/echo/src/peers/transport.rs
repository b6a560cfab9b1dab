//! What most of the peers can be served over.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use websocket_proto::io::MaybeTls;

/// What most of the peers can be served over.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl Transport for TcpStream {}
impl Transport for TlsStream<TcpStream> {}
impl Transport for MaybeTls<TcpStream> {}
