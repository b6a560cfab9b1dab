//! A request to open a WebSocket, from hyper's hands to the response.

use std::sync::Arc;

use ::http::request::Parts;
use ::http::{Extensions, Request, Response, Version};
use ::hyper::ext::Protocol;
use ::hyper::upgrade::OnUpgrade;

use super::error::AcceptError;
use super::upgrading::Upgrading;
use crate::handshake::http::{RequestHead, Upgrade, accept_extended_head, accept_head};
use crate::handshake::{self, Acceptance, AnswerError};
use crate::{Config, Leniency};

/// Checks a request to open a WebSocket, over HTTP/1.1 (RFC 6455 §4.2.1) or HTTP/2 (RFC 8441 §5),
/// and takes what hyper will upgrade out of it.
///
/// # Errors
///
/// The [`AcceptError`] that says what is wrong. It converts into the `http::Response` to answer
/// with. The request is unchanged then.
pub fn accept<B>(request: &mut Request<B>) -> Result<Offer, AcceptError> {
    accept_with(request, Leniency::default())
}

/// Checks a request as [`accept`] does, and tolerates these violations in it, if it is one of
/// HTTP/1.1.
///
/// # Errors
///
/// As for [`accept`].
pub fn accept_with<B>(request: &mut Request<B>, leniency: Leniency) -> Result<Offer, AcceptError> {
    let upgrade = check(head_of_request(request), request.extensions(), leniency)?;
    Offer::new(upgrade, request.version(), request.extensions_mut())
}

/// Checks a request as [`accept_with`] does, for extractors, which see the head of a request alone.
///
/// # Errors
///
/// As for [`accept`].
pub fn accept_parts(parts: &mut Parts, leniency: Leniency) -> Result<Offer, AcceptError> {
    let upgrade = check(head_of_parts(parts), &parts.extensions, leniency)?;
    Offer::new(upgrade, parts.version, &mut parts.extensions)
}

/// A request to open a WebSocket that passed all checks and waits for an answer. If it is dropped, it
/// can be answered with any response that refuses it.
#[derive(Debug)]
pub struct Offer {
    upgrade: Upgrade,
    version: Version,
    upgrading: OnUpgrade,
}

impl Offer {
    fn new(
        upgrade: Upgrade,
        version: Version,
        extensions: &mut Extensions,
    ) -> Result<Self, AcceptError> {
        let upgrading = extensions.remove::<OnUpgrade>().ok_or(AcceptError::NotUpgradable)?;
        Ok(Self { upgrade, version, upgrading })
    }

    /// The request, with its subprotocols, origin, cookies and credentials. One of HTTP/2 is shown as
    /// if it had been made in HTTP/1.1.
    pub fn request(&self) -> handshake::Request<'_> {
        self.upgrade.request()
    }

    /// The version of HTTP: the WebSocket will be a connection of HTTP/1.1, or a stream of HTTP/2.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Accepts the request: the response to return, 101 or 200, and the WebSocket to come after
    /// it. Its body is empty. If `config` has a [`Deflate`](crate::Deflate), compression is agreed
    /// to where the client offers it.
    ///
    /// # Errors
    ///
    /// [`AnswerError::UnofferedSubprotocol`] if the client did not offer the subprotocol. It converts
    /// into a response with the status 500.
    pub fn respond<B: Default>(
        self,
        acceptance: &Acceptance,
        config: impl Into<Arc<Config>>,
    ) -> Result<(Response<B>, Upgrading), AnswerError> {
        let config = config.into();
        let upgrade = negotiate(self.upgrade, &config);
        let (response, agreed) = upgrade.answer(acceptance)?;
        Ok((response, Upgrading::new(self.upgrading, self.version, agreed, config)))
    }
}

#[cfg(feature = "deflate")]
fn negotiate(upgrade: Upgrade, config: &Config) -> Upgrade {
    match &config.deflate {
        Some(deflate) => upgrade.negotiate(&deflate.policy),
        None => upgrade,
    }
}

#[cfg(not(feature = "deflate"))]
fn negotiate(upgrade: Upgrade, _: &Config) -> Upgrade {
    upgrade
}

fn head_of_request<B>(request: &Request<B>) -> RequestHead<'_> {
    RequestHead {
        method: request.method(),
        uri: request.uri(),
        version: request.version(),
        headers: request.headers(),
    }
}

const fn head_of_parts(parts: &Parts) -> RequestHead<'_> {
    RequestHead {
        method: &parts.method,
        uri: &parts.uri,
        version: parts.version,
        headers: &parts.headers,
    }
}

fn check(
    head: RequestHead<'_>,
    extensions: &Extensions,
    leniency: Leniency,
) -> Result<Upgrade, AcceptError> {
    if head.version == Version::HTTP_2 {
        let protocol = extensions.get::<Protocol>().map(Protocol::as_str);
        Ok(accept_extended_head(head, protocol)?)
    } else {
        Ok(accept_head(head, leniency)?)
    }
}
