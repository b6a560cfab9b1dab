//! The command line.

use std::path::{Path, PathBuf};

use lexopt::{Arg, Parser, ValueExt};

pub(crate) const HELP: &str = "\
Compares websocket-proto with the other WebSocket crates.

    cargo run --release -p peers -- [OPTIONS]

  --only NAME   only the tables with this in their names; may be repeated:
                receive-{binary,text,multibyte}[-1400|-fragments],
                send-server, send-client, handshake-server, kernel-mask, kernel-utf8,
                echo-closed-loop[-tls], echo-pipelined[-tls],
                echo-two-workers, echo-among-idle, sockets-receive,
                broadcast, idle-memory[-tls]
  --quick       few and short rounds, in about three minutes
  --output DIR  where results.md and charts/ go; by default here for a whole
                run, and for others the tables go to the standard output
  --help        this

A whole run takes about forty minutes. Progress goes to the standard error.";

pub(crate) struct Options {
    /// Parts of the names of the tables to measure; empty for all tables.
    pub(crate) only: Vec<String>,
    /// Whether rounds are few and short.
    pub(crate) quick: bool,
    /// The directory of the results; `None` for the standard output.
    pub(crate) output: Option<PathBuf>,
}

impl Options {
    /// Reads the command line. `None` means that the help is wanted.
    pub(crate) fn read() -> Result<Option<Self>, lexopt::Error> {
        let mut options = Self { only: Vec::new(), quick: false, output: None };
        let mut arguments = Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Arg::Long("only") => options.only.push(arguments.value()?.string()?),
                Arg::Long("quick") => options.quick = true,
                Arg::Long("output") => options.output = Some(arguments.value()?.into()),
                Arg::Long("help") => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        if options.only.is_empty() && !options.quick && options.output.is_none() {
            options.output = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf);
        }
        Ok(Some(options))
    }
}
