//! Crowds that wait at one connection: the work grows with how many they are, and not faster.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use websocket_proto::CloseCode;
use websocket_proto::io::task::{GracefulShutdown, Wire};

use super::calls::{Call, Ways, kinds, on_smol, on_tokio};
use super::stream::Stream;

/// How often each task of a crowd is woken at most, on average, after one thing has happened.
const MOST_WAKES: usize = 20;

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
        let bound = self.wakes + MOST_WAKES * self.calls.len();
        loop {
            let mut woken = self.woken.lock().unwrap();
            let (next, left) = (woken.pop_front(), woken.len());
            drop(woken);
            assert!(self.wakes + left <= bound, "tasks wake each other again and again");
            let Some(task) = next else { return };
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

/// How the wait of a crowd ends.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// The peer reads.
    Written,
    /// One task aborts the connection.
    Aborted,
    /// The tasks are dropped, one by one, where they wait.
    Dropped,
}

/// The work for a crowd of tasks, each of which makes the call. There is room for `output` bytes,
/// and the peer reads `step` bytes at a time.
fn work<W: Wire + 'static>(
    ways: &Ways<W>,
    make: super::calls::Kind<W>,
    (tasks, output, step): (usize, usize, usize),
    way: Way,
) -> Vec<usize> {
    let work = ways.each(0, output).map(|(what, stream, socket)| {
        let (sender, receiver) = socket.split();
        // Nobody flushes before there is something to be written.
        sender.try_send_binary(b"first").unwrap();
        let mut crowd = Crowd::of((0..tasks).map(|_| make(sender.clone(), 90)));
        crowd.run();
        match way {
            Way::Written => {
                for _ in 0..tasks * 120 / step + 10 {
                    stream.take(step);
                    crowd.run();
                }
            }
            Way::Aborted => {
                sender.abort();
                crowd.run();
            }
            Way::Dropped => {
                for task in 0..tasks {
                    // From both ends.
                    let task = if task % 2 == 0 { task / 2 } else { tasks - 1 - task / 2 };
                    crowd.calls[task] = None;
                    crowd.run();
                }
            }
        }
        assert!(crowd.are_done(), "{what}, {way:?}, room {output}, by {step}: tasks wait for ever");
        drop(receiver);
        crowd.work()
    });
    work.collect()
}

/// Checks that four times as many tasks are about four times as much work, for every call and end.
fn work_is_linear<W: Wire + 'static>(ways: &Ways<W>) {
    for (kind, make) in kinds::<W>() {
        for (output, step) in [(1 << 20, 4000), (500, 300)] {
            for way in [Way::Written, Way::Aborted, Way::Dropped] {
                let [one, two, four] =
                    [100, 200, 400].map(|tasks| work(ways, make, (tasks, output, step), way));
                for at in 0..one.len() {
                    let seen = [one[at], two[at], four[at]];
                    let what = format!("{kind}, {way:?}, room {output}, by {step}: {seen:?}");
                    // Those for whom there is room at once are little work, and a larger share of few.
                    assert!(seen[2] <= 7 * seen[0], "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_work_of_waiting_is_linear_for_every_call_on_tokio() {
    work_is_linear(&on_tokio());
}

#[test]
fn the_work_of_waiting_is_linear_for_every_call_on_smol() {
    work_is_linear(&on_smol());
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
