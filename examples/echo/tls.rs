//! TLS around the streams, if it was asked for.

use std::io;

#[cfg(feature = "tls")]
use websocket_proto::io::tls::ServerTls;

/// What the server shows to its clients; `None` for `ws://`.
pub(crate) type Tls = Option<ServerTls>;

/// None, as it is not built in.
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

/// Says where the server listens.
pub(crate) fn announce(tls: &Tls, address: io::Result<std::net::SocketAddr>) -> io::Result<()> {
    let scheme = if tls.is_some() { "wss" } else { "ws" };
    println!("listening on {scheme}://{}", address?);
    Ok(())
}
