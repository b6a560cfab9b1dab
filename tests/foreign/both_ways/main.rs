//! Two sides that send much before they read: a client on each adapter, in plain and over
//! TLS. With a split socket it goes on; without, a deadline ends it.
#![cfg(all(feature = "tls", feature = "tokio", feature = "smol"))]

mod client;

use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use websocket_proto::io::tls::{ClientTls, ServerTls};
use websocket_proto::io::{Error, MaybeTls, blocking};
use websocket_proto::{Config, Deadline, EndCause, Event};

use client::{Client, Program};

/// How long TLS may take.
const LIMIT: Duration = Duration::from_secs(30);

type Socket = blocking::WebSocket<MaybeTls<TcpStream>>;

/// Lets a client of every adapter meet a server, and returns what each of them saw.
fn meet<T: Send + 'static>(
    program: Program,
    config: Config,
    serve: fn(Socket) -> T,
) -> Vec<(Client, Result<usize, Error>, T)> {
    let meeting = client::all().map(|client| {
        thread::spawn(move || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let (server_tls, client_tls) = tls();
            let tls = client.tls;
            let server = thread::spawn(move || {
                let stream = listener.accept().unwrap().0;
                serve(accept(stream, tls.then_some(&server_tls), config))
            });
            let stream = TcpStream::connect(address).unwrap();
            let seen = client.run(stream, tls.then_some(&client_tls), program, config);
            (client, seen, server.join().unwrap())
        })
    });
    let meeting: Vec<_> = meeting.collect();
    meeting.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn tls() -> (ServerTls, ClientTls) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (cert.pem(), signing_key.serialize_pem());
    let server = ServerTls::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    (server, ClientTls::with_roots(chain.as_bytes()).unwrap())
}

fn accept(stream: TcpStream, tls: Option<&ServerTls>, config: Config) -> Socket {
    let stream = match tls {
        Some(tls) => blocking::tls_server(stream, tls, LIMIT).unwrap(),
        None => MaybeTls::plain(stream),
    };
    blocking::accept_with(stream, config, |_| Ok(Default::default())).unwrap()
}

/// Answers each message with the same, and reads nothing meanwhile.
fn echo(mut socket: Socket) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive()? {
        if let Event::Binary(data) = event {
            reply.send_binary(data)?;
        }
    }
    Ok(())
}

/// Sends as much as the client before it reads.
fn send_first(mut socket: Socket) -> Result<(), Error> {
    for _ in 0..client::MESSAGES {
        socket.send_binary(&[0; client::LEN])?;
    }
    echo(socket)
}

/// Sends as much as the client while it reads.
fn send_beside(socket: Socket) -> Result<(), Error> {
    let (sender, mut receiver) = socket.split();
    let sending = thread::spawn(move || {
        (0..client::MESSAGES).try_for_each(|_| sender.send_binary(&[0; client::LEN]))
    });
    while receiver.receive()?.is_some() {}
    sending.join().unwrap()
}

#[test]
fn a_split_client_sends_all_before_the_first_answer() {
    for (client, seen, served) in meet(Program::Split, Config::default(), echo) {
        assert_eq!(seen.ok(), Some(client::MESSAGES), "{client:?}");
        assert!(served.is_ok(), "{client:?} {served:?}");
    }
}

#[test]
fn two_split_sides_send_at_once() {
    for (client, seen, served) in meet(Program::Split, Config::default(), send_beside) {
        assert_eq!(seen.ok(), Some(client::MESSAGES), "{client:?}");
        assert!(served.is_ok(), "{client:?} {served:?}");
    }
}

#[test]
fn two_that_send_before_they_read_are_ended_by_their_deadline() {
    let mut config = Config::default();
    config.write_timeout = Some(Duration::from_secs(1));
    for (client, seen, served) in meet(Program::Unsplit, config, send_first) {
        let late =
            |error: &Error| matches!(error, Error::NotWritten(EndCause::TimedOut(Deadline::Write)));
        let (seen, served) = (seen.unwrap_err(), served.unwrap_err());
        // The one that gives up first ends the connection for both.
        assert!(late(&seen) || late(&served), "{client:?} {seen:?} {served:?}");
    }
}
