//! How many connections are open, and the end of the program.

use std::io;
use std::process::exit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long connections that are still open at the end are waited for: a little longer than a closing
/// exchange may take.
const PATIENCE: Duration = Duration::from_secs(6);

static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Counts as an open connection until it is dropped.
pub(super) struct Counted;

impl Counted {
    pub(super) fn new() -> Self {
        OPEN.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Ends the program after its standard input has ended, and its connections.
pub(super) fn end_with_input() {
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let start = Instant::now();
        while OPEN.load(Ordering::SeqCst) > 0 && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(10));
        }
        exit(0);
    });
}
