//! Threads that meet at a split socket at random, until it ends in one of several ways. Whatever
//! happens, every call has to return. `SEEDS=1000` plays more rounds, `SEED=7` one alone.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use websocket_proto::io::blocking::{Receiver, Sender};
use websocket_proto::io::{Error, MaybeTls};
use websocket_proto::{CloseCode, Config, Event, MessageKind, SendError};

use crate::peer::{GUARD, Side, open};
use crate::support::{ping, text};

type Stream = MaybeTls<TcpStream>;

const SENDERS: u64 = 6;

/// Numbers that look random (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn pause(&mut self, millis: u64) {
        thread::sleep(Duration::from_millis(self.below(millis)));
    }
}

fn config() -> Config {
    let mut config = Config::default();
    config.limits.output = 3_000;
    config.close_timeout = Duration::from_millis(200);
    config
}

/// Sends in all ways until the connection has ended.
fn send(mut sender: Sender<Stream>, mut numbers: Numbers) {
    loop {
        let len = [10, 2_000, 100_000][numbers.below(3) as usize];
        let data = vec![b'a'; numbers.below(len) as usize];
        let sent = match numbers.below(8) {
            0 | 1 => sender.send_binary(&data),
            2 => sender.feed_binary(&data),
            3 => sender.try_send_binary(&data).map_err(Error::from),
            4 => sender.feed_ping(b"?"),
            5 => sender.flush(),
            6 => fragments(&sender, &data),
            // A message that is abandoned, sometimes before anything of it has left.
            _ if numbers.below(40) == 0 => {
                let abandoned = sender.clone();
                let begun = abandoned.start_message(MessageKind::Binary);
                begun.map_err(Error::from).and_then(|()| abandoned.feed_fragment(&data))
            }
            _ => {
                sender = sender.clone();
                Ok(())
            }
        };
        match sent {
            Ok(()) | Err(Error::Send(SendError::Full | SendError::MessageInProgress)) => {}
            Err(_) => return,
        }
    }
}

fn fragments(sender: &Sender<Stream>, data: &[u8]) -> Result<(), Error> {
    sender.start_message(MessageKind::Binary)?;
    sender.send_fragment(data)?;
    sender.feed_fragment(data)?;
    sender.send_last_fragment(data)
}

fn receive(mut receiver: Receiver<Stream>, mut numbers: Numbers, until: u64) {
    let sender = receiver.sender();
    for _ in 0..until {
        match receiver.receive() {
            Ok(Some(Event::Text(text))) if numbers.below(2) == 0 => {
                // The result does not matter.
                let _ = sender.try_send_text(text);
            }
            Ok(None) => return,
            Ok(Some(_)) | Err(_) => {}
        }
    }
}

/// Reads at a changing pace, and sends now and then.
fn be_peer(mut stream: Stream, mut numbers: Numbers) {
    let mut space = [0; 50_000];
    loop {
        let len = 1 + numbers.below(50_000) as usize;
        match stream.read(&mut space[..len]) {
            Ok(0) => return,
            Err(error) if error.kind() != ErrorKind::Interrupted => return,
            Ok(_) | Err(_) => {}
        }
        if numbers.below(10) == 0 {
            numbers.pause(5);
            let _ = stream.write(&[text("hello"), ping("?")].concat());
            let _ = stream.flush();
        }
    }
}

fn play(seed: u64) {
    let mut numbers = Numbers(seed);
    let tls = numbers.below(2) == 0;
    let (socket, peer) = open(Side::Server, tls, config());
    let line = peer.inner().try_clone().unwrap();
    let (sender, receiver) = socket.split();
    let (done, ends) = mpsc::channel();
    let spawn = |work: Box<dyn FnOnce() + Send>| {
        let done = done.clone();
        thread::spawn(move || {
            work();
            done.send(()).unwrap();
        });
    };
    for number in 0..SENDERS {
        let sender = sender.clone();
        spawn(Box::new(move || send(sender, Numbers(seed ^ (number + 1)))));
    }
    let end = numbers.below(5);
    let until = if end == 0 { numbers.below(20) } else { u64::MAX };
    spawn(Box::new(move || receive(receiver, Numbers(!seed), until)));
    spawn(Box::new(move || be_peer(peer, Numbers(seed << 8))));
    numbers.pause(100);
    match end {
        1 => sender.abort(),
        2 => drop(sender.start_close(CloseCode::NORMAL, "")),
        3 => drop(line.shutdown(Shutdown::Both)),
        4 => drop(line.shutdown(Shutdown::Write)),
        // The receiver is dropped, at the latest when the peer has gone.
        _ => {
            thread::sleep(Duration::from_millis(300));
            let _ = line.shutdown(Shutdown::Both);
        }
    }
    drop(sender);
    for _ in 0..SENDERS + 2 {
        assert!(ends.recv_timeout(GUARD).is_ok(), "SEED={seed}: a call does not return");
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn every_call_returns() {
    match number("SEED") {
        Some(seed) => play(seed),
        None => (0..number("SEEDS").unwrap_or(30)).for_each(play),
    }
}
