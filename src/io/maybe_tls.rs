//! One type of stream for `ws://` and `wss://`.

use super::tls::Session;

/// A stream with TLS around it, or as it is.
///
/// What the adapters' `connect` gives, for both schemes and with or without the feature `tls`. It
/// is a stream itself, of the same adapter as the one inside.
///
/// An end that the peer did not announce with TLS's own `close_notify`, as many do not, is
/// [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof) to who reads from this. A WebSocket takes it
/// for an ordinary end: whether it was cut off is told by its Close frames.
///
/// ```no_run
/// use websocket_proto::io::blocking::connect;
///
/// let mut socket = connect("ws://127.0.0.1:9001/")?;
/// let stream = socket.writer().stream();
/// println!("{}, encrypted: {}", stream.inner().peer_addr()?, stream.is_tls());
/// # Ok::<(), websocket_proto::io::Error>(())
/// ```
#[derive(Debug)]
pub struct MaybeTls<S> {
    pub(super) stream: S,
    /// Boxed, so that a plain connection does not pay for it.
    pub(super) session: Option<Box<Session>>,
}

impl<S> MaybeTls<S> {
    /// A stream without TLS.
    pub fn plain(stream: S) -> Self {
        Self { stream, session: None }
    }

    /// Whether there is TLS around the stream.
    pub fn is_tls(&self) -> bool {
        self.session.is_some()
    }

    /// The stream inside.
    pub fn inner(&self) -> &S {
        &self.stream
    }

    /// The stream inside. What is read from or written to it directly breaks the TLS around it.
    pub fn inner_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Puts another stream inside, made from the one that was: one that reads elsewhere, say.
    pub fn map<T>(self, into: impl FnOnce(S) -> T) -> MaybeTls<T> {
        MaybeTls { stream: into(self.stream), session: self.session }
    }
}
