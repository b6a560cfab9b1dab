//! A fault at every operation and a drop at every await, over a stream in memory: one run for each
//! operation, and one for each await, until a run has fewer of them.

#[path = "../support/mod.rs"]
mod support;

mod asynchronous;
mod blocking;
mod checks;
mod executor;
mod fault;
mod link;
mod peer;
mod play;
mod reconnecting;
mod scenario;
mod smol;
mod tasks;
mod tokio;

use std::io::{ErrorKind, Write};

use asynchronous::{OnRuntime, Runtime, Split, SplitAsSink, Whole, WholeAsSink};
use blocking::Blocking;
use checks::{check_cut_short, check_dropped_while_opening, check_undisturbed};
use executor::Drops;
use fault::{Fault, Plan};
use play::{Adapter, Run, Socket, play};
use reconnecting::ReconnectRun;
use scenario::Scenario;
use smol::Smol;
use tokio::Tokio;

#[test]
fn faults_that_blocking_sockets_get_over() {
    let faults = survivable::<Blocking>(Scenario::all(), &Fault::SURVIVABLE_BLOCKING);
    report("faults that blocking sockets get over", faults, 400);
}

#[test]
fn faults_that_end_blocking_sockets() {
    let faults = fatal::<Blocking>(Scenario::all());
    report("faults that end blocking sockets", faults, 1500);
}

#[test]
fn faults_that_sockets_on_tokio_get_over() {
    let faults =
        survivable::<OnRuntime<Tokio, Whole<_>>>(Scenario::all(), &Fault::SURVIVABLE_ASYNC);
    report("faults that sockets on tokio get over", faults, 300);
}

#[test]
fn faults_that_end_sockets_on_tokio() {
    let faults = fatal::<OnRuntime<Tokio, Whole<_>>>(Scenario::all());
    report("faults that end sockets on tokio", faults, 1500);
}

#[test]
fn faults_of_sockets_on_smol() {
    let faults = all_faults::<OnRuntime<Smol, Whole<_>>>();
    report("faults of sockets on smol", faults, 450);
}

#[test]
fn faults_of_halves() {
    let faults =
        all_faults::<OnRuntime<Tokio, Split<_>>>() + all_faults::<OnRuntime<Smol, Split<_>>>();
    report("faults of halves of sockets", faults, 900);
}

#[test]
fn faults_of_streams_and_sinks() {
    let faults = all_faults::<OnRuntime<Tokio, WholeAsSink<_>>>()
        + all_faults::<OnRuntime<Smol, WholeAsSink<_>>>();
    report("faults of sockets as streams and sinks", faults, 800);
}

#[test]
fn faults_of_halves_as_streams_and_sinks() {
    let faults = all_faults::<OnRuntime<Tokio, SplitAsSink<_>>>()
        + all_faults::<OnRuntime<Smol, SplitAsSink<_>>>();
    report("faults of halves as streams and sinks", faults, 800);
}

#[test]
fn faults_of_a_large_message() {
    let large = [Scenario::LARGE];
    let faults = survivable::<OnRuntime<Tokio, Whole<_>>>(large, &Fault::SURVIVABLE_ASYNC)
        + survivable::<Blocking>(large, &Fault::SURVIVABLE_BLOCKING);
    report("faults of a large message", faults, 350);
}

#[test]
fn faults_of_halves_in_tasks_of_their_own() {
    let faults = in_tasks::<Tokio>() + in_tasks::<Smol>();
    report("faults of halves in tasks of their own", faults, 1400);
}

#[test]
fn faults_of_clients_that_connect_again() {
    let faults = reconnecting_with_faults(reconnecting::smol);
    report("faults of clients that connect again", faults, 100);
}

/// Prints how many cases were tried, and checks that there were enough.
fn report(what: &str, tried: usize, least: usize) {
    // Unlike `eprintln`, this is not captured by the test harness: the numbers are worth seeing.
    let mut stderr = std::io::stderr();
    writeln!(stderr, "{tried} {what}").unwrap();
    assert!(tried >= least, "only {tried} {what}");
}

/// Tries all kinds of faults in two scenarios; how many there were.
fn all_faults<W: Adapter>() -> usize {
    let scenarios = [Scenario::CLIENT, Scenario::SERVER];
    survivable::<W>(scenarios, &Fault::SURVIVABLE_ASYNC) + fatal::<W>(scenarios)
}

#[test]
fn t09_every_future_dropped_at_every_await() {
    let awaits = every_shape_dropped::<Tokio>() + every_shape_dropped::<Smol>();
    report("awaits at which a future was dropped", awaits, 700);
}

fn every_shape_dropped<R: Runtime>() -> usize {
    at_all_awaits::<OnRuntime<R, Whole<R::Wire>>>()
        + at_all_awaits::<OnRuntime<R, Split<R::Wire>>>()
        + at_all_awaits::<OnRuntime<R, WholeAsSink<R::Wire>>>()
        + at_all_awaits::<OnRuntime<R, SplitAsSink<R::Wire>>>()
}

/// Drops every future after some awaits, and one future at each await in turn; how many awaits
/// there were. All operations have to wait at first, or most of them.
fn at_all_awaits<W: Adapter>() -> usize {
    W::within(|| {
        let scenarios = [Scenario::CLIENT, Scenario::SERVER];
        let plans = [Plan::AllPending, Plan::PendingExceptEvery(3)];
        let cases = scenarios.iter().flat_map(|scenario| plans.map(|plan| (*scenario, plan)));
        cases.map(|(scenario, plan)| dropped_at_every_await::<W>(scenario, plan)).sum()
    })
}

fn dropped_at_every_await<W: Adapter>(scenario: Scenario, plan: Plan) -> usize {
    let baseline = play::<W>(scenario, Plan::NoFaults, Drops::Never, "baseline");
    for awaits in 1..=3 {
        let case = format!("each dropped after {awaits}, {plan:?}, {scenario:?}");
        check_undisturbed(
            &play::<W>(scenario, plan, Drops::After(awaits), &case),
            &baseline,
            &case,
        );
    }
    at_each_await(|drops| {
        let case = format!("{drops:?}, {plan:?}, {scenario:?}");
        let run = play::<W>(scenario, plan, drops, &case);
        match run.observed.dropped {
            true => check_dropped_while_opening(&run, &baseline, &case),
            false => check_undisturbed(&run, &baseline, &case),
        }
        run.awaits
    })
}

fn in_tasks<R: Runtime>() -> usize {
    let mut tried = 0;
    R::within(|| {
        for scenario in [Scenario::CLIENT, Scenario { small_output: true, ..Scenario::CLIENT }] {
            let baseline = tasks::play::<R>(scenario, Plan::NoFaults, Drops::Never, "baseline");
            for fault in Fault::FATAL.into_iter().chain(Fault::SURVIVABLE_ASYNC) {
                tried += at_each_operation(fault, |plan| {
                    let case = format!("{plan:?}, {scenario:?}");
                    let run = tasks::play::<R>(scenario, plan, Drops::Never, &case);
                    tasks::check(&run, &baseline, fault, &case);
                    (run.faults, run.operations)
                });
            }
            tried += at_each_await(|drops| {
                let case = format!("{drops:?}, {scenario:?}");
                let run = tasks::play::<R>(scenario, Plan::AllPending, drops, &case);
                tasks::check(&run, &baseline, Fault::Pending, &case);
                run.awaits
            });
        }
    });
    tried
}

fn reconnecting_with_faults(play: impl Fn(Plan, &str) -> ReconnectRun) -> usize {
    let baseline = play(Plan::NoFaults, "baseline");
    let faults = Fault::FATAL.into_iter();
    let tried = faults.map(|fault| {
        at_each_operation(fault, |plan| {
            let case = format!("{plan:?}");
            let run = play(plan, &case);
            reconnecting::check(&run, &baseline, &case);
            (run.links[0].faults(), run.links[0].operations())
        })
    });
    tried.sum()
}

/// Runs once for each await, with a future dropped there, until a run has fewer awaits; how many
/// there were. `run` returns the awaits of a run.
fn at_each_await(mut run: impl FnMut(Drops) -> usize) -> usize {
    let mut at = 1;
    while run(Drops::At(at)) >= at {
        at += 1;
    }
    at - 1
}

/// Runs once for each operation, with the fault there, until a run has fewer operations; how many
/// faults there were. `run` returns the faults and the operations of a run.
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

/// Tries faults that the connection survives at each operation that can have them; how many there
/// were.
fn survivable<W: Adapter>(
    scenarios: impl IntoIterator<Item = Scenario>,
    faults: &[Fault],
) -> usize {
    at_all_operations::<W>(scenarios, faults, |run, baseline, fault, case| {
        // Opening a connection cannot be taken up again when the stream is ready.
        if !run.observed.opened && fault == Fault::Error(ErrorKind::WouldBlock) {
            return check_cut_short(run, baseline, fault, W::Socket::TELLS_ENDING, case);
        }
        check_undisturbed(run, baseline, case);
    })
}

fn fatal<W: Adapter>(scenarios: impl IntoIterator<Item = Scenario>) -> usize {
    at_all_operations::<W>(scenarios, &Fault::FATAL, |run, baseline, fault, case| {
        check_cut_short(run, baseline, fault, W::Socket::TELLS_ENDING, case);
    })
}

fn at_all_operations<W: Adapter>(
    scenarios: impl IntoIterator<Item = Scenario>,
    faults: &[Fault],
    check: impl Fn(&Run, &Run, Fault, &str),
) -> usize {
    let mut tried = 0;
    W::within(|| {
        for scenario in scenarios {
            let baseline = play::<W>(scenario, Plan::NoFaults, Drops::Never, "baseline");
            for &fault in faults {
                tried += at_each_operation(fault, |plan| {
                    let case = format!("{plan:?}, {scenario:?}");
                    let run = play::<W>(scenario, plan, Drops::Never, &case);
                    check(&run, &baseline, fault, &case);
                    (run.faults, run.operations)
                });
            }
        }
    });
    tried
}
