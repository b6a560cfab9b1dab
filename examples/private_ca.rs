//! WebSockets over TLS with certificates of one's own authority, on threads: an echo server, and a
//! client that trusts that authority and nobody else.
//!
//! ```sh
//! private_ca() { cargo run --features tls --example private_ca -- "$@"; }
//! private_ca serve cert.pem key.pem 127.0.0.1:9001
//! private_ca connect wss://localhost:9001 ca.pem
//! ```
//!
//! The authority, and the server's certificate with its key:
//!
//! ```sh
//! new='openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
//! $new -x509 -days 3650 -subj '/CN=our authority' -keyout ca-key.pem -out ca.pem
//! $new -subj /CN=server -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem |
//!   openssl x509 -req -days 90 -copy_extensions copy -CA ca.pem -CAkey ca-key.pem -out cert.pem
//! ```

use std::io::{self, BufRead};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::tls::{ClientTls, ServerTls};
use websocket_proto::io::{Dial, Error, blocking};
use websocket_proto::{CloseCode, Config, Event};

const USAGE: &str = "\
usage: private_ca serve CERT KEY [ADDRESS]    an echo server [default: 127.0.0.1:9001]
       private_ca connect URL CA              sends each line of its input, prints what comes back";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["serve", chain, key] => serve_at("127.0.0.1:9001", chain, key),
        ["serve", chain, key, address] => serve_at(address, chain, key),
        ["connect", url, authority] => connect_trusting(url, authority),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("private_ca: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve_at(address: &str, chain: &str, key: &str) -> Result<(), Error> {
    let tls = ServerTls::from_pem_files(chain, key)?;
    let listener = TcpListener::bind(address)?;
    println!("listening on wss://{}", listener.local_addr()?);
    serve(&listener, &tls);
    Ok(())
}

/// Serves whoever connects, each in a thread.
pub(crate) fn serve(listener: &TcpListener, tls: &ServerTls) {
    for stream in blocking::incoming(listener) {
        let tls = tls.clone();
        // TLS begins in the thread, as a client may take its time.
        thread::spawn(move || {
            echo(stream, &tls).unwrap_or_else(|error| eprintln!("private_ca: {error}"));
        });
    }
}

fn echo(stream: TcpStream, tls: &ServerTls) -> Result<(), Error> {
    let stream = blocking::tls_server(stream, tls, Duration::from_secs(10))?;
    let mut socket = blocking::accept(stream)?;
    while let Some((event, reply)) = socket.receive()? {
        match event {
            Event::Text(text) => reply.send_text(text)?,
            Event::Binary(data) => reply.send_binary(data)?,
            _ => {}
        }
    }
    Ok(())
}

fn connect_trusting(url: &str, authority: &str) -> Result<(), Error> {
    let tls = ClientTls::with_roots_file(authority)?;
    connect(url, &tls, io::stdin().lock(), |line| println!("{line}"))
}

/// Sends each line, and prints the answer to it. Closes when there are no more lines.
pub(crate) fn connect(
    url: &str,
    tls: &ClientTls,
    lines: impl BufRead,
    mut print: impl FnMut(&str),
) -> Result<(), Error> {
    let mut socket = blocking::dial(
        &ClientRequest::new(url)?,
        Config::default(),
        &Dial::new().tls(tls.clone()),
    )?;
    for line in lines.lines() {
        socket.send_text(&line?)?;
        while let Some((event, _)) = socket.receive()? {
            match event {
                Event::Text(text) => {
                    print(text);
                    break;
                }
                Event::Ended(ending) => print(&format!("the connection has ended: {ending}")),
                _ => {}
            }
        }
    }
    let ending = socket.close_with(CloseCode::NORMAL, "")?;
    print(&format!("the connection has ended: {ending}"));
    Ok(())
}
