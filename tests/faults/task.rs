//! The asynchronous adapters: each way to use a socket, on each runtime.

use std::marker::PhantomData;
use std::task::Poll;

use futures_util::{SinkExt, StreamExt};
use websocket_proto::handshake::{Acceptance, Rejection, Request};
use websocket_proto::io::Error;
use websocket_proto::io::task::{Receiver, Sender, WebSocket, Wire};
use websocket_proto::{CloseCode, Message, MessageKind};

use super::hand::Hand;
use super::link::Stream;
use super::play::{Socket, Told, Way};
use super::scenario::{Scenario, Side};

/// What differs between the runtimes.
pub(crate) trait Runtime {
    type Wire: Wire;

    /// Acts where the runtime's timers can be made.
    fn within<T>(act: impl FnOnce() -> T) -> T;

    async fn client(stream: Stream, scenario: Scenario) -> Result<WebSocket<Self::Wire>, Error>;

    async fn server(stream: Stream, scenario: Scenario) -> Result<WebSocket<Self::Wire>, Error>;
}

/// Accepts, after a while.
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

/// A way to use a socket, on a runtime.
pub(crate) struct On<R, S>(PhantomData<(R, S)>);

/// What is made of an open socket.
pub(crate) trait Shape<W: Wire>: Socket {
    fn new(socket: WebSocket<W>, scenario: Scenario) -> Self;
}

impl<R: Runtime, S: Shape<R::Wire>> Way for On<R, S> {
    type Socket = S;

    fn within<T>(act: impl FnOnce() -> T) -> T {
        R::within(act)
    }

    async fn open(stream: Stream, scenario: Scenario, hand: &Hand) -> Option<Result<S, Error>> {
        let opened = match scenario.side {
            Side::Client => hand.opening(R::client(stream, scenario)).await?,
            Side::Server => hand.opening(R::server(stream, scenario)).await?,
        };
        Some(opened.map(|socket| S::new(socket, scenario)))
    }
}

/// A socket with its own methods.
pub(crate) struct Whole<W: Wire>(WebSocket<W>, Scenario);

impl<W: Wire> Shape<W> for Whole<W> {
    fn new(socket: WebSocket<W>, scenario: Scenario) -> Self {
        Self(socket, scenario)
    }
}

impl<W: Wire> Socket for Whole<W> {
    async fn send(&mut self, message: Message, hand: &Hand) -> Result<(), Error> {
        let Self(socket, scenario) = self;
        match &message {
            // With room for it, a message is taken before its future can be dropped.
            Message::Text(text) if !scenario.tight => {
                hand.once(socket.send_text(text)).await.unwrap_or(Ok(()))
            }
            Message::Binary(data) if !scenario.tight => {
                hand.once(socket.send_binary(data)).await.unwrap_or(Ok(()))
            }
            Message::Text(text) => {
                hand.insist(async || socket.writer().feed_text(text).await).await
            }
            Message::Binary(data) => {
                hand.insist(async || socket.writer().feed_binary(data).await).await
            }
            Message::Ping(payload) => {
                hand.insist(async || socket.writer().feed_ping(payload).await).await
            }
            other => panic!("{other:?}"),
        }
    }

    async fn send_fragments(&mut self, text: [&str; 3], hand: &Hand) -> Result<(), Error> {
        let [first, second, last] = text.map(str::as_bytes);
        let writer = self.0.writer();
        writer.start_message(MessageKind::Text)?;
        hand.insist(async || writer.feed_fragment(first).await).await?;
        hand.insist(async || writer.feed_fragment(second).await).await?;
        hand.insist(async || writer.feed_last_fragment(last).await).await
    }

    async fn flush(&mut self, hand: &Hand) -> Result<(), Error> {
        hand.insist(async || self.0.writer().flush().await).await
    }

    async fn next(&mut self, told: &mut Told, hand: &Hand) -> bool {
        match hand.once(self.0.next()).await {
            None => {}
            Some(Err(error)) => told.fail(&error),
            Some(Ok(None)) => return false,
            Some(Ok(Some((event, writer)))) => {
                if let Some(text) = told.event(&event) {
                    told.note(hand.insist(async || writer.feed_text(text).await).await);
                }
            }
        }
        true
    }

    async fn close(&mut self, told: &mut Told, hand: &Hand) {
        match hand.insist(async || self.0.close(CloseCode::NORMAL, "done").await).await {
            Ok(ending) => told.endings.push(ending.cause),
            Err(error) => told.fail(&error),
        }
    }
}

/// The halves of one, with their own methods.
pub(crate) struct Split<W: Wire> {
    receiver: Receiver<W>,
    sender: Sender<W>,
    scenario: Scenario,
}

impl<W: Wire> Shape<W> for Split<W> {
    fn new(socket: WebSocket<W>, scenario: Scenario) -> Self {
        let (receiver, sender) = socket.split();
        Self { receiver, sender, scenario }
    }
}

impl<W: Wire> Socket for Split<W> {
    async fn send(&mut self, message: Message, hand: &Hand) -> Result<(), Error> {
        match self.scenario.tight {
            true => hand.insist(async || self.sender.feed_message(&message).await).await,
            false => hand.once(self.sender.send_message(&message)).await.unwrap_or(Ok(())),
        }
    }

    async fn flush(&mut self, hand: &Hand) -> Result<(), Error> {
        hand.insist(async || self.sender.flush().await).await
    }

    async fn next(&mut self, told: &mut Told, hand: &Hand) -> bool {
        match hand.once(self.receiver.next()).await {
            None => {}
            Some(Err(error)) => told.fail(&error),
            Some(Ok(None)) => return false,
            Some(Ok(Some(event))) => {
                if let Some(text) = told.event(&event) {
                    let echo = Message::text(text);
                    told.note(hand.insist(async || self.sender.feed_message(&echo).await).await);
                }
            }
        }
        true
    }

    async fn close(&mut self, told: &mut Told, _: &Hand) {
        told.note(self.sender.close(CloseCode::NORMAL, "done").map_err(Error::from));
    }
}

/// A socket as a stream and a sink.
pub(crate) struct Combined<W: Wire>(WebSocket<W>);

impl<W: Wire> Shape<W> for Combined<W> {
    fn new(socket: WebSocket<W>, _: Scenario) -> Self {
        Self(socket)
    }
}

impl<W: Wire> Socket for Combined<W> {
    const TELLS_ENDING: bool = false;

    async fn send(&mut self, message: Message, hand: &Hand) -> Result<(), Error> {
        hand.insist(async || SinkExt::feed(&mut self.0, message.clone()).await).await
    }

    async fn flush(&mut self, hand: &Hand) -> Result<(), Error> {
        hand.insist(async || SinkExt::flush(&mut self.0).await).await
    }

    async fn next(&mut self, told: &mut Told, hand: &Hand) -> bool {
        let item = hand.once(StreamExt::next(&mut self.0)).await;
        send_back(self, item, told, hand).await
    }

    async fn close(&mut self, told: &mut Told, hand: &Hand) {
        while let Err(error) = hand.insist(async || SinkExt::close(&mut self.0).await).await {
            told.fail(&error);
        }
    }
}

/// The halves of one as a stream and a sink.
pub(crate) struct Halves<W: Wire>(Receiver<W>, Sender<W>);

impl<W: Wire> Shape<W> for Halves<W> {
    fn new(socket: WebSocket<W>, _: Scenario) -> Self {
        let (receiver, sender) = socket.split();
        Self(receiver, sender)
    }
}

impl<W: Wire> Socket for Halves<W> {
    const TELLS_ENDING: bool = false;

    async fn send(&mut self, message: Message, hand: &Hand) -> Result<(), Error> {
        hand.insist(async || SinkExt::feed(&mut self.1, message.clone()).await).await
    }

    async fn flush(&mut self, hand: &Hand) -> Result<(), Error> {
        hand.insist(async || SinkExt::flush(&mut self.1).await).await
    }

    async fn next(&mut self, told: &mut Told, hand: &Hand) -> bool {
        let item = hand.once(StreamExt::next(&mut self.0)).await;
        send_back(self, item, told, hand).await
    }

    async fn close(&mut self, told: &mut Told, hand: &Hand) {
        told.note(hand.insist(async || SinkExt::close(&mut self.1).await).await);
    }
}

/// Sends back what a stream told, if it was not dropped before it did. Whether there may be more.
async fn send_back(
    socket: &mut impl Socket,
    item: Option<Option<Result<Message, Error>>>,
    told: &mut Told,
    hand: &Hand,
) -> bool {
    let Some(item) = item else { return true };
    let Some(item) = item else { return false };
    if let Some(text) = told.item(item) {
        told.note(socket.send(text, hand).await);
    }
    true
}
