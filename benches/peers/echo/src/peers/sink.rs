//! The loops of the peers that are streams and sinks of messages.

use std::error::Error;

use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};

use super::result::EchoResult;
use crate::work::Work;

/// The usual loop: sends each message before it receives the next. `data_len` is the length of a
/// message that is text or binary.
pub(super) async fn one_by_one<S, M, E>(
    mut socket: S,
    work: Work,
    data_len: fn(&M) -> Option<usize>,
) -> EchoResult
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = E> + Unpin,
    E: Error + Send + Sync + 'static,
{
    while let Some(message) = socket.next().await.transpose()? {
        if data_len(&message).is_some_and(|len| work.answers(len)) {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// A loop that queues messages while there are more to receive, and flushes them before it waits.
pub(super) async fn batched<S, M, E>(
    mut socket: S,
    work: Work,
    data_len: fn(&M) -> Option<usize>,
) -> EchoResult
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = E> + Unpin,
    E: Error + Send + Sync + 'static,
{
    loop {
        let next = match socket.next().now_or_never() {
            Some(next) => next,
            None => {
                socket.flush().await?;
                socket.next().await
            }
        };
        let Some(message) = next.transpose()? else { return Ok(()) };
        if data_len(&message).is_some_and(|len| work.answers(len)) {
            socket.feed(message).await?;
        }
    }
}
