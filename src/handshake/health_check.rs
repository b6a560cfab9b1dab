//! Requests of load balancers that ask only whether a server is there.

use alloc::vec::Vec;

use super::check_request::{check_body, check_host};
use super::error_response::{PLAIN_TEXT, write_response};
use super::known_headers::{Known, KnownHeaders};
use super::start_line::{HealthCheck, check_request_line, split_first_line};
use crate::ProtocolError;

/// The body of the response.
const BODY: &[u8] = b"ok\n";

impl HealthCheck {
    /// The health check for `path` that a complete head is; `None` if it is none, but may be a
    /// request to open a WebSocket.
    ///
    /// # Errors
    ///
    /// The request breaks a rule that holds for every request.
    pub(crate) fn of_head(head: &[u8], path: Option<&str>) -> Result<Option<Self>, ProtocolError> {
        let (line, _) = split_first_line(head);
        let Some(check) = path.and_then(|path| Self::of_line(line, path)) else { return Ok(None) };
        let headers = &KnownHeaders::check(head)?;
        // Some HTTP clients ask each server for HTTP/2 in this header.
        if headers.lists(Known::Upgrade, "websocket") {
            check_request_line(line, None)?;
            return Ok(None);
        }
        if !check.is_http_1_0 {
            check_host(headers)?;
        }
        check_body(headers)?;
        Ok(Some(check))
    }

    /// Writes the response. That to HEAD has the same headers and no body (RFC 9110 §9.3.2).
    pub(crate) fn encode_response(self, out: &mut Vec<u8>) {
        write_response(200, [PLAIN_TEXT.as_bytes(), b""], Some(BODY), out);
        if self.is_head {
            out.truncate(out.len() - BODY.len());
        }
    }
}
