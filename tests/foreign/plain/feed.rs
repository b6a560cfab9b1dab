//! The program of the page of each runtime's module: a struct with a sender, a task that receives.

use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message as TheirMessage;
use websocket_proto::CloseCode;

use crate::meeting::on_tokio;

/// A server by tokio-tungstenite that tells a client who subscribes three times of it, and returns
/// what the client has sent.
fn server() -> (SocketAddr, JoinHandle<Vec<TheirMessage>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async move |stream: std::net::TcpStream| {
        stream.set_nonblocking(true).unwrap();
        let stream = tokio::net::TcpStream::from_std(stream).unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        let mut received = Vec::new();
        while let Some(message) = socket.next().await {
            let message = message.unwrap();
            if let TheirMessage::Text(topic) = &message {
                for number in 1..=3 {
                    let news = format!("{topic} {number}");
                    socket.send(TheirMessage::text(news)).await.unwrap();
                }
            }
            received.push(message);
        }
        received
    };
    (address, thread::spawn(move || on_tokio(serve(listener.accept().unwrap().0))))
}

macro_rules! program {
    ($module:ident, $adapter:ident, $spawn:path) => {
        mod $module {
            use std::net::SocketAddr;

            use futures_util::StreamExt;
            use websocket_proto::io::{Error, $adapter as websocket};
            use websocket_proto::{CloseCode, Ending, Message};

            /// What the rest of the program needs of the connection.
            #[derive(Clone)]
            pub(super) struct Feed {
                sender: websocket::Sender,
            }

            impl Feed {
                async fn subscribe(&self, topic: &str) -> Result<(), Error> {
                    self.sender.send_text(topic).await
                }

                fn server(&self) -> std::io::Result<SocketAddr> {
                    self.sender.with_stream(|stream| stream.inner().peer_addr())
                }

                fn ending(&self) -> Option<Ending> {
                    self.sender.ending()
                }
            }

            /// Closes after the third.
            async fn gather(
                mut receiver: websocket::Receiver,
                feed: Feed,
            ) -> Result<Vec<String>, Error> {
                let mut news = Vec::new();
                while let Some(message) = receiver.next().await {
                    if let Message::Text(text) = message? {
                        news.push(text.to_string());
                    }
                    if news.len() == 3 && feed.ending().is_none() {
                        // This fails if it was done before.
                        let _ = feed.sender.start_close(CloseCode::NORMAL, "enough");
                    }
                }
                Ok(news)
            }

            pub(super) async fn run(address: SocketAddr) -> Result<(Vec<String>, Ending), Error> {
                let socket = websocket::connect(&format!("ws://{address}/")).await?;
                let (sender, receiver) = socket.split();
                let feed = Feed { sender };
                assert_eq!(feed.server()?, address);
                let gathering = $spawn(gather(receiver, feed.clone()));
                feed.subscribe("news").await?;
                let news = super::joined(gathering).await?;
                Ok((news, feed.ending().expect("it has ended")))
            }
        }
    };
}

program!(with_tokio, tokio, tokio::spawn);
program!(with_smol, smol, smol::spawn);

/// The output of a task, of tokio or of smol.
async fn joined<T>(task: impl Future<Output = T>) -> T::Output
where
    T: Joined,
{
    task.await.output()
}

/// What awaiting a task leads to: tokio reports panics as errors, smol passes them on.
trait Joined {
    type Output;

    fn output(self) -> Self::Output;
}

impl<T> Joined for Result<T, tokio::task::JoinError> {
    type Output = T;

    fn output(self) -> T {
        self.unwrap()
    }
}

impl Joined for Result<Vec<String>, websocket_proto::io::Error> {
    type Output = Self;

    fn output(self) -> Self {
        self
    }
}

/// Checks a run of the program, and what the server saw of it.
fn check(news: &[String], ending: &websocket_proto::Ending, server: JoinHandle<Vec<TheirMessage>>) {
    assert_eq!(news, ["news 1", "news 2", "news 3"]);
    assert!(ending.is_clean());
    assert_eq!(ending.sent.as_ref().map(|sent| sent.code), Some(CloseCode::NORMAL));
    let received = server.join().unwrap();
    assert_eq!(received[0], TheirMessage::text("news"));
    assert!(
        matches!(&received[1..], [TheirMessage::Close(Some(frame))] if frame.reason == "enough")
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main_on_tokio(address: SocketAddr) -> (Vec<String>, websocket_proto::Ending) {
    with_tokio::run(address).await.unwrap()
}

#[test]
fn the_program_of_the_page_works_on_tokio() {
    let (address, server) = server();
    let (news, ending) = main_on_tokio(address);
    check(&news, &ending, server);
}

#[test]
fn the_program_of_the_page_works_on_smol() {
    let (address, server) = server();
    let (news, ending) = smol::block_on(with_smol::run(address)).unwrap();
    check(&news, &ending, server);
}
