//! Blocking streams of bytes over loopback: halves for two threads, and one thread that takes turns.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use websocket_proto::io::blocking::WebSocket;
use websocket_proto::{Config, Event, Role};

use crate::support::plain_entropy;

/// How many bytes a client sends through a server to an echo and receives back.
const COPIED: usize = 100 << 20;

/// In the server, a thread copies each direction; so do two threads in the client.
#[test]
fn a_hundred_megabytes_pass_through_a_server_to_an_echo_and_back() {
    let (server, client) = sockets();
    let serving = thread::spawn(move || -> io::Result<u64> {
        let (near, far) = tcp_pair()?;
        let echoing = thread::spawn(move || {
            io::copy(&mut &far, &mut &far)?;
            far.shutdown(Shutdown::Write)
        });
        let (mut reader, mut writer) = server.into_byte_stream().split();
        let returning = near.try_clone()?;
        let returning = thread::spawn(move || {
            io::copy(&mut &returning, &mut writer)?;
            writer.shutdown()
        });
        let copied = io::copy(&mut reader, &mut &near)?;
        near.shutdown(Shutdown::Write)?;
        returning.join().unwrap()?;
        echoing.join().unwrap()?;
        Ok(copied)
    });
    let block: Vec<u8> = (0..1_000_003_u32).map(|at| (at ^ at >> 7) as u8).collect();
    let (mut reader, mut writer) = client.into_byte_stream().split();
    thread::scope(|scope| {
        let writing =
            scope.spawn(|| (0..COPIED / block.len()).try_for_each(|_| writer.write_all(&block)));
        let mut received = vec![0; block.len()];
        for number in 0..COPIED / block.len() {
            reader.read_exact(&mut received).unwrap();
            assert!(received == block, "block {number}");
        }
        writing.join().unwrap().unwrap();
    });
    writer.shutdown().unwrap();
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    assert!(reader.ending().unwrap().is_clean());
    let copied = serving.join().unwrap().unwrap();
    assert_eq!(copied, (COPIED / block.len() * block.len()) as u64);
}

/// A client, which does not read while it writes, and a server that copies in turns.
#[test]
fn one_thread_copies_in_turns() {
    const TURN: usize = 256 << 10;
    let (server, client) = sockets();
    let serving = thread::spawn(move || -> io::Result<()> {
        let (mut bytes, mut turn) = (server.into_byte_stream(), Vec::new());
        while io::copy(&mut (&mut bytes).take(TURN as u64), &mut turn)? > 0 {
            io::copy(&mut &*turn, &mut bytes)?;
            turn.clear();
        }
        bytes.shutdown()
    });
    let mut client = client.into_byte_stream();
    for turn in 0..20 {
        let sent: Vec<u8> = (0..TURN).map(|at| (((at ^ turn) * 31) >> 3) as u8).collect();
        client.write_all(&sent).unwrap();
        let mut received = vec![0; TURN];
        client.read_exact(&mut received).unwrap();
        assert!(sent == received, "turn {turn}");
    }
    client.shutdown().unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    serving.join().unwrap().unwrap();
}

/// What the halves do is what the whole stream does.
#[test]
fn halves_keep_what_was_read_and_refuse_text() {
    let (server, mut client) = sockets();
    client.send_binary(b"one").unwrap();
    client.send_text("two").unwrap();
    let mut bytes = server.into_byte_stream();
    bytes.read_exact(&mut [0]).unwrap();
    bytes.set_read_timeout(Some(Duration::from_secs(20)));
    let (mut reader, mut writer) = bytes.split();
    assert_eq!(reader.buffer(), b"ne");
    assert_eq!(writer.write_vectored(&[&b""[..], b"t", b"wo"].map(IoSlice::new)).unwrap(), 3);
    let leaving = thread::spawn(move || {
        let mut words = Vec::new();
        while let Some((event, _)) = client.receive().unwrap() {
            words.push(match event {
                Event::Binary(data) => String::from_utf8(data.to_vec()).unwrap(),
                Event::Close { code, .. } => code.to_string(),
                _ => continue,
            });
        }
        words
    });
    let mut all = Vec::new();
    assert_eq!(reader.read_to_end(&mut all).unwrap_err().kind(), ErrorKind::InvalidData);
    assert_eq!(all, b"ne");
    assert_eq!(writer.write(b"three").unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(leaving.join().unwrap(), ["two", "1003"]);
}

#[test]
fn halves_end_with_an_error_unless_the_peer_closes() {
    let (server, client) = sockets();
    let (mut reader, mut writer) = server.into_byte_stream().split();
    reader.set_read_timeout(Some(Duration::from_millis(1)));
    assert_eq!(reader.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    reader.set_read_timeout(None);
    drop(client);
    assert_eq!(reader.read(&mut [0]).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(writer.shutdown().unwrap_err().kind(), ErrorKind::BrokenPipe);

    let (server, client) = sockets();
    let (mut reader, mut writer) = server.into_byte_stream().split();
    writer.abort();
    assert_eq!(reader.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionAborted);
    drop(client);
}

#[test]
fn a_read_that_timed_out_is_made_again() {
    let (server, client) = sockets();
    let (mut server, mut client) = (server.into_byte_stream(), client.into_byte_stream());
    server.set_read_timeout(Some(Duration::from_millis(1)));
    assert_eq!(server.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::WouldBlock);
    client.write_all(b"late").unwrap();
    server.set_read_timeout(None);
    let mut bytes = [0; 4];
    server.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"late");
}

/// A server and a client over loopback.
fn sockets() -> (WebSocket<TcpStream>, WebSocket<TcpStream>) {
    let (near, far) = tcp_pair().unwrap();
    let role = Role::Client(&plain_entropy);
    (
        WebSocket::established(near, Role::Server, None, Config::default(), b""),
        WebSocket::established(far, role, None, Config::default(), b""),
    )
}

fn tcp_pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    Ok((TcpStream::connect(listener.local_addr()?)?, listener.accept()?.0))
}
