//! A socket that is shared by several tasks, and sockets as streams and sinks.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{FutureExt, SinkExt, StreamExt, stream::FusedStream};
use tokio::io::{DuplexStream, duplex};
use websocket_proto::io::Error;
use websocket_proto::io::task::{Receiver, Sender};
use websocket_proto::io::tokio::{GracefulShutdown, WebSocket, Wire};
use websocket_proto::{
    CloseCode, Config, Delivery, EndCause, Event, Message, Prepared, Role, SendError, io::OsEntropy,
};

type Socket = WebSocket<DuplexStream>;

/// A server and a client over a pipe that holds `pipe` bytes.
fn pair(pipe: usize, config: Config) -> (Socket, Socket) {
    let (server, client) = duplex(pipe);
    let client = Socket::established(client, Role::Client(&OsEntropy), None, config, b"");
    (Socket::established(server, Role::Server, None, config, b""), client)
}

/// The output of a future, which fails if it hangs.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it hangs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_send_and_each_keeps_its_order() {
    const TASKS: usize = 8;
    const MESSAGES: usize = 200;
    let (server, mut client) = pair(1000, Config::default());
    let (sender, mut receiver) = server.split();
    let senders = (0..TASKS).map(|task| {
        let sender = sender.clone();
        tokio::spawn(async move {
            for message in 0..MESSAGES {
                sender.send_text(&format!("{task} {message}")).await.unwrap();
            }
        })
    });
    let senders = join_all(senders.collect::<Vec<_>>());
    let receiving = tokio::spawn(async move { drain(&mut receiver).await });
    let mut next = [0; TASKS];
    for _ in 0..TASKS * MESSAGES {
        let text = next_text(&mut client).await;
        let (task, message) = text.split_once(' ').unwrap();
        let task: usize = task.parse().unwrap();
        assert_eq!(message, next[task].to_string(), "task {task}");
        next[task] += 1;
    }
    soon(senders).await.into_iter().for_each(Result::unwrap);
    assert!(soon(client.close_with(CloseCode::NORMAL, "")).await.unwrap().is_clean());
    assert_eq!(soon(receiving).await.unwrap(), EndCause::Clean);
}

#[tokio::test]
async fn pings_are_answered_while_the_sender_is_idle() {
    let (server, mut client) = pair(1000, Config::default());
    let (_sender, mut receiver) = server.split();
    let receiving = tokio::spawn(async move { drain(&mut receiver).await });
    client.send_ping(b"there?").await.unwrap();
    let pong = soon(client.receive()).await.unwrap();
    assert!(matches!(pong, Some((Event::Pong { payload: b"there?", .. }, _))), "{pong:?}");
    soon(client.close_with(CloseCode::NORMAL, "")).await.unwrap();
    soon(receiving).await.unwrap();
}

#[tokio::test]
async fn senders_wait_for_room_and_lose_nothing() {
    let mut config = Config::default();
    config.limits.output = 1000;
    let (server, mut client) = pair(64, config);
    let (sender, mut receiver) = server.split();
    let receiving = tokio::spawn(async move { drain(&mut receiver).await });
    let message = Message::binary(vec![7; 600]);
    sender.feed_message(&message).await.unwrap();
    sender.feed_message(&message).await.unwrap();
    assert_eq!(sender.try_send_message(&message), Err(SendError::Full));
    assert!(sender.feed_message(&message).now_or_never().is_none(), "there is no room");
    let prepared = Prepared::binary(&[9; 600]);
    assert!(sender.feed_prepared(&prepared).now_or_never().is_none(), "there is no room");
    let fed = tokio::spawn({
        let sender = sender.clone();
        async move {
            sender.feed_message(&Message::binary(vec![8; 600])).await?;
            sender.feed_prepared(&prepared).await
        }
    });
    for byte in [7, 7, 8, 9] {
        assert_eq!(soon(client.receive_binary()).await, vec![byte; 600]);
    }
    soon(fed).await.unwrap().unwrap();
    sender.start_close(CloseCode::NORMAL, "done").unwrap();
    assert_eq!(sender.try_send_message(&message), Err(SendError::Closed));
    soon(drain_socket(&mut client)).await;
    assert_eq!(soon(receiving).await.unwrap(), EndCause::Clean);
}

#[tokio::test]
async fn a_deadline_that_a_sender_starts_is_kept_by_the_receiver() {
    let mut config = Config::default();
    config.close_timeout = Duration::from_millis(30);
    let (server, _client) = pair(64, config);
    let (sender, mut receiver) = server.split();
    let receiving = tokio::spawn(async move { drain(&mut receiver).await });
    tokio::task::yield_now().await;
    sender.start_close(CloseCode::NORMAL, "").unwrap();
    let how = soon(receiving).await.unwrap();
    assert_eq!(how, EndCause::TimedOut(websocket_proto::Deadline::Close));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_server_reaches_every_task() {
    const SOCKETS: usize = 200;
    let shutdown = GracefulShutdown::new();
    let sockets = (0..SOCKETS).map(|_| {
        let (mut server, mut client) = pair(64, Config::default());
        shutdown.watch(&mut server);
        let (sender, mut receiver) = server.split();
        tokio::spawn(async move { drain_socket(&mut client).await });
        tokio::spawn(async move { while sender.send_text("news").await.is_ok() {} });
        tokio::spawn(async move { drain(&mut receiver).await })
    });
    let sockets: Vec<_> = sockets.collect();
    let patience = tokio::time::sleep(Duration::from_secs(20));
    let summary = shutdown.close_all(CloseCode::GOING_AWAY, "", patience).await.unwrap();
    assert_eq!((summary.clean, summary.aborted), (SOCKETS, 0));
    for how in join_all(sockets).await {
        assert_eq!(how.unwrap(), EndCause::Clean);
    }
}

#[tokio::test]
async fn prepared_messages_reach_every_receiver() {
    let news = Prepared::text(&"news ".repeat(1000));
    let mut clients = Vec::new();
    for _ in 0..20 {
        let (server, client) = pair(1 << 16, Config::default());
        let (sender, mut receiver) = server.split();
        tokio::spawn(async move { drain(&mut receiver).await });
        sender.try_send_prepared(&news).unwrap();
        sender.send_prepared(&news).await.unwrap();
        clients.push(client);
    }
    for client in &mut clients {
        for _ in 0..2 {
            assert_eq!(next_text(client).await.as_bytes(), news.payload());
        }
        soon(client.close_with(CloseCode::NORMAL, "")).await.unwrap();
    }
}

#[tokio::test]
async fn a_stream_is_forwarded_to_its_own_sink() {
    let (server, mut client) = pair(1 << 12, Config::default());
    let (sender, receiver) = server.split();
    let echo = tokio::spawn(receiver.forward(sender));
    let large = "ä".repeat(100_000);
    for text in ["", "a", &large] {
        client.send(Message::text(text)).await.unwrap();
        let echoed = soon(client.next()).await.unwrap().unwrap();
        assert_eq!(echoed, Message::text(text));
    }
    client.send(Message::binary(vec![1; 70_000])).await.unwrap();
    let echoed = soon(client.next()).await.unwrap().unwrap();
    assert_eq!(echoed, Message::binary(vec![1; 70_000]));
    SinkExt::close(&mut client).await.unwrap();
    assert!(client.is_terminated());
    assert!(soon(client.next()).await.is_none());
    soon(echo).await.unwrap().unwrap();
}

#[tokio::test]
async fn streams_want_whole_messages() {
    let mut config = Config::default();
    config.delivery = Delivery::Streaming;
    let (mut server, mut client) = pair(1 << 12, config);
    client.send_text("a").await.unwrap();
    let item = soon(server.next()).await;
    assert!(matches!(item, Some(Err(Error::StreamingDelivery))), "{item:?}");
}

#[tokio::test]
async fn sinks_refuse_what_cannot_be_sent() {
    let (server, _client) = pair(1 << 12, Config::default());
    let (mut sender, _receiver) = server.split();
    let refused = SinkExt::feed(&mut sender, Message::Ping(vec![0; 126].into())).await;
    assert!(matches!(refused, Err(Error::Send(SendError::PingTooLong))), "{refused:?}");
    SinkExt::feed(&mut sender, Message::close(CloseCode::GOING_AWAY, "")).await.unwrap();
    let refused = SinkExt::feed(&mut sender, Message::text("late")).await;
    assert!(matches!(refused, Err(Error::Send(SendError::Closed))), "{refused:?}");
}

async fn drain(receiver: &mut Receiver<Wire<DuplexStream>>) -> EndCause {
    loop {
        match receiver.receive().await {
            Ok(Some(Event::Ended(ending))) => return ending.cause,
            Ok(Some(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn drain_socket(socket: &mut Socket) {
    while socket.receive().await.unwrap().is_some() {}
}

async fn next_text(socket: &mut Socket) -> String {
    match soon(socket.receive()).await {
        Ok(Some((Event::Text(text), _))) => text.into(),
        other => panic!("{other:?}"),
    }
}

trait ReceiveBinary {
    async fn receive_binary(&mut self) -> Vec<u8>;
}

impl ReceiveBinary for Socket {
    async fn receive_binary(&mut self) -> Vec<u8> {
        match self.receive().await {
            Ok(Some((Event::Binary(data), _))) => data.to_vec(),
            other => panic!("{other:?}"),
        }
    }
}

/// The halves can be moved to tasks of their own.
#[test]
fn halves_are_send() {
    fn is_send<T: Send>() {}
    is_send::<Receiver<Wire<DuplexStream>>>();
    is_send::<Sender<Wire<DuplexStream>>>();
}
