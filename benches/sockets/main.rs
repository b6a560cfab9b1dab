//! What WebSockets cost a server over loopback, compared with an echo of bytes over TCP: processor
//! time for a message, with many in flight, and memory for an idle connection.
//!
//! Each server is a process of one thread, and the rounds alternate between the servers. Their
//! processor time comes from the kernel's scheduler. Times mean something only as ratios within one
//! run. Linux only; needs 10,050 file descriptors a process (`ulimit -n`).

mod load;
mod server;
mod smol;
mod tokio;

use std::io;

use load::{CONNECTIONS, Load};
use server::{Kind, Runtime, Server};

/// How many messages are in flight on each connection.
const IN_FLIGHT: usize = 64;
const ROUNDS: usize = 9;
/// How many times in a round each connection carries `IN_FLIGHT` messages.
const BATCHES: usize = 60;
/// How many connections are idle while memory is measured.
const IDLE_CONNECTIONS: usize = 10_000;

fn main() -> io::Result<()> {
    if let Some(server) = Server::of_this_process()? {
        return serve(server);
    }
    let smoke_run = std::env::args().any(|argument| argument == "--test");
    let (rounds, batches, idle_connections) =
        if smoke_run { (1, 1, CONNECTIONS) } else { (ROUNDS, BATCHES, IDLE_CONNECTIONS) };
    for runtime in [Runtime::Tokio, Runtime::Smol] {
        println!("{runtime:?}");
        compare_speed(runtime, rounds, batches)?;
        compare_memory(runtime, idle_connections)?;
    }
    Ok(())
}

/// Runs the server in this process.
fn serve(server: Server) -> io::Result<()> {
    match server.runtime {
        Runtime::Tokio => tokio::serve(server.kind),
        Runtime::Smol => smol::serve(server.kind),
    }
}

/// Compares the processor time for a message, with many in flight.
fn compare_speed(runtime: Runtime, rounds: usize, batches: usize) -> io::Result<()> {
    println!("{CONNECTIONS} connections, {IN_FLIGHT} messages in flight on each");
    for len in [20, 1024] {
        let start =
            |kind| Load::start(Server { runtime, kind }, CONNECTIONS, &vec![b'x'; len], IN_FLIGHT);
        let (mut raw, mut ours) = (start(Kind::Raw)?, start(Kind::WebSocket)?);
        let mut costs = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            costs[0].push(raw.round(batches)?);
            costs[1].push(ours.round(batches)?);
        }
        let [raw, ours] = costs.map(median);
        println!(
            "{len:5} B: raw TCP {raw:6.0} ns, websocket-proto {ours:6.0} ns of server time a \
             message: {:.2} times",
            ours / raw
        );
    }
    Ok(())
}

/// Compares the memory of idle connections that have each carried one message of 64 KiB.
fn compare_memory(runtime: Runtime, connections: usize) -> io::Result<()> {
    let raw = memory(Server { runtime, kind: Kind::Raw }, connections)?;
    let ours = memory(Server { runtime, kind: Kind::WebSocket }, connections)?;
    println!(
        "{connections} idle connections: raw TCP {raw} bytes each, websocket-proto {ours}: {} more",
        ours - raw
    );
    Ok(())
}

/// The memory of a server for one idle connection, in bytes.
fn memory(server: Server, connections: usize) -> io::Result<i64> {
    // The first connections are as many as are busy at a time, so the runtime has grown to its size
    // before the idle ones are measured.
    let mut load = Load::start(server, CONNECTIONS, &vec![b'x'; 64 << 10], 1)?;
    load.round(1)?;
    let before = load.server_memory()?;
    load.connect(connections)?;
    load.round(1)?;
    Ok((load.server_memory()? - before) / connections as i64)
}

fn median(mut costs: Vec<f64>) -> f64 {
    costs.sort_by(f64::total_cmp);
    costs[costs.len() / 2]
}
