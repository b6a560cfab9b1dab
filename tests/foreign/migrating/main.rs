//! The programs of MIGRATING.md: each client talks to each server, and the page shows exactly these
//! files.
#![cfg(all(feature = "tokio", feature = "futures"))]

#[cfg(all(feature = "http", feature = "tls"))]
mod names;
mod page;

use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// After this time a test is regarded as hanging. It is much longer than any test takes.
const GUARD: Duration = Duration::from_secs(20);

/// A program of the page. It is a whole one, with a `main`, so its functions are private there.
struct Program {
    name: &'static str,
    text: &'static str,
    main: fn(),
    /// Serves until the process ends.
    serve: fn(TcpListener),
    /// Says "hello", closes, and returns the answer.
    talk: fn(&str) -> String,
}

macro_rules! program {
    ($name:ident, $file:literal, $serve:expr, $talk:expr) => {
        mod $name {
            include!($file);

            pub(super) const PROGRAM: crate::Program = crate::Program {
                name: $file,
                text: include_str!($file),
                main: || main().unwrap(),
                serve: |listener| $serve(listener, |listener| serve(listener)),
                talk: |url| $talk(talk(url)).unwrap(),
            };
        }
    };
}

macro_rules! blocking {
    ($name:ident, $file:literal) => {
        program!($name, $file, |listener, serve: fn(_)| serve(listener), |result| result);
    };
}

macro_rules! on_tokio {
    ($name:ident, $file:literal) => {
        program!($name, $file, crate::serve_on_tokio, crate::run_on_tokio);
    };
}

blocking!(from_tungstenite, "tungstenite/before.rs");
blocking!(to_blocking, "tungstenite/after.rs");
on_tokio!(from_tokio_tungstenite, "tokio_tungstenite/before.rs");
on_tokio!(to_streams, "tokio_tungstenite/after.rs");
on_tokio!(from_fastwebsockets, "fastwebsockets/before.rs");
on_tokio!(to_events, "fastwebsockets/after.rs");

const PROGRAMS: [Program; 6] = [
    from_tungstenite::PROGRAM,
    to_blocking::PROGRAM,
    from_tokio_tungstenite::PROGRAM,
    to_streams::PROGRAM,
    from_fastwebsockets::PROGRAM,
    to_events::PROGRAM,
];

fn run_on_tokio<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn serve_on_tokio<F: Future<Output = ()>>(
    listener: TcpListener,
    serve: impl FnOnce(tokio::net::TcpListener) -> F,
) {
    listener.set_nonblocking(true).unwrap();
    run_on_tokio(async { serve(tokio::net::TcpListener::from_std(listener).unwrap()).await });
}

/// Runs `test` on a thread of its own, so that it cannot hang.
fn within<T: Send + 'static>(what: &str, test: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, results) = mpsc::channel();
    thread::spawn(move || sender.send(test()));
    results.recv_timeout(GUARD).unwrap_or_else(|_| panic!("{what} hangs, or has panicked"))
}

#[test]
fn every_program_runs() {
    for program in PROGRAMS {
        within(program.name, program.main);
    }
}

#[test]
fn every_client_gets_its_answer_from_every_server() {
    for server in PROGRAMS {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        thread::spawn(move || (server.serve)(listener));
        for client in PROGRAMS {
            let url = url.clone();
            let meeting = format!("{} with {}", client.name, server.name);
            assert_eq!(within(&meeting, move || (client.talk)(&url)), "hello", "{meeting}");
        }
    }
}
