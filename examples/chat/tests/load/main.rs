//! A load test with many clients in many rooms. It measures how long messages take, and checks that
//! each client receives every message once and in order, and is disconnected properly at the end.
//!
//! `cargo test --release -p chat --test load -- --help`

mod client;
mod options;
mod report;

#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use futures_util::{StreamExt, stream};
use tokio::task::JoinSet;

use client::{Outcome, Talker};
use options::Options;
use report::Report;
use support::Server;

/// How many clients connect at the same time.
const CONCURRENT_JOINS: usize = 64;

#[tokio::main]
async fn main() -> ExitCode {
    match Options::parse() {
        Ok(Some(options)) => run(Arc::new(options)).await,
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error} (--help says what there is)");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Arc<Options>) -> ExitCode {
    let mut server = Server::start(&["--connections", "100000"]).await;
    let began = Instant::now();
    let talkers = connect(&server, &options).await;
    println!("{} clients in {} rooms after {:.1?}", talkers.len(), options.rooms, began.elapsed());
    let began = Instant::now();
    let outcomes = talk(talkers, &server).await;
    let report = Report::new(outcomes);
    println!("{report}\nall of it took {:.1?}", began.elapsed());
    let ended_well = server.wait().await.success();
    let (passed, failed) = (report.passed(), report.failed() + usize::from(!ended_well));
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn connect(server: &Server, options: &Arc<Options>) -> Vec<Talker> {
    let joining = (0..options.clients).map(|number| Talker::join(server, options, number));
    stream::iter(joining).buffer_unordered(CONCURRENT_JOINS).collect().await
}

/// Lets all clients talk, and ends the server when all of them have received everything.
async fn talk(talkers: Vec<Talker>, server: &Server) -> Vec<Outcome> {
    let start = Instant::now();
    let mut talking: JoinSet<_> = talkers.into_iter().map(|talker| talker.talk(start)).collect();
    let mut finished = Vec::new();
    while let Some(done) = talking.join_next().await {
        finished.push(done.expect("no panic"));
    }
    server.terminate().await;
    let mut leaving: JoinSet<_> = finished.into_iter().map(Talker::leave).collect();
    let mut outcomes = Vec::new();
    while let Some(outcome) = leaving.join_next().await {
        outcomes.push(outcome.expect("no panic"));
    }
    outcomes
}
