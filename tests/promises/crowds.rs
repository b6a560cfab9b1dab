//! Crowds that wait: the work grows with how many they are, and not faster.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use websocket_proto::CloseCode;
use websocket_proto::io::task::GracefulShutdown;

use super::calls::Call;
use super::stream::Stream;

/// Tasks that are polled when they are woken, in that order.
struct Crowd {
    calls: Vec<Option<Call>>,
    woken: Arc<Mutex<VecDeque<usize>>>,
    wakes: usize,
    polls: usize,
}

struct TaskWaker {
    task: usize,
    woken: Arc<Mutex<VecDeque<usize>>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.woken.lock().unwrap().push_back(self.task);
    }
}

impl Crowd {
    fn of(calls: impl Iterator<Item = Call>) -> Self {
        let calls: Vec<_> = calls.map(Some).collect();
        let woken = Arc::new(Mutex::new((0..calls.len()).collect()));
        Self { calls, woken, wakes: 0, polls: 0 }
    }

    /// Polls tasks until none is woken any more.
    fn run(&mut self) {
        loop {
            let Some(task) = self.woken.lock().unwrap().pop_front() else { return };
            self.wakes += 1;
            let waker = Waker::from(Arc::new(TaskWaker { task, woken: self.woken.clone() }));
            let Some(call) = &mut self.calls[task] else { continue };
            self.polls += 1;
            if call.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Ready(()) {
                self.calls[task] = None;
            }
        }
    }

    fn are_done(&self) -> bool {
        self.calls.iter().all(Option::is_none)
    }

    /// Wakes and polls.
    fn work(&self) -> usize {
        self.wakes + self.polls
    }
}

/// Tasks that wait for a shutdown, and some that wait for its end, while connections end one by one.
#[tokio::test]
async fn the_work_of_waiting_for_a_shutdown_is_linear() {
    let work = [100, 200, 400].map(|tasks| {
        let shutdown = GracefulShutdown::new();
        let mut sockets: Vec<_> = (0..tasks)
            .map(|_| super::server(&Stream::taking(0), super::without_deadlines()))
            .collect();
        sockets.iter_mut().for_each(|socket| shutdown.watch(socket));
        let mut crowd = Crowd::of((0..tasks).map(|_| {
            let shutdown = shutdown.clone();
            Box::pin(async move { shutdown.begun().await }) as Call
        }));
        crowd.run();
        let mut closing = Crowd::of((0..1).map(|_| {
            let shutdown = shutdown.clone();
            let closing = async move {
                let never = std::future::pending::<()>();
                let _ = shutdown.close_all(CloseCode::NORMAL, "", never).await;
            };
            Box::pin(closing) as Call
        }));
        closing.run();
        crowd.run();
        for socket in sockets {
            drop(socket);
            closing.run();
        }
        assert!(crowd.are_done() && closing.are_done());
        crowd.work() + closing.work()
    });
    assert!(work[2] <= 6 * work[0], "{work:?}");
}
