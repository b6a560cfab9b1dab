//! A client that connects again.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::super::Update;
use super::super::reconnect::{Course, State, Step};
use super::reconnecting_sender::Current;
use super::vocabulary::vocabulary;
use super::{Error, Receiver, ReconnectingSender, Sender, WebSocket, Wire, Writer};
use crate::backoff::Backoff;
use crate::{CloseCode, Ending, Event, Message, MessageKind, Prepared, SendError};

pub(in crate::io) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

type Dialing<W> = Boxed<Result<WebSocket<W>, Error>>;

/// A client that connects again when it has lost its connection, as its [`Backoff`] says.
///
/// The application is told of every loss and every new connection ([`Update`]), since a server
/// knows nothing of the connection before. Nothing is queued in between: sending without a
/// connection is an error.
///
/// Every future of its methods may be dropped at any await: all progress is kept here, attempts
/// and waits included, and the next call goes on from it.
pub struct Reconnecting<W: Wire> {
    dial: Box<dyn FnMut() -> Dialing<W> + Send>,
    sleep: fn(Duration) -> Boxed<()>,
    course: Course<Dialing<W>, Halves<W>, Boxed<()>>,
    /// For those who send from other tasks.
    current: Arc<Current<W>>,
}

/// A connection.
pub(super) struct Halves<W: Wire> {
    pub(super) receiver: Receiver<W>,
    pub(super) sender: Sender<W>,
}

impl<W: Wire> Reconnecting<W> {
    pub(in crate::io) fn assemble(
        mut dial: Box<dyn FnMut() -> Dialing<W> + Send>,
        sleep: fn(Duration) -> Boxed<()>,
        backoff: Backoff,
    ) -> Self {
        let course = Course::new(dial(), backoff);
        Self { dial, sleep, course, current: Arc::new(Current::new()) }
    }

    /// Waits for what happens next: connects, receives, or waits for the next attempt. `None`
    /// after [`Update::GaveUp`], and after [`close`](Self::close).
    ///
    /// If the future is dropped, nothing is lost: an attempt, a wait, a message under way goes on
    /// with the next call, which tells what this one would have told. Time goes on as well; a
    /// connection is only kept alive, and an attempt only made, while this is awaited.
    pub async fn next(&mut self) -> Option<Update<'_, Sender<W>>> {
        let step = self.step().await;
        step.tell(|| {
            let Halves { receiver, sender } = self.course.socket().ok()?;
            receiver.event().map(|event| (event, sender))
        })
    }

    vocabulary!(self: &mut Self);

    /// Waits until everything is written that was queued before.
    ///
    /// If the future is dropped, the rest is written by a later call.
    ///
    /// # Errors
    ///
    /// [`SendError::Disconnected`] without a connection, and as for
    /// [`send_message`](Self::send_message).
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.course.socket()?.sender.flush().await
    }

    /// A sender for other tasks, which sends on the connection that there is at the time.
    pub fn sender(&self) -> ReconnectingSender<W> {
        ReconnectingSender::new(Arc::clone(&self.current))
    }

    /// Ends for good: closes the connection as [`WebSocket::close`] does, if there is one, and
    /// makes no further attempt. The ending, unless there was no connection.
    ///
    /// If the future is dropped, it is still the end: calling again, or [`next`](Self::next), goes
    /// on with closing.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the code or the reason cannot be sent; then nothing is closed.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Option<Ending>, Error> {
        self.begin_close(code, reason)?;
        loop {
            match self.step().await {
                Step::Lost(ending) => return Ok(Some(ending)),
                Step::Over => return Ok(None),
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
        &self.course.backoff
    }

    async fn step(&mut self) -> Step {
        poll_fn(|cx| self.poll_step(cx)).await
    }

    pub(super) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            match &mut self.course.state {
                State::Dialing(dialing) => {
                    let result = ready!(dialing.as_mut().poll(cx));
                    return Poll::Ready(self.dialed(result));
                }
                State::Open(halves, _) => {
                    let Halves { receiver, .. } = &mut **halves;
                    match ready!(receiver.poll_event(cx)) {
                        Ok(true) => match receiver.event() {
                            Some(Event::Ended(ending)) => {
                                let ending = ending.clone();
                                self.current.set(None);
                                return Poll::Ready(self.course.lost(ending));
                            }
                            Some(_) | None => return Poll::Ready(Step::Event),
                        },
                        Ok(false) => self.course.state = State::Over,
                        // The ending follows, and says what went wrong.
                        Err(_) => {}
                    }
                }
                State::Lost(retry) => {
                    let retry = *retry;
                    return Poll::Ready(self.course.advised(retry, self.sleep));
                }
                State::Waiting(sleep) => {
                    ready!(sleep.as_mut().poll(cx));
                    self.course.state = State::Dialing((self.dial)());
                }
                State::Over => return Poll::Ready(Step::Over),
            }
        }
    }

    /// From here on there is no further attempt; one that is under way is dropped.
    pub(super) fn begin_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        if let Ok(halves) = self.course.socket() {
            match halves.sender.close(code, reason) {
                Ok(()) | Err(SendError::Closed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.course.close();
        Ok(())
    }

    /// Both sides of the connection, if there is one.
    #[cfg(feature = "futures")]
    pub(super) fn halves(&mut self) -> Result<&mut Halves<W>, Error> {
        self.course.socket()
    }

    fn dialed(&mut self, result: Result<WebSocket<W>, Error>) -> Step {
        self.course.dialed(result.map(|socket| {
            let (receiver, sender) = socket.split();
            self.current.set(Some(sender.clone()));
            Halves { receiver, sender }
        }))
    }

    fn feeding(
        &mut self,
        len: usize,
        push: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let halves = self.course.socket();
        async move { halves?.sender.feeding(len, push).await }
    }

    fn sending(
        &mut self,
        len: usize,
        push: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let halves = self.course.socket();
        async move { halves?.sender.sending(len, push).await }
    }

    fn trying(
        &mut self,
        push: impl FnOnce(&mut Writer<W>) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        let halves = self.course.socket().map_err(|_| SendError::Disconnected)?;
        halves.sender.trying(push)
    }

    fn starting(&mut self, kind: MessageKind) -> Result<(), SendError> {
        let halves = self.course.socket().map_err(|_| SendError::Disconnected)?;
        halves.sender.starting(kind)
    }
}

impl<W: Wire> fmt::Debug for Reconnecting<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Course { backoff, closing, .. } = &self.course;
        f.debug_struct("Reconnecting")
            .field("backoff", backoff)
            .field("closing", closing)
            .finish_non_exhaustive()
    }
}
