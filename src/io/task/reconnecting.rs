//! A client that connects again.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::super::Update;
use super::super::current_sender::{CurrentSender, WhileConnected};
use super::super::reconnect::{ReconnectMachine, State, Step};
use super::sending_methods::sending_methods;
use super::{Error, Receiver, ReconnectingSender, Sender, WebSocket, Wire, Writer};
use crate::backoff::Backoff;
use crate::{CloseCode, Ending, Event, Message, MessageKind, Prepared, SendError};

pub(in crate::io) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

type Dialing<W> = BoxFuture<Result<WebSocket<W>, Error>>;

/// A client that connects again when it has lost its connection, as its [`Backoff`] says.
///
/// Every loss and every new connection is reported to the application ([`Update`]), because the
/// server of a new connection knows nothing of the previous one. Nothing is queued in between:
/// sending without a connection fails with [`SendError::Disconnected`].
///
/// Every future of its methods may be dropped at any await: all progress is kept here, attempts
/// and waits included, and the next call goes on from it.
///
#[doc = include_str!("../reconnect.md")]
#[doc = include_str!("../../backoff/default_advice.md")]
pub struct Reconnecting<W: Wire> {
    dial: Box<dyn FnMut() -> Dialing<W> + Send>,
    sleep: fn(Duration) -> BoxFuture<()>,
    pub(super) machine: ReconnectMachine<Dialing<W>, Halves<W>, BoxFuture<()>>,
    /// The sender of the current connection, for other tasks.
    current: Arc<CurrentSender<Sender<W>>>,
}

/// Both sides of the current connection.
pub(super) struct Halves<W: Wire> {
    pub(super) receiver: Receiver<W>,
    pub(super) sender: Sender<W>,
    _current: WhileConnected<Sender<W>>,
}

impl<W: Wire> Reconnecting<W> {
    pub(in crate::io) fn assemble(
        mut dial: Box<dyn FnMut() -> Dialing<W> + Send>,
        sleep: fn(Duration) -> BoxFuture<()>,
        backoff: Backoff,
    ) -> Self {
        let machine = ReconnectMachine::new(dial(), backoff);
        Self { dial, sleep, machine, current: CurrentSender::new() }
    }

    /// Waits for what happens next: connects, receives, or waits for the next attempt. `None`
    /// after [`Update::GaveUp`], and after [`close_with`](Self::close_with).
    ///
    /// If the future is dropped, nothing is lost: the next call goes on with the attempt, the wait
    /// or the message, and returns what this one would have returned. Time goes on meanwhile; but a
    /// connection is only kept alive, and an attempt only made, while this is awaited.
    pub async fn receive(&mut self) -> Option<Update<'_, Sender<W>>> {
        let step = self.step().await;
        step.into_update(|| {
            let Halves { receiver, sender, .. } = self.machine.socket().ok()?;
            Some((receiver.event(), sender))
        })
    }

    sending_methods!(self: &mut Self);

    /// Waits until everything that was queued before is written.
    ///
    /// If the future is dropped, the rest is written by a later call.
    ///
    /// # Errors
    ///
    /// [`SendError::Disconnected`] without a connection, and as for
    /// [`send_message`](Self::send_message).
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.machine.socket()?.sender.flush().await
    }

    /// Sets whether messages are compressed on the current connection, as
    /// [`Sender::set_compression`] does. Without a connection this does nothing; do it anew for each
    /// [`Update::Connected`].
    #[cfg(feature = "deflate")]
    pub fn set_compression(&mut self, enabled: bool) {
        if let Ok(halves) = self.machine.socket() {
            halves.sender.set_compression(enabled);
        }
    }

    /// Ends the current connection without a Close frame, as [`Sender::abort`] does. Without a
    /// connection this does nothing. [`receive`](Self::receive) then reports the loss, and gives up
    /// unless [`Backoff::advise`] says otherwise.
    pub fn abort(&mut self) {
        if let Ok(halves) = self.machine.socket() {
            halves.sender.abort();
        }
    }

    /// A sender for other tasks. It sends on the connection that is current at the time of each
    /// call.
    pub fn sender(&self) -> ReconnectingSender<W> {
        ReconnectingSender::new(&self.current)
    }

    /// Ends the client for good: closes the connection as [`WebSocket::close_with`] does, if there is
    /// one, and makes no further attempt. Returns the ending, or `None` if there was no connection.
    ///
    /// If the future is dropped, the client still ends: calling this again, or
    /// [`receive`](Self::receive), goes on with closing.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the code or the reason cannot be sent; nothing is closed then.
    pub async fn close_with(
        &mut self,
        code: CloseCode,
        reason: &str,
    ) -> Result<Option<Ending>, Error> {
        self.begin_close(code, reason)?;
        loop {
            match self.step().await {
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

    /// The backoff, with the attempts that it has counted.
    pub const fn backoff(&self) -> &Backoff {
        &self.machine.backoff
    }

    async fn step(&mut self) -> Step {
        poll_fn(|cx| self.poll_step(cx)).await
    }

    pub(super) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let step = ready!(self.poll_next_step(cx));
        if self.machine.has_ended() {
            self.current.note_ended();
        }
        Poll::Ready(step)
    }

    fn poll_next_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            match &mut self.machine.state {
                State::Dialing(dialing) => {
                    let result = ready!(dialing.as_mut().poll(cx));
                    return Poll::Ready(self.on_dialed(result));
                }
                State::Open(halves, _) => {
                    let Halves { receiver, sender, .. } = &mut **halves;
                    match ready!(receiver.poll_event(cx)) {
                        Ok(true) => match receiver.event() {
                            Some(Event::Ended(ending)) => {
                                let (ending, unsent) = (ending.clone(), sender.unsent());
                                self.current.note_lost(&ending, unsent);
                                return Poll::Ready(self.machine.on_lost(ending, unsent));
                            }
                            Some(_) | None => return Poll::Ready(Step::Event),
                        },
                        Ok(false) => self.machine.state = State::Ended,
                        // The ending follows, and contains what went wrong.
                        Err(_) => {}
                    }
                }
                State::Lost(retry) => {
                    let retry = *retry;
                    return Poll::Ready(self.machine.on_advice(retry, self.sleep));
                }
                State::Waiting(sleep) => {
                    ready!(sleep.as_mut().poll(cx));
                    self.machine.state = State::Dialing((self.dial)());
                }
                State::Ended => return Poll::Ready(Step::Ended),
            }
        }
    }

    /// Begins to close the connection, if there is one. No further attempt is made, and one that
    /// has begun is dropped.
    pub(super) fn begin_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        if let Ok(halves) = self.machine.socket() {
            match halves.sender.start_close(code, reason) {
                Ok(()) | Err(SendError::Closed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.machine.close();
        Ok(())
    }

    /// Both sides of the current connection, if there is one.
    #[cfg(feature = "futures")]
    pub(super) fn halves(&mut self) -> Result<&mut Halves<W>, Error> {
        self.machine.socket()
    }

    /// Goes on from the result of an attempt.
    fn on_dialed(&mut self, result: Result<WebSocket<W>, Error>) -> Step {
        self.machine.on_dialed(result.map(|socket| {
            let (sender, receiver) = socket.split();
            let current = self.current.note_connected(sender.clone());
            Halves { receiver, sender, _current: current }
        }))
    }

    fn feed_with(
        &mut self,
        len: usize,
        queue: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let halves = self.machine.socket();
        async move { halves?.sender.feed_with(len, queue).await }
    }

    fn send_with(
        &mut self,
        len: usize,
        queue: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let halves = self.machine.socket();
        async move { halves?.sender.send_with(len, queue).await }
    }

    fn try_send_with(
        &mut self,
        queue: impl FnOnce(&mut Writer<W>) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        let halves = self.machine.socket().map_err(|_| SendError::Disconnected)?;
        halves.sender.try_send_with(queue)
    }

    fn begin_message(&mut self, kind: MessageKind) -> Result<(), SendError> {
        let halves = self.machine.socket().map_err(|_| SendError::Disconnected)?;
        halves.sender.begin_message(kind)
    }
}

impl<W: Wire> Drop for Reconnecting<W> {
    fn drop(&mut self) {
        self.current.note_ended();
    }
}

impl<W: Wire> fmt::Debug for Reconnecting<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReconnectMachine { backoff, closing, .. } = &self.machine;
        f.debug_struct("Reconnecting")
            .field("backoff", backoff)
            .field("closing", closing)
            .finish_non_exhaustive()
    }
}
