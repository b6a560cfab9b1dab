//! The TLS of one session, which moves bytes to and from a socket.

use std::io::{self, ErrorKind, IoSlice, Read, Write};

use rustls::{CommonState, Connection};

use super::error::{ended_in_handshake, explain};
use crate::memory::MAX_HELD;

/// The TLS of one session, which stands beside its socket. No call reads or writes the socket more than
/// once, so that callers can look at the clock in between: if more is needed, the error is
/// [`Interrupted`](ErrorKind::Interrupted). Errors of the socket are passed on, and nothing is
/// lost.
#[derive(Debug)]
pub(super) struct Layer {
    tls: Connection,
}

impl Layer {
    pub(super) fn new(tls: impl Into<Connection>) -> Self {
        let mut tls = tls.into();
        // The default is 64 KiB, which would cut off the end of a message of that length.
        tls.set_buffer_limit(Some(MAX_HELD as usize));
        Self { tls }
    }

    /// Goes on with the handshake. `Ok` when it is complete and all of our part is written.
    pub(super) fn handshake(&mut self, socket: &mut (impl Read + Write)) -> io::Result<()> {
        self.flush(socket)?;
        if !self.tls.is_handshaking() {
            return Ok(());
        }
        let len = self.tls.read_tls(socket)?;
        if let Err(error) = self.tls.process_new_packets() {
            // Sends the peer an alert that says why, if possible.
            let _ = self.tls.write_tls(socket);
            return Err(explain(error));
        }
        if len == 0 { Err(ended_in_handshake()) } else { Err(ErrorKind::Interrupted.into()) }
    }

    /// Reads what has been decrypted, after reading from the socket once if there is nothing.
    pub(super) fn read(&mut self, socket: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(result) = self.take_decrypted(buffer) {
            return result;
        }
        self.tls.read_tls(socket)?;
        self.tls.process_new_packets().map_err(explain)?;
        self.take_decrypted(buffer).unwrap_or_else(|| Err(ErrorKind::Interrupted.into()))
    }

    /// Writes everything that was encrypted before, then encrypts as much of `pieces` as fits in
    /// the session. The next write or flush writes that.
    pub(super) fn write(
        &mut self,
        socket: &mut impl Write,
        pieces: &[IoSlice<'_>],
    ) -> io::Result<usize> {
        self.flush(socket)?;
        self.tls.writer().write_vectored(pieces)
    }

    /// Whether something is encrypted and not written.
    pub(super) fn wants_write(&self) -> bool {
        self.tls.wants_write()
    }

    /// Writes what is encrypted.
    pub(super) fn flush(&mut self, socket: &mut impl Write) -> io::Result<()> {
        if self.tls.wants_write() && self.tls.write_tls(socket)? == 0 {
            return Err(ErrorKind::WriteZero.into());
        }
        if self.tls.wants_write() { Err(ErrorKind::Interrupted.into()) } else { Ok(()) }
    }

    /// Encrypts all of `bytes`, and appends to `output` everything that is to be written.
    pub(super) fn encrypt(&mut self, mut bytes: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        loop {
            while self.tls.wants_write() {
                self.tls.write_tls(output)?;
            }
            if bytes.is_empty() {
                return Ok(());
            }
            let len = self.tls.writer().write(bytes)?;
            if len == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            bytes = &bytes[len..];
        }
    }

    /// Whether a read needs no more from the socket: something has been decrypted, or the session
    /// has ended.
    pub(super) fn can_read(&mut self) -> bool {
        self.tls
            .process_new_packets()
            .map_or(true, |state| state.plaintext_bytes_to_read() > 0 || state.peer_has_closed())
    }

    /// Announces the end of our output to the peer, with `close_notify`.
    pub(super) fn close(&mut self, socket: &mut impl Write) -> io::Result<()> {
        self.tls.send_close_notify();
        self.flush(socket)
    }

    /// The session's state, as rustls shows it.
    pub(super) fn state(&self) -> &CommonState {
        &self.tls
    }

    /// Takes what has been decrypted. At the end of the stream that is nothing, or
    /// [`UnexpectedEof`](ErrorKind::UnexpectedEof) without `close_notify`. `None` if more has to be
    /// read first.
    fn take_decrypted(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        match self.tls.reader().read(buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            result => Some(result),
        }
    }
}
