use tokio::net::TcpListener;
use websocket_proto::Event;
use websocket_proto::io::{Error, tokio::accept};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let mut socket = accept(stream).await?;
            while let Some((event, reply)) = socket.receive().await? {
                match event {
                    Event::Text(text) => reply.send_text(text).await?,
                    Event::Binary(bytes) => reply.send_binary(bytes).await?,
                    _ => {}
                }
            }
            Ok::<(), Error>(())
        });
    }
}
