//! Which certificates to trust with `wss://`.

use std::cell::RefCell;
use std::io;
use std::net::TcpStream;
use std::rc::Rc;
use std::time::Duration;

use websocket_proto::Config;
use websocket_proto::handshake::proxy::Proxy;
use websocket_proto::handshake::{ClientRequest, Uri};
use websocket_proto::io::blocking::{self, WebSocket};
#[cfg(feature = "tls")]
use websocket_proto::io::tls::ClientTls;
use websocket_proto::io::{Dial, Error, MaybeTls};

use super::proxy::open_tunnel;
use super::verbose::{Tap, Verbose};

pub(crate) enum Trust {
    Platform,
    #[cfg(feature = "tls")]
    Given(ClientTls),
}

impl Trust {
    pub(crate) fn connect(
        &self,
        request: &ClientRequest,
        config: Config,
        proxy: Option<&Proxy>,
    ) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
        let options = match self {
            Self::Platform => Dial::new(),
            #[cfg(feature = "tls")]
            Self::Given(tls) => Dial::new().tls(tls.clone()),
        };
        let options = proxy.cloned().into_iter().fold(options, Dial::proxy);
        blocking::dial(request, config, &options)
    }

    /// Connects as [`connect`](Self::connect) does, and has `verbose` see all bytes.
    pub(crate) fn connect_verbose(
        &self,
        request: &ClientRequest,
        config: Config,
        proxy: Option<&Proxy>,
        verbose: &Rc<RefCell<Verbose>>,
    ) -> Result<WebSocket<Tap<MaybeTls<TcpStream>>>, Error> {
        let uri = request.uri();
        let (host, port) = match proxy {
            Some(proxy) => (proxy.host().to_owned(), proxy.port()),
            None => (host_with_zone(uri), uri.port()),
        };
        let name_host = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot connect to {host}:{port}: {error}"))
        };
        let mut stream = TcpStream::connect((&*host, port)).map_err(name_host)?;
        stream.set_nodelay(true)?;
        if let Some(proxy) = proxy {
            stream.set_read_timeout(Some(config.handshake_timeout))?;
            open_tunnel(&mut stream, proxy, uri).map_err(name_host)?;
        }
        let stream = self.secure(stream, request, config.handshake_timeout).map_err(name_host)?;
        blocking::client(Tap { stream, verbose: Rc::clone(verbose) }, request, config)
    }
}

/// The host as the system looks it up.
fn host_with_zone(uri: &Uri) -> String {
    match uri.zone() {
        Some(zone) => format!("{}%{zone}", uri.host()),
        None => uri.host().to_owned(),
    }
}

#[cfg(feature = "tls")]
impl Trust {
    fn secure(
        &self,
        stream: TcpStream,
        request: &ClientRequest,
        timeout: Duration,
    ) -> io::Result<MaybeTls<TcpStream>> {
        let tls = match self {
            _ if !request.uri().is_secure() => return Ok(MaybeTls::plain(stream)),
            Self::Platform => ClientTls::platform()?,
            Self::Given(tls) => tls.clone(),
        };
        blocking::tls_client(stream, &tls, request.uri().host(), timeout)
    }

    pub(crate) fn any_certificate() -> Result<Self, String> {
        let tls = ClientTls::dangerous_without_verification();
        tls.map(Self::Given).map_err(|error| format!("--insecure: {error}"))
    }

    pub(crate) fn certificates_in(file: &str) -> Result<Self, String> {
        let tls = std::fs::read(file).and_then(|pem| ClientTls::with_roots(&pem));
        tls.map(Self::Given).map_err(|error| format!("--ca {file}: {error}"))
    }
}

#[cfg(not(feature = "tls"))]
impl Trust {
    #[expect(clippy::unused_self, reason = "it is used with the feature")]
    fn secure(
        &self,
        stream: TcpStream,
        request: &ClientRequest,
        _: Duration,
    ) -> io::Result<MaybeTls<TcpStream>> {
        if request.uri().is_secure() {
            let text = "wss:// needs TLS: build with --features tls (or --all-features)";
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        Ok(MaybeTls::plain(stream))
    }

    pub(crate) fn any_certificate() -> Result<Self, String> {
        Err("--insecure: build with --features tls (or --all-features)".into())
    }

    pub(crate) fn certificates_in(_: &str) -> Result<Self, String> {
        Err("--ca: build with --features tls (or --all-features)".into())
    }
}
