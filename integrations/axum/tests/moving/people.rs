//! The clients of the programs.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Says what it was asked for and a little more; returns what it heard.
pub(crate) async fn one_converses(url: &str) -> Vec<String> {
    let (mut client, response) = connect_async(url).await.unwrap();
    let mut heard = vec![response.status().to_string()];
    for message in [Message::text("é€😀"), Message::binary(vec![0, 1]), Message::Ping("?".into())]
    {
        client.send(message).await.unwrap();
    }
    while let Some(Ok(message)) = client.next().await {
        heard.push(described(&message));
    }
    heard
}

/// A chat of two, and of one whose name is taken; returns what all have heard.
pub(crate) async fn two_chat(url: &str) -> Vec<String> {
    let mut transcript = Vec::new();
    let mut ada = enter(url, "Ada", &mut transcript).await;
    let mut bob = enter(url, "Bob", &mut transcript).await;
    hear("Ada", &mut ada, &mut transcript).await;
    let mut other = connect_async(url).await.unwrap().0;
    other.send(Message::text("Ada")).await.unwrap();
    hear("another Ada", &mut other, &mut transcript).await;
    assert!(!matches!(other.next().await, Some(Ok(Message::Text(_)))));

    bob.send(Message::text("hello")).await.unwrap();
    for (name, client) in [("Ada", &mut ada), ("Bob", &mut bob)] {
        hear(name, client, &mut transcript).await;
    }
    bob.close(None).await.unwrap();
    drop(bob);
    hear("Ada", &mut ada, &mut transcript).await;
    transcript
}

/// Enters the chat, and hears of it.
async fn enter(url: &str, name: &str, transcript: &mut Vec<String>) -> Client {
    let mut client = connect_async(url).await.unwrap().0;
    client.send(Message::text(name)).await.unwrap();
    hear(name, &mut client, transcript).await;
    client
}

async fn hear(name: &str, client: &mut Client, transcript: &mut Vec<String>) {
    let message = client.next().await.unwrap().unwrap();
    transcript.push(format!("{name} hears {}", described(&message)));
}

fn described(message: &Message) -> String {
    match message {
        Message::Text(text) => text.to_string(),
        Message::Ping(payload) => format!("ping {}", payload.escape_ascii()),
        Message::Pong(payload) => format!("pong {}", payload.escape_ascii()),
        Message::Close(Some(close)) => format!("close {} {}", close.code, close.reason),
        other => format!("{other:?}"),
    }
}
