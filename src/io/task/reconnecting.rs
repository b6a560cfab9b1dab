//! A client that connects again.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use super::super::Update;
use super::super::reconnect::{Course, State, Step};
use super::{Error, WebSocket, Wire, Writer};
use crate::backoff::Backoff;
use crate::{CloseCode, Ending, Event, SendError};

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
    course: Course<Dialing<W>, WebSocket<W>, Boxed<()>>,
}

impl<W: Wire> Reconnecting<W> {
    pub(in crate::io) fn assemble(
        mut dial: Box<dyn FnMut() -> Dialing<W> + Send>,
        sleep: fn(Duration) -> Boxed<()>,
        backoff: Backoff,
    ) -> Self {
        let course = Course::new(dial(), backoff);
        Self { dial, sleep, course }
    }

    /// Waits for what happens next: connects, receives, or waits for the next attempt. `None`
    /// after [`Update::GaveUp`], and after [`close`](Self::close).
    ///
    /// If the future is dropped, nothing is lost: an attempt, a wait, a message under way goes on
    /// with the next call, which tells what this one would have told. Time goes on as well; a
    /// connection is only kept alive, and an attempt only made, while this is awaited.
    pub async fn next(&mut self) -> Option<Update<'_, Writer<W>>> {
        let step = self.step().await;
        step.tell(|| {
            let WebSocket { receiving, writer } = self.course.socket().ok()?;
            receiving.event().map(|event| (event, writer))
        })
    }

    /// Sends a text message, and waits until it is written.
    ///
    /// If the future is dropped before it is done, the message may have been taken; it is then
    /// written by a later call, unless the connection is lost before.
    ///
    /// # Errors
    ///
    /// [`SendError::Disconnected`] without a connection; else as for [`WebSocket::send_text`], and
    /// [`next`](Self::next) tells the loss.
    pub async fn send_text(&mut self, text: &str) -> Result<(), Error> {
        self.course.socket()?.send_text(text).await
    }

    /// Sends a binary message, and waits until it is written.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text), and the same if the future is dropped.
    pub async fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.course.socket()?.send_binary(data).await
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
        if let Ok(socket) = self.course.socket() {
            match socket.writer().close(code, reason) {
                Ok(()) | Err(SendError::Closed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.course.close();
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

    /// The sending side of the connection, for messages in fragments, pings, and several messages
    /// in one write.
    ///
    /// # Errors
    ///
    /// [`SendError::Disconnected`] without a connection.
    pub fn writer(&mut self) -> Result<&mut Writer<W>, Error> {
        self.course.socket().map(WebSocket::writer)
    }

    /// The backoff, with the attempts that it has counted.
    pub const fn backoff(&self) -> &Backoff {
        &self.course.backoff
    }

    async fn step(&mut self) -> Step {
        loop {
            match &mut self.course.state {
                State::Dialing(dialing) => {
                    let result = dialing.as_mut().await;
                    return self.course.dialed(result);
                }
                State::Open(socket, _) => match socket.next().await {
                    Ok(Some((Event::Ended(ending), _))) => {
                        let ending = ending.clone();
                        return self.course.lost(ending);
                    }
                    Ok(Some(_)) => return Step::Event,
                    Ok(None) => self.course.state = State::Over,
                    // The ending follows, and says what went wrong.
                    Err(_) => {}
                },
                State::Lost(retry) => {
                    let retry = *retry;
                    return self.course.advised(retry, self.sleep);
                }
                State::Waiting(sleep) => {
                    sleep.as_mut().await;
                    self.course.state = State::Dialing((self.dial)());
                }
                State::Over => return Step::Over,
            }
        }
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
