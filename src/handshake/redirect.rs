//! The request that follows a redirect (§4.1, RFC 3986 §5.2).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::client::ClientRequest;
use super::request_error::RequestError;
use super::uri::Uri;

/// The maximum number of redirects in a row.
const MAX_REDIRECTS: u8 = 5;

/// The headers of the application that contain nothing another server should not know.
const HARMLESS: [&str; 2] = ["Accept", "Accept-Language"];

impl ClientRequest {
    /// The request to send after a redirect to `location`, which
    /// [`Response::location`](super::Response::location) returns.
    ///
    /// A relative location is resolved against the URI of this request. A fragment is dropped.
    /// `http` stands for `ws` and `https` for `wss`. If the scheme, the host or the port changes,
    /// all headers that were added are left out, as any of them may hold a secret between the
    /// application and this server. Exceptions are `Accept`, `Accept-Language` and the headers named
    /// by [`keep_header`](Self::keep_header). The subprotocols, the origin and the `User-Agent`
    /// stay.
    ///
    /// # Errors
    ///
    /// [`RequestError::TooManyRedirects`] after 5 in a row, [`RequestError::RedirectScheme`],
    /// [`RequestError::RedirectDowngrade`], and the variants that are about URIs.
    pub fn redirected(&self, location: &str) -> Result<Self, RequestError> {
        if self.redirects >= MAX_REDIRECTS {
            return Err(RequestError::TooManyRedirects);
        }
        let mut next = Self::new(&resolve(&self.uri, location)?)?;
        next.uri.inherit_zone(&self.uri);
        if self.uri.is_secure() && !next.uri.is_secure() {
            return Err(RequestError::RedirectDowngrade);
        }
        let mut request = self.clone();
        request.redirects += 1;
        request.uri = next.uri;
        if !request.uri.is_same_origin(&self.uri) {
            request.drop_private_headers();
        }
        request.authorization = next.authorization.or(request.authorization);
        Ok(request)
    }

    /// Drops the headers that may hold secrets and are not to be kept.
    fn drop_private_headers(&mut self) {
        self.headers = self.headers.filtered(|name| is_one_of(&HARMLESS, name) || self.keeps(name));
        if !self.keeps("Authorization") {
            self.authorization = None;
        }
        if !self.keeps("Cookie") {
            self.cookies = String::new();
        }
    }

    fn keeps(&self, name: &str) -> bool {
        self.kept_headers.iter().any(|kept| kept.eq_ignore_ascii_case(name))
    }
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// The absolute URI of a location.
fn resolve(base: &Uri, location: &str) -> Result<String, RequestError> {
    let location = location.split_once('#').map_or(location, |(before, _)| before);
    let Some((scheme, rest)) = split_scheme(location) else {
        return Ok(resolve_relative(base, location));
    };
    check_scheme(scheme)?;
    let rest = rest.strip_prefix("//").ok_or(RequestError::BadHost)?;
    Ok(format!("{scheme}://{}", without_dot_segments(rest)))
}

/// The absolute URI of a location without a scheme.
fn resolve_relative(base: &Uri, location: &str) -> String {
    let scheme = base.scheme();
    match location.strip_prefix("//") {
        Some(rest) => format!("{scheme}://{}", without_dot_segments(rest)),
        None => {
            let authority = base.authority_with_zone();
            format!("{scheme}://{authority}{}", merge(base.resource(), location))
        }
    }
}

/// Splits at the colon after the scheme. `None` if the location has no scheme; a colon in its path
/// or query does not count.
fn split_scheme(location: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = location.split_once(':')?;
    (!scheme.contains(['/', '?'])).then_some((scheme, rest))
}

/// Whether a redirect may lead to this scheme.
fn check_scheme(scheme: &str) -> Result<(), RequestError> {
    let is_known = is_one_of(&["ws", "wss", "http", "https"], scheme);
    if is_known { Ok(()) } else { Err(RequestError::RedirectScheme) }
}

/// Removes the dot segments from `authority path ["?" query]`.
fn without_dot_segments(text: &str) -> String {
    let (authority, resource) = text.split_at(text.find(['/', '?']).unwrap_or(text.len()));
    format!("{authority}{}", remove_dot_segments(resource))
}

/// Resolves a reference without authority against the path and query of the base
/// (RFC 3986 §5.2.2).
fn merge(base: &str, reference: &str) -> String {
    let path = base.split_once('?').map_or(base, |(path, _)| path);
    match reference.bytes().next() {
        None => base.into(),
        Some(b'/') => remove_dot_segments(reference),
        Some(b'?') => format!("{path}{reference}"),
        Some(_) => {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            remove_dot_segments(&format!("{folder}/{reference}"))
        }
    }
}

/// Removes the dot segments from the path of `path ["?" query]` (RFC 3986 §5.2.4).
fn remove_dot_segments(resource: &str) -> String {
    let (path, query) = resource.split_at(resource.find('?').unwrap_or(resource.len()));
    let mut kept = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    // The slash before a dot segment at the end stays.
    if path.ends_with("/.") || path.ends_with("/..") {
        kept.push("");
    }
    format!("/{}{query}", kept.join("/"))
}
