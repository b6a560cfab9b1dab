use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::Message;
use websocket_proto::io::Error;
use websocket_proto::io::tokio::{accept, connect};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    tokio::spawn(serve(listener));
    println!("{}", talk(&url).await?);
    Ok(())
}

async fn serve(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(echo(stream));
    }
}

async fn echo(stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut socket = accept(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

async fn talk(url: &str) -> Result<String, Error> {
    let socket = connect(url).await?;
    let (mut sink, mut stream) = socket.split();
    sink.send(Message::text("hello")).await?;
    let mut answer = String::new();
    while let Some(message) = stream.next().await {
        match message? {
            Message::Text(text) => {
                answer = text.to_string();
                sink.close().await?;
            }
            Message::Close { code, .. } => println!("closed: {code}"),
            _ => {}
        }
    }
    Ok(answer)
}
