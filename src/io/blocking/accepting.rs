//! Accepting connections.

use std::iter;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// How long an error of accepting is left to pass.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections for ever. An error, as where there are no file descriptors left or a client
/// has gone already, is waited out and accepting goes on.
///
/// [The page of the adapter](super#a-server) has an example.
pub fn incoming(listener: &TcpListener) -> impl Iterator<Item = TcpStream> {
    iter::repeat_with(|| accepted(listener)).flatten()
}

/// The next connection, or `None` after an error that was given time to pass.
pub(super) fn accepted(listener: &TcpListener) -> Option<TcpStream> {
    match listener.accept() {
        Ok((stream, _)) => Some(stream),
        Err(_) => {
            thread::sleep(PAUSE);
            None
        }
    }
}
