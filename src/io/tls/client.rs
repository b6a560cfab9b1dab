//! TLS for clients.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::{fmt, io};

use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

#[cfg(feature = "h2")]
use super::ALPN_HTTP2;
use super::error::{explain, invalid, unusable};
use super::pem;
use super::session::Session;
use super::verifier::{Unverified, Verifier};
use super::{ALPN, provider};

/// The certificates that a client trusts, for `wss://`, and the one that it shows.
///
/// This is cheap to clone. Make it once for many connections: they share the tickets that make the
/// next handshake with the same server shorter.
#[derive(Clone)]
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

    /// Trusts these roots, such as those that are compiled into the program with the crate
    /// `webpki-roots`, where there is no platform that has any (Android, an empty container):
    ///
    /// ```ignore
    /// ClientTls::with_root_store(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())?
    /// ```
    ///
    /// # Errors
    ///
    /// If there are none.
    pub fn with_root_store(roots: RootCertStore) -> io::Result<Self> {
        Self::verified_by(Verifier::new(roots, Vec::new())?)
    }

    /// Shows a certificate to servers that demand one (mutual TLS): in `chain` the certificate in
    /// PEM, followed by those that vouch for it, in `key` its private key (PKCS #8, PKCS #1 or
    /// SEC 1; not encrypted). What is trusted remains the same:
    ///
    /// ```no_run
    /// # use websocket_proto::io::tls::ClientTls;
    /// # let (chain, key) = (b"", b"");
    /// let tls = ClientTls::platform()?.with_identity(chain, key)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// In TLS 1.3 a server looks at the certificate after the handshake. So if it refuses, the error
    /// may come when the answer to the request is read.
    ///
    /// # Errors
    ///
    /// If one of them is missing or malformed, or they do not belong together.
    pub fn with_identity(self, chain: &[u8], key: &[u8]) -> io::Result<Self> {
        self.showing((pem::certificates(chain)?, pem::key(key)?))
    }

    /// Reads the same as [`with_identity`](Self::with_identity) from files.
    ///
    /// # Errors
    ///
    /// As for [`with_identity`](Self::with_identity), or if a file cannot be read. The error names
    /// the file.
    pub fn with_identity_files(
        self,
        chain: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> io::Result<Self> {
        let (chain, key) = (chain.as_ref(), key.as_ref());
        let identity = pem::identity_files(chain, key)?;
        self.showing(identity).map_err(|error| pem::with_path(key, &error))
    }

    /// Uses a configuration of rustls 0.23 as it is. Set `http/1.1` for ALPN in it, or nothing. Where
    /// `io::h2::dial` offers HTTP/2, it uses a copy with ALPN of its own.
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

    /// Starts a session with the server `host`, a name or an address.
    pub(in crate::io) fn session(&self, host: &str) -> io::Result<Box<Session>> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| invalid(format_args!("{host:?} is no host name or address")))?;
        let client = ClientConnection::new(self.config.clone(), name).map_err(explain)?;
        Ok(Box::new(Session::new(client)))
    }

    /// Starts a session with the server `host`, which may choose HTTP/2.
    #[cfg(feature = "h2")]
    pub(in crate::io) fn session_for_http2(&self, host: &str) -> io::Result<Box<Session>> {
        let mut config = ClientConfig::clone(&self.config);
        config.alpn_protocols = vec![ALPN_HTTP2.to_vec(), ALPN.to_vec()];
        Self { config: Arc::new(config) }.session(host)
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

    fn showing(self, (chain, key): pem::Identity) -> io::Result<Self> {
        let mut config = Arc::unwrap_or_clone(self.config);
        let key = CertifiedKey::from_der(chain, key, config.crypto_provider()).map_err(unusable)?;
        // No session of another identity is resumed: rustls compares the resolvers.
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(key));
        Ok(Self { config: Arc::new(config) })
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

/// Shows nothing of the key, if there is one.
impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").finish_non_exhaustive()
    }
}
