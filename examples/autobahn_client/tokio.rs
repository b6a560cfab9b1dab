//! The cases, on tokio.

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::{Error, tokio as adapter};
use websocket_proto::{Config, Event};

use crate::{case_url, count_url, note, report_url};

#[tokio::main]
pub(crate) async fn run(url: &str, agent: &str, config: Config) -> Result<(), Error> {
    let count = case_count(&count_url(url)).await?;
    for case in 1..=count {
        note(case, count, echo(&case_url(url, agent, case), config).await);
    }
    echo(&report_url(url, agent), config).await
}

async fn case_count(url: &str) -> Result<u32, Error> {
    let mut socket = adapter::connect(url).await?;
    let mut count = 0;
    while let Some((event, _)) = socket.receive().await? {
        if let Event::Text(text) = event {
            count = text.parse().unwrap_or(0);
        }
    }
    Ok(count)
}

async fn echo(url: &str, config: Config) -> Result<(), Error> {
    let mut socket = adapter::connect_with(&ClientRequest::new(url)?, config).await?;
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) => reply.send_text(text).await?,
            Event::Binary(data) => reply.send_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
}
