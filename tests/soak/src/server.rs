//! The server, and the comparison with what its peers saw.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use websocket_proto::io::tls::ServerTls;
use websocket_proto::io::tokio::GracefulShutdown;
use websocket_proto::{CloseCode, Config, Deflate};

use crate::account::Account;
use crate::options::Options;
use crate::usage::{Usage, peaks};
use crate::{CERTIFICATE, PEERS_OF};

mod connection;
mod hub;

use hub::Hub;

const WORKERS: usize = 2;
const REPORT_INTERVAL: Duration = Duration::from_secs(10);
const SAMPLE_INTERVAL: Duration = Duration::from_millis(500);
/// How long both sides may take to report their last connections.
const END_LIMIT: Duration = Duration::from_secs(30);
/// How much the peak of the last third may exceed the one before: what connections hold varies.
const GROWTH: f64 = 1.05;
const SMALL_GROWTH: u64 = 4 << 20;

/// What all connections share.
pub(crate) struct Shared {
    config: Arc<Config>,
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
        config: Arc::new(config()),
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
    let reader = read_records(&mut peers, Arc::clone(&shared))?;
    let samples = watch(&mut peers, &shared, options.duration)?;
    reader.join().map_err(|_| "the records could not be read")?;
    finish(&runtime, &shared);
    drop(peers);
    wait_for_files(before)?;
    Ok(judge(&shared, before, &samples))
}

/// Deadlines that pass in a short run, too. Who reads slowly has megabytes in the buffers of the kernel,
/// and a Ping comes after them.
fn config() -> Config {
    let mut config = Config::default();
    config.deflate = Some(Deflate::default());
    config.handshake_timeout = Duration::from_secs(3);
    config.close_timeout = Duration::from_secs(2);
    config.write_timeout = Some(Duration::from_secs(4));
    let keepalive = config.keepalive.get_or_insert_default();
    (keepalive.interval, keepalive.timeout) = (Duration::from_secs(2), Duration::from_secs(10));
    config
}

fn start_peers(addresses: &str, certificate: &str, options: Options) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(options.arguments())
        .env(PEERS_OF, addresses)
        .env(CERTIFICATE, certificate)
        .stdout(Stdio::piped())
        .spawn()
}

/// Reads what the peers report, in a thread.
fn read_records(
    peers: &mut Child,
    shared: Arc<Shared>,
) -> Result<thread::JoinHandle<()>, Box<dyn Error>> {
    let output = peers.stdout.take().ok_or("no output of the peers")?;
    Ok(thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            match line.map_err(|error| error.to_string()).and_then(|line| line.parse()) {
                Ok(record) => shared.account().note_peer(record),
                Err(error) => eprintln!("soak: {error}"),
            }
        }
    }))
}

/// Reports how it goes until the peers have ended, and returns samples of the memory, as long as
/// connections come.
fn watch(
    peers: &mut Child,
    shared: &Shared,
    duration: Duration,
) -> Result<Vec<u64>, Box<dyn Error>> {
    let (start, mut reported, mut samples) = (Instant::now(), Instant::now(), Vec::new());
    loop {
        thread::sleep(SAMPLE_INTERVAL);
        let usage = Usage::now()?;
        if let Some(status) = peers.try_wait()? {
            let ended = if status.success() { Ok(samples) } else { Err("the peers failed") };
            return Ok(ended?);
        }
        if start.elapsed() < duration {
            samples.push(usage.memory);
        }
        if reported.elapsed() >= REPORT_INTERVAL {
            reported = Instant::now();
            report(start.elapsed(), usage, &shared.account());
        }
    }
}

fn report(elapsed: Duration, usage: Usage, account: &Account) {
    println!(
        "{:5} s: {:7.1} MiB, {:5} files, {:8} connections done, {:10} messages, {:8} news, {} faults",
        elapsed.as_secs(),
        usage.memory as f64 / f64::from(1 << 20),
        usage.files,
        account.done.values().sum::<u64>(),
        account.messages,
        account.news,
        account.faults,
    );
}

/// Waits until the server has reported its last connections, and shuts it down.
fn finish(runtime: &Runtime, shared: &Shared) {
    let start = Instant::now();
    while shared.account().waiting() > 0 && start.elapsed() < END_LIMIT {
        thread::sleep(Duration::from_millis(100));
    }
    runtime.block_on(async {
        let limit = tokio::time::sleep(END_LIMIT);
        let summary = shared.shutdown.close_all(CloseCode::GOING_AWAY, "", limit).await;
        println!("shut down: {summary:?}");
    });
}

/// Waits until the tasks that still run, such as the one that accepts, have dropped their files.
fn wait_for_files(before: Usage) -> std::io::Result<()> {
    let start = Instant::now();
    while Usage::now()?.files > before.files && start.elapsed() < END_LIMIT {
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
    let (second, last) = peaks(samples);
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!("peak of the memory: {:.1} MiB, then {:.1} MiB", mebibytes(second), mebibytes(last));
    if last > (second as f64 * GROWTH) as u64 + SMALL_GROWTH {
        is_well = false;
        println!("fault: the memory grows");
    }
    match Usage::now() {
        Ok(after) => {
            for (when, usage) in [("before", before), ("at the end", after)] {
                println!("{when}: {:.1} MiB, {} files", mebibytes(usage.memory), usage.files);
            }
            if after.files != before.files {
                is_well = false;
                println!("fault: files were left open");
            }
        }
        Err(error) => {
            is_well = false;
            println!("fault: {error}");
        }
    }
    println!("{}", if is_well { "all is well" } else { "not all is well" });
    is_well
}
