//! The client's half.

use ::http::HeaderMap;

use super::super::client::ClientRequest;
use super::super::request_error::RequestError;

/// A request to the server of a `ws` or `wss` URI; see [`ClientRequest::new`].
impl TryFrom<&::http::Uri> for ClientRequest {
    type Error = RequestError;

    fn try_from(uri: &::http::Uri) -> Result<Self, RequestError> {
        Self::new(&uri.to_string())
    }
}

impl ClientRequest {
    /// Adds all of these headers, as [`header`](Self::header) does.
    ///
    /// # Errors
    ///
    /// The errors of [`header`](Self::header); [`RequestError::BadHeaderValue`] also for a value
    /// that is not UTF-8.
    pub fn headers(self, headers: &HeaderMap) -> Result<Self, RequestError> {
        headers.iter().try_fold(self, |request, (name, value)| {
            let value = str::from_utf8(value.as_bytes());
            request.header(name.as_str(), value.map_err(|_| RequestError::BadHeaderValue)?)
        })
    }
}
