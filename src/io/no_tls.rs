//! What stands in for [`tls`](super::tls) without the feature: types without values.

use std::io::{self, IoSlice, Read, Write};

use crate::handshake::ClientRequest;

/// No TLS for a client.
#[derive(Clone, Debug)]
pub(in crate::io) enum ClientTls {}

/// No TLS session.
#[derive(Debug)]
pub(in crate::io) enum Session {}

impl ClientTls {
    /// `None` for `ws://`, an error for `wss://`.
    pub(in crate::io) fn for_request(request: &ClientRequest) -> io::Result<Option<Self>> {
        if request.uri().is_secure() {
            let hint = "wss:// needs TLS: build websocket-proto with its feature `tls`";
            return Err(io::Error::new(io::ErrorKind::Unsupported, hint));
        }
        Ok(None)
    }

    pub(in crate::io) fn session(&self, _: &str) -> io::Result<Session> {
        match *self {}
    }
}

impl Session {
    pub(in crate::io) fn handshake(&mut self, _: &mut (impl Read + Write)) -> io::Result<()> {
        match *self {}
    }

    pub(in crate::io) fn read(&mut self, _: &mut impl Read, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }

    pub(in crate::io) fn write(
        &mut self,
        _: &mut impl Write,
        _: &[IoSlice<'_>],
    ) -> io::Result<usize> {
        match *self {}
    }

    pub(in crate::io) fn flush(&mut self, _: &mut impl Write) -> io::Result<()> {
        match *self {}
    }

    pub(in crate::io) fn close(&mut self, _: &mut impl Write) -> io::Result<()> {
        match *self {}
    }
}
