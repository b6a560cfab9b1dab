//! Accepting TCP connections, without stopping at errors.

use std::iter;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// The pause after an error, in which its cause may go away.
const ERROR_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections for ever. After an error, such as a lack of file descriptors or a client
/// that has already disconnected, this pauses for a moment and goes on.
///
/// [The page of the adapter](super#a-server) has an example.
pub fn incoming(listener: &TcpListener) -> impl Iterator<Item = TcpStream> {
    iter::repeat_with(|| accept_once(listener)).flatten()
}

/// The next connection, or `None` after an error and the pause for it.
pub(super) fn accept_once(listener: &TcpListener) -> Option<TcpStream> {
    match listener.accept() {
        Ok((stream, _)) => Some(stream),
        Err(_) => {
            thread::sleep(ERROR_PAUSE);
            None
        }
    }
}
