//! The opening handshake, from a stream to an open WebSocket.

use std::sync::Arc;

use super::super::{Error, OsEntropy, Refused, default_config};
use super::stream::Stream;
use super::web_socket::WebSocket;
use super::wire::Wire;
use super::writer::Writer;
use crate::handshake::{Acceptance, ClientRequest, Rejection, Request};
use crate::{Config, Connection, Event, Incoming, Outgoing, SendError};

/// Accepts a WebSocket as a server, whatever the request asks for.
///
/// Where cookies are in use, look at the request with [`accept_with`]: browsers let any page
/// connect.
///
/// # Errors
///
/// As for [`accept_with`].
pub fn accept<S: Stream>(stream: S) -> Result<WebSocket<S>, Error> {
    accept_with(stream, default_config(), |_| Ok(Acceptance::new()))
}

/// Accepts a WebSocket as a server if `decide` does.
///
/// This makes the stream [send without delay](Stream::disable_send_delay): it turns Nagle's
/// algorithm off.
///
/// # Errors
///
/// [`Error::Protocol`] for a bad request and [`Error::Ended`] for a rejected one, after the
/// answer has been delivered. [`Error::Ended`] with
/// [`EndCause::HealthCheck`](crate::EndCause::HealthCheck) if the request was for
/// [`Config::health_check`], which is no trouble. [`Error::Answer`] if `decide` chose a subprotocol
/// that the client did not offer, made a malformed answer and left with `?`, accepted a request that
/// asks for no WebSocket, or answered one that does with 200; the client receives a 500 then.
/// [`Error::Io`] if the stream failed.
pub fn accept_with<S: Stream>(
    mut stream: S,
    config: impl Into<Arc<Config>>,
    decide: impl FnOnce(&Request<'_>) -> Result<Acceptance, Rejection>,
) -> Result<WebSocket<S>, Error> {
    // If this fails, everything still works, only later.
    let _ = stream.disable_send_delay();
    let wire = Wire::new(stream);
    let connection = Connection::server(config, wire.now());
    let mut socket = WebSocket::assemble(wire, connection, Incoming::new(), Outgoing::new());
    let (mut decide, mut answer_error) = (Some(decide), None);
    loop {
        match socket.next_handshake_event()? {
            (Event::Request(request), writer) => {
                writer.trace.note_asked(&request);
                if let Some(decide) = decide.take() {
                    answer_error = writer.answer(decide(&request)).err();
                }
            }
            (Event::Ended(ending), _) => {
                let ended = || Error::Ended(Box::new(ending.clone()));
                return Err(answer_error.map_or_else(ended, Error::Answer));
            }
            _ => {}
        }
        if socket.writer.connection.is_open() {
            socket.writer.flush()?;
            socket.writer.trace.note_open(&socket.writer.connection);
            return Ok(socket);
        }
    }
}

/// Opens a WebSocket as a client over a connected stream.
///
/// # Errors
///
/// [`Error::Refused`] if the server answered with something other than a WebSocket,
/// [`Error::BadResponse`] if its response is wrong, [`Error::Ended`] if there was none,
/// [`Error::Request`] if the system has no random bytes, [`Error::Io`] if the stream failed.
///
/// # Examples
///
/// ```no_run
/// use std::net::TcpStream;
/// use websocket_proto::io::blocking::client;
/// use websocket_proto::{Config, handshake::ClientRequest};
///
/// // Through a tunnel, for example; the URL is that of the server at its other end.
/// let stream = TcpStream::connect("127.0.0.1:2222")?;
/// let request = ClientRequest::new("ws://example.com/chat")?;
/// let socket = client(stream, &request, Config::default())?;
/// # Ok::<(), websocket_proto::io::Error>(())
/// ```
pub fn client<S: Stream>(
    stream: S,
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
) -> Result<WebSocket<S>, Error> {
    let wire = Wire::new(stream);
    let mut outgoing = Outgoing::new();
    let connection = Connection::client(request, config, wire.now(), &OsEntropy, &mut outgoing)?;
    let mut socket = WebSocket::assemble(wire, connection, Incoming::new(), outgoing);
    socket.writer.trace.note_asking(request);
    loop {
        match socket.next_handshake_event()? {
            (Event::Open(_), writer) => {
                writer.trace.note_open(&writer.connection);
                return Ok(socket);
            }
            (Event::Refused(response), writer) => {
                writer.trace.note_refused(response.status());
                break;
            }
            (Event::Ended(ending), _) => return Err(Error::Ended(Box::new(ending.clone()))),
            _ => {}
        }
    }
    match Refused::take(&mut socket.incoming) {
        Some(refused) => Err(Error::Refused(Box::new(refused))),
        None => Err(Error::Send(SendError::Closed)),
    }
}

impl<S: Stream> WebSocket<S> {
    /// The next event of the handshake.
    fn next_handshake_event(&mut self) -> Result<(Event<'_>, &mut Writer<S>), Error> {
        match self.receive() {
            Ok(Some(_)) => {}
            Ok(None) => return Err(Error::Send(SendError::Closed)),
            // A response that has arrived says more, even if the rest of its body does not come.
            Err(Error::Io(error)) => match self.receive() {
                Ok(Some((Event::Refused(_), _))) => {}
                _ => return Err(error.into()),
            },
            Err(error) => return Err(error),
        }
        let event = self.incoming.event();
        event.map(|event| (event, &mut self.writer)).ok_or(Error::Send(SendError::Closed))
    }
}
