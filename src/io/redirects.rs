//! The redirects that a client follows, for all adapters.

use std::borrow::Cow;

use super::Error;
use super::dial::Dial;
use super::dialing::Dialing;
use crate::handshake::{ClientRequest, RequestError, Response};

/// A request, and what it becomes with each redirect.
pub(super) struct Redirects<'a> {
    request: Cow<'a, ClientRequest>,
    dial: &'a Dial,
    /// The request still goes to the host and the port that `dial` is about.
    is_at_first_host: bool,
    left: u8,
}

impl<'a> Redirects<'a> {
    pub(super) fn new(request: &'a ClientRequest, dial: &'a Dial) -> Self {
        let left = dial.redirects.min(5);
        Self { request: Cow::Borrowed(request), dial, is_at_first_host: true, left }
    }

    /// The request to send now.
    pub(super) fn request(&self) -> &ClientRequest {
        &self.request
    }

    /// The connection to make for it.
    ///
    /// # Errors
    ///
    /// If TLS is needed, and there is none.
    pub(super) fn dialing(&self) -> Result<Dialing<'_>, Error> {
        self.dialing_with(self.dial)
    }

    /// The same with other options.
    ///
    /// # Errors
    ///
    /// As for [`dialing`](Self::dialing).
    pub(super) fn dialing_with<'d>(&'d self, dial: &'d Dial) -> Result<Dialing<'d>, Error> {
        Ok(Dialing::new(&self.request, dial, self.is_at_first_host)?)
    }

    /// What the application gets, after an attempt with this result; `None` if the server redirects
    /// to where [`request`](Self::request) leads now.
    pub(super) fn after<T>(&mut self, result: Result<T, Error>) -> Option<Result<T, Error>> {
        let Err(Error::Refused(refused)) = &result else { return Some(result) };
        match self.follow(&refused.response()) {
            Ok(true) => None,
            Ok(false) => Some(result),
            Err(error) => Some(Err(error.into())),
        }
    }

    fn follow(&mut self, response: &Response<'_>) -> Result<bool, RequestError> {
        let is_redirect = matches!(response.status(), 301 | 302 | 303 | 307 | 308);
        let Some(location) = response.location().filter(|_| is_redirect && self.left > 0) else {
            return Ok(false);
        };
        let next = self.request.redirected(location)?;
        let (to, from) = (next.uri(), self.request.uri());
        self.is_at_first_host &=
            to.host_with_zone() == from.host_with_zone() && to.port() == from.port();
        self.left -= 1;
        self.request = Cow::Owned(next);
        Ok(true)
    }
}
