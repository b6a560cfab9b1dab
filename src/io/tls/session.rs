//! A TLS session, pumped by hand: what the adapters share.

use std::io::{self, ErrorKind, IoSlice, Read, Write};

use rustls::{CommonState, Connection};

use super::super::MaybeTls;
use super::error::{cut_off, explain};

/// A session beside its socket. No call does more than one read and one write of the socket, so
/// that callers can look at the clock in between: where more is needed the error is
/// [`Interrupted`](ErrorKind::Interrupted). Errors of the socket pass through, and lose nothing.
#[derive(Debug)]
pub(in crate::io) struct Session {
    tls: Connection,
}

impl Session {
    pub(super) fn new(tls: impl Into<Connection>) -> Self {
        Self { tls: tls.into() }
    }

    /// Goes on with the handshake, until all of ours is written.
    pub(in crate::io) fn handshake(&mut self, socket: &mut (impl Read + Write)) -> io::Result<()> {
        self.flush(socket)?;
        if !self.tls.is_handshaking() {
            return Ok(());
        }
        let len = self.tls.read_tls(socket)?;
        if let Err(error) = self.tls.process_new_packets() {
            // The peer is told why, if it can be.
            let _ = self.tls.write_tls(socket);
            return Err(explain(error));
        }
        if len == 0 { Err(cut_off()) } else { Err(ErrorKind::Interrupted.into()) }
    }

    pub(in crate::io) fn read(
        &mut self,
        socket: &mut impl Read,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        if let Some(result) = self.take(buffer) {
            return result;
        }
        self.tls.read_tls(socket)?;
        self.tls.process_new_packets().map_err(explain)?;
        self.take(buffer).unwrap_or_else(|| Err(ErrorKind::Interrupted.into()))
    }

    /// Takes what fits into the session, once it has none left from before. It leaves with the
    /// next write or flush.
    pub(in crate::io) fn write(
        &mut self,
        socket: &mut impl Write,
        pieces: &[IoSlice<'_>],
    ) -> io::Result<usize> {
        self.flush(socket)?;
        self.tls.writer().write_vectored(pieces)
    }

    pub(in crate::io) fn flush(&mut self, socket: &mut impl Write) -> io::Result<()> {
        if self.tls.wants_write() && self.tls.write_tls(socket)? == 0 {
            return Err(ErrorKind::WriteZero.into());
        }
        if self.tls.wants_write() { Err(ErrorKind::Interrupted.into()) } else { Ok(()) }
    }

    /// Announces the end of what is written, with `close_notify`.
    pub(in crate::io) fn close(&mut self, socket: &mut impl Write) -> io::Result<()> {
        self.tls.send_close_notify();
        self.flush(socket)
    }

    /// What has been decrypted, or the end, which is [`UnexpectedEof`](ErrorKind::UnexpectedEof)
    /// without `close_notify`; `None` if more has to be read first.
    fn take(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        match self.tls.reader().read(buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            result => Some(result),
        }
    }
}

impl<S> MaybeTls<S> {
    /// The session of a stream with TLS: the peer's certificates, the version, ALPN's choice.
    ///
    /// [`CommonState`] is a type of rustls 0.23, and changes with it.
    pub fn session(&self) -> Option<&CommonState> {
        self.session.as_deref().map(|session| &*session.tls)
    }
}
