//! TLS for clients.

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::error::{explain, invalid};
use super::pem;
use super::session::Session;
use super::verifier::{Unverified, Verifier};
use super::{ALPN, provider};
use crate::handshake::ClientRequest;

/// The certificates that a client trusts, for `wss://`.
///
/// This is cheap to clone. Make it once for many connections: they share the tickets that make the
/// next handshake with the same server shorter.
#[derive(Clone, Debug)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
}

impl ClientTls {
    /// Trusts the certificates that the platform trusts: those in the system's store, or those that
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` name. They are loaded once for the process.
    ///
    /// # Errors
    ///
    /// If there are none, or they cannot be read.
    pub fn platform() -> io::Result<Self> {
        static PLATFORM: OnceLock<ClientTls> = OnceLock::new();
        if let Some(loaded) = PLATFORM.get() {
            return Ok(loaded.clone());
        }
        let loaded = Self::load_platform()?;
        Ok(PLATFORM.get_or_init(|| loaded).clone())
    }

    /// Trusts the certificates in `pem` and those that they vouch for, and no others. A certificate
    /// in it may be the server's own, even a self-signed one.
    ///
    /// # Errors
    ///
    /// If `pem` has no certificate or a malformed one.
    pub fn with_roots(pem: &[u8]) -> io::Result<Self> {
        let certificates = pem::certificates(pem)?;
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(explain)?;
        }
        Self::verified_by(Verifier::new(roots, certificates)?)
    }

    /// Reads the same as [`with_roots`](Self::with_roots) from a file.
    ///
    /// # Errors
    ///
    /// As for [`with_roots`](Self::with_roots), or if the file cannot be read. The error names the
    /// file.
    pub fn with_roots_file(path: impl AsRef<Path>) -> io::Result<Self> {
        let (path, pem) = (path.as_ref(), pem::read(path.as_ref())?);
        Self::with_roots(&pem).map_err(|error| pem::with_path(path, &error))
    }

    /// Uses a configuration of rustls 0.23 as it is. Set `http/1.1` for ALPN in it, or nothing.
    pub fn from_config(config: Arc<ClientConfig>) -> Self {
        Self { config }
    }

    /// Trusts any server: no certificate, name or date is checked, so anybody on the network path
    /// can read and change everything. This is for tests, with servers whose certificate is not
    /// known.
    ///
    /// # Errors
    ///
    /// None at present.
    pub fn dangerous_without_verification() -> io::Result<Self> {
        Self::verified_by(Unverified::new())
    }

    /// What the platform trusts for a `wss://` URL, `None` for a `ws://` URL.
    pub(in crate::io) fn for_request(request: &ClientRequest) -> io::Result<Option<Self>> {
        request.uri().is_secure().then(Self::platform).transpose()
    }

    /// Starts a session with the server `host`, a name or an address.
    pub(in crate::io) fn session(&self, host: &str) -> io::Result<Session> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| invalid(format_args!("{host:?} is no host name or address")))?;
        let client = ClientConnection::new(self.config.clone(), name).map_err(explain)?;
        Ok(Session::new(client))
    }

    fn load_platform() -> io::Result<Self> {
        let loaded = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        // Platforms have a few certificates that webpki cannot read. Nobody misses them.
        let (added, _) = roots.add_parsable_certificates(loaded.certs.iter().cloned());
        if added == 0 {
            let why = loaded.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
            return Err(invalid(format_args!(
                "the platform has no roots to trust{why}; name a file of them in SSL_CERT_FILE, \
                 pass them to ClientTls::with_roots, or use those of the crate webpki-roots with \
                 ClientTls::from_config"
            )));
        }
        Self::verified_by(Verifier::new(roots, loaded.certs)?)
    }

    fn verified_by(verifier: impl ServerCertVerifier + 'static) -> io::Result<Self> {
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(explain)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Self { config: Arc::new(config) })
    }
}
