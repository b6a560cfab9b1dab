//! The programs that are run.

use std::sync::mpsc::Receiver;

use futures_util::StreamExt;
use websocket_proto::io::Error;
use websocket_proto::io::task::{WebSocket, Wire};
use websocket_proto::{CloseCode, Event, Message};

use crate::GUARD;

/// Work that keeps the thread of a program busy until its peer ends it.
pub(crate) struct Work(pub(crate) Receiver<()>);

impl Work {
    fn finish(&self) {
        self.0.recv_timeout(GUARD).unwrap();
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Program {
    Echo,
    EchoStream,
    EchoSplit,
    EchoUntilClose,
    EchoStreamUntilClose,
    EchoSplitUntilClose,
    FeedAndReturn,
    SendAndReturn,
    CloseAndReturn,
    SplitFeedAndReturn,
    SplitSendAndReturn,
    Report,
    /// Sends before the peer does.
    GreetAndReturn,
    FeedGreetingAndReturn,
}

impl Program {
    pub(crate) async fn run<W: Wire>(self, socket: WebSocket<W>, work: &Work) -> Result<(), Error> {
        match self {
            Self::Echo => echo(socket).await,
            Self::EchoStream => echo_stream(socket).await,
            Self::EchoSplit => echo_split(socket).await,
            Self::EchoUntilClose => echo_until_close(socket, work).await,
            Self::EchoStreamUntilClose => echo_stream_until_close(socket, work).await,
            Self::EchoSplitUntilClose => echo_split_until_close(socket, work).await,
            Self::FeedAndReturn => feed_and_return(socket, work).await,
            Self::SendAndReturn => send_and_return(socket, work).await,
            Self::CloseAndReturn => close_and_return(socket, work).await,
            Self::SplitFeedAndReturn => split_feed_and_return(socket, work).await,
            Self::SplitSendAndReturn => split_send_and_return(socket, work).await,
            Self::Report => report(socket, work).await,
            Self::GreetAndReturn => greet_and_return(socket, work).await,
            Self::FeedGreetingAndReturn => feed_greeting_and_return(socket, work).await,
        }
    }
}

async fn echo<W: Wire>(mut socket: WebSocket<W>) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) => reply.send_text(text).await?,
            Event::Binary(data) => reply.send_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
}

async fn echo_stream<W: Wire>(mut socket: WebSocket<W>) -> Result<(), Error> {
    while let Some(message) = socket.next().await {
        if let message @ Message::Text(_) = message? {
            socket.feed_message(&message).await?;
        }
    }
    Ok(())
}

async fn echo_split<W: Wire>(socket: WebSocket<W>) -> Result<(), Error> {
    let (sender, mut receiver) = socket.split();
    while let Some(event) = receiver.receive().await? {
        if let Event::Text(text) = event {
            sender.feed_text(text).await?;
        }
    }
    Ok(())
}

async fn echo_until_close<W: Wire>(mut socket: WebSocket<W>, work: &Work) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) => reply.feed_text(text).await?,
            Event::Close { .. } => {
                work.finish();
                return Ok(());
            }
            _ => {}
        }
    }
    panic!("no Close frame was told");
}

async fn echo_stream_until_close<W: Wire>(
    mut socket: WebSocket<W>,
    work: &Work,
) -> Result<(), Error> {
    while let Some(message) = socket.next().await {
        match message? {
            message @ Message::Text(_) => socket.send_message(&message).await?,
            Message::Close { .. } => {
                work.finish();
                return Ok(());
            }
            _ => {}
        }
    }
    panic!("no Close frame was told");
}

async fn echo_split_until_close<W: Wire>(socket: WebSocket<W>, work: &Work) -> Result<(), Error> {
    let (sender, mut receiver) = socket.split();
    while let Some(event) = receiver.receive().await? {
        match event {
            Event::Text(text) => sender.feed_text(text).await?,
            Event::Close { .. } => {
                work.finish();
                return Ok(());
            }
            _ => {}
        }
    }
    panic!("no Close frame was told");
}

async fn feed_and_return<W: Wire>(mut socket: WebSocket<W>, work: &Work) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive().await? {
        if let Event::Text(text) = event {
            work.finish();
            reply.feed_text(text).await?;
            return Ok(());
        }
    }
    panic!("no text was told");
}

async fn send_and_return<W: Wire>(mut socket: WebSocket<W>, work: &Work) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive().await? {
        if let Event::Text(text) = event {
            work.finish();
            reply.send_text(text).await?;
            return Ok(());
        }
    }
    panic!("no text was told");
}

async fn close_and_return<W: Wire>(mut socket: WebSocket<W>, work: &Work) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive().await? {
        if let Event::Text(_) = event {
            work.finish();
            reply.start_close(CloseCode::NORMAL, "bye")?;
            return Ok(());
        }
    }
    panic!("no text was told");
}

async fn split_feed_and_return<W: Wire>(socket: WebSocket<W>, work: &Work) -> Result<(), Error> {
    let (sender, mut receiver) = socket.split();
    while let Some(event) = receiver.receive().await? {
        if let Event::Text(text) = event {
            work.finish();
            sender.feed_text(text).await?;
            return Ok(());
        }
    }
    panic!("no text was told");
}

async fn split_send_and_return<W: Wire>(socket: WebSocket<W>, work: &Work) -> Result<(), Error> {
    let (sender, mut receiver) = socket.split();
    while let Some(event) = receiver.receive().await? {
        if let Event::Text(text) = event {
            work.finish();
            sender.send_text(text).await?;
            return Ok(());
        }
    }
    panic!("no text was told");
}

async fn report<W: Wire>(mut socket: WebSocket<W>, work: &Work) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive().await? {
        if let Event::Text(_) = event {
            reply.send_text("working").await?;
            work.finish();
            reply.send_text("done").await?;
        }
    }
    Ok(())
}

async fn greet_and_return<W: Wire>(mut socket: WebSocket<W>, work: &Work) -> Result<(), Error> {
    work.finish();
    socket.send_text("hello").await
}

async fn feed_greeting_and_return<W: Wire>(
    mut socket: WebSocket<W>,
    work: &Work,
) -> Result<(), Error> {
    work.finish();
    socket.feed_text("hello").await
}
