use tokio::net::{TcpListener, TcpStream};
use websocket_proto::io::Error;
use websocket_proto::io::tokio::{accept, connect};
use websocket_proto::{CloseCode, Event};

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
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) => reply.send_text(text).await?,
            Event::Binary(data) => reply.send_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
}

async fn talk(url: &str) -> Result<String, Error> {
    let mut socket = connect(url).await?;
    socket.send_text("hello").await?;
    let mut answer = String::new();
    while let Some((event, _)) = socket.receive().await? {
        if let Event::Text(text) = event {
            answer = text.to_owned();
            break;
        }
    }
    socket.close_with(CloseCode::NORMAL, "").await?;
    Ok(answer)
}
