//! A future that another thread completes, as a timer would.

use std::sync::Arc;
use std::task::{Poll, Waker};

use futures_util::future::poll_fn;
use shuttle::sync::Mutex;

#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<(bool, Option<Waker>)>>);

impl Gate {
    pub(crate) fn open(&self) {
        let waker = {
            let (is_open, waker) = &mut *self.0.lock().unwrap();
            *is_open = true;
            waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    /// Waits until the gate is open.
    pub(crate) async fn wait(&self) {
        poll_fn(|cx| {
            let (is_open, waker) = &mut *self.0.lock().unwrap();
            *waker = Some(cx.waker().clone());
            if *is_open { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
