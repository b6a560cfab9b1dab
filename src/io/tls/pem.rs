//! Certificates and keys in PEM (RFC 7468).

use std::fs;
use std::io;
use std::path::Path;

use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::error::invalid;

/// Reads all certificates, of which there has to be at least one.
pub(super) fn certificates(pem: &[u8]) -> io::Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(missing("CERTIFICATE")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(invalid(format_args!("malformed PEM: {error}"))),
    }
}

/// Reads the first private key.
pub(super) fn key(pem: &[u8]) -> io::Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        Error::NoItemsFound => missing("PRIVATE KEY"),
        error => invalid(format_args!("malformed PEM: {error}")),
    })
}

/// What one shows to the peer: a certificate with those that vouch for it, and its key.
pub(super) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Reads the certificates and the private key of an [`Identity`] from files. An error names the file.
pub(super) fn identity_files(chain: &Path, key: &Path) -> io::Result<Identity> {
    let certificates = certificates(&read(chain)?).map_err(|error| with_path(chain, &error))?;
    let private = self::key(&read(key)?).map_err(|error| with_path(key, &error))?;
    Ok((certificates, private))
}

/// Reads a file. An error names the file.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path).map_err(|error| with_path(path, &error))
}

/// Adds the name of a file to an error that is about it.
pub(super) fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn missing(section: &str) -> io::Error {
    invalid(format_args!("no {section} in the PEM"))
}
