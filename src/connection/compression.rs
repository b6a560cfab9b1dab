//! How an application controls the compression (RFC 7692) of a connection that is open.

use super::Connection;
use crate::DeflateContexts;

/// With the feature `deflate`.
impl Connection {
    /// Turns the compression of messages on or off, from the next message on. It is on at first, if
    /// the handshake agreed to compression; otherwise this has no effect. Turn it off for a message
    /// that holds a secret together with text that an attacker may choose, as its length would
    /// reveal something of the secret (RFC 7692 §8).
    ///
    /// ```
    /// use websocket_proto::handshake::DeflateParameters;
    /// use websocket_proto::*;
    ///
    /// let (config, agreed) = (Config::default(), Some(DeflateParameters::default()));
    /// let mut connection = Connection::established(Role::Server, agreed, config, Time::ZERO);
    /// let mut outgoing = Outgoing::new();
    /// connection.send_text(&"news ".repeat(100), &mut outgoing)?;
    /// assert!(outgoing.len() < 50);
    /// connection.set_compression(false);
    /// connection.send_text("the key is 2ab1c0", &mut outgoing)?;
    /// # Ok::<(), SendError>(())
    /// ```
    pub fn set_compression(&mut self, enabled: bool) {
        if let Some(compressor) = &mut self.compressor {
            compressor.enabled = enabled;
        }
    }

    /// Lends contexts for what is received and sent next, if compression was agreed on and the
    /// connection has no contexts of its own. Without this call it makes its own.
    ///
    /// Contexts are large: see [memory](crate::Deflate#memory). Between messages a connection needs
    /// none, or with context takeover just one for sending. So, as with windows, a few are enough
    /// for all connections of a thread: lend them before calling [`receive`](Self::receive), and
    /// take them back when it needs more bytes.
    pub fn lend_contexts(&mut self, contexts: &mut DeflateContexts) {
        contexts.lend(self.reader.decompressor.as_deref_mut(), self.compressor.as_deref_mut());
    }

    /// Takes back the contexts that the next message can do without; none with
    /// [`Deflate::keep_contexts`](crate::Deflate::keep_contexts).
    pub fn take_back_contexts(&mut self, contexts: &mut DeflateContexts) {
        contexts.take_back(self.reader.decompressor.as_deref_mut(), self.compressor.as_deref_mut());
    }
}
