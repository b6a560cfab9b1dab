//! The asynchronous adapters: each form in which a socket can be used, on each runtime.

use std::marker::PhantomData;
use std::task::Poll;

use futures_util::{SinkExt, StreamExt};
use websocket_proto::handshake::{Acceptance, Rejection, Request};
use websocket_proto::io::Error;
use websocket_proto::io::task::{Receiver, Sender, WebSocket, Wire};
use websocket_proto::{CloseCode, Message, MessageKind};

use super::executor::ManualExecutor;
use super::link::Stream;
use super::play::{Adapter, Observed, Socket};
use super::scenario::{Scenario, Side};

/// What differs between the runtimes.
pub(crate) trait Runtime {
    type Wire: Wire;

    /// Runs `act` where the runtime's timers can be made.
    fn within<T>(act: impl FnOnce() -> T) -> T;

    async fn client(stream: Stream, scenario: Scenario) -> Result<WebSocket<Self::Wire>, Error>;

    async fn server(stream: Stream, scenario: Scenario) -> Result<WebSocket<Self::Wire>, Error>;
}

/// Accepts the request after waiting once.
pub(crate) async fn accept(_: &Request<'_>) -> Result<Acceptance, Rejection> {
    let mut asked = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    Ok(Acceptance::new())
}

/// The adapter of runtime `R`, whose sockets are used in the form `S`.
pub(crate) struct OnRuntime<R, S>(PhantomData<(R, S)>);

/// A form in which an open socket is used.
pub(crate) trait Shape<W: Wire>: Socket {
    fn new(socket: WebSocket<W>, scenario: Scenario) -> Self;
}

impl<R: Runtime, S: Shape<R::Wire>> Adapter for OnRuntime<R, S> {
    type Socket = S;

    fn within<T>(act: impl FnOnce() -> T) -> T {
        R::within(act)
    }

    async fn open(
        stream: Stream,
        scenario: Scenario,
        executor: &ManualExecutor,
    ) -> Option<Result<S, Error>> {
        let opened = match scenario.side {
            Side::Client => executor.drive_opening(R::client(stream, scenario)).await?,
            Side::Server => executor.drive_opening(R::server(stream, scenario)).await?,
        };
        Some(opened.map(|socket| S::new(socket, scenario)))
    }
}

/// A whole socket, used by its own methods.
pub(crate) struct Whole<W: Wire>(WebSocket<W>, Scenario);

impl<W: Wire> Shape<W> for Whole<W> {
    fn new(socket: WebSocket<W>, scenario: Scenario) -> Self {
        Self(socket, scenario)
    }
}

impl<W: Wire> Socket for Whole<W> {
    async fn send(&mut self, message: Message, executor: &ManualExecutor) -> Result<(), Error> {
        let Self(socket, scenario) = self;
        match &message {
            // Where there is room, the message is queued before its future can be dropped.
            Message::Text(text) if !scenario.small_output => {
                executor.drive(socket.send_text(text)).await.unwrap_or(Ok(()))
            }
            Message::Binary(data) if !scenario.small_output => {
                executor.drive(socket.send_binary(data)).await.unwrap_or(Ok(()))
            }
            Message::Text(text) => {
                executor.retry_until_done(async || socket.writer().feed_text(text).await).await
            }
            Message::Binary(data) => {
                executor.retry_until_done(async || socket.writer().feed_binary(data).await).await
            }
            Message::Ping(payload) => {
                executor.retry_until_done(async || socket.writer().feed_ping(payload).await).await
            }
            other => panic!("{other:?}"),
        }
    }

    async fn send_fragments(
        &mut self,
        text: [&str; 3],
        executor: &ManualExecutor,
    ) -> Result<(), Error> {
        let [first, second, last] = text.map(str::as_bytes);
        let writer = self.0.writer();
        writer.start_message(MessageKind::Text)?;
        executor.retry_until_done(async || writer.feed_fragment(first).await).await?;
        executor.retry_until_done(async || writer.feed_fragment(second).await).await?;
        executor.retry_until_done(async || writer.feed_last_fragment(last).await).await
    }

    async fn flush(&mut self, executor: &ManualExecutor) -> Result<(), Error> {
        executor.retry_until_done(async || self.0.writer().flush().await).await
    }

    async fn next(&mut self, observed: &mut Observed, executor: &ManualExecutor) -> bool {
        match executor.drive(self.0.receive()).await {
            None => {}
            Some(Err(error)) => observed.note_error(&error),
            Some(Ok(None)) => return false,
            Some(Ok(Some((event, writer)))) => {
                if let Some(text) = observed.note_event(&event) {
                    observed.note_result(
                        executor.retry_until_done(async || writer.feed_text(text).await).await,
                    );
                }
            }
        }
        true
    }

    async fn close(&mut self, observed: &mut Observed, executor: &ManualExecutor) {
        match executor
            .retry_until_done(async || self.0.close_with(CloseCode::NORMAL, "done").await)
            .await
        {
            Ok(ending) => observed.endings.push(ending.cause),
            Err(error) => observed.note_error(&error),
        }
    }
}

/// The halves of a split socket, used by their own methods.
pub(crate) struct Split<W: Wire> {
    receiver: Receiver<W>,
    sender: Sender<W>,
    scenario: Scenario,
}

impl<W: Wire> Shape<W> for Split<W> {
    fn new(socket: WebSocket<W>, scenario: Scenario) -> Self {
        let (sender, receiver) = socket.split();
        Self { receiver, sender, scenario }
    }
}

impl<W: Wire> Socket for Split<W> {
    async fn send(&mut self, message: Message, executor: &ManualExecutor) -> Result<(), Error> {
        match self.scenario.small_output {
            true => {
                executor.retry_until_done(async || self.sender.feed_message(&message).await).await
            }
            false => executor.drive(self.sender.send_message(&message)).await.unwrap_or(Ok(())),
        }
    }

    async fn flush(&mut self, executor: &ManualExecutor) -> Result<(), Error> {
        executor.retry_until_done(async || self.sender.flush().await).await
    }

    async fn next(&mut self, observed: &mut Observed, executor: &ManualExecutor) -> bool {
        match executor.drive(self.receiver.receive()).await {
            None => {}
            Some(Err(error)) => observed.note_error(&error),
            Some(Ok(None)) => return false,
            Some(Ok(Some(event))) => {
                if let Some(text) = observed.note_event(&event) {
                    let echo = Message::text(text);
                    observed.note_result(
                        executor
                            .retry_until_done(async || self.sender.feed_message(&echo).await)
                            .await,
                    );
                }
            }
        }
        true
    }

    async fn close(&mut self, observed: &mut Observed, _: &ManualExecutor) {
        observed
            .note_result(self.sender.start_close(CloseCode::NORMAL, "done").map_err(Error::from));
    }
}

/// A whole socket, used as a `Stream` and a `Sink`.
pub(crate) struct WholeAsSink<W: Wire>(WebSocket<W>);

impl<W: Wire> Shape<W> for WholeAsSink<W> {
    fn new(socket: WebSocket<W>, _: Scenario) -> Self {
        Self(socket)
    }
}

impl<W: Wire> Socket for WholeAsSink<W> {
    const TELLS_ENDING: bool = false;

    async fn send(&mut self, message: Message, executor: &ManualExecutor) -> Result<(), Error> {
        executor.retry_until_done(async || SinkExt::feed(&mut self.0, message.clone()).await).await
    }

    async fn flush(&mut self, executor: &ManualExecutor) -> Result<(), Error> {
        executor.retry_until_done(async || SinkExt::flush(&mut self.0).await).await
    }

    async fn next(&mut self, observed: &mut Observed, executor: &ManualExecutor) -> bool {
        let item = executor.drive(self.0.next()).await;
        send_back(self, item, observed, executor).await
    }

    async fn close(&mut self, observed: &mut Observed, executor: &ManualExecutor) {
        while let Err(error) =
            executor.retry_until_done(async || SinkExt::close(&mut self.0).await).await
        {
            observed.note_error(&error);
        }
    }
}

/// The halves of a split socket, used as a `Stream` and a `Sink`.
pub(crate) struct SplitAsSink<W: Wire>(Receiver<W>, Sender<W>);

impl<W: Wire> Shape<W> for SplitAsSink<W> {
    fn new(socket: WebSocket<W>, _: Scenario) -> Self {
        let (sender, receiver) = socket.split();
        Self(receiver, sender)
    }
}

impl<W: Wire> Socket for SplitAsSink<W> {
    const TELLS_ENDING: bool = false;

    async fn send(&mut self, message: Message, executor: &ManualExecutor) -> Result<(), Error> {
        executor.retry_until_done(async || SinkExt::feed(&mut self.1, message.clone()).await).await
    }

    async fn flush(&mut self, executor: &ManualExecutor) -> Result<(), Error> {
        executor.retry_until_done(async || SinkExt::flush(&mut self.1).await).await
    }

    async fn next(&mut self, observed: &mut Observed, executor: &ManualExecutor) -> bool {
        let item = executor.drive(self.0.next()).await;
        send_back(self, item, observed, executor).await
    }

    async fn close(&mut self, observed: &mut Observed, executor: &ManualExecutor) {
        observed.note_result(
            executor.retry_until_done(async || SinkExt::close(&mut self.1).await).await,
        );
    }
}

/// Notes an item and sends a text back. `item` is `None` if the future was dropped before it was
/// ready. Whether the connection may go on.
async fn send_back(
    socket: &mut impl Socket,
    item: Option<Option<Result<Message, Error>>>,
    observed: &mut Observed,
    executor: &ManualExecutor,
) -> bool {
    let Some(item) = item else { return true };
    let Some(item) = item else { return false };
    if let Some(text) = observed.note_item(item) {
        observed.note_result(socket.send(text, executor).await);
    }
    true
}
