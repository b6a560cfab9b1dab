//! The sending side of a client that connects again.

use std::fmt;
use std::net::TcpStream;
use std::sync::Arc;

use super::super::current_sender::{CurrentSender, SenderHandle};
use super::super::{Error, MaybeTls};
use super::sender::Sender;
use super::sending_methods::sending_methods;
use super::split_stream::SplitStream;
use crate::{Connection, Ending, SendError};

/// The sending side of a [`Reconnecting`](super::Reconnecting) client, for any number of other
/// threads.
///
/// It sends on the connection that is current when a method is called. If that connection is lost
/// meanwhile, the call fails as it does on a [`Sender`], and what it sent is not sent again.
///
/// ```
/// use std::{thread, time::Duration};
///
/// use websocket_proto::SendError;
/// use websocket_proto::io::{Error, blocking::ReconnectingSender};
///
/// /// Reports once a second, whether there is a connection or not, as long as there may be one.
/// fn report(sender: &ReconnectingSender, status: impl Fn() -> String) {
///     while !sender.has_ended() {
///         match sender.send_text(&status()) {
///             Ok(()) | Err(Error::Send(SendError::Disconnected)) => {}
///             Err(error) => println!("{error}"),
///         }
///         thread::sleep(Duration::from_secs(1));
///     }
/// }
/// ```
pub struct ReconnectingSender<S: SplitStream = MaybeTls<TcpStream>> {
    handle: SenderHandle<Sender<S>>,
}

impl<S: SplitStream> ReconnectingSender<S> {
    pub(super) fn new(client: &Arc<CurrentSender<Sender<S>>>) -> Self {
        Self { handle: SenderHandle::new(client) }
    }

    sending_methods!(self: &Self);

    /// Looks at the stream of the current connection, as [`Sender::with_stream`] does; `None`
    /// without one.
    pub fn with_stream<T>(&self, look: impl FnOnce(&S) -> T) -> Option<T> {
        Some(self.handle.sender().ok()?.with_stream(look))
    }

    /// Looks at the protocol state of the current connection, as [`Sender::with_connection`] does;
    /// `None` without one.
    pub fn with_connection<T>(&self, look: impl FnOnce(&Connection) -> T) -> Option<T> {
        Some(self.handle.sender().ok()?.with_connection(look))
    }

    /// How the connection ended that was lost last; `None` if none was lost yet.
    pub fn ending(&self) -> Option<Ending> {
        self.handle.last_ending()
    }

    /// How many messages have not left of the connection that was lost last, as
    /// [`Reconnecting::unsent`](super::Reconnecting::unsent) says.
    pub fn unsent(&self) -> u64 {
        self.handle.last_unsent()
    }

    /// Whether there will be no further connection, as the client has given up, or was closed or
    /// dropped. Sending then fails with [`SendError::Disconnected`] for ever.
    pub fn has_ended(&self) -> bool {
        self.handle.has_ended()
    }

    fn current_writer(&self) -> Result<Arc<Sender<S>>, SendError> {
        self.handle.sender()
    }
}

impl<S: SplitStream> Clone for ReconnectingSender<S> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone() }
    }
}

impl<S: SplitStream> fmt::Debug for ReconnectingSender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}
