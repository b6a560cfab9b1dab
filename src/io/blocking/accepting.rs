//! Accepting connections.

use std::iter;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// How long accepting pauses after an error, so that what caused it can pass.
const ERROR_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections for ever. After an error, such as a lack of file descriptors or a client
/// that has already gone, accepting goes on when a short pause is over.
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
