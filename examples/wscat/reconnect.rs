//! One session, or with `--reconnect` one after the other, as the backoff advises.

use std::io::{BufRead, ErrorKind};
use std::time::{Duration, Instant};

use websocket_proto::backoff::{Backoff, GiveUp, Retry};
use websocket_proto::io::{Error, OsEntropy};
use websocket_proto::{Ending, Entropy};

use super::inputs::Inputs;
use super::options::Options;
use super::session::{Session, Terminal};

/// Runs the sessions. Returns how the last one ended, or why it was not opened.
pub(crate) fn run(
    options: &Options,
    input: impl BufRead + Send + 'static,
    terminal: &mut Terminal,
) -> Result<Ending, Error> {
    let mut inputs = Inputs::new(input);
    let mut backoff = Backoff::default();
    // Somebody sits at the terminal and waits.
    backoff.first = Duration::from_secs(1);
    let mut has_lost = false;
    loop {
        let (ended, open_for) = attempt(options, &mut inputs, terminal, has_lost);
        if !options.reconnect || inputs.are_used_up() {
            return ended;
        }
        let Retry::After(delay) = advise(&mut backoff, &ended, open_for) else { return ended };
        match &ended {
            Ok(ending) => terminal.note(&format!("lost the connection: {ending}"))?,
            Err(error) => terminal.note(&format!("no connection: {error}"))?,
        }
        terminal.note(&format!("connecting again in {delay:.1?}"))?;
        inputs.collect_lines(delay);
        // Nothing more was typed, so there is nothing to connect for.
        if inputs.are_used_up() {
            return ended;
        }
        has_lost = true;
    }
}

/// Runs one session. Also returns how long the connection was open.
fn attempt(
    options: &Options,
    inputs: &mut Inputs,
    terminal: &mut Terminal,
    has_lost: bool,
) -> (Result<Ending, Error>, Duration) {
    let session = match Session::open(options, inputs, terminal) {
        Ok(session) => session,
        Err(error) => return (Err(error), Duration::ZERO),
    };
    let start = Instant::now();
    let noted = if has_lost { session.terminal.note("connected again") } else { Ok(()) };
    let ended = noted.map_err(Error::from).and_then(|()| session.run());
    (ended, start.elapsed())
}

/// Whether to connect again after a session, and when.
fn advise(backoff: &mut Backoff, ended: &Result<Ending, Error>, open_for: Duration) -> Retry {
    match ended {
        Ok(ending) => backoff.after_ending(ending, open_for, random()),
        Err(Error::Ended(ending)) => backoff.after_ending(ending, open_for, random()),
        Err(Error::Refused(refused)) => {
            let response = refused.response();
            let seconds = response.retry_after().map(|seconds| Duration::from_secs(seconds.into()));
            backoff.after_refusal(response.status(), seconds, random())
        }
        // `wss://` in a build without TLS.
        Err(Error::Io(error)) if error.kind() == ErrorKind::Unsupported => {
            Retry::Never(GiveUp::Unsupported)
        }
        Err(Error::Io(_) | Error::Connect(_)) => backoff.after_failure(random()),
        Err(_) => Retry::Never(GiveUp::Unsupported),
    }
}

/// A random number for the jitter. Without one from the system, any other will do.
fn random() -> u64 {
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes).map_or(u64::MAX, |()| u64::from_ne_bytes(bytes))
}
