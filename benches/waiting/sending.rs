//! Sending while the receiver of the same socket inflates on another thread.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime;
use websocket_proto::io::tokio::{Receiver, Sender, WebSocket};
use websocket_proto::{Config, Event, Prepared, Role};

use super::flood::Flood;
use super::plan::Plan;
use super::stream::Stream;

/// A peer whose messages are received on a thread of their own.
struct Peer {
    sender: Sender<Stream>,
    stream: Stream,
    receiving: JoinHandle<usize>,
}

impl Peer {
    /// Starts a peer that sends the flood, or nothing.
    fn start(flood: Option<Flood>) -> Self {
        let (frames, agreed) =
            flood.map_or((Vec::new(), None), |flood| (flood.frames, flood.agreed));
        let stream = Stream::new(frames, usize::MAX);
        let socket =
            WebSocket::established(stream.clone(), Role::Server, agreed, Config::default(), b"");
        let (sender, receiver) = socket.split();
        Self { sender, stream, receiving: thread::spawn(|| receive(receiver)) }
    }

    /// Ends the connection, and returns how many messages were received.
    fn end(self) -> usize {
        self.stream.end();
        self.receiving.join().expect("nobody panics")
    }
}

/// Receives until the stream ends, and returns how many messages there were.
fn receive(mut receiver: Receiver<Stream>) -> usize {
    let runtime = runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let mut messages = 0;
        while let Ok(Some(event)) = receiver.receive().await {
            messages += usize::from(matches!(event, Event::Binary(_)));
        }
        messages
    })
}

/// Compares sending to an idle peer and to a busy one.
pub(crate) fn compare(plan: Plan) {
    println!("one try_send_prepared a millisecond, in µs: median, 99 %, worst");
    let news = Prepared::text("it rains");
    for flood in [None, Some(Flood::bombs())] {
        let name = flood.as_ref().map_or("idle", |flood| flood.name);
        let peer = Peer::start(flood);
        print_times(name, times(plan.sends, || send(&news, [&peer.sender])));
        println!("  {:36} {:10} messages were received meanwhile", "", peer.end());
    }
}

/// Compares broadcasts to idle peers alone and with a busy one among them.
pub(crate) fn compare_broadcasts(plan: Plan) {
    println!("a broadcast over {} senders, in µs: median, 99 %, worst", plan.peers);
    let idle = |_| {
        let stream = Stream::new(Vec::new(), usize::MAX);
        WebSocket::established(stream, Role::Server, None, Config::default(), b"").split()
    };
    let peers: Vec<_> = (1..plan.peers).map(idle).collect();
    let news = Prepared::text("it rains");
    for flood in [None, Some(Flood::bombs())] {
        let name = if flood.is_some() { "one of them as above" } else { "all idle" };
        let peer = Peer::start(flood);
        let mut senders: Vec<&Sender<Stream>> = peers.iter().map(|(sender, _)| sender).collect();
        senders.insert(senders.len() / 2, &peer.sender);
        print_times(name, times(plan.broadcasts, || send(&news, senders.iter().copied())));
        peer.end();
    }
}

fn send<'a>(news: &Prepared, senders: impl IntoIterator<Item = &'a Sender<Stream>>) {
    for sender in senders {
        sender.try_send_prepared(news).expect("there is room");
    }
}

/// Acts once a millisecond, and returns how long each time took.
fn times(count: usize, mut act: impl FnMut()) -> Vec<Duration> {
    let mut time = || {
        thread::sleep(Duration::from_millis(1));
        let start = Instant::now();
        act();
        start.elapsed()
    };
    (0..count).map(|_| time()).collect()
}

/// Prints the median, the 99th percentile and the longest of the times, in microseconds.
fn print_times(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e6;
    println!("  {what:36} {:10.1} {:10.1} {:10.1}", at(0.5), at(0.99), at(1.0));
}
