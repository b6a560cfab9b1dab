//! TLS around a blocking stream.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use super::super::MaybeTls;
use super::stream::Stream;

/// Starts TLS as a client over a connected stream. `host` is the name or the address of the server.
///
/// The handshake takes at most `timeout`.
///
/// # Errors
///
/// If the server's certificate is not trusted, or the server does not speak TLS;
/// [`TimedOut`](ErrorKind::TimedOut); the errors of the stream.
#[cfg(feature = "tls")]
pub fn tls_client<S: Stream>(
    stream: S,
    tls: &super::super::tls::ClientTls,
    host: &str,
    timeout: Duration,
) -> io::Result<MaybeTls<S>> {
    do_handshake(MaybeTls::plain(stream).with_session(tls.session(host)?), timeout)
}

/// Starts TLS as a server over a stream that a client has connected.
///
/// The handshake takes at most `timeout`.
///
/// # Errors
///
/// If the client does not speak TLS or does not trust our certificate;
/// [`TimedOut`](ErrorKind::TimedOut); the errors of the stream.
#[cfg(feature = "tls")]
pub fn tls_server<S: Stream>(
    stream: S,
    tls: &super::super::tls::ServerTls,
    timeout: Duration,
) -> io::Result<MaybeTls<S>> {
    do_handshake(MaybeTls::plain(stream).with_session(tls.session()?), timeout)
}

/// Does the handshake of the session around the stream.
pub(super) fn do_handshake<S: Stream>(
    mut secured: MaybeTls<S>,
    timeout: Duration,
) -> io::Result<MaybeTls<S>> {
    let MaybeTls { stream, session: Some(session) } = &mut secured else { return Ok(secured) };
    let start = Instant::now();
    loop {
        let remaining = timeout.saturating_sub(start.elapsed());
        if remaining.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(remaining))?;
        stream.set_write_timeout(Some(remaining))?;
        match session.handshake(stream) {
            Ok(()) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // The stream timed out, which the next pass of the loop reports as `TimedOut` on all
            // systems.
            Err(error) if error.kind() == ErrorKind::WouldBlock && start.elapsed() >= timeout => {}
            Err(error) => return Err(error),
        }
    }
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)?;
    Ok(secured)
}

impl<S: Stream> Stream for MaybeTls<S> {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_write_timeout(timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        if let (Some(session), Shutdown::Write | Shutdown::Both) = (&mut self.session, how) {
            // A peer that takes nothing any more does not need `close_notify`.
            let _ = session.close(&mut self.stream);
        }
        self.stream.shutdown(how)
    }

    fn disable_send_delay(&mut self) -> io::Result<()> {
        self.stream.disable_send_delay()
    }

    fn has_timeouts(&self) -> bool {
        self.stream.has_timeouts()
    }
}

/// With TLS a read may return [`Interrupted`](ErrorKind::Interrupted): something arrived, and more
/// has to before it can be decrypted. Read again, as `read_exact` and similar methods do.
impl<S: Read> Read for MaybeTls<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.session {
            Some(session) => session.read(&mut self.stream, buffer),
            None => self.stream.read(buffer),
        }
    }
}

/// With TLS, what is written may wait for the next write or flush. Both may return
/// [`Interrupted`](ErrorKind::Interrupted): something was written, and more has to be. Call again.
impl<S: Write> Write for MaybeTls<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match &mut self.session {
            Some(session) => session.write(&mut self.stream, pieces),
            None => self.stream.write_vectored(pieces),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(session) = &mut self.session {
            session.flush(&mut self.stream)?;
        }
        self.stream.flush()
    }
}
