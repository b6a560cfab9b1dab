//! The request after a redirect (§4.1, RFC 3986 §5.2).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::client::ClientRequest;
use super::request_error::RequestError;
use super::uri::Uri;

/// The most redirects in a row.
const MAX_REDIRECTS: u8 = 5;

/// The headers of the caller's that tell no more of it than any server may know.
const HARMLESS: [&str; 3] = ["Accept", "Accept-Language", "User-Agent"];

impl ClientRequest {
    /// The request for the `Location` of a redirect, as
    /// [`Response::location`](super::Response::location) tells it.
    ///
    /// A relative location is resolved against this request's URI, a fragment is dropped, `http`
    /// is taken as `ws` and `https` as `wss`. If scheme, host or port change, any header may hold a
    /// secret between the caller and this server: all that were added are left out then, but for
    /// `Accept`, `Accept-Language`, `User-Agent` and those of [`keep_header`](Self::keep_header).
    /// The subprotocols and the origin stay.
    ///
    /// # Errors
    ///
    /// [`RequestError::TooManyRedirects`] after 5 in a row, [`RequestError::RedirectScheme`],
    /// [`RequestError::RedirectDowngrade`], and the variants that are about URIs.
    pub fn redirected(&self, location: &str) -> Result<Self, RequestError> {
        if self.redirects >= MAX_REDIRECTS {
            return Err(RequestError::TooManyRedirects);
        }
        let next = Self::new(&resolve(&self.uri, location)?)?;
        if self.uri.is_secure() && !next.uri.is_secure() {
            return Err(RequestError::RedirectDowngrade);
        }
        let mut request = self.clone();
        request.redirects += 1;
        request.uri = next.uri;
        if !request.uri.is_same_origin(&self.uri) {
            request.leave_origin();
        }
        request.authorization = next.authorization.or(request.authorization);
        Ok(request)
    }

    fn leave_origin(&mut self) {
        self.headers = self.headers.only(|name| is_one_of(&HARMLESS, name) || self.keeps(name));
        if !self.keeps("Authorization") {
            self.authorization = None;
        }
        if !self.keeps("Cookie") {
            self.cookies = String::new();
        }
    }

    fn keeps(&self, name: &str) -> bool {
        self.kept.iter().any(|kept| kept.eq_ignore_ascii_case(name))
    }
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|one| one.eq_ignore_ascii_case(name))
}

/// The absolute URI of a location, its scheme `ws` or `wss`.
fn resolve(base: &Uri, location: &str) -> Result<String, RequestError> {
    let location = location.split_once('#').map_or(location, |(before, _)| before);
    let (scheme, rest) = match split_scheme(location) {
        Some((scheme, rest)) => (websocket_scheme(scheme)?, rest),
        None => (base.scheme(), location),
    };
    match rest.strip_prefix("//") {
        Some(rest) => Ok(format!("{scheme}://{}", with_clean_path(rest))),
        None if scheme_is_given(location, rest) => Err(RequestError::BadHost),
        None => Ok(format!("{scheme}://{}{}", base.authority(), merge(base.resource(), rest))),
    }
}

/// Whether the rest of a location is less than all of it.
const fn scheme_is_given(location: &str, rest: &str) -> bool {
    rest.len() < location.len()
}

/// The scheme before the first colon, unless the colon is part of a path.
fn split_scheme(location: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = location.split_once(':')?;
    (!scheme.contains(['/', '?'])).then_some((scheme, rest))
}

fn websocket_scheme(scheme: &str) -> Result<&'static str, RequestError> {
    let known = [("ws", "ws"), ("http", "ws"), ("wss", "wss"), ("https", "wss")];
    let found = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme));
    found.map(|(_, scheme)| *scheme).ok_or(RequestError::RedirectScheme)
}

/// Authority, path and query, the path without dot segments.
fn with_clean_path(text: &str) -> String {
    let (authority, resource) = text.split_at(text.find(['/', '?']).unwrap_or(text.len()));
    format!("{authority}{}", clean(resource))
}

/// A reference without authority on top of the base's path and query (RFC 3986 §5.2.2).
fn merge(base: &str, reference: &str) -> String {
    let path = base.split_once('?').map_or(base, |(path, _)| path);
    match reference.bytes().next() {
        None => base.into(),
        Some(b'/') => clean(reference),
        Some(b'?') => format!("{path}{reference}"),
        Some(_) => {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            clean(&format!("{folder}/{reference}"))
        }
    }
}

/// Path and query without the dot segments of the path (RFC 3986 §5.2.4).
fn clean(resource: &str) -> String {
    let (path, query) = resource.split_at(resource.find('?').unwrap_or(resource.len()));
    let mut kept = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    // A dot segment at the end leaves its slash behind.
    if path.ends_with("/.") || path.ends_with("/..") {
        kept.push("");
    }
    format!("/{}{query}", kept.join("/"))
}
