//! The server, and the comparison with what its peers saw.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use websocket_proto::io::tls::ServerTls;
use websocket_proto::io::tokio::GracefulShutdown;
use websocket_proto::{CloseCode, Config, Deflate, Delivery};

use crate::account::Account;
use crate::options::Options;
use crate::usage::{Usage, peaks};
use crate::{CERTIFICATE, OVER, PEERS_OF};

mod connection;
mod hub;

use hub::Hub;

/// What is sent to all, as a text.
pub(crate) const NEWS: &str = "news";
/// The reason in the Close frames that peers order.
pub(crate) const ORDERED_REASON: &str = "as ordered";
/// The longest message that the server takes, in bytes.
pub(crate) const LONGEST: usize = 1 << 20;

const WORKERS: usize = 2;
const REPORT_INTERVAL: Duration = Duration::from_secs(10);
const SAMPLE_INTERVAL: Duration = Duration::from_millis(500);
/// How long the shutdown may take, and then both sides to report their last connections.
const END_LIMIT: Duration = Duration::from_secs(60);
/// How much more of the heap may be in use when all connections have gone than before they came: what the
/// runtime, the threads and the account keep.
const KEPT: u64 = 4 << 20;
/// How much the peak of the last third may exceed the one before: what connections hold varies.
const GROWTH: f64 = 1.05;
const SMALL_GROWTH: u64 = 4 << 20;

/// What all connections share.
pub(crate) struct Shared {
    /// The configuration of connections whose messages are delivered whole, and of those that get them in
    /// chunks.
    whole: Arc<Config>,
    in_chunks: Arc<Config>,
    accepted: AtomicU64,
    /// How many connections are open.
    open: AtomicU64,
    tls: ServerTls,
    shutdown: GracefulShutdown,
    hub: Hub,
    account: Mutex<Account>,
}

impl Shared {
    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs all of it, and returns whether all is well.
pub(crate) fn run(options: Options) -> Result<bool, Box<dyn Error>> {
    println!(
        "{} connections for {:?}, seed {}",
        options.connections, options.duration, options.seed
    );
    let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()])?;
    let (certificate, key) = (cert.pem(), signing_key.serialize_pem());
    let shared = Arc::new(Shared {
        whole: Arc::new(config(options, Delivery::Whole)),
        in_chunks: Arc::new(config(options, Delivery::Streaming)),
        accepted: AtomicU64::new(0),
        open: AtomicU64::new(0),
        tls: ServerTls::from_pem(certificate.as_bytes(), key.as_bytes())?,
        shutdown: GracefulShutdown::new(),
        hub: Hub::default(),
        account: Mutex::new(Account::new(options.seed)),
    });
    let before = Usage::now()?;
    let mut addresses = Vec::new();
    for over_tls in [false, true] {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        addresses.push(listener.local_addr()?.to_string());
        runtime.spawn(Arc::clone(&shared).accept_all(listener, over_tls));
    }
    runtime.spawn(Arc::clone(&shared).tell_news());

    let mut peers = start_peers(&addresses.join(" "), &certificate, options)?;
    let (reader, over) = read_records(&mut peers, Arc::clone(&shared))?;
    let samples = watch(&mut peers, &shared, options.duration)?;
    drop(peers.stdin.take());
    over.recv_timeout(END_LIMIT).map_err(|_| "the peers did not hear of the end")?;
    shut_down(&runtime, &shared)?;
    reader.join().map_err(|_| "the records could not be read")?;
    if !peers.wait()?.success() {
        return Err("the peers failed".into());
    }
    wait_for_rest(&shared, before)?;
    Ok(judge(&shared, before, &samples))
}

/// Deadlines that pass in a short run, too. Who reads slowly has megabytes in the buffers of the kernel,
/// and a Ping comes after them.
fn config(options: Options, delivery: Delivery) -> Config {
    let seconds = |seconds| Duration::from_secs(seconds) * options.patience();
    let mut config = Config::default();
    config.delivery = delivery;
    config.limits.message = LONGEST as u64;
    config.deflate = Some(Deflate::default());
    config.handshake_timeout = seconds(3);
    config.close_timeout = seconds(2);
    config.write_timeout = Some(seconds(4));
    let keepalive = config.keepalive.get_or_insert_default();
    (keepalive.interval, keepalive.timeout) = (seconds(2), seconds(10));
    config
}

fn start_peers(addresses: &str, certificate: &str, options: Options) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(options.arguments())
        .env(PEERS_OF, addresses)
        .env(CERTIFICATE, certificate)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
}

/// Reads what the peers report, in a thread. The channel gets an entry when they know of the end.
fn read_records(
    peers: &mut Child,
    shared: Arc<Shared>,
) -> Result<(thread::JoinHandle<()>, Receiver<()>), Box<dyn Error>> {
    let output = BufReader::new(peers.stdout.take().ok_or("no output of the peers")?);
    let (over, told) = channel();
    Ok((thread::spawn(move || read_each(output, &shared, &over)), told))
}

fn read_each(output: impl BufRead, shared: &Shared, over: &Sender<()>) {
    for line in output.lines() {
        match line.map_err(|error| error.to_string()) {
            Ok(line) if line == OVER => drop(over.send(())),
            line => match line.and_then(|line| line.parse()) {
                Ok(record) => shared.account().note_peer(record),
                Err(error) => eprintln!("soak: {error}"),
            },
        }
    }
}

/// Reports how it goes for as long as connections are to come, and returns samples of the memory.
fn watch(
    peers: &mut Child,
    shared: &Shared,
    duration: Duration,
) -> Result<Vec<u64>, Box<dyn Error>> {
    let (start, mut reported, mut samples) = (Instant::now(), Instant::now(), Vec::new());
    while start.elapsed() < duration {
        thread::sleep(SAMPLE_INTERVAL);
        let usage = Usage::now()?;
        samples.push(usage.memory);
        if peers.try_wait()?.is_some() {
            return Err("the peers ended too early".into());
        }
        if reported.elapsed() >= REPORT_INTERVAL {
            reported = Instant::now();
            report(start.elapsed(), usage, shared);
        }
    }
    Ok(samples)
}

fn report(elapsed: Duration, usage: Usage, shared: &Shared) {
    let account = shared.account();
    println!(
        "{:5} s: {:7.1} MiB, {:5} files, {:5} open, {:8} connections done, {:10} messages, {:8} news, \
         {} faults",
        elapsed.as_secs(),
        mebibytes(usage.memory),
        usage.files,
        shared.open.load(Ordering::Relaxed),
        account.done.values().sum::<u64>(),
        account.messages,
        account.news,
        account.faults,
    );
}

/// Shuts the server down in the midst of it. Nobody is cut off: those that do not answer run into their
/// own deadlines.
fn shut_down(runtime: &Runtime, shared: &Shared) -> Result<(), Box<dyn Error>> {
    println!("shutting down {} connections", shared.open.load(Ordering::Relaxed));
    let start = Instant::now();
    let summary = runtime.block_on(async {
        let limit = tokio::time::sleep(END_LIMIT);
        shared.shutdown.close_all(CloseCode::GOING_AWAY, "", limit).await
    })?;
    println!("shut down after {:?}: {summary:?}", start.elapsed());
    Ok(())
}

/// Waits until the server has reported its last connections, and until the tasks that still run, such as
/// the one that accepts, have dropped their files.
fn wait_for_rest(shared: &Shared, before: Usage) -> std::io::Result<()> {
    let start = Instant::now();
    let is_over = || -> std::io::Result<bool> {
        let is_told = shared.open.load(Ordering::Relaxed) == 0;
        Ok(is_told && Usage::now()?.files <= before.files)
    };
    while !is_over()? && start.elapsed() < END_LIMIT {
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Prints the summary, and returns whether all is well.
fn judge(shared: &Shared, before: Usage, samples: &[u64]) -> bool {
    let mut account = shared.account();
    let mut is_well = account.finish();
    println!("connections: {:?}", account.done);
    println!("causes: {:?}", account.causes);
    println!("messages: {}, news: {}", account.messages, account.news);
    println!(
        "open at the shutdown: {}, of which closed by both sides: {}; turned away: {}",
        account.shut_down, account.shut_down_cleanly, account.turned_away
    );
    let (second, last) = peaks(samples);
    println!("peak of the memory: {:.1} MiB, then {:.1} MiB", mebibytes(second), mebibytes(last));
    if last > (second as f64 * GROWTH) as u64 + SMALL_GROWTH {
        is_well = false;
        println!("fault: the memory grows");
    }
    match Usage::now() {
        Ok(after) => is_well &= judge_rest(before, after),
        Err(error) => {
            is_well = false;
            println!("fault: {error}");
        }
    }
    println!("{}", if is_well { "all is well" } else { "not all is well" });
    is_well
}

/// Judges what is left when all connections have gone.
fn judge_rest(before: Usage, after: Usage) -> bool {
    for (when, usage) in [("before", before), ("at the end", after)] {
        println!(
            "{when}: {:.1} MiB, of which {:.1} MiB are used blocks of the heap; {} files",
            mebibytes(usage.memory),
            mebibytes(usage.heap),
            usage.files
        );
    }
    if after.files != before.files {
        println!("fault: files were left open");
    }
    if after.heap > before.heap + KEPT {
        println!("fault: memory was kept");
    }
    after.files == before.files && after.heap <= before.heap + KEPT
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
