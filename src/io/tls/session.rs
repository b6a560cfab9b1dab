//! A TLS session, for all adapters.

use std::io::{self, ErrorKind, IoSlice, Read, Write};

use rustls::{CommonState, Connection};

#[cfg(feature = "h2")]
use super::ALPN_HTTP2;
use super::layer::Layer;

/// A TLS session, which stands beside its socket. Between the two may be another one, with a proxy.
///
/// No call reads or writes the socket more than once, so that callers can look at the clock in
/// between: if more is needed, the error is [`Interrupted`](io::ErrorKind::Interrupted). Errors of
/// the socket are passed on, and nothing is lost.
#[derive(Debug)]
pub(in crate::io) struct Session {
    top: Layer,
    below: Option<Box<Layer>>,
}

impl Session {
    pub(super) fn new(tls: impl Into<Connection>) -> Self {
        Self { top: Layer::new(tls), below: None }
    }

    /// Puts this session over another one.
    pub(in crate::io) fn over(mut self: Box<Self>, below: Option<Box<Self>>) -> Box<Self> {
        self.below = below.map(|session| Box::new(session.top));
        self
    }

    /// Whether the server has chosen HTTP/2.
    #[cfg(feature = "h2")]
    pub(in crate::io) fn has_chosen_http2(&self) -> bool {
        self.state().alpn_protocol() == Some(ALPN_HTTP2)
    }

    /// Goes on with the handshake. `Ok` when it is complete and all of our part is written.
    pub(in crate::io) fn handshake(&mut self, socket: &mut (impl Read + Write)) -> io::Result<()> {
        self.flush(socket)?;
        let Self { top, below: Some(below) } = self else { return self.top.handshake(socket) };
        let result = top.handshake(&mut Below { layer: below, socket });
        // An alert, if it has failed.
        let _ = below.flush(socket);
        result
    }

    /// Reads what has been decrypted, after reading from the socket once if there is nothing.
    pub(in crate::io) fn read(
        &mut self,
        socket: &mut impl Read,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        match &mut self.below {
            Some(layer) => self.top.read(&mut Below { layer, socket }, buffer),
            None => self.top.read(socket, buffer),
        }
    }

    /// Writes everything that was encrypted before, then encrypts as much of `pieces` as fits in
    /// the session. The next write or flush writes that.
    pub(in crate::io) fn write(
        &mut self,
        socket: &mut impl Write,
        pieces: &[IoSlice<'_>],
    ) -> io::Result<usize> {
        match &mut self.below {
            Some(layer) => self.top.write(&mut Below { layer, socket }, pieces),
            None => self.top.write(socket, pieces),
        }
    }

    /// Writes what is encrypted.
    pub(in crate::io) fn flush(&mut self, socket: &mut impl Write) -> io::Result<()> {
        let Some(layer) = &mut self.below else { return self.top.flush(socket) };
        if layer.wants_write() {
            layer.flush(socket)?;
            // More would be a second write.
            return if self.top.wants_write() {
                Err(ErrorKind::Interrupted.into())
            } else {
                Ok(())
            };
        }
        self.top.flush(&mut Below { layer, socket })?;
        layer.flush(socket)
    }

    /// Encrypts all of `bytes`, and appends to `output` everything that is to be written.
    pub(in crate::io) fn encrypt(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        let Some(below) = &mut self.below else { return self.top.encrypt(bytes, output) };
        let mut records = Vec::new();
        self.top.encrypt(bytes, &mut records)?;
        below.encrypt(&records, output)
    }

    /// Whether a read needs no more from the socket: something has been decrypted, or the session
    /// has ended.
    pub(in crate::io) fn can_read(&mut self) -> bool {
        self.top.can_read() || self.below.as_mut().is_some_and(|below| below.can_read())
    }

    /// Announces the end of our output to the peer, with `close_notify`.
    pub(in crate::io) fn close(&mut self, socket: &mut impl Write) -> io::Result<()> {
        let Some(layer) = &mut self.below else { return self.top.close(socket) };
        self.top.close(&mut Below { layer, socket })?;
        layer.close(socket)
    }

    /// The session's state, as rustls shows it.
    pub(in crate::io) fn state(&self) -> &CommonState {
        self.top.state()
    }
}

/// The layer below and its socket, as the socket of the layer above.
struct Below<'a, S> {
    layer: &'a mut Layer,
    socket: &'a mut S,
}

impl<S: Read> Read for Below<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.layer.read(self.socket, buffer)
    }
}

impl<S: Write> Write for Below<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.layer.write(self.socket, pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.layer.flush(self.socket)
    }
}
