//! permessage-deflate (RFC 7692), compared with that of the other Rust crates that have it.
//!
//! All of them are servers with the same settings, each over a stream in memory, and run in turn.
//! Speeds mean something only as ratios within one run.

mod contestant;
mod peer;
mod peers;
mod workload;
mod zlib;

use std::error::Error;
use std::io;

use contestant::Contestant;
use lexopt::{Arg, ValueExt};
use peers::NAMES;
use workload::{Direction, Measured, Settings, Workload};

const HELP: &str = "\
Compares the speed and the size of compressed messages: websocket-proto, yawc, sockudo-ws.

    cargo run --release -p compression -- [OPTIONS]

  --level N   compression level, 1 to 9 (default: 6)
  --memory N  memory level of websocket-proto, 1 to 9 (default: 8, the others' only one)
  --only T    only cells with this in their names, such as 'Send, without' or ' 128 B'
  --alone     only websocket-proto, for a profiler
  --rounds N  rounds of each cell (default: 21)
  --quick     few and short rounds: whether it works, not how fast
  --help      this

Progress goes to the standard error, the table to the standard output.";

const LENGTHS: [usize; 4] = [128, 1 << 10, 16 << 10, 1 << 20];

struct Options {
    level: u8,
    memory_level: u8,
    only: String,
    peers: &'static [&'static str],
    rounds: usize,
    /// How many bytes the messages of a round have before they are compressed.
    round_bytes: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(job) = common::job() {
        return Ok(work(&job)?);
    }
    match options()? {
        Some(options) => compare(&options)?,
        None => println!("{HELP}"),
    }
    Ok(())
}

/// Runs one of the peers as a worker.
fn work(job: &str) -> io::Result<()> {
    let job = job
        .split_once(':')
        .and_then(|(peer, workload)| Some((peer, Workload::from_line(workload)?)));
    let (peer, workload) = job.ok_or_else(|| io::Error::other("no such job"))?;
    let mut contestant = Contestant::new(peer, workload);
    common::serve_rounds(|| contestant.round())
}

/// Reads the command line. `None` means that the help is wanted.
fn options() -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options {
        level: 6,
        memory_level: 8,
        only: String::new(),
        peers: &NAMES,
        rounds: 21,
        round_bytes: 4 << 20,
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("level") => options.level = arguments.value()?.parse_with(level)?,
            Arg::Long("memory") => options.memory_level = arguments.value()?.parse_with(level)?,
            Arg::Long("only") => options.only = arguments.value()?.string()?,
            Arg::Long("alone") => options.peers = &NAMES[..1],
            Arg::Long("rounds") => options.rounds = arguments.value()?.parse::<usize>()?.max(1),
            Arg::Long("quick") => (options.rounds, options.round_bytes) = (3, 64 << 10),
            Arg::Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(options))
}

fn level(text: &str) -> Result<u8, &'static str> {
    text.parse().ok().filter(|level| (1..=9).contains(level)).ok_or("levels are 1 to 9")
}

fn compare(options: &Options) -> io::Result<()> {
    let Options { level, memory_level, rounds, .. } = *options;
    println!("Level {level}, windows of 15 bits, memory level {memory_level} (others: 8).");
    println!("Medians of {rounds} rounds: messages a second of processor time; ours is so many");
    println!("times as fast; bytes of a compressed message.");
    for direction in [Direction::Receive, Direction::Send] {
        for takeover in [true, false] {
            let settings = Settings { level, memory_level, takeover };
            compare_lengths(options, direction, settings)?;
        }
    }
    Ok(())
}

fn compare_lengths(options: &Options, direction: Direction, settings: Settings) -> io::Result<()> {
    let workload =
        |len| Workload { direction, settings, len, count: (options.round_bytes / len).max(1) };
    let wanted = |workload: &Workload| workload.to_string().contains(&options.only);
    for (line, workload) in LENGTHS.map(workload).into_iter().filter(wanted).enumerate() {
        if line == 0 {
            print_head(options.peers, direction, settings.takeover);
        }
        eprintln!("{workload} ...");
        print_line(workload.len, &workload.measure(options.peers, options.rounds)?);
    }
    Ok(())
}

fn print_head(peers: &[&str], direction: Direction, takeover: bool) {
    let takeover = if takeover { "with" } else { "without" };
    println!("\n{direction:?}, {takeover} context takeover\n");
    print!("{:>9}", "");
    peers.iter().for_each(|name| print!(" | {name:>25}"));
    println!();
}

fn print_line(len: usize, measured: &[Measured]) {
    print!("{len:>7} B");
    for Measured { nanoseconds, bytes } in measured {
        let ratio = nanoseconds / measured[0].nanoseconds;
        print!(" | {:>9.0} {ratio:>5.2} {bytes:>9.1}", 1e9 / nanoseconds);
    }
    println!();
}
