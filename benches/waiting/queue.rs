//! Many tasks that wait until one socket can send.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::time::Instant;

use tokio::runtime;
use tokio::task::{LocalSet, spawn_local, yield_now};
use websocket_proto::io::tokio::{Sender, WebSocket};
use websocket_proto::{Config, Role};

use super::plan::Plan;
use super::stream::Stream;

/// How many bytes the stream takes at a time.
const ROOM: usize = 64 << 10;
const MESSAGE: [u8; 1000] = [7; 1000];

pub(crate) fn compare(plan: Plan) {
    println!("tasks that send 1 kB each over a stream that takes 64 KiB at a time:");
    println!("  {:>8} {:>12} {:>12}", "tasks", "seconds", "polls each");
    for &tasks in plan.waiting_tasks {
        let runtime = runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.expect("a runtime");
        let (seconds, polls) = LocalSet::new().block_on(&runtime, send(tasks));
        println!("  {tasks:8} {seconds:12.4} {:12.2}", polls as f64 / tasks as f64);
    }
}

/// Sends a message from each task. Returns how many seconds pass until all are written, and how
/// often their futures are polled.
async fn send(tasks: usize) -> (f64, usize) {
    let stream = Stream::new(Vec::new(), 0);
    let socket = WebSocket::established(stream.clone(), Role::Server, None, Config::default(), b"");
    let (sender, mut receiver) = socket.split();
    let receiving = spawn_local(async move { while let Ok(Some(_)) = receiver.receive().await {} });
    let start = Instant::now();
    let polls = Rc::<Cell<usize>>::default();
    let send_one = |_| spawn_local(send_counted(sender.clone(), polls.clone()));
    let mut sending: Vec<_> = (0..tasks).map(send_one).collect();
    while let Some(last) = sending.last() {
        if last.is_finished() {
            sending.pop();
        } else {
            yield_now().await;
            stream.make_room(ROOM);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    stream.end();
    receiving.await.expect("nobody panics");
    (seconds, polls.get())
}

/// Sends a message and counts how often its future is polled.
async fn send_counted(sender: Sender<Stream>, polls: Rc<Cell<usize>>) {
    let mut sending = pin!(sender.send_binary(&MESSAGE));
    let counted = poll_fn(|cx| {
        polls.set(polls.get() + 1);
        sending.as_mut().poll(cx)
    });
    counted.await.expect("an open connection");
}
