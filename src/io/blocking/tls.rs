//! TLS around a blocking stream.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use super::super::MaybeTls;
use super::super::tls::{ClientTls, Session};
use super::Stream;

/// Starts TLS as a client with `host`, a name or an address, over a connected stream. It takes at
/// most `timeout`.
///
/// # Errors
///
/// If the server's certificate is not to be trusted, or the server speaks no TLS;
/// [`TimedOut`](ErrorKind::TimedOut); what the stream fails with.
#[cfg_attr(not(feature = "tls"), expect(unreachable_pub, reason = "public with the feature"))]
pub fn tls_client<S: Stream>(
    stream: S,
    tls: &ClientTls,
    host: &str,
    timeout: Duration,
) -> io::Result<MaybeTls<S>> {
    start(stream, tls.session(host)?, timeout)
}

/// Starts TLS as a server over a stream that a client has connected. It takes at most `timeout`.
///
/// # Errors
///
/// If the client speaks no TLS or does not trust our certificate;
/// [`TimedOut`](ErrorKind::TimedOut); what the stream fails with.
#[cfg(feature = "tls")]
pub fn tls_server<S: Stream>(
    stream: S,
    tls: &super::super::tls::ServerTls,
    timeout: Duration,
) -> io::Result<MaybeTls<S>> {
    start(stream, tls.session()?, timeout)
}

fn start<S: Stream>(
    mut stream: S,
    mut session: Session,
    timeout: Duration,
) -> io::Result<MaybeTls<S>> {
    let start = Instant::now();
    loop {
        let left = timeout.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        stream.set_write_timeout(Some(left))?;
        match session.handshake(&mut stream) {
            Ok(()) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // A timeout of the stream, in words that do not depend on the system.
            Err(error) if error.kind() == ErrorKind::WouldBlock && start.elapsed() >= timeout => {}
            Err(error) => return Err(error),
        }
    }
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)?;
    Ok(MaybeTls { stream, session: Some(Box::new(session)) })
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
            // The peer gets along without, if it takes nothing any more.
            let _ = session.close(&mut self.stream);
        }
        self.stream.shutdown(how)
    }

    fn send_at_once(&mut self) -> io::Result<()> {
        self.stream.send_at_once()
    }

    fn has_timeouts(&self) -> bool {
        self.stream.has_timeouts()
    }
}

/// With TLS a read may end with [`Interrupted`](ErrorKind::Interrupted): something came, and more
/// has to. Read again, as `read_exact` and its like do.
impl<S: Read> Read for MaybeTls<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.session {
            Some(session) => session.read(&mut self.stream, buffer),
            None => self.stream.read(buffer),
        }
    }
}

/// With TLS, what is written may wait for the next write or flush, and both may end with
/// [`Interrupted`](ErrorKind::Interrupted): something left, and more has to.
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
