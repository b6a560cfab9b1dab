//! The peers of the server, in a process of their own.

use std::error::Error;
use std::io::{Write, stdout};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use websocket_proto::io::tls::ClientTls;

use crate::CERTIFICATE;
use crate::options::Options;
use crate::plan::Plan;
use crate::random::Random;
use crate::record::PeerRecord;

mod by_hand;
mod talking;

/// How long a connection may take. The longest wait is that of a server whose output nobody takes.
const LIMIT: Duration = Duration::from_secs(60);
/// Within this time the first connections begin.
const RAMP: Duration = Duration::from_secs(5);
/// How many connections may say something every tenth of a second, on average. More of them pause for
/// longer, so that all is done by two processors.
const BUSY: usize = 500;

/// What all peers share.
#[derive(Clone)]
struct World {
    plain: SocketAddr,
    secure: SocketAddr,
    tls: ClientTls,
    seed: u64,
    end: Instant,
    next: Arc<AtomicU64>,
    /// How long a connection pauses at most before it says more.
    pause: Duration,
}

/// Lets peers come and go until the time is over, and prints a line for each that has gone.
pub(crate) fn run(addresses: &str, options: Options) -> Result<(), Box<dyn Error>> {
    let (plain, secure) = addresses.split_once(' ').ok_or("two addresses are wanted")?;
    let (plain, secure) = (plain.parse()?, secure.parse()?);
    let tls = ClientTls::with_roots(std::env::var(CERTIFICATE)?.as_bytes())?;
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let (end, next) = (Instant::now() + options.duration, Arc::new(AtomicU64::new(1)));
        let pause = Duration::from_millis(200) * options.connections.div_ceil(BUSY) as u32;
        let world = World { plain, secure, tls, seed: options.seed, end, next, pause };
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

/// One connection after the other.
async fn occupy(world: World, wait: Duration) {
    sleep(wait).await;
    while Instant::now() < world.end {
        let number = world.next.fetch_add(1, Ordering::Relaxed);
        let (plan, mut random) = Plan::of(world.seed, number);
        sleep(world.pause.mul_f64(random.below(100) as f64 / 50.0)).await;
        let mut record = PeerRecord { number, counts: <_>::default(), fault: None };
        let done = timeout(LIMIT, follow(plan, random, &world, &mut record)).await;
        record.fault = match done {
            Ok(Ok(())) => None,
            Ok(Err(fault)) => Some(fault.to_string().replace('\n', " ")),
            Err(_) => Some("it took too long".into()),
        };
        let _ = writeln!(stdout().lock(), "{}", record.line());
    }
}

async fn follow(
    plan: Plan,
    mut random: Random,
    world: &World,
    record: &mut PeerRecord,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (address, random) = (world.plain, &mut random);
    match plan {
        Plan::Talk => talking::talk(world, random, record).await,
        Plan::Burst => talking::burst(world, random, record).await,
        Plan::Idle => talking::idle(world, random, record).await,
        Plan::ReadSlowly => talking::read_slowly(world, random, record).await,
        Plan::Leave => talking::leave(world, random, record).await,
        Plan::Reset => talking::reset(world, random, record).await,
        Plan::NoHandshake => by_hand::no_handshake(address).await,
        Plan::HalfFrame => by_hand::half_frame(address, record).await,
        Plan::Deaf => by_hand::deaf(address, record).await,
        Plan::BadFrame => by_hand::bad_frame(address, record).await,
        Plan::Pings => by_hand::pings(address, random, record).await,
        Plan::CloseAndStay => by_hand::close_and_stay(address, record).await,
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
