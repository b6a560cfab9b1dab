//! Listeners that never answer.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

/// A listener whose backlog is full: the system drops who asks for a connection.
pub(crate) struct Silent {
    pub(crate) address: SocketAddr,
    _kept: (TcpListener, Vec<TcpStream>),
}

impl Silent {
    pub(crate) fn on(address: &str) -> Self {
        let address: SocketAddr = address.parse().unwrap();
        let socket =
            Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP)).unwrap();
        socket.bind(&address.into()).unwrap();
        socket.listen(1).unwrap();
        let listener = TcpListener::from(socket);
        let (address, mut filling) = (listener.local_addr().unwrap(), Vec::new());
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            filling.push(stream);
            assert!(filling.len() < 100, "the backlog is never full");
        }
        Self { address, _kept: (listener, filling) }
    }

    /// Waits until no socket asks for a connection any more.
    #[track_caller]
    pub(crate) fn check_nobody_waits(&self) {
        let start = Instant::now();
        while self.is_asked() {
            // Half of the time that an attempt may take by default.
            assert!(start.elapsed() < Duration::from_secs(5), "a socket was left behind");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether a socket of this machine asks for a connection, as Linux lists them.
    pub(crate) fn is_asked(&self) -> bool {
        let file = if self.address.is_ipv6() { "/proc/net/tcp6" } else { "/proc/net/tcp" };
        let Ok(list) = std::fs::read_to_string(file) else { return false };
        let port = format!(":{:04X}", self.address.port());
        let mut lines = list.lines().map(|line| line.split_whitespace().skip(2));
        lines.any(|mut words| {
            words.next().is_some_and(|remote| remote.ends_with(&port)) && words.next() == Some("02")
        })
    }
}
