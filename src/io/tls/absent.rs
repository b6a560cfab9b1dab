//! What stands in for the module without the feature `tls`: types that have no values.
//!
//! Change together with `mod.rs`; `.ci/features` checks it.

use std::io::{self, IoSlice, Read, Write};

use crate::handshake::ClientRequest;

/// Stands in for the certificates that a client trusts: without the feature, no value of this type
/// exists.
#[derive(Clone, Debug)]
pub(in crate::io) enum ClientTls {}

/// Stands in for a TLS session: without the feature, no value of this type exists.
#[derive(Debug)]
pub(in crate::io) enum Session {}

impl ClientTls {
    /// Returns `None` for a `ws://` URL, an error for a `wss://` URL.
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

    pub(in crate::io) fn encrypt(&mut self, _: &[u8], _: &mut Vec<u8>) -> io::Result<()> {
        match *self {}
    }

    pub(in crate::io) fn can_read(&mut self) -> bool {
        match *self {}
    }

    pub(in crate::io) fn close(&mut self, _: &mut impl Write) -> io::Result<()> {
        match *self {}
    }
}
