//! A client that connects again.

use std::fmt;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::super::clock::time_at;
use super::super::reconnect::{ReconnectMachine, State, Step};
use super::super::{Dial, Error, MaybeTls, Update};
use super::connect::dial;
use super::received::Received;
use super::sending_methods::sending_methods;
use super::stream::Stream;
use super::web_socket::WebSocket;
use super::writer::Writer;
use crate::backoff::Backoff;
use crate::handshake::ClientRequest;
use crate::{CloseCode, Config, Ending, Event, SendError, Time};

/// A client that connects again when it has lost its connection, as its [`Backoff`] says.
///
/// Every loss and every new connection is reported to the application ([`Update`]), because the
/// server of a new connection knows nothing of the previous one. Nothing is queued in between:
/// sending without a connection fails with [`SendError::Disconnected`]. If sending fails for
/// another reason, or after [`abort`](Self::abort), [`receive`](Self::receive) reports the loss.
///
/// ```no_run
/// use websocket_proto::backoff::Backoff;
/// use websocket_proto::io::{Update, blocking::Reconnecting};
/// use websocket_proto::{Config, Event, handshake::ClientRequest};
///
/// let request = ClientRequest::new("ws://127.0.0.1:9001/")?;
/// let mut client = Reconnecting::new(request, Config::default(), Backoff::default());
/// while let Some(update) = client.receive() {
///     match update {
///         // Without `?`: if the connection is lost again, `Update::Lost` says so next.
///         Update::Connected(_, writer) => drop(writer.send_text("subscribe")),
///         Update::Event(Event::Text(text), _) => println!("{text}"),
///         Update::Event(..) => {}
///         Update::Lost(ending) => println!("lost the connection: {ending}"),
///         Update::Failed(error) => println!("cannot connect: {error}"),
///         Update::Waiting(delay) => println!("next attempt in {delay:?}"),
///         Update::GaveUp(reason) => println!("giving up: {reason}"),
///     }
/// }
/// # Ok::<(), websocket_proto::io::Error>(())
/// ```
///
#[doc = include_str!("../reconnect.md")]
#[doc = include_str!("../../backoff/default_advice.md")]
pub struct Reconnecting<S: Stream = MaybeTls<TcpStream>> {
    dial: Box<dyn FnMut() -> Result<WebSocket<S>, Error> + Send>,
    /// A wait is kept as its start and its delay.
    machine: ReconnectMachine<(), WebSocket<S>, (Instant, Duration)>,
    /// What has happened and is reported next.
    next_step: Option<Step>,
}

impl Reconnecting<MaybeTls<TcpStream>> {
    /// A client that connects as [`connect_with`](super::connect_with) does, for the first time in
    /// [`receive`](Self::receive).
    pub fn new(request: ClientRequest, config: impl Into<Arc<Config>>, backoff: Backoff) -> Self {
        Self::with_options(request, config, Dial::new(), backoff)
    }

    /// A client that connects as [`dial`] does, with these options each time.
    pub fn with_options(
        request: ClientRequest,
        config: impl Into<Arc<Config>>,
        options: Dial,
        backoff: Backoff,
    ) -> Self {
        let config = config.into();
        Self::with_dial(move || dial(&request, config.clone(), &options), backoff)
    }
}

impl<S: Stream> Reconnecting<S> {
    /// A client that connects with `dial`: with a fresh token each time, or over streams of your
    /// own, which must be blocking.
    ///
    /// The client gives up if `dial` fails with an [`Error::Io`] of the kind
    /// [`Unsupported`](std::io::ErrorKind::Unsupported).
    ///
    /// ```
    /// use websocket_proto::backoff::Backoff;
    /// use websocket_proto::io::blocking::{Reconnecting, connect_with};
    /// use websocket_proto::{Config, handshake::ClientRequest};
    ///
    /// # fn fresh_token() -> &'static str { "" }
    /// let dial = || {
    ///     let request = ClientRequest::new("ws://127.0.0.1:9001/")?.bearer(fresh_token())?;
    ///     connect_with(&request, Config::default())
    /// };
    /// let client = Reconnecting::with_dial(dial, Backoff::default());
    /// ```
    pub fn with_dial(
        dial: impl FnMut() -> Result<WebSocket<S>, Error> + Send + 'static,
        backoff: Backoff,
    ) -> Self {
        let machine = ReconnectMachine::new((), backoff);
        Self { dial: Box::new(dial), machine, next_step: None }
    }

    /// Waits for what happens next: connects, receives, or sleeps until the next attempt. `None`
    /// after [`Update::GaveUp`], and after [`close_with`](Self::close_with).
    ///
    /// The call after the one that returned [`Update::Waiting`] sleeps.
    pub fn receive(&mut self) -> Option<Update<'_, Writer<S>>> {
        let step = self.step();
        step.into_update(|| {
            let WebSocket { incoming, writer, .. } = self.machine.socket().ok()?;
            Some((incoming.event(), writer))
        })
    }

    /// Waits for what happens next as [`receive`](Self::receive) does, but no longer than `timeout`.
    /// An attempt to connect is not cut short, and may take longer.
    ///
    /// ```no_run
    /// # use websocket_proto::backoff::Backoff;
    /// # use websocket_proto::io::{Update, blocking::{Received, Reconnecting}};
    /// # use websocket_proto::{Config, Event, handshake::ClientRequest};
    /// # let request = ClientRequest::new("ws://127.0.0.1:9001/")?;
    /// # let mut client = Reconnecting::new(request, Config::default(), Backoff::default());
    /// use std::time::Duration;
    ///
    /// loop {
    ///     match client.receive_timeout(Duration::from_millis(20)) {
    ///         Received::Event(Update::Event(Event::Text(text), _)) => println!("{text}"),
    ///         Received::Event(_) => {}
    ///         Received::TimedOut => println!("time for something else"),
    ///         Received::Ended => break,
    ///     }
    /// }
    /// # Ok::<(), websocket_proto::io::Error>(())
    /// ```
    pub fn receive_timeout(&mut self, timeout: Duration) -> Received<Update<'_, Writer<S>>> {
        self.next_step = self.step_until(Some(time_at(Instant::now()).after(timeout)));
        if self.next_step.is_none() {
            return Received::TimedOut;
        }
        self.receive().map_or(Received::Ended, Received::Event)
    }

    sending_methods!(self: &mut Self);

    /// Ends the client for good: closes the connection as [`WebSocket::close_with`] does, if there is
    /// one, and makes no further attempt. Returns the ending, or `None` if there was no connection.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the code or the reason cannot be sent; nothing is closed then.
    pub fn close_with(&mut self, code: CloseCode, reason: &str) -> Result<Option<Ending>, Error> {
        if let Ok(socket) = self.machine.socket() {
            match socket.writer().feed_close(code, reason) {
                Ok(()) | Err(Error::Send(SendError::Closed)) => {}
                Err(error) => return Err(error),
            }
        }
        self.machine.close();
        loop {
            match self.step() {
                Step::Lost(ending) => return Ok(Some(ending)),
                Step::Ended => return Ok(None),
                Step::Connected
                | Step::Event
                | Step::Failed(_)
                | Step::Waiting(_)
                | Step::GaveUp(_) => {}
            }
        }
    }

    /// The sending side of the current connection, which [`receive`](Self::receive) also returns
    /// beside each event.
    ///
    /// # Errors
    ///
    /// [`SendError::Disconnected`] without a connection.
    pub fn writer(&mut self) -> Result<&mut Writer<S>, Error> {
        self.machine.socket().map(WebSocket::writer)
    }

    /// How the connection ended that was lost last; `None` if none was lost yet.
    pub fn ending(&self) -> Option<&Ending> {
        self.machine.last_ending()
    }

    /// The backoff, with the attempts that it has counted.
    pub const fn backoff(&self) -> &Backoff {
        &self.machine.backoff
    }

    fn current_writer(&mut self) -> Result<&mut Writer<S>, SendError> {
        match self.machine.socket() {
            Ok(socket) => Ok(socket.writer()),
            Err(_) => Err(SendError::Disconnected),
        }
    }

    /// Goes on to what happens next.
    fn step(&mut self) -> Step {
        loop {
            if let Some(step) = self.next_step.take().or_else(|| self.step_until(None)) {
                return step;
            }
        }
    }

    /// Goes on to what happens next; `None` if nothing does before `wait_until`.
    fn step_until(&mut self, wait_until: Option<Time>) -> Option<Step> {
        Some(loop {
            match &mut self.machine.state {
                State::Dialing(()) => {
                    let result = (self.dial)();
                    break self.machine.on_dialed(result);
                }
                State::Open(socket, _) => match socket.receive_until(wait_until) {
                    Ok(Received::Event((Event::Ended(ending), _))) => {
                        let ending = ending.clone();
                        break self.machine.on_lost(ending);
                    }
                    Ok(Received::Event(_)) => break Step::Event,
                    Ok(Received::TimedOut) => return None,
                    Ok(Received::Ended) => self.machine.state = State::Ended,
                    // The ending follows, and contains what went wrong.
                    Err(_) => {}
                },
                State::Lost(retry) => {
                    let retry = *retry;
                    break self.machine.on_advice(retry, |delay| (Instant::now(), delay));
                }
                State::Waiting((since, delay)) => {
                    if !sleep(delay.saturating_sub(since.elapsed()), wait_until) {
                        return None;
                    }
                    self.machine.state = State::Dialing(());
                }
                State::Ended => break Step::Ended,
            }
        })
    }
}

/// Sleeps. If that would take longer than `wait_until`, sleeps until then and returns `false`.
fn sleep(duration: Duration, wait_until: Option<Time>) -> bool {
    let limit = wait_until.map_or(Duration::MAX, |until| until.since(time_at(Instant::now())));
    thread::sleep(duration.min(limit));
    duration <= limit
}

impl<S: Stream> fmt::Debug for Reconnecting<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReconnectMachine { backoff, closing, .. } = &self.machine;
        f.debug_struct("Reconnecting")
            .field("backoff", backoff)
            .field("closing", closing)
            .finish_non_exhaustive()
    }
}
