//! The list of servers, and what all of them do.

use std::cell::RefCell;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::process::Command;

/// The environment variable that makes this program a server; its value is the server's name.
const SERVER: &str = "SOCKETS_BENCH_SERVER";

#[derive(Clone, Copy)]
pub(crate) struct Server {
    pub(crate) runtime: Runtime,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Runtime {
    Tokio,
    Smol,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Sends back the bytes that it reads.
    Raw,
    /// Sends back the messages that it receives.
    WebSocket,
}

impl Server {
    const ALL: [Self; 4] = [
        Self { runtime: Runtime::Tokio, kind: Kind::Raw },
        Self { runtime: Runtime::Tokio, kind: Kind::WebSocket },
        Self { runtime: Runtime::Smol, kind: Kind::Raw },
        Self { runtime: Runtime::Smol, kind: Kind::WebSocket },
    ];

    /// The server that this process was started as, if it was started by
    /// [`command`](Self::command).
    pub(crate) fn of_this_process() -> io::Result<Option<Self>> {
        let Ok(name) = std::env::var(SERVER) else { return Ok(None) };
        let server = Self::ALL.into_iter().find(|server| server.name() == name);
        server.map(Some).ok_or_else(|| io::Error::other("no such server"))
    }

    /// This program again, as the server.
    pub(crate) fn command(self) -> io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.env(SERVER, self.name());
        Ok(command)
    }

    fn name(self) -> String {
        format!("{:?} {:?}", self.runtime, self.kind)
    }
}

thread_local! {
    /// The buffer that all connections of a raw server read into.
    pub(crate) static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 256 << 10]);
}

/// Prints where a server listens, and exits when the standard input ends.
pub(crate) fn announce(address: SocketAddr) {
    println!("{address}");
    std::thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
}
