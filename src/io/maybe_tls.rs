//! The one type of stream for `ws://` and `wss://`.

use super::tls::Session;

/// A stream with or without TLS around it.
///
/// The adapters' `connect` returns a WebSocket over it, for both schemes and with or without the
/// feature `tls`. It is itself a stream, of the same adapter as the stream inside.
///
/// If the peer ends the stream without TLS's own `close_notify`, as many peers do, reading returns
/// [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof). A WebSocket takes that for an ordinary
/// end, since its Close frames show whether something is missing.
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
    /// Boxed, so that a connection without TLS does not pay for it.
    pub(super) session: Option<Box<Session>>,
}

impl<S> MaybeTls<S> {
    /// Wraps a stream without TLS.
    pub fn plain(stream: S) -> Self {
        Self { stream, session: None }
    }

    /// Puts a session around the stream, over the one that may be there. Its handshake is still to
    /// be done.
    pub(super) fn with_session(self, session: Box<Session>) -> Self {
        Self { session: Some(session.over(self.session)), ..self }
    }

    /// Whether there is TLS around the stream. For a `ws://` URL it ends at an `https` proxy.
    pub fn is_tls(&self) -> bool {
        self.session.is_some()
    }

    /// The TLS session, with the peer's certificates, the version and the choice of ALPN. `None`
    /// for a stream without TLS. Through an `https` proxy it is the server's, or for a `ws://` URL
    /// the proxy's.
    ///
    /// [`CommonState`](rustls::CommonState) is a type of rustls 0.23, and changes with it.
    #[cfg(feature = "tls")]
    pub fn session(&self) -> Option<&rustls::CommonState> {
        self.session.as_deref().map(Session::state)
    }

    /// Whether the server has chosen HTTP/2.
    #[cfg(feature = "h2")]
    pub(super) fn has_chosen_http2(&self) -> bool {
        self.session.as_deref().is_some_and(Session::has_chosen_http2)
    }

    /// The stream inside.
    pub fn inner(&self) -> &S {
        &self.stream
    }

    /// The stream inside. Reading from it or writing to it directly breaks the TLS around it.
    pub fn inner_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Replaces the stream inside by one that `into` makes of it, for example one that counts
    /// bytes.
    pub fn map<T>(self, into: impl FnOnce(S) -> T) -> MaybeTls<T> {
        MaybeTls { stream: into(self.stream), session: self.session }
    }
}
