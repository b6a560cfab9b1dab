//! What stands in for the module without the feature `tls`: types that have no values.
//!
//! Change together with `mod.rs`; `.ci/features` checks it.

use std::io::{self, IoSlice, Read, Write};

/// Stands in for the certificates that a client trusts: without the feature, no value of this type
/// exists.
#[derive(Clone, Debug)]
pub(in crate::io) enum ClientTls {}

/// Stands in for a TLS session: without the feature, no value of this type exists.
#[derive(Debug)]
pub(in crate::io) enum Session {}

impl ClientTls {
    pub(in crate::io) fn platform() -> io::Result<Self> {
        let hint = "wss:// and https:// need TLS: build websocket-proto with its feature `tls`";
        Err(io::Error::new(io::ErrorKind::Unsupported, hint))
    }

    pub(in crate::io) fn session(&self, _: &str) -> io::Result<Box<Session>> {
        match *self {}
    }

    #[cfg(feature = "h2")]
    pub(in crate::io) fn session_for_http2(&self, _: &str) -> io::Result<Box<Session>> {
        match *self {}
    }
}

impl Session {
    #[cfg(feature = "h2")]
    pub(in crate::io) fn has_chosen_http2(&self) -> bool {
        match *self {}
    }

    #[expect(clippy::boxed_local, reason = "as with the feature")]
    pub(in crate::io) fn over(self: Box<Self>, _: Option<Box<Self>>) -> Box<Self> {
        match *self {}
    }

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
