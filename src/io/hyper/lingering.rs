//! The time after the end that we say, until the peer says its own.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::ready;
use std::time::Duration;

use ::hyper::rt::{Read, ReadBuf, Write};
use ::hyper::upgrade::Upgraded;
use ::tokio::runtime::Handle;
use ::tokio::time::timeout;

/// How many bytes are discarded at most. A peer that goes on sending is reset.
const MAX_DISCARDED: usize = 1 << 20;

/// Ends the stream, and discards what comes until its peer does so too.
///
/// A stream of HTTP/2 is reset as soon as hyper's handle is dropped. If the peer has not ended it by
/// then, the reset can overtake what was written, and browsers take it for a failure.
pub(super) fn linger(mut upgraded: Upgraded, limit: Duration) {
    let Ok(runtime) = Handle::try_current() else { return };
    runtime.spawn(timeout(limit, async move {
        if shut_down(&mut upgraded).await.is_ok() {
            discard(&mut upgraded).await;
        }
    }));
}

async fn shut_down(upgraded: &mut Upgraded) -> std::io::Result<()> {
    poll_fn(|cx| Pin::new(&mut *upgraded).poll_shutdown(cx)).await
}

async fn discard(upgraded: &mut Upgraded) {
    let mut discarded = 0;
    while discarded < MAX_DISCARDED {
        match read(upgraded).await {
            Ok(0) | Err(_) => return,
            Ok(len) => discarded += len,
        }
    }
}

async fn read(upgraded: &mut Upgraded) -> std::io::Result<usize> {
    let mut space = [0; 4096];
    poll_fn(|cx| {
        let mut read = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut *upgraded).poll_read(cx, read.unfilled()))?;
        Ok(read.filled().len()).into()
    })
    .await
}
