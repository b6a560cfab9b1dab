//! What an application can say about compression (RFC 7692) while it goes on.

use super::Connection;
use crate::DeflateContexts;

/// With the feature `deflate`.
impl Connection {
    /// Whether messages are compressed from the next on, where that was agreed on; they are until
    /// this is called. Not for messages that hold a secret beside what an attacker may choose: the
    /// length would tell of it (RFC 7692 §8).
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

    /// Lends contexts for what is received and sent next, where compression was agreed on and the
    /// connection has none. Without this it makes its own.
    ///
    /// Contexts are large: see [memory](crate::Deflate#memory). Between messages a connection needs
    /// none, or with context takeover just one to send. So as with windows, a few are enough for
    /// all connections of a thread: lend them before a read is received, and take them back
    /// behind it.
    pub fn lend_contexts(&mut self, contexts: &mut DeflateContexts) {
        contexts.lend(self.reader.decompressor.as_deref_mut(), self.compressor.as_deref_mut());
    }

    /// Takes back the contexts that the next message can do without; none with
    /// [`Deflate::keep_contexts`](crate::Deflate::keep_contexts).
    pub fn take_back_contexts(&mut self, contexts: &mut DeflateContexts) {
        contexts.take_back(self.reader.decompressor.as_deref_mut(), self.compressor.as_deref_mut());
    }
}
