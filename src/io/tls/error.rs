//! Errors of TLS, in words that say what to do.

use std::borrow::Cow;
use std::{error, fmt, io};

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// An error of rustls with an explanation.
#[derive(Debug)]
struct Explained {
    text: Cow<'static, str>,
    source: Error,
    /// The text has that of the source in it, so a chain of errors would say it twice.
    says_source: bool,
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TLS: {}", self.text)
    }
}

impl error::Error for Explained {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        (!self.says_source).then_some(&self.source as _)
    }
}

/// Makes an [`io::Error`] that explains an error of rustls, which is its source.
pub(super) fn explain(source: Error) -> io::Error {
    let text = match &source {
        Error::InvalidCertificate(error) => explain_certificate(error),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "what the peer sends is not TLS: one side speaks ws://, the other wss://".into()
        }
        Error::AlertReceived(alert) => explain_alert(*alert),
        other => other.to_string().into(),
    };
    let says_source = text.contains(&source.to_string());
    io::Error::new(io::ErrorKind::InvalidData, Explained { text, source, says_source })
}

/// The error of a peer that ended the stream before the handshake was complete.
pub(super) fn ended_in_handshake() -> io::Error {
    let text = "TLS: the peer ended the connection in the handshake";
    io::Error::new(io::ErrorKind::UnexpectedEof, text)
}

/// The error of something that the application brought and that cannot be used, such as a name or a
/// certificate.
pub(super) fn invalid(text: impl fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("TLS: {text}"))
}

/// The error for a certificate and a key that cannot be shown to the peer.
pub(super) fn unusable(error: Error) -> io::Error {
    match error {
        Error::InconsistentKeys(_) => invalid("the key does not belong to the certificate"),
        error => invalid(format_args!("the certificate or its key cannot be used: {error}")),
    }
}

fn explain_certificate(error: &CertificateError) -> Cow<'static, str> {
    match error {
        CertificateError::NotValidForNameContext { expected, presented } => {
            let (expected, presented) = (expected.to_str(), presented.join(", "));
            format!("the peer's certificate is not for {expected}, but for: {presented}").into()
        }
        CertificateError::NotValidForName => "the peer's certificate is for another name".into(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the peer's certificate has expired".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the peer's certificate is not valid yet; is the clock right?".into()
        }
        CertificateError::UnknownIssuer => {
            "the peer's certificate is from an issuer that is not among the roots".into()
        }
        CertificateError::Revoked => "the peer's certificate was revoked".into(),
        other => format!("the peer's certificate is bad: {other}").into(),
    }
}

fn explain_alert(alert: AlertDescription) -> Cow<'static, str> {
    match alert {
        AlertDescription::CertificateRequired => {
            "the peer demands a client certificate: see ClientTls::with_identity".into()
        }
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired => {
            format!("the peer does not trust our certificate: {alert:?}").into()
        }
        other => format!("the peer refused: {other:?}").into(),
    }
}
