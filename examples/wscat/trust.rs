//! Which certificates to trust with `wss://`.

use std::net::TcpStream;

use websocket_proto::Config;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::blocking::{self, WebSocket};
#[cfg(feature = "tls")]
use websocket_proto::io::tls::ClientTls;
use websocket_proto::io::{Error, MaybeTls};

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
    ) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
        match self {
            Self::Platform => blocking::connect_with(request, config),
            #[cfg(feature = "tls")]
            Self::Given(tls) => blocking::connect_tls(request, config, tls),
        }
    }
}

#[cfg(feature = "tls")]
impl Trust {
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
    pub(crate) fn any_certificate() -> Result<Self, String> {
        Err("--insecure: build with --features tls (or --all-features)".into())
    }

    pub(crate) fn certificates_in(_: &str) -> Result<Self, String> {
        Err("--ca: build with --features tls (or --all-features)".into())
    }
}
