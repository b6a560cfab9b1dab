//! The cases, on blocking sockets.

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::{Error, blocking};
use websocket_proto::{Config, Event};

use crate::{case_url, count_url, note, report_url};

pub(crate) fn run(url: &str, agent: &str, config: Config) -> Result<(), Error> {
    let count = case_count(&count_url(url))?;
    for case in 1..=count {
        note(case, count, echo(&case_url(url, agent, case), config));
    }
    echo(&report_url(url, agent), config)
}

fn case_count(url: &str) -> Result<u32, Error> {
    let mut socket = blocking::connect(url)?;
    let mut count = 0;
    while let Some((event, _)) = socket.receive()? {
        if let Event::Text(text) = event {
            count = text.parse().unwrap_or(0);
        }
    }
    Ok(count)
}

fn echo(url: &str, config: Config) -> Result<(), Error> {
    let mut socket = blocking::connect_with(&ClientRequest::new(url)?, config)?;
    loop {
        match socket.receive() {
            Ok(Some((Event::Text(text), reply))) => reply.feed_text(text)?,
            Ok(Some((Event::Binary(data), reply))) => reply.feed_binary(data)?,
            Ok(Some(_)) | Err(Error::Protocol(_)) => {}
            Ok(None) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
