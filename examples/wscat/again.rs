//! One session, or with `--reconnect` one after the other.

use std::io::{BufRead, ErrorKind};
use std::time::{Duration, Instant};

use websocket_proto::backoff::{Backoff, GiveUp, Retry};
use websocket_proto::io::{Error, OsEntropy};
use websocket_proto::{Ending, Entropy};

use super::inputs::Inputs;
use super::options::Options;
use super::session::{Session, Terminal};

/// How the last session ended, or why there was none.
pub(crate) fn run(
    options: &Options,
    input: impl BufRead + Send + 'static,
    terminal: &mut Terminal,
) -> Result<Ending, Error> {
    let mut inputs = Inputs::new(input);
    let mut backoff = Backoff::default();
    // Somebody is waiting.
    backoff.first = Duration::from_secs(1);
    let mut lost = false;
    loop {
        let (ended, up) = attempt(options, &mut inputs, terminal, lost);
        if !options.reconnect || inputs.are_used_up() {
            return ended;
        }
        let Retry::After(delay) = judge(&mut backoff, &ended, up) else { return ended };
        match &ended {
            Ok(ending) => terminal.note(&format!("lost the connection: {ending}"))?,
            Err(error) => terminal.note(&format!("no connection: {error}"))?,
        }
        terminal.note(&format!("connecting again in {delay:.1?}"))?;
        inputs.gather(delay);
        // There was nothing more to say.
        if inputs.are_used_up() {
            return ended;
        }
        lost = true;
    }
}

/// One session, and how long it was.
fn attempt(
    options: &Options,
    inputs: &mut Inputs,
    terminal: &mut Terminal,
    lost: bool,
) -> (Result<Ending, Error>, Duration) {
    let session = match Session::open(options, inputs, terminal) {
        Ok(session) => session,
        Err(error) => return (Err(error), Duration::ZERO),
    };
    let start = Instant::now();
    let noted = if lost { session.terminal.note("connected again") } else { Ok(()) };
    let ended = noted.map_err(Error::from).and_then(|()| session.run());
    (ended, start.elapsed())
}

fn judge(backoff: &mut Backoff, ended: &Result<Ending, Error>, up: Duration) -> Retry {
    match ended {
        Ok(ending) => backoff.after_ending(ending, up, random()),
        Err(Error::Ended(ending)) => backoff.after_ending(ending, up, random()),
        Err(Error::Refused(refused)) => {
            let response = refused.response();
            let seconds = response.retry_after().map(|seconds| Duration::from_secs(seconds.into()));
            backoff.after_refusal(response.status(), seconds, random())
        }
        // `wss://` in a build without TLS.
        Err(Error::Io(error)) if error.kind() == ErrorKind::Unsupported => {
            Retry::Never(GiveUp::Unsupported)
        }
        Err(Error::Io(_)) => backoff.after_failure(random()),
        Err(_) => Retry::Never(GiveUp::Unsupported),
    }
}

/// Any number will do for jitter.
fn random() -> u64 {
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes).map_or(u64::MAX, |()| u64::from_ne_bytes(bytes))
}
