//! TLS for all servers and their clients alike: the same versions, suites and certificate.

use std::env;
use std::error::Error;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// The environment variables with which a server gets its certificate and key, in PEM.
const CERTIFICATE: &str = "PEERS_CERTIFICATE";
const KEY: &str = "PEERS_KEY";
/// The name in the certificate.
pub(crate) const HOST: &str = "localhost";

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// A certificate for one run, with its key.
pub(crate) struct Identity {
    certificate: String,
    key: String,
}

impl Identity {
    pub(crate) fn new() -> Result<Self> {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([HOST.to_owned()])?;
        Ok(Self { certificate: cert.pem(), key: signing_key.serialize_pem() })
    }

    /// What a server's process has to find in its environment.
    pub(crate) fn variables(&self) -> [(&'static str, &str); 2] {
        [(CERTIFICATE, &self.certificate), (KEY, &self.key)]
    }

    /// The configuration of the clients.
    pub(crate) fn client_config(&self) -> Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.certificate.as_bytes())?)?;
        Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
    }
}

/// The configuration of this server's process.
pub(crate) fn server_config() -> Result<Arc<ServerConfig>> {
    let (certificate, key) = (env::var(CERTIFICATE)?, env::var(KEY)?);
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes())?];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())?;
    Ok(Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?))
}
