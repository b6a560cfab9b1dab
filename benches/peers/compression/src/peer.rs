//! What a crate has to do to be compared.

use common::Text;
use futures_util::FutureExt;

/// A connection whose handshake is over.
pub(crate) trait Peer {
    /// Reads this number of text messages and shows each to `see`.
    fn receive(&mut self, messages: usize, see: &mut dyn FnMut(&[u8]));

    /// Sends the messages one by one: writes each before it begins the next.
    fn send(&mut self, messages: &[Text]);
}

/// The output of a future that has nothing to wait for.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("in memory nothing waits")
}
