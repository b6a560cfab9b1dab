//! Splitting a socket between threads.

use super::locked::Locked;
use super::receiver::Receiver;
use super::sender::Sender;
use super::shared::Shared;
use super::split_stream::SplitStream;
use super::web_socket::WebSocket;

impl<S: SplitStream> WebSocket<S> {
    /// Splits the socket into a side that sends, for any number of threads, and one that receives.
    /// Pings and Close frames are still answered without the application. See [several
    /// threads](super#several-threads).
    ///
    /// The stream has to be a blocking one. The two sides share a second handle to its socket; if
    /// the system has no more handles, the connection fails, and [`Receiver::receive`] says why.
    pub fn split(self) -> (Sender<S>, Receiver<S>) {
        let Self { incoming, writer, unreported } = self;
        let socket = writer.stream().socket();
        let mut locked = Locked::new(writer);
        let socket = socket.map_err(|error| locked.failure = locked.fail(error).err()).ok();
        let apart = locked.writer.connection.detach_reader();
        let shared = Shared::new(locked, socket);
        (Sender::new(shared.clone()), Receiver::new(incoming, unreported, apart, shared))
    }
}
