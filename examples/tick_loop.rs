//! A loop of one's own without a runtime: the server of a small game, on one thread of `std`.
//!
//! ```sh
//! cargo run --example tick_loop
//! ```
//!
//! At every tick it takes in what the players have sent (`left` or `right`), and sends everybody
//! the positions of all. Sockets never block, and between ticks the thread sleeps, so it has to ask
//! nobody which sockets are ready. The example `poll_loop` waits for that instead.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use websocket_proto::handshake::Acceptance;
use websocket_proto::{
    Config, Connection, Event, Incoming, Outgoing, Prepared, Progress, Time, Transport,
};

const USAGE: &str = "usage: tick_loop [ADDRESS]    where to listen [default: 127.0.0.1:9001]";

/// How often a player's socket is read in one tick, so that none keeps the others waiting.
const READS_PER_TICK: usize = 16;

fn main() -> io::Result<()> {
    let listen = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".into());
    if listen.starts_with('-') {
        println!("{USAGE}");
        return Ok(());
    }
    let listener = TcpListener::bind(listen)?;
    println!("listening on ws://{}", listener.local_addr()?);
    serve(&listener, Duration::from_millis(50))
}

pub(crate) fn serve(listener: &TcpListener, tick: Duration) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let start = Instant::now();
    let mut players: Vec<Player> = Vec::new();
    loop {
        let now = Time::new(start.elapsed());
        // Whoever cannot be accepted now may be at the next tick.
        while let Ok((stream, _)) = listener.accept() {
            players.extend(Player::new(stream, now));
        }
        players.retain_mut(|player| player.take_turn(now));
        let state = Prepared::text(&positions(&players));
        for Player { connection, outgoing, .. } in &mut players {
            // This fails while there is no room, and before the handshake.
            let _ = connection.send_prepared(&state, outgoing);
        }
        sleep(tick);
    }
}

/// The positions of all who are in the game, in the order in which they came.
fn positions(players: &[Player]) -> String {
    let players = players.iter().filter(|player| player.connection.is_open());
    players.map(|player| player.position.to_string()).collect::<Vec<_>>().join(" ")
}

struct Player {
    stream: TcpStream,
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    position: i32,
}

impl Player {
    fn new(stream: TcpStream, now: Time) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let mut config = Config::default();
        // Who does not keep up misses some states, instead of getting all of them later.
        config.limits.output = 1 << 12;
        let connection = Connection::server(config, now);
        let (incoming, outgoing) = (Incoming::new(), Outgoing::new());
        Ok(Self { stream, connection, incoming, outgoing, position: 0 })
    }

    /// Reads, handles and writes what there is. Returns whether the connection goes on.
    fn take_turn(&mut self, now: Time) -> bool {
        let mut done = self.read(now);
        // Bytes come before time: what the player has sent in time counts.
        self.connection.handle_timeout(now, &mut self.outgoing);
        done = done.and_then(|()| self.write());
        if done.is_err() {
            self.connection.handle_transport_failure(&mut self.outgoing);
        }
        match self.connection.transport() {
            Transport::Keep => true,
            // What still arrives is dropped by the connection, until the stream ends.
            Transport::ShutdownWrite => {
                if self.outgoing.is_empty() {
                    let _ = self.stream.shutdown(Shutdown::Write);
                }
                true
            }
            // The last words are written, unless that takes too long.
            Transport::Close => {
                !self.outgoing.is_empty() && self.connection.poll_timeout().is_some()
            }
        }
    }

    fn read(&mut self, now: Time) -> io::Result<()> {
        for _ in 0..READS_PER_TICK {
            match self.stream.read(self.incoming.space()) {
                Ok(0) => {
                    self.connection.receive_eof();
                    self.handle_events(now);
                    break;
                }
                Ok(len) => self.incoming.commit(len),
                Err(error) if has_to_wait(&error) => break,
                Err(error) => return Err(error),
            }
            self.handle_events(now);
        }
        Ok(())
    }

    fn handle_events(&mut self, now: Time) {
        let Self { connection, incoming, outgoing, position, .. } = self;
        loop {
            match connection.receive(now, incoming, outgoing) {
                Ok(Progress::Event) => {}
                Ok(Progress::NeedBytes | Progress::Ended) => return,
                // The peer broke the protocol. Its Close frame is in `outgoing`: go on.
                Err(_) => continue,
            }
            match incoming.event() {
                Some(Event::Request(_)) => {
                    let _ = connection.accept(now, &Acceptance::new(), outgoing);
                }
                Some(Event::Text("left")) => *position -= 1,
                Some(Event::Text("right")) => *position += 1,
                _ => {}
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        while !self.outgoing.is_empty() {
            match self.stream.write(self.outgoing.first_piece()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(len) => self.outgoing.advance(len),
                Err(error) if has_to_wait(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Whether there is just nothing to read, or no room to write: there may be at the next tick.
fn has_to_wait(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
