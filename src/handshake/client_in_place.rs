//! Changes to a client's request that leave it as it was if they fail.

use super::client::{ClientRequest, basic};
use super::custom_headers::check_header;
use super::grammar::{is_subprotocol, is_token, is_value_byte};
use super::origin::serialize_origin;
use super::request_error::RequestError;
use super::uri::join_credentials;

/// Changes in place: after an error the request is as it was before.
impl ClientRequest {
    /// Adds a header, as [`header`](Self::header) does.
    ///
    /// # Errors
    ///
    /// Those of [`header`](Self::header).
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), RequestError> {
        check_header(name, value)?;
        match name {
            _ if name.eq_ignore_ascii_case("Host") => return Err(RequestError::ReservedHeader),
            _ if name.eq_ignore_ascii_case("Origin") => return self.set_origin(value),
            _ if name.eq_ignore_ascii_case("User-Agent") => {
                self.user_agent = Some(value.into());
            }
            _ if name.eq_ignore_ascii_case("Cookie") => self.push_cookie(&[value]),
            _ if name.eq_ignore_ascii_case("Authorization") => {
                self.authorization = Some(value.into());
            }
            _ => self.headers.push(name, value),
        }
        Ok(())
    }

    /// Offers a subprotocol, as [`subprotocol`](Self::subprotocol) does.
    ///
    /// # Errors
    ///
    /// Those of [`subprotocol`](Self::subprotocol).
    pub fn add_subprotocol(&mut self, name: &str) -> Result<(), RequestError> {
        if is_token(name.as_bytes()) {
            self.add_any_subprotocol(name)
        } else {
            Err(RequestError::BadSubprotocol)
        }
    }

    /// Offers a subprotocol whose name may be no token, as
    /// [`any_subprotocol`](Self::any_subprotocol) does.
    ///
    /// # Errors
    ///
    /// Those of [`any_subprotocol`](Self::any_subprotocol).
    pub fn add_any_subprotocol(&mut self, name: &str) -> Result<(), RequestError> {
        let unwelcome = self.subprotocols.contains(name) || self.subprotocols.is_full();
        if unwelcome || !is_subprotocol(name.as_bytes()) {
            return Err(RequestError::BadSubprotocol);
        }
        self.subprotocols.push(name);
        Ok(())
    }

    /// Sets `Origin`, as [`origin`](Self::origin) does.
    ///
    /// # Errors
    ///
    /// Those of [`origin`](Self::origin).
    pub fn set_origin(&mut self, origin: &str) -> Result<(), RequestError> {
        self.origin = Some(serialize_origin(origin).ok_or(RequestError::BadOrigin)?);
        Ok(())
    }

    /// Sets `Authorization` to Basic credentials, as [`basic`](Self::basic) does.
    ///
    /// # Errors
    ///
    /// Those of [`basic`](Self::basic).
    pub fn set_basic(&mut self, user: &str, password: &str) -> Result<(), RequestError> {
        self.authorization = Some(basic(&join_credentials(user, password)?));
        Ok(())
    }

    /// Sets `Authorization` to a bearer token, as [`bearer`](Self::bearer) does.
    ///
    /// # Errors
    ///
    /// Those of [`bearer`](Self::bearer).
    pub fn set_bearer(&mut self, token: &str) -> Result<(), RequestError> {
        if !is_visible(token) {
            return Err(RequestError::BadBearerToken);
        }
        self.authorization = Some(["Bearer ", token].concat().into());
        Ok(())
    }

    /// Adds a cookie, as [`cookie`](Self::cookie) does.
    ///
    /// # Errors
    ///
    /// Those of [`cookie`](Self::cookie).
    pub fn add_cookie(&mut self, name: &str, value: &str) -> Result<(), RequestError> {
        let is_good = value.bytes().all(|byte| is_value_byte(byte) && byte != b';');
        if !is_good || !is_token(name.as_bytes()) {
            return Err(RequestError::BadCookie);
        }
        self.push_cookie(&[name, "=", value]);
        Ok(())
    }

    fn push_cookie(&mut self, parts: &[&str]) {
        if !self.cookies.is_empty() {
            self.cookies.push_str("; ");
        }
        self.cookies.extend(parts.iter().copied());
    }
}

/// Whether the text is visible ASCII and not empty.
fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
