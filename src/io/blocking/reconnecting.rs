//! A client that connects again.

use std::fmt;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::super::clock::time_at;
use super::super::current_sender::{CurrentSender, WhileConnected};
use super::super::reconnect::{ReconnectMachine, State, Step};
use super::super::{Dial, Error, MaybeTls, Update};
use super::connect::dial;
use super::received::{Found, Received};
use super::receiver::Receiver;
use super::reconnecting_sender::ReconnectingSender;
use super::sender::Sender;
use super::sending_methods::sending_methods;
use super::split_stream::SplitStream;
use super::web_socket::WebSocket;
use crate::backoff::Backoff;
use crate::handshake::ClientRequest;
use crate::{CloseCode, Config, Connection, Ending, Event, SendError, Time};

/// A client that connects again when it has lost its connection, as its [`Backoff`] says.
///
/// Every loss and every new connection is reported to the application ([`Update`]), because the
/// server of a new connection knows nothing of the previous one. Nothing is queued in between:
/// sending without a connection fails with [`SendError::Disconnected`]. If sending fails for
/// another reason, or after [`abort`](Self::abort), [`receive`](Self::receive) reports the loss.
///
/// One thread receives; others send through a [`sender`](Self::sender). So the streams have to be
/// ones that several threads can use. What is said of a [`Sender`] and a [`Receiver`] is true of this
/// client.
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
///         Update::Connected(_, sender) => drop(sender.send_text("subscribe")),
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
pub struct Reconnecting<S: SplitStream = MaybeTls<TcpStream>> {
    dial: Box<dyn FnMut() -> Result<WebSocket<S>, Error> + Send>,
    /// A wait is kept as its start and its delay.
    pub(super) machine: ReconnectMachine<(), Halves<S>, (Instant, Duration)>,
    /// What has happened and is reported next.
    next_step: Option<Step>,
    /// The sender of the current connection, for other threads.
    current: Arc<CurrentSender<Sender<S>>>,
}

/// Both sides of the current connection.
pub(super) struct Halves<S: SplitStream> {
    pub(super) receiver: Receiver<S>,
    pub(super) sender: Sender<S>,
    _current: WhileConnected<Sender<S>>,
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

impl<S: SplitStream> Reconnecting<S> {
    /// A client that connects with `dial`: with a fresh token each time, or over streams of your
    /// own, which must be blocking.
    ///
    /// An [`Error::Io`] of `dial` counts as a server that could not be reached, and another attempt
    /// follows. One of the kind [`Unsupported`](std::io::ErrorKind::Unsupported) ends the client.
    ///
    /// ```
    /// use websocket_proto::backoff::{Advice, Backoff, Disconnect};
    /// use websocket_proto::io::blocking::{Reconnecting, connect_with};
    /// use websocket_proto::{Config, handshake::ClientRequest};
    ///
    /// # fn fetch_token() -> std::io::Result<String> { Ok(String::new()) }
    /// let dial = || {
    ///     // If this fails, another attempt follows.
    ///     let token = fetch_token()?;
    ///     let request = ClientRequest::new("ws://127.0.0.1:9001/")?.bearer(&token)?;
    ///     connect_with(&request, Config::default())
    /// };
    /// let mut backoff = Backoff::default();
    /// // The next attempt has another token, so it need not be refused as this one was.
    /// backoff.advise = |disconnect| match disconnect {
    ///     Disconnect::Refused(401) => Advice::Retry,
    ///     other => other.default_advice(),
    /// };
    /// let client = Reconnecting::with_dial(dial, backoff);
    /// ```
    pub fn with_dial(
        dial: impl FnMut() -> Result<WebSocket<S>, Error> + Send + 'static,
        backoff: Backoff,
    ) -> Self {
        let machine = ReconnectMachine::new((), backoff);
        Self { dial: Box::new(dial), machine, next_step: None, current: CurrentSender::new() }
    }

    /// Waits for what happens next: connects, receives, or sleeps until the next attempt. `None`
    /// after [`Update::GaveUp`], and after [`close_with`](Self::close_with).
    ///
    /// The call after the one that returned [`Update::Waiting`] sleeps.
    pub fn receive(&mut self) -> Option<Update<'_, Sender<S>>> {
        let step = self.step();
        step.into_update(|| {
            let Halves { receiver, sender, .. } = self.machine.socket().ok()?;
            Some((receiver.incoming.event(), sender))
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
    pub fn receive_timeout(&mut self, timeout: Duration) -> Received<Update<'_, Sender<S>>> {
        self.next_step = self.step_until(Some(time_at(Instant::now()).after(timeout)));
        if self.next_step.is_none() {
            return Received::TimedOut;
        }
        self.receive().map_or(Received::Ended, Received::Event)
    }

    sending_methods!(self: &mut Self);

    /// A sender for other threads. It sends on the connection that is current at the time of each
    /// call.
    pub fn sender(&self) -> ReconnectingSender<S> {
        ReconnectingSender::new(&self.current)
    }

    /// Ends the client for good: closes the connection as [`WebSocket::close_with`] does, if there is
    /// one, and makes no further attempt. Returns the ending, or `None` if there was no connection.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the code or the reason cannot be sent; nothing is closed then.
    pub fn close_with(&mut self, code: CloseCode, reason: &str) -> Result<Option<Ending>, Error> {
        if let Ok(halves) = self.machine.socket() {
            match halves.sender.start_close(code, reason) {
                Ok(()) | Err(SendError::Closed) => {}
                Err(error) => return Err(error.into()),
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

    /// Looks at the stream of the current connection, as [`Sender::with_stream`] does; `None`
    /// without one.
    pub fn with_stream<T>(&self, look: impl FnOnce(&S) -> T) -> Option<T> {
        self.machine.current().map(|halves| halves.sender.with_stream(look))
    }

    /// Looks at the protocol state of the current connection, as [`Sender::with_connection`] does;
    /// `None` without one.
    pub fn with_connection<T>(&self, look: impl FnOnce(&Connection) -> T) -> Option<T> {
        self.machine.current().map(|halves| halves.sender.with_connection(look))
    }

    /// How the connection ended that was lost last; `None` if none was lost yet.
    pub fn ending(&self) -> Option<&Ending> {
        self.machine.last_ending()
    }

    /// How many messages were queued on the connection that was lost last, by all who sent, and have
    /// not left, as [`WebSocket::unsent`] counts them.
    pub fn unsent(&self) -> u64 {
        self.machine.last_unsent()
    }

    /// The backoff, with the attempts that it has counted.
    pub const fn backoff(&self) -> &Backoff {
        &self.machine.backoff
    }

    fn current_writer(&mut self) -> Result<&Sender<S>, SendError> {
        let halves = self.machine.socket().map_err(|_| SendError::Disconnected)?;
        Ok(&halves.sender)
    }

    /// Goes on to what happens next.
    pub(super) fn step(&mut self) -> Step {
        loop {
            if let Some(step) = self.next_step.take().or_else(|| self.step_until(None)) {
                return step;
            }
        }
    }

    /// Goes on to what happens next; `None` if nothing does before `wait_until`.
    fn step_until(&mut self, wait_until: Option<Time>) -> Option<Step> {
        let step = self.next_step_until(wait_until);
        if self.machine.has_ended() {
            self.current.note_ended();
        }
        step
    }

    fn next_step_until(&mut self, wait_until: Option<Time>) -> Option<Step> {
        Some(loop {
            match &mut self.machine.state {
                State::Dialing(()) => {
                    let result = (self.dial)();
                    break self.on_dialed(result);
                }
                State::Open(halves, _) => match halves.receiver.find_event(wait_until) {
                    Ok(Found::Event) => break self.on_event(),
                    Ok(Found::TimedOut) => return None,
                    Ok(Found::Ended) => self.machine.state = State::Ended,
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

    /// Goes on from the result of an attempt.
    fn on_dialed(&mut self, result: Result<WebSocket<S>, Error>) -> Step {
        self.machine.on_dialed(result.map(|socket| {
            let (sender, receiver) = socket.split();
            let current = self.current.note_connected(sender.clone());
            Halves { receiver, sender, _current: current }
        }))
    }

    /// Goes on from an event of the current connection.
    fn on_event(&mut self) -> Step {
        let Ok(Halves { receiver, sender, .. }) = self.machine.socket() else { return Step::Ended };
        let Some(Event::Ended(ending)) = receiver.incoming.event() else { return Step::Event };
        let (ending, unsent) = (ending.clone(), sender.unsent());
        self.current.note_lost(&ending, unsent);
        self.machine.on_lost(ending, unsent)
    }
}

/// Sleeps. If that would take longer than `wait_until`, sleeps until then and returns `false`.
fn sleep(duration: Duration, wait_until: Option<Time>) -> bool {
    let limit = wait_until.map_or(Duration::MAX, |until| until.since(time_at(Instant::now())));
    thread::sleep(duration.min(limit));
    duration <= limit
}

impl<S: SplitStream> Drop for Reconnecting<S> {
    fn drop(&mut self) {
        self.current.note_ended();
    }
}

impl<S: SplitStream> fmt::Debug for Reconnecting<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReconnectMachine { backoff, closing, .. } = &self.machine;
        f.debug_struct("Reconnecting")
            .field("backoff", backoff)
            .field("closing", closing)
            .finish_non_exhaustive()
    }
}
