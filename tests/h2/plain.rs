//! Plain programs over TCP, each a runtime that ends when the program returns, and what their server
//! receives by then.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::{self, JoinHandle};

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use websocket_proto::Event;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::Error;
use websocket_proto::io::h2::Client;

use super::drops::frames;
use super::server::{Accepted, Server, builder};
use super::{guarded, patient};

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Frames of a client, by opcode and payload.
type Frames = Vec<(u8, Vec<u8>)>;

/// A server for one socket, in a thread: sends this, and returns the frames that it receives before
/// the end of the stream or of the connection.
fn serve(send: &'static [u8]) -> (SocketAddr, JoinHandle<Frames>) {
    let (sender, address) = std::sync::mpsc::channel();
    let serving = thread::spawn(move || {
        current_thread().block_on(guarded(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let mut server = Server::over(stream, builder());
            let mut accepted = server.next().await.accept(&[]);
            if !send.is_empty() {
                accepted.send(send);
            }
            frames(&read_to_end(&mut accepted).await)
        }))
    });
    (address.recv().unwrap(), serving)
}

async fn read_to_end(accepted: &mut Accepted) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(Ok(data)) = accepted.next().await {
        bytes.extend_from_slice(&data);
    }
    bytes
}

async fn connect(address: SocketAddr) -> Result<websocket_proto::io::h2::WebSocket, Error> {
    let (client, driver) = Client::handshake(TcpStream::connect(address).await?).await?;
    tokio::spawn(driver);
    client.connect(&ClientRequest::new("ws://localhost/")?, patient()).await
}

/// Runs the program, and has the frames that the server received.
fn received<F>(send: &'static [u8], program: fn(SocketAddr) -> F) -> Vec<Frames>
where
    F: Future<Output = Result<(), Error>>,
{
    let runtimes = [current_thread, multi_thread].into_iter();
    let received = runtimes.map(|runtime| {
        let (address, serving) = serve(send);
        // The runtime ends with this statement, and the tasks in it.
        runtime().block_on(guarded(program(address))).unwrap();
        serving.join().unwrap()
    });
    received.collect()
}

#[test]
fn a_program_that_sends_and_returns() {
    async fn program(address: SocketAddr) -> Result<(), Error> {
        let mut socket = connect(address).await?;
        socket.send_text("hello").await?;
        Ok(())
    }
    for frames in received(b"", program) {
        assert_eq!(frames, [(1, b"hello".to_vec())]);
    }
}

#[test]
fn a_program_that_feeds_and_returns() {
    async fn program(address: SocketAddr) -> Result<(), Error> {
        let mut socket = connect(address).await?;
        socket.feed_text("hello").await?;
        socket.feed_text("again").await?;
        Ok(())
    }
    for frames in received(b"", program) {
        assert_eq!(frames, [(1, b"hello".to_vec()), (1, b"again".to_vec())]);
    }
}

#[test]
fn a_program_that_returns_at_close() {
    async fn program(address: SocketAddr) -> Result<(), Error> {
        let mut socket = connect(address).await?;
        while let Some((event, reply)) = socket.receive().await? {
            match event {
                Event::Text(text) => reply.feed_text(text).await?,
                Event::Close { .. } => return Ok(()),
                _ => {}
            }
        }
        unreachable!("a Close frame came")
    }
    for frames in received(b"\x81\x02hi\x88\x02\x03\xe9", program) {
        assert_eq!(frames, [(1, b"hi".to_vec()), (8, vec![3, 0xe9])]);
    }
}

#[test]
fn a_program_that_returns_the_error_of_a_violation() {
    async fn program(address: SocketAddr) -> Result<(), Error> {
        let mut socket = connect(address).await?;
        while let Some((event, reply)) = socket.receive().await.or_else(ended)? {
            if let Event::Text(text) = event {
                reply.feed_text(text).await?;
            }
        }
        Ok(())
    }
    fn ended<T>(error: Error) -> Result<Option<T>, Error> {
        if let Error::Protocol(_) = error { Ok(None) } else { Err(error) }
    }
    // A text, and a frame with a reserved bit.
    for frames in received(b"\x81\x02hi\xc1\0", program) {
        assert_eq!(frames, [(1, b"hi".to_vec()), (8, vec![3, 0xea])]);
    }
}

#[test]
fn a_program_that_begins_to_close_and_returns() {
    async fn program(address: SocketAddr) -> Result<(), Error> {
        let mut socket = connect(address).await?;
        socket.writer().start_close(websocket_proto::CloseCode::NORMAL, "bye")?;
        Ok(())
    }
    for frames in received(b"", program) {
        assert_eq!(frames, [(8, b"\x03\xe8bye".to_vec())]);
    }
}
