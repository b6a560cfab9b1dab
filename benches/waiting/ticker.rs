//! A ticker on the thread of a socket whose peer never pauses.

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use tokio::runtime;
use websocket_proto::io::smol::WebSocket as SmolWebSocket;
use websocket_proto::io::tokio::WebSocket;
use websocket_proto::{Config, Role};

use super::flood::Flood;
use super::plan::Plan;
use super::stream::Stream;

const TICK: Duration = Duration::from_millis(10);

/// Compares how late the ticker is under each flood, on both runtimes.
pub(crate) fn compare(plan: Plan) -> io::Result<()> {
    println!("a ticker of 10 ms on the same thread, in ms of its processor time late:");
    println!("  {:36} {:>10} {:>10}", "median, worst", "tokio", "smol");
    for flood in Flood::all() {
        let (tokio, smol) = (on_tokio(&flood, plan)?, on_smol(&flood, plan)?);
        println!("  {:36} {tokio:>13} {smol:>13}", flood.name);
    }
    Ok(())
}

fn on_tokio(flood: &Flood, plan: Plan) -> io::Result<String> {
    let runtime = runtime::Builder::new_current_thread().enable_time().build()?;
    let stream = Stream::new(flood.frames.clone(), usize::MAX);
    let (role, agreed) = (Role::Server, flood.agreed);
    let mut socket = WebSocket::established(stream.clone(), role, agreed, Config::default(), b"");
    let late = runtime.block_on(async {
        let receiving =
            tokio::spawn(async move { while let Ok(Some(_)) = socket.receive().await {} });
        let ticking = tokio::spawn(lateness(plan.flood_duration, || tokio::time::sleep(TICK)));
        let late = ticking.await.map_err(io::Error::other);
        stream.end();
        receiving.await.map_err(io::Error::other)?;
        late?
    });
    late.map(median_and_worst)
}

fn on_smol(flood: &Flood, plan: Plan) -> io::Result<String> {
    let executor = smol::LocalExecutor::new();
    let stream = Stream::new(flood.frames.clone(), usize::MAX);
    let (role, agreed) = (Role::Server, flood.agreed);
    let mut socket =
        SmolWebSocket::established(stream.clone(), role, agreed, Config::default(), b"");
    let late = smol::block_on(executor.run(async {
        let receiving =
            executor.spawn(async move { while let Ok(Some(_)) = socket.receive().await {} });
        let late = executor.spawn(lateness(plan.flood_duration, || smol::Timer::after(TICK))).await;
        stream.end();
        receiving.await;
        late
    }));
    late.map(median_and_worst)
}

/// Sleeps one tick after the other, and returns how late each was.
async fn lateness<T: Future>(
    duration: Duration,
    sleep: impl Fn() -> T,
) -> io::Result<Vec<Duration>> {
    let (start, mut late) = (Instant::now(), Vec::new());
    while start.elapsed() < duration {
        let (began, ran) = (Instant::now(), processor_time()?);
        sleep().await;
        // While the thread did not run, other threads did: that is not the fault of the socket.
        let waited = began.elapsed().saturating_sub(TICK);
        late.push(waited.min(processor_time()?.saturating_sub(ran)));
    }
    Ok(late)
}

/// How long this thread has run on the processor.
fn processor_time() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat")?;
    let time = stat.split_whitespace().next().and_then(|time| time.parse().ok());
    let time = time.ok_or_else(|| io::Error::other("no time in /proc/thread-self/schedstat"))?;
    Ok(Duration::from_nanos(time))
}

/// Writes the median and the longest lateness, in milliseconds.
fn median_and_worst(mut late: Vec<Duration>) -> String {
    late.sort();
    let [median, worst] = [late.len() / 2, late.len() - 1].map(|at| late[at].as_secs_f64() * 1e3);
    format!("{median:.1}, {worst:.1}")
}
