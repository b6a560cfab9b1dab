//! Attempts to connect to several addresses, on blocking sockets.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Weak, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::super::clock::time_at;
use super::super::connect_error::Reason;
use super::super::dialing::{Dialing, Next};
use super::limit::Limit;

/// Connects to the address that is the first to answer. The other attempts are ended.
pub(super) fn connect_first(dialing: &mut Dialing<'_>, limit: &Limit) -> Result<TcpStream, Reason> {
    let mut attempts = Attempts::new();
    loop {
        let remaining = limit.remaining();
        if remaining.is_zero() {
            return Err(limit.passed());
        }
        let now = time_at(Instant::now());
        let wait = match dialing.next(now) {
            Next::Try(address, socket) => {
                let connect = attempts.attempt(address, socket, remaining);
                if let Err(error) = begin(connect, dialing.is_last()) {
                    dialing.note_failure(address, error);
                }
                continue;
            }
            Next::Wait(until) => until.map_or(remaining, |until| until.since(now).min(remaining)),
            Next::GiveUp => return Err(Reason::NoneLeft),
        };
        match attempts.outcome(wait) {
            Some((address, Ok(stream))) => {
                dialing.note_connected(address);
                return Ok(stream);
            }
            Some((_, Err(_))) if limit.remaining().is_zero() => return Err(limit.passed()),
            Some((address, Err(error))) => dialing.note_failure(address, error),
            None => {}
        }
    }
}

/// Calls `connect`: here if there is nothing else to wait for, or in a thread.
fn begin(connect: impl FnOnce() + Send + 'static, is_last: bool) -> io::Result<()> {
    if is_last {
        connect();
        return Ok(());
    }
    thread::Builder::new().spawn(connect).map(drop)
}

/// The attempts that are in progress, each in a thread unless it is the only one.
struct Attempts {
    sender: mpsc::Sender<Outcome>,
    outcomes: mpsc::Receiver<Outcome>,
    /// The sockets, as long as their threads have them.
    sockets: Vec<Weak<TcpStream>>,
}

type Outcome = (SocketAddr, io::Result<Arc<TcpStream>>);

impl Attempts {
    fn new() -> Self {
        let (sender, outcomes) = mpsc::channel();
        Self { sender, outcomes, sockets: Vec::new() }
    }

    /// An attempt, to be called.
    fn attempt(
        &mut self,
        address: SocketAddr,
        socket: TcpStream,
        remaining: Duration,
    ) -> impl FnOnce() + Send + use<> {
        let (socket, sender) = (Arc::new(socket), self.sender.clone());
        self.sockets.push(Arc::downgrade(&socket));
        // The system counts whole milliseconds.
        let limit = remaining.saturating_add(Duration::from_millis(1));
        move || {
            let result = SockRef::from(&*socket).connect_timeout(&address.into(), limit);
            // If nobody waits any more, the socket is closed here.
            let _ = sender.send((address, result.map(|()| socket)));
        }
    }

    /// Waits until an attempt succeeds or fails; `None` if none does in this time.
    fn outcome(&self, wait: Duration) -> Option<(SocketAddr, io::Result<TcpStream>)> {
        let (address, result) = self.outcomes.recv_timeout(wait).ok()?;
        let alone = |socket| Arc::into_inner(socket).ok_or(io::ErrorKind::Other.into());
        Some((address, result.and_then(alone)))
    }
}

impl Drop for Attempts {
    /// Ends the attempts that are in progress: where the system does not, their time limit does.
    fn drop(&mut self) {
        for socket in self.sockets.iter().filter_map(Weak::upgrade) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}
