//! From a stream to an open WebSocket.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::super::{OsEntropy, Refused};
use super::{Error, WebSocket, Wire, Writer};
use crate::handshake::{Acceptance, ClientRequest, Rejection, Request};
use crate::{Config, Connection, Event, Incoming, Outgoing, SendError};

pub(in crate::io) async fn accept_with<W: Wire>(
    wire: W,
    config: Arc<Config>,
    decide: impl AsyncFnOnce(&Request<'_>) -> Result<Acceptance, Rejection>,
) -> Result<WebSocket<W>, Error> {
    let connection = Connection::server(config, wire.now());
    let mut socket = WebSocket::assemble(wire, connection, Incoming::new(), Outgoing::new());
    match socket.step().await? {
        (Event::Request(request), writer) => {
            if let Err(error) = writer.decide(decide(&request)).await {
                let _ = socket.see_through().await;
                return Err(error);
            }
        }
        (event, _) => return Err(ended(Some(event))),
    }
    if !socket.writer.connection.is_open() {
        return Err(Error::Ended(Box::new(socket.see_through().await?)));
    }
    socket.writer.flush().await?;
    Ok(socket)
}

pub(in crate::io) async fn client<W: Wire>(
    wire: W,
    request: &ClientRequest,
    config: Arc<Config>,
) -> Result<WebSocket<W>, Error> {
    let mut outgoing = Outgoing::new();
    let connection = Connection::client(request, config, wire.now(), &OsEntropy, &mut outgoing)?;
    let mut socket = WebSocket::assemble(wire, connection, Incoming::new(), outgoing);
    match socket.step().await? {
        (Event::Open(_), _) => Ok(socket),
        (Event::Refused(_), _) => match Refused::take(socket.receiving.incoming()) {
            Some(refused) => Err(Error::Refused(Box::new(refused))),
            None => Err(Error::Send(SendError::Closed)),
        },
        (event, _) => Err(ended(Some(event))),
    }
}

fn ended(event: Option<Event<'_>>) -> Error {
    match event {
        Some(Event::Ended(ending)) => Error::Ended(Box::new(ending.clone())),
        _ => Error::Send(SendError::NotOpen),
    }
}

impl<W: Wire> Writer<W> {
    /// Answers as decided, unless the deadline of the handshake comes first.
    async fn decide(
        &mut self,
        decision: impl Future<Output = Result<Acceptance, Rejection>>,
    ) -> Result<(), Error> {
        let mut decision = pin!(decision);
        let decided = poll_fn(|cx| match decision.as_mut().poll(cx) {
            Poll::Ready(decided) => Poll::Ready(Some(decided)),
            Poll::Pending => self.poll_deadline(cx).map(|()| None),
        });
        match decided.await {
            Some(decided) => self.answer(decided),
            None => Ok(()),
        }
    }
}

impl<W: Wire> WebSocket<W> {
    /// The next event of a handshake. A failed one is seen through first, so that the peer gets
    /// its answer.
    async fn step(&mut self) -> Result<(Event<'_>, &mut Writer<W>), Error> {
        match self.next().await {
            Ok(_) => {}
            Err(Error::Protocol(error)) => {
                let _ = self.see_through().await;
                return Err(error.into());
            }
            Err(error) => return Err(error),
        }
        let event = self.receiving.event();
        event.map(|event| (event, &mut self.writer)).ok_or(Error::Send(SendError::Closed))
    }
}
