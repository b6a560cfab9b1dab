//! The peers of the server, in a process of their own.

use std::error::Error;
use std::fmt;
use std::io::{Read, Write, stdin, stdout};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use websocket_proto::io::tls::ClientTls;

use crate::options::Options;
use crate::plan::Plan;
use crate::random::Random;
use crate::record::PeerRecord;
use crate::{CERTIFICATE, OVER};

mod by_hand;
mod talking;

/// How long a connection may take, in a small run. The longest wait is that of a server whose output nobody
/// takes.
const LIMIT: Duration = Duration::from_secs(60);
/// Within this time the first connections begin.
const RAMP: Duration = Duration::from_secs(5);
/// How many connections may say something every tenth of a second, on average. More of them pause for
/// longer, so that all is done by two processors.
const BUSY: usize = 500;

type Fault = Box<dyn Error + Send + Sync>;

/// What all peers share.
#[derive(Clone)]
struct World {
    plain: SocketAddr,
    secure: SocketAddr,
    tls: ClientTls,
    seed: u64,
    next: Arc<AtomicU64>,
    /// The server is about to shut down.
    over: Arc<AtomicBool>,
    /// How long a connection pauses at most before it says more.
    pause: Duration,
    /// By how much waits are longer than in a small run.
    patience: u32,
}

/// Why a plan was not done: the server has shut down.
#[derive(Debug)]
struct ShutDown;

impl fmt::Display for ShutDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server has shut down")
    }
}

impl Error for ShutDown {}

/// Lets peers come and go until the input ends, and prints a line for each that has gone.
pub(crate) fn run(addresses: &str, options: Options) -> Result<(), Box<dyn Error>> {
    let (plain, secure) = addresses.split_once(' ').ok_or("two addresses are wanted")?;
    let (plain, secure) = (plain.parse()?, secure.parse()?);
    let tls = ClientTls::with_roots(std::env::var(CERTIFICATE)?.as_bytes())?;
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (over, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(1)));
    thread::spawn({
        let over = Arc::clone(&over);
        move || wait_for_end(&over)
    });
    runtime.block_on(async {
        let pause = Duration::from_millis(200) * options.connections.div_ceil(BUSY) as u32;
        let patience = options.patience();
        let world = World { plain, secure, tls, seed: options.seed, next, over, pause, patience };
        let mut places = JoinSet::new();
        for place in 0..options.connections {
            let wait = RAMP.mul_f64(place as f64 / options.connections as f64);
            places.spawn(occupy(world.clone(), wait));
        }
        while let Some(ended) = places.join_next().await {
            ended?;
        }
        Ok(())
    })
}

/// Waits for the end of the input, with which the server says that it will shut down, and confirms it.
fn wait_for_end(over: &AtomicBool) {
    let _ = stdin().lock().read_to_end(&mut Vec::new());
    over.store(true, Ordering::Release);
    let _ = writeln!(stdout().lock(), "{OVER}");
}

/// One connection after the other.
async fn occupy(world: World, wait: Duration) {
    sleep(wait).await;
    loop {
        let number = world.next.fetch_add(1, Ordering::Relaxed);
        let (plan, mut random) = Plan::of(world.seed, number);
        sleep(world.pause.mul_f64(random.below(100) as f64 / 50.0)).await;
        if world.is_over() {
            return;
        }
        let mut record = PeerRecord::new(number);
        let done = timeout(LIMIT * world.patience, follow(plan, random, &world, &mut record)).await;
        record.shut_down |= world.is_over();
        record.fault = match done {
            Ok(Ok(())) => None,
            // Who is written by hand does not tell a shutdown from a fault.
            Ok(Err(fault))
                if record.shut_down && (fault.is::<ShutDown>() || !plan.is_by_crate()) =>
            {
                None
            }
            Ok(Err(fault)) => Some(fault.to_string().replace('\n', " ")),
            Err(_) => Some("it took too long".into()),
        };
        let _ = writeln!(stdout().lock(), "{}", record.line());
    }
}

async fn follow(
    plan: Plan,
    random: Random,
    world: &World,
    record: &mut PeerRecord,
) -> Result<(), Fault> {
    let address = world.plain;
    match plan {
        Plan::NoHandshake => by_hand::no_handshake(address).await,
        Plan::HalfHandshake => by_hand::half_handshake(address).await,
        Plan::NoUpgrade => by_hand::no_upgrade(address).await,
        Plan::HalfFrame => by_hand::half_frame(address, record).await,
        Plan::WriteSlowly => by_hand::write_slowly(address, record).await,
        Plan::Deaf => by_hand::deaf(address, world.patience, record).await,
        Plan::Break(breach) => by_hand::breaks(breach, address, record).await,
        Plan::Pings => by_hand::pings(address, random, record).await,
        Plan::CloseAndStay => by_hand::close_and_stay(address, world.patience, record).await,
        by_crate => talking::follow(by_crate, random, world, record).await,
    }
}

impl World {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

/// The binary message of this number and length on a connection, which is that on both sides.
pub(crate) fn message(connection: u64, number: u64, len: usize) -> Vec<u8> {
    let front = (connection << 24 | number).to_be_bytes();
    let mut data = vec![b'a' + ((connection + number) % 26) as u8; len];
    let len = len.min(front.len());
    data[..len].copy_from_slice(&front[..len]);
    data
}
