//! HTTP `CONNECT` (RFC 9110 §9.3.6).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::client::USER_AGENT;
use super::super::head::HeadReader;
use super::super::head_rules::HeadRules;
use super::super::headers::check_headers;
use super::super::start_line::StatusLine;
use super::super::uri::Uri;
use super::error::{ProxyError, ProxyRefusal};
use super::url::{Credentials, Proxy};
use crate::{Leniency, ProtocolError};

/// The longest head of a response, in bytes.
const MAX_HEAD: u32 = 16 << 10;

/// The maximum number of headers.
const MAX_HEADERS: u16 = 128;

/// How many interim responses are skipped.
const MAX_INTERIM: u8 = 8;

/// Waits for the answer to a `CONNECT`.
pub(super) struct HttpConnect {
    reader: HeadReader,
    head: Vec<u8>,
    interim: u8,
}

impl HttpConnect {
    /// Writes the request.
    pub(super) fn new(proxy: &Proxy, uri: &Uri, output: &mut Vec<u8>) -> Self {
        // RFC 9110 §7.2: `Host` is the target of the request, with its port.
        let target = target(uri);
        for part in ["CONNECT ", &target, " HTTP/1.1\r\nHost: ", &target] {
            output.extend_from_slice(part.as_bytes());
        }
        // Some proxies turn away clients that do not say what they are.
        output.extend_from_slice(format!("\r\nUser-Agent: {USER_AGENT}\r\n").as_bytes());
        if let Some(Credentials { user, password }) = &proxy.credentials {
            let basic = STANDARD.encode(format!("{user}:{password}"));
            output.extend_from_slice(format!("Proxy-Authorization: Basic {basic}\r\n").as_bytes());
        }
        output.extend_from_slice(b"\r\n");
        Self { reader: HeadReader::response(), head: Vec::new(), interim: 0 }
    }

    /// Returns how many bytes of the input belong to the answer, once the tunnel is open.
    pub(super) fn read(&mut self, input: &[u8]) -> Result<Option<usize>, ProxyError> {
        let mut consumed = 0;
        while let Some(len) = self.read_head(input.get(consumed..).unwrap_or_default())? {
            consumed += len;
            // RFC 9110 §9.3.6: any 2xx opens the tunnel, and it begins right after the head,
            // whatever `Content-Length` and `Transfer-Encoding` say.
            match StatusLine::of_head(&self.head).status {
                200..=299 => return Ok(Some(consumed)),
                // Nobody asked for another protocol, so a 101 is final.
                100 | 102..=199 => self.skip_interim()?,
                _ => return Err(ProxyError::Refused(ProxyRefusal::new(&self.head))),
            }
        }
        Ok(None)
    }

    /// Reads the bytes of a head. Returns their number once the head is complete.
    fn read_head(&mut self, input: &[u8]) -> Result<Option<usize>, ProxyError> {
        let rules = HeadRules {
            max_len: MAX_HEAD,
            max_headers: MAX_HEADERS,
            health_check: None,
            leniency: leniency(),
        };
        let progress = self
            .reader
            .read(input, &mut self.head, rules, &mut Leniency::default())
            .map_err(ProxyError::BadResponse)?;
        if !progress.complete {
            return Ok(None);
        }
        check_headers(&self.head, |_| ()).map_err(ProxyError::BadResponse)?;
        Ok(Some(progress.consumed))
    }

    fn skip_interim(&mut self) -> Result<(), ProxyError> {
        if self.interim == MAX_INTERIM {
            return Err(ProxyError::BadResponse(ProtocolError::TooManyInterimResponses));
        }
        self.interim += 1;
        self.head.clear();
        self.reader = HeadReader::response();
        Ok(())
    }
}

/// The host and the port, always with the port (RFC 9112 §3.2.3).
fn target(uri: &Uri) -> String {
    let (host, port) = (uri.host(), uri.port());
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// What proxies may omit from their answers, as many do: nothing else depends on the line ends and
/// on the reason phrase.
fn leniency() -> Leniency {
    Leniency { bare_lf: true, missing_reason: true, ..Leniency::default() }
}
