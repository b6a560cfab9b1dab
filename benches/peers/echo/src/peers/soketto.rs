use soketto::connection::{Builder, Mode};
use soketto::{Data, Incoming};
use tokio_util::compat::TokioAsyncReadCompatExt;

use super::result::EchoResult;
use super::transport::Transport;
use crate::work::Work;

/// The loop of a peer that cannot gather messages: a future of its `receive` must not be dropped,
/// so the loop cannot ask whether more has arrived.
pub(super) async fn serve<S: Transport>(stream: S, work: Work) -> EchoResult {
    let (mut sender, mut receiver) = Builder::new(stream.compat(), Mode::Server).finish();
    let mut message = Vec::new();
    loop {
        message.clear();
        match receiver.receive(&mut message).await? {
            Incoming::Data(_) if !work.answers(message.len()) => continue,
            Incoming::Data(Data::Text(_)) => sender.send_text(str::from_utf8(&message)?).await?,
            Incoming::Data(Data::Binary(_)) => sender.send_binary_mut(&mut message).await?,
            Incoming::Pong(_) => continue,
            Incoming::Closed(_) => return Ok(()),
        }
        sender.flush().await?;
    }
}
