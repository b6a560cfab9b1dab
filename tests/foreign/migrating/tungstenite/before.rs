use std::net::{TcpListener, TcpStream};
use std::thread;

use tungstenite::{Error, Message, accept, connect};

fn main() -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://{}/", listener.local_addr()?);
    thread::spawn(|| serve(listener));
    println!("{}", talk(&url)?);
    Ok(())
}

fn serve(listener: TcpListener) {
    for stream in listener.incoming().flatten() {
        thread::spawn(|| echo(stream));
    }
}

fn echo(stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let Ok(mut socket) = accept(stream) else { return Ok(()) };
    loop {
        match socket.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => socket.send(message)?,
            Ok(_) => {}
            Err(Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn talk(url: &str) -> Result<String, Error> {
    let (mut socket, _response) = connect(url)?;
    socket.send(Message::text("hello"))?;
    let answer = loop {
        if let Message::Text(text) = socket.read()? {
            break text.to_string();
        }
    };
    socket.close(None)?;
    loop {
        match socket.read() {
            Ok(_) => {}
            Err(Error::ConnectionClosed) => return Ok(answer),
            Err(error) => return Err(error),
        }
    }
}
