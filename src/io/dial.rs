//! How the connection of a client is made.

use std::net::{IpAddr, SocketAddr, SocketAddrV6, TcpStream};
use std::sync::Arc;
use std::{fmt, io};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::tls::{ClientTls, Session};
use crate::handshake::proxy::Proxy;

/// How the connection of a client is made, for `dial` and `Reconnecting::with_options` of every
/// adapter.
///
/// Without options, the name of the host is looked up and its addresses are tried: the two families
/// by turns, each 250 milliseconds after the one before or at once after a failure. The first to
/// connect is used (RFC 8305).
///
/// ```no_run
/// use websocket_proto::io::{Dial, blocking::dial};
/// use websocket_proto::{Config, handshake::ClientRequest};
///
/// // `Host` and the name in TLS stay those of the URL.
/// let options = Dial::new().addresses(["192.0.2.7:8443".parse()?]);
/// let socket = dial(&ClientRequest::new("wss://example.com/")?, Config::default(), &options)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Dial {
    pub(super) addresses: Option<Vec<SocketAddr>>,
    pub(super) local_address: Option<IpAddr>,
    configure: Option<Configure>,
    tls: Option<ClientTls>,
    pub(super) proxy: Option<Proxy>,
    pub(super) redirects: u8,
    /// The server may choose HTTP/2.
    #[cfg(feature = "h2")]
    offers_http2: bool,
}

type Configure = Arc<dyn Fn(&TcpStream) -> io::Result<()> + Send + Sync>;

impl Dial {
    /// No options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Connects to these addresses instead of those of the URL's host, whose name is not looked up.
    /// A [redirect](Self::follow_redirects) to another host or port does without them.
    #[must_use]
    pub fn addresses(mut self, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.addresses = Some(addresses.into_iter().collect());
        self
    }

    /// Connects from this address of the own machine. Addresses of the other family are not tried.
    #[must_use]
    pub const fn local_address(mut self, address: IpAddr) -> Self {
        self.local_address = Some(address);
        self
    }

    /// Calls `configure` for every socket before it connects, to set options with the crate
    /// `socket2` 0.6. An attempt for which it fails has failed. Nagle's algorithm is off by then.
    ///
    /// ```
    /// use std::time::Duration;
    /// use socket2::{SockRef, TcpKeepalive};
    /// use websocket_proto::io::Dial;
    ///
    /// let options = Dial::new().configure(|socket| {
    ///     let socket = SockRef::from(socket);
    ///     socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(60)))?;
    ///     socket.set_recv_buffer_size(1 << 20)?;
    ///     #[cfg(target_os = "linux")]
    ///     socket.bind_device(Some(b"eth0"))?;
    ///     Ok(())
    /// });
    /// ```
    #[must_use]
    pub fn configure(
        mut self,
        configure: impl Fn(&TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.configure = Some(Arc::new(configure));
        self
    }

    /// Trusts the server of a `wss://` URL, and an `https` proxy, if `tls` says so, instead of the
    /// certificates that the platform trusts. The certificate of
    /// [`with_identity`](ClientTls::with_identity) is shown to each of them that demands one, also
    /// after a [redirect](Self::follow_redirects).
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Connects through a proxy, and never without it. The proxy looks up the name of the server;
    /// [`addresses`](Self::addresses) are those of the proxy then.
    ///
    /// ```no_run
    /// use websocket_proto::io::{Dial, blocking::dial};
    /// use websocket_proto::{Config, handshake::ClientRequest};
    ///
    /// let options = Dial::new().proxy("http://user:password@proxy.example:3128".parse()?);
    /// let socket = dial(&ClientRequest::new("wss://example.com/")?, Config::default(), &options)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Follows up to this many redirects, 5 at most, as
    /// [`redirected`](crate::handshake::ClientRequest::redirected) does: without what is meant for
    /// the first server alone, and never from `wss` to `ws`. Every server gets the time limits of
    /// the configuration anew. The default is 0: a redirect is [refused](super::Error::Refused).
    #[must_use]
    pub const fn follow_redirects(mut self, redirects: u8) -> Self {
        self.redirects = redirects;
        self
    }

    /// Has the server choose between HTTP/2 and HTTP/1.1.
    #[cfg(feature = "h2")]
    pub(super) fn offering_http2(mut self) -> Self {
        self.offers_http2 = true;
        self
    }

    /// A session of TLS with the server.
    pub(super) fn server_session(&self, tls: &ClientTls, host: &str) -> io::Result<Box<Session>> {
        #[cfg(feature = "h2")]
        if self.offers_http2 {
            return tls.session_for_http2(host);
        }
        tls.session(host)
    }

    /// What is trusted.
    pub(super) fn trust(&self) -> io::Result<ClientTls> {
        self.tls.clone().map_or_else(ClientTls::platform, Ok)
    }

    /// A blocking socket that is to connect to this address.
    pub(super) fn socket(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let domain = Domain::for_address(address);
        let socket = TcpStream::from(Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?);
        socket.set_nodelay(true)?;
        if let Some(configure) = &self.configure {
            configure(&socket)?;
        }
        if let Some(ip) = self.local_address {
            SockRef::from(&socket).bind(&local(ip, address).into())?;
        }
        Ok(socket)
    }
}

/// Where a socket is bound that is to connect to this address. A link-local address counts only
/// together with its interface, which both ends share.
fn local(ip: IpAddr, remote: SocketAddr) -> SocketAddr {
    match (ip, remote) {
        (IpAddr::V6(ip), SocketAddr::V6(remote)) if ip.is_unicast_link_local() => {
            SocketAddrV6::new(ip, 0, 0, remote.scope_id()).into()
        }
        _ => SocketAddr::new(ip, 0),
    }
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dial")
            .field("addresses", &self.addresses)
            .field("local_address", &self.local_address)
            .field("proxy", &self.proxy)
            .field("redirects", &self.redirects)
            .finish_non_exhaustive()
    }
}
