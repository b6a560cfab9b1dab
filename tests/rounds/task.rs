//! A task that sends in every way there is, and notes what the calls returned.

use std::pin::pin;

use futures_util::{SinkExt, poll};
use std::task::Poll;
use tokio::task::yield_now;
use websocket_proto::io::Error;
use websocket_proto::io::tokio::Sender;
use websocket_proto::{CloseCode, Message};

use super::random::Random;
use super::stream::Stream;

pub(crate) struct Task {
    number: u8,
    sender: Sender<Stream>,
    random: Random,
    /// Whether the task may close or abort the connection.
    ends: bool,
    report: TaskReport,
}

/// What the calls of a task said about its messages.
#[derive(Default)]
pub(crate) struct TaskReport {
    pub(crate) messages: Vec<(Vec<u8>, Fate)>,
    pub(crate) aborted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The message was not queued, by the result of the call.
    Refused,
    /// The message was queued, and leaves later.
    Taken,
    /// The message has left.
    Written,
    /// The message was queued, and the connection ended before it left.
    NotWritten,
    /// Unknown, as the call was dropped or the stream failed in it.
    Unknown,
}

impl Task {
    pub(crate) fn new(number: u8, sender: Sender<Stream>, random: Random, ends: bool) -> Self {
        Self { number, sender, random, ends, report: TaskReport::default() }
    }

    pub(crate) async fn run(mut self) -> TaskReport {
        for _ in 0..1 + self.random.below(8) {
            self.act().await;
            if self.random.once_in(4) {
                yield_now().await;
            }
        }
        self.report
    }

    async fn act(&mut self) {
        match self.random.below(40) {
            0 if self.ends => self.abort(),
            // Closing fails if another task closed before.
            1 if self.ends => drop(self.sender.start_close(CloseCode::NORMAL, "enough")),
            0..8 => self.send().await,
            8..12 => self.drop_send().await,
            12..18 => self.feed().await,
            18..20 => self.drop_feed().await,
            20..26 => self.try_send(),
            26..31 => self.feed_sink().await,
            31..33 => self.drop_feed_sink().await,
            33..36 => self.flush().await,
            36..38 => self.flush_sink().await,
            _ => self.drop_flush_sink().await,
        }
    }

    fn abort(&mut self) {
        self.report.aborted = true;
        self.sender.abort();
    }

    async fn send(&mut self) {
        let message = self.message();
        let fate = match self.sender.send_binary(&message).await {
            Ok(()) => Fate::Written,
            Err(error) => fate_of(&error),
        };
        self.note(message, fate);
    }

    async fn drop_send(&mut self) {
        let message = self.message();
        let polls = 1 + self.random.below(2);
        let fate = match poll_at_most(self.sender.send_binary(&message), polls).await {
            Some(Ok(())) => Fate::Written,
            Some(Err(error)) => fate_of(&error),
            None => Fate::Unknown,
        };
        self.note(message, fate);
    }

    async fn feed(&mut self) {
        let message = self.message();
        let fed = self.sender.feed_binary(&message).await;
        self.note_fed(message, Some(fed));
    }

    async fn drop_feed(&mut self) {
        let message = self.message();
        let polls = 1 + self.random.below(2);
        let fed = poll_at_most(self.sender.feed_binary(&message), polls).await;
        self.note_fed(message, fed);
    }

    fn try_send(&mut self) {
        let message = self.message();
        let sent = self.sender.try_send_binary(&message);
        self.note_fed(message, Some(sent.map_err(Error::from)));
    }

    async fn feed_sink(&mut self) {
        let message = self.message();
        let fed = SinkExt::feed(&mut self.sender, Message::binary(message.clone())).await;
        self.note_fed(message, Some(fed));
    }

    async fn drop_feed_sink(&mut self) {
        let message = self.message();
        let polls = 1 + self.random.below(2);
        let feeding = SinkExt::feed(&mut self.sender, Message::binary(message.clone()));
        let fed = poll_at_most(feeding, polls).await;
        self.note_fed(message, fed);
    }

    async fn flush(&mut self) {
        let flushed = self.sender.flush().await;
        self.note_flushed(flushed);
    }

    async fn flush_sink(&mut self) {
        let flushed = SinkExt::flush(&mut self.sender).await;
        self.note_flushed(flushed);
    }

    async fn drop_flush_sink(&mut self) {
        let polls = 1 + self.random.below(2);
        if let Some(flushed) = poll_at_most(SinkExt::flush(&mut self.sender), polls).await {
            self.note_flushed(flushed);
        }
    }

    /// The next message, which has the number of the task, its own number, and a random length.
    fn message(&mut self) -> Vec<u8> {
        let len = self.random.one_of(&[0, 10, 100, 100, 300, 3000]);
        let number = self.report.messages.len() as u8;
        let mut message = vec![self.number, number];
        message.resize(2 + len, self.number << 4 | number);
        message
    }

    /// Notes the result of a call that only queues. If its future was dropped, it queued nothing.
    fn note_fed(&mut self, message: Vec<u8>, fed: Option<Result<(), Error>>) {
        let fate = if matches!(fed, Some(Ok(()))) { Fate::Taken } else { Fate::Refused };
        self.note(message, fate);
    }

    fn note(&mut self, message: Vec<u8>, fate: Fate) {
        self.report.messages.push((message, fate));
    }

    fn note_flushed(&mut self, flushed: Result<(), Error>) {
        if flushed.is_ok() {
            for (_, fate) in &mut self.report.messages {
                if *fate == Fate::Taken {
                    *fate = Fate::Written;
                }
            }
        }
    }
}

/// The fate of a message by the error of a call that waits until it has left.
fn fate_of(error: &Error) -> Fate {
    match error {
        Error::Send(_) => Fate::Refused,
        Error::NotWritten(_) => Fate::NotWritten,
        Error::Io(_) => Fate::Unknown,
        error => panic!("no error of sending: {error}"),
    }
}

/// Polls a future at most `polls` times, and drops it.
async fn poll_at_most<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = pin!(future);
    for poll in 0..polls {
        if poll > 0 {
            yield_now().await;
        }
        if let Poll::Ready(output) = poll!(future.as_mut()) {
            return Some(output);
        }
    }
    None
}
