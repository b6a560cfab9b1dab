//! Faults at every step: over a stream in memory, one operation after the other goes wrong, until a
//! run comes to its end before its turn. And every future is dropped at every await.

#[path = "../support/mod.rs"]
mod support;

mod again;
mod blocking;
mod fault;
mod hand;
mod link;
mod peer;
mod play;
mod scenario;
mod smol;
mod task;
mod tasks;
mod tokio;
mod verdict;

use std::io::{ErrorKind, Write};

use again::Again;
use blocking::Blocking;
use fault::{Fault, Plan};
use hand::Drops;
use play::{Run, Socket, Way, play};
use scenario::Scenario;
use smol::Smol;
use task::{Combined, Halves, On, Runtime, Split, Whole};
use tokio::Tokio;
use verdict::{check_cut_short, check_given_up, check_undisturbed};

#[test]
fn faults_that_blocking_sockets_get_over() {
    let faults = passing::<Blocking>(Scenario::all(), &Fault::PASSING_BLOCKING);
    report("faults that blocking sockets get over", faults, 400);
}

#[test]
fn faults_that_end_blocking_sockets() {
    let faults = fatal::<Blocking>(Scenario::all());
    report("faults that end blocking sockets", faults, 1500);
}

#[test]
fn faults_that_sockets_on_tokio_get_over() {
    let faults = passing::<On<Tokio, Whole<_>>>(Scenario::all(), &Fault::PASSING_ASYNC);
    report("faults that sockets on tokio get over", faults, 300);
}

#[test]
fn faults_that_end_sockets_on_tokio() {
    let faults = fatal::<On<Tokio, Whole<_>>>(Scenario::all());
    report("faults that end sockets on tokio", faults, 1500);
}

#[test]
fn faults_of_sockets_on_smol() {
    let faults = both::<On<Smol, Whole<_>>>();
    report("faults of sockets on smol", faults, 450);
}

#[test]
fn faults_of_halves() {
    let faults = both::<On<Tokio, Split<_>>>() + both::<On<Smol, Split<_>>>();
    report("faults of halves of sockets", faults, 900);
}

#[test]
fn faults_of_streams_and_sinks() {
    let faults = both::<On<Tokio, Combined<_>>>() + both::<On<Smol, Combined<_>>>();
    report("faults of sockets as streams and sinks", faults, 800);
}

#[test]
fn faults_of_halves_as_streams_and_sinks() {
    let faults = both::<On<Tokio, Halves<_>>>() + both::<On<Smol, Halves<_>>>();
    report("faults of halves as streams and sinks", faults, 800);
}

#[test]
fn faults_of_a_large_message() {
    let large = [Scenario::LARGE];
    let faults = passing::<On<Tokio, Whole<_>>>(large, &Fault::PASSING_ASYNC)
        + passing::<Blocking>(large, &Fault::PASSING_BLOCKING);
    report("faults of a large message", faults, 350);
}

#[test]
fn faults_of_halves_in_tasks_of_their_own() {
    let faults = in_tasks::<Tokio>() + in_tasks::<Smol>();
    report("faults of halves in tasks of their own", faults, 1400);
}

#[test]
fn faults_of_clients_that_connect_again() {
    let faults = again(|plan, _| again::blocking(plan)) + again(again::smol);
    report("faults of clients that connect again", faults, 250);
}

/// How much was tried in all.
fn report(what: &str, tried: usize, least: usize) {
    // Past the capture of tests' output: it is worth seeing.
    let mut stderr = std::io::stderr();
    writeln!(stderr, "{tried} {what}").unwrap();
    assert!(tried >= least, "hardly any {what}: {tried}");
}

/// All kinds in two scenarios.
fn both<W: Way>() -> usize {
    let scenarios = [Scenario::CLIENT, Scenario::SERVER];
    passing::<W>(scenarios, &Fault::PASSING_ASYNC) + fatal::<W>(scenarios)
}

#[test]
fn t09_every_future_dropped_at_every_await() {
    let awaits = every_shape_dropped::<Tokio>() + every_shape_dropped::<Smol>();
    report("awaits at which a future was dropped", awaits, 700);
}

fn every_shape_dropped<R: Runtime>() -> usize {
    dropped::<On<R, Whole<R::Wire>>>()
        + dropped::<On<R, Split<R::Wire>>>()
        + dropped::<On<R, Combined<R::Wire>>>()
        + dropped::<On<R, Halves<R::Wire>>>()
}

/// One future is dropped, at each await in turn, and then all of them after some awaits; how many
/// awaits there were. All operations hesitate, or most of them.
fn dropped<W: Way>() -> usize {
    W::within(|| {
        let scenarios = [Scenario::CLIENT, Scenario::SERVER];
        let plans = [Plan::Hesitating, Plan::HesitatingBut(3)];
        let cases = scenarios.iter().flat_map(|scenario| plans.map(|plan| (*scenario, plan)));
        cases.map(|(scenario, plan)| dropped_at_every_await::<W>(scenario, plan)).sum()
    })
}

fn dropped_at_every_await<W: Way>(scenario: Scenario, plan: Plan) -> usize {
    let calm = play::<W>(scenario, Plan::Undisturbed, Drops::Never, "calm");
    for awaits in 1..=3 {
        let how = format!("all dropped after {awaits}, {plan:?}, {scenario:?}");
        check_undisturbed(&play::<W>(scenario, plan, Drops::After(awaits), &how), &calm, &how);
    }
    at_each_await(|drops| {
        let how = format!("{drops:?}, {plan:?}, {scenario:?}");
        let run = play::<W>(scenario, plan, drops, &how);
        match run.told.dropped {
            true => check_given_up(&run, &calm, &how),
            false => check_undisturbed(&run, &calm, &how),
        }
        run.awaits
    })
}

fn in_tasks<R: Runtime>() -> usize {
    let mut tried = 0;
    R::within(|| {
        for scenario in [Scenario::CLIENT, Scenario { tight: true, ..Scenario::CLIENT }] {
            let calm = tasks::play::<R>(scenario, Plan::Undisturbed, Drops::Never, "calm");
            for fault in Fault::FATAL.into_iter().chain(Fault::PASSING_ASYNC) {
                tried += at_each_operation(fault, |plan| {
                    let how = format!("{plan:?}, {scenario:?}");
                    let run = tasks::play::<R>(scenario, plan, Drops::Never, &how);
                    tasks::check(&run, &calm, fault, &how);
                    (run.faults, run.operations)
                });
            }
            tried += at_each_await(|drops| {
                let how = format!("{drops:?}, {scenario:?}");
                let run = tasks::play::<R>(scenario, Plan::Hesitating, drops, &how);
                tasks::check(&run, &calm, Fault::Later, &how);
                run.awaits
            });
        }
    });
    tried
}

fn again(play: impl Fn(Plan, &str) -> Again) -> usize {
    let calm = play(Plan::Undisturbed, "calm");
    let faults = Fault::FATAL.into_iter();
    let tried = faults.map(|fault| {
        at_each_operation(fault, |plan| {
            let how = format!("{plan:?}");
            let run = play(plan, &how);
            again::check(&run, &calm, &how);
            (run.links[0].faults(), run.links[0].operations())
        })
    });
    tried.sum()
}

/// Runs with a future dropped at each await, until a run has fewer; how many there were. Each run
/// tells its awaits.
fn at_each_await(mut run: impl FnMut(Drops) -> usize) -> usize {
    let mut at = 1;
    while run(Drops::At(at)) >= at {
        at += 1;
    }
    at - 1
}

/// Runs with the fault at each operation, until one comes to its end before; how often it befell
/// one. Each run tells that, and its operations.
fn at_each_operation(fault: Fault, mut run: impl FnMut(Plan) -> (usize, usize)) -> usize {
    let mut tried = 0;
    for at in 1.. {
        let (faults, operations) = run(Plan::At(at, fault));
        tried += faults;
        if operations < at {
            break;
        }
    }
    tried
}

/// Each fault at each operation that it can befall; how many there were.
fn passing<W: Way>(scenarios: impl IntoIterator<Item = Scenario>, faults: &[Fault]) -> usize {
    each::<W>(scenarios, faults, |run, calm, fault, how| {
        // A connection that is being opened cannot be called again when the stream is ready.
        if !run.told.opened && fault == Fault::Fails(ErrorKind::WouldBlock) {
            return check_cut_short(run, calm, fault, W::Socket::TELLS_ENDING, how);
        }
        check_undisturbed(run, calm, how);
    })
}

fn fatal<W: Way>(scenarios: impl IntoIterator<Item = Scenario>) -> usize {
    each::<W>(scenarios, &Fault::FATAL, |run, calm, fault, how| {
        check_cut_short(run, calm, fault, W::Socket::TELLS_ENDING, how);
    })
}

fn each<W: Way>(
    scenarios: impl IntoIterator<Item = Scenario>,
    faults: &[Fault],
    check: impl Fn(&Run, &Run, Fault, &str),
) -> usize {
    let mut tried = 0;
    W::within(|| {
        for scenario in scenarios {
            let calm = play::<W>(scenario, Plan::Undisturbed, Drops::Never, "calm");
            for &fault in faults {
                tried += at_each_operation(fault, |plan| {
                    let how = format!("{plan:?}, {scenario:?}");
                    let run = play::<W>(scenario, plan, Drops::Never, &how);
                    check(&run, &calm, fault, &how);
                    (run.faults, run.operations)
                });
            }
        }
    });
    tried
}
