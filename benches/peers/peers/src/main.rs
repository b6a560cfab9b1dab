//! Runs all comparisons, one after the other, and writes the results.

mod machine;
mod options;
mod plan;
mod report;

use std::error::Error;
use std::io;

use options::{HELP, Options};
use plan::Plan;

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(job) = common::job() {
        return Ok(work(&job)?);
    }
    match Options::read()? {
        Some(options) => compare(&options),
        None => {
            println!("{HELP}");
            Ok(())
        }
    }
}

/// Runs one of the contestants as a worker.
fn work(job: &str) -> io::Result<()> {
    match job.split_once(':') {
        Some(("memory", job)) => memory::work(job),
        Some(("echo", job)) => echo::serve(job),
        _ => Err(io::Error::other("no such job")),
    }
}

fn compare(options: &Options) -> Result<(), Box<dyn Error>> {
    let (server_core, other_core) = common::cores::first_and_last()?;
    // Everything but the servers runs where this thread does.
    common::cores::pin_this_thread(other_core)?;
    let plan = Plan::new(options, server_core);
    if plan.is_empty() {
        return Err("no table has such a name".into());
    }
    let tables = plan.measure()?;
    match &options.output {
        Some(directory) => report::write(&tables, directory)?,
        None => print!("{}", report::tables(&tables)),
    }
    Ok(())
}
