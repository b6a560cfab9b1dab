//! The messages of a client that connects again, as an iterator.

use super::super::Error;
use super::super::reconnect::Step;
use super::reconnecting::{Halves, Reconnecting};
use super::split_stream::SplitStream;
use crate::{Delivery, Message};

/// The messages and control frames of all connections, owned.
///
/// What happens in between is an item, too, and the iterator goes on: [`Error::Ended`] for a
/// connection that was lost, and the error of an attempt to connect that failed. It ends when there
/// will be no further attempt. With [`Delivery::Streaming`] the items are
/// [`Error::StreamingDelivery`]. [`receive`](Reconnecting::receive) reports more: new connections,
/// and why it gave up.
///
/// ```no_run
/// # use websocket_proto::backoff::Backoff;
/// # use websocket_proto::io::blocking::Reconnecting;
/// # use websocket_proto::{Config, handshake::ClientRequest};
/// # let request = ClientRequest::new("ws://127.0.0.1:9001/")?;
/// let client = Reconnecting::new(request, Config::default(), Backoff::default());
/// let sender = client.sender();
/// for message in client {
///     match message {
///         // If the connection is lost meanwhile, that is the next item.
///         Ok(message) => drop(sender.send_message(&message)),
///         Err(error) => println!("{error}"),
///     }
/// }
/// # Ok::<(), websocket_proto::io::Error>(())
/// ```
impl<S: SplitStream> Iterator for Reconnecting<S> {
    type Item = Result<Message, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.step() {
                Step::Event => {
                    let Halves { receiver, sender, .. } = self.machine.socket().ok()?;
                    if let Some(message) = receiver.incoming.take_message() {
                        return Some(Ok(message));
                    }
                    if sender.with_connection(|connection| connection.config().delivery)
                        == Delivery::Streaming
                    {
                        return Some(Err(Error::StreamingDelivery));
                    }
                }
                Step::Lost(ending) => return Some(Err(Error::Ended(Box::new(ending)))),
                Step::Failed(error) => return Some(Err(error)),
                Step::Connected | Step::Waiting(_) => {}
                Step::GaveUp(_) | Step::Ended => return None,
            }
        }
    }
}
