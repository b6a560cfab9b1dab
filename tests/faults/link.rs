//! A stream in memory, with a peer at its other end.

use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::fault::{Fault, Operation, Plan};
use super::peer::{Peer, PeerLog};
use super::scenario::Scenario;

/// More operations than any scenario needs.
const MAX_OPERATIONS: usize = 5_000;

/// The most bytes that a read or write moves, in turn. They cut heads, frame headers and payloads.
const SIZES: [usize; 3] = [90, 700, 15_000];

/// A test's handle on a stream and on the peer at the other end.
#[derive(Clone)]
pub(crate) struct Link(Arc<Mutex<State>>);

/// The stream that the adapter is given.
pub(crate) struct Stream(Link);

struct State {
    peer: Peer,
    plan: Plan,
    operations: usize,
    faults: usize,
    ended: Ended,
    /// The state of reading, then of writing.
    directions: [Direction; 2],
}

/// What has ended or failed for good.
#[derive(Default)]
struct Ended {
    /// The error of every further operation.
    broken: Option<ErrorKind>,
    /// The error of every further read.
    unreadable: Option<ErrorKind>,
    /// Every further read finds the end of the stream.
    input: bool,
    /// The adapter has shut down writing.
    output: bool,
    dropped: bool,
}

#[derive(Default)]
struct Direction {
    /// Nothing moves until the test unblocks the stream.
    is_stuck: bool,
    /// The next operation has no fault, as it was held up before.
    passes: bool,
    waker: Option<Waker>,
}

/// What an operation may do.
enum Permit {
    /// Move at most this many bytes.
    Move(usize),
    Wait,
    Fail(ErrorKind),
}

impl Link {
    pub(crate) fn new(scenario: Scenario, plan: Plan) -> Self {
        let (ended, directions) = (Ended::default(), Default::default());
        let peer = Peer::new(scenario);
        let state = State { peer, plan, operations: 0, faults: 0, ended, directions };
        Self(Arc::new(Mutex::new(state)))
    }

    /// The stream for the adapter, to be taken once.
    pub(crate) fn stream(&self) -> Stream {
        Stream(self.clone())
    }

    pub(crate) fn peer_log(&self) -> PeerLog {
        self.state().peer.peer_log().clone()
    }

    pub(crate) fn operations(&self) -> usize {
        self.state().operations
    }

    /// How many operations had a fault.
    pub(crate) fn faults(&self) -> usize {
        self.state().faults
    }

    pub(crate) fn is_dropped(&self) -> bool {
        self.state().ended.dropped
    }

    /// Lets the directions that a fault had blocked go on, and wakes who waits for them. Whether
    /// anybody did.
    pub(crate) fn unblock(&self) -> bool {
        let mut wakers = Vec::new();
        for direction in &mut self.state().directions {
            if std::mem::take(&mut direction.is_stuck) {
                direction.passes = true;
                wakers.extend(direction.waker.take());
            }
        }
        let woken = !wakers.is_empty();
        wakers.into_iter().for_each(Waker::wake);
        woken
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while the lock was held is the failure to report, not the poisoned lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.ended.dropped = true;
        state.peer.eof();
    }
}

/// The operations, for the traits of the blocking adapter and of the runtimes. Without a context,
/// an operation that would have to wait fails the test.
impl Stream {
    pub(crate) fn read(
        &self,
        cx: Option<&mut Context<'_>>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        assert!(!space.is_empty(), "a read that looks like the end of the stream");
        self.operate(Operation::Read, cx, |state, most| state.read(space, most))
    }

    pub(crate) fn write(
        &self,
        cx: Option<&mut Context<'_>>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes = pieces.iter().map(|piece| &piece[..]).collect::<Vec<_>>().concat();
        self.operate(Operation::Write, cx, |state, most| {
            assert!(!state.ended.output, "a write after the shutdown");
            let len = bytes.len().min(most);
            state.peer.receive(&bytes[..len]);
            Some(len)
        })
    }

    pub(crate) fn flush(&self, cx: Option<&mut Context<'_>>) -> Poll<io::Result<()>> {
        self.operate(Operation::Flush, cx, |_, _| Some(()))
    }

    pub(crate) fn shutdown(&self, cx: Option<&mut Context<'_>>) -> Poll<io::Result<()>> {
        self.operate(Operation::Shutdown, cx, |state, _| {
            state.ended.output = true;
            state.peer.eof();
            Some(())
        })
    }

    pub(crate) fn set_timeout(&self) -> io::Result<()> {
        match self.operate(Operation::Timeout, None, |_, _| Some(())) {
            Poll::Ready(result) => result,
            Poll::Pending => Ok(()),
        }
    }

    fn operate<T>(
        &self,
        operation: Operation,
        cx: Option<&mut Context<'_>>,
        act: impl FnOnce(&mut State, usize) -> Option<T>,
    ) -> Poll<io::Result<T>> {
        let mut state = self.0.state();
        let done = match state.begin(operation) {
            Permit::Fail(kind) => return Poll::Ready(Err(kind.into())),
            Permit::Move(most) => act(&mut state, most),
            Permit::Wait => None,
        };
        let Some(done) = done else {
            let Some(cx) = cx else { panic!("nobody ends this wait, {:?}", state.plan) };
            state.direction(operation).waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        let reader = state.waiting_reader();
        drop(state);
        reader.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(done))
    }
}

impl State {
    fn begin(&mut self, operation: Operation) -> Permit {
        if self.direction(operation).is_stuck {
            return Permit::Wait;
        }
        self.operations += 1;
        assert!(self.operations < MAX_OPERATIONS, "no end");
        let number = self.operations;
        let unreadable = self.ended.unreadable.filter(|_| operation == Operation::Read);
        if let Some(kind) = self.ended.broken.or(unreadable) {
            return Permit::Fail(kind);
        }
        let passes = std::mem::take(&mut self.direction(operation).passes);
        match self.plan.fault_at(number, operation).filter(|_| !passes) {
            None => Permit::Move(SIZES[number % SIZES.len()]),
            Some(fault) => self.apply_fault(fault, operation),
        }
    }

    fn apply_fault(&mut self, fault: Fault, operation: Operation) -> Permit {
        self.faults += 1;
        match fault {
            Fault::OneByte => return Permit::Move(1),
            Fault::WriteZero => return Permit::Move(0),
            Fault::Eof => {
                self.ended.input = true;
                return Permit::Move(0);
            }
            Fault::Pending => {
                self.direction(operation).is_stuck = true;
                return Permit::Wait;
            }
            // A stream that cannot be shut down is broken, so its reads fail as well.
            Fault::Error(kind) if operation == Operation::Shutdown => {
                self.ended.unreadable = Some(kind);
            }
            Fault::Error(_) => {}
            Fault::PermanentError(kind) => self.ended.broken = Some(kind),
        }
        Permit::Fail(fault.kind().expect("a failure"))
    }

    /// `None` if there is nothing to read yet.
    fn read(&mut self, space: &mut [u8], most: usize) -> Option<usize> {
        if self.ended.input {
            return Some(0);
        }
        if self.peer.output.is_empty() && !self.peer.is_done() {
            return None;
        }
        let input = &mut self.peer.output;
        let len = input.len().min(space.len()).min(most);
        space[..len].copy_from_slice(&input[..len]);
        input.drain(..len);
        Some(len)
    }

    /// Who waits for what is there to be read now.
    fn waiting_reader(&mut self) -> Option<Waker> {
        let reading = &mut self.directions[0];
        let held = reading.is_stuck || (self.peer.output.is_empty() && !self.peer.is_done());
        if held { None } else { reading.waker.take() }
    }

    fn direction(&mut self, operation: Operation) -> &mut Direction {
        &mut self.directions[usize::from(operation != Operation::Read)]
    }
}
