//! TLS for servers.

use std::path::Path;
use std::sync::Arc;
use std::{fmt, io};

use rustls::{ServerConfig, ServerConnection};

use super::error::{explain, unusable};
use super::pem;
use super::session::Session;
use super::{ALPN, provider};

/// What a server shows to its clients: a certificate, and the key that proves that it is its own.
///
/// This is cheap to clone. Make it once for many connections.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
}

impl ServerTls {
    /// Reads PEM: in `chain` the server's certificate, followed by those that vouch for it, up to
    /// one that clients trust; in `key` the private key (PKCS #8, PKCS #1 or SEC 1; not encrypted).
    ///
    /// # Errors
    ///
    /// If one of them is missing or malformed, or they do not belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> io::Result<Self> {
        Self::from_identity((pem::certificates(chain)?, pem::key(key)?))
    }

    /// Reads the same as [`from_pem`](Self::from_pem) from files.
    ///
    /// # Errors
    ///
    /// As for [`from_pem`](Self::from_pem), or if a file cannot be read. The error names the file.
    pub fn from_pem_files(chain: impl AsRef<Path>, key: impl AsRef<Path>) -> io::Result<Self> {
        let (chain, key) = (chain.as_ref(), key.as_ref());
        let identity = pem::identity_files(chain, key)?;
        Self::from_identity(identity).map_err(|error| pem::with_path(key, &error))
    }

    /// Offers these protocols to clients, the preferred one first, in place of `http/1.1` alone
    /// (ALPN, RFC 7301). [`MaybeTls::session`](crate::io::MaybeTls::session) has the one that was
    /// chosen.
    ///
    /// With `h2` among them, an HTTP library has to read the requests, as the `accept` of the
    /// adapters understands HTTP/1.1 alone.
    #[must_use]
    pub fn with_alpn(mut self, protocols: &[&str]) -> Self {
        let protocols = protocols.iter().map(|name| name.as_bytes().to_vec());
        Arc::make_mut(&mut self.config).alpn_protocols = protocols.collect();
        self
    }

    /// Uses a configuration of rustls 0.23 as it is. Set `http/1.1` for ALPN in it, or nothing.
    pub fn from_config(config: Arc<ServerConfig>) -> Self {
        Self { config }
    }

    /// Starts a session with a client.
    pub(in crate::io) fn session(&self) -> io::Result<Box<Session>> {
        let server = ServerConnection::new(self.config.clone()).map_err(explain)?;
        Ok(Box::new(Session::new(server)))
    }

    fn from_identity((chain, key): pem::Identity) -> io::Result<Self> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(explain)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Self { config: Arc::new(config) })
    }
}

/// Shows nothing of the key.
impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").finish_non_exhaustive()
    }
}
