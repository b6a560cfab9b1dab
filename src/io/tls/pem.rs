//! Certificates and keys out of PEM (RFC 7468).

use std::fs;
use std::io;
use std::path::Path;

use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::error::invalid;

/// All certificates, at least one.
pub(super) fn certificates(pem: &[u8]) -> io::Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(missing("CERTIFICATE")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(invalid(format_args!("malformed PEM: {error}"))),
    }
}

/// The first private key.
pub(super) fn key(pem: &[u8]) -> io::Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        Error::NoItemsFound => missing("PRIVATE KEY"),
        error => invalid(format_args!("malformed PEM: {error}")),
    })
}

/// What is in a file, with its name in the error.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path).map_err(|error| named(path, &error))
}

/// An error with the name of the file that it is about.
pub(super) fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn missing(section: &str) -> io::Error {
    invalid(format_args!("no {section} in the PEM"))
}
