//! The opening handshake, from a stream to an open WebSocket.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use super::super::{OsEntropy, Refused};
use super::{Error, WebSocket, Wire, Writer};
#[cfg(feature = "h2")]
use crate::Role;
#[cfg(feature = "h2")]
use crate::handshake::DeflateParameters;
use crate::handshake::{Acceptance, ClientRequest, Rejection, Request};
use crate::{Config, Connection, Event, Incoming, Outgoing, SendError};

/// The future of a server's decision on a request, in a box: what a function returns that decides
/// for generic code.
///
/// A task that is spawned has to be `Send`, and stable Rust cannot demand that of the future of an
/// `AsyncFnOnce`. This one is. The page of each adapter's `accept_with` has an example.
pub type Decision<'r> = Pin<Box<dyn Future<Output = Result<Acceptance, Rejection>> + Send + 'r>>;

/// Accepts a WebSocket as a server, if `decide` does.
pub(in crate::io) async fn accept_with<W: Wire>(
    wire: W,
    config: Arc<Config>,
    decide: impl AsyncFnOnce(&Request<'_>) -> Result<Acceptance, Rejection>,
) -> Result<WebSocket<W>, Error> {
    let connection = Connection::server(config, wire.now());
    let mut socket = WebSocket::assemble(wire, connection, Incoming::new(), Outgoing::new());
    match socket.next_handshake_event().await? {
        (Event::Request(request), writer) => {
            writer.trace.note_asked(&request);
            if let Err(error) = writer.answer_when_decided(decide(&request)).await {
                let _ = socket.receive_until_ended().await;
                return Err(error);
            }
        }
        (event, _) => return Err(unexpected(event)),
    }
    if !socket.sides.writer.connection.is_open() {
        return Err(Error::Ended(Box::new(socket.receive_until_ended().await?)));
    }
    socket.sides.receive_side.forget_event();
    socket.sides.writer.flush().await?;
    socket.sides.writer.trace.note_open(&socket.sides.writer.connection);
    Ok(socket)
}

/// Opens a WebSocket as a client.
pub(in crate::io) async fn client<W: Wire>(
    wire: W,
    request: &ClientRequest,
    config: Arc<Config>,
) -> Result<WebSocket<W>, Error> {
    let mut outgoing = Outgoing::new();
    let connection = Connection::client(request, config, wire.now(), &OsEntropy, &mut outgoing)?;
    let mut socket = WebSocket::assemble(wire, connection, Incoming::new(), outgoing);
    socket.sides.writer.trace.note_asking(request);
    match socket.next_handshake_event().await? {
        (Event::Open(_), writer) => {
            writer.trace.note_open(&writer.connection);
            Ok(socket)
        }
        (Event::Refused(response), writer) => {
            writer.trace.note_refused(response.status());
            match Refused::take(socket.sides.receive_side.incoming()) {
                Some(refused) => Err(Error::Refused(Box::new(refused))),
                None => Err(Error::Send(SendError::Closed)),
            }
        }
        (event, _) => Err(unexpected(event)),
    }
}

/// A client's WebSocket in a stream that HTTP/2 has opened for it, with this response.
#[cfg(feature = "h2")]
pub(in crate::io) fn opened<W: Wire>(
    wire: W,
    request: &ClientRequest,
    agreed: Option<DeflateParameters>,
    config: Arc<Config>,
    head: &[u8],
) -> WebSocket<W> {
    let role = Role::Client(&OsEntropy);
    let mut socket = WebSocket::new_established(wire, role, agreed, config, &[]);
    socket.sides.receive_side.incoming().deliver_response(head);
    socket.sides.writer.trace.note_asking(request);
    socket.sides.writer.trace.note_open(&socket.sides.writer.connection);
    socket
}

/// The error of a handshake in which this event arrives instead of the expected one.
fn unexpected(event: Event<'_>) -> Error {
    if let Event::Ended(ending) = event {
        Error::Ended(Box::new(ending.clone()))
    } else {
        Error::Send(SendError::NotOpen)
    }
}

impl<W: Wire> Writer<W> {
    /// Waits for the decision and answers the request, unless the handshake's deadline passes
    /// first.
    async fn answer_when_decided(
        &mut self,
        decision: impl Future<Output = Result<Acceptance, Rejection>>,
    ) -> Result<(), Error> {
        let mut decision = pin!(decision);
        let decided = poll_fn(|cx| match decision.as_mut().poll(cx) {
            Poll::Ready(decided) => Poll::Ready(Some(decided)),
            Poll::Pending => self.poll_deadline(self.connection.poll_timeout(), cx).map(|()| None),
        });
        match decided.await {
            Some(decided) => self.answer(decided),
            None => Ok(()),
        }
    }
}

impl<W: Wire> WebSocket<W> {
    /// The next event of the handshake. If the handshake has failed, this first receives until the
    /// end, so that the peer gets its answer.
    async fn next_handshake_event(&mut self) -> Result<(Event<'_>, &mut Writer<W>), Error> {
        match self.receive().await {
            Ok(_) => {}
            Err(error @ (Error::Protocol(_) | Error::BadResponse(_))) => {
                let _ = self.receive_until_ended().await;
                return Err(error);
            }
            // A response that has arrived says more, even if the rest of its body does not come.
            Err(Error::Io(error)) => match self.receive().await {
                Ok(Some((Event::Refused(_), _))) => {}
                _ => return Err(error.into()),
            },
            Err(error) => return Err(error),
        }
        // Who decides may take long, and so may whoever has the socket before it first receives.
        self.sides.receive_side.give_back_memory();
        let event = self.sides.receive_side.event();
        event.map(|event| (event, &mut self.sides.writer)).ok_or(Error::Send(SendError::Closed))
    }
}
