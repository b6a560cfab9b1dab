//! The peer: it reads at a rate, and answers every ping when it has read it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::MaybeTls;
use websocket_proto::io::blocking::{Stream, WebSocket, client, tls_client};
use websocket_proto::io::tls::ClientTls;
use websocket_proto::{CloseCode, Config, Event};

/// How the peer reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// In bytes per second.
    pub(crate) rate: usize,
    /// After so many bytes it reads no more, and keeps the connection.
    pub(crate) stops_after: Option<usize>,
}

impl Peer {
    /// Connects, receives the messages and closes. A peer that stops goes when it is `over`.
    pub(crate) fn run(
        self,
        address: SocketAddr,
        authority: Option<&str>,
        messages: usize,
        over: mpsc::Receiver<()>,
    ) {
        let stream = TcpStream::connect(address).unwrap();
        let slow = Slow { stream, peer: self, start: Instant::now(), read: 0, over };
        // The server tells how it ended.
        let _ = receive(open(slow, address, authority), messages);
    }
}

fn open(slow: Slow, address: SocketAddr, authority: Option<&str>) -> WebSocket<MaybeTls<Slow>> {
    let limit = Duration::from_secs(60);
    let stream = match authority {
        Some(authority) => {
            let tls = ClientTls::with_roots(authority.as_bytes()).unwrap();
            tls_client(slow, &tls, "localhost", limit).unwrap()
        }
        None => MaybeTls::plain(slow),
    };
    let mut config = Config::default();
    // It is the server's deadlines that are under test.
    config.keepalive = None;
    let request = ClientRequest::new(&format!("ws://{address}/")).unwrap();
    client(stream, &request, config).unwrap()
}

fn receive(
    mut socket: WebSocket<MaybeTls<Slow>>,
    messages: usize,
) -> Result<(), websocket_proto::io::Error> {
    for _ in 0..messages {
        while !matches!(socket.receive()?, Some((Event::Binary(_), _)) | None) {}
    }
    socket.close_with(CloseCode::NORMAL, "").map(drop)
}

/// A socket that is read at a rate, from the first byte to the last.
#[derive(Debug)]
struct Slow {
    stream: TcpStream,
    peer: Peer,
    start: Instant,
    read: usize,
    over: mpsc::Receiver<()>,
}

impl Read for Slow {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        if self.peer.stops_after.is_some_and(|most| self.read >= most) {
            // Until the server has found out.
            let _ = self.over.recv();
            return Err(ErrorKind::ConnectionAborted.into());
        }
        let due = Duration::from_secs_f64(self.read as f64 / self.peer.rate as f64);
        thread::sleep(due.saturating_sub(self.start.elapsed()));
        let most = space.len().min(4096);
        let len = self.stream.read(&mut space[..most])?;
        self.read += len;
        Ok(len)
    }
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Slow {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_write_timeout(timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        self.stream.shutdown(how)
    }
}
