use std::net::{TcpListener, TcpStream};
use std::thread;

use websocket_proto::io::Error;
use websocket_proto::io::blocking::{accept, connect, incoming};
use websocket_proto::{CloseCode, Event};

fn main() -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://{}/", listener.local_addr()?);
    thread::spawn(|| serve(listener));
    println!("{}", talk(&url)?);
    Ok(())
}

fn serve(listener: TcpListener) {
    for stream in incoming(&listener) {
        thread::spawn(|| echo(stream));
    }
}

fn echo(stream: TcpStream) -> Result<(), Error> {
    let mut socket = accept(stream)?;
    while let Some((event, reply)) = socket.receive()? {
        match event {
            Event::Text(text) => reply.send_text(text)?,
            Event::Binary(data) => reply.send_binary(data)?,
            _ => {}
        }
    }
    Ok(())
}

fn talk(url: &str) -> Result<String, Error> {
    let mut socket = connect(url)?;
    socket.send_text("hello")?;
    let mut answer = String::new();
    while let Some((event, _)) = socket.receive()? {
        if let Event::Text(text) = event {
            answer = text.to_owned();
            break;
        }
    }
    socket.close_with(CloseCode::NORMAL, "")?;
    Ok(answer)
}
