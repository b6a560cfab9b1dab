//! Streams and sinks, as programs use them that import the traits of futures.

use futures_util::stream::FusedStream;
use futures_util::{Sink, SinkExt, Stream, StreamExt, TryStreamExt};
use smol::channel;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use websocket_proto::backoff::Backoff;
use websocket_proto::io::tokio::{Receiver, Reconnecting, Sender, WebSocket};
use websocket_proto::io::{Error, OsEntropy};
use websocket_proto::{CloseCode, Message, Role};

use super::{soon, without_deadlines};

/// A client and a server that talk to each other.
fn pair() -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let (client, server) = tokio::io::duplex(1 << 16);
    let established =
        |stream, role| WebSocket::established(stream, role, None, without_deadlines(), b"");
    (established(client, Role::Client(&OsEntropy)), established(server, Role::Server))
}

/// The plain loop, over everything that is a stream and a sink; returns how many texts it echoed.
macro_rules! echo {
    ($socket:expr) => {{
        let mut echoed = 0;
        while let Some(message) = $socket.next().await {
            let message = message?;
            if let Message::Text(_) = message {
                $socket.send(message).await?;
                echoed += 1;
            }
        }
        Ok::<usize, Error>(echoed)
    }};
}

/// Talks to an echo server through the methods of the traits.
async fn talk(mut socket: WebSocket<DuplexStream>) -> Result<(), Error> {
    socket.feed(Message::text("a")).await?;
    socket.feed(Message::text("b")).await?;
    socket.flush().await?;
    socket.send(Message::text("c")).await?;
    for expected in ["a", "b", "c"] {
        assert_eq!(socket.try_next().await?, Some(Message::text(expected)));
    }
    socket.close().await?;
    assert!(socket.next().await.is_none());
    let ending = socket.ending().unwrap();
    assert!(ending.is_clean());
    assert_eq!(ending.code(), CloseCode::NORMAL);
    Ok(())
}

#[tokio::test]
async fn a_socket_is_a_stream_and_a_sink() {
    let (client, mut server) = pair();
    let serving = tokio::spawn(async move {
        let echoed = echo!(server);
        assert!(server.ending().unwrap().is_clean());
        echoed
    });
    soon(talk(client)).await.unwrap();
    assert_eq!(serving.await.unwrap().unwrap(), 3);
}

#[tokio::test]
async fn the_halves_are_those_that_others_have_and_in_their_order() {
    let (client, server) = pair();
    let (sink, stream): (Sender<DuplexStream>, Receiver<DuplexStream>) = server.split();
    let texts =
        stream.try_filter(|message| std::future::ready(matches!(message, Message::Text(_))));
    let forwarding = tokio::spawn(texts.forward(sink));
    soon(talk(client)).await.unwrap();
    forwarding.await.unwrap().unwrap();

    // Those of futures, which lock anew for each poll.
    let (client, server) = pair();
    let (sink, stream) = StreamExt::split(server);
    let forwarding = tokio::spawn(stream.forward(sink));
    soon(talk(client)).await.unwrap();
    forwarding.await.unwrap().unwrap();
}

/// Sends what comes through a channel, and counts what arrives.
fn select(
    mut receiver: Receiver<DuplexStream>,
    mut sender: Sender<DuplexStream>,
    news: channel::Receiver<&'static str>,
) -> JoinHandle<Result<usize, Error>> {
    tokio::spawn(async move {
        let mut arrived = 0;
        loop {
            tokio::select! {
                message = receiver.next() => match message {
                    Some(message) => arrived += usize::from(matches!(message?, Message::Text(_))),
                    None => return Ok(arrived),
                },
                Ok(news) = news.recv() => sender.send(Message::text(news)).await?,
            }
        }
    })
}

#[tokio::test]
async fn a_message_or_one_of_a_channel_is_waited_for() {
    let (client, mut server) = pair();
    let (tell, news) = channel::bounded(8);
    let (sender, receiver) = client.split();
    let mut closing = sender.clone();
    let selecting = select(receiver, sender, news);
    let serving = tokio::spawn(async move { echo!(server) });
    for text in ["a", "b", "c"] {
        tell.send(text).await.unwrap();
    }
    // On one thread, what was taken out of the channel is also queued.
    while !tell.is_empty() {
        tokio::task::yield_now().await;
    }
    drop(tell);
    closing.close().await.unwrap();
    assert_eq!(soon(serving).await.unwrap().unwrap(), 3);
    assert_eq!(soon(selecting).await.unwrap().unwrap(), 3);
}

/// The same on one type, which is a stream and a sink. Without a connection nothing can be sent.
async fn select_on<S>(mut socket: S, news: channel::Receiver<&'static str>) -> Result<usize, Error>
where
    S: Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Unpin,
{
    let mut arrived = 0;
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(message)) => arrived += usize::from(matches!(message, Message::Text(_))),
                Some(Err(Error::Ended(_))) | None => return Ok(arrived),
                Some(Err(error)) => return Err(error),
            },
            Ok(news) = news.recv(), if arrived > 0 => socket.send(Message::text(news)).await?,
        }
    }
}

/// Says something, gets an answer, and closes.
async fn greet(mut socket: WebSocket<DuplexStream>) -> Result<(), Error> {
    socket.send(Message::text("hello")).await?;
    assert_eq!(socket.try_next().await?, Some(Message::text("news")));
    socket.close().await
}

#[tokio::test]
async fn a_message_or_one_of_a_channel_is_waited_for_on_one_type() {
    let (tell, news) = channel::bounded(8);
    let (client, server) = pair();
    tell.send("news").await.unwrap();
    let greeting = tokio::spawn(greet(server));
    assert_eq!(soon(select_on(client, news.clone())).await.unwrap(), 1);
    greeting.await.unwrap().unwrap();

    let (client, server) = pair();
    tell.send("news").await.unwrap();
    let greeting = tokio::spawn(greet(server));
    assert_eq!(soon(select_on(reconnecting(client), news)).await.unwrap(), 1);
    greeting.await.unwrap().unwrap();
}

/// A client whose one connection this is.
fn reconnecting(socket: WebSocket<DuplexStream>) -> Reconnecting<DuplexStream> {
    let mut socket = Some(socket);
    let dial = move || std::future::ready(socket.take().ok_or(Error::StreamingDelivery));
    Reconnecting::with_dial(dial, Backoff::default())
}

#[tokio::test]
async fn a_client_that_connects_again_is_a_stream_and_a_sink() {
    let (client, server) = pair();
    let mut client = reconnecting(client);
    let talking = tokio::spawn(talk(server));
    let lost = soon(async { echo!(client) }).await.unwrap_err();
    assert!(matches!(&lost, Error::Ended(ending) if ending.is_clean()), "{lost:?}");
    talking.await.unwrap().unwrap();
    // 1000 is the end of it.
    assert!(!client.is_terminated());
    assert!(client.next().await.is_none());
    assert!(client.is_terminated());
    assert!(client.ending().unwrap().is_clean());
}

/// No method of ours hides one of the traits: where a type has none of that name, the one of `Ext`
/// is called, and otherwise this does not compile.
mod hidden {
    use super::DuplexStream as S;
    use websocket_proto::io::tokio::*;

    struct NotHidden;

    macro_rules! not_hidden {
        ($($method:ident)*) => {
            #[allow(clippy::wrong_self_convention, reason = "the names are those of others")]
            trait Ext {
                $(fn $method(&mut self) -> NotHidden { NotHidden })*
            }
            impl<T> Ext for T {}
            not_hidden!(@each [$($method)*] WebSocket Sender Receiver Reconnecting);
        };
        (@each $methods:tt $($type:ident)*) => { $(not_hidden!(@one $methods $type);)* };
        (@one [$($method:ident)*] $type:ident) => {
            const _: fn($type<S>) = |mut it| {
                $(let NotHidden = it.$method();)*
            };
        };
    }

    // All of StreamExt, SinkExt, TryStreamExt, and tokio_stream's StreamExt; except for `split` and
    // `flush`, which do what those of the same name do.
    not_hidden! {
        next into_future map enumerate filter filter_map then collect unzip concat count cycle fold
        any all flatten flatten_unordered flat_map flat_map_unordered scan skip_while take_while
        take_until for_each for_each_concurrent take skip fuse by_ref catch_unwind boxed boxed_local
        buffered buffer_unordered zip chain peekable chunks ready_chunks forward inspect left_stream
        right_stream poll_next_unpin select_next_some
        with with_flat_map with_map with_filter with_filter_map sink_map_err sink_err_into buffer
        close fanout send feed send_all left_sink right_sink compat poll_ready_unpin
        start_send_unpin poll_flush_unpin poll_close_unpin
        err_into map_ok map_err and_then or_else inspect_ok inspect_err into_stream try_next
        try_for_each try_skip_while try_take_while try_for_each_concurrent try_collect try_chunks
        try_ready_chunks try_filter try_filter_map try_flatten_unordered try_flatten try_fold
        try_concat try_buffer_unordered try_buffered try_poll_next_unpin into_async_read try_all
        try_any
        map_while merge timeout timeout_repeating throttle chunks_timeout
        poll_next poll_ready start_send poll_flush poll_close size_hint is_terminated
    }
}
